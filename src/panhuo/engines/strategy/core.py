"""The few accounts that decide: from prices to an assignment that keeps every limit.

At the best prices almost every account has one clearly best route. What is left to settle is which of the accounts near a tie take the last
units of each limit. The core gathers them: for every limit, the accounts that would use more or less of it after the smallest change of its
price. On the core alone the assignment is solved as a linear programme by HiGHS; its vertices have at most one fractional account
a limit (as many equations as accounts, plus one a limit), and those few are settled by exact search.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, eye_array, hstack

from panhuo.engines.strategy import kernels, moves
from panhuo.engines.strategy.arrays import Choices, Floats, Ints
from panhuo.engines.strategy.dual import Scale
from panhuo.engines.strategy.evaluation import Look, processors
from panhuo.engines.strategy.problem import Problem
from panhuo.engines.strategy.silence import silenced

CORE = 6000
"""Accounts in the core, about."""
CANDIDATES = 4
"""Routes an account brings into the linear programme: the best ones at the present prices and the one it has."""
NODES = 200_000
BRANCHED = 240
"""Accounts of the small core that is put to branch and bound, every route a candidate; and how many branches that may take."""
WIDE = 2500
"""The same, where the small core did not do: a claim as large as a limit moves hundreds of others. It takes seconds."""
BRANCHES = 60
_LOOKED_AT = 8192
"""Accounts looked at together for moves."""


@dataclass(slots=True)
class Core:
    """``rows`` (w,) of the problem; value (w, c) and usage (w, c, K) with c = routes, plus a last candidate "none" if the problem is idle;
    ``choice`` (w,) candidates; ``others`` (K,) what the rest of the accounts use."""

    rows: Ints
    value: Floats
    usage: Floats
    choice: Ints
    others: Floats

    @property
    def used(self) -> Floats:
        total: Floats = self.others + self.usage[np.arange(self.rows.size), self.choice].sum(axis=0)
        return total


def blend(problem: Problem, looks: list[Look], weights: Floats, seed: int) -> Choices:
    """An assignment that takes from each look the share of accounts its weight says: (n,). weights (G, S).

    Accounts draw from a golden-ratio sequence over their row number, so that any run of rows is shared out evenly.
    """
    groups, _ = weights.shape
    n = problem.accounts
    count = -(-n // problem.block)
    edges = [int(e) * problem.block for e in np.linspace(0, count, groups + 1).astype(np.int64)]
    edges[-1] = n
    out = np.empty(n, dtype=np.int16)
    for g in range(groups):
        a, b = edges[g], edges[g + 1]
        draw = np.mod((np.arange(a, b) + 1 + seed % 1009) * 0.6180339887498949, 1.0)
        carried = np.flatnonzero(weights[g] > 1e-9)
        upto = np.cumsum(weights[g, carried])
        pick = np.searchsorted(upto / upto[-1], draw, side="right").clip(max=carried.size - 1)
        for s, look in enumerate(carried):
            mine = pick == s
            out[a:b][mine] = looks[look].choice[a:b][mine]
    return out


def gather(problem: Problem, reduced: Floats, choice: Choices, used: Floats, size: int) -> Core:
    """The core around ``choice`` (n,): for every limit the accounts nearest to using more, and to using less, of it."""
    n, k = problem.accounts, problem.limits
    return of_rows(problem, np.arange(n) if n <= size else _nearest(problem, reduced, choice, max(size // (2 * k), 1)), choice, used)


def of_rows(problem: Problem, rows: Ints, choice: Choices, used: Floats) -> Core:
    """The core of these accounts."""
    n, k = problem.accounts, problem.limits
    value = problem.value[rows]
    usage = problem.usage(rows)
    mine = choice[rows].astype(np.int64)
    if problem.idle:
        value = np.hstack([value, np.zeros((rows.size, 1))])
        usage = np.concatenate([usage, np.zeros((rows.size, 1, k))], axis=1)
        mine = np.where(mine < 0, problem.routes, mine)
    value, usage = np.ascontiguousarray(value), np.ascontiguousarray(usage)
    others = used - usage[np.arange(rows.size), mine].sum(axis=0)
    if rows.size == n:
        others = np.zeros(k)  # exactly, not up to rounding
    return Core(rows, value, usage, mine, others)


def _nearest(problem: Problem, reduced: Floats, choice: Choices, share: int) -> Ints:
    """The ``share`` accounts nearest to using more, and those nearest to using less, of each limit."""

    def near(k: int) -> list[Ints]:
        up, down = np.empty(problem.accounts), np.empty(problem.accounts)
        data, position, weight, fixed = problem.reading(k)
        kernels.flips(reduced, choice, problem.idle, data, position, weight, fixed, up, down)
        first = [(np.argpartition(ratio, share)[:share], ratio) for ratio in (up, down)]
        return [rows[np.isfinite(ratio[rows])] for rows, ratio in first]

    with ThreadPoolExecutor(processors()) as pool:
        found = [rows for both in pool.map(near, range(problem.limits)) for rows in both]
    return np.unique(np.concatenate(found))


def movable(problem: Problem, choice: Choices, used: Floats, most: int) -> Ints:
    """Accounts that could move to a route that brings more without breaking a limit, one at a time: those that gain the most, in the order of the rows."""
    room = problem.at_most - used

    def look(start: int) -> tuple[Ints, Floats]:
        rows = np.arange(start, min(start + _LOOKED_AT, problem.accounts))
        mine = choice[rows].astype(np.int64)
        here = np.where(mine >= 0, problem.value[rows, np.maximum(mine, 0)], 0.0)
        gain = problem.value[rows] - here[:, None]
        better = np.flatnonzero((gain > 0.0).any(axis=1))
        usage = problem.usage(rows[better])
        present = np.where((mine[better] >= 0)[:, None], usage[np.arange(better.size), np.maximum(mine[better], 0)], 0.0)
        step = usage - present[:, None, :]
        fits = ((step <= 0.0) | (step <= room)).all(axis=2)
        most_gained = np.where(fits, gain[better], 0.0).max(axis=1, initial=0.0)
        found = np.flatnonzero(most_gained > 0.0)
        return rows[better[found]], most_gained[found]

    with ThreadPoolExecutor(processors()) as pool:
        parts = list(pool.map(look, range(0, problem.accounts, _LOOKED_AT)))
    rows, gains = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    return np.sort(rows[np.argsort(-gains, kind="stable")[:most]])


def relax(core: Core, problem: Problem, prices: Floats, scale: Scale) -> tuple[Ints, Ints, Floats] | None:
    """Solve the core's linear programme. Returns the choice where it is whole (w,), the accounts left fractional, the limits' prices (K,).

    If the core cannot keep every limit, limits may break at a forbidding penalty: what remains broken is for the caller to mend, and the
    prices are the ones passed in.
    """
    w, c, k = core.usage.shape
    if w == 0:
        return None
    lp = _program(core, problem, prices, scale, every=w <= BRANCHED)
    whole = {"A_eq": lp.once, "b_eq": np.ones(w), "bounds": (0.0, None), "method": "highs-ds"}
    answer = linprog(-lp.gain, A_ub=lp.above, b_ub=lp.room, **whole)
    firm = answer.status == 0
    if not firm:
        penalty = np.full(k, 10.0 * max(float(np.ptp(lp.gain)), 1.0))
        whole["A_eq"] = hstack([lp.once, coo_array((w, k))]).tocsr()
        answer = linprog(np.concatenate([-lp.gain, penalty]), A_ub=hstack([lp.above, -eye_array(k)]).tocsr(), b_ub=lp.room, **whole)
        if answer.status != 0:
            return None
    share = np.zeros((w, c))
    share[lp.account, lp.candidate] = answer.x[: lp.gain.size]
    choice = share.argmax(axis=1)
    fractional = np.flatnonzero(share[np.arange(w), choice] < 1.0 - 1e-6)
    return choice, fractional, np.maximum(-answer.ineqlin.marginals, 0.0) * scale.price if firm else prices


def branch(core: Core, problem: Problem, prices: Floats, scale: Scale, gap: float) -> tuple[Ints | None, float]:
    """The core's programme in whole numbers, by HiGHS's branch and bound: for when rounding leaves too much on the table, or finds nothing.

    Its answer is a candidate only: it keeps limits to the solver's tolerance and the caller checks them exactly. With it comes a bound on what the
    core can bring, the rest as it is: the solver's, widened by its tolerances (1e-7 on the gain of each account, 1e-6 on the limits); inf for none.
    """
    w, c, _ = core.usage.shape
    if w == 0:
        return None, np.inf
    lp = _program(core, problem, prices, scale, every=True)
    with silenced():
        answer = milp(
            -lp.gain,
            constraints=[LinearConstraint(lp.above, -np.inf, lp.room), LinearConstraint(lp.once, 1.0, 1.0)],
            integrality=np.ones(lp.gain.size),
            bounds=Bounds(0.0, 1.0),
            # without presolve: undoing it on badly scaled figures makes HiGHS print to stdout past every option
            options={"node_limit": BRANCHES, "mip_rel_gap": gap, "presolve": False},
        )
    bound, found = answer.mip_dual_bound, answer.x is not None
    upper = np.inf
    if bound is not None and np.isfinite(bound):
        upper = float(core.value[np.arange(w), core.choice].sum()) + (-bound + 1e-7 * w + 1e-6 * (abs(bound) + 1.0)) * scale.worth
    if not found:
        return None, upper
    share = np.zeros((w, c))
    share[lp.account, lp.candidate] = answer.x
    choice: Ints = share.argmax(axis=1)
    return choice, upper


@dataclass(frozen=True, slots=True)
class _Program:
    """Variables: the candidates (m,), each with its account and route. gain (m,) over the present choice; above (K, m); once (w, m)."""

    account: Ints
    candidate: Ints
    gain: Floats
    above: csr_array
    room: Floats
    once: csr_array


def _program(core: Core, problem: Problem, prices: Floats, scale: Scale, *, every: bool) -> _Program:
    """every: all routes are candidates; otherwise the best few at the present prices."""
    w, c, k = core.usage.shape
    kept = np.isfinite(core.value)
    if c > CANDIDATES and not every:
        worth = core.value - core.usage @ prices
        ranks = np.argsort(np.argsort(-worth, axis=1, kind="stable"), axis=1)
        kept &= ranks < CANDIDATES
        kept[np.arange(w), core.choice] = True
    account, candidate = np.nonzero(kept)
    usage = core.usage[account, candidate] / scale.use
    entry, limit = np.nonzero(usage)
    return _Program(
        account,
        candidate,
        (core.value[account, candidate] - core.value[account, core.choice[account]]) / scale.worth,
        coo_array((usage[entry, limit], (limit, entry)), shape=(k, account.size)).tocsr(),
        (problem.at_most - core.others) / scale.use,
        coo_array((np.ones(account.size), (account, np.arange(account.size))), shape=(w, account.size)).tocsr(),
    )


def search(core: Core, problem: Problem, among: Ints, prices: Floats, nodes: int = NODES) -> tuple[Ints | None, bool]:
    """Exact search over the accounts ``among`` with the rest as in ``core.choice``: their best candidates, or None; and whether it was complete."""
    value, usage = np.ascontiguousarray(core.value[among]), np.ascontiguousarray(core.usage[among])
    rest = core.others
    if among.size < core.rows.size:
        rest = core.used - usage[np.arange(among.size), core.choice[among]].sum(axis=0)
    room = problem.at_most + problem.slack - rest
    order = np.argsort(-(value - usage @ prices), axis=1, kind="stable")
    best = np.full(among.size, -1, dtype=np.int64)
    complete = moves.search(value, usage, order, room, prices, best, nodes)
    return (best if among.size and best[0] >= 0 else None), complete


def settle(core: Core, problem: Problem, undecided: Ints, prices: Floats) -> bool:
    """Choose for the accounts a linear programme left fractional. False if no way was found that keeps every limit."""
    if undecided.size:
        best, _ = search(core, problem, undecided, prices)
        if best is None:
            return False
        core.choice[undecided] = best
    return bool((core.used <= problem.at_most + problem.slack).all())
