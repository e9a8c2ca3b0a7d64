"""The layout's own contributions: defaults of absent columns, constants, and fields derived by SQL."""

from __future__ import annotations

import polars as pl

from panhuo.engines.intake import parse_codes
from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.layout import Layout, derivations
from panhuo.engines.intake.mapping import Binding
from panhuo.engines.intake.parse_cells import Spec
from panhuo.engines.intake.parse_columns import reader
from panhuo.engines.intake.parse_settle import one_value
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import TAPE


def derive(batch: Batch, layout: Layout, binding: Binding) -> None:
    """Adds constants and derived columns to the batch; a derived field counts as filled where it has a value."""
    for name in binding.missing:
        column = layout.by_field[name]
        if column.default is not None:
            spec = Spec(name, None, column.resolved_kind, column.unit, column.dates, dict(column.codes), column.field)
            _add(batch, one_value(column.default, spec, reader(spec), where=f"{layout.name}: columns.{name}.default"))
        elif layout.derived:
            batch.set(**{name: pl.lit(None, dtype=column.dtype)})
    for name, text in layout.constants.items():
        spec = Spec(name, None, TAPE[name].kind, "yuan" if TAPE[name].kind == "money" else None, field=TAPE[name])
        _add(batch, one_value(text, spec, reader(spec), where=f"{layout.name}: constants.{name}"))
    for name, expression in derivations(layout, batch.as_of) if layout.derived else ():
        batch.set(**{name: expression})
        if name in TAPE:
            _conform(batch, TAPE[name])
            batch.filled[name] = batch.frame.height - batch.frame[name].null_count()
    absent = [name for name in binding.missing if name in batch.frame.columns and batch.frame[name].null_count() == batch.frame.height]
    batch.frame = batch.frame.drop(absent)


def _add(batch: Batch, value: pl.Series) -> None:
    batch.frame = batch.frame.with_columns(value.new_from_index(0, batch.frame.height))


def _conform(batch: Batch, field: Field) -> None:
    """The derived column in its field's type; what cannot become it is noted and left out."""
    column = batch.frame[field.name]
    if column.dtype == field.dtype:
        return
    real = column.dtype.is_float() or column.dtype.is_decimal()
    if field.kind == "code":
        batch.set(**{field.name: pl.col(field.name).cast(pl.String)})
        typed = batch.frame.select(parse_codes.fast_code(pl.col(field.name), Spec(field.name, None, "code", field=field))).to_series()
    elif field.kind == "money" and real:
        typed = batch.frame.select(pl.col(field.name).cast(pl.Float64).round(mode="half_away_from_zero").cast(pl.Int64, strict=False)).to_series()
    elif field.kind == "integer" and real:
        typed = batch.frame.select(pl.col(field.name).cast(pl.Float64).round().cast(pl.Int32, strict=False)).to_series()
    else:
        typed = column.cast(field.dtype, strict=False)
    lost = typed.is_null() & column.is_not_null()
    if lost.any():
        code = {"code": "CODE_UNKNOWN", "date": "DATE_UNREADABLE", "money": "OPTIONAL_AMOUNT_UNREADABLE", "rate": "RATE_UNREADABLE"}.get(
            field.kind, "NUMBER_UNREADABLE"
        )
        batch.notes.add_where(code, field.name, lost, column.cast(pl.String))
    batch.frame = batch.frame.with_columns(typed.alias(field.name))
