"""The demonstration outlives its worker, and not its server."""

from __future__ import annotations

from typing import Any

import pytest

from panhuo.cli import demo


class Process:
    """Ends at the moment given on the test's clock."""

    def __init__(self, clock: dict[str, float], ends: float) -> None:
        self.clock, self.ends = clock, ends

    def poll(self) -> int | None:
        return -9 if self.clock["now"] >= self.ends else None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    clock = {"now": 0.0}
    monkeypatch.setattr(demo.time, "monotonic", lambda: clock["now"])
    monkeypatch.setattr(demo.time, "sleep", lambda seconds: clock.update(now=clock["now"] + seconds))
    return clock


def watched(clock: dict[str, float], worker: float, server: float, *later: float) -> tuple[int, float]:
    """How many workers were started anew, and when the demonstration ended."""
    children: list[Any] = [Process(clock, worker), Process(clock, server)]
    more = [Process(clock, ends) for ends in later]
    demo._watch(children, lambda: more.pop(0))
    return len(later) - len(more), clock["now"]


def test_a_killed_worker_is_followed_by_another(clock: dict[str, float]) -> None:
    assert watched(clock, 100, 300, 200, 900) == (2, 300)


def test_a_worker_that_cannot_start_ends_it(clock: dict[str, float]) -> None:
    assert watched(clock, 3, 300, 900) == (0, 3)
    clock["now"] = 0.0
    assert watched(clock, 100, 300, 105, 900) == (1, 105)


def test_without_its_server_there_is_none(clock: dict[str, float]) -> None:
    assert watched(clock, 500, 40) == (0, 40)
