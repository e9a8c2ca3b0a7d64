"""Where a data row stands in the file as a person sees it: the row number a spreadsheet shows when it opens the file.

Data rows are counted from 1 and blank rows are none, so the two numbers differ by the rows above the header, the header, and the blank rows
on the way. That difference changes in few places; only those are kept. In a text file a record is one row, line breaks in its
cells or not, as in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


class SheetRows:
    """From data rows (from 1) to rows of the sheet: ``data_row + shift`` of the last of ``starts`` that is not after it."""

    def __init__(self, starts: Numbers, shifts: Numbers) -> None:
        self._starts, self._shifts = starts, shifts

    @classmethod
    def of_text(cls, header_row: int, gaps: Sequence[tuple[int, int]]) -> SheetRows:
        """gaps: (data row, blank lines before it), ascending."""
        starts = np.array([1, *(row for row, _ in gaps)], dtype=np.int64)
        return cls(starts, np.array([0, *(blank for _, blank in gaps)], dtype=np.int64) + header_row)

    @classmethod
    def of_sheet(cls, numbers: Numbers) -> SheetRows:
        """numbers: of every data row in its sheet, ascending."""
        shifts = numbers - np.arange(1, len(numbers) + 1)
        at = np.flatnonzero(np.diff(shifts, prepend=-1))
        return cls(at + 1, shifts[at])

    def __call__(self, rows: Numbers) -> Numbers:
        return np.asarray(rows + self._shifts[np.maximum(np.searchsorted(self._starts, rows, side="right") - 1, 0)], dtype=np.int64)
