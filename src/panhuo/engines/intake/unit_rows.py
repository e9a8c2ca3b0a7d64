"""The row of units that lists put under their headings: ``,,,,万元,万元,天``.

Its units belong to the columns they stand under, so each goes into its heading, as if it had been written there: 未偿本金 becomes 未偿本金(万元), and everything
that reads, checks and compares the units of headings holds for it. Left among the data it would be one more bad row, and every amount 10,000 times too small.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from panhuo.engines.intake.mapping import heading_unit, stated_in
from panhuo.engines.intake.money_words import BRACKETS, plain, said
from panhuo.engines.intake.refusals import unusable
from panhuo.engines.intake.row_widths import money_columns
from panhuo.engines.intake.title_units import stated_unit
from panhuo.kernel.words import Words

_LABEL: Final = re.compile(r"^(?:金额|货币|计量)?单位\s*:?\s*")
_NO_MONEY: Final = re.compile(r"^(?:[户笔人个件份次条宗套张家项台辆]|无|文本|日期|[-—/、~]+)$")
_ORDINAL: Final = re.compile(r"^\(?([0-9]{1,4})\)?(?:\s*[=＝].*)?$")
_LEADING: Final = ("abcdefgh", "甲乙丙丁戊己庚辛")
_LABELS: Final = ("栏次", "行次", "列次", "栏目", "栏号", "列号")
_NOT_OF_MONEY: Final = ("percent", "permille", "months", "days", "years", "weeks", "m2", "mu")
_MULTIPLE: Final = re.compile(r"[十百千万亿]\s*元?|元|yuan|rmb|cny", re.IGNORECASE)
_ENOUGH: Final = 4
"""Fewer columns than so many say nothing when they are numbered through."""


class Under(NamedTuple):
    """What stands between the headings and the data. rows: how many rows of the table it takes. headings: with their units. stated: (heading, unit) as
    written. titles: what names one unit for the whole table, as a title does. unclear: (heading, what the row says) where heading and row differ or the
    unit is not known."""

    rows: int
    headings: list[str]
    stated: tuple[tuple[str, str], ...] = ()
    titles: tuple[str, ...] = ()
    unclear: tuple[tuple[str, str], ...] = ()


class UnitRow(NamedTuple):
    """A row of units that was read: ``under`` and the row's number as a spreadsheet shows it."""

    under: Under
    number: int

    def told(self, where: str) -> Words:
        """What a person should know about it. Raises InputUnusable (UNIT_ROW_UNCLEAR) where it contradicts a heading or names a unit of money that Panhuo
        does not know."""
        if self.under.unclear:
            heading, unit = self.under.unclear[0]
            raise unusable(
                "UNIT_ROW_UNCLEAR",
                where,
                f"第 {self.number} 行是单位行，其中“{heading}”的单位{f'“{unit}”与表头不一致或不认识' if unit else '没有写明，而其他金额写有万元等单位'}",
                f"row {self.number} states units: {f'{unit!r} under {heading!r} differs from the own unit of the heading or is not known' if unit else f'none under {heading!r}, though other amounts have one'}",
                "在表头括号内逐列写明单位，并删去单位行",
                "write each column's unit in its heading's brackets and delete the row of units",
            )
        zh = "、".join(f"{heading} 按{unit}读取" for heading, unit in self.under.stated) or " / ".join(self.under.titles)
        en = ", ".join(f"{heading} in {unit}" for heading, unit in self.under.stated) or " / ".join(self.under.titles)
        return Words(f"{where}：第 {self.number} 行是单位行，不是账户：{zh}", f"{where}: row {self.number} states units and is no account: {en}")


