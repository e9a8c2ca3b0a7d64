"""One batch under cleaning: typed columns so far, notes, and the few moves the rules make on them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.clean_notes import Notes, Positions
from panhuo.engines.intake.identifiers import People
from panhuo.kernel.frames import TABLES, TAPE

_DTYPES = {f.name: f.dtype for frame in reversed(TABLES) for f in frame.fields}


@dataclass(slots=True)
class Batch:
    """frame: typed columns, canonical and working; a field the tape lacks has no column. debtors: what their identity
    numbers say, where the tape has them. wide_units: a part of the balance is in 万元 or a larger unit. unreadable:
    rows whose balance could not be read whole. guarantors: those of a row
    beside the first, with its position (:mod:`.guarantors`)."""

    frame: pl.DataFrame
    notes: Notes
    as_of: dt.date
    filled: dict[str, int]
    debtors: People | None = None
    wide_units: bool = False
    unreadable: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    guarantors: pl.DataFrame | None = None

    def has(self, name: str) -> bool:
        return name in self.frame.columns

    def col(self, name: str) -> pl.Expr:
        """The column, or nulls of its type where the tape lacks it."""
        return pl.col(name) if self.has(name) else pl.lit(None, dtype=_DTYPES[name]).alias(name)

    def present(self, *kinds: str) -> list[str]:
        """The canonical columns at hand of these kinds."""
        return [c for c in self.frame.columns if c in TAPE and TAPE[c].kind in kinds]

    def set(self, **columns: pl.Expr) -> None:
        """Compute columns, all from the present state; literals are stretched."""
        self.frame = self.frame.with_columns(**columns)

    def mask(self, condition: pl.Expr) -> pl.Series:
        return self.frame.select(condition.alias("mask")).to_series()

    def shown(self, name: str) -> pl.Series | None:
        """What a finding shows of a field that no column of the file carries: its own value (money in yuan); else None, for the cell."""
        if self.notes.from_file(name) or not self.has(name):
            return None
        column = self.frame[name]
        return (column / 100).round(2) if name in TAPE and TAPE[name].kind == "money" else column

    def note(self, code: str, name: str, condition: pl.Expr, *, out: bool = False) -> Positions:
        """Where ``condition`` holds, note ``code`` on field ``name``; ``out`` takes the value out of the column."""
        mask = self.mask(condition)
        at = self.notes.add_where(code, name, mask, self.shown(name))
        if out and len(at):
            self.frame = self.frame.with_columns(pl.when(mask.fill_null(value=False).not_()).then(pl.col(name)).alias(name))
        return at


def put(column: pl.Series, at: Positions, values: pl.Series) -> pl.Series:
    """``column`` with ``values`` at positions ``at``."""
    if not len(at):
        return column
    return column.clone().scatter(at, values)  # the clone shares memory until it is written to
