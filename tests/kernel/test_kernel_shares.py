"""Scaling a curve's odds and the scatter of one account: against a slow twin, numerical integration and the mixture itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from panhuo.kernel.shares import ScatterPolicy, chance_of_any, from_hazard, scale_odds, scatter, survival
from panhuo.kernel.stages import ByStage
from panhuo.kernel.tables import Share

HAZARDS = st.lists(st.floats(0.0, 0.999), min_size=1, max_size=40)


def policy(floor: float, precision: float | dict[str, float]) -> ScatterPolicy:
    values = precision if isinstance(precision, dict) else {"M0": precision}
    return ScatterPolicy(payer_floor=Share(value=floor, source="test"), precision=ByStage(values=values, source="test"))


def slow_scaled(curve: list[float], odds: list[float]) -> list[float]:
    """Month by month in plain floats: the definition."""
    still_before, still_after, out = 1.0, 1.0, []
    for x, k in zip(curve, odds, strict=True):
        h = x / still_before if still_before > 0 else 0.0
        scaled = k * h / (1 + (k - 1) * h) if k or h < 1 else 0.0
        out.append(scaled * still_after)
        still_after *= 1 - scaled
        still_before -= x
    return out


@given(HAZARDS, st.floats(0.0, 50.0), st.floats(0.2, 5.0))
def test_scaling_agrees_with_the_definition_and_stays_within_the_balance(hazards, first, growth):
    curve = from_hazard(np.array([hazards], dtype=np.float32))
    odds = first * growth ** (np.arange(len(hazards)) / 12.0)
    got = scale_odds(curve, odds[None, :])
    still, expected = 1.0, []
    for h, k in zip(hazards, odds, strict=True):
        scaled = k * h / (1 + (k - 1) * h)
        expected.append(scaled * still)
        still *= 1 - scaled
    assert np.all(got >= 0)
    assert got.sum() <= 1 + 1e-5
    # below a thousandth of the balance float32 no longer knows what part of it a month takes
    settled = survival(curve)[0] > 1e-3
    assert np.allclose(got[0][settled], np.array(expected)[settled], atol=2e-3)


def test_scaling_a_readable_curve():
    curve = np.array([[0.5, 0.25]], dtype=np.float32)  # half of what is open, twice
    assert scale_odds(curve, 3.0)[0] == pytest.approx([0.75, 0.75 * 0.25])
    assert scale_odds(curve, np.array([[0.0, 3.0]]))[0] == pytest.approx([0.0, 0.75])
    assert scale_odds(curve, 1.0) is curve
    assert slow_scaled([0.5, 0.25], [3, 3]) == pytest.approx([0.75, 0.1875])


def test_a_certain_month_survives_any_odds_but_none():
    curve = np.array([[1.0, 0.0]], dtype=np.float32)
    assert scale_odds(curve, 0.01)[0] == pytest.approx([1.0, 0.0])
    assert scale_odds(curve, 0.0)[0] == pytest.approx([0.0, 0.0])


@given(HAZARDS, st.floats(0.01, 20.0), st.floats(1.0, 3.0))
def test_more_odds_never_bring_less_by_any_month(hazards, odds, more):
    curve = from_hazard(np.array([hazards], dtype=np.float32))
    low, high = scale_odds(curve, odds), scale_odds(curve, odds * more)
    assert np.all(np.cumsum(high) - np.cumsum(low) > -1e-4)


def test_rows_beyond_one_block_are_treated_alike():
    row = from_hazard(np.full((1, 12), 0.1, dtype=np.float32))
    many = np.repeat(row, 20_001, axis=0)
    assert np.array_equal(scale_odds(many, 2.0), np.repeat(scale_odds(row, 2.0), 20_001, axis=0))


@given(st.floats(0.0, 1.0), st.floats(0.05, 1.0), st.floats(0.5, 50.0))
def test_low_mean_high_are_in_order_and_the_mean_is_kept(mean, floor, precision):
    around = scatter(np.array([mean]), np.array([5]), policy=policy(floor, precision))
    assert 0.0 <= around.low[0] <= mean <= around.high[0] <= 1.0
    assert 0.0 <= around.p_half[0] <= around.p_any[0] + 1e-9 <= 1.0 + 1e-9
    payers = floor + (1 - floor) * mean
    assert around.p_any[0] * payers == pytest.approx(mean, abs=1e-12)


@pytest.mark.parametrize("mean", [0.004, 0.03, 0.12, 0.35, 0.7, 0.95])
@pytest.mark.parametrize(("floor", "precision"), [(0.25, 2.5), (0.1, 6.0), (0.5, 12.0)])
def test_percentiles_against_the_mixture_drawn(mean, floor, precision):
    """Draw half a million accounts from what the head of the module says and count."""
    rng = np.random.default_rng(7)
    payers = floor + (1 - floor) * mean
    pays = rng.random(500_000) < mean / payers
    drawn = np.where(pays, rng.beta(payers * precision, (1 - payers) * precision, pays.size), 0.0)
    around = scatter(np.array([mean]), np.array([0]), policy=policy(floor, precision))
    assert drawn.mean() == pytest.approx(mean, abs=0.002)
    for level, share in ((0.1, around.low[0]), (0.9, around.high[0])):
        if share == mean:  # drawn out to the mean: the percentile lies on its other side
            assert (drawn <= mean).mean() >= 0.9 if level == 0.9 else (drawn < mean).mean() <= 0.1
        else:
            assert (drawn < share).mean() - 0.003 <= level <= (drawn <= share).mean() + 0.003
    assert around.p_any[0] == pytest.approx((drawn > 0).mean(), abs=0.003)
    assert around.p_half[0] == pytest.approx((drawn >= 0.5).mean(), abs=0.003)


@pytest.mark.parametrize(("floor", "precision"), [(0.25, 2.5), (0.25, 6.0), (0.1, 6.0), (0.5, 12.0)])
def test_grid_interpolation_against_the_exact_percentiles(floor, precision):
    means = np.concatenate([np.linspace(0.0005, 0.9995, 2003), np.geomspace(1e-6, 0.1, 500)])
    around = scatter(means, np.zeros(means.size, dtype=np.int64), policy=policy(floor, precision))
    payers = floor + (1 - floor) * means
    chance = means / payers
    for level, got in ((0.1, around.low), (0.9, around.high)):
        inside = np.clip((level - (1 - chance)) / chance, 0.0, 1.0)
        exact = stats.beta.ppf(inside, payers * precision, (1 - payers) * precision)
        exact = np.minimum(exact, means) if level == 0.1 else np.maximum(exact, means)
        assert np.abs(got - exact).max() < 3e-3


def test_precision_follows_the_stage():
    by_stage = policy(0.25, {"M0": 20.0, "M7": 2.0})
    around = scatter(np.full(4, 0.3), np.array([0, 6, 7, 300]), policy=by_stage)
    narrow, wide = (
        scatter(np.array([0.3]), np.array([0]), policy=policy(0.25, 20.0)),
        scatter(np.array([0.3]), np.array([0]), policy=policy(0.25, 2.0)),
    )
    assert around.high.tolist() == [narrow.high[0], narrow.high[0], wide.high[0], wide.high[0]]
    assert wide.high[0] > narrow.high[0]


def test_ends():
    around = scatter(np.array([0.0, 1.0]), np.array([1, 1]), policy=policy(0.25, 3.0))
    assert around.low.tolist() == [0.0, 1.0]
    assert around.high.tolist() == [0.0, 1.0]
    assert around.p_any.tolist() == [0.0, 1.0]
    assert chance_of_any(np.array([0.2]), 1.0)[0] == pytest.approx(0.2)  # payers who pay all: the mean is the chance
    assert survival(np.empty((3, 0), dtype=np.float32)).shape == (3, 0)
