"""A tape: one or several files read as one table of text, in batches that fit in memory.

``open_tape`` looks at every file (what it is, its encoding, delimiter, header) and refuses what cannot be read, before any row is;
``Tape.batches`` then streams. Every data row of every file comes out exactly once, in order, under the source's own headings,
with ``__file``, ``__row`` (1-based data row in its file), ``__fault`` and ``__raw`` (:mod:`.faults`).
"""

from __future__ import annotations

import codecs
import datetime as dt
import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from panhuo.engines.intake import columnar, encodings
from panhuo.engines.intake.ahead import ahead
from panhuo.engines.intake.archives import Part, ReadLimits, as_file, check_workbook, open_stream, parts, sha256_of
from panhuo.engines.intake.corrections import without_ours
from panhuo.engines.intake.delimited import Rows
from panhuo.engines.intake.dialect import Dialect, check_columns, clean_headings, empty, no_rows, null_bytes_only, sniff
from panhuo.engines.intake.faults import FAULT, RAW, faulted
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.mapping import known_headings, normal_heading
from panhuo.engines.intake.merged_cells import merged_down
from panhuo.engines.intake.merging import Merged, merge
from panhuo.engines.intake.refusals import unusable
from panhuo.engines.intake.sheet_rows import SheetRows
from panhuo.engines.intake.title_dates import stated_day
from panhuo.engines.intake.title_units import UNIT_WORDS, Stated, fit, stated_unit, told, told_unknown
from panhuo.engines.intake.workbook import Sheet, Workbook, formulas_without_values
from panhuo.kernel.errors import InputUnusable, UsageInvalid
from panhuo.kernel.words import Words

FILE, ROW = "__file", "__row"
BATCH_ROWS = 250_000
_SAMPLE = 1 << 20


@dataclass
class TapeFile:
    """What is known of one file. ``sha256`` (of the file as given, packing and all), ``rows`` and ``blank_rows`` are complete
    once the batches have been read. encoding, delimiter: of text; sheet: of workbooks. titles: the filled cells above the header.
    sheets: all that a person may choose from. sheet_rows: from data rows to the rows a spreadsheet shows; None for Parquet, which has none."""

    name: str
    path: Path
    bytes: int
    kind: str
    headings: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sha256: str | None = None
    rows: int = 0
    blank_rows: int = 0
    slow_blocks: int = field(default=0, repr=False)
    titles: tuple[str, ...] = ()
    sheet_rows: SheetRows | None = field(default=None, repr=False)
    sheets: tuple[str, ...] = ()


class Tape:
    """An open tape. ``headings``: the source columns of every batch. ``notes``: what a person should know about the reading."""

    def __init__(self, readers: Sequence[_Reader], merged: Merged, notes: Sequence[Words]) -> None:
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
    readers = [reader for reader in readers if not (isinstance(reader, _Sheet) and reader.sheet.height <= reader.sheet.skip_rows)] or readers
    return [_tape([reader], layout, [] if i else notes) for i, reader in enumerate(readers)]


def _tape(readers: Sequence[_Reader], layout: Layout | None, notes: Sequence[Words]) -> Tape:
    of_sheets = any(isinstance(reader, _Sheet) and reader.file.name.endswith(f"[{reader.file.sheet}]") for reader in readers)
    tables = [(reader.file.name, without_ours(reader.file.headings), reader.file.duplicates) for reader in readers]
    merged = merge(tables, layout, of_sheets=of_sheets)
    return Tape(readers, merged, [*notes, *merged.notes])


def _opened(
    paths: str | Path | Sequence[str | Path], layout: Layout | None, sheet: str | None, workdir: Path | None, limits: ReadLimits
) -> tuple[list[_Reader], list[Words]]:
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not given:
        raise unusable("INPUT_MISSING", "-", "没有给出文件", "no file is given", "给出至少一个文件", "give at least one file")
    known = _known(layout)
    readers: list[_Reader] = []
    notes: list[Words] = []
    for path, name in zip(given, _names(given), strict=True):
        left_out: list[str] = []
        readers += _of_path(
            parts(path, name, limits, left_out), left_out, known, lambda part: _readers(part, limits, layout, known, sheet, workdir, notes)
        )
        if left_out:
            notes.append(Words(f"未读取：{'、'.join(left_out)}（不是清单）", f"not read, being no tape: {', '.join(left_out)}"))
    if sheet is not None and not any(isinstance(reader, _Sheet) for reader in readers):
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


