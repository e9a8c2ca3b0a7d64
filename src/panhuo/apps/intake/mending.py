"""Rejected rows corrected: on the screen or in Excel, and read again together with the tape they come from, as a new version of it.

The corrected rows are one more file of the tape, beside those it was made of (``panhuo run tape corrected``); each takes the place of the row it corrects,
which is left out (``superseded_of``), so that the rows in stay those the lender sent and everything else reads as before. Rows of a workbook that nobody
changed are not in it. Nothing is changed in the version that was imported. Only the current version is mended: what was corrected since would be lost.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
from django.db import transaction
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.importing import tape_digest
from panhuo.apps.intake.layouts import layout_check
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.rejects import (
    Fault,
    Reject,
    correction_write,
    corrections_of,
    headings_of,
    places_of,
    reject_of,
    rows_plain,
    superseded_of,
    superseded_write,
)
from panhuo.apps.intake.services import file_described, tape_import
from panhuo.apps.intake.versions import MENDS, check_current, check_imported, check_no_mend
from panhuo.apps.jobs.models import Job
from panhuo.apps.privacy.files import file_blocks, file_seal, working
from panhuo.engines.intake import clean, write_rejected
from panhuo.engines.intake.corrections import PLACE, PROBLEM, RAW_LINE
from panhuo.engines.intake.title_units import fit, stated_unit
from panhuo.kernel.errors import InputUnusable, PanhuoError, UsageInvalid
from panhuo.kernel.findings import REJECT
from panhuo.kernel.words import Words
from panhuo.pipeline.corrected import read_returned

CELL_MOST = 4_000
STEM = "更正"


def reject_mend(scope: Scope, tape: Tape, number: int, *, cells: Mapping[str, str]) -> Reject:
    """Keep the corrected cells of a rejected row; a cell put back as it stood is no correction. Raises UsageInvalid for no such row or heading, a row that
    could not be split into cells, a cell beyond ``CELL_MOST`` characters, a version that is not the current one; NotAllowed."""
    scope.need("tape.mend")
    with transaction.atomic():
        locked = _imported(scope, tape)
        check_current(scope, locked)
        row = reject_of(locked, number)
        if row.raw is not None and all(value is None for value in row.cells.values()):
            cause = Words("这一行没能拆成列，只能在 Excel 中更正", "the row could not be split into cells; correct it in Excel")
            raise UsageInvalid(
                "REJECT_NO_CELLS",
                cause,
                where=str(row.place),
                remedy=Words("下载退回行工作簿，更正后上传", "download the workbook, correct it and upload it"),
            )
        changed = {}
        for heading, value in cells.items():
            text = value.strip()
            if heading not in row.cells:
                raise UsageInvalid(
                    "REJECT_HEADING", Words("没有这一列", "there is no such column"), where=heading[:80], remedy=Words("刷新页面", "reload the page")
                )
            if len(text) > CELL_MOST:
                raise UsageInvalid(
                    "CELL_TOO_LONG",
                    Words("单元格过长", "the cell is too long"),
                    where=heading[:80],
                    remedy=Words(f"不超过 {CELL_MOST} 字", f"at most {CELL_MOST} characters"),
                )
            if text != (row.cells[heading] or "").strip():
                changed[heading] = text
        if not changed and not row.mended:
            return row
        correction_write(locked, number, changed)
        deed_add(scope, "reject.mend", locked.subject, row=number, cells=len(changed))
    return reject_of(tape, number)


def correction_tried(tape: Tape, row: Reject) -> list[Fault]:
    """What would still put a row out as it stands corrected, were it read alone: all but what other rows decide (an account number that stands twice)."""
    headings = headings_of(tape)
    cells = row.cells | row.correction
    frame = pl.DataFrame(
        {**{heading: [cells.get(heading)] for heading in headings}, "__file": [row.file], "__row": [1], "__fault": [None], "__raw": [None]},
        schema={**dict.fromkeys(headings, pl.String), "__file": pl.String, "__row": pl.Int32, "__fault": pl.String, "__raw": pl.String},
    )
    try:
        layout = layout_check(tape.layout, name=tape.layout_name)
        if layout.title_unit != "ignore":
            layout, _ = fit(layout, headings, stated_unit((str(tape.figures.get("title", "")),)), where=row.file)
        findings = clean(frame, layout=layout, as_of=tape.as_of).findings.filter(pl.col("severity") == REJECT)
    except PanhuoError:  # the layout does not fit a single row (files with other headings): the import will tell
        return []
    told = findings.select("code", "column", "severity", "message", "message_en").iter_rows()
    return [Fault(code, column, severity, Words(zh, en)) for code, column, severity, zh, en in told]


def rejects_download(scope: Scope, tape: Tape) -> tuple[str, Iterator[bytes]]:
    """The file of rejected rows as it is to be corrected: its name and its plain bytes, block by block. Noted. Raises UsageInvalid where there is none, or the
    version is not the current one."""
    scope.need("tape.mend")
    name = str(tape.figures.get("to_correct") or "")
    if not name:
        raise UsageInvalid(
            "REJECTS_NONE", Words("没有退回行", "no row was rejected"), where=tape.subject, remedy=Words("无需更正", "there is nothing to correct")
        )
    check_current(scope, tape)
    deed_add(scope, "rejects.download", tape.subject, rows=tape.figures["rows_rejected"])
    return name, file_blocks(tape.folder / str(tape.figures["kept"]) / f"{name}.sealed")


def tape_mend(scope: Scope, tape: Tape, *, file: tuple[str, Path] | None = None) -> Job:
    """Import a new version: the tape's own files and the corrected rows, those of ``file`` (name, where it lies) that differ from what was downloaded, else
    those corrected on the screen. Each takes the place of the row it corrects.

    Raises UsageInvalid (nothing corrected, not the current version, corrections of it being imported), InputUnusable (no file of its rejected rows), NotAllowed.
    """
    scope.need("tape.mend")
    check_current(scope, tape)
    with tempfile.TemporaryDirectory(dir=working()) as folder:
        corrections = corrections_of(tape) if file is None else _returned(scope, tape, *file, Path(folder))
        stood = places_of(tape).filter(pl.col("number").is_in(sorted(corrections)))
        path = _corrected_rows(tape, corrections, Path(folder))
        described = file_described(path.name if file is None else f"{Path(file[0]).stem}{path.suffix}", path)
        described["name"] = _unlike(str(described["name"]), [str(known["name"]) for known in tape.files])
        with transaction.atomic():
            locked = _imported(scope, tape)
            check_current(scope, locked)
            check_no_mend(scope, locked)
            made = _next_version(scope, locked, described, path)
            try:
                mine = stood.select(pl.col("file").alias("__file"), pl.col("row").alias("__row"))
                superseded_write(made, pl.concat([*(before for before in (superseded_of(tape),) if before is not None), mine]))
                return tape_import(scope, made)
            except BaseException:
                shutil.rmtree(made.folder, ignore_errors=True)
                raise


def _returned(scope: Scope, tape: Tape, name: str, path: Path, folder: Path) -> dict[int, dict[str, str]]:
    """What was changed in a file of rejected rows that came back: row number to its changed cells.

    A row may be missing: it is left as it is. One that is no longer rejected was corrected since the file was downloaded: as downloaded it says nothing, changed
    it contradicts what was corrected.
    """
    described = file_described(name, path)
    if described["sha256"] in {known["sha256"] for known in tape.files}:
        cause = Words("这份文件已是该清单的一部分", "this file is part of the tape already")
        raise InputUnusable("INPUT_TWICE", cause, where=str(described["name"]), remedy=Words("上传更正后的退回行", "upload the corrected rows"))
    headings = headings_of(tape)
    back = read_returned(path, str(described["name"]), headings=headings, workdir=folder)
    changes, rest = _changes(tape, back, headings, folder)
    before: Tape | None = tape
    while rest.height and (before := scope.rows(Tape).filter(pk=before.figures.get(MENDS)).first()) is not None:
        overtaken, rest = _changes(before, rest, headings, folder)
        if overtaken:
            (row,) = rows_plain(before, [min(overtaken)])
            cause = Words(
                f"其中 {len(overtaken)} 行在第 {before.version} 版之后已被更正（{row.file} 第{row.place}行）",
                f"{len(overtaken)} of its rows were corrected after version {before.version} ({row.file} row {row.place})",
            )
            remedy = Words("重新下载退回行，或删去这些行后再上传", "download the rejected rows anew, or take those rows out and upload again")
            raise UsageInvalid("REJECTS_OVERTAKEN", cause, where=str(described["name"]), remedy=remedy)
    if rest.height:
        cause = Words(
            f"{rest.height} 行的位置不是这份清单的退回行（“{rest[PLACE][0]}”）",
            f"{rest.height} rows are none of this tape's rejected rows ({rest[PLACE][0]!r})",
        )
        remedy = Words(
            "前三列不要改动，也不要添行；以下载的退回行为准", "leave the first three columns as they are and add no rows: start from the download"
        )
        raise InputUnusable("REJECTS_FOREIGN", cause, where=str(described["name"]), remedy=remedy)
    if not changes:
        cause = Words(
            f"文件里没有更正：{back.height} 行都与下载时相同", f"nothing is corrected in the file: its {back.height} rows are as downloaded"
        )
        remedy = Words("改好单元格、保存后再上传", "change the cells, save the file and upload it")
        raise UsageInvalid("REJECTS_UNCHANGED", cause, where=str(described["name"]), remedy=remedy)
    return changes


def _changes(tape: Tape, back: pl.DataFrame, headings: list[str], folder: Path) -> tuple[dict[int, dict[str, str]], pl.DataFrame]:
    """The cells of ``back`` that are not as the version's file of rejected rows had them, by row number; and the rows that it had not."""
    name = str(tape.figures.get("to_correct") or "")
    if not name:
        return {}, back
    plain = folder / f"sent-{tape.pk}-{name}"
    with plain.open("wb") as out:
        out.writelines(file_blocks(tape.folder / str(tape.figures["kept"]) / f"{name}.sealed"))
    known = [heading for heading in headings if heading in headings_of(tape)]
    sent = read_returned(plain, name, headings=known, workdir=folder)
    numbered = sent.join(places_of(tape).select("number", pl.col("told").alias(PLACE)), on=PLACE).rename(
        {heading: f"was {heading}" for heading in known}
    )
    both = back.join(numbered, on=PLACE, maintain_order="left")
    differs = {heading: pl.col(heading) != pl.col(f"was {heading}") for heading in known}
    changed = both.filter(pl.any_horizontal(differs.values())).with_columns(differ.alias(f"is {heading}") for heading, differ in differs.items())
    changes = {row["number"]: {heading: row[heading] for heading in known if row[f"is {heading}"]} for row in changed.iter_rows(named=True)}
    return changes, back.join(numbered, on=PLACE, how="anti", maintain_order="left")


