"""One seed, many independent named streams, so that adding a draw in one place moves nothing elsewhere."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A generator that depends on the seed and the names only (PCG64 seeded by SHA-256 of both)."""
    text = "\x1f".join([str(seed), *map(str, names)])
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))
