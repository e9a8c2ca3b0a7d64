"""From a checked problem to an assignment with a bound: prices first, then the accounts near a tie, then a few rounds of both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from panhuo.engines.strategy import core as cores
from panhuo.engines.strategy import moves
from panhuo.engines.strategy.allocation import relative_gap
from panhuo.engines.strategy.arrays import Choices, Floats, Ints
from panhuo.engines.strategy.clash import clashing
from panhuo.engines.strategy.dual import Dual, Scale, minimise, scale_of
from panhuo.engines.strategy.evaluation import Look, look, reduced, rounding
from panhuo.engines.strategy.presolve import strike
from panhuo.engines.strategy.problem import Problem
from panhuo.engines.strategy.shut import with_shut
from panhuo.kernel.randomness import stream

SAMPLE = 16_000
"""Accounts of the first, rough look for prices in a large portfolio."""
SEARCHED_WHOLE = 48
"""Up to this many accounts the whole problem is also put to exact search."""
SEARCH_NODES = 400_000
TOPPED_UP = 200_000
"""Up to this many accounts the rest of each limit is filled from all of them: in a larger portfolio it is a few parts in 10 ** 8 and takes a quarter of the time."""
ROUNDS = 4
BRANCH_ROUNDS = 3


@dataclass(slots=True)
class Solution:
    """``choice`` None: none found; ``proven`` then tells whether there is none. ``clash``: positions of limits that cannot be kept together."""

    choice: Choices | None
    objective: float
    upper: float
    prices: Floats
    proven: bool
    clash: Ints


def solve(problem: Problem, gap: float, seed: int) -> Solution:
    """Maximise value. ``gap``: stop once (upper - objective) / |upper| is within it."""
    whole, k = problem, problem.limits
    nothing = np.zeros(0, dtype=np.int64)
    struck = nothing
    unpriced = _unpriced(problem)
    if unpriced is None:
        first = strike(problem)
        if first.clash.size:
            return _impossible(k, first.clash)
        if first.by.size:
            problem, struck = first.problem, first.by
            unpriced = _unpriced(problem)
    if unpriced is not None:
        worth = value_of(problem, unpriced)
        return Solution(unpriced, worth, worth, with_shut(whole, problem, struck, np.zeros(k)), True, nothing)
    rows = np.sort(stream(seed, "allocate", "sample").permutation(problem.accounts)[:SAMPLE])
    scale = scale_of(problem, rows[:: max(rows.size // 2000, 1)])
    dual = _prices(problem, scale, rows, gap)
    if dual.unbounded:
        clash = _proof(whole, problem, struck, scale)
        if clash is not None:
            return _impossible(k, clash)
    state = _State(problem, scale, dual, seed)
    for effort in range(ROUNDS):
        if state.improve(cores.CORE * (1 if effort < 2 else 3)) and state.gap() <= gap:
            break
    complete = problem.accounts <= SEARCHED_WHOLE and state.gap() > 0.0 and state.search_whole()
    if complete and state.choice is None:
        return _impossible(k, _minimal(whole))
    if not complete:
        state.branch_out(gap)
    if state.choice is None:
        clash = _proof(whole, problem, struck, scale)
        if clash is not None:
            return _impossible(k, clash)
        return Solution(None, -np.inf, state.upper, np.zeros(k), False, np.flatnonzero(state.broken))
    state.top_up()
    prices = with_shut(whole, problem, struck, state.best.prices)
    return Solution(state.choice, state.objective, max(state.upper, state.objective), prices, True, nothing)


def _impossible(limits: int, clash: Ints) -> Solution:
    return Solution(None, -np.inf, -np.inf, np.zeros(limits), True, clash)


def _proof(whole: Problem, reduced_problem: Problem, struck: Ints, scale: Scale) -> Ints | None:
    """Limits that cannot be kept together, or None. What needs the pairs ruled out to be proved needs the limits that ruled them out, too."""
    clash = clashing(whole, scale)
    if clash is None and struck.size:
        clash = clashing(reduced_problem, scale)
        return None if clash is None else np.union1d(clash, struck)
    return clash


def _unpriced(problem: Problem) -> Choices | None:
    """Everyone's best route, if that keeps every limit: then nothing needs a price."""
    choice = look(problem, np.zeros(problem.limits)).choice
    return choice if _keeps(problem, problem.used(choice)) else None


def value_of(problem: Problem, choice: Choices) -> float:
    """What a choice brings, summed pairwise."""
    placed = np.flatnonzero(choice >= 0)
    return float(np.sum(problem.value[placed, choice[placed]]))


def _prices(problem: Problem, scale: Scale, rows: Ints, gap: float) -> Dual:
    """The dual, on a sample first where that pays."""
    start, radius = np.zeros(problem.limits), 0.5
    if problem.accounts > 4 * SAMPLE:
        part = problem.take(rows, problem.at_most * (rows.size / problem.accounts), 1000)
        rough = minimise(part, scale, start, radius=radius, relative=gap / 4, most=80)
        if not rough.unbounded:
            start, radius = rough.best.prices, 0.05
    worst = np.where(np.isfinite(problem.value), problem.value, np.inf).min(axis=1)
    least = float(np.minimum(worst, 0.0).sum() if problem.idle else worst.sum())
    # any assignment at all is worth at least ``least``: a dual value below it means that there is none
    floor = least - 1e-9 * (abs(least) + scale.worth * problem.accounts)
    return minimise(problem, scale, start, radius=radius, relative=gap / 20, floor=floor)


def _keeps(problem: Problem, used: Floats) -> bool:
    return bool((used <= problem.at_most + problem.slack).all())


