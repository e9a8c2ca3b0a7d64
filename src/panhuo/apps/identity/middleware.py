"""Who is asking, for every request: the session's user, his scope, and the database's fence around the whole of it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from panhuo.apps.identity.models import User
from panhuo.apps.identity.scope import fenced, narrow, scope_of
from panhuo.apps.identity.sessions import seen

_NO_DATABASE = ("/static/", "/healthz", "/readyz", "/metrics")  # asked before who asks is known, or while the database is away


class ScopeMiddleware:
    """Sets ``request.user`` and ``request.scope`` (None at the door)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = AnonymousUser()
        request.scope = None  # type: ignore[attr-defined]
        if request.path.startswith(_NO_DATABASE):
            return self.get_response(request)
        key = request.session.get("_auth_user_id") if request.session.session_key else None
        with fenced(None, user_id=int(key) if key else None):
            if key:
                self._enter(request)
            return self.get_response(request)

    def _enter(self, request: HttpRequest) -> None:
        user = get_user(request)
        if not isinstance(user, User) or not user.is_active or not user.organisation.active:
            request.session.flush()
            narrow(None)
            return
        narrow(user.organisation_id, user_id=user.pk)
        if not seen(request, user):
            request.session.flush()
            narrow(None)
            return
        request.user = user
        request.scope = scope_of(user, trace_id=getattr(request, "trace_id", ""))  # type: ignore[attr-defined]
