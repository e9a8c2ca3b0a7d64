"""The Jobs desk: what is being worked on, by whom it was asked for, how far it is, and what went wrong."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from panhuo.apps.console.access import needs
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.tables import Chip, Column, Empty, Table, View, Views
from panhuo.apps.console.views import job_parts as parts
from panhuo.apps.console.views.paging import page_of
from panhuo.apps.identity.finding import one_of, scope_of_request
from panhuo.apps.jobs.kinds import KINDS
from panhuo.apps.jobs.models import Job
from panhuo.apps.jobs.services import job_cancel, job_repeat
from panhuo.kernel.words import Words

PAGE = 50
_COLUMNS = (
    Column("state", Words("状态", "State"), "state", value=lambda job: parts.STATES[job.state]),
    Column("words", Words("进展", "Doing"), "wrap", value=lambda job: _doing(job)),
    Column("share", Words("完成", "Share"), "percent", places=0, value=lambda job: job.share if job.state in Job.LIVE else None),
    Column("lasted", Words("用时", "Took"), value=lambda job: parts.lasted(parts.seconds_of(job))),
    Column("requested_by", Words("提交人", "Asked by"), value=lambda job: job.requested_by.name),
    Column("requested_at", Words("提交时间", "Asked at"), "moment"),
    Column("finished_at", Words("结束时间", "Ended at"), "moment", hidden=True),
    Column("attempt", Words("次数", "Attempts"), "count", hidden=True),
)
_NONE = Empty(
    Words("还没有任务", "No jobs yet"),
    Words("导入清单、制定方案时，任务列在这里", "Imports and plans are listed here while they are made"),
    Words("去导入清单", "Import a tape"),
    "/tapes",
    "job",
)


@needs("jobs.view")
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Jobs, latest first; filtered by state or kind."""
    scope = scope_of_request(request)
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    rows = scope.rows(Job).select_related("requested_by")
    chips = []
    if state in parts.STATES:
        rows = rows.filter(state=state)
        chips.append(Chip("state", Words("状态", "State"), parts.STATES[state].words))
    if kind in KINDS:
        rows = rows.filter(kind=kind)
        chips.append(Chip("kind", Words("任务", "Job"), KINDS[kind].words))
    page = page_of(request, rows, PAGE)
    views = [View(Words("全部", "All"), "/jobs", current=not state)]
    views += [View(said.words, f"/jobs?state={name}", current=state == name) for name, said in parts.STATES.items()]
    said = parts.subjects_said(scope, page.rows)
    first = (
        Column("kind", Words("任务", "Job"), value=lambda job: parts.kind_of(job)),
        Column("subject", Words("对象", "Of"), value=lambda job: said[job.subject], href=lambda job: parts.href_of(job.subject) or None),
    )
    empty = {} if chips else {"empty": _NONE}
    table = Table(
        "jobs",
        Words("任务", "Jobs"),
        (*first, *_COLUMNS),
        page.rows,
        href=lambda job: f"/jobs/{job.pk}",
        older=page.older,
        newer=page.newer,
        chips=chips,
        views=Views(views),
        **empty,
    )  # type: ignore[arg-type]
    live = any(job.state in Job.LIVE for job in page.rows)
    kinds = [(name, registered.words) for name, registered in sorted(KINDS.items())]
    return render(request, "console/jobs/list.html", {"table": table, "live": live, "kinds": kinds, "kind": kind, "state": state})


@needs("jobs.view")
@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job: progress, who, how long, result or error with what to do."""
    return render(request, "console/jobs/job.html", _context(request, job_id))


@needs("jobs.view")
@require_safe
def progress(request: HttpRequest, job_id: int) -> HttpResponse:
    """What stands in the progress bar's place; when the job is over the page is shown anew."""
    found = one_of(scope_of_request(request), Job, job_id)
    return parts.progress_page(request, found, live=found.state in Job.LIVE)


@needs("jobs.view")
@require_POST
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop a job, where the user may have asked for it."""
    scope = scope_of_request(request)
    one_of(scope, Job, job_id)
    stopped = job_cancel(scope, job_id)
    if stopped is None:
        notice_add(request, Words("任务已结束，无需取消", "The job is over; there is nothing to cancel"), "info")
    else:
        notice_add(
            request,
            Words("已取消；没有留下半成品", "Cancelled; nothing half-done is left")
            if stopped.state == Job.CANCELLED
            else Words("正在取消，片刻即停", "Being cancelled; it stops in a moment"),
        )
    return redirect(_back(request, job_id))


@needs("jobs.view")
@require_POST
def repeat(request: HttpRequest, job_id: int) -> HttpResponse:
    """Do a failed or cancelled job again."""
    scope = scope_of_request(request)
    one_of(scope, Job, job_id)
    made = job_repeat(scope, job_id)
    if made is None:
        raise Http404
    return redirect(f"/jobs/{made.pk}")


def _context(request: HttpRequest, job_id: int) -> dict[str, object]:
    scope = scope_of_request(request)
    found = one_of(scope, Job, job_id, "requested_by")
    known = KINDS.get(found.kind)
    return {
        "job": found,
        "kind": parts.kind_of(found),
        "state": parts.STATES[found.state],
        "words": parts.words_of(found),
        "lasted": parts.lasted(parts.seconds_of(found)),
        "error": parts.error_of(found),
        "href": parts.href_of(found.subject),
        "subject": parts.subjects_said(scope, [found])[found.subject],
        "live": found.state in Job.LIVE,
        "url": f"/jobs/{found.pk}/progress" if found.state in Job.LIVE else "",
        "may": known is not None and scope.may(known.ability),
        "repeatable": found.state in (Job.FAILED, Job.CANCELLED),
        "result": [(words, name, found.result[name]) for name, words in _RESULT.items() if name in (found.result or {})],
    }


_RESULT = {
    "rows": Words("接受的账户", "accounts accepted"),
    "rejected": Words("退回行", "rows rejected"),
    "net_value_fen": Words("方案净值", "net value (plan)"),
    "added": Words("新增的账户", "accounts added"),
    "removed": Words("减少的账户", "accounts removed"),
    "changed": Words("变动的账户", "accounts changed"),
}
"""What jobs say of themselves when they are done; whose it is stands above."""


def _doing(job: Job) -> Words | None:
    error = parts.error_of(job)
    if job.state == Job.FAILED and error is not None:
        return Words(f"{error['cause'].zh}；{error['remedy'].zh}", f"{error['cause'].en}; {error['remedy'].en}")
    return parts.words_of(job) if job.state in Job.LIVE else None


def _back(request: HttpRequest, job_id: int) -> str:
    """The page the button stood on: the job's, or that of its subject."""
    found = one_of(scope_of_request(request), Job, job_id)
    return parts.href_of(found.subject) if request.POST.get("back") == "subject" and parts.href_of(found.subject) else f"/jobs/{job_id}"
