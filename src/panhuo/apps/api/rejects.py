"""What was found wrong with a tape: its rejected rows, listed, opened, corrected and imported again with it; what was noted or repaired on the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import File, Router
from ninja.files import UploadedFile

from panhuo.apps.api.access import Token
from panhuo.apps.api.jobs import job_out
from panhuo.apps.api.shapes import CellsIn, FindingsOut, JobOut, RejectOut, RejectsOut
from panhuo.apps.api.tapes import tape_of
from panhuo.apps.identity.finding import scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.findings import Finding, findings_page
from panhuo.apps.intake.mending import correction_tried, reject_mend, rejects_download, tape_mend
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.rejects import Fault, Reject, reject_open, rejects_page
from panhuo.apps.intake.versions import check_imported
from panhuo.engines.intake.rules import CHECKS
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.findings import WARN
from panhuo.kernel.words import Lang, Words

router = Router(tags=["rejected rows"])


@router.get("/{key:tape_id}/rejects", response=RejectsOut, auth=Token("tape.view"))
def rejects_list(request: HttpRequest, tape_id: int, code: str = "", open_only: bool = False, after: int | None = None) -> Any:
    """Rejected rows, masked, fifty at a time; ``after`` a number goes on from there. ``code``: with that fault; ``open_only``: whose account number
    no accepted row bears."""
    scope = scope_of_request(request)
    _check_code(code, "figures.rejects")
    found = rejects_page(scope, _imported(scope, tape_id), code=code, open_only=open_only, after=after)
    return {"rows": [_row_out(row, scope.lang) for row in found.rows], "count": found.count, "next": found.older}


@router.get("/{key:tape_id}/findings", response=FindingsOut, auth=Token("tape.view"))
def findings_list(request: HttpRequest, tape_id: int, code: str = "", after: int | None = None) -> Any:
    """What was noted or repaired on accepted rows, masked, fifty at a time; ``after`` a number goes on from there. ``code``: of that kind."""
    scope = scope_of_request(request)
    _check_code(code, "figures.warnings")
    found = findings_page(scope, _imported(scope, tape_id), code=code, after=after)
    return {"rows": [_finding_out(row, scope.lang) for row in found.rows], "count": found.count, "next": found.older}


@router.get("/{key:tape_id}/rejects/{place:number}", response=RejectOut, auth=Token("tape.mend"))
def reject_read(request: HttpRequest, tape_id: int, number: int) -> Any:
    """One rejected row with its cells as they stood, for who corrects it. Each opening is on record."""
    scope = scope_of_request(request)
    tape = _imported(scope, tape_id)
    return _opened(tape, reject_open(scope, tape, number), scope.lang)


@router.put("/{key:tape_id}/rejects/{place:number}", response=RejectOut, auth=Token("tape.mend"))
def reject_put(request: HttpRequest, tape_id: int, number: int, body: CellsIn) -> Any:
    """Keep corrected cells; a cell as it stood is no correction, and no cells at all take the correction back. It counts once the tape is imported again."""
    scope = scope_of_request(request)
    tape = _imported(scope, tape_id)
    return _opened(tape, reject_mend(scope, tape, number, cells=body.cells), scope.lang)


@router.post("/{key:tape_id}/rejects/download", response={200: None}, auth=Token("tape.mend"))
def rejects_file(request: HttpRequest, tape_id: int) -> Any:
    """The rejected rows as the file to correct (``rejects.xlsx``, or ``.csv`` where they are too many). Each download is on record."""
    scope = scope_of_request(request)
    name, blocks = rejects_download(scope, _imported(scope, tape_id))
    excel = name.endswith(".xlsx")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" if excel else "text/csv; charset=utf-8"
    return StreamingHttpResponse(blocks, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.post("/{key:tape_id}/rejects/import", response={202: JobOut}, auth=Token("tape.mend"))
def rejects_import(request: HttpRequest, tape_id: int, file: File[UploadedFile | None] = None) -> Any:
    """Import the next version: the tape's own files and the corrected rows, those of ``file`` that differ from the download, else those put here."""
    scope = scope_of_request(request)
    given = None if file is None else (file.name or "rejects", Path(file.temporary_file_path()))  # type: ignore[attr-defined]
    return 202, job_out(tape_mend(scope, _imported(scope, tape_id), file=given), scope.lang)


def _imported(scope: Scope, tape_id: int) -> Tape:
    tape = tape_of(scope, tape_id)
    check_imported(tape)
    return tape


def _check_code(code: str, listed: str) -> None:
    if code and code not in CHECKS:
        cause = Words(f"没有问题代码 {code[:40]}", f"there is no fault {code[:40]}")
        raise UsageInvalid("FAULT_UNKNOWN", cause, where="code", remedy=Words(f"见清单的 {listed}", f"see the tape's {listed}"))


def _finding_out(row: Finding, lang: Lang) -> dict[str, Any]:
    names = ("number", "code", "heading", "value", "file", "place", "account_id", "position")
    severity = CHECKS[row.code].rule.severity if row.code in CHECKS else WARN
    return {name: getattr(row, name) for name in names} | {"severity": severity, "message": row.words.to(lang)}


def _opened(tape: Tape, row: Reject, lang: Lang) -> dict[str, Any]:
    still = correction_tried(tape, row) if row.mended else []
    return _row_out(row, lang) | {"still": [_fault_out(fault, lang) for fault in still]}


def _row_out(row: Reject, lang: Lang) -> dict[str, Any]:
    names = ("number", "file", "place", "cells", "raw", "accepted", "mended", "correction")
    return {name: getattr(row, name) for name in names} | {"faults": [_fault_out(fault, lang) for fault in row.faults], "still": []}


def _fault_out(fault: Fault, lang: Lang) -> dict[str, Any]:
    return {"code": fault.code, "heading": fault.heading, "severity": fault.severity, "message": fault.words.to(lang)}
