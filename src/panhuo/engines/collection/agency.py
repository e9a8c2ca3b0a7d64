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
import polars as pl
import pydantic

from panhuo.engines.collection.effort import ComplaintPolicy
from panhuo.kernel.documents import Document
from panhuo.kernel.flows import forecast_of, row_sums
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.shares import ScatterPolicy, scale_odds, scatter, survival
from panhuo.kernel.stages import OLDEST, ByStage, months_overdue
from panhuo.kernel.tables import Count, Quantity, amount


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
    placement_fen: Quantity
    oversight_minutes_per_month: Quantity
    house_minutes_per_month: Quantity
    complaints: ComplaintPolicy

    @pydantic.model_validator(mode="after")
    def _sound(self) -> AgencyPolicy:
        self.odds.refuse_outside(0.0, 100.0)
        self.commission.refuse_outside(0.0, 1.0)
        return self


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: AgencyPolicy, as_of: dt.date) -> Forecast:
    """See kernel.routes.Forecast. ``as_of`` is not needed: the curve is already counted from it.

    Every placement after the first costs only if the account is still open; it is charged in the round's first month.
    """
    start = months_overdue(accounts)
    odds, commission, placed, begins = _calendar(policy, curve.shape[1])
    share = scale_odds(curve, odds.astype(np.float32)[start])
    balance = amount(accounts, "balance_fen")
    cash = share * balance.astype(np.float32)[:, None]
    still = survival(share)
    minutes_by_month = np.where(placed, policy.oversight_minutes_per_month.value, policy.house_minutes_per_month.value)
    minutes_by_month = minutes_by_month + begins * policy.placement_minutes.value
    fen_by_month = minutes_by_month * policy.staff_minute_fen.value + begins * policy.placement_fen.value
    upfront = np.full(accounts.height, fen_by_month[0] if fen_by_month.size else 0.0)
    fen_by_month = np.concatenate([[0.0], fen_by_month[1:]]) if fen_by_month.size else fen_by_month
    running = commission.astype(np.float32)[start]
    running *= cash
    running += still * fen_by_month.astype(np.float32)
    around = scatter(row_sums(share), start, policy=policy.scatter)
    return forecast_of(
        cash,
        upfront=upfront,
        running=running,
        minutes=_weighed(still, minutes_by_month),
        complaints=policy.complaints.of(accounts, _weighed(still, placed.astype(np.float64))),
        low=balance * around.low,
        high=balance * around.high,
        cap=balance,
    )


def _weighed(still: Curve, by_month: Floats) -> Floats:
    """(n,) sum over months of ``by_month`` times the share still open."""
    return (still @ by_month.astype(np.float32)).astype(np.float64)


def _calendar(policy: AgencyPolicy, horizon: int) -> tuple[Floats, Floats, np.ndarray[tuple[int, ...], np.dtype[np.bool_]], Floats]:
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
    return np.where(placed, odds, policy.after_recall_odds.value), np.where(placed, commission, 0.0), placed, begins
