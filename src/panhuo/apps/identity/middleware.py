"""Who is asking, for every request: the session's user, his scope, and the database's fence around the whole of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from panhuo.apps.identity.models import ApiToken, User
from panhuo.apps.identity.scope import fenced, narrow, scope_of
from panhuo.apps.identity.services import TOKEN_START
from panhuo.apps.identity.sessions import digest, seen

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
        request.by_token = False  # type: ignore[attr-defined]
        if request.path.startswith("/api/"):
            with fenced(None):
                self._enter_by_token(request)
                return self.get_response(request)
        key = request.session.get("_auth_user_id") if request.session.session_key else None
        with fenced(None, user_id=int(key) if key else None):
            if key:
                self._enter(request)
            return self.get_response(request)

    def _enter_by_token(self, request: HttpRequest) -> None:
        """The API knows tokens alone: a browser's cookie opens nothing there, so no other site can use it."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not text.startswith(TOKEN_START):
            return
        key = digest(text.strip())
        narrow(None, signing_in=key)
        now = timezone.now()
        token = ApiToken.objects.filter(digest=key, revoked_at__isnull=True, expires_at__gt=now).first()
        narrow(token.organisation_id if token else None, user_id=token.user_id if token else None)
        user = User.objects.select_related("organisation").filter(pk=token.user_id, is_active=True, organisation__active=True).first() if token else None
        if token is None or user is None:
            narrow(None)
            return
        if token.used_at is None or now - token.used_at > timedelta(minutes=1):
            ApiToken.objects.filter(pk=token.pk).update(used_at=now)
        request.user = user
        request.by_token = True  # type: ignore[attr-defined]
        request.scope = scope_of(user, trace_id=getattr(request, "trace_id", ""), only=frozenset(token.abilities))  # type: ignore[attr-defined]

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
