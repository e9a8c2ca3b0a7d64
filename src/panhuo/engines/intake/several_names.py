"""Who stands surety or may be rung up, where the cell names nobody or several people: 无保证人, 信用; 王伟、李芳, 王伟 李芳.

Only cells of guarantors and contacts are read so: a debtor has a name. Words that name nobody are matched whole, so 吴保 and 申无忌 stay who they are.

A cell is divided only where each part is a name by itself. 、 ； / | and a line break divide more or less anything; a comma may be part of a firm's name
(Co., Ltd; 某公司，重庆分公司) and a space of a person's (张 三, 欧阳 娜娜), so there more is asked of the parts. Nothing in brackets divides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from panhuo.engines.intake.parse_cells import BLANKS
from panhuo.engines.intake.person_forms import COMPOUND, looks_like_name
from panhuo.kernel.codes import GUARANTEE_KIND, PROVINCES

FIELDS: Final = ("guarantor_name", "contact_name")
SEVERAL: Final = ("guarantor_name",)
BETWEEN: Final = "、"
"""What stands between the names of a cell that was divided."""

_NOT: Final = (
    "无",
    "没有",
    "没",
    "未有",
    "未提供",
    "未填写",
    "未登记",
    "未录入",
    "未追加",
    "未设",
    "不涉及",
    "不需要",
    "无需",
    "免",
    "非",
    "暂无",
    "暂缺",
)
_WHOM: Final = (
    "",
    *(f"{kind}{what}" for kind in ("", "其他", "第三方") for what in ("担保", "保证", "担保人", "保证人", "联保", "连带责任人")),
    *(
        "共同借款人",
        "共借人",
        "共同还款人",
        "联系人",
        "紧急联系人",
        "第二联系人",
        "保证担保",
        "担保人信息",
        "保证人信息",
        "担保信息",
        "信息",
        "记录",
        "人员",
        "该项",
        "人",
    ),
)
_UNNAMED: Final = tuple(
    text for code in GUARANTEE_KIND if code.code in ("credit", "mortgage", "pledge") for text in (code.code, code.zh, code.en, *code.also)
)
"""How the claim is secured otherwise, which is often all that stands under 担保人."""
_MORE: Final = "0 00 0.0 否 没 免 不适用 不涉及 信用方式 信用担保 信用类 纯信用 信用贷 信用卡 信用放款 no n noguarantor noguarantors withoutguarantor notapplicable nobody"
NOBODY: Final = frozenset(
    word.lower().replace(" ", "") for word in (*BLANKS, *(f"{no}{whom}" for no in _NOT for whom in _WHOM), *_UNNAMED, *_MORE.split()) if word
) - {"非", "人", "没"}
"""Cells without spaces, in lower case, that say there is no such person."""

_STRONG, _WEAK, _AND = r"、；;/／|｜\r\n", r"，,", r"和及与&＆+"
_PLAIN_NAMES: Final = rf"^\p{{Han}}{{2,4}}(?:[^\S\r\n]*[{_STRONG}][^\S\r\n]*\p{{Han}}{{2,4}})+$"
"""What needs no closer look: all but a few cells with several names are written so."""
_NAMELESS_PART: Final = (
    rf"(?:^|[{_STRONG}])\s*(?:{'|'.join(sorted((word for word in NOBODY if not word.isascii()), key=len, reverse=True))})\s*(?:[{_STRONG}]|$)"
)
_BRACKETED: Final = r"[（(〔\[][^（）()〔〕\[\]]*[）)〕\]]"
_PERSON: Final = r"^(?:\p{Han}{2,4}|\p{Han}{1,8}(?:[·•．]\p{Han}{1,8})+)$"
_LATIN: Final = r"^[A-Za-z][A-Za-z'.\-]+(?: [A-Za-z][A-Za-z'.\-]*)+$"
_FIRM: Final = r"^\p{Han}[^\s]{4,}(?:公司|厂|店|中心|社|集团|银行|企业|事务所|医院|学校|学院|大学|协会|商行|经营部|工作室|农场)$"
_PART_OF_A_FIRM: Final = r"^(?:有限|股份|集团)|(?:分公司|分行|支行|营业部|分店|分厂)$"


def fast_odd(name: str) -> str:
    """Of a name column: what else in a cell deserves the slow look, as the end of a regular expression."""
    if name not in FIELDS:
        return ""
    words = "|".join(sorted((word for word in NOBODY if not word.isascii()), key=len, reverse=True))
    return rf"|[、；，／｜]|^\p{{Han}}{{2,4}}[和及与]\p{{Han}}{{2,4}}$|(?i)^(?:{words}|no|n|credit|mortgage|pledge|unsecured|mortgaged|pledged|noguarantors?|nobody)[。.]?$"


def names_nobody(text: pl.Expr) -> pl.Expr:
    """Whether a mended cell says that there is no such person."""
    return text.str.to_lowercase().str.replace_all(r"[\s。.，,；;、\-—_/]", "").is_in(list(NOBODY)) | text.str.to_lowercase().is_in(list(NOBODY))


def divided(texts: pl.Series) -> pl.Series:
    """The names in each cell with ``BETWEEN`` between them, null where it is one name or does not say for certain that it is several. One name with a mark that parts
    it from nobody (陈静、; 赵敏、无) is that name."""
    text = pl.col("text")
    frame = texts.alias("text").to_frame()
    plain = text.str.contains(_PLAIN_NAMES) & ~text.str.contains(_NAMELESS_PART)
    told = frame.select(plain=plain, open=~plain & text.str.contains(rf"[{_STRONG}{_WEAK}{_AND}\s]"))
    done = frame.select(pl.when(pl.lit(told["plain"])).then(text.str.replace_all(rf"\s*[{_STRONG}]\s*", BETWEEN)).alias("names"))["names"]
    at = told["open"].fill_null(value=False).arg_true()
    if not len(at):
        return done
    left = frame[at].select(
        _joined(text, _STRONG + _WEAK, f"[{_STRONG}]", _by_mark)
        .fill_null(_joined(text, _WEAK, f"[{_WEAK}]", _by_comma))
        .fill_null(_by_space(text))
        .fill_null(_joined(text, _AND, f"[{_AND}]", _by_comma))
    )
    return done.scatter(at, left.to_series())


def _joined(text: pl.Expr, between: str, wanted: str, sound: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    bare = text.str.replace_all(_BRACKETED, "")
    parts = text.str.extract_all(rf"(?:{_BRACKETED}|[^{between}])+").list.eval(_tidy(pl.element())).list.drop_nulls()
    whole = parts.list.eval(sound(pl.element().str.replace_all(_BRACKETED, ""))).list.all()
    return pl.when(bare.str.contains(wanted) & (parts.list.len() > 0) & whole).then(parts.list.join(BETWEEN))


def _by_space(text: pl.Expr) -> pl.Expr:
    """王伟 李芳, both with a surname; not 张 三, nor 欧阳 娜娜."""
    parts = text.str.replace_all(r"\s+", " ").str.strip_chars().str.split(" ").list.eval(pl.element().filter(pl.element() != ""))
    whole = parts.list.eval(pl.element().str.contains(r"^\p{Han}{2,4}$") & looks_like_name(pl.element()) & ~_a_place(pl.element())).list.all()
    first = parts.list.get(0, null_on_oob=True).str.contains(f"^(?:{COMPOUND})$")
    return pl.when((parts.list.len() > 1) & whole & ~first).then(parts.list.join(BETWEEN))


def _by_mark(part: pl.Expr) -> pl.Expr:
    return part.str.contains(_PERSON) | part.str.contains(_LATIN) | part.str.contains(_FIRM)


def _by_comma(part: pl.Expr) -> pl.Expr:
    """Persons with a surname, and whole firms."""
    firm = part.str.contains(_FIRM) & ~part.str.contains(_PART_OF_A_FIRM)
    return firm | (part.str.contains(_PERSON) & looks_like_name(part) & ~_a_place(part)) | part.str.contains(r"^\p{Han}+[·•]\p{Han}+$")


def _a_place(part: pl.Expr) -> pl.Expr:
    return part.is_in(list(PROVINCES.values()))


def _tidy(part: pl.Expr) -> pl.Expr:
    """One part: without spaces where it is Chinese; null where it names nobody."""
    text = part.str.strip_chars()
    text = pl.when(text.str.contains(r"\p{Han}")).then(text.str.replace_all(r"\s", "")).otherwise(text)
    return pl.when((text != "") & ~names_nobody(text)).then(text)
