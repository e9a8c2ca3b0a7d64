"""Faults as people and programs see them: what, where, what to do, and the trace number; never a traceback."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from panhuo.apps.console.language import lang_of
from panhuo.apps.identity.roles import ABILITIES
from panhuo.apps.identity.scope import NotAllowed
from panhuo.kernel.errors import PanhuoError
from panhuo.kernel.words import Words

log = structlog.get_logger()
NOT_FOUND = ("NOT_FOUND", Words("没有这个页面或对象，或您无权查看", "There is no such page or thing, or you may not see it"), Words("检查网址，或从菜单进入", "check the address, or start from the menu"))
SIGN_IN = ("SIGN_IN", Words("请先登录", "Sign in first"), Words("登录后重试；未提交的内容可返回上一页找回", "sign in and try again; go back to find what you had typed"))
FORGERY = ("FORM_EXPIRED", Words("表单已过期或不是从本站提交", "The form has expired, or was not sent from this site"), Words("返回上一页、刷新后重新提交", "go back, reload and send it again"))
TOO_BIG = ("UPLOAD_TOO_BIG", Words("上传内容超过上限", "The upload is larger than allowed"), Words("拆分或压缩（.gz、.zip）后再上传", "split or compress it (.gz, .zip)"))
BROKE = ("SERVER_FAULT", Words("程序出错，什么也没有改变", "Something failed; nothing was changed"), Words("稍后重试；仍不行请把跟踪号告诉管理员", "try again later; if it stays so, tell your administrator the trace number"))
AWAY = ("DATABASE_AWAY", Words("数据库暂时不可用", "The database is away for the moment"), Words("几秒后重试", "try again in a few seconds"))


def answer(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """The response to an exception that a view raised."""
    if isinstance(error, NotAllowed):
        if getattr(request, "scope", None) is None:
            return refused(request, 401, *SIGN_IN)
        words = ABILITIES[error.ability]
        cause = Words(f"您的角色没有“{words.zh}”的权限", f"Your role may not {words.en}")
        return refused(request, 403, "NOT_ALLOWED", cause, Words("如需权限请联系本机构管理员", "ask your organisation's administrator"))
    if isinstance(error, PanhuoError):
        return refused(request, 400 if error.exit_status == 2 else 422, error.code, error.cause, error.remedy, where=error.where)
    if isinstance(error, Http404):
        return refused(request, 404, *NOT_FOUND)
    if isinstance(error, PermissionDenied):
        return refused(request, 403, *NOT_FOUND)
    if isinstance(error, RequestDataTooBig):
        return refused(request, 413, *TOO_BIG)
    if isinstance(error, SuspiciousOperation):
        return refused(request, 400, *NOT_FOUND)
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("database away", exception=type(error).__name__)
        return refused(request, 503, *AWAY)
    log.error("request broke", exc_info=error)
    return refused(request, 500, *BROKE)


def refused(request: HttpRequest, status: int, code: str, cause: Words, remedy: Words, *, where: str = "") -> HttpResponse:
    """A page, a fragment for HTMX, or JSON for the API."""
    lang = lang_of(request)
    trace_id = getattr(request, "trace_id", "")
    if request.path.startswith("/api/"):
        body = {"code": code, "message": cause.to(lang), "remedy": remedy.to(lang), "trace_id": trace_id}
        return JsonResponse(body | ({"where": where} if where else {}), status=status, json_dumps_params={"ensure_ascii": False})
    context: dict[str, Any] = {"status": status, "code": code, "cause": cause, "remedy": remedy, "where": where, "trace_id": trace_id}
    if request.headers.get("HX-Request"):
        response = render(request, "console/error_fragment.html", context, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#notices", "beforeend"
        return response
    return render(request, "console/error.html", context, status=status)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return refused(request, 403, *FORGERY)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(request, 404, *NOT_FOUND)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(request, 400, *NOT_FOUND)


def broke(request: HttpRequest) -> HttpResponse:
    return refused(request, 500, *BROKE)
