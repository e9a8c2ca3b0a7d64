"""The same account twice.

Which of two rows with one account number is right cannot be told from the tape, and adding them up would double the debt. So the
first, in the order of the tape, is taken and every later one rejected: ``DUPLICATE_ROW`` where its figures are those of the first,
``DUPLICATE_DEBTOR`` where these are and the person is another (a co-borrower in a row of his own), ``DUPLICATE_ACCOUNT`` where they
differ, or where so many people have one number, or one that a spreadsheet rounded, that it is none (then a person has to look). The message names the first row.

Within a batch :func:`clean` sees to it. Across batches the caller gathers :func:`keys` of each, asks :func:`find_duplicates` and lets
:func:`exclude` move the rows; the reconciliation stays exact.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.clean_result import Cleaned
from panhuo.engines.intake.rules import CHECKS
from panhuo.engines.intake.tables import SOURCE_FILE, SOURCE_ROW, Tables
from panhuo.kernel.findings import FINDING, Outcome, no_findings

FIGURES: Final = (
    *("principal_fen", "interest_fen", "penalty_fen", "fees_fen", "overdue_days", "original_principal_fen"),
    *("origination_date", "maturity_date", "last_payment_on", "last_payment_fen"),
)
"""Two rows with one account number and the same of all these are one row written twice."""

PERSON: Final = ("name", "id_no", "phone")
KEYS: Final = ("account_id", SOURCE_FILE, SOURCE_ROW, "number", "digest", "person")
"""``number``: hash of the account number, by which rows are looked up; a collision only costs a closer look. ``digest``: of ``FIGURES``. ``person``: of who owes."""
_TOGETHER: Final = 4
"""People who owe one debt together, at most: more under one number are claims that lost their own."""
_ROUNDED: Final = r"^[0-9]{15}00+$"
"""A number that a spreadsheet has rounded to fifteen digits."""
_CODES: Final = ("DUPLICATE_ROW", "DUPLICATE_DEBTOR", "DUPLICATE_ACCOUNT")

FOUND: Final = ("account_id", SOURCE_FILE, SOURCE_ROW, "code", "first_file", "first_row")


def keys(cleaned: Cleaned) -> pl.DataFrame:
    """What :func:`find_duplicates` needs of a batch: account number, place in the tape, digest of the figures.

    The number is the tape's own, also where a token replaced it: not for a file that leaves the machine.
    """
    return _keys(with_own_numbers(cleaned.accounts, cleaned.originals), cleaned.tables["debtor"])


def with_own_numbers(frame: pl.DataFrame, originals: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with the account numbers of the tape in place of tokens."""
    if not originals.height:
        return frame
    joined = frame.select("account_id").join(originals, on="account_id", how="left", maintain_order="left")
    return frame.with_columns(joined.select(pl.coalesce("number", "account_id").alias("account_id")).to_series())


def find_duplicates(keys: pl.DataFrame, *, earlier: pl.DataFrame | None = None, heading: str = "account_id") -> Outcome[pl.DataFrame]:
    """Every row of ``keys`` whose account number stands before it, in ``keys`` or in ``earlier`` (keys of batches already taken).

    Data: columns ``FOUND``, one row a rejected row. heading: of the account number, for the findings.
    """
    at = repeated_at(keys["number"])
    if earlier is not None and earlier.height:
        at = np.union1d(at, keys["number"].is_in(earlier["number"].implode()).arg_true().to_numpy())
    if not len(at):
        return Outcome(_nothing(), no_findings())
    mine = keys.select(KEYS)[at].with_columns(mine=pl.lit(value=True))
    if earlier is not None and earlier.height:
        before = earlier.filter(pl.col("number").is_in(mine["number"].implode())).select(KEYS).with_columns(mine=pl.lit(value=False))
        mine = pl.concat([before, mine])
    many = pl.col("person").n_unique().over("account_id") > _TOGETHER
    marked = mine.with_columns(at=pl.int_range(pl.len()), crowded=many | pl.col("account_id").str.contains(_ROUNDED))
    first = marked.group_by("account_id", maintain_order=True).first()
    found = (
        marked.join(
            first.select("account_id", "at", "digest", "person", SOURCE_FILE, SOURCE_ROW), on="account_id", suffix="_first", maintain_order="left"
        )
        .filter(pl.col("mine"), pl.col("at") != pl.col("at_first"))
        .select(
            "account_id",
            SOURCE_FILE,
            SOURCE_ROW,
            pl.when(pl.col("digest") != pl.col("digest_first"))
            .then(pl.lit("DUPLICATE_ACCOUNT"))
            .when((pl.col("person") != pl.col("person_first")) & ~pl.col("crowded"))
            .then(pl.lit("DUPLICATE_DEBTOR"))
            .when(pl.col("person") != pl.col("person_first"))
            .then(pl.lit("DUPLICATE_ACCOUNT"))
            .otherwise(pl.lit("DUPLICATE_ROW"))
            .alias("code"),
            pl.col(f"{SOURCE_FILE}_first").alias("first_file"),
            pl.col(f"{SOURCE_ROW}_first").alias("first_row"),
        )
    )
    return Outcome(found, _findings(found, heading))


def repeated_at(numbers: pl.Series) -> npt.NDArray[np.int64]:
    """The positions of all hashes that stand more than once. By sorting, which costs a third of asking a hash table."""
    ordered = numbers.sort()
    twice = ordered.filter(ordered == ordered.shift(1)).unique()
    if not len(twice):
        return np.zeros(0, dtype=np.int64)
    return numbers.is_in(twice.implode()).arg_true().to_numpy().astype(np.int64)


