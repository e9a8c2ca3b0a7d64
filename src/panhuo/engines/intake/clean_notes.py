"""What was found wrong with a batch: gathered as row positions while columns are worked on, turned into findings once, at the end.

A clean tape costs nothing here: a rule that strikes no row adds nothing. Only struck rows are ever materialised.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.rules import ABSENCES, CHECKS, EVERY_ROW_CAP
from panhuo.kernel.findings import FINDING, REJECT, REPAIRED, no_findings

Positions = npt.NDArray[np.int64]


class Notes:
    """Findings of one batch in the making.

    raw: the batch, with ``__file`` and ``__row``. headings: canonical field -> heading in the file.
    """

    def __init__(self, raw: pl.DataFrame, headings: Mapping[str, str]) -> None:
        self._raw = raw
        self._headings = headings
        self._parts: list[tuple[str, str, Positions, pl.Series | None]] = []
        self._built: list[pl.DataFrame] = []
        self.rejected: npt.NDArray[np.bool_] = np.zeros(raw.height, dtype=bool)

    def add(self, code: str, field: str, at: Positions, values: pl.Series | None = None) -> None:
        """Rule ``code`` strikes ``field`` in the rows at positions ``at``.

        values: what stood there, aligned with ``at``; left out, the cells of the field's heading.
        """
        if not len(at):
            return
        self._parts.append((code, field, at, values))
        if CHECKS[code].severity == REJECT:
            self.rejected[at] = True

    def add_built(self, at: Positions, findings: pl.DataFrame) -> None:
        """Findings already in words, aligned with positions ``at``; all of them reject their row."""
        self._built.append(findings.select(pl.lit(pl.Series(at)).alias("__at"), *FINDING))
        self.rejected[at] = True

    def add_where(self, code: str, field: str, mask: pl.Series, values: pl.Series | None = None) -> Positions:
        """As :meth:`add`, where ``mask`` is true; ``values`` is aligned with the batch. Returns the positions."""
        at = mask.fill_null(value=False).arg_true().to_numpy().astype(np.int64)
        self.add(code, field, at, values.gather(at).cast(pl.String) if values is not None and len(at) else None)
        return at

    def take_back(self, code: str, field: str, at: Positions) -> None:
        """Rule ``code`` does not hold after all in the rows ``at``; for rules about cells that reject no row."""
        self._parts = [(c, f, hit[~np.isin(hit, at)] if (c, f) == (code, field) else hit, v) for c, f, hit, v in self._parts]

    def struck(self, field: str, *, repaired: bool) -> int:
        """How many cells of ``field`` a rule struck: mended ones if ``repaired``, else faulty ones; a cell counts once."""
        hit = [at for code, name, at, _ in self._parts if name == field and code not in ABSENCES and (CHECKS[code].severity == REPAIRED) == repaired]
        return len(np.unique(np.concatenate(hit))) if len(hit) > 1 else len(hit[0]) if hit else 0

    def from_file(self, field: str) -> bool:
        """Whether a column of the file carries the field."""
        return field in self._headings

    def codes(self, field: str) -> dict[str, Positions]:
        """The codes noted on ``field`` so far, with the rows."""
        found: dict[str, Positions] = {}
        for code, name, at, _ in self._parts:
            if name == field:  # a rule may strike twice: in the reading of a cell, and in the range of what was read
                found[code] = np.concatenate([found[code], at]) if code in found else at
        return found

    def built(self, code: str) -> int:
        """How many rows findings already in words reject under a code."""
        return sum(int((part["code"] == code).sum()) for part in self._built)

    def cells(self, field: str, at: Positions) -> pl.Series:
        """What stands in the file under ``field`` in these rows."""
        return self._raw[self._headings[field]].gather(at)

    def frame(self, skip: npt.NDArray[np.bool_]) -> pl.DataFrame:
        """The findings in ``FINDING`` columns, by row. ``skip``: rows whose cells are not to be spoken of (unreadable as rows)."""
        kept: list[tuple[Positions, str, str]] = []
        values: list[pl.Series] = []
        for code, field, at, given in self._parts:
            keep = np.ones(len(at), dtype=bool) if field == "" else ~skip[at]
            if CHECKS[code].severity == REPAIRED and len(at) > max(self._raw.height // 5, EVERY_ROW_CAP):
                keep &= np.cumsum(keep) <= EVERY_ROW_CAP
            if keep.any():
                kept.append((at[keep], code, field))
                values.append(self._values(field, at, given).filter(pl.Series(keep)))
        told = [self._told(kept, values)] if kept else []
        if not told and not self._built:
            return no_findings()
        return pl.concat([*self._built, *told]).sort("__at", maintain_order=True).drop("__at")

    def _values(self, field: str, at: Positions, given: pl.Series | None) -> pl.Series:
        """What stood in the cells, as text."""
        if given is not None:
            return given.cast(pl.String)
        heading = self._headings.get(field)
        return self._raw[heading].gather(at) if heading else pl.Series([None], dtype=pl.String).new_from_index(0, len(at))

    def _told(self, kept: list[tuple[Positions, str, str]], values: list[pl.Series]) -> pl.DataFrame:
        """All findings in words, in one frame: each part's words by its number."""
        at = np.concatenate([rows for rows, _, _ in kept])
        part = pl.Series(np.repeat(np.arange(len(kept), dtype=np.uint32), [len(rows) for rows, _, _ in kept]))
        rules = [CHECKS[code].rule for _, code, _ in kept]

        def by_part(words: list[str]) -> pl.Series:
            return pl.Series(words, dtype=pl.String).gather(part)

        return pl.DataFrame(
            {
                "__at": at,
                "row": self._raw["__row"].gather(at).cast(pl.Int64),
                "file": self._raw["__file"].gather(at).cast(pl.String),
                "column": by_part([self._headings.get(field, field) for _, _, field in kept]),
                "code": by_part([rule.code for rule in rules]),
                "severity": by_part([rule.severity for rule in rules]),
                "message": by_part([rule.message.zh for rule in rules]),
                "message_en": by_part([rule.message.en for rule in rules]),
                "value": pl.concat([column.alias("value") for column in values]),
            }
        )
