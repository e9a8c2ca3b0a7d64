"""Code lists and yes/no flags out of text.

Every spelling a code list knows becomes a value of one Polars Enum, so that a plain cell costs one hash look-up; odd cells are
compared without case, width or spaces.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Final

import polars as pl

from panhuo.engines.intake.money_words import CURRENCIES
from panhuo.engines.intake.parse_cells import BLANK, VALUE, VERDICT, Spec, answer, is_blank, normal

YES: Final = ("是", "有", "y", "yes", "true", "t", "1", "√", "✓", "对", "1.0", "已约定", "有效")
NO: Final = ("否", "无", "没有", "n", "no", "false", "f", "0", "×", "✗", "非", "0.0", "未约定", "无效", "不是")
_CURRENCIES: Final = {
    **CURRENCIES,
    "人民币元": "CNY",
    "元": "CNY",
    "156": "CNY",
    "01": "CNY",
    "840": "USD",
    "978": "EUR",
    "344": "HKD",
    "392": "JPY",
    "826": "GBP",
}


def spellings(spec: Spec) -> dict[str, str]:
    """Every spelling as it may stand in a cell -> code ("true"/"false" for flags). The layout's own come first."""
    return _spellings(spec.kind, spec.field.name if spec.field else "", tuple(spec.codes.items()), _listed(spec))


def _listed(spec: Spec) -> tuple[tuple[str, str], ...]:
    if spec.kind == "flag":
        return (*((word, "true") for word in YES), *((word, "false") for word in NO))
    if spec.name == "currency":
        return tuple(_CURRENCIES.items())
    codes = spec.field.codes if spec.field else ()
    exact = [(text, c.code) for c in codes for text in (c.code, c.zh, c.en)]
    return (*exact, *((text, c.code) for c in codes for text in c.also))


@functools.lru_cache(maxsize=256)
def _spellings(_kind: str, _name: str, own: tuple[tuple[str, str], ...], listed: tuple[tuple[str, str], ...]) -> dict[str, str]:
    out: dict[str, str] = {}
    for text, code in (*own, *listed):
        for spelling in (text, text.upper(), text.capitalize()):
            out.setdefault(spelling, code)
    out.pop("", None)
    return out


def fast_code(column: pl.Expr, spec: Spec) -> pl.Expr:
    """Typed code (Enum), flag (Boolean) or currency (String) of cells spelled as listed."""
    known = spellings(spec)
    position = column.cast(pl.Enum(list(known)), strict=False).to_physical()
    return pl.lit(_typed(pl.Series(VALUE, list(known.values()), dtype=pl.String), spec)).gather(position)


def slow_code(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """As :func:`fast_code`, whatever the case, width and spaces."""
    keys: dict[str, str] = {}
    for text, listed in spellings(spec).items():
        keys.setdefault(_key(text), listed)
    unknown = {"flag": "FLAG_UNKNOWN", "code": "CODE_UNKNOWN"}.get(spec.kind, "CURRENCY_UNKNOWN")
    key = normal(pl.col("cell")).str.to_lowercase().str.replace_all(r"\s", "")
    code = pl.col("key").replace_strict(keys, default=None, return_dtype=pl.String)
    if spec.name == "currency":
        code = pl.coalesce(code, pl.when(pl.col("key").str.contains("^[a-z]{3}$")).then(pl.col("key").str.to_uppercase()))
    verdict = (
        pl.when(pl.col("code").is_not_null()).then(pl.lit("")).when(is_blank(pl.col("key"), nan=True)).then(pl.lit(BLANK)).otherwise(pl.lit(unknown))
    )
    out = answer(cells, pl.col("code"), verdict, {"key": key}, {"code": code})
    return pl.DataFrame([_typed(out[VALUE], spec).alias(VALUE), out[VERDICT]])


def _typed(codes: pl.Series, spec: Spec) -> pl.Series:
    if spec.kind == "flag":
        return codes == "true"
    return codes if spec.field is None else codes.cast(spec.field.dtype)


def _key(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())
