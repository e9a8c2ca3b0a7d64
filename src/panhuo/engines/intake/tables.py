"""From one wide typed row to the canonical tables: account, debtor, guarantor, contact, collateral, history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import polars as pl

from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.guarantors import AT
from panhuo.engines.intake.rules_debtor import has_employer
from panhuo.kernel.calendar import bucket
from panhuo.kernel.fields import Frame
from panhuo.kernel.frames import ACCOUNT, COLLATERAL, CONTACT, DEBTOR, GUARANTOR, HISTORY

SOURCE_FILE, SOURCE_ROW = "source_file", "source_row"

_SURETY: Final = ("guarantor_name", "guarantor_id_no", "guarantor_phone")
_PRODUCT: Final = ACCOUNT["product"].dtype


class Tables(Mapping[str, pl.DataFrame]):
    """The tables of a batch by frame name. ``history`` (24 rows an account) is unpacked when it is asked for."""

    def __init__(self, tables: Mapping[str, pl.DataFrame], as_of: dt.date) -> None:
        self._tables = dict(tables)
        self.as_of = as_of

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name == HISTORY.name and name not in self._tables:
            self._tables[name] = unpack_history(self._tables[ACCOUNT.name], self.as_of)
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        yield from (frame.name for frame in (ACCOUNT, DEBTOR, GUARANTOR, CONTACT, COLLATERAL, HISTORY))

    def __len__(self) -> int:
        return 6

    def without(self, account_ids: pl.Series) -> Tables:
        """All tables without these accounts."""
        gone = pl.col("account_id").is_in(account_ids.implode())
        return Tables({name: table.filter(~gone) for name, table in self._tables.items()}, self.as_of)


def complete(batch: Batch) -> None:
    """The account columns that Panhuo itself fills: defaults, bucket, reachability, counts."""
    product = pl.when(pl.col("debtor_kind") == "firm").then(pl.lit("corporate_loan", dtype=_PRODUCT)).otherwise(pl.lit("other", dtype=_PRODUCT))
    contact = pl.any_horizontal(batch.col(n).is_not_null() for n in ("contact_name", "contact_phone"))
    guarantor = pl.any_horizontal(batch.col(n).is_not_null() for n in _SURETY).cast(pl.Int32)
    if batch.guarantors is not None:
        more = np.bincount(batch.guarantors[AT].to_numpy(), minlength=batch.frame.height)
        guarantor = guarantor + pl.lit(pl.Series(more).cast(pl.Int32))
    batch.set(
        product=pl.coalesce(batch.col("product"), product),
        written_off=batch.col("written_off").fill_null(batch.col("written_off_on").is_not_null()),
        bucket=bucket(pl.col("overdue_days")),
        phone_valid=batch.col("phone").is_not_null() | batch.col("phone2").is_not_null(),
        has_employer=has_employer(batch),
        has_address=batch.col("address").is_not_null(),
        contact_count=contact.cast(pl.Int32),
        guarantor_count=guarantor,
    )


def build(batch: Batch, raw: pl.DataFrame) -> Tables:
    """The tables of the accepted rows."""
    wide = batch.frame.with_columns(raw["__file"].cast(pl.String).alias(SOURCE_FILE), raw["__row"].cast(pl.Int32).alias(SOURCE_ROW))
    if batch.notes.rejected.any():
        wide = wide.filter(pl.Series(~batch.notes.rejected))
    return Tables(
        {
            ACCOUNT.name: _pick(wide, ACCOUNT),
            DEBTOR.name: _pick(wide, DEBTOR),
            GUARANTOR.name: _pick(_guarantors(batch, wide), GUARANTOR),
            CONTACT.name: _pick(_having(wide, ("contact_name", "contact_phone")), CONTACT),
            COLLATERAL.name: _pick(_collateral(wide), COLLATERAL),
        },
        batch.as_of,
    )


def unpack_history(accounts: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """One row an account and month out of ``repayment_pattern``, whose last character is the month of the cut-off."""
    patterns = accounts.select("account_id", pl.col("repayment_pattern").alias("status")).drop_nulls()
    if not patterns.height:
        return HISTORY.empty()
    length = pl.col("status").str.len_chars().cast(pl.Int64)
    last = as_of.year * 12 + as_of.month - 1
    rows = patterns.with_columns(
        status=pl.col("status").str.split(""),
        month=pl.int_ranges(last - length + 1, last + 1),
    ).explode("status", "month")
    return HISTORY.conform(rows.select("account_id", pl.date(pl.col("month") // 12, pl.col("month") % 12 + 1, 1).alias("month"), "status"))


def _pick(wide: pl.DataFrame, frame: Frame) -> pl.DataFrame:
    return frame.conform(wide.select(name for name in frame.names if name in wide.columns))


def _having(wide: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """Rows in which any of these is filled."""
    at_hand = [name for name in names if name in wide.columns]
    if not at_hand:
        return wide.clear()
    if any(not wide[name].null_count() for name in at_hand):
        return wide
    columns = [name for name in ("account_id", *names, "contact_relation") if name in wide.columns]
    return wide.select(columns).filter(pl.any_horizontal(pl.col(name).is_not_null() for name in at_hand))


def _guarantors(batch: Batch, wide: pl.DataFrame) -> pl.DataFrame:
    """Rows of those who stand surety; who shared a cell one after the other."""
    first = _having(wide, _SURETY)
    if batch.guarantors is None:
        return first
    rows = batch.frame.select("account_id", __out=pl.Series(batch.notes.rejected))[batch.guarantors[AT]]
    others = pl.concat([batch.guarantors, rows], how="horizontal").filter(~pl.col("__out")).drop("__out")
    firsts = first.select(name for name in ("account_id", *_SURETY) if name in first.columns)
    order = wide.select("account_id", __place=pl.int_range(pl.len()))
    both = pl.concat([firsts, others.select(name for name in firsts.columns if name in others.columns)], how="diagonal")
    return both.join(order, on="account_id", how="left").sort("__place", maintain_order=True).drop("__place")


def _collateral(wide: pl.DataFrame) -> pl.DataFrame:
    columns = [name for name in COLLATERAL.names if name in wide.columns]
    said = [pl.col(name).is_not_null() for name in columns if name not in ("account_id", "collateral_kind", "seizure_rank")]
    if "collateral_kind" in columns:
        said.append((pl.col("collateral_kind") != "none").fill_null(value=False))
    return wide.select(columns).filter(pl.any_horizontal(said)) if said else wide.clear()
