"""Matching a layout to the headings a file really has.

Headings match after :func:`normal_heading`: full-width to half-width (NFKC), lower case, without spaces, line breaks,
underscores and bracketed units. A unit in the brackets (余额（万元）) counts: it fills a unit the layout leaves open, and where
it contradicts a unit the layout states the tape is refused, since the slip would be a factor of 10,000 in every figure. So does a currency
that the heading of an amount names (余额（万美元）, Balance USD): it is that of the tape, or the tape is refused.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from panhuo.engines.intake.currency import agreed, claims_of
from panhuo.engines.intake.layout import Layout, columns_of
from panhuo.engines.intake.money_words import BRACKETS, pieces, said
from panhuo.engines.intake.rules import BALANCE_PARTS
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.frames import TAPE, TAPE_REQUIRED
from panhuo.kernel.words import Words

_UNIT_WORDS = {
    **dict.fromkeys(("%", "百分比", "percent", "pct"), "percent"),
    **dict.fromkeys(("‰", "permille"), "permille"),
    **dict.fromkeys(("月", "个月", "months", "month", "期"), "months"),
    **dict.fromkeys(("天", "日", "days", "day"), "days"),
    **dict.fromkeys(("年", "years", "year"), "years"),
    **dict.fromkeys(("周", "weeks", "week"), "weeks"),
    **dict.fromkeys(("平方米", "㎡", "m2", "平米", "sqm"), "m2"),
    **dict.fromkeys(("亩", "mu"), "mu"),
}
_SPACE = re.compile("[\\s_\u200b\ufeff\x00]+")
_APART = re.compile(r"^(.*[^\s_,、·;/:-])[\s_,、·;/:-]+([^\s_,、·;/:-]+)$", re.DOTALL)
_JOINED = re.compile(r"^(.*[\u4e00-\u9fff])((?:百|千)?[万萬]元|[千仟]元|亿元|[万萬]美元|(?<=[额金息费款值价])[元分万wk])$", re.DOTALL)
_BEFORE = re.compile(r"^((?:百|千)?[万萬]元|[千仟]元|亿元)(?![\s_]*(?:以[上下内]|级|左右))[\s_]*([\u4e00-\u9fff].+)$", re.DOTALL)
_SPELT = 3
"""Letters of a unit that stands behind a heading without brackets: k and m end too many words."""


@dataclass(frozen=True)
class Binding:
    """How a layout meets a file.

    fields: canonical or working name -> the heading found (as it stands in the file). units: the same names -> unit of the
    cells, where one applies (the layout's, else the heading's, else the default). missing: names whose column the file lacks
    (their default applies, else null). ignored: headings the layout says it leaves unread. unmapped: headings it does not know.
    currency: the codes the amounts may be in by their headings and the layout, likeliest first; empty where neither says.
    """

    fields: dict[str, str]
    units: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()


def normal_heading(heading: str) -> str:
    """The form in which headings are compared.

    >>> normal_heading(" 贷款　余额\\n（万元）"), normal_heading("本金余额\\n万元"), normal_heading("罚息元")
    ('贷款余额', '本金余额', '罚息')
    >>> normal_heading("Loan_Amount ($)") == normal_heading("loan amount")
    True
    """
    text = _SPACE.sub("", without_unit(unicodedata.normalize("NFKC", heading).casefold().strip())[0])
    bare = BRACKETS.sub(lambda m: "" if stated_in(m.group(1)) is not None else m.group(0), text)
    return bare or text


def without_unit(text: str) -> tuple[str, str | None]:
    """A heading in half width and lower case without the unit of money that begins or ends it outside brackets, and that unit."""
    for pattern, heading, words in ((_APART, 1, 2), (_JOINED, 1, 2), (_BEFORE, 2, 1)):
        found = pattern.match(text)
        if found is None or (
            pattern is _APART and found[words].isascii() and (len(found[words]) < _SPELT or found[words] == "fen")
        ):  # principal_fen is a field's own name
            continue
        unit = said(found[words])
        if unit is not None and unit.unit and not found[heading].endswith(("单位", "币种", "货币")):  # 单位：万元 is a title
            return found[heading], unit.unit
    return text, None


def heading_unit(heading: str) -> str | None:
    """The unit that a heading states in brackets or at its end, None where it states none.

    >>> heading_unit("未偿本金（万元）"), heading_unit("年利率%"), heading_unit("principal_fen"), heading_unit("姓名")
    ('wan', 'percent', 'fen', None)
    >>> heading_unit("本金余额\\n万元"), heading_unit("prin_bal_wan"), heading_unit("罚息元"), heading_unit("楼栋单元"), heading_unit("评分")
    ('wan', 'wan', 'yuan', None, None)
    """
    found = [unit for piece in pieces(heading) if (unit := stated_in(piece))]
    if found:
        return found[-1]
    text = unicodedata.normalize("NFKC", heading).casefold().strip()
    if text.endswith(("%", "‰")):
        return _UNIT_WORDS[text[-1]]
    unit = without_unit(text)[1]
    if unit:
        return unit
    return "fen" if text.endswith("_fen") else None  # Panhuo's own field names carry the unit so


def stated_in(piece: str) -> str | None:
    """The unit that a heading's brackets state, "" for a currency alone, None where they state neither."""
    words = re.sub(r"^(?:金额)?单位:?", "", _SPACE.sub("", piece))
    if words in _UNIT_WORDS:
        return _UNIT_WORDS[words]
    found = said(piece) or said(words)
    return None if found is None or found.unit == "" else found.unit or ""


