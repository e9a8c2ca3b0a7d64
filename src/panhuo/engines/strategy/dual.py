"""The prices of the limits: minimise the Lagrangian dual by cutting planes inside a trusted box.

The dual D(p) = p.b + sum_i max_j (v_ij - p.a_ij) is convex and piecewise linear in K prices p >= 0; one look at all accounts gives its value
and, from the choice made there, a plane that lies below it everywhere. The planes seen so far make a model; its minimum inside a box
around the best prices yet is where to look next (Marsten, Hogan, Blankenship 1975, "The boxstep method"). Accounts are gathered into a few
groups with a plane each, which makes a model of far better shape for the same number of looks.

Two things come for free. The model's minimum bounds D from below, so we know when to stop. And the multipliers of its planes blend the choices
behind them into a fractional assignment that keeps every limit and is worth exactly the model's minimum (Dantzig and Wolfe): the
start of the primal side, even where whole portfolios tie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from panhuo.engines.strategy.arrays import Floats
from panhuo.engines.strategy.evaluation import Look, look
from panhuo.engines.strategy.problem import Problem

GROUPS = 12
WIDEST = 1e9
"""A box this wide, in usual prices, means that the dual falls without end: no assignment keeps every limit."""
IDLE_CUTS = 12
"""A plane that has not carried weight for this many rounds is forgotten."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Units that make prices and model of order one: ``worth`` fen of value at stake in an account, ``use`` (K,) a usual use of a limit."""

    worth: float
    use: Floats

    @property
    def price(self) -> Floats:
        return self.worth / self.use


@dataclass(slots=True)
class Dual:
    """``best``: the look with the lowest dual value. ``model``: a lower bound of the least dual value, -inf if none was found. ``blend``:
    the planes' looks and weights (G, S) of the fractional assignment worth ``model``. ``looks``: how many were taken."""

    best: Look
    model: float
    blend: tuple[list[Look], Floats]
    looks: int
    unbounded: bool


def scale_of(problem: Problem, rows: npt.NDArray[np.int64]) -> Scale:
    """Usual sizes, seen on a few accounts."""
    value, usage = problem.value[rows], np.abs(problem.usage(rows))
    may = np.isfinite(value)
    usage = np.where(may[:, :, None], usage, 0.0)
    top = np.where(may, value, -np.inf).max(axis=1, initial=0.0 if problem.idle else -np.inf)
    low = np.where(may, value, np.inf).min(axis=1, initial=0.0 if problem.idle else np.inf)
    spread = (top - low)[np.isfinite(top - low)]
    worth = float(spread.mean()) if spread.size else 0.0
    if not worth > 0.0:
        worth = float(np.abs(value[may]).mean()) if may.any() else 0.0
    use = usage.max(axis=1, initial=0.0).mean(axis=0) if rows.size else np.zeros(problem.limits)
    use = np.where(use > 0.0, use, np.maximum(np.abs(problem.at_most) / max(problem.accounts, 1), 0.0))
    return Scale(worth if worth > 0.0 else 1.0, np.where(use > 0.0, use, 1.0))


