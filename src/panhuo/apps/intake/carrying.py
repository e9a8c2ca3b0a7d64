"""Decisions on debtor pairs go on to the next version of a tape: nobody is asked twice whether two accounts are one debtor's.

The pairs that people decided on the version before are decided the same on the new one, under the name and date of who decided them, wherever both
accounts are still there; whether the pair is in the grey zone again or the weights have moved it out of there. What an identity number now contradicts is
left open for a person. Each can be taken back like any other.
"""

from __future__ import annotations

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.matching import accounts_known, settle_all
from panhuo.apps.intake.models import Match, Tape

_ROUNDS = 5
"""Decisions that numbers contradict are set aside and the rest settled anew, at most so often: each round leaves fewer."""


def decisions_carry(scope: Scope, tape: Tape, *, before: Tape | None) -> int:
    """Take over the decisions of ``before`` into ``tape``, which is stored and not yet told; how many. In the caller's transaction."""
    if before is None:
        return 0
    carried = _taken_over(tape, list(scope.rows(Match).filter(tape=before).exclude(decision="").order_by("decided_at", "pk")))
    for _ in range(_ROUNDS):
        if not carried:
            return 0
        _, refused = settle_all(scope, tape, carried)
        if not refused:
            break
        for match in refused:
            match.decision, match.decided_by, match.decided_at = "", None, None
            match.save()
        carried = [match for match in carried if match.decision]
    deed_add(scope, "match.carry", tape.subject, matches=len(carried), version=before.version)
    return len(carried)


def _taken_over(tape: Tape, decided: list[Match]) -> list[Match]:
    """The pairs of ``tape`` with the decisions of the version before, saved; pairs of which an account is gone are left out."""
    known = accounts_known(tape, {account for match in decided for account in (match.left, match.right)})
    out: list[Match] = []
    for old in decided:
        if not {old.left, old.right} <= known:
            continue
        pair = (
            Match.objects.filter(tape=tape, left=old.left, right=old.right).first()
            or Match.objects.filter(tape=tape, left=old.right, right=old.left).first()
        )
        match = pair or Match(
            organisation_id=tape.organisation_id,
            tape=tape,
            left=old.left,
            right=old.right,
            weight=old.weight,
            probability=old.probability,
            reason=old.reason,
            shown=old.shown,
        )
        if match.decision:
            continue
        match.decision, match.decided_by_id, match.decided_at = old.decision, old.decided_by_id, old.decided_at
        match.save()
        out.append(match)
    return out
