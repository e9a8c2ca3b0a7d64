"""How a command ends when it is interrupted, terminated or hung up: once, whatever comes after, and with everything cleaned up."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

_ENDINGS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What Ctrl-C sends, what a scheduler or ``kill`` sends, and what comes when the terminal or the connection is closed."""
_AGAIN_AFTER_S = 0.02


class Terminated(BaseException):
    """SIGTERM or SIGHUP came: cleaned up after like an interruption at the keyboard. No Exception, so that nothing takes it for a fault."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def end_once() -> None:
    """From here on the first of the signals ends the command, and later ones cannot cut its cleaning up short.

    Called again by a command that has imported Polars and writes files: on import Polars puts a handler of its own in front of SIGINT's,
    which raises once more in whatever runs next and makes its own threads panic. Were the threads of a run not waited for
    because of it, Python would end under them, and the process be aborted.
    """
    for one in _ENDINGS:
        if signal.getsignal(one) in (signal.SIG_DFL, signal.default_int_handler, _end):  # a caller's own, or one who ignores it (nohup), stays
            signal.signal(one, _end)


def _end(number: int, frame: FrameType | None) -> None:
    if _inside_llvm(frame):
        again = threading.Timer(_AGAIN_AFTER_S, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()
        return
    for one in _ENDINGS:
        signal.signal(one, _pass_over)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise Terminated(number)


def _inside_llvm(frame: FrameType | None) -> bool:
    """Whether the frame was called from native code that loads what Numba compiled: it cannot pass on what is raised in it, and crashes."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("llvmlite."):
            return True
        frame = frame.f_back
    return False


def leave(status: int) -> NoReturn:
    """Exit with ``status`` whatever else comes: as Python ends it takes its own handlers away, and only what is ignored stays ignored."""
    for one in _ENDINGS:
        signal.signal(one, signal.SIG_IGN)
    sys.exit(status)


def _pass_over(number: int, frame: FrameType | None) -> None:
    """Unlike SIG_IGN also of a signal that has come and is not handled yet: Python would complain of that."""
