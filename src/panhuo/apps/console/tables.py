"""A table as a view describes it: columns with their meaning, rows as they come from a selector, and what stands around them.

How a value is written (money, count, share, date, state) is said once by its column's ``kind``; alignment, separators and the dash for
nothing follow from it. Paging is by key: the view gives the cursors of the older and the newer page, and links carry them as ``after``
and ``before``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from panhuo.kernel.words import Words

Kind = Literal["text", "wrap", "code", "money", "yuan", "count", "number", "percent", "date", "moment", "state", "html"]
Tone = Literal["", "good", "warn", "bad", "info", "busy"]
NUMERIC = frozenset({"money", "yuan", "count", "number", "percent"})


class State(NamedTuple):
    """A state in words, and the tone it is coloured with (``""``: none)."""

    words: Words
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` finds the value in a row (mapping or object) unless ``value`` computes it. ``href``: where a cell leads, of its row.

    ``sort``: the heading sorts by ``key``. ``hidden``: shown only to who asks for it in the column chooser. ``places``: decimals of a
    percentage or number. ``like``: the key of the money column in whose unit this one is written, to be compared with it. A ``state`` column's values are :class:`State`; an ``html`` column's are safe strings.
    """

    key: str
    words: Words
    kind: Kind = "text"
    sort: bool = False
    unit: Words | None = None
    meaning: Words | None = None
    hidden: bool = False
    places: int = 1
    like: str = ""
    value: Callable[[Any], Any] | None = None
    href: Callable[[Any], str | None] | None = None

    @property
    def numeric(self) -> bool:
        return self.kind in NUMERIC

    def of(self, row: Any) -> Any:
        if self.value is not None:
            return self.value(row)
        return row.get(self.key) if isinstance(row, Mapping) else getattr(row, self.key)


class Chip(NamedTuple):
    """A filter that holds: the parameter ``key`` of the address, and ``raw`` where one of its several values is meant."""

    key: str
    words: Words
    value: Words | str
    raw: str | None = None


class View(NamedTuple):
    """A saved way of looking at the table: filters and order under a name. ``remove``: the address that forgets it when posted to."""

    words: Words | str
    href: str
    current: bool = False
    remove: str = ""


@dataclass(frozen=True, slots=True)
class Views:
    """``save``: the address that a form with ``name`` and ``query`` is posted to, to keep the present view; empty: no saving. ``query``: the present view,
    where it is not simply that of the page's address."""

    items: Sequence[View]
    save: str = ""
    query: str | None = None


@dataclass(frozen=True, slots=True)
class Empty:
    """Said in place of rows: what there is not, and what to do next."""

    words: Words
    next: Words
    action: Words | None = None
    href: str = ""
    icon: str = "empty"


_TOTAL, _ROWS = Words("合计", "Total"), Words("条", "rows")
NOTHING = Empty(
    Words("没有符合条件的记录", "Nothing fits these filters"), Words("去掉一个筛选条件再看", "Remove a filter and look again"), icon="filter"
)

NONE = Empty(Words("还没有记录", "Nothing here yet"), Words("有了之后列在这里", "What there is will stand here"))


@dataclass(frozen=True, slots=True)
class Table:
    """``id`` is the table's name in the page and in the reader's remembered choices: keep it the same.

    ``words``: what the table is of (its accessible name). ``href``: where a row leads; with ``drawer`` it opens beside the page.
    ``totals``: by column key, of all the rows that fit, not of the page alone; ``totals_href``: where they lead. ``count``: how many fit; None where it was not counted.
    ``sort``: the present order, a column's key, ``-`` before it for descending. ``older``, ``newer``: cursors of the pages around.
    """

    id: str
    words: Words
    columns: Sequence[Column]
    rows: Sequence[Any]
    href: Callable[[Any], str | None] | None = None
    drawer: bool = False
    totals: Mapping[str, Any] | None = None
    totals_words: Words = _TOTAL
    totals_href: str = ""
    count: int | None = None
    count_words: Words = _ROWS
    sort: str = ""
    older: str | None = None
    newer: str | None = None
    export: str = ""
    chips: Sequence[Chip] = ()
    views: Views | None = None
    empty: Empty = NOTHING
    chooser: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said_empty(self) -> Empty:
        """``empty``, which speaks of filters only where there are any."""
        return NONE if self.empty is NOTHING and not self.chips else self.empty

    def next_sort(self, column: Column) -> str:
        """The order a click on the heading asks for: numbers and dates largest first, words from the beginning, then the other way."""
        down = column.numeric or column.kind in ("date", "moment")
        first, second = (f"-{column.key}", column.key) if down else (column.key, f"-{column.key}")
        return second if self.sort == first else first

    def sorted_by(self, column: Column) -> str:
        """``ascending``, ``descending`` or nothing, as ``aria-sort`` has it."""
        if self.sort.lstrip("-") != column.key:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"
