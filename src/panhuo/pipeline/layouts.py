"""Which layout a tape has, when nobody says: the shipped one whose headings it carries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from panhuo.engines.intake import Layout, bind, load_layout, shipped_layouts
from panhuo.engines.intake.layout import MONEY_UNITS
from panhuo.engines.intake.mapping import heading_unit, known_headings, normal_heading
from panhuo.engines.intake.suggest_names import synonyms
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

ENOUGH = 0.5
"""A layout fits by itself when it explains at least this share of the tape's headings, or finds this share of its own columns there..."""
MANY = 12
"""... or reads so many columns: a bank's export of 300 columns with forty of ours among them is still ours."""
LOST = 1 / 3
"""A layout that can be read with is taken before one that lacks a required heading only if it leaves no more unread of what the other would read."""
_SHOWN = 8
_PEOPLE: Final = ("name", "id_no", "phone")
_LOOKED_AT: Final = 2_000
_MONEY: Final = r"(?i)欠息|^表[内外]|利息|罚息|复利|本金|本息|余额|费用|金额|欠款|违约金|滞纳金|垫款|手续费|interest|principal|balance|penalt|\bfees?\b|amount|outstanding|arrears|(?:费用?|[息金款额])\s*(?:[(（\[【].*)?$|垫付|(?:^|[_\s])(?:bal|amt)(?:$|[_\s(（\[])"
_NO_MONEY: Final = r"(?i)^(?:是否|有无)|(?:日期?|时间|天数|期数|次数|笔数|户数|方式|标志|状态|类型|币种|号码|账号|比例|利率|费率|占比|率)(?:[(（].*)?$|rate|date|days|count|number|percent|pct"
_FIGURES: Final = r"^[\s'¥￥$(+\-]*[0-9][0-9,，.]*\s*[)）元万]*\s*$"
_ZERO: Final = r"^[\s'¥￥]*0*(?:\.0*)?\s*元?\s*$"


class _Fit(NamedTuple):
    """How well a layout meets the headings, better ones greater. explained: how many it reads. share: of the headings, or of its own columns. read: which."""

    explained: int
    share: float
    read: frozenset[str]


def choose_layout(headings: Sequence[str], *, where: str) -> Layout:
    """The shipped layout that binds and explains most headings.

    Raises InputUnusable when none explains half of them nor reads ``MANY``; where one that lacks a required heading explains far more than any that has all
    of its own, the former's error, which names it.
    """
    best: tuple[_Fit, str] | None = None
    failed: tuple[_Fit, InputUnusable] | None = None
    fields = 0
    for name in shipped_layouts():
        layout = load_layout(name)
        known = known_headings(layout) - frozenset(map(normal_heading, layout.ignore))
        read = frozenset(heading for heading in headings if normal_heading(heading) in known)
        fit = _Fit(len(read), max(len(read) / max(1, len(headings)), min(1.0, len(read) / len(layout.columns))), read)
        try:
            binding = bind(layout, headings, where=where)
        except InputUnusable as error:
            if failed is None or fit[:2] > failed[0][:2]:
                failed = (fit, error)
            continue
        if best is None or fit[:2] > best[0][:2]:
            best, fields = (fit, name), len(binding.fields)
    lost = len(failed[0].read - best[0].read) if failed and best else 0
    if failed and failed[0].share >= ENOUGH and (best is None or (failed[0][:2] > best[0][:2] and lost > LOST * failed[0].explained)):
        raise failed[1]
    if best is None or (best[0].share < ENOUGH and fields < MANY):
        raise InputUnusable(
            "LAYOUT_NOT_FOUND",
            Words("没有自带版式与这些表头相符", "no shipped layout fits these headings")
            if best is None
            else Words(
                f"最接近的版式 {best[1]} 只认得 {best[0].explained / max(1, len(headings)):.0%} 的表头",
                f"the nearest shipped layout, {best[1]}, knows only {best[0].explained / max(1, len(headings)):.0%} of the headings",
            ),
            where=where,
            remedy=Words(
                f"{f'确是它就加 --layout {best[1]}；否则' if best else ''}先运行 panhuo layout suggest {where} -o 我的版式.yaml，过目后用 --layout 我的版式.yaml",
                f"{f'if it is that one, add --layout {best[1]}; else ' if best else ''}run: panhuo layout suggest {where} -o mine.yaml, "
                "look it through, then use --layout mine.yaml",
            ),
        )
    layout = load_layout(best[1])
    if people := _people_left_out(layout, headings):
        raise InputUnusable(
            "LAYOUT_NOT_FOUND",
            Words(
                f"最接近的版式 {layout.name} 不读取债务人的{'、'.join(people[:_SHOWN])}",
                f"the nearest shipped layout, {layout.name}, does not read who the debtors are: {', '.join(people[:_SHOWN])}",
            ),
            where=where,
            remedy=Words(
                f"运行 panhuo layout suggest {where} -o 我的版式.yaml，过目后用 --layout 我的版式.yaml；姓名等已脱敏、不必读取的，加 --layout {layout.name}",
                f"run: panhuo layout suggest {where} -o mine.yaml, look it through, then use --layout mine.yaml; where names are masked and need not be read, add "
                f"--layout {layout.name}",
            ),
        )
    return layout


