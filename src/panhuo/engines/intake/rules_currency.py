"""What rows say of their currency against what the tape says, and what cells say against their row.

A row whose currency column names another currency than title or heading is rejected: its amounts may be converted (折人民币) or not, and only the lender
knows. So is a row with a balance part marked in another currency than the row's: ``$5`` is not five yuan.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.money_words import SIGNS, signified
from panhuo.engines.intake.parse_cells import normal
from panhuo.engines.intake.rules import BALANCE_PARTS

DEFAULT = "CNY"
_READ = ("AMOUNT_FORMAT", "AMOUNT_ROUNDED")
"""What is noted of an amount that is read though it is not written as a bare number: a cell with a sign of currency always is."""


def with_default(layout: Layout, codes: Sequence[str]) -> Layout:
    """``layout`` in which the tape's currency stands for empty cells of the currency column, whatever else was to."""
    column = layout.by_field.get("currency")
    if not codes or column is None or column.default == codes[0]:
        return layout
    columns = tuple(one.model_copy(update={"default": codes[0]}) if one.to == "currency" else one for one in layout.columns)
    return layout.changed(columns=columns)


def check_currency(batch: Batch, codes: Sequence[str], parts: Collection[str] = ()) -> None:
    """Completes ``currency`` and notes rows and cells that contradict. codes: what titles, headings and layout agree on, likeliest first.
    parts: working columns that come into the balance through an expression."""
    if codes and batch.has("currency"):
        batch.note("CURRENCY_CONFLICT", "currency", pl.col("currency").is_not_null() & ~pl.col("currency").is_in(list(codes)))
    batch.set(currency=batch.col("currency").fill_null(codes[0] if codes else DEFAULT))
    for name in (*batch.present("money"), *sorted(parts)):
        noted = batch.notes.codes(name)
        at = np.unique(np.concatenate([noted[code] for code in _READ if code in noted] or [np.zeros(0, dtype=np.int64)]))
        if len(at) and batch.notes.from_file(name):
            _cells(batch, name, at, part=name in BALANCE_PARTS or name in parts)


def _cells(batch: Batch, name: str, at: np.ndarray[tuple[int], np.dtype[np.int64]], *, part: bool) -> None:
    """Notes the amounts at ``at`` that are marked in another currency than their row, and takes them out."""
    cells = batch.notes.cells(name, at).alias("cell")
    signs = cells.to_frame().select(normal(pl.col("cell")).str.to_lowercase().str.extract_all(SIGNS).alias("sign")).to_series()
    if not (signs.list.len() > 0).any():
        return
    found = pl.DataFrame({"at": at, "sign": signs, "row": batch.frame["currency"].gather(at)}).explode("sign").drop_nulls("sign")
    wrong = pl.lit(value=False)
    for sign in found["sign"].unique():
        wrong = wrong | ((pl.col("sign") == sign) & ~pl.col("row").is_in(list(signified(sign))))
    hit = found.filter(wrong)["at"].unique().sort().to_numpy()
    if not len(hit):
        return
    for code in _READ:
        batch.notes.take_back(code, name, hit)
    batch.notes.add("AMOUNT_CURRENCY" if part else "OPTIONAL_AMOUNT_CURRENCY", name, hit)
    mask = np.zeros(batch.frame.height, dtype=bool)
    mask[hit] = True
    if not batch.has(name):  # a working column: what it came to is rejected with its row
        batch.unreadable = batch.unreadable | mask if len(batch.unreadable) else mask
        return
    batch.set(**{name: pl.when(~pl.lit(pl.Series(mask))).then(pl.col(name))})
