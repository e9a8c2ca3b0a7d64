"""Faults as people see them: what, where, what to do, and the trace number; never a traceback."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from panhuo.apps.identity.language import lang_of
from panhuo.apps.identity.refusals import BAD_REQUEST, BROKE, FORGERY, NOT_FOUND, Refusal, refusal_of


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """The response to an exception that a view raised."""
    return refused(request, refusal_of(error, signed_in=getattr(request, "scope", None) is not None))


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A page; a fragment for HTMX; JSON where a program asked."""
    trace_id = getattr(request, "trace_id", "")
    if request.path.startswith("/api/"):
        lang = lang_of(request)
        body = {"code": refusal.code, "message": refusal.cause.to(lang), "remedy": refusal.remedy.to(lang), "trace_id": trace_id}
        body |= {"where": refusal.where} if refusal.where else {}
        return JsonResponse(body, status=refusal.status, json_dumps_params={"ensure_ascii": False})
    context: dict[str, Any] = {
        "refusal": refusal, "status": refusal.status, "code": refusal.code, "cause": refusal.cause, "remedy": refusal.remedy, "where": refusal.where, "trace_id": trace_id,
        "goal": _came_from(request),
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        response = render(request, "console/error_fragment.html", context, status=refusal.status)
        response["HX-Retarget"], response["HX-Reswap"] = "#notices", "beforeend"
        return response
    return render(request, "console/error.html", context, status=refusal.status)


def _came_from(request: HttpRequest) -> str:
    """The page of this site on which a form stood that was sent: where to go on after the sign-in. Empty for another site's."""
    came = urlsplit(request.headers.get("Referer", ""))
    return came.path + (f"?{came.query}" if came.query else "") if came.netloc == request.get_host() and came.path.startswith("/") else ""


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return refused(request, FORGERY)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(request, NOT_FOUND)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(request, BAD_REQUEST)


def broke(request: HttpRequest) -> HttpResponse:
    """What was raised outside a view, around it: above all a database that is away when the fence is put up."""
    error = sys.exc_info()[1]
    return answer(request, error) if isinstance(error, Exception) else refused(request, BROKE)
