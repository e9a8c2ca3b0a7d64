"""One partition of the portfolio, from cleaned accounts to the forecast of every route: the unit of work of a run.

A pure function of its arguments, so that it runs the same here, on another core or on another machine.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.compliance import Book, Verdicts, classify, judge
from panhuo.engines.valuation import appraise
from panhuo.kernel.routes import ROUTE_NAMES, Curve, Forecast, summarise
from panhuo.pipeline.policy import Policy
from panhuo.pipeline.routes import forecaster

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
ROUTE = pl.Enum(ROUTE_NAMES)
MEASURES = {"staff_minutes": np.float32, "upfront_cost": np.float32, "cost": np.float64, "complaints": np.float32}
"""What limits count besides cases and balance, and how exactly it is kept: costs add up to the fen."""

_ROWS = 50_000
_FEW = 1_000
"""So many accounts are done before threads have begun."""

_TO_WORK = (pl.col("balance_fen") > 0) & (
    (pl.col("overdue_days") > 0) | pl.col("written_off") | pl.col("five_class").is_in(["substandard", "doubtful", "loss"]).fill_null(value=False)
)
"""Accounts that want a route at all: something is owed, and it is overdue, non-performing or written off."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """What stays of a partition for the decision: matrices (n, 12) in the order of ROUTES, and who may take what."""

    account_ids: pl.Series
    balance_fen: npt.NDArray[np.int64]
    worked: npt.NDArray[np.bool_]  # overdue, with a balance
    net_value: Floats
    cash: Floats
    months: Singles
    measures: dict[str, Singles | Floats]
    verdicts: Verdicts


@dataclass(frozen=True, slots=True)
class PartResult:
    """Everything one partition gives."""

    assessed: Assessed
    curve: Curve
    assessments: pl.DataFrame
    forecasts: Sequence[pl.DataFrame]  # a frame a route
    findings: pl.DataFrame


def assess_part(accounts: pl.DataFrame, *, policy: Policy, books: Sequence[Book], as_of: dt.date) -> PartResult:
    """Classify, judge, value and forecast one partition of the canonical account frame."""
    classes = classify(accounts, books, as_of=as_of)
    verdicts = judge(accounts, books, as_of=as_of, facts=policy.lender.facts).data
    curve, assessed = appraise(accounts, policy=policy.valuation, as_of=as_of)
    eligible = verdicts.eligible
    n = accounts.height
    net_value = np.empty((n, len(ROUTE_NAMES)), dtype=np.float64)
    cash, months = np.empty_like(net_value), np.empty_like(net_value, dtype=np.float32)
    measures = {name: np.empty_like(net_value, dtype=kind) for name, kind in MEASURES.items()}
    frames: list[pl.DataFrame] = []

    def one(j: int) -> pl.DataFrame:
        route = ROUTE_NAMES[j]
        summary = pl.concat(_summaries(accounts, curve, route, policy=policy, as_of=as_of))
        rows = _forecast_rows(accounts["account_id"], route, eligible[:, j], verdicts.barring(route), summary)
        # in whole fen as the files have them, so that every total can be added up from the files
        net_value[:, j], cash[:, j], measures["cost"][:, j] = (rows[name].to_numpy() for name in ("net_value_fen", "cash_fen", "cost_fen"))
        months[:, j] = np.nan_to_num(summary["months"].to_numpy())
        measures["staff_minutes"][:, j] = summary["hours"].to_numpy() * 60.0
        measures["upfront_cost"][:, j], measures["complaints"][:, j] = summary["upfront_fen"].to_numpy(), summary["complaints"].to_numpy()
        return rows

    if n <= _FEW:
        frames.extend(map(one, range(len(ROUTE_NAMES))))
    else:  # the loops run without the interpreter's lock, so routes share the cores; one core is left to what runs beside (run.py)
        with ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 1) - 1)) as pool:
            frames.extend(pool.map(one, range(len(ROUTE_NAMES))))
    balance = accounts["balance_fen"].to_numpy()
    worked = accounts.select(_TO_WORK).to_series().to_numpy()
    kept = Assessed(accounts["account_id"], balance, worked, net_value, cash, months, measures, verdicts)
    return PartResult(kept, curve, assessed.data, frames, pl.concat([classes.findings, assessed.findings]))


def forecast_route(accounts: pl.DataFrame, curve: Curve, route: str, *, policy: Policy, as_of: dt.date) -> Forecast:
    """One route's forecast, with its own section of the policy."""
    return forecaster(route)(accounts, curve, policy=getattr(policy.routes, route), as_of=as_of)


def _summaries(accounts: pl.DataFrame, curve: Curve, route: str, *, policy: Policy, as_of: dt.date) -> Iterator[pl.DataFrame]:
    """One route's summary, some rows at a time: matrices of tens of MB would be asked of the system anew for each route, and cost
    more to get than to fill."""
    for first in range(0, max(accounts.height, 1), _ROWS):
        part, shares = accounts.slice(first, _ROWS), curve[first : first + _ROWS]
        yield summarise(forecast_route(part, shares, route, policy=policy, as_of=as_of), annual_rate=policy.discount_rate.value)


def cash_by_month(accounts: pl.DataFrame, curve: Curve, choice: npt.NDArray[np.int16], *, policy: Policy, as_of: dt.date) -> Floats:
    """(12, horizon): expected cash of the chosen routes of one partition, undiscounted, before costs."""
    total = np.zeros((len(ROUTE_NAMES), curve.shape[1]))
    for j, route in enumerate(ROUTE_NAMES):
        rows = np.flatnonzero(choice == j)
        if rows.size:
            total[j] = forecast_route(accounts[rows], curve[rows], route, policy=policy, as_of=as_of).cash.sum(axis=0, dtype=np.float64)
    return total


def _forecast_rows(account_ids: pl.Series, route: str, eligible: npt.NDArray[np.bool_], barred_by: pl.Series, summary: pl.DataFrame) -> pl.DataFrame:
    """One route's rows of ``forecasts.parquet``."""
    fen = ("cash_fen", "cash_discounted_fen", "cost_fen", "net_value_fen", "low_fen", "high_fen")
    return summary.select(
        account_ids.alias("account_id"),
        pl.lit(route, dtype=ROUTE).alias("route"),
        pl.Series("eligible", eligible),
        barred_by.alias("barred_by"),
        *(pl.col(name).round(mode="half_away_from_zero").cast(pl.Int64) for name in fen),
        pl.col("hours").cast(pl.Float32),
        pl.col("months").cast(pl.Float32),
    )
