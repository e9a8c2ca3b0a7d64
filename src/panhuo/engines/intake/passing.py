"""What changes in an account because the cut-off date moved and nothing else happened: told apart, since it happens to every account that stayed overdue."""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.kernel.calendar import bucket

FIELDS: Final = ("overdue_days", "bucket", "age")
LATER: Final = "\0"
"""Behind a column's name: its value in the later version."""


def by_time(days: int) -> dict[str, pl.Expr]:
    """For each of ``FIELDS`` whether its change follows from a cut-off that moved by ``days`` (backwards if negative), over the columns of both
    versions: one more day past due for each, the bucket of these days, a birthday. Days that stand still are an event: an instalment was paid, or nobody
    counted."""
    older = (pl.col(f"overdue_days{LATER}") - pl.col("overdue_days") == days) & (pl.col("overdue_days") > 0) & (pl.col(f"overdue_days{LATER}") > 0)
    of_days = (pl.col("bucket") == bucket(pl.col("overdue_days"))) & (pl.col(f"bucket{LATER}") == bucket(pl.col(f"overdue_days{LATER}")))
    birthdays = (pl.col(f"age{LATER}") - pl.col("age")) * (1 if days >= 0 else -1)
    same_birth = pl.col("birth_date").eq_missing(pl.col(f"birth_date{LATER}"))
    true = {
        "overdue_days": older,
        "bucket": older & of_days,
        "age": same_birth & birthdays.is_between(1, abs(days) // 365 + 1),
    }
    return {name: (pl.lit(days != 0) & true[name]).fill_null(value=False) for name in FIELDS}