class _Reader:
    """One table of one file. ``frames`` gives its rows as text in order, with ``__fault`` and ``__raw`` where some are faulty."""

    file: TapeFile

    def frames(self, rows: int) -> Iterator[pl.DataFrame]:
        raise NotImplementedError


class _Text(_Reader):
    def __init__(self, part: Part, limits: ReadLimits, layout: Layout | None, known: frozenset[str]) -> None:
        self.part, self.limits = part, limits
        stream = open_stream(part, limits)
        try:
            sample = b""
            while len(sample) < _SAMPLE and (more := stream.read(_SAMPLE - len(sample))):
                sample += more
        finally:
            stream.close()
        if not sample.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
            raise empty(part.name) if sample.strip(b"\0") or not sample else null_bytes_only(part.name)
        stated = layout.encoding if layout else None
        self.encoding, self.skip = _stated(stated, sample) if stated else encodings.detect(sample, part.name)
        text = encodings.legible(sample[self.skip :], self.encoding)
        if len(sample) >= _SAMPLE and "\n" in text:
            text = text[: text.rfind("\n")]
        if "\n" not in text:
            text = text.replace("\r", "\n")
        self.dialect: Dialect = sniff(
            text,
            known,
            part.name,
            limits,
            delimiter=layout.delimiter if layout else None,
            header_row=layout.header_row if layout else None,
        )
        self.file = TapeFile(
            part.name,
            part.path,
            part.path.stat().st_size,
            "text" if part.packing == "plain" else part.packing,
            self.dialect.headings,
            self.dialect.duplicates,
            encodings.UTF8 if self.encoding == encodings.ASCII else self.encoding,
            self.dialect.delimiter,
            titles=self.dialect.titles,
        )

    def frames(self, rows: int) -> Iterator[pl.DataFrame]:
        digest = hashlib.sha256() if self.part.packing != "zip" else None
        stream = open_stream(self.part, self.limits, digest)
        blocks = encodings.Blocks(stream, self.encoding, self.skip, self.part.name)
        reader = Rows(self.dialect, self.limits, may_be_marked=self.encoding != encodings.UTF8)
        skip = self.dialect.skip_lines
        try:
            held: bytes | None = None
            for block in ahead(blocks):  # the next one being read, hashed and decoded while this one is parsed
                if skip:
                    block, skip = _without_lines(block, skip)
                if held is not None:
                    yield from reader.feed(held, final=False)
                held = block
            yield from reader.feed(held or b"", final=True)
        finally:
            stream.close()
            self.file.blank_rows, self.file.slow_blocks, self.file.encoding = reader.blank, reader.slow_blocks, blocks.encoding
            self.file.sheet_rows = SheetRows.of_text(self.dialect.header_row, reader.gaps)
        self.file.sha256 = digest.hexdigest() if digest else None


class _Sheet(_Reader):
    def __init__(self, part: Part, limits: ReadLimits, book: Workbook, sheet: Sheet, *, several: bool) -> None:
        self.limits, self.book, self.sheet = limits, book, sheet
        name = f"{part.name}[{sheet.name}]" if several else part.name
        self.file = TapeFile(name, part.path, part.path.stat().st_size, part.kind, sheet.headings, sheet.duplicates, sheet=sheet.name)
        self.file.titles, self.file.sheets = sheet.titles, tuple(book.names)

    def frames(self, rows: int) -> Iterator[pl.DataFrame]:
        frame, numbers = self.book.frame(self.sheet, self.limits)
        self.file.sheet_rows = SheetRows.of_sheet(numbers)
        self.file.blank_rows = int(numbers[-1] - self.sheet.blank_above - self.sheet.skip_rows - len(numbers)) if len(numbers) else 0
        if frame.height:
            yield from frame.iter_slices(rows)


class _Parquet(_Reader):
    def __init__(self, part: Part, limits: ReadLimits, workdir: Path | None) -> None:
        self.part, self.limits, self.workdir = part, limits, workdir
        with _unpacked(part, limits, workdir) as path:
            headings, duplicates = clean_headings(columnar.headings(path, part.name))
        check_columns(len(headings), part.name, limits)
        self.file = TapeFile(part.name, part.path, part.path.stat().st_size, "parquet", headings, duplicates)

    def frames(self, rows: int) -> Iterator[pl.DataFrame]:
        with _unpacked(self.part, self.limits, self.workdir) as path:
            for frame in columnar.batches(path, self.part.name, rows):
                frame.columns = list(self.file.headings)
                yield faulted(frame, self.limits)


