"""Experiments and route effects against simulation with a known truth, published sample sizes and SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from panhuo.engines.valuation.experiment import detectable, draw, read_out, sample_size
from panhuo.engines.valuation.route_effect import route_effect
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.randomness import stream


@pytest.mark.parametrize(("base", "other", "each"), [(0.6, 0.7, 356), (0.5, 0.6, 388), (0.10, 0.15, 686)])
def test_sample_sizes_as_published(base: float, other: float, each: int) -> None:
    """Two-sided 5 %, power 80 %, arms alike, without continuity correction (Fleiss, Levin and Paik; Machin's tables)."""
    assert sample_size(base, other) == pytest.approx(2 * each, rel=0.005)


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_so_many_accounts_tell_the_difference_as_often_as_the_power_says(share: float) -> None:
    lot = stream(3, "power", str(share))
    accounts = sample_size(0.1, 0.16, share=share)
    treated = round(share * accounts)
    y1, y0 = lot.binomial(treated, 0.16, 4000) / treated, lot.binomial(accounts - treated, 0.1, 4000) / (accounts - treated)
    pooled = (treated * y1 + (accounts - treated) * y0) / accounts
    error = np.sqrt(pooled * (1 - pooled) * (1 / treated + 1 / (accounts - treated)))
    assert (np.abs(y1 - y0) > 1.96 * error).mean() == pytest.approx(0.8, abs=0.03)


def test_what_can_be_told_and_what_it_takes_are_one() -> None:
    rise = detectable(5000, 0.1)
    assert sample_size(0.1, 0.1 + rise) <= 5000 < sample_size(0.1, 0.1 + rise * 0.99)
    assert detectable(4, 0.1) == float("inf")


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=6), st.sampled_from("ABC")), min_size=1, max_size=80, unique_by=lambda one: one[0]),
    st.floats(0.05, 0.95),
    st.integers(0, 9),
)
@settings(max_examples=60)
def test_a_lot_keeps_the_share_of_each_stratum_whatever_the_order(accounts: list[tuple[str, str]], share: float, seed: int) -> None:
    ids, strata = [one for one, _ in accounts], [stratum for _, stratum in accounts]
    found = draw(ids, share=share, seed=seed, strata=strata)
    for stratum in set(strata):
        mine = [flag for flag, one in zip(found, strata, strict=True) if one == stratum]
        assert abs(sum(mine) - share * len(mine)) < 1
    backwards = draw(ids[::-1], share=share, seed=seed, strata=strata[::-1])
    assert backwards[::-1].tolist() == found.tolist()


def test_lots_of_other_seeds_are_others_and_small_strata_keep_the_share() -> None:
    ids = [f"A{k}" for k in range(3000)]
    one, two = draw(ids, share=0.1, seed=1), draw(ids, share=0.1, seed=2)
    assert one.sum() == two.sum() == 300
    assert 10 <= (one & two).sum() <= 55
    pairs = draw(ids, share=0.1, seed=1, strata=[f"S{k // 2}" for k in range(3000)])
    assert pairs.mean() == pytest.approx(0.1, abs=0.025)


def test_without_covariates_it_is_the_difference_of_means() -> None:
    lot = stream(5, "plain")
    y, t = lot.normal(size=400), lot.random(400) < 0.4
    found = read_out(y, t)
    peer = ttest_ind(y[t], y[~t], equal_var=False)
    assert found.effect == pytest.approx(y[t].mean() - y[~t].mean())
    assert found.effect / found.error == pytest.approx(peer.statistic, rel=1e-9)
    assert found.p == pytest.approx(peer.pvalue, abs=5e-3)


def test_the_interval_holds_the_truth_as_often_as_it_says_and_covariates_narrow_it() -> None:
    lot = stream(6, "coverage")
    held, plain, finer = 0, 0.0, 0.0
    for k in range(300):
        x = lot.normal(size=300)
        t = draw([f"A{i}" for i in range(300)], share=0.5, seed=k)
        y = 0.3 * t + x + 0.5 * lot.normal(size=300)
        found = read_out(y, t, covariates=pl.DataFrame({"x": x}))
        held += found.low <= 0.3 <= found.high
        plain, finer = plain + read_out(y, t).error, finer + found.error
    assert 0.91 <= held / 300 <= 0.985
    assert finer < 0.55 * plain


def test_arms_that_differ_before_the_start_are_named() -> None:
    x = np.arange(200.0)
    assert read_out(x, x > 120, covariates=pl.DataFrame({"age": x, "noise": stream(1, "n").normal(size=200)})).unbalanced[0] == "age"


def history(rows: int, *, seed: int, selection: float, effect: float = 0.0) -> tuple[Any, Any, Any]:
    """The better the account, the likelier it goes the route, and the more it pays anyway."""
    lot = stream(seed, "history")
    x = lot.normal(size=(rows, 2))
    treated = lot.random(rows) < 1 / (1 + np.exp(-selection * x[:, 0]))
    mean = 1 / (1 + np.exp(-(x[:, 0] + 0.5 * x[:, 1] - 0.5)))
    paid = lot.random(rows) < np.clip(mean + effect * treated, 0, 1)
    return paid.astype(np.float64), treated, x


@pytest.mark.parametrize("effect", [0.0, 0.08])
def test_selection_is_taken_out(effect: float) -> None:
    y, t, x = history(6000, seed=4, selection=1.0, effect=effect)
    found = route_effect(y, t, x)
    assert found.naive > effect + 0.1
    assert found.identified
    assert found.low <= effect <= found.high
    assert found.error < 0.03


def test_its_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for k in range(60):
        y, t, x = history(1200, seed=100 + k, selection=0.8)
        found = route_effect(y, t, x, seed=k)
        held += found.low <= 0 <= found.high
    assert held >= 52


def test_where_accounts_went_one_way_only_it_says_that_history_cannot_tell() -> None:
    y, t, x = history(3000, seed=4, selection=8.0)
    found = route_effect(y, t, x)
    assert not found.identified
    assert "cannot tell" in found.words.en


@pytest.mark.parametrize(
    "broken",
    [
        lambda: sample_size(0.1, 0.1),
        lambda: sample_size(0.0, 0.1),
        lambda: read_out(np.zeros(30), np.arange(30) < 3),
        lambda: read_out(np.full(30, np.nan), np.arange(30) < 15),
        lambda: route_effect(np.zeros(60), np.arange(60) < 20, np.zeros((60, 1))),
        lambda: route_effect(np.full(200, 2.0), np.arange(200) < 100, np.zeros((200, 1))),
        lambda: route_effect(np.zeros(200), np.arange(200) < 100, np.full((200, 1), np.nan)),
    ],
)
def test_what_cannot_be_said_is_refused(broken: Any) -> None:
    with pytest.raises(InputUnusable):
        broken()
