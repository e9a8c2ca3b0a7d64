"""Things by the ids in addresses: the organisation's own, or there is no such page."""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.http import Http404, HttpRequest

from panhuo.apps.identity.scope import Scope

M = TypeVar("M", bound=models.Model)
_MOST = 2**63


def scope_of_request(request: HttpRequest) -> Scope:
    """The scope of a view that ``needs`` somebody."""
    scope: Scope = request.scope  # type: ignore[attr-defined]
    return scope


def one_of(scope: Scope, model: type[M], number: int, *related: str) -> M:
    """The organisation's own row of that id. Raises Http404."""
    found = scope.rows(model).select_related(*related).filter(pk=number).first() if 0 < number < _MOST else None
    if found is None:
        raise Http404
    return found


def key_of(text: str | None) -> int | None:
    """A key to page on from, as it stands in an address; None where it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
