"""What people do with plans: make, vary, submit, review, approve, withdraw.

The way of a plan: draft → submitted (asked for) → reviewed (compliance) → approved (a second person who may). Each step is an approval of the very content
that was submitted, by somebody who had no hand in an earlier one: maker, submitter, reviewer and approver are never the same but for maker and submitter,
and nobody lends another what he must not do himself. A refusal ends the way. What an approval replaces and what pages show: :mod:`.standing`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from django.db import transaction
from django.utils import timezone

from panhuo.apps.identity.approving import approval_decide, approval_request, approval_withdraw, may_decide
from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.models import Approval
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.models import Tape
from panhuo.apps.jobs.services import job_start
from panhuo.apps.strategy.making import policy_of
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.standing import one_at_a_time, plan_replacing
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

REVIEW, APPROVE = "plan.review", "plan.approve"
LIMIT_BELOW = 1e18
_NUMBERED = re.compile(r"(?:\s*（试算(?: \d+)?）|\s*\(what-if(?: \d+)?\))+$")


class PlanRefused(UsageInvalid):
    """What was asked for cannot be done with the plan as it stands."""


def house_policy() -> str:
    """The text of the policy that is shipped."""
    return "extends: default\nversion: house\n"


def plan_make(
    scope: Scope, *, name: str, tapes: list[int], policy_name: str = "house", policy: str | None = None, limits: Mapping[str, float] | None = None
) -> Plan:
    """Ask for a plan over imported tapes. Raises PlanRefused, ConfigurationInvalid (a bad policy), NotAllowed."""
    scope.need("plan.make")
    known = list(scope.rows(Tape).filter(pk__in=tapes, state=Tape.IMPORTED).order_by("series", "pk"))
    if not known or len(known) != len(set(tapes)):
        raise _refused("PLAN_TAPES", "没有可用的清单", "there is no such imported tape", "tapes", "先导入清单", "import a tape first")
    return _start(scope, Plan(
        organisation_id=scope.organisation_id,
        name=name.strip()[:80] or "方案",
        tapes=[tape.pk for tape in known],
        policy_name=policy_name[:80],
        policy=policy if policy is not None else house_policy(),
        limits=dict(limits or {}),
        created_by_id=scope.user_id,
        created_at=timezone.now(),
    ))  # fmt: skip


def plan_vary(scope: Scope, plan: Plan, *, name: str, limits: Mapping[str, float]) -> Plan:
    """The same accounts, forecasts and policy under other limits, as a plan of its own. Raises PlanRefused, NotAllowed."""
    scope.need("plan.make")
    if "kept" not in plan.figures:
        raise _refused("PLAN_UNMADE", "该方案尚未完成", "that plan is not made yet", plan.subject, "等它完成", "await it")
    return _start(scope, Plan(
        organisation_id=scope.organisation_id,
        name=name.strip()[:80] or plan.name,
        tapes=plan.tapes,
        basis_id=plan.basis_id or plan.pk,
        policy_name=plan.policy_name,
        policy=plan.policy,
        limits={**plan.limits, **limits},
        created_by_id=scope.user_id,
        created_at=timezone.now(),
    ))  # fmt: skip


def variant_name(scope: Scope, plan: Plan) -> str:
    """A name for the next variant where none is given: that of the plan all vary, and a number."""
    owner = plan.basis if plan.basis_id else plan
    stem = _NUMBERED.sub("", owner.name)[:64]
    number = scope.rows(Plan).filter(basis_id=owner.pk).count() + 1
    return Words(f"{stem}（试算 {number}）", f"{stem} (what-if {number})").to(scope.lang)


def _start(scope: Scope, plan: Plan) -> Plan:
    known = policy_of_checked(plan)
    plan.policy_version = known
    with transaction.atomic():
        plan.save(force_insert=True)
        deed_add(scope, "plan.ask", plan.subject, limits=len(plan.limits))
        job_start(scope, kind="plan.make", subject=plan.subject, arguments={"plan": plan.pk})
    return plan


def policy_of_checked(plan: Plan) -> str:
    """The version of the plan's policy; the policy must be sound and its limits known. Raises ConfigurationInvalid, PlanRefused."""
    from panhuo.pipeline.policy import policy_version

    shipped = Plan(policy_name=plan.policy_name, policy=plan.policy, limits={})
    names = policy_of(shipped).strategy.limits
    for name, amount in plan.limits.items():
        if name not in names:
            raise _refused("LIMIT_UNKNOWN", f"没有名为 {name} 的限额", f"there is no limit {name}", name, "从列表中选择", "choose from the list")
        if not 0 <= amount < LIMIT_BELOW:
            raise _refused("LIMIT_WRONG", "限额须为不小于 0 的数", "a limit is a number, 0 or more", name, "改正数值", "mend the number")
    return policy_version(policy_of(plan))


def plan_submit(scope: Scope, plan: Plan, *, note: str = "") -> Plan:
    """Ask for the compliance review. Raises PlanRefused, ApprovalRefused, NotAllowed."""
    scope.need("plan.submit")
    with transaction.atomic():
        locked = _locked(scope, plan, Plan.DRAFT)
        approval_request(scope, subject=locked.subject, ability=REVIEW, digest=locked.digest, note=note)
        return _moved(scope, locked, Plan.SUBMITTED)


