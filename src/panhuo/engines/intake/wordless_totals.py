"""Rows that add up others without saying so: a total or subtotal with a count, a branch or nothing where the account number should stand.

A claim that happens to be the sum of others must not be put aside as no loss, and a total that looks like a claim must not double the portfolio. One exact sum
proves little where loans are round. What is taken for a total must add up, in every amount it has, and besides tell less than half of what claims do
(:mod:`.telling_rows`), be one of a kind that nearly all add up, or add up the whole file under a number that is none. All else stays an account; what adds up
everything, or has hardly anything of a claim, is told.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.rules import BALANCE_PARTS
from panhuo.engines.intake.telling_rows import Telling, telling

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
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
_ROUND: Final = 10_000
"""A hundred yuan."""
_BIG: Final = 2.0
_MOST: Final = 1 / 3
_NEARLY_ALL: Final = 0.9
"""How many of a kind must add up: where they lack what claims tell (an amount below may be unreadable), and where they do not."""
_WHOLE: Final = 0.8
"""Of the claims of a file: what adds up so many adds up the whole."""
_GROUPS: Final = 4
"""So many groups in a row, each followed by its sum, are no chance."""


class _Span(NamedTuple):
    """Rows from ``start`` up to ``end`` that a row adds up; ``rows`` of them are claims."""

    start: int
    end: int
    rows: int


def note_sums(batch: Batch, raw: pl.DataFrame) -> None:
    """Notes TOTAL_ROW, ROW_ADDS_UP and ROW_LIKE_TOTAL. Only in files that begin in this batch, as the rows before it are not known otherwise."""
    amounts = [name for name in BALANCE_PARTS if batch.has(name) and (batch.notes.from_file(name) or batch.frame[name].n_unique() > 1)]
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
            file = _File([column[claims] for column in columns], [one[claims] for one in given], known.of(claims), unread=len(at) - len(claims))
            file.look()
            for code, found in (("TOTAL_ROW", file.totals), ("ROW_ADDS_UP", file.sums), ("ROW_LIKE_TOTAL", file.like)):
                batch.notes.add(code, "account_id", claims[np.flatnonzero(found)].astype(np.int64))


class _File:
    """The claims of one file, in their order. amounts, given: each (n,), fen and whether the row has it, the principal first. unread: rows that are not among them."""

    def __init__(self, amounts: list[Places], given: list[Flags], known: Telling, *, unread: int) -> None:
        self._amounts, self._given, self._known, self._unread = amounts, given, known, unread
        n = len(known.strange)
        self.totals, self.sums, self.like = (np.zeros(n, dtype=bool) for _ in range(3))
        # of round loans one is easily the sum of others: what it lacks then says nothing against a number like the others'
        self._kept = known.own & ~known.crowd & (amounts[0] % _ROUND == 0)
        self._lacking = known.lacking & ~self._kept
        odd = self._lacking | known.crowd | known.strange
        self._odd = odd if odd.mean() <= _ODD_SHARE else np.zeros(n, dtype=bool)
        self._bare = self._odd & self._lacking & known.strange
        plain = np.concatenate([column[~self._odd] for column in amounts])
        self._step = next((step for step in _STEPS if not (plain % step).any()), 1)

    def look(self) -> None:
        """Fills ``totals``, ``sums`` (accounts that add up everything) and ``like`` (accounts that have little of one)."""
        if max(float(np.abs(column.astype(np.float64)).sum()) for column in self._amounts) > _SAFE:
            return
        self._judge(self._spans(self._odd))
        self._judge(self._spans(self.totals))  # rows that are odd and no totals count among the claims
        for backwards in (False, True):
            self._in_groups(backwards=backwards)
        self._with_unread()
        self._tell()

    def _spans(self, out: Flags) -> dict[int, list[_Span]]:
        """What each odd row may add up. out: rows that are not added up."""
        rows = np.flatnonzero(self._odd & ~self.totals & (self._amounts[0] > 0))
        if not len(rows):
            return {}
        n = len(self._odd)
        upto = [np.concatenate([[0], np.cumsum(np.where(out, 0, column))]) for column in self._amounts]
        count = np.concatenate([[0], np.cumsum(~out)])
        edges = np.flatnonzero(self._odd | self.totals)
        begins, ends = np.unique([0, *(edges + 1)]), np.unique([*edges, n])
        slack = np.where(self._bare, np.minimum((n + 1) * self._step / 2, _ROUNDED_AWAY * self._amounts[0]), 0.0) if self._step > 1 else np.zeros(n)
        whole = self._amounts[0][rows]
        above = _between(upto[0][begins], upto[0][rows] - whole, slack[rows])
        below = _between(upto[0][ends], upto[0][rows + 1] + whole, slack[rows])
        found: dict[int, list[_Span]] = {}
        for row, first, last, low, high in zip(rows.tolist(), *above, *below, strict=True):
            spans = [_Span(int(s), row, int(count[row] - count[s])) for s in begins[max(first, last - _NEAREST) : last] if s < row]
            spans += [_Span(row + 1, int(e), int(count[e] - count[row + 1])) for e in ends[low : min(high, low + _NEAREST)] if e > row + 1]
            exact = [span for span in spans if span.rows and self._adds_up(row, span, upto)]
            if exact:
                found[row] = exact
        return found

    def _adds_up(self, row: int, span: _Span, upto: list[Places]) -> bool:
        slack = (span.rows + 1) * self._step / 2 if self._bare[row] and self._step > 1 else 0.0
        return all(
            abs(int(column[span.end] - column[span.start]) - int(own[row])) <= slack
            for column, own, given in zip(upto, self._amounts, self._given, strict=True)
            if given[row]
        )

    def _judge(self, spans: dict[int, list[_Span]]) -> None:
        """Which of the rows that add up are totals: each by itself, or all of a kind."""
        kinds: dict[tuple[object, bool, bool], list[int]] = {}
        for row in np.flatnonzero(self._odd & ~self.totals).tolist():
            kinds.setdefault((self._known.forms[row], bool(self._known.named[row]), bool(self._lacking[row])), []).append(row)
        for (_, named, lacking), rows in kinds.items():
            adding = [row for row in rows if row in spans]
            many = [row for row in adding if max(span.rows for span in spans[row]) >= _FEWEST]
            proved = len(many) >= (_ABOVE if named else _FEWEST) and len(adding) >= (_MOST if lacking else _NEARLY_ALL) * len(rows)
            for row in rows if proved and lacking else adding:
                self.totals[row] = proved or self._alone(row, spans[row])

    def _alone(self, row: int, spans: list[_Span]) -> bool:
        """Whether a row that adds up is a total whatever others of its kind are."""
        known = self._known
        most = max(span.rows for span in spans)
        if self._lacking[row] and most >= _FEWEST:
            return True
        if known.counts[row] >= _FEWEST and any(span.rows == known.counts[row] for span in spans):
            return True
        return not known.named[row] and most >= max(_ABOVE, _WHOLE * int((~self._odd).sum()))

    def _in_groups(self, *, backwards: bool) -> None:
        """Groups of rows, each followed (backwards: preceded) by its sum under a number like any other, all through the file."""
        rows = np.flatnonzero(~self.totals)
        rows = rows[::-1] if backwards else rows
        owed = self._amounts[0][rows].tolist()
        ends: list[int] = []
        begun, total = 0, 0
        for at, fen in enumerate(owed):
            if at - begun >= _FEWEST and fen == total > 0 and self._is_sum(rows[at], rows[begun:at]):
                ends.append(at)
                begun, total = at + 1, 0
            else:
                total += fen
        if len(ends) >= _GROUPS and begun >= _WHOLE * len(rows) and all(b - a > _FEWEST for a, b in pairwise(ends)):
            self.sums[rows[ends]] = self._kept[rows[ends]]
            self.totals[rows[ends]] = ~self._kept[rows[ends]]

    def _is_sum(self, row: int, rows: npt.NDArray[np.intp]) -> bool:
        return all(int(column[rows].sum()) == int(column[row]) for column in self._amounts)

    def _with_unread(self) -> None:
        """A bare first or last row that is all the others, and no more beside than rows that could not be read may owe."""
        for k in (0, len(self._odd) - 1):
            rest = self._amounts[0][~self.totals & (np.arange(len(self._odd)) != k)]
            if self._bare[k] and not self.totals[k] and len(rest) >= _ABOVE:
                self.totals[k] = 0 < int(rest.sum()) <= int(self._amounts[0][k]) <= int(rest.sum()) + self._unread * int(rest.max())

    def _tell(self) -> None:
        """What adds up all above it, or as the first all below; and what is large and has hardly anything of a claim."""
        principal = self._amounts[0]
        claims = np.flatnonzero(~self.totals)
        before = np.cumsum(principal[claims]) - principal[claims]
        for at in np.flatnonzero((principal[claims] == before) & (principal[claims] > 0)).tolist():
            self.sums[claims[at]] |= at >= _ABOVE and self._is_sum(claims[at], claims[:at])
        if len(claims) > _ABOVE and principal[claims[0]] > 0 and self._is_sum(claims[0], claims[1:]):
            self.sums[claims[0]] = True
        plain = principal[~self._odd]
        usual = float(np.median(plain)) if len(plain) else 0.0
        self.like = self._bare & ~self.totals & ~self.sums & (principal >= _BIG * usual) & (principal > 0)


def _between(sums: Places, wanted: Places, slack: npt.NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """Where among ``sums``, which never fall, those within ``slack`` of each of ``wanted`` begin and end."""
    return np.searchsorted(sums, wanted - slack, "left").tolist(), np.searchsorted(sums, wanted + slack, "right").tolist()
