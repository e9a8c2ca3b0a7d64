"""Values that no account can have: dates outside the possible, amounts and counts below zero or beyond reason.

Each column's smallest and largest value is looked at first, all columns in one query; only a column that breaks its bounds is
searched for the rows that do.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.rules import ABSURD_FEN, BALANCE_PARTS

EARLIEST: Final = dt.date(1949, 1, 1)
EARLIEST_BIRTH: Final = dt.date(1900, 1, 1)
LATEST: Final = dt.date(2100, 12, 31)
RATE_MAX: Final = 5.0
"""500 % a year."""

COUNT_MAX: Final = 1_000_000
DAYS_MAX: Final = 36_525
_COUNT_BOUNDS: Final = {"overdue_days": (-DAYS_MAX, DAYS_MAX), "term_months": (0, 1_200), "age": (0, 150), "seizure_rank": (0, 1_000)}


def check_ranges(batch: Batch) -> None:
    """Notes what is out of range, and takes the value out unless it is a part of the balance (then the row is out)."""
    dates, amounts = batch.present("date"), batch.present("money")
    rates, counts = batch.present("rate"), [*batch.present("integer"), *batch.present("number")]
    columns = [*dates, *amounts, *rates, *counts]
    if not columns or not batch.frame.height:
        return
    extremes = batch.frame.select(e for c in columns for e in (pl.col(c).min().alias(f"{c}\0min"), pl.col(c).max().alias(f"{c}\0max"))).row(
        0, named=True
    )
    for name in dates:
        _date(batch, name, extremes[f"{name}\0min"], extremes[f"{name}\0max"])
    for name in amounts:
        _amount(batch, name, extremes[f"{name}\0min"], extremes[f"{name}\0max"])
    for name in rates:
        if _outside(extremes[f"{name}\0min"], extremes[f"{name}\0max"], 0, RATE_MAX):
            batch.note("RATE_ABSURD", name, ~pl.col(name).is_between(0, RATE_MAX), out=True)
    for name in counts:
        lowest, highest = _COUNT_BOUNDS.get(name, (0, COUNT_MAX))
        if _outside(extremes[f"{name}\0min"], extremes[f"{name}\0max"], lowest, highest):
            batch.note("NUMBER_OUT_OF_RANGE", name, ~pl.col(name).is_between(lowest, highest), out=True)
    if batch.has("overdue_days") and (extremes["overdue_days\0min"] or 0) < 0:
        batch.note("OVERDUE_NEGATIVE", "overdue_days", pl.col("overdue_days") < 0)
        batch.set(overdue_days=pl.col("overdue_days").clip(lower_bound=0))


def _date(batch: Batch, name: str, low: dt.date | None, high: dt.date | None) -> None:
    if low is None or high is None:
        return
    first = EARLIEST_BIRTH if name == "birth_date" else EARLIEST
    last = LATEST if name == "maturity_date" else batch.as_of
    if low < first:
        batch.note("DATE_TOO_EARLY", name, pl.col(name) < first, out=True)
    if high > last:
        batch.note("DATE_TOO_LATE" if name == "maturity_date" else "DATE_AFTER_CUTOFF", name, pl.col(name) > last, out=True)


def _amount(batch: Batch, name: str, low: int | None, high: int | None) -> None:
    if low is None or high is None:
        return
    part = name in BALANCE_PARTS
    if high > ABSURD_FEN or low < -ABSURD_FEN:
        batch.note("AMOUNT_ABSURD" if part else "OPTIONAL_AMOUNT_ABSURD", name, pl.col(name).abs() > ABSURD_FEN, out=not part)
    if low < 0:
        code = "NEGATIVE_PRINCIPAL" if name == "principal_fen" else "NEGATIVE_PART" if part else "OPTIONAL_AMOUNT_NEGATIVE"
        if name != "balance_fen":  # judged against its parts
            batch.note(code, name, pl.col(name) < 0, out=not part)


def _outside(low: float | None, high: float | None, lowest: float, highest: float) -> bool:
    return low is not None and high is not None and (low < lowest or high > highest)
