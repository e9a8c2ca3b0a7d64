"""The price of a limit that is shut: 0, or so little that no account fits into it.

:mod:`.presolve` strikes every pair that alone would break a limit. What is left of a shut limit is used by nobody, so the dual knows no price for it
(any would do where there is 0 of it), and 0 would say that more of it were worth nothing. What one more unit would bring is told by the pairs struck:
the account that gains most by it for each unit it takes, at the prices of the other limits, against the best it may have now. At that price no struck
pair beats what its account has, so prices and reasons agree; with 0 of the limit the bound stays what it was.

A pair that two limits strike opens with neither alone: it lends no price to either.
"""

from __future__ import annotations

import numpy as np

from panhuo.engines.strategy import kernels
from panhuo.engines.strategy.arrays import Floats, Ints
from panhuo.engines.strategy.evaluation import reduced
from panhuo.engines.strategy.presolve import room_of
from panhuo.engines.strategy.problem import Problem


def with_shut(whole: Problem, left: Problem, by: Ints, prices: Floats) -> Floats:
    """``prices`` (K,) with those of the shut limits put in. ``left``: ``whole`` without the pairs that the limits ``by`` ruled out."""
    shut = [int(k) for k in by if _unused(left, int(k))]
    if not shut:
        return prices
    out = prices.copy()
    out[shut] = 0.0
    worth = reduced(whole, out)
    best = np.where(np.isfinite(left.value), worth, -np.inf).max(axis=1, initial=0.0 if whole.idle else -np.inf)
    struck = {int(k): _struck(whole, int(k)) for k in by}
    times = np.sum([pairs.astype(np.int8) for pairs in struck.values()], axis=0)
    for k in shut:
        rows, routes = np.nonzero(struck[k] & (times == 1))
        if not rows.size:
            continue
        gain = worth[rows, routes] - best[rows]
        ahead = gain > 0.0
        if ahead.any():
            out[k] = float((gain[ahead] / _use(whole, k, rows[ahead], routes[ahead])).max())
    return out


def _unused(left: Problem, k: int) -> bool:
    """Whether nobody can use any of limit k, and nobody gives to it."""
    if left.fixed[k].min(initial=0.0) < 0.0 or any(table.negative and table.weights[k].any() for table in left.tables):
        return False
    nobody = np.zeros(left.value.shape, dtype=np.bool_)
    return kernels.too_much(left.value, *left.reading(k), np.zeros(left.accounts), 0.0, nobody) == 0


def _struck(whole: Problem, k: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    out = np.zeros(whole.value.shape, dtype=np.bool_)
    least, room = room_of(whole, k)
    kernels.too_much(whole.value, *whole.reading(k), least, room, out)
    return out


def _use(whole: Problem, k: int, rows: Ints, routes: Ints) -> Floats:
    """What these pairs use of limit k."""
    data, position, weight, fixed = whole.reading(k)
    use: Floats = fixed[routes].astype(np.float64)
    varying = position[routes] >= 0
    at = position[routes[varying]]
    use[varying] += weight[at] * data[rows[varying], at]
    return use
