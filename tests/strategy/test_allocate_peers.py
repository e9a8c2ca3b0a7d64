"""``allocate`` against HiGHS on middling instances, and its invariants on larger ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array

from panhuo.engines.strategy import Allocation, Limit, allocate
from panhuo.kernel.randomness import stream


def portfolio(n: int, r: int, k: int, seed: int, *, tight: tuple[float, float] = (0.4, 1.1)) -> tuple[np.ndarray, list[Limit], np.ndarray]:
    """Lognormal balances, noisy routes, limits of every shape somewhere between the least and the free use."""
    g = stream(seed, "portfolio")
    balance = np.exp(g.normal(13.5, 1.2, n))
    value = balance[:, None] * g.beta(1.2, 4, (n, 1)) * g.uniform(0.3, 1.2, r) * np.exp(g.normal(0, 0.5, (n, r))) - g.uniform(1e3, 4e4, r)
    eligible = g.random((n, r)) < 0.7
    eligible[:, 0] = True
    shapes = [np.float64(1.0), np.exp(g.normal(3, 0.8, (n, r))), balance[:, None] * 0.02 * g.random((n, r)), g.uniform(0.5, 2, r), balance[:, None]]
    free = np.where(eligible, value, -np.inf).argmax(axis=1)
    limits = []
    for at in range(k):
        routes = np.zeros(r, dtype=bool)
        routes[g.choice(np.arange(1, r), size=int(g.integers(1, 4)), replace=False)] = True  # route 0 is free: always feasible
        usage = shapes[at % 5]
        wanted = (np.broadcast_to(usage, (n, r)) * routes)[np.arange(n), free].sum()
        limits.append(Limit(f"L{at}", usage, float(wanted * g.uniform(*tight)), routes=routes))
    return value, limits, eligible


def invariants(answer: Allocation, value: np.ndarray, limits: list[Limit], eligible: np.ndarray | None, *, must_assign: bool = True) -> None:
    """What must hold of every feasible answer, recomputed from the input alone."""
    n, r = value.shape
    assert answer.feasible
    placed = np.flatnonzero(answer.choice >= 0)
    at = answer.choice[placed]
    assert placed.size == n or not must_assign
    assert eligible is None or eligible[placed, at].all()
    assert answer.objective == pytest.approx(value[placed, at].sum(), rel=1e-12)
    assert answer.objective <= answer.upper_bound
    assert answer.gap == pytest.approx((answer.upper_bound - answer.objective) / max(abs(answer.upper_bound), abs(answer.objective), 1.0))
    bound = np.zeros((n, r))
    for limit, used, price in zip(limits, answer.used, answer.prices, strict=True):
        usage = np.broadcast_to(limit.usage, (n, r)) * (1.0 if limit.routes is None else limit.routes)
        assert used == pytest.approx(usage[placed, at].sum(), rel=1e-12)
        assert used <= limit.at_most
        assert price >= 0
        bound += price * usage
    reduced = np.where(True if eligible is None else eligible, value - bound, -np.inf).max(axis=1)
    dual = np.maximum(reduced, 0).sum() if not must_assign else reduced.sum()
    finite = np.array([limit.at_most for limit in limits])
    dual += float((answer.prices[answer.prices > 0] * finite[answer.prices > 0]).sum())
    assert answer.upper_bound <= dual * (1 + 1e-9)  # the bound is that of the prices it comes with, or better


def programme(value: np.ndarray, limits: list[Limit], eligible: np.ndarray) -> tuple[np.ndarray, coo_array, np.ndarray, coo_array]:
    n, r = value.shape
    account, route = np.nonzero(eligible)
    m = account.size
    rows = [
        (np.broadcast_to(limit.usage, (n, r)) * (1.0 if limit.routes is None else limit.routes))[account, route] / limit.at_most for limit in limits
    ]
    once = coo_array((np.ones(m), (account, np.arange(m))), shape=(n, m)).tocsr()
    return value[account, route], coo_array(np.array(rows)).tocsr(), np.ones(len(limits)), once


@pytest.mark.parametrize(("n", "r", "k", "seed"), [(300, 4, 3, 0), (800, 8, 8, 1), (2000, 12, 14, 2)])
def test_bound_is_the_relaxed_optimum(n: int, r: int, k: int, seed: int) -> None:
    value, limits, eligible = portfolio(n, r, k, seed)
    answer = allocate(value, limits, eligible=eligible)
    invariants(answer, value, limits, eligible)
    gain, above, room, once = programme(value, limits, eligible)
    relaxed = linprog(-gain, A_ub=above, b_ub=room, A_eq=once, b_eq=np.ones(n), method="highs-ds")
    assert relaxed.status == 0
    assert answer.upper_bound >= -relaxed.fun * (1 - 1e-7)
    assert answer.upper_bound <= -relaxed.fun * (1 + 1e-6)  # all accounts fit into the core, so its prices are exact
    assert answer.objective <= -relaxed.fun * (1 + 1e-7)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_close_to_the_true_optimum_where_roundings_matter(seed: int) -> None:
    value, limits, eligible = portfolio(120, 6, 6, seed)
    answer = allocate(value, limits, eligible=eligible)
    invariants(answer, value, limits, eligible)
    gain, above, room, once = programme(value, limits, eligible)
    exact = milp(
        -gain,
        constraints=[LinearConstraint(above, -np.inf, room), LinearConstraint(once, 1, 1)],
        integrality=np.ones(gain.size),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-6, "node_limit": 5000},
    )
    assert -exact.fun <= answer.upper_bound
    assert answer.objective >= -exact.fun * (1 - 2e-3)


def giants(n: int, seed: int) -> tuple[np.ndarray, list[Limit]]:
    """Balances so uneven that a few claims are as large as a limit on balance: whoever takes it moves hundreds of others."""
    g = stream(seed, "giants")
    balance = np.round(np.exp(g.normal(13, 3.0, n)))
    value = np.round(np.column_stack([balance * share * g.uniform(0.6, 1.4, n) for share in (0.05, 0.2, 0.15, 0.18)]))
    total = balance.sum()
    return value, [Limit(f"B{j}", balance[:, None], float(total * s), routes=np.arange(4) == j) for j, s in ((1, 0.12), (2, 0.05), (3, 0.08))]


@pytest.mark.parametrize(("n", "seed"), [(300, 0), (700, 0), (700, 1)])
def test_claims_as_large_as_a_limit_are_placed_well(n: int, seed: int) -> None:
    value, limits = giants(n, seed)
    answer = allocate(value, limits, must_assign=False)
    invariants(answer, value, limits, None, must_assign=False)
    gain, above, room, once = programme(value, limits, np.ones(value.shape, dtype=bool))
    exact = milp(
        -gain / 1e6,
        constraints=[LinearConstraint(above, -np.inf, room), LinearConstraint(once, 0, 1)],
        integrality=np.ones(gain.size),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-5, "node_limit": 5000},
    )
    assert -exact.fun * 1e6 <= answer.upper_bound * (1 + 1e-6)
    assert answer.objective <= -exact.mip_dual_bound * 1e6 * (1 + 1e-6)
    assert answer.gap <= 1e-4


@pytest.mark.parametrize("must_assign", [True, False])
def test_a_larger_portfolio_reaches_the_gap(must_assign: bool) -> None:
    value, limits, eligible = portfolio(20_000, 12, 14, 6)
    answer = allocate(value, limits, eligible=eligible, must_assign=must_assign)
    invariants(answer, value, limits, eligible, must_assign=must_assign)
    assert answer.gap <= 1e-3


def test_the_sampled_start_changes_nothing_that_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    from panhuo.engines.strategy import solver

    monkeypatch.setattr(solver, "SAMPLE", 1000)
    value, limits, eligible = portfolio(10_000, 8, 10, 7)
    for seed in (0, 1):
        answer = allocate(value, limits, eligible=eligible, seed=seed)
        invariants(answer, value, limits, eligible)
        assert answer.gap <= 1e-3


def test_same_answer_on_any_number_of_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    from panhuo.engines.strategy import core, evaluation

    value, limits, eligible = portfolio(6_000, 6, 6, 8)
    answers = []
    for processors in (1, 2, 5):
        monkeypatch.setattr(evaluation, "processors", lambda processors=processors: processors)
        monkeypatch.setattr(core, "processors", lambda processors=processors: processors)
        answers.append(allocate(value, limits, eligible=eligible))
    for other in answers[1:]:
        assert (other.choice == answers[0].choice).all()
        assert (other.objective, other.upper_bound) == (answers[0].objective, answers[0].upper_bound)
        assert (other.prices == answers[0].prices).all()


def test_spread_out_usage_gives_the_same_as_structured() -> None:
    value, limits, eligible = portfolio(3_000, 8, 10, 9)
    spread = [Limit(x.name, np.broadcast_to(x.usage, value.shape) * x.routes, x.at_most) for x in limits]
    one, other = allocate(value, limits, eligible=eligible), allocate(value, spread, eligible=eligible)
    invariants(other, value, spread, eligible)
    assert other.objective == pytest.approx(one.objective, rel=1e-3)
    assert other.upper_bound == pytest.approx(one.upper_bound, rel=1e-3)


def test_price_says_what_one_more_unit_brings() -> None:
    """Twenty more court places are worth about twenty times the price of one."""
    value, _, eligible = portfolio(5_000, 6, 0, 10)
    court = np.arange(6) == 3
    objective = []
    for places in (200.0, 220.0):
        answer = allocate(value, [Limit("court", 1.0, places, routes=court)], eligible=eligible, gap=0.0)
        objective.append(answer.objective)
        price = answer.prices[0]
    assert (objective[1] - objective[0]) / 20 == pytest.approx(price, rel=0.1)


@pytest.mark.parametrize(("spread", "seed"), [(2.5, 2), (3.5, 3)])
def test_no_single_account_could_still_move_to_something_better(spread: float, seed: int) -> None:
    """In a portfolio larger than the core of ties, too, where what fits into the rest of a limit is far from a tie: looked for naively, over all."""
    g = stream(seed, "heavy")
    n = 9_000
    balance = np.exp(g.normal(11, spread, n))
    value = balance[:, None] * np.column_stack([np.full(n, 0.05), 0.05 + 0.3 * g.random(n), 0.05 + 0.25 * g.random(n)])
    shares = (("a", 0.02, 1), ("b", 0.03, 2))
    limits = [Limit(name, balance[:, None], balance.sum() * share, routes=np.arange(3) == route) for name, share, route in shares]
    answer = allocate(value, limits, gap=1e-3)
    room = np.array([limit.at_most for limit in limits]) - np.asarray(answer.used)
    rows = np.arange(n)
    gain = value - value[rows, answer.choice][:, None]
    usage = np.zeros((n, 3, 2))
    usage[:, 1, 0] = usage[:, 2, 1] = balance
    step = usage - usage[rows, answer.choice][:, None, :]
    assert not ((gain > 1e-6) & ((step <= 0) | (step <= room * (1 - 1e-9))).all(axis=2)).any()
