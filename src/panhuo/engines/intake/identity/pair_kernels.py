"""Bitmaps of character pairs, in machine code: see ``standardise.character_pairs``."""

from __future__ import annotations

from typing import Any

import numpy as np

from panhuo.kernel.compiling import compiled


@compiled
def mark_pairs(points: Any, lengths: Any, shift: Any, bitmap: Any) -> None:
    """Row i of ``bitmap`` gets the bit of each pair of neighbours among its ``lengths[i]`` code points, which lie one row after the other."""
    at = 0
    for i in range(lengths.shape[0]):
        for k in range(at, at + lengths[i] - 1):
            packed = (np.uint64(points[k]) << np.uint64(21)) | np.uint64(points[k + 1])
            slot = (packed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(shift)
            bitmap[i, slot >> np.uint64(3)] |= np.uint8(1) << np.uint8(slot & np.uint64(7))
        at += lengths[i]
