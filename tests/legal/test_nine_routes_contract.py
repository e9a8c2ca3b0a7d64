"""One suite for nine forecasts: what every route must hold on any accounts, however little is known of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from panhuo.engines import legal, market, restructuring, securitisation
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.routes import ROUTE_NAMES, Forecast, summarise
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 11, 1)
POLICIES = load_policy().routes
FORECASTS: dict[str, Callable[..., Forecast]] = {
    "mediation": legal.forecast_mediation,
    "arbitration": legal.forecast_arbitration,
    "litigation": legal.forecast_litigation,
    "rescheduling": restructuring.forecast_rescheduling,
    "debt_to_equity": restructuring.forecast_debt_to_equity,
    "collateral_sale": market.forecast_collateral_sale,
    "batch_transfer": market.forecast_batch_transfer,
    "income_right_transfer": market.forecast_income_right_transfer,
    "securitisation": securitisation.forecast,
}
each_route = pytest.mark.parametrize("route", FORECASTS)
MATRICES, VECTORS = ("cash", "running_cost"), ("upfront_cost", "staff_minutes", "complaints", "low", "high")


def run(route: str, accounts: pl.DataFrame, curve: Any) -> Forecast:
    return FORECASTS[route](accounts, curve, policy=getattr(POLICIES, route), as_of=AS_OF)


def random_accounts(n: int, seed: int, *, null_share: float) -> pl.DataFrame:
    """Any codes with any amounts: combinations no real tape has, so that nothing is assumed of one column from another."""
    rng = np.random.default_rng(seed)
    columns: dict[str, pl.Series] = {}
    for field in ACCOUNT.fields:
        if field.kind == "money":
            values: Any = np.where(rng.random(n) < 0.1, 0, rng.lognormal(13, 3, n).astype(np.int64))
        elif field.kind in ("integer", "rate", "number"):
            values = rng.integers(0, 70, n)
        elif field.kind == "flag":
            values = rng.random(n) < 0.3
        elif field.kind == "date":
            values = np.datetime64("2020-01-01") + rng.integers(0, 2500, n).astype("timedelta64[D]")
        elif field.kind in ("code", "bucket"):
            known = ACCOUNT.schema[field.name].categories.to_list()  # type: ignore[attr-defined]
            values = np.array(known)[rng.integers(0, len(known), n)]
        else:
            values = [f"{field.name}{i}" for i in range(n)]
        series = pl.Series(field.name, values).cast(field.dtype)
        if field.nullable:
            series = pl.select(pl.when(pl.Series(rng.random(n) >= null_share)).then(series).alias(field.name)).to_series()
        columns[field.name] = series
    parts = [columns[name] for name in ("principal_fen", "interest_fen", "penalty_fen", "fees_fen")]
    columns["balance_fen"] = (parts[0] + parts[1] + parts[2] + parts[3]).alias("balance_fen")
    columns["overdue_days"] = pl.Series("overdue_days", rng.integers(0, 4000, n)).cast(pl.Int32)
    return ACCOUNT.conform(pl.DataFrame(columns))


def random_curve(n: int, horizon: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    raw = rng.random((n, horizon)) ** 4
    return (raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9) * rng.random((n, 1))).astype(np.float32)


@pytest.fixture(scope="module", params=[0.0, 0.4, 1.0], ids=["all-known", "some-null", "all-null"])
def any_accounts(request: pytest.FixtureRequest) -> pl.DataFrame:
    return random_accounts(3_000, 7, null_share=request.param)


def check(made: Forecast, accounts: pl.DataFrame, horizon: int) -> None:
    n = accounts.height
    for name in MATRICES:
        matrix = getattr(made, name)
        assert matrix.shape == (n, horizon), name
        assert matrix.dtype == np.float32, name
        assert np.isfinite(matrix).all(), name
        assert (matrix >= 0).all(), name
    for name in VECTORS:
        vector = getattr(made, name)
        assert vector.shape == (n,), name
        assert vector.dtype == np.float64, name
        assert np.isfinite(vector).all(), name
        assert (vector >= 0).all(), name
    total, balance = made.cash.sum(axis=1, dtype=np.float64), accounts["balance_fen"].to_numpy()
    slack = 1e-5 * balance + 1e-3
    assert (total <= balance + slack).all()
    assert (made.low <= total + slack).all()
    assert (made.high >= total - slack).all()
    assert (made.high <= balance + slack).all()


@each_route
def test_shape_finite_and_within_the_balance(route: str, any_accounts: pl.DataFrame) -> None:
    curve = random_curve(any_accounts.height, 36, 1)
    check(run(route, any_accounts, curve), any_accounts, 36)


@each_route
@pytest.mark.parametrize("horizon", [1, 2, 7, 60, 120])
def test_any_horizon(route: str, horizon: int) -> None:
    accounts = random_accounts(300, 3, null_share=0.3)
    check(run(route, accounts, random_curve(300, horizon, 2)), accounts, horizon)


@each_route
def test_a_longer_horizon_only_adds_months(route: str) -> None:
    """Cash of the months both see is the same, but for what is counted at the horizon's end (securitisation's residual)."""
    accounts = random_accounts(300, 4, null_share=0.3)
    curve = random_curve(300, 48, 3)
    short, long = run(route, accounts, curve[:, :30].copy()), run(route, accounts, curve)
    np.testing.assert_allclose(short.cash[:, :30], long.cash[:, :30], rtol=1e-4, atol=1.0)


@each_route
@pytest.mark.parametrize("n", [0, 1])
def test_no_account_and_one(route: str, n: int) -> None:
    accounts = random_accounts(1, 5, null_share=0.5).head(n)
    check(run(route, accounts, random_curve(1, 36, 4)[:n]), accounts, 36)


@each_route
def test_nothing_owed_brings_and_costs_nothing(route: str) -> None:
    zero = [pl.lit(0, dtype=pl.Int64).alias(name) for name in ("principal_fen", "interest_fen", "penalty_fen", "fees_fen", "balance_fen")]
    accounts = random_accounts(500, 6, null_share=0.2).with_columns(zero)
    made = run(route, accounts, random_curve(500, 36, 5))
    for name in (*MATRICES, *VECTORS):
        assert not getattr(made, name).any(), name


@each_route
def test_each_account_stands_alone(route: str) -> None:
    """Shuffled, cut or in another batch: an account's forecast is its own. 20,000 rows cross the blocks of the arithmetic."""
    accounts, curve = random_accounts(20_000, 8, null_share=0.3), random_curve(20_000, 12, 6)
    order = np.random.default_rng(9).permutation(20_000)
    whole, shuffled = run(route, accounts, curve), run(route, accounts[order], curve[order])
    part = run(route, accounts[9_000:9_050], curve[9_000:9_050])
    for name in (*MATRICES, *VECTORS):
        np.testing.assert_allclose(getattr(shuffled, name), getattr(whole, name)[order], rtol=1e-5, err_msg=name)
        np.testing.assert_allclose(getattr(part, name), getattr(whole, name)[9_000:9_050], rtol=1e-5, err_msg=name)


