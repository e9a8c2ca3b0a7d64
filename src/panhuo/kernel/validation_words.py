"""What pydantic and the YAML parser find wrong, in Chinese too: their own sentences are English only.

A fault of a kind not listed here is shown in the library's words and labelled as such.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from panhuo.kernel.words import Words

_SHOWN: Final = 40

_WANTED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), "应为整数"),
    **dict.fromkeys(("float_parsing", "float_type", "decimal_parsing", "decimal_type"), "应为数字"),
    "finite_number": "应为有限的数字",
    **dict.fromkeys(("bool_parsing", "bool_type"), "应为 true 或 false"),
    **dict.fromkeys(("string_type", "string_sub_type", "string_unicode"), "应为文本"),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        "应为日期，如 2026-10-31",
    ),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_from_date_parsing"), "应为日期时间"),
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "multiple_of": "应为 {multiple_of} 的倍数",
    "string_too_short": "至少要 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "应符合 {pattern}",
    "too_short": "至少要 {min_length} 项，现有 {actual_length} 项",
    "too_long": "至多 {max_length} 项，现有 {actual_length} 项",
    **dict.fromkeys(
        ("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type", "sequence_type"),
        "应为列表",
    ),
    "none_required": "应为空",
    "missing": "缺少必填键",
    "extra_forbidden": "未知的键",
}
_MAPPINGS: Final = ("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type")
_COUNTED: Final = ("too_short", "too_long", "missing", "extra_forbidden")

_YAML: Final = (
    (r"duplicate key (.+)", r"键重复：\1"),
    (r"mapping values are not allowed.*", "此处不应再有“键: 值”，可能是冒号多余或缩进不对"),
    (r"(?:did not find expected|expected) ',' or '([\]}])'.*", r"括号没有闭合，缺少逗号或 \1"),
    (r"did not find expected key|expected <block end>.*|did not find expected '-' indicator|found unexpected.*indent.*", "缩进或结构不对"),
    (r"could not find expected ':'|could not found expected ':'|while scanning a simple key.*", "缺少冒号"),
    (r"found character (?:'\\t' )?that cannot start any token", "有不能作为开头的字符（不能用制表符缩进）"),
    (r"(?:found )?unexpected end of stream.*|found unexpected document indicator", "内容提前结束，引号或括号没有闭合"),
    (
        r"did not find expected node content|expected the node content.*|did not find expected alphabetic.*",
        "此处缺少内容：可能多了符号，或括号没有闭合",
    ),
    (r"found undefined (?:alias|tag handle)(.*)", r"引用了未定义的锚点或标签\1"),
    (r"could not determine a constructor for the tag (.+)", r"不允许的标签 \1"),
    (r"a list or mapping cannot be a key", "列表或键值结构不能作为键"),
    (r"nested more than (\d+) deep", r"嵌套超过 \1 层"),
    (
        r"but found another document|expected a single document.*|expected '<document start>'.*|did not find expected <document start>",
        "应只有一个文档",
    ),
    (r"(?:month|day|year|hour|minute|second) .*(?:must be|is out of) .*", "日期不存在"),
    (r"control characters are not allowed|special characters are not allowed", "含有不允许的控制字符"),
)


def of_fault(fault: Mapping[str, Any]) -> Words:
    """An item of ``ValidationError.errors()``: the library's own sentence in English, one made for its kind in Chinese, with the value as it stands."""
    kind, context, message = str(fault["type"]), fault.get("ctx", {}), str(fault.get("msg", fault["type"]))
    if kind in _MAPPINGS:
        return Words(
            f"应写成键与值（{{键: 值}}），现为 {_stands(fault.get('input'))}", "value not valid: keys and values are wanted here ({key: value})"
        )
    if kind in ("literal_error", "enum"):
        zh = "应为 " + re.sub(r", | or ", "、", str(context.get("expected", ""))) + " 之一"
    elif kind in _WANTED:
        zh = _WANTED[kind].format(**context)
    else:
        return Words(f"值不合法（校验器原文：{message}）", f"value not valid: {message}")
    return Words(zh if kind in _COUNTED else f"{zh}，现为 {_stands(fault.get('input'))}", f"value not valid: {message}")


def of_yaml(problem: str) -> Words:
    """A parser's sentence."""
    for pattern, zh in _YAML:
        if match := re.fullmatch(pattern, problem.strip(), re.DOTALL):
            return Words(match.expand(zh), problem)
    return Words(f"解析器原文：{problem}", problem)


def _stands(value: object) -> str:
    if value is None:
        return "空"
    if isinstance(value, dict):
        return "键值结构"
    if isinstance(value, list | tuple):
        return "列表"
    text = str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
