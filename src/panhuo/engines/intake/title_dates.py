"""The cut-off date that a tape states once, above its header: 数据日期：2026年9月30日, 截至2026-09-30, 基准日 20260930, as of 2026-09-30;
where no label states one, a date that stands alone in a title's brackets (明细表（2026年9月30日）), or the end of a month (2026年9月末)."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import polars as pl

from panhuo.engines.intake.mapping import normal_heading
from panhuo.kernel.calendar import FIRST_CUT_OFF

_LABEL: Final = (
    r"(?:数据(?:截[止至])?(?:日期?|时间|时点)|截[止至](?:日期?|时间|时点)?|基准日期?|(?:基准|数据)?时点|统计(?:截[止至])?(?:日期?|时点)|报表(?:截[止至])?(?:日期?|时点)|报告(?:基准)?日期?|"
    r"cut-?off(?: date)?|as (?:of|at)(?: date)?|data date|reporting date)"
)
_DAY: Final = r"((?:19|20)[0-9]{2})(?:\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]|([-/.])([0-9]{1,2})\4([0-9]{1,2})(?![0-9])|([0-9]{2})([0-9]{2})(?![0-9]))"
_MONTH_END: Final = re.compile(r"((?:19|20)[0-9]{2})\s*年\s*([0-9]{1,2})\s*月\s*末(?!\s*(?:以前|之前|前|以来|至今))")
_OF_A_LIST: Final = re.compile(
    r"^[\s的()（）、,:;·_—-]*(?:$|不良|逾期|违约|贷款|资产|债权|委外|委托|催收|信用|个人|对公|公司|小微|消费|经营|住房|房贷|汽车|网贷|网络|客户|借款|全行|全量|表内|表外|风险|五级|"
    r"清单|明细|台账|数据|报表|存量|余额|账户|单位|时点)"
)
"""What may follow the end of a month in the title of a list drawn up then: 2024年末不良贷款清单, but not 2024年末较…, 2024年末新增…."""
_QUARTER_END: Final = re.compile(r"((?:19|20)[0-9]{2})\s*年\s*第?\s*([一二三四1-4])\s*季度?\s*[末底]")
_NUMERALS: Final = re.compile(r"([一二][〇○零一二三四五六七八九]{3})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]")
_DIGITS: Final = "〇一二三四五六七八九"
_NOUGHTS: Final = str.maketrans("○零", "〇〇")
_COLUMN: Final = re.compile(
    r"^(?:(?:数据|统计|报表)(?:截[止至])?(?:日期?|时点)|(?:报告)?基准(?:日期?|时点)|data(?:cut-?off)?date|reportingdate|cut-?offdate|asofdate)$"
)
"""截止日 alone may be the loan's own last day."""
_FEW: Final = 3
_STATED: Final = re.compile(rf"{_LABEL}\s*(?:为|是)?\s*[:]?\s*(?:{_DAY}|{_MONTH_END.pattern})")
_ANY_DAY: Final = re.compile(rf"(?<![0-9]){_DAY}|{_MONTH_END.pattern}")
_ALONE: Final = re.compile(rf"[(\[【〔]\s*(?:{_DAY}|{_MONTH_END.pattern})\s*[)\]】〕]")
"""A date that fills a pair of brackets: XX银行不良贷款明细表（2026年9月30日）."""
_COMPARED: Final = re.compile(r"较|比|至今|以来|以前|之前|以后|之后|新增|结转|发放|核销|转入|形成|立案")
_OTHER: Final = re.compile(
    r"预计|计划|目标|到期|制表|编制|填报|填表|打印|导出|生成|下载|上报|审核|创建|出具|签订|print|creat|generat|export|prepared"
)


def column_day(raw: pl.DataFrame) -> dt.date | None:
    """The one cut-off date that a column of the rows states, the same in every row (数据日期 over 20260831); None where there is none, or several.

    raw: text cells under the tape's headings.
    """
    days: set[dt.date] = set()
    for heading in raw.columns:
        if _COLUMN.match(normal_heading(heading)):
            cells = raw[heading].cast(pl.String).drop_nulls().unique()
            said = [stated_day([f"基准日 {cell.strip()}"]) for cell in cells.head(_FEW) if cell.strip()]
            days |= {day for day in said if day is not None} if None not in said else set()
    return days.pop() if len(days) == 1 else None


