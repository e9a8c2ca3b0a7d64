"""Policy figures that depend on the account: looked up by a code, interpolated along a number, multiplied by flags.

Each table names the column it reads, so the policy file says everything: the figures, what they hang on, what is taken where
the account does not say, and the source. A misspelt column or code is refused when the file is read, never ignored.
"""

from __future__ import annotations

import difflib
from itertools import pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field, model_validator

from panhuo.kernel.calendar import BUCKETS
from panhuo.kernel.documents import Document, Sourced, refuse
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.ladders import Step, cumulative

Floats = npt.NDArray[np.float64]
_SCHEMA = ACCOUNT.schema
_NUMBERS = ("integer", "money", "rate", "number")
_FEW = 100

MOST, MOST_FEN, MOST_AT = 1e6, 1e12, 1e15
"""No minutes, months, factors or fen a minute are more; no other amount is over ten billion yuan; no line has a knot beyond.
Within these bounds every sum fits a whole number of fen; what passes them is a slip of the finger, told where it stands."""


class Share(Sourced):
    """A sourced figure from 0 to 1: a share, a probability, a rate of a whole."""

    value: float = Field(ge=0.0, le=1.0)


class Quantity(Sourced):
    """A sourced figure that is not negative: minutes, months, a factor, fen a minute."""

    value: float = Field(ge=0.0, le=MOST)


class Fen(Sourced):
    """A sourced amount in fen, of one claim, case or file."""

    value: float = Field(ge=0.0, le=MOST_FEN)


class Count(Sourced):
    """A sourced whole number, not negative."""

    value: int = Field(ge=0, le=10_000)


class Interval(Document):
    """A bad and a good case as factors of the expected figure (10th and 90th percentile)."""

    low: float = Field(ge=0.0, le=1.0)
    high: float = Field(ge=1.0, le=100.0)
    source: str
    certainty: str = "house"


class Table(Document):
    """One figure for each code of column ``by``; ``other`` for codes not listed and where the account does not say."""

    most: ClassVar[float] = MOST
    by: str
    values: dict[str, float]
    other: float
    source: str
    certainty: str = "house"

    @model_validator(mode="after")
    def _known(self) -> Table:
        known = codes(self.by)
        for code in self.values:
            if code not in known:
                near = difflib.get_close_matches(code, known, n=1)
                raise refuse(
                    f"{self.by} 没有代码 {code!r}" + (f"，是否指 {near[0]}？" if near else ""),
                    f"{self.by} has no code {code!r}" + (f"; did you mean {near[0]}?" if near else ""),
                )
        _within([*self.values.values(), self.other], self.most)
        return self

    def lookup(self) -> Floats:
        """(k + 1,): the figure of each code in the column's order; last, of null."""
        return np.array([self.values.get(code, self.other) for code in codes(self.by)] + [self.other])

    def of(self, accounts: pl.DataFrame) -> Floats:
        """(n,)"""
        return self.lookup().take(code_index(accounts, self.by))


class ShareTable(Table):
    """A table whose figures lie from 0 to 1."""

    most: ClassVar[float] = 1.0


class FenTable(Table):
    """A table of amounts in fen."""

    most: ClassVar[float] = MOST_FEN


class Knots(Document):
    """A figure along numeric column ``by``: ``values`` at ``at``, straight lines between, level beyond; ``unknown`` for null.

    ``at`` is in the column's own unit (days, fen, years) and rises.
    """

    most: ClassVar[float] = MOST
    by: str
    at: tuple[float, ...] = Field(min_length=1)
    values: tuple[float, ...] = Field(min_length=1)
    unknown: float
    source: str
    certainty: str = "house"

    @model_validator(mode="after")
    def _sound(self) -> Knots:
        if self.by not in _SCHEMA or ACCOUNT[self.by].kind not in _NUMBERS:
            raise refuse(f"账户表没有数值列 {self.by!r}", f"the account frame has no numeric column {self.by!r}")
        if len(self.at) != len(self.values):
            raise refuse("at 与 values 个数不同", "at and values differ in length")
        if not all(low < high for low, high in pairwise((-MOST_AT, *self.at, MOST_AT))):
            raise refuse(f"at 必须严格递增且不超过 {MOST_AT:g}", f"at must rise strictly and stay within {MOST_AT:g}")
        _within([*self.values, self.unknown], self.most)
        return self

    def of(self, accounts: pl.DataFrame) -> Floats:
        """(n,)"""
        column = accounts[self.by].cast(pl.Float64)
        out: Floats = np.interp(filled(column, 0.0).to_numpy(), self.at, self.values)
        if column.null_count():
            out[column.is_null().to_numpy()] = self.unknown
        return out


class ShareKnots(Knots):
    """Knots whose figures lie from 0 to 1."""

    most: ClassVar[float] = 1.0


class FenKnots(Knots):
    """Knots whose figures are amounts in fen."""

    most: ClassVar[float] = MOST_FEN


