"""The file of rejected rows comes back corrected: what Panhuo itself put into it, so that reading knows it again.

Its first columns say what is wrong with a row and where it came from. They are the tape's in no sense; left in, the file would have other
headings than the tape it belongs to. A column of that name in somebody's tape is theirs: ours stand all together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

PROBLEM, PLACE, RAW_LINE = "问题", "位置", "原始行"
OURS: Final = (PROBLEM, PLACE, RAW_LINE)
"""First columns of the rejected rows, in this order."""


def without_ours(headings: Sequence[str]) -> tuple[str, ...]:
    """The headings of a file less Panhuo's own.

    >>> without_ours(["问题", "位置", "原始行", "借据号"]), without_ours(["借据号", "问题"])
    (('借据号',), ('借据号', '问题'))
    """
    return tuple(h for h in headings if h not in OURS) if set(OURS) <= set(headings) else tuple(headings)
