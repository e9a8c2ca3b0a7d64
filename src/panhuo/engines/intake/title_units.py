"""The unit of money and the currency that a tape states once, above its header: 单位：万元, 金额单位：人民币元, 单位：万美元, RMB'000, in USD thousands.

Chinese statements name the unit in the title and leave the headings bare, so a reader who passes over the titles is wrong by a
factor of 10,000 in every figure. A unit in a heading's own brackets speaks for its column and wins over the title; a unit that the layout
states must agree with the title, or the tape is refused (``title_unit: ignore`` in the layout says that the title is wrong).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from panhuo.engines.intake.currency import Claim, agreed, claims_of, of_layout
from panhuo.engines.intake.layout import MONEY_UNITS, Column, Layout
from panhuo.engines.intake.mapping import bind, heading_unit
from panhuo.engines.intake.money_words import SIGNS, Said, plain, said
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.money import in_currency
from panhuo.kernel.words import Words

UNIT_WORDS: Final = {
    "fen": Words("分", "fen"),
    "yuan": Words("元", "yuan"),
    "qian": Words("千元", "thousands"),
    "wan": Words("万元", "ten thousands (wan)"),
    "million": Words("百万元", "millions"),
    "yi": Words("亿元", "hundred millions (yi)"),
}
_LABELLED: Final = re.compile(r"单位\s*[:]?\s*([^;。()\[\]【】]+)")
_COUNTED: Final = re.compile(r"以\s*([^\s,;。以]{1,8}?)\s*(?:为单位|计价|计|列示)")
_BRACKETED: Final = re.compile(r"[(\[【{]([^()\[\]【】{}]*)[)\]】}]")
_AMOUNT: Final = re.compile(r"(?:金额|amounts?)\s*:\s*([^;。()]+)")
_NAMED: Final = re.compile(r"(?:币种|币别|货币|\bcurrency)\s*[:]?\s*([^\s;。()\[\]【】]+)")
_IN: Final = re.compile(r"(?:\bunits?\s*:|\bin\b)\s*([^;()\[\]]+)")
_PREFIXED: Final = re.compile(rf"(?:{SIGNS})\s*(?:'000,000|'?000s?|(?:millions?|mln|mn|thousands?|k|m)(?![a-z0-9]))(?![\w,])")
_UNIT_SAID: Final = re.compile(r"(?:^|[\s,;(\[【。]|金额|货币|计量|计价|款项)单位\s*[:]\s*([^\s;。()\[\]【】]+)")
_NO_MONEY: Final = re.compile(r"^(?:[户笔人个件份次条宗套张家项台辆亩天日月年期%‰]|平方米|㎡|百分比|个月|公里|万户|万笔|万人)+$")
_BODY: Final = re.compile(r"银行|信用社|公司|分行|支行|部$|局|中心|院|所$|厅|委|处$|集团|机构|管理|资产|bank|branch|ltd|company")
_LIKE_MONEY: Final = re.compile(r"[元圆币盾铢]$|dollar|yuan")
_WORDS_OF_UNIT: Final = 6


class Stated(NamedTuple):
    """What the title rows state. units: of money; none, one, or several where they contradict one another. text: the words that say so.
    currencies: each as the codes it may be. yuan: whether 元 is written and no currency named. unknown: words after 单位： that say nothing known."""

    units: tuple[str, ...]
    text: str
    currencies: tuple[tuple[str, ...], ...] = ()
    yuan: bool = False
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.units or self.currencies)

    @property
    def claims(self) -> list[Claim]:
        """What the titles say of the currency, for :func:`.currency.agreed`."""
        return [Claim(self.text, one) for one in self.currencies] or ([Claim(self.text, ("CNY",), yuan=True)] if self.yuan else [])


def stated_unit(titles: Sequence[str]) -> Stated:
    """The money unit and the currency in the cells above a header.

    >>> stated_unit(["某银行不良贷款清单", "币种：人民币　单位：万元"]).units, stated_unit(["报送单位：万元乡支行"]).units
    (('wan',), ())
    >>> stated_unit(["单位：万美元"])[:3]
    (('wan',), '单位：万美元', (('USD',),))
    """
    units: dict[str, str] = {}
    currencies: dict[tuple[str, ...], str] = {}
    unknown: list[str] = []
    yuan = False
    for title in titles:
        for found in _said(plain(title)):
            if found.unit:
                units.setdefault(found.unit, title.strip())
            if found.currency:
                currencies.setdefault(found.currency, title.strip())
            yuan = yuan or found.yuan
        unknown += _unknown(plain(title))
    texts = dict.fromkeys([*units.values(), *currencies.values()])
    return Stated(tuple(units), " / ".join(texts), tuple(currencies), yuan and not currencies, tuple(dict.fromkeys(unknown)))


def fit(layout: Layout, headings: Sequence[str], stated: Stated, *, where: str) -> tuple[Layout, list[str]]:
    """``layout`` with the title's unit on every column of money whose unit neither it nor the heading states, and those headings; and with the
    currency that titles and headings agree on, where the layout names none.

    Raises InputUnusable: LAYOUT_UNIT_CONFLICT where layout and title differ, TITLE_UNITS_SEVERAL where the titles contradict one another,
    TITLE_UNIT_UNKNOWN where they name a unit of money that Panhuo does not know, and what :func:`.currency.agreed` raises.
    """
    if layout.title_unit == "ignore" or not (stated or stated.unknown or stated.yuan):
        return layout, []
    bound = bind(layout, headings, where=where).fields
    columns: list[Column] = []
    filled: list[str] = []
    for column in layout.columns:
        heading = bound.get(column.to)
        if column.resolved_kind == "money" and heading is not None and heading_unit(heading) not in MONEY_UNITS:
            strange = next((word for word in stated.unknown if _LIKE_MONEY.search(word)), None)
            if strange is not None and column.unit is None:
                raise _strange(strange, heading, where)
            if len(stated.units) > 1:
                if column.unit is None:
                    raise _several(stated, heading, where)
            elif stated.units and column.unit is None:
                column = column.model_copy(update={"unit": stated.units[0]})
                filled.append(heading)
            elif stated.units and column.unit != stated.units[0]:
                raise _conflict(layout, stated, heading, str(column.unit), where)
        columns.append(column)
    claims = [*stated.claims, *claims_of(bound[column.to] for column in layout.columns if column.resolved_kind == "money" and column.to in bound)]
    codes = agreed(layout, claims, by_row="currency" in bound, where=where)
    named = codes[0] if codes and of_layout(layout) is None else layout.currency
    if not filled and named == layout.currency:
        return layout, filled
    return layout.changed(columns=tuple(columns), currency=named), filled


def told(stated: Stated, filled: Sequence[str], currency: str | None, where: str) -> Words:
    """What a person should know about columns read by the title's unit and currency."""
    zh, en = [], []
    if filled and stated.units:
        unit = Words(*(in_currency(words, currency or "CNY") for words in UNIT_WORDS[stated.units[0]]))
        zh.append(f"{'、'.join(filled)} 按{unit.zh}读取")
        en.append(f"these are read in {unit.en}: {', '.join(filled)}")
    if stated.currencies and currency is not None:
        zh.append(f"币种 {currency}")
        en.append(f"the currency is {currency}")
    return Words(f"{where}：标题行写明“{stated.text}”，{'，'.join(zh)}", f"{where}: by its title {stated.text!r} {'; '.join(en)}")


