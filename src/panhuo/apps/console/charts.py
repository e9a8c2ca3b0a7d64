"""Charts and heat maps as a view describes them; the drawing and the table of numbers behind it come from the same values.

A chart of money is given in fen and drawn in the unit people would say it in (元, 万元, 亿元), which stands beside the title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from panhuo.kernel.words import Lang, Words

Unit = Literal["fen", "count", "share"]
Label = Words | str
_MONEY_ZH = ((1e10, "亿元"), (1e6, "万元"), (1e2, "元"))
_MONEY_EN = ((1e11, "CNY bn"), (1e8, "CNY m"), (1e5, "CNY k"), (1e2, "CNY"))
LEVELS = 7


@dataclass(frozen=True, slots=True)
class Series:
    """One line or set of bars. ``low`` and ``high`` draw a band around a line. Series of one ``stack`` stand on one another."""

    words: Words
    values: Sequence[float | None]
    kind: Literal["", "bar", "line"] = ""
    stack: str = ""
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """``axis``: what the categories are (the heading of the table's first column). ``hrefs``: where each category leads."""

    id: str
    words: Words
    unit: Unit
    axis: Words
    categories: Sequence[Label]
    series: Sequence[Series]
    kind: Literal["bar", "line"] = "bar"
    horizontal: bool = False
    tall: bool = False
    hrefs: Sequence[str] = ()
    unit_words: Words | None = None

    def scale(self, lang: Lang) -> tuple[float, str]:
        """What values are divided by before they are drawn, and the name of the unit then."""
        if self.unit == "share":
            return 0.01, "%"
        if self.unit == "count":
            return 1.0, self.unit_words.to(lang) if self.unit_words else ""
        largest = max((abs(v) for one in self.series for v in (*one.values, *one.high) if v is not None), default=0.0)
        steps = _MONEY_ZH if lang == "zh" else _MONEY_EN
        return next(((size, name) for size, name in steps if largest >= size), steps[-1])

    def data(self, lang: Lang) -> dict[str, Any]:
        """What ``charts.js`` draws from."""
        by, unit = self.scale(lang)

        def scaled(values: Sequence[float | None]) -> list[float | None]:
            return [None if v is None else round(v / by, 6) for v in values]

        return {
            "kind": self.kind,
            "unit": unit,
            "axis": self.axis.to(lang),
            "horizontal": self.horizontal,
            "categories": [said(label, lang) for label in self.categories],
            "hrefs": list(self.hrefs),
            "series": [
                {
                    "name": one.words.to(lang),
                    "kind": one.kind or self.kind,
                    "values": scaled(one.values),
                    "stack": one.stack,
                    "low": scaled(one.low),
                    "high": scaled(one.high),
                    "dashed": one.dashed,
                }
                for one in self.series
            ],
        }


@dataclass(frozen=True, slots=True)
class Heat:
    """A table whose cells are the deeper the more they hold. ``cells[row][column]``; ``hrefs`` of the same shape. ``totals`` adds up;
    sums lead where their row's or column's heading does, the whole to ``href``."""

    id: str
    words: Words
    unit: Unit
    row_axis: Words
    rows: Sequence[Label]
    columns: Sequence[Label]
    cells: Sequence[Sequence[float | None]]
    hrefs: Sequence[Sequence[str]] = ()
    totals: bool = True
    row_hrefs: Sequence[str] = ()
    column_hrefs: Sequence[str] = ()
    href: str = ""

    def levels(self) -> list[list[int]]:
        """0 to 7 by the root of the cell's share of the largest: amounts are skewed, and the small ones should still be told apart."""
        largest = max((v for row in self.cells for v in row if v), default=0.0)
        return [[0 if not v or v < 0 or not largest else max(1, round(LEVELS * (v / largest) ** 0.5)) for v in row] for row in self.cells]

    def row_sums(self) -> list[float]:
        return [sum(v or 0 for v in row) for row in self.cells]

    def column_sums(self) -> list[float]:
        return [sum(row[i] or 0 for row in self.cells) for i in range(len(self.columns))]


def said(label: Label, lang: Lang) -> str:
    return label.to(lang) if isinstance(label, Words) else label
