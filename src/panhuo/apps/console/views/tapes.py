"""The Tapes desk: the list, the upload, and where one tape's page begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from panhuo.apps.console.access import needs
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.tables import Chip, Column, Empty, State, Table, View, Views
from panhuo.apps.console.views import tape_describing, tape_pages
from panhuo.apps.console.views.paging import page_of
from panhuo.apps.console.views.tape_parts import STATES, files_words, state_of
from panhuo.apps.identity.finding import one_of, scope_of_request
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.services import tape_discard, tape_upload
from panhuo.kernel.errors import InputUnusable, PanhuoError
from panhuo.kernel.words import Words

PAGE = 50
_CURRENT = Words("现行", "Current")


def _version(tape: Tape) -> Words | None:
    return (
        Words(f"第 {tape.version} 版" + ("（现行）" if tape.current else ""), f"{tape.version}" + (" (current)" if tape.current else ""))
        if tape.version
        else None
    )


def _figure(name: str) -> Any:
    return lambda tape: tape.figures.get(name)


_COLUMNS = (
    Column("series", Words("清单", "Tape")),
    Column("version", Words("版本", "Version"), value=_version),
    Column("state", Words("状态", "State"), "state", value=lambda tape: state_of(tape)),
    Column("as_of", Words("基准日", "Cut-off"), "date"),
    Column("rows", Words("账户", "Accounts"), "count", value=lambda tape: tape.rows if tape.state == Tape.IMPORTED else None),
    Column("balance_fen", Words("余额", "Balance"), "money", value=lambda tape: tape.balance_fen if tape.state == Tape.IMPORTED else None),
    Column(
        "quality",
        Words("质量分", "Quality"),
        "number",
        value=_figure("quality_score"),
        meaning=Words("各字段按权重的质量均值，满分 100", "weighted mean over the fields, out of 100"),
    ),
    Column(
        "rejects",
        Words("退回行", "Rejects"),
        "count",
        value=_figure("rows_rejected"),
        href=lambda tape: f"/tapes/{tape.pk}/rejects" if tape.figures.get("rows_rejected") else None,
    ),
    Column("created_at", Words("上传时间", "Uploaded"), "moment"),
    Column("created_by", Words("上传人", "By"), value=lambda tape: tape.created_by.name),
    Column("files", Words("文件", "Files"), value=files_words, hidden=True),
)
_WAIT = Words("有上传权限的同事导入后，清单列在这里", "Tapes stand here once a colleague who may upload has imported them")
_EMPTY = Empty(
    Words("还没有清单", "No tapes yet"),
    Words(
        "上传银行或消金公司给的 Excel、CSV 或 Parquet，按建议的版式确认后导入",
        "Upload the Excel, CSV or Parquet a lender gave you, confirm the layout that is suggested, and import it",
    ),
    Words("上传清单", "Upload a tape"),
    "/tapes/new",
    "tape",
)


@needs("tape.view")
@require_safe
def tapes(request: HttpRequest) -> HttpResponse:
    """Tapes, latest first."""
    scope = scope_of_request(request)
    everything = scope.rows(Tape)
    counts = everything.aggregate(**{name: Count("pk", filter=Q(state=name)) for name in STATES}, current=Count("pk", filter=Q(current=True)))
    rows = everything.select_related("created_by")
    state, series = request.GET.get("state", ""), request.GET.get("series", "")
    chips = []
    if state in STATES:
        rows = rows.filter(state=state)
        chips.append(Chip("state", Words("状态", "State"), STATES[state].words))
    elif state == "current":
        rows = rows.filter(current=True)
        chips.append(Chip("state", Words("状态", "State"), _CURRENT))
    if series:
        rows = rows.filter(series__icontains=series.replace("\x00", "")[:80])
        chips.append(Chip("series", Words("清单", "Tape"), series[:80]))
    page = page_of(request, rows, PAGE)
    views = [View(Words("全部", "All"), "/tapes", current=not state)]
    named = {"current": State(_CURRENT), **STATES}
    views += [
        View(Words(f"{s.words.zh} {counts[n]}", f"{s.words.en} {counts[n]}"), f"/tapes?state={n}", current=state == n)
        for n, s in named.items()
        if counts[n]
    ]
    more: dict[str, Any] = (
        {} if chips else {"empty": _EMPTY if "tape.import" in scope.abilities else replace(_EMPTY, next=_WAIT, action=None, href="")}
    )
    table = Table(
        "tapes",
        Words("清单", "Tapes"),
        _COLUMNS,
        page.rows,
        href=lambda tape: f"/tapes/{tape.pk}",
        older=page.older,
        newer=page.newer,
        chips=chips,
        views=Views(views),
        **more,
    )
    live = any(tape.state == Tape.IMPORTING for tape in page.rows)
    return render(request, "console/tapes/list.html", {"table": table, "live": live, "series": series, "state": state})


@needs("tape.import")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose files; once they are here the tape's page takes over."""
    scope = scope_of_request(request)
    if request.method == "GET":
        return _upload_page(request)
    try:
        tape = tape_upload(scope, series=request.POST.get("series", ""), files=given_files(request))
    except PanhuoError as error:
        return _upload_page(request, error)
    return redirect(f"/tapes/{tape.pk}")


def given_files(request: HttpRequest) -> list[tuple[str, Path]]:
    """The files of an upload: name and where each lies. Raises InputUnusable for one that is too large. (One cut off does not come so far.)"""
    files = request.FILES.getlist("files")
    for file in files:
        if file.size is not None and file.size > settings.PANHUO_UPLOAD_LIMIT:
            raise InputUnusable(
                "UPLOAD_TOO_BIG",
                Words("文件超过上限", "the file is larger than allowed"),
                where=file.name or "",
                remedy=Words("拆分或压缩（.gz、.zip）后再上传", "split it, or compress it (.gz, .zip)"),
            )
    return [(file.name or "tape", Path(file.temporary_file_path())) for file in files]


@needs("tape.view")
@require_safe
def tape(request: HttpRequest, tape_id: int) -> HttpResponse:
    """A tape: how it is to be read, how far its import is, or what came of it."""
    scope = scope_of_request(request)
    found = one_of(scope, Tape, tape_id, "created_by")
    if found.state == Tape.IMPORTED:
        return tape_pages.summary(request, found)
    if found.state == Tape.IMPORTING:
        return tape_pages.importing(request, found)
    if not scope.may("tape.import"):
        return tape_pages.waiting(request, found)
    return tape_describing.page(request, found)


@needs("tape.import")
@require_POST
def discard(request: HttpRequest, tape_id: int) -> HttpResponse:
    """Remove an upload that was not imported."""
    scope = scope_of_request(request)
    found = one_of(scope, Tape, tape_id)
    tape_discard(scope, found)
    notice_add(request, Words(f"已删除上传的“{found.series}”", f"The upload {found.series} was removed"))
    return redirect("/tapes")


def _upload_page(request: HttpRequest, error: PanhuoError | None = None) -> HttpResponse:
    known = scope_of_request(request).rows(Tape).filter(current=True).order_by("series").values_list("series", flat=True)[:200]
    context = {"limit": settings.PANHUO_UPLOAD_LIMIT, "error": error, "known": list(known), "series": request.POST.get("series", "") if error else ""}
    return render(request, "console/tapes/new.html", context, status=200 if error is None else 422)