def _next_version(scope: Scope, tape: Tape, described: dict[str, object], path: Path) -> Tape:
    made = Tape.objects.create(
        organisation_id=scope.organisation_id,
        series=tape.series,
        files=[*tape.files, described],
        sheet=tape.sheet,
        layout_name=tape.layout_name,
        layout=tape.layout,
        as_of=tape.as_of,
        figures={MENDS: tape.pk},
        created_by_id=scope.user_id,
        created_at=timezone.now(),
    )
    made.digest = tape_digest(made)
    made.save(update_fields=["digest"])
    made.folder.mkdir(mode=0o700, parents=True)
    try:
        for number in range(len(tape.files)):
            os.link(tape.folder / f"{number}.sealed", made.folder / f"{number}.sealed")  # sealed files are never written again: one copy serves both
        file_seal(path, made.folder / f"{len(tape.files)}.sealed")
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    deed_add(scope, "tape.mend", made.subject, of=tape.pk, bytes=described["bytes"])
    return made


def _corrected_rows(tape: Tape, corrections: Mapping[int, Mapping[str, str]], folder: Path) -> Path:
    """The corrected rows, whole, as a workbook of the form in which rejected rows are downloaded."""
    if not corrections:
        raise UsageInvalid(
            "REJECTS_UNMENDED",
            Words("还没有更正任何行", "no row is corrected yet"),
            where=tape.subject,
            remedy=Words("先更正退回行", "correct rejected rows first"),
        )
    rows = rows_plain(tape, sorted(corrections))
    headings = headings_of(tape)
    frame = pl.DataFrame(
        [{PROBLEM: "", PLACE: f"{row.file} 第{row.place}行", RAW_LINE: None, **row.cells, **corrections[row.number]} for row in rows],
        schema=dict.fromkeys([PROBLEM, PLACE, RAW_LINE, *headings], pl.String),
    )
    longest = int(frame.select(pl.max_horizontal(pl.all().str.len_chars().max().fill_null(0))).item() or 0)
    return write_rejected(
        [frame], headings, folder / STEM, rows=frame.height, longest=longest, title=str(tape.figures.get("title", "")), sheet=tape.sheet
    )


def _imported(scope: Scope, tape: Tape) -> Tape:
    locked = scope.rows(Tape).select_for_update().get(pk=tape.pk)
    check_imported(locked)
    return locked


def _unlike(name: str, others: list[str]) -> str:
    """``name``, with a number where the tape has a file of that name."""
    stem, dot, ending = name.rpartition(".")
    number, unlike = 2, name
    while unlike in others:
        unlike, number = f"{stem or name} ({number}){dot}{ending if stem else ''}", number + 1
    return unlike
