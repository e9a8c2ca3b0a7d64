"""What can be ruled out before any price is known: routes an account could only take by breaking a limit all alone.

If every account used the least it can of limit k, ``room`` would be left. A pair (account, route) that uses more than that beyond the account's
own least stands in no assignment. Striking such pairs loses nothing, and makes the bound better than the relaxed problem's: a court with no
places left, a claim larger than all that may be transferred.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from panhuo.engines.strategy import kernels
from panhuo.engines.strategy.problem import Problem

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reduced:
    """``problem`` without the pairs ruled out, ``by`` which limits. ``clash``: limits proved impossible to keep already here. Positions."""

    problem: Problem
    by: Ints
    clash: Ints


def strike(problem: Problem) -> Reduced:
    """Rule out pairs. Limits that cannot be kept even by the thriftiest choice, or that leave an account no route, are the clash."""
    n, none = problem.accounts, np.zeros(0, dtype=np.int64)
    struck = np.zeros(problem.value.shape, dtype=np.bool_)
    by: list[int] = []
    least = np.empty(n)
    for k in range(problem.limits):
        reading = problem.reading(k)
        kernels.thriftiest(problem.value, problem.idle, *reading, least)
        total = math.fsum(least)
        # rounding of the sums compared: never strike a pair that may just fit
        doubt = float(problem.slack[k]) + 1e-12 * abs(total)
        room = float(problem.at_most[k]) - total
        if room < -doubt:
            return Reduced(problem, none, np.array([k]))
        if kernels.too_much(problem.value, *reading, least, max(room, 0.0) + doubt, struck):
            by.append(k)
    if not by:
        return Reduced(problem, none, none)
    value = np.where(struck, -np.inf, problem.value)
    if not problem.idle:
        stuck = np.flatnonzero((value == -np.inf).all(axis=1))
        if stuck.size:
            return Reduced(problem, none, _who_struck(problem, by, int(stuck[0])))
    return Reduced(replace(problem, value=value), np.array(by, dtype=np.int64), none)


def _who_struck(problem: Problem, by: list[int], row: int) -> Ints:
    """The limits that together left account ``row`` without a route."""
    usage = problem.usage(np.array([row]))[0]
    open_routes = np.isfinite(problem.value[row])
    found = []
    for k in by:
        least = np.empty(problem.accounts)
        kernels.thriftiest(problem.value, problem.idle, *problem.reading(k), least)
        room = float(problem.at_most[k]) - math.fsum(least)
        if (usage[open_routes, k] - least[row] > room).any():
            found.append(k)
    return np.array(found, dtype=np.int64)
