"""How a command ends when it is interrupted, terminated or hung up: once, whatever comes after, and with everything cleaned up."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from panhuo.cli.output import say

_ENDINGS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What Ctrl-C sends, what a scheduler or ``kill`` sends, and what comes when the terminal or the connection is closed."""
_TOGETHER_S = 0.02
_GRACE_S = 5.0
"""From then on a further signal ends a command whose cleaning up has not."""


class Terminated(BaseException):
    """SIGTERM or SIGHUP came: cleaned up after like an interruption at the keyboard. No Exception, so that nothing takes it for a fault."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


_ended_at: float | None = None


def end_once() -> None:
    """From here on the first of the signals ends the command, and later ones cannot cut its cleaning up short.

    Called again by a command that has imported Polars and writes files: on import Polars puts a handler of its own in front of SIGINT's,
    which raises once more in whatever runs next and makes its own threads panic.
    """
    for one in _ENDINGS:
        if signal.getsignal(one) in (signal.SIG_DFL, signal.default_int_handler, _end):  # a caller's own, or one who ignores it (nohup), stays
            signal.signal(one, _end)


@contextmanager
def leaving(cleanup: Callable[[], None]) -> Iterator[None]:
    """Inside the block a signal ends the process at once: ``cleanup``, a word to the user, exit.

    For work in many threads and native code. An exception raised wherever the main thread happens to be may be swallowed (in a weak reference's
    callback, in code LLVM calls back), leave the lock of an import behind or wait for threads that wait for it; and it comes only when a native call
    returns. So a thread of its own waits for the signal, and nothing is unwound. ``cleanup`` runs in that thread, beside whatever else still runs.
    """
    watched = [one for one in _ENDINGS if signal.getsignal(one) in (_end, signal.SIG_DFL, signal.default_int_handler)]
    if threading.current_thread() is not threading.main_thread() or not watched:
        yield
        return
    heard, hear = os.pipe()
    os.set_blocking(hear, False)
    watcher = threading.Thread(target=_watch, args=(heard, watched, cleanup), daemon=True, name="signals")
    before = signal.set_wakeup_fd(hear, warn_on_full_buffer=False)
    kept = {one: signal.signal(one, _pass_over) for one in watched}
    watcher.start()
    try:
        yield
    finally:
        for one, handler in kept.items():
            signal.signal(one, handler)
        signal.set_wakeup_fd(before)
        os.close(hear)
        watcher.join()
        os.close(heard)


def _watch(heard: int, watched: list[signal.Signals], cleanup: Callable[[], None]) -> None:
    while numbers := os.read(heard, 64):  # empty: the block is over
        if not set(numbers) & set(watched):
            continue
        if select.select([heard], [], [], _TOGETHER_S)[0]:  # a closing terminal sends two at once, and which is heard first is chance
            numbers += os.read(heard, 64)
        first = min(set(numbers) & set(watched))
        cleanup()
        with contextlib.suppress(OSError):  # the terminal is gone
            os.write(2, (("\r\x1b[2K" if os.isatty(2) else "") + _ended_words(first) + "\n").encode())
        os._exit(128 + first)


def _ended_words(number: int) -> str:
    if number == signal.SIGINT:
        return say("已中断；没有留下半成品。", "Interrupted; nothing half-written was left.")
    return say("已被终止；没有留下半成品。", "Terminated; nothing half-written was left.")


def leave(number: int) -> NoReturn:
    """Say that signal ``number`` ended the command and exit with 128 + ``number`` whatever else comes: as Python ends it takes its own handlers away,
    and only what is ignored stays ignored."""
    for one in _ENDINGS:
        signal.signal(one, signal.SIG_IGN)
    try:
        sys.stderr.write(_ended_words(number) + "\n")
        sys.stderr.flush()
    except OSError:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 the terminal is gone, and what is buffered for it must go somewhere
    sys.exit(128 + number)


def _end(number: int, frame: FrameType | None) -> None:
    global _ended_at
    _ended_at = time.monotonic()
    for one in _ENDINGS:
        signal.signal(one, _pass_over)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise Terminated(number)


def _pass_over(number: int, frame: FrameType | None) -> None:
    """Unlike SIG_IGN also of a signal that has come and is not handled yet: Python would complain of that. No longer after a while: what was
    raised may have been swallowed."""
    if _ended_at is not None and time.monotonic() - _ended_at > _GRACE_S:
        os._exit(128 + number)
