"""Why an input file as a whole cannot be read: one constructor, so that every refusal has its place and remedy."""

from __future__ import annotations

from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words


def unusable(code: str, where: object, zh: str, en: str, remedy_zh: str, remedy_en: str) -> InputUnusable:
    """An :class:`InputUnusable` from plain strings; ``where`` is the file (and sheet or member) as the user named it."""
    return InputUnusable(code, Words(zh, en), where=str(where), remedy=Words(remedy_zh, remedy_en))
