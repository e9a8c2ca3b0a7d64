"""``allocate`` against every assignment there is, on instances small enough to list them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.strategy import Limit, allocate
from panhuo.engines.strategy import solver as solver_module


@dataclass
class Case:
    value: np.ndarray
    limits: list[Limit]
    eligible: np.ndarray | None
    must_assign: bool


def optimum(case: Case) -> float:
    """The best total over all assignments, -inf if none keeps every limit."""
    n, r = case.value.shape
    best = -np.inf
    for choice in itertools.product(range(-1, r), repeat=n):
        if case.must_assign and -1 in choice:
            continue
        if case.eligible is not None and any(j >= 0 and not case.eligible[i, j] for i, j in enumerate(choice)):
            continue
        if all(usage_of(limit, choice, (n, r)) <= limit.at_most + 1e-9 * (1 + abs(limit.at_most)) for limit in case.limits):
            best = max(best, sum(case.value[i, j] for i, j in enumerate(choice) if j >= 0))
    return best


def usage_of(limit: Limit, choice: tuple[int, ...] | np.ndarray, shape: tuple[int, int]) -> float:
    usage = np.broadcast_to(np.asarray(limit.usage, dtype=float), shape)
    mask = np.ones(shape[1], dtype=bool) if limit.routes is None else limit.routes
    return float(sum(usage[i, j] for i, j in enumerate(choice) if j >= 0 and mask[j]))


@st.composite
def cases(draw: st.DrawFn, *, negative: bool = False) -> Case:
    n, r, k = draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(0, 3))
    size = draw(st.sampled_from([3, 50, 10**13]))
    values = st.integers(-size, size)
    value = np.array(draw(st.lists(values, min_size=n * r, max_size=n * r)), dtype=float).reshape(n, r)
    limits = []
    for at in range(k):
        shape = draw(st.sampled_from([(), (r,), (1, r), (n, 1), (n, r)]))
        count = int(np.prod(shape))
        most = draw(st.sampled_from([1, 4, 1000]))
        usages = st.integers(-most if negative else 0, most)
        usage = np.array(draw(st.lists(usages, min_size=count, max_size=count)), dtype=float).reshape(shape)
        routes = draw(st.one_of(st.none(), st.lists(st.booleans(), min_size=r, max_size=r).map(np.array)))
        at_most = draw(st.one_of(st.integers(-most if negative else 0, most * n), st.just(np.inf)))
        limits.append(Limit(f"L{at}", usage, float(at_most), routes=routes))
    eligible = None
    if draw(st.booleans()):
        eligible = np.array(draw(st.lists(st.booleans(), min_size=n * r, max_size=n * r))).reshape(n, r)
    return Case(value, limits, eligible, draw(st.booleans()))


def check(case: Case) -> None:
    answer = allocate(case.value, case.limits, eligible=case.eligible, must_assign=case.must_assign)
    best = optimum(case)
    n, r = case.value.shape
    assert answer.choice.dtype == np.int16
    assert answer.choice.shape == (n,)
    assert answer.feasible == (best > -np.inf)
    if not answer.feasible:
        assert answer.proven
        assert (answer.choice == -1).all()
        assert answer.clash or answer.stranded.size
        if not answer.stranded.size:  # the limits named are enough to make it impossible
            named = [limit for limit in case.limits if limit.name in answer.clash]
            assert optimum(replace(case, limits=named)) == -np.inf
        return
    assert answer.objective <= best + 1e-9 * abs(best)
    assert best <= answer.upper_bound
    assert answer.objective == pytest.approx(sum(case.value[i, j] for i, j in enumerate(answer.choice) if j >= 0), rel=1e-12, abs=1e-12)
    assert answer.objective <= answer.upper_bound
    assert (answer.prices >= 0).all()
    for limit, used, price in zip(case.limits, answer.used, answer.prices, strict=True):
        assert used == usage_of(limit, answer.choice, (n, r))
        assert used <= limit.at_most
        assert price == 0 or limit.at_most < np.inf
    if case.must_assign:
        assert (answer.choice >= 0).all()
    if case.eligible is not None:
        placed = answer.choice >= 0
        assert case.eligible[np.flatnonzero(placed), answer.choice[placed]].all()


@settings(max_examples=400)
@given(cases())
def test_never_above_the_optimum_never_below_it(case: Case) -> None:
    check(case)


@settings(max_examples=200)
@given(cases(negative=True))
def test_negative_usage_makes_lower_limits(case: Case) -> None:
    check(case)


@settings(max_examples=60)
@given(cases())
def test_small_instances_are_solved_exactly(case: Case) -> None:
    answer = allocate(case.value, case.limits, eligible=case.eligible, must_assign=case.must_assign, gap=0.0)
    if answer.feasible:
        best = optimum(case)
        assert answer.objective == pytest.approx(best, rel=1e-12, abs=1e-9)
        assert answer.gap <= 1e-9


@pytest.fixture
def no_exact_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch off the search of the whole, so that prices, core and rounding alone must be right."""
    monkeypatch.setattr(solver_module, "SEARCHED_WHOLE", 0)


@pytest.mark.usefixtures("no_exact_search")
@settings(max_examples=200)
@given(cases())
def test_bounds_hold_without_exact_search(case: Case) -> None:
    answer = allocate(case.value, case.limits, eligible=case.eligible, must_assign=case.must_assign)
    best = optimum(case)
    assert best <= answer.upper_bound
    if answer.feasible:
        assert answer.objective <= best + 1e-9 * abs(best)
    else:
        assert best == -np.inf or not answer.proven
        if answer.proven and not answer.stranded.size:
            named = [limit for limit in case.limits if limit.name in answer.clash]
            assert optimum(replace(case, limits=named)) == -np.inf
