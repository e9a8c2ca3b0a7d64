"""Cells of an .xlsx that are merged downwards over data rows: one customer, three loans, name and telephone written once.

The file holds the value in the top cell only, and read as they stand the loans below have no debtor. What is merged is said once of all its
rows, so whatever names or describes somebody or something holds for each of them and is filled in. A figure is not: a balance merged over three
loans is one balance, and three of it would be three times the claim. So amounts, rates, counts and dates stay empty in the rows below, and so
do the account number, of which every loan has its own, and the record of payments. Which column is what the layout says; the known headings
say it of columns the layout does not bind; of a heading nobody knows the cell decides: what looks like a number or a date stays where it is.
Only empty cells of rows that hold something else are ever filled, and a note tells how many cells of which column were and were not.
"""

from __future__ import annotations

import functools
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.mapping import normal_heading
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import TAPE
from panhuo.kernel.words import Words

Spans = npt.NDArray[np.int64]
"""Ranges merged over several rows, (column, first row, last row) of each from 0, in the columns that a reader gives: less the empty ones on the left."""

_BLOCK: Final = 4 << 20
_LONGEST: Final = 512
_RANGE: Final = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref\s*=\s*[\"']\$?([A-Z]{1,3})\$?(\d{1,7}):\$?[A-Z]{1,3}\$?(\d{1,7})[\"']")
_FILLED: Final = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"']([A-Z]{1,3})\d+[\"'][^>]*(?<!/)>(?!\s*</)")
_FIGURES: Final = ("money", "rate", "number", "integer", "date", "bucket")
_OF_DEBTOR: Final = ("birth_date", "age")
_OF_LOAN: Final = ("account_id", "repayment_pattern")
_LIKE_FIGURE: Final = (
    r"^[\s'¥￥$€£(（+\-−*]*[0-9０-９][0-9０-９\s,，.．:/\-eE+年月日号]*(?:[)）%％‰]|元|万|亿|千|百|整|个?月|天|期|周|次|岁|户|笔)*\s*$"
)


@dataclass(frozen=True)
class Carried:
    """Cells of data rows below the first of a merged range, by heading: those that were ``filled``, and those ``left`` empty."""

    filled: dict[str, int]
    left: dict[str, int]

    def told(self, where: str) -> list[Words]:
        """What a person should know about it."""
        zh, en = [], []
        if self.filled:
            zh.append("已把首格的内容填到各行：" + "、".join(f"{heading} {n:,} 格" for heading, n in self.filled.items()))
            en.append("the top cell's content was filled down into " + ", ".join(f"{heading} ({n:,} cells)" for heading, n in self.filled.items()))
        if self.left:
            zh.append("金额、数量、日期与账户编号只属首行，以下各行留空：" + "、".join(f"{heading} {n:,} 格" for heading, n in self.left.items()))
            listed = ", ".join(f"{heading} ({n:,} cells)" for heading, n in self.left.items())
            en.append(f"amounts, counts, dates and account numbers count for the first row only, and the rows below were left empty in {listed}")
        return [Words(f"{where}：合并单元格，{'；'.join(zh)}", f"{where}: merged cells: {'; '.join(en)}")] if zh else []


def merged_down(path: Path, sheet: str) -> Spans:
    """The ranges of a sheet of an .xlsx that are merged over several rows. None where the file does not say which part the sheet is."""
    found: list[tuple[int, int, int]] = []
    left = 0
    try:
        with zipfile.ZipFile(path) as book:
            member = _member(book, sheet)
            for text in _blocks(book, member, b"mergeCell") if member is not None else ():
                ranges = ((_column(column), int(first) - 1, int(last) - 1) for column, first, last in _RANGE.findall(text))
                found += [span for span in ranges if span[2] > span[1]]
            left = _first_column(book, member) if member is not None and found else 0
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):  # told by the reader of the cells
        found = []
    spans: Spans = np.array(sorted(set(found)), dtype=np.int64).reshape(-1, 3)
    spans[:, 0] -= left
    return spans