def minimise(
    problem: Problem,
    scale: Scale,
    start: Floats,
    *,
    radius: float,
    relative: float,
    floor: float = -np.inf,
    ceiling: float = np.inf,
    most: int = 120,
    groups: int = GROUPS,
) -> Dual:
    """Prices whose dual value is within ``relative`` of the least there is.

    radius: half-width of the first box, in units of ``scale.price``. floor: stop as soon as a dual value is below it. ceiling: no price above
    it (same units as radius). ``unbounded`` in the answer: the box grew without end or the floor was passed.
    """
    unit = scale.price
    best = look(problem, start, groups)
    model = _Model(problem, scale, len(best.value))
    model.add(best, best)
    looks, lower = 1, -np.inf
    width = radius
    blend: tuple[list[Look], Floats] = ([best], np.ones((len(best.value), 1)))
    poor, edge = 0, np.ones(problem.limits, dtype=np.bool_)
    while looks < most:
        if best.dual < floor or width > WIDEST:
            return Dual(best, lower, blend, looks, True)
        centre = best.prices / unit
        low = np.maximum(centre - width, 0.0)
        high = np.minimum(centre + width, ceiling)
        answer = model.solve(low, high)
        if answer is None:
            break
        point, value, weights = answer
        edge = ((point >= high - 1e-12 * (1 + high)) & (high < ceiling)) | ((point <= low + 1e-12 * (1 + low)) & (low > 0.0))
        gain = best.dual - value
        tolerance = max(relative * abs(best.dual), 1e-10 * scale.worth * model.size)
        if not edge.any():
            lower = max(lower, value)
            blend = (list(model.looks), weights)
        if gain <= tolerance:
            if not edge.any():
                break
            width *= 8.0
            continue
        seen = look(problem, point * unit, groups)
        looks += 1
        model.add(seen, best)
        if seen.dual < best.dual - 0.05 * gain:
            if edge.any() and seen.dual < best.dual - 0.4 * gain:
                width *= 2.0
            best, poor = seen, 0
        else:
            if seen.dual < best.dual:
                best = seen
            poor += 1
            if seen.dual > best.dual + gain or poor >= 3:
                width *= 0.5 if poor < 3 else 0.7
                poor = 0
    if edge.any():  # stopped on the rim: blend over all prices that are not absurd
        answer = model.solve(np.zeros(problem.limits), np.full(problem.limits, min(ceiling, WIDEST)))
        if answer is not None:
            lower, blend = max(lower, answer[1]), (list(model.looks), answer[2])
    return Dual(best, lower, blend, looks, False)


class _Model:
    """The planes seen so far. A plane of group g: phi_g(p) >= value - p.used."""

    def __init__(self, problem: Problem, scale: Scale, groups: int) -> None:
        self.problem, self.scale, self.groups = problem, scale, groups
        self.looks: list[Look] = []
        self.unused: list[int] = []
        self.size = max(problem.accounts, 1)

    def add(self, seen: Look, best: Look) -> None:
        keep = [s for s, rounds in enumerate(self.unused) if rounds <= IDLE_CUTS or self.looks[s] is best]
        self.looks = [*(self.looks[s] for s in keep), seen]
        self.unused = [*(self.unused[s] for s in keep), 0]

    def solve(self, low: Floats, high: Floats) -> tuple[Floats, float, Floats] | None:
        """The model's minimum in a box (scaled prices): where, how much in fen, and the planes' weights (G, S)."""
        worth, use, k, g = self.scale.worth, self.scale.use, self.problem.limits, self.groups
        s = len(self.looks)
        value = np.array([c.value for c in self.looks]) / (worth * self.size)  # (S, G)
        used = np.array([c.used for c in self.looks]) / (use * self.size)  # (S, G, K)
        rows = np.zeros((s * g, k + g))
        rows[:, :k] = -used.reshape(s * g, k)
        rows[np.arange(s * g), k + np.tile(np.arange(g), s)] = -1.0
        cost = np.concatenate([self.problem.at_most / (use * self.size), np.ones(g)])
        bounds = [*zip(low, high, strict=True), *[(None, None)] * g]
        # the dual simplex: a vertex, so that few planes carry weight
        answer = linprog(cost, A_ub=rows, b_ub=-value.reshape(-1), bounds=bounds, method="highs-ds")
        if answer.status != 0:
            return None
        point = np.clip(answer.x[:k], low, high)
        weights = np.maximum(-answer.ineqlin.marginals.reshape(s, g).T, 0.0)
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
        planes = (value - used @ point).max(axis=0)  # recomputed: the solver's own sum carries its tolerance
        total = float(point @ cost[:k] + planes.sum()) * worth * self.size
        self._count(weights)
        return point, total, weights

    def _count(self, weights: Floats) -> None:
        carried = np.flatnonzero((weights > 1e-9).any(axis=0)).tolist()
        self.unused = [0 if s in carried else rounds + 1 for s, rounds in enumerate(self.unused)]
