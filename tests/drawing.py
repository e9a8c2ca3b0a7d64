"""The report's slow parts, done once for the same input: two thirds of the run of a small tape are the drawing of its charts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import jinja2
import pytest
import vl_convert


@pytest.fixture(scope="session", autouse=True)
def drawn_once() -> Iterator[None]:
    """A chart of the same figures is drawn once, the page's template compiled once. Whether they come out the same each time is asked with ``drawn_anew``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vl_convert, "vegalite_to_svg", _once(vl_convert.vegalite_to_svg))
        compiled, compile_ = dict[Any, CodeType](), jinja2.Environment.compile

        def compile_once(self: jinja2.Environment, source: str, name: str | None = None, filename: str | None = None, **more: Any) -> Any:
            key = (source, name, filename, self.autoescape, self.trim_blocks, self.lstrip_blocks, repr(more))
            if key not in compiled:
                compiled[key] = compile_(self, source, name, filename, **more)
            return compiled[key]

        patch.setattr(jinja2.Environment, "compile", compile_once)
        yield


@pytest.fixture
def drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each chart drawn whenever it is asked for."""
    monkeypatch.setattr(vl_convert, "vegalite_to_svg", vl_convert.vegalite_to_svg.__wrapped__)


def _once(draw: Callable[..., str]) -> Callable[..., str]:
    drawn: dict[str, str] = {}

    @functools.wraps(draw)
    def once(*specification: Any, **more: Any) -> str:
        key = repr((specification, more))
        if key not in drawn:
            drawn[key] = draw(*specification, **more)
        return drawn[key]

    return once
