"""In-house forecast: the curve itself, a slow twin of the labour, and what the knobs do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.collection.in_house import InHousePolicy, forecast
from panhuo.kernel.documents import check
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.routes import summarise
from panhuo.kernel.shares import from_hazard
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 10, 31)
POLICY = load_policy().routes.in_house


def accounts(days: list[int], balance: int = 1_000_000, **columns: list[Any]) -> pl.DataFrame:
    base = {
        "balance_fen": pl.Series([balance] * len(days), dtype=pl.Int64),
        "overdue_days": pl.Series(days, dtype=pl.Int32),
        "contactability": [None] * len(days),
        "complaints_12m": [None] * len(days),
        "debtor_kind": ["person"] * len(days),
        **columns,
    }
    return pl.DataFrame({name: pl.Series(values, dtype=ACCOUNT.schema[name]) for name, values in base.items()})


def changed(**sections: Any) -> InHousePolicy:
    data = POLICY.model_dump()
    for name, value in sections.items():
        data[name] = {**data[name], **value}
    return check(data, InHousePolicy, where="test")


def flat(hazard: float, n: int, horizon: int = 12) -> np.ndarray:
    return from_hazard(np.full((n, horizon), hazard, dtype=np.float32))


def test_cash_is_the_curve():
    curve = flat(0.1, 2)
    got = forecast(accounts([10, 400], 123_456), curve, policy=POLICY, as_of=AS_OF)
    assert np.allclose(got.cash, curve * 123_456, rtol=1e-6)
    assert got.upfront_cost.tolist() == [0.0, 0.0]


CALLS = {0: 1, 1: 8, 2: 12, **dict.fromkeys(range(3, 7), 16), **dict.fromkeys(range(7, 13), 12)}
WORKED = {"reachable": 1.0, "third_party_only": 0.6, "lost": 0.3, "unknown": 0.8, None: 0.8}


def slow_work(days: int, hazard: float, months: int, contactability: str | None) -> tuple[float, float, float]:
    """Calls, minutes and fen of one account, month by month, from figures typed in here."""
    k, still = -(-days // 30), 1.0
    calls = minutes = fen = 0.0
    for month in range(months):
        stage = k + month
        called = (CALLS[stage] if stage <= 12 else 5 if stage < 25 else 1) * WORKED[contactability] * still
        each = 2 if stage < 2 else 3 if stage < 3 else 4
        messages = (2 if stage < 1 else 4 if stage < 4 else 2 if stage < 13 else 0.5) * still
        calls, minutes = calls + called, minutes + called * each
        fen += called * each * (75 + 10) + messages * 4
        still *= 1 - hazard
    return calls, minutes, fen


@given(st.lists(st.tuples(st.integers(0, 1500), st.sampled_from(list(WORKED))), min_size=1, max_size=12), st.floats(0.0, 0.9), st.integers(1, 40))
def test_labour_against_the_slow_twin(people, hazard, months):
    frame = accounts([d for d, _ in people], contactability=[c for _, c in people])
    got = forecast(frame, flat(hazard, len(people), months), policy=POLICY, as_of=AS_OF)
    for index, (days, contactability) in enumerate(people):
        calls, minutes, fen = slow_work(days, hazard, months, contactability)
        assert got.staff_minutes[index] == pytest.approx(minutes, rel=1e-3, abs=1e-3)
        assert got.running_cost[index].sum() == pytest.approx(fen, rel=1e-3, abs=0.1)
        assert got.complaints[index] == pytest.approx(calls * 0.05 / 1000, rel=1e-3, abs=1e-9)


FIRM = {0: (20, 10), 1e5: (40, 50), 1e6: (120, 500), 1e7: (400, 2_000), 5e7: (800, 5_000), 5e8: (2_000, 20_000)}
PERSON = {5e5: (0, 0), 1e6: (20, 30), 1e7: (120, 500)}


def slow_casework(yuan: float, kind: str) -> tuple[float, float]:
    """Minutes and yuan of expenses a month, along straight lines between figures typed in here."""
    table = FIRM if kind == "firm" else PERSON
    sizes = sorted(table)
    if yuan <= sizes[0] or yuan >= sizes[-1]:
        return table[sizes[0] if yuan <= sizes[0] else sizes[-1]]
    above = next(at for at, size in enumerate(sizes) if size > yuan)
    low, high = sizes[above - 1], sizes[above]
    part = (yuan - low) / (high - low)
    (a, x), (b, y) = table[low], table[high]
    return a + part * (b - a), x + part * (y - x)


@given(
    st.lists(st.tuples(st.integers(1, 10**11), st.sampled_from(["person", "firm"]), st.integers(0, 900)), min_size=1, max_size=8), st.floats(0.0, 0.9)
)
def test_casework_grows_with_the_claim(claims, hazard):
    """What stands above the calls, against the twin; a month's casework weighs by what is still open, as calls do."""
    days, kinds = [d for *_, d in claims], [k for _, k, _ in claims]
    large = accounts(days, debtor_kind=kinds, balance_fen=[fen for fen, *_ in claims])
    small = accounts(days, 10_000)
    curve = flat(hazard, len(claims), 18)
    got, plain = (forecast(frame, curve, policy=POLICY, as_of=AS_OF) for frame in (large, small))
    open_months = sum((1 - hazard) ** month for month in range(18))
    for index, (fen, kind, _) in enumerate(claims):
        minutes, yuan = slow_casework(fen / 100, kind)
        assert got.staff_minutes[index] - plain.staff_minutes[index] == pytest.approx(minutes * open_months, rel=2e-3, abs=0.05)
        extra = (got.running_cost[index].astype(float) - plain.running_cost[index]).sum()
        assert extra == pytest.approx((minutes * 300 + yuan * 100) * open_months, rel=2e-3, abs=2.0)
    assert np.allclose(got.complaints, plain.complaints)


