"""Collateral sale 抵押物处置: the court auctions the collateral, round after round, and the secured lender is paid from the proceeds.

**Rounds.** Each lot is offered in the rounds of the policy (first auction, second, sell-off ...). In round k it sells, if still unsold,
with probability p_k = min(sells_k x factor of its kind, 1), at

    hammer_k = min(V x price_k x price of its kind x price level, V)

so it sells in round k with P_k = p_k (1 - p_1) ... (1 - p_{k-1}), and perhaps never.

**Proceeds.** The court takes the auction aid, the seller's taxes and the enforcement fee out of the price, prior claims come next, and the
lender gets what is left, at most the balance:

    recovery_k = min(B, max(hammer_k - costs(hammer_k) - prior, 0))
    cash_k     = P_k x rank factor x recovery_k      in month  title + kind's factor x months_k

``title`` is the time until the auction may open, by litigation state. A lender whose seizure only waits (轮候) is paid less surely. Cash is
therefore net of what the court keeps, and never above min(B, max(V - prior, 0)). An account without a collateral value brings nothing and costs
nothing: the value is not guessed here.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from panhuo.kernel.documents import Document
from panhuo.kernel.flows import add_evenly, add_profiles, between, forecast_of, scattered, two_outcomes
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import Count, Fen, Interval, Knots, Ladder, Quantity, Share, ShareKnots, ShareTable, Table, amount, code_index, read_by


class Round(Document):
    """One offer: hammer price over appraisal if it sells, chance that it sells, months from the opening of the auction to the money."""

    name: str
    price: float = Field(ge=0.0, le=1.0)
    sells: float = Field(ge=0.0, le=1.0)
    months: float = Field(ge=0.0, le=1_200)


class Rounds(Document):
    """The rounds in order."""

    offers: tuple[Round, ...] = Field(min_length=1, max_length=12)
    source: str
    certainty: str = "house"


class CollateralSalePolicy(Document):
    """The ``collateral_sale`` section of the policy file."""

    staff_minute_fen: Quantity
    rounds: Rounds
    price_level: Quantity
    price_interval: Interval
    kind_price: Table
    kind_sells: Table
    kind_months: Table
    title_months: Table
    title_cost: ShareTable
    by_rank: ShareKnots
    appraisal_fen: Fen
    auction_aid: Ladder
    tax_share: Share
    enforcement_fee: Ladder
    minutes: Quantity
    minutes_months: Count
    complaints: Quantity


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: CollateralSalePolicy, as_of: dt.date) -> Forecast:
    """Cash, cost and interval of auctioning each account's collateral. See the module's head for the formula."""
    n, horizon = accounts.height, curve.shape[1]
    value_all, balance_all = amount(accounts, "collateral_value_fen"), amount(accounts, "balance_fen")
    rows = np.flatnonzero((value_all > 0) & (balance_all > 0))
    secured = accounts.select(read_by("prior_claims_fen", *_tables(policy)))[rows]
    balance, value, prior = balance_all[rows], value_all[rows], amount(secured, "prior_claims_fen")

    price = policy.kind_price.of(secured) * policy.price_level.value
    chances, rank = chances_of_sale(secured, policy), policy.by_rank.of(secured)
    group, profiles = _timing(secured, policy, horizon)
    part = np.zeros((len(rows), horizon), dtype=np.float32)
    for number, offer in enumerate(policy.rounds.offers):
        hammer = np.minimum(offer.price * price, 1.0) * value
        add_profiles(part, chances[number] * rank * recovery(hammer, prior, balance, policy), profiles[number], group)
    cash = np.zeros((n, horizon), dtype=np.float32)
    cash[rows] = part

    prices = [offer.price for offer in policy.rounds.offers]
    worst = np.minimum(min(prices) * price * policy.price_interval.low, 1.0) * value
    best = np.minimum(max(prices) * price * policy.price_interval.high, 1.0) * value
    none = np.zeros(len(rows))
    won = recovery(worst, prior, balance, policy), recovery(best, prior, balance, policy)
    low, high = two_outcomes(chances.sum(axis=0) * rank, won, (none, none))

    running = np.zeros((n, horizon), dtype=np.float32)
    minutes = scattered(rows, np.full(len(rows), policy.minutes.value), n)
    add_evenly(running, minutes * policy.staff_minute_fen.value, policy.minutes_months.value)
    upfront = policy.title_cost.of(secured) * np.minimum(balance, value) + policy.appraisal_fen.value
    return forecast_of(
        cash,
        upfront=scattered(rows, upfront, n),
        running=running,
        minutes=minutes,
        complaints=scattered(rows, np.full(len(rows), policy.complaints.value), n),
        low=scattered(rows, low, n),
        high=scattered(rows, high, n),
        cap=np.minimum(balance_all, scattered(rows, np.maximum(value - prior, 0.0), n)),
    )


def _tables(policy: CollateralSalePolicy) -> tuple[Table | Knots, ...]:
    return policy.kind_price, policy.kind_sells, policy.kind_months, policy.title_months, policy.title_cost, policy.by_rank


def chances_of_sale(accounts: pl.DataFrame, policy: CollateralSalePolicy) -> Floats:
    """(rounds, n) probability that the lot sells in each round."""
    factor = policy.kind_sells.of(accounts)
    unsold = np.ones(accounts.height)
    out = np.empty((len(policy.rounds.offers), accounts.height))
    for number, offer in enumerate(policy.rounds.offers):
        sells = np.minimum(offer.sells * factor, 1.0)
        out[number] = unsold * sells
        unsold = unsold * (1.0 - sells)
    return out


def recovery(hammer: Floats, prior: Floats, balance: Floats, policy: CollateralSalePolicy) -> Floats:
    """(n,) what reaches the lender from a hammer price: after the court's costs and prior claims, at most the balance."""
    costs = policy.auction_aid.of(hammer) + policy.tax_share.value * hammer + policy.enforcement_fee.of(hammer)
    left: Floats = np.minimum(np.maximum(hammer - costs - prior, 0.0), balance)
    return left


def _timing(accounts: pl.DataFrame, policy: CollateralSalePolicy, horizon: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """Each account's group (n,), and for each round and group the month of the money (rounds, groups, horizon)."""
    titles, factors = policy.title_months.lookup(), policy.kind_months.lookup()
    group = code_index(accounts, policy.title_months.by) * len(factors) + code_index(accounts, policy.kind_months.by)
    profiles = np.zeros((len(policy.rounds.offers), len(titles) * len(factors), horizon))
    for number, offer in enumerate(policy.rounds.offers):
        for place, month in enumerate((titles[:, None] + offer.months * factors[None, :]).ravel()):
            profiles[number, place] = between(month, month, horizon)
    return group, profiles
