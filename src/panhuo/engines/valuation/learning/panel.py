"""A panel of months made into rows that know their own past: what stood in a column so many months earlier, and, for the outcome alone, later.

Only whole months back are looked up, by borrower and month, so a row knows nothing that came after it; a month without a record is a gap and not the month
before it. Columns of later months end in ``_a1``, ``_a2``... and no feature may name one.
"""

from __future__ import annotations

import polars as pl

from panhuo.engines.valuation.learning.specification import Specification


def with_months(frame: pl.DataFrame, specification: Specification) -> pl.DataFrame:
    """``frame`` with the panel's columns beside its own, in its own order. Of two records of one borrower and month the first counts as the others' past."""
    panel = specification.panel
    if panel is None:
        return frame
    keys = [panel.entity, panel.month]
    once = frame.select(*keys, *panel.columns).unique(keys, keep="first", maintain_order=True)
    out = frame
    for months, suffix in ((range(1, panel.back + 1), "b"), (range(1, panel.ahead + 1), "a")):
        for k in months:
            moved = once.with_columns((pl.col(panel.month) + (k if suffix == "b" else -k)).alias(panel.month))
            renamed = moved.rename({name: named(name, suffix, k) for name in panel.columns})
            out = out.join(renamed, on=keys, how="left", maintain_order="left")
    first = once.group_by(panel.entity).agg(pl.col(panel.month).min().alias("__first"))
    seen = out.join(first, on=panel.entity, how="left", maintain_order="left")["__first"]
    return out.with_columns((pl.col(panel.month) - seen).alias(panel.seen))


def named(column: str, suffix: str, months: int) -> str:
    return f"{column}_{suffix}{months}"
