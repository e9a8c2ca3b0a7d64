"""Programs that call the API."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.services import token_create


class Caller:
    """A program with a token of ``user``, for all he may do or for some of it."""

    def __init__(self, user: Any, *abilities: str) -> None:
        token = token_create(scope_of(user), name="t", abilities=sorted(abilities or user.abilities), days=1)[1]
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def __call__(self, method: str, path: str, body: Any = None, *, status: int = 200, **query: Any) -> Any:
        where = "/api/v1" + path
        sent = json.dumps(body or {})
        answer = self.client.get(where, query) if method == "GET" else self.client.generic(method, where, sent, "application/json")
        assert answer.status_code == status, answer.content.decode()
        return answer.json() if answer.content else None
