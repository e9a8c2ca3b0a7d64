"""Cumulative brackets (超额累进): court fees, arbitration fees, commission ladders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Step:
    """One bracket: the part of the amount above ``above`` (fen) is charged ``rate``; ``flat`` fen are added once reached."""

    above: float
    rate: float
    flat: float = 0.0


def cumulative(amount: Floats, steps: Sequence[Step]) -> Floats:
    """The charge in fen on each amount in fen: sum over brackets reached of flat + rate x the part inside it.

    ``steps`` ascend by ``above``. An amount at or below the first ``above`` is charged nothing.
    """
    total = np.zeros_like(amount, dtype=np.float64)
    uppers = [step.above for step in steps[1:]] + [np.inf]
    for step, upper in zip(steps, uppers, strict=True):
        inside = np.clip(amount - step.above, 0.0, upper - step.above)
        total += step.rate * inside + np.where(amount > step.above, step.flat, 0.0)
    return total
