"""Random accounts for valuation tests: every column of the canonical frame, a fifth of what may be null null."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from panhuo.kernel.calendar import bucket
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import ACCOUNT

AS_OF = dt.date(2026, 10, 31)


def _column(field: Field, n: int, rng: np.random.Generator) -> pl.Series:
    dtype = field.dtype
    if isinstance(dtype, pl.Enum):
        values = pl.Series(dtype.categories, dtype=dtype).gather(rng.integers(0, len(dtype.categories), n))
    elif dtype == pl.Boolean():
        values = pl.Series(rng.random(n) < 0.1)
    elif dtype == pl.Date():
        values = pl.Series(np.datetime64(AS_OF) - rng.integers(-5, 2000, n).astype("timedelta64[D]")).cast(pl.Date)
    elif dtype == pl.Int64():
        values = pl.Series(np.exp(rng.normal(13.5, 1.8, n)).astype(np.int64) * rng.integers(0, 8, n).clip(0, 1))
    elif dtype == pl.Int32():
        values = pl.Series(rng.integers(0, 9, n).astype(np.int32))
    elif dtype == pl.Float64():
        values = pl.Series(rng.random(n))
    else:
        values = pl.Series([f"{field.name}{i}" for i in range(n)], dtype=pl.String)
    if field.nullable:
        gone = pl.Series(rng.random(n) < 0.2)
        values = pl.select(pl.when(gone).then(None).otherwise(values)).to_series()
    return values.alias(field.name)


@pytest.fixture(scope="session")
def random_accounts() -> Callable[..., pl.DataFrame]:
    def make(n: int, seed: int = 0) -> pl.DataFrame:
        rng = np.random.default_rng(seed)
        frame = pl.DataFrame([_column(field, n, rng) for field in ACCOUNT.fields])
        days = np.where(rng.random(n) < 0.4, rng.integers(0, 100, n), rng.integers(0, 2500, n)).astype(np.int32)
        frame = frame.with_columns(
            overdue_days=pl.Series(days), age=pl.Series(rng.integers(18, 80, n).astype(np.int32)), balance_fen=pl.col("principal_fen")
        )
        return ACCOUNT.conform(frame.with_columns(bucket=bucket(pl.col("overdue_days"))))

    return make
