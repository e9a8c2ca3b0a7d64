"""A job in a worker's hands: signs of life, progress, the wish to cancel, and the one moment in which it is done.

A thread beside the work writes progress once a second over a connection of its own, so that it is seen while the work's transaction is still
open, and reads whether someone wants it stopped. A worker that falls silent is taken for dead (:mod:`.sweeping`) and its job goes to
another; should the silent one wake up again, its attempt is no longer the latest and :meth:`Running.finish` undoes its transaction.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

from django.db import connection
from django.utils import timezone

from panhuo.apps.identity.scope import Scope
from panhuo.apps.jobs.models import Job
from panhuo.kernel.words import Words

BEAT_S = 1.0


class Cancelled(Exception):
    """Somebody asked for the job to be stopped."""


class Superseded(Exception):
    """Another worker has taken the job up: what this one did must not stand."""


class Running:
    """Handed to the work; use as a context manager around it."""

    def __init__(self, job: Job, scope: Scope) -> None:
        self.job_id = job.pk
        self.attempt = job.attempt
        self.scope = scope
        self._stage = Words("", "")
        self._share: float | None = None
        self._cancelled = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"job-{job.pk}", daemon=True)

    def tell(self, stage: Words, share: float | None = None) -> None:
        """What is being done and how much of it is. Raises Cancelled where that was asked for: the natural place to stop."""
        self._stage, self._share = stage, share
        self.check()

    def check(self) -> None:
        """Raises Cancelled."""
        if self._cancelled.is_set():
            raise Cancelled

    def finish(self, result: dict[str, Any]) -> None:
        """The last statement of the work's transaction: the job is done if, and only if, the transaction commits. Raises Superseded."""
        done = Job.objects.filter(pk=self.job_id, attempt=self.attempt, state=Job.RUNNING).update(
            state=Job.DONE, result=result, finished_at=timezone.now(), share=1.0, error=None
        )
        if not done:
            raise Superseded

    def __enter__(self) -> Running:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(BEAT_S):
                try:
                    self._note()
                except Exception:  # a database that restarts: the next beat will tell
                    connection.close()
        finally:
            connection.close()

    def _note(self) -> None:
        mine = Job.objects.filter(pk=self.job_id, attempt=self.attempt, state=Job.RUNNING)
        alive = mine.update(beat_at=timezone.now(), stage_zh=self._stage.zh[:120], stage_en=self._stage.en[:120], share=self._share)
        if not alive or mine.values_list("cancel_asked", flat=True).first():
            self._cancelled.set()
