"""What a run sets aside for its own later stages: Arrow files as they lie in memory, cheap to write and to take up again."""

from __future__ import annotations

from pathlib import Path

import polars as pl


def put(frame: pl.DataFrame, path: Path) -> None:
    frame.write_ipc(path, compression="uncompressed")


def take(path: Path) -> pl.DataFrame:
    return pl.read_ipc(path)
