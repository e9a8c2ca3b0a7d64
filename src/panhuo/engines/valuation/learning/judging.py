"""Whether a model is better than another on the same rows, beyond what chance explains: the mean difference of their losses, row by row, with its interval.

Losses: squared error of figures, log loss of classes. Better or worse only where the 95 % interval of the paired difference leaves nought out; tied otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning.measures import with_intervals

Vector = npt.NDArray[np.float64]
Verdict = Literal["better", "tied", "worse"]


def against(own: Vector, others: Mapping[str, Vector], *, seed: int = 0) -> dict[str, dict[str, Any]]:
    """own, others: losses row by row. For each other: ``gain`` (share of its loss that is saved), ``difference`` (its loss less one's own), ``low``, ``high``,
    ``verdict`` on one's own."""
    gaps = {name: other - own for name, other in others.items()}
    intervals = with_intervals(len(own), lambda rows: {name: float(gap[rows].mean()) for name, gap in gaps.items()}, seed=seed) if gaps else {}
    found = {}
    for name, (low, high) in intervals.items():
        whole = float(others[name].mean())
        difference = float(gaps[name].mean())
        verdict: Verdict = "better" if low > 0 else "worse" if high < 0 else "tied"
        found[name] = {"gain": difference / whole if whole > 0 else 0.0, "difference": difference, "low": low, "high": high, "verdict": verdict}
    return found


def squared(outcome: Vector, answer: Vector) -> Vector:
    found: Vector = (answer - outcome) ** 2
    return found


def log_loss(outcome: npt.NDArray[np.int64], chances: npt.NDArray[np.float64]) -> Vector:
    found: Vector = -np.log(np.maximum(chances[np.arange(len(outcome)), outcome], 1e-15))
    return found