def bind(layout: Layout, headings: Sequence[str], *, where: str = "") -> Binding:
    """Match ``layout`` to ``headings``; ``where`` names the file in errors.

    Raises InputUnusable: LAYOUT_MISSING_REQUIRED (names the field and the nearest headings), LAYOUT_AMBIGUOUS (two headings
    of the file match one column), LAYOUT_TWOFOLD (one heading is two parts of the balance), LAYOUT_UNIT_CONFLICT (the heading states another unit than the layout), and what :func:`.currency.agreed`
    raises for headings of amounts that name another currency than the layout or each other.
    """
    place = where or layout.name
    by_normal: dict[str, list[str]] = {}
    for heading in headings:
        by_normal.setdefault(normal_heading(heading), []).append(heading)
    fields: dict[str, str] = {}
    units: dict[str, str] = {}
    for column in layout.columns:
        found = _find(column.from_, headings, by_normal, place)
        if found is None:
            continue
        fields[column.to] = found
        unit = _unit(column.resolved_kind, column.unit, found, place)
        if unit:
            units[column.to] = unit
    _refuse_twofold(fields, place)
    missing = tuple(column.to for column in layout.columns if column.to not in fields)
    for name in (*TAPE_REQUIRED, *layout.required):
        lacking = _lacking(layout, name, fields)
        if lacking:
            raise _missing(layout, name, lacking, headings, place)
    ignored = {normal_heading(heading) for heading in layout.ignore}
    rest = [heading for heading in headings if heading not in fields.values()]
    amounts = [fields[column.to] for column in layout.columns if column.resolved_kind == "money" and column.to in fields]
    return Binding(
        fields,
        units,
        missing,
        tuple(heading for heading in rest if normal_heading(heading) in ignored),
        tuple(heading for heading in rest if normal_heading(heading) not in ignored),
        agreed(layout, claims_of(amounts), by_row="currency" in fields, where=place),
    )


def known_headings(layout: Layout) -> frozenset[str]:
    """Every heading the layout speaks of, in normal form: what a header row is recognised by."""
    return frozenset(normal_heading(heading) for column in layout.columns for heading in column.from_) | frozenset(map(normal_heading, layout.ignore))


def _refuse_twofold(fields: dict[str, str], place: str) -> None:
    """A column of the file that is two parts of the balance would be owed twice."""
    taken: dict[str, str] = {}
    for name in BALANCE_PARTS:
        if name not in fields:
            continue
        other = taken.setdefault(fields[name], name)
        if other != name:
            raise InputUnusable(
                "LAYOUT_TWOFOLD",
                Words(
                    f"“{fields[name]}”同时是 {other} 和 {name}，余额会重复计算",
                    f"{fields[name]!r} is both {other} and {name}: it would be owed twice",
                ),
                where=place,
                remedy=Words("在版式中只留一处", "keep one of the two in the layout"),
            )


