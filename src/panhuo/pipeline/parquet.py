"""Parquet written part by part, the same bytes for the same frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow.parquet as pq


class PartWriter:
    """One Parquet file from many frames of one schema, in the order given, a row group each.

    Polars writes a whole file or streams with row groups that depend on its threads; this keeps memory at one part and
    the bytes reproducible. Text columns named in ``repeated`` and Enums are dictionary-encoded, numbers are not.
    """

    def __init__(self, path: Path, *, repeated: Sequence[str] = ()) -> None:
        self._path = path
        self._repeated = repeated
        self._writer: pq.ParquetWriter | None = None
        self.rows = 0

    def write(self, frame: pl.DataFrame) -> None:
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            repeated = [*self._repeated, *(name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Enum))]
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd", compression_level=1, use_dictionary=repeated)
        self._writer.write_table(table, row_group_size=max(1, frame.height))
        self.rows += frame.height

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
