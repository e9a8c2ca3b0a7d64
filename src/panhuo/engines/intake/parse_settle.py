"""What the fast pass left open, settled: the slow reading of odd cells, the layout's default, the verdicts.

Columns that ask the same question (all amounts in yuan, all dates in one form) are read slowly together: a slow reading costs some
milliseconds however few cells it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from panhuo.engines.intake import (
    identifiers_cells,
    identifiers_phone,
    identifiers_region,
    parse_codes,
    parse_dates,
    parse_numbers,
    parse_text,
    several_names,
)
from panhuo.engines.intake.clean_batch import put
from panhuo.engines.intake.clean_notes import Notes, Positions
from panhuo.engines.intake.layout import OVERDUE
from panhuo.engines.intake.parse_cells import BLANK, OTHER_FORM, VALUE, VERDICT, Spec
from panhuo.engines.intake.rules import BALANCE_PARTS, CHECKS
from panhuo.engines.intake.seizure_words import SEIZURE
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.words import Words

Slow = Callable[[pl.Series, Spec], pl.DataFrame]

SLOW: Final[Mapping[str, Slow]] = {
    "money": parse_numbers.slow_money,
    "rate": parse_numbers.slow_float,
    "number": parse_numbers.slow_float,
    "integer": parse_numbers.slow_integer,
    "date": parse_dates.slow_date,
    "code": parse_codes.slow_code,
    "flag": parse_codes.slow_code,
    "text": parse_text.slow_text,
    "pattern": parse_text.slow_pattern,
    "email": parse_text.slow_email,
    "region": identifiers_region.slow_region,
    "phone": identifiers_phone.slow_phone,
    "identity": identifiers_cells.slow_identity,
    "card": identifiers_cells.slow_card,
}
"""The slow reading of each reader."""

_UNLIKE_THE_REST: Final = {"date": "DATE_FORMAT", "rate": "RATE_FORMAT", "number": "NUMBER_FORMAT"}
_NONE: Final = np.zeros(0, dtype=np.int64)


@dataclass(slots=True)
class Column:
    """A column after the fast pass: ``values`` null where it was not sure. at, odd: where cells are left to the slow reading, and which."""

    spec: Spec
    reader: str
    cells: pl.Series
    values: pl.Series
    at: Positions = field(default_factory=lambda: _NONE)
    odd: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.String))
    filled: int = 0


def settle(columns: Sequence[Column], notes: Notes) -> None:
    """Complete each column in place: odd cells read, defaults filled in, filled cells counted; faults go to ``notes``."""
    groups: dict[object, list[Column]] = {}
    for column in columns:
        column.filled = len(column.cells) - column.cells.null_count()
        if column.values.null_count() > column.cells.null_count():
            open_ = column.values.is_null() if not column.cells.null_count() else column.values.is_null() & column.cells.is_not_null()
            column.at = open_.arg_true().to_numpy().astype(np.int64)
            column.odd = column.cells.gather(column.at).alias("cell")
            groups.setdefault(_question(column), []).append(column)
    read: dict[int, pl.DataFrame] = {}
    for alike in groups.values():
        distinct = pl.concat([column.odd for column in alike]).unique(maintain_order=True)
        answers = SLOW[alike[0].reader](distinct, alike[0].spec)
        if len(alike) == 1 and len(distinct) == len(alike[0].odd):
            read[id(alike[0])] = answers
            continue
        answers = answers.with_columns(distinct.alias("cell"))
        for column in alike:
            read[id(column)] = column.odd.to_frame().join(answers, on="cell", how="left", maintain_order="left")
    for column in columns:
        faulty = _take(column, read[id(column)], notes) if id(column) in read else _NONE
        if column.spec.default is not None and column.values.null_count():
            _fill(column, faulty)


def one_value(text: str, spec: Spec, reader: str, *, where: str) -> pl.Series:
    """A constant or default of the layout, typed: a series of one. Raises ConfigurationInvalid where it cannot be read."""
    answer = SLOW[reader](pl.Series([text], dtype=pl.String), spec)
    verdict = answer[VERDICT][0]
    if verdict not in ("", BLANK, OTHER_FORM) and CHECKS[verdict].effect in ("value out", "row out"):
        message = CHECKS[verdict].rule.message
        raise ConfigurationInvalid(
            "LAYOUT_VALUE",
            Words(f"“{text}”不能作为 {spec.name} 的值：{message.zh}", f"{text!r} cannot stand for {spec.name}: {message.en}"),
            where=where,
            remedy=Words("更正版式中的该值", "correct the value in the layout"),
        )
    return answer[VALUE].alias(spec.name)


def _take(column: Column, answers: pl.DataFrame, notes: Notes) -> Positions:
    """Put the answers in their place and note the verdicts; returns where the cell was refused."""
    at, name = column.at, column.spec.name
    column.values = put(column.values, at, answers[VALUE])
    verdicts = answers[VERDICT]
    faulty = [_NONE]
    for code in sorted(verdicts.unique().to_list()):
        if code == "":
            continue
        hit = at[(verdicts == code).to_numpy()]
        if code == OTHER_FORM:
            if len(hit) * 5 <= len(column.cells) - column.cells.null_count():
                notes.add(_UNLIKE_THE_REST[column.spec.kind], name, hit)
        elif code == BLANK:
            column.filled -= len(hit)
        else:
            notes.add(code, name, hit)
            if CHECKS[code].effect in ("value out", "row out"):
                faulty.append(hit)
    return np.concatenate(faulty)


def _fill(column: Column, faulty: Positions) -> None:
    """The layout's default into empty cells, never into refused ones."""
    spec = column.spec
    standard = one_value(str(spec.default), spec, column.reader, where=f"columns.{spec.name}.default")
    at = column.values.is_null().arg_true().to_numpy().astype(np.int64)
    at = at[~np.isin(at, faulty)]
    column.values = put(column.values, at, standard.cast(column.values.dtype).gather(np.zeros(len(at), dtype=np.int64)))


def _question(column: Column) -> object:
    """Columns with the same answer here are read slowly in the same way."""
    spec, reader = column.spec, column.reader
    own: object = {
        "money": (spec.unit, spec.part or spec.name in BALANCE_PARTS),
        "rate": spec.unit,
        "number": spec.unit,
        "integer": (
            spec.unit,
            spec.field.unit if spec.field else "",
            OVERDUE if spec.arrears else spec.name if spec.name in (OVERDUE, SEIZURE) else "",
            spec.arrears,
        ),
        "date": (spec.dates, spec.form),
        "text": (spec.kind, spec.field.personal == "name" if spec.field else False, spec.name if spec.name in several_names.FIELDS else ""),
        "flag": (spec.name, tuple(spec.codes.items())),
        "phone": spec.name in ("phone", "phone2"),
    }.get(reader, spec.name)
    return reader, own
