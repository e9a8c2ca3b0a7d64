"""Fields and their values as people say them, in both languages, from the schema itself."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.money import format_yuan
from panhuo.kernel.routes import ROUTES
from panhuo.kernel.words import Words

NOT_GIVEN = Words("未填", "Not given")
NO_ROUTE = Words("无处置方式", "No route")
YES, NO = Words("是", "Yes"), Words("否", "No")
ROUTE_WORDS = {route.name: Words(route.words.zh, route.words.en[:1].upper() + route.words.en[1:]) for route in ROUTES}
_PROVINCES = {
    "北京": "Beijing", "天津": "Tianjin", "河北": "Hebei", "山西": "Shanxi", "内蒙古": "Inner Mongolia", "辽宁": "Liaoning", "吉林": "Jilin", "黑龙江": "Heilongjiang",
    "上海": "Shanghai", "江苏": "Jiangsu", "浙江": "Zhejiang", "安徽": "Anhui", "福建": "Fujian", "江西": "Jiangxi", "山东": "Shandong", "河南": "Henan",
    "湖北": "Hubei", "湖南": "Hunan", "广东": "Guangdong", "广西": "Guangxi", "海南": "Hainan", "重庆": "Chongqing", "四川": "Sichuan", "贵州": "Guizhou",
    "云南": "Yunnan", "西藏": "Tibet", "陕西": "Shaanxi", "甘肃": "Gansu", "青海": "Qinghai", "宁夏": "Ningxia", "新疆": "Xinjiang", "台湾": "Taiwan",
    "香港": "Hong Kong", "澳门": "Macao",
}  # fmt: skip
QUANTITIES = {
    "recovery_fen": Words("预计回收（自营口径）", "Expected recovery (in-house)"),
    "low_fen": Words("区间低值（自营口径）", "Band: low (in-house)"),
    "high_fen": Words("区间高值（自营口径）", "Band: high (in-house)"),
    "cash_fen": Words("方案预计回收", "Expected recovery (plan)"),
    "cost_fen": Words("方案成本", "Cost (plan)"),
    "net_value_fen": Words("方案净值", "Net value (plan)"),
}
"""What the amounts of a plan are called, wherever they stand: list, portfolio, plan, account, workbook."""
_FIELDS = {
    "route": Words("处置方式", "Route"),
    "before": Words("原处置方式", "Route before"),
    "moved": Words("改走他路", "Moves"),
    "moved_from": Words("原处置方式", "Route before"),
    "balance_fen": Words("余额", "Balance"),
    **QUANTITIES,
}
_AGES = Words("{0}–{1} 天", "{0}–{1} days")


def field_words(name: str) -> Words:
    """What a field is called."""
    if name in _FIELDS:
        return _FIELDS[name]
    field = ACCOUNT[name]
    return Words(field.zh, field.en[:1].upper() + field.en[1:])


@lru_cache(maxsize=2048)
def value_words(name: str, value: Any) -> Words:
    """What a value of a coded field, a flag, a province or a route is called; None is "not given"."""
    if name in ("route", "before", "moved_from"):
        return NO_ROUTE if value is None else ROUTE_WORDS[value]
    if value is None:
        return NOT_GIVEN
    if isinstance(value, bool):
        return YES if value else NO
    if name == "province":
        return Words(str(value), _PROVINCES.get(str(value), str(value)))
    for code in ACCOUNT[name].codes:
        if code.code == value:
            return Words(code.zh, code.en[:1].upper() + code.en[1:])
    return Words(str(value), str(value))


def shown_words(name: str, value: Any) -> Words:
    """A value of any field of the account, as a sentence quotes it."""
    try:
        field = ACCOUNT[name]
    except KeyError:
        return NOT_GIVEN if value is None else Words(str(value), str(value))
    if value is not None and field.kind == "money":
        return Words(f"{format_yuan(value)} 元", f"CNY {format_yuan(value)}")
    if isinstance(value, dt.date):
        return Words(value.isoformat(), value.isoformat())
    return (
        value_words(name, value)
        if field.codes or field.kind == "flag" or name == "province"
        else Words(str(value), str(value))
        if value is not None
        else NOT_GIVEN
    )


def group_words(by: str, key: str | None) -> Words:
    """What one group of the portfolio is called; ``age`` and ``vintage`` too."""
    if key is None:
        return NO_ROUTE if by == "route" else NOT_GIVEN
    if by == "vintage":
        return Words(f"{key} 年", key)
    if by == "age":
        low, _, high = key.partition("..")
        if not low:
            return Words("未逾期", "Not overdue")
        return _AGES.format(low, high) if high else Words(f"{low} 天以上", f"{low} days and more")
    return value_words(by, key)


def range_words(name: str, low: Any, high: Any) -> Words:
    """A range as a chip says it."""

    def said(bound: Any) -> str:
        if ACCOUNT[name].kind == "money":
            return format_yuan(bound).removesuffix(".00")
        return f"{bound:,}" if isinstance(bound, int) else str(bound)

    if low is None:
        return Words(f"≤ {said(high)}", f"≤ {said(high)}")
    if high is None:
        return Words(f"≥ {said(low)}", f"≥ {said(low)}")
    text = said(low) if low == high else f"{said(low)} – {said(high)}"
    return Words(text, text)
