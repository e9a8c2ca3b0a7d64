"""Which plan stands for which accounts.

A plan is in force for the tapes it is over; several are in force beside one another as long as they share no tape, in whatever version: a plan over this
month's version replaces the one over last month's. What pages show of accounts where nothing else is asked for is the plan in force over them. Only where
none of the tapes is under a plan in force, another may stand in, and every page says so: one that was put forward, else a draft made on its own (a draft
that varies another is a "what if" of whoever tried it, and nobody else's figures), else the one that was in force before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Case, IntegerField, When

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.filters import Condition
from panhuo.apps.intake.models import Tape
from panhuo.apps.strategy.decided import MovedFilter, needs_plan
from panhuo.apps.strategy.models import Plan
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

_STANDS = {Plan.APPROVED: 0, Plan.REVIEWED: 1, Plan.SUBMITTED: 1, Plan.DRAFT: 2, Plan.REPLACED: 3}
"""The states a plan may be shown in unasked, the first first."""


@dataclass(frozen=True, slots=True)
class Replacing:
    """What an approval would do beside putting a plan in force: the ``plans`` it would replace, and the tapes whose accounts would then be under none."""

    plans: tuple[Plan, ...]
    left: tuple[Tape, ...]

    @property
    def accounts(self) -> int:
        return sum(tape.rows for tape in self.left)


def plans_in_force(scope: Scope, tapes: Iterable[int] | None = None) -> list[Plan]:
    """The approved plans, latest first; with ``tapes`` those over any of these."""
    found = list(scope.rows(Plan).filter(state=Plan.APPROVED).order_by("-pk"))
    wanted = None if tapes is None else set(tapes)
    return [plan for plan in found if wanted is None or wanted & set(plan.tapes)]


def plan_in_force(scope: Scope, tapes: Sequence[int]) -> Plan | None:
    """The approved plan over all these tapes."""
    return next((plan for plan in plans_in_force(scope) if set(tapes) <= set(plan.tapes)), None)


def plan_tapes(scope: Scope, plan: Plan) -> list[tuple[Tape, Tape | None]]:
    """The tapes a plan is over, in its order, each with the version of its series that is current now, if that is another."""
    known = {tape.pk: tape for tape in scope.rows(Tape).filter(pk__in=plan.tapes)}
    current = {tape.series: tape for tape in scope.rows(Tape).filter(current=True, series__in={tape.series for tape in known.values()})}
    found = [known[pk] for pk in plan.tapes if pk in known]
    return [(tape, None if tape.current else current.get(tape.series)) for tape in found]


def plan_replacing(scope: Scope, plan: Plan) -> Replacing:
    """What the plan's approval would replace and leave without a plan, as things stand."""
    others = [one for one in plans_in_force(scope) if one.pk != plan.pk]
    if not others:
        return Replacing((), ())
    known = {tape.pk: tape for tape in scope.rows(Tape).filter(pk__in={pk for one in (plan, *others) for pk in one.tapes})}
    series = {known[pk].series for pk in plan.tapes if pk in known}
    gone = [one for one in others if any(pk in known and known[pk].series in series for pk in one.tapes)]
    covered = {pk for one in (plan, *others) if one not in gone for pk in one.tapes}
    newest: dict[str, int] = {}
    for pk in covered & known.keys():
        newest[known[pk].series] = max(known[pk].version, newest.get(known[pk].series, 0))
    lost = dict.fromkeys(pk for one in gone for pk in one.tapes if pk not in covered and pk in known)
    return Replacing(tuple(gone), tuple(known[pk] for pk in lost if known[pk].version > newest.get(known[pk].series, 0)))


