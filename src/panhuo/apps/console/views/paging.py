"""A page of rows, latest first, between two keys of the address: as quick on the millionth row as on the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import models
from django.http import HttpRequest

from panhuo.apps.identity.finding import key_of

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """older, newer: the keys to go on from, None at either end."""

    rows: list[M]
    older: str | None
    newer: str | None


def key_text(number: int | None) -> str | None:
    """A key as it stands in an address."""
    return None if number is None else str(number)


def page_of(request: HttpRequest, rows: models.QuerySet[M], size: int) -> Page[M]:
    """The ``size`` rows below ``?after=`` or above ``?before=``; the latest where neither is given."""
    after, before = key_of(request.GET.get("after")), key_of(request.GET.get("before"))
    if before is not None:
        found = list(rows.filter(pk__gt=before).order_by("pk")[:size])[::-1]
    else:
        found = list((rows.filter(pk__lt=after) if after is not None else rows).order_by("-pk")[:size])
    older = str(found[-1].pk) if found and rows.filter(pk__lt=found[-1].pk).exists() else None
    newer = str(found[0].pk) if found and rows.filter(pk__gt=found[0].pk).exists() else None
    return Page(found, older, newer)
