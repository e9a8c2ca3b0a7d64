"""Tokens at the door of the API, and what each address asks of them."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from panhuo.apps.identity.roles import SIGNED_IN
from panhuo.apps.identity.scope import Scope


class Token(HttpBearer):
    """``Authorization: Bearer phk_...`` with an ability (or of anybody: ``SIGNED_IN``), asked before the request's content is looked at.

    The middleware has already looked the token up and set the request's scope. Raises NotAllowed where the token lacks the ability.
    """

    def __init__(self, ability: str = SIGNED_IN) -> None:
        super().__init__()
        self.ability = ability

    def authenticate(self, request: HttpRequest, token: str) -> Scope | None:
        scope: Scope | None = getattr(request, "scope", None)
        if scope is None or not getattr(request, "by_token", False):
            return None
        if self.ability != SIGNED_IN:
            scope.need(self.ability)
        return scope
