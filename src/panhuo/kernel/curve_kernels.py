"""The walks along the months of an account, row by row in machine code: :mod:`.shares`, :mod:`.flows` and :mod:`.routes` are their callers.

Every curve is (n, horizon) float32, C-contiguous, and each row is worked out from itself alone and in one order, so that an account's
figures do not depend on the batch it stands in. Sums are taken in double precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from panhuo.kernel.compiling import compiled

_NOTHING = 1e-12


@compiled
def still_open(curve: Any, out: Any) -> None:
    """out[i, m]: what is left of 1 at the start of month m, never below 0."""
    for i in range(curve.shape[0]):
        paid = np.float32(0.0)
        for m in range(curve.shape[1]):
            out[i, m] = max(np.float32(1.0) - paid, np.float32(0.0))
            paid += curve[i, m]


@compiled
def scaled(curve: Any, odds: Any, out: Any) -> None:
    """out: ``curve`` with the odds of each month's part of what is open multiplied by ``odds`` (same shape)."""
    for i in range(curve.shape[0]):
        paid, left = np.float32(0.0), 1.0
        for m in range(curve.shape[1]):
            still = max(1.0 - paid, _NOTHING)
            hazard = min(curve[i, m] / still, 1.0)
            # the denominator is 0 only where odds of 0 meet a certain month; nothing comes in then
            hazard *= odds[i, m] / max(1.0 + (odds[i, m] - 1.0) * hazard, _NOTHING)
            out[i, m] = left * hazard
            left *= 1.0 - hazard
            paid += curve[i, m]


@compiled
def walked(hazard: Any, out: Any) -> None:
    """out[i, m] = hazard[i, m] times what the earlier months have left open."""
    for i in range(hazard.shape[0]):
        left = np.float32(1.0)
        for m in range(hazard.shape[1]):
            out[i, m] = left * hazard[i, m]
            left *= np.float32(1.0) - hazard[i, m]


@compiled
def weighed(matrix: Any, weights: Any, out: Any) -> None:
    """out[i] = sum over the months of matrix[i, m] weights[m]."""
    for i in range(matrix.shape[0]):
        total = 0.0
        for m in range(matrix.shape[1]):
            total += matrix[i, m] * weights[m]
        out[i] = total


@compiled
def added_profiles(cash: Any, weights: Any, profiles: Any, group: Any) -> None:
    """cash[i, :] += weights[i] profiles[group[i], :]."""
    for i in range(cash.shape[0]):
        if weights[i] != 0.0:
            g = group[i]
            for m in range(cash.shape[1]):
                cash[i, m] += weights[i] * profiles[g, m]


@compiled
def added_curve(cash: Any, weights: Any, curve: Any, delay: Any) -> None:
    """cash[i, m + delay] += weights[i] curve[i, m]."""
    for i in range(cash.shape[0]):
        if weights[i] != 0.0:
            for m in range(cash.shape[1] - delay):
                cash[i, m + delay] += weights[i] * curve[i, m]


@compiled
def totals(cash: Any, running: Any, factors: Any, out: Any) -> None:
    """out[0..3, i]: cash, cash discounted, cash times its month, running cost discounted."""
    for i in range(cash.shape[0]):
        plain, discounted, timed, cost = 0.0, 0.0, 0.0, 0.0
        for m in range(cash.shape[1]):
            c = np.float64(cash[i, m])
            plain += c
            discounted += c * factors[m]
            timed += c * (m + 0.5)
            cost += running[i, m] * factors[m]
        out[0, i], out[1, i], out[2, i], out[3, i] = plain, discounted, timed, cost
