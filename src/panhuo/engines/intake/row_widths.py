"""How many cells a row of delimited text may have, and which rows of another count are right all the same.

An unquoted thousands comma (812,345.67) makes one cell of an amount two. Where the last column is empty in that row, all that is left over at its end is an
empty cell, and a reader who forgives empty cells at the end reads 812 as principal and 345.67 as interest. So a row has as many cells as the headings, and
an empty one more only where the file's rows end in a delimiter as a habit. Where a delimiter at the end of all rows and a comma in an amount of all rows
look alike, the file is read as the second: rows that are refused are told, a wrong amount is not.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

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

_CUT: Final = 0.8
"""The share of such rows with what looks like an amount cut in two, from which on the commas in the amounts made them so long."""


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
    amounts = may_be_amounts(header, delimiter)
    return not amounts or sum(split_amount(cells, amounts) for cells in rows) < _CUT * len(rows)


def may_be_amounts(header: Sequence[str], delimiter: str) -> frozenset[int]:
    """The columns in which an amount cut at its thousands comma may begin: none where another delimiter divides the cells, nor under a name that is not one
    of money (a branch 320 beside its office 101 is no amount)."""
    if delimiter not in _COMMAS:
        return frozenset()
    money, others = _names()
    forms = map(normal_heading, header)
    return frozenset(i for i, form in enumerate(forms) if form in money or (form not in others and _LIKE_MONEY.search(form)))


def split_amount(cells: Sequence[str], amounts: frozenset[int]) -> bool:
    """Whether two neighbours look like one amount cut at its thousands comma: 812 and 345.67."""
    return any(i in amounts and _LEADING.match(a) and _GROUP.match(b) for i, (a, b) in enumerate(pairwise(cells)))


def fits(cells: Sequence[str], dialect: Dialect) -> bool:
    """Whether a row's cells stand under their headings, for all that its count can say.

    As many as the usual row has, what is beyond the headings being empty; one delimiter less at the end of a row whose last cell is filled, for then none
    is lacking before it; as many as the header has, blanks and all, where its blanks are empty. Where something stands under a blank heading, or nothing but
    the header speaks for the count, no two neighbours may look like one amount.
    """
    width, count = len(dialect.headings), len(cells)
    if count == width:
        if width < dialect.cells:
            return bool(cells[-1])
        return not any(cells[width - dialect.unnamed :] if dialect.unnamed else ()) or not split_amount(cells, dialect.amounts)
    if count <= width or any(cells[width:]):
        return False
    return count == dialect.cells or (count == dialect.header_cells and not split_amount(cells, dialect.amounts))


def doubtful(frame: pl.DataFrame, dialect: Dialect) -> bool:
    """Whether :func:`fits` would refuse any of these rows of the usual count; ``frame`` holds the headings' columns."""
    if not dialect.unnamed or not dialect.amounts:
        return False
    blank = frame.columns[len(dialect.headings) - dialect.unnamed :]
    filled = frame.filter(pl.any_horizontal(pl.col(blank).is_not_null()))
    if not filled.height:
        return False
    pairs = [
        pl.col(a).str.contains(_HEAD) & pl.col(b).str.contains(_TAIL) for i, (a, b) in enumerate(pairwise(frame.columns)) if i in dialect.amounts
    ]
    return bool(pairs) and bool(filled.select(pl.any_horizontal(pairs).fill_null(value=False).any()).item())


@functools.cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    """Normal forms of the headings that name an amount, and of those that name anything else."""
    from panhuo.engines.intake.suggest_names import synonyms
    from panhuo.kernel.frames import TAPE

    names = {True: set[str](), False: set[str]()}
    for field, listed in synonyms().items():
        names[TAPE[field].kind == "money"] |= set(map(normal_heading, listed))
    return frozenset(names[True]), frozenset(names[False] - names[True])
