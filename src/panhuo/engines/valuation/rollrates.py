"""Roll rates: what share of accounts of one status stand in another a month later, by count and by money, and where that leads.

The estimate is the cohort count: of those in a status at one month's end who have a record a month later, the share in each status then (the maximum likelihood
estimate of a Markov chain observed at equal steps: Anderson and Goodman, 1957). Intervals are Wilson's (1927), of the counts. Absorbing statuses (paid, charged off) are
kept for good, whatever the records say after them. A month without a record is a gap: nothing is counted across it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

Matrix = npt.NDArray[np.float64]
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class RollRates:
    """ladder: statuses, the best first. table: a row for each group, ``status`` and ``next``: ``count``, ``rate`` (of counts), ``low`` and ``high`` (95 %), and with
    balances ``exposure`` (that stood in ``status``) and ``exposure_rate``. groups: names of the group columns, which stand first. gaps: records without one a month
    later, the last month's left out. outside: records whose status is not on the ladder."""

    ladder: tuple[str, ...]
    absorbing: tuple[str, ...]
    groups: tuple[str, ...]
    table: pl.DataFrame
    gaps: int
    outside: int

    def matrix(self, group: Mapping[str, str] | None = None, *, by_exposure: bool = False) -> Matrix:
        """(k, k), each row adding up to 1: of one group, or of all together. A status that nobody was in stays where it is."""
        some = self.table
        for name, value in (group or {}).items():
            some = some.filter(pl.col(name) == value)
        weight = "exposure" if by_exposure else "count"
        at = {status: k for k, status in enumerate(self.ladder)}
        out = np.zeros((len(self.ladder), len(self.ladder)))
        for status, later, amount in some.group_by("status", "next").agg(pl.col(weight).sum()).iter_rows():
            out[at[status], at[later]] = amount
        for status in self.absorbing:
            out[at[status]] = 0.0
        empty = out.sum(axis=1) == 0
        out[empty, empty] = 1.0
        return out / out.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def roll_rates(
    panel: pl.DataFrame,
    *,
    entity: str,
    month: str,
    status: str,
    ladder: Sequence[str],
    absorbing: Sequence[str] = (),
    by: Sequence[str] = (),
    balance: str | None = None,
) -> RollRates:
    """panel: a row a borrower and month. entity, month, status, by, balance: its columns; month is a whole number that rises by one a month. ladder: statuses, the
    best first. balance: owed at the month's end. Raises InputUnusable for a column that is absent, months that are no whole numbers, a borrower with two records
    of one month, and a panel in which no month follows another."""
    _check(panel, [entity, month, status, *by, *([balance] if balance else [])], ladder, absorbing)
    known = panel.select(
        pl.col(entity).alias("__of"),
        pl.col(month).cast(pl.Int64, strict=False).alias("__month"),
        pl.col(status).cast(pl.String).alias("__now"),
        *(pl.col(name).cast(pl.String).fill_null("").alias(name) for name in by),
        (pl.col(balance).cast(pl.Float64) if balance else pl.lit(0.0)).fill_null(0.0).alias("__owed"),
    )
    if known["__month"].null_count():
        raise _unusable(
            f"{month} 列有不是整数的月份",
            f"{month} holds months that are no whole numbers",
            "每月加一的整数，如 2026*12+10",
            "whole numbers that rise by one a month",
        )
    twice = known.select("__of", "__month").is_duplicated().sum()
    if twice:
        raise _unusable(
            f"有 {twice:,} 条记录的借款人与月份重复",
            f"{twice:,} record(s) repeat a borrower and month",
            "每个借款人每月一条",
            "give one a borrower and month",
        )
    outside = int((~known["__now"].is_in(list(ladder))).fill_null(value=True).sum())
    on = known.filter(pl.col("__now").is_in(list(ladder)))
    later = on.select("__of", (pl.col("__month") - 1).alias("__month"), pl.col("__now").alias("__next"))
    moved = on.filter(~pl.col("__now").is_in(list(absorbing))).join(later, on=["__of", "__month"], how="left")
    last = known["__month"].max()
    gaps = moved.filter(pl.col("__next").is_null() & (pl.col("__month") < last)).height
    steps = moved.drop_nulls("__next")
    if not steps.height:
        raise _unusable(
            "没有相邻两个月的记录", "no record is followed by one a month later", "至少给出连续两个月", "give two months in a row at least"
        )
    counted = steps.group_by(*by, "__now", "__next").agg(pl.len().cast(pl.Int64).alias("count"), pl.col("__owed").sum().alias("exposure"))
    totals = counted.group_by(*by, "__now").agg(pl.col("count").sum().alias("__n"), pl.col("exposure").sum().alias("__owed"))
    joined = counted.join(totals, on=[*by, "__now"], how="left")
    low, high = _wilson(pl.col("count"), pl.col("__n"))
    order = {name: k for k, name in enumerate(ladder)}
    table = (
        joined.with_columns(
            rate=pl.col("count") / pl.col("__n"),
            low=low,
            high=high,
            exposure_rate=pl.when(pl.col("__owed") > 0).then(pl.col("exposure") / pl.col("__owed")),
        )
        .rename({"__now": "status", "__next": "next"})
        .sort(*by, pl.col("status").replace_strict(order, return_dtype=pl.Int64), pl.col("next").replace_strict(order, return_dtype=pl.Int64))
        .select(*by, "status", "next", "count", "rate", "low", "high", *(("exposure", "exposure_rate") if balance else ()))
    )
    return RollRates(tuple(ladder), tuple(absorbing), tuple(by), table, gaps, outside)


