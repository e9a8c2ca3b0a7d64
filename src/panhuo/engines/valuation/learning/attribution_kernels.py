"""Compiled: the steps of every leaf that a row lands in, added up by feature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from panhuo.kernel.compiling import compiled


@compiled
def add_steps(
    leaves: npt.NDArray[np.int32],
    offset: npt.NDArray[np.int64],
    begin: npt.NDArray[np.int64],
    feature: npt.NDArray[np.int64],
    step: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
) -> None:
    """leaves: (rows, trees). out: (rows, features), added to."""
    for row in range(leaves.shape[0]):
        for tree in range(leaves.shape[1]):
            leaf = offset[tree] + leaves[row, tree]
            for at in range(begin[leaf], begin[leaf + 1]):
                out[row, feature[at]] += step[at]
