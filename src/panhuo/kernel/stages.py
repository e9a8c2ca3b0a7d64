"""Age of arrears as an index, and figures that change with it.

The trade quotes everything by stage: M1 recovers so much, M12+ costs so much commission. Here a stage is its number of months
overdue, k = ceil(days / 30), so that an account at k is at k + m - 1 in month m of a forecast; figures are step functions of k.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pydantic

from panhuo.kernel.calendar import BUCKETS, DAYS_PER_BUCKET
from panhuo.kernel.documents import Document, refuse
from panhuo.kernel.tables import filled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LAST_BUCKET = len(BUCKETS) - 1
OLDEST = 360
"""Months overdue beyond which nothing changes any more (30 years)."""

_STAGE = re.compile(r"M(\d{1,3})(\+?)")


def months_overdue(accounts: pl.DataFrame, *, written_off_as_old: bool = True) -> Ints:
    """(n,) months overdue, 0 = not overdue, at most ``OLDEST``; 13 is the bucket M12+.

    written_off_as_old: an account that is written off counts as at least 13, since the published recovery of written-off
    accounts is that of M12+. ``written_off`` may be absent or null (then not written off).
    """
    days = filled(accounts["overdue_days"], 0).to_numpy().astype(np.int64)
    months: Ints = np.clip((days + DAYS_PER_BUCKET - 1) // DAYS_PER_BUCKET, 0, OLDEST)
    if written_off_as_old and "written_off" in accounts.columns:
        written_off = filled(accounts["written_off"], value=False).to_numpy()
        months = np.where(written_off, np.maximum(months, LAST_BUCKET), months)
    return months


class ByStage(Document):
    """A figure by stage: ``values: {M0: 0.9, M2: 0.4}`` holds 0.9 for M0 and M1 and 0.4 from M2 on.

    ``M12+`` is the thirteenth month; higher numbers (``M25``) split it further. M0 must be given.
    """

    values: dict[str, float]
    source: str
    certainty: str = "house"

    @pydantic.field_validator("values")
    @classmethod
    def _readable(cls, values: dict[str, float]) -> dict[str, float]:
        steps: dict[int, str] = {}
        for name, value in values.items():
            month = _month(name)
            if month is None or month > OLDEST:
                raise refuse(f"{name} 不是账龄，应为 M0 至 M{OLDEST} 或 M12+", f"{name} is not a stage: M0 to M{OLDEST} or M12+")
            if month in steps:
                raise refuse(f"{steps[month]} 与 {name} 是同一账龄", f"{steps[month]} and {name} are the same stage")
            if not abs(value) <= 1e6:  # no calls, minutes, odds or rates are more
                raise refuse(f"{name} 的值不是有限数或过大", f"the value at {name} is not a finite number, or beyond belief")
            steps[month] = name
        if 0 not in steps:
            raise refuse("缺少 M0 的值", "the value at M0 is missing")
        return values

    def table(self, size: int) -> Floats:
        """(size,) the figure at 0, 1, ... size - 1 months overdue."""
        steps = sorted((month, value) for name, value in self.values.items() if (month := _month(name)) is not None)
        starts = np.array([month for month, _ in steps])
        figures = np.array([value for _, value in steps], dtype=np.float64)
        table: Floats = figures[np.searchsorted(starts, np.arange(size), side="right") - 1]
        return table

    def refuse_outside(self, low: float, high: float, *, open_ends: bool = False) -> ByStage:
        """Itself, or the error for a validator to raise if any value leaves [low, high] (or (low, high))."""
        for name, value in self.values.items():
            inside = low < value < high if open_ends else low <= value <= high
            if not inside:
                left, right = ("(", ")") if open_ends else ("[", "]")
                span = f"{left}{low:g}, {high:g}{right}"
                raise refuse(f"{name} 的值 {value:g} 不在 {span} 内", f"{value:g} at {name} is outside {span}")
        return self


def _month(name: Any) -> int | None:
    match = _STAGE.fullmatch(str(name))
    if match is None:
        return None
    month = int(match.group(1))
    if match.group(2):
        return LAST_BUCKET if month == LAST_BUCKET - 1 else None
    return month


def paths(table: npt.NDArray[Any], start: Ints, horizon: int) -> npt.NDArray[np.float32]:
    """(n, horizon) float32: the figure in month 1, 2, ... for accounts that start at ``start`` months overdue.

    ``table`` is by months overdue and at least max(start) + horizon long: whole rows are copied, not single cells.
    """
    if horizon < 1 or start.size == 0:
        return np.empty((start.size, max(horizon, 0)), dtype=np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(table.astype(np.float32), horizon)
    return windows[start]
