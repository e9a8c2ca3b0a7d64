"""Sheets of .xlsx, .xls and .ods workbooks as text: what a person sees in the cell, without Excel's habits.

Numbers come without ".0" and never in scientific notation (an 18-digit identity number typed as a number has lost its last
digits in Excel itself; nothing here can bring them back, its check digit will tell). Dates come as ISO text, formulas as
the value Excel last calculated. Title rows above the header are passed over; a heading merged over two rows is found in
either of them, and what is merged over several data rows is filled into each where it is no figure (:mod:`.merged_cells`).
"""

from __future__ import annotations

import collections
import re
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.archives import ReadLimits
from panhuo.engines.intake.dialect import HEADER_WITHIN, check_columns, clean_headings, empty, find_header, header_missing, titles_of
from panhuo.engines.intake.faults import faulted
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.mapping import bind, normal_heading
from panhuo.engines.intake.merged_cells import Carried, Spans, carry_down
from panhuo.engines.intake.refusals import unusable
from panhuo.engines.intake.storeys import header_rows, hits
from panhuo.engines.intake.unit_rows import Under, UnitRow, under
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.frames import TAPE_REQUIRED


@dataclass(frozen=True)
class Sheet:
    """A sheet that can be read as a table. ``skip_rows``: rows up to and including the header. ``score``: known headings. ``titles``:
    the filled cells above the header. ``blank_above``: blank rows before the first filled one, which ``skip_rows`` does not count. ``unit_row``: the row
    of units under the header, which ``skip_rows`` counts."""

    name: str
    headings: tuple[str, ...]
    skip_rows: int
    score: int
    height: int
    duplicates: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    blank_above: int = 0
    unit_row: UnitRow | None = None


