"""Wrong usage, said wholly in the user's language.

Click speaks English. Its messages are few and are the same sentences with other names in them, so each is matched and said anew; one that is not
known is shown as it is and labelled so. Click's own translation (gettext) goes by the system's locale, which need not be the user's language.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import click

_Say = Callable[["re.Match[str]"], str]
_KINDS = {"File": "文件", "Directory": "目录", "Path": "路径", "integer": "整数", "float": "数字", "boolean": "是或否的值", "UUID": "UUID"}
_STATES = {
    "does not exist": "不存在",
    "is a file": "是文件，应为目录",
    "is a directory": "是目录，应为文件",
    "is not readable": "没有读取权限",
    "is not writable": "没有写入权限",
    "is not executable": "没有执行权限",
}

# the most particular first; the parts in (...) are the user's own words or names of options
_SENTENCES: tuple[tuple[str, _Say], ...] = (
    (r"Missing argument(?: (?P<what>.+?))?\.(?:\s*Choose from:?\s*(?P<of>.+))?", lambda m: "缺少参数" + _named(m)),
    (r"Missing option(?: (?P<what>.+?))?\.(?:\s*Choose from:?\s*(?P<of>.+))?", lambda m: "缺少选项" + _named(m)),
    (r"Missing parameter(?: (?P<what>.+?))?\.(?:\s*Choose from:?\s*(?P<of>.+))?", lambda m: "缺少参数" + _named(m)),
    (r"Missing command\.", lambda m: "缺少命令"),
    (r"Invalid value for (?P<what>\[?[^:]+?): (?P<why>.+)", lambda m: f"{_quoted(m['what'])} 的值不对：{_sentence(m['why'])}"),
    (r"Invalid value: (?P<why>.+)", lambda m: f"值不对：{_sentence(m['why'])}"),
    (r"No such option:? (?P<what>'.+?'|\S+?)\.?(?: (?P<near>\(?(?:Did|Possible) .+))?", lambda m: f"没有选项 {m['what']}" + _near(m)),
    (r"No such command (?P<what>'.+?')\.(?: (?P<near>\(?(?:Did|Possible) .+))?", lambda m: f"没有命令 {m['what']}" + _near(m)),
    (r"Got unexpected extra arguments? \((?P<what>.+)\)", lambda m: f"多余的参数：{m['what']}"),
    (r"Option (?P<what>'.+?') requires an argument\.", lambda m: f"选项 {m['what']} 后面要有值"),
    (r"Option (?P<what>'.+?') requires (?P<n>\d+) arguments\.", lambda m: f"选项 {m['what']} 后面要有 {m['n']} 个值"),
    (r"Option (?P<what>'.+?') does not take a value\.", lambda m: f"选项 {m['what']} 不带值"),
    (r"Argument (?P<what>'.+?') takes (?P<n>\d+) values\.", lambda m: f"参数 {m['what']} 要有 {m['n']} 个值"),
    (r"Takes (?P<n>\d+) values but (?P<got>\d+) w(?:as|ere) given\.", lambda m: f"要有 {m['n']} 个值，给了 {m['got']} 个"),
    (r"(?P<what>.+) is not one of (?P<of>.+)\.", lambda m: f"{m['what']} 不在可选之列：{m['of'].replace(', ', '、')}"),
    (r"(?P<what>.+) is not a valid boolean\. Recognized values: (?P<of>.+)", lambda m: f"{m['what']} 应为 {m['of'].replace(', ', '、')} 之一"),
    (r"(?P<what>.+) is not a valid (?P<kind>integer|float|boolean|UUID)(?: range)?\.", lambda m: f"{m['what']} 不是{_KINDS[m['kind']]}"),
    (r"(?P<what>.+) is not in the range (?P<of>.+)\.", lambda m: f"{m['what']} 不在范围 {m['of']} 之内"),
    (r"(?P<what>.+) does not match the formats? (?P<of>.+)\.", lambda m: f"{m['what']} 的写法不对，应写成 {_written(m['of'])}"),
    (
        r"(?P<kind>File|Directory|Path) (?P<what>'.+?') (?P<state>" + "|".join(_STATES) + r")\.",
        lambda m: f"{_KINDS[m['kind']]} {m['what']} {_STATES[m['state']]}",
    ),
    (r"Could not open file (?P<what>'.+?'): (?P<why>.+)", lambda m: f"无法打开文件 {m['what']}（{m['why']}）"),
    (r"(?P<what>.+) is not (?P<of>'[^']+')\.", lambda m: f"{m['what']} 只能是 {m['of']}"),
)


def in_chinese(error: click.ClickException) -> str:
    """The usage line, where help is to be had, and what is wrong."""
    lines = []
    context = getattr(error, "ctx", None)
    if context is not None:
        usage = context.get_usage().removeprefix("Usage:").strip()
        lines += [
            "用法：" + usage.replace("[OPTIONS]", "[选项]").replace("COMMAND [ARGS]...", "命令 [参数]..."),
            f"运行 {context.command_path} --help 查看帮助。",
            "",
        ]
    wrong = _sentence(error.format_message())
    return "\n".join([*lines, f"错误：{wrong}" + ("" if wrong.endswith("？") else "。")])


def _sentence(text: str) -> str:
    text = text.strip()
    for pattern, words in _SENTENCES:
        if match := re.fullmatch(pattern, text, re.DOTALL):
            return words(match)
    return text.rstrip("。.") if re.search(r"[\u4e00-\u9fff]", text) else f"用法不对（原文：{text}）"


def _named(match: re.Match[str]) -> str:
    of = "，可选：" + "、".join(re.split(r"[,\s]+", match["of"].strip())) if match["of"] else ""
    return (f" {match['what']}" if match["what"] else "") + of


def _near(match: re.Match[str]) -> str:
    near = re.findall(r"'([^']+)'|(-[\w-]+)", match["near"] or "")
    return f"，是否指 {'、'.join(a or b for a, b in near)}？" if near else ""


def _quoted(text: str) -> str:
    return text if "'" in text else f"'{text}'"


def _written(formats: str) -> str:
    """Formats of strftime as a date written so."""
    shown = formats.replace("'", "")
    for code, example in (("%Y", "2026"), ("%m", "10"), ("%d", "31"), ("%H", "08"), ("%M", "30"), ("%S", "00")):
        shown = shown.replace(code, example)
    return shown.replace(", ", " 或 ")
