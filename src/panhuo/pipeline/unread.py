"""Coded columns and flags whose cells were not read: how many and what stands in them, over all batches. Plans are made on these columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from panhuo.engines.intake.shown import shown
from panhuo.kernel.frames import TAPE

UNREAD, STAGELESS = ("CODE_UNKNOWN", "FLAG_UNKNOWN"), "LITIGATION_STAGE_UNKNOWN"
_VALUES_A_BATCH = 20
_CHARS = 24


@dataclass(slots=True)
class Unread:
    """cells: by (field, rule), how many. values: what stood in them, masked, the commonest of each batch."""

    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    values: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)

    def add(self, findings: pl.DataFrame, headings: Mapping[str, str]) -> None:
        """Those of one batch. headings: canonical field -> heading in the file."""
        fields = {heading: name for name, heading in headings.items() if name in TAPE}
        struck = findings.lazy().filter(pl.col("code").is_in([*UNREAD, STAGELESS]), pl.col("column").is_in(list(fields)))
        counted = struck.group_by("column", "code", "value").len().collect().sort("len", "value", descending=[True, False])
        for (column, code), part in counted.partition_by("column", "code", as_dict=True).items():
            key = (fields[str(column)], str(code))
            self.cells[key] += int(part["len"].sum())
            top = part.head(_VALUES_A_BATCH).select(shown(pl.col("value").str.slice(0, _CHARS), TAPE[key[0]]).alias("value"), "len")
            self.values.setdefault(key, Counter()).update(dict(top.group_by("value").agg(pl.col("len").sum()).iter_rows()))