class Workbook:
    """An open workbook; ``kind`` is what its content says it is. Raises InputUnusable where it is damaged, encrypted or holds no such
    sheet."""

    def __init__(self, path: Path, name: str, kind: str) -> None:
        import fastexcel

        self.name = name
        try:
            # the library goes by the file's suffix, which lies; given bytes it looks at them
            self._reader: Any = fastexcel.read_excel(path if path.suffix.lower() == f".{kind}" else path.read_bytes())
            self._tables: dict[str, pl.DataFrame] = {}
            self._hidden: set[str] = set()
            self._blank_above: dict[str, int] = {}
            self._left: dict[str, int | None] = {}
        except fastexcel.FastExcelError as error:
            raise _unreadable(path, name, str(error).splitlines()[0]) from error

    @property
    def names(self) -> list[str]:
        """Every sheet, in the workbook's order."""
        return list(self._reader.sheet_names)

    def sheets(self, known: Collection[str], limits: ReadLimits, *, sheet: str | None = None, layout: Layout | None = None) -> list[Sheet]:
        """The sheets to read: the named one, or the one that fits the known headings best (else the largest) and those like it.

        A sheet like it has the same headings (a list too long for one sheet goes on in the next), or holds accounts under other headings
        (:func:`_of_accounts`): whether these are one table is for :func:`.merging.merge` to say, as of files, so that none is left out in silence.
        """
        header_row = layout.header_row if layout else None
        names = self.names
        if sheet is not None:
            wanted = next((n for n in names if n == sheet or normal_heading(n) == normal_heading(sheet)), None)
            if wanted is None and sheet.isdigit() and 1 <= int(sheet) <= len(names):
                wanted = names[int(sheet) - 1]
            if wanted is None:
                raise unusable(
                    "SHEET_MISSING",
                    self.name,
                    f"没有工作表“{sheet}”，现有：{'、'.join(names)}",
                    f"there is no sheet {sheet!r}; it has: {', '.join(names)}",
                    "更正工作表名或序号",
                    "correct the sheet's name or number",
                )
            found = self._sheet(wanted, known, limits, header_row)
            if found is None:
                raise empty(f"{self.name}[{wanted}]")
            return [found]
        tables = [table for n in names if (table := self._sheet(n, known, limits, header_row)) is not None and n not in self._hidden]
        if not tables:
            raise empty(self.name)
        best = max(tables, key=lambda t: (t.score, t.height))
        chosen = [t for t in tables if sorted(t.headings) == sorted(best.headings) or (self._filled(t) and _of_accounts(t, best, layout))]
        self._left = {n: self._rows(n, known, limits) for n in names if n not in {t.name for t in chosen}}
        self._tables = {t.name: self._tables[t.name] for t in chosen}
        return chosen

    def others(self, chosen: Sequence[Sheet], known: Collection[str], limits: ReadLimits) -> dict[str, int | None]:
        """The sheets that are not read, each with its filled rows below the header (all, where it has no known heading); None: it cannot be opened."""
        read = {sheet.name for sheet in chosen}
        return {n: self._left[n] if n in self._left else self._rows(n, known, limits) for n in self.names if n not in read}

    def frame(self, sheet: Sheet, limits: ReadLimits) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
        """All rows of the sheet as text (:func:`.faults.faulted`) less the wholly empty ones, and the number each has in the sheet."""
        raw = self._cells(sheet.name)
        width = len(sheet.headings)
        frame = raw.slice(sheet.skip_rows).select(raw.columns[:width]).rename(dict(zip(raw.columns, sheet.headings, strict=False)))
        filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series() if frame.width else pl.Series([], dtype=pl.Boolean)
        numbers = filled.arg_true().to_numpy().astype(np.int64) + sheet.blank_above + sheet.skip_rows + 1
        return faulted(frame.filter(filled) if len(numbers) < frame.height else frame, limits), numbers

    def carry_down(self, sheet: Sheet, spans: Spans, layout: Layout | None) -> Carried:
        """Fill the merged cells of the sheet's data rows (:mod:`.merged_cells`), and tell which."""
        blank = np.array([0, sheet.blank_above, sheet.blank_above])
        self._tables[sheet.name], carried = carry_down(self._cells(sheet.name), sheet.headings, sheet.skip_rows, spans - blank, layout)
        return carried

    def _rows(self, name: str, known: Collection[str], limits: ReadLimits) -> int | None:
        kept = name in self._tables
        try:
            table = self._sheet(name, known, limits, None)
            return 0 if table is None else self._filled(table) if table.score else self._filled(replace(table, skip_rows=0))
        except InputUnusable:
            return None
        finally:
            if not kept:
                self._tables.pop(name, None)

    def _filled(self, sheet: Sheet) -> int:
        """How many rows below the header are not blank."""
        cells = self._cells(sheet.name).slice(sheet.skip_rows)
        return int(cells.select(pl.any_horizontal(pl.all().is_not_null()).sum()).item()) if cells.width else 0

    def _sheet(self, name: str, known: Collection[str], limits: ReadLimits, header_row: int | None) -> Sheet | None:
        table = self._cells(name)
        rows = [[cell or "" for cell in row] for row in table.head(HEADER_WITHIN).rows()]
        if not rows:
            return None
        at = header_row - 1 if header_row else find_header(rows, known)
        if at >= len(rows):
            raise header_missing(f"{self.name}[{name}]", header_row or 1)
        cells: Sequence[str] = rows[at]
        first = at
        units: Under | None = None
        if not header_row:
            cells, first, at, units = header_rows(rows, at, known)
        found = under(cells, rows[at + 1 : at + 3])
        known_ones, titles = hits(cells, known), titles_of(rows[:first])
        if found is not None and not (units and units.unclear):
            units, at = found, at + found.rows
            cells, titles = found.headings, (*titles, *found.titles)
        unit_row = UnitRow(units, self._blank_above[name] + at + 1) if units else None
        filled = table.slice(at + 1).select(pl.all().is_not_null().any()).row(0) if table.height > at + 1 else ()
        width = max((i + 1 for i, cell in enumerate(cells) if cell.strip() or (i < len(filled) and filled[i])), default=0)
        check_columns(width, f"{self.name}[{name}]", limits)
        headings, duplicates = clean_headings(cells[:width])
        return Sheet(name, headings, at + 1, known_ones, table.height, duplicates, titles, self._blank_above[name], unit_row)

    def _cells(self, name: str) -> pl.DataFrame:
        """Every cell of the sheet as text; a workbook is in memory as a whole in any case."""
        import fastexcel

        if name not in self._tables:
            try:
                sheet = self._reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
                batch, errors = sheet.to_arrow_with_errors() if sheet.width else (None, None)
            except fastexcel.FastExcelError as error:
                raise _damaged(f"{self.name}[{name}]", str(error).splitlines()[0]) from error
            self._hidden |= {name} if sheet.visible != "visible" else set()
            frame = pl.DataFrame() if batch is None else pl.DataFrame(pl.from_arrow(batch)).select(pl.all().cast(pl.String))
            frame = _with_errors(frame, errors.errors if errors else [])
            frame = frame.with_columns(_plainly(pl.all()).replace("", None).str.replace(r"^(\d{4}-\d{2}-\d{2}) 00:00:00$", "$1"))
            filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_max() if frame.height else 0
            self._blank_above[name] = filled or 0
            self._tables[name] = frame.slice(filled or 0)
        return self._tables[name]


