"""In-house collection: the ordinary curve itself, what it takes in calls, minutes and messages, and the complaints it draws.

The curve handed in *is* the in-house forecast. ``odds`` by stage lets a lender say that its own floor does better or worse than the
published one, ``fade_per_year`` that effort slackens the longer a case stays (odds in month m x (1 - fade) ** ((m - 1) / 12)).
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pydantic

from panhuo.engines.collection.effort import ComplaintPolicy, EffortPolicy, effort
from panhuo.kernel.documents import Document
from panhuo.kernel.flows import forecast_of
from panhuo.kernel.routes import Curve, Forecast
from panhuo.kernel.shares import ScatterPolicy, scale_odds, scatter
from panhuo.kernel.stages import OLDEST, ByStage, months_overdue
from panhuo.kernel.tables import Quantity, Share, amount


class InHousePolicy(Document):
    """The route's section of the policy file."""

    staff_minute_fen: Quantity
    scatter: ScatterPolicy
    odds: ByStage
    fade_per_year: Share
    work: EffortPolicy
    complaints: ComplaintPolicy

    @pydantic.field_validator("odds")
    @classmethod
    def _odds(cls, odds: ByStage) -> ByStage:
        return odds.refuse_outside(0.0, 100.0)


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: InHousePolicy, as_of: dt.date) -> Forecast:
    """See kernel.routes.Forecast. ``as_of`` is not needed: the curve is already counted from it."""
    start = months_overdue(accounts)
    horizon = curve.shape[1]
    fade = (1.0 - policy.fade_per_year.value) ** (np.arange(horizon) / 12.0)
    odds = policy.odds.table(OLDEST + 1)[start]
    share = curve if np.all(odds == 1.0) and np.all(fade == 1.0) else scale_odds(curve, odds[:, None] * fade[None, :])
    balance = amount(accounts, "balance_fen")
    around = scatter(share.sum(axis=1), start, policy=policy.scatter)
    labour = effort(share, start, accounts, policy=policy.work, staff_minute_fen=policy.staff_minute_fen.value)
    return forecast_of(
        share * balance.astype(np.float32)[:, None],
        upfront=np.zeros(accounts.height),
        running=labour.cost,
        minutes=labour.minutes,
        complaints=policy.complaints.of(accounts, labour.calls),
        low=balance * around.low,
        high=balance * around.high,
        cap=balance,
    )
