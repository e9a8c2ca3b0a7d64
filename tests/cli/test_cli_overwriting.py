"""No command writes over a file that is not Panhuo's own: not the tape by any path to it, nor anything else that stands there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Panhuo = Callable[..., "subprocess.CompletedProcess[str]"]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def paths(folder: Path) -> Path:
    """``folder`` with a symbolic and a hard link to the tape, and a subfolder."""
    (folder / "sub").mkdir()
    (folder / "link.yaml").symlink_to("good.csv")
    os.link(folder / "good.csv", folder / "hard.yaml")
    (folder / "notes.yaml").write_text("a: 1\n", encoding="utf-8")
    (folder / "broken.yaml").write_text("columns: [\n", encoding="utf-8")
    (folder / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("good.csv", "OUT_IS_INPUT"), ("./good.csv", "OUT_IS_INPUT"), ("sub/../good.csv", "OUT_IS_INPUT"), ("link.yaml", "OUT_IS_INPUT"),
        ("hard.yaml", "OUT_IS_INPUT"), ("other.csv", "OUT_NOT_OURS"), ("notes.yaml", "OUT_NOT_OURS"), ("broken.yaml", "OUT_NOT_OURS"),
    ],
)  # fmt: skip
def test_a_suggestion_is_written_over_no_tape_and_no_other_file(paths: Path, within: Panhuo, output: str, code: str) -> None:
    before = contents(paths)
    for lang in ("zh", "en"):
        done = within("layout", "suggest", "good.csv", "-o", output, lang=lang)
        assert done.returncode == 2
        assert f"[{code}]" in done.stderr
        assert "-o" in done.stderr or "name" in done.stderr or "文件名" in done.stderr
    assert contents(paths) == before


def test_a_layout_may_be_suggested_anew_and_into_an_empty_file(folder: Path, within: Panhuo) -> None:
    (folder / "empty.yaml").touch()
    for output in ("mine.yaml", "mine.yaml", "empty.yaml"):
        assert within("layout", "suggest", "good.csv", "-o", output).returncode == 0
        assert "columns:" in (folder / output).read_text(encoding="utf-8")


def test_a_sample_is_written_over_no_tape(folder: Path, within: Panhuo) -> None:
    before = contents(folder)
    done = within("sample", "-n", "5", "-o", "good.csv", lang="en")
    assert done.returncode == 2
    assert "OUT_NOT_OURS" in done.stderr
    assert contents(folder) == before
    for rows in ("5", "6"):  # a sample over a sample
        assert within("sample", "-n", rows, "-o", "made.csv").returncode == 0
    assert len((folder / "made.csv").read_text(encoding="utf-8").splitlines()) > 6


@pytest.mark.parametrize("inside", ["out/private/mended.csv", "out/tape.csv"])
def test_a_run_does_not_take_its_own_input_away(folder: Path, within: Panhuo, inside: str) -> None:
    assert within("run", "good.csv", "-o", "out", "--as-of", "2026-10-31").returncode == 0
    (folder / inside).write_bytes((folder / "good.csv").read_bytes())
    (folder / "link.csv").symlink_to(inside)
    before = contents(folder)
    for given in (inside, f"./{inside}", "link.csv"):
        done = within("run", given, "-o", "out", "--as-of", "2026-10-31", lang="en")
        assert done.returncode == 2
        assert "INPUT_IN_OUT" in done.stderr
    assert within("run", "good.csv", "-o", "good.csv").returncode == 2
    assert contents(folder) == before
    assert within("run", inside, "-o", "elsewhere", "--as-of", "2026-10-31").returncode == 0
