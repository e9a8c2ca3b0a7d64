"""What can be ruled out before any price is known: routes an account could only take by breaking a limit all alone.

If every account used the least it can of limit k, ``room`` would be left. A pair (account, route) that uses more than that beyond the account's
own least stands in no assignment. Striking such pairs loses nothing, and makes the bound better than the relaxed problem's: a court with no
places left, a claim larger than all that may be transferred.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from panhuo.engines.strategy import kernels
from panhuo.engines.strategy.arrays import Floats, Ints
from panhuo.engines.strategy.evaluation import processors
from panhuo.engines.strategy.problem import Problem


@dataclass(frozen=True, slots=True)
class Reduced:
    """``problem`` without the pairs ruled out, ``by`` which limits. ``clash``: limits proved impossible to keep already here. Positions."""

    problem: Problem
    by: Ints
    clash: Ints


def strike(problem: Problem) -> Reduced:
    """Rule out pairs. Limits that cannot be kept even by the thriftiest choice, or that leave an account no route, are the clash."""
    none = np.zeros(0, dtype=np.int64)
    struck = np.zeros(problem.value.shape, dtype=np.bool_)

    def ask(k: int) -> tuple[bool, bool]:
        """Whether limit k is hopeless, and whether it rules anything out."""
        reading = problem.reading(k)
        least, room = room_of(problem, k)
        if room < 0.0:
            return True, False
        if problem.largest_use(k) - float(least.min(initial=np.inf)) <= room:
            return False, False
        # threads may mark the same pair: each only ever writes True
        return False, kernels.too_much(problem.value, *reading, least, room, struck) > 0

    with ThreadPoolExecutor(processors()) as pool:
        answers = list(pool.map(ask, range(problem.limits)))
    for k, (hopeless, _) in enumerate(answers):
        if hopeless:
            return Reduced(problem, none, np.array([k]))
    by = np.flatnonzero([rules_out for _, rules_out in answers])
    if not by.size:
        return Reduced(problem, none, none)
    value = np.where(struck, -np.inf, problem.value)
    if not problem.idle:
        stuck = np.flatnonzero((value == -np.inf).all(axis=1))
        if stuck.size:
            return Reduced(problem, none, _who_struck(problem, by, int(stuck[0])))
    return Reduced(replace(problem, value=value), by, none)


def room_of(problem: Problem, k: int) -> tuple[Floats, float]:
    """What every account uses of limit k at least (n,), and what is left of the limit then, generously: never strike a pair that may just fit."""
    least = np.empty(problem.accounts)
    kernels.thriftiest(problem.value, problem.idle, *problem.reading(k), least)
    doubt = float(problem.slack[k]) + 1e-12 * float(np.abs(least).sum())
    room = float(problem.at_most[k]) - float(least.sum())
    return least, max(room, 0.0) + doubt if room >= -doubt else room


def _who_struck(problem: Problem, by: Ints, row: int) -> Ints:
    """The limits that together left account ``row`` without a route."""
    usage = problem.usage(np.array([row]))[0]
    open_routes = np.isfinite(problem.value[row])
    found = []
    for k in by:
        least, room = room_of(problem, int(k))
        if (usage[open_routes, k] - least[row] > room).any():
            found.append(k)
    return np.array(found, dtype=np.int64)
