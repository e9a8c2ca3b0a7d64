"""How long an account is overdue, and what its dates say against each other.

Two statements are read: the day count and the first day of the present arrears. Where both stand and differ by more than a day
the date wins: it is an event of the contract, while a day count ages with every export. Where neither stands, the count comes from the
maturity (unpaid after the last due date is overdue at least since then) or the write-off (no claim is written off before it is overdue), whichever was first, else
from the five-category class (the fewest days the 2023 classification measures allow for it; written off is loss), else it is 0 with a warning.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from panhuo.engines.intake.clean_batch import Batch, put

TOLERANCE_DAYS: Final = 1
"""Some count the first day, some do not."""

GRACE_DAYS: Final = 31
"""By which a loan may be past its maturity and less overdue: a last instalment a month later, days of grace."""

_LONG_OVERDUE: Final = ("doubtful", "loss")
"""Who keeps to a new agreement may stay substandard for half a year without a day past due; not worse."""

CLASS_DAYS: Final = {"substandard": 91, "doubtful": 271, "loss": 361}
"""商业银行金融资产风险分类办法 (2023): over 90, 270 and 360 days."""


def check_arrears(batch: Batch) -> None:
    """Leaves ``overdue_days`` without nulls and ``overdue_since`` in agreement with it."""
    origination, maturity = batch.col("origination_date"), batch.col("maturity_date")
    if batch.has("origination_date") and batch.has("maturity_date"):
        batch.note("MATURITY_BEFORE_ORIGINATION", "maturity_date", pl.col("maturity_date") < pl.col("origination_date"), out=True)
    if batch.has("origination_date") and batch.has("overdue_since"):
        batch.note("OVERDUE_BEFORE_ORIGINATION", "overdue_since", pl.col("overdue_since") < origination, out=True)
    if batch.has("overdue_since"):
        counted = (pl.lit(batch.as_of) - pl.col("overdue_since")).dt.total_days().cast(pl.Int32)
        batch.set(__counted=counted)
        if batch.has("overdue_days"):
            _take_back_bands(batch)
            batch.note("OVERDUE_CONTRADICTION", "overdue_days", (pl.col("overdue_days") - pl.col("__counted")).abs() > TOLERANCE_DAYS)
            apart = (pl.col("overdue_days") - pl.col("__counted")).abs() > TOLERANCE_DAYS
            batch.set(overdue_days=pl.when(apart).then(pl.col("__counted")).otherwise(pl.coalesce("overdue_days", "__counted")))
        else:
            batch.set(overdue_days=pl.col("__counted"))
        batch.frame = batch.frame.drop("__counted")
    if not batch.has("overdue_days"):
        batch.set(overdue_days=pl.lit(None, dtype=pl.Int32))
    in_band = np.zeros(batch.frame.height, dtype=bool)
    in_band[batch.notes.codes("overdue_days").get("OVERDUE_FROM_BAND", np.zeros(0, dtype=np.int64))] = True
    banded = pl.lit(pl.Series(in_band))
    _doubt(batch, maturity, banded)
    assumed = _from_elsewhere(batch, maturity) if batch.frame["overdue_days"].null_count() else pl.lit(value=False)
    dated = (pl.col("overdue_days") > 0) & batch.col("overdue_since").is_null() & ~assumed & ~banded
    batch.set(overdue_since=pl.when(dated).then(pl.lit(batch.as_of) - pl.duration(days=pl.col("overdue_days"))).otherwise(batch.col("overdue_since")))


def _take_back_bands(batch: Batch) -> None:
    """Where the first day of arrears stands beside a band, it says more: the band is no statement of its own, unless the date has less than its fewest days."""
    at = batch.notes.codes("overdue_days").get("OVERDUE_FROM_BAND")
    if at is None:
        return
    counted, least = batch.frame["__counted"].gather(at), batch.frame["overdue_days"].gather(at)
    better = at[(counted >= least).fill_null(value=False).to_numpy()]
    batch.notes.take_back("OVERDUE_FROM_BAND", "overdue_days", better)
    batch.frame = batch.frame.with_columns(put(batch.frame["overdue_days"], better, batch.frame["__counted"].gather(better)))


def _doubt(batch: Batch, maturity: pl.Expr, banded: pl.Expr) -> None:
    """Stated days that the maturity or the class contradicts stay as they are, whether counted or dated: they may be an extension the tape does not show. A band
    states no days."""
    stated = pl.col("overdue_days")
    if batch.has("maturity_date"):
        since = (pl.lit(batch.as_of) - maturity).dt.total_days()
        card = batch.col("product").cast(pl.String).is_in(["credit_card"]).fill_null(value=False)  # its maturity is that of the plastic
        batch.note(
            "MATURITY_PASSED",
            "overdue_days",
            (since > stated + GRACE_DAYS) & (pl.col("principal_fen") > 0) & ~card & ~banded,
        )
    if batch.has("five_class"):
        batch.note("CLASS_WITHOUT_ARREARS", "overdue_days", (stated == 0) & pl.col("five_class").cast(pl.String).is_in(_LONG_OVERDUE))


def _from_elsewhere(batch: Batch, maturity: pl.Expr) -> pl.Expr:
    """Fills ``overdue_days`` where nothing states it; returns where the days are only assumed, so that no date follows from them."""
    as_of, off_on = pl.lit(batch.as_of), batch.col("written_off_on")
    off = batch.col("written_off").fill_null(off_on.is_not_null())
    named = batch.col("five_class").cast(pl.String)
    batch.set(
        __past=((maturity < as_of) & (pl.col("balance_fen") > 0)).fill_null(value=False),
        __off=((off_on < as_of) & off & (maturity.is_null() | (off_on < maturity))).fill_null(value=False),
        __class=pl.when(named.is_in(list(CLASS_DAYS))).then(named).when(off).then(pl.lit("loss")),
    )
    unknown = pl.col("overdue_days").is_null()
    from_off = unknown & pl.col("__off")
    past = unknown & ~pl.col("__off") & pl.col("__past")
    classed = unknown & ~pl.col("__off") & ~pl.col("__past") & pl.col("__class").is_not_null()
    masks = batch.frame.select(off=from_off, past=past, classed=classed, unknown=unknown & ~from_off & ~past & ~classed)
    for column, code in (
        ("off", "OVERDUE_FROM_WRITE_OFF"),
        ("past", "OVERDUE_FROM_MATURITY"),
        ("classed", "OVERDUE_FROM_CLASS"),
        ("unknown", "OVERDUE_UNKNOWN"),
    ):
        batch.notes.add_where(code, "overdue_days", masks[column])
    batch.set(
        overdue_days=pl.when(from_off)
        .then((as_of - off_on).dt.total_days().cast(pl.Int32))
        .when(past)
        .then((as_of - maturity).dt.total_days().cast(pl.Int32))
        .when(classed)
        .then(pl.col("__class").replace_strict(CLASS_DAYS, default=0, return_dtype=pl.Int32))
        .otherwise(pl.col("overdue_days").fill_null(0)),
    )
    batch.frame = batch.frame.drop("__past", "__off", "__class")
    return pl.lit(masks["classed"] | masks["off"])
