"""Looking accounts up by what people hold in their hands: the number of an account, or a party's exact name, identity number or phone.

What was typed is a person's datum and ends here: it is in no address, log or deed; what goes on is where the accounts stand.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.accounts import accounts_find
from panhuo.apps.intake.models import Tape
from panhuo.apps.privacy.vault import people_find

MOST = 200
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class Found:
    """``positions``: (tape, position), each once. ``by``: how many were met as account, debtor, guarantor, contact. ``cut``: there may be more than ``MOST``."""

    positions: tuple[tuple[int, int], ...]
    by: dict[str, int]
    cut: bool


def accounts_search(scope: Scope, tapes: Sequence[Tape], *, text: str) -> Found:
    """Accounts whose number begins with the text, or one of whose parties has exactly this name, identity number or phone."""
    scope.need("account.view")
    wanted = "".join(c for c in unicodedata.normalize("NFKC", text[:_LONGEST]) if c.isprintable()).strip()
    met: dict[tuple[int, int], str] = {}
    cut = False
    if wanted:
        by_number = accounts_find(scope, tapes, wanted, limit=MOST)
        met.update(dict.fromkeys(by_number, "account"))
        cut = len(by_number) == MOST
        batches = [tape.pk for tape in tapes]
        for kind in ("name", "id_no", "phone"):
            people = people_find(scope, kind=kind, value=wanted, batches=batches, limit=MOST)
            cut = cut or len(people) == MOST
            for batch, about, position in people:
                met.setdefault((batch, position), about)
    places = tuple(met)[:MOST]
    by = Counter(met[place] for place in places)
    with transaction.atomic():
        deed_add(scope, "account.search", found=len(places), **by)
    return Found(places, dict(by), cut or len(met) > MOST)
