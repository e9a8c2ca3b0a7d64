"""A word to the reader about what has just been done: after a redirect, or with an answer to HTMX."""

from __future__ import annotations

import json
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponse

from panhuo.apps.console.tables import Tone
from panhuo.apps.identity.language import lang_of
from panhuo.kernel.words import Words

_KEY = "notices"


def notice_add(request: HttpRequest, words: Words, tone: Tone = "good") -> None:
    """Said on the next page this session is shown."""
    request.session[_KEY] = [*request.session.get(_KEY, []), [words.zh, words.en, tone]]


def notices_take(request: HttpRequest) -> list[tuple[Words, Tone]]:
    """What is to be said now; said once."""
    try:
        if not hasattr(request, "session") or _KEY not in request.session:
            return []
    except Error:
        return []  # the page that tells of the database's absence is shown without it
    return [(Words(zh, en), tone) for zh, en, tone in request.session.pop(_KEY)]


def notice_with(response: HttpResponse, request: HttpRequest, words: Words, tone: Tone = "good") -> HttpResponse:
    """The same for an answer to HTMX: it travels in the header ``HX-Trigger`` beside what the answer triggers otherwise."""
    triggers: dict[str, Any] = json.loads(response.get("HX-Trigger", "{}"))
    triggers["panhuo:notice"] = {"text": words.to(lang_of(request)), "tone": tone}
    response["HX-Trigger"] = json.dumps(triggers)
    return response
