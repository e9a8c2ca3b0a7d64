"""Which delimiter a text tape uses, where its header row is, and what the headings are.

A delimiter cannot be told by counting characters: amounts bring commas, addresses bring semicolons. Each candidate therefore
really splits the first lines, and is judged by what a right split shows: headings that are known, a header row of words, the
same number of cells row after row, and as many cells as possible. Title lines above the header are passed over.
"""

from __future__ import annotations

import collections
import csv
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from panhuo.engines.intake.archives import ReadLimits
from panhuo.engines.intake.mapping import normal_heading
from panhuo.engines.intake.refusals import unusable
from panhuo.engines.intake.row_widths import UNKNOWN, Widths, rows_trail, widths_of
from panhuo.engines.intake.storeys import header_rows
from panhuo.engines.intake.unit_rows import Under, UnitRow, under
from panhuo.kernel.errors import InputUnusable

DELIMITERS: Final = (",", "\t", ";", "|", "^", "\x01", "\x03", "\x1f", "~", "@", "#", "!", "$", "&")
STANDS_IN: Final = "\x1f"
"""What the reading of rows, which goes by one byte, sees in the place of a delimiter that is longer."""

LONG_DELIMITERS: Final = (
    "|@|",
    "@|@",
    "|+|",
    "|!|",
    "!|!",
    "|#|",
    "|$|",
    "|^|",
    "^|^",
    "|&|",
    "|~|",
    "~|~",
    "||",
    "@@",
    "##",
    "$$",
    "&&",
    "!^",
    "，",
    "；",
)
"""What warehouses of banks write lest a delimiter stand in a cell; and commas of a Chinese keyboard."""

UNQUOTED: Final = ("\x01", "\x03", STANDS_IN)
"""Delimiters of systems (Hive, warehouses) that never quote: a quotation mark is then a character like any other."""

SAMPLE_LINES: Final = 300
HEADER_WITHIN: Final = 30
"""The header row is one of so many first rows."""

csv.field_size_limit(max(csv.field_size_limit(), 256 << 20))  # the module's default of 128 KiB would raise on a long cell


@dataclass(frozen=True)
class Dialect:
    """How to split a text tape. ``headings``: as in the file, trimmed; blank ones named ``column N`` and unique. ``cells``:
    how many a data row has (one more than headings where every row ends in a delimiter). ``skip_lines``: physical lines up to
    and including the header. ``duplicates``: headings that occur more than once, before they were numbered apart. ``titles``: the filled
    cells above the header. ``header_row``: the header's row as a spreadsheet shows the file, blank lines counted. ``written``: the delimiter as the
    file has it; ``delimiter``, one byte, may stand in for it. ``header_cells``: how many the header has, blanks at its end counted; ``unnamed``: how many of
    the headings are such blanks; ``widths``: what the sample says of the rows' cells (:mod:`.row_widths`). ``unit_row``: what stands under the header and
    is no data; ``skip_lines`` and ``header_row`` go up to it."""

    delimiter: str
    headings: tuple[str, ...]
    cells: int
    skip_lines: int
    duplicates: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    header_row: int = 1
    written: str = ""
    header_cells: int = 0
    unnamed: int = 0
    widths: Widths = UNKNOWN
    unit_row: UnitRow | None = None

    @property
    def quoted(self) -> bool:
        return self.delimiter not in UNQUOTED


