"""Headings of two rows: some merged downwards over both, some merged sideways over what stands below them (欠息 over 表内 and 表外)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from panhuo.engines.intake.amount_parts import part_of
from panhuo.engines.intake.layout import MONEY_UNITS
from panhuo.engines.intake.mapping import normal_heading, stated_in
from panhuo.engines.intake.money_words import BRACKETS, pieces, plain
from panhuo.engines.intake.row_widths import kinds_of
from panhuo.engines.intake.suggest_names import counter_heading
from panhuo.engines.intake.unit_rows import Under, joined, states_unit

_REACHING: Final = 2
_FIGURE: Final = re.compile(r"^[¥￥$+-]?[0-9][0-9,.]*(?:[%‰元万亿]+)?$|^[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?(?:\s|T|$)")
"""A cell of data; 2024年, 1月 and 1-30天 are words that begin with a digit."""
_SUM: Final = re.compile(r"^(?:合计|小计|总计|总额|合计金额|合计数)$")
_DEBTOR: Final = re.compile(r"^(?:主?借款人|债务人|客户|贷款人|持卡人)(?:基本)?(?:信息|情况)?$")
_TITLE: Final = re.compile(r"[0-9：:。，,]|.{13}")
_WHICH: Final = re.compile(
    r"^(?:表内|表外|正常|逾期|未到期|到期|应收|已收|未收|未偿|拖欠|累计|期初|期末|本期|上期|当前|剩余|原|原始|初始|首次|最近|最后|其中|on|off|current|overdue)$"
)
"""What says which, and stands before what it is said of: 表内欠息, where a thing follows its owner: 担保人姓名."""


_GENERIC: Final = re.compile(
    r"^(?:本金|利息|欠息|罚息|复利|罚息复利|违约金|费用|其他费用|本息|本息合计|欠款|余额|金额|总额|额度|利率|日期|时间|起始日|起始日期|开始日期|起期|止期|"
    r"到期日|到期日期|终止日期|天数|期数|期限|笔数|次数|账龄|姓名|名称|电话|手机|手机号|手机号码|联系电话|联系方式|地址|证件号|证件号码|身份证号|身份证号码|状态|类型|"
    r"principal|interest|penalty|fees|amount|balance|date|start date|end date|maturity date|days|name|phone|mobile|address|id no|rate)$"
)
"""What is of somebody or something else under another group: interest that was waived, the date of the write-off, the surety's name."""
_OTHER_THINGS: Final = re.compile(
    r"减免|豁免|免除|已[还收付偿]|实[还收付]|[收追]回|回收|清收|代偿|垫付|核销|判决|诉请|诉讼|执行|仲裁|担保|保证|抵押|质押|押品|联系人|亲属|配偶|共同|客户经理|管户|期初|年初|月初|上[期年月季]|"
    r"委外前|展期|重组|计划|每期|本期|下期|预计|评估|拍卖|查封|历史|累计|最[大高长]|paid|received|recover|waived|written|write|guarant|collateral|contact|court|opening|forecast"
)
"""A group whose words below are of something else than the debt, the loan and the debtor."""
_ASIDE: Final = re.compile(r"(?:的)?(?:信息|情况|要素|内容|资料|数据|方案|明细|部分|项目|一栏|栏)$")
"""What may stand behind the name of a group."""


def spanning(upper: Sequence[str], lower: Sequence[str], known: Collection[str]) -> int:
    """How many headings of the upper row span words of the lower one, where nothing else stands in the lower row; 0 where the rows are not built so.

    At least two known headings must reach down beside them, over blanks: a title above the headings has none such.

    >>> spanning(["借据号", "未偿本金", "欠息", ""], ["", "", "表内", "表外"], {"借据号", "未偿本金"})
    1
    >>> spanning(["借据号", "未偿本金", "欠息", ""], ["A1", "4", "5", "6"], {"借据号", "未偿本金"})
    0
    >>> spanning(["单位：万元", "", "", "附件"], ["借据号", "未偿本金", "欠息", ""], {"借据号", "未偿本金"})
    0
    """
    spans, at, reaching = 0, 0, 0
    while at < len(upper):
        end = at + 1
        while end < len(upper) and upper[at].strip() and not upper[end].strip() and lower[end].strip():
            end += 1
        below = [cell.strip() for cell in lower[at:end]]
        if end - at > 1:
            if not all(cell and not _FIGURE.match(cell) for cell in below):
                return 0
            spans += 1
        elif below[0] and upper[at].strip():
            return 0  # a heading over a single cell: rows of data below it
        elif upper[at].strip():
            reaching += normal_heading(upper[at]) in known
        at = end
    return spans if reaching >= _REACHING else 0


