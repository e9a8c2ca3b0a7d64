"""Delimited text to frames of text: fast where a block is regular, exact everywhere.

The problem. Polars parses a block of 16 MiB in 40 ms, but it fills short rows with nulls without a word, refuses the whole
block for one long row, and merges rows after a stray quotation mark. Python's csv module sees each row and is ten times slower.
So every block goes to Polars, and its answer is believed only if it can be *proved* to be the csv module's answer:

- all quotation marks stand where the grammar has them: an opening one after a delimiter or line end, a closing one before one
  (a doubled mark is a closing and an opening one); then "inside quotes" is a plain parity;
- newlines outside cells = rows, and delimiters outside cells = rows x (cells - 1). Polars refuses rows that are too long, so
  no long row can hide a short one in the sums.

A block that fails is halved until the part that fails is small, and only that is read row by row. There, a stray quotation mark
must not swallow its neighbours: a row that runs over several lines and is not perfectly quoted gives up its first line as a
fault, and reading resumes on the next line. So a fault costs one line, never a shift. (The road not taken: counting cells of
every row in compiled code. The sums above cost a tenth of it.)

Row numbers count data rows, not lines. Blank lines are not rows; they are counted. A row of delimiters only is a row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.archives import ReadLimits
from panhuo.engines.intake.dialect import Dialect
from panhuo.engines.intake.encodings import BAD, MARK_BYTES, OTHER, marked
from panhuo.engines.intake.faults import FAULT, RAW, RAW_CHARS
from panhuo.engines.intake.row_widths import doubtful, fits

_INNER_RETURN = "\ufdd1"
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13
_SLOW_BYTES = 1 << 14
_FEW_MARKS = 100_000
Places = npt.NDArray[np.int64]


@dataclass
class Rows:
    """Reads blocks of whole UTF-8 lines in order; ``feed`` gives frames of the rows that are complete.

    Frames have the dialect's headings as String columns (null for an empty cell); where rows may be faulty also ``__fault`` (null or
    a code) and ``__raw``. may_be_marked: blocks may hold marks of :mod:`.encodings`. ``blank`` counts blank lines, ``slow_blocks``
    the pieces that were read row by row; ``gaps``: (data row from 1, blank lines before it) wherever blank lines precede one.
    """

    dialect: Dialect
    limits: ReadLimits
    may_be_marked: bool = True
    blank: int = 0
    slow_blocks: int = 0
    rows: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    _carry: bytes = b""

    def __post_init__(self) -> None:
        spare = self.dialect.cells - len(self.dialect.headings)
        self._schema = dict.fromkeys([*self.dialect.headings, *(f"__spare{i}" for i in range(spare))], pl.String())

    def feed(self, block: bytes, *, final: bool) -> Iterator[pl.DataFrame]:
        """Frames of the rows completed by ``block``; ``final`` says that nothing follows it."""
        data = self._carry + block if self._carry else block
        self._carry = b""
        if final and data and not data.endswith(b"\n"):
            data += b"\n"
        marks = _marks(data) if self.dialect.quoted and b'"' in data else None
        cut = _whole_rows(data, self.dialect.delimiter, marks) if marks is not None else len(data)
        if cut is None or (final and cut < len(data)) or (cut == 0 and len(data) > self.limits.row_bytes):
            frame, self._carry = self._row_by_row(data, final=final)
            self.rows += frame.height
        else:
            self._carry = data[cut:]
            yield from self._narrowed(data[:cut] if cut < len(data) else data, None if marks is None else marks[: np.searchsorted(marks, cut)])
            return
        if frame.height:
            yield frame

    def _narrowed(self, data: bytes, marks: Places | None) -> Iterator[pl.DataFrame]:
        """Whole rows with their quotation marks, proved if possible; if not, halved until what cannot be proved is small, and only that read row by row.

        One bad row in a block of 16 MiB costs the block twice over and 16 KiB of slow reading, not the whole block's.
        """
        if not data:
            return
        proved = self._proved(data, marks)
        if proved is None:
            half = self._middle(data, marks) if len(data) > _SLOW_BYTES else 0
            if 0 < half < len(data):
                split = 0 if marks is None else int(np.searchsorted(marks, half))
                yield from self._narrowed(data[:half], None if marks is None else marks[:split])
                yield from self._narrowed(data[half:], None if marks is None else marks[split:] - half)
                return
            proved, _ = self._row_by_row(data, final=True)
        self.rows += proved.height
        if proved.height:
            yield proved

    def _middle(self, data: bytes, marks: Places | None) -> int:
        """The end of a row near the middle; 0 where there is none to be found."""
        end = data.rfind(b"\n", 0, len(data) // 2 + 1)
        while marks is not None and end >= 0 and (inside := int(np.searchsorted(marks, end))) % 2:
            end = data.rfind(b"\n", 0, int(marks[inside - 1]))
        return end + 1

    def _proved(self, data: bytes, marks: Places | None) -> pl.DataFrame | None:
        """The block read by Polars, or None where its reading is not certain to be exact."""
        cells = self.dialect.cells
        if cells == 1 or (self.may_be_marked and MARK_BYTES in data):
            return None
        try:
            frame = pl.read_csv(
                data, has_header=False, schema=self._schema, separator=self.dialect.delimiter, quote_char=None if marks is None else '"', glob=False
            )
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None  # a long row, a byte that is no UTF-8: to be found row by row
        seen = np.frombuffer(data, np.uint8)
        delimiters, newlines = (0, 0) if marks is None else _inside_cells(data, marks, self.dialect.delimiter, frame)
        longest = max(frame.select(pl.all().str.len_bytes().max()).row(0), key=lambda n: n or 0) or 0 if frame.height else 0
        regular = (
            np.count_nonzero(seen == _NEWLINE) == frame.height + newlines
            and np.count_nonzero(seen == ord(self.dialect.delimiter)) == frame.height * (cells - 1) + delimiters
            and longest <= self.limits.cell_bytes
        )
        if not regular:
            return None
        if cells > len(self.dialect.headings):
            spare = frame.columns[len(self.dialect.headings) :]
            if any(frame[name].null_count() < frame.height for name in spare):
                return None
            frame = frame.drop(spare)
        if marks is not None and b'""' in data:
            frame = frame.with_columns(pl.all().replace("", None))
        if doubtful(frame, self.dialect):
            return None
        return _without_nulls(frame, _null_rows(data, frame, newlines), self.dialect) if b"\0" in data else frame

    def _row_by_row(self, data: bytes, *, final: bool) -> tuple[pl.DataFrame, bytes]:
        """The block read row by row, and the bytes of a last row that is still open."""
        self.slow_blocks += 1
        text = marked(data).decode()
        lines = [line + "\n" for line in text.split("\n")]
        lines[-1] = lines[-1].removesuffix("\n")
        if not lines[-1]:
            lines.pop()
        rows: list[list[str | None]] = []
        faults: dict[int, tuple[str, str]] = {}
        at = 0
        for start, end, cells in _records(lines, self.dialect, self.limits, final=final):
            raw = "".join(lines[start:end])
            at = end
            if not raw.strip(" \r\n\t" if self.dialect.delimiter != "\t" else " \r\n"):
                self.blank += 1
                self.gaps.append((self.rows + len(rows) + 1, self.blank))
                continue
            row, code = self._judged(cells, raw)
            if code:
                kept = raw.replace(BAD, "").replace(OTHER, "").rstrip("\r\n")
                kept = kept.replace(self.dialect.delimiter, self.dialect.written or self.dialect.delimiter)
                faults[len(rows)] = code, kept if len(kept) <= RAW_CHARS else kept[:RAW_CHARS] + "…"
            rows.append(row)
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.dialect.headings)
        series = [pl.Series(name, values, dtype=pl.String) for name, values in zip(self.dialect.headings, columns, strict=True)]
        for i, name in enumerate((FAULT, RAW)):
            series.append(pl.Series(name, [faults[k][i] if k in faults else None for k in range(len(rows))], dtype=pl.String))
        return pl.DataFrame(series), "".join(lines[at:]).encode()

    def _judged(self, cells: list[str] | None, raw: str) -> tuple[list[str | None], str | None]:
        """The row as cells (null where empty or unusable) and its fault."""
        width = len(self.dialect.headings)
        cells = [*cells[:width], *[""] * (width - len(cells))] if cells is not None and fits(cells, self.dialect) else None
        code = None
        if BAD in raw or OTHER in raw:
            code = "ROW_ENCODING"
        elif "\0" in raw:
            code = "ROW_NUL"
        elif cells is None:
            code = "ROW_RAGGED"
        if cells is None:
            return [None] * width, code
        row: list[str | None] = [cell or None for cell in cells]
        if code:
            row = [None if not cell or BAD in cell else cell.replace("\0", "").replace(OTHER, "") or None for cell in row]
        if len(raw) * 4 > self.limits.cell_bytes:
            for i, cell in enumerate(row):
                if cell and len(cell) * 4 > self.limits.cell_bytes and len(cell.encode()) > self.limits.cell_bytes:
                    row[i], code = None, code or "CELL_TOO_LONG"
        return row, code


def _inside_cells(data: bytes, marks: Places, delimiter: str, frame: pl.DataFrame) -> tuple[int, int]:
    """Delimiters and newlines inside quotation marks, which are known to be in their places: looked for between the marks where they
    are few, in the cells where they are many."""
    if len(marks) < _FEW_MARKS:
        places = marks.tolist()
        inside = b"".join([data[a:b] for a, b in zip(places[0::2], places[1::2], strict=True)])
        return inside.count(delimiter.encode()), inside.count(b"\n")
    text = pl.all().str
    counts = frame.select(text.count_matches(delimiter, literal=True).sum()), frame.select(text.count_matches("\n", literal=True).sum())
    return sum(n or 0 for n in counts[0].row(0)), sum(n or 0 for n in counts[1].row(0))


def _null_rows(data: bytes, frame: pl.DataFrame, newlines: int) -> pl.Series:
    """Which rows hold null characters: by the line they stand in where lines are rows, else by looking into every cell."""
    if newlines:
        return frame.select(pl.any_horizontal(pl.all().str.contains("\0", literal=True).fill_null(value=False))).to_series().arg_true()
    seen = np.frombuffer(data, np.uint8)
    rows: list[int] = []
    row = at = 0
    while (null := data.find(b"\0", at)) >= 0:
        row += int(np.count_nonzero(seen[at:null] == _NEWLINE))
        rows.append(row)
        at = data.find(b"\n", null)
    return pl.Series(rows, dtype=pl.UInt32)


def _without_nulls(frame: pl.DataFrame, at: pl.Series, dialect: Dialect) -> pl.DataFrame:
    """Rows ``at``, which hold null characters, marked as faults, and the characters taken out of their cells."""
    raws = []
    for row in frame[at].rows():
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=dialect.delimiter).writerow(["" if cell is None else cell for cell in row])
        raws.append(text.getvalue().removesuffix("\r\n")[:RAW_CHARS])
    bare = frame[at].select(pl.all().str.replace_all("\0", "", literal=True).replace("", None))
    none = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    changed = [frame[name].scatter(at, bare[name]) for name in frame.columns if not bare[name].equals(frame[name][at], null_equal=True)]
    return frame.with_columns(*changed, none.scatter(at, ["ROW_NUL"] * at.len()).alias(FAULT), none.scatter(at, raws).alias(RAW))


class _Lines:
    """Lines for the csv module, from a place that can be moved back; a row may take ``row_bytes`` and no more."""

    def __init__(self, lines: list[str], row_bytes: int) -> None:
        self.lines, self.at, self._limit, self._left = lines, 0, row_bytes, 0

    def begin(self) -> int:
        """A new row starts here."""
        self._left = max(self._limit, len(self.lines[self.at]))
        return self.at

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        line = self.lines[self.at]
        self._left -= len(line)
        if self._left < 0:
            raise _RunsOn
        self.at += 1
        return _plain(line)


class _RunsOn(Exception):
    """A quotation mark was not closed within the limit."""


def _records(lines: list[str], dialect: Dialect, limits: ReadLimits, *, final: bool) -> Iterator[tuple[int, int, list[str] | None]]:
    """Rows as (first line, line after the last, cells); cells is None for a line with a quotation mark that nothing closes.

    Not final: a last row that may go on in the next block is left out.
    """
    feed = _Lines(lines, limits.row_bytes)
    reader = _reader(feed, dialect)
    while feed.at < len(lines):
        start = feed.begin()
        try:
            cells: list[str] | None = next(reader)
        except (csv.Error, _RunsOn):
            cells = None
        taken = lines[start : feed.at]
        if cells is None or (not _well_quoted(taken, dialect) if len(taken) > 1 else feed.at == len(lines) and _open(taken[0], dialect)):
            if cells is not None and feed.at == len(lines) and not final:
                return
            cells, feed.at = None, start + 1
            reader = _reader(feed, dialect)
        yield start, feed.at, None if cells is None else [cell.replace(_INNER_RETURN, "\r") for cell in cells]


def _reader(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE)


def _plain(line: str) -> str:
    """A line as the csv module takes it: a carriage return that ends no line would end the row there."""
    return re.sub(r"\r(?!\n)", _INNER_RETURN, line) if "\r" in line else line


def _open(line: str, dialect: Dialect) -> bool:
    """Whether the line leaves a quotation mark open: then it would take the next line in."""
    reader = csv.reader([_plain(line), "next"], delimiter=dialect.delimiter, quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE)
    next(reader)
    return reader.line_num > 1


def _well_quoted(lines: list[str], dialect: Dialect) -> bool:
    data = "".join(lines).encode()
    return _whole_rows(data, dialect.delimiter, _marks(data)) == len(data)


def _marks(data: bytes) -> Places:
    """Where the quotation marks stand."""
    return np.flatnonzero(np.frombuffer(data, np.uint8) == _QUOTE)


def _whole_rows(data: bytes, delimiter: str, marks: Places) -> int | None:
    """Length of the part of ``data`` that is whole rows, if its quotation marks are all in their places; None if not."""
    seen = np.frombuffer(data, np.uint8)
    end = data.rfind(b"\n")
    while end >= 0 and (inside := int(np.searchsorted(marks, end))) % 2:
        end = data.rfind(b"\n", 0, int(marks[inside - 1]))
    marks = marks[: np.searchsorted(marks, end)] if end >= 0 else marks[:0]
    opening, closing = marks[0::2], marks[1::2]
    before = seen[np.maximum(opening - 1, 0)]
    after = seen[closing + 1]
    doubled = closing[:-1] + 1 == opening[1:]
    starts = (opening == 0) | (before == ord(delimiter)) | (before == _NEWLINE)
    starts[1:] |= doubled
    ends = (after == ord(delimiter)) | (after == _NEWLINE)
    ends |= (after == _RETURN) & (seen[np.minimum(closing + 2, len(seen) - 1)] == _NEWLINE)
    ends[:-1] |= doubled
    return end + 1 if bool(starts.all() and ends.all()) else None
