"""Jobs: watched, cancelled, repeated."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router

from panhuo.apps.api.access import Token
from panhuo.apps.api.shapes import JobOut
from panhuo.apps.identity.finding import one_of, scope_of_request
from panhuo.apps.jobs.models import Job
from panhuo.apps.jobs.services import job_cancel, job_repeat
from panhuo.kernel.words import Lang

router = Router(tags=["jobs"])


@router.get("", response=list[JobOut], auth=Token("jobs.view"))
def jobs_list(request: HttpRequest, before: int | None = None) -> Any:
    """Jobs, latest first, a hundred at a time."""
    scope = scope_of_request(request)
    rows = scope.rows(Job).order_by("-pk")
    return [job_out(job, scope.lang) for job in (rows.filter(pk__lt=before) if before is not None else rows)[:100]]


@router.get("/{key:job_id}", response=JobOut, auth=Token("jobs.view"))
def job_read(request: HttpRequest, job_id: int) -> Any:
    scope = scope_of_request(request)
    return job_out(one_of(scope, Job, job_id), scope.lang)


@router.post("/{key:job_id}/cancel", response=JobOut, auth=Token("jobs.view"))
def job_stop(request: HttpRequest, job_id: int) -> Any:
    scope = scope_of_request(request)
    return job_out(_found(job_cancel(scope, job_id)), scope.lang)


@router.post("/{key:job_id}/repeat", response={202: JobOut}, auth=Token("jobs.view"))
def job_again(request: HttpRequest, job_id: int) -> Any:
    scope = scope_of_request(request)
    return 202, job_out(_found(job_repeat(scope, job_id)), scope.lang)


def job_out(job: Job, lang: Lang) -> dict[str, Any]:
    names = ("kind", "subject", "state", "share", "result", "error", "requested_at", "finished_at")
    return {"id": job.pk, "stage": job.stage(lang)} | {name: getattr(job, name) for name in names}


def _found(job: Job | None) -> Job:
    if job is None:
        raise Http404
    return job
