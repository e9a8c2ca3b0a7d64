"""Rows that add up others without saying so: a total or subtotal with a count, a branch or nothing where the account number should stand.

A claim that happens to be the sum of others must not be put aside as no loss, and a total that looks like a claim must not double the portfolio. So the
arithmetic alone decides nothing: a row that adds up others, in every amount it has, is a total if it says less of itself than claims do
(:mod:`.telling_rows`); else it stays an account, with a warning and a notice of the run. So does a row that has hardly anything of a claim and adds up nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.rules import BALANCE_PARTS
from panhuo.engines.intake.telling_rows import Telling, telling

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
_LAST: Final = 3
_ABOVE: Final = 3
_FEWEST: Final = 2
_ODD_SHARE: Final = 0.5
"""Where more rows than this are odd, being odd says nothing."""
_NEAREST: Final = 50
"""Places at which a sum may begin or end that are looked at more closely."""
_SAFE: Final = 4e18
"""Sums that 64 bits hold; nobody is owed more."""
_STEPS: Final = (1_000_000, 100_000, 10_000, 1_000, 100, 10)
_ROUNDED_AWAY: Final = 0.01
"""What rounding may come to of a total at most."""
_MORE: Final = 2.0
"""A total may be of rows that the tape has lost; of how many times those it has, at most."""


def note_sums(batch: Batch, raw: pl.DataFrame) -> None:
    """Notes TOTAL_ROW, ROW_ADDS_UP and ROW_LIKE_TOTAL. Only in files that begin in this batch, as the rows before it are not known otherwise."""
    amounts = [name for name in BALANCE_PARTS if batch.has(name) and batch.notes.from_file(name)]
    if "principal_fen" not in amounts:
        return
    files = raw.select(pl.col("__file").fill_null(""), "__row", at=pl.int_range(pl.len())).partition_by("__file", maintain_order=True)
    begun = [part["at"].to_numpy() for part in files if int(part["__row"][0] or 0) == 1]
    if not begun:  # most batches of a large tape
        return
    usable = (~pl.Series(batch.notes.rejected)) & batch.frame["principal_fen"].is_not_null()
    known = telling(batch, usable)
    amounts.sort(key=lambda name: name != "principal_fen")
    given = [batch.frame[name].is_not_null().to_numpy() for name in amounts]
    columns = [batch.frame[name].fill_null(0).to_numpy().astype(np.int64) for name in amounts]
    for at in begun:
        claims = at[usable.to_numpy()[at]]
        if len(claims) > _FEWEST:
            file = _File([column[claims] for column in columns], [one[claims] for one in given], known.of(claims))
            file.look()
            for code, found in (("TOTAL_ROW", file.totals), ("ROW_ADDS_UP", file.sums), ("ROW_LIKE_TOTAL", file.like)):
                batch.notes.add(code, "account_id", claims[np.flatnonzero(found)].astype(np.int64))


class _File:
    """The claims of one file, in their order. amounts, given: each (n,), fen and whether the row has it, the principal first."""

    def __init__(self, amounts: list[Places], given: list[Flags], known: Telling) -> None:
        self._amounts, self._given, self._known = amounts, given, known
        n = len(known.odd)
        self.totals, self.sums, self.like = (np.zeros(n, dtype=bool) for _ in range(3))
        self._odd = known.odd if known.odd.mean() <= _ODD_SHARE else np.zeros(n, dtype=bool)
        self._bare = self._odd & known.bare
        self._step = self._rounded_to()

    def look(self) -> None:
        """Fills ``totals``, ``sums`` (accounts that add up all the same) and ``like`` (accounts that have little of one)."""
        if max(float(np.abs(column.astype(np.float64)).sum()) for column in self._amounts) > _SAFE:
            return
        self._match(self._odd)
        self._match(self.totals)  # rows that are odd and no totals count among the claims
        self._of_a_kind()
        self._above_all()
        n = len(self._odd)
        for k in range(max(_ABOVE, n - _LAST), n):
            if not self.totals[k] and self._is_last_sum(k):
                (self.totals if self._known.silent and not self._known.named[k] else self.sums)[k] = True
        principal = self._amounts[0]
        usual = np.median(principal[~self._odd]) if (~self._odd).any() else 0.0
        self.like = self._bare & ~self.totals & ~self.sums & (principal >= _MORE * usual) & (principal > 0)

    def _rounded_to(self) -> int:
        """Fen to which all amounts are rounded (万元 with two decimals: 10,000 fen); 1 where to none."""
        plain = np.concatenate([column[~self._odd] for column in self._amounts])
        return next((step for step in _STEPS if not (plain % step).any()), 1)

    def _match(self, out: Flags) -> None:
        """Finds totals among the odd rows. out: rows that are not added up."""
        rows = np.flatnonzero(self._odd & ~self.totals & (self._amounts[0] > 0))
        if not len(rows):
            return
        n = len(self._odd)
        upto = [np.concatenate([[0], np.cumsum(np.where(out, 0, column))]) for column in self._amounts]
        count = np.concatenate([[0], np.cumsum(~out)])
        edges = np.flatnonzero(self._odd | self.totals)
        begins, ends = np.unique([0, *(edges + 1)]), np.unique([*edges, n])
        slack = np.where(self._bare, np.minimum((n + 1) * self._step / 2, _ROUNDED_AWAY * self._amounts[0]), 0.0) if self._step > 1 else np.zeros(n)
        whole = self._amounts[0][rows]
        above = _between(upto[0][begins], upto[0][rows] - whole, slack[rows])
        below = _between(upto[0][ends], upto[0][rows + 1] + whole, slack[rows])
        for row, first, last, low, high in zip(rows.tolist(), *above, *below, strict=True):
            spans = [(int(s), row) for s in begins[max(first, last - _NEAREST) : last] if s < row]
            spans += [(row + 1, int(e)) for e in ends[low : min(high, low + _NEAREST)] if e > row + 1]
            self.totals[row] = any(self._adds_up(row, s, e, upto, int(count[e] - count[s])) for s, e in spans)

    def _adds_up(self, row: int, start: int, end: int, upto: list[Places], rows: int) -> bool:
        bare = bool(self._bare[row])
        if rows < (1 if bare else _FEWEST) or (self._known.named[row] and rows != self._known.counts[row]):
            return False
        slack = min((rows + 1) * self._step / 2, _ROUNDED_AWAY * int(self._amounts[0][row])) if bare and self._step > 1 else 0.0
        return all(
            abs(int(column[end] - column[start]) - int(own[row])) <= slack
            for column, own, given in zip(upto, self._amounts, self._given, strict=True)
            if given[row]
        )

    def _of_a_kind(self) -> None:
        """Bare rows whose numbers have the form of a total's: of a group in which an amount was unreadable, say."""
        kinds = {self._known.forms[k] for k in np.flatnonzero(self.totals & self._bare)}
        for k in np.flatnonzero(self._bare & ~self.totals):
            self.totals[k] = self._known.forms[k] in kinds

    def _above_all(self) -> None:
        """A bare first or last row that is all the others, and something for what could not be read."""
        for k in (0, len(self._odd) - 1):
            if self._bare[k] and not self.totals[k] and int((~self.totals).sum()) > _ABOVE:
                own = int(self._amounts[0][k])
                rest = int(self._amounts[0][~self.totals].sum()) - own
                self.totals[k] = rest > 0 and rest * (1 - _ROUNDED_AWAY) <= own <= _MORE * rest

    def _is_last_sum(self, k: int) -> bool:
        counted = ~self.totals[:k]
        if not self._amounts[0][k] or int(counted.sum()) < _ABOVE:
            return False
        return all(int(column[:k][counted].sum()) == int(column[k]) for column in self._amounts)


def _between(sums: Places, wanted: Places, slack: npt.NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """Where among ``sums``, which never fall, those within ``slack`` of each of ``wanted`` begin and end."""
    return np.searchsorted(sums, wanted - slack, "left").tolist(), np.searchsorted(sums, wanted + slack, "right").tolist()
