"""Code lists and yes/no flags out of text.

Every spelling a code list knows becomes a value of one Polars Enum, so that a plain cell costs one hash look-up; odd cells are
compared without case, width or spaces.
"""

from __future__ import annotations

import functools
import re
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


_AGREED: Final = ("已约定", "有效", "未约定", "无效")
"""Of YES and NO, what answers other questions than whether something is so."""
_ASKED: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    # field -> what its heading asks, and the code of yes and of no; the first that fits
    "litigation_state": ((r"未.?诉|not sued", "none", "filed"), ("", "filed", "none")),
    "contactability": (
        (r"失.?联|不可联|无法联系|lost|unreachable", "lost", "reachable"),
        (r"可联|能联|可以联系|联系上|reachable|contactable", "reachable", "lost"),
    ),
}
_YES_OR_NO: Final = r"是否|有无|标[志识]|flag|whether|^is[ _]"
_FLAG_WORDS: Final[dict[str, tuple[str, str]]] = {
    "written_off": ("已核销 核销 已核 呆账核销 贷款核销 已核销贷款 账销案存 已账销案存", "未核销 正常 未核 非核销 尚未核销 未核销贷款"),
    "with_agency": ("委外中 已委外 在委 委案中 委外", "未委外 已退案 已撤案 自催 行内"),
    "disputed": ("有争议 存在争议", "无争议 不存在争议"),
    "deceased": ("死亡 已死亡 身故 已身故 已故", "健在 在世 未死亡 正常"),
    "bankrupt": ("破产 已破产 破产中 破产清算", "未破产 正常"),
    "hardship": ("困难 有困难", "无困难 不困难"),
}
"""What stands instead of yes and no in a column about one thing."""


def _answers(spec: Spec) -> tuple[tuple[str, str], ...]:
    """Yes and no as codes, where the heading asks a question that they answer (是否失联)."""
    heading = (spec.heading or "").lower()
    for asks, yes, no in _ASKED.get(spec.name, ()):
        if re.search(asks, heading):
            some = ("无", "没有", "有") if spec.name == "contactability" else ()  # no word on it, rather than an answer
            if not re.search(_YES_OR_NO, heading):  # 1 and 0 may be the lender's own codes
                some = (*some, "1", "0", "1.0", "0.0", "t", "f")
            said = (*((word, yes) for word in YES), *((word, no) for word in NO))
            return tuple((word, code) for word, code in said if word not in (*_AGREED, *some))
    return ()


def _listed(spec: Spec) -> tuple[tuple[str, str], ...]:
    if spec.kind == "flag":
        yes, no = _FLAG_WORDS.get(spec.name, ("", ""))
        own = (*((word, "true") for word in yes.split()), *((word, "false") for word in no.split()))
        return (*own, *((word, "true") for word in YES), *((word, "false") for word in NO))
    if spec.name == "currency":
        return tuple(_CURRENCIES.items())
    codes = spec.field.codes if spec.field else ()
    exact = [(text, c.code) for c in codes for text in (c.code, c.zh, c.en)]
    return (*_answers(spec), *exact, *((text, c.code) for c in codes for text in c.also))


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
    known = {text: code for text, code in spellings(spec).items() if not _bare_yes(spec, text)}
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
    stageless = [key for key in keys if _bare_yes(spec, key)]
    read = pl.when(pl.col("key").is_in(stageless)).then(pl.lit("LITIGATION_STAGE_UNKNOWN")).otherwise(pl.lit(""))
    verdict = pl.when(pl.col("code").is_not_null()).then(read).when(is_blank(pl.col("key"), nan=True)).then(pl.lit(BLANK)).otherwise(pl.lit(unknown))
    out = answer(cells, pl.col("code"), verdict, {"key": key}, {"code": code})
    return pl.DataFrame([_typed(out[VALUE], spec).alias(VALUE), out[VERDICT]])


def _bare_yes(spec: Spec, text: str) -> bool:
    """Whether the cell says no more than that there is a suit, where a stage is asked for."""
    if spec.name != "litigation_state" or text in spec.codes:
        return False
    answers = {_key(word): code for word, code in _answers(spec)}
    return answers.get(_key(text)) == "filed"


def _typed(codes: pl.Series, spec: Spec) -> pl.Series:
    if spec.kind == "flag":
        return codes == "true"
    return codes if spec.field is None else codes.cast(spec.field.dtype)


def _key(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())
