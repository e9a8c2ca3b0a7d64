"""Measures against SciPy and against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from panhuo.engines.valuation.learning.measures import auc, band_measures, crps, ks, point_measures, with_intervals
from panhuo.kernel.randomness import stream

SCORES = st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=2, max_size=60)


@settings(max_examples=80)
@given(SCORES)
def test_discrimination_is_that_of_scipy(rows: list[tuple[bool, int]]) -> None:
    event, score = np.array([e for e, _ in rows]), np.array([float(s) for _, s in rows])
    if event.all() or not event.any():
        assert (auc(event, score), ks(event, score)) == (0.5, 0.0)
        return
    expected = stats.mannwhitneyu(score[event], score[~event]).statistic / (event.sum() * (~event).sum())
    assert auc(event, score) == pytest.approx(expected)
    assert ks(event, score) == pytest.approx(stats.ks_2samp(score[event], score[~event]).statistic)


def test_rank_and_line_are_those_of_scipy() -> None:
    draw = stream(1, "measures")
    outcome = draw.normal(size=200)
    answer = np.round(0.5 * outcome + draw.normal(size=200), 1)  # with ties
    found = point_measures(outcome, answer)
    line = stats.linregress(answer, outcome)
    assert found["spearman"] == pytest.approx(stats.spearmanr(answer, outcome).statistic)
    assert (found["calibration_slope"], found["calibration_intercept"]) == pytest.approx((line.slope, line.intercept))
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((answer - outcome) ** 2)))
    alike = point_measures(outcome, np.full(200, 0.3))
    assert (alike["spearman"], alike["auc"], alike["calibration_slope"]) == (0.0, 0.5, 0.0)


def test_crps_is_the_area_between_the_distributions() -> None:
    """For a normal law CRPS has a closed form (Gneiting and Raftery, 2007)."""
    levels = np.arange(0.0005, 1.0, 0.001)
    outcome = np.linspace(-2, 2, 9)
    quantiles = np.tile(stats.norm.ppf(levels), (9, 1))
    exact = outcome * (2 * stats.norm.cdf(outcome) - 1) + 2 * stats.norm.pdf(outcome) - 1 / np.sqrt(np.pi)
    assert crps(outcome, quantiles, levels).mean() == pytest.approx(exact.mean(), rel=5e-3)


def test_edges_are_inside() -> None:
    one = np.ones(4)
    assert band_measures(np.array([0.0, 1.0, 0.5, 1.1]), 0 * one, one) == {"coverage": 0.75, "width": 1.0}


def test_resampled_intervals_hold_the_mean_as_often_as_they_say() -> None:
    draw = stream(2, "bootstrap")
    held = 0
    for k in range(60):
        data = draw.normal(size=80)
        low, high = with_intervals(80, lambda rows, data=data: {"mean": float(data[rows].mean())}, seed=k, draws=200)["mean"]  # type: ignore[misc]
        held += low <= 0.0 <= high
    assert 50 <= held <= 60
