"""The plan desk: plans made, tried with other limits, compared, reviewed, approved."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from panhuo.apps.console.access import needs
from panhuo.apps.console.charts import Chart, Series
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.plan_words import STATES
from panhuo.apps.console.tables import Column, Empty, Table
from panhuo.apps.identity.approving import approvals_of
from panhuo.apps.identity.deeds import deeds_of
from panhuo.apps.identity.finding import key_of, one_of, scope_of_request
from panhuo.apps.identity.roles import ABILITIES
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.overlaps import shared_numbers
from panhuo.apps.intake.portfolio import tapes_current
from panhuo.apps.jobs.models import Job
from panhuo.apps.strategy import services
from panhuo.apps.strategy.comparing import compare
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.selecting import plans_of
from panhuo.kernel.errors import PanhuoError, UsageInvalid
from panhuo.kernel.routes import ROUTES
from panhuo.kernel.words import Words

WHY_NONE = {
    "not_overdue": Words("未逾期或无余额", "not overdue, or nothing owed"),
    "barred": Words("规则不允许任何途径", "the rules bar every route"),
    "does_not_pay": Words("可走的途径都入不敷出或已满额", "every open route costs more than it brings, or is full"),
}
STEPS = (Words("草案", "Draft"), Words("合规审查", "Compliance review"), Words("第二人审批", "Second person"), Words("执行中", "In force"))
_AT = {Plan.DRAFT: 1, Plan.SUBMITTED: 2, Plan.REVIEWED: 3, Plan.APPROVED: 4}
_ROUTE_WORDS = {route.name: route.words for route in ROUTES}
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
            Column("expected", Words("预计回收", "Expected recovery"), "money", value=lambda plan: plan.figures.get("expected_recovery_fen")),
            Column("net", Words("净价值", "Net value"), "money", value=lambda plan: plan.figures.get("objective_fen")),
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
    if found.state == Plan.MAKING or "routes" not in found.figures:
        job = scope.rows(Job).filter(subject=found.subject).order_by("-pk").first()
        return render(
            request, "console/plans/making.html", {"plan": found, "job": job, "state": STATES[found.state], "share": job.share if job else None}
        )
    beside = _beside(scope, found, request.GET.get("with", ""))
    compared = compare(scope, found, beside) if beside is not None else None
    moves = [(_ROUTE_WORDS.get(m["from"] or ""), _ROUTE_WORDS.get(m["to"] or ""), m) for m in compared.moves] if compared else []
    context = {
        "plan": found,
        "state": STATES[found.state],
        "steps": STEPS,
        "step": _AT.get(found.state, 0),
        "routes": _routes_table(found, beside),
        "unassigned": [(WHY_NONE[name], part) for name, part in found.figures["unassigned"].items() if part["accounts"]],
        "limits": _limits(found, beside),
        "beside": beside,
        "compared": compared,
        "moves": moves[:_MOVES],
        "moves_more": moves[_MOVES:],
        "others": [other for other in plans_of(scope) if other.pk != found.pk and other.tapes == found.tapes and "routes" in other.figures],
        "approvals": [(ABILITIES[approval.ability], approval) for approval in approvals_of(scope, found.subject)],
        "deeds": deeds_of(scope, found.subject)[:50],
        "mix": _mix(found),
        "mine": found.created_by_id == scope.user_id,
    }
    return render(request, "console/plans/plan.html", context)


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
    limits = {}
    for limit in found.figures.get("limits", ()):
        text = request.POST.get(f"limit-{limit['name']}", "").replace(",", "").replace("，", "").strip()
        if not text or text == _typed(limit).replace(",", ""):  # as the page had it, rounded: nobody touched it
            continue
        try:
            amount = float(text) * float(limit["unit_size"])
        except ValueError as error:
            raise services.limit_wrong(limit["name"], Words(**limit["title"]), text) from error
        if abs(amount - float(limit["at_most"])) > 1e-9 * max(1.0, abs(amount)):
            limits[limit["name"]] = amount
    if not limits:
        notice_add(request, Words("没有改动任何限额", "No limit was changed"), "warn")
        return redirect(f"/plans/{plan_id}#limits")
    made = services.plan_vary(scope, found, name=request.POST.get("name", "") or f"{found.name}（试算）", limits=limits)
    return redirect(f"/plans/{made.pk}?with={plan_id}")


@needs("plan.submit")
@require_POST
def plan_submit(request: HttpRequest, plan_id: int) -> HttpResponse:
    return _step(request, plan_id, services.plan_submit, Words("已提交合规审查", "Submitted for review"))


@needs("plan.submit")
@require_POST
def plan_withdraw(request: HttpRequest, plan_id: int) -> HttpResponse:
    scope = scope_of_request(request)
    services.plan_withdraw(scope, plan_of(scope, plan_id))
    notice_add(request, Words("已撤回", "Withdrawn"))
    return redirect(f"/plans/{plan_id}")


@needs("plan.review")
@require_POST
def plan_review(request: HttpRequest, plan_id: int) -> HttpResponse:
    return _decide(request, plan_id, services.plan_review)


@needs("plan.view")
@require_POST
def plan_approve(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The second person's word; he may hold it by delegation, so the service decides whether he may."""
    return _decide(request, plan_id, services.plan_approve)


