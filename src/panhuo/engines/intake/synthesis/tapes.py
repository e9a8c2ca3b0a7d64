"""``synthesise``: a synthetic Chinese loan tape of any size, chunk by chunk, with the truth beside it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from panhuo.engines.intake.synthesis.debtors import draw_debtors
from panhuo.engines.intake.synthesis.dirt import dirty as spoil
from panhuo.engines.intake.synthesis.draws import CHUNK_ROWS, Draws
from panhuo.engines.intake.synthesis.histories import draw_histories
from panhuo.engines.intake.synthesis.loans import draw_loans
from panhuo.engines.intake.synthesis.people import draw_people
from panhuo.engines.intake.synthesis.tape import HEADINGS, tape_text
from panhuo.engines.intake.synthesis.truth import truth_of
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

MOST_ROWS = 99_999_999
"""Phones and account ids are numbered with eight and nine digits."""
EARLIEST, LATEST = dt.date(2005, 1, 1), dt.date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Up to 250,000 rows. ``tape``: text columns under Chinese headings; ``truth``, ``faults``: columns of ``TRUTH`` and ``FAULTS``."""

    tape: pl.DataFrame
    truth: pl.DataFrame
    faults: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Synthetic:
    """A tape to be made. Iterating makes it, one chunk in memory at a time, the same each time."""

    rows: int
    seed: int
    as_of: dt.date
    dirty: float
    null_bytes: bool = True

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in range(-(-self.rows // CHUNK_ROWS)):
            yield self.chunk(chunk)

    def __len__(self) -> int:
        """The number of chunks."""
        return -(-self.rows // CHUNK_ROWS)

    def chunk(self, number: int) -> Chunk:
        """Chunk ``number``, counted from 0: it depends on nothing that came before."""
        draws = Draws(self.seed, number, min(self.rows - number * CHUNK_ROWS, CHUNK_ROWS))
        debtors = draw_debtors(draws)
        loans = draw_loans(draws, debtors, self.as_of)
        histories = draw_histories(draws, debtors, loans, self.as_of)
        clean = tape_text(draws, debtors, loans, histories, draw_people(draws, debtors, loans))
        dirtied = spoil(draws, clean, debtors.again, self.as_of, self.dirty, null_bytes=self.null_bytes)
        truth = truth_of(draws, debtors, loans, clean[HEADINGS["account_id"]], dirtied)
        return Chunk(dirtied.tape, truth, dirtied.faults)


def synthesise(rows: int, *, seed: int, as_of: dt.date, dirty: float = 0.02, null_bytes: bool = True) -> Synthetic:
    """A tape of ``rows`` loans at the cut-off ``as_of``, a share ``dirty`` of them faulty.

    The first k rows do not depend on ``rows``: a tape of 1,000 begins with the tape of 100 of the same seed, cut-off and share. null_bytes: false
    leaves out the fault that a spreadsheet cannot hold. Raises UsageInvalid for figures out of range.
    """
    if not 0 <= rows <= MOST_ROWS:
        raise _wrong("-n", f"行数须在 0 至 {MOST_ROWS:,} 之间，现为 {rows}", f"the number of rows must be from 0 to {MOST_ROWS:,}, not {rows}")
    if not (math.isfinite(dirty) and 0.0 <= dirty <= 1.0):
        raise _wrong("--dirty", f"脏行占比须在 0 至 1 之间，现为 {dirty}", f"the share of dirty rows must be from 0 to 1, not {dirty}")
    if not EARLIEST <= as_of <= LATEST:
        raise _wrong(
            "--as-of", f"基准日须在 {EARLIEST} 至 {LATEST} 之间，现为 {as_of}", f"the cut-off must be from {EARLIEST} to {LATEST}, not {as_of}"
        )
    return Synthetic(rows, seed, as_of, dirty, null_bytes)


def _wrong(where: str, zh: str, en: str) -> UsageInvalid:
    return UsageInvalid("SAMPLE_ARGUMENT", Words(zh, en), where=where, remedy=Words("改正该参数", "correct the argument"))
