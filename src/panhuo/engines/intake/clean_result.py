"""What cleaning hands on, and the reconciliation that proves nothing was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import polars as pl

from panhuo.engines.intake.quality import Quality
from panhuo.engines.intake.strays import ORIGINALS

SMALL_FEN = 50_000
"""500 yuan: few loans that anybody lists owe less, and most loans in 万元 whose unit was passed over seem to."""

SMALL_FIRM_FEN = 5_000_000
"""50,000 yuan: few firms owe less, and most that owe a few million seem to where 万元 are read as yuan."""

LARGE_FEN = 1_000_000_000
"""Ten million yuan: few persons owe as much, and most that owe a thousand seem to where yuan are read as 万元."""

NAMED = 0.1
"""Of a tape that names its debtors: fewer rows with a name are slips of a tape that names nobody."""

ABOVE = 10
"""Interest and penalties run up to the principal and beyond it; ten times it is a wrong unit or column, if most accounts say so."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Rows and fen in, accepted and rejected. A row's balance is the sum of its parts as far as they could be read.

    ``total_rows``, ``balance_total_rows_fen``: of the rejected, rows that add up others (合计) and what stands in them, which is no loss.
    ``arrears_unknown_…``, ``arrears_doubted_…``: of the accepted that owe something, rows that nothing says to be overdue or not, and rows called less overdue
    than their maturity or class say.
    ``balances_apart_rows``: accepted rows whose stated balance is not the sum of its parts.
    ``balances_small_rows``: accepted rows that owe something, and less than ``SMALL_FEN``.
    ``balances_small_firms_rows``: accepted rows of firms that owe less than ``SMALL_FIRM_FEN``.
    ``adds_up_rows``, ``balance_adds_up_fen``: accepted rows that are the sum of those above them, or have little of a claim.
    ``co_debtor_rows``: rejected rows that repeat an account and its figures under another person.
    ``balances_large_rows``: accepted rows of persons who owe more than ``LARGE_FEN``.
    ``arrears_apart_rows``: accepted rows whose days are not those since their first day of arrears.
    ``parts_above_rows``: accepted rows that owe more than ``ABOVE`` times their principal in interest, penalty and fees.
    ``nameless_rows``: accepted rows that say nothing of who owes, on a tape of which ``NAMED`` of the rows do.
    ``repeated_rows``: rejected rows whose account number stands before them with other figures.
    ``balance_unreadable_rows``: rejected rows in which a part stands but could not be read (or the principal does not stand).
    """

    rows_in: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    balance_in_fen: int = 0
    balance_accepted_fen: int = 0
    balance_rejected_fen: int = 0
    balance_unreadable_rows: int = 0
    total_rows: int = 0
    balance_total_rows_fen: int = 0
    arrears_unknown_rows: int = 0
    balance_arrears_unknown_fen: int = 0
    arrears_doubted_rows: int = 0
    balance_arrears_doubted_fen: int = 0
    balances_apart_rows: int = 0
    balances_small_rows: int = 0
    balances_small_firms_rows: int = 0
    balances_large_rows: int = 0
    adds_up_rows: int = 0
    balance_adds_up_fen: int = 0
    co_debtor_rows: int = 0
    arrears_apart_rows: int = 0
    parts_above_rows: int = 0
    repeated_rows: int = 0
    nameless_rows: int = 0

    def __add__(self, other: Reconciliation) -> Reconciliation:
        mine, theirs = asdict(self), asdict(other)
        return Reconciliation(**{name: mine[name] + theirs[name] for name in mine})

    @property
    def holds(self) -> bool:
        """Whether accepted and rejected make up what came in, in rows and in fen."""
        return (
            self.rows_accepted + self.rows_rejected == self.rows_in and self.balance_accepted_fen + self.balance_rejected_fen == self.balance_in_fen
        )


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned batch.

    tables: by frame name, each exactly as in ``kernel.frames``. rejected: the raw rows that were rejected, as they stood. headings:
    canonical field -> heading in the file. originals: account numbers that a token replaced, being a person's (:mod:`.strays`). source: the raw batch, from which :func:`.clean_duplicates.exclude` takes rows it has to
    reject later; None once dropped.
    """

    tables: Mapping[str, pl.DataFrame]
    rejected: pl.DataFrame
    reconciliation: Reconciliation
    quality: Quality
    headings: Mapping[str, str]
    originals: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ORIGINALS), repr=False)
    source: pl.DataFrame | None = field(default=None, repr=False)

    @property
    def accounts(self) -> pl.DataFrame:
        return self.tables["account"]
