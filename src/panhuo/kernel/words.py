"""A sentence in both house languages, Chinese first."""

from __future__ import annotations

from typing import Literal, NamedTuple

Lang = Literal["zh", "en"]


class Words(NamedTuple):
    """The same sentence in Chinese and English; pick with :meth:`to`."""

    zh: str
    en: str

    def to(self, lang: Lang) -> str:
        return self.zh if lang == "zh" else self.en

    def format(self, *args: object, **kwargs: object) -> Words:
        """``str.format`` on both languages with the same arguments."""
        return Words(self.zh.format(*args, **kwargs), self.en.format(*args, **kwargs))
