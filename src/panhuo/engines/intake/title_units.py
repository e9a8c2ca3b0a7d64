"""The unit of money that a tape states once, above its header: 单位：万元, 金额单位：人民币元, RMB'000, in thousands.

Chinese statements name the unit in the title and leave the headings bare, so a reader who passes over the titles is wrong by a
factor of 10,000 in every figure. A unit in a heading's own brackets speaks for its column and wins over the title; a unit that the layout
states must agree with the title, or the tape is refused (``title_unit: ignore`` in the layout says that the title is wrong).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from panhuo.engines.intake.layout import MONEY_UNITS, Column, Layout
from panhuo.engines.intake.mapping import bind, heading_unit
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

UNIT_WORDS: Final = {
    "fen": Words("分", "fen"),
    "yuan": Words("元", "yuan"),
    "qian": Words("千元", "thousands"),
    "wan": Words("万元", "ten thousands (wan)"),
    "million": Words("百万元", "millions"),
    "yi": Words("亿元", "hundred millions (yi)"),
}
_CHINESE: Final = {
    **dict.fromkeys(("分", "人民币分"), "fen"),
    **dict.fromkeys(("元", "圆", "元整"), "yuan"),
    **dict.fromkeys(("千元", "千"), "qian"),
    **dict.fromkeys(("万元", "万", "万圆"), "wan"),
    **dict.fromkeys(("百万元", "百万"), "million"),
    **dict.fromkeys(("亿元", "亿"), "yi"),
}
_ENGLISH: Final = {
    **dict.fromkeys(("fen", "cents"), "fen"),
    **dict.fromkeys(("yuan", "rmb", "cny", "rmb yuan", "dollars", "us dollars", "usd", "euro", "euros", "eur"), "yuan"),
    **dict.fromkeys(("thousand", "thousands", "'000", "000", "000s", "'000s", "1,000"), "qian"),
    **dict.fromkeys(("ten thousand", "ten thousands", "10,000", "10000", "10k", "wan"), "wan"),
    **dict.fromkeys(("million", "millions", "mn", "mln", "'000,000"), "million"),
    **dict.fromkeys(("hundred million", "hundred millions", "100 million"), "yi"),
}
_CURRENCY: Final = r"(?:人民币|折合人民币|折人民币|本外币|本币|外币|rmb|cny|¥|us\$|usd|\$|eur|€)"
_LABELLED: Final = re.compile(r"单位\s*[:]?\s*([^\s;。()\[\]【】]+)")
_COUNTED: Final = re.compile(r"以\s*([^\s,;。以]{1,8}?)\s*(?:为单位|计|列示)")
_BRACKETED: Final = re.compile(r"[(\[【{]([^()\[\]【】{}]*)[)\]】}]")
_AMOUNT: Final = re.compile(r"金额\s*:\s*([^\s,;。()]+)")
_ENGLISH_WORDS: Final = "|".join(sorted((re.escape(word) for word in _ENGLISH), key=len, reverse=True))
_IN: Final = re.compile(rf"(?:\bunits?\s*:\s*|\bin\s+){_CURRENCY}?\s*({_ENGLISH_WORDS})(?![\w,])")
_PREFIXED: Final = re.compile(rf"{_CURRENCY}\s*('000s?|'000,000|millions?|mn|mln|thousands?)(?![\w,])")


class Stated(NamedTuple):
    """units: what the title rows state, none, one, or several where they contradict one another. text: the words that say so."""

    units: tuple[str, ...]
    text: str

    def __bool__(self) -> bool:
        return bool(self.units)


def stated_unit(titles: Sequence[str]) -> Stated:
    """The money unit in the cells above a header.

    >>> stated_unit(["某银行不良贷款清单", "币种：人民币　单位：万元"]).units, stated_unit(["报送单位：万元乡支行"]).units
    (('wan',), ())
    """
    found: dict[str, str] = {}
    for title in titles:
        text = unicodedata.normalize("NFKC", title).replace("’", "'").replace("‘", "'").casefold().strip()
        for unit in _units(text):
            found.setdefault(unit, title.strip())
    return Stated(tuple(found), " / ".join(dict.fromkeys(found.values())))


def fit(layout: Layout, headings: Sequence[str], stated: Stated, *, where: str) -> tuple[Layout, list[str]]:
    """``layout`` with the title's unit on every column of money whose unit neither it nor the heading states, and those headings.

    Raises InputUnusable: LAYOUT_UNIT_CONFLICT where layout and title differ, TITLE_UNITS_SEVERAL where the titles contradict one another.
    """
    if not stated or layout.title_unit == "ignore":
        return layout, []
    bound = bind(layout, headings, where=where).fields
    columns: list[Column] = []
    filled: list[str] = []
    for column in layout.columns:
        heading = bound.get(column.to)
        if column.resolved_kind == "money" and heading is not None and heading_unit(heading) not in MONEY_UNITS:
            if len(stated.units) > 1:
                if column.unit is None:
                    raise _several(stated, heading, where)
            elif column.unit is None:
                column = column.model_copy(update={"unit": stated.units[0]})
                filled.append(heading)
            elif column.unit != stated.units[0]:
                raise _conflict(layout, stated, heading, column.unit, where)
        columns.append(column)
    if not filled:
        return layout, filled
    plan = layout.model_copy(update={"columns": tuple(columns)})
    plan.__dict__.pop("by_field", None)  # cached of the old columns
    return plan, filled


def told(stated: Stated, filled: Sequence[str], where: str) -> Words:
    """What a person should know about columns read by the title's unit."""
    unit = UNIT_WORDS[stated.units[0]]
    return Words(
        f"{where}：标题行写明“{stated.text}”，{'、'.join(filled)} 按{unit.zh}读取",
        f"{where}: by its title {stated.text!r} these are read in {unit.en}: {', '.join(filled)}",
    )


