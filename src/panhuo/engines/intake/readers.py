"""The tables of the files of a tape: what each file is, where its header stands, and its rows as text."""

from __future__ import annotations

import codecs
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from panhuo.engines.intake import columnar, encodings
from panhuo.engines.intake.ahead import ahead
from panhuo.engines.intake.archives import Part, ReadLimits, as_file, check_workbook, open_stream
from panhuo.engines.intake.delimited import Rows
from panhuo.engines.intake.dialect import Dialect, check_columns, clean_headings, empty, null_bytes_only, sniff
from panhuo.engines.intake.faults import faulted
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.mapping import normal_heading
from panhuo.engines.intake.merged_cells import merged_down
from panhuo.engines.intake.sheet_rows import SheetRows
from panhuo.engines.intake.workbook import Sheet, Workbook, formulas_without_values
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

_SAMPLE = 1 << 20
_GUARD = b'="'


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


class Reader(ABC):
    """One table of one file. ``frames`` gives its rows as text in order, with ``__fault`` and ``__raw`` where some are faulty."""

    file: TapeFile

    @abstractmethod
    def frames(self, rows: int) -> Iterator[pl.DataFrame]: ...


class _Text(Reader):
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
            self.dialect.written,
            titles=self.dialect.titles,
        )

    def frames(self, rows: int) -> Iterator[pl.DataFrame]:
        digest = hashlib.sha256() if self.part.packing != "zip" else None
        stream = open_stream(self.part, self.limits, digest)
        blocks = encodings.Blocks(stream, self.encoding, self.skip, self.part.name)
        reader = Rows(self.dialect, self.limits, may_be_marked=self.encoding != encodings.UTF8)
        skip = self.dialect.skip_lines
        guarded = False
        try:
            held: bytes | None = None
            for block in ahead(blocks):  # the next one being read, hashed and decoded while this one is parsed
                if skip:
                    block, skip = _without_lines(block, skip)
                if self.dialect.written != self.dialect.delimiter:
                    block = block.replace(self.dialect.written.encode(), self.dialect.delimiter.encode())
                guarded = guarded or _GUARD in block  # of whole lines
                if held is not None:
                    yield from _unguarded(reader.feed(held, final=False), guarded)
                held = block
            yield from _unguarded(reader.feed(held or b"", final=True), guarded)
        finally:
            stream.close()
            self.file.blank_rows, self.file.slow_blocks, self.file.encoding = reader.blank, reader.slow_blocks, blocks.encoding
            self.file.sheet_rows = SheetRows.of_text(self.dialect.header_row, reader.gaps)
        self.file.sha256 = digest.hexdigest() if digest else None


class SheetReader(Reader):
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


class _Parquet(Reader):
    def __init__(self, part: Part, limits: ReadLimits, workdir: Path | None) -> None:
        self.part, self.limits, self.workdir = part, limits, workdir
        with _unpacked(part, limits, workdir) as path:
            named = columnar.headings(path, part.name)
        check_columns(len(named), part.name, limits)
        headings, duplicates = clean_headings(named)
        self.file = TapeFile(part.name, part.path, part.path.stat().st_size, "parquet", headings, duplicates)

    def frames(self, rows: int) -> Iterator[pl.DataFrame]:
        with _unpacked(self.part, self.limits, self.workdir) as path:
            for frame in columnar.batches(path, self.part.name, rows):
                frame.columns = list(self.file.headings)
                yield faulted(frame, self.limits)


@contextmanager
def _unpacked(part: Part, limits: ReadLimits, workdir: Path | None) -> Iterator[Path]:
    """A path with the part's content, removed afterwards where it had to be made."""
    path, temporary = as_file(part, limits, workdir)
    try:
        yield path
    finally:
        if temporary:
            path.unlink(missing_ok=True)


def readers_of(
    part: Part, limits: ReadLimits, layout: Layout | None, known: frozenset[str], sheet: str | None, workdir: Path | None, notes: list[Words]
) -> list[Reader]:
    if part.kind == "text":
        text = _Text(part, limits, layout, known)
        notes += [text.dialect.unit_row.told(part.name)] if text.dialect.unit_row else []
        return [text]
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
        for one in sheets:
            where = f"{part.name}[{one.name}]" if len(sheets) > 1 else part.name
            notes += [one.unit_row.told(where)] if one.unit_row else []
            if part.kind != "xlsx":
                continue
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
    return [SheetReader(part, limits, book, one, several=len(sheets) > 1) for one in sheets]


def of_path(found: Sequence[Part], left_out: list[str], known: frozenset[str], read: Callable[[Part], list[Reader]]) -> list[Reader]:
    """The tables among the parts of one path. A .txt in a zip that has no known heading, while another part has, is a letter that came with the tape: its
    name goes to ``left_out``."""
    made: list[tuple[Part, list[Reader]]] = []
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


def _knows(reader: Reader, known: frozenset[str]) -> bool:
    return any(normal_heading(heading) in known for heading in reader.file.headings)


def _unguarded(frames: Iterable[pl.DataFrame], guarded: bool) -> Iterator[pl.DataFrame]:
    """``="00123"`` is how a CSV keeps Excel from rounding a long number: the text in it, as Excel shows it. guarded: whether any may stand here."""
    if not guarded:
        yield from frames
        return
    for frame in frames:
        text = [name for name in frame.columns if not name.startswith("__") and frame[name].str.starts_with('="').any()]
        inner = (pl.col(name).str.extract(r'^="([\s\S]*)"$').str.replace_all('""', '"', literal=True) for name in text)
        yield frame.with_columns(pl.coalesce(value, pl.col(name)).alias(name) for name, value in zip(text, inner, strict=True)) if text else frame


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
