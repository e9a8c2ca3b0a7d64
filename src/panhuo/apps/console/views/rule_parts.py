"""A rule of the books as the pages about it show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404

from panhuo.engines.compliance import Book
from panhuo.engines.compliance.verdicts import effect_words, source_words
from panhuo.kernel.routes import ROUTES
from panhuo.pipeline.report.wording import certainty_words, force_words


def about_rule(books: Sequence[Book], rule_id: str) -> dict[str, Any]:
    """What a template says of the rule. Raises Http404 where no book has it."""
    for book in books:
        for one in book.rules:
            if one.id == rule_id:
                return {
                    "rule": one.text,
                    "book": book,
                    "effect": effect_words(one),
                    "source": source_words(one),
                    "routes": [route.words for route in ROUTES if route.name in one.text.effect.routes],
                    "force": force_words(one.text.force),
                    "certainty": certainty_words(one.text.certainty),
                }
    raise Http404
