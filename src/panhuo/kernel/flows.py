"""Expected cash by month, built fast: few distinct time profiles, many accounts.

A route's cash is mostly "an amount of each account x one of a few dozen time profiles" plus "a part of the standard curve,
perhaps later". Both are added straight into one (n, horizon) float32 array, without temporaries.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.shares import dot


def between(start: float, end: float, horizon: int) -> Floats:
    """(horizon,) share of 1 falling in each month when it flows evenly from ``start`` to ``end`` (months from the cut-off).

    With ``end <= start`` it comes at once, in the month that ``start`` lies in. What falls beyond the horizon is left out.
    """
    out = np.zeros(horizon)
    if end <= start:
        month = max(math.ceil(start) - 1, 0)
        if month < horizon:
            out[month] = 1.0
        return out
    edges = np.clip(np.arange(horizon + 1, dtype=np.float64), start, end)
    shares: Floats = np.diff(edges) / (end - start)
    return shares


def outer(weights: Floats, profile: Floats) -> Curve:
    """(n, horizon) float32: weights[i] * profile[m]."""
    return np.multiply.outer(weights.astype(np.float32), profile.astype(np.float32))


def add_profiles(cash: Curve, weights: Floats, profiles: Floats, group: npt.NDArray[np.intp]) -> None:
    """cash[i, :] += weights[i] * profiles[group[i], :], in place. profiles: (k, horizon)."""
    from panhuo.kernel.curve_kernels import added_profiles

    added_profiles(cash, weights.astype(np.float32), profiles.astype(np.float32), group)


def add_curve(cash: Curve, weights: Floats, curve: Curve, *, delay: int = 0) -> None:
    """cash[i, m + delay] += weights[i] * curve[i, m], in place; what slips beyond the horizon is left out."""
    from panhuo.kernel.curve_kernels import added_curve

    added_curve(cash, weights.astype(np.float32), np.ascontiguousarray(curve), delay)


def add_evenly(cost: Curve, total: Floats, months: int) -> None:
    """Spread ``total`` (n,) evenly over the first ``months`` columns, in place; over all of them if the horizon is shorter."""
    span = min(max(months, 1), cost.shape[1])
    cost[:, :span] += (total / span).astype(np.float32)[:, None]


def row_sums(matrix: Curve) -> Floats:
    """(n,) sums over the months."""
    return dot(matrix, np.ones(matrix.shape[1]))


def scattered(rows: npt.NDArray[np.intp], values: Floats, n: int) -> Floats:
    """(n,) zeros but for ``values`` at ``rows``."""
    out = np.zeros(n)
    out[rows] = values
    return out


def two_outcomes(chance: Floats, won: tuple[Floats, Floats], lost: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """10th and 90th percentile of an amount that lies in ``won`` (low, high) with ``chance`` and in ``lost`` otherwise.

    The bad case is the losing one unless losing is rarer than 10 %, the good case the winning one unless winning is.
    """
    return np.where(chance < 0.9, lost[0], won[0]), np.where(chance > 0.1, won[1], lost[1])


def forecast_of(
    cash: Curve, *, upfront: Floats, running: Curve, minutes: Floats, complaints: Floats, low: Floats, high: Floats, cap: Floats
) -> Forecast:
    """The forecast, with 0 <= low <= expected <= high <= cap made sure of (the mean of a skewed amount may pass its percentiles)."""
    expected = row_sums(cash)
    return Forecast(
        cash=cash,
        upfront_cost=upfront,
        running_cost=running,
        staff_minutes=minutes,
        complaints=complaints,
        low=np.clip(low, 0.0, expected),
        high=np.maximum(np.minimum(high, cap), expected),
    )