def under(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Under | None:
    """What the rows below the headings say of units; None where the first of them is data. A row of column numbers before the row of units goes with it.

    >>> found = under(["借据号", "未偿本金", "逾期天数"], [["", "（万元）", "天"], ["J1", "5", "90"]])
    >>> found.headings, found.rows
    (['借据号', '未偿本金(万元)', '逾期天数(天)'], 1)
    >>> under(["借据号", "未偿本金"], [["J1", "5"]]) is None
    True
    """
    at = 1 if rows and numbered(rows[0]) else 0
    if at >= len(rows):
        return None
    cells = [cell.strip() for cell in rows[at]]
    filled = [(i, cell) for i, cell in enumerate(cells) if cell]
    if len(filled) == 1 and (_LABEL.match(plain(filled[0][1])) or not states_unit(filled[0][1])) and stated_unit([filled[0][1]]).units:
        return Under(at + 1, list(headings), titles=(filled[0][1],))
    if any(i >= len(headings) for i, _ in filled):
        return None
    meanings = [_unit(cell) for _, cell in filled]
    money = money_columns(headings)
    large = [(i, unit) for (i, _), unit in zip(filled, meanings, strict=True) if i in money and unit and stated_in(unit) not in ("", "yuan", None)]
    # a word nobody knows beside 万元 (字符, 必填) makes no account of the row; an account has figures
    figures = any(re.search("[0-9]", plain(cell)) for _, cell in filled)
    multiple = bool(large) or any(i in money and _MULTIPLE.search(cell) for i, cell in filled)
    if not _names_one(meanings) and (figures or not multiple):
        return None
    found = joined(headings, filled, at + 1)
    odd = [
        (headings[i], cell)
        for (i, cell), unit in zip(filled, meanings, strict=True)
        if i in money and (unit is None or (unit and stated_in(unit) in _NOT_OF_MONEY))
    ]
    blank = [i for i in sorted(money) if (i >= len(cells) or not cells[i]) and heading_unit(headings[i]) is None] if large else []
    bare = [(headings[i], "") for i in blank]  # one unit merged over several amounts, or written once: to which it belongs nothing says
    return found._replace(unclear=(*found.unclear, *odd, *bare))


def joined(headings: Sequence[str], filled: Sequence[tuple[int, str]], rows: int) -> Under:
    """The units of the cells ``filled`` (column, cell) in the headings above them."""
    out = list(headings)
    stated: list[tuple[str, str]] = []
    unclear: list[tuple[str, str]] = []
    for i, cell in filled:
        heading, unit = out[i].strip(), _unit(cell)
        if not unit or not heading:
            continue
        own = heading_unit(heading)
        if stated_in(unit) is None or (own and stated_in(unit) and own != stated_in(unit)):
            unclear.append((heading, unit))
        elif own is None:
            out[i] = f"{heading}({unit})"
            stated.append((heading, unit))
    return Under(rows, out, tuple(stated), (), tuple(unclear))


def states_unit(cell: str) -> bool:
    """Whether a cell under a heading is a unit and nothing else."""
    return bool(cell.strip()) and bool(_unit(cell.strip()))


def says_units(cells: Sequence[str | None]) -> bool:
    """Whether a row of the table is nothing but units: the row of them again, on a next page."""
    return _names_one([_unit(cell.strip()) for cell in cells if cell and cell.strip()])


def _names_one(meanings: Sequence[str | None]) -> bool:
    """Whether all cells may stand in a row of units, and one of them is more than the name of a currency, which a column of currencies holds too."""
    return None not in meanings and any(unit and stated_in(unit) != "" for unit in meanings)


def _unit(cell: str) -> str | None:
    """The unit a cell states, "" for what may stand beside units (笔, —, 单位：), None for anything else."""
    text = plain(cell)
    whole = BRACKETS.fullmatch(text)
    text = whole[1].strip() if whole else text
    text = _LABEL.sub("", text)
    if not text or _NO_MONEY.match(text):
        return ""
    if stated_in(text) is not None:
        return text
    found = said(text)  # a multiple of money that is none of the known units: 千万元
    return text if found is not None and found.unit == "" and re.search(r"[元圆]|[a-z]", text) else None


def numbered(row: Sequence[str | None]) -> bool:
    """Whether a row numbers the columns: 1 2 3 4, (1) (2) (3) (4), A B 1 2, 栏次 1 2 3; every filled cell of nearly as many as there are columns.

    >>> numbered(["1", "2", "3", "4"]), numbered(["甲", "乙", "1", "2", "3=1+2"]), numbered(["1", "2", "4", "5"]), numbered(["1", "2", "", "", "", ""])
    (True, True, False, False)
    """
    cells = [plain(cell).replace(" ", "") for cell in row if cell and cell.strip()]
    if len(cells) < _ENOUGH or len(cells) * 5 < len(row) * 4:
        return False
    cells = cells[1:] if cells[0] in _LABELS else cells
    letters = next((i for i, cell in enumerate(cells) if not any(cell == series[i : i + 1] for series in _LEADING)), len(cells))
    found = [_ORDINAL.match(cell) for cell in cells[letters:]]
    numbers = [int(match[1]) for match in found if match]
    if len(numbers) < len(found) or not numbers:
        return not found
    return numbers[0] in (1, letters + 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
