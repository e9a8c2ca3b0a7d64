"""Two persons for what one must not do alone: asked by one, decided by another who is able to, of the very thing that was asked for.

``subject`` names the thing (``plan:7``), ``digest`` its content at the time of asking. Whoever carries the approval out compares the digest
again, so that what takes effect is what was seen. The rule that the two differ is a constraint of the table as well. Where a thing goes through several
hands, ``apart`` names those it has been in before: none of them takes a further step, neither himself nor through a delegate.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.models import Approval, Delegation
from panhuo.apps.identity.scope import Scope
from panhuo.kernel.errors import PanhuoError, UsageInvalid
from panhuo.kernel.words import Words


class ApprovalRefused(UsageInvalid):
    """The request or the decision cannot be taken."""


ALREADY_OPEN = Words("已有一个待处理的申请", "a request for this is already open")
NOT_OPEN = Words("申请已被处理或撤回", "the request has been decided or withdrawn")
SAME_PERSON = Words("不能审批自己提交的申请", "nobody decides his own request")
HAD_A_HAND = Words("制定、提交或审查过它的人不能再审批它", "whoever made, submitted or reviewed it does not decide it as well")
CHANGED = Words("申请之后内容已变化", "it has changed since it was asked for")


def approval_request(scope: Scope, *, subject: str, ability: str, digest: str, note: str = "") -> Approval:
    """Ask. Raises ApprovalRefused if a request is already open."""
    try:
        with transaction.atomic():
            approval = Approval.objects.create(
                organisation_id=scope.organisation_id,
                subject=subject,
                ability=ability,
                digest=digest,
                requested_by_id=scope.user_id,
                requested_at=timezone.now(),
                request_note=note[:2000],
            )
            deed_add(scope, "approval.request", subject, ability=ability)
            return approval
    except IntegrityError as error:
        raise _refused("APPROVAL_OPEN", ALREADY_OPEN, subject, Words("等待结果，或先撤回", "await it, or withdraw it first")) from error


def approval_decide(scope: Scope, approval_id: int, *, approve: bool, digest: str, note: str = "", apart: Collection[int] = ()) -> Approval:
    """Decide as the second person, in one's own right or in the stead of one who delegated. apart: users who had a hand in it before, and do not
    decide. Raises ApprovalRefused, NotAllowed."""
    with transaction.atomic():
        approval = scope.rows(Approval).select_for_update().filter(pk=approval_id).first()
        if approval is None or approval.state != Approval.OPEN:
            raise _refused("APPROVAL_NOT_OPEN", NOT_OPEN, f"approval:{approval_id}", Words("刷新页面", "reload the page"))
        stead = None if scope.may(approval.ability) else _delegator(scope, approval, apart)
        if stead is None:
            scope.need(approval.ability)
        if approval.requested_by_id == scope.user_id:
            raise _refused("APPROVAL_SAME_PERSON", SAME_PERSON, approval.subject, Words("请另一位有权限的同事审批", "ask another person who may"))
        if scope.user_id in apart:
            raise _refused("APPROVAL_HAD_A_HAND", HAD_A_HAND, approval.subject, Words("请另一位有权限的同事审批", "ask another person who may"))
        if approve and digest != approval.digest:
            raise _refused("APPROVAL_CHANGED", CHANGED, approval.subject, Words("撤回后重新提交", "withdraw it and ask again"))
        approval.state = Approval.APPROVED if approve else Approval.REFUSED
        approval.decided_by_id, approval.in_stead_of_id = scope.user_id, stead
        approval.decided_at, approval.decision_note = timezone.now(), note[:2000]
        approval.save()
        deed_add(scope, "approval.approve" if approve else "approval.refuse", approval.subject, ability=approval.ability, in_stead_of=stead)
        return approval


def may_decide(scope: Scope, approval: Approval, *, apart: Collection[int] = ()) -> bool:
    """Whether :func:`approval_decide` would let the user decide: what a page asks before it offers to."""
    if approval.state != Approval.OPEN or scope.user_id == approval.requested_by_id or scope.user_id in apart:
        return False
    return scope.may(approval.ability) or _delegator(scope, approval, apart) is not None


def approval_withdraw(scope: Scope, approval_id: int) -> Approval:
    """Take back one's own request. Raises ApprovalRefused."""
    with transaction.atomic():
        approval = scope.rows(Approval).select_for_update().filter(pk=approval_id, requested_by_id=scope.user_id).first()
        if approval is None or approval.state != Approval.OPEN:
            raise _refused("APPROVAL_NOT_OPEN", NOT_OPEN, f"approval:{approval_id}", Words("刷新页面", "reload the page"))
        approval.state, approval.decided_by_id, approval.decided_at = Approval.WITHDRAWN, scope.user_id, timezone.now()
        approval.save()
        deed_add(scope, "approval.withdraw", approval.subject, ability=approval.ability)
        return approval


def approvals_of(scope: Scope, subject: str) -> QuerySet[Approval]:
    """What was asked and decided about one thing, latest first."""
    return scope.rows(Approval).filter(subject=subject).select_related("requested_by", "decided_by", "in_stead_of").order_by("-pk")


def _delegator(scope: Scope, approval: Approval, apart: Collection[int]) -> int | None:
    """Somebody who may decide and has lent that to the user for now; never the one who asked, nor one of those ``apart``."""
    now = timezone.now()
    lent = scope.rows(Delegation).filter(to_id=scope.user_id, ability=approval.ability, starts_at__lte=now, ends_at__gt=now)
    for delegation in lent.select_related("of__organisation").order_by("pk"):
        of = delegation.of
        if of.is_active and approval.ability in of.abilities and of.pk != approval.requested_by_id and of.pk not in apart:
            return of.pk
    return None


def _refused(code: str, cause: Words, where: str, remedy: Words) -> PanhuoError:
    return ApprovalRefused(code, cause, where=where, remedy=remedy)
