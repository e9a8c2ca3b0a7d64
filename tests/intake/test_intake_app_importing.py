"""An import gives the command line's figures, whole or not at all; and nothing of a person lies anywhere but in the vault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connection

from desk_ground import AS_OF, Rows, Seat, csv_of, text_of, work_off
from panhuo.apps.intake import importing, storing
from panhuo.apps.intake.models import Account, Match, Tape
from panhuo.apps.jobs.models import Job
from panhuo.pipeline import run_tape

pytestmark = pytest.mark.django_db
SAME = (
    "rows_in", "rows_accepted", "rows_rejected", "balance_in_fen", "balance_accepted_fen", "balance_rejected_fen", "balance_unreadable_rows", "debtors", "quality_score",
)  # fmt: skip


@pytest.fixture(scope="module")
def ran(dirty_tape: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same tape by the command line."""
    out = tmp_path_factory.mktemp("cli") / "out"
    run_tape([dirty_tape], out, as_of=AS_OF)
    return json.loads((out / "summary.json").read_text(encoding="utf-8")) | {"accounts": pl.read_parquet(out / "accounts.parquet")}


def test_figures_and_accounts_are_those_of_the_command_line(ops: Seat, dirty_tape: Path, ran: dict[str, Any]) -> None:
    tape = ops.imported(dirty_tape, as_of=AS_OF.isoformat())
    mine = {name: tape.figures.get(name) for name in SAME if name in ran}
    assert mine == {name: ran[name] for name in mine}
    assert {"rows_in", "balance_in_fen", "debtors"} <= set(mine)
    rows = Account.objects.filter(tape=tape).order_by("position").values_list("account_id", "debtor_id", "balance_fen", "bucket")
    assert list(rows) == ran["accounts"].select("account_id", "debtor_id", "balance_fen", pl.col("bucket").cast(pl.String)).rows()


@pytest.mark.parametrize(
    "where", ["people_seal", "partition_fill", "partition_close", "vault_close", "write_faults", "rejects_keep", "_matches", "_figures"]
)
def test_whatever_breaks_before_the_commit_leaves_nothing(ops: Seat, clean_rows: Rows, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    rows = [*clean_rows, clean_rows[0]]
    tape = ops.uploaded(("t.csv", csv_of(rows)))
    ops.take_in(tape)

    def breaks(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(importing, where, breaks)
    with pytest.raises(OSError):
        work_off()
    monkeypatch.undo()
    assert not Account.objects.exists()
    assert not Match.objects.exists()
    assert tables() == []
    job = Job.objects.get()
    assert job.state == Job.RUNNING
    importing.ended(job.arguments, "failed")
    tape.refresh_from_db()
    assert tape.state == Tape.FAILED
    assert not list(tape.folder.glob("kept-*"))
    Job.objects.update(state=Job.FAILED)
    assert ops.take_in(tape).status_code == 302
    assert work_off().state == Job.DONE
    assert Account.objects.count() == 40


def test_a_worker_that_woke_up_too_late_changes_nothing(ops: Seat, clean_rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    from panhuo.apps.jobs.running import Superseded

    tape = ops.uploaded(("t.csv", csv_of(clean_rows)))
    ops.take_in(tape)
    fill = storing.partition_fill

    def taken_over(*args: Any, **more: Any) -> None:
        Job.objects.update(attempt=2)
        fill(*args, **more)

    monkeypatch.setattr(importing, "partition_fill", taken_over)
    with pytest.raises(Superseded):
        work_off()
    assert not Account.objects.exists()
    tape.refresh_from_db()
    assert tape.state == Tape.IMPORTING


def test_nothing_of_a_person_lies_outside_the_vault(
    ops: Seat, sit: Callable[..., Seat], dirty_tape: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    capfd.readouterr()
    tape = ops.imported(dirty_tape, as_of=AS_OF.isoformat())
    other = sit("auditor")
    code = tape.figures["rejects"][0]["code"]
    paths = [f"/tapes/{tape.pk}{path}" for path in ("", "/quality", "/rejects", f"/rejects?code={code}", "/matches", "/versions", "/files")]
    paths += ["/tapes", "/jobs", f"/jobs/{Job.objects.get().pk}"]
    pages = "".join(text_of(seat.get(path)) for path in paths for seat in (ops, other))
    upload = ops.uploaded(dirty_tape)
    form = ops.describe(upload)
    pages += text_of(ops.get(f"/tapes/{upload.pk}")) + text_of(ops.post(f"/tapes/{upload.pk}/preview", form))
    out = capfd.readouterr()
    logs = out.out + out.err + caplog.text
    files = b"".join(path.read_bytes() for path in Path(settings.PANHUO_FILES).joinpath(str(tape.organisation_id)).rglob("*") if path.is_file())
    dump = dumped()
    assert len(dump) > 100_000  # it is a dump, and not nothing
    assert tape.layout[:40] in dump
    wanted = raw_values(dirty_tape)
    assert found_in(dirty_tape.read_bytes(), wanted) != []  # they would be found
    for place, text in (("tables", dump.encode()), ("logs", logs.encode()), ("pages", pages.encode()), ("files", files)):
        assert found_in(text, wanted) == [], place
    assert not list((Path(settings.PANHUO_DATA) / "working").iterdir())


def found_in(text: bytes, values: list[str]) -> list[str]:
    """Which of the values stand anywhere in the bytes, in one pass; a byte as a character, so that whatever lies between them can be read."""
    spelt = {value.encode().decode("latin-1"): value for value in values}
    found = pl.Series([text.decode("latin-1")]).str.extract_many(list(spelt)).list.unique()[0]
    return [spelt[value] for value in found]


def raw_values(path: Path) -> list[str]:
    """Everything on the tape that names a person, as it stands there: whole values that are long enough not to occur by chance."""
    frame = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True, ignore_errors=True)
    wanted = []
    for heading, least in (("姓名", 3), ("证件号码", 15), ("手机号码", 11), ("居住地址", 10), ("工作单位", 6), ("担保人姓名", 3)):
        values = frame[heading].drop_nulls().str.strip_chars().unique()
        wanted += values.filter(values.str.len_chars() >= least).to_list()
    wanted = [value for value in wanted if len(set(value)) > 2]  # 00000000000 names nobody and stands in every number
    assert len(wanted) > 3_000
    return wanted


def dumped() -> str:
    """Every table but the vault's, as text; partitions too."""
    parts = []
    with connection.cursor() as cursor:
        cursor.execute(
            "select tablename from pg_tables where schemaname = 'public' and tablename not like 'privacy\\_%%' and tablename not like 'auth\\_%%'", []
        )
        for (name,) in cursor.fetchall():
            with cursor.copy(f'copy (select * from "{name}") to stdout') as copy:
                parts += [bytes(block).decode() for block in copy]
    return "".join(parts)


def tables() -> list[str]:
    """Partitions of imports, attached or not."""
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where tablename ~ '^(intake_account|privacy_person)_[0-9]+$'")
        return [name for (name,) in cursor.fetchall()]
