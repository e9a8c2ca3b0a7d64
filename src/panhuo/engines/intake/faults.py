"""Rows that cannot be read as rows: the two columns that say so in every batch of a tape.

``__fault`` is null or one of ROW_RAGGED (another number of cells than the header), ROW_ENCODING (undecodable bytes),
CELL_TOO_LONG, ROW_NUL (null characters). ``__raw`` is the row's text where there is a fault. Cells of a ragged row are all null,
since none can be trusted to stand under its heading; of the other faulty rows only the bad cells are.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.engines.intake.archives import ReadLimits

FAULT: Final = "__fault"
RAW: Final = "__raw"
RAW_CHARS: Final = 64 * 1024
"""How much of a faulty row is kept beside its fault; the file itself has the rest."""


def faulted(rows: pl.DataFrame, limits: ReadLimits) -> pl.DataFrame:
    """``rows`` of text, with ``__fault`` and ``__raw`` where some have over-long cells or null characters."""
    longest = rows.select(pl.all().str.len_bytes().max()).row(0) if rows.height else ()
    nul = rows.select(pl.all().str.contains("\0", literal=True).any()).row(0) if rows.height else ()
    if not any((n or 0) > limits.cell_bytes for n in longest) and not any(nul):
        return rows
    is_long = pl.any_horizontal(pl.all().str.len_bytes() > limits.cell_bytes)
    has_nul = pl.any_horizontal(pl.all().str.contains("\0", literal=True))
    fault = pl.when(has_nul).then(pl.lit("ROW_NUL")).when(is_long).then(pl.lit("CELL_TOO_LONG"))
    raw = pl.concat_str(pl.all().fill_null(""), separator="\t").str.replace_all("\0", "", literal=True).str.slice(0, RAW_CHARS)
    marks = rows.select(fault.alias(FAULT), raw.alias(RAW))
    kept = rows.with_columns(
        pl.when(pl.col(c).str.len_bytes() <= limits.cell_bytes).then(pl.col(c).str.replace_all("\0", "", literal=True)).alias(c) for c in rows.columns
    )
    return kept.with_columns(marks[FAULT], pl.when(marks[FAULT].is_not_null()).then(marks[RAW]).alias(RAW))
