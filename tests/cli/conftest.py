"""The command as a user has it: a process of its own, its exit status, what it says, what it leaves behind."""

from __future__ import annotations

import datetime as dt
import functools
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from panhuo.engines.intake.synthesis import synthesise

Lang = Literal["zh", "en"]
Start = Callable[..., "subprocess.Popen[str]"]


def environment(lang: Lang, more: Mapping[str, str] = {}) -> dict[str, str]:
    return {**os.environ, "PANHUO_LANG": lang, "PYTHONUTF8": "1", "PYTHONWARNINGS": "ignore", "NO_COLOR": "1", **more}


@pytest.fixture(scope="session")
def tape_text() -> str:
    """A faultless tape of forty accounts, as the text of a CSV."""
    (chunk,) = synthesise(40, seed=5, as_of=dt.date(2026, 10, 31), dirty=0.0)
    return chunk.tape.write_csv()


@pytest.fixture
def folder(tmp_path: Path, tape_text: str) -> Path:
    """An otherwise empty folder with ``good.csv`` in it."""
    (tmp_path / "good.csv").write_text(tape_text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Start:
    """``start("run", "good.csv", lang="en")``: the command in ``folder``, running."""

    def begin(*arguments: str, lang: Lang = "zh", env: Mapping[str, str] = {}, **more: Any) -> subprocess.Popen[str]:
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8", "cwd": folder} | more
        return subprocess.Popen([sys.executable, "-m", "panhuo.cli.main", *arguments], env=environment(lang, env), **more)

    return begin


@pytest.fixture
def panhuo(start: Start) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The same, and wait for its end."""

    def run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        process = start(*arguments, **more)
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


@pytest.fixture
def within(folder: Path, in_process: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The same in this process."""
    return functools.partial(in_process, at=folder)
