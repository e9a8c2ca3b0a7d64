"""How good a tape is, by field and as a whole.

A field's score is the share of rows in which it is filled times the share of the filled cells that no rule faulted (mended cells
count as good: their value is certain). The tape's score is the mean over ``WEIGHTS``, out of 100. The weights are a house judgement of what
pricing and collecting an account needs: without number and principal there is no claim (10 each); arrears, identity and a telephone
decide what can be done with it (5 to 8); the rest refines (1 to 3). A field whose emptiness is itself information (a date of
judgment, collateral, guarantor, the spare telephone) has no weight for being empty: for fields not among ``WEIGHTS`` only validity counts, and those of
``VALID_ONLY`` enter only where the tape has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from panhuo.engines.intake.clean_batch import Batch

WEIGHTS: Final[dict[str, float]] = {
    "account_id": 10, "principal_fen": 10, "interest_fen": 4, "penalty_fen": 2, "fees_fen": 1, "balance_fen": 2,
    "overdue_days": 6, "overdue_since": 4, "five_class": 2, "product": 3, "origination_date": 3, "maturity_date": 3,
    "original_principal_fen": 2, "annual_rate": 2, "last_payment_on": 2, "last_payment_fen": 1, "guarantee_kind": 1,
    "litigation_state": 2, "written_off": 1, "region_code": 1, "name": 5, "id_no": 8, "phone": 6, "address": 3, "employer": 1,
    "contactability": 1,
}  # fmt: skip
VALID_ONLY: Final[dict[str, float]] = {
    "phone2": 1, "landline": 1, "email": 0.5, "bank_card": 1, "contact_phone": 1, "guarantor_id_no": 1, "guarantor_phone": 0.5,
    "collateral_value_fen": 1, "judgment_on": 0.5, "written_off_on": 0.5, "birth_date": 0.5, "repayment_pattern": 0.5,
}  # fmt: skip

COUNTS: Final = {"field": pl.String(), "total": pl.Int64(), "filled": pl.Int64(), "valid": pl.Int64(), "repaired": pl.Int64()}


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts by field over all rows in, rejected ones included: ``counts`` has the columns ``COUNTS``. Batches add up with ``+``."""

    counts: pl.DataFrame

    def __add__(self, other: Quality) -> Quality:
        both = pl.concat([self.counts, other.counts])
        return Quality(both.group_by("field", maintain_order=True).sum().select(list(COUNTS)).cast(COUNTS))  # type: ignore[arg-type]

    def by_field(self) -> pl.DataFrame:
        """``counts`` with ``filled_share``, ``valid_share``, ``score`` (0 to 1) and ``weight``, the heaviest first.

        Weighted fields the tape lacks stand with zero rows filled.
        """
        total = self.total
        lacking = [name for name in WEIGHTS if name not in self.counts["field"]]
        absent = pl.DataFrame({"field": lacking, "total": [total] * len(lacking), "filled": 0, "valid": 0, "repaired": 0}, schema=COUNTS)
        weights = {name: float(weight) for name, weight in {**VALID_ONLY, **WEIGHTS}.items()}
        valid = pl.when(pl.col("filled") > 0).then(pl.col("valid") / pl.col("filled")).otherwise(0.0)
        lone = ~pl.col("field").is_in(list(WEIGHTS))
        return (
            pl.concat([self.counts, absent])
            .with_columns(
                filled_share=pl.when(pl.col("total") > 0).then(pl.col("filled") / pl.col("total")).otherwise(0.0),
                valid_share=valid,
                weight=pl.col("field").replace_strict(weights, default=0.0, return_dtype=pl.Float64),
            )
            .with_columns(
                score=pl.when(lone).then(pl.when(pl.col("filled") > 0).then("valid_share")).otherwise(pl.col("filled_share") * pl.col("valid_share"))
            )
            .sort("weight", "field", descending=[True, False])
        )

    @property
    def total(self) -> int:
        return int(self.counts["total"].max() or 0)  # type: ignore[arg-type]

    @property
    def score(self) -> float:
        """0 to 100; 0 for a tape without rows."""
        weighed = self.by_field().filter(pl.col("weight") > 0, pl.col("score").is_not_null())
        if not self.total:
            return 0.0
        return 100 * float((weighed["score"] * weighed["weight"]).sum()) / float(weighed["weight"].sum())


def no_quality() -> Quality:
    """Counts of nothing, to add batches to."""
    return Quality(pl.DataFrame(schema=COUNTS))


def count(batch: Batch, read: list[str]) -> Quality:
    """The counts of one batch. ``read``: fields that came from columns of the file."""
    height = batch.frame.height
    names = [name for name in dict.fromkeys([*read, *batch.filled]) if not name.startswith("_")]
    rows = []
    for name in names:
        filled = batch.filled.get(name, 0)
        faulty = min(filled, batch.notes.struck(name, repaired=False))
        rows.append((name, height, filled, filled - faulty, min(filled, batch.notes.struck(name, repaired=True))))
    return Quality(pl.DataFrame(rows, schema=COUNTS, orient="row"))
