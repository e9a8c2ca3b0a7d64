"""Agency forecast: a slow twin of rounds, commission and recall; the published ladder; what the knobs do."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.collection.agency import AgencyPolicy, forecast
from panhuo.kernel.documents import check
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.shares import from_hazard
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 10, 31)
POLICY = load_policy().routes.agency


def accounts(days: list[int], balance: int = 1_000_000, **columns: list[Any]) -> pl.DataFrame:
    base = {"balance_fen": [balance] * len(days), "overdue_days": days, "complaints_12m": [None] * len(days), **columns}
    return pl.DataFrame({name: pl.Series(values, dtype=ACCOUNT.schema[name]) for name, values in base.items()})


def changed(**figures: Any) -> AgencyPolicy:
    data = POLICY.model_dump()
    for name, value in figures.items():
        data[name] = {**data[name], "value": value}
    return check(data, AgencyPolicy, where="test")


def flat(hazard: float, n: int, horizon: int = 36) -> np.ndarray:
    return from_hazard(np.full((n, horizon), hazard, dtype=np.float32))


def step(values: dict[int, float], k: int) -> float:
    return values[max(start for start in values if start <= k)]


ODDS = {0: 0.9, 2: 1.0, 4: 1.2, 7: 1.35, 13: 1.5, 25: 1.6}
COMMISSION = {0: 0.06, 2: 0.10, 3: 0.13, 4: 0.15, 7: 0.22, 10: 0.30, 13: 0.35, 25: 0.40, 61: 0.50}


def slow_agency(days: int, hazard: float, horizon: int, term: int, rounds: int) -> dict[str, float]:
    """One account: placed, recalled, placed again, kept; from figures typed in here."""
    k, still, out = -(-days // 30), 1.0, {"cash": 0.0, "commission": 0.0, "minutes": 0.0, "fen": 0.0, "upfront": 0.0, "placed": 0.0}
    for month in range(horizon):
        number = month // term
        placed = number < rounds
        at = k + number * term
        odds = step(ODDS, at) * 0.85**number if placed else 0.9
        minutes = (0.2 if placed else 0.3) + (0.5 if placed and month % term == 0 else 0.0)
        fen = minutes * 75 + (50 if placed and month % term == 0 else 0)
        out["upfront" if month == 0 else "fen"] += fen * still
        out["minutes"] += minutes * still
        out["placed"] += still if placed else 0.0
        got = still * odds * hazard / (1 + (odds - 1) * hazard)
        out["cash"] += got * 1_000_000
        out["commission"] += got * 1_000_000 * (step(COMMISSION, at) if placed else 0.0)
        still -= got
    return out


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=10), st.floats(0.001, 0.9), st.integers(1, 40), st.integers(1, 12), st.integers(0, 4))
def test_against_the_slow_twin(days, hazard, horizon, term, rounds):
    got = forecast(accounts(days), flat(hazard, len(days), horizon), policy=changed(term_months=term, rounds=rounds), as_of=AS_OF)
    for index, day in enumerate(days):
        twin = slow_agency(day, hazard, horizon, term, rounds)
        assert got.cash[index].sum() == pytest.approx(twin["cash"], rel=1e-3)
        assert got.upfront_cost[index] == pytest.approx(twin["upfront"])
        assert got.running_cost[index].sum() == pytest.approx(twin["commission"] + twin["fen"], rel=1e-3, abs=1.0)
        assert got.staff_minutes[index] == pytest.approx(twin["minutes"], rel=1e-3, abs=1e-3)
        assert got.complaints[index] == pytest.approx(twin["placed"] / 1000, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize(("days", "rate"), [(100, 0.15), (200, 0.22), (290, 0.30), (400, 0.35), (800, 0.40), (2000, 0.50)])
def test_the_commission_is_that_of_the_stage_at_placement(days, rate):
    free = changed(placement_fen=0, placement_minutes=0, oversight_minutes_per_month=0, house_minutes_per_month=0, term_months=6, rounds=1)
    got = forecast(accounts([days]), flat(0.02, 1), policy=free, as_of=AS_OF)
    assert got.running_cost[0, :6] / got.cash[0, :6] == pytest.approx(rate, rel=1e-5)  # not raised when the account ages in the term
    assert got.running_cost[0, 6:].sum() == 0  # recalled: no commission


def test_the_ladder_stays_inside_what_is_published(real_data):
    with (real_data / "report_tables" / "recovery_rate_by_stage_text.csv").open(encoding="utf-8") as file:
        rows = {row["stage"]: row for row in csv.DictReader(file) if row["institution_group"] == "委外佣金"}
    middle = next(row for stage, row in rows.items() if stage.startswith("中期"))
    table = POLICY.commission.table(200)
    low, high = float(middle["recovery_rate_low_pct"]) / 100, float(middle["recovery_rate_high_pct"]) / 100
    assert all(low <= table[k] <= high for k in range(4, 13))
    assert table[199] == pytest.approx(0.50)
    with (real_data / "report_tables" / "top_collection_agencies.csv").open(encoding="utf-8") as file:
        quoted = [(float(r["m12plus_commission_low_pct"]), float(r["m12plus_commission_high_pct"])) for r in csv.DictReader(file)]
    low, high = np.mean(quoted, axis=0) / 100
    assert low < table[13] < high


def test_an_agency_earns_its_commission_only_on_old_debts():
    """Gross of the house's own cost, so this is the shape of the ladder, not advice: below one while fresh, nearer to one later."""
    curve = flat(0.01, 2)
    got = forecast(accounts([20, 500]), curve, policy=POLICY, as_of=AS_OF)
    gain = got.cash.sum(axis=1) / (curve.sum(axis=1) * 1_000_000)
    assert gain[0] < 1 < gain[1]


def test_a_longer_term_or_more_rounds_bring_more_from_old_debts():
    frame, curve = accounts([500]), flat(0.01, 1)
    cash = [forecast(frame, curve, policy=changed(rounds=r), as_of=AS_OF).cash.sum() for r in (0, 1, 2)]
    assert cash[0] < cash[1] < cash[2]


def test_interval_stays_in_order():
    rng = np.random.default_rng(8)
    n = 2000
    got = forecast(accounts(rng.integers(0, 3000, n).tolist()), from_hazard(rng.random((n, 24), dtype=np.float32) ** 5), policy=POLICY, as_of=AS_OF)
    cash = got.cash.sum(axis=1, dtype=np.float64)
    assert np.all((got.low >= 0) & (got.low <= cash * (1 + 1e-6)) & (cash <= got.high * (1 + 1e-6)) & (got.high <= 1_000_000 * (1 + 1e-6)))


def test_no_accounts():
    got = forecast(accounts([]), flat(0.2, 0), policy=POLICY, as_of=AS_OF)
    assert got.cash.shape == (0, 36)
    assert got.complaints.shape == (0,)
