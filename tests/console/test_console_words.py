"""What engines say of a tape is said on pages without the commands it points to."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from panhuo.apps.console.words import on_page
from panhuo.engines.intake.rules import CHECKS
from panhuo.kernel.words import Words

COMMAND = re.compile(r"panhuo (?:layout|run|tape)|--[a-z]")


def said(path: Path, functions: tuple[str, ...] = ()) -> list[Words]:
    """Every pair of texts of a module, or of functions in it; a figure stands for what is put in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    roots = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in functions] if functions else [tree]
    calls = [
        node
        for root in roots
        for node in ast.walk(root)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Words"
    ]
    return [Words(*(text(part) for part in call.args)) for call in calls if len(call.args) == 2]


def text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "7"


@pytest.fixture(scope="module")
def messages(root: Path) -> list[Words]:
    pipeline = root / "src/panhuo/pipeline"
    return [*(check.rule.message for check in CHECKS.values()), *said(pipeline / "notices.py"), *said(pipeline / "layouts.py", ("money_unread",))]


def test_no_command_is_left(messages: list[Words]) -> None:
    commands = [words for words in messages if COMMAND.search(words.zh) or COMMAND.search(words.en)]
    assert len(commands) > 8
    for words in commands:
        shown = on_page(words)
        assert not COMMAND.search(shown.zh), shown.zh
        assert not COMMAND.search(shown.en), shown.en
        assert shown.zh.count("（") == shown.zh.count("）")
        assert shown.en.count("(") == shown.en.count(")")


def test_what_names_no_command_stays_as_it_is(messages: list[Words]) -> None:
    for words in messages:
        if not COMMAND.search(words.zh + words.en):
            assert on_page(words) == words


def test_what_is_left_says_what_to_do() -> None:
    assert on_page(Words("请用 --as-of 2026-09-30", "give --as-of 2026-09-30")) == Words(
        "请在“基准日”一栏写 2026-09-30", "write 2026-09-30 into the field of the cut-off"
    )
    unknown = on_page(CHECKS["CODE_UNKNOWN"].rule.message)
    assert unknown.zh.endswith("在版式该列的 codes 中补上即可")
    assert unknown.en.endswith("Add it to codes of the layout's column")
