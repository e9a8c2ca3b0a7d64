"""Columns derived from the account frame that a scorecard may use beside its own: declared as data, computed as expressions."""

from __future__ import annotations

import datetime as dt

import polars as pl

from panhuo.kernel.fields import Field, Frame
from panhuo.kernel.frames import ACCOUNT

DAYS_PER_MONTH = 365.2425 / 12

FEATURES = Frame(
    "features",
    "估值特征",
    "valuation features",
    (
        Field(
            "months_since_payment", "number", "距最近还款月数", "months since the last payment", "From last_payment_on to the cut-off", unit="months"
        ),
        Field("months_since_demand", "number", "距最近有效催收月数", "months since the last effective demand", unit="months"),
        Field("months_on_book", "number", "违约前账期", "months on book before the arrears", "From origination to overdue_since", unit="months"),
        Field("promise_kept_ratio", "number", "承诺履约率", "share of promises kept", "Null where none was made"),
        Field("connect_ratio", "number", "接通率", "share of calls connected, 90 days", "Null where nobody called"),
        Field("balance_yuan", "number", "未偿余额（元）", "balance in yuan", unit="yuan"),
        Field("income_yuan", "number", "年收入（元）", "yearly income in yuan", unit="yuan"),
        Field("charges_share", "number", "息费占比", "interest, penalty and fees as a share of the balance"),
        Field("debt_to_income", "number", "余额收入比", "balance over yearly income"),
        Field("paid_share", "number", "累计还款占放款比", "paid in all over the original principal"),
    ),
)

COLUMNS: dict[str, pl.DataType] = {**ACCOUNT.schema, **FEATURES.schema}
"""What a scorecard's expressions may name."""


def _months_between(early: str, late: pl.Expr) -> pl.Expr:
    """Never negative; null where either date is."""
    return ((late - pl.col(early)).dt.total_days() / DAYS_PER_MONTH).clip(lower_bound=0.0)


def _ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Null where the whole is absent or not positive."""
    return pl.when(whole > 0).then(part.cast(pl.Float64) / whole.cast(pl.Float64))


def with_features(accounts: pl.DataFrame, as_of: dt.date) -> pl.LazyFrame:
    """The accounts with ``FEATURES``; columns of the account frame that are absent are null."""
    absent = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in ACCOUNT.schema.items() if name not in accounts.columns]
    charges = pl.sum_horizontal("interest_fen", "penalty_fen", "fees_fen")
    return (
        accounts.lazy()
        .with_columns(absent)
        .with_columns(
            _months_between("last_payment_on", pl.lit(as_of)).alias("months_since_payment"),
            _months_between("last_demand_on", pl.lit(as_of)).alias("months_since_demand"),
            _months_between("origination_date", pl.col("overdue_since")).alias("months_on_book"),
            _ratio(pl.col("promises_kept_12m"), pl.col("promises_12m")).alias("promise_kept_ratio"),
            _ratio(pl.col("connected_90d"), pl.col("calls_90d")).alias("connect_ratio"),
            (pl.col("balance_fen") / 100.0).alias("balance_yuan"),
            (pl.col("annual_income_fen") / 100.0).alias("income_yuan"),
            _ratio(charges, pl.col("balance_fen")).alias("charges_share"),
            _ratio(pl.col("balance_fen"), pl.col("annual_income_fen")).alias("debt_to_income"),
            _ratio(pl.col("paid_total_fen"), pl.col("original_principal_fen")).alias("paid_share"),
        )
    )
