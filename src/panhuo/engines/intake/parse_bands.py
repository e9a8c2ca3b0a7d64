"""Arrears stated as a band: M3, M12+, M2(31-60天), 181-360天, 90天以上, 逾期7期, 正常. Many Chinese lists carry them as 账龄 instead of a count of days.

A band becomes the fewest days in it, so that nothing is said to be older than the tape shows. ``Mk`` are (k - 1) x 30 + 1 to k x 30 days, as everywhere
in the house (``kernel.calendar``); a month is 30 days.

* 以上, 以下 and 以内 include their figure, 超过 and 不满 do not (Civil Code, art. 1259): 90天以上 is 90, 超过90天 is 91, 7期以上 and M7+ are 181. The classification
  measures of 2023 say 超过90天: 90天以上 is therefore not yet substandard. M12+ alone is 361: the house has both M12 and M12+.
* A range begins on its figure, (30,60] a day after it; a range from 0 begins on the first day.
* ≥0 says nothing and stays unread.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.engines.intake.arrears_words import said
from panhuo.kernel.calendar import BUCKETS, DAYS_PER_BUCKET

LONGEST_DAYS: Final = 30 * 365
"""No band says more."""
_MOST_PERIODS: Final = 60
"""A bare number beyond it counts days, whatever the heading says."""
_MOST_IN_RANGE: Final = 36
"""A bare range that ends beyond it is one of days: 31-60."""
_LEAST_OPEN_DAYS: Final = 30
"""From here on a bare open end counts days: 30+, >=90. Stages end long before."""
_LAST_STAGE: Final = len(BUCKETS) - 2
_OPEN_BUCKET: Final = _LAST_STAGE * DAYS_PER_BUCKET + 1

_FIGURE: Final = r"(K?)(\d{1,5})([DNYQ]?)([XI]?)"
_ONE: Final = rf"^([GOW]?){_FIGURE}([PUVB]?)([XI]?)$"
_TWO: Final = rf"^([GO]?){_FIGURE}([PU]?)([XI]?)(S?W?){_FIGURE}(B?)([XI]?)$"
_CURRENT: Final = r"^(?:C(?:[\s(\[].*)?|c(?:[(\[]C[)\]])?)$"
_PLAIN: Final = r"^(\d{1,5}(?:\.\d{1,2})?)\s*([DNY]?)$"
_DAYS_IN: Final = {"N": DAYS_PER_BUCKET, "Y": 12 * DAYS_PER_BUCKET, "Q": DAYS_PER_BUCKET}
_END, _HIGH = r"\d{1,5}[DNYQ]?", r"[1-9]\d{0,4}[DNYQ]?"
_SHAPE: Final = (
    (r"\d\s+\d", "?"),  # 100 200: two figures are not one
    (rf"^\(({_END})[,S]P?Z?[)\]]([DNYQ]?)$", "O$1$2"),  # (360,+∞)
    (rf"^\[({_END})[,S]P?Z?[)\]]([DNYQ]?)$", "G$1$2"),
    (rf"^\(({_END})(?:,({_HIGH})[)\]]|S({_HIGH})\])([DNYQ]?)$", "O${1}S$2$3$4"),  # (30,60]
    (rf"^\[({_END})[,S]({_END})[)\]]([DNYQ]?)$", "${1}S$2$3"),
    (r"^[(\[]([^()\[\]]*)[)\]]([DNYQ]?[PUB]?)$", "$1$2"),
    (r"\s", ""),
    (r"([DNYQPUVXI]),", "${1}S"),
    (r"(\d)\.0+(\D|$)", "$1$2"),
    (r"(\d),(\d{3})", "$1$2"),
    (r"P([DNYQ])$", "${1}P"),
)


def arrears(text: pl.Series, *, periods: bool) -> pl.DataFrame:
    """What normalised (NFKC) cells say of arrears. ``band``: the fewest days past due that the band allows, null where the cell is no band. ``plain``: the count in
    逾期120天, 三个月, 半年, 120天(M4), written plainly; null where the cell is none. periods: a bare number counts missed instalments.

    Step by step, not in one expression: that would read each cell anew for every use of a part of it.
    """
    cell = pl.col("said")
    for pattern, by in _SHAPE:
        cell = cell.str.replace_all(pattern, by)
    days = pl.when("current").then(0).otherwise(pl.coalesce(_two(periods), _one(periods)))
    return (
        text.alias("text")
        .to_frame()
        .select(said=said(pl.col("text")))
        .with_columns(cell=cell, current=pl.col("said").str.contains(_CURRENT) & ~pl.col("said").str.contains("[A1-9]"))
        .with_columns(one=pl.col("cell").str.extract_groups(_ONE), two=pl.col("cell").str.extract_groups(_TWO))
        .with_columns(days=days)
        .select("said", band=pl.when(pl.col("days") <= LONGEST_DAYS).then("days").cast(pl.Int32), plain=_plain(pl.col("said")))
    )


def says_arrears(text: pl.Series) -> pl.Series:
    """Whether each normalised cell says how long something is overdue, in more than a bare number."""
    found = arrears(text, periods=False)
    return found.select(pl.coalesce("band", pl.col("plain").str.len_chars()).is_not_null() & pl.col("said").str.contains(r"[^\d.\s]")).to_series()


def _plain(signs: pl.Expr) -> pl.Expr:
    unit = signs.str.extract(_PLAIN, 2).replace_strict({"D": "天", "N": "个月", "Y": "年"}, default="")
    return signs.str.extract(_PLAIN, 1) + unit


def _one(periods: bool) -> pl.Expr:
    """One figure: a stage, or whatever a word bounds. A plain count is no band."""
    before, stage, figure, unit, edge, after, edge_after = _groups("one", 7)
    count = figure.cast(pl.Int32, strict=False)
    least, within = before.is_in(["G", "O"]) | after.is_in(["P", "U", "V"]), (before == "W") | (after == "B")
    excluded = _excluded((before == "O") | (after == "V"), edge + edge_after)
    bare = (unit == "") & (stage == "")
    missed = bare & pl.when(least).then(count < _LEAST_OPEN_DAYS).otherwise(count <= _MOST_PERIODS) if periods else pl.lit(value=False)
    counted = (stage == "K") | (unit == "Q") | missed
    return (
        pl.when(count.is_null() | ((stage == "K") & (unit != "")) | (least & within))
        .then(None)
        .when((stage == "K") & (count == _LAST_STAGE) & (after == "P"))
        .then(_OPEN_BUCKET)
        .when(within)
        .then(count.clip(upper_bound=1))
        .when(least & (count + excluded > 0))
        .then(_from(count + excluded, counted, count * _days(unit) + excluded))
        .when(least | (edge + edge_after != ""))
        .then(None)
        .when(counted)
        .then(_from(count, counted, count))
        .when(bare & (count > _MOST_PERIODS) if periods else pl.lit(value=False))
        .then(count)
    )


def _two(periods: bool) -> pl.Expr:
    """A range: 31-60天, M1-M3, 1年以上2年以下, 超过90天不超过180天."""
    before, stage, figure, own, edge, after, edge_after, between, high_stage, high_figure, high_unit, *_ = _groups("two", 14)
    low, high = figure.cast(pl.Int32, strict=False), high_figure.cast(pl.Int32, strict=False)
    unit = pl.when(own == "").then(high_unit).otherwise(own)
    excluded = _excluded(before == "O", edge + edge_after)
    bare = (unit == "") & (high <= _MOST_IN_RANGE) if periods else pl.lit(value=False)
    counted = (stage == "K") | ((high_stage == "K") & (own == "")) | (unit == "Q") | bare
    return (
        pl.when(~((after + between != "") & (low * _days(unit) <= high * _days(high_unit))).fill_null(value=False))
        .then(None)
        .when(high == 0)
        .then(0)
        .otherwise(_from(pl.max_horizontal(low + excluded, 1), counted, pl.max_horizontal(low * _days(unit) + excluded, 1)))
    )


def _groups(found: str, count: int) -> list[pl.Expr]:
    return [pl.col(found).struct.field(str(n)) for n in range(1, count + 1)]


def _excluded(by_word: pl.Expr, edges: pl.Expr) -> pl.Expr:
    """1 where the band begins after its figure: 超过, or 不含 in brackets; not where 含 says otherwise."""
    return pl.when(edges.str.contains("X") | (by_word & ~edges.str.contains("I"))).then(1).otherwise(0).cast(pl.Int32)


def _from(stage: pl.Expr, counted: pl.Expr, days: pl.Expr) -> pl.Expr:
    """The first day of a stage or of the ``stage``-th missed instalment, else ``days``."""
    return pl.when(counted & (stage > 0)).then((stage - 1) * DAYS_PER_BUCKET + 1).otherwise(pl.when(counted).then(0).otherwise(days))


def _days(unit: pl.Expr) -> pl.Expr:
    return unit.replace_strict(_DAYS_IN, default=1, return_dtype=pl.Int32)
