"""The rejected rows of a tape: listed, opened, corrected on the screen or in Excel, read again."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from panhuo.apps.console.access import needs
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.tables import Chip, Column, Empty, State, Table
from panhuo.apps.console.views import job_parts
from panhuo.apps.console.views.paging import key_text
from panhuo.apps.console.views.tape_parts import page_context
from panhuo.apps.console.views.tapes import given_files
from panhuo.apps.identity.finding import key_of, one_of, scope_of_request
from panhuo.apps.intake.mending import correction_tried, reject_mend, rejects_download, tape_mend
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.rejects import Reject, reject_of, reject_open, rejects_page
from panhuo.apps.intake.versions import version_current
from panhuo.engines.intake.rules import CHECKS
from panhuo.kernel.errors import PanhuoError, UsageInvalid
from panhuo.kernel.words import Words

_NONE = Empty(Words("没有退回行", "No row was rejected"), Words("每一行都已接受", "Every row was accepted"), icon="check")


@needs("tape.view")
@require_safe
def rejects(request: HttpRequest, tape_id: int) -> HttpResponse:
    """The rejected rows, masked, a page at a time."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id, "created_by")
    if tape.state != Tape.IMPORTED:
        return redirect(f"/tapes/{tape.pk}")
    return _list(request, tape)


@needs("tape.mend")
@require_http_methods(["GET", "POST"])
def reject(request: HttpRequest, tape_id: int, number: int) -> HttpResponse:
    """One rejected row with its cells, to be corrected. Each opening is noted."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id)
    if tape.state != Tape.IMPORTED:
        return redirect(f"/tapes/{tape.pk}")
    if request.method == "GET":
        return _row_page(request, tape, reject_open(scope, tape, number))
    names = (request.POST.get(f"h{n}") for n in range(min(len(request.POST), 2_500)))
    cells = {heading: request.POST.get(f"c{n}", "") for n, heading in enumerate(names) if heading is not None and f"c{n}" in request.POST}
    try:
        before = reject_of(tape, number)
        row = reject_mend(scope, tape, number, cells=cells)
    except UsageInvalid as error:
        return _row_page(request, tape, reject_open(scope, tape, number), typed=cells, error=error)
    still = correction_tried(tape, row) if row.mended else []
    if still:
        notice_add(
            request,
            Words(f"第 {row.place} 行的更正已保存，但照这样导入仍会被退回", f"Row {row.place} is kept as corrected, but would be rejected again"),
            "warn",
        )
        return redirect(f"/tapes/{tape.pk}/rejects/{number}")
    notice_add(
        request,
        Words(f"已保存第 {row.place} 行的更正；重新导入后生效", f"Row {row.place} is corrected; it counts once the tape is imported again")
        if row.mended
        else Words("已撤销更正", "The correction is taken back")
        if before.mended
        else Words("没有改动，无需保存", "Nothing was changed, so nothing was kept"),
        "good" if row.mended else "info",
    )
    following = number + 1
    goal = (
        f"/tapes/{tape.pk}/rejects/{following}"
        if "next" in request.POST and following < tape.figures["rows_rejected"]
        else f"/tapes/{tape.pk}/rejects"
    )
    return redirect(goal)


@needs("tape.mend")
@require_POST
def download(request: HttpRequest, tape_id: int) -> HttpResponseBase:
    """The workbook to correct, opened as it is sent: no plain copy is made."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id, "created_by")
    try:
        name, blocks = rejects_download(scope, tape)
    except UsageInvalid as error:
        return _list(request, tape, error)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" if name.endswith(".xlsx") else "text/csv; charset=utf-8"
    ending = name.rpartition(".")[2]
    called = quote(f"{tape.series}-v{tape.version}-退回行.{ending}")
    response = StreamingHttpResponse(blocks, content_type=kind)
    response["Content-Disposition"] = f"attachment; filename=\"rejects-{tape.pk}.{ending}\"; filename*=UTF-8''{called}"
    return response


