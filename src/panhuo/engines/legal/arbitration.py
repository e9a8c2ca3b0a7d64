"""Arbitration 仲裁: an award by a commission that the contract names, enforced by the court.

The commission fixes its fee inside the national range; ``position`` says where. It must be able to serve the debtor: agreed
electronic service makes that nearly sure, otherwise it depends on whether he can be reached. Some awards are refused enforcement
(above all those made before a dispute arose, CP-ARB-PREEMPTIVE).

**Cash.** With v the share that flags leave of paying by oneself, s = v x the chance of a settlement before the award, w = served x won x (1 - refused),
q and f as in ``enforcement``, and e = min(f (supported B + fee), B), as the loser bears the fee:

    settled     s B (1 - discount) kept                        over the instalments
    enforced    (1 - s) w q e                                  over the months of enforcement
    otherwise   (1 - s) (B - w q e) fallback v                 x standard curve
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from panhuo.engines.legal.enforcement import EnforcementPolicy, chance_of_assets
from panhuo.engines.legal.fees import FeeBook, arbitration_fees
from panhuo.engines.legal.litigation import SettlementPolicy
from panhuo.kernel.documents import Document
from panhuo.kernel.flows import add_curve, add_evenly, add_profiles, between, forecast_of, row_sums, two_outcomes
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import Count, Fen, Quantity, Share, ShareFlags, ShareTable, amount, flag


class ArbitrationPolicy(Document):
    """The ``arbitration`` section of the policy file."""

    fees: FeeBook
    staff_minute_fen: Quantity
    position: Share
    handling_fen: Fen
    served: ShareTable
    served_if_eservice: Share
    won: Share
    refused: Share
    supported: Share
    award_months: Quantity
    settlement: SettlementPolicy
    enforcement: EnforcementPolicy
    agent_fen: Fen
    agent_share: Share
    fallback: Share
    voluntary_flags: ShareFlags
    minutes: Quantity
    minutes_months: Count
    complaints: Quantity


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: ArbitrationPolicy, as_of: dt.date) -> Forecast:
    """Cash, cost and interval of taking each account to arbitration. See the module's head for the formula."""
    n, horizon = accounts.height, curve.shape[1]
    balance = amount(accounts, "balance_fen")
    live = balance > 0
    voluntary = policy.voluntary_flags.of(accounts)

    fee = commission_fee(balance, policy=policy, as_of=as_of)
    served = policy.served.of(accounts)
    served = np.where(flag(accounts, "eservice_agreed"), np.maximum(served, policy.served_if_eservice.value), served)
    found = served * policy.won.value * (1.0 - policy.refused.value) * chance_of_assets(accounts, policy.enforcement)
    if_found = np.minimum(policy.enforcement.found_share.value * (policy.supported.value * balance + fee), balance)
    settle = policy.settlement.chance.of(accounts) * voluntary
    settled = balance * (1.0 - policy.settlement.discount.value) * policy.settlement.kept.value

    start = policy.award_months.value + policy.enforcement.application_months.value
    opened = policy.settlement.start_months.value
    profiles = np.array(
        [
            between(start, start + policy.enforcement.months.value, horizon),
            between(opened, opened + policy.settlement.months.value, horizon),
        ]
    )
    cash = np.zeros((n, horizon), dtype=np.float32)
    add_profiles(cash, (1.0 - settle) * found * if_found, profiles, np.zeros(n, dtype=np.intp))
    add_profiles(cash, settle * settled, profiles, np.ones(n, dtype=np.intp))
    running = cash * np.float32(policy.agent_share.value)
    free = policy.fallback.value * voluntary
    add_curve(cash, (1.0 - settle) * (balance - found * if_found) * free, curve)

    minutes = np.where(live, policy.minutes.value, 0.0)
    add_evenly(running, minutes * policy.staff_minute_fen.value, policy.minutes_months.value)
    chance = settle + (1.0 - settle) * found
    won = np.minimum(settled, if_found), np.maximum(settled, if_found)
    low, high = two_outcomes(chance, won, (np.zeros(n), free * balance * row_sums(curve)))
    return forecast_of(
        cash,
        upfront=np.where(live, fee + policy.agent_fen.value, 0.0),
        running=running,
        minutes=minutes,
        complaints=np.where(live, policy.complaints.value, 0.0),
        low=low,
        high=high,
        cap=balance,
    )


def commission_fee(balance: Floats, *, policy: ArbitrationPolicy, as_of: dt.date) -> Floats:
    """(n,) acceptance fee inside the national range plus handling fee, in fen; nothing for no claim."""
    fee = arbitration_fees(balance, fees=policy.fees.at(as_of).arbitration, position=policy.position.value)
    return np.where(balance > 0, fee + policy.handling_fen.value, 0.0)
