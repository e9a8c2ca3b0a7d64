"""Named random columns: one seed, one chunk, one stream a column.

Every column is drawn by a generator of its own, element after element, so the first k rows of a longer chunk are the rows of
a chunk of k: ``sample -n 1000`` begins with ``sample -n 100``. That holds only as long as nothing here or in the callers draws for some rows
and not for others from one stream, and no row looks at a later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.kernel.randomness import stream

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


CHUNK_ROWS = 250_000
"""Rows made at a time. Part of what a seed means: another figure makes another tape."""


class Draws:
    """Random columns of the ``rows`` rows of one chunk."""

    def __init__(self, seed: int, chunk: int, rows: int) -> None:
        self.seed, self.chunk, self.rows = seed, chunk, rows

    @property
    def start(self) -> int:
        """Rows of the tape before this chunk."""
        return self.chunk * CHUNK_ROWS

    def _stream(self, name: str) -> np.random.Generator:
        return stream(self.seed, "chunk", self.chunk, name)

    def uniform(self, name: str) -> Floats:
        """(rows,) in [0, 1)."""
        return self._stream(name).random(self.rows)

    def uniform32(self, name: str) -> npt.NDArray[np.float32]:
        return self._stream(name).random(self.rows, dtype=np.float32)

    def normal(self, name: str) -> Floats:
        return self._stream(name).standard_normal(self.rows)

    def chance(self, name: str, share: float | Floats) -> Flags:
        """(rows,) true with probability ``share``."""
        flags: Flags = self.uniform(name) < share
        return flags

    def integer(self, name: str, below: int) -> Ints:
        """(rows,) 0 ... below - 1, evenly."""
        return (self.uniform(name) * below).astype(np.int64)

    def poisson(self, name: str, mean: Floats) -> Ints:
        return self._stream(name).poisson(mean)

    def binomial(self, name: str, count: Ints, share: Floats) -> Ints:
        return self._stream(name).binomial(count, share)

    def pick(self, name: str, weights: Sequence[float] | Floats) -> Ints:
        """(rows,) positions in ``weights``, each with the chance its weight says."""
        return place(self.uniform(name), weights)


def place(uniform: Floats, weights: Sequence[float] | Floats) -> Ints:
    """The position whose slice of the cumulative weights holds each uniform number."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    positions: Ints = np.searchsorted(edges[:-1], uniform * edges[-1], side="right")
    return positions


def place_by(uniform: Floats, table: Floats, group: Ints) -> Ints:
    """As :func:`place`, with row ``group[i]`` of ``table`` (groups, positions) as the weights of element i."""
    edges = np.cumsum(table, axis=1)
    edges /= edges[:, -1:]
    positions = np.zeros(uniform.size, dtype=np.int64)
    for column in range(table.shape[1] - 1):
        positions += uniform >= edges[group, column]
    return positions


def weight_table(rows: Sequence[Mapping[str, float]], codes: Sequence[str]) -> Floats:
    """(rows, codes) weights, zero where a row does not name the code."""
    return np.array([[float(row.get(code, 0.0)) for code in codes] for row in rows])


def gather(words: Sequence[str] | pl.Series, positions: Ints) -> pl.Series:
    """The words at the positions, as a text column."""
    column = words if isinstance(words, pl.Series) else pl.Series(list(words), dtype=pl.String)
    return column.gather(pl.Series(positions, dtype=pl.UInt32))


def keep(column: pl.Series, present: Flags) -> pl.Series:
    """``column`` with nulls where ``present`` is false."""
    return column.set(pl.Series(~present), None)


def place_rows(uniform: Floats, weights: Floats) -> Ints:
    """As :func:`place`, with row i of ``weights`` (rows, positions) as the weights of element i."""
    edges = np.cumsum(weights, axis=1)
    target = uniform * edges[:, -1]
    positions = np.zeros(uniform.size, dtype=np.int64)
    for column in range(weights.shape[1] - 1):
        positions += target >= edges[:, column]
    return positions