@needs("tape.mend")
@require_POST
def again(request: HttpRequest, tape_id: int) -> HttpResponse:
    """A new version with the corrected rows: those of a workbook that was sent back, else those corrected on the screen."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id, "created_by")
    try:
        if request.FILES or "upload" in request.POST:
            files = given_files(request)
            if len(files) != 1:
                raise UsageInvalid(
                    "UPLOAD_ONE",
                    Words("请选择一个更正后的文件", "choose one corrected file"),
                    where="files",
                    remedy=Words("一次上传一个", "one at a time"),
                )
            job = tape_mend(scope, tape, file=files[0])
        else:
            job = tape_mend(scope, tape)
    except PanhuoError as error:
        return _list(request, tape, error)
    return redirect(f"/tapes/{job.arguments['tape']}")


def _list(request: HttpRequest, tape: Tape, error: PanhuoError | None = None) -> HttpResponse:
    scope = scope_of_request(request)
    code = request.GET.get("code", "") if request.GET.get("code", "") in CHECKS else ""
    open_only = request.GET.get("open") == "1"
    found = rejects_page(
        scope, tape, code=code, open_only=open_only, after=key_of(request.GET.get("after")), before=key_of(request.GET.get("before"))
    )
    chips = [Chip("code", Words("问题", "Fault"), CHECKS[code].rule.message)] if code else []
    chips += [Chip("open", Words("只看", "Only"), Words("账户未在清单中的", "accounts that are not on the tape"))] if open_only else []
    may = scope.may("tape.mend")
    table = Table(
        "rejects", Words("退回行", "Rejected rows"), _columns(tape, found.rows), found.rows, href=(lambda row: f"/tapes/{tape.pk}/rejects/{row.number}") if may else None,
        count=found.count, count_words=Words("行", "rows"), chips=chips, older=key_text(found.older), newer=key_text(found.newer), **({} if chips else {"empty": _NONE}),
    )  # type: ignore[arg-type]  # fmt: skip
    context = page_context(scope, tape, "rejects") | {
        "table": table,
        "codes": [
            (row["code"], Words(f"{row['message']}（{row['rows']}）", f"{row['message_en']} ({row['rows']})"))
            for row in tape.figures.get("rejects", ())
        ],
        "code": code,
        "open_only": open_only,
        "error": _refusal(error) if error else None,
    }
    return render(request, "console/tapes/rejects.html", context, status=200 if error is None else 422)


def _columns(tape: Tape, rows: list[Reject]) -> list[Column]:
    """Where the row stood and what is wrong, the columns at fault, then what names the row."""
    headings = list(rows[0].cells) if rows else []
    known = tape.figures.get("headings", {})
    faulty = list(dict.fromkeys(fault.heading for row in rows for fault in row.faults if fault.severity == "reject" and fault.heading in headings))
    naming = [known.get(name) for name in ("account_id", "name", "principal_fen", "interest_fen", "product")]
    first = list(dict.fromkeys([*(h for h in naming if h in headings), *faulty]))
    rest = [heading for heading in headings if heading not in first]
    return [
        Column("place", Words("位置", "Place"), value=lambda row: Words(f"{row.file} 第 {row.place} 行", f"{row.file} row {row.place}")),
        Column("faults", Words("问题", "Wrong"), "wrap", value=lambda row: _told(row)),
        Column("mended", Words("更正", "Corrected"), "state", value=_state),
        *(Column(f"c{n}", Words(heading, heading), value=lambda row, heading=heading: row.cells[heading]) for n, heading in enumerate(first)),
        *(
            Column(f"r{n}", Words(heading, heading), hidden=True, value=lambda row, heading=heading: row.cells[heading])
            for n, heading in enumerate(rest)
        ),
        Column("raw", Words("原始行（脱敏）", "Line (masked)"), hidden=not any(row.raw for row in rows), value=lambda row: row.raw),
    ]


def _told(row: Reject) -> Words:
    worst = [fault for fault in row.faults if fault.severity == "reject"] or list(row.faults)
    zh = "；".join((f"「{fault.heading}」" if fault.heading else "") + fault.words.zh for fault in worst)
    en = "; ".join((f"{fault.heading}: " if fault.heading else "") + fault.words.en for fault in worst)
    return Words(zh, en)


def _state(row: Reject) -> State:
    if row.mended:
        return State(Words("已更正，待重新导入", "corrected, to be imported"), "info")
    return State(Words("同号账户已在清单", "its account is on the tape"), "good") if row.accepted else State(Words("未更正", "open"), "warn")


def _row_page(
    request: HttpRequest, tape: Tape, row: Reject, *, typed: dict[str, str] | None = None, error: UsageInvalid | None = None
) -> HttpResponse:
    faults: dict[str, list[Words]] = {}
    for fault in row.faults:
        faults.setdefault(fault.heading, []).append(fault.words)
    now = row.correction | (typed or {})
    cells = [
        (n, heading, now.get(heading, value or ""), value or "", faults.get(heading, []), heading in row.correction)
        for n, (heading, value) in enumerate(row.cells.items())
    ]
    context = {
        "tape": tape,
        "current": tape if tape.current else version_current(scope_of_request(request), tape),
        "row": row,
        "cells": sorted(cells, key=lambda cell: not cell[4]),
        "still": correction_tried(tape, row) if row.mended and typed is None else (),
        "whole": [words for heading, told in faults.items() if heading not in row.cells for words in told],
        "no_cells": row.raw is not None and all(value is None for value in row.cells.values()),
        "more": row.number + 1 < tape.figures["rows_rejected"],
        "error": _refusal(error) if error else None,
    }
    return render(request, "console/tapes/reject.html", context, status=200 if error is None else 422)


def _refusal(error: PanhuoError) -> dict[str, Any]:
    """An error beside the page it speaks of: the rejected rows of the version it names."""
    href = job_parts.href_of(error.where)
    if href and error.code == "VERSION_OVERTAKEN":
        href += "/rejects"
    return {"code": error.code, "cause": error.cause, "remedy": error.remedy, "where": error.where, "href": href}
