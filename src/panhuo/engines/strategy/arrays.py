"""The kinds of array that pass between the parts of the optimiser."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.floating]
"""float32 or float64, as it came."""
Ints = npt.NDArray[np.int64]
Choices = npt.NDArray[np.int16]
"""(n,): the position of each account's route, -1 for none."""
Flags = npt.NDArray[np.bool_]
