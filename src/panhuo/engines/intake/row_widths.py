"""How many cells a row of delimited text may have, and which rows of another count are right all the same.

An unquoted thousands comma (812,345.67) makes one cell of an amount two. Where the last column is empty in that row, all that is left over at its end is an
empty cell, and a reader who forgives empty cells at the end reads 812 as principal and 345.67 as interest. So a row has as many cells as the headings, and
empty ones more only where the file's rows have them as a habit. Where counts cannot tell a delimiter at the end from a comma in an amount, the cells do, by
how they fit their headings; where they cannot either, the row is refused: that is told, a wrong amount is not.
"""

from __future__ import annotations

import collections
import functools
import itertools
import re
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from panhuo.engines.intake.mapping import normal_heading

if TYPE_CHECKING:
    from panhuo.engines.intake.dialect import Dialect

_COMMAS: Final = (",", "，")
_HEAD: Final = r"^[\s¥￥$+(（-]*[0-9]{1,3}$"
_TAIL: Final = r"^[0-9]{3}(?:\.[0-9]*)?[)）元\s]*$"
_LEADING, _GROUP = re.compile(_HEAD), re.compile(_TAIL)
_LIKE_MONEY: Final = re.compile(r"金|额|息|费|价|值|本$|amount|amt|balance|princip|interest|fee|due|value")
_HABIT: Final = 10
"""Rows that end in a delimiter for each one that does not: from so many on it is the file's habit."""

_MOST_SEAMS: Final = 6
_GROUP_LENGTH: Final = 3
_SOME: Final = 5
"""Fewer rows of a count are slips and no habit."""

_CUT: Final = 0.8
"""The share of rows with what looks like an amount cut in two, from which on the commas in the amounts made them so long."""


class Widths(NamedTuple):
    """What the sample of a file says of its rows' cells. kinds: of each heading (:func:`kinds_of`). amounts: columns in which an amount cut at its comma may
    begin. mixed: rows as long as a header that ends in blanks may be cut ones. loose: counts beyond the headings that a good part of the rows have."""

    kinds: tuple[str, ...] = ()
    amounts: frozenset[int] = frozenset()
    mixed: bool = False
    loose: frozenset[int] = frozenset()


UNKNOWN: Final = Widths()


def rows_trail(header: Sequence[str], body: Sequence[Sequence[str]], usual: int, delimiter: str) -> bool:
    """Whether rows of ``usual`` cells, more than the header has, are rows that end in delimiters.

    >>> rows_trail(["借据号", "本金", "备注"], [["J1", "500", "", ""], ["J2", "8000.00", "核", ""]], 4, ",")
    True
    >>> rows_trail(["借据号", "本金", "备注"], [["J1", "1", "500", ""], ["J2", "8", "000.00", ""]], 4, ",")
    False
    """
    rows = [cells for cells in body if len(cells) == usual]
    plain = sum(len(cells) == len(header) for cells in body)
    filled = sum(any(cells[len(header) :]) for cells in rows)
    if usual <= len(header) or plain * _HABIT > len(rows) or filled * 2 > len(rows):
        return False
    kinds, amounts = kinds_of(header), may_be_amounts(header, delimiter)
    return not amounts or sum(not whole(cells, kinds, amounts) for cells in rows) < _CUT * len(rows)


def widths_of(header: Sequence[str], body: Sequence[Sequence[str]], delimiter: str, unnamed: int) -> Widths:
    """header: as it will be read, ``unnamed`` blanks at its end."""
    kinds, amounts = kinds_of(header), may_be_amounts(header, delimiter)
    full = [cells for cells in body if len(cells) == len(header)]
    open_ = sum(not whole(cells, kinds, amounts) for cells in full) if unnamed else 0
    longer = collections.Counter(len(cells) for cells in body if len(cells) > len(header) and not any(cells[len(header) :]))
    loose = frozenset(count for count, rows in longer.items() if rows >= _SOME and rows * _HABIT >= len(body))
    return Widths(kinds, amounts, bool(open_ and (len(full) < len(body) or open_ >= _CUT * len(full))), loose)


def may_be_amounts(header: Sequence[str], delimiter: str) -> frozenset[int]:
    """The columns in which an amount cut at its thousands comma may begin: none where another delimiter divides the cells."""
    return money_columns(header) if delimiter in _COMMAS else frozenset()


def money_columns(header: Sequence[str]) -> frozenset[int]:
    """The columns of amounts, by their names: known ones, and unknown ones like them (a branch 320 beside its office 101 is no amount)."""
    named = _names()
    forms = map(normal_heading, header)
    return frozenset(i for i, form in enumerate(forms) if named.get(form) == "money" or (form not in named and _LIKE_MONEY.search(form)))


def kinds_of(header: Sequence[str]) -> tuple[str, ...]:
    """What the cells under each heading look like: number, count, date, name, word, nothing (a blank heading), or "" where its name does not say."""
    named = _names()
    return tuple(_LOOKS.get(named.get(normal_heading(heading), ""), "") if heading.strip() else "nothing" for heading in header)


def whole(cells: Sequence[str], kinds: Sequence[str], amounts: frozenset[int]) -> bool:
    """Whether nothing speaks for amounts cut at their commas: no two neighbours look like 812 and 345.67 under an amount, or they do and the cells fit their
    headings better as they stand than in any way of putting such neighbours together (次级 stands under 五级分类)."""
    seams: list[int] = []
    for i, (a, b) in enumerate(pairwise(cells)):
        first = i in amounts and _LEADING.match(a)
        if (first or (i - 1 in seams and len(a) == _GROUP_LENGTH)) and _GROUP.match(b):
            seams.append(i)
    if not seams:
        return True
    stands = _strain(cells, kinds)
    for count in range(1, min(len(seams), _MOST_SEAMS) + 1):
        for joined in itertools.combinations(seams[:_MOST_SEAMS], count):
            if _strain(_joined(cells, joined), kinds) <= stands:
                return False
    return True


