"""One version of a tape read and cleaned whole, to be compared with another (:mod:`.engines.intake.diff`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from panhuo.engines.intake import Layout, Reconciliation, clean, exclude, find_duplicates, infer_as_of, keys, open_tape
from panhuo.engines.intake.clean_duplicates import with_own_numbers
from panhuo.engines.intake.diff import Version
from panhuo.pipeline.layouts import choose_layout


def read_version(
    paths: Sequence[Path],
    *,
    layout: Layout | None,
    as_of: dt.date | None,
    today: dt.date,
    sheet: str | None = None,
    workdir: Path | None = None,
    tell: Callable[[int], None] = lambda rows: None,
) -> Version:
    """The version in ``paths``, in memory. layout: chosen by the headings if left out. Its cut-off, where neither the call, the layout nor the tape says
    it, is ``today``. tell: called with the rows read so far. Raises InputUnusable, UsageInvalid."""
    tape = open_tape(paths, layout=layout, sheet=sheet, workdir=workdir)
    if layout is None:
        layout = choose_layout(tape.headings, where=str(paths[0]))
        tape = open_tape(paths, layout=layout, sheet=sheet, workdir=workdir)
    layout, _ = tape.fitted(layout)
    day = as_of or layout.as_of
    accounts: list[pl.DataFrame] = []
    debtors: list[pl.DataFrame] = []
    seen: list[pl.DataFrame] = []
    total = Reconciliation()
    for raw in tape.batches():
        day = day or infer_as_of(raw, layout=layout) or tape.stated_as_of or today
        cleaned = clean(raw, layout=layout, as_of=day).data
        repeated = find_duplicates(keys(cleaned), earlier=pl.concat(seen) if seen else None).data
        cleaned = exclude(cleaned, repeated)
        seen.append(keys(cleaned))
        accounts.append(with_own_numbers(cleaned.accounts, cleaned.originals))
        debtors.append(cleaned.tables["debtor"])
        total += cleaned.reconciliation
        tell(total.rows_in)
    assert day is not None  # batches() raises on a tape without rows
    return Version(pl.concat(accounts), pl.concat(debtors), day, total)
