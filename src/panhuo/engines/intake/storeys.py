"""Headings of two rows: some merged downwards over both, some merged sideways over what stands below them (欠息 over 表内 and 表外)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from panhuo.engines.intake.mapping import normal_heading

_REACHING: Final = 2
_FIGURE: Final = re.compile(r"^[¥￥$+-]?[0-9]")
_WHICH: Final = re.compile(
    r"^(?:表内|表外|正常|逾期|未到期|到期|应收|已收|未收|未偿|拖欠|累计|期初|期末|本期|上期|当前|剩余|原|原始|初始|首次|最近|最后|其中|on|off|current|overdue)$"
)
"""What says which, and stands before what it is said of: 表内欠息, where a thing follows its owner: 担保人姓名."""


def spanning(upper: Sequence[str], lower: Sequence[str], known: Collection[str]) -> int:
    """How many headings of the upper row span words of the lower one, where nothing else stands in the lower row; 0 where the rows are not built so.

    At least two known headings must reach down beside them, over blanks: a title above the headings has none such.

    >>> spanning(["借据号", "未偿本金", "欠息", ""], ["", "", "表内", "表外"], {"借据号", "未偿本金"})
    1
    >>> spanning(["借据号", "未偿本金", "欠息", ""], ["A1", "4", "5", "6"], {"借据号", "未偿本金"})
    0
    >>> spanning(["单位：万元", "", "", "附件"], ["借据号", "未偿本金", "欠息", ""], {"借据号", "未偿本金"})
    0
    """
    spans, at, reaching = 0, 0, 0
    while at < len(upper):
        end = at + 1
        while end < len(upper) and upper[at].strip() and not upper[end].strip() and lower[end].strip():
            end += 1
        below = [cell.strip() for cell in lower[at:end]]
        if end - at > 1:
            if not all(cell and not _FIGURE.match(cell) for cell in below):
                return 0
            spans += 1
        elif below[0] and upper[at].strip():
            return 0  # a heading over a single cell: rows of data below it
        elif upper[at].strip():
            reaching += normal_heading(upper[at]) in known
        at = end
    return spans if reaching >= _REACHING else 0


def two_storeys(upper: Sequence[str], lower: Sequence[str], known: Collection[str]) -> list[str]:
    """One heading a column: the lower cell, the upper where the lower is blank, both where the upper spans several lower ones.

    Of the two orders of both the one that is a known heading, else the lower cell alone where it is one and stands once.

    >>> two_storeys(["借据号", "欠息", "", "担保人", ""], ["", "表内", "表外", "姓名", "电话"], {"借据号", "担保人姓名"})
    ['借据号', '表内欠息', '表外欠息', '担保人姓名', '担保人电话']
    """
    counts = Counter(normal_heading(cell) for cell in lower if cell)
    over = ""
    out = []
    for high, low in zip(upper, lower, strict=True):
        if high:
            over = high if low else ""  # one that reaches down to the lower row spans nothing beside it
        if not low or not over:
            out.append(low or high)
            continue
        before, after = low + over, over + low
        alone = normal_heading(low)
        if normal_heading(before) in known:
            out.append(before)
        elif normal_heading(after) in known:
            out.append(after)
        elif alone in known and counts[alone] == 1:
            out.append(low)
        else:
            out.append(before if _WHICH.match(alone) else after)
    return out
