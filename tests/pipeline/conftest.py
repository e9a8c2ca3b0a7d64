"""One sample tape and its run for all tests of what a run writes; small tapes made row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_runs import AS_OF, DIRTY, ROWS, SEED, Ran, Rows, ran, write

from panhuo.engines.intake.synthesis import synthesise, write_sample


@pytest.fixture(scope="session")
def sample_tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 rows, one in twenty spoiled; ``.truth.parquet`` and ``.truth-faults.parquet`` stand beside it."""
    path = tmp_path_factory.mktemp("sample") / "清单.csv"
    write_sample(synthesise(ROWS, seed=SEED, as_of=AS_OF, dirty=DIRTY), path)
    return path


@pytest.fixture(scope="session")
def sample(sample_tape: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The sample's run, shared: tests only read it."""
    return ran([sample_tape], tmp_path_factory.mktemp("run") / "out")


@pytest.fixture(scope="session")
def clean_rows() -> Rows:
    """Sixty faultless rows of text, by Chinese heading, to be changed and written as a tape."""
    (chunk,) = synthesise(60, seed=5, as_of=AS_OF, dirty=0.0)
    return [{name: value or "" for name, value in row.items()} for row in chunk.tape.to_dicts()]


@pytest.fixture
def run_rows(tmp_path: Path) -> Callable[..., Ran]:
    """``run_rows([row, ...])``: rows by heading into a CSV, and the run of it."""

    def run(rows: Rows, *, name: str = "tape.csv", **arguments: Any) -> Ran:
        return ran([write(tmp_path / name, rows)], tmp_path / "out", **{"as_of": AS_OF} | arguments)

    return run