def plan_of(scope: Scope, plan_id: int) -> Plan:
    return one_of(scope, Plan, plan_id, "created_by", "basis")


def _step(request: HttpRequest, plan_id: int, service: Any, words: Words) -> HttpResponse:
    scope = scope_of_request(request)
    service(scope, plan_of(scope, plan_id), note=request.POST.get("note", ""))
    notice_add(request, words)
    return redirect(f"/plans/{plan_id}")


def _decide(request: HttpRequest, plan_id: int, service: Any) -> HttpResponse:
    scope = scope_of_request(request)
    approve = request.POST.get("decision") == "approve"
    if not approve and not request.POST.get("note", "").strip():
        cause = Words("不通过时须写明原因", "say why it is refused")
        raise UsageInvalid("NOTE_MISSING", cause, where="note", remedy=Words("填写意见后再提交", "write a note, then send it again"))
    service(scope, plan_of(scope, plan_id), approve=approve, note=request.POST.get("note", ""))
    notice_add(request, Words("已通过", "Approved") if approve else Words("已退回", "Refused"), "good" if approve else "warn")
    return redirect(f"/plans/{plan_id}")


def _beside(scope: Scope, found: Plan, asked: str) -> Plan | None:
    """The plan to compare with: the one asked for, else the plan in force, else the one it varies; of those, the first over the same tapes."""
    if asked == "none":
        return None
    key = key_of(asked)
    chosen = [services.plan_in_force(scope), found.basis] if key is None else [scope.rows(Plan).filter(pk=key).first()]
    return next((one for one in chosen if one is not None and one.pk != found.pk and one.tapes == found.tapes and "routes" in one.figures), None)


def _routes_table(found: Plan, beside: Plan | None) -> Table:
    total = {"accounts": 0, "balance_fen": 0, "expected_recovery_fen": 0, "cost_fen": 0, "net_value_fen": 0}
    rows = []
    for route in ROUTES:
        figures = found.figures["routes"][route.name]
        other = beside.figures["routes"][route.name] if beside else None
        if not figures["accounts"] and not (other and other["accounts"]):
            continue
        for name in total:
            total[name] += int(figures[name])
        rows.append(
            {**figures, "route": route.name, "words": route.words, "change": figures["net_value_fen"] - other["net_value_fen"] if other else None}
        )
    columns = [
        Column("words", Words("处置方式", "Route"), value=lambda row: row["words"]),
        Column("accounts", Words("账户", "Accounts"), "count", href=lambda row: f"/accounts?plan={found.pk}&route={row['route']}"),
        Column("balance_fen", Words("余额", "Balance"), "money"),
        Column("expected_recovery_fen", Words("预计回收", "Expected"), "money"),
        Column("cost_fen", Words("成本", "Cost"), "money"),
        Column("net_value_fen", Words("净价值", "Net value"), "money"),
        Column("months", Words("平均月数", "Mean months"), "number"),
    ]
    if beside is not None:
        columns.append(Column("change", Words("净价值比对照", "Net value against"), "money"))
    return Table(
        "plan-routes", Words("各处置方式", "Routes"), columns, rows, totals=total, count=len(rows), count_words=Words("种", "routes"), chooser=False
    )


def _limits(found: Plan, beside: Plan | None) -> list[dict[str, Any]]:
    """Each limit in the unit people speak in; ``price_fen``: what one unit more would bring."""
    others = {limit["name"]: limit for limit in beside.figures["limits"]} if beside else {}
    out = []
    for limit in found.figures["limits"]:
        size, other = float(limit["unit_size"]), others.get(limit["name"])
        at_most, used = limit["at_most"] / size, limit["used"] / size
        out.append(
            {
                "name": limit["name"],
                "title": limit["title"],
                "unit": limit["unit"],
                "at_most": at_most,
                "typed": _typed(limit),
                "used": used,
                "share": min(1.0, used / at_most) if at_most > 0 else 0.0,
                "binds": limit["price_fen"] > 0,
                "price_fen": limit["price_fen"] * size,
                "changed": other is not None and _typed(other) != _typed(limit),
                "other": other["at_most"] / size if other else None,
            }
        )
    return out


def _typed(limit: dict[str, Any]) -> str:
    """What a limit is at most, as it is written into its field."""
    return f"{limit['at_most'] / float(limit['unit_size']):,.2f}".rstrip("0").rstrip(".")


def _mix(found: Plan) -> Chart:
    used = [route for route in ROUTES if found.figures["routes"][route.name]["accounts"]]
    figures = [found.figures["routes"][route.name] for route in used]
    return Chart(
        "plan-mix",
        Words("各处置方式的预计回收与成本", "Expected recovery and cost by route"),
        "fen",
        Words("处置方式", "Route"),
        [route.words for route in used],
        (
            Series(Words("预计回收", "Expected recovery"), [f["expected_recovery_fen"] for f in figures]),
            Series(Words("成本", "Cost"), [f["cost_fen"] for f in figures]),
        ),
        horizontal=True,
        hrefs=[f"/accounts?plan={found.pk}&route={route.name}" for route in used],
    )