def plan_review(scope: Scope, plan: Plan, *, approve: bool, note: str = "") -> Plan:
    """The compliance officer's word. Where it is yes, the maker's request goes on to the second person."""
    with transaction.atomic():
        locked = _locked(scope, plan, Plan.SUBMITTED)
        asked = _open(scope, locked, REVIEW)
        decided = approval_decide(scope, asked.pk, approve=approve, digest=locked.digest, note=note, apart=_hands(scope, locked))
        if not approve:
            return _moved(scope, locked, Plan.REFUSED)
        # asked for by the same person: he does not decide it, and the reviewer is kept from it by `_hands`
        Approval.objects.create(
            organisation_id=scope.organisation_id,
            subject=locked.subject,
            ability=APPROVE,
            digest=locked.digest,
            requested_by_id=decided.requested_by_id,
            requested_at=timezone.now(),
            request_note=decided.request_note,
        )
        return _moved(scope, locked, Plan.REVIEWED)


def plan_approve(scope: Scope, plan: Plan, *, approve: bool, note: str = "", replacing: Collection[int] | None = None) -> Plan:
    """The second person's word. An approved plan is in force for its tapes, and replaces those in force that share one with it. replacing: those that whoever
    decides was told of; where they are others by now he is asked to look again."""
    with transaction.atomic():
        one_at_a_time(scope)
        locked = _locked(scope, plan, Plan.REVIEWED)
        asked = _open(scope, locked, APPROVE)
        approval_decide(scope, asked.pk, approve=approve, digest=locked.digest, note=note, apart=_hands(scope, locked))
        if not approve:
            return _moved(scope, locked, Plan.REFUSED)
        replaced = plan_replacing(scope, locked).plans
        if replacing is not None and set(replacing) != {old.pk for old in replaced}:
            raise _refused(
                "PLAN_REPLACING", "页面打开之后，执行中的方案变了，批准的后果与所见不同", "the plans in force changed after the page was opened, and so did what an approval replaces",
                locked.subject, "重新打开页面，看过将被替代的方案再批准", "open the page again, see what it would replace, then approve",
            )  # fmt: skip
        for old in replaced:
            _moved(scope, old, Plan.REPLACED)
        return _moved(scope, locked, Plan.APPROVED)


def plan_withdraw(scope: Scope, plan: Plan) -> Plan:
    """The maker takes his request back; the plan is a draft again."""
    with transaction.atomic():
        locked = _locked(scope, plan, Plan.SUBMITTED, Plan.REVIEWED)
        asked = scope.rows(Approval).filter(subject=locked.subject, state=Approval.OPEN).first()
        if asked is None:
            raise _refused("PLAN_STATE", "没有待处理的申请", "there is no open request", locked.subject, "刷新页面", "reload the page")
        approval_withdraw(scope, asked.pk)
        return _moved(scope, locked, Plan.DRAFT)


def plan_decidable(scope: Scope, plan: Plan) -> str | None:
    """The step of the plan's way that the user may decide now, in his own right or in another's stead: ``REVIEW``, ``APPROVE`` or None."""
    ability = {Plan.SUBMITTED: REVIEW, Plan.REVIEWED: APPROVE}.get(plan.state)
    if ability is None:
        return None
    asked = scope.rows(Approval).filter(subject=plan.subject, ability=ability, state=Approval.OPEN).first()
    return ability if asked is not None and may_decide(scope, asked, apart=_hands(scope, plan)) else None


def _hands(scope: Scope, plan: Plan) -> frozenset[int]:
    """Who must not decide the plan's present step: who made it; and once it is reviewed, who reviewed it, in whose stead too."""
    hands = {plan.created_by_id}
    if plan.state == Plan.REVIEWED:
        review = scope.rows(Approval).filter(subject=plan.subject, ability=REVIEW, state=Approval.APPROVED).order_by("-pk").first()
        hands |= {one for one in (review.decided_by_id, review.in_stead_of_id) if one is not None} if review else set()
    return frozenset(hands)


def _locked(scope: Scope, plan: Plan, *states: str) -> Plan:
    locked = scope.rows(Plan).select_for_update().filter(pk=plan.pk).first()
    if locked is None or locked.state not in states:
        raise _refused("PLAN_STATE", "方案状态已变化", "the plan has moved on", plan.subject, "刷新页面后再试", "reload the page and try again")
    return locked


def _open(scope: Scope, plan: Plan, ability: str) -> Approval:
    asked = scope.rows(Approval).filter(subject=plan.subject, ability=ability, state=Approval.OPEN).first()
    if asked is None:
        raise _refused("PLAN_STATE", "没有待处理的申请", "there is no open request", plan.subject, "刷新页面", "reload the page")
    return asked


def _moved(scope: Scope, plan: Plan, state: str) -> Plan:
    plan.state = state
    plan.save(update_fields=["state"])
    deed_add(scope, f"plan.{state}", plan.subject)
    return plan


def _refused(code: str, zh: str, en: str, where: str, remedy_zh: str, remedy_en: str) -> PlanRefused:
    return PlanRefused(code, Words(zh, en), where=where, remedy=Words(remedy_zh, remedy_en))
