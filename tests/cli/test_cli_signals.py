"""Signals end a command once, whatever the main thread is doing and whatever comes after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from panhuo.cli import signals
from panhuo.cli.signals import Terminated, end_once, leaving

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DEAF = """
import time
from pathlib import Path
from panhuo.cli.signals import end_once, leaving

def clean():
    with open("cleaned", "a", encoding="utf-8") as file:
        file.write("once")
    time.sleep(0.3)

end_once()
with leaving(clean):
    Path("begun").touch()
    while True:  # as code that swallows what is raised in it, or waits for a lock that nobody gives back
        try:
            time.sleep(60)
        except BaseException:
            pass
"""


@pytest.fixture
def handlers() -> Iterator[None]:
    """As a command has them from its start, and afterwards as they were."""
    before = {one: signal.getsignal(one) for one in HANDLED}
    for one in HANDLED:
        signal.signal(one, signal.default_int_handler if one == signal.SIGINT else signal.SIG_DFL)
    end_once()
    yield
    signals._ended_at = None
    for one, handler in before.items():
        signal.signal(one, handler)


def hear_the_terminal() -> None:
    """In the child: SIGHUP as a shell leaves it, also where these tests run under nohup, which has it ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(("number", "words"), [(signal.SIGINT, "Interrupted"), (signal.SIGTERM, "Terminated"), (signal.SIGHUP, "Terminated")])
@pytest.mark.parametrize("times", [1, 4])
def test_who_does_not_hear_is_ended_all_the_same(tmp_path: Path, number: signal.Signals, words: str, times: int) -> None:
    environment = {**os.environ, "PANHUO_LANG": "en", "PYTHONUTF8": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", DEAF], cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=hear_the_terminal
    ) as process:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
            time.sleep(0.005)
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.05)
        try:
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 128 + number
    assert said.count(words) == 1
    assert (tmp_path / "cleaned").read_text(encoding="utf-8") == "once"


def test_after_the_block_signals_are_as_before(handlers: None) -> None:
    with leaving(lambda: None):
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_first_ends_and_later_ones_are_passed_over(handlers: None) -> None:
    with pytest.raises(Terminated):
        signal.raise_signal(signal.SIGTERM)
    for one in HANDLED:
        signal.raise_signal(one)


def test_who_asks_again_after_a_while_is_heard(handlers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first one raised may have been swallowed: in a callback of a weak reference Python only prints it."""
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    monkeypatch.setattr(signals, "_GRACE_S", 0.0)
    signal.raise_signal(signal.SIGTERM)
    assert ended == [143]


def test_who_ignores_a_signal_goes_on_ignoring_it(handlers: None) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    end_once()
    with leaving(lambda: pytest.fail("nobody was to end it")):
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_what_puts_itself_in_front_is_put_aside(handlers: None) -> None:
    """Polars does on import, in C, where Python does not see it: the handler is set anew."""
    import ctypes

    libc = ctypes.CDLL(None)
    assert libc.signal(int(signal.SIGINT), ctypes.c_void_p(1)) != -1  # SIG_IGN behind Python's back
    signal.raise_signal(signal.SIGINT)
    end_once()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