def exclude(cleaned: Cleaned, keys: pl.DataFrame) -> Cleaned:
    """``cleaned`` with the accepted rows named by ``keys`` (``source_file``, ``source_row``) moved to the rejected ones.

    Rows that are not among the accepted are ignored, so the answer for the whole tape can be given to each batch.
    """
    accounts = cleaned.accounts
    if not keys.height or not accounts.height:
        return cleaned
    moved = accounts.join(keys.select(pl.col(SOURCE_FILE), pl.col(SOURCE_ROW).cast(pl.Int32)).unique(), on=[SOURCE_FILE, SOURCE_ROW], how="semi")
    if not moved.height:
        return cleaned
    fen = int(moved["balance_fen"].cast(pl.Int128).sum())
    old = cleaned.reconciliation
    tables = cleaned.tables
    assert isinstance(tables, Tables)
    return replace(
        cleaned,
        tables=tables.without(moved["account_id"]),
        rejected=_rejected(cleaned, moved),
        reconciliation=replace(
            old,
            rows_accepted=old.rows_accepted - moved.height,
            rows_rejected=old.rows_rejected + moved.height,
            balance_accepted_fen=old.balance_accepted_fen - fen,
            balance_rejected_fen=old.balance_rejected_fen + fen,
            repeated_rows=old.repeated_rows + _under(moved, keys, "DUPLICATE_ACCOUNT"),
            co_debtor_rows=old.co_debtor_rows + _under(moved, keys, "DUPLICATE_DEBTOR"),
        ),
    )


def _under(moved: pl.DataFrame, keys: pl.DataFrame, code: str) -> int:
    """How many of the rows moved are so under a code."""
    if "code" not in keys.columns:
        return 0
    other = keys.filter(pl.col("code") == code).select(SOURCE_FILE, pl.col(SOURCE_ROW).cast(pl.Int32)).unique()
    return moved.join(other, on=[SOURCE_FILE, SOURCE_ROW], how="semi").height


def reject_repeated(batch: Batch, raw: pl.DataFrame, heading: str) -> None:
    """Within one batch: rejects and notes the later rows of each account number."""
    ids = batch.frame["account_id"]
    at = repeated_at(ids.hash())
    at = at[~batch.notes.rejected[at]]
    if not len(at):
        return
    wide = batch.frame.select(name for name in ("account_id", *FIGURES) if name in batch.frame.columns)[at]
    rows = wide.with_columns(raw["__file"].gather(at).cast(pl.String).alias(SOURCE_FILE), raw["__row"].gather(at).cast(pl.Int32).alias(SOURCE_ROW))
    people = batch.frame.select("account_id", *(name for name in PERSON if name in batch.frame.columns))[at]
    outcome = find_duplicates(_keys(rows, people), heading=heading)
    if not outcome.data.height:
        return
    places = rows.select(SOURCE_FILE, SOURCE_ROW).with_columns(at=at)
    hit = outcome.data.join(places, on=[SOURCE_FILE, SOURCE_ROW], how="left", maintain_order="left")["at"]
    batch.notes.add_built(hit.to_numpy().astype(np.int64), outcome.findings)


def _keys(accounts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """people: their columns, in the same order."""
    said = people.select(name for name in PERSON if name in people.columns)
    figures = accounts.select(name for name in FIGURES if name in accounts.columns)
    return accounts.select(
        "account_id",
        SOURCE_FILE,
        SOURCE_ROW,
        pl.col("account_id").hash().alias("number"),
        figures.hash_rows(seed=0).alias("digest"),
        (said.hash_rows(seed=0) if said.width else pl.lit(0, dtype=pl.UInt64)).alias("person"),
    )


def _rejected(cleaned: Cleaned, moved: pl.DataFrame) -> pl.DataFrame:
    if cleaned.source is None:
        raise ValueError("the raw rows of this batch were dropped: exclude() before dropping `source`")
    places = moved.select(pl.col(SOURCE_FILE).alias("__file"), pl.col(SOURCE_ROW).cast(cleaned.source["__row"].dtype).alias("__row"))
    gone = cleaned.source.join(places, on=["__file", "__row"], how="semi", maintain_order="left")
    return pl.concat([cleaned.rejected, gone]).sort("__file", "__row", maintain_order=True)


def _findings(found: pl.DataFrame, heading: str) -> pl.DataFrame:
    def words(english: bool) -> pl.Expr:
        by_code = pl.lit("")
        for code in _CODES:
            message = CHECKS[code].rule.message
            text = (message.en if english else message.zh).replace("{row}", "{}").replace("{file}", "{}")
            order = ["first_row", "first_file"]
            by_code = pl.when(pl.col("code") == code).then(pl.format(text, *order)).otherwise(by_code)
        return by_code

    return found.select(
        pl.col(SOURCE_ROW).cast(pl.Int64).alias("row"),
        pl.col(SOURCE_FILE).alias("file"),
        pl.lit(heading).alias("column"),
        "code",
        pl.lit("reject").alias("severity"),
        words(english=False).alias("message"),
        words(english=True).alias("message_en"),
        pl.col("account_id").alias("value"),
    ).cast(FINDING)  # type: ignore[arg-type]


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "account_id": pl.String,
            SOURCE_FILE: pl.String,
            SOURCE_ROW: pl.Int32,
            "code": pl.String,
            "first_file": pl.String,
            "first_row": pl.Int32,
        }
    )
