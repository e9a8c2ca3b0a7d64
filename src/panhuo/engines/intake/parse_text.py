"""Names, addresses, numbers-as-names and other text: what is mended, and what only looks odd.

Text that begins with = + - @ is kept as it is: it is a formula only if somebody writes it into a sheet as one, and everything
Panhuo writes prevents that. Full-width punctuation is good Chinese and stays; full-width letters and digits do not.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.engines.intake import several_names
from panhuo.engines.intake.parse_cells import BLANK, BLANKS, Spec, answer, is_blank, normal

_INVISIBLE: Final = "\\x00-\\x08\\x0e-\\x1f\\x7f-\u009f\u200b-\u200f\u202a-\u202e\u2060\ufeff"
_WIDE: Final = "０-９Ａ-Ｚａ-ｚ"
_BLANK_RE: Final = "|".join(sorted((t for t in BLANKS if t and not t.isascii()), key=len, reverse=True))
_ODD_START: Final = "[\\s=+\\-@'/\\\\.*<(#]"
_PLAIN_TEXT: Final = f"^{_ODD_START}|[\\x00-\\x1f\\x7f-\u00a0\u3000\u200b-\u200f\u202a-\u202e\u2060\ufeff{_WIDE}]|\\s$|^(?:{_BLANK_RE}|(?i:null|none|nil|na|n/a|nan|nat))?$"
_ODD_NAME: Final = "[\\x00-@\\[-`{-~]"
"""ASCII other than letters: in a personal name it deserves the slow look (a space or a dot between Latin names passes there)."""

_FIRM: Final = "公司|厂|店|中心|合作社|集团|银行|企业|事务所|医院|学校|学院|大学|委员会|政府|局|部|协会|商行|经营部|工作室|农场|(?i:ltd|inc|corp|llc|gmbh|bank|co\\.)"
_TEST_WORDS: Final = "测试|某某|未知|不详|待补|(?i:^test|^xxx|^abc$|^unknown$)"
_DIGITS: Final = dict(zip("０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ",
                          "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", strict=True))  # fmt: skip
PATTERN: Final = "N*1234567C/#DZGM"
"""Characters of a repayment pattern: those of the frame, and the rarer ones of the credit report."""
_PATTERN: Final = rf"^[{PATTERN}]+$"
_EMAIL: Final = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
_SCIENTIFIC: Final = r"^[0-9](?:\.[0-9]+)?[eE]\+[0-9]{1,3}$"


def is_firm_name(name: pl.Expr) -> pl.Expr:
    """Whether a name is that of an organisation."""
    return name.str.contains(_FIRM)


def is_company_name(name: pl.Expr) -> pl.Expr:
    """Whether a name is that of a legal person, whatever number stands beside it: a shop may be its keeper's, a company is nobody's own."""
    return name.str.contains("公司", literal=True) | name.str.ends_with("集团") | name.str.ends_with("合作社")


def is_test_name(name: pl.Expr) -> pl.Expr:
    """Whether a name says that it is none."""
    return name.str.contains(_TEST_WORDS)


def fast_text(column: pl.Expr, spec: Spec) -> pl.Expr:
    """The cell itself where nothing in it needs mending or a remark."""
    pattern = _PLAIN_TEXT
    if _is_name(spec):
        pattern += f"|{_ODD_NAME}|{_TEST_WORDS}|^.$" + several_names.fast_odd(spec.name)
    if spec.kind == "identifier":
        pattern += f"|{_SCIENTIFIC}"
    return pl.when(column.str.contains(pattern).not_()).then(column)


def slow_text(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Mended text. Value: String, never empty."""
    name = _is_name(spec)
    cell, visible, narrow, text = pl.col("cell"), pl.col("visible"), pl.col("narrow"), pl.col("text")
    spaced = narrow.str.replace_all(r"[\t\r\n\x0b\x0c\u{a0}\u{3000}]+", " ").str.strip_chars(" ")
    if spec.kind == "identifier":
        spaced = spaced.str.strip_chars_start("'‘’").str.strip_chars(" ")
    spaced = spaced.str.replace(r"^'([=+\-@])", "${1}")  # the apostrophe that keeps a spreadsheet from running it is not part of the text
    if name:  # 张　三: names of two characters are padded in forms; Latin names keep their spaces
        spaced = pl.when(spaced.str.contains(r"\p{Han}")).then(spaced.str.replace_all(" ", "")).otherwise(spaced)
    odd = pl.lit(value=False)
    if name:
        # ASCII digits and signs are not of a name, nor is a single character; organisations may have digits and brackets
        signs = text.str.contains(r"[\x21-\x26\x28-\x2c/-@\[-`{-~]") | (text.str.len_chars() == 1)
        odd = (signs & ~is_firm_name(text)) | is_test_name(text)
    blank = is_blank(text, nan=True)
    if spec.name in several_names.FIELDS:
        blank = blank | several_names.names_nobody(text)
    several = pl.lit(None, dtype=pl.String)
    if spec.name in several_names.SEVERAL:
        several = pl.lit(
            several_names.divided(
                cells.alias("cell").to_frame().select(cell.str.replace_all(f"[{_INVISIBLE}]", "").str.replace_many(_DIGITS)).to_series()
            )
        )
    verdict = (
        pl.when(blank)
        .then(pl.lit(BLANK))
        .when(pl.col("several").is_not_null())
        .then(pl.when(pl.col("several").str.contains(several_names.BETWEEN)).then(pl.lit("NAME_SEVERAL")).otherwise(pl.lit("NAME_ODD")))
        .when(text.str.contains(r"^[=+\-@]"))
        .then(pl.lit("TEXT_FORMULA"))
        .when(odd)
        .then(pl.lit("NAME_ODD"))
        .when(text.str.contains(_SCIENTIFIC) if spec.kind == "identifier" else pl.lit(value=False))
        .then(pl.lit("IDENTIFIER_SCIENTIFIC"))
        .when(visible != cell)
        .then(pl.lit("TEXT_CONTROL"))
        .when(narrow != visible)
        .then(pl.lit("TEXT_FULLWIDTH"))
        .when(text != narrow)
        .then(pl.lit("TEXT_SPACES"))
        .otherwise(pl.lit(""))
    )
    return answer(
        cells,
        pl.when(~blank).then(pl.coalesce("several", text)),
        verdict,
        {"visible": cell.str.replace_all(f"[{_INVISIBLE}]", "")},
        {"narrow": visible.str.replace_many(_DIGITS)},
        {"text": spaced, "several": several},
    )


