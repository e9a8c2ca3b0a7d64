"""Dates out of text, in the forms a layout names.

The fast reading picks the one form most of a sample is written in; cells in another form go through the slow reading, distinct
values only, which tries every allowed form in turn. A text that has the shape of a date but names no day (31 February) is told
apart from one that is no date at all.

Two-digit years are read in Chinese order (24-3-5 is 5 March 2024) and within 1949-2048; US and European order only where the
layout says so, since 3/5/2024 may be either.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from panhuo.engines.intake.parse_cells import BLANK, OTHER_FORM, Spec, answer, is_blank, normal

SAMPLE: Final = 1_000
"""Rows looked at to find the form a column is mostly written in; a twentieth of that many cells decide."""

_D: Final = "[0-9]{1,2}"
FAST: Final = {
    "iso": ("%Y-%m-%d", f"^[0-9]{{4}}-{_D}-{_D}$"),
    "slashed": ("%Y/%m/%d", f"^[0-9]{{4}}/{_D}/{_D}$"),
    "compact": ("%Y%m%d", "^[0-9]{8}$"),
    "chinese": ("%Y年%m月%d日", f"^[0-9]{{4}}年{_D}月{_D}日$"),
    "us": ("%m/%d/%Y", f"^{_D}/{_D}/[0-9]{{4}}$"),
    "eu": ("%d/%m/%Y", f"^{_D}/{_D}/[0-9]{{4}}$"),
}
"""The forms with a fast reading: how Polars reads them, and the shape a cell must have."""

_EXCEL: Final = r"^[0-9]{5}(?:\.[0-9]+)?$"
_SHAPE: Final = {"excel": re.compile(_EXCEL), **{form: re.compile(shape) for form, (_, shape) in FAST.items()}}

AUTO: Final = ("iso", "slashed", "compact", "chinese", "excel", "month_year", "year_month")
PIVOT: Final = 49
"""Two-digit years from 49 on belong to the twentieth century."""

_EXCEL_EPOCH: Final = 25_569  # serial of 1970-01-01 in the 1900 system, whose 60 is a day that never was
_EXCEL_LAST: Final = 73_415  # end of 2100
_MONTHS: Final = {m: i + 1 for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])}
_STAMP: Final = r"^((?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))[\sT]*(?:[01][0-9]|2[0-3]):?[0-5][0-9](?::?[0-5][0-9](?:[.,]?[0-9]{1,9})?)?\s*Z?$"
"""A day and a time run together, as core systems print them: 20240105103000, 20240105 10:30:00."""

_NOTHING: Final = ("0", "00000000", "0000-00-00", "0000/00/00", "0000-00", "00:00:00")
_M: Final = r"([A-Za-z]{3})[A-Za-z]*\.?"
_SHAPES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    # form -> (pattern, which group is year, month, day; "1" stands for the first of the month)
    "iso": ((r"^([0-9]{4}|[0-9]{2})-([0-9]{1,2})-([0-9]{1,2})$", "123"),),
    "slashed": ((r"^([0-9]{4}|[0-9]{2})[/.]([0-9]{1,2})[/.]([0-9]{1,2})$", "123"),),
    "compact": ((r"^([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0+)?$", "123"),),
    "chinese": ((r"^([0-9]{4}|[0-9]{2})年([0-9]{1,2})月([0-9]{1,2})[日号]?$", "123"),),
    "month_year": ((rf"^{_M}[-\s/,']*([0-9]{{4}}|[0-9]{{2}})$", "21"), (rf"^([0-9]{{1,2}})[-\s]{_M}[-\s,]*([0-9]{{4}}|[0-9]{{2}})$", "321")),
    "year_month": ((r"^([0-9]{4})[-/.年]([0-9]{1,2})月?$", "12"), (r"^(19[0-9]{2}|20[0-9]{2})(0[1-9]|1[0-2])$", "12")),
    "us": ((r"^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4}|[0-9]{2})$", "312"),),
    "eu": ((r"^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4}|[0-9]{2})$", "321"),),
}


def forms(spec: Spec) -> tuple[str, ...]:
    """The forms to try, ``auto`` spelled out where it stands."""
    out: list[str] = []
    for form in spec.dates:
        out += [f for f in (AUTO if form == "auto" else (form,)) if f not in out]
    return tuple(out)


def dominant(cells: pl.Series, spec: Spec) -> str:
    """The fast form most of a sample of ``cells`` is written in; the first allowed one where none is."""
    allowed = [form for form in forms(spec) if form in FAST or form == "excel"]
    if not allowed:
        return ""
    sample = cells.head(SAMPLE).drop_nulls().head(SAMPLE // 20).to_list()
    hits = {form: sum(_SHAPE[form].fullmatch(text) is not None for text in sample) for form in allowed}
    return max(allowed, key=lambda form: (hits[form], -allowed.index(form)))


def fast(column: pl.Expr, form: str) -> pl.Expr:
    """The date of cells written plainly in ``form``."""
    if form == "excel":
        plain = column.str.contains(_EXCEL)
        serial = pl.when(plain).then(column).cast(pl.Float64, strict=False)
        return pl.when(serial <= _EXCEL_LAST).then(serial.floor().cast(pl.Int32, strict=False) - _EXCEL_EPOCH).cast(pl.Date)
    if form not in FAST:
        return pl.repeat(None, pl.len(), dtype=pl.Date)
    pattern, shape = FAST[form]
    return pl.when(column.str.contains(shape)).then(column).str.to_date(pattern, strict=False, cache=False)


def slow_date(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Every allowed way to write a date. Value: Date."""
    allowed = forms(spec)
    text = pl.col("text")
    found: list[pl.Expr] = []
    shaped: list[pl.Expr] = []
    short: list[pl.Expr] = []
    for form in allowed:
        if form == "excel":
            serial = text.cast(pl.Float64, strict=False)
            fits = text.str.contains(_EXCEL) & (serial <= _EXCEL_LAST)
            found.append(pl.when(fits).then(serial.floor().cast(pl.Int32, strict=False) - _EXCEL_EPOCH).cast(pl.Date))
            continue
        for pattern, order in _SHAPES[form]:
            groups = [text.str.extract(pattern, int(i)) for i in order]
            year, month = groups[0], groups[1]
            if form == "month_year":
                month = month.str.to_lowercase().replace_strict(_MONTHS, default=0, return_dtype=pl.Int32)
            day = groups[2] if len(groups) > 2 else pl.lit(1)
            found.append(_day(year, month, day))
            matches = text.str.contains(pattern)
            shaped.append(matches)
            short.append(matches & (year.str.len_chars() == 2))
    value = pl.coalesce(found)
    no_day = pl.any_horizontal(shaped) if shaped else pl.lit(value=False)
    two_digits = pl.any_horizontal(short) if short else pl.lit(value=False)
    verdict = (
        pl.when(is_blank(text, nan=True) | text.is_in(_NOTHING))
        .then(pl.lit(BLANK))
        .when(pl.col("found").is_null() & no_day)
        .then(pl.lit("DATE_IMPOSSIBLE"))
        .when(pl.col("found").is_null())
        .then(pl.lit("DATE_UNREADABLE"))
        .when(two_digits)
        .then(pl.lit("DATE_TWO_DIGIT_YEAR"))
        .when(pl.col("cell").str.contains(_SHAPE[spec.form].pattern) if spec.form in _SHAPE else pl.lit(value=False))
        .then(pl.lit(""))
        .otherwise(pl.lit(OTHER_FORM))
    )
    # a time of day may follow: 2024-03-05 00:00:00, 2024-03-05T10:11:12.5+08:00, 2024/3/5 0:00
    clock = r"[\sT]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?\s*(?:[aApP][mM])?\s*(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"
    plain = normal(pl.col("cell")).str.replace(_STAMP, "${1}").str.replace(clock, "").str.replace_all(r"\s*([-/.年月日号,])\s*", "${1}")
    return answer(cells, pl.col("found"), verdict, {"text": plain}, {"found": value})


def _day(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """The day, null where there is none. ``pl.date`` would raise on 31 February, the text route gives null."""
    y = year.cast(pl.Int32, strict=False)
    full = pl.when(year.str.len_chars() == 2).then(y + pl.when(y >= PIVOT).then(1900).otherwise(2000)).otherwise(y)
    parts = [full.cast(pl.String).str.zfill(4), *(p.cast(pl.Int32, strict=False).cast(pl.String).str.zfill(2) for p in (month, day))]
    return pl.concat_str(parts, separator="-").str.to_date("%Y-%m-%d", strict=False, cache=False)