def carry_down(table: pl.DataFrame, headings: Sequence[str], first_row: int, spans: Spans, layout: Layout | None) -> tuple[pl.DataFrame, Carried]:
    """``table`` with the merged cells of its data rows filled. first_row: of the data, in the rows of ``table``, which ``spans`` count too.

    Of ranges that overlap, which no spreadsheet makes, the lower one begins where the upper ends.
    """
    spans = spans[(spans[:, 0] >= 0) & (spans[:, 0] < len(headings)) & (spans[:, 1] >= first_row) & (spans[:, 1] < table.height)]
    filled: dict[str, int] = {}
    left: dict[str, int] = {}
    if not len(spans):
        return table, Carried(filled, left)
    something = table.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    columns: list[pl.Series] = []
    for column in np.unique(spans[:, 0]):
        cells = table.to_series(int(column))
        source = _sources(spans[spans[:, 0] == column], table.height)
        above = cells.gather(source)
        wanted = cells.is_null() & above.is_not_null() & something
        allowed = _allowed(headings[column], above, layout)
        for count, mask in ((filled, wanted & allowed), (left, wanted & ~allowed)):
            if mask.any():
                count[headings[column]] = int(mask.sum())
        columns.append(above.zip_with(wanted & allowed, cells))
    return table.with_columns(columns), Carried(filled, left)


def _sources(spans: Spans, height: int) -> npt.NDArray[np.int64]:
    """For every row the row whose cell stands for it: the first of its range, else itself."""
    source = np.arange(height)
    starts, at = np.unique(spans[::-1, 1], return_index=True)  # of two that start together the longer, which is sorted last
    ends = np.minimum(np.minimum(spans[::-1, 2][at] + 1, np.append(starts[1:], height)), height)
    lengths = ends - starts
    covered = np.repeat(starts - np.append(0, np.cumsum(lengths)[:-1]), lengths) + np.arange(lengths.sum())
    source[covered] = np.repeat(starts, lengths)
    return source


def _allowed(heading: str, above: pl.Series, layout: Layout | None) -> pl.Series:
    """Of which cells the content may be said again in the rows below."""
    said = _by_layout(heading, layout)
    if said is None:
        said = _by_name(normal_heading(heading))
    if said is None:
        return ~above.str.contains(_LIKE_FIGURE).fill_null(value=False)
    return pl.repeat(said, len(above), dtype=pl.Boolean, eager=True)


def _by_layout(heading: str, layout: Layout | None) -> bool | None:
    form = normal_heading(heading)
    bound = [column for column in (layout.columns if layout else ()) if form in map(normal_heading, column.from_)]
    return all(_describes(column.field, column.resolved_kind) for column in bound) if bound else None


@functools.cache
def _by_name(form: str) -> bool | None:
    from panhuo.engines.intake.suggest_names import synonyms

    fields = [TAPE[name] for name, listed in synonyms().items() if form in map(normal_heading, listed)]
    return all(_describes(field, field.kind) for field in fields) if fields else None


def _describes(field: Field | None, kind: str) -> bool:
    name = field.name if field is not None else ""
    return name in _OF_DEBTOR or (kind not in _FIGURES and name not in _OF_LOAN)


def _member(book: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of the workbook that holds the sheet."""
    names = {name.casefold(): name for name in book.namelist()}
    try:
        listed, related = (_plain_xml(book.read(names[part])) for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError):
        return None
    targets = {one.get("Id"): one.get("Target", "") for one in related}
    for one in listed.iter():
        if one.tag.rpartition("}")[2] == "sheet" and one.get("name") == sheet:
            place = next((value for key, value in one.attrib.items() if key.rpartition("}")[2] == "id" and value in targets), None)
            path = posixpath.normpath(posixpath.join("/xl", targets[place].replace("\\", "/"))) if place is not None else ""
            return names.get(path.lstrip("/").casefold())
    return None


def _plain_xml(data: bytes) -> ElementTree.Element:
    if b"<!" in data.replace(b"<!--", b""):  # no workbook declares entities, and a bomb does
        raise ElementTree.ParseError
    return ElementTree.fromstring(data)  # noqa: S314 nothing is declared in it


def _blocks(book: zipfile.ZipFile, member: str, word: bytes) -> Iterator[bytes]:
    """The blocks of a part in which ``word`` stands, cut so that no tag is lost between two. A tag may come twice."""
    with book.open(member) as part:
        held = b""
        while block := part.read(_BLOCK):
            text = held + block
            if word in text:
                yield text
            held = text[-_LONGEST:]


def _first_column(book: zipfile.ZipFile, member: str) -> int:
    """The first column with anything in it: readers leave out those before it."""
    least: int | None = None
    with book.open(member) as part:
        held = b""
        while block := part.read(_BLOCK):
            held += block
            end = held.rfind(b"row>") + 4
            if end > 4:
                found = {_column(name) for name in set(_FILLED.findall(held[:end]))}
                least = min(found | ({least} if least is not None else set()), default=None)
                if least == 0:
                    return 0
                held = held[end:]
    return least or 0


def _column(letters: bytes) -> int:
    """
    >>> _column(b"A"), _column(b"Z"), _column(b"AA")
    (0, 25, 26)
    """
    return functools.reduce(lambda total, letter: total * 26 + letter - 64, letters, 0) - 1
