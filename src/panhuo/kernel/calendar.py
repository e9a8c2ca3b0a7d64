"""Dates as columns: overdue months (buckets) and month arithmetic. The clock is always an argument."""

from __future__ import annotations

import calendar
import datetime as dt

import polars as pl

DAYS_PER_BUCKET = 30
BUCKETS = (*(f"M{k}" for k in range(13)), "M12+")
"""M0 = not overdue; M1 = 1-30 days; M2 = 31-60; ... M12 = 331-360; M12+ = more than 360 days."""

FIRST_CUT_OFF, LAST_CUT_OFF = dt.date(1995, 7, 1), dt.date(2099, 12, 31)
"""Cut-off dates that can be meant: since the Commercial Bank Law came into force, and in this century."""


def bucket_index(overdue_days: pl.Expr) -> pl.Expr:
    """0 for not overdue, k for days in (30(k-1), 30k], 13 beyond 360 days. Null stays null."""
    return ((overdue_days.clip(lower_bound=0) + DAYS_PER_BUCKET - 1) // DAYS_PER_BUCKET).clip(upper_bound=13).cast(pl.Int8)


def bucket(overdue_days: pl.Expr) -> pl.Expr:
    """The bucket's name, as an Enum so that it sorts by age."""
    return pl.lit(pl.Series("bucket", BUCKETS, dtype=pl.Enum(BUCKETS))).gather(bucket_index(overdue_days))


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day ``months`` later, or the month's last day where there is none (31 Jan + 1 = 28/29 Feb)."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month0 + 1, min(day.day, calendar.monthrange(year, month0 + 1)[1]))
