"""One version of a tape read and cleaned whole, to be compared with another (:mod:`.engines.intake.diff`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from panhuo.engines.intake import Layout, Reconciliation, clean, exclude, find_duplicates, keys
from panhuo.engines.intake.clean_duplicates import with_own_numbers
from panhuo.engines.intake.diff import Version
from panhuo.pipeline.corrected import without
from panhuo.pipeline.opening import Begun, begin, open_fitted


def read_version(
    paths: Sequence[Path],
    *,
    layout: Layout | None,
    as_of: dt.date | None,
    today: dt.date,
    sheet: str | None = None,
    workdir: Path | None = None,
    tell: Callable[[int], None] = lambda rows: None,
    superseded: pl.DataFrame | None = None,
) -> Version:
    """The version in ``paths``, in memory. layout: chosen by the headings if left out. Its cut-off, where neither the call, the layout nor the tape says
    it, is ``today``. tell: called with the rows read so far. superseded: rows that are
    left out, corrected ones among ``paths`` standing for them (``corrected.SUPERSEDED``). Raises InputUnusable, UsageInvalid."""
    opened = open_fitted(paths, layout=layout, sheet=sheet, workdir=workdir)
    begun: Begun | None = None
    accounts: list[pl.DataFrame] = []
    debtors: list[pl.DataFrame] = []
    seen: list[pl.DataFrame] = []
    total = Reconciliation()
    for whole in opened.tape.batches():
        raw = without(whole, superseded)
        if not raw.height:
            continue
        begun = begun or begin(opened, raw, as_of=as_of, today=today)
        cleaned = clean(raw, layout=opened.layout, as_of=begun.as_of).data
        repeated = find_duplicates(keys(cleaned), earlier=pl.concat(seen) if seen else None).data
        cleaned = exclude(cleaned, repeated)
        seen.append(keys(cleaned))
        accounts.append(with_own_numbers(cleaned.accounts, cleaned.originals))
        debtors.append(cleaned.tables["debtor"])
        total += cleaned.reconciliation
        tell(total.rows_in)
    assert begun is not None  # batches() raises on a tape without rows
    notices = tuple(notice.words for notice in (*opened.notices, *begun.notices))
    return Version(pl.concat(accounts), pl.concat(debtors), begun.as_of, total, notices)