def test_fifty_million_from_a_firm_is_not_worked_like_a_card():
    """Three years on a stale claim: some per cent of what comes in, and days of a manager, where a card takes minutes."""
    stale = np.full((2, 36), 0.002, dtype=np.float32)
    frame = accounts([800, 800], debtor_kind=["firm", "person"], balance_fen=[5_000_000_000, 1_000_000])
    got = forecast(frame, stale, policy=POLICY, as_of=AS_OF)
    assert 0.02 < got.running_cost[0].sum() / got.cash[0].sum() < 0.15
    assert got.staff_minutes[0] > 36 * 700
    assert got.staff_minutes[1] < 120


def test_nothing_owed_takes_no_casework():
    got = forecast(accounts([800], debtor_kind=["firm"], balance_fen=[0]), flat(0.0, 1, 6), policy=POLICY, as_of=AS_OF)
    assert got.staff_minutes[0] == pytest.approx(slow_work(800, 0.0, 6, None)[1], rel=1e-3)


def test_an_account_that_pays_at_once_is_worked_once():
    got = forecast(accounts([20]), flat(1.0, 1), policy=POLICY, as_of=AS_OF)
    assert got.running_cost[0, 0] > 0
    assert np.abs(got.running_cost[0, 1:]).max() < 1e-3


def test_who_complained_complains_again():
    got = forecast(accounts([50, 50, 50], complaints_12m=[0, 2, None]), flat(0.1, 3), policy=POLICY, as_of=AS_OF)
    assert got.complaints[1] == pytest.approx(3 * got.complaints[0])
    assert got.complaints[2] == pytest.approx(got.complaints[0])


def test_better_odds_and_fading_effort():
    curve = flat(0.1, 2, 36)
    frame = accounts([10, 200])
    plain = forecast(frame, curve, policy=POLICY, as_of=AS_OF).cash.sum(axis=1)
    better = forecast(frame, curve, policy=changed(odds={"values": {"M0": 1, "M4": 2}}), as_of=AS_OF)
    assert better.cash[0].sum() == pytest.approx(plain[0], rel=1e-4)
    assert np.all(np.cumsum(better.cash[1]) > np.cumsum(curve[1]) * 1_000_000)
    assert better.cash[1, 0] == pytest.approx(1_000_000 * 0.2 / 1.1, rel=1e-4)  # odds 1/9 doubled
    faded = forecast(frame, curve, policy=changed(fade_per_year={"value": 0.5}), as_of=AS_OF).cash
    assert np.allclose(faded[:, 0], curve[:, 0] * 1_000_000, rtol=1e-4)
    assert np.all(faded.sum(axis=1) < plain)


def test_interval_and_cap():
    rng = np.random.default_rng(4)
    n = 3000
    curve = from_hazard(rng.random((n, 36), dtype=np.float32) ** 6)
    frame = accounts(rng.integers(0, 2000, n).tolist(), 777_777)
    got = forecast(frame, curve, policy=POLICY, as_of=AS_OF)
    cash = got.cash.sum(axis=1, dtype=np.float64)
    assert np.all(got.low <= cash * (1 + 1e-6))
    assert np.all(cash <= got.high * (1 + 1e-6))
    assert np.all(got.high <= 777_777 * (1 + 1e-6))
    assert np.all(got.low >= 0)


def test_nothing_to_collect_and_no_accounts():
    got = forecast(accounts([100, 100], 0), flat(0.2, 2), policy=POLICY, as_of=AS_OF)
    assert got.cash.sum() == got.high.sum() == 0
    none = forecast(accounts([]), flat(0.2, 0), policy=POLICY, as_of=AS_OF)
    assert none.cash.shape == (0, 12)
    assert summarise(none, annual_rate=0.08).height == 0


def test_the_summary_nets_the_cost():
    got = forecast(accounts([100]), flat(0.05, 1, 36), policy=POLICY, as_of=AS_OF)
    row = summarise(got, annual_rate=0.08).to_dicts()[0]
    assert row["net_value_fen"] == pytest.approx(row["cash_discounted_fen"] - row["cost_fen"])
    assert row["low_fen"] <= row["cash_fen"] <= row["high_fen"]
