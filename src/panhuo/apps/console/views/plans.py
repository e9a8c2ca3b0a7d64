"""The plan desk: plans made, tried with other limits, compared, reviewed, approved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from panhuo.apps.console.access import needs
from panhuo.apps.console.names import QUANTITIES
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.plan_figures import amount_typed, limit_rows, mix_chart, routes_table
from panhuo.apps.console.plan_history import history_of
from panhuo.apps.console.plan_words import STATES
from panhuo.apps.console.tables import Column, Empty, Table
from panhuo.apps.identity.approving import approvals_of
from panhuo.apps.identity.deeds import deeds_of
from panhuo.apps.identity.finding import key_of, one_of, scope_of_request
from panhuo.apps.identity.models import Approval
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.filters import NOTHING
from panhuo.apps.intake.overlaps import shared_numbers
from panhuo.apps.intake.portfolio import tapes_current
from panhuo.apps.jobs.models import Job
from panhuo.apps.strategy import services
from panhuo.apps.strategy.comparing import compare
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.selecting import plans_of
from panhuo.apps.strategy.standing import plan_in_force, plan_replacing, plan_tapes
from panhuo.kernel.errors import PanhuoError
from panhuo.kernel.routes import ROUTES
from panhuo.kernel.words import Words

WHY_NONE = {
    "not_overdue": Words("未逾期或无余额", "not overdue, or nothing owed"),
    "barred": Words("规则不允许任何途径", "the rules bar every route"),
    "does_not_pay": Words("可走的途径都入不敷出、已满额或已关闭", "every open route costs more than it brings, is full or is closed"),
}
STEPS = (Words("草案", "Draft"), Words("合规审查", "Compliance review"), Words("第二人审批", "Second person"), Words("执行中", "In force"))
_AT = {Plan.DRAFT: 1, Plan.SUBMITTED: 2, Plan.REVIEWED: 3, Plan.APPROVED: 4}
_ROUTE_WORDS = {route.name: route.words for route in ROUTES}
_ON_THE_WAY = (Plan.DRAFT, Plan.SUBMITTED, Plan.REVIEWED)
_MOVES = 8
"""So many are read at a glance; the rest are folded away."""


@needs("plan.view")
@require_GET
def plans(request: HttpRequest) -> HttpResponse:
    """All plans, the one in force first to the eye."""
    scope = scope_of_request(request)
    rows = plans_of(scope)
    table = Table(
        "plans",
        Words("处置方案", "Plans"),
        (
            Column("name", Words("名称", "Name")),
            Column("state", Words("状态", "State"), "state", value=lambda plan: STATES[plan.state]),
            Column("as_of", Words("基准日", "As of"), "date"),
            Column("accounts", Words("账户", "Accounts"), "count", value=lambda plan: plan.figures.get("accounts")),
            Column("expected", QUANTITIES["cash_fen"], "money", value=lambda plan: plan.figures.get("expected_recovery_fen")),
            Column("net", QUANTITIES["net_value_fen"], "money", value=lambda plan: plan.figures.get("objective_fen")),
            Column("gap", Words("与上限的差距", "Gap to the bound"), "percent", places=3, value=lambda plan: plan.figures.get("gap")),
            Column("policy_version", Words("政策版本", "Policy"), "code", hidden=True),
            Column("by", Words("制定人", "Made by"), value=lambda plan: plan.created_by.name),
            Column("created_at", Words("制定时间", "Made at"), "moment"),
        ),
        rows,
        href=lambda plan: f"/plans/{plan.pk}",
        empty=Empty(
            Words("还没有方案", "There is no plan yet"),
            Words("导入清单后在这里制定方案", "Import a tape, then make a plan here"),
            Words("制定方案", "Make a plan") if scope.may("plan.make") else None,
            "/plans/new",
            icon="plan",
        ),
    )
    return render(request, "console/plans/list.html", {"table": table})


@needs("plan.make")
@require_http_methods(["GET", "POST"])
def plan_new(request: HttpRequest) -> HttpResponse:
    """Make a plan over imported tapes, under the house's policy or a text of one's own."""
    scope = scope_of_request(request)
    tapes_known = tapes_current(scope)
    context: dict[str, Any] = {"tapes": tapes_known, "shared": shared_numbers(tapes_known), "typed": request.POST}
    if request.method == "POST":
        try:
            tapes = [key for number in request.POST.getlist("tapes") if (key := key_of(number)) is not None]
            text = request.POST.get("policy", "").strip()
            made = services.plan_make(
                scope,
                name=request.POST.get("name", ""),
                tapes=tapes,
                policy_name="house" if not text else "custom",
                policy=text + "\n" if text else None,
            )
            return redirect(f"/plans/{made.pk}")
        except PanhuoError as error:
            context["fault"] = error
            return render(request, "console/plans/new.html", context, status=422)
    return render(request, "console/plans/new.html", context)


@needs("plan.view")
@require_GET
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """One plan: its money, its routes, its limits and their prices, beside the plan it is compared with; what may be done next."""
    scope = scope_of_request(request)
    found = plan_of(scope, plan_id)
    if not is_made(found):
        job = scope.rows(Job).filter(subject=found.subject).order_by("-pk").first()
        return render(
            request, "console/plans/making.html", {"plan": found, "job": job, "state": STATES[found.state], "share": job.share if job else None}
        )
    return render(request, "console/plans/plan.html", page_of(scope, found, request.GET.get("with", "")))


def page_of(
    scope: Scope, found: Plan, asked: str, typed: Mapping[str, str] | None = None, faults: Mapping[str, Words] | None = None
) -> dict[str, Any]:
    """asked: the plan to compare with. typed: what stands in the fields of the limits, by name; faults: what is wrong with it."""
    beside = _beside(scope, found, asked)
    compared = compare(scope, found, beside) if beside is not None else None
    moved_href = f"/accounts?moved={beside.pk}..{found.pk}" if beside else ""
    moves = [
        (
            _ROUTE_WORDS.get(m["from"] or ""),
            _ROUTE_WORDS.get(m["to"] or ""),
            m,
            f"/accounts?route={m['to'] or NOTHING}&{moved_href.partition('?')[2]}&moved_from={m['from'] or NOTHING}",
        )
        for m in (compared.moves if compared else ())
    ]
    tapes = plan_tapes(scope, found)
    approvals, decides = list(approvals_of(scope, found.subject)), services.plan_decidable(scope, found)
    return {
        "plan": found,
        "tapes": tapes,
        "superseded": [(tape, newer) for tape, newer in tapes if newer is not None],
        "state": STATES[found.state],
        "steps": STEPS,
        "step": _AT.get(found.state, 0),
        "routes": routes_table(found, beside),
        "unassigned": [(WHY_NONE[name], part) for name, part in found.figures["unassigned"].items() if part["accounts"]],
        "limits": limit_rows(found, beside, typed or {}, faults or {}),
        "wrong": len(faults or {}),
        "typed_name": (typed or {}).get("name", ""),
        "beside": beside,
        "compared": compared,
        "moved_href": moved_href,
        "moves": moves[:_MOVES],
        "moves_more": moves[_MOVES:],
        "others": [other for other in plans_of(scope) if other.pk != found.pk and other.tapes == found.tapes and "routes" in other.figures],
        "history": history_of(approvals, deeds_of(scope, found.subject)[:200]),
        "mix": mix_chart(found),
        "asked_by_me": any(one.requested_by_id == scope.user_id and one.state == Approval.OPEN for one in approvals),
        "decides": decides,
        "replacing": plan_replacing(scope, found) if found.state in _ON_THE_WAY else None,
        "waits": decides is None and found.state in (Plan.SUBMITTED, Plan.REVIEWED) and scope.user_id in _concerned(found, approvals),
    }


@needs("plan.view")
@require_GET
def plan_progress(request: HttpRequest, plan_id: int) -> HttpResponse:
    """What the making of a plan has come to; the page asks once a second."""
    scope = scope_of_request(request)
    found = plan_of(scope, plan_id)
    job = scope.rows(Job).filter(subject=found.subject).order_by("-pk").first()
    response = render(request, "console/plans/progress.html", {"plan": found, "job": job})
    if found.state != Plan.MAKING:
        response["HX-Redirect"] = f"/plans/{found.pk}"
    return response


@needs("plan.make")
@require_POST
def plan_try(request: HttpRequest, plan_id: int) -> HttpResponse:
    """What if: the same forecasts under other limits, as a draft of its own beside this plan."""
    scope = scope_of_request(request)
    found = plan_of(scope, plan_id)
    limits: dict[str, float] = {}
    faults: dict[str, Words] = {}
    for limit in found.figures.get("limits", ()):
        key = f"limit-{limit['name']}"
        text = request.POST.get(key, "").replace(",", "").replace("，", "").strip()
        if key not in request.POST or text == amount_typed(limit).replace(",", ""):  # as the page had it, rounded: nobody touched it
            continue
        amount = _amount(text, float(limit["unit_size"]))
        if isinstance(amount, Words):
            faults[limit["name"]] = amount
        elif abs(amount - float(limit["at_most"])) > 1e-9 * max(1.0, abs(amount)):
            limits[limit["name"]] = amount
    if faults:
        typed = {"name": request.POST.get("name", "")[:80]}
        typed |= {key.removeprefix("limit-"): text[:40] for key, text in request.POST.items() if key.startswith("limit-")}
        return render(request, "console/plans/plan.html", page_of(scope, found, request.GET.get("with", ""), typed, faults), status=422)
    if not limits:
        notice_add(request, Words("没有改动任何限额", "No limit was changed"), "warn")
        return redirect(f"/plans/{plan_id}#limits")
    made = services.plan_vary(scope, found, name=request.POST.get("name", "").strip() or services.variant_name(scope, found), limits=limits)
    return redirect(f"/plans/{made.pk}?with={plan_id}")


def is_made(found: Plan) -> bool:
    """Whether the plan has figures to show."""
    return found.state != Plan.MAKING and "routes" in found.figures


def plan_of(scope: Scope, plan_id: int) -> Plan:
    return one_of(scope, Plan, plan_id, "created_by", "basis")


def _amount(text: str, unit_size: float) -> float | Words:
    """The amount typed for a limit, or what is wrong with it."""
    if not text:
        return Words("请填写上限；填 0 表示关闭", "Write an amount; 0 closes it")
    try:
        amount = float(text) * unit_size
    except ValueError:
        amount = math.nan
    if math.isnan(amount):
        return Words(f"“{text[:30]}”不是数字", f'"{text[:30]}" is no number')
    if amount < 0:
        return Words("不能小于 0；填 0 表示关闭", "It cannot be below 0; 0 closes it")
    return amount if amount < services.LIMIT_BELOW else Words("数值过大", "It is too large")


def _concerned(found: Plan, approvals: Sequence[Approval]) -> set[int | None]:
    """Who had a hand in the plan, and is told for whom it waits."""
    return {found.created_by_id, *(one.requested_by_id for one in approvals), *(one.decided_by_id for one in approvals)}


def _beside(scope: Scope, found: Plan, asked: str) -> Plan | None:
    """The plan to compare with: the one asked for, else the plan in force, else the one it varies; of those, the first over the same tapes."""
    if asked == "none":
        return None
    key = key_of(asked)
    chosen = [plan_in_force(scope, found.tapes), found.basis] if key is None else [scope.rows(Plan).filter(pk=key).first()]
    return next((one for one in chosen if one is not None and one.pk != found.pk and one.tapes == found.tapes and "routes" in one.figures), None)
