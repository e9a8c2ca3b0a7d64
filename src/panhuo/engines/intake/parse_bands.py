"""Arrears stated as a band: M3, M12+, M2(31-60天), 181-360天, 90天以上, 逾期7期, 正常. Many Chinese lists carry them as 账龄 instead of a count of days.

A band becomes the fewest days in it, so that nothing is said to be older than the tape shows. ``Mk`` are (k - 1) x 30 + 1 to k x 30 days, as everywhere
in the house (``kernel.calendar``). 以上, + and > begin a day after their figure, 及以上 and ≥ on it; 3-6个月 begins a day after three months of 30 days;
a range from 0 begins on the first day. What stands in brackets behind a stage only explains it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.kernel.calendar import DAYS_PER_BUCKET

LONGEST_DAYS: Final = 30 * 365
"""No band says more."""
_MOST_PERIODS: Final = 60
"""A bare number beyond it counts days, whatever the heading says."""
_CURRENT: Final = ("未逾期", "无逾期", "没有逾期", "正常", "正常类", "当期", "未到期", "current", "c")
_BEFORE: Final = r"^(?:逾期|账龄|欠款|拖欠)[:：]?"
_EXPLAINED: Final = r"^((?:m\d{1,3}(?:\+|及?以上)?)|正常类?|未逾期)[\s(\[【].*$"
_INTERVAL: Final = r"^[(\[【](\d{1,5})[,，](\d{1,5})[)\]】]"
_FROM: Final = r"^(?:>=|=>|≥|大于等于|大于或等于|不少于|不低于|不小于)|(?:及|含)以上$|以上含.*$"
_OVER: Final = r"^(?:>|大于|超过)|(?:\+|以上)$"
_WITHIN: Final = r"^(?:<=?|≤|小于等于|小于|不超过|少于|不足|未满)|(?:及|含)?(?:以内|之内|以下)含?$|内$"
_UNIT: Final = r"(天|日|days?|d|个?月|months?|年|years?|期)?"
_ONE: Final = rf"^(m?)(\d{{1,5}}){_UNIT}$"
_TWO: Final = rf"^(m?)(\d{{1,5}}){_UNIT}(?:-|—|–|~|至|到|to)m?(\d{{1,5}}){_UNIT}含?$"
_NUMERALS: Final = {"半年": "6个月", "十二个月": "12个月"} | {
    f"{word}{unit}": f"{number}{unit}" for word, number in zip("一两二三四五六九", "12234569", strict=True) for unit in ("个月", "年")
}


def band_days(text: pl.Expr, *, periods: bool) -> pl.Expr:
    """The fewest days past due that the band allows, null where the cell is no band. text: normalised (NFKC). periods: a bare number counts missed instalments."""
    given = text.str.to_lowercase().str.strip_chars().str.replace(_BEFORE, "").str.replace_many(_NUMERALS)
    cell = given.str.replace(_EXPLAINED, "$1").str.replace(_INTERVAL, "$1-$2").str.replace_all(r"[\s\[\]【】()]", "")
    cell = cell.str.replace_all(r"(\d)\.0+(\D|$)", "$1$2").str.replace_all(r"(\d),(\d{3})", "$1$2").str.replace(r"\+(天|日|期)$", "$1+")
    begins, over, within = cell.str.contains(_FROM), cell.str.contains(_OVER), cell.str.contains(_WITHIN)
    body = cell.str.replace(_FROM, "").str.replace(_OVER, "").str.replace(_WITHIN, "")
    count, unit = body.str.extract(_ONE, 2).cast(pl.Int32, strict=False), body.str.extract(_ONE, 3).fill_null("")
    stage = (body.str.extract(_ONE, 1) == "m") | (unit == "期") | _instalments(unit, count, periods)
    low, high = (body.str.extract(_TWO, group).cast(pl.Int32, strict=False) for group in (2, 4))
    high_unit = body.str.extract(_TWO, 5).fill_null("")
    low_unit = pl.coalesce(body.str.extract(_TWO, 3), high_unit)
    low_stage = (body.str.extract(_TWO, 1) == "m") | (low_unit == "期") | _instalments(low_unit, high, periods)
    days = (
        pl.when(cell.is_in(_CURRENT))
        .then(0)
        .when(low * _days_in(low_unit) <= high * _days_in(high_unit))
        .then(
            pl.when(low_stage)
            .then(_first_of(pl.max_horizontal(low, 1)))
            .when(_days_in(low_unit) > 1)
            .then(low * _days_in(low_unit) + 1)
            .otherwise(pl.max_horizontal(low, 1))
        )
        .when((unit == "") & (count > _MOST_PERIODS) & ~begins & ~over & ~within if periods else pl.lit(value=False))
        .then(count)
        .when(count.is_null() | (~stage & ~begins & ~over & ~within))  # 120, 120天, 4个月: a plain count, not a band
        .then(None)
        .when(within)
        .then(1)
        .when(begins | ~over)
        .then(pl.when(stage).then(_first_of(count)).otherwise(count * _days_in(unit)))
        .otherwise(pl.when(stage).then(_first_of(count + 1)).otherwise(count * _days_in(unit) + 1))
    )
    return pl.when(days <= LONGEST_DAYS).then(days).cast(pl.Int32)


def _instalments(unit: pl.Expr, count: pl.Expr, periods: bool) -> pl.Expr:
    return (unit == "") & (count <= _MOST_PERIODS) if periods else pl.lit(value=False)


def _first_of(stage: pl.Expr) -> pl.Expr:
    return pl.when(stage > 0).then((stage - 1) * DAYS_PER_BUCKET + 1).otherwise(0)


def _days_in(unit: pl.Expr) -> pl.Expr:
    year, month = unit.str.contains("年|year"), unit.str.contains("月|month")
    return pl.when(year).then(12 * DAYS_PER_BUCKET).when(month).then(DAYS_PER_BUCKET).otherwise(1).cast(pl.Int32)
