"""What becomes of a plan: put forward, taken back, reviewed, approved. What is refused is said on the plan's page, with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from panhuo.apps.console.access import needs
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.views.plans import is_made, page_of, plan_of
from panhuo.apps.identity.finding import key_of, scope_of_request
from panhuo.apps.identity.refusals import refusal_of
from panhuo.apps.strategy import services
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words


@needs("plan.submit")
@require_POST
def plan_submit(request: HttpRequest, plan_id: int) -> HttpResponse:
    return _step(request, plan_id, partial(services.plan_submit, note=_note(request)), Words("已提交合规审查", "Submitted for review"))


@needs("plan.submit")
@require_POST
def plan_withdraw(request: HttpRequest, plan_id: int) -> HttpResponse:
    return _step(request, plan_id, services.plan_withdraw, Words("已撤回", "Withdrawn"))


@needs("plan.view")
@require_POST
def plan_review(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The compliance officer's word, or a delegate's: the service decides whether he may."""
    return _decide(request, plan_id, services.plan_review, opened="review")


@needs("plan.view")
@require_POST
def plan_approve(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The second person's word; he may hold it by delegation, so the service decides whether he may."""
    told = [int(key) for key in request.POST["replacing"].split() if key_of(key)] if "replacing" in request.POST else None
    return _decide(request, plan_id, partial(services.plan_approve, replacing=told), opened="approve")


def _note(request: HttpRequest) -> str:
    return request.POST.get("note", "").strip()[:2000]


def _step(request: HttpRequest, plan_id: int, service: Callable[..., Any], words: Words, tone: str = "good", opened: str = "") -> HttpResponse:
    """opened: the dialog that asked. A refusal leaves it open if it may still be answered."""
    scope = scope_of_request(request)
    try:
        service(scope, plan_of(scope, plan_id))
    except UsageInvalid as error:
        found = plan_of(scope, plan_id)
        if not is_made(found):
            raise
        context = page_of(scope, found, "") | {"fault": error, "noted": _note(request), "opened": opened}
        return render(request, "console/plans/plan.html", context, status=refusal_of(error, signed_in=True).status)
    notice_add(request, words, tone)
    return redirect(f"/plans/{plan_id}")


def _decide(request: HttpRequest, plan_id: int, service: Callable[..., Any], *, opened: str) -> HttpResponse:
    approve, note = request.POST.get("decision") == "approve", _note(request)

    def decide(scope: Any, plan: Any) -> None:
        if not approve and not note:
            cause = Words("不通过时须写明原因", "say why it is refused")
            raise UsageInvalid("NOTE_MISSING", cause, where="", remedy=Words("填写意见后再提交", "write a note, then send it again"))
        service(scope, plan, approve=approve, note=note)

    words = Words("已通过", "Approved") if approve else Words("已退回", "Refused")
    return _step(request, plan_id, decide, words, "good" if approve else "warn", opened)