class _State:
    """The best assignment and the best bound so far."""

    def __init__(self, problem: Problem, scale: Scale, dual: Dual, seed: int) -> None:
        self.problem, self.scale = problem, scale
        self.best: Look = dual.best
        self.upper = self._bound(dual.best)
        self.objective = -np.inf
        self.choice: Choices | None = None
        self.trial = cores.blend(problem, *dual.blend, seed)
        self.broken = np.zeros(problem.limits, dtype=np.bool_)

    def _bound(self, seen: Look) -> float:
        return seen.dual + rounding(self.problem, seen.prices) + float(seen.prices @ self.problem.slack)

    def gap(self) -> float:
        return relative_gap(self.objective, self.upper)

    def improve(self, size: int) -> bool:
        """One round: gather the core, solve it, settle what is fractional, climb. True if the assignment keeps every limit."""
        problem, prices = self.problem, self.best.prices
        trial = self.trial if self.choice is None else self.choice.copy()
        core = cores.gather(problem, reduced(problem, prices), trial, problem.used(trial), size)
        before = core.choice.copy()
        answer = cores.relax(core, problem, prices, self.scale)
        if answer is not None:
            whole, fractional, found = answer
            core.choice = whole
            if not cores.settle(core, problem, fractional, found):
                self._mend(core, found)
            self._climb(core)
            self._consider(found)
        else:
            core.choice = before
            self._mend(core, prices)
            self._climb(core)
        trial[core.rows] = np.where(core.choice == problem.routes, -1, core.choice).astype(np.int16)
        return self._keep(trial)

    def top_up(self) -> None:
        """Climb once more over all accounts: what fits into the rest of a limit may be far from a tie."""
        if self.choice is None or not cores.CORE < self.problem.accounts <= TOPPED_UP:
            return
        trial, used = self.choice.copy(), self.problem.used(self.choice)
        core = cores.of_rows(self.problem, cores.movable(self.problem, trial, used, cores.CORE), trial, used)
        if core.rows.size:
            self._climb(core)
            trial[core.rows] = np.where(core.choice == self.problem.routes, -1, core.choice).astype(np.int16)
            self._keep(trial)

    def branch_out(self, gap: float) -> None:
        """Whole numbers over small cores while that helps, then over a wide one."""
        small = self.problem.accounts <= cores.BRANCHED
        for _ in range(1 if small else BRANCH_ROUNDS):
            if self.gap() <= gap or not self.branch(gap, cores.BRANCHED):
                break
        if not small and self.gap() > gap:
            self.branch(gap, cores.WIDE)

    def branch(self, gap: float, size: int) -> bool:
        """One round in whole numbers over a core. True if that helped enough to try again. A core of all accounts gives a bound, too."""
        problem, prices, before = self.problem, self.best.prices, self.objective
        trial = self.trial if self.choice is None else self.choice.copy()
        core = cores.gather(problem, reduced(problem, prices), trial, problem.used(trial), size)
        answer, upper = cores.branch(core, problem, prices, self.scale, gap / 4)
        if core.rows.size == problem.accounts:
            self.upper = min(self.upper, upper)
        if answer is None:
            return False
        core.choice = answer
        self._mend(core, prices)
        self._climb(core)
        trial[core.rows] = np.where(core.choice == problem.routes, -1, core.choice).astype(np.int16)
        kept = self._keep(trial)
        return kept and self.objective > before + gap / 4 * abs(self.objective)

    def _mend(self, core: cores.Core, prices: Floats) -> None:
        problem = self.problem
        unit = self.scale.use * max(problem.accounts, 1)
        moves.mend(core.value, core.usage, core.choice, core.used, problem.at_most, problem.slack, prices, unit, 2000)

    def _climb(self, core: cores.Core) -> None:
        moves.climb(core.value, core.usage, core.choice, core.used, self.problem.at_most, 500)

    def _consider(self, prices: Floats) -> None:
        """A bound at other prices."""
        seen = look(self.problem, prices)
        bound = self._bound(seen)
        if bound < self.upper:
            self.upper, self.best = bound, seen

    def _keep(self, trial: Choices) -> bool:
        used = self.problem.used(trial)
        self.trial, self.broken = trial, used > self.problem.at_most + self.problem.slack
        if self.broken.any():
            return False
        worth = value_of(self.problem, trial)
        if worth > self.objective:
            self.choice, self.objective = trial, worth
        return True

    def search_whole(self) -> bool:
        """Exact search over every account. True if it was complete: then the bound is the optimum, or there is no assignment."""
        problem = self.problem
        trial = self.trial if self.choice is None else self.choice
        core = cores.gather(problem, np.zeros(problem.value.shape), trial, problem.used(trial), problem.accounts)
        every = np.arange(problem.accounts)
        best, complete = cores.search(core, problem, every, self.best.prices, SEARCH_NODES)
        if best is not None:
            self._keep(np.where(best == problem.routes, -1, best).astype(np.int16))
        if complete and self.choice is not None:
            self.upper = min(self.upper, self.objective + rounding(problem, np.zeros(problem.limits)))
        return complete


def _minimal(problem: Problem) -> Ints:
    """Limits that clash only because accounts cannot be divided: drop each that is not needed for that."""
    kept = np.arange(problem.limits)
    for k in range(problem.limits):
        fewer = kept[kept != k]
        at_most = np.full(problem.limits, np.inf)
        at_most[fewer] = problem.at_most[fewer]
        part = replace(problem, at_most=at_most)
        core = cores.gather(part, np.zeros(problem.value.shape), np.zeros(problem.accounts, np.int16), np.zeros(problem.limits), problem.accounts)
        best, complete = cores.search(core, part, np.arange(problem.accounts), np.zeros(problem.limits), SEARCH_NODES)
        if complete and best is None:
            kept = fewer
    return kept
