"""The cut-off date that a tape states once, above its header: 数据日期：2026年9月30日, 截至2026-09-30, 基准日 20260930, as of 2026-09-30."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_LABEL: Final = (
    r"(?:数据(?:截[止至])?(?:日期?|时间|时点)|截[止至](?:日期?|时间|时点)?|基准日期?|基准时点|统计(?:截[止至])?(?:日期?|时点)|报告(?:基准)?日期?|"
    r"cut-?off(?: date)?|as (?:of|at)(?: date)?|data date|reporting date)"
)
_DAY: Final = r"((?:19|20)[0-9]{2})(?:\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]|([-/.])([0-9]{1,2})\4([0-9]{1,2})(?![0-9])|([0-9]{2})([0-9]{2})(?![0-9]))"
_STATED: Final = re.compile(rf"{_LABEL}\s*(?:为|是)?\s*[:]?\s*{_DAY}")
EARLIEST: Final = dt.date(1995, 7, 1)
"""The Commercial Bank Law came into force."""


def stated_day(titles: Sequence[str]) -> dt.date | None:
    """The one cut-off date that the cells above a header state; None where there is none, or several.

    >>> stated_day(["某银行不良贷款清单", "数据日期：2026年9月30日　单位：万元"]), stated_day(["制表日期：2026-10-08"])
    (datetime.date(2026, 9, 30), None)
    """
    days: set[dt.date] = set()
    cells = [unicodedata.normalize("NFKC", title).casefold() for title in titles]
    for text in (*cells, *(f"{label} {value}" for label, value in itertools.pairwise(cells))):  # label and date in cells side by side
        for found in _STATED.finditer(text):
            year, *parts = found.groups()
            month, day = [part for part in parts if part and part.isdigit()]
            try:
                days.add(dt.date(int(year), int(month), int(day)))
            except ValueError:
                continue
    days = {day for day in days if day >= EARLIEST}
    return days.pop() if len(days) == 1 else None
