"""Personal data in the columns that reach ``accounts.parquet``, which has to name nobody.

Lenders number claims by the borrower's identity number, mobile or card, or a shifted row puts an address into the branch. In a contract number, lender or
branch such a value is taken out and said so. The account number is the key of every file and cannot be left out, so a token stands for it: ``ROW-17-1a2b3c4d``,
the row and a digest of the file's name. Why not a digest of the number: there are some ten billion identity numbers that can be, and half a day finds which
of them gives a digest. Why not one with a secret key: two runs would differ, and the key would have to be kept as safe as the numbers. A place in the tape
tells nothing to whoever has not the tape. Tokens and numbers stand side by side in the run's private folder.

Whether a lender's own number only looks like a telephone cannot be told from it. ``own_number: true`` on the layout's column says so.
"""

from __future__ import annotations

import zlib

import polars as pl

from panhuo.engines.intake import person_forms as forms
from panhuo.engines.intake.clean_batch import Batch, put
from panhuo.engines.intake.layout import Layout

TEXTS: tuple[str, ...] = ("contract_no", "lender", "branch")
PERSONS = ("name", "guarantor_name", "contact_name")
ORIGINALS: dict[str, pl.DataType] = {"account_id": pl.String(), "number": pl.String()}
"""Token, and the account number it stands for."""

ORGANISATION = r"(?i)(?:银行|信用社|分行|支行|营业部|分理处|储蓄所|公司|中心|分部|总部|部|处|科|组|团队|集团|基金|信托|保险|联社|机构|bank|branch|ltd\.?|inc\.?|co\.?)\s*$"


def take_out(batch: Batch, raw: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Takes personal data out of the columns of ``accounts``; returns ``ORIGINALS`` of the account numbers that tokens replaced.

    To be asked once repeated account numbers are found: a token repeats none.
    """
    for name in TEXTS:
        if batch.has(name) and batch.frame[name].null_count() < batch.frame.height and not _own(layout, name):
            batch.note("PERSONAL_TEXT", name, pl.lit(_personal(batch, name)), out=True)
    if _own(layout, "account_id"):
        return pl.DataFrame(schema=ORIGINALS)
    mask = _personal(batch, "account_id")
    at = batch.notes.add_where("PERSONAL_ACCOUNT_ID", "account_id", mask, batch.shown("account_id"))
    if not len(at):
        return pl.DataFrame(schema=ORIGINALS)
    places = raw.select(pl.col("__file").cast(pl.String), pl.col("__row").cast(pl.Int64))[at]
    digests = {name: f"{zlib.crc32(name.encode()):08x}" for name in places["__file"].unique()}
    tokens = places.select(pl.format("ROW-{}-{}", "__row", pl.col("__file").replace(digests))).to_series().alias("account_id")
    originals = pl.DataFrame([tokens, batch.frame["account_id"].gather(at).alias("number")])
    batch.frame = batch.frame.with_columns(put(batch.frame["account_id"], at, tokens))
    return originals


def _own(layout: Layout, name: str) -> bool:
    column = layout.by_field.get(name)
    return column is not None and column.own_number


def _personal(batch: Batch, name: str) -> pl.Series:
    column = batch.frame[name]
    if name in ("lender", "branch"):  # few values stand for many rows
        values = column.unique()
        hits = values.filter(_of_values(values, name))
        mask = column.is_in(hits.drop_nulls().implode()) if len(hits) else pl.Series([False]).new_from_index(0, len(column))
        same = [batch.frame[person] for person in PERSONS if batch.has(person)]
        for person in same:
            mask = mask | (column == person)
        return mask.fill_null(value=False)
    return _of_values(column, name)


def _of_values(values: pl.Series, name: str) -> pl.Series:
    mask = forms.has_number(values)
    at = (values.str.len_bytes() > values.str.len_chars()).arg_true()  # names and addresses are Chinese, and most numbers are not
    if not len(at):
        return mask
    value = pl.col("v")
    words = forms.has_house(value) | (forms.surely_name(value) if name in ("lender", "branch") else forms.looks_like_name(value))
    if name in ("lender", "branch"):
        words = words & ~value.str.contains(ORGANISATION)
    hit = values.gather(at).alias("v").to_frame().select(words).to_series()
    return mask.scatter(at.filter(hit), values=True)
