"""What is made ready when a server process starts."""

from __future__ import annotations

from typing import Any

import pytest

from panhuo.apps.strategy import selecting


def test_rulebooks_and_the_way_of_an_account_are_ready_after_warming(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account it goes with is one the engines find routes for, so that all of them have been gone through."""
    explain, explained = selecting.explain, []

    def seen(*given: Any, **named: Any) -> Any:
        explained.append(explain(*given, **named))
        return explained[-1]

    monkeypatch.setattr(selecting, "explain", seen)
    selecting.books.cache_clear()
    selecting.warm()
    assert selecting.books.cache_info().currsize == 1
    (one,) = explained
    assert len(one.options) == 12
    assert any(option.eligible and option.net_value_fen for option in one.options)
