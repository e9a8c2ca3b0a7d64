"""Which of the two languages a page speaks: the user's choice, else the browser's, else Chinese."""

from __future__ import annotations

from django.http import HttpRequest

from panhuo.kernel.words import Lang

COOKIE = "panhuo_lang"


def lang_of(request: HttpRequest) -> Lang:
    """A signed-in user's language; at the door that of the cookie or the browser."""
    scope = getattr(request, "scope", None)
    if scope is not None:
        lang: Lang = scope.lang
        return lang
    asked = request.COOKIES.get(COOKIE, "")
    if asked in ("zh", "en"):
        return "en" if asked == "en" else "zh"
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "zh"
