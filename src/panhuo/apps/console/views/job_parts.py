"""How a job is said: its state, how far it is, what went wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from panhuo.apps.console.tables import State
from panhuo.apps.console.words import REMEDIES
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.models import Tape
from panhuo.apps.jobs.kinds import KINDS
from panhuo.apps.jobs.models import Job
from panhuo.apps.strategy.models import Plan
from panhuo.kernel.words import Words

STATES = {
    Job.WAITING: State(Words("等待", "Waiting")),
    Job.RUNNING: State(Words("进行中", "Running"), "busy"),
    Job.DONE: State(Words("完成", "Done"), "good"),
    Job.FAILED: State(Words("失败", "Failed"), "bad"),
    Job.CANCELLED: State(Words("已取消", "Cancelled"), "warn"),
}
LONG_WAIT = timedelta(seconds=20)
_CANCELLING = Words("正在取消", "Being cancelled")
_QUEUED = Words("排队中", "Waiting for a worker")
_NOBODY = Words("排队中：等了一阵，可能没有任务进程在运行（panhuo worker）", "Waiting: there may be no worker running (panhuo worker)")
_STARTING = Words("准备中", "Starting")


def words_of(job: Job) -> Words:
    """What the job is doing now."""
    if job.cancel_asked and job.state == Job.RUNNING:
        return _CANCELLING
    if job.state == Job.WAITING:
        return _NOBODY if timezone.now() - job.requested_at > LONG_WAIT else _QUEUED
    if job.state == Job.RUNNING:
        return Words(job.stage_zh, job.stage_en) if job.stage_zh else _STARTING
    return STATES[job.state].words


def progress_page(request: HttpRequest, job: Job | None, *, live: bool) -> HttpResponse:
    """What stands in a progress bar's place, asked for from where the bar stands; when the work is over the page is shown anew."""
    context = {"job": job, "words": words_of(job) if job else _STARTING, "url": request.path if live else ""}
    response = render(request, "console/jobs/progress.html", context)
    if not live:
        response["HX-Refresh"] = "true"
    return response


def kind_of(job: Job) -> Words:
    return KINDS[job.kind].words if job.kind in KINDS else Words(job.kind, job.kind)


def seconds_of(job: Job) -> int | None:
    """How long it has been, or was, at work."""
    if job.started_at is None:
        return None
    return round(((job.finished_at or timezone.now()) - job.started_at).total_seconds())


def lasted(seconds: int | None) -> Words | None:
    if seconds is None:
        return None
    minutes, rest = divmod(max(0, seconds), 60)
    return Words(f"{minutes} 分 {rest} 秒", f"{minutes} min {rest} s") if minutes else Words(f"{rest} 秒", f"{rest} s")


def error_of(job: Job) -> dict[str, Any] | None:
    """code, cause, where, remedy; ``href`` where what it speaks of has a page."""
    if not job.error:
        return None
    return {
        **job.error,
        "cause": Words(**job.error["cause"]),
        "remedy": REMEDIES.get(job.error["code"], Words(**job.error["remedy"])),
        "href": href_of(str(job.error.get("where", ""))),
    }


def subjects_said(scope: Scope, jobs: Sequence[Job]) -> dict[str, Words]:
    """What jobs are of, by the names their readers know: of tapes and plans they may see; of others as it stands in the record."""
    numbers: dict[str, set[int]] = {}
    for job in jobs:
        noun, _, number = job.subject.partition(":")
        if number.isdecimal():
            numbers.setdefault(noun, set()).add(int(number))
    out = {job.subject: Words(job.subject, job.subject) for job in jobs}
    if scope.may("tape.view"):
        for tape in scope.rows(Tape).filter(pk__in=numbers.get("tape", ())).only("series", "version"):
            zh, en = (f" 第 {tape.version} 版", f", version {tape.version}") if tape.version else ("", "")
            out[tape.subject] = Words(f"{tape.series}{zh}", f"{tape.series}{en}")
    if scope.may("plan.view"):
        out |= {f"plan:{pk}": Words(name, name) for pk, name in scope.rows(Plan).filter(pk__in=numbers.get("plan", ())).values_list("pk", "name")}
    return out


def href_of(subject: str) -> str:
    """The page of a subject such as ``tape:3``; empty where it has none."""
    noun, _, number = subject.partition(":")
    desk = {"tape": "/tapes", "plan": "/plans"}.get(noun)
    return f"{desk}/{number}" if desk and number.isdecimal() else ""
