"""Income-right transfer 收益权转让: a trust pays now for the right to what the account will bring; the lender stays creditor and servicer.

    price = face x price share x by product x by age of the arrears        face = principal + interest + penalty

in one payment. The lender pays the trust's channel fee and its own set-up cost, and goes on servicing for the trust, whose fee covers ``serviced`` of that
cost. He also keeps the full capital charge (NPL-YIELD-RIGHT): the sale does not free capital as a batch transfer does. Every route that keeps the claim
carries the same charge, so ``capital_rate`` (a year, of the balance) is left at nothing by default; set it to weigh this route against a true sale.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from panhuo.kernel.documents import Document
from panhuo.kernel.flows import add_evenly, between, forecast_of, outer
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import ByDebtor, FenByDebtor, Interval, Knots, Quantity, Share, Table, amount


class IncomeRightPolicy(Document):
    """The ``income_right_transfer`` section of the policy file."""

    staff_minute_fen: Quantity
    price: Share
    by_product: Table
    by_age: Knots
    interval: Interval
    months: Quantity
    channel_share: Share
    set_up_fen: FenByDebtor
    minutes: ByDebtor
    servicing_minutes_a_month: Quantity
    serviced: Share
    capital_rate: Share
    complaints: Quantity


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: IncomeRightPolicy, as_of: dt.date) -> Forecast:
    """Cash, cost and interval of selling each account's income right. See the module's head for the formula."""
    horizon = curve.shape[1]
    balance = amount(accounts, "balance_fen")
    face = amount(accounts, "principal_fen") + amount(accounts, "interest_fen") + amount(accounts, "penalty_fen")
    face = np.minimum(face, balance)
    live = balance > 0
    price = face * price_share(accounts, policy)
    when = between(policy.months.value, policy.months.value, horizon)
    cash = outer(price, when)

    running = outer(price * policy.channel_share.value, when)
    set_up = np.where(live, policy.minutes.of(accounts), 0.0)
    servicing = np.where(live, policy.servicing_minutes_a_month.value * horizon, 0.0)
    add_evenly(running, set_up * policy.staff_minute_fen.value, 1)
    add_evenly(running, servicing * policy.staff_minute_fen.value * (1.0 - policy.serviced.value), horizon)
    add_evenly(running, balance * policy.capital_rate.value * horizon / 12.0, horizon)
    paid = price * when.sum()
    return forecast_of(
        cash,
        upfront=np.where(live, policy.set_up_fen.of(accounts), 0.0),
        running=running,
        minutes=set_up + servicing,
        complaints=np.where(live, policy.complaints.value, 0.0),
        low=paid * policy.interval.low,
        high=paid * policy.interval.high,
        cap=balance,
    )


def price_share(accounts: pl.DataFrame, policy: IncomeRightPolicy) -> Floats:
    """(n,) expected price over face, from 0 to 1."""
    return np.minimum(policy.price.value * policy.by_product.of(accounts) * policy.by_age.of(accounts), 1.0)
