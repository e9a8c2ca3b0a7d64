"""What every template may use without being given it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from panhuo.apps.console.menu import menu_of
from panhuo.apps.identity.language import lang_of


def page(request: HttpRequest) -> dict[str, Any]:
    """``lang``, ``scope``, ``user``, ``menu`` and where the command palette searches."""
    scope = getattr(request, "scope", None)
    return {
        "lang": lang_of(request),
        "scope": scope,
        "user": getattr(request, "user", None),
        "menu": menu_of(scope, request.path) if scope is not None else (),
        "palette_search": "/accounts/search.json" if scope is not None and scope.may("account.view") else "",
        "trace_id": getattr(request, "trace_id", ""),
    }
