"""A limit of 0, or one too tight for anybody: its price is what its first unit would bring, and the bound is none the worse for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.strategy import Allocation, Limit, allocate
from panhuo.kernel.randomness import stream

COURT = np.array([False, True, False])


def optimum(value: npt.NDArray[np.float64], limits: list[Limit], *, idle: bool) -> float:
    """Every assignment listed."""
    n, r = value.shape
    best = -np.inf
    for choice in product(range(-1 if idle else 0, r), repeat=n):
        if any(j >= 0 and value[i, j] == -np.inf for i, j in enumerate(choice)):
            continue
        for limit in limits:
            usage = np.broadcast_to(limit.usage, value.shape)
            if sum(usage[i, j] for i, j in enumerate(choice) if j >= 0 and (limit.routes is None or limit.routes[j])) > limit.at_most + 1e-9:
                break
        else:
            best = max(best, sum(value[i, j] for i, j in enumerate(choice) if j >= 0))
    return float(best)


def dual(value: npt.NDArray[np.float64], limits: list[Limit], plan: Allocation, *, idle: bool) -> float:
    """The Lagrangian bound at the plan's prices, one account after the other."""
    total = sum(float(price) * limit.at_most for limit, price in zip(limits, plan.prices, strict=True))
    for i in range(value.shape[0]):
        worth = [0.0] if idle else []
        for j in range(value.shape[1]):
            less = sum(
                float(price) * float(np.broadcast_to(limit.usage, value.shape)[i, j]) * (limit.routes is None or bool(limit.routes[j]))
                for limit, price in zip(limits, plan.prices, strict=True)
            )
            worth.append(float(value[i, j]) - less)
        total += max(worth)
    return total


@given(st.integers(0, 10_000), st.integers(1, 6), st.booleans(), st.booleans())
def test_the_price_of_a_court_without_places_is_what_the_first_place_brings(seed: int, n: int, idle: bool, ties: bool) -> None:
    g = stream(seed, "shut")
    value = g.integers(-3, 6, (n, 3)).astype(np.float64) if ties else np.round(g.normal(50, 400, (n, 3)))
    value[g.random((n, 3)) < 0.2] = -np.inf
    value[:, 0] = np.where(np.isfinite(value[:, 0]), value[:, 0], 0.0)  # always a way out
    shut, one = (Limit("court", 1.0, places, routes=COURT) for places in (0.0, 1.0))
    plan = allocate(value, [shut], must_assign=not idle, gap=0.0)
    assert plan.feasible
    assert plan.objective == pytest.approx(optimum(value, [shut], idle=idle))
    assert plan.objective <= plan.upper_bound
    assert plan.prices[0] == pytest.approx(optimum(value, [one], idle=idle) - plan.objective)
    assert dual(value, [shut], plan, idle=idle) == pytest.approx(plan.upper_bound)
    tight = allocate(value, [replace(shut, at_most=0.5)], must_assign=not idle, gap=0.0)
    assert (tight.objective, tight.prices[0]) == (pytest.approx(plan.objective), pytest.approx(plan.prices[0]))


def test_a_claim_too_large_for_a_limit_that_others_use_lends_it_no_price() -> None:
    value = np.array([[0.0, 900.0, 0.0], [0.0, 50.0, 0.0]])
    limit = Limit("money", np.array([[9.0], [1.0]]), 5.0, routes=COURT)
    plan = allocate(value, [limit])
    assert plan.choice.tolist()[1] == 1
    assert plan.prices[0] == 0.0
    assert plan.objective == plan.upper_bound == 50.0


def test_what_two_limits_shut_opens_with_neither_alone() -> None:
    value = np.array([[0.0, 900.0, 0.0], [0.0, 50.0, 400.0]])
    court, fees, home = (
        Limit("court", 1.0, 0.0, routes=COURT),
        Limit("fees", 2.0, 0.0, routes=COURT),
        Limit("home", 4.0, 0.0, routes=np.arange(3) == 2),
    )
    plan = allocate(value, [court, fees, home])
    assert plan.prices.tolist() == [0.0, 0.0, 100.0]
    assert allocate(value, [replace(court, at_most=1.0), fees, home]).objective == plan.objective


@pytest.mark.parametrize("seed", range(4))
def test_beside_a_scarce_limit_the_first_unit_brings_about_its_price(seed: int) -> None:
    """A portfolio in which prices settle; a unit is a small part of it."""
    g = stream(seed, "shut", "beside")
    value = g.lognormal(5, 1, (3_000, 3))
    value[:, 1] *= 3
    minutes = Limit("minutes", g.lognormal(2, 0.5, (3_000, 3)) * [1.0, 1.0, 0.0], 4_000.0)
    shut = Limit("court", 1.0, 0.0, routes=COURT)
    plan = allocate(value, [minutes, shut], gap=1e-6)
    assert plan.upper_bound == pytest.approx(dual(value, [minutes, shut], plan, idle=False), rel=1e-6)
    assert plan.gap < 1e-4
    reduced = value - plan.prices[0] * np.broadcast_to(minutes.usage, value.shape)
    gain = reduced[:, 1] - reduced[:, [0, 2]].max(axis=1)
    assert plan.prices[1] == pytest.approx(gain.max())
    opened = allocate(value, [minutes, replace(shut, at_most=1.0)], gap=1e-6)
    assert opened.objective - plan.objective == pytest.approx(plan.prices[1], rel=0.05)
    # at their prices nobody shut out has better than what he has
    assert (gain - plan.prices[1] <= 1e-6).all()
