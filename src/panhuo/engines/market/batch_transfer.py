"""Batch transfer 批量转让: the account leaves in a package sold on the 银登 market, for one payment.

**Price.** The market quotes a package's price over unpaid principal and interest (未偿本息). Here each account carries its own share:

    share = by age of the arrears x by product x by guarantee x by litigation state x by size x flags      (at most 1)
    price = share x (principal + interest + penalty) x (sold + (1 - sold) (1 - relist_cut))

A package that finds no buyer is listed again at a cut price; ``sold`` is the part sold at the first listing. Prices of the sample are mostly *starting*
prices; the averages by age are of prices paid, and the age figures are set between the two (docs/market.md).

**Time.** Packaging, then the market's own steps in working days: listing after the announcement, announcement and bidding, signing, payment; the
unsold part waits ``relist_months`` more. The whole price comes in the month this adds up to. Collections between the base date and the handover
are the buyer's, so there is no other cash.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from pydantic import Field

from panhuo.kernel.documents import Document, Sourced
from panhuo.kernel.flows import add_evenly, between, forecast_of, outer
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import ByDebtor, Count, FenByDebtor, Flags, Interval, Knots, Quantity, Share, ShareKnots, Table, amount


class WorkingDays(Sourced):
    """Working days in a month: spans in working days are divided by it."""

    value: float = Field(ge=1.0, le=31.0)


class BatchTransferPolicy(Document):
    """The ``batch_transfer`` section of the policy file."""

    staff_minute_fen: Quantity
    price: ShareKnots
    by_product: Table
    by_guarantee: Table
    by_state: Table
    by_size: Knots
    flags: Flags
    interval: Interval
    sold: Share
    relist_cut: Share
    relist_months: Quantity
    packaging_months: Quantity
    list_days: Count
    bidding_days: Count
    sign_days: Count
    pay_days: Count
    working_days_a_month: WorkingDays
    listing_fee_share: Share
    trading_fee_share: Share
    trading_fee_multiplier: Share
    package_fen: FenByDebtor
    minutes: ByDebtor
    complaints: Quantity


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: BatchTransferPolicy, as_of: dt.date) -> Forecast:
    """Cash, cost and interval of selling each account in a package. See the module's head for the formula."""
    horizon = curve.shape[1]
    claim = amount(accounts, "principal_fen") + amount(accounts, "interest_fen") + amount(accounts, "penalty_fen")
    balance = amount(accounts, "balance_fen")
    claim = np.minimum(claim, balance)
    live = balance > 0
    month = months_to_cash(policy)
    price = claim * price_share(accounts, policy)
    when = between(month, month, horizon)
    cash = outer(price, when)

    minutes = np.where(live, policy.minutes.of(accounts), 0.0)
    running = outer(policy.trading_fee_share.value * policy.trading_fee_multiplier.value * price, when)
    add_evenly(running, minutes * policy.staff_minute_fen.value, 1)
    paid = price * when.sum()
    return forecast_of(
        cash,
        upfront=np.where(live, policy.package_fen.of(accounts), 0.0) + policy.listing_fee_share.value * claim,
        running=running,
        minutes=minutes,
        complaints=np.where(live, policy.complaints.value, 0.0),
        low=paid * policy.interval.low,
        high=paid * policy.interval.high,
        cap=balance,
    )


def price_share(accounts: pl.DataFrame, policy: BatchTransferPolicy) -> Floats:
    """(n,) expected price over unpaid principal and interest, relisting included, from 0 to 1."""
    share = policy.price.of(accounts)
    for table in (policy.by_product, policy.by_guarantee, policy.by_state, policy.by_size, policy.flags):
        share = share * table.of(accounts)
    relisted = policy.sold.value + (1.0 - policy.sold.value) * (1.0 - policy.relist_cut.value)
    return np.minimum(share, 1.0) * relisted


def months_to_cash(policy: BatchTransferPolicy) -> float:
    """Months from the cut-off to the buyer's payment, the wait of the unsold part included."""
    days = policy.list_days.value + policy.bidding_days.value + policy.sign_days.value + policy.pay_days.value
    waiting = (1.0 - policy.sold.value) * policy.relist_months.value
    return policy.packaging_months.value + days / max(policy.working_days_a_month.value, 1.0) + waiting
