"""Rows that are no accounts: sums of others, headings repeated on every printed page, lines of whoever printed it.

A bank's system prints a list page by page into one sheet, so between the accounts stand its totals, its headings again, and 制表人：张三. They are
rejected like any row that is no claim, each under its own name: told as accounts with unreadable amounts, they would send people looking for money.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.clean_notes import Notes
from panhuo.engines.intake.mapping import Binding

_LEADING: Final = 3
_BLANKS: Final = " \u3000:："
_TOTAL_WORDS: Final = (
    *("合计", "总计", "小计", "本页合计", "本页小计", "总合计", "合 计", "总 计", "小 计"),
    *("Total", "TOTAL", "total", "Subtotal", "Grand total", "Grand Total"),
)
_BRIEF: Final = 24
"""Bytes no cell passes that says "total" and little else: looking at lengths first spares looking into most cells."""
_LABEL: Final = (
    r"(?i)^[\s\u3000'(（]*(?:"
    r"(?:打印|制表|制单|填表|填报|编制|复核|审核|审批|导出|生成|报送|报表|统计|经办|操作|负责|主管)(?:时间|日期|人员|人|员|部门|机构|单位|柜员|序号)?\s*[:：]"
    r"|(?:备注|说明|注)\s*[:：]"
    r"|第\s*[0-9０-９一二三四五六七八九十]+\s*页|共\s*[0-9０-９]+\s*页|page\s+[0-9]+|(?:printed|prepared|reviewed|approved|exported)\s+(?:on|at|by)\b)"
)
_FEW: Final = 4
"""Cells that such a line fills at most."""


def note_totals(notes: Notes, raw: pl.DataFrame, headings: Sequence[str], binding: Binding) -> None:
    """Rows that add up the others: a first cell, the account number or the name says so."""
    columns = dict.fromkeys([*headings[:_LEADING], *(binding.fields[name] for name in ("account_id", "name") if name in binding.fields)])
    out = np.zeros(raw.height, dtype=bool)
    for name in columns:
        cells = raw[name]
        brief = cells.filter((cells.str.len_bytes() <= _BRIEF).fill_null(value=False)).unique()
        said = brief.filter(brief.str.strip_chars(_BLANKS).is_in(_TOTAL_WORDS))
        if len(said):
            out |= cells.is_in(said.implode()).fill_null(value=False).to_numpy()
    notes.add_where("TOTAL_ROW", "account_id", pl.Series("total", out))


def note_printed(notes: Notes, raw: pl.DataFrame, headings: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Among the rows rejected so far, repeated headings and lines of the printing; returns where they are, as nothing else is to be said of their cells."""
    out = np.zeros(raw.height, dtype=bool)
    at = np.flatnonzero(notes.rejected)
    if not len(at):
        return out
    cells = raw.select(headings)[at]
    filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in headings)
    named = pl.sum_horizontal((pl.col(name).str.strip_chars(_BLANKS) == name.strip(_BLANKS)).fill_null(value=False) for name in headings)
    found = cells.select(
        header=(named >= 2) & (named * 2 > filled),
        printed=(filled <= _FEW) & pl.coalesce(headings).str.contains(_LABEL),
    )
    for code, name in (("HEADER_ROW", "header"), ("PRINTED_ROW", "printed")):
        hit = at[found[name].fill_null(value=False).to_numpy() & ~out[at]]
        notes.add(code, "", hit)
        out[hit] = True
    return out
