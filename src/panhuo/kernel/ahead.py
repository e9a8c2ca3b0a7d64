"""Work that goes on beside other work: polars, pyarrow and compiled loops let go of the interpreter, so two threads keep two cores busy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
_END: Any = object()


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The items in order, the next one being made while this one is used. A fault comes where its item would have."""
    source = iter(items)
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(next, source, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, source, _END)
            yield item


class Beside:
    """Calls that run one after the other beside their caller. Only one waits at a time; its fault shows at the next call or at the end."""

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
