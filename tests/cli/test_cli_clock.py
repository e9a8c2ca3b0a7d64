"""Today is one day for every command."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from panhuo.cli import clock
from panhuo.cli import layout as layout_command
from panhuo.cli import run as run_command


def test_today_is_chinas_day_in_every_zone() -> None:
    evening = dt.datetime(2026, 11, 21, 23, 59, tzinfo=dt.UTC)
    assert clock.today(evening) == dt.date(2026, 11, 22)
    assert clock.today(evening.astimezone(dt.timezone(dt.timedelta(hours=-8)))) == dt.date(2026, 11, 22)


def test_no_command_asks_another_clock(root: Path) -> None:
    for path in (root / "src" / "panhuo").rglob("*.py"):
        if path.name != "clock.py":
            assert not re.search(r"\.(?:today|utcnow)\(\)|datetime\.now\(", path.read_text(encoding="utf-8")), path


def test_run_and_check_take_the_same_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dt.date] = []

    class Stop(Exception):
        pass

    def run_tape(*_: object, today: dt.date, **__: object) -> None:
        seen.append(today)
        raise Stop

    day = dt.date(2026, 11, 22)
    monkeypatch.setattr(run_command, "today", lambda: day)
    monkeypatch.setattr(layout_command, "today", lambda: day)
    monkeypatch.setattr("panhuo.pipeline.run_tape", run_tape)
    (tmp_path / "t.csv").write_text("借据号,未偿本金,逾期天数\nJ1,5.00,9\n", encoding="utf-8")
    CliRunner().invoke(run_command.command, [str(tmp_path / "t.csv"), "-o", str(tmp_path / "o")])
    assert seen == [day]
    checked = CliRunner().invoke(layout_command.command, ["check", "panhuo", str(tmp_path / "t.csv"), "--json"])
    assert '"2026-11-22"' in checked.output


@pytest.mark.parametrize("rows", ["0", "-5"])
def test_a_sample_has_at_least_one_row(rows: str, tmp_path: Path) -> None:
    from panhuo.cli.sample import command

    done = CliRunner().invoke(command, ["-n", rows, "-o", str(tmp_path / "t.csv")])
    assert done.exit_code == 2
    assert not (tmp_path / "t.csv").exists()
