"""A run and what it wrote, read back from disk; small tapes written row by row."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from panhuo.pipeline import run_tape

Rows = list[dict[str, str]]
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
    def notices(self) -> dict[str, dict[str, Any]]:
        """What the run says about itself, by code; no code twice."""
        told = {notice["code"]: notice for notice in self.summary["notices"]}
        assert len(told) == len(self.summary["notices"])
        return told

    @property
    def report(self) -> str:
        return (self.out / "report.html").read_text(encoding="utf-8")


def ran(tapes: Sequence[Path], out: Path, **arguments: Any) -> Ran:
    """Run and read back the summary from disk, as a user would."""
    run_tape(tapes, out, **arguments)
    return Ran(tapes[0], out, json.loads((out / "summary.json").read_text(encoding="utf-8")))


def write(path: Path, rows: Rows, *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """Rows by heading into a CSV."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path
