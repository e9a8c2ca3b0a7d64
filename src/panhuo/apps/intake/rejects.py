"""The rows a tape's import rejected, as the desk shows them: paged and masked; one opened, to be corrected, by those who may.

The rows hold what the tape says of people, so they lie sealed, in parts of ``PART`` rows; beside them an index that names nobody: the codes of each
row and whether an account of that number was accepted elsewhere on the tape (a corrected row read with its tape, a repetition). What a person
corrects on the screen lies sealed too, a file a row, until a new version of the tape is made of it (:mod:`.mending`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.listing import numbers_page
from panhuo.apps.intake.models import Tape
from panhuo.apps.privacy.files import bytes_opened, bytes_seal
from panhuo.engines.intake.rejects import Fields, shown_cells
from panhuo.engines.intake.shown import shown_row
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.findings import REJECT
from panhuo.kernel.words import Words
from panhuo.pipeline.faults import rejects_told
from panhuo.pipeline.tape import Intake

PART = 500
PAGE = 50
_MARKS = ("__file", "__row", "__place", "__raw", "__faults")
_INDEX = {"codes": pl.List(pl.String), "accepted": pl.Boolean, "file": pl.String, "row": pl.Int32, "place": pl.Int64}
_SUPERSEDED = "superseded.arrow"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a row; ``heading`` is empty where it is the row as a whole."""

    code: str
    heading: str
    severity: str
    words: Words


@dataclass(frozen=True, slots=True)
class Reject:
    """A rejected row. ``number``: its place among the rejected, from 0. ``cells``: by heading, masked unless it was opened. ``accepted``: an account of its
    number is on the tape all the same. ``mended``: somebody has corrected it on the screen."""

    number: int
    file: str
    place: int
    cells: dict[str, str | None]
    raw: str | None
    faults: tuple[Fault, ...]
    accepted: bool
    mended: bool
    correction: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RejectPage:
    """``newer``, ``older``: numbers to go on from, None at either end; ``count``: how many fit."""

    rows: list[Reject]
    newer: int | None
    older: int | None
    count: int


def rejects_keep(intake: Intake, kept: Path) -> None:
    """Seal the rejected rows of an import beside what is kept of it, and write their index."""
    accepted = (
        pl.concat([pl.read_ipc(path, columns=["account_id"]) for path in intake.accounts]) if intake.accounts else pl.DataFrame({"account_id": []})
    )
    heading = intake.headings.get("account_id")
    index: list[pl.DataFrame] = []
    held: list[pl.DataFrame] = []
    parts = height = 0
    for told in rejects_told(intake):
        number = pl.col(heading).str.strip_chars() if heading in told.columns else pl.lit(None, pl.String)
        codes = pl.col("__faults").list.eval(pl.element().filter(pl.element().struct.field("severity") == REJECT).struct.field("code")).list.unique()
        index.append(
            told.select(
                codes.alias("codes"),
                number.is_in(accepted["account_id"].cast(pl.String).implode()).fill_null(value=False).alias("accepted"),
                *(pl.col(f"__{name}").alias(name) for name in ("file", "row", "place")),
            )
        )
        for piece in told.iter_slices(PART):
            held.append(piece)
            height += piece.height
            while height >= PART:
                whole = pl.concat(held, how="diagonal")
                _seal(whole[:PART], kept, parts)
                held, height, parts = [whole[PART:]], height - PART, parts + 1
    if height:
        _seal(pl.concat(held, how="diagonal"), kept, parts)
    pl.concat([pl.DataFrame(schema=_INDEX), *index]).write_ipc(kept / "rejects.arrow", compression="uncompressed")


def rejects_page(
    scope: Scope, tape: Tape, *, code: str = "", open_only: bool = False, after: int | None = None, before: int | None = None
) -> RejectPage:
    """A page of rejected rows, masked; of those with a code, or of those whose account is nowhere else on the tape, where asked."""
    scope.need("tape.view")
    index = _index(tape)
    wanted = [pl.col("codes").list.contains(code)] if code else []
    wanted += [~pl.col("accepted")] if open_only else []
    numbers = index.filter(*wanted)["number"] if wanted else index["number"]
    taken, newer, older = numbers_page(numbers, size=PAGE, after=after, before=before)
    return RejectPage(_read(tape, index, taken, masked=True), newer, older, len(numbers))


def reject_open(scope: Scope, tape: Tape, number: int) -> Reject:
    """One rejected row with its cells as they stood: for who corrects it; each opening is noted. Raises UsageInvalid for no such row, NotAllowed."""
    scope.need("tape.mend")
    row = reject_of(tape, number)
    deed_add(scope, "reject.open", tape.subject, row=number)
    return row


def reject_of(tape: Tape, number: int) -> Reject:
    """The row, for services that have asked and noted for themselves. Raises UsageInvalid for no such row."""
    index = _index(tape)
    if not 0 <= number < index.height:
        raise UsageInvalid(
            "REJECT_UNKNOWN",
            Words("没有这一退回行", "there is no such rejected row"),
            where=str(number),
            remedy=Words("从退回行列表进入", "start from the list"),
        )
    return _read(tape, index, [number], masked=False)[0]


