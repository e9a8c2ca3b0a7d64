"""What is expected to come in, month by month, drawn: of one account or of a portfolio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from panhuo.apps.console.charts import Chart, Series
from panhuo.kernel.words import Words


def cash_charts(cash: Mapping[str, Any], months: Sequence[str] = ()) -> dict[str, Chart]:
    """``cumulative`` and ``monthly``. cash: fen under ``months`` (one value a month), ``recovery_fen``, ``low_fen`` and ``high_fen`` (of the whole).
    months: what the months are called; else their numbers, from 1."""
    expected = float(cash["recovery_fen"])
    # the percentiles are of the whole, and spread over the months as the expected is
    low, high = (cash["low_fen"] / expected, cash["high_fen"] / expected) if expected else (0.0, 0.0)
    called = list(months) or [str(number) for number in range(1, len(cash["months"]) + 1)]

    def chart(name: str, title: Words, line: Words, values: list[float]) -> Chart:
        series = Series(line, values, low=[v * low for v in values], high=[v * high for v in values])
        return Chart(name, title, "fen", Words("月份", "Month"), called, (series,), kind="line")

    return {
        "cumulative": chart(
            "cumulative",
            Words("累计预计回收（自营口径）", "Expected recovery, cumulative (in-house)"),
            Words("累计预计回收", "Cumulative"),
            list(accumulate(cash["months"])),
        ),
        "monthly": chart(
            "monthly",
            Words("逐月预计回收（自营口径）", "Expected recovery by month (in-house)"),
            Words("当月预计回收", "In the month"),
            list(cash["months"]),
        ),
    }
