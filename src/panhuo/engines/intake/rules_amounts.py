"""What the parts of a balance say against each other.

The balance is the sum of its parts, always. A total the tape states is only a check on them, with one exception: where a row gives
principal and total but leaves interest, penalty and fees all empty, the difference is taken as interest, since otherwise a debt
the lender states would vanish. Where total and parts are a hundredfold apart, one of them is in another unit or a slip, and neither is believed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.rules import ABSURD_FEN, BALANCE_PARTS

TOLERANCE_FEN: Final = 1
TOLERANCE_WIDE_FEN: Final = 20_000
"""Where any part is given in 万元 or more, two decimals there are 100 yuan: parts and total may differ by 200."""

APART: Final = 100
APART_FEN: Final = 1_000_000
"""Parts and total that differ by this factor and by more than this sum are no rounding: 元 against 万元, or a column slipped."""

STATED: Final = "__stated_balance"


def check_amounts(batch: Batch) -> None:
    """Fills empty parts, computes ``balance_fen``, notes contradictions. ``principal_fen`` missing is noted as a reject."""
    stated = batch.has("balance_fen")
    if stated:
        batch.set(**{STATED: pl.col("balance_fen")})
        _interest_from_balance(batch)
    missing = batch.mask(batch.col("principal_fen").is_null())
    unread = batch.notes.codes("principal_fen").keys() & {"AMOUNT_UNREADABLE", "AMOUNT_ABSURD", "AMOUNT_CURRENCY"}
    noted = np.zeros(batch.frame.height, dtype=bool)
    for code in unread:
        noted[batch.notes.codes("principal_fen")[code]] = True
    if len(batch.unreadable) and not batch.notes.from_file("principal_fen"):
        noted |= batch.unreadable  # what it is made of could not be read, and that is said already
    batch.notes.add_where("PRINCIPAL_MISSING", "principal_fen", missing & ~pl.Series(noted))
    batch.unreadable = _unreadable(batch) | (batch.unreadable if len(batch.unreadable) else False)
    parts = {name: batch.col(name).fill_null(0) for name in BALANCE_PARTS}
    batch.set(**parts)
    batch.set(balance_fen=pl.sum_horizontal(*BALANCE_PARTS))
    found = batch.frame.select(
        ((pl.col(STATED) - pl.col("balance_fen")).abs() > _tolerance(batch)).any().alias("mismatch")
        if stated
        else pl.lit(value=False).alias("mismatch"),
        (pl.col("balance_fen") == 0).any().alias("nothing"),
        (pl.col("principal_fen") > batch.col("original_principal_fen")).any().alias("above"),
    ).row(0, named=True)
    good = ~pl.lit(pl.Series(batch.notes.rejected))
    if found["mismatch"] and len(batch.note("BALANCE_SCALE", "balance_fen", good & _apart(pl.col("balance_fen")))):
        good = ~pl.lit(pl.Series(batch.notes.rejected))
    if found["mismatch"]:
        batch.note("BALANCE_MISMATCH", "balance_fen", good & ((pl.col(STATED) - pl.col("balance_fen")).abs() > _tolerance(batch)))
    if found["nothing"]:
        batch.note("NOTHING_OWED", "principal_fen", good & (pl.col("balance_fen") == 0))
    if found["above"]:
        revolving = (batch.col("repayment_method") == "revolving") | (batch.col("product") == "credit_card")
        batch.note(
            "PRINCIPAL_ABOVE_LOAN",
            "principal_fen",
            good & ~revolving.fill_null(value=False) & (pl.col("principal_fen") > pl.col("original_principal_fen")),
        )


def _unreadable(batch: Batch) -> npt.NDArray[np.bool_]:
    """Rows in which a part of the balance stands but could not be read, or the principal does not stand."""
    out = np.zeros(batch.frame.height, dtype=bool)
    for name in BALANCE_PARTS:
        noted = batch.notes.codes(name)
        for code in ("AMOUNT_UNREADABLE", "AMOUNT_ABSURD", "AMOUNT_CURRENCY", "PRINCIPAL_MISSING"):
            if code in noted:
                at = noted[code]
                out[at[batch.frame[name].gather(at).is_null().to_numpy()] if batch.has(name) else at] = True
    return out


def _interest_from_balance(batch: Batch) -> None:
    empty = pl.all_horizontal(batch.col(name).is_null() for name in BALANCE_PARTS[1:])
    more = empty & (pl.col(STATED) > batch.col("principal_fen")) & (pl.col(STATED) <= ABSURD_FEN) & ~pl.lit(pl.Series(batch.notes.rejected))
    more &= (pl.col("principal_fen") == 0) | ~_apart(pl.col("principal_fen"))
    mask = batch.mask(more.fill_null(value=False))
    if not mask.any():
        return
    batch.notes.add_where("INTEREST_FROM_BALANCE", "interest_fen", mask)
    batch.set(interest_fen=pl.when(mask).then(pl.col(STATED) - pl.col("principal_fen")).otherwise(batch.col("interest_fen")))


def _apart(parts: pl.Expr) -> pl.Expr:
    """Whether the stated total and ``parts`` are of another order. A total of zero states nothing: systems fill an unused column so."""
    low, high = pl.min_horizontal(parts, STATED), pl.max_horizontal(parts, STATED)
    return (pl.col(STATED) > 0) & (parts >= 0) & (low <= high // APART) & (high - low > APART_FEN)


def _tolerance(batch: Batch) -> int:
    return TOLERANCE_WIDE_FEN if batch.wide_units else TOLERANCE_FEN
