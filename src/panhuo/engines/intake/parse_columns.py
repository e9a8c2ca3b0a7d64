"""All columns of a batch, from text to type: the fast pass over whole columns, the slow pass over the cells it left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
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
)
from panhuo.engines.intake.clean_batch import put
from panhuo.engines.intake.clean_notes import Notes
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.mapping import Binding
from panhuo.engines.intake.parse_cells import BLANK, OTHER_FORM, VALUE, VERDICT, Spec
from panhuo.engines.intake.rules import CHECKS
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.words import Words

_UNLIKE_THE_REST: Final = {"date": "DATE_FORMAT", "rate": "RATE_FORMAT", "number": "NUMBER_FORMAT"}
_FLOATS: Final = ("money", "rate", "number")

Slow = Callable[[pl.Series, Spec], pl.DataFrame]
_SLOW: Final[Mapping[str, Slow]] = {
    "money": parse_numbers.slow_money,
    "rate": parse_numbers.slow_float,
    "number": parse_numbers.slow_float,
    "integer": parse_numbers.slow_integer,
    "date": parse_dates.slow_date,
    "code": parse_codes.slow_code,
    "flag": parse_codes.slow_code,
    "text": parse_text.slow_text,
    "email": parse_text.slow_email,
    "region": identifiers_region.slow_region,
    "phone": identifiers_phone.slow_phone,
    "identity": identifiers_cells.slow_identity,
    "card": identifiers_cells.slow_card,
}
_FAST: Final[Mapping[str, Callable[[pl.Expr, Spec], pl.Expr]]] = {
    "money": parse_numbers.fast_float,
    "rate": parse_numbers.fast_float,
    "number": parse_numbers.fast_float,
    "integer": parse_numbers.fast_integer,
    "code": parse_codes.fast_code,
    "flag": parse_codes.fast_code,
    "text": parse_text.fast_text,
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
    return [
        Spec(name, heading, column.resolved_kind, binding.units.get(name), column.dates, dict(column.codes), column.field, column.default)
        for name, heading in binding.fields.items()
        for column in [layout.by_field[name]]
    ]


def type_columns(raw: pl.DataFrame, questions: list[Spec], notes: Notes) -> Typed:
    """Typed columns under their canonical names. Faults of cells go to ``notes``."""
    questions = [replace(q, form=parse_dates.dominant(raw[str(q.heading)], q)) if q.kind == "date" else q for q in questions]
    readers = {spec.name: reader(spec) for spec in questions}
    native = raw.height >= parse_native.MIN_ROWS
    compiled = [spec for spec in questions if native and readers[spec.name] in parse_native.KINDS]
    left = [spec for spec in questions if spec not in compiled and readers[spec.name] in (*_FAST, "date")]
    fast = _expressions(raw, left, readers) | (parse_native.fast_columns(raw, [(spec, readers[spec.name]) for spec in compiled]) if native else {})
    who = parse_native.people if native else ids.people
    out: list[pl.Series] = []
    filled: dict[str, int] = {}
    debtors: ids.People | None = None
    for spec in questions:
        cells = raw[str(spec.heading)]
        kind = readers[spec.name]
        if kind == "identity":
            persons = who(cells)
            plain = identifiers_cells.where(pl.Series(persons.kinds != ids.UNKNOWN), cells)
        else:
            plain = fast[spec.name] if spec.name in fast else identifiers_cells.fast_card(cells, spec)
        column, filled[spec.name] = _settle(plain.alias(spec.name), cells, spec, _SLOW[kind], notes)
        if spec.name == "id_no":
            mended = (plain.is_null() & column.is_not_null()).arg_true().to_numpy().astype(np.int64)
            debtors = persons.patched(mended, ids.people(column.gather(mended))) if len(mended) else persons
        out.append(column)
    return Typed(pl.DataFrame(out), filled, debtors)


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


def one_value(text: str, spec: Spec, *, where: str) -> pl.Series:
    """A constant or default of the layout, typed: a series of one. Raises ConfigurationInvalid where it cannot be read."""
    answer = _SLOW[reader(spec)](pl.Series([text], dtype=pl.String), spec)
    verdict = answer[VERDICT][0]
    if verdict not in ("", BLANK, OTHER_FORM) and CHECKS[verdict].effect in ("value out", "row out"):
        raise ConfigurationInvalid(
            "LAYOUT_VALUE",
            Words(
                f"“{text}”不能作为 {spec.name} 的值：{CHECKS[verdict].rule.message.zh}",
                f"{text!r} cannot stand for {spec.name}: {CHECKS[verdict].rule.message.en}",
            ),
            where=where,
            remedy=Words("更正版式中的该值", "correct the value in the layout"),
        )
    return answer[VALUE].alias(spec.name)


def reader(spec: Spec) -> str:
    """Which parser reads a column: by its kind, and by what it identifies."""
    if spec.name in ("email", "currency", "region_code"):
        return {"email": "email", "currency": "code", "region_code": "region"}[spec.name]
    personal = spec.field.personal if spec.field is not None else ""
    special = {"identity_number": "identity", "phone": "phone", "card": "card"}.get(personal)
    return special or ("text" if spec.kind == "identifier" else spec.kind)


def _settle(fast: pl.Series, cells: pl.Series, spec: Spec, slow: Slow, notes: Notes) -> tuple[pl.Series, int]:
    """The fast column completed by the slow reading, its default filled in; and the number of filled cells."""
    count = len(cells) - cells.null_count()
    faulty = np.zeros(0, dtype=np.int64)
    column = fast
    if fast.null_count() > cells.null_count():
        at = (fast.is_null() & cells.is_not_null()).arg_true().to_numpy().astype(np.int64)
        odd = cells.gather(at)
        distinct = odd.unique(maintain_order=True)
        answers = slow(distinct, spec)
        if len(distinct) < len(odd):
            answers = odd.alias("cell").to_frame().join(answers.with_columns(distinct.alias("cell")), on="cell", how="left", maintain_order="left")
        column = put(fast, at, answers[VALUE])
        verdicts = answers[VERDICT]
        for code in sorted(verdicts.unique().to_list()):
            if code == "":
                continue
            hit = at[(verdicts == code).to_numpy()]
            if code == OTHER_FORM:
                if len(hit) * 5 <= len(cells) - cells.null_count():
                    notes.add(_UNLIKE_THE_REST[spec.kind], spec.name, hit)
                continue
            if code == BLANK:
                count -= len(hit)
                continue
            notes.add(code, spec.name, hit)
            if CHECKS[code].effect in ("value out", "row out"):
                faulty = np.concatenate([faulty, hit])
    if spec.default is not None and column.null_count():
        standard = one_value(spec.default, spec, where=f"columns.{spec.name}.default")
        if standard.dtype != column.dtype:
            standard = standard.cast(column.dtype)
        at = column.is_null().arg_true().to_numpy().astype(np.int64)
        at = at[~np.isin(at, faulty)]
        column = put(column, at, standard.gather(np.zeros(len(at), dtype=np.int64)))
    return column, count
