"""Keeps a solver's own debugging lines off standard output.

HiGHS's branch and bound writes lines such as ``transformNewIntegerFeasibleSolution tmpSolver.run();`` with plain ``printf``, past every option it has; in a
pipe they would stand in the middle of a caller's JSON. They are sent nowhere: the process's descriptor 1 points at the null device meanwhile.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def silenced() -> Iterator[None]:
    """Whatever C code prints within is lost. Without a standard output there is nothing to do."""
    with _ONE_AT_A_TIME:
        _flush()  # what stood in the buffer before is not ours to lose
        try:
            kept = os.dup(1)
        except OSError:
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.close(nowhere)
            yield
        finally:
            _flush()
            os.dup2(kept, 1)
            os.close(kept)


def _flush() -> None:
    """C's own buffer, where it can be reached (on Windows it cannot: a line may come through)."""
    try:
        ctypes.CDLL(None).fflush(None)
    except (OSError, TypeError, AttributeError):
        return
