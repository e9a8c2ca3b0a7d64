"""The bound itself: its value against exact fractions, its minimum against HiGHS, wherever the search starts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

from panhuo.engines.strategy import Limit
from panhuo.engines.strategy import core as cores
from panhuo.engines.strategy.dual import minimise, scale_of
from panhuo.engines.strategy.evaluation import look, reduced, rounding
from panhuo.engines.strategy.problem import Problem, build
from panhuo.kernel.randomness import stream


def exact_dual(problem: Problem, prices: np.ndarray) -> Fraction:
    """The Lagrangian value in exact arithmetic, of the figures as the floats say them."""
    usage = problem.usage(np.arange(problem.accounts))
    total = sum((Fraction(p) * Fraction(b) for p, b in zip(prices, problem.at_most, strict=True)), Fraction(0))
    for i in range(problem.accounts):
        worth = [
            Fraction(problem.value[i, j]) - sum(Fraction(p) * Fraction(u) for p, u in zip(prices, usage[i, j], strict=True))
            for j in range(problem.routes)
            if np.isfinite(problem.value[i, j])
        ]
        total += max([*worth, Fraction(0)] if problem.idle else worth)
    return total


def instance(seed: int, n: int, r: int, k: int, *, idle: bool = False, spread: float = 2.0) -> Problem:
    g = stream(seed, "dual")
    value = g.lognormal(10, spread, (n, r)) * g.choice([1, 1, -1], (n, r))
    shapes = [
        g.lognormal(0, spread, (n, r)),
        np.float64(1.0),
        g.lognormal(5, spread, (n, 1)),
        g.random(r),
        g.lognormal(0, 1, (n, r)).astype(np.float32),
    ]
    limits = []
    for at in range(k):
        usage = shapes[at % 5]
        routes = (np.arange(r) != 1 + at % (r - 1)) & (np.arange(r) > 0)  # route 0 is free, so that a plan exists
        whole = np.broadcast_to(usage, (n, r)) * routes
        limits.append(Limit(str(at), usage, float(whole.mean(axis=1).sum() * g.uniform(0.1, 0.6)), routes=routes))
    eligible = g.random((n, r)) < 0.8
    eligible[:, 0] = True
    return build(value, limits, eligible, idle)[0]


@pytest.mark.parametrize("seed", range(30))
def test_the_bound_is_never_below_the_exact_value(seed: int) -> None:
    problem = instance(seed, 40, 4, 5, idle=bool(seed % 2), spread=4.0)
    for scale in (0.0, 1e-3, 1.0, 1e5):
        prices = stream(seed, "prices").lognormal(3, 5, 5) * scale
        exact = exact_dual(problem, prices)
        found = look(problem, prices).dual
        doubt = rounding(problem, prices)
        assert Fraction(found) + Fraction(doubt) >= exact >= Fraction(found) - Fraction(doubt)
        assert doubt <= 1e-9 * (abs(found) + np.abs(problem.value[np.isfinite(problem.value)]).sum() + float(np.abs(prices * problem.at_most).sum()))


def test_rounding_is_real() -> None:
    """Somewhere among these the float value does lie below the exact one: without the allowance the bound would be false."""
    below = 0
    for seed in range(30):
        problem = instance(seed, 40, 4, 5, spread=4.0)
        prices = stream(seed, "prices").lognormal(3, 5, 5)
        below += Fraction(look(problem, prices).dual) < exact_dual(problem, prices)
    assert below > 0


def test_a_look_is_the_sum_of_its_groups_and_the_best_of_the_reduced_values() -> None:
    problem = instance(1, 1000, 5, 4)
    prices = np.array([3.0, 200.0, 0.01, 50.0])
    seen = look(problem, prices, groups=7)
    matrix = reduced(problem, prices)
    usage = problem.usage(np.arange(1000))
    assert matrix[np.isfinite(problem.value)] == pytest.approx((problem.value - usage @ prices)[np.isfinite(problem.value)])
    assert (seen.choice == matrix.argmax(axis=1)).all()
    assert len(seen.value) == 7
    assert seen.used.sum(axis=0) == pytest.approx(usage[np.arange(1000), seen.choice].sum(axis=0))
    assert seen.used.sum(axis=0) == pytest.approx(problem.used(seen.choice))
    assert seen.value.sum() + prices @ (problem.at_most - seen.used.sum(axis=0)) == pytest.approx(seen.dual)


def relaxed(problem: Problem) -> float:
    n, k = problem.accounts, problem.limits
    account, route = np.nonzero(np.isfinite(problem.value))
    usage = problem.usage(np.arange(n))[account, route] / problem.at_most
    once = np.zeros((n, account.size))
    once[account, np.arange(account.size)] = 1.0
    worth = float(np.abs(problem.value[account, route]).mean())
    bounded = (
        {"A_ub": np.vstack([usage.T, once]), "b_ub": np.ones(k + n)}
        if problem.idle
        else {"A_ub": usage.T, "b_ub": np.ones(k), "A_eq": once, "b_eq": np.ones(n)}
    )
    answer = linprog(-problem.value[account, route] / worth, **bounded, method="highs-ds")
    assert answer.status == 0
    return -float(answer.fun) * worth


@pytest.mark.parametrize("radius", [1e-6, 0.5, 1e4])
@pytest.mark.parametrize("idle", [False, True])
def test_the_least_bound_is_found_from_anywhere(radius: float, idle: bool) -> None:
    problem = instance(2, 200, 5, 6, idle=idle)
    scale = scale_of(problem, np.arange(200))
    least = relaxed(problem)
    for start in (np.zeros(6), 100.0 * scale.price):
        dual = minimise(problem, scale, start, radius=radius, relative=1e-6, most=400)
        assert not dual.unbounded
        assert least - 1e-7 * abs(least) <= dual.best.dual <= least + 2e-6 * abs(least)
        assert dual.model <= least + 1e-7 * abs(least)


def test_the_blend_keeps_the_limits_and_is_worth_the_model() -> None:
    problem = instance(3, 20_000, 5, 6, spread=0.5)
    scale = scale_of(problem, np.arange(2000))
    dual = minimise(problem, scale, np.zeros(6), radius=0.5, relative=1e-5)
    looks, weights = dual.blend
    assert weights.sum(axis=1) == pytest.approx(1.0)
    used = sum(weights[:, s] @ looks[s].used for s in range(len(looks)))
    worth = sum(weights[:, s] @ looks[s].value for s in range(len(looks)))
    assert (used <= problem.at_most * (1 + 1e-6)).all()
    assert worth == pytest.approx(dual.model, rel=1e-6)
    choice = cores.blend(problem, looks, weights, 0)
    assert problem.used(choice) == pytest.approx(used, rel=0.02)
    assert np.isfinite(problem.value[np.arange(20_000), choice]).all()
