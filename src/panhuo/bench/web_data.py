"""The data of the web bench, made as users make it: an organisation, its people, a tape imported, a plan approved; in a process of its own."""

from __future__ import annotations

import datetime as dt
import resource
import time
from pathlib import Path
from typing import Any

PASSWORD = "panhuo-bench-2026"  # noqa: S105 of a database made for the bench
SERIES = "bench"


def make(tape: str, users: int) -> dict[str, Any]:
    """Import ``tape`` and plan over it as the jobs do, in this process; COPY the same rows into a table like it."""
    from panhuo.config.starting import prepare, ready

    ready()
    prepare()
    from panhuo.apps.identity.models import Organisation, User
    from panhuo.apps.identity.scope import fenced, scope_of, unfenced
    from panhuo.apps.intake.layouts import shipped_text
    from panhuo.apps.intake.services import tape_describe, tape_import, tape_upload
    from panhuo.apps.jobs.models import Job
    from panhuo.apps.jobs.tasks import job_here
    from panhuo.apps.strategy import services

    organisation = Organisation.objects.create(kind="lender", name=f"bench {time.time_ns()}")
    people: list[Any] = []
    for role in ["operations_manager"] * users + ["compliance_officer"]:
        user = User(organisation=organisation, username=f"bench{organisation.pk}-{len(people)}", name="bench", role=role)
        user.set_password(PASSWORD)
        user.save()
        people.append(user)
    with fenced(organisation.pk):
        scope = scope_of(people[0])
        started = time.perf_counter()
        made = tape_upload(scope, series=SERIES, files=[(Path(tape).name, Path(tape))])
        made = tape_describe(scope, made, layout_name="panhuo", layout=shipped_text("panhuo"), as_of=dt.date(2026, 10, 31))
        uploaded = time.perf_counter()
        job_here(tape_import(scope, made))
        imported = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with unfenced():
            copied, rows = _bare_copy(made.pk)
        begun = time.perf_counter()
        plan = services.plan_make(scope, name="bench", tapes=[made.pk])
        job_here(Job.objects.get(subject=plan.subject, state=Job.WAITING))
        planned = time.perf_counter()
        services.plan_submit(scope, plan, note="")
        services.plan_review(scope_of(people[-1]), plan, approve=True, note="")
        services.plan_approve(scope_of(people[1]), plan, approve=True, note="")
    return {
        "tape": made.pk,
        "plan": plan.pk,
        "rows": rows,
        "users": [user.username for user in people[:users]],
        "password": PASSWORD,
        "upload_seconds": round(uploaded - started, 1),
        "import_seconds": round(imported - uploaded, 1),
        "import_peak_gib": round(peak / 1024**2, 2),
        "copy_seconds": round(copied, 1),
        "plan_seconds": round(planned - begun, 1),
    }


def _bare_copy(tape: int) -> tuple[float, int]:
    """Seconds to COPY the tape's rows, as CSV in memory, into an empty table of the same columns without indexes; and how many they are."""
    from django.db import connection

    name, twin = f"intake_account_{int(tape)}", f"bench_copy_{int(tape)}"
    with connection.cursor() as cursor:
        with cursor.copy(f"copy {name} to stdout (format csv)") as copy:
            data = b"".join(bytes(block) for block in copy)
        cursor.execute(f"create table {twin} (like {name})")
        try:
            started = time.perf_counter()
            with cursor.copy(f"copy {twin} from stdin (format csv)") as copy:
                view = memoryview(data)
                for at in range(0, len(view), 1 << 22):
                    copy.write(view[at : at + (1 << 22)])
            seconds = time.perf_counter() - started
            cursor.execute(f"select count(*) from {twin}")  # noqa: S608 a name made of a number
            rows = int(cursor.fetchone()[0])
        finally:
            cursor.execute(f"drop table {twin}")
    return seconds, rows
