"""Account numbers that stand on more than one tape of an organisation: told, never forbidden.

A debt that stands on two current tapes counts twice in every sum of the portfolio, and a plan over both spends capacity on it twice. A lender may mean it
(two claims under one number) or not (a branch's tape under a second name): a person has to look. Likewise before an upload becomes the next version of a
series: the account numbers it has in common with the current one say whether it is.

What is found over imported tapes is kept beside the youngest of them, in the folder of its import: their rows do not change.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.models import Account, Tape

OFFERED = 3
LEAP = 20
"""What the same accounts owe grows or shrinks less than this from one cut-off to the next."""

_SHARED = """
with twice as (select account_id from intake_account where tape_id = any(%(tapes)s) group by account_id having count(*) > 1),
held as (select a.tape_id, a.account_id, a.balance_fen from twice join intake_account a using (account_id) where a.tape_id = any(%(tapes)s)),
together as (select account_id, array_agg(tape_id order by tape_id) as tapes, max(balance_fen) as most from held group by account_id)
select tapes, tape_id, count(*), sum(balance_fen)::bigint, sum(most)::bigint from held join together using (account_id) group by tapes, tape_id
order by tapes, tape_id
"""


@dataclass(frozen=True, slots=True)
class Together:
    """Account numbers that stand on just these tapes. ``fen``: their balance on each, in the order of ``tapes``; ``most_fen``: of each number the largest."""

    tapes: tuple[int, ...]
    numbers: int
    fen: tuple[int, ...]
    most_fen: int


@dataclass(frozen=True, slots=True)
class Shared:
    """Account numbers that stand on more than one of some tapes."""

    groups: tuple[Together, ...]

    @property
    def numbers(self) -> int:
        return sum(group.numbers for group in self.groups)

    @property
    def accounts_beyond(self) -> int:
        """Accounts that a sum over the tapes counts beyond one a number."""
        return sum(group.numbers * (len(group.tapes) - 1) for group in self.groups)

    @property
    def fen_beyond(self) -> int:
        """The balance of those, the largest of each number being taken for the debt."""
        return sum(sum(group.fen) - group.most_fen for group in self.groups)

    @property
    def tapes(self) -> set[int]:
        return {tape for group in self.groups for tape in group.tapes}

    def of(self, tape_id: int) -> tuple[int, int, set[int]]:
        """How many of one tape's accounts stand on others too, their balance on it, and the others."""
        mine = [group for group in self.groups if tape_id in group.tapes]
        fen = sum(group.fen[group.tapes.index(tape_id)] for group in mine)
        return sum(group.numbers for group in mine), fen, {tape for group in mine for tape in group.tapes} - {tape_id}


def shared_numbers(tapes: Sequence[Tape]) -> Shared:
    """Account numbers on more than one of these imported tapes: one query for all of them, once for the same tapes."""
    if len(tapes) < 2:
        return Shared(())
    path = _kept(tapes)
    if path.exists():
        return Shared(tuple(Together(tuple(one[0]), one[1], tuple(one[2]), one[3]) for one in json.loads(path.read_text(encoding="utf-8"))))
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, {"tapes": sorted(tape.pk for tape in tapes)})
        rows = cursor.fetchall()
    found: dict[tuple[int, ...], list[tuple[int, int, int]]] = {}
    for together, _, numbers, fen, most in rows:
        found.setdefault(tuple(together), []).append((numbers, fen, most))
    shared = Shared(tuple(Together(key, each[0][0], tuple(fen for _, fen, _ in each), each[0][2]) for key, each in found.items()))
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps([[group.tapes, group.numbers, group.fen, group.most_fen] for group in shared.groups]), encoding="utf-8")
    partial.replace(path)
    return shared


@dataclass(frozen=True, slots=True)
class Kin:
    """A current tape that an upload may be the next version of: ``common`` of ``looked_at`` account numbers stand on it. here_fen, there_fen: what these owe, as the
    upload is read and as it stands."""

    tape: Tape
    common: int
    looked_at: int
    here_fen: int = 0
    there_fen: int = 0

    @property
    def likely(self) -> bool:
        """Whether most of what was looked at is on it."""
        return self.common * 2 > self.looked_at

    @property
    def leaps(self) -> float | None:
        """How many times what they owed the same accounts owe now, where no month does that: amounts read in another unit, more likely than not."""
        times = self.here_fen / self.there_fen if self.here_fen > 0 and self.there_fen > 0 else 1.0
        return times if times >= LEAP or times <= 1 / LEAP else None


def kin_of(scope: Scope, owed: Sequence[tuple[str, int]], *, series: str, guess: str) -> tuple[Kin | None, list[Kin]]:
    """The current tape of ``series``, if there is one, and others to be offered: those with most of the accounts, and ``guess``. owed: number and balance of
    accounts of the upload."""
    scope.need("tape.import")
    current = scope.rows(Tape).filter(current=True)
    wanted = dict(owed)
    common: dict[int, tuple[int, int, int]] = {}
    for pk, number, fen in _standing(scope, list(wanted)):
        n, here, there = common.get(pk, (0, 0, 0))
        common[pk] = n + 1, here + wanted[number], there + fen
    likeliest = sorted(common, key=lambda pk: (-common[pk][0], pk))[: OFFERED + 1]
    known = {tape.series: tape for tape in current.filter(pk__in=likeliest) | current.filter(series__in=[series, guess])}
    kin = [Kin(tape, n, len(wanted), here, there) for tape in known.values() for n, here, there in [common.get(tape.pk, (0, 0, 0))]]
    others = sorted((one for one in kin if one.tape.series != series), key=lambda one: (-one.common, one.tape.series))
    return next((one for one in kin if one.tape.series == series), None), others[:OFFERED]


def series_of(scope: Scope, numbers: Sequence[str]) -> dict[str, int]:
    """The series on whose current tapes more than half of these account numbers stand, with how many."""
    wanted = list(dict.fromkeys(numbers))
    counts = Counter(pk for pk, _, _ in _standing(scope, wanted))
    named = scope.rows(Tape).filter(pk__in=counts).values_list("pk", "series")
    return {series: counts[pk] for pk, series in named if counts[pk] * 2 > len(wanted)}


def _standing(scope: Scope, numbers: list[str]) -> list[tuple[int, str, int]]:
    """Where these account numbers stand now: tape, number, balance."""
    if not numbers:
        return []
    current = scope.rows(Tape).filter(current=True)
    return list(scope.rows(Account).filter(tape__in=current.values("pk"), account_id__in=numbers).values_list("tape_id", "account_id", "balance_fen"))


def _kept(tapes: Sequence[Tape]) -> Path:
    """Where the answer for these tapes lies: imports, not tapes, name it."""
    youngest = max(tapes, key=lambda tape: tape.pk)
    named = sorted(f"{tape.pk}/{tape.figures['kept']}" for tape in tapes)
    return youngest.folder / str(youngest.figures["kept"]) / f"shared-{hashlib.sha256(' '.join(named).encode()).hexdigest()[:16]}.json"
