"""A lender with an imported tape and a plan over it, once a module, in a transaction that is rolled back at its end.

``desk`` is the lender; ``pytestmark = pytest.mark.usefixtures("inside")`` keeps what each test does from the next. A ``django_db`` mark is for tests that want
an empty database instead; those run first.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROWS, SEED = 500, 31
AS_OF = dt.date(2026, 10, 31)
PASSWORD = "a long enough one 1"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'; drop table intake_account; --",
    "{{ 7|add:7 }}{% debug %}",
    "=1+1",
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "-2+3",
)
"""What a tape's text fields may hold to harm a page or a workbook."""


@dataclass
class Desk:
    """``raw``: rows of the tape as they were uploaded, by heading."""

    organisation: Any
    user: Any
    stranger: Any
    tape: Any
    plan: Any
    raw: list[dict[str, str]]
    clients: dict[Any, Any] = field(default_factory=dict)

    @property
    def scope(self) -> Any:
        from panhuo.apps.identity.scope import scope_of

        return scope_of(self.user)

    def client(self, user: Any = None) -> Any:
        """A browser with the user signed in."""
        from django.test import Client

        client = Client()
        client.post("/sign-in", {"username": (user or self.user).username, "password": PASSWORD})
        return client


@pytest.fixture(scope="module")
def desk(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield _made(tmp_path_factory.mktemp("desk"))
        transaction.set_rollback(True)


@contextmanager
def held_open() -> Iterator[None]:
    """A request's beginning and end leave the test's connection alone, as in Django's own client: the tests' transaction lives on it."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def inside(request: pytest.FixtureRequest) -> Iterator[None]:
    from django.db import transaction

    if request.node.get_closest_marker("django_db"):  # a test with an empty database of its own
        yield
        return
    request.getfixturevalue("desk")
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def seat(organisation: Any, username: str, role: str = "operations_manager") -> Any:
    from panhuo.apps.identity.models import User

    user = User(organisation=organisation, username=username, name="某", role=role)
    user.set_password(PASSWORD)
    user.save()
    return user


def ran(kind: str, organisation: Any) -> None:
    """Do the last job asked for, on this connection."""
    from panhuo.apps.identity.scope import scope_of
    from panhuo.apps.jobs.kinds import KINDS
    from panhuo.apps.jobs.models import Job
    from panhuo.apps.jobs.running import Running

    job = Job.objects.filter(organisation=organisation, kind=kind).latest("pk")
    Job.objects.filter(pk=job.pk).update(state=Job.RUNNING, attempt=1)
    job.refresh_from_db()
    KINDS[kind].work(Running(job, scope_of(job.requested_by)), job.arguments)


def imported(user: Any, path: Path, *, series: str = "一期", as_of: dt.date = AS_OF) -> Any:
    from panhuo.apps.identity.scope import scope_of
    from panhuo.apps.intake import services
    from panhuo.apps.intake.layouts import shipped_text
    from panhuo.apps.intake.models import Tape

    scope = scope_of(user)
    tape = services.tape_upload(scope, series=series, files=[("tape.csv", path)])
    tape = services.tape_describe(scope, tape, layout_name="panhuo", layout=shipped_text("panhuo"), as_of=as_of)
    services.tape_import(scope, tape)
    ran("tape.import", user.organisation)
    return Tape.objects.get(pk=tape.pk)


def planned(user: Any, tapes: list[Any], name: str = "首版") -> Any:
    from panhuo.apps.identity.scope import scope_of
    from panhuo.apps.strategy.models import Plan
    from panhuo.apps.strategy.services import plan_make

    plan = plan_make(scope_of(user), name=name, tapes=[tape.pk for tape in tapes])
    ran("plan.make", user.organisation)
    return Plan.objects.get(pk=plan.pk)


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _made(folder: Path) -> Desk:
    from panhuo.apps.identity.models import Organisation
    from panhuo.engines.intake.synthesis import synthesise, write_sample

    organisation, other = (Organisation.objects.create(kind="lender", name=name) for name in ("甲银行", "乙消费金融"))
    user, stranger = seat(organisation, "desk-ops"), seat(other, "desk-stranger")
    sample = folder / "sample.csv"
    write_sample(synthesise(ROWS, seed=SEED, as_of=AS_OF), sample)
    with sample.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows[: 3 * len(HOSTILE)]):
        text = HOSTILE[number % len(HOSTILE)]
        row["贷款机构"] = text
        row["工作单位"] = row["居住地址"] = text
        if number < len(HOSTILE):
            row["姓名"] = text
        elif number < 2 * len(HOSTILE):
            row["借据号"] = f"{text}#{number}"
    tape = imported(user, written(folder / "tape.csv", rows))
    return Desk(organisation, user, stranger, tape, planned(user, [tape]), rows)