def stated_day(titles: Sequence[str]) -> dt.date | None:
    """The one cut-off date that the cells above a header state; None where there is none, or several.

    >>> stated_day(["某银行不良贷款清单", "数据日期：2026年9月30日　单位：万元"]), stated_day(["制表日期：2026-10-08"])
    (datetime.date(2026, 9, 30), None)
    """
    days: set[dt.date] = set()
    cells = [_in_months(_in_figures(unicodedata.normalize("NFKC", title).casefold())) for title in titles]
    for text in (*cells, *(f"{label} {value}" for label, value in itertools.pairwise(cells))):  # label and date in cells side by side
        days |= {day for found in _STATED.finditer(text) if (day := _day(*found.groups())) is not None}
    if not days:
        days = set().union(*map(_bare, cells)) if cells else set()
    days = {day for day in days if day >= FIRST_CUT_OFF}
    return days.pop() if len(days) == 1 else None


def _in_figures(text: str) -> str:
    """A date in Chinese numerals as one in figures.

    >>> _in_figures("二〇二六年九月三十日"), _in_figures("二零二六年十二月二十一日止")
    ('2026年9月30日', '2026年12月21日止')
    """

    def figures(found: re.Match[str]) -> str:
        year = "".join(str(_DIGITS.index(c)) for c in found[1].translate(_NOUGHTS))
        return f"{year}年{_numeral(found[2])}月{_numeral(found[3])}日"

    return _NUMERALS.sub(figures, text)


def _numeral(text: str) -> int:
    """三十一: 31."""
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.find(tens) if tens else 1 if ten else 0) * 10 + (_DIGITS.find(ones) if ones else 0)


def _in_months(text: str) -> str:
    """The end of a quarter, half or year as the end of a month.

    >>> _in_months("2026年三季度末不良清单"), _in_months("2025年末"), _in_months("2026年6月底")
    ('2026年9月末不良清单', '2025年12月末', '2026年6月末')
    """
    for found in reversed(list(_QUARTER_END.finditer(text))):
        quarter = "一二三四".find(found[2]) + 1 or int(found[2])
        text = f"{text[: found.start()]}{found[1]}年{3 * quarter}月末{text[found.end() :]}"
    text = re.sub(r"((?:19|20)[0-9]{2})\s*年\s*上?半年[末底]", r"\1年6月末", text)
    text = re.sub(r"((?:19|20)[0-9]{2})\s*年\s*[度年]?[末底]", r"\1年12月末", text)
    return re.sub(r"([0-9])\s*月\s*底", r"\1月末", text)


def _bare(text: str) -> set[dt.date]:
    """The date in brackets, or the end of a month, of a cell that holds no other date and does not say that the date is another one (制表日期)."""
    every = list(_ANY_DAY.finditer(text))
    if len(every) != 1 or _OTHER.search(text):
        return set()
    found = _ALONE.search(text)
    if found is None and (ends := _MONTH_END.search(text)) and _OF_A_LIST.match(text[ends.end() :]) and not _COMPARED.search(text):
        found = ends
    day = _day(*every[0].groups()) if found is not None else None
    return {day} if day is not None else set()


def _day(year: str | None, *parts: str | None) -> dt.date | None:
    """The date of a match of ``_DAY``, which the year and month of ``_MONTH_END`` may follow."""
    given = [int(part) for part in parts if part and part.isdigit()]
    try:
        if year is None or len(given) == 1:  # the end of a month: year and month, or the month alone
            start, month = (given[0], given[1]) if year is None else (int(year), given[0])
            return dt.date(start, month, calendar.monthrange(start, month)[1])
        return dt.date(int(year), given[0], given[1])
    except ValueError:
        return None
