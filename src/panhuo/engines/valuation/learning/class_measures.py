"""How good chances of classes are: log loss, Brier (1950), ranked probability (Epstein, 1969), accuracy, discrimination, calibration, the stretches' coverage.

Discrimination and calibration are those of each class against the others, the classes weighted by how many rows came to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning.measures import Matrix, auc, ks, line_of

Numbers = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]


def class_measures(outcome: Numbers, chances: Matrix, level: float) -> Callable[[Rows], Mapping[str, float]]:
    """Of rows, by their places. What is a mean over rows is worked out once."""
    n, size = chances.shape
    told = np.zeros((n, size))
    told[np.arange(n), outcome] = 1.0
    mode, lower, upper = stretch(chances, level)
    each = {
        "log_loss": -np.log(np.maximum(chances[np.arange(n), outcome], 1e-15)),
        "brier": ((chances - told) ** 2).sum(axis=1),
        "rps": ((chances.cumsum(axis=1) - told.cumsum(axis=1))[:, :-1] ** 2).sum(axis=1) / (size - 1),
        "accuracy": (mode == outcome).astype(np.float64),
        "coverage": ((outcome >= lower) & (outcome <= upper)).astype(np.float64),
        "width": (upper - lower + 1).astype(np.float64),
    }

    def measure(rows: Rows) -> Mapping[str, float]:
        some, mine = told[rows], chances[rows]
        count = some.sum(axis=0)
        there = [k for k in range(size) if 0 < count[k] < len(rows)]
        weight = count[there] / count[there].sum() if there else np.zeros(0)
        one_by_one = [(auc(some[:, k] > 0, mine[:, k]), ks(some[:, k] > 0, mine[:, k])) for k in there]
        found = weight @ np.asarray(one_by_one) if there else np.array([0.5, 0.0])
        slope, intercept = line_of(mine.ravel(), some.ravel())
        return {
            **{name: float(values[rows].mean()) for name, values in each.items()},
            "auc": float(found[0]),
            "ks": float(found[1]),
            "calibration_slope": slope,
            "calibration_intercept": intercept,
        }

    return measure


def stretch(chances: Matrix, level: float) -> tuple[Numbers, Numbers, Numbers]:
    """(mode, lower, upper): the most likely class, and the shortest stretch with it that holds ``level``; of two as short, the likelier."""
    n, size = chances.shape
    mode = chances.argmax(axis=1)
    below = np.column_stack([np.zeros(n), chances.cumsum(axis=1)])
    lower, upper = np.zeros(n, dtype=np.int64), np.full(n, size - 1)
    best = np.full(n, np.inf)  # the length, less the chances held: at most 1, so that they decide between stretches of one length only
    for low in range(size):
        for high in range(low, size):
            held = below[:, high + 1] - below[:, low]
            cost = (high - low) + 0.5 - 0.5 * held
            better = (held >= level - 1e-9) & (low <= mode) & (mode <= high) & (cost < best - 1e-12)
            lower, upper, best = np.where(better, low, lower), np.where(better, high, upper), np.where(better, cost, best)
    return mode, lower, upper
