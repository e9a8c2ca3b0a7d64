"""Loops in machine code, for the few that walk millions of cells and cannot be said in whole columns without passing over memory many times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """``function`` compiled on its first call, kept on disk for the next process, and run without holding the interpreter's lock."""
    try:
        return cast(F, numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found nowhere to write: compile anew in each process
        return cast(F, numba.njit(nogil=True)(function))
