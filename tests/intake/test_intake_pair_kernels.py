"""The compiled bitmaps of character pairs against sets of pairs hashed in Python's own whole numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.identity.pair_kernels import mark_pairs

TEXT = st.text(st.sampled_from("人民路一二三号楼ABz0９\U0002a700\U0010ffff") | st.characters(exclude_categories=["Cs"]), max_size=12)


def slow_bitmap(text: str, bits: int) -> int:
    """A set of pairs as one whole number: bit s for the pair whose hash begins with s, of ``bits`` = 2 ** power of them."""
    power = bits.bit_length() - 1
    slots = {((ord(a) * 2**21 + ord(b)) * 0x9E3779B97F4A7C15 % 2**64) // 2 ** (64 - power) for a, b in pairwise(text)}
    return sum(1 << slot for slot in slots)


@given(st.lists(TEXT, max_size=8), st.sampled_from([8, 64, 256, 1024]))
def test_pairs_are_marked_row_by_row(texts: list[str], bits: int) -> None:
    points = np.frombuffer("".join(texts).encode("utf-32-le"), dtype="<u4")
    bitmap = np.zeros((len(texts), bits // 8), dtype=np.uint8)
    mark_pairs(points, np.array([len(text) for text in texts], dtype=np.int64), 64 - bits.bit_length() + 1, bitmap)
    assert [int.from_bytes(row.tobytes(), "little") for row in bitmap] == [slow_bitmap(text, bits) for text in texts]


def test_marks_that_stand_stay() -> None:
    bitmap = np.full((1, 8), 0b1010_0000, dtype=np.uint8)
    points = np.frombuffer("中山路".encode("utf-32-le"), dtype="<u4")
    mark_pairs(points, np.array([3], dtype=np.int64), 58, bitmap)
    assert int.from_bytes(bitmap.tobytes(), "little") == int.from_bytes(bytes([0b1010_0000] * 8), "little") | slow_bitmap("中山路", 64)
