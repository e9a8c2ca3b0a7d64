"""What every command shares at the terminal: the language, JSON, progress on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from panhuo.kernel.words import Lang, Words

SHOW_PROGRESS_AFTER_S = 1.0


def language() -> Lang:
    """Chinese unless ``PANHUO_LANG`` or the locale asks for English."""
    for variable in ("PANHUO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "").lower()
        if value.startswith("en"):
            return "en"
        if value.startswith("zh"):
            return "zh"
    return "zh"


def say(zh: str, en: str) -> str:
    """The text in the user's language: for help and messages."""
    return Words(zh, en).to(language())


def emit_json(figures: Any) -> None:
    """Figures on stdout for another program."""
    click.echo(json.dumps(figures, ensure_ascii=False, indent=2, default=str))


@contextmanager
def progress(*, enabled: bool = True) -> Iterator[Callable[[str, float | None], None]]:
    """Yields ``tell(stage, share)``: one line on stderr rewritten in place, when stderr is a terminal and a second has passed."""
    shown = False
    started = time.perf_counter()
    active = enabled and sys.stderr.isatty()

    def tell(stage: str, share: float | None = None) -> None:
        nonlocal shown
        if not active or time.perf_counter() - started < SHOW_PROGRESS_AFTER_S:
            return
        bar = "" if share is None else f" {'█' * int(share * 20):<20} {share:4.0%}"
        sys.stderr.write(f"\r\x1b[2K{stage}{bar}")
        sys.stderr.flush()
        shown = True

    try:
        yield tell
    finally:
        if shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
