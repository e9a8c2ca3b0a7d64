"""A tape: one or several files read as one table of text, in batches that fit in memory.

``open_tape`` looks at every file (what it is, its encoding, delimiter, header) and refuses what cannot be read, before any row is;
``Tape.batches`` then streams. Every data row of every file comes out exactly once, in order, under the source's own headings,
with ``__file``, ``__row`` (1-based data row in its file), ``__fault`` and ``__raw`` (:mod:`.faults`).
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from panhuo.engines.intake.archives import ReadLimits, parts, sha256_of
from panhuo.engines.intake.corrections import without_ours
from panhuo.engines.intake.dialect import no_rows
from panhuo.engines.intake.faults import FAULT, RAW
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.mapping import known_headings
from panhuo.engines.intake.merging import Merged, merge
from panhuo.engines.intake.readers import Reader, SheetReader, TapeFile, of_path, readers_of
from panhuo.engines.intake.refusals import unusable
from panhuo.engines.intake.title_dates import stated_day
from panhuo.engines.intake.title_units import UNIT_WORDS, Stated, fit, stated_unit, told, told_unknown
from panhuo.kernel.errors import InputUnusable, UsageInvalid
from panhuo.kernel.words import Words

FILE, ROW = "__file", "__row"
BATCH_ROWS = 250_000


class Tape:
    """An open tape. ``headings``: the source columns of every batch. ``notes``: what a person should know about the reading."""

    def __init__(self, readers: Sequence[Reader], merged: Merged, notes: Sequence[Words]) -> None:
        self._readers, self._merged = tuple(readers), merged
        self.headings: tuple[str, ...] = merged.headings
        self.files: tuple[TapeFile, ...] = tuple(reader.file for reader in readers)
        self.notes: tuple[Words, ...] = tuple(notes)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Of every batch."""
        text = dict.fromkeys(self.headings, pl.String())
        return {**text, FILE: pl.String(), ROW: pl.Int32(), FAULT: pl.String(), RAW: pl.String()}

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[pl.DataFrame]:
        """Frames of ``rows`` rows (the last has fewer). Raises InputUnusable where a file turns out damaged on the way, and
        INPUT_NO_ROWS at the end of a tape without a single data row. May be called again; each call reads from the start."""
        held: list[pl.DataFrame] = []
        height = total = 0
        for frame in self._frames(rows):
            total += frame.height
            held.append(frame)
            height += frame.height
            while height >= rows:
                batch = pl.concat(held) if len(held) > 1 else held[0]
                yield batch[:rows]
                held, height = [batch[rows:]], height - rows
        if height:
            yield pl.concat(held) if len(held) > 1 else held[0]
        if not total:
            raise no_rows(", ".join(file.name for file in self.files))

    def fitted(self, layout: Layout) -> tuple[Layout, tuple[Words, ...]]:
        """``layout`` with the unit of money and the currency that title rows above the headers state, for the columns whose unit nothing else states,
        and what there is to tell about it. To be asked before :func:`.clean.clean`, which sees rows and headings only.

        Raises InputUnusable: what :func:`.title_units.fit` raises, and UNITS_DIFFER where files of the tape state different units or currencies.
        """
        stated = {file.name: stated_unit(file.titles) for file in self.files}
        if layout.title_unit == "ignore":
            return layout, ()
        notes = [told_unknown(said, name) for name, said in stated.items() if said.unknown]
        by_path = {file.path: stated[file.name] for file in self.files if stated[file.name]}
        of = {file.name: stated[file.name] or by_path.get(file.path, stated[file.name]) for file in self.files}  # a list that goes on in a next sheet
        for name, said in of.items():
            fit(layout, self.headings, said, where=name)
        speaking = {name: said for name, said in of.items() if said}
        if not speaking:
            return layout, tuple(notes)
        first, said = next(iter(speaking.items()))
        plan, filled = fit(layout, self.headings, said, where=first)
        for name, other in of.items():
            if (filled and other.units != said.units) or (plan.currency != layout.currency and other.currencies != said.currencies):
                raise _title_units(name, other, first, said)
        if filled or plan.currency != layout.currency:
            notes.append(told(said, filled, plan.currency, first))
        return plan, tuple(notes)

    def title(self, layout: Layout) -> str:
        """What a file made of this tape's rows has to say above its header to be read as they are: 单位：万元; empty where nothing is said."""
        read = layout.title_unit != "ignore"
        said = next((unit for file in self.files if read and (unit := stated_unit(file.titles))), None)
        parts = [] if said is None or not said.units else ["单位：" + "、".join(UNIT_WORDS[unit].zh for unit in said.units)]
        parts += [] if said is None or not said.currencies else ["币种：" + "、".join(codes[0] for codes in said.currencies)]
        parts += [f"基准日：{self.stated_as_of}"] if self.stated_as_of else []
        return "　".join(parts)

    @property
    def stated_as_of(self) -> dt.date | None:
        """The cut-off date that title rows state (数据日期：2026年9月30日); None where none does or they differ."""
        days = {day for file in self.files if (day := stated_day(file.titles)) is not None}
        return days.pop() if len(days) == 1 else None

    def with_sheet_rows(self, rows: pl.DataFrame, *, file: str = "file", row: str = "row", name: str = "sheet_row") -> pl.DataFrame:
        """``rows`` with a column that says where each stands in its file as a spreadsheet shows it; null where it has no such number.

        To be asked once all batches have been read.
        """
        places = {one.name: one.sheet_rows for one in self.files}
        at = rows.with_row_index("__at").select("__at", file, row)
        parts = [
            part.select("__at", pl.Series(name, place(part[row].cast(pl.Int64).to_numpy()), dtype=pl.Int64))
            for (where,), part in at.drop_nulls().partition_by(file, as_dict=True).items()  # what is said of a whole file has no row
            if (place := places.get(str(where))) is not None
        ]
        none = pl.DataFrame(schema={"__at": pl.UInt32, name: pl.Int64})
        numbers = at.select("__at").join(pl.concat([none, *parts]), on="__at", how="left", maintain_order="left")[name]
        return rows.with_columns(numbers)

    def _frames(self, rows: int) -> Iterator[pl.DataFrame]:
        digests: dict[Path, str] = {}
        for i, reader in enumerate(self._readers):
            file = reader.file
            file.rows = file.blank_rows = file.slow_blocks = 0
            for frame in reader.frames(rows):
                faulty = FAULT in frame.columns
                first = file.rows + 1
                file.rows += frame.height
                yield self._merged.conform(i, frame).select(
                    *self.headings,
                    pl.lit(file.name).alias(FILE),
                    pl.int_range(first, first + pl.len(), dtype=pl.Int32).alias(ROW),
                    pl.col(FAULT) if faulty else pl.lit(None, pl.String()).alias(FAULT),
                    pl.col(RAW) if faulty else pl.lit(None, pl.String()).alias(RAW),
                )
            if file.sha256 is None:
                if file.path not in digests:
                    digests[file.path] = sha256_of(file.path)
                file.sha256 = digests[file.path]


