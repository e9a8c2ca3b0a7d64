"""Which rows are held out together: by chance, and of a panel all months of one borrower, so that nobody is judged by what taught of themselves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.learning.history import Rows
from panhuo.engines.valuation.learning.specification import Specification
from panhuo.kernel.randomness import stream

Numbers = npt.NDArray[np.int64]


def folds_of(rows: int, count: int, seed: int) -> Numbers:
    """Which fold each row is of: as even as can be, by chance."""
    return stream(seed, "folds", rows).permutation(np.arange(rows, dtype=np.int64) % count)


def folds_of_rows(rows: Rows, specification: Specification, seed: int) -> Numbers:
    """As :func:`folds_of`; of a panel, by borrower."""
    if specification.panel is None:
        return folds_of(len(rows), specification.folds, seed)
    whose = rows.columns[specification.panel.entity].cast(pl.String).fill_null("").rank("dense").cast(pl.Int64).to_numpy() - 1
    people = int(whose.max()) + 1
    if people < specification.folds:
        return folds_of(len(rows), specification.folds, seed)
    folds: Numbers = folds_of(people, specification.folds, seed)[whose]
    return folds
