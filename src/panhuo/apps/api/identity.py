"""Who the token speaks for, and its owner's tokens."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router

from panhuo.apps.api.shapes import Me, TokenOut
from panhuo.apps.identity.finding import scope_of_request
from panhuo.apps.identity.models import ApiToken, User
from panhuo.apps.identity.services import token_end

router = Router(tags=["identity"])


@router.get("/me", response=Me)
def me(request: HttpRequest) -> Any:
    scope = scope_of_request(request)
    user = scope.rows(User).select_related("organisation").get(pk=scope.user_id)
    return {"user": user.username, "organisation": user.organisation.name, "role": user.role, "abilities": sorted(scope.abilities)}


@router.get("/tokens", response=list[TokenOut])
def tokens_list(request: HttpRequest) -> Any:
    scope = scope_of_request(request)
    return list(scope.rows(ApiToken).filter(user_id=scope.user_id).order_by("-pk")[:100])


@router.delete("/tokens/{key:token_id}", response={204: None})
def token_delete(request: HttpRequest, token_id: int) -> Any:
    """Revoke a token of one's own; new ones are made in the console, behind the second factor."""
    if not token_end(scope_of_request(request), token_id):
        raise Http404
    return 204, None
