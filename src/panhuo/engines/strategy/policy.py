"""The strategy section of the policy file: the limits a plan must keep, as data, and how good a plan must be."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from panhuo.kernel.documents import Document, Sourced, refuse
from panhuo.kernel.money import FEN_PER_WAN
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Words

Measure = Literal["cases", "staff_minutes", "upfront_cost", "cost", "complaints", "balance"]
MONEY: tuple[Measure, ...] = ("upfront_cost", "cost", "balance")

UNITS: dict[Measure, tuple[Words, float, str]] = {
    "cases": (Words("件", "case"), 1.0, "case"),
    "staff_minutes": (Words("小时", "hour"), 60.0, "minute"),
    "complaints": (Words("起投诉", "complaint"), 1.0, "complaint"),
    **dict.fromkeys(MONEY, (Words("万元", "ten thousand yuan"), float(FEN_PER_WAN), "fen")),
}
"""What one unit of a measure is called, how much usage it is, and what usage is in (money is used in fen and spoken of in 万元, work in minutes and in hours)."""


class Title(Document):
    """How people call a limit."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def words(self) -> Words:
        return Words(self.zh, self.en)


MOST = 1e15
"""Ten million million yuan in fen, or as many minutes or cases: what is more is a slip."""


class AtMost(Document):
    """How much there is: exactly one of the three.

    absolute: in the measure's unit (cases, minutes, complaints, fen). per_1000_accounts: the same, for each 1,000 overdue accounts, so that
    one policy fits a tape of ten accounts and of ten million; cases are rounded up to whole ones. per_million_yuan: on top of that, for each million
    yuan of overdue balance: large claims have people of their own. share_of_balance: of the overdue portfolio's balance; for money only.
    """

    absolute: float | None = Field(default=None, ge=0.0, le=MOST)
    per_1000_accounts: float | None = Field(default=None, ge=0.0, le=MOST)
    share_of_balance: float | None = Field(default=None, ge=0.0, le=100.0)
    per_million_yuan: float = Field(default=0.0, ge=0.0, le=MOST)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        if isinstance(given, (int, float, str)):
            raise refuse(
                f"请写明是哪一种上限：{{absolute: {given}}}，或 per_1000_accounts（每千户）、share_of_balance（占余额，仅金额类）",
                f"say which it is: {{absolute: {given}}}, or per_1000_accounts, or share_of_balance (for money only)",
            )
        return given

    @model_validator(mode="after")
    def _one(self) -> AtMost:
        given = [name for name in ("absolute", "per_1000_accounts", "share_of_balance") if getattr(self, name) is not None]
        if len(given) != 1:
            listed = "、".join(given) or "无", ", ".join(given) or "none"
            raise refuse(
                f"absolute、per_1000_accounts、share_of_balance 须恰好给一个，现给：{listed[0]}",
                f"give exactly one of absolute, per_1000_accounts, share_of_balance; given: {listed[1]}",
            )
        if self.per_million_yuan and self.per_1000_accounts is None:
            raise refuse("per_million_yuan 只能与 per_1000_accounts 一起给", "per_million_yuan goes with per_1000_accounts only")
        return self


class LimitPolicy(Document):
    """One limit: the sum of ``measure`` over accounts on ``routes`` is at most so much. Its name is its key."""

    title: Title
    measure: Measure
    routes: list[str] | Literal["all"]
    at_most: AtMost
    source: str = Field(min_length=1)
    certainty: str = "house"

    @model_validator(mode="after")
    def _sound(self) -> LimitPolicy:
        if isinstance(self.routes, list):
            unknown = [name for name in self.routes if name not in ROUTE_NAMES]
            if unknown or not self.routes:
                raise refuse(
                    f"routes 须为 all 或处置方式名的非空列表，未知：{unknown}；可用：{'、'.join(ROUTE_NAMES)}",
                    f"routes must be all or a list of route names, unknown: {unknown}; there are: {', '.join(ROUTE_NAMES)}",
                )
        if self.at_most.share_of_balance is not None and self.measure not in MONEY:
            raise refuse(
                f"share_of_balance 只用于金额类指标（{'、'.join(MONEY)}），不用于 {self.measure}",
                f"share_of_balance is for money ({', '.join(MONEY)}), not for {self.measure}",
            )
        return self


class Gap(Sourced):
    """How far below the proven bound a plan may stay: a share of it."""

    value: float = Field(ge=0.0, le=0.5)


class Named(Sourced):
    """A small whole number."""

    value: int = Field(ge=0, le=12)


class StrategyPolicy(Document):
    """limits: by name, in the order they are reported. gap: good enough. bars_named: how many barred routes a reason names at most."""

    gap: Gap
    bars_named: Named
    limits: dict[str, LimitPolicy]