class _unpacked:  # noqa: N801 used like a function
    """A path with the part's content, removed afterwards where it had to be made."""

    def __init__(self, part: Part, limits: ReadLimits, workdir: Path | None) -> None:
        self.path, self.temporary = as_file(part, limits, workdir)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        if self.temporary:
            self.path.unlink(missing_ok=True)


def _readers(
    part: Part, limits: ReadLimits, layout: Layout | None, known: frozenset[str], sheet: str | None, workdir: Path | None, notes: list[Words]
) -> list[_Reader]:
    if part.kind == "text":
        return [_Text(part, limits, layout, known)]
    if part.kind == "parquet":
        return [_Parquet(part, limits, workdir)]
    with _unpacked(part, limits, workdir) as path:
        if part.kind in ("xlsx", "ods"):
            check_workbook(path, part.name, limits)
        book = Workbook(path, part.name, part.kind)
        hint = sheet or (layout.sheet if layout else None)
        sheets = book.sheets(known, limits, sheet=hint, layout=layout)
        others = book.others(sheets, known, limits) if sheet is None else {}
        hollow = formulas_without_values(path) if part.kind == "xlsx" else 0
        for one in sheets if part.kind == "xlsx" else ():
            where = f"{part.name}[{one.name}]" if len(sheets) > 1 else part.name
            notes += book.carry_down(one, merged_down(path, one.name), layout).told(where)
    if hollow:
        notes.append(
            Words(
                f"{part.name}：{hollow:,} 个公式单元格没有存下计算结果，读作空。用 Excel 或 WPS 打开并另存一次再读",
                f"{part.name}: {hollow:,} cells with formulas hold no calculated value and are read as empty. Open it in Excel or WPS, save it, and read it again",
            )
        )
    if others:
        zh, en = ("、".join(s.name for s in sheets), ", ".join(s.name for s in sheets))
        left = "、".join(f"{name}（{'无法打开' if count is None else f'{count:,} 行'}）" for name, count in others.items())
        left_en = ", ".join(f"{name} ({'cannot be opened' if count is None else f'{count:,} rows'})" for name, count in others.items())
        notes.append(Words(f"{part.name}：读取工作表 {zh}，未读 {left}", f"{part.name}: read the sheet {en}, not {left_en}"))
    return [_Sheet(part, limits, book, one, several=len(sheets) > 1) for one in sheets]


def _of_path(found: Sequence[Part], left_out: list[str], known: frozenset[str], read: Callable[[Part], list[_Reader]]) -> list[_Reader]:
    """The tables among the parts of one path. A .txt in a zip that has no known heading, while another part has, is a letter that came with the tape: its
    name goes to ``left_out``."""
    made: list[tuple[Part, list[_Reader]]] = []
    failed: list[tuple[Part, InputUnusable]] = []
    for part in found:
        try:
            made.append((part, read(part)))
        except InputUnusable as error:
            if not _may_be_letter(part):
                raise
            failed.append((part, error))
    tables = [(part, readers) for part, readers in made if not _may_be_letter(part) or any(_knows(reader, known) for reader in readers)]
    if not tables:
        if failed:
            raise failed[0][1]
        return [reader for _, readers in made for reader in readers]
    left_out += [part.name for part in found if all(part is not table for table, _ in tables)]
    return [reader for _, readers in tables for reader in readers]


def _may_be_letter(part: Part) -> bool:
    return part.packing == "zip" and part.kind == "text" and part.name.lower().endswith(".txt")


def _knows(reader: _Reader, known: frozenset[str]) -> bool:
    return any(normal_heading(heading) in known for heading in reader.file.headings)


def _without_lines(block: bytes, count: int) -> tuple[bytes, int]:
    """The block less its first ``count`` lines, and how many are still to be left out of the next."""
    at = 0
    while count:
        end = block.find(b"\n", at)
        if end < 0:
            return b"", count - 1
        at, count = end + 1, count - 1
    return block[at:], 0


def _stated(encoding: str, sample: bytes) -> tuple[str, int]:
    """An encoding that the layout names, and the length of its BOM where there is one."""
    name = codecs.lookup(encoding).name
    for bom, of in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if sample.startswith(bom) and name.startswith(of[:6]):
            return of, len(bom)
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "gbk": "gb18030", "gb2312": "gb18030"}.get(name, name), 0


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
