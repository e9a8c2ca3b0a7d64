"""The ways out of a bad loan, and what every route's forecast answers.

A route is the socket of the house: each is one small file with ``forecast(accounts, curve, *, policy, as_of) -> Forecast``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.kernel.words import Words

Floats = npt.NDArray[np.float64]
Curve = npt.NDArray[np.float32]
"""(n, horizon): share of the balance expected in each coming month under ordinary in-house work."""


@dataclass(frozen=True, slots=True)
class Route:
    """``name`` is the code used in every file, table and limit."""

    name: str
    words: Words


ROUTES: tuple[Route, ...] = (
    Route("in_house", Words("自营催收", "in-house collection")),
    Route("agency", Words("委外催收", "agency collection")),
    Route("mediation", Words("调解", "mediation")),
    Route("arbitration", Words("仲裁", "arbitration")),
    Route("litigation", Words("诉讼", "litigation")),
    Route("rescheduling", Words("重组展期", "rescheduling")),
    Route("debt_to_equity", Words("债转股", "debt-to-equity")),
    Route("collateral_sale", Words("抵押物处置", "collateral sale")),
    Route("batch_transfer", Words("批量转让", "batch transfer")),
    Route("income_right_transfer", Words("收益权转让", "income-right transfer")),
    Route("securitisation", Words("不良资产证券化", "securitisation")),
    Route("write_off", Words("核销", "write-off")),
)
ROUTE_NAMES: tuple[str, ...] = tuple(r.name for r in ROUTES)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one route would bring on n accounts, all in expectation and in fen unless said otherwise.

    cash: (n, horizon) received by the holder of the claim in month 1, 2, ... after the cut-off, before costs.
    upfront_cost: (n,) paid at the start (fees, set-up). running_cost: (n, horizon) paid as it goes (commission, staff time).
    staff_minutes: (n,) of the holder's own people. complaints: (n,) expected justified complaints.
    low, high: (n,) the cash in a bad and a good case (10th and 90th percentile), undiscounted.
    """

    cash: Curve
    upfront_cost: Floats
    running_cost: Curve
    staff_minutes: Floats
    complaints: Floats
    low: Floats
    high: Floats


class RouteForecaster(Protocol):
    """The signature each route file's ``forecast`` has. ``policy`` is the route's own section of the policy file."""

    def __call__(self, accounts: pl.DataFrame, curve: Curve, *, policy: Any, as_of: dt.date) -> Forecast: ...


def discount_factors(annual_rate: float, horizon: int) -> Floats:
    """Factor for cash received in the middle of month 1..horizon: (1 + r) ** -((m - 0.5) / 12)."""
    months = np.arange(1, horizon + 1, dtype=np.float64) - 0.5
    factors: Floats = (1.0 + annual_rate) ** (-months / 12.0)
    return factors


def summarise(forecast: Forecast, *, annual_rate: float) -> pl.DataFrame:
    """The columns of one route's part of ``forecasts.parquet``: amounts in fen, ``months`` the mean time to cash."""
    from panhuo.kernel.curve_kernels import totals

    n, horizon = forecast.cash.shape
    sums = np.empty((4, n))
    totals(np.ascontiguousarray(forecast.cash), np.ascontiguousarray(forecast.running_cost), discount_factors(annual_rate, horizon), sums)
    cash, discounted, weighted, running = sums
    cost = forecast.upfront_cost + running
    months = np.divide(weighted, cash, out=np.full_like(cash, np.nan), where=cash > 0)
    return pl.DataFrame(
        {
            "cash_fen": cash,
            "cash_discounted_fen": discounted,
            "cost_fen": cost,
            "net_value_fen": discounted - cost,
            "hours": forecast.staff_minutes / 60.0,
            "months": pl.Series(months, nan_to_null=True),
            "low_fen": forecast.low,
            "high_fen": forecast.high,
            "upfront_fen": forecast.upfront_cost,
            "complaints": forecast.complaints,
        }
    )
