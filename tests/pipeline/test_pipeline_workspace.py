"""A result is whole or absent: kill -9, a full disk, a foreign folder, a run that died while publishing."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from panhuo.kernel.errors import OutputUnwritable, PanhuoError, UsageInvalid
from panhuo.pipeline.workspace import SUMMARY, recover, workspace

OURS = json.dumps({"versions": {"panhuo": "0"}})


def publish(out: Path, text: str) -> None:
    with workspace(out) as folder:
        (folder / "data.txt").write_text(text)
        (folder / "scratch" / "big").write_text("x")
        (folder / SUMMARY).write_text(OURS)


def test_a_result_is_published_whole_and_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    publish(out, "one")
    publish(out, "two")
    assert sorted(p.name for p in out.iterdir()) == ["data.txt", SUMMARY]
    assert (out / "data.txt").read_text() == "two"
    assert [p.name for p in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize(("mask", "published"), [(0o022, 0o755), (0o077, 0o700), (0o027, 0o750)])
def test_nobody_looks_into_what_is_half_made(tmp_path: Path, mask: int, published: int) -> None:
    before = os.umask(mask)
    try:
        with workspace(tmp_path / "out") as folder:
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            (folder / SUMMARY).write_text(OURS)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == published


@pytest.mark.parametrize("fault", [RuntimeError("bug"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_fault_leaves_the_old_result(tmp_path: Path, fault: BaseException) -> None:
    out = tmp_path / "out"
    publish(out, "old")

    def failing() -> None:
        with workspace(out) as folder:
            (folder / "data.txt").write_text("new")
            raise fault

    with pytest.raises((type(fault), PanhuoError)):
        failing()
    assert (out / "data.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable, match="DISK_FULL"), workspace(tmp_path / "out"):
        raise OSError(28, "No space left on device")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission_is_said_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputUnwritable), workspace(tmp_path / "out"):
        pass


@pytest.mark.parametrize("content", ["file", "foreign"])
def test_what_is_not_ours_is_never_replaced(tmp_path: Path, content: str) -> None:
    out = tmp_path / "out"
    if content == "file":
        out.write_text("precious")
    else:
        out.mkdir()
        (out / "thesis.doc").write_text("precious")
    with pytest.raises(UsageInvalid, match="OUT_NOT_OURS"), workspace(out):
        pass
    assert (out if content == "file" else out / "thesis.doc").read_text() == "precious"


def test_folders_made_for_a_result_go_with_it(tmp_path: Path) -> None:
    def fail() -> None:
        with workspace(tmp_path / "a" / "b" / "out"):
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert not list(tmp_path.iterdir())
    (tmp_path / "a").mkdir()
    with pytest.raises(ValueError):
        fail()
    assert [found.name for found in tmp_path.iterdir()] == ["a"]  # what was there before stays
    with workspace(tmp_path / "a" / "b" / "out") as partial:
        (partial / "summary.json").write_text("{}")
    assert (tmp_path / "a" / "b" / "out" / "summary.json").exists()


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    publish(tmp_path / "out", "x")
    assert (tmp_path / "out" / "data.txt").read_text() == "x"


def test_a_run_that_died_between_the_renames_is_undone(tmp_path: Path) -> None:
    old = tmp_path / ".out.old-4000000"
    old.mkdir()
    (old / "data.txt").write_text("old")
    recover(tmp_path / "out")
    assert (tmp_path / "out" / "data.txt").read_text() == "old"


def test_a_live_run_is_left_alone_and_a_dead_one_cleared(tmp_path: Path) -> None:
    alive, dead = tmp_path / f".out.partial-{os.getpid()}", tmp_path / ".out.partial-4000000"
    alive.mkdir()
    dead.mkdir()
    recover(tmp_path / "out")
    assert alive.exists()
    assert not dead.exists()


def test_kill_9_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    """A real process, really killed in the middle of writing; the next run clears up after it."""
    code = (
        "import sys, time, pathlib\nfrom panhuo.pipeline.workspace import workspace\n"
        "with workspace(pathlib.Path(sys.argv[1])) as folder:\n"
        "    (folder / 'summary.json').write_text('{}')\n    print('half', flush=True)\n    time.sleep(60)\n"
    )
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", code, str(out)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not out.exists()
    assert len(list(tmp_path.glob(".out.partial-*"))) == 1
    publish(out, "after")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("made", [0, 1])
def test_a_signal_while_the_folders_are_made_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: int) -> None:
    """The interruption comes as the first or second folder has just been made."""
    real, count = Path.mkdir, 0

    def mkdir(self: Path, *arguments: object, **more: object) -> None:
        nonlocal count
        real(self, *arguments, **more)  # type: ignore[arg-type]
        if "partial" in str(self):
            count += 1
            if count == made + 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(KeyboardInterrupt), workspace(tmp_path / "out"):
        raise AssertionError("not reached")
    assert list(tmp_path.iterdir()) == []
