"""Agency collection (委外): rounds of placement, commission by age at placement, recall at the end of the term.

An account is placed for ``term_months``, recalled, placed again, ``rounds`` times in all, and then stays in the house. In round
q (0, 1, ...), with k the months overdue when that round begins:

    odds of each month      odds(k) x later_round_odds ** q           relative to ordinary in-house work
    commission              commission(k) x cash of the month         the rate is fixed when the account is placed
    after the last round    odds after_recall_odds, no commission, the house's few minutes a month

Agencies buy effort the house does not spend on old debts, so ``odds`` rises with age; each further agency finds less (later_round_odds).
Commission paid on results alone is forbidden as the sole measure of an agency (COL-CBA21-003), which is settlement's matter: the ladder
here is the expected price.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl
import pydantic

from panhuo.engines.collection.effort import ComplaintPolicy
from panhuo.kernel.documents import Document
from panhuo.kernel.flows import forecast_of
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.shares import ScatterPolicy, blocks, dot, scale_odds, scatter, survival
from panhuo.kernel.stages import OLDEST, ByStage, months_overdue
from panhuo.kernel.tables import Count, Fen, Quantity, amount


class AgencyPolicy(Document):
    """The route's section of the policy file. Minutes are those of the lender's own people who prepare and oversee placements."""

    staff_minute_fen: Quantity
    scatter: ScatterPolicy
    odds: ByStage
    term_months: Count
    rounds: Count
    later_round_odds: Quantity
    after_recall_odds: Quantity
    commission: ByStage
    placement_minutes: Quantity
    placement_fen: Fen
    oversight_minutes_per_month: Quantity
    house_minutes_per_month: Quantity
    complaints: ComplaintPolicy

    @pydantic.field_validator("odds")
    @classmethod
    def _odds(cls, odds: ByStage) -> ByStage:
        return odds.refuse_outside(0.0, 100.0)

    @pydantic.field_validator("commission")
    @classmethod
    def _commission(cls, commission: ByStage) -> ByStage:
        return commission.refuse_outside(0.0, 1.0)


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: AgencyPolicy, as_of: dt.date) -> Forecast:
    """See kernel.routes.Forecast. ``as_of`` is not needed: the curve is already counted from it.

    Every placement after the first costs only if the account is still open; it is charged in the round's first month.
    """
    n, horizon = curve.shape
    start = months_overdue(accounts)
    odds, commission, placed, begins = _calendar(policy, horizon)
    by_month = np.where(placed, policy.oversight_minutes_per_month.value, policy.house_minutes_per_month.value)
    minutes_by_month = by_month + begins * policy.placement_minutes.value
    fen_by_month = minutes_by_month * policy.staff_minute_fen.value + begins * policy.placement_fen.value
    at_once, later = fen_by_month[:1].sum(), fen_by_month.astype(np.float32)
    later[:1] = 0.0
    balance = amount(accounts, "balance_fen")
    cash, running = np.empty((n, horizon), dtype=np.float32), np.empty((n, horizon), dtype=np.float32)
    share, minutes, months_placed = np.empty(n), np.empty(n), np.empty(n)
    for rows in blocks(n):
        part = scale_odds(curve[rows], odds[start[rows]])
        still = survival(part)
        share[rows] = part.sum(axis=1)
        minutes[rows] = dot(still, minutes_by_month)
        months_placed[rows] = dot(still, placed)
        np.multiply(part, balance[rows].astype(np.float32)[:, None], out=cash[rows])
        np.multiply(cash[rows], commission[start[rows]], out=running[rows])
        still *= later
        running[rows] += still
    around = scatter(share, start, policy=policy.scatter)
    return forecast_of(
        cash,
        upfront=np.full(n, at_once),
        running=running,
        minutes=minutes,
        complaints=policy.complaints.of(accounts, months_placed),
        low=balance * around.low,
        high=balance * around.high,
        cap=balance,
    )


def _calendar(policy: AgencyPolicy, horizon: int) -> tuple[Curve, Curve, npt.NDArray[np.bool_], Floats]:
    """By months overdue now (OLDEST + 1 rows) and month: odds and commission. By month: placed or not, and 1 where a round begins."""
    term = max(policy.term_months.value, 1)
    month = np.arange(horizon)
    number = month // term
    placed = number < policy.rounds.value
    begins = (placed & (month % term == 0)).astype(np.float64)
    at_placement = np.arange(OLDEST + 1)[:, None] + (number * term)[None, :]
    size = OLDEST + horizon + 1
    odds = policy.odds.table(size)[at_placement] * policy.later_round_odds.value**number
    commission = policy.commission.table(size)[at_placement]
    odds = np.where(placed, odds, policy.after_recall_odds.value)
    return odds.astype(np.float32), np.where(placed, commission, 0.0).astype(np.float32), placed, begins