def sniff(
    text: str, known: Collection[str], name: str, limits: ReadLimits, *, delimiter: str | None = None, header_row: int | None = None
) -> Dialect:
    """The dialect of a tape that begins with ``text`` (whole lines, UTF-8 decoded).

    known: normal forms of headings that tell a header row (:func:`.mapping.known_headings`). delimiter, header_row: where the
    layout fixes them. Raises InputUnusable: INPUT_EMPTY, HEADER_MISSING, TOO_MANY_COLUMNS.
    """
    lines = text.split("\n")
    if not any(line.strip(" \r\t\0\ufeff") for line in lines):
        raise empty(name)
    best: tuple[tuple[float, ...], str, list[_Row], int] | None = None
    for candidate in (delimiter,) if delimiter else (*DELIMITERS, *LONG_DELIMITERS):
        if delimiter is None and candidate not in text and candidate != ",":
            continue
        rows = _split(lines[:SAMPLE_LINES], candidate, most=2 * limits.columns)
        at = header_row - 1 if header_row else find_header([row.cells for row in rows], known)
        if at >= len(rows):
            raise header_missing(name, header_row or 1)
        score = _score([row.cells for row in rows], at, known, long=one_byte(candidate) != candidate)
        if best is None or score > best[0]:
            best = (score, candidate, rows, at)
    assert best is not None
    _, chosen, rows, at = best
    header, first, unfit = rows[at].cells, at, None
    if header_row is None:
        header, first, at, unfit = _storeys(rows, at, known)
    titles = titles_of([row.cells for row in rows[:first]])
    units = under(header, [row.cells for row in rows[at + 1 : at + 3]])
    if units is not None and unfit is None:
        at += units.rows
        header, titles = units.headings, (*titles, *units.titles)
    units = unfit or units
    body = [row.cells for row in rows[at + 1 :]]
    widths = collections.Counter(map(len, body))
    usual = widths.most_common(1)[0][0] if widths else len(header)
    cells = written = len(header)
    if rows_trail(header, body, usual, chosen):
        cells = usual
    elif usual < cells and not any(heading.strip() for heading in header[usual:]):
        header, cells = header[:usual], usual
    unnamed = next((i for i, heading in enumerate(reversed(header)) if heading.strip()), 0)
    widths_seen = widths_of(header, body, chosen, unnamed)
    check_columns(len(header), name, limits)
    headings, duplicates = clean_headings(header)
    place = rows[at]
    unit_row = UnitRow(units, place.number) if units is not None else None
    return Dialect(one_byte(chosen), headings, cells, place.lines, duplicates, titles, place.number, chosen, written, unnamed, widths_seen, unit_row)


def _storeys(rows: Sequence[_Row], at: int, known: Collection[str]) -> tuple[list[str], int, int, Under | None]:
    """As :func:`.storeys.header_rows` says of rows of one width; a single row of headings is left as wide as it was written."""
    width = max(len(row.cells) for row in rows[: at + 3])
    square = [[*row.cells, *[""] * (width - len(row.cells))] for row in rows[: at + 3]]
    headings, first, last, units = header_rows(square, at, known)
    return (rows[at].cells, at, at, None) if first == last else (list(headings), first, last, units)


def one_byte(delimiter: str) -> str:
    """The byte that stands for a delimiter of several."""
    return delimiter if len(delimiter.encode()) == 1 else STANDS_IN


def titles_of(rows: Sequence[Sequence[str | None]]) -> tuple[str, ...]:
    """The filled cells of the rows above a header, in order."""
    return tuple(cell.strip() for row in rows for cell in row if cell and cell.strip())


def find_header(rows: Sequence[Sequence[str]], known: Collection[str]) -> int:
    """Index of the header among the first rows: the one with most known headings, else the first of full width that is words."""
    first = rows[:HEADER_WITHIN]
    hits = [_known(row, known) for row in first]
    if hits and max(hits) >= 2:
        return hits.index(max(hits))
    widths = collections.Counter(len(row) for row in rows if len(row) > 1)
    usual = widths.most_common(1)[0][0] if widths else 1
    for i, row in enumerate(first):
        if len([cell for cell in row if cell.strip()]) >= max(usual - 1, 1) and _wordy(row) >= 0.7:
            return i
    return next((i for i, row in enumerate(first) if any(cell.strip() for cell in row)), 0)


