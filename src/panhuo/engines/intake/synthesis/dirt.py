"""Faults put into a clean chunk, each written down: row, column, kind, what stood there, what stands there now, what must become of it.

A share of the rows gets one fault, some of these a second in another column, unless the one would hide the other: what is rejected for its account
number need not be searched for a bad phone. So each fault of the list must be found. A kind that cannot spoil the row it was drawn for (no ID to
spoil, no earlier clean row to repeat) gives way to ``amount_yuan`` on the principal, which always can.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from panhuo.engines.intake.synthesis.draws import Draws, Flags, Floats, Ints, gather
from panhuo.engines.intake.synthesis.smudges import SMUDGES, Cells
from panhuo.engines.intake.synthesis.tables import behaviour, faults
from panhuo.engines.intake.synthesis.tape import HEADINGS

FAULTS: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "column": pl.String(),
    "field": pl.String(),
    "fault": pl.String(),
    "original": pl.String(),
    "dirty": pl.String(),
    "expected": pl.String(),
}
"""Columns of the fault list. row: 1-based data row of the tape; column: heading; field: canonical name; original, dirty: the cell before
and after (null = empty); expected: reject, warn or repaired."""

ROW_REPEATED, ACCOUNT_REPEATED = "row_repeated", "account_repeated"
_ALWAYS = "amount_yuan"
_SECOND = 0.15
_ALONE = ("date_reversed",)  # hangs on a second date, which must stand


@dataclass(frozen=True, slots=True)
class Dirtied:
    """``tape``: as it goes into the file. ``faults``: columns of ``FAULTS``. ``copied``: row a repeated row was copied from, else itself."""

    tape: pl.DataFrame
    faults: pl.DataFrame
    copied: Ints


def dirty(draws: Draws, tape: pl.DataFrame, again: Flags, as_of: dt.date, share: float, *, null_bytes: bool = True) -> Dirtied:
    """``tape`` with faults in about ``share`` of its rows. again: rows that are a further loan of a known debtor.

    null_bytes: false leaves out the one fault that a spreadsheet cannot hold.
    """
    row = np.arange(draws.rows)
    spoiled = draws.chance("dirty", share)
    kinds = [name for name in faults() if null_bytes or name != "name_null_byte"]
    weights = np.array([faults()[name].weight for name in kinds])
    first = draws.pick("fault", weights)
    first = np.where(again & draws.chance("id mistyped", behaviour().identity.id_mistyped), kinds.index("id_mistyped"), first)
    source = (draws.uniform("repeat of") * row).astype(np.int64)
    clean_source = (row > 0) & ~spoiled[source]
    repeats = np.isin(first, [kinds.index(ROW_REPEATED), kinds.index(ACCOUNT_REPEATED)])
    first = np.where(repeats & ~clean_source, kinds.index(_ALWAYS), first)
    hits = _hits(draws, tape, kinds, np.where(spoiled, first, -1), "where", as_of, always=True)
    mild = np.array([faults()[name].expected != "reject" and name not in _ALONE for name in kinds])
    second = np.where(spoiled & draws.chance("second fault", _SECOND) & mild[first], draws.pick("second kind", weights * mild), -1)
    more = _hits(draws, tape, kinds, second, "where second", as_of, always=False)
    more = more.join(hits, on=["row", "field"], how="anti")

    account = HEADINGS["account_id"]
    parts = [hits, more]
    copied = row.copy()
    for name in (ROW_REPEATED, ACCOUNT_REPEATED):
        at = np.flatnonzero(spoiled & (first == kinds.index(name)))
        values = gather(tape[account], source[at])
        parts.append(_listed(name, "account_id", at, gather(tape[account], at), values))
        if name == ROW_REPEATED:
            copied[at] = source[at]
    found = pl.concat(parts).sort("row", "field")
    if (copied != row).any():
        tape = tape.select(pl.all().gather(pl.lit(pl.Series(copied, dtype=pl.UInt32))))
    tape = tape.with_columns([_replaced(tape[str(column)], cells) for (column,), cells in found.group_by("column", maintain_order=True)])
    return Dirtied(tape, found.with_columns(pl.col("row") + draws.start + 1), copied)


def _hits(draws: Draws, tape: pl.DataFrame, kinds: list[str], kind: Ints, what: str, as_of: dt.date, *, always: bool) -> pl.DataFrame:
    """The faults of one round, rows counted from 0 in the chunk. kind: position in ``kinds`` a row, -1 for none."""
    where, luck = draws.uniform(what), draws.uniform(f"{what} luck")
    left_over: list[Ints] = []
    found: list[pl.DataFrame] = []
    for position, name in enumerate(kinds):
        if name in SMUDGES:
            rows = np.flatnonzero(kind == position)
            fields = faults()[name].columns
            chosen = (where[rows] * len(fields)).astype(np.int64)
            for k, field in enumerate(fields):
                hit, missed = _spoil(tape, name, field, rows[chosen == k], luck, as_of)
                found.append(hit)
                left_over.append(missed)
    if always:
        found.append(_spoil(tape, _ALWAYS, "principal_fen", np.sort(np.concatenate(left_over)), luck, as_of)[0])
    return pl.concat(found)


def _spoil(tape: pl.DataFrame, name: str, field: str, rows: Ints, luck: Floats, as_of: dt.date) -> tuple[pl.DataFrame, Ints]:
    """The faults of one kind in one column, and the rows that it does not fit."""
    smudge, fits = SMUDGES[name]
    mask = fits(_cells(tape, field, rows, luck, as_of)).to_numpy().astype(np.bool_)
    good = rows[mask]
    cells = _cells(tape, field, good, luck, as_of)
    return _listed(name, field, good, cells.value, smudge(cells)), rows[~mask]


def _cells(tape: pl.DataFrame, field: str, rows: Ints, luck: Floats, as_of: dt.date) -> Cells:
    return Cells(gather(tape[HEADINGS[field]], rows), lambda other: gather(tape[HEADINGS[other]], rows), luck[rows], as_of)


def _listed(name: str, field: str, rows: Ints, original: pl.Series, dirtied: pl.Series) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": pl.Series(rows, dtype=pl.Int64),
            "column": pl.Series([HEADINGS[field]]).new_from_index(0, rows.size),
            "field": pl.Series([field]).new_from_index(0, rows.size),
            "fault": pl.Series([name]).new_from_index(0, rows.size),
            "original": original.cast(pl.String),
            "dirty": dirtied.cast(pl.String),
            "expected": pl.Series([faults()[name].expected]).new_from_index(0, rows.size),
        },
        schema=FAULTS,
    )


def _replaced(column: pl.Series, cells: pl.DataFrame) -> pl.Series:
    """``column`` with the dirty cells in place."""
    index = np.arange(len(column))
    index[cells["row"].to_numpy()] = len(column) + np.arange(cells.height)
    return gather(pl.concat([column, cells["dirty"]]), index).rename(column.name)
