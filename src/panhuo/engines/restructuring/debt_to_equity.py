"""Debt-to-equity 债转股: a firm's debt becomes shares, with a performance bet (对赌) that obliges its owners to buy them back.

Only a firm can issue equity, so every other debtor gets zeros here. With a the chance that its owners agree (by contactability), v the shares'
value over the balance (by age of the arrears) and p the chance that the bet is met (bet_met x flags):

    bought back     a p B (1 - discount)                       evenly between ``exit_from`` and ``exit_to``
    kept shares     a (1 - p) v B sold                         sold at the end, if a buyer is found
    dividends       a B v dividend_rate / 12 a month           from conversion to ``exit_from``
    no agreement    (1 - a) fallback x standard curve          begins ``negotiation_months`` late

No more than the balance is counted, though shares may be worth more. The interval is wide: all or next to nothing. An exit beyond the
horizon counts as nothing within it.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from pydantic import model_validator

from panhuo.kernel.documents import Document, refuse
from panhuo.kernel.flows import add_curve, add_evenly, add_profiles, between, forecast_of, row_sums, scattered, two_outcomes
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import Count, Fen, Quantity, Share, ShareFlags, ShareKnots, ShareTable, amount, read_by


class DebtToEquityPolicy(Document):
    """The ``debt_to_equity`` section of the policy file."""

    staff_minute_fen: Quantity
    agreement: ShareTable
    negotiation_months: Count
    fallback: Share
    bet_met: Share
    flags: ShareFlags
    discount: Share
    value_share: ShareKnots
    sold: Share
    dividend_rate: Share
    conversion_months: Quantity
    exit_from: Quantity
    exit_to: Quantity
    due_diligence_fen: Fen
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
    rows = np.flatnonzero((accounts["debtor_kind"] == "firm").to_numpy() & (amount(accounts, "balance_fen") > 0))
    firms = accounts.select(read_by("balance_fen", policy.agreement, policy.value_share, *policy.flags.factors))[rows]
    balance = amount(firms, "balance_fen")
    agreed = policy.agreement.of(firms)
    met = policy.bet_met.value * policy.flags.of(firms)
    value = policy.value_share.of(firms)

    # dividends and exit together may not pass the balance
    yielded = value * policy.dividend_rate.value * (policy.exit_from.value - policy.conversion_months.value) / 12.0
    yielded = np.minimum(yielded, 1.0)
    redeemed = np.minimum(1.0 - policy.discount.value, 1.0 - yielded)
    left = np.minimum(value * policy.sold.value, 1.0 - yielded)
    profiles = _streams(policy, horizon)
    part = np.zeros((len(rows), horizon), dtype=np.float32)
    for number, weight in enumerate((agreed * met * redeemed, agreed * (1.0 - met) * left, agreed * yielded)):
        add_profiles(part, balance * weight, profiles, np.full(len(rows), number, dtype=np.intp))
    ordinary = curve[rows]
    add_curve(part, (1.0 - agreed) * policy.fallback.value * balance, ordinary, delay=policy.negotiation_months.value)
    cash = np.zeros((n, horizon), dtype=np.float32)
    cash[rows] = part

    minutes = scattered(rows, np.full(len(rows), policy.minutes.value), n)
    running = np.zeros((n, horizon), dtype=np.float32)
    add_evenly(running, minutes * policy.staff_minute_fen.value, policy.minutes_months.value)
    within = profiles.sum(axis=1)
    converted = balance * (redeemed * within[0] + yielded * within[2])
    none, worked = np.zeros(len(rows)), policy.fallback.value * balance * row_sums(ordinary)
    low, high = two_outcomes(agreed * met, (none, converted), (none, worked))
    return forecast_of(
        cash,
        upfront=scattered(rows, agreed * (policy.due_diligence_fen.value + policy.due_diligence_share.value * balance), n),
        running=running,
        minutes=minutes,
        complaints=np.zeros(n),
        low=scattered(rows, low, n),
        high=scattered(rows, high, n),
        cap=scattered(rows, balance, n),
    )


def _streams(policy: DebtToEquityPolicy, horizon: int) -> Floats:
    """(3, horizon): months of one fen of buy-back, of the sale of the shares kept, of dividends."""
    start, first, last = policy.conversion_months.value, policy.exit_from.value, policy.exit_to.value
    return np.array([between(first, last, horizon), between(last, last, horizon), between(start, first, horizon)])
