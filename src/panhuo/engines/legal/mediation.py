"""Mediation 调解: a mediator brings the debtor to a settlement at a discount, paid in instalments, often judicially confirmed.

**Cash.** With p the chance of an agreement (stage x contactability x flags) and A = B (1 - waived) the sum agreed:

    at signing      p A down
    instalments     p A (1 - down) kept                          evenly over ``instalment_months``
    enforced        p A (1 - down) (1 - kept) confirmed enforced  a judicially confirmed agreement is a title (CP-JUDCONF)
    no agreement    (1 - p) fallback x standard curve            begins ``attempt_months`` late; fallback < 1 because those who
                                                                 would have paid are over-represented among those who settle

The mediator is paid by the case and by a share of what the agreement brings.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from panhuo.kernel.documents import Document
from panhuo.kernel.flows import add_curve, add_evenly, add_profiles, between, forecast_of, row_sums, two_outcomes
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import Count, Fen, Quantity, Share, ShareFlags, ShareTable, amount


class MediationPolicy(Document):
    """The ``mediation`` section of the policy file."""

    staff_minute_fen: Quantity
    agreement: ShareTable
    by_contact: ShareTable
    flags: ShareFlags
    waived: ShareTable
    attempt_months: Count
    down: Share
    instalment_months: Quantity
    kept: Share
    confirmed: Share
    enforced: Share
    enforcement_months: Quantity
    case_fen: Fen
    confirmation_fen: Fen
    mediator_share: Share
    fallback: Share
    minutes: Quantity
    minutes_if_agreed: Quantity
    complaints: Quantity


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: MediationPolicy, as_of: dt.date) -> Forecast:
    """Cash, cost and interval of one mediation attempt on each account. See the module's head for the formula."""
    n, horizon = accounts.height, curve.shape[1]
    balance = amount(accounts, "balance_fen")
    live = balance > 0
    flags = policy.flags.of(accounts)
    chance = policy.agreement.of(accounts) * policy.by_contact.of(accounts) * flags
    agreed = balance * (1.0 - policy.waived.of(accounts))

    cash = np.zeros((n, horizon), dtype=np.float32)
    profile = _agreement_profile(policy, horizon)
    add_profiles(cash, chance * agreed, profile[None, :], np.zeros(n, dtype=np.intp))
    running = cash * np.float32(policy.mediator_share.value)
    free = policy.fallback.value * flags
    add_curve(cash, (1.0 - chance) * free * balance, curve, delay=policy.attempt_months.value)

    minutes = np.where(live, policy.minutes.value + chance * policy.minutes_if_agreed.value, 0.0)
    confirmation = np.where(live, chance * policy.confirmed.value * policy.confirmation_fen.value, 0.0)
    add_evenly(running, minutes * policy.staff_minute_fen.value + confirmation, policy.attempt_months.value)

    low, high = two_outcomes(chance, (agreed * policy.down.value, agreed), (np.zeros(n), free * balance * row_sums(curve)))
    return forecast_of(
        cash,
        upfront=np.where(live, policy.case_fen.value, 0.0),
        running=running,
        minutes=minutes,
        complaints=np.where(live, policy.complaints.value, 0.0),
        low=low,
        high=high,
        cap=balance,
    )


def _agreement_profile(policy: MediationPolicy, horizon: int) -> Floats:
    """(horizon,) months of cash for each fen agreed."""
    signed = float(policy.attempt_months.value)
    end = signed + policy.instalment_months.value
    rest = 1.0 - policy.down.value
    enforced = rest * (1.0 - policy.kept.value) * policy.confirmed.value * policy.enforced.value
    return (
        policy.down.value * between(signed, signed, horizon)
        + rest * policy.kept.value * between(signed, end, horizon)
        + enforced * between(end, end + policy.enforcement_months.value, horizon)
    )