def forward(matrix: Matrix, start: npt.NDArray[np.float64], months: int) -> Matrix:
    """(months + 1, k): what stands in each status after 0, 1, ... months, if the rates stay as they are. start: (k,) counts or amounts."""
    out = np.empty((months + 1, len(start)))
    out[0] = start
    for k in range(months):
        out[k + 1] = out[k] @ matrix
    return out


def ends(matrix: Matrix, absorbing: Sequence[int]) -> Matrix:
    """(k, absorbing): the chance of each status to end in each absorbing one, at last: (I - Q)^-1 R (Kemeny and Snell, 1960). A status from which none is reached: zeros."""
    size = len(matrix)
    kept = [k for k in range(size) if k not in set(absorbing)]
    out = np.zeros((size, len(absorbing)))
    for at, k in enumerate(absorbing):
        out[k, at] = 1.0
    reaching = _reaching(matrix, absorbing)
    inner = [k for k in kept if k in reaching]
    if inner:
        # what leaves for a status that never ends is lost to the ends, so the system stays solvable
        q, r = matrix[np.ix_(inner, inner)], matrix[np.ix_(inner, list(absorbing))]
        out[inner] = np.linalg.solve(np.eye(len(inner)) - q, r)
    return out


def forward_loss(matrix: Matrix, owed: npt.NDArray[np.float64], *, lost: int, months: int) -> npt.NDArray[np.float64]:
    """(months,): of what is owed now by status, how much of it newly stands in ``lost`` in each month, balances staying as they are."""
    standing: npt.NDArray[np.float64] = np.diff(forward(matrix, owed, months)[:, lost])
    return standing


def _reaching(matrix: Matrix, absorbing: Sequence[int]) -> set[int]:
    found = set(absorbing)
    while more := {int(k) for k in np.flatnonzero(matrix[:, sorted(found)].sum(axis=1) > 0)} - found:
        found |= more
    return found


def _wilson(count: pl.Expr, total: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    share, z2 = count / total, _Z**2
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z / (1 + z2 / total) * (share * (1 - share) / total + z2 / (4 * total**2)).sqrt()
    return (middle - half).clip(0.0, 1.0), (middle + half).clip(0.0, 1.0)


def _check(panel: pl.DataFrame, columns: Sequence[str], ladder: Sequence[str], absorbing: Sequence[str]) -> None:
    lacking = [name for name in columns if name not in panel.columns]
    if lacking:
        raise _unusable(
            f"缺少列 {'、'.join(lacking)}",
            f"lacks the column(s) {', '.join(lacking)}",
            f"现有：{'、'.join(panel.columns[:20])}",
            f"there are: {', '.join(panel.columns[:20])}",
        )
    if len(set(ladder)) < len(ladder) or len(ladder) < 2 or not set(absorbing) <= set(ladder):
        raise _unusable(
            "状态阶梯须有两个以上不同的状态，终态须在其中",
            "the ladder wants two different statuses or more, and the absorbing ones among them",
            "按从好到坏列出全部状态",
            "list all statuses, the best first",
        )


def _unusable(zh: str, en: str, remedy_zh: str, remedy_en: str) -> InputUnusable:
    return InputUnusable("ROLL_RATES_UNUSABLE", Words(zh, en), where="panel", remedy=Words(remedy_zh, remedy_en))
