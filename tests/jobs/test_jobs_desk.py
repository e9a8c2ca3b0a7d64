"""The Jobs desk: jobs listed, watched, cancelled and repeated; silent workers' jobs handed on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from desk_ground import Rows, Seat, csv_of, seen, text_of, work_off
from panhuo.apps.identity.models import Organisation
from panhuo.apps.intake.models import Account, Tape
from panhuo.apps.jobs import tasks
from panhuo.apps.jobs.models import Job
from panhuo.apps.jobs.running import Running

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(ops: Seat, clean_rows: Rows) -> Job:
    """An import that waits."""
    ops.take_in(ops.uploaded(("t.csv", csv_of(clean_rows))))
    return Job.objects.get()


def test_a_job_is_listed_watched_and_done(ops: Seat, asked: Job) -> None:
    assert "导入清单" in seen(ops.get("/jobs"))
    assert "排队中" in seen(ops.get(f"/jobs/{asked.pk}"))
    assert asked.trace_id
    assert asked.trace_id in text_of(ops.get(f"/jobs/{asked.pk}"))
    progress = ops.get(f"/jobs/{asked.pk}/progress")
    assert f'hx-get="/jobs/{asked.pk}/progress"' in text_of(progress)
    assert "HX-Refresh" not in progress
    Job.objects.update(state=Job.RUNNING, stage_zh="写入数据库", stage_en="writing", share=0.4, started_at=timezone.now())
    page = seen(ops.get(f"/jobs/{asked.pk}/progress"))
    assert "写入数据库" in page
    assert "40%" in page
    Job.objects.update(state=Job.WAITING)
    work_off()
    over = ops.get(f"/jobs/{asked.pk}/progress")
    assert over["HX-Refresh"] == "true"
    assert "hx-get" not in text_of(over)
    assert "完成" in seen(ops.get(f"/jobs/{asked.pk}"))


def test_a_job_nobody_takes_says_that_a_worker_is_lacking(ops: Seat, asked: Job) -> None:
    Job.objects.update(requested_at=timezone.now() - timedelta(minutes=2))
    assert "panhuo worker" in seen(ops.get(f"/jobs/{asked.pk}"))


def test_cancelled_while_it_waits_and_repeated(ops: Seat, asked: Job) -> None:
    assert ops.post(f"/jobs/{asked.pk}/cancel").status_code == 302
    asked.refresh_from_db()
    assert asked.state == Job.CANCELLED
    assert ops.post(f"/jobs/{asked.pk}/cancel").status_code == 302  # told that it is over, no fault
    answer = ops.post(f"/jobs/{asked.pk}/repeat")
    again = Job.objects.get(pk=int(answer["Location"].rpartition("/")[2]))
    assert again.arguments == asked.arguments
    assert work_off().pk == again.pk
    assert Tape.objects.get().state == Tape.IMPORTED
    assert ops.post(f"/jobs/{again.pk}/repeat").status_code == 404  # what is done is not done again


def test_cancelled_while_it_runs_stops_at_the_next_place_and_leaves_nothing(ops: Seat, asked: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from panhuo.apps.intake import importing

    fill = importing.partition_fill

    def then_cancelled(*args: Any, **more: Any) -> None:
        fill(*args, **more)
        ops.post(f"/jobs/{asked.pk}/cancel")
        assert "正在取消" in seen(ops.get(f"/jobs/{asked.pk}"))

    monkeypatch.setattr(importing, "partition_fill", then_cancelled)
    monkeypatch.setattr(
        Running, "check", lambda self: self._note() or (_ for _ in ()).throw(_cancelled()) if Job.objects.filter(cancel_asked=True).exists() else None
    )
    job = work_off()
    assert job.state == Job.CANCELLED
    assert not Account.objects.exists()
    assert Tape.objects.get().state == Tape.UPLOADED


def _cancelled() -> Exception:
    from panhuo.apps.jobs.running import Cancelled

    return Cancelled()


def test_a_failure_is_told_with_its_remedy(ops: Seat, asked: Job, sit: Callable[..., Seat]) -> None:
    error = {"code": "X_FAULT", "cause": {"zh": "因为如此", "en": "so"}, "where": asked.subject, "remedy": {"zh": "请这样做", "en": "do this"}}
    Job.objects.update(state=Job.FAILED, error=error, finished_at=timezone.now())
    for path in ("/jobs", f"/jobs/{asked.pk}"):
        page = seen(ops.get(path))
        assert "因为如此" in page
        assert "请这样做" in page
    assert f'href="/tapes/{asked.arguments["tape"]}"' in text_of(ops.get(f"/jobs/{asked.pk}"))
    ops.client.post("/language", {"lang": "en"})
    assert "do this" in seen(ops.get(f"/jobs/{asked.pk}"))
    assert "do this" in seen(sit("auditor").get(f"/jobs/{asked.pk}")) or "请这样做" in seen(sit("auditor").get(f"/jobs/{asked.pk}"))


def test_who_may_only_look_and_who_may_not(ops: Seat, asked: Job, sit: Callable[..., Seat]) -> None:
    auditor, collector = sit("auditor"), sit("collector")
    assert auditor.post(f"/jobs/{asked.pk}/cancel").status_code == 403
    assert "/cancel" not in text_of(auditor.get(f"/jobs/{asked.pk}"))
    assert collector.get("/jobs").status_code == 403
    stranger = sit(of=Organisation.objects.create(kind="lender", name="乙银行"))
    assert (
        stranger.get(f"/jobs/{asked.pk}").status_code
        == stranger.post(f"/jobs/{asked.pk}/cancel").status_code
        == stranger.post(f"/jobs/{asked.pk}/repeat").status_code
        == 404
    )
    assert "tape:" not in text_of(stranger.get("/jobs"))
    asked.refresh_from_db()
    assert asked.state == Job.WAITING


def test_pages_of_jobs_hold_each_once(ops: Seat, asked: Job) -> None:
    now = timezone.now()
    Job.objects.bulk_create(
        Job(organisation=asked.organisation, kind="tape.import", subject=f"tape:{n}", state=Job.DONE, requested_by=ops.user, requested_at=now)
        for n in range(1000, 1120)
    )
    import re

    forward, path = [], "/jobs?state=done"
    while path:
        page = text_of(ops.get(path))
        forward += re.findall(r">tape:(\d+)</a>", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/jobs" + older.group(1).replace("&amp;", "&") if older else ""
    assert forward == [str(n) for n in range(1119, 999, -1)]


@pytest.mark.parametrize(
    ("attempt", "asked_to_stop", "state"), [(1, False, Job.WAITING), (tasks.ATTEMPTS, False, Job.FAILED), (1, True, Job.CANCELLED)]
)
def test_the_job_of_a_silent_worker_is_handed_on_or_told(ops: Seat, asked: Job, attempt: int, asked_to_stop: bool, state: str) -> None:
    Job.objects.update(state=Job.RUNNING, attempt=attempt, beat_at=timezone.now() - tasks.SILENT_FOR * 2, cancel_asked=asked_to_stop)
    assert tasks.sweep_silent() == 1
    asked.refresh_from_db()
    assert asked.state == state
    if state == Job.WAITING:
        assert work_off().state == Job.DONE
        assert Job.objects.get().attempt == 2
    else:
        tape = Tape.objects.get()
        assert tape.state == (Tape.FAILED if state == Job.FAILED else Tape.UPLOADED)
        assert asked.error is None or asked.error["code"] == "WORKER_DIED"
    assert tasks.sweep_silent() == 0


def test_the_job_of_a_living_worker_is_left_alone(asked: Job) -> None:
    Job.objects.update(state=Job.RUNNING, attempt=1, beat_at=timezone.now())
    assert tasks.sweep_silent() == 0


@pytest.mark.parametrize("path", ["/jobs?after=x&before=9999999999999999999999", "/jobs?state=nonsense&kind='", "/jobs?state=done&kind=tape.compare"])
def test_odd_addresses_are_no_fault(ops: Seat, path: str) -> None:
    assert ops.get(path).status_code == 200
