"""What happened to a plan, each step once, latest first: its approvals and the deeds that are no approvals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from panhuo.apps.console.words import DEEDS
from panhuo.apps.identity.models import Approval, Deed
from panhuo.apps.strategy.services import REVIEW
from panhuo.kernel.words import Words

_STEPS = {
    (REVIEW, Approval.APPROVED): Words("合规审查通过", "passed the compliance review"),
    (REVIEW, Approval.REFUSED): Words("合规审查不通过", "refused in the compliance review"),
    ("plan.approve", Approval.APPROVED): Words("批准，开始执行", "approved: in force"),
    ("plan.approve", Approval.REFUSED): Words("审批不通过", "refused by the second person"),
}
_SUBMITTED = Words("提交合规审查", "submitted for the compliance review")
_WITHDRAWN = Words("撤回为草案", "withdrew it: a draft again")
_WAITS = {REVIEW: Words("等待合规审查", "awaits the compliance review"), "plan.approve": Words("等待第二人审批", "awaits the second person")}
_TOLD_OTHERWISE = frozenset(
    ("plan.submitted", "plan.reviewed", "plan.approved", "plan.refused", "plan.draft",
     "job.start", "approval.request", "approval.approve", "approval.refuse", "approval.withdraw")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """``at`` None: it has not happened yet. ``stead``: in whose."""

    at: dt.datetime | None
    who: str
    words: Words
    note: str = ""
    stead: str = ""


def history_of(approvals: Iterable[Approval], deeds: Iterable[Deed]) -> list[Step]:
    """Steps that wait, then those that were taken, latest first."""
    waiting, taken = [], []
    for one in approvals:
        if one.ability == REVIEW:  # the request to the second person follows of itself
            taken.append(Step(one.requested_at, one.requested_by.name, _SUBMITTED, one.request_note))
        if one.decided_at is None or one.decided_by is None:
            waiting.append(Step(None, "", _WAITS.get(one.ability, Words(one.ability, one.ability))))
            continue
        words = _STEPS.get((one.ability, one.state), _WITHDRAWN)
        taken.append(Step(one.decided_at, one.decided_by.name, words, one.decision_note, one.in_stead_of.name if one.in_stead_of else ""))
    taken += [
        Step(deed.at, deed.user.name if deed.user else "", DEEDS.get(deed.verb, Words(deed.verb, deed.verb)))
        for deed in deeds
        if deed.verb not in _TOLD_OTHERWISE
    ]
    return waiting + sorted(taken, key=lambda step: step.at or dt.datetime.max.replace(tzinfo=dt.UTC), reverse=True)
