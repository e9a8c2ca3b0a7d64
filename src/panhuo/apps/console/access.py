"""What a page asks of its visitor, said beside the view: the test of every address reads it there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from panhuo.apps.identity.roles import ANYONE, SIGNED_IN
from panhuo.apps.identity.scope import NotAllowed

__all__ = ["ANYONE", "SIGNED_IN", "needs", "open_to_anyone"]

View = Callable[..., HttpResponse]


_WITH_A_FIRST_PASSWORD = ("/settings", "/settings/password", "/sign-out", "/language", "/theme")
"""All that a seat may open until it has a password of its own: not, say, a token for programs, which would outlive the first one."""


def needs(ability: str) -> Callable[[View], View]:
    """Only for those who have the ability (or ``SIGNED_IN``: any seat). At the door a page leads to the sign-in and back."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            scope = getattr(request, "scope", None)
            if scope is None:
                if request.method == "GET" and not request.headers.get("HX-Request"):
                    return redirect("/sign-in?" + urlencode({"next": request.get_full_path()}))
                raise NotAllowed("rules.view" if ability == SIGNED_IN else ability)
            if request.user.must_change_password and request.path not in _WITH_A_FIRST_PASSWORD:
                return redirect("/settings")
            if ability != SIGNED_IN:
                scope.need(ability)
            return view(request, *args, **kwargs)

        guarded.needs = ability  # type: ignore[attr-defined]
        return guarded

    return guard


def open_to_anyone(view: View) -> View:
    """Marks a view that asks nothing: there are few."""
    view.needs = ANYONE  # type: ignore[attr-defined]
    return view
