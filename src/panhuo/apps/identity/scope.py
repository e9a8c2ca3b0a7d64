"""Which rows an organisation may see, decided here and nowhere else; and the second fence, in the database itself.

First fence: a :class:`Scope` is an argument of every selector and service, and :meth:`Scope.rows` is the only way they read a table that
has an ``organisation``. Second fence: while a request is served the database session runs as the role ``panhuo_web``, which owns nothing,
and row-level security lets it see the rows of ``panhuo.organisation`` alone; both are set by :func:`fenced`. A query that forgets
the first fence finds the second; with no organisation set there are no rows at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection, models

from panhuo.apps.identity.models import User
from panhuo.kernel.words import Lang

M = TypeVar("M", bound=models.Model)
WEB_ROLE = "panhuo_web"


class NotAllowed(Exception):
    """The user may not do this. ``ability`` is what he lacks."""

    def __init__(self, ability: str) -> None:
        self.ability = ability
        super().__init__(ability)


@dataclass(frozen=True, slots=True)
class Scope:
    """Who acts, for which organisation, with which abilities (a token's may be fewer than its owner's)."""

    organisation_id: int
    user_id: int
    abilities: frozenset[str]
    lang: Lang
    trace_id: str = ""

    def rows(self, model: type[M]) -> models.QuerySet[M]:
        """The rows of ``model`` that the organisation may see."""
        return model._default_manager.filter(organisation_id=self.organisation_id)

    def may(self, ability: str) -> bool:
        return ability in self.abilities

    def need(self, ability: str) -> None:
        """Raises NotAllowed."""
        if ability not in self.abilities:
            raise NotAllowed(ability)


def scope_of(user: User, *, trace_id: str = "", only: frozenset[str] | None = None) -> Scope:
    """The scope of a user; ``only`` narrows it to a token's abilities."""
    abilities = user.abilities if only is None else user.abilities & only
    return Scope(user.organisation_id, user.pk, abilities, user.lang, trace_id)


@contextmanager
def fenced(organisation_id: int | None, *, user_id: int | None = None, signing_in: str = "") -> Iterator[None]:
    """Run as the web role and see the rows of one organisation. ``user_id`` is the session's own user, who may be read before his
    organisation is known; ``signing_in`` the name typed at the door.

    The settings last until the end of the block or of the connection, whichever comes first: a block that breaks the connection leaves
    none behind.
    """
    _settle(organisation_id, user_id, signing_in)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            if connection.in_atomic_block and connection.needs_rollback:
                pass  # the rollback that follows takes the settings of this transaction with it
            else:
                with connection.cursor() as cursor:
                    cursor.execute("reset role")


@contextmanager
def unfenced() -> Iterator[None]:
    """Inside :func:`fenced`: leave the web role for what no organisation owns (the job queue; organisations, for the operator). The few
    callers are listed in a test of the house."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('role')")
        role = cursor.fetchone()[0]
        cursor.execute("reset role")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("select set_config('role', %s, false)", [role])


def narrow(organisation_id: int | None, *, user_id: int | None = None, signing_in: str = "") -> None:
    """Inside :func:`fenced`: from now on these rows."""
    _settle(organisation_id, user_id, signing_in)


def _settle(organisation_id: int | None, user_id: int | None, signing_in: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('role', %s, false), set_config('panhuo.organisation', %s, false),"
            " set_config('panhuo.user', %s, false), set_config('panhuo.signing_in', %s, false)",
            [WEB_ROLE, str(organisation_id or ""), str(user_id or ""), signing_in],
        )