def _plainly(cells: pl.Expr) -> pl.Expr:
    """Numbers as a spreadsheet shows them: 18335084.95, not the 18335084.949999999 that the same double is in seventeen digits."""
    shortest = cells.cast(pl.Float64, strict=False).cast(pl.String)
    # a number typed as text has leading or final zeros, or more digits than a double: nothing of these is noise
    noisy = cells.str.contains(r"^-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]$") & (_digits(cells) >= _NOISY) & (_digits(shortest) < _NOISY)
    return pl.when(noisy).then(shortest).otherwise(cells)


def _digits(cells: pl.Expr) -> pl.Expr:
    """Significant digits of plain numbers."""
    return cells.str.replace_all(r"[-.]", "").str.strip_chars_start("0").str.len_bytes()


def _of_accounts(table: Sheet, best: Sheet, layout: Layout | None) -> bool:
    """Whether a sheet whose headings differ from the best one's holds accounts all the same: it binds the layout; without one it has a heading of
    every required field; or nearly all of its headings are the best one's, a column more or less apart."""
    mine, theirs = ({normal_heading(heading) for heading in one.headings} for one in (table, best))
    if len(mine & theirs) >= _ALIKE * max(len(mine), len(theirs)):
        return True
    if layout is None:
        from panhuo.engines.intake.suggest_names import synonyms

        return all(not mine.isdisjoint(map(normal_heading, synonyms()[field])) for field in TAPE_REQUIRED)
    try:
        bind(layout, table.headings, where=table.name)
    except InputUnusable as error:
        return error.code != "LAYOUT_MISSING_REQUIRED"  # a conflict of units is one between accounts
    return True


_ALIKE: Final = 0.8
_NOISY: Final = 16
"""Digits that no cell of a spreadsheet shows."""


def formulas_without_values(path: Path) -> int:
    """How many cells of an .xlsx hold a formula and no value: a program wrote them and Excel has never calculated them.

    Counted in the first ``_SCANNED`` bytes of each sheet: a column of formulas shows there, and a long list need not be read twice.
    """
    found = 0
    with zipfile.ZipFile(path) as book:
        for member in book.namelist():
            if member.startswith("xl/worksheets/") and member.endswith(".xml"):
                with book.open(member) as sheet:
                    head = sheet.read(_SCANNED)
                found += len(_HOLLOW.findall(head)) if b"<f" in head else 0
    return found


_SCANNED = 8 << 20
_HOLLOW = re.compile(rb"<c\b[^>]*>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_ERRORS = {"Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!", "Value": "#VALUE!"}


def _with_errors(frame: pl.DataFrame, errors: Sequence[Any]) -> pl.DataFrame:
    """Cells that hold an Excel error, as Excel shows them: an amount that is #REF! must not pass for an empty one."""
    by_column: dict[int, list[tuple[int, str]]] = collections.defaultdict(list)
    for error in errors:
        shown = next((text for key, text in _ERRORS.items() if f"({key})" in error.detail), "#ERROR")
        by_column[error.offset_position[1]].append((error.offset_position[0], shown))
    for column, cells in by_column.items():
        series = frame.to_series(column).scatter([row for row, _ in cells], [text for _, text in cells])
        frame = frame.with_columns(series)
    return frame


def _unreadable(path: Path, name: str, reason: str) -> InputUnusable:
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes() or "assword" in reason:
        return unusable(
            "WORKBOOK_ENCRYPTED",
            name,
            "工作簿有打开密码，无法读取",
            "the workbook is protected by a password and cannot be read",
            "在 Excel 或 WPS 中打开，去掉密码后另存",
            "open it in Excel or WPS and save it without its password",
        )
    return _damaged(name, reason)


def _damaged(name: str, reason: str) -> InputUnusable:
    return unusable(
        "WORKBOOK_DAMAGED",
        name,
        "工作簿无法打开：已损坏，或没有传完",
        f"the workbook cannot be opened ({reason})",
        "用 Excel 或 WPS 打开后另存为 .xlsx 或 CSV",
        "open it in Excel or WPS and save it as .xlsx or CSV",
    )
