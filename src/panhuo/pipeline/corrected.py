"""Rejected rows that come back corrected: which rows of the tape they stand for, and the file a person sent back as text.

A corrected row takes the place of the row it corrects: that one is left out where the tape is read again, so that the rows in are those the lender sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from panhuo.engines.intake.archives import ReadLimits, parts
from panhuo.engines.intake.corrections import OURS, PLACE
from panhuo.engines.intake.mapping import normal_heading
from panhuo.engines.intake.readers import of_path, readers_of
from panhuo.engines.intake.suggest_names import all_known_headings
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

SUPERSEDED: Final = {"__file": pl.String(), "__row": pl.Int32()}
"""Rows that corrected ones stand for: the file as rows call it, and the data row in it from 1."""
_BATCH = 100_000


def without(raw: pl.DataFrame, superseded: pl.DataFrame | None) -> pl.DataFrame:
    """A batch of raw rows less those of ``superseded``, in their order."""
    return raw if superseded is None else raw.join(superseded, on=list(SUPERSEDED), how="anti", maintain_order="left")


def check_superseded(superseded: pl.DataFrame | None, left_out: int, *, where: str) -> None:
    """Raises InputUnusable where not every row that was corrected is found again: both would count."""
    if superseded is not None and left_out != superseded.height:
        raise InputUnusable(
            "CORRECTED_ROWS_ASTRAY",
            Words(
                f"{superseded.height} 行更正所对应的原始行只找到 {left_out} 行",
                f"of {superseded.height} rows that were corrected {left_out} are found",
            ),
            where=where,
            remedy=Words(
                "按原来的工作表与表头行读取，或重新下载退回行再更正", "read the files as before, or correct a fresh download of the rejected rows"
            ),
        )


def read_returned(path: Path, name: str, *, headings: Sequence[str], workdir: Path) -> pl.DataFrame:
    """A file of rejected rows as it lies there or came back: text columns ``PLACE`` and ``headings``, empty cells as "".

    Raises InputUnusable: a file without Panhuo's columns or without one of ``headings``, a line that is no row, a place that stands twice, what cannot be read.
    """
    limits = ReadLimits()
    left_out: list[str] = []
    notes: list[Words] = []
    known = all_known_headings() | {normal_heading(heading) for heading in (*OURS, *headings)}
    readers = of_path(parts(path, name, limits, left_out), left_out, known, lambda part: readers_of(part, limits, None, known, None, workdir, notes))
    ours = [reader for reader in readers if set(OURS) <= set(reader.file.headings)]
    if not ours:
        raise _refused(
            name, "不是从这里下载的退回行：缺少“问题、位置、原始行”三列", "is no file of rejected rows: its first three columns are missing"
        )
    frames: list[pl.DataFrame] = [pl.DataFrame(schema=dict.fromkeys([PLACE, *headings], pl.String))]
    for reader in ours:
        missing = [heading for heading in headings if heading not in reader.file.headings]
        if missing:
            raise _refused(name, f"缺少列“{missing[0]}”", f"the column {missing[0]!r} is missing")
        for frame in reader.frames(_BATCH):
            if "__fault" in frame.columns and frame["__fault"].is_not_null().any():
                raise _refused(name, "有的行列数与表头不符", "some lines have more or fewer cells than the header")
            frames.append(frame.select(pl.col(PLACE, *headings).cast(pl.String).str.strip_chars().fill_null("")))
    rows = pl.concat(frames)
    twice = rows.filter(pl.col(PLACE).is_duplicated())
    if twice.height:
        raise _refused(name, f"位置“{twice[PLACE][0]}”出现了多次", f"the place {twice[PLACE][0]!r} stands more than once")
    return rows


def _refused(name: str, zh: str, en: str) -> InputUnusable:
    remedy = Words(
        "下载现行版本的退回行，只改单元格，前三列与表头不动",
        "download the rejected rows of the current version and change cells only: no heading, not the first three columns",
    )
    return InputUnusable("REJECTS_FOREIGN", Words(zh, en), where=name, remedy=remedy)
