"""Who walks through the application in a browser, the pictures that are taken on the way, and the worker that does the jobs meanwhile."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pictures import picture_save
from visiting import Visitor, until

from panhuo.apps.intake import importing
from panhuo.apps.jobs.models import Job
from panhuo.apps.jobs.running import Running
from panhuo.apps.jobs.tasks import do_job
from panhuo.cli.demonstration import PASSWORD

LANG = os.environ.get("PANHUO_TOUR_LANG", "zh")


class Tour:
    """Who walks, each with a browser of his own; the pictures; the worker."""

    def __init__(self, browser: Any, demo: Any, folder: Path) -> None:
        self.browser, self.demo, self.folder = browser, demo, folder
        self.visitors: dict[str, Visitor] = {}
        self.taken: list[str] = []

    def come(self, name: str, goal: str = "/tapes") -> Any:
        """The page of a user who signs in and goes to ``goal``; who is in already goes there."""
        if name in self.visitors:
            self.visitors[name].go(goal)
            return self.visitors[name].page
        user = self.demo.user(name)
        user.language, user.theme = LANG, "light"
        user.save()
        visitor = self.visitors[name] = Visitor(self.browser, self.demo.address, lang=LANG, theme="light", size="desk")
        visitor.sign_in(name, PASSWORD, goal)
        visitor.page.wait_for_url(f"**{goal}")
        return visitor.page

    def picture(self, page: Any, name: str, at: str = "") -> None:
        """What the window shows, from the element ``at`` on, when charts have been drawn."""
        page.evaluate("document.querySelectorAll('.notice').forEach(one => one.remove())")
        until(page, "[...document.querySelectorAll('figure.chart')].every(one => 'drawn' in one.dataset)")
        if at:
            page.evaluate("at => scrollTo(0, document.querySelector(at).getBoundingClientRect().top + scrollY - 72)", at)
        page.mouse.move(2, 2)
        path = self.folder / f"{name}.png"
        picture_save(page, path)
        assert path.stat().st_size < 150_000, name
        self.taken.append(name)

    @contextmanager
    def worked(self, kind: str, *, until: float | None = None) -> Iterator[None]:
        """The job of that kind that waits is done by a worker beside the block; with ``until`` it halts at that share while the block looks on."""
        job = Job.objects.get(kind=kind, state=Job.WAITING)
        go, halted = threading.Event(), threading.Event()
        tell = Running.tell

        def telling(running: Running, stage: Any, share: float | None = None) -> None:
            tell(running, stage, share)
            if until is not None and share is not None and until <= share < 1 and not go.is_set():
                halted.set()
                go.wait(30)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Running, "tell", telling)
            patch.setattr(importing, "BATCH_ROWS", 128)  # that there be a middle
            worker = threading.Thread(target=_do, args=(job.pk,))
            worker.start()
            try:
                if until is not None:
                    assert halted.wait(60)
                    yield
            finally:
                go.set()
                worker.join(120)
        if until is None:
            yield
        job.refresh_from_db()
        assert job.state == Job.DONE, job.error


def _do(job_id: int) -> None:
    from django.db import connection

    try:
        do_job(job_id)
    finally:
        connection.close()
