"""Several guarantors in one cell: each a row of the guarantor table, with his own identity number and telephone where these cells hold as many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from panhuo.engines.intake.clean_batch import Batch, put
from panhuo.engines.intake.clean_notes import Positions
from panhuo.engines.intake.identifiers_cells import slow_identity
from panhuo.engines.intake.identifiers_phone import slow_phone
from panhuo.engines.intake.parse_cells import VALUE, VERDICT, Spec, normal
from panhuo.engines.intake.rules import CHECKS
from panhuo.engines.intake.several_names import BETWEEN
from panhuo.kernel.frames import TAPE

AT: Final = "__at"
_BESIDE: Final = {"guarantor_id_no": slow_identity, "guarantor_phone": slow_phone}
_MARKS: Final = r"[、;；,，/|\s]+"


def divide(batch: Batch) -> None:
    """Leaves the first guarantor of each cell in the row and the others in ``batch.guarantors``."""
    at = batch.notes.codes("guarantor_name").get("NAME_SEVERAL")
    if at is None:
        return
    named = pl.DataFrame({AT: at, "guarantor_name": batch.frame["guarantor_name"].gather(at).str.split(BETWEEN)})
    for field, read in _BESIDE.items():
        if batch.notes.from_file(field):
            named = named.with_columns(_in_parallel(batch, named, field, Spec(field, field, "text", field=TAPE[field]), read))
    fields = [name for name in named.columns if name != AT]
    first = named.select(pl.col(name).list.first() for name in fields)
    batch.frame = batch.frame.with_columns(put(batch.frame[name], at, first[name]) for name in fields)
    rest = named.select(AT, *(pl.col(name).list.slice(1) for name in fields))
    batch.guarantors = rest.explode(fields)


def _in_parallel(batch: Batch, named: pl.DataFrame, field: str, spec: Spec, read: Callable[[pl.Series, Spec], pl.DataFrame]) -> pl.Series:
    """What the cells of ``field`` say of each of the names: list by list, of the same lengths. Where they do not hold as many, what was read counts for the first."""
    at: Positions = named[AT].to_numpy()
    cells = batch.notes.cells(field, at)
    frame = pl.DataFrame({"cell": cells, "n": named["guarantor_name"].list.len(), "own": batch.frame[field].gather(at)})
    frame = frame.with_columns(parts=normal(pl.col("cell")).str.replace_all(_MARKS, BETWEEN).str.strip_chars(BETWEEN).str.split(BETWEEN))
    same = (frame["parts"].list.len() == frame["n"]).fill_null(value=False)
    alone = frame.select(pl.concat_list(pl.col("own"), pl.lit(None, dtype=pl.String).repeat_by(pl.col("n").cast(pl.Int64) - 1)).alias(field))[field]
    if not same.any():
        return alone
    hit = at[same.to_numpy()]
    for code in batch.notes.codes(field):
        batch.notes.take_back(code, field, hit)
    each = frame.filter(same).select("parts", row=pl.Series(hit)).explode("parts")
    answers = read(each["parts"], spec)
    for code in sorted(set(answers[VERDICT].to_list()) & set(CHECKS)):
        batch.notes.add(code, field, np.unique(each["row"].filter(answers[VERDICT] == code).to_numpy()))
    lists = each.with_columns(value=answers[VALUE]).group_by("row", maintain_order=True).agg("value")["value"]
    return (
        alone.to_frame()
        .with_row_index("i")
        .join(pl.DataFrame({"i": same.arg_true(), "value": lists}), on="i", how="left", maintain_order="left")
        .select(pl.coalesce("value", field).alias(field))[field]
    )
