"""A rulebook: law, standards and house policy as dated data, each rule with its source and its worked cases.

The classes whose names end in ``Text`` are the file as written; :class:`Book` and :class:`Rule` are the same with the
conditions compiled, ready to be put to one account or to ten million. A condition is *what makes the rule bite*: where it is
true (and ``applies_when`` too) the effect follows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import polars as pl
import pydantic

from panhuo.engines.compliance.vocabulary import CLASSES, COLUMNS, FACTS, Stage, Value, value_fault
from panhuo.kernel.documents import Document, refuse
from panhuo.kernel.expressions import Source
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Words

ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
CERTAINTY = r"^(primary|confirmed:[1-9]\d*|single|seed|memory|conflict|draft|house|derived)$"
NOT_ENFORCEABLE = ("memory", "conflict", "draft")
"""A rule known only so may stand in a book, never be enforced."""

Binds = Literal[
    "BANK", "CARD", "CFC", "MLC", "AFC", "AMC", "LAMC", "AIC", "AGENCY", "PIP", "PLAINTIFF", "COURT", "ORIG", "YD", "HOUSE"
]  # fmt: skip
Force = Literal[
    "law", "dept_rule", "normative_doc", "judicial_interp", "national_std_recommended", "self_regulation", "market_practice", "house_policy"
]
Modality = Literal["must_not", "should_not", "advisable_not", "must", "may"]
Unknown = Literal["bars", "allows", "warns"]
Effects = Literal["bars", "permits", "floor", "warns", "clock"]
ClockMode = Literal["restart", "replace", "cap", "stop", "doubt", "question"]

_WITH_DATE: tuple[ClockMode, ...] = ("restart", "replace", "cap")
Text = Annotated[str, pydantic.StringConstraints(min_length=1, strip_whitespace=True)]


class ClockText(Document):
    """How a limitation rule moves the clock.

    restart: a period of ``params.years`` runs from ``from``; the later end counts. replace: it takes the place of what ran
    before. cap: no period ends later. stop: time does not run. doubt: a period that has run out counts as unknown.
    """

    mode: ClockMode
    start: str | None = pydantic.Field(default=None, alias="from")


class FloorText(Document):
    five_class: Literal["special_mention", "substandard", "doubtful", "loss"]


class EffectText(Document):
    """Exactly one of these. ``of``: the barring rule that a permit lifts."""

    bars: tuple[str, ...] | None = None
    permits: tuple[str, ...] | None = None
    of: str | None = None
    floor: FloorText | None = None
    warns: tuple[str, ...] | None = None
    clock: ClockText | None = None

    @pydantic.field_validator("bars", "permits", "warns", mode="before")
    @classmethod
    def _routes(cls, routes: object) -> object:
        if routes == "all":
            return ROUTE_NAMES
        if isinstance(routes, list):
            unknown = [r for r in routes if r not in ROUTE_NAMES]
            if unknown or not routes or len(set(routes)) != len(routes):
                raise refuse(
                    f"处置方式须取自 {'、'.join(ROUTE_NAMES)}，不可重复；全部写作 all",
                    f"routes are among {', '.join(ROUTE_NAMES)}, each once, or the word all",
                )
        return routes

    @pydantic.model_validator(mode="after")
    def _one(self) -> EffectText:
        given = [k for k in ("bars", "permits", "floor", "warns", "clock") if getattr(self, k) is not None]
        if len(given) != 1:
            raise refuse("效力须且只须写一种：bars、permits、floor、warns、clock", "an effect is exactly one of bars, permits, floor, warns, clock")
        if (self.permits is None) != (self.of is None):
            raise refuse("permits 须与 of（被解除的规则编号）同写", "permits and of (the rule it lifts) go together")
        return self

    @property
    def kind(self) -> Effects:
        for kind in ("bars", "permits", "floor", "warns"):
            if getattr(self, kind) is not None:
                return kind
        return "clock"

    @property
    def routes(self) -> tuple[str, ...]:
        return self.bars or self.permits or self.warns or ()


class SourceText(Document):
    instrument: Text
    article: str = ""


class ClockExpected(Document):
    expires_on: dt.date | None
    state: Literal["open", "expired", "unknown"]


class CaseText(Document):
    """One worked case. ``account``: the fields that matter, over a plain account (vocabulary.plain_accounts)."""

    name: Text
    as_of: dt.date
    account: dict[str, Value | None] = pydantic.Field(default_factory=dict)
    facts: dict[str, Value | None] = pydantic.Field(default_factory=dict)
    expect: str | ClockExpected

    @pydantic.model_validator(mode="after")
    def _known(self) -> CaseText:
        account = {f.name: f for f in ACCOUNT.fields if f.name != "bucket"}
        for given, fields in ((self.account, account), (self.facts, {f.name: f for f in FACTS})):
            for name, value in given.items():
                fault = value_fault(fields, name, value)
                if fault is not None:
                    raise refuse(*fault)
        return self


class RuleText(Document):
    """One rule as its book has it. ``effective_from`` null: older than anyone needs to know; both dates count as in force."""

    id: str
    title: Words
    statement: Words
    applies_when: str = "TRUE"
    condition: str
    effect: EffectText
    params: dict[str, Value] = pydantic.Field(default_factory=dict)
    unknown: Unknown
    reason: Words
    source: SourceText
    certainty: Annotated[str, pydantic.StringConstraints(pattern=CERTAINTY)]
    force: Force
    modality: Modality
    binds: tuple[Binds, ...]
    effective_from: dt.date | None
    effective_to: dt.date | None
    enforced: bool
    note: Words | None = None
    cases: tuple[CaseText, ...]

    @pydantic.field_validator("id")
    @classmethod
    def _id(cls, value: str) -> str:
        if not ID.fullmatch(value):
            raise refuse("编号须为大写字母、数字与短横", "an id is capital letters, digits and hyphens, such as CLS-DPD-90")
        return value

    @pydantic.model_validator(mode="after")
    def _coherent(self) -> RuleText:
        if self.enforced and self.certainty in NOT_ENFORCEABLE:
            raise refuse(
                f"依据未经核实（{self.certainty}），不得执行；请写 enforced: false",
                f"a rule known only by {self.certainty} may not be enforced; set enforced: false",
            )
        if self.effective_from and self.effective_to and self.effective_from > self.effective_to:
            raise refuse("生效日晚于失效日", "effective_from is later than effective_to")
        kind, clock = self.effect.kind, self.effect.clock
        if kind == "warns" and self.unknown == "bars":
            raise refuse("提示类规则不能因情况不明而禁止", "a rule that only warns cannot bar what is unknown")
        if kind in ("floor", "clock") and self.unknown != "allows":
            raise refuse("分类与时效规则只能写 unknown: allows", "floors and clocks must say unknown: allows")
        if kind == "permits" and self.unknown == "warns":
            raise refuse("准许类规则须写 unknown: bars 或 allows", "a permit says unknown: bars or allows")
        if clock is not None:
            if (clock.start is not None) != (clock.mode in _WITH_DATE):
                raise refuse("restart、replace、cap 须写 from，stop、doubt 不写", "restart, replace and cap need from; stop and doubt have none")
            years = self.params.get("years")
            if clock.mode in _WITH_DATE and (isinstance(years, bool) or not isinstance(years, int) or years < 1):
                raise refuse("须有整数参数 years", "params.years must be a whole number of years")
        for case in self.cases:
            if not _expectable(kind, case.expect):
                raise refuse(
                    f"案例“{case.name}”的 expect 不合该规则的效力", f"case {case.name!r}: expect does not suit a rule that {_OUTCOMES[kind]}"
                )
        return self

    @property
    def stage(self) -> Stage:
        return {"floor": "floor", "clock": "clock"}.get(self.effect.kind, "route")  # type: ignore[return-value]

    def in_force(self, as_of: dt.date) -> bool:
        """Both dates belong to the period."""
        return (self.effective_from is None or self.effective_from <= as_of) and (self.effective_to is None or as_of <= self.effective_to)


_OUTCOMES: dict[Effects, str] = {
    "bars": "bars (barred, allowed, warned, not_in_force)",
    "permits": "permits (permitted, not_permitted, not_in_force)",
    "warns": "warns (warned, allowed, not_in_force)",
    "floor": "sets a floor (none or a class, not_in_force)",
    "clock": "moves the clock ({expires_on, state} or not_in_force)",
}


def _expectable(kind: Effects, expect: str | ClockExpected) -> bool:
    if expect == "not_in_force":
        return True
    if kind == "clock" or isinstance(expect, ClockExpected):
        return kind == "clock" and isinstance(expect, ClockExpected)
    return (
        expect
        in {
            "bars": ("barred", "allowed", "warned"),
            "permits": ("permitted", "not_permitted"),
            "warns": ("warned", "allowed"),
            "floor": ("none", *CLASSES[1:]),
        }[kind]
    )


class BookText(Document):
    """``uses``: the other books whose classes, clocks or rules this one's conditions and cases rest on."""

    book: Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Words
    version: Text
    uses: tuple[str, ...] = ()
    rules: tuple[RuleText, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule ready to be put to accounts.

    applies, fires: three-valued conditions. start: the date a clock runs from. columns: what it reads, in schema order.
    """

    text: RuleText
    book: str
    where: str
    applies: pl.Expr
    fires: pl.Expr
    start: pl.Expr | None
    columns: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.text.id

    @property
    def outcome(self) -> pl.Expr:
        """True, false or null (unknown), by the logic of SQL: false AND unknown is false."""
        return self.applies & self.fires

    @property
    def sources(self) -> Iterator[Source]:
        """Its expressions as they stand in the book, for a fault that shows only on data."""
        yield Source(self.applies, f"{self.where}: {self.id}.applies_when", self.text.applies_when)
        yield Source(self.fires, f"{self.where}: {self.id}.condition", self.text.condition)
        clock = self.text.effect.clock
        if self.start is not None and clock is not None and clock.start is not None:
            yield Source(self.start, f"{self.where}: {self.id}.effect.clock.from", clock.start)


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """A checked, compiled rulebook. ``sha256``: of the file's bytes."""

    name: str
    title: Words
    version: str
    uses: tuple[str, ...]
    rules: tuple[Rule, ...]
    where: str
    sha256: str

    def in_force(self, as_of: dt.date, *, enforced_only: bool = True) -> tuple[Rule, ...]:
        return tuple(r for r in self.rules if r.text.in_force(as_of) and (r.text.enforced or not enforced_only))


def columns_read(stage: Stage, *expressions: pl.Expr | None) -> tuple[str, ...]:
    """The columns the expressions read, in the order of the schema."""
    roots = {name for e in expressions if e is not None for name in e.meta.root_names()}
    return tuple(name for name in COLUMNS[stage] if name in roots)