def one_at_a_time(scope: Scope) -> None:
    """Within a transaction: no two approvals of an organisation at once, or each might miss what the other puts in force."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('panhuo plan.approve'), %s)", [scope.organisation_id])


def plan_shown(scope: Scope, tapes: Sequence[int]) -> Plan | None:
    """The plan to show of these tapes where nobody asks for another; over all of them, or None."""
    if not tapes:
        return None
    rank = Case(*(When(state=state, then=at) for state, at in _STANDS.items()), output_field=IntegerField())
    fitting = scope.rows(Plan).filter(state__in=_STANDS, tapes__contains=list(tapes)).exclude(state=Plan.DRAFT, basis__isnull=False)
    found = fitting.select_related("created_by", "basis").order_by(rank, "-pk").first()
    if found is not None and found.state != Plan.APPROVED and plans_in_force(scope, tapes):
        return None  # none that is not approved stands in for accounts that are under one that is
    return found


def plan_for(scope: Scope, tapes: Sequence[Tape], filters: Sequence[Condition], sort: str = "") -> Plan | None:
    """The plan whose figures stand beside these tapes, for whoever may see plans. Raises UsageInvalid where filters or order speak of one and there is none."""
    plan = plan_shown(scope, [tape.pk for tape in tapes]) if tapes and scope.may("plan.view") else None
    if plan is None and needs_plan(filters, sort):
        cause = Words("没有一个方案覆盖全部这些清单", "no plan is over all of these tapes")
        remedy = Words("选择一份清单或一个方案，先制定方案，或去掉这个条件", "choose a tape or a plan, make a plan first, or remove the condition")
        raise UsageInvalid("PLAN_NONE", cause, where="route", remedy=remedy)
    return plan


def plan_asked(scope: Scope, plan_id: int, tape_id: int | None) -> tuple[Plan, list[Tape]]:
    """A plan named in an address and its tapes, or the one of them that is named too. Raises UsageInvalid, NotAllowed."""
    scope.need("plan.view")
    plan = scope.rows(Plan).select_related("created_by", "basis").filter(pk=plan_id).first() if 0 < plan_id < 2**63 else None
    if plan is None or "kept" not in plan.figures:
        cause = Words("没有这个方案，或它尚未完成", "there is no such plan, or it is not made yet")
        raise UsageInvalid("PLAN_UNKNOWN", cause, where="plan", remedy=Words("从方案列表中打开", "open it from the list of plans"))
    known = {tape.pk: tape for tape in scope.rows(Tape).filter(pk__in=plan.tapes, state=Tape.IMPORTED)}
    if tape_id is not None and tape_id not in known:
        cause = Words("方案不包括这份清单", "the plan is not over this tape")
        raise UsageInvalid("PLAN_TAPES", cause, where="tape", remedy=Words("去掉清单或方案之一", "remove the tape or the plan"))
    return plan, [known[pk] for pk in plan.tapes if pk in known and tape_id in (None, pk)]


def moved_asked(scope: Scope, text: str, tape_id: int | None) -> tuple[Plan, list[Tape], MovedFilter]:
    """``before..after``: the latter plan with its tapes, and the filter for the accounts that go another way in it. Raises UsageInvalid, NotAllowed."""
    keys = text.split("..")
    if len(keys) != 2 or not all(key.isascii() and key.isdecimal() and len(key) < 19 for key in keys):
        cause = Words(f"“{text[:40]}”不是两个方案", f'"{text[:40]}" does not name two plans')
        raise UsageInvalid("FILTER_WRONG", cause, where="moved", remedy=Words("写作 moved=2..5", "write it as moved=2..5"))
    before, _ = plan_asked(scope, int(keys[0]), None)
    after, tapes = plan_asked(scope, int(keys[1]), tape_id)
    if before.tapes != after.tapes or before.pk == after.pk:
        cause = Words("两个方案不是同一批清单的不同方案", "these are not two plans over the same tapes")
        remedy = Words("从方案的对照中打开", "open it from the comparison of plans")
        raise UsageInvalid("PLANS_APART", cause, where="moved", remedy=remedy)
    return after, tapes, MovedFilter(before.pk, before.digest, after.pk)