def _units(text: str) -> list[str]:
    out: list[str] = []
    whole = [text, *_BRACKETED.findall(text)]
    for piece in whole:
        unit = _chinese(piece) or _ENGLISH.get(re.sub(rf"^{_CURRENCY}\s*", "", piece).strip())
        if unit and not piece.isdigit() and piece not in ("rmb", "cny", "usd", "eur"):  # a currency alone states no unit
            out.append(unit)
    for pattern in (_LABELLED, _COUNTED, _AMOUNT):
        for token in pattern.findall(text):
            out += [unit for part in re.split(r"[、/,|]", token) if (unit := _chinese(part))]
    out += [_ENGLISH[word] for pattern in (_IN, _PREFIXED) for word in pattern.findall(text)]
    return list(dict.fromkeys(out))


def _chinese(token: str) -> str | None:
    bare = re.sub(rf"^{_CURRENCY}|{_CURRENCY}$", "", token.strip(" :,、")).strip(" :/")
    return _CHINESE.get(bare)


def _conflict(layout: Layout, stated: Stated, heading: str, unit: str, where: str) -> InputUnusable:
    return InputUnusable(
        "LAYOUT_UNIT_CONFLICT",
        Words(
            f"标题行写明“{stated.text}”，版式 {layout.name} 却把“{heading}”的单位写作 {unit}",
            f"the title says {stated.text!r}, the layout {layout.name} reads {heading!r} in {unit}",
        ),
        where=where,
        remedy=Words(
            "核对文件的单位：标题行对就更正版式的 unit，标题行不对就在版式中写 title_unit: ignore",
            "check the file's unit: correct `unit` in the layout if the title is right, else write `title_unit: ignore` in the layout",
        ),
    )


def _several(stated: Stated, heading: str, where: str) -> InputUnusable:
    zh, en = ("、".join(UNIT_WORDS[u].zh for u in stated.units), ", ".join(UNIT_WORDS[u].en for u in stated.units))
    return InputUnusable(
        "TITLE_UNITS_SEVERAL",
        Words(
            f"标题行写了几种金额单位（{zh}：{stated.text}），不知“{heading}”是哪一种",
            f"the titles state several units of money ({en}: {stated.text}): which one {heading!r} is in cannot be told",
        ),
        where=where,
        remedy=Words("在表头括号内或版式的 unit 中逐列写明单位", "write each column's unit in its heading's brackets or as `unit` in the layout"),
    )
