"""Sums over a portfolio, from the columns files of its tapes: any filter, any grouping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.filters import Condition
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.storing import FILTERED, PROVINCE
from panhuo.kernel.frames import ACCOUNT

SUMS = ("balance_fen", "principal_fen", "interest_fen", "penalty_fen", "fees_fen")
_AGES = ((0, 0), (1, 30), (31, 60), (61, 90), (91, 180), (181, 360), (361, 720), (721, 1080), (1081, None))


@dataclass(frozen=True, slots=True)
class Totals:
    """Accounts and sums in fen by name of ``SUMS``."""

    accounts: int
    sums: dict[str, int]


def tapes_current(scope: Scope, *, tape_id: int | None = None) -> list[Tape]:
    """The tapes a portfolio consists of: one that is named, else the latest of each series."""
    rows = scope.rows(Tape).filter(state=Tape.IMPORTED)
    rows = rows.filter(pk=tape_id) if tape_id is not None else rows.filter(current=True)
    return list(rows.order_by("series", "pk"))


def columns_of(tapes: Sequence[Tape]) -> pl.LazyFrame:
    """The columns of the tapes under one another, with ``tape_id`` and ``position``; mapped, not read."""
    if not tapes:
        empty = ACCOUNT.empty().with_columns(pl.col("province").cast(PROVINCE)).select(FILTERED)
        return empty.with_row_index("position").with_columns(pl.lit(0, dtype=pl.Int64).alias("tape_id")).lazy()
    return pl.concat([_mapped(tape.folder / str(tape.figures["kept"]) / "columns.arrow", tape.pk) for tape in tapes])


@lru_cache(maxsize=64)
def _mapped(path: Path, tape_id: int) -> pl.LazyFrame:
    frame = pl.read_ipc(path).lazy()
    return frame.with_row_index("position").with_columns(pl.lit(tape_id, dtype=pl.Int64).alias("tape_id"))


def where(frame: pl.LazyFrame, filters: Sequence[Condition]) -> pl.LazyFrame:
    """The rows that all the filters leave."""
    return frame.filter(*(chosen.polars() for chosen in filters)) if filters else frame


def totals(tapes: Sequence[Tape], filters: Sequence[Condition], *, frame: pl.LazyFrame | None = None, sums: Sequence[str] = SUMS) -> Totals:
    """The one line under everything. frame: the columns of the tapes with others beside them, if ``sums`` or ``filters`` speak of those."""
    found = where(columns_of(tapes) if frame is None else frame, filters)
    row = found.select(pl.len().alias("accounts"), *(pl.col(name).sum() for name in sums)).collect().row(0, named=True)
    return Totals(row["accounts"], {name: int(row[name] or 0) for name in sums})


def grouped(tapes: Sequence[Tape], filters: Sequence[Condition], by: Sequence[str], *, frame: pl.LazyFrame | None = None) -> pl.DataFrame:
    """Accounts and balance by one or two fields; ``age`` stands for days past due in ranges, ``vintage`` for the year of origination.

    Columns: the fields as text (null: not given), ``accounts``, ``balance_fen``, ``principal_fen``; in the order of the field's own values.
    """
    found = where(columns_of(tapes) if frame is None else frame, filters)
    keys = [_key(name).alias(name) for name in by]
    out = found.group_by(keys).agg(pl.len().cast(pl.Int64).alias("accounts"), pl.col("balance_fen", "principal_fen").sum()).collect()
    ranks = [_rank(name).alias(f"_{name}") for name in by]
    out = out.with_columns(ranks).sort([*(f"_{name}" for name in by), *by], nulls_last=True).drop([f"_{name}" for name in by])
    return out.with_columns(_label(name) for name in by)


def _key(name: str) -> pl.Expr:
    """Small whole numbers where the label is a text: a million texts are slow to make, a dozen are not."""
    if name == "vintage":
        return pl.col("origination_date").dt.year()
    if name == "age":
        days = pl.col("overdue_days")
        return pl.sum_horizontal((days >= low).cast(pl.Int8) for low, _ in _AGES[1:])
    return pl.col(name)


def _rank(name: str) -> pl.Expr:
    if isinstance(ACCOUNT.schema.get(name), pl.Enum):
        return pl.col(name).to_physical().cast(pl.Int64)
    return pl.when(pl.col(name).is_not_null()).then(-pl.col("balance_fen")) if name == "province" else pl.col(name)


def _label(name: str) -> pl.Expr:
    if name == "age":
        texts = [f"{low or ''}..{'' if high is None else high}" for low, high in _AGES]
        return pl.col(name).replace_strict(list(range(len(texts))), texts, return_dtype=pl.String)
    return pl.col(name).cast(pl.String)
