"""The layout's own contributions: defaults of absent columns, constants, and fields derived by SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake import parse_codes
from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.clean_notes import Positions
from panhuo.engines.intake.feeding import feeds, may_be_negative, sources, stages
from panhuo.engines.intake.layout import OVERDUE, Layout, derivations
from panhuo.engines.intake.mapping import Binding
from panhuo.engines.intake.parse_cells import Spec
from panhuo.engines.intake.parse_columns import reader
from panhuo.engines.intake.parse_settle import one_value
from panhuo.engines.intake.rules import ABSURD_FEN, BALANCE_PARTS, CHECKS
from panhuo.kernel.expressions import Source, blaming
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import TAPE

_UNREAD: Final = "__unread"


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
    if layout.derived:
        _compute(batch, layout)
        _tell_bands(batch, layout)
    absent = [name for name in binding.missing if name in batch.frame.columns and batch.frame[name].null_count() == batch.frame.height]
    batch.frame = batch.frame.drop(absent)


def _compute(batch: Batch, layout: Layout) -> None:
    """The derived fields, one after the other. A row whose cells an expression cannot read is noted at the field it makes."""
    reads = sources(layout)
    into_balance = frozenset(reads).union(*reads.values())
    _judge_parts(batch, layout)
    unread: dict[str, pl.Series] = {}
    for name, cells in derivations(layout, batch.as_of):
        place, sql = layout.place("derived", name), layout.derived[name]
        wanted = {name: cells.value} if cells.unread is None else {name: cells.value, _UNREAD: cells.unread}
        told = [Source(expression, place, sql) for expression in wanted.values()]
        with blaming(batch.frame, lambda told=told: told):  # type: ignore[misc]
            batch.set(**wanted)
        failed = pl.Series([False]).new_from_index(0, batch.frame.height)
        if cells.unread is not None:
            failed = batch.frame[_UNREAD].fill_null(value=False)
            batch.frame = batch.frame.drop(_UNREAD)
        if name in into_balance:
            unread[name] = failed
        if name in TAPE:
            faults = _faults_below(batch, layout, reads[name], unread) if name in reads else None
            _conform(batch, TAPE[name], failed, faults)
            batch.filled[name] = batch.frame.height - batch.frame[name].null_count()
        elif name not in into_balance and failed.any():
            batch.notes.add_where("NUMBER_UNREADABLE", name, failed)


def _tell_bands(batch: Batch, layout: Layout) -> None:
    """A band of a working column (账龄 M3 beside 逾期天数) is told of the days past due, where these come from it."""
    for name in sorted(stages(layout)):
        at = batch.notes.codes(name).get("OVERDUE_FROM_BAND")
        if at is None or not batch.has(OVERDUE):
            continue
        same = (batch.frame[OVERDUE].gather(at) == batch.frame[name].gather(at)).fill_null(value=False).to_numpy()
        batch.notes.take_back("OVERDUE_FROM_BAND", name, at)
        batch.notes.add("OVERDUE_FROM_BAND", OVERDUE, at[same], batch.notes.cells(name, at[same]))


def _judge_parts(batch: Batch, layout: Layout) -> None:
    """Amounts of the file that come into the balance through an expression, judged as the parts they are."""
    signed = may_be_negative(layout)
    for name in sorted(feeds(layout)):
        if not batch.has(name):
            continue
        batch.unreadable = _or(batch, batch.unreadable, *(batch.notes.codes(name).get(code) for code in ("AMOUNT_UNREADABLE", "AMOUNT_ABSURD")))
        batch.note("AMOUNT_ABSURD", name, pl.col(name).abs() > ABSURD_FEN)
        if name not in signed:
            batch.note("NEGATIVE_PART", name, pl.col(name) < 0)


def _faults_below(batch: Batch, layout: Layout, read: frozenset[str], unread: Mapping[str, pl.Series]) -> pl.Series:
    """Rows in which something that a field of the balance is made of could not be read, and is not itself noted as a part of it."""
    named = {*BALANCE_PARTS, *feeds(layout)}
    at = [rows for name in sorted(read - named) for code, rows in batch.notes.codes(name).items() if CHECKS[code].effect in ("value out", "row out")]
    mask = pl.Series(_or(batch, np.zeros(0, dtype=bool), *at))
    for name in sorted(read & unread.keys()):
        mask = mask | unread[name]
    return mask


def _or(batch: Batch, mask: npt.NDArray[np.bool_], *at: Positions | None) -> npt.NDArray[np.bool_]:
    out = mask.copy() if len(mask) else np.zeros(batch.frame.height, dtype=bool)
    for rows in at:
        if rows is not None:
            out[rows] = True
    return out


def _add(batch: Batch, value: pl.Series) -> None:
    batch.frame = batch.frame.with_columns(value.new_from_index(0, batch.frame.height))


def _conform(batch: Batch, field: Field, failed: pl.Series, below: pl.Series | None) -> None:
    """The derived column in its field's type; what cannot be read or become it is noted and left out.

    failed: rows in which a cast met a cell it cannot read. below: for a field of the balance, rows in which something it is made
    of could not be read, whatever the expression makes of that.
    """
    column = batch.frame[field.name]
    typed = _typed(batch, field, column)
    lost = typed.is_null() & column.is_not_null()
    part = field.name in BALANCE_PARTS
    if field.kind == "money" and column.dtype.is_float():
        huge = lost & column.is_finite()
        if huge.any():
            batch.notes.add_where("AMOUNT_ABSURD" if part else "OPTIONAL_AMOUNT_ABSURD", field.name, huge, column.cast(pl.String))
            if part:
                batch.unreadable = _or(batch, batch.unreadable, huge.arg_true().to_numpy().astype(np.int64))
        lost = lost & ~column.is_finite()
    if below is not None:
        whole = lost | failed | below if part else failed | below
        if whole.any():
            at = batch.notes.add_where("AMOUNT_UNREADABLE", field.name, whole)  # no value: what it came to is not what stood there
            batch.unreadable = _or(batch, batch.unreadable, at)
        lost = lost & ~whole
        failed = failed & ~whole
    noted = lost | failed
    if noted.any():
        code = {"code": "CODE_UNKNOWN", "date": "DATE_UNREADABLE", "money": "OPTIONAL_AMOUNT_UNREADABLE", "rate": "RATE_UNREADABLE"}.get(
            field.kind, "FLAG_UNKNOWN" if field.kind == "flag" else "NUMBER_UNREADABLE"
        )
        batch.notes.add_where(code, field.name, noted, _figure(column))
    batch.frame = batch.frame.with_columns(typed.alias(field.name))


def _typed(batch: Batch, field: Field, column: pl.Series) -> pl.Series:
    if column.dtype == field.dtype:
        return column
    real = column.dtype.is_float() or column.dtype.is_decimal()
    if field.kind == "code":
        batch.set(**{field.name: pl.col(field.name).cast(pl.String)})
        return batch.frame.select(parse_codes.fast_code(pl.col(field.name), Spec(field.name, None, "code", field=field))).to_series()
    if field.kind == "money" and real:
        return batch.frame.select(pl.col(field.name).cast(pl.Float64).round(mode="half_away_from_zero").cast(pl.Int64, strict=False)).to_series()
    if field.kind == "integer" and real:
        return batch.frame.select(pl.col(field.name).cast(pl.Float64).round().cast(pl.Int32, strict=False)).to_series()
    return column.cast(field.dtype, strict=False)


def _figure(column: pl.Series) -> pl.Series:
    """What an expression came to, as text; a division by nothing is no figure."""
    text = column.cast(pl.String)
    if not column.dtype.is_float():
        return text
    return pl.select(pl.when(column.is_finite()).then(text)).to_series()
