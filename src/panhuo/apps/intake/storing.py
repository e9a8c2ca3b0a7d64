"""Accepted rows into PostgreSQL and beside it: a partition filled by COPY and attached in one transaction, and the columns file.

Sums over a portfolio (any filter, any grouping) are made from ``columns.arrow``, a memory-mapped file of the columns people group and filter by:
a million rows take tens of milliseconds, and all processes share the pages. Lists, one account, and whatever must join other tables, read
the table. Both are written here from the same frame, in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from django.db import connection

from panhuo.engines.intake import PROVINCES
from panhuo.kernel.frames import ACCOUNT, DEBTOR
from panhuo.kernel.masking import MASKS

PROVINCE = pl.Enum(list(PROVINCES.values()))

FILTERED = (
    "product",
    "bucket",
    "five_class",
    "province",
    "guarantee_kind",
    "litigation_state",
    "contactability",
    "debtor_kind",
    "written_off",
    "origination_date",
    "overdue_days",
    "balance_fen",
    "principal_fen",
    "interest_fen",
    "penalty_fen",
    "fees_fen",
)
"""What portfolios are filtered, grouped and summed by."""

SHOWN = {"name_shown": "name", "id_no_shown": "id_no", "phone_shown": "phone"}
_ORDER = ("tape_id", "position", "organisation_id", *SHOWN, *(field.name for field in ACCOUNT.fields))


def partition_open(tape_id: int) -> None:
    """Make the tape's partition, in the caller's transaction; not yet seen by anyone."""
    with connection.cursor() as cursor:
        cursor.execute(f"create table intake_account_{int(tape_id)} (like intake_account including defaults including constraints)")


def partition_fill(tape_id: int, organisation_id: int, accounts: pl.DataFrame, people: pl.DataFrame, *, start: int) -> None:
    """COPY a part. accounts: canonical frame; people: the rows of ``kernel.frames.DEBTOR`` in the same order; start: the first position."""
    shown = people.select(MASKS[str(DEBTOR[field].personal)](pl.col(field)).alias(name) for name, field in SHOWN.items())
    frame = accounts.with_columns(
        pl.lit(tape_id, dtype=pl.Int64).alias("tape_id"),
        pl.int_range(start, start + accounts.height, eager=True).alias("position"),
        pl.lit(organisation_id, dtype=pl.Int64).alias("organisation_id"),
        *shown.get_columns(),
    ).select(_ORDER)
    # an empty text is a value, a missing one is not: quotes tell them apart
    csv = frame.write_csv(include_header=False, quote_style="necessary", null_value="\\N").encode()
    target = f"copy intake_account_{int(tape_id)} ({', '.join(_ORDER)}) from stdin (format csv, null '\\N')"
    with connection.cursor() as cursor, cursor.copy(target) as copy:
        view = memoryview(csv)
        for at in range(0, len(view), 1 << 22):
            copy.write(view[at : at + (1 << 22)])


def partition_close(tape_id: int) -> None:
    """Index the partition, count its values and attach it: it is seen from the commit on."""
    name = f"intake_account_{int(tape_id)}"
    with connection.cursor() as cursor:
        cursor.execute(f"alter table {name} add constraint {name}_tape check (tape_id = {int(tape_id)})")  # spares the attaching a scan
        cursor.execute(f"alter table intake_account attach partition {name} for values in ({int(tape_id)})")
        cursor.execute(f"alter table {name} drop constraint {name}_tape")
        cursor.execute(f"analyze {name}")


def partition_drop(tape_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists intake_account_{int(tape_id)}")


def columns_write(parts: Sequence[pl.DataFrame], path: Path) -> None:
    """The columns file of a tape, in the order of positions, in blocks that a reader maps without decoding."""
    frame = pl.concat([part.select(FILTERED) for part in parts]) if parts else ACCOUNT.empty().select(FILTERED)
    frame.with_columns(pl.col("province").cast(PROVINCE)).write_ipc(path, compression="uncompressed")
