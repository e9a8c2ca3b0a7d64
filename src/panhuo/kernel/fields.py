"""What a column is: one :class:`Field` says its type, unit, names and meaning, once, for checks, mapping, forms and documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from panhuo.kernel.calendar import BUCKETS
from panhuo.kernel.codes import Codes

Kind = Literal["text", "code", "money", "rate", "number", "integer", "date", "flag", "bucket", "identifier"]
Personal = Literal["", "name", "identity_number", "phone", "card", "address", "other"]
Table = Literal["account", "debtor", "guarantor", "contact", "collateral", "history"]

_DTYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "identifier": pl.String(),
    "money": pl.Int64(),
    "rate": pl.Float64(),
    "number": pl.Float64(),
    "integer": pl.Int32(),
    "date": pl.Date(),
    "flag": pl.Boolean(),
    "bucket": pl.Enum(BUCKETS),
}


_ENUMS: dict[int, tuple[Codes, pl.Enum]] = {}


def _enum(codes: Codes) -> pl.Enum:
    """One Enum a code list: making it costs more than a column's cast. Keyed by identity, the list kept alive beside it."""
    if id(codes) not in _ENUMS:
        _ENUMS[id(codes)] = (codes, pl.Enum([c.code for c in codes]))
    return _ENUMS[id(codes)][1]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a canonical frame.

    kind: ``money`` is Int64 fen, ``rate`` a yearly decimal (0.18 = 18 %), ``flag`` a Boolean, ``code`` an Enum of
    ``codes``. ``personal`` marks an identifier of a person and names its mask. ``nullable`` false means every accepted
    row has it. ``tape`` false means it is computed by Panhuo and never read from a tape.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    meaning: str = ""
    codes: Codes = ()
    unit: str = ""
    nullable: bool = True
    personal: Personal = ""
    tape: bool = True

    @property
    def dtype(self) -> pl.DataType:
        if self.kind == "code":
            return _enum(self.codes)
        return _DTYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Frame:
    """A named list of fields: the schema of one table of the journey."""

    name: str
    zh: str
    en: str
    fields: tuple[Field, ...]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        return {f.name: f.dtype for f in self.fields}

    @property
    def names(self) -> list[str]:
        return [f.name for f in self.fields]

    def __getitem__(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{name!r} is not a field of {self.name}")

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Exactly this frame's columns, in order and type; absent nullable ones are added as nulls.

        Raises ValueError naming the column for a missing or null required column, a wrong type or an unknown column:
        that is a fault of the code that made the frame.
        """
        known = set(self.names)
        unknown = [c for c in frame.columns if c not in known]
        if unknown:
            raise ValueError(f"{self.name}: unknown column(s) {unknown}")
        out = []
        present = set(frame.columns)
        for field in self.fields:
            if field.name not in present:
                if not field.nullable:
                    raise ValueError(f"{self.name}: column {field.name} is missing")
                out.append(pl.Series(field.name, [None], dtype=field.dtype).new_from_index(0, frame.height))
                continue
            column = frame[field.name]
            if column.dtype != field.dtype:
                if column.dtype == pl.Null:
                    column = column.cast(field.dtype)
                else:
                    raise ValueError(f"{self.name}.{field.name} is {column.dtype}, must be {field.dtype}")
            if not field.nullable and column.null_count():
                raise ValueError(f"{self.name}.{field.name} has {column.null_count()} nulls, must have none")
            out.append(column)
        return pl.DataFrame(out) if out else self.empty()
