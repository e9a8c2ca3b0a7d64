"""The portfolio and its accounts. Filters are those of the console's addresses."""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl
from django.http import Http404, HttpRequest
from ninja import Query, Router

from panhuo.apps.api.access import Token
from panhuo.apps.api.shapes import AccountsOut, CashOut, ExplainedOut, FiltersIn, GroupOut, TotalsOut
from panhuo.apps.identity.finding import scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.accounts import SORTS, accounts_page
from panhuo.apps.intake.accounts import account_row as row_of
from panhuo.apps.intake.filters import BY_VALUE, Condition
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.portfolio import SUMS, grouped, tapes_current, totals
from panhuo.apps.strategy.decided import AMOUNTS, conditions_of, decided_columns
from panhuo.apps.strategy.decided import SORTS as PLAN_SORTS
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.selecting import account_explained, cash_expected
from panhuo.apps.strategy.standing import moved_asked, plan_asked, plan_for, plan_shown
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

router = Router(tags=["portfolio"])
GROUPS = (*BY_VALUE, "age", "vintage")


@router.get("/totals", response=TotalsOut, auth=Token("portfolio.view"))
def totals_read(request: HttpRequest, given: Query[FiltersIn]) -> Any:
    asked = _asked(scope_of_request(request), given)
    found = totals(asked.tapes, asked.filters, frame=asked.frame, sums=SUMS if asked.plan is None else (*SUMS, *AMOUNTS))
    return {**_of_plan(asked.plan), "accounts": found.accounts, "sums": found.sums}


@router.get("/groups", response=list[GroupOut], auth=Token("portfolio.view"))
def groups_read(request: HttpRequest, given: Query[FiltersIn], by: str) -> Any:
    """Accounts and balance by one or two fields, separated by a comma."""
    asked = _asked(scope_of_request(request), given)
    names = by.split(",")
    if not 1 <= len(names) <= 2 or len(set(names)) < len(names) or not set(names) <= set(GROUPS):
        raise UsageInvalid(
            "GROUP_WRONG",
            Words("不能按此分组", "cannot be grouped by this"),
            where="by",
            remedy=Words("用：" + "、".join(GROUPS), "use one or two of " + ", ".join(GROUPS)),
        )
    frame = grouped(asked.tapes, asked.filters, names, frame=asked.frame)
    return [{"key": [row[name] for name in names], **{k: row[k] for k in ("accounts", "balance_fen", "principal_fen")}} for row in frame.to_dicts()]


@router.get("/cash", response=CashOut, auth=Token("portfolio.view"))
def cash_read(request: HttpRequest, given: Query[FiltersIn]) -> Any:
    """What is expected month by month under ordinary in-house work, by the assessments of the plan shown."""
    scope = scope_of_request(request)
    asked = _asked(scope, given)
    if asked.plan is None:
        scope.need("plan.view")  # who may not see plans is shown none
        raise Http404
    return {**_of_plan(asked.plan), **cash_expected(scope, asked.plan, asked.tapes, asked.filters)}


@router.get("/accounts", response=AccountsOut, auth=Token("account.view"))
def accounts_list(request: HttpRequest, given: Query[FiltersIn], sort: str = "-balance_fen", cursor: str | None = None, size: int = 50) -> Any:
    scope = scope_of_request(request)
    asked = _asked(scope, given, sort)
    sorts = SORTS if asked.plan is None else (*SORTS, *PLAN_SORTS)
    size = min(max(size, 1), 500)
    page = accounts_page(scope, asked.tapes, asked.filters, sort=sort, cursor=cursor, size=size, frame=asked.frame, sorts=sorts)
    return {**_of_plan(asked.plan), "rows": page.rows, "newer": page.newer, "older": page.older}


@router.get("/accounts/{key:tape_id}/{place:position}", response=dict[str, Any], auth=Token("account.view"))
def account_read(request: HttpRequest, tape_id: int, position: int) -> Any:
    row = row_of(scope_of_request(request), tape_id=tape_id, position=position)
    if row is None:
        raise Http404
    return row


@router.get("/accounts/{key:tape_id}/{place:position}/explanation", response=ExplainedOut, auth=Token("account.view"))
def explanation_read(request: HttpRequest, tape_id: int, position: int, plan: int | None = None) -> Any:
    """Every route of the account and why the plan chose this one; recomputed and compared with the stored decision. plan: which; else the one shown of
    the tape (see the filters)."""
    scope = scope_of_request(request)
    shown = plan_asked(scope, plan, tape_id)[0] if plan is not None else plan_shown(scope, [tape_id])
    found = account_explained(scope, shown, tape_id=tape_id, position=position) if shown is not None else None
    if found is None or shown is None:
        raise Http404
    options = [
        {
            name: getattr(option, name)
            for name in (
                "route",
                "eligible",
                "cash_fen",
                "cost_fen",
                "net_value_fen",
                "low_fen",
                "high_fen",
                "hours",
                "months",
                "price_fen",
                "after_fen",
            )
        }
        | {"bars": [rule for rule, _ in option.bars], "shut": [use.limit for use in option.shut]}
        for option in found.options
    ]
    return _of_plan(shown) | {
        "chosen": found.chosen,
        "reason": found.reason.to(scope.lang),
        "agrees": found.agrees,
        "months": list(found.months),
        "options": options,
    }


class _Asked(NamedTuple):
    """frame: the tapes' columns, the plan's beside them where there is one."""

    tapes: list[Tape]
    filters: list[Condition]
    plan: Plan | None
    frame: pl.LazyFrame | None


def _of_plan(plan: Plan | None) -> dict[str, Any]:
    """Whose figures are told, and whether they are in force."""
    return {"plan": plan.pk if plan else None, "plan_state": plan.state if plan else None}


def _asked(scope: Scope, given: FiltersIn, sort: str = "") -> _Asked:
    filters = conditions_of({name: text for name, text in given.dict(exclude={"tape", "plan", "moved"}).items() if text})
    if given.moved:
        plan, tapes, moved = moved_asked(scope, given.moved, given.tape)
        return _Asked(tapes, [*filters, moved], plan, decided_columns(scope, plan, tapes, [moved]))
    if given.moved_from:
        cause = Words("没有写明是哪两个方案之间", "it is not said between which plans")
        raise UsageInvalid("FILTER_WRONG", cause, where="moved_from", remedy=Words("与 moved 一同使用", "use it together with moved"))
    if given.plan is not None:
        plan, tapes = plan_asked(scope, given.plan, given.tape)
        return _Asked(tapes, filters, plan, decided_columns(scope, plan, tapes))
    tapes = _tapes(scope, given.tape)
    plan = plan_for(scope, tapes, filters, sort)
    return _Asked(tapes, filters, plan, decided_columns(scope, plan, tapes) if plan is not None else None)


def _tapes(scope: Scope, tape_id: int | None) -> list[Tape]:
    if tape_id is not None and not 0 < tape_id < 2**63:
        raise Http404
    found = tapes_current(scope, tape_id=tape_id)
    if tape_id is not None and not found:
        raise Http404
    return found
