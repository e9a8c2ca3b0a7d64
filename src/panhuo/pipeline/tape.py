"""From files to cleaned partitions on disk: the first half of a run.

Each batch is cleaned and written to scratch as it comes, the next one being read meanwhile, so that a tape may be larger than memory.
What has to be seen whole is kept: account numbers (duplicates), the people (debtor identity), counts and sums.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from panhuo.engines.intake import (
    Layout,
    Quality,
    Reconciliation,
    Tape,
    clean,
    exclude,
    find_duplicates,
    keys,
    load_layout,
    no_quality,
)
from panhuo.engines.intake.ahead import ahead
from panhuo.engines.intake.identity import COMPARED
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words
from panhuo.pipeline.beside import Beside
from panhuo.pipeline.corrected import check_superseded, without
from panhuo.pipeline.notices import Notice
from panhuo.pipeline.opening import AsOfFrom, begin, open_fitted
from panhuo.pipeline.parquet import PartWriter
from panhuo.pipeline.scratch import put
from panhuo.pipeline.unread import Unread

PRIVATE_TABLES = ("debtor", "guarantor", "contact", "collateral")

NUMBERS = "account_numbers.parquet"
"""The tape's account numbers that are a person's (identity number, mobile, card), by the token that stands for each in every file."""


@dataclass(slots=True)
class Intake:
    """What is known after the tape has been read: where the partitions lie, and everything that adds up."""

    tape: Tape
    layout: Layout
    as_of: dt.date
    as_of_from: AsOfFrom
    accounts: list[Path] = field(default_factory=list)  # an Arrow file a partition
    people: list[Path] = field(default_factory=list)
    rejected: list[Path] = field(default_factory=list)  # raw rows
    findings: list[Path] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)
    reconciliation: Reconciliation = field(default_factory=Reconciliation)
    quality: Quality = field(default_factory=no_quality)
    notices: list[Notice] = field(default_factory=list)
    currencies: Counter[str] = field(default_factory=Counter)  # accepted accounts by currency
    sheet: str = ""  # the sheet that was asked for
    unread: Unread = field(default_factory=Unread)

    @property
    def currency(self) -> str:
        """What amounts are named in: the commonest currency, since no amount is converted and one name has to serve."""
        return max(sorted(self.currencies), key=lambda name: self.currencies[name], default="CNY")


def take_in(
    tapes: Sequence[Path],
    folder: Path,
    *,
    layout: str | None,
    as_of: dt.date | None,
    today: dt.date | None,
    sheet: str | None,
    batch_rows: int,
    tell: Callable[[str, float | None], None],
    label: str,
    readable: Callable[[], object] = lambda: None,
    superseded: pl.DataFrame | None = None,
) -> Intake:
    """Read and clean the tape into ``folder/scratch`` and ``folder/private``.

    ``readable`` is called once, when the first batch has been read. superseded: rows (``corrected.SUPERSEDED``) that corrected ones among ``tapes`` stand
    for, and that are left out. Raises InputUnusable, ConfigurationInvalid, UsageInvalid.
    """
    _refuse_twice(tapes)
    scratch, private = folder / "scratch", folder / "private"
    private.mkdir(mode=0o700)
    opened = open_fitted(tapes, layout=load_layout(layout) if layout is not None else None, sheet=sheet, workdir=scratch)
    intake: Intake | None = None
    seen: list[pl.DataFrame] = []
    originals: list[pl.DataFrame] = []
    rows = left_out = 0
    with ExitStack() as stack:
        files = {name: private / ("collateral.parquet" if name == "collateral" else f"{name}s.parquet") for name in PRIVATE_TABLES}
        kept = stack.enter_context(Beside())
        writers = {name: stack.enter_context(PartWriter(path)) for name, path in files.items()}
        for number, whole in enumerate(ahead(opened.tape.batches(batch_rows))):
            raw = without(whole, superseded)
            left_out += whole.height - raw.height
            if not raw.height:
                continue
            if intake is None:
                begun = begin(opened, raw, as_of=as_of, today=today)
                intake = Intake(opened.tape, opened.layout, begun.as_of, begun.as_of_from, sheet=sheet or "")
                intake.notices += [*opened.notices, *begun.notices]
            outcome = clean(raw, layout=opened.layout, as_of=intake.as_of)
            cleaned, findings = outcome.data, [outcome.findings]
            mine = keys(cleaned)
            repeated = find_duplicates(mine, earlier=pl.concat(seen) if seen else None, heading=cleaned.headings.get("account_id", "account_id"))
            if repeated.data.height:
                cleaned = exclude(cleaned, repeated.data)
                findings.append(repeated.findings)
                mine = keys(cleaned)
            seen.append(mine)
            originals += [cleaned.originals] if cleaned.originals.height else []
            kept.call(_keep, intake, scratch, number, cleaned.accounts, cleaned.tables["debtor"], cleaned.rejected, pl.concat(findings))
            for name, writer in writers.items():
                writer.write(cleaned.tables[name])
            intake.unread.add(outcome.findings, cleaned.headings)
            intake.reconciliation += cleaned.reconciliation
            intake.quality += cleaned.quality
            intake.currencies.update(dict(cleaned.accounts["currency"].value_counts().iter_rows()))
            intake.headings = dict(cleaned.headings)
            if not rows:
                readable()
            rows += raw.height
            tell(f"{label} {rows:,}", None)
    check_superseded(superseded, left_out, where=tapes[-1].name)
    assert intake is not None  # batches() raises on a tape without rows, and what is superseded has a row that stands for it
    if originals:
        pl.concat(originals).write_parquet(private / NUMBERS, compression="zstd")
    return intake


def _refuse_twice(tapes: Sequence[Path]) -> None:
    """The same file named twice is a slip; a copy of it is a tape whose rows are all repeats."""
    seen: set[Path] = set()
    for tape in tapes:
        if tape.resolve() in seen:
            raise UsageInvalid(
                "INPUT_TWICE",
                Words("同一文件给了两次", "the same file is named twice"),
                where=str(tape),
                remedy=Words("只写一次", "name it once"),
            )
        seen.add(tape.resolve())


def _keep(
    intake: Intake, scratch: Path, number: int, accounts: pl.DataFrame, people: pl.DataFrame, rejected: pl.DataFrame, findings: pl.DataFrame
) -> None:
    """One batch to scratch; a part without rows is not written."""
    people = people.with_columns(accounts["debtor_kind"])
    if accounts.height:
        intake.accounts.append(scratch / f"accounts-{number:05d}.arrow")
        intake.people.append(scratch / f"people-{number:05d}.arrow")
        put(accounts, intake.accounts[-1])
        put(people.select(COMPARED), intake.people[-1])
    for name, frame, paths in (("rejected", rejected, intake.rejected), ("findings", findings, intake.findings)):
        if frame.height:
            path = scratch / f"{name}-{number:05d}.parquet"
            frame.write_parquet(path, compression="lz4", statistics=False)
            paths.append(path)
