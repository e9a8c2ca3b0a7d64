"""Seconds and peak memory of a piece of work, in a process of its own so that one measurement cannot colour another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """Wall seconds and peak resident memory (GiB) of one process, and the JSON it printed last, if any."""

    seconds: float
    peak_gib: float
    said: Any = None


@contextmanager
def workplace(folder: Path | None) -> Iterator[Path]:
    """A folder for the bench's files: the one given, kept; or one of its own, removed."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="panhuo-bench-") as made:
        yield Path(made)


def process(arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end. Raises RuntimeError with its stderr if it fails."""
    started = time.perf_counter()
    running = subprocess.Popen(list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})  # noqa: S603
    output, errors = "", ""
    assert running.stdout is not None
    assert running.stderr is not None
    output = running.stdout.read()
    errors = running.stderr.read()
    _, status, usage = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - started
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} ended with {running.returncode}:\n{errors[-2000:]}")
    last = output.strip().splitlines()[-1:] or ["null"]
    try:
        said = json.loads(output) if output.lstrip()[:1] in "{[" and output.strip() else json.loads(last[0])
    except ValueError:
        said = None
    return Measured(seconds, usage.ru_maxrss / 1024**2, said)


def python(module: str, function: str, *, environment: Mapping[str, str] | None = None, **arguments: Any) -> Measured:
    """Run ``module.function(**arguments)`` in a fresh interpreter; what it returns must be JSON."""
    code = f"import importlib, json, sys; a = json.loads(sys.argv[1]); print(json.dumps(getattr(importlib.import_module({module!r}), {function!r})(**a)))"
    return process([sys.executable, "-c", code, json.dumps(arguments)], environment=environment)


def panhuo(*arguments: str | Path) -> Measured:
    """Run the command line, in this environment."""
    return process([sys.executable, "-m", "panhuo.cli.main", *map(str, arguments)])
