"""A synthetic tape into files: the tape in the form its name asks for, the truth and the list of faults beside it, all or nothing.

Chunks are made ahead by one thread while this one writes, so the two cores of a small machine both work and no more than a few chunks are in
memory. Every file is written under a temporary name in the same folder and renamed when all are whole, the tape last: a tape that can be
seen has its truth beside it. Bytes depend on arguments alone: no clock in the gzip header or the workbook.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import gzip
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import polars as pl

from panhuo.engines.intake.synthesis.dirt import FAULTS
from panhuo.engines.intake.synthesis.tape import COLUMNS, HEADINGS
from panhuo.engines.intake.synthesis.tapes import Chunk, Synthetic
from panhuo.engines.intake.synthesis.truth import MONTHS, TRUTH
from panhuo.kernel.errors import OutputUnwritable, UsageInvalid
from panhuo.kernel.words import Words

SUFFIXES = (".csv", ".csv.gz", ".xlsx", ".parquet")
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
EXCEL_ROWS = 1_048_575
"""Rows a worksheet holds below its heading."""


@dataclass(slots=True)
class Written:
    """What was written. ``faults``: how many of each kind. Amounts in fen: what is owed and what will truly come in over 36 months."""

    tape: Path
    truth: Path
    fault_list: Path
    rows: int = 0
    debtors: int = 0
    faulty_rows: int = 0
    balance_fen: int = 0
    recovery_fen: int = 0
    expected_recovery_fen: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, chunk: Chunk) -> None:
        truth = chunk.truth
        copies = chunk.faults.filter(pl.col("fault") == "row_repeated")["row"]
        own = truth.filter(~pl.col("row").is_in(copies.implode()))
        self.rows += truth.height
        self.debtors += own["debtor"].n_unique()
        self.faulty_rows += chunk.faults["row"].n_unique()
        self.balance_fen += int(own["balance_fen"].sum())
        self.recovery_fen += int(sum(truth[month].sum() for month in MONTHS))
        self.expected_recovery_fen += float(truth["expected_recovery_fen"].sum())
        self.faults.update(dict(chunk.faults["fault"].value_counts().iter_rows()))


def suffix_of(path: Path) -> str:
    """The form the name asks for. Raises UsageInvalid for any other."""
    name = path.name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.endswith(suffix) and len(name) > len(suffix):
            return suffix
    raise UsageInvalid(
        "SAMPLE_SUFFIX",
        Words(f"无法由文件名“{path.name}”判断格式", f"the name {path.name!r} does not say which form to write"),
        where=str(path),
        remedy=Words("扩展名用 " + "、".join(SUFFIXES), "end it in " + ", ".join(SUFFIXES)),
    )


def truth_paths(path: Path) -> tuple[Path, Path]:
    """Where the truth and the fault list of a tape stand: ``tape.csv.gz`` → ``tape.truth.parquet``, ``tape.truth-faults.parquet``."""
    stem = path.name[: -len(suffix_of(path))]
    return path.with_name(f"{stem}.truth.parquet"), path.with_name(f"{stem}.truth-faults.parquet")


def write_sample(sample: Synthetic, path: Path, *, encoding: str = "utf-8", told: Callable[[float], None] = lambda _: None) -> Written:
    """Write the tape to ``path`` and its truth beside it.

    encoding: of a CSV, one of ``ENCODINGS``. told: called with the share done. Raises UsageInvalid for a suffix or size the form does not
    allow, OutputUnwritable when the files cannot be written whole; nothing is left then.
    """
    suffix = suffix_of(path)
    _allowed(sample, suffix, encoding, path)
    truth, fault_list = truth_paths(path)
    done = Written(path, truth, fault_list)
    temporary = {one: one.with_name(f".{one.name}.{os.getpid()}.part") for one in (truth, fault_list, path)}
    try:
        for final in temporary:
            if final.is_dir():  # otherwise found out at the last, with the truth already renamed
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with (
            _tape_writer(temporary[path], suffix, encoding, sample.as_of) as tape,
            _parquet(temporary[truth], TRUTH) as truths,
            _parquet(temporary[fault_list], FAULTS) as lists,
        ):
            for number, chunk in enumerate(_ahead(sample)):
                tape(chunk.tape)
                truths(chunk.truth)
                lists(chunk.faults)
                done.add(chunk)
                told((number + 1) / len(sample))
        for final, part in temporary.items():
            os.replace(part, final)
    except OSError as error:
        raise OutputUnwritable(
            "SAMPLE_UNWRITABLE",
            Words(f"写不下去：{error.strerror or error}", f"cannot be written: {error.strerror or error}"),
            where=str(path),
            remedy=Words("检查目录是否存在、权限与磁盘空间", "check that the folder exists, the permissions and the space on the disk"),
        ) from error
    finally:
        for part in temporary.values():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
    return done


def _allowed(sample: Synthetic, suffix: str, encoding: str, path: Path) -> None:
    def refuse(zh: str, en: str, remedy_zh: str, remedy_en: str) -> UsageInvalid:
        return UsageInvalid("SAMPLE_FORM", Words(zh, en), where=str(path), remedy=Words(remedy_zh, remedy_en))

    if encoding not in ENCODINGS:
        raise refuse(
            f"不支持编码 {encoding}", f"encoding {encoding} is not offered", "用 " + "、".join(ENCODINGS), "use one of " + ", ".join(ENCODINGS)
        )
    if encoding != "utf-8" and not suffix.startswith(".csv"):
        raise refuse("只有 CSV 有编码可选", "only a CSV has a choice of encoding", "去掉 --encoding", "leave out --encoding")
    if suffix == ".xlsx" and sample.rows > EXCEL_ROWS:
        raise refuse(
            f"一张 Excel 工作表最多 {EXCEL_ROWS:,} 行",
            f"an Excel sheet holds {EXCEL_ROWS:,} rows at most",
            "改用 .csv 或 .parquet",
            "write .csv or .parquet",
        )
    if suffix == ".xlsx" and sample.null_bytes:
        raise ValueError("a workbook cannot hold null bytes: synthesise(..., null_bytes=False)")


def _ahead(sample: Synthetic) -> Iterator[Chunk]:
    """The chunks in order, the next one in the making while one is used."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming: Future[Chunk] | None = pool.submit(sample.chunk, 0) if len(sample) else None
        for number in range(len(sample)):
            assert coming is not None
            chunk = coming.result()
            coming = pool.submit(sample.chunk, number + 1) if number + 1 < len(sample) else None
            yield chunk


