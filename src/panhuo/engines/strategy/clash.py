"""Proof that no assignment, not even a fractional one, can keep every limit: and which limits stand against one another.

Take any weights d >= 0 for the limits. If even the choice that uses least, weighing usage by d, uses more than the limits together allow,
sum_i min_j d.a_ij > d.b, then no assignment keeps them all (Farkas). With all values zero the dual function of ``allocate`` is d.b - sum_i min_j d.a_ij,
so the same machinery looks for a negative value in the box 0 <= d <= 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panhuo.engines.strategy.arrays import Ints
from panhuo.engines.strategy.dual import Scale, minimise
from panhuo.engines.strategy.evaluation import look, rounding
from panhuo.engines.strategy.problem import Problem


def clashing(problem: Problem, scale: Scale) -> Ints | None:
    """Positions of limits that no assignment can keep together (each needed for the proof), or None if there is no such proof."""
    bare = replace(problem, value=np.where(np.isfinite(problem.value), 0.0, -np.inf), largest=0.0, at_most=problem.at_most + problem.slack)
    unit = Scale(1.0, scale.use)
    doubt = rounding(bare, unit.price)
    dual = minimise(bare, unit, np.zeros(bare.limits), radius=0.25, relative=0.0, floor=-doubt, ceiling=1.0, most=200)
    if dual.best.dual >= -doubt:
        return None
    weights = dual.best.prices
    for k in np.argsort(weights * scale.use, kind="stable"):
        if weights[k] > 0.0:
            without = weights.copy()
            without[k] = 0.0
            if look(bare, without).dual < -doubt:
                weights = without
    return np.flatnonzero(weights > 0.0)
