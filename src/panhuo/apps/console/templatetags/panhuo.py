"""Words in the reader's language, money as people speak of it, and the pieces pages are made of."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from panhuo.kernel.words import Words

register = template.Library()


@register.simple_tag(takes_context=True)
def t(context: template.Context, zh: str, en: str, **values: object) -> str:
    """The sentence in the reader's language: both stand side by side in the template, so neither can be forgotten."""
    text = zh if context.get("lang", "zh") == "zh" else en
    return text.format(**values) if values else text


@register.simple_tag(takes_context=True)
def say(context: template.Context, words: Words | dict[str, str] | str | None) -> str:
    """Words, or a mapping with zh and en, in the reader's language."""
    lang = context.get("lang", "zh")
    if isinstance(words, Words):
        return words.to(lang)
    if isinstance(words, dict):
        return str(words.get(lang, words.get("zh", "")))
    return "" if words is None else str(words)


@register.simple_tag(takes_context=True)
def money(context: template.Context, fen: int | float | None, unit: str = "auto") -> SafeString | str:
    """Fen as yuan; 万 and 亿 (thousand and million in English) where people say so, exact to the fen when pointed at."""
    if fen is None:
        return "—"
    exact = f"{fen / 100:,.2f}" if isinstance(fen, float) else _exact(fen)
    chinese = context.get("lang", "zh") == "zh"
    text = _short(fen, chinese) if unit == "auto" else exact
    return format_html('<span class="money" title="{}">{}</span>', f"{exact} {'元' if chinese else 'yuan'}", text)


def _exact(fen: int) -> str:
    sign, whole = ("-" if fen < 0 else ""), abs(int(fen))
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"


def _short(fen: float, chinese: bool) -> str:
    yuan = fen / 100
    steps = ((1e8, "亿"), (1e4, "万")) if chinese else ((1e9, "bn"), (1e6, "m"), (1e3, "k"))
    for size, name in steps:
        if abs(yuan) >= size * 0.99995:
            return f"{yuan / size:,.2f} {name}"
    return f"{yuan:,.2f}"


@register.filter
def count(number: int | None) -> str:
    return "—" if number is None else f"{number:,}"


@register.filter
def percent(share: float | None, places: int = 1) -> str:
    return "—" if share is None else f"{share:.{places}%}"


@register.filter
def when(moment: dt.datetime | None) -> str:
    """A moment in Beijing time, to the minute."""
    return "—" if moment is None else f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's own query string with some keys changed; None removes one."""
    request = context["request"]
    parameters = request.GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            parameters.pop(key, None)
        else:
            parameters[key] = str(value)
    return "?" + parameters.urlencode()
