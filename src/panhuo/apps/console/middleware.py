"""Around every request: a trace id in logs and answers, figures for monitoring, and what the browser is allowed to do with the page."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from panhuo.apps.console.errors import answer, refused
from panhuo.apps.console.metrics import observe
from panhuo.apps.identity.refusals import CUT_OFF, DISK_FULL, NO_PAGE, TOO_BIG

Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger()
_UPLOADS = ("/tapes/", "/api/v1/tapes")
_FORM = 8 << 20
_SPARE = 256 << 20
_REFUSED = 400
_WRONG_METHOD = 405
_TRACE = re.compile(r"[0-9a-f]{16,32}")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)


class TraceMiddleware:
    """A trace id a request, the caller's if it looks like one; a line in the log when the request is answered."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Trace-Id", "")
        trace_id = given if _TRACE.fullmatch(given) else secrets.token_hex(8)
        request.trace_id = trace_id  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(trace_id=trace_id)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            match = request.resolver_match
            route = match.route if match else "?"
            observe(request.method or "?", route, response.status_code, seconds)
            # the route's pattern, not the path: a path may hold an account number, a query what was searched for
            say = log.warning if response.status_code >= _REFUSED else log.info  # who calls with a trace number finds it in every log
            say("request", method=request.method, route=route, status=response.status_code, ms=round(seconds * 1000))
        finally:
            structlog.contextvars.clear_contextvars()
        response["X-Trace-Id"] = trace_id
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer(request, error)


class SizeMiddleware:
    """Refuses, before a byte of it is read, what is larger than may be sent, or than the disk has room for; only uploads of files may be large."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isdecimal() else 0
        uploads = request.path.startswith(_UPLOADS)
        if size > (settings.PANHUO_UPLOAD_LIMIT + _FORM if uploads else _FORM):
            return refused(request, TOO_BIG)
        # an upload lies twice for a moment: as it came, and sealed
        if size > _FORM and shutil.disk_usage(settings.PANHUO_DATA).free < 2 * size + _SPARE:
            return refused(request, DISK_FULL)
        response = self.get_response(request)
        if getattr(request.META.get("wsgi.input"), "broken", False):
            if uploads:  # a file that broke off in the middle belongs to no form yet, which would take it away with itself
                for handler in request.upload_handlers:
                    handler.upload_interrupted()
            return refused(request, CUT_OFF)
        return response


class PolicyMiddleware:
    """Content security: nothing from elsewhere, no inline script or style; personal pages are not cached."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == _WRONG_METHOD and not response.content:  # the address of a form, typed or reloaded
            allowed = response.headers.get("Allow", "")
            response = refused(request, NO_PAGE)
            response["Allow"] = allowed
        response.setdefault("Content-Security-Policy", _POLICY)
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response
