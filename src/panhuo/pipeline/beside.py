"""Calls that run beside their caller, one at a time and in order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import ParamSpec

P = ParamSpec("P")


class Beside:
    """Only one call waits at a time; its fault shows at the next call or at the end."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._waiting: Future[None] | None = None

    def call(self, work: Callable[P, None], *args: P.args, **named: P.kwargs) -> None:
        self.settle()
        self._waiting = self._pool.submit(work, *args, **named)

    def settle(self) -> None:
        """What was called last has been done, or its fault is raised."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.result()

    def close(self) -> None:
        try:
            self.settle()
        finally:
            self._pool.shutdown()

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.close()
            return
        self._pool.shutdown()  # the fault that ended the block is the one to tell
