"""Cleaning: one batch of raw text rows becomes the canonical tables, and everything wrong with it a finding.

Nothing is lost: each row in is accepted or rejected, exactly one of the two, and the money with it, to the fen. The order is

1. every column from text to type (:mod:`.parse_columns`); the layout's constants and derived fields;
2. the currency of rows and cells (:mod:`.rules_currency`), values out of range (:mod:`.rules_ranges`), the balance and its parts (:mod:`.rules_amounts`), arrears (:mod:`.rules_arrears`),
   the debtor (:mod:`.rules_debtor`), guarantors who share a cell (:mod:`.guarantors`);
3. accounts that stand twice in the batch (:mod:`.clean_duplicates`; across batches the caller asks there);
4. personal data that strayed into columns of the account (:mod:`.strays`);
5. tables of the accepted rows, the rejected rows as they stood, the reconciliation, the counts for the quality score.

A clean batch costs little more than its type casts: rules first ask whether a column breaks its bounds at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake import (
    guarantors,
    parse_columns,
    printed_rows,
    quality,
    rules_amounts,
    rules_arrears,
    rules_currency,
    rules_debtor,
    rules_ranges,
    strays,
    tables,
    wordless_totals,
)
from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.clean_derived import derive
from panhuo.engines.intake.clean_duplicates import reject_repeated
from panhuo.engines.intake.clean_notes import Notes, Positions
from panhuo.engines.intake.clean_result import ABOVE, LARGE_FEN, NAMED, SMALL_FEN, SMALL_FIRM_FEN, Cleaned, Reconciliation
from panhuo.engines.intake.feeding import feeds
from panhuo.engines.intake.identifiers import people
from panhuo.engines.intake.layout import Layout, load_layout
from panhuo.engines.intake.mapping import Binding, bind
from panhuo.engines.intake.rules import BALANCE_PARTS, CHECKS
from panhuo.engines.intake.title_dates import column_day
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.findings import Outcome
from panhuo.kernel.frames import TAPE
from panhuo.kernel.words import Words

MARKS = ("__file", "__row", "__fault", "__raw")
"""Columns of a raw batch that are not the file's."""

_WIDE_UNITS = ("wan", "million", "yi", "qian")
_AGREEING = 0.6


def clean(raw: pl.DataFrame, *, layout: Layout | str = "panhuo", as_of: dt.date | None = None) -> Outcome[Cleaned]:
    """Clean one batch of raw rows.

    raw: text columns under the file's headings, and ``__file``, ``__row`` (1-based), ``__fault``, ``__raw``; missing marks are
    taken as one faultless file. layout: a :class:`Layout` or the name of a shipped one. as_of: the cut-off date; left out, the
    layout's, else :func:`infer_as_of`.

    Raises UsageInvalid where no cut-off date is known, InputUnusable where the headings do not fit the layout, ConfigurationInvalid
    for a constant or default that is no value of its field. Faults of rows are findings, never errors.
    """
    plan = load_layout(layout) if isinstance(layout, str) else layout
    raw = marked(raw)
    headings = [c for c in raw.columns if c not in MARKS]
    binding = bind(plan, headings, where=str(raw["__file"][0]) if raw.height else "")
    plan = rules_currency.with_default(plan, binding.currency)
    cutoff = as_of or plan.as_of or infer_as_of(raw, layout=plan)
    if cutoff is None:
        raise UsageInvalid(
            "AS_OF_MISSING",
            Words("无法从清单得知基准日", "the cut-off date cannot be told from the tape"),
            where=plan.name,
            remedy=Words("用 --as-of 给出，或写在版式的 as_of 中", "give it with --as-of, or as as_of in the layout"),
        )
    batch = _typed(raw, plan, binding, cutoff)
    faulty = _faulty_rows(raw, batch.notes)
    numbers = printed_rows.note_numbered(batch.notes, raw, headings, binding)
    if numbers.any():  # 1 2 3 are neither money nor the number of an account that another row may have
        batch.frame = batch.frame.with_columns(pl.when(pl.Series(~numbers)).then(pl.all()))
    printed_rows.note_totals(batch.notes, raw, headings, binding)
    wordless_totals.note_sums(batch, raw)
    rules_currency.check_currency(batch, binding.currency, feeds(plan))
    rules_ranges.check_ranges(batch)
    rules_amounts.check_amounts(batch)
    rules_arrears.check_arrears(batch)
    rules_debtor.check_debtor(batch)
    guarantors.divide(batch)
    missing = batch.frame["account_id"].is_null() & ~pl.Series(_totals(batch))
    if missing.any():
        batch.notes.add_where("ACCOUNT_ID_MISSING", "account_id", missing)
    reject_repeated(batch, raw, binding.fields.get("account_id", "account_id"))
    originals = strays.take_out(batch, raw, plan)
    tables.complete(batch)
    printed = printed_rows.note_printed(batch, raw, headings) | numbers
    rejected = batch.notes.rejected
    return Outcome(
        Cleaned(
            tables=tables.build(batch, raw),
            rejected=raw.filter(pl.Series(rejected)) if rejected.any() else raw.clear(),
            reconciliation=_reconcile(batch, printed),
            quality=quality.count(batch, list(binding.fields)),
            headings=dict(binding.fields),
            originals=originals,
            source=raw,
        ),
        batch.notes.frame(faulty | printed),
    )