def _find(alternatives: Iterable[str], headings: Sequence[str], by_normal: dict[str, list[str]], place: str) -> str | None:
    for alternative in alternatives:
        if alternative in headings:
            return alternative
        same = by_normal.get(normal_heading(alternative), [])
        if len(same) > 1:
            listed = ", ".join(repr(heading) for heading in same)
            raise InputUnusable(
                "LAYOUT_AMBIGUOUS",
                Words(f"表头 {listed} 都对应版式中的 {alternative}", f"headings {listed} all match {alternative!r} of the layout"),
                where=place,
                remedy=Words("在版式的 from 中写出与文件完全一致的表头", "write the heading in the layout's `from` exactly as in the file"),
            )
        if same:
            return same[0]
    return None


def _unit(kind: str, stated: str | None, heading: str, place: str) -> str | None:
    groups = {
        "money": ("fen", "yuan", "qian", "wan", "million", "yi"),
        "rate": ("percent", "permille"),
        "integer": ("days", "weeks", "months", "years"),
        "number": ("m2", "mu"),
    }
    seen = heading_unit(heading)
    if seen not in groups.get(kind, ()):
        seen = None
    if stated and seen and stated not in (seen, "auto"):
        raise InputUnusable(
            "LAYOUT_UNIT_CONFLICT",
            Words(f"表头“{heading}”的单位是 {seen}，版式写的是 {stated}", f"heading {heading!r} states the unit {seen}, the layout says {stated}"),
            where=place,
            remedy=Words("核对文件的单位，更正版式的 unit", "check the file's unit and correct `unit` in the layout"),
        )
    return stated or seen or {"money": "yuan", "rate": "auto"}.get(kind)


def _lacking(layout: Layout, name: str, fields: dict[str, str]) -> list[str]:
    """The columns whose absence leaves ``name`` without any source; empty where it has one."""
    column = layout.by_field.get(name)
    if column is not None:
        return [] if name in fields or column.default is not None else [name]
    if name in layout.constants:
        return []
    needs = _sources(layout, name)
    if not needs or any(need in fields or layout.by_field[need].default is not None for need in needs):
        return []
    return sorted(needs)


def _sources(layout: Layout, name: str) -> set[str]:
    """The columns that a derived field draws on, through other derived fields too."""
    found: set[str] = set()
    for used in columns_of(layout.derived.get(name, "")):
        found |= {used} if used in layout.by_field else _sources(layout, used)
    return found


def _missing(layout: Layout, name: str, lacking: list[str], headings: Sequence[str], place: str) -> InputUnusable:
    wanted = [heading for need in lacking for heading in layout.by_field[need].from_]
    normal = {normal_heading(heading): heading for heading in headings}
    near = [normal[match] for heading in wanted for match in difflib.get_close_matches(normal_heading(heading), list(normal), n=2, cutoff=0.4)]
    nearest = ", ".join(repr(heading) for heading in dict.fromkeys(near))
    title = f"{name}（{TAPE[name].zh}）" if name in TAPE else name
    english = f"{name} ({TAPE[name].en})" if name in TAPE else name
    listed = " / ".join(wanted[:6])
    return InputUnusable(
        "LAYOUT_MISSING_REQUIRED",
        Words(
            f"缺少必需字段 {title}：版式 {layout.name} 要求表头 {listed}；" + (f"文件中最接近的是 {nearest}" if near else "文件中没有相近的"),
            f"required field {english} is missing: layout {layout.name} expects the heading {listed}; "
            + (f"the nearest in the file: {nearest}" if near else "the file has none like it"),
        ),
        where=place,
        remedy=Words("换用合适的版式，或运行 panhuo layout suggest 生成一个", "use the layout that fits, or make one with `panhuo layout suggest`"),
    )
