"""All columns of a batch, from text to type: the fast pass over whole columns, the slow pass over the cells it left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from panhuo.engines.intake import identifiers as ids
from panhuo.engines.intake import (
    identifiers_cells,
    identifiers_phone,
    identifiers_region,
    parse_codes,
    parse_dates,
    parse_native,
    parse_numbers,
    parse_text,
    several_names,
)
from panhuo.engines.intake.clean_notes import Notes
from panhuo.engines.intake.feeding import feeds, stages
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.mapping import Binding
from panhuo.engines.intake.parse_cells import Spec
from panhuo.engines.intake.parse_settle import Column, settle

_FLOATS: Final = ("money", "rate", "number")

_FAST: Final[Mapping[str, Callable[[pl.Expr, Spec], pl.Expr]]] = {
    "money": parse_numbers.fast_float,
    "rate": parse_numbers.fast_float,
    "number": parse_numbers.fast_float,
    "integer": parse_numbers.fast_integer,
    "code": parse_codes.fast_code,
    "flag": parse_codes.fast_code,
    "text": parse_text.fast_text,
    "pattern": parse_text.fast_pattern,
    "email": parse_text.fast_email,
    "region": identifiers_region.fast_region,
    "phone": identifiers_phone.fast_phone,
}


class Typed(NamedTuple):
    """frame: the columns. filled: how many cells of each were filled. debtors: what their identity numbers say, where there are any."""

    frame: pl.DataFrame
    filled: dict[str, int]
    debtors: ids.People | None


def specs(layout: Layout, binding: Binding) -> list[Spec]:
    """One question for each column of the layout that the file has."""
    parts, arrears = (feeds(layout), stages(layout)) if layout.derived else (frozenset(), frozenset())
    return [
        Spec(
            name,
            heading,
            column.resolved_kind,
            binding.units.get(name),
            column.dates,
            dict(column.codes),
            column.field,
            column.default,
            part=name in parts,
            arrears=name in arrears,
        )
        for name, heading in binding.fields.items()
        for column in [layout.by_field[name]]
    ]


def type_columns(raw: pl.DataFrame, questions: list[Spec], notes: Notes) -> Typed:
    """Typed columns under their canonical names. Faults of cells go to ``notes``."""
    questions = [replace(q, form=parse_dates.dominant(raw[str(q.heading)], q)) if q.kind == "date" else q for q in questions]
    readers = {spec.name: reader(spec) for spec in questions}
    native = raw.height >= parse_native.MIN_ROWS
    who = parse_native.people if native else ids.people
    persons = {spec.name: who(raw[str(spec.heading)]) for spec in questions if readers[spec.name] == "identity"}
    kernels = {spec.name for spec in questions if native and readers[spec.name] in parse_native.KINDS and spec.name not in several_names.FIELDS}
    compiled = [(spec, readers[spec.name]) for spec in questions if spec.name in kernels]
    left = [spec for spec in questions if readers[spec.name] in (*_FAST, "date") and spec.name not in kernels]
    fast = _expressions(raw, left, readers) | (parse_native.fast_columns(raw, compiled) if native else {})
    columns = []
    for spec in questions:
        cells = raw[str(spec.heading)]
        if spec.name in persons:
            values = identifiers_cells.where(pl.Series(persons[spec.name].kinds != ids.UNKNOWN), cells)
        else:
            values = fast[spec.name] if spec.name in fast else identifiers_cells.fast_card(cells, spec)
        columns.append(Column(spec, readers[spec.name], cells, values.alias(spec.name)))
    settle(columns, notes)
    debtors = persons.get("id_no")
    if debtors is not None:
        column = next(column for column in columns if column.spec.name == "id_no")
        if len(column.at):
            debtors = debtors.patched(column.at, ids.people(column.values.gather(column.at)))
    return Typed(pl.DataFrame([column.values.rechunk() for column in columns]), {column.spec.name: column.filled for column in columns}, debtors)


def _expressions(raw: pl.DataFrame, questions: list[Spec], readers: Mapping[str, str]) -> dict[str, pl.Series]:
    """The fast pass as Polars expressions, all columns in one query."""
    first: list[pl.Expr] = []
    for spec in questions:
        kind = readers[spec.name]
        column = pl.col(str(spec.heading))
        if kind == "date":
            first.append(parse_dates.fast(column, spec.form).alias(spec.name))
        else:
            first.append(_FAST[kind](column, spec).alias(spec.name))
    if not first:
        return {}
    typed = raw.select(first)
    typed = typed.with_columns(
        parse_numbers.fast_typed(pl.col(spec.name), spec).alias(spec.name) for spec in questions if readers[spec.name] in _FLOATS
    )
    return {column.name: column for column in typed}


def reader(spec: Spec) -> str:
    """Which parser reads a column: by its kind, and by what it identifies."""
    if spec.name in ("email", "currency", "region_code"):
        return {"email": "email", "currency": "code", "region_code": "region"}[spec.name]
    personal = spec.field.personal if spec.field is not None else ""
    if spec.name == "repayment_pattern":
        return "pattern"
    special = {"identity_number": "identity", "phone": "phone", "card": "card"}.get(personal)
    return special or ("text" if spec.kind == "identifier" else spec.kind)
