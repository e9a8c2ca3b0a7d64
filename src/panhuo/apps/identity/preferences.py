"""What a user likes his pages to be: language and light or dark."""

from __future__ import annotations

from django.db import transaction

from panhuo.apps.identity.models import User
from panhuo.apps.identity.scope import Scope

LANGUAGES, THEMES = ("zh", "en"), ("system", "light", "dark")


def preference_set(scope: Scope, *, language: str | None = None, theme: str | None = None) -> None:
    """Keep the user's own choice; what is neither a language nor a theme is not taken. No deed: nothing of the organisation's changes."""
    chosen = {"language": language if language in LANGUAGES else None, "theme": theme if theme in THEMES else None}
    fields = {name: value for name, value in chosen.items() if value is not None}
    if fields:
        with transaction.atomic():
            scope.rows(User).filter(pk=scope.user_id).update(**fields)