def infer_as_of(raw: pl.DataFrame, *, layout: Layout | str = "panhuo") -> dt.date | None:
    """The cut-off date a tape implies: the day on which first day of arrears plus days past due agree for most rows, else what a column of its own says in
    every row (数据日期), else None."""
    plan = load_layout(layout) if isinstance(layout, str) else layout
    if plan.as_of is not None:
        return plan.as_of
    raw = marked(raw.head(20_000))
    counted = _counted_as_of(raw, plan)
    return counted if counted is not None else column_day(raw.select(c for c in raw.columns if c not in MARKS))


def _counted_as_of(raw: pl.DataFrame, plan: Layout) -> dt.date | None:
    binding = bind(plan, [c for c in raw.columns if c not in MARKS])
    wanted = [s for s in parse_columns.specs(plan, binding) if s.name in ("overdue_since", "overdue_days")]
    if len(wanted) < 2 or not raw.height:
        return None
    typed = parse_columns.type_columns(raw, wanted, Notes(raw, binding.fields)).frame
    days = typed.filter(pl.col("overdue_days") > 0).select((pl.col("overdue_since") + pl.duration(days=pl.col("overdue_days"))).alias("day"))
    counts = days.drop_nulls().group_by("day").len().sort("len", "day", descending=[True, True])
    if not counts.height or int(counts["len"][0]) < _AGREEING * int(counts["len"].sum()):
        return None
    day: dt.date = counts["day"][0]
    return day


def marked(raw: pl.DataFrame) -> pl.DataFrame:
    """``raw`` with all of ``MARKS``; cells that are not text are made text."""
    absent = {
        "__file": pl.lit("", dtype=pl.String),
        "__row": pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        "__fault": pl.lit(None, dtype=pl.String),
        "__raw": pl.lit(None, dtype=pl.String),
    }
    added = [expression.alias(name) for name, expression in absent.items() if name not in raw.columns]
    recast = [pl.col(c).cast(pl.String) for c, t in raw.schema.items() if t != pl.String and c not in MARKS]
    return raw.with_columns(*recast, *added) if added or recast else raw


def _typed(raw: pl.DataFrame, plan: Layout, binding: Binding, as_of: dt.date) -> Batch:
    notes = Notes(raw, binding.fields)
    questions = parse_columns.specs(plan, binding)
    typed = parse_columns.type_columns(raw, questions, notes)
    wide = any(binding.units.get(name) in _WIDE_UNITS for name in (*BALANCE_PARTS, "balance_fen", *feeds(plan)))
    batch = Batch(typed.frame, notes, as_of, typed.filled, debtors=typed.debtors, wide_units=wide)
    derive(batch, plan, binding)
    batch.frame = batch.frame.select(c for c in batch.frame.columns if c in TAPE)
    if batch.debtors is None and batch.has("id_no"):  # a constant or derived number
        batch.debtors = people(batch.frame["id_no"])
    return batch


def _faulty_rows(raw: pl.DataFrame, notes: Notes) -> npt.NDArray[np.bool_]:
    """Notes the rows the reader could not read whole; returns where they are."""
    faults = raw["__fault"]
    out = np.zeros(raw.height, dtype=bool)
    if faults.null_count() == raw.height:
        return out
    for code in faults.drop_nulls().unique().sort().to_list():
        at = (faults == code).fill_null(value=False).arg_true().to_numpy().astype(np.int64)
        notes.add(code if code in CHECKS else "ROW_FAULT", "", at, raw["__raw"].gather(at))
        out[at] = True
    return out