def _people_left_out(layout: Layout, headings: Sequence[str]) -> list[str]:
    """Headings of debtors' names, identity numbers and telephones of which the layout reads none: left out on purpose, as in a registration of masked data, or not known."""
    found = frozenset(bind(layout, headings).fields)
    known = {normal_heading(name) for field in _PEOPLE if field not in found for name in synonyms()[field]}
    return [heading for heading in headings if normal_heading(heading) in known]


def unread(layout: Layout, headings: Sequence[str]) -> Words | None:
    """What to tell of a layout that was chosen by itself and leaves most of the tape's columns unread, or some that another shipped layout would read or that are
    named as one of the fields it found nothing for; None where it knows most and no other knows more."""
    known = known_headings(layout)
    left = [heading for heading in headings if normal_heading(heading) not in known]
    others = {name for other in shipped_layouts() if other != layout.name for name in known_headings(load_layout(other))}
    meant = [heading for heading in left if normal_heading(heading) in others or _is_named(heading, frozenset(bind(layout, headings).fields))]
    if len(left) <= len(headings) * (1 - ENOUGH) and not meant:
        return None
    left = [*meant, *(heading for heading in left if heading not in meant)]
    zh, en = "、".join(left[:_SHOWN]), ", ".join(left[:_SHOWN])
    return Words(
        f"自动选用版式 {layout.name}：认得 {len(headings) - len(left)} 列，其余 {len(left)} 列未读取（{zh} 等）。如其中有要用的，请用 panhuo layout suggest 做一个版式",
        f"the layout {layout.name} was chosen by itself: it knows {len(headings) - len(left)} columns and leaves {len(left)} unread ({en}, ...). "
        "If any of these matter, make a layout with panhuo layout suggest",
    )


def _is_named(heading: str, found: frozenset[str]) -> bool:
    """Whether the heading is a known name of a field that is not among those found: 企业名称 and 统一社会信用代码, for a layout that knows 姓名 and 证件号码."""
    return any(field not in found and normal_heading(heading) in map(normal_heading, names) for field, names in synonyms().items())


def money_unread(layout: Layout, raw: pl.DataFrame, headings: Sequence[str]) -> Words | None:
    """What to tell of columns that look like money, by heading and by cells, and that the layout neither reads nor leaves out on purpose."""
    named = pl.Series(bind(layout, headings).unmapped, dtype=pl.String)
    stated = pl.Series([heading_unit(heading) in MONEY_UNITS for heading in named], dtype=pl.Boolean)
    named = named.filter((named.str.contains(_MONEY) | stated) & ~named.str.contains(_NO_MONEY))
    head = raw.head(_LOOKED_AT)
    left = []
    for heading in named:
        cells = head[heading].drop_nulls().str.strip_chars()
        cells = cells.filter(cells != "")
        figures = cells.str.contains(_FIGURES)
        if cells.len() and figures.mean() >= ENOUGH and not cells.filter(figures).str.contains(_ZERO).all():
            left.append(str(heading))
    if not left:
        return None
    zh, en = "、".join(left[:_SHOWN]), ", ".join(left[:_SHOWN])
    more, more_en = (f" 等 {len(left)} 列", f" and {len(left) - _SHOWN} more") if len(left) > _SHOWN else ("", "")
    return Words(
        f"版式 {layout.name} 没有读取这些像金额的列：{zh}{more}。如其中有应计入债权的利息、费用，请在版式中对应（panhuo layout suggest）；无关的列写进 ignore",
        f"the layout {layout.name} does not read these columns, which look like money: {en}{more_en}. If any belongs to the debt, map it in the layout "
        "(panhuo layout suggest); put those that do not under ignore",
    )
