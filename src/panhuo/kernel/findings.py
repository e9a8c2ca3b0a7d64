"""Faults in data, as data.

A finding is one fault of one input row. Portfolio engines return them as a frame with the columns of ``FINDING``;
nothing in an engine loops over rows to make them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import polars as pl

from panhuo.kernel.words import Words

REJECT, WARN, REPAIRED = "reject", "warn", "repaired"
SEVERITIES = (REJECT, WARN, REPAIRED)

FINDING: dict[str, pl.DataType] = {
    "row": pl.Int64(),  # 1-based data row within its file
    "file": pl.String(),
    "column": pl.String(),  # the heading in the file where there is one, else the canonical name
    "code": pl.String(),
    "severity": pl.String(),
    "message": pl.String(),  # Chinese
    "message_en": pl.String(),
    "value": pl.String(),  # as it stood in the input; masked before it leaves the machine's owner
}

T = TypeVar("T")


def no_findings() -> pl.DataFrame:
    """An empty findings frame."""
    return pl.DataFrame(schema=FINDING)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a finding code means. ``repair`` says what was done where severity is ``repaired``."""

    code: str
    severity: str
    message: Words

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity of {self.code} must be one of {SEVERITIES}, not {self.severity!r}")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What every engine verb returns: the data, and what was found wrong with its input."""

    data: T
    findings: pl.DataFrame

    def count(self, severity: str) -> int:
        return self.findings.filter(pl.col("severity") == severity).height
