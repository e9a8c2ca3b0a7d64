"""The queue's tasks: one that does a job of any kind, and the sweep that finds the jobs of dead workers."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from panhuo.apps.identity.models import User
from panhuo.apps.identity.scope import scope_of, unfenced
from panhuo.apps.identity.sessions import sessions_forget
from panhuo.apps.identity.signing_in import attempts_forget
from panhuo.apps.jobs.kinds import KINDS
from panhuo.apps.jobs.models import Job
from panhuo.apps.jobs.running import Cancelled, Running, Superseded
from panhuo.kernel.errors import InputUnusable, PanhuoError
from panhuo.kernel.words import Words

SILENT_FOR = timedelta(seconds=45)
ATTEMPTS = 3
log = structlog.get_logger()


@app.task(name="panhuo.work")
def work(job_id: int) -> None:
    """Do one job. Its end is in the table ``Job``; the queue's own record only says that a worker had it."""
    connection.close_if_unusable_or_obsolete()
    try:
        do_job(job_id)
    finally:
        connection.close()


def do_job(job_id: int) -> None:
    """Take the job up, do it, note how it ended. Nothing where it was cancelled or is another worker's."""
    job = _take(job_id)
    if job is None:
        return
    structlog.contextvars.bind_contextvars(trace_id=job.trace_id, job=job.pk, kind=job.kind)
    try:
        user = User.objects.select_related("organisation").get(pk=job.requested_by_id)
        with Running(job, scope_of(user, trace_id=job.trace_id)) as running:
            KINDS[job.kind].work(running, job.arguments)
        log.info("job done")
    except Superseded:
        log.warning("job superseded")
    except Cancelled:
        _end(job, Job.CANCELLED, None)
        log.info("job cancelled")
    except PanhuoError as error:
        _end(job, Job.FAILED, described(error))
        log.info("job failed", code=error.code)
    except Exception as error:
        if isinstance(error, OperationalError | InterfaceError) and not connection.is_usable():
            log.warning("job lost the database")  # restarted, most likely: left as it stands, the sweep hands it on
            connection.close()
            return
        log.exception("job broke")
        _end(job, Job.FAILED, BROKE)
    finally:
        structlog.contextvars.clear_contextvars()


def job_here(job: Job) -> None:
    """Do a job here and now, as a worker would. Raises InputUnusable with the job's own words where it does not end well."""
    with unfenced():
        do_job(job.pk)
        connection.ensure_connection()
        job = Job.objects.get(pk=job.pk)
    if job.state != Job.DONE:
        error = job.error or {"code": job.state, "cause": {"zh": job.state, "en": job.state}, "where": job.subject, "remedy": {"zh": "", "en": ""}}
        raise InputUnusable(error["code"], Words(**error["cause"]), where=error["where"], remedy=Words(**error["remedy"]))


@app.periodic(cron="* * * * *")
@app.task(name="panhuo.sweep", queueing_lock="panhuo.sweep")
def sweep(timestamp: int) -> None:
    """Each minute: the jobs of silent workers."""
    sweep_silent()


@app.periodic(cron="17 3 * * *")
@app.task(name="panhuo.forget", queueing_lock="panhuo.forget")
def forget(timestamp: int) -> None:
    """Each night: sessions and attempts that ran out."""
    log.info("forgotten", sessions=sessions_forget(), attempts=attempts_forget())


def sweep_silent() -> int:
    """Queue the jobs of silent workers again, or call them failed after ``ATTEMPTS``; how many were found."""
    found = 0
    with transaction.atomic():
        silent = Job.objects.select_for_update(skip_locked=True).filter(state=Job.RUNNING, beat_at__lt=timezone.now() - SILENT_FOR)
        for job in silent:
            found += 1
            if job.cancel_asked or job.attempt >= ATTEMPTS:
                _end(job, Job.CANCELLED if job.cancel_asked else Job.FAILED, None if job.cancel_asked else DIED)
            else:
                Job.objects.filter(pk=job.pk).update(state=Job.WAITING)
                work.defer(job_id=job.pk)
            log.warning("worker silent", job=job.pk, attempt=job.attempt)
    return found


DIED = {
    "code": "WORKER_DIED",
    "cause": Words("处理它的工作进程多次中断", "the workers that had it died, several times")._asdict(),
    "where": "worker",
    "remedy": Words("检查内存与磁盘后重试；没有留下半成品", "check memory and disk, then repeat; nothing half-done was left")._asdict(),
}
BROKE = {
    "code": "JOB_BROKE",
    "cause": Words("程序出错", "the program failed")._asdict(),
    "where": "worker",
    "remedy": Words("把跟踪号告诉管理员；没有留下半成品", "tell your administrator the trace number; nothing half-done was left")._asdict(),
}


def described(error: PanhuoError) -> dict[str, object]:
    return {"code": error.code, "cause": error.cause._asdict(), "where": error.where, "remedy": error.remedy._asdict()}


def _take(job_id: int) -> Job | None:
    """The job, now running and this worker's; None where it was cancelled or is another's."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id, state=Job.WAITING).first()
        if job is None:
            return None
        now = timezone.now()
        job.state, job.attempt, job.beat_at = Job.RUNNING, job.attempt + 1, now
        job.started_at = job.started_at or now
        job.save()
    return job


def _end(job: Job, state: str, error: dict[str, object] | None) -> None:
    with transaction.atomic():
        ended = Job.objects.filter(pk=job.pk, attempt=job.attempt, state=Job.RUNNING).update(state=state, error=error, finished_at=timezone.now())
        told = KINDS[job.kind].ended
        if ended and told is not None:
            told(job.arguments, state)
