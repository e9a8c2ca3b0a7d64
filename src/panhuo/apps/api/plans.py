"""Plans: made, varied, submitted, reviewed, approved."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from panhuo.apps.api.access import Token
from panhuo.apps.api.shapes import PlanIn, PlanOut, ReplacingOut, StepIn, VaryIn
from panhuo.apps.identity.finding import one_of, scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.strategy import services
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.selecting import plans_of
from panhuo.apps.strategy.standing import plan_replacing

router = Router(tags=["plans"])


@router.get("", response=list[PlanOut], auth=Token("plan.view"))
def plans_list(request: HttpRequest) -> Any:
    return [plan_out(plan) for plan in plans_of(scope_of_request(request))]


@router.post("", response={202: PlanOut}, auth=Token("plan.make"))
def plan_create(request: HttpRequest, body: PlanIn) -> Any:
    """Ask for a plan; its state is ``making`` until the job is done."""
    made = services.plan_make(
        scope_of_request(request), name=body.name, tapes=body.tapes, policy=body.policy, policy_name=body.policy_name, limits=body.limits
    )
    return 202, plan_out(made)


@router.get("/{key:plan_id}", response=PlanOut, auth=Token("plan.view"))
def plan_read(request: HttpRequest, plan_id: int) -> Any:
    return plan_out(plan_of(scope_of_request(request), plan_id))


@router.get("/{key:plan_id}/replacing", response=ReplacingOut, auth=Token("plan.view"))
def plan_replaces(request: HttpRequest, plan_id: int) -> Any:
    """Which plans in force the plan's approval would replace, and which accounts it would leave without one."""
    scope = scope_of_request(request)
    found = plan_replacing(scope, plan_of(scope, plan_id))
    return {"plans": [one.pk for one in found.plans], "left": [{"tape": tape.pk, "accounts": tape.rows} for tape in found.left]}


@router.post("/{key:plan_id}/variants", response={202: PlanOut}, auth=Token("plan.make"))
def plan_variant(request: HttpRequest, plan_id: int, body: VaryIn) -> Any:
    """The same accounts and forecasts under other limits."""
    scope = scope_of_request(request)
    return 202, plan_out(services.plan_vary(scope, plan_of(scope, plan_id), name=body.name, limits=body.limits))


@router.post("/{key:plan_id}/submit", response=PlanOut, auth=Token("plan.submit"))
def plan_submit(request: HttpRequest, plan_id: int, body: StepIn) -> Any:
    scope = scope_of_request(request)
    return plan_out(services.plan_submit(scope, plan_of(scope, plan_id), note=body.note))


@router.post("/{key:plan_id}/review", response=PlanOut, auth=Token("plan.view"))  # a delegate may decide: the service knows who
def plan_review(request: HttpRequest, plan_id: int, body: StepIn) -> Any:
    scope = scope_of_request(request)
    return plan_out(services.plan_review(scope, plan_of(scope, plan_id), approve=body.approve, note=body.note))


@router.post("/{key:plan_id}/approve", response=PlanOut, auth=Token("plan.view"))
def plan_approve(request: HttpRequest, plan_id: int, body: StepIn) -> Any:
    scope = scope_of_request(request)
    return plan_out(services.plan_approve(scope, plan_of(scope, plan_id), approve=body.approve, note=body.note))


@router.post("/{key:plan_id}/withdraw", response=PlanOut, auth=Token("plan.submit"))
def plan_withdraw(request: HttpRequest, plan_id: int) -> Any:
    scope = scope_of_request(request)
    return plan_out(services.plan_withdraw(scope, plan_of(scope, plan_id)))


def plan_of(scope: Scope, plan_id: int) -> Plan:
    return one_of(scope, Plan, plan_id)


def plan_out(plan: Plan) -> dict[str, Any]:
    names = ("name", "state", "tapes", "policy_name", "policy_version", "limits", "as_of", "created_at")
    figures = {k: v for k, v in plan.figures.items() if k != "kept"}
    if "limits" in figures:
        figures["limits"] = [_limit_out(limit) for limit in figures["limits"]]
    return {"id": plan.pk, "basis": plan.basis_id, "figures": figures} | {n: getattr(plan, n) for n in names}


def _limit_out(limit: dict[str, Any]) -> dict[str, Any]:
    """As in ``summary.json``: bare figures in the unit they are named with, which is also the one that limits are sent in."""
    return {name: limit[name] for name in ("name", "title", "used", "at_most", "price_fen")} | {"unit": limit["counted_in"]}