def open_tape(
    paths: str | Path | Sequence[str | Path],
    *,
    layout: Layout | None = None,
    sheet: str | None = None,
    workdir: Path | None = None,
    limits: ReadLimits | None = None,
) -> Tape:
    """Look at the files and make them one tape.

    layout: helps to find the header, fixes encoding and sheet where it states them, and lets files with different headings be one
    tape where it binds them all. sheet: name or number of a workbook's sheet. workdir: where workbooks and Parquet inside
    archives are unpacked (else the system's temporary folder; removed after reading). Raises InputUnusable, with the file,
    the cause and the remedy, for whatever cannot be read; UsageInvalid for a ``sheet`` where no file is a workbook. Of a corrected file of rejected rows Panhuo's own columns are left out.
    """
    readers, notes = _opened(paths, layout, sheet, workdir, limits or ReadLimits())
    return _tape(readers, layout, notes)


def open_apart(
    paths: str | Path | Sequence[str | Path], *, layout: Layout | None = None, sheet: str | None = None, workdir: Path | None = None
) -> list[Tape]:
    """The same files, and sheets of accounts, each a tape of its own: for those that :func:`open_tape` refuses to make one (HEADINGS_DIFFER).
    A sheet that goes on from another with a header alone has no row to show and is left out."""
    readers, notes = _opened(paths, layout, sheet, workdir, ReadLimits())
    readers = [reader for reader in readers if not (isinstance(reader, SheetReader) and reader.sheet.height <= reader.sheet.skip_rows)] or readers
    return [_tape([reader], layout, [] if i else notes) for i, reader in enumerate(readers)]


