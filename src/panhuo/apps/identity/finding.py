"""Things by the ids in addresses and forms: the organisation's own, or there is no such page."""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.http import Http404, HttpRequest
from django.urls import register_converter
from django.urls.converters import IntConverter

from panhuo.apps.identity.scope import Scope

M = TypeVar("M", bound=models.Model)


class Key(IntConverter):
    """``<key:tape_id>``: a row's id, as far as it surely fits a bigint, so that no view need ask."""

    regex = "[1-9][0-9]{0,17}"


class Place(IntConverter):
    """``<place:position>``: where a row stands in its tape, from 0 on, as far as it surely fits an integer."""

    regex = "[0-9]{1,9}"


register_converter(Key, "key")
register_converter(Place, "place")


def scope_of_request(request: HttpRequest) -> Scope:
    """The scope of a view that needs somebody."""
    scope: Scope = request.scope  # type: ignore[attr-defined]
    return scope


def one_of(scope: Scope, model: type[M], number: int, *related: str) -> M:
    """The organisation's own row of that id. Raises Http404."""
    found = scope.rows(model).select_related(*related).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def key_of(text: str | None) -> int | None:
    """A row's id as it stands in a query or a form; None where it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
