"""Whatever a deed says beside its verb has a word: no new detail can be added without one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import panhuo
from panhuo.apps.console.deed_details import DETAILS, details_said
from panhuo.apps.console.words import DEEDS

APPS = Path(panhuo.__file__).parent / "apps"


def calls() -> Iterator[ast.Call]:
    for path in APPS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "deed_add":
                yield node


def test_every_detail_and_every_verb_has_words() -> None:
    found = list(calls())
    assert len(found) > 30
    assert {word.arg for call in found for word in call.keywords if word.arg} <= set(DETAILS)
    verbs = [call.args[1] for call in found if len(call.args) > 1]
    assert {verb.value for verb in verbs if isinstance(verb, ast.Constant)} <= set(DEEDS)


def test_details_are_said_in_words() -> None:
    details = {
        "tape": 7,
        "rows": 2949,
        "rejected": 26,
        "net_value_fen": 123_456_789,
        "active": False,
        "before": None,
        "role": "auditor",
        "decision": "same",
    }
    zh, en = details_said(details, "zh"), details_said(details, "en")
    assert zh == "行数 2,949；退回 26；净价值 123.5万元；启用 否；角色 审计与监管；结论 同一债务人"
    assert en.startswith("rows: 2,949; rejected: 26; net value: ")
    assert en.endswith("active: no; role: auditor, regulator; decision: one debtor")
    assert details_said({"abilities": ["tape.view", "no.such"], "strange": "x"}, "en").endswith(", no.such; strange: x")
    assert details_said({"kind": "lender"}, "zh") != details_said({"kind": "lender"}, "en")
