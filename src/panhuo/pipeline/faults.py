"""``rejects.csv``, ``findings.csv`` and the rejected rows whole, to be corrected and run again.

All are written batch by batch: a million rejects take no more memory than one batch. What the report shows is bounded: a line a
code, with one example.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from panhuo.kernel.findings import REJECT, no_findings
from panhuo.kernel.words import Lang
from panhuo.pipeline.report.data import FAULT
from panhuo.pipeline.tape import Intake


@dataclass(frozen=True, slots=True)
class Faults:
    """What the report shows: a line a code, most frequent first."""

    rejects: pl.DataFrame
    warnings: pl.DataFrame


def write_faults(intake: Intake, folder: Path, lang: Lang) -> Faults:
    """Provisional."""
    frames = [pl.read_parquet(p) for p in intake.findings]
    allf = pl.concat(frames) if frames else no_findings()
    summ = (
        allf.group_by("code", "severity", maintain_order=True)
        .agg(
            pl.col("message").first(),
            pl.col("message_en").first(),
            pl.len().cast(pl.Int64).alias("rows"),
            pl.col("file", "row", "column", "value").first(),
        )
        .sort("rows", descending=True)
        .select(*FAULT)
    )
    allf.filter(pl.col("severity") == REJECT).write_csv(folder / "rejects.csv")
    allf.filter(pl.col("severity") != REJECT).write_csv(folder / "findings.csv")
    return Faults(summ.filter(pl.col("severity") == REJECT), summ.filter(pl.col("severity") != REJECT))
