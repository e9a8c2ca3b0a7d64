"""What accounts are filtered by: one list, put to the columns file for sums and for lists alike, so that a figure and the accounts behind it agree.

In an address a filter is ``product=online_loan,credit_card`` (any of these) or ``balance_fen=100000..500000`` (from .. to, either may be left
out, both inclusive), in the field's own unit; ``none`` stands for "not given". What is not understood is named, never passed over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any, Protocol

import polars as pl

from panhuo.apps.intake.storing import PROVINCE
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.words import Words

BY_VALUE = ("product", "bucket", "five_class", "province", "guarantee_kind", "litigation_state", "contactability", "debtor_kind", "written_off")
BY_RANGE = ("balance_fen", "principal_fen", "overdue_days", "origination_date")
NAMES = (*BY_VALUE, *BY_RANGE)
NOTHING = "none"
"""Stands for "not given" among the values of a field that may be."""


class Condition(Protocol):
    """What :class:`Filter` is one kind of; other departments have their own, on columns that they lay beside."""

    @property
    def name(self) -> str: ...

    @property
    def text(self) -> str: ...

    def polars(self) -> pl.Expr: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition. ``values``: any of these (None among them: not given); or ``low`` and ``high``, inclusive, in the field's unit."""

    name: str
    values: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None

    @property
    def field(self) -> Field:
        return ACCOUNT[self.name]

    @property
    def text(self) -> str:
        """As it stands in an address."""
        if self.values:
            return ",".join(NOTHING if value is None else str(value).lower() if isinstance(value, bool) else str(value) for value in self.values)
        return f"{'' if self.low is None else self.low}..{'' if self.high is None else self.high}"

    def polars(self) -> pl.Expr:
        """The condition on the columns file."""
        column = pl.col(self.name)
        if self.values:
            given = [value for value in self.values if value is not None]
            found = column.is_in(given) if given else pl.lit(False)
            return (found | column.is_null()) if None in self.values else found.fill_null(False)
        bounds = [column >= self.low] if self.low is not None else []
        bounds += [column <= self.high] if self.high is not None else []
        return reduce(lambda a, b: a & b, bounds).fill_null(False)

    def within(self, other: Filter) -> Filter:
        """Both at once, of the same field. Only where something can fit both: of a figure that was itself counted under ``other``."""
        if self.values or other.values:
            return self
        return Filter(self.name, low=_outer(max, self.low, other.low), high=_outer(min, self.high, other.high))


def filters_of(query: Mapping[str, str]) -> list[Filter]:
    """The filters of an address's query; other keys are other people's. Raises UsageInvalid that names what is wrong."""
    return [_read(name, query[name]) for name in NAMES if query.get(name)]


def narrowed(filters: Sequence[Condition], *more: Filter) -> list[Condition]:
    """The filters and some more: where both speak of one field, what fits both."""
    held = {chosen.name: chosen for chosen in filters}
    for one in more:
        before = held.get(one.name)
        held[one.name] = one.within(before) if isinstance(before, Filter) else one
    return list(held.values())


def group_filter(by: str, key: str | None) -> Filter:
    """The filter that leaves exactly one group of :func:`.portfolio.grouped`. by: a field, ``age`` or ``vintage``; key: its text, None for not given."""
    name = {"age": "overdue_days", "vintage": "origination_date"}.get(by, by)
    if key is None:
        return Filter(name, values=(None,))
    if by == "vintage":
        return Filter(name, low=dt.date(int(key), 1, 1), high=dt.date(int(key), 12, 31))
    return _read(name, key)


def _outer(pick: Any, mine: Any, other: Any) -> Any:
    given = [bound for bound in (mine, other) if bound is not None]
    return pick(given) if given else None


def _read(name: str, text: str) -> Filter:
    field = ACCOUNT[name]
    if name in BY_VALUE:
        return Filter(name, values=tuple(dict.fromkeys(_value(field, part) for part in text.split(","))))
    if text == NOTHING and field.nullable:
        return Filter(name, values=(None,))
    low, dots, high = text.partition("..")
    if not dots:
        high = low
    made = Filter(name, low=_bound(field, low), high=_bound(field, high))
    if made.low is None and made.high is None:
        raise _wrong(field, text)
    return made


def _value(field: Field, text: str) -> Any:
    if text == NOTHING and field.nullable and NOTHING not in {code.code for code in field.codes}:
        return None
    if field.kind == "flag":
        if text not in ("true", "false"):
            raise _wrong(field, text)
        return text == "true"
    if text not in values_of(field.name):
        raise _wrong(field, text)
    return text


@cache
def values_of(name: str) -> dict[str, None]:
    """The values a coded field may have, in their order."""
    kind = PROVINCE if name == "province" else ACCOUNT[name].dtype
    return dict.fromkeys(kind.categories) if isinstance(kind, pl.Enum) else {}


def _bound(field: Field, text: str) -> Any:
    if not text:
        return None
    try:
        if field.kind == "date":
            return dt.date.fromisoformat(text)
        number = int(text)
    except ValueError as error:
        raise _wrong(field, text) from error
    if abs(number) >= 2**62:
        raise _wrong(field, text)
    return number


def _wrong(field: Field, text: str) -> UsageInvalid:
    cause = Words(f"“{field.zh}”没有“{text[:40]}”这样的值", f'"{field.en}" has no value "{text[:40]}"')
    return UsageInvalid(
        "FILTER_WRONG", cause, where=field.name, remedy=Words("去掉这个条件，或从列表中选择", "remove the filter, or choose from the list")
    )