def clean_headings(cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Trimmed and distinct headings, and those that were not distinct.

    >>> clean_headings([" 余额", "", "余额"])
    (('余额', 'column 2', '余额 (2)'), ('余额',))
    """
    names = [cell.replace("\0", "").strip().strip("\ufeff").strip() or f"column {i + 1}" for i, cell in enumerate(cells)]
    counts = collections.Counter(names)
    used, given, numbers = set(names), set[str](), dict[str, int]()
    out: list[str] = []
    for name in names:
        if name in given or name.startswith("__"):
            bare = name.lstrip("_")
            number = numbers.get(bare, 2)
            while f"{bare} ({number})" in used:
                number += 1
            name, numbers[bare] = f"{bare} ({number})", number + 1
            used.add(name)
        out.append(name)
        given.add(name)
    return tuple(out), tuple(name for name, count in counts.items() if count > 1)


def check_columns(count: int, name: str, limits: ReadLimits) -> None:
    """Refuse a table wider than the limit."""
    if count > limits.columns:
        raise unusable(
            "TOO_MANY_COLUMNS",
            name,
            f"列数超过上限 {limits.columns}",
            f"has more than the {limits.columns} columns allowed",
            "检查分隔符，或去掉无关的列",
            "check the delimiter, or drop columns that do not matter",
        )


def empty(name: str) -> InputUnusable:
    return unusable("INPUT_EMPTY", name, "文件是空的", "the file is empty", "检查导出", "check the export")


def null_bytes_only(name: str) -> InputUnusable:
    return unusable(
        "INPUT_EMPTY",
        name,
        "只有空字节，没有内容：文件在传输或存盘时损坏",
        "there are null bytes and nothing else: the file was damaged when it was copied or saved",
        "重新导出或重新传输",
        "export or copy it again",
    )


def no_rows(name: str) -> InputUnusable:
    return unusable("INPUT_NO_ROWS", name, "只有表头，没有数据行", "there is a header and no row of data", "检查导出条件", "check what was exported")


def header_missing(name: str, row: int) -> InputUnusable:
    return unusable(
        "HEADER_MISSING",
        name,
        f"第 {row} 行没有表头",
        f"there is no header in row {row}",
        "更正版式的 header_row",
        "correct header_row in the layout",
    )


class _Row(NamedTuple):
    """number: its row in a spreadsheet (blank lines are rows there). lines: how many physical lines are read up to and including it."""

    number: int
    lines: int
    cells: list[str]


def _split(lines: Sequence[str], delimiter: str, *, most: int) -> list[_Row]:
    """Rows of the sample, of each the first ``most`` cells: a row of a million need not be looked at cell by cell. Blank lines are no rows."""
    byte = one_byte(delimiter)
    reader = csv.reader(
        (line.removesuffix("\r").replace("\r", " ").replace(delimiter, byte) + "\n" for line in lines),
        delimiter=byte,
        quoting=csv.QUOTE_NONE if byte in UNQUOTED else csv.QUOTE_MINIMAL,
    )
    return [_Row(number, reader.line_num, row[:most]) for number, row in enumerate(reader, 1) if row and any(cell.strip() for cell in row)]


def _score(rows: Sequence[Sequence[str]], at: int, known: Collection[str], *, long: bool) -> tuple[float, ...]:
    """long: a delimiter of several characters. It is one only between headings that are known: `||` is also an empty cell between two `|`."""
    width = len(rows[at])
    hits = _known(rows[at], known)
    body = rows[at + 1 :]
    same = sum(len(row) in (width, width + 1) for row in body) / len(body) if body else 1.0
    return (float(hits), float(long and hits > 1), float(width > 1 and _wordy(rows[at]) >= 0.7), float(same >= 0.8), width * same)


def _known(row: Sequence[str], known: Collection[str]) -> int:
    return sum(normal_heading(cell) in known for cell in row if cell.strip())


def _wordy(row: Sequence[str]) -> float:
    """Share of the cells that could be headings: words, not amounts, dates or long numbers."""
    cells = [unicodedata.normalize("NFKC", cell).strip() for cell in row]
    filled = [cell for cell in cells if cell]
    return sum(not re.fullmatch(r"[-+$¥€]?[\d,.:/\s年月日%-]+", cell) for cell in filled) / len(cells) if filled else 0.0
