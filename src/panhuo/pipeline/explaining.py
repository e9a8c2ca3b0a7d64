"""One account of a plan, looked at whole: recomputed from what is stored, by the engines that made the plan, and compared with what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from panhuo.engines.compliance import Book
from panhuo.engines.strategy import Allocation, build_limits, decide
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.routes import ROUTE_NAMES, ROUTES
from panhuo.kernel.words import Words
from panhuo.pipeline.partition import assess_part
from panhuo.pipeline.policy import Policy

CENT = 1.0
"""Fen by which a recomputed figure may differ from the stored one before they are said to disagree."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a route takes of one scarce limit: ``amount`` in the limit's own unit, each worth ``price_fen`` at the plan's prices."""

    limit: str
    words: Words
    unit: Words
    amount: float
    price_fen: float

    @property
    def fen(self) -> float:
        return self.amount * self.price_fen


@dataclass(frozen=True, slots=True)
class Option:
    """One route for the account. ``price_fen``: what the limits it uses cost at the plan's prices; ``after_fen`` = net value less that: what the plan compares.
    ``shut``: the limits that alone keep the account from it, being 0 or less than it needs; ``amount`` of each is what there is of it."""

    route: str
    words: Words
    eligible: bool
    bars: tuple[tuple[str, Words], ...]  # rule id, why
    cash_fen: int
    cost_fen: int
    net_value_fen: int
    low_fen: int
    high_fen: int
    hours: float
    months: float | None
    price_fen: float
    after_fen: float
    uses: tuple[Use, ...]  # of the limits that have a price
    shut: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """``months``: fen expected in each month under ordinary in-house work; ``agrees``: the figures recomputed are those stored."""

    assessment: Mapping[str, Any]
    months: tuple[float, ...]
    options: tuple[Option, ...]
    chosen: str | None
    reason: Words
    agrees: bool
    rules: tuple[Any, ...]  # compliance.TraceLine of every rule


def explain(
    row: Mapping[str, Any],
    *,
    policy: Policy,
    books: Sequence[Book],
    as_of: dt.date,
    choice: int,
    limits: Sequence[Mapping[str, Any]],
    stored_fen: int | None,
) -> Explained:
    """Explain one account. row: its canonical fields. choice: index of the route chosen, -1 for none. limits: the plan's ``figures["limits"]``.
    stored_fen: the net value that the plan's decision has."""
    accounts = pl.DataFrame({name: [row[name]] for name in ACCOUNT.names}, schema=ACCOUNT.schema)
    result = assess_part(accounts, policy=policy, books=books, as_of=as_of)
    kept = result.assessed
    measures: dict[str, Any] = {**kept.measures, "cases": np.ones((1, 1)), "balance": kept.balance_fen[:, None].astype(np.float64)}
    known = {str(limit["name"]): limit for limit in limits}
    built = [
        replace(limit, at_most=float(known[limit.name]["at_most"]))  # of the whole portfolio, not of this account alone
        for limit in build_limits(policy.strategy, measures, accounts_overdue=1, balance_fen=1.0)
        if limit.name in known
    ]
    prices = np.array([float(known[limit.name]["price_fen"]) for limit in built])
    used = np.array([float(known[limit.name]["used"]) for limit in built])
    allocation = Allocation(
        np.array([choice], dtype=np.int16), 0.0, 0.0, 0.0, prices, used, True, True, (), np.zeros(0, dtype=np.int64), Words("", "")
    )
    verdicts = kept.verdicts
    words = {rule: Words(zh, verdicts.reasons("en")[rule]) for rule, zh in verdicts.reasons("zh").items()}
    decision = decide(
        accounts["account_id"],
        allocation,
        kept.net_value,
        verdicts.eligible,
        {route: frame["barred_by"] for route, frame in zip(ROUTE_NAMES, result.forecasts, strict=True)},
        built,
        rule_words=words,
        policy=policy.strategy,
        worked=kept.worked,
        currency=str(row["currency"]),
    ).data.row(0, named=True)
    over = [limit.shuts_out(1, len(ROUTES)) for limit in built]
    shut = [[] if j == choice else [k for k, one in enumerate(over) if one is not None and one[0, j]] for j in range(len(ROUTES))]
    options = tuple(_option(result.forecasts[j], j, kept, built, prices, words, shut[j]) for j in range(len(ROUTES)))
    shown = kept.net_value[0, choice] if choice >= 0 else 0.0
    curve = result.curve[0].astype(np.float64) * float(kept.balance_fen[0])
    return Explained(
        result.assessments.row(0, named=True),
        tuple(float(fen) for fen in curve),
        options,
        ROUTE_NAMES[choice] if choice >= 0 else None,
        Words(decision["reason"], decision["reason_en"]),
        stored_fen is None or abs(float(shown) - stored_fen) <= CENT,
        verdicts.trace(0),
    )


def _option(frame: pl.DataFrame, j: int, kept: Any, limits: Sequence[Any], prices: Any, words: Mapping[str, Words], shut: Sequence[int]) -> Option:
    """shut: by position, the limits that alone keep the account from the route."""
    row = frame.row(0, named=True)

    def use(k: int, amount: float) -> Use:
        limit, size = limits[k], float(limits[k].unit_size)
        return Use(limit.name, limit.called, limit.unit or Words("单位", "unit"), amount / size, float(prices[k]) * size)

    uses = []
    for k, (limit, fen) in enumerate(zip(limits, prices, strict=True)):
        if fen and (limit.routes is None or limit.routes[j]):
            uses.append(use(k, float(np.broadcast_to(np.asarray(limit.usage), (1, len(ROUTES)))[0, j])))
    price = sum(one.fen for one in uses)
    bars = tuple((rule, words.get(rule, Words(rule, rule))) for rule in str(row["barred_by"] or "").split(",") if rule)
    return Option(
        ROUTES[j].name,
        ROUTES[j].words,
        bool(row["eligible"]),
        bars,
        int(row["cash_fen"]),
        int(row["cost_fen"]),
        int(row["net_value_fen"]),
        int(row["low_fen"]),
        int(row["high_fen"]),
        float(row["hours"]),
        row["months"],
        price,
        float(kept.net_value[0, j]) - price,
        tuple(one for one in uses if one.amount),
        tuple(use(k, float(limits[k].at_most)) for k in shut),
    )