def fast_pattern(column: pl.Expr, spec: Spec) -> pl.Expr:
    """Repayment patterns in their own characters."""
    return pl.when(column.str.contains(_PATTERN)).then(column)


def slow_pattern(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Repayment patterns in capitals, without spaces. Value: String."""
    text = pl.col("text")
    good = text.str.contains(_PATTERN)
    verdict = pl.when(good).then(pl.lit("")).when(is_blank(text, nan=True)).then(pl.lit(BLANK)).otherwise(pl.lit("PATTERN_ODD"))
    return answer(cells, pl.when(good).then(text), verdict, {"text": normal(pl.col("cell")).str.replace_all(r"\s", "").str.to_uppercase()})


def fast_email(column: pl.Expr, spec: Spec) -> pl.Expr:
    """Addresses that are well formed as they stand."""
    return pl.when(column.str.contains(_EMAIL)).then(column)


def slow_email(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """E-mail addresses without spaces. Value: String."""
    text = pl.col("text")
    shape = text.str.contains(_EMAIL)
    verdict = pl.when(is_blank(text, nan=True)).then(pl.lit(BLANK)).when(~shape).then(pl.lit("EMAIL_INVALID")).otherwise(pl.lit(""))
    return answer(cells, pl.when(shape).then(text), verdict, {"text": pl.col("cell").str.normalize("NFKC").str.replace_all(r"\s", "")})


def _is_name(spec: Spec) -> bool:
    return spec.field is not None and spec.field.personal == "name"
