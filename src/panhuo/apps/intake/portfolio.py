"""Sums over a portfolio, from the columns files of its tapes: any filter, any grouping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.filters import Filter
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


def _where(frame: pl.LazyFrame, filters: Sequence[Filter]) -> pl.LazyFrame:
    return frame.filter(*(chosen.polars() for chosen in filters)) if filters else frame


def totals(tapes: Sequence[Tape], filters: Sequence[Filter]) -> Totals:
    """The one line under everything."""
    row = _where(columns_of(tapes), filters).select(pl.len().alias("accounts"), *(pl.col(name).sum() for name in SUMS)).collect().row(0, named=True)
    return Totals(row["accounts"], {name: int(row[name] or 0) for name in SUMS})


def grouped(tapes: Sequence[Tape], filters: Sequence[Filter], by: Sequence[str]) -> pl.DataFrame:
    """Accounts and balance by one or two fields; ``age`` stands for days past due in ranges, ``vintage`` for the year of origination.

    Columns: the fields as text (null: not given), ``accounts``, ``balance_fen``, ``principal_fen``; in the order of the field's own values.
    """
    frame = _where(columns_of(tapes), filters)
    keys = [_key(name).alias(name) for name in by]
    out = frame.group_by(keys).agg(pl.len().cast(pl.Int64).alias("accounts"), pl.col("balance_fen", "principal_fen").sum()).collect()
    order = [_rank(name).alias(f"_{name}") for name in by]
    return (
        out.with_columns(pl.col(name).cast(pl.String) for name in by)
        .with_columns(order)
        .sort([f"_{name}" for name in by], nulls_last=True)
        .drop([f"_{name}" for name in by])
    )


def _key(name: str) -> pl.Expr:
    if name == "vintage":
        return pl.col("origination_date").dt.year().cast(pl.String)
    if name == "age":
        days = pl.col("overdue_days")
        expr = pl.when(days <= 0).then(pl.lit("..0"))
        for low, high in _AGES[1:]:
            expr = expr.when((days >= low) & ((days <= high) if high is not None else pl.lit(True))).then(pl.lit(f"{low}..{high or ''}"))
        return expr.otherwise(None)
    return pl.col(name)


def _rank(name: str) -> pl.Expr:
    kind = ACCOUNT.schema.get(name)
    if isinstance(kind, pl.Enum):
        return pl.col(name).cast(kind).to_physical().cast(pl.Int64)
    if name == "age":
        return pl.col(name).str.extract(r"^(\d*)\.\.", 1).cast(pl.Int64, strict=False).fill_null(-1)
    if name == "province":
        return -pl.col("balance_fen")
    return pl.col(name)
