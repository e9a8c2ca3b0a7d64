"""What is true behind the rows: whose they are, what they will pay and when, and what was spoiled."""

from __future__ import annotations

import numpy as np
import polars as pl

from panhuo.engines.intake.synthesis.debtors import Debtors
from panhuo.engines.intake.synthesis.dirt import Dirtied
from panhuo.engines.intake.synthesis.draws import Draws, gather
from panhuo.engines.intake.synthesis.loans import Loans
from panhuo.engines.intake.synthesis.repayment import HORIZON, expected, simulate

MONTHS = tuple(f"m{month:02d}" for month in range(1, HORIZON + 1))
TRUTH: dict[str, pl.DataType | pl.List] = {
    "row": pl.Int64(),
    "account_id": pl.String(),
    "debtor": pl.Int64(),
    "balance_fen": pl.Int64(),
    "expected_recovery_fen": pl.Float64(),
    "ability": pl.Float32(),
    "willingness": pl.Float32(),
    "faults": pl.List(pl.String()),
    **dict.fromkeys(MONTHS, pl.Int64()),
}
"""Columns of the truth, one line a row of the tape.

row: 1-based data row. account_id: the true one (of a repeated row: the one it repeats). debtor: the row of the tape that brought this debtor, the
same number for all his loans. balance_fen: what is owed, before faults. expected_recovery_fen: the mean over all futures, in fen, of what comes
in over 36 months of ordinary in-house work. ability, willingness: the debtor's latent traits, N(0, 1) among all who borrow. faults: kinds
injected into the row. m01 ... m36: fen received in each month after the cut-off in the one future that happened. A row that repeats another
whole has zero recovery: the claim is counted once.
"""


def truth_of(draws: Draws, debtors: Debtors, loans: Loans, accounts: pl.Series, dirtied: Dirtied) -> pl.DataFrame:
    """The truth of a chunk. accounts: the clean account ids."""
    row = np.arange(draws.rows)
    paid = simulate(draws, debtors.age, debtors.z, loans.balance_fen, loans.instalment_share)
    mean = expected(debtors.age, debtors.z, loans.balance_fen, loans.instalment_share)
    source = dirtied.copied
    counted = source == row
    kinds = dirtied.faults.group_by("row", maintain_order=True).agg(pl.col("fault").alias("faults"))
    frame = pl.DataFrame(
        {
            "row": draws.start + 1 + row,
            "account_id": gather(accounts, source),
            "debtor": draws.start + 1 + debtors.first[source],
            "balance_fen": loans.balance_fen[source],
            "expected_recovery_fen": np.where(counted, mean, 0.0),
            "ability": debtors.ability[source].astype(np.float32),
            "willingness": debtors.willingness[source].astype(np.float32),
            **{month: np.where(counted, amount, 0) for month, amount in zip(MONTHS, paid, strict=True)},
        }
    )
    frame = frame.join(kinds, on="row", how="left", maintain_order="left").with_columns(pl.col("faults").fill_null([]))
    return frame.select([pl.col(name).cast(dtype) for name, dtype in TRUTH.items()])