def two_storeys(upper: Sequence[str], lower: Sequence[str], known: Collection[str]) -> list[str]:
    """One heading a column: the lower cell, the upper where the lower is blank, both where the upper spans several lower ones.

    The lower cell alone where it says the upper one already (表内欠息 under 欠息). Else of the two orders of both the one that is a known heading, else the
    lower cell alone where it is one, stands once and means the same without its group: 利息 under 减免方案 is no interest owed. 合计 is of what stands above it.

    >>> two_storeys(["借据号", "欠息", "", "担保人", ""], ["", "表内", "表外", "姓名", "电话"], {"借据号", "担保人姓名"})
    ['借据号', '表内欠息', '表外欠息', '担保人姓名', '担保人电话']
    """
    groups, over = [], ""
    for high, low in zip(upper, lower, strict=True):
        if high:
            over = high if low else ""  # one that reaches down to the lower row spans nothing beside it
        groups.append(over)
    counts = Counter(normal_heading(low) for low, over in zip(lower, groups, strict=True) if low and (not over or stands_alone(low, over)))
    out = []
    for high, low, over in zip(upper, lower, groups, strict=True):
        if not low or not over:
            out.append(low or high)
            continue
        before, after = low + over, over + low
        alone, core = normal_heading(low), _core(over)
        if normal_heading(over) in alone:
            out.append(_in_its_unit(low, over))
        elif _SUM.match(alone):
            out.append(after)
        elif normal_heading(before) in known:
            out.append(before)
        elif normal_heading(after) in known:
            out.append(after)
        elif core + alone in known:
            out.append(_in_its_unit(core + low, over))
        elif (alone in known or part_of(low)) and counts[alone] == 1 and stands_alone(low, over):
            out.append(_in_its_unit(low, over))
        else:
            out.append(before if _WHICH.match(alone) else after)
    return out


def stands_alone(low: str, over: str) -> bool:
    """Whether a heading means the same without the group above it.

    >>> stands_alone("利息", "减免方案"), stands_alone("利息", "债权金额（元）"), stands_alone("最近还款日", "还款情况")
    (False, True, True)
    """
    return not _GENERIC.match(normal_heading(low)) or not _OTHER_THINGS.search(_core(over))


def _core(over: str) -> str:
    """The name of a group: 逾期 of 逾期情况."""
    return _ASIDE.sub("", normal_heading(over))


def _in_its_unit(low: str, over: str) -> str:
    """The lower heading with the unit or currency in the upper one's brackets, where it has none of its own: 金额（万元） over 未偿本金."""
    units = [found[0] for found in BRACKETS.finditer(plain(over)) if (unit := stated_in(found[1])) is not None and _may_state(low, unit)]
    return low if any(stated_in(piece) is not None for piece in pieces(low)) else low + "".join(units)


def _may_state(heading: str, unit: str) -> bool:
    """Whether a unit may be a heading's: where nothing says how far a group reaches, 万元 of the amounts is not the days' behind them."""
    return unit not in MONEY_UNITS or kinds_of([heading])[0] not in ("count", "date", "name", "word")


def groups_only(upper: Sequence[str], known: Collection[str]) -> bool:
    """Whether a row above two rows of headings names groups of them, and beside these nothing but headings that reach down.

    >>> groups_only(["序号", "客户信息", "", "逾期情况"], {"序号"}), groups_only(["不良资产清单", "", "", "单位：万元"], {"序号"})
    (True, False)
    """
    said = [cell for cell in upper if cell.strip()]
    groups = [cell for cell in said if _ASIDE.search(normal_heading(cell)) and not _TITLE.search(cell)]
    return len(groups) >= _REACHING and all(cell in groups or counter_heading(cell) or normal_heading(cell) in known for cell in said)


