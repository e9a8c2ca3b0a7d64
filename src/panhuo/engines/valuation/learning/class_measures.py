"""How good chances of classes are: log loss, Brier (1950), ranked probability (Epstein, 1969), accuracy, discrimination, calibration, the stretches' coverage.

Discrimination and calibration are those of each class against the others, the classes weighted by how many rows came to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning.classes import stretch
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