class ByDebtor(Document):
    """A figure along a number, for natural persons and for firms apart: what a claim takes grows with its size, and differently for the two.

    An account that does not say who owes it is taken as a person's.
    """

    person: Knots
    firm: Knots

    def of(self, accounts: pl.DataFrame) -> Floats:
        """(n,)"""
        out = self.person.of(accounts)
        firms = np.flatnonzero(filled(accounts["debtor_kind"] == "firm", value=False).to_numpy()) if "debtor_kind" in accounts.columns else ()
        if len(firms):
            out[firms] = self.firm.of(accounts.select(self.firm.by)[firms])
        return out


class FenByDebtor(ByDebtor):
    """Amounts in fen."""

    person: FenKnots
    firm: FenKnots


class Flags(Document):
    """A factor for each flag that is set on the account; factors of several flags multiply. A null flag counts as not set."""

    most: ClassVar[float] = MOST
    factors: dict[str, float]
    source: str
    certainty: str = "house"

    @model_validator(mode="after")
    def _known(self) -> Flags:
        for name in self.factors:
            if name not in _SCHEMA or ACCOUNT[name].kind != "flag":
                raise refuse(f"账户表没有是否列 {name!r}", f"the account frame has no flag {name!r}")
        _within(list(self.factors.values()), self.most)
        return self

    def of(self, accounts: pl.DataFrame) -> Floats:
        """(n,)"""
        out = np.ones(accounts.height)
        for name, factor in self.factors.items():
            out[flag(accounts, name)] *= factor
        return out


class ShareFlags(Flags):
    """Factors from 0 to 1."""

    most: ClassVar[float] = 1.0


class LadderStep(Document):
    """One bracket: the part of an amount above ``above_fen`` is charged ``rate``; ``flat_fen`` is added once it is reached."""

    above_fen: float = Field(ge=0.0, le=MOST_AT)
    rate: float = Field(ge=0.0, le=1.0)
    flat_fen: float = Field(default=0.0, ge=0.0, le=MOST_FEN)


class Ladder(Document):
    """A cumulative charge (超额累进) on an amount in fen."""

    steps: tuple[LadderStep, ...] = Field(min_length=1)
    source: str
    certainty: str = "house"

    @model_validator(mode="after")
    def _rising(self) -> Ladder:
        edges = [step.above_fen for step in self.steps]
        if not all(low < high for low, high in pairwise(edges)):
            raise refuse("above_fen 必须严格递增", "above_fen must rise strictly")
        return self

    def of(self, amount: Floats) -> Floats:
        """(n,) fen charged on (n,) fen."""
        return cumulative(amount, [Step(s.above_fen, s.rate, s.flat_fen) for s in self.steps])


def codes(name: str) -> tuple[str, ...]:
    """The codes of a coded account column, in the order of its Enum. Raises for a column that has none."""
    field = ACCOUNT[name] if name in _SCHEMA else None
    if field is not None and field.kind == "bucket":
        return BUCKETS
    if field is None or field.kind != "code":
        raise refuse(f"账户表没有代码列 {name!r}", f"the account frame has no coded column {name!r}")
    return tuple(code.code for code in field.codes)


def code_index(accounts: pl.DataFrame, name: str) -> npt.NDArray[np.intp]:
    """(n,) position of each account's code in :func:`codes`; len(codes) for null."""
    unknown = len(codes(name))
    column = accounts[name]
    if column.len() <= _FEW:
        place = {code: at for at, code in enumerate(codes(name))}
        return np.array([place.get(cell, unknown) for cell in column.to_list()], dtype=np.intp)
    index: npt.NDArray[np.intp] = filled(column.to_physical().cast(pl.Int64), unknown).to_numpy()
    return index


def read_by(*parts: str | Table | Knots) -> list[str]:
    """The account columns that these tables, and the columns named beside them, read: what to keep before taking some rows only."""
    return list(dict.fromkeys(part if isinstance(part, str) else part.by for part in parts))


def flag(accounts: pl.DataFrame, name: str) -> npt.NDArray[np.bool_]:
    """(n,) a flag, null as not set."""
    out: npt.NDArray[np.bool_] = filled(accounts[name], value=False).to_numpy()
    return out


def amount(accounts: pl.DataFrame, name: str, *, unknown: float = 0.0) -> Floats:
    """(n,) a money column in float fen, never negative; ``unknown`` for null."""
    out: Floats = np.maximum(filled(accounts[name].cast(pl.Float64), unknown).to_numpy(), 0.0)
    return out


def filled(column: pl.Series, value: float | bool | str) -> pl.Series:
    """The column with ``value`` for null. An engine's call costs a third of a millisecond however few the rows, and one account takes hundreds of them."""
    if not column.null_count():
        return column
    if column.len() > _FEW:
        return column.fill_null(value)
    return pl.Series(column.name, [value if cell is None else cell for cell in column.to_list()], dtype=column.dtype)


def _within(values: list[float], most: float) -> None:
    for value in values:
        if not (0.0 <= value <= most and np.isfinite(value)):
            raise refuse(f"数值 {value} 超出范围（0 至 {most:g}）", f"{value} is out of range (0 to {most:g})")
