"""Sessions as their owner sees them: listed, and ended from anywhere."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from panhuo.apps.identity.models import SignIn, User
from panhuo.apps.identity.scope import Scope, narrow

_NOTED_EVERY = timedelta(minutes=1)


def digest(key: str) -> str:
    """What is kept of a session key or a token: who reads the table cannot use it."""
    return hashlib.sha256(key.encode()).hexdigest()


def address_of(request: HttpRequest) -> str | None:
    """The caller's address; the last one that the trusted proxy wrote, where there is one."""
    if settings.PANHUO_PROXY and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.rpartition(",")[2].strip() or None
    return request.META.get("REMOTE_ADDR") or None


def session_start(request: HttpRequest, user: User, *, method: str) -> None:
    """Sign the user in under a fresh session key and note it."""
    narrow(user.organisation_id, user_id=user.pk)
    login(request, user, backend="panhuo.apps.identity.signing_in.PasswordBackend")
    request.session.save()
    now = timezone.now()
    SignIn.objects.create(
        organisation_id=user.organisation_id,
        user=user,
        session_digest=digest(request.session.session_key or ""),
        address=address_of(request),
        agent=request.headers.get("User-Agent", "")[:200],
        method=method,
        started_at=now,
        seen_at=now,
    )


def seen(request: HttpRequest, user: User) -> bool:
    """Whether the session still stands; notes that it was used, at most once a minute."""
    sign_in = SignIn.objects.filter(user=user, session_digest=digest(request.session.session_key or "")).first()
    if sign_in is None or sign_in.ended_at is not None:
        return False
    now = timezone.now()
    if now - sign_in.seen_at > _NOTED_EVERY:
        SignIn.objects.filter(pk=sign_in.pk).update(seen_at=now)
    return True


def sessions_of(scope: Scope, user_id: int) -> QuerySet[SignIn]:
    """The live sessions of a user of the organisation, last used first."""
    since = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return scope.rows(SignIn).filter(user_id=user_id, ended_at__isnull=True, started_at__gte=since).order_by("-seen_at")


def session_end(scope: Scope, *, sign_in_id: int, user_id: int) -> bool:
    """End one session of a user; true if there was one to end."""
    return bool(scope.rows(SignIn).filter(pk=sign_in_id, user_id=user_id, ended_at__isnull=True).update(ended_at=timezone.now()))


def sessions_end(scope: Scope, *, user_id: int, but: str | None = None) -> int:
    """End all sessions of a user, but the one whose key is ``but``; how many."""
    rows = scope.rows(SignIn).filter(user_id=user_id, ended_at__isnull=True)
    return rows.exclude(session_digest=digest(but) if but else "").update(ended_at=timezone.now())


def sessions_forget() -> int:
    """Remove sessions that ran out; a job's nightly work."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
