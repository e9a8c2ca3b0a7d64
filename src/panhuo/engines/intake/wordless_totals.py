"""Rows that add up others without saying so: a total or subtotal with a count, a branch or nothing where the account number should stand.

A claim that happens to be the sum of others must not be put aside as no loss, and a total that looks like a claim must not double the portfolio. So the
arithmetic alone decides nothing: a row that adds up to the fen, in every amount the tape has, is a total if it says less of itself than the claims do (a
number of another form, no days past due where all others have them, codes no claim has); else it stays an account, with a warning and a notice of the run.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.rules import BALANCE_PARTS
from panhuo.kernel.frames import ACCOUNT, DEBTOR

Flags = npt.NDArray[np.bool_]
_LAST: Final = 3
_ABOVE: Final = 3
_FEWEST: Final = 2
_ODD_SHARE: Final = 0.5
"""Where more rows than this are odd, being odd says nothing."""
_LACKING: Final = 0.25
"""What more rows than this lack, and more than one, is nothing that a claim must have."""
_OFTEN: Final = 0.5
"""A form of account numbers that has this share of the rows of the commonest is one of the tape's: subtotals may share theirs with one another."""
_LENGTHS: Final = 4
_STRONG: Final = ("name", "id_no", "phone", "overdue_days", "overdue_since", "origination_date", "maturity_date")
_PARTICULARS: Final = tuple(
    field.name for field in (*DEBTOR.fields, *ACCOUNT.fields) if field.kind in ("text", "date", "code", "integer", "identifier")
)
_EVERYBODY: Final = r"全部|全体|所有|汇总|各户|合计|总计"


def note_sums(batch: Batch, raw: pl.DataFrame) -> None:
    """Notes TOTAL_ROW and ROW_ADDS_UP. Only in files that begin in this batch, as the rows before it are not known otherwise."""
    amounts = [name for name in BALANCE_PARTS if batch.has(name) and batch.notes.from_file(name)]
    if "principal_fen" not in amounts:
        return
    files = raw.select(pl.col("__file").fill_null(""), "__row", at=pl.int_range(pl.len())).partition_by("__file", maintain_order=True)
    begun = [part["at"].to_numpy() for part in files if int(part["__row"][0] or 0) == 1]
    if not begun:  # most batches of a large tape
        return
    usable = (~pl.Series(batch.notes.rejected)) & batch.frame["principal_fen"].is_not_null()
    odd, silent = _odd(batch, usable)
    columns = [batch.frame[name].fill_null(0).to_numpy().astype(np.int64) for name in amounts]
    for at in begun:
        claims = at[usable.to_numpy()[at]]
        if len(claims) > _FEWEST:
            totals, sums = _File([column[claims] for column in columns], odd[claims]).found(silent=silent)
            batch.notes.add("TOTAL_ROW", "account_id", claims[totals].astype(np.int64))
            batch.notes.add("ROW_ADDS_UP", "account_id", claims[sums].astype(np.int64))


class _File:
    """The claims of one file, in their order. amounts: each (n,) in fen, the principal first."""

    def __init__(self, amounts: list[npt.NDArray[np.int64]], odd: Flags) -> None:
        self._amounts, self._odd = amounts, odd
        self._owed = amounts[0].astype(np.float64)
        self._upto = np.concatenate([[0.0], np.cumsum(self._owed)])
        self._totals: list[int] = []

    def found(self, *, silent: bool) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Positions of totals, and of claims that add up all the same. silent: the tape says nothing of any claim but its number and amounts."""
        n = len(self._odd)
        sums: list[int] = []
        candidates: list[int] = np.flatnonzero(self._odd).tolist() if self._odd.mean() <= _ODD_SHARE else []
        for row in candidates:
            if any(self._is(row, first) for first in dict.fromkeys((self._totals[-1] + 1 if self._totals else 0, 0))):
                self._totals.append(row)
        for k in range(max(_ABOVE, n - _LAST), n):
            if k not in self._totals and self._is(k, 0, least=_ABOVE):
                (self._totals if silent or self._odd[k] else sums).append(k)
        if self._odd[0] and self._heads():
            self._totals.append(0)
        return np.asarray(sorted(self._totals), dtype=np.intp), np.asarray(sums, dtype=np.intp)

    def _is(self, k: int, first: int, *, least: int = _FEWEST) -> bool:
        """Whether row ``k`` is the sum of those from ``first`` on, without the totals among them."""
        between = [t for t in self._totals if first <= t < k]
        if not self._owed[k] or k - first - len(between) < least:
            return False
        near = self._upto[k] - self._upto[first] - sum(self._owed[t] for t in between)
        return self._close(near, k) and self._exact(np.setdiff1d(np.arange(first, k), between), k)

    def _heads(self) -> bool:
        """Whether the first row is the sum of all others."""
        rest = np.setdiff1d(np.arange(1, len(self._odd)), self._totals)
        return len(rest) >= _FEWEST and bool(self._owed[0]) and self._close(float(self._owed[rest].sum()), 0) and self._exact(rest, 0)

    def _close(self, total: float, k: int) -> bool:
        """Floats first: the sum to the fen is asked of few."""
        return bool(abs(total - self._owed[k]) <= 1e-9 * abs(total))

    def _exact(self, rows: npt.NDArray[np.intp], k: int) -> bool:
        return all(sum(column[rows].tolist()) == int(column[k]) for column in self._amounts)


def _odd(batch: Batch, usable: pl.Series) -> tuple[Flags, bool]:
    """Which rows say less of themselves than the claims of the tape do; and whether none says anything."""
    told = [name for name in _PARTICULARS if name != "account_id" and name in batch.frame.columns and batch.notes.from_file(name)]
    frame = batch.frame.select(told).filter(usable)
    common = [name for name in told if frame[name].null_count() <= max(1.0, _LACKING * frame.height)]
    lacking = batch.frame.select(pl.any_horizontal([pl.lit(value=False), *(pl.col(name).is_null() for name in common)])).to_series()
    number = pl.col("account_id")
    bad = ~_usual(batch.frame["account_id"], usable)
    for place in ("branch", "lender"):
        if place in told:
            bad |= batch.frame.select((number == pl.col(place)).fill_null(value=False)).to_series()
    if "name" in told:
        bad |= batch.frame["name"].str.contains(_EVERYBODY).fill_null(value=False)
    return (lacking | bad).to_numpy().astype(bool), not any(name in common for name in _STRONG)


def _usual(numbers: pl.Series, usable: pl.Series) -> pl.Series:
    """Which account numbers have a form that many have: the same run of digits, letters and other characters, and about as long."""
    form = numbers.str.replace_all(r"[0-9]+", "9").str.replace_all(r"[A-Za-z]+", "A").str.replace_all(r"\p{Han}+", "汉")
    forms = pl.DataFrame({"form": form, "size": numbers.str.len_chars().cast(pl.Int64)})
    counted = forms.filter(usable).drop_nulls().group_by("form").agg(pl.col("size").median().alias("usual"), pl.len().alias("n"))
    known = counted.filter(pl.col("n") >= _FEWEST, pl.col("n") >= _OFTEN * pl.col("n").max())
    joined = forms.join(known, on="form", how="left", maintain_order="left")
    return joined.select(((pl.col("size") - pl.col("usual")).abs() <= _LENGTHS).fill_null(value=False)).to_series()