def group_names(upper: Sequence[str], lower: Sequence[str], known: Collection[str]) -> list[str] | None:
    """The lower row's headings, those that stand in it twice told apart by the groups of the upper row (借款人 and 担保人, each over 姓名); None where the
    upper row does not tell them apart. The debtor's own need no group to be known by.

    >>> group_names(["借款人", "", "担保人", ""], ["借据号", "姓名", "姓名", "电话"], {"借据号", "姓名"})
    ['借据号', '姓名', '担保人姓名', '担保人电话']
    >>> group_names(["机构：江苏分行", "", "日期：2026-09-30", ""], ["借据号", "姓名", "姓名", "电话"], {"借据号", "姓名"}) is None
    True
    """
    high, low = [cell.strip() for cell in upper], [cell.strip() for cell in lower]
    counts = Counter(normal_heading(cell) for cell in low if cell)
    if max(counts.values(), default=0) < _REACHING or sum(map(bool, high)) < _REACHING or any(_TITLE.search(cell) for cell in high):
        return None
    over, out = "", []
    for above, cell in zip(high, low, strict=True):
        over = above or over
        said = normal_heading(over) in normal_heading(cell) or bool(_DEBTOR.match(over) and normal_heading(over + cell) not in known)
        alone = not over or said or (counts[normal_heading(cell)] == 1 and stands_alone(cell, over))
        out.append("" if not cell else _in_its_unit(cell, over) if alone else over + cell)
    forms = [normal_heading(cell) for cell in out if cell]
    return out if len(set(forms)) == len(forms) else None


def header_rows(rows: Sequence[Sequence[str]], at: int, known: Collection[str]) -> tuple[Sequence[str], int, int, Under | None]:
    """The headings of a table whose header :func:`.dialect.find_header` found in row ``at``: of two or three rows where that makes more known ones. Rows are
    all of one width. Their first and last row, and the units of the lower row that do not fit them, follow."""
    best, cells, start, end = hits(rows[at], known), rows[at], at, at
    units: Under | None = None
    for upper in (at - 1, at):
        if upper >= 0 and upper + 1 < len(rows):
            high = [cell.strip() for cell in rows[upper]]
            low, below = _without_units(high, [cell.strip() for cell in rows[upper + 1]])
            spans = spanning(high, low, known)
            both = two_storeys(high, low, known) if spans else [b or a for a, b in zip(high, low, strict=True)]
            if hits(both, known) > best - 2 * spans:  # joined, a spanning heading and what stands below it may no longer be known ones
                with_units = joined(both, below, 0)
                best, cells, start, end = hits(both, known), with_units.headings, upper, upper + 1
                units = with_units if with_units.unclear else None
    if start < end < len(rows) - 1 and spanning(cells, low := [cell.strip() for cell in rows[end + 1]], known):
        cells, end = two_storeys(cells, low, known), end + 1
    if start < end and start and groups_only(high := [cell.strip() for cell in rows[start - 1]], known):
        cells, start = two_storeys(high, cells, known), start - 1
    if start == end and start and (named := group_names(rows[start - 1], rows[start], known)):
        cells, start = named, start - 1
    return cells, start, end, units


def _without_units(high: Sequence[str], low: Sequence[str]) -> tuple[list[str], list[tuple[int, str]]]:
    """The lower of two rows of headings less what is a unit under a heading of its own ((万元) below 未偿本金), and these units by column."""
    alone = [bool(a) and (i + 1 == len(high) or bool(high[i + 1]) or not low[i + 1]) for i, a in enumerate(high)]
    units = [(i, cell) for i, cell in enumerate(low) if alone[i] and states_unit(cell)]
    taken = {i for i, _ in units}
    return ["" if i in taken else cell for i, cell in enumerate(low)], units


def hits(row: Sequence[str], known: Collection[str]) -> int:
    """How many known headings a row holds."""
    found = Counter(normal_heading(cell) for cell in row if cell.strip())
    return sum(heading in known for heading in found)
