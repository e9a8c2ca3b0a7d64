"""Parquet as text: each value in the one spelling that reads back as itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from panhuo.engines.intake.refusals import unusable
from panhuo.kernel.errors import InputUnusable


def headings(path: Path, name: str) -> list[str]:
    """Column names. Raises InputUnusable for a damaged file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(name, error) from error


def batches(path: Path, name: str, rows: int) -> Iterator[pl.DataFrame]:
    """The rows as text, ``rows`` at a time, whatever the file's row groups."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=rows):
                frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
                yield pl.DataFrame([as_text(column) for column in frame.iter_columns()])
    except (pa.ArrowException, OSError) as error:
        raise _damaged(name, error) from error


def as_text(column: pl.Series) -> pl.Series:
    """A typed column as String: whole floats without ".0" (identifiers that a null made floats), dates in ISO form without an
    empty time of day, flags as true/false, bytes as the text they are, nested values as JSON, empty text as null."""
    dtype, name = column.dtype, column.name
    if dtype == pl.Binary:
        return pl.Series(name, [_decoded(value) for value in column], dtype=pl.String)
    if dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum):
        return column.cast(pl.String).replace("", None)
    if isinstance(dtype, pl.List | pl.Array):
        return column.to_frame().select(pl.when(pl.col(name).is_not_null()).then(pl.struct(name).struct.json_encode())).to_series()
    if isinstance(dtype, pl.Struct):
        return column.to_frame().select(pl.when(pl.col(name).is_not_null()).then(pl.col(name).struct.json_encode())).to_series()
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d %H:%M:%S%.f").str.replace(r"(\.0+)$", "").str.replace(r" 00:00:00$", "")
    if isinstance(dtype, pl.Duration):
        return column.dt.to_string("iso")
    if dtype.is_float():
        value = pl.col(name)
        whole = value.is_finite() & (value == value.round(0)) & (value.abs() < 9e18)
        text = pl.when(whole).then(value.cast(pl.Int64, strict=False).cast(pl.String)).when(value.is_not_nan()).then(value.cast(pl.String))
        return column.to_frame().select(text.alias(name)).to_series()
    return column.cast(pl.String)


def _decoded(value: bytes | None) -> str | None:
    """Byte strings of writers that leave the text annotation out (Hive, Impala)."""
    if not value:
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            continue
    return value.hex()


def _damaged(name: str, error: Exception) -> InputUnusable:
    reason = str(error).splitlines()[0]
    return unusable(
        "PARQUET_DAMAGED",
        name,
        "Parquet 文件损坏，或没有传完",
        f"the Parquet file is damaged ({reason})",
        "重新导出",
        "export it again",
    )
