"""Tokens at the door of the API, and what each address asks of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from panhuo.apps.identity.scope import Scope


class Token(HttpBearer):
    """``Authorization: Bearer phk_...``. The middleware has already looked the token up and set the request's scope."""

    def authenticate(self, request: HttpRequest, token: str) -> Scope | None:
        scope: Scope | None = getattr(request, "scope", None)
        return scope if getattr(request, "by_token", False) else None


def scope_for(request: HttpRequest) -> Scope:
    scope: Scope = request.scope  # type: ignore[attr-defined]
    return scope


def needs(ability: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Only tokens with the ability; the test of every address reads it there."""

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            scope_for(request).need(ability)
            return view(request, *args, **kwargs)

        guarded.needs = ability  # type: ignore[attr-defined]
        # the parameters' types are read off the signature, and must be looked up where the view was written
        guarded.__signature__ = inspect.signature(view, eval_str=True)  # type: ignore[attr-defined]
        return guarded

    return guard
