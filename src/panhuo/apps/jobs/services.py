"""Jobs asked for, cancelled and repeated."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope, unfenced
from panhuo.apps.jobs.kinds import KINDS
from panhuo.apps.jobs.models import Job
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

_RUNNING_ALREADY = Words("同一对象已有一个任务在等待或进行", "a job for this is already waiting or running")


def job_start(scope: Scope, *, kind: str, subject: str, arguments: dict[str, Any]) -> Job:
    """Ask for a job, in the caller's transaction: no commit, no job. Raises UsageInvalid if one for the same thing is under way, NotAllowed."""
    scope.need(KINDS[kind].ability)
    try:
        with transaction.atomic():
            job = Job.objects.create(
                organisation_id=scope.organisation_id,
                kind=kind,
                subject=subject,
                arguments=arguments,
                requested_by_id=scope.user_id,
                requested_at=timezone.now(),
                trace_id=scope.trace_id,
            )
            deed_add(scope, "job.start", subject, kind=kind, job=job.pk)
            _queue(job.pk)
    except IntegrityError as error:
        remedy = Words("等它结束，或先取消它", "await its end, or cancel it first")
        raise UsageInvalid("JOB_RUNNING", _RUNNING_ALREADY, where=subject, remedy=remedy) from error
    return job


def job_cancel(scope: Scope, job_id: int) -> Job | None:
    """Stop a job: at once if it still waits, at its next natural place if it runs. None where there is no such job to stop."""
    with transaction.atomic():
        job = scope.rows(Job).select_for_update().filter(pk=job_id, state__in=Job.LIVE).first()
        if job is None:
            return None
        scope.need(KINDS[job.kind].ability)
        job.cancel_asked = True
        if job.state == Job.WAITING:
            job.state, job.finished_at = Job.CANCELLED, timezone.now()
            _tell_subject(job)
        job.save(update_fields=["cancel_asked", "state", "finished_at"])
        deed_add(scope, "job.cancel", job.subject, job=job.pk)
    return job


def job_repeat(scope: Scope, job_id: int) -> Job | None:
    """Do a failed or cancelled job again, as a new one. None where there is no such job."""
    job = scope.rows(Job).filter(pk=job_id, state__in=(Job.FAILED, Job.CANCELLED)).first()
    return None if job is None else job_start(scope, kind=job.kind, subject=job.subject, arguments=job.arguments)


def _tell_subject(job: Job) -> None:
    ended = KINDS[job.kind].ended
    if ended is not None:
        ended(job.arguments, job.state)


def _queue(job_id: int) -> None:
    from panhuo.apps.jobs.tasks import work

    with unfenced():
        work.defer(job_id=job_id)
