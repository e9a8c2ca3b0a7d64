"""The same partitions on this machine and on a Ray cluster: the same bytes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from panhuo.kernel.errors import UsageInvalid
from panhuo.pipeline.engine import over_parts


def double(part: pl.DataFrame, *, by: int) -> int:
    return int(part["a"].sum()) * by


def test_parts_keep_their_order() -> None:
    parts = [pl.DataFrame({"a": [k]}) for k in range(5)]
    assert [result for _, result in over_parts(iter(parts), double, engine="local", by=2)] == [0, 2, 4, 6, 8]


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UsageInvalid, match="unknown engine"):
        list(over_parts(iter([]), double, engine="spark", by=1))


@pytest.mark.slow
def test_ray_gives_the_same_bytes_as_this_process(tmp_path: Path, in_process: Callable[..., Any]) -> None:
    assert in_process("sample", "-n", "3000", "-o", "tape.csv", at=tmp_path).returncode == 0
    assert in_process("run", "tape.csv", "-o", "local", "--batch-rows", "1000", at=tmp_path).returncode == 0
    # a cluster is begun in a process of its own: it leaves its servers and threads behind
    ray = [sys.executable, "-m", "panhuo.cli.main", "run", "tape.csv", "-o", "ray", "--engine", "ray", "--batch-rows", "1000"]
    run = subprocess.run(ray, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for name in ("accounts.parquet", "assessments.parquet", "forecasts.parquet", "decisions.parquet", "rejects.csv", "findings.csv"):
        assert (tmp_path / "local" / name).read_bytes() == (tmp_path / "ray" / name).read_bytes(), name
