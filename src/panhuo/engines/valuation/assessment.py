"""What an account is worth under ordinary in-house work: amount, timing, chances, interval, reasons."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from panhuo.engines.valuation.frames import ASSESSMENT
from panhuo.engines.valuation.models import MODELS
from panhuo.engines.valuation.policy import ValuationPolicy
from panhuo.kernel.calendar import BUCKETS
from panhuo.kernel.findings import FINDING, WARN, Outcome, Rule
from panhuo.kernel.routes import Curve, Floats, discount_factors
from panhuo.kernel.shares import dot, scatter
from panhuo.kernel.stages import LAST_BUCKET, Ints, months_overdue
from panhuo.kernel.words import Words

NEGATIVE = Rule("VALUATION_NEGATIVE_BALANCE", WARN, Words("余额为负，按零估值", "the balance is negative and is valued at nothing"))


def recovery_curve(accounts: pl.DataFrame, *, policy: ValuationPolicy, as_of: dt.date) -> Curve:
    """(n, horizon) float32: share of the balance expected in each coming month under ordinary in-house work.

    ``accounts``: the account frame or any part of it that has account_id, balance_fen and overdue_days; absent columns count as null.
    Rows sum to at most 1 and rise with the multiplier. Source of the rates: the policy's lender group.
    """
    return MODELS[policy.model](policy).curve(accounts, as_of=as_of)


def assess(accounts: pl.DataFrame, *, policy: ValuationPolicy, as_of: dt.date) -> Outcome[pl.DataFrame]:
    """One row an account, as ``frames.ASSESSMENT`` declares, in the order of ``accounts``.

    A negative balance is valued at nothing, with a finding.
    """
    return appraise(accounts, policy=policy, as_of=as_of)[1]


def appraise(accounts: pl.DataFrame, *, policy: ValuationPolicy, as_of: dt.date) -> tuple[Curve, Outcome[pl.DataFrame]]:
    """What ``recovery_curve`` and ``assess`` say, for the work of one of them."""
    model = MODELS[policy.model](policy)
    curve, explanation = model.answer(accounts, as_of=as_of)
    balance = accounts["balance_fen"].to_numpy().astype(np.float64).clip(min=0.0)
    factors = discount_factors(policy.discount_rate.value, policy.horizon_months)
    middles = np.arange(1, policy.horizon_months + 1) - 0.5
    share = dot(curve, np.ones_like(factors)).clip(0.0, 1.0)
    present, weighted = dot(curve, factors).clip(0.0, 1.0), dot(curve, middles)
    start = months_overdue(accounts)
    around = scatter(share, start, policy=policy.scatter)
    months = np.divide(weighted, share, out=np.full_like(share, np.nan), where=share > 0)
    data = pl.DataFrame(
        {
            "account_id": accounts["account_id"],
            "stage": _stage(start),
            "balance_fen": pl.Series(balance).cast(pl.Int64),
            "value_fen": _fen(balance * present),
            "recovery_fen": _fen(balance * share),
            "low_fen": _fen(balance * around.low),
            "high_fen": _fen(balance * around.high),
            "p_any": around.p_any,
            "p_half": around.p_half,
            "months": pl.Series(months).fill_nan(None),
            "score": pl.Series(explanation.score, dtype=pl.Int32) if explanation.score is not None else None,
            "multiplier": pl.Series(explanation.multiplier, dtype=pl.Float64) if explanation.multiplier is not None else None,
            "model": pl.repeat(model.name, accounts.height, dtype=pl.String, eager=True),
            "model_version": pl.repeat(model.version, accounts.height, dtype=pl.String, eager=True),
        }
    ).hstack(explanation.reasons)
    return curve, Outcome(ASSESSMENT.conform(data), _findings(accounts))


def _fen(amount: Floats) -> pl.Series:
    return pl.Series(np.rint(amount), dtype=pl.Float64).cast(pl.Int64)


def _stage(start: Ints) -> pl.Series:
    return pl.Series(BUCKETS, dtype=pl.Enum(BUCKETS))[np.minimum(start, LAST_BUCKET)]


def _findings(accounts: pl.DataFrame) -> pl.DataFrame:
    bad = accounts.filter(pl.col("balance_fen") < 0)
    where = [
        (pl.col(source) if source in accounts.columns else pl.lit(None)).cast(FINDING[name]).alias(name)
        for name, source in (("row", "source_row"), ("file", "source_file"))
    ]
    return bad.select(
        *where,
        pl.lit("balance_fen").alias("column"),
        pl.lit(NEGATIVE.code).alias("code"),
        pl.lit(NEGATIVE.severity).alias("severity"),
        pl.lit(NEGATIVE.message.zh).alias("message"),
        pl.lit(NEGATIVE.message.en).alias("message_en"),
        pl.col("balance_fen").cast(pl.String).alias("value"),
    )
