"""Debt-to-equity 债转股: a firm's debt becomes shares, with a performance bet (对赌) that obliges its owners to buy them back.

Only a firm can issue equity, so every other debtor gets zeros here. With v the equity's share of the balance (by age of the arrears
x product x flags) and p the chance that the bet is met:

    bought back    p B (1 - discount)           evenly between ``exit_from`` and ``exit_to``
    kept shares    (1 - p) v B sold              sold at the end, if a buyer is found
    dividends      B v yield / 12 a month        from conversion to exit

No more than the balance is counted, though shares may be worth more. The interval is wide: all or next to nothing. An exit beyond the
horizon counts as nothing within it.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from pydantic import model_validator

from panhuo.kernel.documents import Document, refuse
from panhuo.kernel.flows import add_evenly, add_profiles, between, forecast_of
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import Count, Quantity, Share, ShareFlags, ShareKnots, amount


class DebtToEquityPolicy(Document):
    """The ``debt_to_equity`` section of the policy file."""

    staff_minute_fen: Quantity
    bet_met: Share
    flags: ShareFlags
    discount: Share
    value_share: ShareKnots
    sold: Share
    dividend_rate: Share
    conversion_months: Quantity
    exit_from: Quantity
    exit_to: Quantity
    due_diligence_fen: Quantity
    due_diligence_share: Share
    minutes: Quantity
    minutes_months: Count

    @model_validator(mode="after")
    def _order(self) -> DebtToEquityPolicy:
        if not self.conversion_months.value <= self.exit_from.value <= self.exit_to.value:
            raise refuse("应有 conversion_months ≤ exit_from ≤ exit_to", "must have conversion_months <= exit_from <= exit_to")
        return self


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: DebtToEquityPolicy, as_of: dt.date) -> Forecast:
    """Cash, cost and interval of converting each firm's debt. See the module's head for the formula."""
    n, horizon = accounts.height, curve.shape[1]
    firm = (accounts["debtor_kind"] == "firm").to_numpy()
    balance = np.where(firm, amount(accounts, "balance_fen"), 0.0)
    live = balance > 0
    met = policy.bet_met.value * policy.flags.of(accounts)
    value = policy.value_share.of(accounts)
    bought, shares, dividends = _streams(policy, horizon)
    redeemed, left = 1.0 - policy.discount.value, value * policy.sold.value

    # dividends and exit together may not pass the balance
    yielded = value * policy.dividend_rate.value * (policy.exit_from.value - policy.conversion_months.value) / 12.0
    fit_bought, fit_left = np.minimum(redeemed, 1.0 - np.minimum(yielded, 1.0)), np.minimum(left, 1.0 - np.minimum(yielded, 1.0))
    cash = np.zeros((n, horizon), dtype=np.float32)
    profiles = np.array([bought, shares, dividends])
    for number, weight in enumerate((met * fit_bought, (1.0 - met) * fit_left, np.minimum(yielded, 1.0))):
        add_profiles(cash, balance * weight, profiles, np.full(n, number, dtype=np.intp))

    minutes = np.where(live, policy.minutes.value, 0.0)
    running = np.zeros((n, horizon), dtype=np.float32)
    add_evenly(running, minutes * policy.staff_minute_fen.value, policy.minutes_months.value)
    upfront = np.where(live, policy.due_diligence_fen.value + policy.due_diligence_share.value * balance, 0.0)
    reached = bought.sum() if policy.exit_from.value < horizon else 0.0
    return forecast_of(
        cash,
        upfront=upfront,
        running=running,
        minutes=minutes,
        complaints=np.zeros(n),
        low=np.zeros(n),
        high=balance * redeemed * reached,
        cap=balance,
    )


def _streams(policy: DebtToEquityPolicy, horizon: int) -> tuple[Floats, Floats, Floats]:
    """(horizon,) each, for one fen: buy-back, sale of the shares kept, dividends."""
    start, first, last = policy.conversion_months.value, policy.exit_from.value, policy.exit_to.value
    return between(first, last, horizon), between(last, last, horizon), between(start, first, horizon)