Write = Callable[[pl.DataFrame], None]


@contextlib.contextmanager
def _tape_writer(path: Path, suffix: str, encoding: str, as_of: dt.date) -> Iterator[Write]:
    if suffix == ".parquet":
        with _parquet(path, {HEADINGS[name]: pl.String() for name in COLUMNS}) as write:
            yield write
    elif suffix == ".xlsx":
        with _workbook(path, as_of) as write:
            yield write
    else:
        with path.open("wb") as raw, contextlib.ExitStack() as stack:
            out: IO[bytes] = raw
            if suffix == ".csv.gz":
                # neither name nor time in the header: the same tape is the same bytes
                out = cast(IO[bytes], stack.enter_context(gzip.GzipFile(filename="", mode="wb", compresslevel=4, fileobj=raw, mtime=0)))
            yield _csv(out, encoding)


def _csv(out: IO[bytes], encoding: str) -> Write:
    def put(frame: pl.DataFrame, *, header: bool) -> None:
        if encoding == "utf-8":
            frame.write_csv(out, include_header=header)
            return
        buffer = io.BytesIO()
        frame.write_csv(buffer, include_header=header)
        # only the first piece may carry a byte-order mark
        piece = encoding if header else {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
        out.write(buffer.getvalue().decode().encode(piece))

    put(pl.DataFrame(schema={HEADINGS[name]: pl.String() for name in COLUMNS}), header=True)
    return lambda frame: put(frame, header=False)


@contextlib.contextmanager
def _parquet(path: Path, schema: Any) -> Iterator[Write]:
    """Row groups one after another; an empty table has its columns all the same."""
    import pyarrow.parquet as pq

    empty = pl.DataFrame(schema=schema).to_arrow()
    with pq.ParquetWriter(path, empty.schema, compression="zstd") as writer:
        yield lambda frame: writer.write_table(frame.to_arrow().cast(empty.schema))


@contextlib.contextmanager
def _workbook(path: Path, as_of: dt.date) -> Iterator[Write]:
    """One sheet, every cell text as in a tape saved with 文本 format, row after row to disk."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    with path.open("wb") as out:
        book = xlsxwriter.Workbook(out, options)
        book.set_properties({"title": "Panhuo synthetic tape", "created": dt.datetime.combine(as_of, dt.time(), dt.UTC)})
        sheet = book.add_worksheet("清单")
        line = 0

        def put(values: tuple[str | None, ...]) -> None:
            nonlocal line
            for column, value in enumerate(values):
                if value is not None:
                    sheet.write_string(line, column, value)
            line += 1

        put(tuple(HEADINGS.values()))
        sheet.freeze_panes(1, 0)

        def write(frame: pl.DataFrame) -> None:
            for values in frame.iter_rows():
                put(values)

        yield write
        book.close()