@each_route
def test_its_inputs_are_left_as_they_were(route: str) -> None:
    accounts, curve = random_accounts(200, 10, null_share=0.3), random_curve(200, 36, 7)
    frame, copy = accounts.clone(), curve.copy()
    run(route, accounts, curve)
    assert accounts.equals(frame)
    assert (curve == copy).all()
    curve.setflags(write=False)
    run(route, accounts, curve)


@each_route
def test_the_largest_amounts_stay_finite(route: str) -> None:
    most = 9_000_000_000_000_000
    columns = [pl.lit(most // 4, dtype=pl.Int64).alias(name) for name in ("principal_fen", "interest_fen", "penalty_fen", "fees_fen")]
    accounts = random_accounts(200, 11, null_share=0.3).with_columns(
        *columns, pl.lit(most // 4 * 4, dtype=pl.Int64).alias("balance_fen"), pl.lit(most, dtype=pl.Int64).alias("collateral_value_fen")
    )
    check(run(route, accounts, random_curve(200, 36, 8)), accounts, 36)


@each_route
def test_it_summarises(route: str) -> None:
    accounts = random_accounts(500, 12, null_share=0.3)
    summary = summarise(run(route, accounts, random_curve(500, 36, 9)), annual_rate=0.08)
    assert summary.height == 500
    assert summary["net_value_fen"].is_finite().all()


def test_every_route_name_is_a_route() -> None:
    assert set(FORECASTS) < set(ROUTE_NAMES)
