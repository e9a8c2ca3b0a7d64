"""The province level of GB/T 2260: first two digits of a region code, and the short names people use.

County-level codes change every year and an identity number keeps the code of its time, so a county that is unknown today is no
fault; a province that never existed is.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.engines.intake.parse_cells import BLANK, Spec, answer, is_blank, normal
from panhuo.kernel.codes import PROVINCES

PROVINCE_CODES: Final = frozenset({*PROVINCES, 83})
"""Prefixes an identity number may have: the provinces, and 83 for residence permits of people from Taiwan."""

_LONG: Final = {"内蒙古": "内蒙古自治区", "广西": "广西壮族自治区", "西藏": "西藏自治区", "宁夏": "宁夏回族自治区", "新疆": "新疆维吾尔自治区"}
_CITIES: Final = ("北京", "天津", "上海", "重庆")


def _names() -> dict[str, str]:
    out: dict[str, str] = {}
    for code, short in PROVINCES.items():
        for name in (short, f"{short}省", f"{short}市" if short in _CITIES else short, _LONG.get(short, short), f"{short}特别行政区"):
            out[name] = f"{code:02d}0000"
    return out


NAMES: Final = _names()
SHORT_NAMES: Final = pl.Series("province", [PROVINCES.get(code) for code in range(100)], dtype=pl.String)
"""Short Chinese name by the first two digits, null where there is none."""


def province(region_code: pl.Expr) -> pl.Expr:
    """Short Chinese name of the province of a six-digit region code."""
    return pl.lit(SHORT_NAMES).gather(region_code.str.slice(0, 2).cast(pl.UInt8, strict=False))


def fast_region(column: pl.Expr, spec: Spec) -> pl.Expr:
    """Six digits whose first two are a province."""
    number = column.cast(pl.Int32, strict=False)
    return pl.when((column.str.len_bytes() == 6) & (number // 10_000).is_in(list(PROVINCES))).then(column)


def slow_region(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Names of provinces and codes of two, four or twelve digits become six digits. Value: String."""
    text = pl.col("text")
    named = text.replace_strict(NAMES, default=None, return_dtype=pl.String)
    # 广东省深圳市: the province is what can be known for sure
    begins = text.str.extract("^(" + "|".join(sorted(NAMES, key=len, reverse=True)) + ")", 1).replace_strict(
        NAMES, default=None, return_dtype=pl.String
    )
    digits = pl.when(text.str.contains(r"^[0-9]{2}$|^[0-9]{4}$|^[0-9]{6}(?:[0-9]{3}|[0-9]{6})?(?:\.0)?$")).then(
        text.str.slice(0, 6).str.pad_end(6, "0")
    )
    known = pl.when(digits.str.slice(0, 2).cast(pl.Int32, strict=False).is_in(list(PROVINCES))).then(digits)
    found = pl.coalesce(named, known, begins)
    verdict = (
        pl.when(is_blank(text, nan=True))
        .then(pl.lit(BLANK))
        .when(pl.col("found").is_null())
        .then(pl.lit("REGION_UNKNOWN"))
        .otherwise(pl.lit("REGION_FORMAT"))
    )
    return answer(cells, pl.col("found"), verdict, {"text": normal(pl.col("cell")).str.replace_all(r"\s", "")}, {"found": found})
