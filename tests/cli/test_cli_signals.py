"""Where a signal may end a command, and where it has to wait."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import pytest

from panhuo.cli.signals import Terminated, end_once

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """As a command has them from its start, and afterwards as they were."""
    before = {one: signal.getsignal(one) for one in HANDLED}
    for one in HANDLED:
        signal.signal(one, signal.default_int_handler if one == signal.SIGINT else signal.SIG_DFL)
    end_once()
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


def inside(module: str) -> Callable[[Callable[[], None]], list[str]]:
    """A function of ``module`` that calls what it is given and tells how far it got."""
    names: dict[str, object] = {"__name__": module}
    exec("def call(it):\n    got.append('before')\n    it()\n    got.append('after')\n    return got", names)
    names["got"] = []
    return names["call"]  # type: ignore[return-value]


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated), (signal.SIGHUP, Terminated)])
def test_native_code_that_calls_back_is_left_in_peace(number: signal.Signals, raised: type[BaseException]) -> None:
    """What is raised in a callback of LLVM is swallowed, and the process crashes: the end comes when it is over, and only once."""
    call = inside("llvmlite.binding.executionengine")
    with pytest.raises(raised):  # noqa: PT012
        assert call(lambda: signal.raise_signal(number)) == ["before", "after"]
        for _ in range(500):
            time.sleep(0.01)
    signal.raise_signal(number)
    time.sleep(0.1)


def test_elsewhere_the_end_comes_at_once() -> None:
    call = inside("panhuo.pipeline.run")
    with pytest.raises(KeyboardInterrupt):
        call(lambda: signal.raise_signal(signal.SIGINT))
    for one in HANDLED:
        signal.raise_signal(one)


def test_who_ignores_a_signal_goes_on_ignoring_it() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    end_once()
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_what_puts_itself_in_front_is_put_aside() -> None:
    """Polars does on import, in C, where Python does not see it: the handler is set anew."""
    import ctypes

    libc = ctypes.CDLL(None)
    assert libc.signal(int(signal.SIGINT), ctypes.c_void_p(1)) != -1  # SIG_IGN behind Python's back
    signal.raise_signal(signal.SIGINT)
    end_once()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
