"""One sample tape and its run for all tests of what a run writes; small tapes made row by row."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from panhuo.engines.intake.synthesis import synthesise, write_sample
from panhuo.pipeline import run_tape

AS_OF = dt.date(2026, 10, 31)
ROWS, SEED, DIRTY = 2_000, 20, 0.05


@dataclass(frozen=True)
class Ran:
    """A tape, what was put into it, and the folder its run wrote."""

    tape: Path
    out: Path
    summary: dict[str, Any]

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.out / f"{name}.parquet")

    def csv(self, name: str) -> list[dict[str, str]]:
        with (self.out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def report(self) -> str:
        return (self.out / "report.html").read_text(encoding="utf-8")


def ran(tapes: Sequence[Path], out: Path, **arguments: Any) -> Ran:
    """Run and read back the summary from disk, as a user would."""
    run_tape(tapes, out, **arguments)
    return Ran(tapes[0], out, json.loads((out / "summary.json").read_text(encoding="utf-8")))


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
def clean_rows() -> list[dict[str, str]]:
    """Sixty faultless rows of text, by Chinese heading, to be changed and written as a tape."""
    (chunk,) = synthesise(60, seed=5, as_of=AS_OF, dirty=0.0)
    return [{name: value or "" for name, value in row.items()} for row in chunk.tape.to_dicts()]


@pytest.fixture
def run_rows(tmp_path: Path) -> Callable[..., Ran]:
    """``run_rows([row, ...])``: rows by heading into a CSV, and the run of it."""

    def run(rows: Sequence[dict[str, str]], *, headings: Sequence[str] = (), name: str = "tape.csv", **arguments: Any) -> Ran:
        tape = tmp_path / name
        with tape.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, headings or list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return ran([tape], tmp_path / "out", **{"as_of": AS_OF} | arguments)

    return run
