"""Cash by month against slow twins, and the percentile convention."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.kernel.flows import add_curve, add_evenly, add_profiles, between, forecast_of, row_sums, two_outcomes


@given(st.floats(0, 60), st.floats(0, 60), st.integers(1, 48))
def test_between_is_the_uniform_measure_of_each_month(start: float, length: float, horizon: int) -> None:
    shares = between(start, start + length, horizon)
    assert (shares >= 0).all()
    assert shares.sum() <= 1 + 1e-9
    if start + length <= horizon:
        assert shares.sum() == pytest.approx(1.0)
    if start + length > start:
        twin = [max(0.0, min(m + 1, start + length) - max(m, start)) / (start + length - start) for m in range(horizon)]
        np.testing.assert_allclose(shares, twin, atol=1e-6)


def test_a_lump_falls_in_the_month_it_lies_in() -> None:
    assert between(0.0, 0.0, 3).tolist() == [1, 0, 0]
    assert between(1.0, 1.0, 3).tolist() == [1, 0, 0]
    assert between(1.1, 1.1, 3).tolist() == [0, 1, 0]
    assert between(3.5, 3.5, 3).tolist() == [0, 0, 0]


def test_adding_against_a_loop_across_block_borders() -> None:
    rng = np.random.default_rng(1)
    n, horizon, k = 20_000, 5, 3
    weights, group = rng.random(n), rng.integers(0, k, n)
    profiles, curve = rng.random((k, horizon)), rng.random((n, horizon)).astype(np.float32)
    cash = np.zeros((n, horizon), dtype=np.float32)
    add_profiles(cash, weights, profiles, group)
    add_curve(cash, weights, curve, delay=2)
    for i in [0, 8191, 8192, 16_383, 16_384, n - 1]:
        twin = weights[i] * profiles[group[i]]
        twin[2:] += weights[i] * curve[i, :3]
        np.testing.assert_allclose(cash[i], twin, rtol=1e-5)
    before = cash.copy()
    add_curve(cash, weights, curve, delay=horizon)
    assert (cash == before).all()
    add_evenly(cash, weights, 99)
    np.testing.assert_allclose(row_sums(cash), before.sum(axis=1) + weights, rtol=1e-5)


def test_percentiles_of_two_outcomes() -> None:
    chance = np.array([0.05, 0.5, 0.95])
    low, high = two_outcomes(chance, (np.full(3, 8.0), np.full(3, 10.0)), (np.zeros(3), np.ones(3)))
    assert low.tolist() == [0.0, 0.0, 8.0]
    assert high.tolist() == [1.0, 10.0, 10.0]


def test_forecast_keeps_the_order_low_expected_high() -> None:
    cash = np.full((2, 2), 5.0, dtype=np.float32)
    ones = np.ones(2)
    made = forecast_of(
        cash, upfront=ones, running=cash, minutes=ones, complaints=ones, low=np.array([11.0, -1.0]), high=np.array([2.0, 99.0]), cap=ones * 20
    )
    assert made.low.tolist() == [10.0, 0.0]
    assert made.high.tolist() == [10.0, 20.0]
