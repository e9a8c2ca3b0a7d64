"""Securitisation 不良资产证券化: the account joins a pool whose notes are sold; what the holder gets, and when.

Notes are sized far below the pool's principal (pool principal over issue, the over-collateralisation, is mostly 5 to 20), by product and age:

    issue     = principal x issue share by product x by age of the arrears
    month of issue:  issue (1 - retention) (senior + (1 - senior) x subordinate price)
    retained  = issue x retention, a vertical slice held to maturity: senior part evenly until ``senior_months``, the subordinate after it
    residual  = residual_share x max(pool cash - issue x (1 + carry), 0)     once the notes are repaid

Pool cash is what the standard curve brings from issue to the horizon; of the holder's cost of servicing it the trust reimburses ``reimbursed``. The residual
is the holder's part of what is left after all notes (with the minimum retention: 5 %). It is a first cut by account; the pool's waterfall is another engine.
"""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl

from panhuo.kernel.documents import Document
from panhuo.kernel.flows import add_evenly, add_profiles, between, forecast_of, outer, row_sums
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import ByDebtor, FenByDebtor, Interval, Knots, Quantity, Share, ShareTable, amount


class SecuritisationPolicy(Document):
    """The ``securitisation`` section of the policy file."""

    staff_minute_fen: Quantity
    issue_share: ShareTable
    by_age: Knots
    retention: Share
    senior: Share
    subordinate_price: Share
    months_to_issue: Quantity
    senior_months: Quantity
    subordinate_months: Quantity
    carry: Share
    residual_share: Share
    interval: Interval
    issue_cost_share: Share
    account_fen: FenByDebtor
    minutes: ByDebtor
    servicing_minutes_a_month: Quantity
    reimbursed: Share
    complaints: Quantity


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: SecuritisationPolicy, as_of: dt.date) -> Forecast:
    """Cash, cost and interval of putting each account into a pool. See the module's head for the formula."""
    n, horizon = accounts.height, curve.shape[1]
    balance = amount(accounts, "balance_fen")
    live = balance > 0
    issue = issue_amount(accounts, policy)
    per_issue = note_stream(policy, horizon)
    cash = outer(issue, per_issue)

    first = math.ceil(policy.months_to_issue.value)
    pool = balance * (row_sums(curve[:, first:]))
    residual = policy.residual_share.value * np.maximum(pool - issue * (1.0 + policy.carry.value), 0.0)
    residual = np.minimum(residual, np.maximum(balance - issue, 0.0))
    repaid = policy.months_to_issue.value + policy.senior_months.value + policy.subordinate_months.value
    if repaid < horizon:
        add_profiles(cash, residual, between(repaid, float(horizon), horizon)[None, :], np.zeros(n, dtype=np.intp))

    running = np.zeros((n, horizon), dtype=np.float32)
    set_up = np.where(live, policy.minutes.of(accounts), 0.0)
    servicing = np.where(live, policy.servicing_minutes_a_month.value * horizon, 0.0)
    add_evenly(running, set_up * policy.staff_minute_fen.value, 1)
    add_evenly(running, servicing * policy.staff_minute_fen.value * (1.0 - policy.reimbursed.value), horizon)
    total = issue * per_issue.sum()
    return forecast_of(
        cash,
        upfront=policy.issue_cost_share.value * issue + np.where(live, policy.account_fen.of(accounts), 0.0),
        running=running,
        minutes=set_up + servicing,
        complaints=np.where(live, policy.complaints.value, 0.0),
        low=total * policy.interval.low,
        high=total * policy.interval.high + residual,
        cap=balance,
    )


def issue_amount(accounts: pl.DataFrame, policy: SecuritisationPolicy) -> Floats:
    """(n,) fen of notes that each account's principal supports."""
    principal = np.minimum(amount(accounts, "principal_fen"), amount(accounts, "balance_fen"))
    return principal * np.minimum(policy.issue_share.of(accounts) * policy.by_age.of(accounts), 1.0)


def note_stream(policy: SecuritisationPolicy, horizon: int) -> Floats:
    """(horizon,) cash by month for each fen of notes: the part sold, then the retained slice as it is repaid."""
    issued, kept, senior = policy.months_to_issue.value, policy.retention.value, policy.senior.value
    paid = issued + policy.senior_months.value
    return (
        (1.0 - kept) * (senior + (1.0 - senior) * policy.subordinate_price.value) * between(issued, issued, horizon)
        + kept * senior * between(issued, paid, horizon)
        + kept * (1.0 - senior) * between(paid, paid + policy.subordinate_months.value, horizon)
    )
