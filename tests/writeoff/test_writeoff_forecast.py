"""Write-off forecast: a slow twin, the published rate of written-off accounts, evidence, tax."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from panhuo.engines.writeoff.forecast import WriteOffPolicy, forecast
from panhuo.kernel.documents import check
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.routes import summarise
from panhuo.kernel.shares import from_hazard
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 10, 31)
POLICY = load_policy().routes.write_off


def accounts(days: list[int], kind: str = "person", balance: int = 1_000_000) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {
        "debtor_kind": [kind] * len(days),
        "balance_fen": [balance] * len(days),
        "principal_fen": [balance // 2] * len(days),
        "overdue_days": days,
    }
    return pl.DataFrame({name: pl.Series(values, dtype=ACCOUNT.schema[name]) for name, values in columns.items()})


def changed(**figures: Any) -> WriteOffPolicy:
    data = POLICY.model_dump()
    for name, value in figures.items():
        data[name] = {**data[name], "value": value}
    return check(data, WriteOffPolicy, where="test")


def flat(hazard: float, n: int, horizon: int = 36) -> np.ndarray:
    return from_hazard(np.full((n, horizon), hazard, dtype=np.float32))


@pytest.mark.parametrize(("days", "published"), [(20, 0.9), (50, 0.4), (80, 0.2), (110, 0.05), (190, 0.015)])
def test_any_age_falls_to_the_published_rate_of_written_off_accounts(days, published):
    """Under 1 % a month, whatever it was before: 0.9 % in the first."""
    got = forecast(accounts([days]), flat(published, 1), policy=POLICY, as_of=AS_OF)
    assert got.cash[0, 0] / 1_000_000 == pytest.approx(0.009, rel=0.03)


ODDS = {0: 0.001, 2: 0.0136, 3: 0.0363, 4: 0.173, 7: 0.6, 13: 0.9}


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=10), st.floats(0.001, 0.9), st.integers(1, 40))
def test_against_the_slow_twin(days, hazard, horizon):
    assume((1 - hazard) ** horizon > 1e-3)  # a float32 curve says no more of what is open after that
    got = forecast(accounts(days), flat(hazard, len(days), horizon), policy=POLICY, as_of=AS_OF)
    for index, day in enumerate(days):
        still, cash, minutes, fen = 1.0, 0.0, 30.0, 0.0
        for month in range(horizon):
            k = -(-day // 30) + month
            odds = ODDS[max(start for start in ODDS if start <= k)]
            minutes, fen = minutes + 0.1 * still, fen + 0.1 * 75 * still
            cash_now = still * odds * hazard / (1 + (odds - 1) * hazard)
            cash, still = cash + cash_now * 1_000_000, still - cash_now
        assert got.cash[index].sum() == pytest.approx(cash, rel=2e-3, abs=1.0)
        assert got.staff_minutes[index] == pytest.approx(minutes, rel=1e-3)
        assert got.running_cost[index].sum() == pytest.approx(fen, rel=1e-3)
        assert got.upfront_cost[index] == 30 * 75 + 1500


def test_a_firm_takes_a_thicker_file():
    person, firm = (forecast(accounts([500], kind), flat(0.01, 1), policy=POLICY, as_of=AS_OF) for kind in ("person", "firm"))
    assert firm.upfront_cost[0] == 240 * 75 + 30_000
    assert firm.staff_minutes[0] - person.staff_minutes[0] == pytest.approx(210)


def test_no_tax_is_counted_unless_the_lender_says_so():
    curve = flat(0.01, 2)
    plain = forecast(accounts([500, 900]), curve, policy=POLICY, as_of=AS_OF)
    shielded = forecast(accounts([500, 900]), curve, policy=changed(tax_shield_rate=0.25, tax_shield_month=12), as_of=AS_OF)
    gain = shielded.cash - plain.cash
    assert gain[:, 11] == pytest.approx(125_000, rel=1e-5)  # a quarter of the principal
    assert np.delete(gain, 11, axis=1).max() == 0
    assert np.allclose(shielded.low - plain.low, 125_000)
    assert np.allclose(shielded.high - plain.high, 125_000)
    late = forecast(accounts([500, 900]), curve, policy=changed(tax_shield_rate=0.25, tax_shield_month=99), as_of=AS_OF)
    assert np.array_equal(late.cash, plain.cash)


def test_writing_off_is_never_better_than_working_the_account():
    rng = np.random.default_rng(6)
    n = 500
    frame = accounts(rng.integers(0, 2500, n).tolist())
    curve = from_hazard(rng.random((n, 36), dtype=np.float32) ** 5)
    got = forecast(frame, curve, policy=POLICY, as_of=AS_OF)
    assert np.all(got.cash.sum(axis=1) <= curve.sum(axis=1) * 1_000_000 * (1 + 1e-5))
    cash = got.cash.sum(axis=1, dtype=np.float64)
    assert np.all((got.low >= 0) & (got.low <= cash * (1 + 1e-6)) & (cash <= got.high * (1 + 1e-6)))


def test_no_accounts():
    got = forecast(accounts([]), flat(0.1, 0), policy=POLICY, as_of=AS_OF)
    assert summarise(got, annual_rate=0.08).height == 0