def _totals(batch: Batch) -> npt.NDArray[np.bool_]:
    """Which rows are known to add up others."""
    out = np.zeros(batch.frame.height, dtype=bool)
    out[batch.notes.codes("account_id").get("TOTAL_ROW", np.zeros(0, dtype=np.int64))] = True
    return out


def _reconcile(batch: Batch, printed: npt.NDArray[np.bool_]) -> Reconciliation:
    rejected = batch.notes.rejected
    balance = batch.frame["balance_fen"]
    total = int(balance.cast(pl.Int128).sum() or 0)
    out = int(balance.filter(pl.Series(rejected)).cast(pl.Int128).sum() or 0) if rejected.any() else 0
    rows = len(rejected)
    sums = np.flatnonzero(_totals(batch))
    days = batch.notes.codes("overdue_days")
    summed = _struck(batch.notes.codes("account_id"), ~rejected, "ROW_ADDS_UP", "ROW_LIKE_TOTAL")
    claimed = (~rejected) & (balance > 0).fill_null(value=False).to_numpy()  # who owes nothing needs no arrears
    firms = (batch.frame["debtor_kind"] != "person").fill_null(value=False).to_numpy()
    unknown, doubted = (_struck(days, claimed, *codes) for codes in (("OVERDUE_UNKNOWN",), ("MATURITY_PASSED", "CLASS_WITHOUT_ARREARS")))
    return Reconciliation(
        rows_in=rows,
        rows_accepted=rows - int(rejected.sum()),
        rows_rejected=int(rejected.sum()),
        balance_in_fen=total,
        balance_accepted_fen=total - out,
        balance_rejected_fen=out,
        balance_unreadable_rows=int((batch.unreadable & rejected & ~printed).sum()),
        total_rows=len(sums),
        balance_total_rows_fen=int(balance.gather(sums).cast(pl.Int128).sum() or 0) if len(sums) else 0,
        arrears_unknown_rows=len(unknown),
        balance_arrears_unknown_fen=int(balance.gather(unknown).cast(pl.Int128).sum() or 0) if len(unknown) else 0,
        arrears_doubted_rows=len(doubted),
        balance_arrears_doubted_fen=int(balance.gather(doubted).cast(pl.Int128).sum() or 0) if len(doubted) else 0,
        balances_apart_rows=len(_struck(batch.notes.codes("balance_fen"), ~rejected, "BALANCE_MISMATCH")),
        balances_small_rows=int((claimed & (balance < SMALL_FEN).fill_null(value=False).to_numpy()).sum()),
        adds_up_rows=len(summed),
        balance_adds_up_fen=int(balance.gather(summed).cast(pl.Int128).sum() or 0) if len(summed) else 0,
        co_debtor_rows=batch.notes.built("DUPLICATE_DEBTOR"),
        balances_large_rows=int((claimed & ~firms & (balance > LARGE_FEN).fill_null(value=False).to_numpy()).sum()),
        balances_small_firms_rows=int((claimed & firms & (balance < SMALL_FIRM_FEN).fill_null(value=False).to_numpy()).sum()),
        arrears_apart_rows=len(_struck(days, ~rejected, "OVERDUE_CONTRADICTION")),
        parts_above_rows=int((claimed & _parts_above(batch)).sum()),
        repeated_rows=batch.notes.built("DUPLICATE_ACCOUNT"),
        nameless_rows=int((~rejected & _nameless(batch)).sum()),
    )


def _nameless(batch: Batch) -> npt.NDArray[np.bool_]:
    """Rows without a name, identity or customer number on a tape of which one row in ten has one."""
    told = [name for name in ("name", "id_no", "debtor_no") if batch.has(name) and batch.notes.from_file(name)]
    nobody = np.zeros(batch.frame.height, dtype=bool)
    if told:
        nobody = batch.frame.select(pl.all_horizontal(pl.col(name).is_null() for name in told)).to_series().to_numpy()
    return nobody if int((~nobody).sum()) >= NAMED * len(nobody) else np.zeros(len(nobody), dtype=bool)


def _parts_above(batch: Batch) -> npt.NDArray[np.bool_]:
    principal, balance = batch.frame["principal_fen"], batch.frame["balance_fen"]
    return ((principal > 0) & (balance > (ABOVE + 1) * principal)).fill_null(value=False).to_numpy()


def _struck(found: Mapping[str, Positions], among: npt.NDArray[np.bool_], *codes: str) -> Positions:
    """The rows ``among`` these that any of the codes strikes."""
    at: Positions = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(found[code] for code in codes if code in found)]))
    hit: Positions = at[among[at]]
    return hit
