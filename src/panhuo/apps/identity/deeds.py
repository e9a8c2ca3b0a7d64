"""The record of what was done: one line a deed, only ever added."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from panhuo.apps.identity.models import Deed
from panhuo.apps.identity.scope import Scope


def deed_add(scope: Scope, verb: str, subject: str = "", **details: Any) -> None:
    """Note a deed in the transaction that does it. ``details``: figures and codes, never a value of a tape's row."""
    Deed.objects.create(
        organisation_id=scope.organisation_id,
        user_id=scope.user_id or None,
        at=timezone.now(),
        verb=verb,
        subject=subject,
        details={k: v for k, v in details.items() if v is not None},
        trace_id=scope.trace_id,
    )


def deeds_of(scope: Scope, subject: str) -> QuerySet[Deed]:
    """What was done to one thing, latest first."""
    return scope.rows(Deed).filter(subject=subject).select_related("user").order_by("-id")
