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

from panhuo.engines.intake.clean_batch import Batch
from panhuo.engines.intake.clean_notes import Notes
from panhuo.engines.intake.mapping import Binding
from panhuo.engines.intake.money_words import BRACKETS
from panhuo.engines.intake.unit_rows import numbered, says_units

_LEADING: Final = 3
_BLANKS: Final = " \u3000:："
_TOTAL: Final = (
    r"(?i)^[(（【]?(?:[\p{Han}]{0,12}?(?:合计|总计|小计|共计|总合计|汇总|总和|总额|总数)(?:金额|余额|数|额|行|人民币)?|过次页|承前页|接上页|转下页|累计|本页合计|本月合计|(?:grand|sub)?-?totals?|sum)[:：.]?"
    r"[(（]?(?:[共计]?[0-9][0-9,]*)?(?:万?元|笔|户|条|件|loans?|accounts?|items?|rows?)*[)）】]?[:：.]?$"
)
"""A total row's word, all spaces taken out: 合　计, 合计（20笔）, 江苏分行小计, Total: 20."""
_IN_A_NUMBER: Final = (
    r"(?i)(?:合计|总计|小计|共计|累计|汇总|总额|总和|(?:支行|分行|分理处|营业部)[计:：]|(?:^|[^a-z])(?:sub|grand)?-?totals?)"
    r"(?:人民币|[金余数]额|[:：,，]|[(（].*[)）]|[共计]?[0-9][0-9,]*(?:万?元|[笔户条件]))*$|[Σ∑]|^其中[:：]|"
    r"^(?:每户|户均|笔均)?(?:平均|均值|最[大小高低]|笔数|户数|人数|占比|比例|余额占比|average|avg|mean|max|min|count|share)(?:[值数额]|余额|金额)?[:：]?$"
)
"""Where an account number should stand, these words behind whatever else are no number: 城东支行共计20笔, but not 合计公司1号合同; 平均 and 最大."""
_COUNT: Final = r"^[共计合]{1,2}[:：]?[0-9][0-9,]*[笔户条件](?:借据|贷款|账户)?$|^[0-9][0-9,]*[笔户条件]$"
"""How many, where an account number or the first cell should stand."""
_BRIEF: Final = 60
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
    numbered = {binding.fields.get("account_id"), headings[0] if headings else None}
    columns = dict.fromkeys([*headings[:_LEADING], *(binding.fields[name] for name in ("account_id", "name") if name in binding.fields)])
    out = np.zeros(raw.height, dtype=bool)
    for name in columns:
        cells = raw[name]
        size = cells.str.len_bytes()
        words = (size != cells.str.len_chars()) | cells.str.contains(r"^[\s(]*[GgSsTt][RrUuOo]")  # a number of plain digits and letters is none
        brief = cells.filter(((size <= _BRIEF) & words).fill_null(value=False)).unique()
        plain = brief.str.replace_all(r"[\s\u3000]", "")
        said = brief.filter(
            plain.str.contains(_TOTAL)
            | (plain.str.contains(_COUNT) if name in numbered else False)
            | (plain.str.contains(_IN_A_NUMBER) if name == binding.fields.get("account_id") else False)
        )
        if len(said):
            out |= cells.is_in(said.implode()).fill_null(value=False).to_numpy()
    notes.add_where("TOTAL_ROW", "account_id", pl.Series("total", out))


def note_numbered(notes: Notes, raw: pl.DataFrame, headings: Sequence[str], binding: Binding) -> npt.NDArray[np.bool_]:
    """Rows that number the columns (1 2 3 ..., 栏次), which would be accounts of a few yuan each: the first data row of a file, and the row that follows the
    headings, or their units, on a next page. Returns where they are, as their cells are no money."""
    out = np.zeros(raw.height, dtype=bool)
    named = {binding.fields.get("account_id"), headings[0] if headings else None} - {None}
    again = pl.any_horizontal(pl.col(str(name)).is_in([str(name), _bare(str(name))]) for name in named)
    first = raw.select((pl.col("__row") == 1) | again.shift(1) | again.shift(2)).to_series().fill_null(value=False).arg_true()
    for at, row in zip(first.to_list(), raw[first].select(headings).rows() if len(first) else (), strict=True):
        out[at] = numbered(row)
    notes.add("HEADER_ROW", "", np.flatnonzero(out))
    return out


def _bare(heading: str) -> str:
    """A heading without the unit in brackets at its end, which may stand in a row of its own."""
    return BRACKETS.sub("", heading).strip(_BLANKS) or heading.strip(_BLANKS)


def note_printed(batch: Batch, raw: pl.DataFrame, headings: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Among the rejected rows without a principal, repeated headings and their units, and lines of the printing; returns where they
    are, as nothing else is to be said of their cells."""
    out = np.zeros(raw.height, dtype=bool)
    no_claim = (batch.frame["principal_fen"].fill_null(0) == 0) & pl.Series(batch.notes.rejected)
    at = no_claim.arg_true().to_numpy()
    if not len(at):
        return out
    cells = raw.select(headings).filter(no_claim)
    filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in headings)
    named = pl.sum_horizontal(
        pl.col(name).str.strip_chars(_BLANKS).is_in([name.strip(_BLANKS), _bare(name)]).fill_null(value=False) for name in headings
    )
    found = cells.select(
        header=((named >= 2) & (named * 2 > filled)) | _of_units(cells),
        printed=(filled <= _FEW) & pl.coalesce(headings).str.contains(_LABEL),
    )
    for code, name in (("HEADER_ROW", "header"), ("PRINTED_ROW", "printed")):
        hit = at[found[name].fill_null(value=False).to_numpy() & ~out[at]]
        batch.notes.add(code, "", hit.astype(np.int64))
        out[hit] = True
    return out


def _of_units(cells: pl.DataFrame) -> pl.Series:
    """Which of the rows say nothing but units; only the few distinct first cells of rows that may be are looked into."""
    first = cells.select(pl.coalesce(pl.all())).to_series()
    words = [word for word in first.drop_nulls().unique().to_list() if says_units([word]) or says_units([word, "元"])]
    out = np.zeros(cells.height, dtype=bool)
    for at in first.is_in(words).fill_null(value=False).arg_true().to_list():
        out[at] = says_units(cells.row(at))
    return pl.Series(out)
