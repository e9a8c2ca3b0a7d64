"""Pages of what is numbered: the rejected rows of a tape, its findings."""

from __future__ import annotations

import polars as pl


def numbers_page(numbers: pl.Series, *, size: int, after: int | None, before: int | None) -> tuple[list[int], int | None, int | None]:
    """``size`` of the ascending ``numbers``: those next after a number, or those last before one, else the first; and the numbers to give as ``before`` and as
    ``after`` for the pages around, None where there is none."""
    if before is not None:
        taken = numbers.filter(numbers < before).tail(size)
    else:
        taken = (numbers.filter(numbers > after) if after is not None else numbers).head(size)
    if taken.is_empty():
        return [], None, None
    newer = int(taken[0]) if (numbers < taken[0]).any() else None
    older = int(taken[-1]) if (numbers > taken[-1]).any() else None
    return [int(number) for number in taken], newer, older
