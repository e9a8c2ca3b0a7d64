"""A run that is killed, interrupted or out of disk leaves the old result or none, and the next run clears up."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from panhuo.pipeline import run_tape

Start = Callable[..., "subprocess.Popen[str]"]
OURS = {"summary.json", "accounts.parquet", "rejects.csv", "findings.csv", "assessments.parquet", "forecasts.parquet", "decisions.parquet"}
pytestmark = pytest.mark.slow


def partial(folder: Path) -> list[Path]:
    return list(folder.glob(".out.partial-*"))


def wait_for(folder: Path, file: str, process: subprocess.Popen[str], *, or_end: bool = False) -> None:
    """Until the run has got as far as making ``file``; or_end: its end will do, where a busy machine may not look in time."""
    while process.poll() is None:
        if any((one / file).exists() for one in partial(folder)):
            return
        time.sleep(0.002)
    if or_end and process.returncode == 0:
        return
    process.communicate()
    raise AssertionError(f"the run ended with {process.returncode} before it made {file}")


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def old(tape_text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another tape, ``old.csv``, and its whole result, ``out``."""
    folder = tmp_path_factory.mktemp("old")
    (folder / "old.csv").write_text("".join(tape_text.splitlines(keepends=True)[:9]), encoding="utf-8")
    run_tape([folder / "old.csv"], folder / "out")
    assert set(content(folder / "out")) > OURS
    return folder


@pytest.fixture
def earlier(folder: Path, old: Path) -> dict[str, bytes]:
    """An earlier, whole result in ``out``, of another tape."""
    shutil.copytree(old, folder, dirs_exist_ok=True)
    return content(folder / "out")


def test_kill_9_at_any_moment_leaves_the_old_result_whole(folder: Path, earlier: dict[str, bytes], start: Start) -> None:
    for moment in ("scratch", "private/debtors.parquet", "accounts.parquet", "decisions.parquet", "rejects.csv", "report.html", "summary.json"):
        process = start("run", "good.csv", "-o", "out")
        wait_for(folder, moment, process, or_end=moment == "summary.json")
        process.kill()
        process.communicate()
        published = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))["rows_in"] == 40
        if not published:  # between the last file and the rename there is little time to be killed in
            assert content(folder / "out") == earlier, moment
            assert len(partial(folder)) == 1
    done = start("run", "good.csv", "-o", "out")
    assert done.communicate()[1] == ""
    assert done.returncode == 0
    assert json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))["rows_in"] == 40
    assert sorted(path.name for path in folder.iterdir()) == ["good.csv", "old.csv", "out"]


def test_kill_9_of_a_first_run_leaves_no_result(folder: Path, start: Start) -> None:
    process = start("run", "good.csv", "-o", "out")
    wait_for(folder, "forecasts.parquet", process)
    process.kill()
    process.communicate()
    assert not (folder / "out").exists()
    assert len(partial(folder)) == 1


@pytest.mark.parametrize(("lang", "words", "moment"), [("zh", "已中断", "accounts.parquet"), ("en", "Interrupted", "scratch")])
def test_an_interrupted_run_says_so_and_leaves_nothing(folder: Path, start: Start, lang: str, words: str, moment: str) -> None:
    """Ctrl-C, as an impatient one presses it: the second and third must neither cut the cleaning up short nor end Python under its threads."""
    process = start("run", "good.csv", "-o", "out", lang=lang)
    wait_for(folder, moment, process)
    for _ in range(4):
        process.send_signal(signal.SIGINT)
        time.sleep(0.03)
    out, err = process.communicate()
    assert process.returncode == 130
    assert words in err
    assert "Traceback" not in err
    assert out == ""
    assert sorted(path.name for path in folder.iterdir()) == ["good.csv"]


@pytest.mark.parametrize(
    ("lang", "words", "moment"), [("zh", "已被终止", "scratch"), ("en", "Terminated", "accounts.parquet"), ("zh", "已被终止", "decisions.parquet")]
)
def test_a_terminated_run_cleans_up_and_says_so(folder: Path, earlier: dict[str, bytes], start: Start, lang: str, words: str, moment: str) -> None:
    """SIGTERM, as a scheduler or ``kill`` sends it; twice, as an impatient one does."""
    process = start("run", "good.csv", "-o", "out", lang=lang)
    wait_for(folder, moment, process)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()
    assert process.returncode == 143
    assert words in err
    assert "Traceback" not in err
    assert out == ""
    assert partial(folder) == []
    assert content(folder / "out") == earlier


@pytest.mark.parametrize("moment", ["scratch", "decisions.parquet"])
def test_a_closed_terminal_leaves_nothing_behind(folder: Path, earlier: dict[str, bytes], start: Start, moment: str) -> None:
    """SIGHUP, as it comes when the window or the connection is closed; then SIGTERM, as a session's end sends both."""
    process = start("run", "good.csv", "-o", "out", lang="en", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
    wait_for(folder, moment, process)
    assert [stat.S_IMODE(one.stat().st_mode) for one in partial(folder)] == [0o700]
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    assert process.returncode == 129
    assert "Terminated" in err
    assert "Traceback" not in err
    assert partial(folder) == []
    assert content(folder / "out") == earlier


def test_a_run_that_outlives_its_terminal_goes_on(folder: Path, start: Start) -> None:
    """``nohup panhuo run``: who ignores the signal has said so."""
    process = start("run", "good.csv", "-o", "out", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for(folder, "scratch", process)
    process.send_signal(signal.SIGHUP)
    process.communicate()
    assert process.returncode == 0
    assert (folder / "out" / "summary.json").exists()


@pytest.mark.parametrize("kib", [1, 8, 24, 100, 300])
def test_a_full_disk_is_said_and_leaves_the_old_result(folder: Path, earlier: dict[str, bytes], start: Start, kib: int) -> None:
    """No file may grow beyond so many KiB: at each size another file of the run is the one that does not fit."""

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (kib * 1024, kib * 1024))

    process = start("run", "good.csv", "-o", "out", lang="en", env={"PYTHONDONTWRITEBYTECODE": "1"}, preexec_fn=small_disk)
    _, err = process.communicate()
    assert process.returncode == 3, err
    assert "[DISK_FULL]" in err
    assert "Remedy: free some space and run again" in err
    assert "Traceback" not in err
    assert content(folder / "out") == earlier
    assert partial(folder) == []


def test_a_sample_that_does_not_fit_leaves_nothing(folder: Path, start: Start) -> None:
    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    process = start("sample", "-n", "5000", "-o", "big.csv", lang="en", preexec_fn=small_disk)
    _, err = process.communicate()
    assert process.returncode == 3, err
    assert "Traceback" not in err
    assert sorted(path.name for path in folder.iterdir()) == ["good.csv"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [("rules", "list", "--json"), ("run", "good.csv", "-o", "out"), ("--help",)])
def test_a_screen_that_cannot_be_written_is_no_traceback(folder: Path, start: Start, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        process = start(*arguments, lang="en", stdout=full)
        _, err = process.communicate()
    assert process.returncode == 3
    assert "Traceback" not in err
    assert "No space left" in err


def test_a_reader_that_goes_away_is_no_error(folder: Path, start: Start) -> None:
    """``panhuo rules list | head -1``."""
    process = start("rules", "list", lang="en")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    assert "Traceback" not in err
    assert process.wait() in (0, 141)
    process.stderr.close()
