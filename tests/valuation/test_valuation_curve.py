"""The curve: published figures, a slow twin month by month, conservation and order."""

from __future__ import annotations

import csv
import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.valuation import recovery_curve
from panhuo.engines.valuation.curve import curves, monthly_rates
from panhuo.kernel.stages import OLDEST
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 10, 31)
POLICY = load_policy().valuation
LARGE, REGIONAL = POLICY.lender_groups["large_bank"], POLICY.lender_groups["regional_bank"]

# as published, typed in here apart from the policy file
PUBLISHED = {0: 0.9, 1: 0.9, 2: 0.4, 3: 0.2, 4: 0.05, 5: 0.05, 6: 0.05, **dict.fromkeys(range(7, 13), 0.015)}


def neutral(days: list[int], **columns: list[object]) -> pl.DataFrame:
    """Accounts of which nothing is known but a balance of 20,000 yuan: no points at all."""
    n = len(days)
    return pl.DataFrame(
        {
            "account_id": [f"A{i}" for i in range(n)],
            "balance_fen": pl.Series([2_000_000] * n, dtype=pl.Int64),
            "overdue_days": pl.Series(days, dtype=pl.Int32),
            **columns,
        }
    )


def published_rate(k: int) -> float:
    return PUBLISHED[k] if k <= 12 else 0.009 * (13 / k) ** 1.1


def slow_curve(k: int, multiplier: float, horizon: int) -> list[float]:
    """One account, one month at a time: what is open, what part comes in, what is left."""
    still, out = 1.0, []
    for month in range(horizon):
        rate = published_rate(k + month)
        odds = multiplier * rate / (1 - rate)
        got = still * odds / (1 + odds)
        out.append(got)
        still -= got
    return out


@pytest.mark.parametrize(
    ("days", "first"), [(0, 0.9), (1, 0.9), (30, 0.9), (31, 0.4), (75, 0.2), (120, 0.05), (180, 0.05), (181, 0.015), (360, 0.015)]
)
def test_a_neutral_account_recovers_what_is_published_for_its_stage(days, first):
    curve = recovery_curve(neutral([days]), policy=POLICY, as_of=AS_OF)
    assert curve.shape == (1, 36)
    assert curve.dtype == np.float32
    assert curve[0, 0] == pytest.approx(first, rel=1e-6)


def test_past_m12_and_written_off_recover_under_one_percent_a_month():
    frame = neutral([361, 20], written_off=[False, True])
    curve = recovery_curve(frame, policy=POLICY, as_of=AS_OF)
    assert curve[0] == pytest.approx(curve[1])  # written off at M1 is valued as M12+, as published
    assert 0.005 < curve[0, 0] < 0.01
    assert (curve[0] < 0.01).all()


def test_an_m1_account_ages_into_m2_and_m3():
    curve = recovery_curve(neutral([15]), policy=POLICY, as_of=AS_OF)[0]
    assert curve[:4] == pytest.approx([0.9, 0.1 * 0.4, 0.06 * 0.2, 0.048 * 0.05], rel=1e-4)


@given(st.lists(st.tuples(st.integers(0, OLDEST), st.floats(0.02, 20.0)), min_size=1, max_size=30), st.integers(1, 60))
def test_against_the_slow_twin(accounts, horizon):
    start = np.array([k for k, _ in accounts])
    multiplier = np.array([m for _, m in accounts])
    got = curves(start, multiplier, group=LARGE, horizon=horizon)
    expected = np.array([slow_curve(k, m, horizon) for k, m in accounts])
    assert np.abs(got - expected).max() < 2e-6
    assert np.all(got >= 0)
    assert np.all(got.sum(axis=1, dtype=np.float64) <= 1 + 1e-6)


@given(st.integers(0, OLDEST), st.floats(0.03, 16.0), st.floats(1.0, 4.0))
def test_a_better_account_has_paid_more_by_every_month(k, multiplier, better):
    both = curves(np.array([k, k]), np.array([multiplier, multiplier * better]), group=LARGE, horizon=36)
    paid = np.cumsum(both, axis=1, dtype=np.float64)
    assert np.all(paid[1] - paid[0] > -1e-6)


@pytest.mark.parametrize("group", [LARGE, REGIONAL], ids=["large", "regional"])
@pytest.mark.parametrize("multiplier", [0.1, 1.0, 5.0])
def test_an_older_account_recovers_less(group, multiplier):
    start = np.arange(1, 200)
    total = curves(start, np.full(start.size, multiplier), group=group, horizon=36).sum(axis=1, dtype=np.float64)
    assert np.all(np.diff(total) < 0)


def test_regional_banks_recover_less_than_large_ones_at_every_age():
    assert np.all(monthly_rates(REGIONAL, 200) < monthly_rates(LARGE, 200))


def test_the_lender_group_is_chosen_by_the_policy():
    regional = POLICY.model_copy(update={"lender_group": "regional_bank"})
    curve = recovery_curve(neutral([1, 40, 70]), policy=regional, as_of=AS_OF)
    assert curve[:, 0] == pytest.approx([0.40, 0.25, 0.10])


def test_no_accounts_give_an_empty_curve():
    assert recovery_curve(neutral([]), policy=POLICY, as_of=AS_OF).shape == (0, 36)


def test_the_order_of_batches_does_not_matter():
    rng = np.random.default_rng(3)
    frame = neutral(rng.integers(0, 3000, 20_000).tolist())
    whole = recovery_curve(frame, policy=POLICY, as_of=AS_OF)
    parts = [recovery_curve(part, policy=POLICY, as_of=AS_OF) for part in (frame[:7_001], frame[7_001:])]
    assert np.array_equal(whole, np.vstack(parts))


def test_the_policy_carries_the_figures_of_the_report_tables(real_data):
    """Each published low..high of the source table holds the policy's figure (M12+ is published as 'under 1')."""
    with (real_data / "report_tables" / "recovery_rate_by_stage_text.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if "佣金" not in row["institution_group"]]
    stages = {"M1": (1, 1), "M2": (2, 2), "M3": (3, 3), "M4-M6": (4, 6), "M7+": (7, 12), "M12+/已核销": (13, 13)}
    checked = 0
    for row in rows:
        rates = monthly_rates(REGIONAL if row["institution_group"].startswith("区域") else LARGE, 20)
        first, last = stages[row["stage"]]
        low, high = float(row["recovery_rate_low_pct"] or 0) / 100, float(row["recovery_rate_high_pct"]) / 100
        for k in range(first, last + 1):
            assert low - 1e-9 <= rates[k] <= high + 1e-9
            checked += 1
    assert checked == 3 + 3 + 6 + 1 + 3
