"""Headings that say of themselves that they are one part of an amount: 表外欠息, 律师费, 正常本金."""

from __future__ import annotations

import re
from typing import Final

from panhuo.engines.intake.mapping import normal_heading

PRINCIPAL: Final = "principal_fen"
_PARTS: Final = {
    PRINCIPAL: re.compile(r"^(?:未偿|未还|拖欠|尚欠|剩余)?(?:正常|未到期|已?到期(?:未[还付])?|逾期|呆滞|呆账|非应计)(?:贷款)?本金(?:余额|金额)?$"),
    "interest_fen": re.compile(r"^(?:未偿|未还|应收|拖欠|尚欠)?(?:表[内外]|正常|逾期)(?:应收|应计|欠|未还|未偿)*(?:欠息|利息|息)(?:余额|金额)?$"),
    "penalty_fen": re.compile(r"^(?:未偿|未还|应收|拖欠|尚欠|欠)?(?:逾期)?(?:罚息|复利|复息|违约金|滞纳金)(?:余额|金额)?$"),
    "fees_fen": re.compile(
        r"^(?:代垫|已?垫付|垫支|未偿|应收|未还)*的?(?:律师|律师代理|代理|公告|公证|保全|财产保全|诉讼保全|保全担保|诉责险|执行|申请执行|强制执行|诉讼|案件受理|受理|仲裁|评估|鉴定|拍卖|送达|"
        r"担保|保险|手续|超限|服务|平台服务|信息服务|管理|分期手续|年|差旅|其他|其它|垫付|代垫)(?:费|费用)(?:余额|金额)?$"
    ),
}
"""Headings that say that they are one of several."""


def part_of(heading: str) -> str | None:
    """The additive field of which the heading says that it is a part.

    >>> part_of("表外欠息（万元）"), part_of("律师费"), part_of("代垫诉讼费用"), part_of("复利"), part_of("利息"), part_of("费用率")
    ('interest_fen', 'fees_fen', 'fees_fen', 'penalty_fen', None, None)
    """
    bare = normal_heading(heading)
    return next((field for field, pattern in _PARTS.items() if pattern.match(bare)), None)