def told_unknown(stated: Stated, where: str) -> Words:
    """What a person should know about a unit that Panhuo does not know."""
    listed = "、".join(stated.unknown), ", ".join(stated.unknown)
    return Words(
        f"{where}：标题行写的单位“{listed[0]}”不认识，没有采用；如是金额单位，请在版式的 unit 中写明",
        f"{where}: the unit {listed[1]!r} in its title is not known and was not used; if it is one of money, state `unit` in the layout",
    )


def _said(text: str) -> list[Said]:
    """Everything a normalised title says of money."""
    pieces = (text, *_BRACKETED.findall(text))  # a lone figure or letter above a header is no unit
    out = [said(piece) for piece in pieces if re.search(r"[^\W\d_]{2}|[^\x00-\x7f]|['$]", piece)]
    labelled = [_begins(words) or words.split()[0] for words in _LABELLED.findall(text) if words.strip()]
    tokens = (*labelled, *_COUNTED.findall(text))
    units = [found for token in tokens for found in ([token] if isinstance(token, Said) else map(said, re.split(r"[、/,|]", token)))]
    out += [found._replace(unit="yuan") if found is not None and found.unit is None else found for found in units]  # 单位：美元
    out += [said(part) for pattern in (_AMOUNT, _NAMED) for token in pattern.findall(text) for part in re.split(r"[、/,|]", token)]
    out += [_begins(words) for words in _IN.findall(text)]
    out += [said(words) for words in _PREFIXED.findall(text)]
    return [found for found in dict.fromkeys(out) if found is not None]


def _begins(words: str) -> Said | None:
    """What the longest beginning of ``words`` says that speaks of money: "usd thousands unless noted"."""
    parts = words.replace(", ", " , ").split()[:_WORDS_OF_UNIT]
    for count in range(len(parts), 0, -1):
        found = said(" ".join(parts[:count]))
        if found is not None and (re.search(r"[a-z$€£¥']", " ".join(parts[:count])) or count == len(parts)):
            return found
    return None


def _unknown(text: str) -> list[str]:
    """Words after 单位： that are neither a unit of money, nor another unit, nor a body that reports."""
    tokens = [part for token in _UNIT_SAID.findall(text) for part in re.split(r"[、/,|]", token) if part]
    strange = [part for part in tokens if not _NO_MONEY.match(part) and not _BODY.search(part)]
    return [part for part in strange if (found := said(part)) is None or found.unit == ""]


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


def _strange(word: str, heading: str, where: str) -> InputUnusable:
    return InputUnusable(
        "TITLE_UNIT_UNKNOWN",
        Words(
            f"标题行写的金额单位“{word}”不认识，不知“{heading}”该按什么单位读",
            f"the title states the unit of money {word!r}, which is not known: what {heading!r} is in cannot be told",
        ),
        where=where,
        remedy=Words(
            "在表头括号内或版式的 unit、currency 中写明单位与币种；标题行不对就在版式中写 title_unit: ignore",
            "state unit and currency in the headings' brackets or as `unit` and `currency` in the layout; write `title_unit: ignore` there if the title is wrong",
        ),
    )
