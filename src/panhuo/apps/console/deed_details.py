"""What a deed's details say, in words: 行数 2,949；退回 26, not rows=2949, rejected=26."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from panhuo.apps.identity.roles import ABILITIES, KINDS, ROLES
from panhuo.apps.jobs import kinds
from panhuo.kernel.money import format_short
from panhuo.kernel.words import Lang, Words

DETAILS: dict[str, Words] = {
    "abilities": Words("权限", "abilities"),
    "ability": Words("权限", "ability"),
    "account": Words("按账号找到", "by account number"),
    "accounts": Words("账户", "accounts"),
    "active": Words("启用", "active"),
    "added": Words("新增", "added"),
    "administrator": Words("管理员", "administrator"),
    "before": Words("原现行清单编号", "current before: tape"),
    "bytes": Words("大小", "size"),
    "cells": Words("更正单元格", "cells corrected"),
    "changed": Words("变动", "changed"),
    "contact": Words("按联系人找到", "by contact"),
    "debtor": Words("按债务人找到", "by debtor"),
    "decision": Words("结论", "decision"),
    "files": Words("文件", "files"),
    "filters": Words("筛选", "filters"),
    "found": Words("找到账户", "accounts found"),
    "guarantor": Words("按担保人找到", "by guarantor"),
    "in_stead_of": Words("代用户编号", "in place of user"),
    "job": Words("任务编号", "job"),
    "kind": Words("类别", "kind"),
    "limits": Words("约束", "limits"),
    "match": Words("配对编号", "pair"),
    "matches": Words("沿用配对", "pairs"),
    "members": Words("成员", "members"),
    "net_value_fen": Words("净价值", "net value"),
    "of": Words("来自清单编号", "from tape"),
    "old": Words("对比清单编号", "compared with tape"),
    "plan": Words("方案编号", "plan"),
    "rejected": Words("退回", "rejected"),
    "removed": Words("移出", "removed"),
    "restored": Words("恢复现行清单编号", "current again: tape"),
    "role": Words("角色", "role"),
    "row": Words("退回行", "rejected row"),
    "rows": Words("行数", "rows"),
    "series": Words("新名称", "new name"),
    "single_sign_on": Words("变更单点登录", "single sign-on changed"),
    "tape": Words("清单编号", "tape"),
    "version": Words("版本", "version"),
    "was": Words("原名称", "old name"),
}
_YES, _NO, _NONE = Words("是", "yes"), Words("否", "no"), Words("无", "none")
_DECISIONS = {"same": Words("同一债务人", "one debtor"), "different": Words("不同债务人", "different debtors"), "": Words("待定", "undecided")}
_OBVIOUS = ("tape", "plan")
"""Stand under the deed's subject already."""


def details_said(details: Mapping[str, Any], lang: Lang) -> str:
    """One line; what has no word yet stands as it is."""
    said = [f"{_name(name, lang)}{_value(name, value, lang)}" for name, value in details.items() if name not in _OBVIOUS and value is not None]
    return ("；" if lang == "zh" else "; ").join(said)


def _name(name: str, lang: Lang) -> str:
    return (DETAILS[name].to(lang) if name in DETAILS else name) + (" " if lang == "zh" else ": ")


def _value(name: str, value: Any, lang: Lang) -> str:
    if isinstance(value, bool):
        return (_YES if value else _NO).to(lang)
    if isinstance(value, list):
        return ("、" if lang == "zh" else ", ").join(_value(name, one, lang) for one in value) or _NONE.to(lang)
    if name == "bytes":
        return f"{value / 1024:,.0f} KiB"
    if name.endswith("_fen"):
        return format_short(value, lang)
    if isinstance(value, int):
        return f"{value:,}" if name not in ("job", "match", "before", "restored", "of", "old", "version", "in_stead_of") else str(value)
    return _word(name, str(value)).to(lang)


def _word(name: str, value: str) -> Words:
    role = ROLES.get(value) if name == "role" else None
    job = kinds.KINDS.get(value) if name == "kind" else None
    known = {"ability": ABILITIES, "abilities": ABILITIES, "kind": KINDS, "decision": _DECISIONS}.get(name, {})
    return role.words if role else job.words if job else known.get(value, Words(value, value))