def _joined(cells: Sequence[str], seams: Collection[int]) -> list[str]:
    """The cells with those on either side of a seam as one."""
    out: list[str] = []
    for i, cell in enumerate(cells):
        if i - 1 in seams:
            out[-1] += cell
        else:
            out.append(cell)
    return out


def _strain(cells: Sequence[str], kinds: Sequence[str]) -> int:
    """How ill the cells fit their headings: those that cannot be what it says, and figures that are missing. A missing one is no fault by itself, but one
    reading may leave more of them empty than another."""
    missing = sum(kind in _FILLED and not cell.strip() for kind, cell in itertools.zip_longest(kinds, cells[: len(kinds)], fillvalue=""))
    return missing + _misfits(cells, kinds)


def _misfits(cells: Sequence[str], kinds: Sequence[str]) -> int:
    """How many cells cannot be what their heading says."""
    return sum(map(_misfit, cells, kinds))


@functools.lru_cache(maxsize=1 << 14)
def _misfit(cell: str, kind: str) -> bool:
    cell = cell.strip()
    return bool(cell) and kind in _MISFIT and _MISFIT[kind](cell)


def fits(cells: Sequence[str], dialect: Dialect) -> bool:
    """Whether a row's cells stand under their headings, for all that its count can say.

    As many as the usual row has, what is beyond the headings being empty; one delimiter less at the end of a row whose last cell is filled, for then none
    is lacking before it; as many as the header has, blanks and all, or all but its blanks. Where a count is not the file's habit, or something stands under
    a blank heading, the cells themselves must speak for it: no amount may look cut, nothing may stand under a heading that it cannot belong to.
    """
    width, count, seen = len(dialect.headings), len(cells), dialect.widths
    if count == width:
        if width < dialect.cells:
            return bool(cells[-1])
        doubt = seen.mixed or (dialect.unnamed > 0 and any(cells[width - dialect.unnamed :]))
        return not doubt or whole(cells, seen.kinds, seen.amounts)
    if count == width - dialect.unnamed:
        return True
    if count < width or any(cells[width:]):
        return False
    if count == dialect.cells:
        return True
    sound = whole(cells, seen.kinds, seen.amounts)
    return sound and (count == dialect.header_cells or (count in seen.loose and not _misfits(cells, seen.kinds)))


def doubtful(frame: pl.DataFrame, dialect: Dialect) -> bool:
    """Whether :func:`fits` might refuse any of these rows of the usual count; ``frame`` holds the headings' columns."""
    amounts = dialect.widths.amounts
    if not dialect.unnamed or not amounts:
        return False
    if not dialect.widths.mixed:
        blank = frame.columns[len(dialect.headings) - dialect.unnamed :]
        frame = frame.filter(pl.any_horizontal(pl.col(blank).is_not_null()))
    if not frame.height:
        return False
    pairs = [pl.col(a).str.contains(_HEAD) & pl.col(b).str.contains(_TAIL) for i, (a, b) in enumerate(pairwise(frame.columns)) if i in amounts]
    return bool(pairs) and bool(frame.select(pl.any_horizontal(pairs).fill_null(value=False).any()).item())


_LOOKS: Final = {
    "money": "number",
    "integer": "count",
    "rate": "number",
    "number": "number",
    "date": "date",
    "code": "word",
    "address": "word",
    "name": "name",
}
_FILLED: Final = ("number", "count")
_NUMBER: Final = re.compile(r"^[\s¥￥$+(（-]*[0-9][0-9.,，]*[)）元圆%％天日万\s-]*$")
_DAY: Final = re.compile(r"^[0-9]{4}\s*[-/.年]|^[0-9]{8}$|^[0-9]{5}$|^[0-9]{1,2}[-/.][0-9A-Za-z]|^[A-Za-z]{3}-")
_FIGURES: Final = re.compile(r"^[0-9]{3,}$|^[0-9]+\.[0-9]+$")
_MISFIT: Final[dict[str, Callable[[str], bool]]] = {
    "number": lambda cell: not _NUMBER.match(cell) or re.fullmatch(r"0[0-9]{2}(?:\.[0-9]*)?", cell) is not None,
    "count": lambda cell: not _NUMBER.match(cell) or re.fullmatch(r"0[0-9]{2}|[0-9,]*\.[0-9]*[1-9][0-9]*|[0-9,]*\.[0-9]{2}", cell) is not None,
    "date": lambda cell: not _DAY.match(cell),
    "name": lambda cell: _NUMBER.match(cell) is not None,
    "nothing": bool,
    "word": lambda cell: _FIGURES.match(cell) is not None,
}
"""A cell of three figures that begins with 0 is the second half of an amount; a count of days has no fen; a code may be a figure of one or two."""


@functools.cache
def _names() -> dict[str, str]:
    """Normal forms of the headings that are known, with what of a person their field holds, else with its kind."""
    from panhuo.engines.intake.suggest_names import synonyms
    from panhuo.kernel.frames import TAPE

    return {normal_heading(word): TAPE[field].personal or TAPE[field].kind for field, listed in synonyms().items() for word in (field, *listed)}