def headings_of(tape: Tape) -> list[str]:
    """The source headings of the tape's rejected rows."""
    first = _folder(tape) / "rejects-00000.sealed"
    return [name for name in pl.read_ipc(io.BytesIO(bytes_opened(first)), n_rows=0).columns if name not in _MARKS] if first.exists() else []


def corrections_of(tape: Tape) -> dict[int, dict[str, str]]:
    """What was corrected on the screen: row number to the cells that were changed."""
    found = sorted(_corrections(tape).glob("*.sealed"))
    return {int(path.name.partition(".")[0]): json.loads(bytes_opened(path)) for path in found}


def correction_count(tape: Tape) -> int:
    return sum(1 for _ in _corrections(tape).glob("*.sealed"))


def correction_write(tape: Tape, number: int, cells: dict[str, str]) -> None:
    """Keep the corrected cells of a row, sealed; none: the correction is taken back."""
    path = _correction(tape, number)
    if not cells:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    bytes_seal(json.dumps(cells, ensure_ascii=False).encode(), path)


def corrections_carry(old: Tape, new: Tape) -> None:
    """Corrections noted on the version before that did not go into this one wait on it: made by somebody else, or while it was being imported."""
    waiting = corrections_of(old)
    if not waiting:
        return
    stood = places_of(old).filter(pl.col("number").is_in(sorted(waiting))).join(places_of(new), on=["file", "row"], suffix="_new")
    for number, now in stood.select("number", "number_new").iter_rows():
        correction_write(new, now, waiting[number])


def rows_plain(tape: Tape, numbers: Sequence[int]) -> list[Reject]:
    """Rows with their cells as they stood, for making the file of corrected rows; nothing of them is shown."""
    return _read(tape, _index(tape), list(numbers), masked=False)


def places_of(tape: Tape) -> pl.DataFrame:
    """Where each rejected row stood: ``number``, ``file``, ``row`` (the data row), ``told`` (as the file of rejected rows says it). Raises UsageInvalid for a
    tape imported before rows were noted so."""
    index = _index(tape)
    if "row" not in index.columns:
        raise UsageInvalid(
            "REJECTS_UNPLACED",
            Words(
                "这份清单由旧版程序导入，没有记下退回行的位置", "an older release imported this tape and did not note where its rejected rows stood"
            ),
            where=tape.subject,
            remedy=Words("在原文件中更正后作为新的一版上传", "correct the lender's file and upload it as the next version"),
        )
    return index.select("number", "file", "row", pl.format("{} 第{}行", "file", "place").alias("told"))


def superseded_of(tape: Tape) -> pl.DataFrame | None:
    """Rows of the tape's files that corrected ones among its files stand for (``pipeline.corrected.SUPERSEDED``); None: there are none."""
    path = tape.folder / _SUPERSEDED
    return pl.read_ipc(path) if path.exists() else None


def superseded_write(tape: Tape, rows: pl.DataFrame) -> None:
    rows.write_ipc(tape.folder / _SUPERSEDED, compression="uncompressed")


def _folder(tape: Tape) -> Path:
    return tape.folder / str(tape.figures["kept"])


def _corrections(tape: Tape) -> Path:
    return tape.folder / "corrections"


def _correction(tape: Tape, number: int) -> Path:
    return _corrections(tape) / f"{number:08d}.sealed"


def _index(tape: Tape) -> pl.DataFrame:
    path = _folder(tape) / "rejects.arrow"
    if not path.exists():
        return pl.DataFrame(schema={"number": pl.UInt32, **_INDEX})
    return pl.read_ipc(path).with_row_index("number")


def _read(tape: Tape, index: pl.DataFrame, numbers: list[int], *, masked: bool) -> list[Reject]:
    fields = Fields(tape.figures.get("headings", {}))
    accepted = index["accepted"]
    out: dict[int, Reject] = {}
    for part in sorted({number // PART for number in numbers}):
        frame = pl.read_ipc(io.BytesIO(bytes_opened(_folder(tape) / f"rejects-{part:05d}.sealed")))
        mine = [number for number in numbers if number // PART == part]
        rows = frame[[number % PART for number in mine]]
        names = [name for name in rows.columns if name not in _MARKS]
        if masked:
            rows = shown_cells(rows, names, fields).with_columns(shown_row(pl.col("__raw")).str.slice(0, 400))
        for number, row in zip(mine, rows.iter_rows(named=True), strict=True):
            corrected = _correction(tape, number)
            mended = corrected.exists()
            out[number] = Reject(
                number,
                row["__file"],
                row["__place"],
                {name: row[name] for name in names},
                row["__raw"],
                tuple(_fault(fault) for fault in row["__faults"] or ()),
                bool(accepted[number]),
                mended,
                json.loads(bytes_opened(corrected)) if mended and not masked else {},
            )
    return [out[number] for number in numbers]


def _fault(fault: dict[str, Any]) -> Fault:
    return Fault(fault["code"], fault["column"], fault["severity"], Words(fault["message"], fault["message_en"]))


def _seal(frame: pl.DataFrame, kept: Path, part: int) -> None:
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    bytes_seal(buffer.getvalue(), kept / f"rejects-{part:05d}.sealed")
