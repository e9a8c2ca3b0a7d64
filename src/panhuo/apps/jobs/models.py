"""One table: a job as its organisation sees it. The queue itself is procrastinate's."""

from __future__ import annotations

from django.db import models

from panhuo.apps.identity.models import Organisation, User
from panhuo.kernel.words import Lang, Words


class Job(models.Model):
    """A piece of work. ``subject`` is the thing worked on (``tape:3``); ``arguments`` hold ids and choices, never a value of a row."""

    WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
    LIVE = (WAITING, RUNNING)

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=64)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default=WAITING)
    attempt = models.IntegerField(default=0)  # rises each time a worker takes it up: only the latest may finish it
    share = models.FloatField(null=True)  # 0..1 of the stage
    stage_zh = models.CharField(max_length=120, blank=True)
    stage_en = models.CharField(max_length=120, blank=True)
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)  # code, cause, where and remedy in both languages
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)  # the worker's last sign of life
    cancel_asked = models.BooleanField(default=False)
    trace_id = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=["waiting", "running", "done", "failed", "cancelled"]), name="job_state"),
            models.UniqueConstraint(fields=["subject", "kind"], condition=models.Q(state__in=["waiting", "running"]), name="job_one_live"),
        )
        indexes = (
            models.Index(fields=["organisation", "-id"]),
            models.Index(fields=["state", "beat_at"], condition=models.Q(state="running"), name="job_running"),
        )

    def stage(self, lang: Lang) -> str:
        return Words(self.stage_zh, self.stage_en).to(lang)
