"""Parquet written part by part, the same bytes for the same frames."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow.parquet as pq

from panhuo.pipeline.beside import Beside


class PartWriter:
    """One Parquet file from many frames of one schema, in the order given, a row group each.

    Polars writes a whole file or streams with row groups that depend on its threads; this keeps memory at one part and
    the bytes reproducible. Text columns named in ``repeated`` and Enums are dictionary-encoded, numbers are not. A frame is
    written beside whatever its caller does next; only one waits at a time, and a fault shows at the next call.
    """

    def __init__(self, path: Path, *, repeated: Sequence[str] = ()) -> None:
        self._path = path
        self._repeated = repeated
        self._writer: pq.ParquetWriter | None = None
        self._beside = Beside()

    def write(self, frame: pl.DataFrame) -> None:
        self._beside.call(self._write, frame)

    def _write(self, frame: pl.DataFrame) -> None:
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            repeated = [*self._repeated, *(name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Enum))]
            # the smallest and largest of amounts in no order tell a reader nothing, and cost a fifth of the writing
            self._writer = pq.ParquetWriter(
                self._path, table.schema, compression="zstd", compression_level=1, use_dictionary=repeated, write_statistics=repeated
            )
        self._writer.write_table(table, row_group_size=max(1, frame.height))

    def close(self) -> None:
        """Everything written, or the fault that kept it from being so."""
        try:
            self._beside.close()
        finally:
            if self._writer is not None:
                writer, self._writer = self._writer, None
                writer.close()

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.close()
            return
        with suppress(Exception):  # the fault that ended the block is the one to tell
            self.close()