def _tape(readers: Sequence[Reader], layout: Layout | None, notes: Sequence[Words]) -> Tape:
    of_sheets = any(isinstance(reader, SheetReader) and reader.file.name.endswith(f"[{reader.file.sheet}]") for reader in readers)
    tables = [(reader.file.name, without_ours(reader.file.headings), reader.file.duplicates) for reader in readers]
    merged = merge(tables, layout, of_sheets=of_sheets)
    return Tape(readers, merged, [*notes, *merged.notes])


def _opened(
    paths: str | Path | Sequence[str | Path], layout: Layout | None, sheet: str | None, workdir: Path | None, limits: ReadLimits
) -> tuple[list[Reader], list[Words]]:
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not given:
        raise unusable("INPUT_MISSING", "-", "没有给出文件", "no file is given", "给出至少一个文件", "give at least one file")
    known = _known(layout)
    readers: list[Reader] = []
    notes: list[Words] = []
    for path, name in zip(given, _names(given), strict=True):
        left_out: list[str] = []
        readers += of_path(
            parts(path, name, limits, left_out), left_out, known, lambda part: readers_of(part, limits, layout, known, sheet, workdir, notes)
        )
        if left_out:
            notes.append(Words(f"未读取：{'、'.join(left_out)}（不是清单）", f"not read, being no tape: {', '.join(left_out)}"))
    if sheet is not None and not any(isinstance(reader, SheetReader) for reader in readers):
        raise UsageInvalid(
            "SHEET_WITHOUT_WORKBOOK",
            Words("指定了工作表，但文件不是工作簿", "a sheet is named, and no file is a workbook"),
            where=f"--sheet {sheet}",
            remedy=Words("去掉 --sheet，或给出 Excel 文件", "leave --sheet out, or give an Excel file"),
        )
    return readers, notes


def read_tape(
    paths: str | Path | Sequence[str | Path],
    *,
    layout: Layout | None = None,
    sheet: str | None = None,
    workdir: Path | None = None,
    limits: ReadLimits | None = None,
) -> pl.DataFrame:
    """The whole tape as one frame of text; :func:`open_tape` says what is in it and what is refused.

    A frame cannot carry a unit that title rows state (单位：万元): where they state one, a warning says to ask :meth:`Tape.fitted`.
    """
    tape = open_tape(paths, layout=layout, sheet=sheet, workdir=workdir, limits=limits)
    for file in tape.files:
        said = stated_unit(file.titles)
        if set(said.units) - {"yuan"} or any("CNY" not in codes for codes in said.currencies):
            warnings.warn(
                f"{file.name} states a unit of money or a currency above its header ({' / '.join(file.titles)}): clean by Tape.fitted(layout)",
                stacklevel=2,
            )
    return pl.concat(list(tape.batches()))


def _known(layout: Layout | None) -> frozenset[str]:
    if layout is not None:
        return known_headings(layout)
    from panhuo.engines.intake.suggest_names import all_known_headings

    return all_known_headings()


def _title_units(name: str, unit: Stated, first: str, other: Stated) -> InputUnusable:
    here, there = (f"“{said.text}”" if said else "没有写" for said in (unit, other))
    en_here, en_there = (repr(said.text) if said else "nothing" for said in (unit, other))
    return unusable(
        "UNITS_DIFFER",
        name,
        f"标题行的金额单位或币种与 {first} 不同：此处{here}，彼处{there}",
        f"the unit of money or the currency in its title differs from that of {first}: {en_here} here, {en_there} there",
        "统一单位与币种后再合并，或分开处理；标题行不作数时在版式的 unit、currency 中写明并写 title_unit: ignore",
        "bring them to one unit and currency, or read them apart; where the titles do not count, state `unit` and `currency` in the layout with `title_unit: ignore`",
    )


def _names(paths: Sequence[Path]) -> list[str]:
    """What rows call their file: its name, with as much of its folders as tells two apart."""
    names = [path.name or str(path) for path in paths]
    return [name if names.count(name) == 1 else str(path) for name, path in zip(names, paths, strict=True)]


__all__ = ["BATCH_ROWS", "FAULT", "FILE", "RAW", "ROW", "ReadLimits", "Tape", "TapeFile", "open_apart", "open_tape", "read_tape"]
