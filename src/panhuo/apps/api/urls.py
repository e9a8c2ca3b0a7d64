"""The API's addresses, its document and its errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

import panhuo
from panhuo.apps.api import identity, jobs, plans, portfolio, rejects, tapes, versions
from panhuo.apps.api.access import Token
from panhuo.apps.api.shapes import Error
from panhuo.apps.api.strangers import refuse_strangers
from panhuo.apps.identity.language import lang_of
from panhuo.apps.identity.refusals import BAD_REQUEST, NOT_FOUND, TOKEN, Refusal, refusal_of
from panhuo.kernel.words import Words

api = NinjaAPI(title="Panhuo 盘活", version=panhuo.__version__, urls_namespace="api", auth=Token(), docs_url=None, openapi_url="/openapi.json")
_SEE = Words("对照 /api/v1/openapi.json 改正", "see /api/v1/openapi.json")
_ERRORS = dict.fromkeys((400, 401, 403, 404, 413, 422, 503), Error)

for prefix, router in (
    ("", identity.router),
    ("/tapes", tapes.router),
    ("/tapes", versions.router),
    ("/tapes", rejects.router),
    ("/portfolio", portfolio.router),
    ("/plans", plans.router),
    ("/jobs", jobs.router),
):
    for view in router.path_operations.values():
        for operation in view.operations:
            for status in _ERRORS:
                operation.response_models.setdefault(status, operation._create_response_model(Error))
            refuse_strangers(operation)
    api.add_router(prefix, router)


@api.exception_handler(AuthenticationError)
def unknown_token(request: HttpRequest, error: Exception) -> HttpResponse:
    return refused(request, TOKEN)


@api.exception_handler(ValidationError)
def wrong_shape(request: HttpRequest, error: Any) -> HttpResponse:
    first = error.errors[0]
    cause = Words(f"参数不对（{first['type']}）", f"a parameter is wrong ({first['type']})")
    return refused(
        request,
        replace(BAD_REQUEST, status=422, code="PARAMETER_WRONG", cause=cause, remedy=_SEE, where=".".join(str(part) for part in first["loc"])),
    )


@api.exception_handler(HttpError)
def refused_by_ninja(request: HttpRequest, error: Any) -> HttpResponse:
    return refused(request, replace(BAD_REQUEST, status=error.status_code, remedy=_SEE))


@api.exception_handler(Http404)
def nothing_there(request: HttpRequest, error: Exception) -> HttpResponse:
    return refused(request, NOT_FOUND)


@api.exception_handler(Exception)
def every_other(request: HttpRequest, error: Exception) -> HttpResponse:
    return refused(request, refusal_of(error, signed_in=True, by_token=True))


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The one form of an error: code, message, remedy, trace_id, and where if that is known."""
    lang = lang_of(request)
    body = {"code": refusal.code, "message": refusal.cause.to(lang), "remedy": refusal.remedy.to(lang), "trace_id": getattr(request, "trace_id", "")}
    body |= {"where": refusal.where} if refusal.where else {}
    return JsonResponse(body, status=refusal.status, json_dumps_params={"ensure_ascii": False})


urlpatterns = [path("api/v1/", api.urls)]
