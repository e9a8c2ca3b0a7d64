"""Decisions on debtor pairs go on to the next version of a tape: nobody is asked twice whether two accounts are one debtor's.

The pairs that people decided on the version before are decided the same on the new one, under the name and date of who decided them, wherever both
accounts are still there; whether the pair is in the grey zone again or the weights have moved it out of there. What an identity number now contradicts is
left open for a person, and the rest settled anew. Each can be taken back like any other.
"""

from __future__ import annotations

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.matching import accounts_known, settle_all
from panhuo.apps.intake.models import Match, Tape

_DECIDED = ("decision", "decided_by", "decided_at")


def decisions_carry(scope: Scope, tape: Tape, *, before: Tape | None) -> int:
    """Take over the decisions of ``before`` into ``tape``, which is stored and not yet told; how many. In the caller's transaction."""
    if before is None:
        return 0
    carried = _taken_over(tape, list(scope.rows(Match).filter(tape=before).exclude(decision="").order_by("decided_at", "pk")))
    while carried:
        _, refused = settle_all(scope, tape, carried)
        if not refused:
            deed_add(scope, "match.carry", tape.subject, matches=len(carried), version=before.version)
            break
        for match in refused:
            match.decision, match.decided_by, match.decided_at = "", None, None
        Match.objects.bulk_update(refused, _DECIDED)
        carried = [match for match in carried if match.decision]  # fewer each time
    return len(carried)


def _taken_over(tape: Tape, decided: list[Match]) -> list[Match]:
    """The pairs of ``tape`` with the decisions of the version before, saved; pairs of which an account is gone are left out."""
    known = accounts_known(tape, {account for match in decided for account in (match.left, match.right)})
    pairs = {frozenset((pair.left, pair.right)): pair for pair in Match.objects.filter(tape=tape, left__in=known, right__in=known)}
    out: dict[frozenset[str], Match] = {}
    for old in decided:
        both = frozenset((old.left, old.right))
        if both <= known:
            given = {name: getattr(old, name) for name in ("organisation_id", "left", "right", "weight", "probability", "reason", "shown")}
            match = out[both] = pairs.get(both) or Match(tape=tape, **given)
            match.decision, match.decided_by_id, match.decided_at = old.decision, old.decided_by_id, old.decided_at
    matches = list(out.values())
    Match.objects.bulk_update([match for match in matches if match.pk], _DECIDED)
    return [*(match for match in matches if match.pk), *Match.objects.bulk_create([match for match in matches if not match.pk])]
