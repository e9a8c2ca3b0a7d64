"""Workbooks made for tests, and tapes read back as plain rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter


def workbook(path: Path, fill: Callable[[Any], None]) -> Path:
    """An .xlsx that ``fill`` writes."""
    book = xlsxwriter.Workbook(str(path))
    fill(book)
    book.close()
    return path


def sheets_of(path: Path, **tables: Sequence[Sequence[Any]]) -> Path:
    """An .xlsx of these sheets, numbers as numbers."""

    def fill(book: Any) -> None:
        for name, lines in tables.items():
            sheet = book.add_worksheet(name)
            for i, line in enumerate(lines):
                sheet.write_row(i, 0, line)

    return workbook(path, fill)


def texts_of(path: Path, **tables: Sequence[Sequence[str | None]]) -> Path:
    """An .xlsx of these sheets, every cell a text and empty ones not there."""

    def fill(book: Any) -> None:
        for name, lines in tables.items():
            sheet = book.add_worksheet(name)
            for i, line in enumerate(lines):
                for j, cell in enumerate(line):
                    if cell:
                        sheet.write_string(i, j, cell)

    return workbook(path, fill)


def rows(frame: pl.DataFrame) -> list[tuple[str | None, ...]]:
    """The cells of a tape, without what the reading adds."""
    return frame.select(pl.exclude("__file", "__row", "__fault", "__raw")).rows()
