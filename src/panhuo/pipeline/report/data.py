"""What the report is made from: figures already added up, nothing about a single person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from panhuo.kernel.words import Words

BREAKDOWN: dict[str, Any] = {
    "key": pl.String,
    "accounts": pl.Int64,
    "balance_fen": pl.Int64,
    "recovery_fen": pl.Float64,  # of the plan, undiscounted
    "net_value_fen": pl.Float64,  # of the plan, discounted, after cost
}
CASH: dict[str, Any] = {"month": pl.Int32, "route": pl.String, "cash_fen": pl.Float64}
MIX: dict[str, Any] = {"bucket": pl.String, "route": pl.String, "accounts": pl.Int64, "balance_fen": pl.Int64}
RULE: dict[str, Any] = {
    "rule": pl.String,
    "zh": pl.String,
    "en": pl.String,
    "routes": pl.List(pl.String),
    "accounts": pl.Int64,
    "balance_fen": pl.Int64,
}
FAULT: dict[str, Any] = {
    "code": pl.String,
    "severity": pl.String,
    "message": pl.String,
    "message_en": pl.String,
    "rows": pl.Int64,
    "file": pl.String,  # of the first example, as are the next three
    "row": pl.Int64,  # as a spreadsheet numbers it
    "column": pl.String,
    "value": pl.String,  # masked
}
QUALITY: dict[str, Any] = {"field": pl.String, "zh": pl.String, "en": pl.String, "filled": pl.Float64, "valid": pl.Float64, "score": pl.Float64}
LARGEST: dict[str, Any] = {
    "account_id": pl.String,
    "route": pl.String,
    "balance_fen": pl.Int64,
    "net_value_fen": pl.Int64,
    "reason": pl.String,
    "reason_en": pl.String,
}


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit of the plan. ``price_fen``: what one more ``unit`` would bring; ``worth_fen``: what all of it is worth at that price, so that limits in
    different units compare."""

    name: str
    words: Words
    unit: Words
    used: float
    at_most: float
    price_fen: float
    worth_fen: float
    money: bool = False  # used and at_most are fen


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure of the policy that the plan leans on, and where it comes from."""

    key: str
    value: str
    source: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Unstated:
    """A fact about the lender that the policy file leaves open. key: where it would stand. rules: those that ask for it, with their titles."""

    key: str
    words: Words
    rules: Sequence[tuple[str, Words]]
    accounts: int


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Accounts by what became of them on one route. rule: the id of the rule that closes it to most, ``rule_accounts`` of them."""

    route: str
    barred: int
    chosen: int
    at_a_loss: int
    outdone: int
    held_back: int
    rule: str
    why: Words
    rule_accounts: int

    @property
    def open(self) -> int:
        return self.chosen + self.at_a_loss + self.outdone + self.held_back


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything on the page. Frames have the columns named above."""

    summary: Mapping[str, Any]
    portfolio: Mapping[str, pl.DataFrame]  # bucket, product, province -> BREAKDOWN
    cash: pl.DataFrame
    mix: pl.DataFrame
    limits: Sequence[LimitLine]
    rules: pl.DataFrame
    rejects: pl.DataFrame  # FAULT
    warnings: pl.DataFrame  # FAULT
    quality: pl.DataFrame
    quality_score: float
    largest: pl.DataFrame
    assumptions: Sequence[Assumption]
    files: Sequence[Mapping[str, Any]]  # name, rows, bytes, sha256, encoding
    unassigned: Sequence[tuple[Words, int, int]]  # why, accounts, balance in fen
    warned: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RULE))  # rules that warn and leave the routes open
    unstated: Sequence[Unstated] = ()
    obstacles: Sequence[Obstacles] = ()  # one a route
    to_correct: str = ""  # name of the file of whole rejected rows
    currency: str = "CNY"
    house_limits: Sequence[Words] = ()  # limits still as the shipped policy has them, the dearest first
