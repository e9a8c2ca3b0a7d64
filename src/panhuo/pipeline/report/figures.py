"""The figures the page shows beyond those it is given: rows in reading order, the numbers behind each chart, what the sentences need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from panhuo.kernel.calendar import BUCKETS
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.pipeline.report.data import LimitLine, Obstacles, ReportData
from panhuo.pipeline.report.wording import NONE, OTHERS

_NO_ACCOUNT = ("TOTAL_ROW", "HEADER_ROW", "PRINTED_ROW")
SHOWN = 15
"""Rows of the breakdown by region; the rest is summed up in one."""


@dataclass(frozen=True, slots=True)
class Figures:
    """breakdowns: rows by dimension. quarters, months: ``{period, routes: {route: fen}, total}``. mix: ``{bucket, routes: {route: fen}, total}``.
    overdue_fen: the balance that is overdue. binding: limits with a price, the one that is worth most as a whole first. no_accounts: rejected rows that are totals, headings or lines of the printing, with
    nothing to correct. half_month: by when half of the plan's cash is in; None without cash."""

    breakdowns: dict[str, list[dict[str, Any]]]
    left_out: int
    quarters: list[dict[str, Any]]
    months: list[dict[str, Any]]
    mix: list[dict[str, Any]]
    mix_routes: list[str]
    routes_used: list[str]
    binding: list[LimitLine]
    unused: list[Obstacles]
    cash_total: float
    first_year: float
    half_month: int | None
    plan_recovery: float
    cost: float
    net_value: float
    overdue_fen: int
    no_accounts: int


def figures(data: ReportData) -> Figures:
    """Everything the template reads besides the data itself."""
    routes = data.summary["routes"]
    months = periods(data.cash, 1)
    mix = _mix(data.mix)
    total = sum(month["total"] for month in months)
    half, running = None, 0.0
    for month in months:
        running += month["total"]
        if total > 0 and running >= total / 2:
            half = month["period"]
            break
    return Figures(
        breakdowns={dimension: rows(data, dimension) for dimension in ("bucket", "product", "province")},
        left_out=max(0, data.portfolio["province"].height - SHOWN),
        quarters=periods(data.cash, 3),
        months=months,
        mix=mix,
        mix_routes=[name for name in (*ROUTE_NAMES, NONE) if any(name in row["routes"] for row in mix)],
        routes_used=sorted((name for name in routes if routes[name]["accounts"]), key=lambda name: -routes[name]["net_value_fen"]),
        binding=sorted((line for line in data.limits if line.price_fen > 0), key=lambda line: -line.worth_fen),
        unused=[route for route in data.obstacles if not route.chosen],
        cash_total=total,
        first_year=sum(month["total"] for month in months if month["period"] <= 12),
        half_month=half,
        plan_recovery=_over_routes(routes, "expected_recovery_fen"),
        cost=_over_routes(routes, "cost_fen"),
        net_value=_over_routes(routes, "net_value_fen"),
        overdue_fen=int(data.portfolio["bucket"].filter(pl.col("key") != BUCKETS[0])["balance_fen"].sum()),
        no_accounts=min(data.summary["rows_rejected"], int(data.rejects.filter(pl.col("code").is_in(_NO_ACCOUNT))["rows"].sum())),
    )


def rows(data: ReportData, dimension: str) -> list[dict[str, Any]]:
    """A breakdown in reading order: buckets by age, the others by balance, what is not listed summed up at the end."""
    frame = data.portfolio[dimension]
    if dimension == "bucket":
        return frame.sort(pl.col("key").replace_strict(list(BUCKETS), range(len(BUCKETS)), default=99)).to_dicts()
    frame = frame.sort("balance_fen", "key", descending=[True, False])
    if dimension == "province" and frame.height > SHOWN:
        rest = frame[SHOWN:].select(pl.lit(OTHERS).alias("key"), pl.exclude("key").sum())
        frame = pl.concat([frame[:SHOWN], rest])
    return frame.to_dicts()


def periods(cash: pl.DataFrame, months: int) -> list[dict[str, Any]]:
    """Cash by stretch of so many months and by route."""
    stretch = cash.with_columns(period=(pl.col("month") - 1) // months + 1).group_by("period", "route").agg(pl.col("cash_fen").sum())
    return _table(stretch, "period", "cash_fen", sorted(stretch["period"].unique().to_list()))


def _mix(mix: pl.DataFrame) -> list[dict[str, Any]]:
    owed = mix.filter(pl.col("balance_fen") > 0)
    present = set(owed["bucket"].to_list())
    return _table(owed, "bucket", "balance_fen", [name for name in BUCKETS if name in present])


def _table(frame: pl.DataFrame, key: str, value: str, keys: Sequence[Any]) -> list[dict[str, Any]]:
    out = []
    for name in keys:
        part = frame.filter(pl.col(key) == name)
        routes = dict(zip(part["route"], part[value], strict=True))
        out.append({key: name, "routes": routes, "total": sum(routes[route] for route in sorted(routes))})
    return out


def _over_routes(routes: dict[str, dict[str, float]], name: str) -> float:
    return sum(part[name] for part in routes.values())
