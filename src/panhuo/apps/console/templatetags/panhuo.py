"""Words in the reader's language, money as people speak of it, and the pieces pages are made of."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from panhuo.apps.console.cells import money_span
from panhuo.kernel.money import format_yuan
from panhuo.kernel.words import Lang, Words

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
    lang: Lang = "en" if context.get("lang") == "en" else "zh"
    return money_span(fen, lang) if unit == "auto" else format_html('<span class="money">{}</span>', format_yuan(fen))


@register.filter
def on_page(words: Words) -> Words:
    """What an engine says, without the commands it points to."""
    from panhuo.apps.console import words as said

    return said.on_page(words)


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


@register.simple_tag(takes_context=True)
def change(context: template.Context, fen: int) -> SafeString:
    """A difference in money, its sign always said; the colour only repeats it."""
    sign, tone = ("+", "good") if fen > 0 else ("−", "bad") if fen < 0 else ("±", "")
    return format_html('<span data-tone="{}">{}{}</span>', tone, sign, money(context, abs(fen)))


@register.filter
def hours(minutes: float | None) -> str:
    """Minutes as whole hours."""
    return "—" if minutes is None else f"{minutes / 60:,.0f}"


@register.filter
def signed(number: float | None) -> str:
    return "—" if number is None else f"{number:+,.0f}".replace("-", "−")


@register.filter
def amount(number: float | None) -> str:
    """A quantity with at most two decimals."""
    return "—" if number is None else f"{number:,.2f}".rstrip("0").rstrip(".")


@register.filter
def unlocalize_share(share: float | None) -> str:
    """A share as HTML's ``progress`` takes it."""
    return "" if share is None else f"{share:.4f}"


@register.simple_tag(takes_context=True)
def deed(context: template.Context, verb: str) -> str:
    """What was done, in words."""
    from panhuo.apps.console.words import DEEDS

    words = DEEDS.get(verb)
    return verb if words is None else words.to(context.get("lang", "zh"))
