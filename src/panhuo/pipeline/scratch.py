"""What a run sets aside for its own later stages: Arrow files as they lie in memory, cheap to write and to take up again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl


def put(frame: pl.DataFrame, path: Path) -> None:
    frame.write_ipc(path, compression="uncompressed")


def take(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    return pl.read_ipc(path, columns=list(columns) if columns else None)
