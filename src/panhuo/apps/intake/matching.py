"""The grey zone of debtor matching, decided by people: same debtor, or not; each decision can be taken back."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.models import Match, Tape
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

SAME, DIFFERENT = "same", "different"


def matches_of(scope: Scope, tape: Tape, *, decided: bool | None = None) -> QuerySet[Match]:
    """The pairs of a tape, likeliest first; only open or only decided ones where asked."""
    scope.need("tape.view")
    rows = scope.rows(Match).filter(tape=tape).select_related("decided_by")
    if decided is not None:
        rows = rows.exclude(decision="") if decided else rows.filter(decision="")
    return rows.order_by("-weight", "pk")


def match_decide(scope: Scope, match_id: int, *, decision: str) -> Match:
    """Decide a pair, or with "" take the decision back. Raises UsageInvalid for an unknown pair or word, NotAllowed."""
    scope.need("match.review")
    if decision not in (SAME, DIFFERENT, ""):
        raise UsageInvalid(
            "MATCH_WRONG",
            Words("只能是“同一人”或“不同人”", "it is the same debtor, or it is not"),
            where=decision[:40],
            remedy=Words("从按钮中选择", "use the buttons"),
        )
    with transaction.atomic():
        match = scope.rows(Match).select_for_update().filter(pk=match_id).first()
        if match is None:
            raise UsageInvalid(
                "MATCH_UNKNOWN", Words("没有这一对", "there is no such pair"), where=str(match_id), remedy=Words("刷新页面", "reload the page")
            )
        match.decision = decision
        match.decided_by_id = scope.user_id if decision else None
        match.decided_at = timezone.now() if decision else None
        match.save()
        deed_add(scope, "match.decide" if decision else "match.undo", f"tape:{match.tape_id}", match=match.pk, decision=decision)
    return match
