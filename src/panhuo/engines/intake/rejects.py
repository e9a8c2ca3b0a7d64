"""Findings and rejected rows as files people may open.

Two kinds of file, with opposite rules:

* ``rejects.csv`` and ``findings.csv`` may travel. Every value in them goes through :func:`shareable`: what identifies a person is
  masked, figures, dates and codes are shown as they stand (:mod:`.shown`), and nothing can run as a formula.
* the file of **rejected rows** (:func:`rejected_rows`, :func:`write_rejected`) is for the person who corrects them in Excel and runs them
  again, so it holds the cells as they stood. It belongs in the run's private folder.

Both are bounded: :class:`Digest` is what a report needs of a million findings, and everything is made batch by batch.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from panhuo.engines.intake.corrections import OURS, PLACE, PROBLEM, RAW_LINE
from panhuo.engines.intake.shown import shown_columns, shown_row
from panhuo.kernel.errors import OutputUnwritable
from panhuo.kernel.fields import Field
from panhuo.kernel.findings import REPAIRED
from panhuo.kernel.frames import TAPE
from panhuo.kernel.words import Words

SHARED: Final = ("row", "file", "column", "code", "message", "value", "message_en", "sheet_row")
"""Columns of ``rejects.csv`` and ``findings.csv``. row: the data row from 1. sheet_row: the same row as a spreadsheet numbers it."""

XLSX_ROWS: Final = 100_000
"""Above this many rejected rows a CSV is written: a workbook of a million takes minutes to write and to open."""
XLSX_MOST: Final = 1_048_575
CELL_MOST: Final = 32_767
SHEET_CHARS: Final = 31

VALUE_CHARS: Final = 120
_FORMULA: Final = r"^[=+\-@\t\r＝＋－＠]"
_CONTROL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"


def shareable(findings: pl.DataFrame, headings: Mapping[str, str]) -> pl.DataFrame:
    """Findings as they may be written to ``rejects.csv`` or ``findings.csv``: columns ``SHARED``.

    headings: canonical field -> heading, as in :class:`.Cleaned`. A value is masked by what its column identifies; of a row that could
    not be read as a row only figures and first letters are shown. ``sheet_row`` is passed on where the findings have it (:meth:`.Tape.with_sheet_rows`).
    Text that a spreadsheet would run gets a leading apostrophe.
    """
    return inert_cells(masked(findings, headings))


def inert_cells(findings: pl.DataFrame) -> pl.DataFrame:
    """Masked findings so that a spreadsheet runs none of them."""
    return findings.with_columns(inert(pl.col(name)).alias(name) for name in ("file", "column", "value"))


def masked(findings: pl.DataFrame, headings: Mapping[str, str]) -> pl.DataFrame:
    """Findings with their values masked and cut, for a page that runs nothing: no apostrophe before a minus there. Columns ``SHARED``."""
    fields = _fields(headings)
    rows = findings.with_row_index("__at").with_columns(pl.col("value").str.slice(0, 4 * VALUE_CHARS))
    by_column = {str(column): part for (column,), part in rows.partition_by("column", as_dict=True).items()}
    seen = shown_columns({column: part["value"] for column, part in by_column.items() if column}, fields)
    if "" in by_column:  # the row as a whole
        seen[""] = by_column[""].select(shown_row(pl.col("value"))).to_series()
    parts = [part.with_columns(seen[column].alias("value")) for column, part in by_column.items()]
    ordered = pl.concat(parts).sort("__at") if parts else rows
    return ordered.with_columns(_plain(pl.col("value").str.slice(0, VALUE_CHARS))).select(
        "row",
        _plain(pl.col("file")).alias("file"),
        _plain(pl.col("column")).alias("column"),
        "code",
        "message",
        "value",
        "message_en",
        pl.col("sheet_row") if "sheet_row" in ordered.columns else pl.lit(None, pl.Int64()).alias("sheet_row"),
    )


def inert(text: pl.Expr) -> pl.Expr:
    """Text that no spreadsheet runs: an apostrophe before = + - @ and tabs, control characters out."""
    plain = _plain(text)
    return pl.when(plain.str.contains(_FORMULA)).then("'" + plain).otherwise(plain)


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(_CONTROL, "")


@dataclass(frozen=True, slots=True)
class Digest:
    """Counts of findings by severity, column and code, with the first few of each kind; batches add up with ``+``.

    counts: severity, code, column, message, message_en, rows. examples: the same keys and row, sheet_row, file, value (masked; for a page, not for a
    spreadsheet, which might run it).
    """

    counts: pl.DataFrame
    examples: pl.DataFrame
    keep: int = 3

    def __add__(self, other: Digest) -> Digest:
        by = ["severity", "code", "column"]
        counts = (
            pl.concat([self.counts, other.counts])
            .group_by(by, maintain_order=True)
            .agg(pl.col("message").first(), pl.col("message_en").first(), pl.col("rows").sum())
            .select(self.counts.columns)
        )
        examples = pl.concat([self.examples, other.examples]).group_by(by, maintain_order=True).head(self.keep).select(self.examples.columns)
        return Digest(counts, examples, self.keep)


def digest(findings: pl.DataFrame, headings: Mapping[str, str], *, keep: int = 3) -> Digest:
    """The :class:`Digest` of one batch. Messages that name a row (duplicates) are counted under one."""
    by = ["severity", "code", "column"]
    counts = findings.group_by(by, maintain_order=True).agg(
        pl.col("message").first(), pl.col("message_en").first(), pl.len().cast(pl.Int64).alias("rows")
    )
    first = findings.group_by(by, maintain_order=True).head(keep).select(findings.columns)
    examples = pl.concat([first.select(by), masked(first, headings).select("row", "sheet_row", "file", "value")], how="horizontal")
    return Digest(counts, examples, keep)


def rejected_rows(rejected: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """The rejected rows as they stood, with what is wrong and where they came from in front.

    rejected: raw rows (:attr:`.Cleaned.rejected`), with ``__sheet_row`` where it is known: the place is then told by it, as the person sees
    it in the file. findings: of the same batch. All columns are text. Mended cells are not spoken of.
    """
    told = (
        findings.filter(pl.col("severity") != REPAIRED)
        .with_columns(heading=pl.when(pl.col("column") == "").then(pl.lit("")).otherwise("「" + pl.col("column") + "」"))
        .with_columns(
            words=pl.col("heading") + pl.col("message") + " [" + pl.col("code") + "]", order=(pl.col("severity") != "reject").cast(pl.UInt8)
        )
        .sort("order", maintain_order=True)
        .group_by("file", "row", maintain_order=True)
        .agg(pl.col("words").str.join("；").alias(PROBLEM))
        .rename({"file": "__file", "row": "__row"})
    )
    source = [c for c in rejected.columns if not c.startswith("__") and c not in OURS]
    marked = rejected.with_columns(pl.col("__row").cast(pl.Int64), pl.col("__file").cast(pl.String))
    raw = [pl.col("__raw").alias(RAW_LINE)] if rejected["__raw"].null_count() < rejected.height else []
    return marked.join(told, on=["__file", "__row"], how="left", maintain_order="left").select(
        pl.col(PROBLEM).fill_null(""),
        pl.format("{} 第{}行", "__file", pl.coalesce("__sheet_row", "__row") if "__sheet_row" in marked.columns else "__row").alias(PLACE),
        *raw,
        *(pl.col(c).cast(pl.String) for c in source),
    )


def write_rejected(
    frames: Iterable[pl.DataFrame], headings: Sequence[str], stem: Path, *, rows: int, longest: int = 0, title: str = "", sheet: str = ""
) -> Path:
    """Write frames of :func:`rejected_rows` to ``stem``.xlsx, every cell as text, or to ``stem``.csv where there are too many.

    headings: of all frames together, source headings only (frames may have fewer). rows, longest: how many rows there are in all and
    their longest cell, which decide the form. title: a row above the header, such as 单位：万元: what the tape said of all its rows there.
    sheet: what a workbook's sheet is called: where a tape was read by the name of its sheet, its corrected rows must go by that name too.
    Returns the file written. Raises OutputUnwritable.
    """
    columns = [*OURS, *(h for h in headings if h not in OURS)]
    small = rows <= min(XLSX_ROWS, XLSX_MOST) and longest <= CELL_MOST and len(columns) <= 16_384
    path = stem.with_name(stem.name + (".xlsx" if small else ".csv"))
    try:
        if small:
            _xlsx(frames, columns, path, title, sheet if 0 < len(sheet) <= SHEET_CHARS else "rejected")
        else:
            _csv(frames, columns, path, title)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OutputUnwritable(
            "REJECTS_UNWRITABLE",
            Words(f"无法写出（{error.strerror or error}）", f"cannot be written ({error.strerror or error})"),
            where=str(path),
            remedy=Words("检查磁盘空间与权限后重跑", "check disk space and permissions, then run again"),
        ) from error
    return path


def _xlsx(frames: Iterable[pl.DataFrame], columns: Sequence[str], path: Path, title: str, name: str) -> None:
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    path.open("wb").close()  # a place that cannot be written shows before any row is
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)})  # the same rows give the same bytes
    sheet = book.add_worksheet(name)
    text = book.add_format({"num_format": "@"})  # as text, so that Excel leaves long numbers alone when a person edits them
    head = book.add_format({"bold": True, "num_format": "@"})
    top = 1 if title else 0
    if title:
        sheet.write_string(0, 0, title, text)
    sheet.freeze_panes(top + 1, 2)
    sheet.set_column(0, 0, 60)
    sheet.set_column(1, len(columns) - 1, 16, text)
    for j, name in enumerate(columns):
        sheet.write_string(top, j, name, head)
    at = top + 1
    for frame in frames:
        place = [columns.index(name) for name in frame.columns]
        for row in _visible(frame).iter_rows():  # a workbook is written cell by cell; ``XLSX_ROWS`` bounds it
            for j, cell in zip(place, row, strict=True):
                if cell:
                    sheet.write_string(at, j, cell, text)
            at += 1
    try:
        book.close()
    except FileCreateError as error:
        raise OSError(getattr(error.args[0], "errno", None), str(error)) from error


def _csv(frames: Iterable[pl.DataFrame], columns: Sequence[str], path: Path, title: str) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        if title:
            csv.writer(out).writerow([_inert_text(title)])
        csv.writer(out).writerow([_inert_text(name) for name in columns])
        for frame in frames:
            missing = [pl.lit("").alias(name) for name in columns if name not in frame.columns]
            whole = _visible(frame).with_columns(missing).select(inert(pl.col(name)).alias(name) for name in columns)
            out.write(whole.write_csv(include_header=False, line_terminator="\r\n", null_value=""))


def _visible(frame: pl.DataFrame) -> pl.DataFrame:
    """Without control characters, which neither XML nor a person can take."""
    return frame.with_columns(pl.all().str.replace_all(_CONTROL, ""))


def _inert_text(text: str) -> str:
    return "'" + text if text[:1] in tuple("=+-@\t\r") else text


class Fields(dict[str, Field]):
    """What the columns of a tape are, by heading and by canonical name: made of ``headings``, canonical field to heading."""

    def __init__(self, headings: Mapping[str, str]) -> None:
        super().__init__(_fields(headings))


def shown_cells(rows: pl.DataFrame, names: Sequence[str], fields: Fields) -> pl.DataFrame:
    """``rows`` with the columns ``names`` as they may be shown: people masked, figures as they stand, cut to ``VALUE_CHARS``."""
    cut = {name: rows[name].str.slice(0, 4 * VALUE_CHARS) for name in names}
    return rows.with_columns(shown_columns(cut, fields).values()).with_columns(_plain(pl.col(name).str.slice(0, VALUE_CHARS)) for name in names)


def _fields(headings: Mapping[str, str]) -> dict[str, Field]:
    """By heading and by canonical name. Of several fields under one heading the one that identifies a person counts."""
    out: dict[str, Field] = dict(TAPE)
    for name, heading in headings.items():
        field = TAPE.get(name)
        if field is not None and (heading not in out or out[heading].name == heading or not out[heading].personal):
            out[heading] = field
    return out
