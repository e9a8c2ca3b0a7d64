"""Write-off (核销): the file that must be made, and what still comes in afterwards (账销案存).

The claim lives on and is worked less. ``odds_after`` by the stage reached in each month turns the ordinary curve into that of a
written-off account: the published figure for written-off accounts is that of M12+, under 1 % a month, whatever their age.

A loss that is deductible lowers the lender's tax. How much, and when, depends on the lender's position and on evidence that no source at
hand settles, so ``tax_shield_rate`` is 0 unless the lender sets it: rate x principal, received in ``tax_shield_month``.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pydantic

from panhuo.kernel.documents import Document
from panhuo.kernel.flows import forecast_of
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.shares import ScatterPolicy, blocks, scale_odds, scatter, survival
from panhuo.kernel.stages import OLDEST, ByStage, months_overdue, paths
from panhuo.kernel.tables import Count, FenTable, Quantity, Share, Table, amount


class WriteOffPolicy(Document):
    """The route's section of the policy file. ``evidence_minutes`` to gather and approve the file, ``evidence_fen`` for outside proofs."""

    staff_minute_fen: Quantity
    scatter: ScatterPolicy
    odds_after: ByStage
    evidence_minutes: Table
    evidence_fen: FenTable
    upkeep_minutes_per_month: Quantity
    complaints_per_1000_account_months: Quantity
    tax_shield_rate: Share
    tax_shield_month: Count

    @pydantic.field_validator("odds_after")
    @classmethod
    def _odds(cls, odds: ByStage) -> ByStage:
        return odds.refuse_outside(0.0, 100.0)


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: WriteOffPolicy, as_of: dt.date) -> Forecast:
    """See kernel.routes.Forecast. ``as_of`` is not needed: the curve is already counted from it."""
    n, horizon = curve.shape
    start = months_overdue(accounts)
    odds = policy.odds_after.table(OLDEST + horizon + 1)
    upkeep = policy.upkeep_minutes_per_month.value
    balance = amount(accounts, "balance_fen")
    cash, running = np.empty((n, horizon), dtype=np.float32), np.empty((n, horizon), dtype=np.float32)
    share, months_open = np.empty(n), np.empty(n)
    for rows in blocks(n):
        part = scale_odds(curve[rows], paths(odds, start[rows], horizon))
        still = survival(part)
        share[rows], months_open[rows] = part.sum(axis=1), still.sum(axis=1)
        np.multiply(part, balance[rows].astype(np.float32)[:, None], out=cash[rows])
        np.multiply(still, np.float32(upkeep * policy.staff_minute_fen.value), out=running[rows])
    around = scatter(share, start, policy=policy.scatter)
    shield = _tax_shield(accounts, policy, horizon)
    if shield.any():
        cash[:, policy.tax_shield_month.value - 1] += shield.astype(np.float32)
    evidence = policy.evidence_minutes.of(accounts)
    return forecast_of(
        cash,
        upfront=evidence * policy.staff_minute_fen.value + policy.evidence_fen.of(accounts),
        running=running,
        minutes=evidence + months_open * upkeep,
        complaints=months_open * policy.complaints_per_1000_account_months.value / 1000.0,
        low=balance * around.low + shield,
        high=balance * around.high + shield,
        cap=balance + shield,
    )


def _tax_shield(accounts: pl.DataFrame, policy: WriteOffPolicy, horizon: int) -> Floats:
    """(n,) fen; nothing where it would come after the horizon."""
    month = policy.tax_shield_month.value
    if policy.tax_shield_rate.value == 0.0 or not 1 <= month <= horizon:
        return np.zeros(accounts.height)
    return amount(accounts, "principal_fen") * policy.tax_shield_rate.value
