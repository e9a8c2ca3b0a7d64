"""``panhuo rules`` as a user meets it: text, JSON, exit status."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result

from panhuo.cli.rules import command
from panhuo.engines.compliance import load_books


def run(*args: str, lang: str = "en") -> Result:
    return CliRunner().invoke(command, list(args), env={"PANHUO_LANG": lang})


def edited(tmp_path: Path, old: str, new: str) -> Path:
    shipped = Path(next(b.where for b in load_books() if b.name == "classification"))
    text = shipped.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "classification.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_list_shows_every_rule_with_its_status_and_certainty() -> None:
    result = run("list", "--as-of", "2027-01-01")
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.output.splitlines() if line.startswith("  ")}
    assert set(lines) == {r.id for b in load_books() for r in b.rules}
    assert "lapsed" in lines["NPL-PILOT-TERM"]
    assert "not enforced" in lines["WO-CARD-C11"]
    assert "[conflict]" in lines["WO-CARD-C11"]
    assert "in force" in lines["CLS-DPD-90"]
    assert "有效" in run("list", "--book", "classification", "--as-of", "2026-06-30", lang="zh").output


def test_list_as_json_is_data() -> None:
    rows = json.loads(run("list", "--book", "classification", "--as-of", "2023-06-30", "--json").output)
    assert {r["rule"] for r in rows} == {
        *("CLS-DPD-1", "CLS-DPD-90", "CLS-DPD-270", "CLS-DPD-360"),
        *("HOUSE-CLS-DPD-1", "HOUSE-CLS-DPD-90", "HOUSE-CLS-WRITTEN-OFF"),
    }
    assert {r["status"] for r in rows if r["rule"].startswith("CLS-")} == {"not_yet"}


def test_explain_prints_all_there_is_to_know() -> None:
    output = run("explain", "cls-dpd-90", "--as-of", "2026-06-30").output
    for text in ("CLS-DPD-90", "overdue_days > :days", ":days = 90", "confirmed:2", "2023-07-01", "商业银行金融资产风险分类办法", "✓ 91 days"):
        assert text in output
    versions = run("explain", "NPL-PILOT-TERM", "--as-of", "2026-06-30").output
    assert versions.count("NPL-PILOT-TERM  ") == 3
    one = json.loads(run("explain", "ARB-CLAUSE", "--json", lang="zh").output)
    assert one[0]["reason"] == "无仲裁条款（或底稿未注明），不能仲裁"
    assert all(c["expect"] == c["got"] for c in one[0]["cases"])


@pytest.mark.slow
def test_explain_says_codes_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule of every book, in both languages: no code of ours where a reader expects words. The cases of a book are run once, not once a rule."""
    from panhuo.engines.compliance import cases
    from panhuo.engines.compliance.books import Binds, Force, Modality, Unknown

    books = load_books()
    results = {book.name: cases.run_cases(book, books) for book in books}
    monkeypatch.setattr("panhuo.engines.compliance.load_books", lambda files: books)
    monkeypatch.setattr(cases, "run_cases", lambda book, books: results[book.name])
    codes = {*get_args(Force), *get_args(Modality), *get_args(Unknown), *get_args(Binds)} - {"law", "must", "may"}
    zh = run("explain", "ABS-NPL-ONLY", lang="zh").output
    for line in (
        "效力: 禁止不良资产证券化",
        "不明时: 按禁止处理",
        "确信度: 推算 (derived)",
        "效力层级: 行业自律规则，不得",
        "约束对象: 证券化发起机构",
    ):
        assert line in zh
    assert "五级分类不低于次级" in run("explain", "CLS-DPD-90", lang="zh").output
    for rule in {r.id for b in books for r in b.rules}:
        for lang in ("zh", "en"):
            told = {label.strip(): said for label, _, said in (line.partition(": ") for line in run("explain", rule, lang=lang).output.splitlines())}
            for label in ("不明时", "效力层级", "约束对象") if lang == "zh" else ("if unknown", "force", "binds"):
                assert told[label]
                assert not codes & set(re.split(r"[，, ]+", told[label])), (rule, told[label])


def test_check_passes_what_ships_and_counts_it() -> None:
    result = run("check", "--json")
    assert result.exit_code == 0
    figures = json.loads(result.output)
    assert figures["problems"] == []
    assert {b["book"] for b in figures["books"]} == {b.name for b in load_books()}
    assert all(b["cases"] >= b["rules"] for b in figures["books"])


def test_check_fails_on_a_flipped_comparison(tmp_path: Path) -> None:
    path = edited(tmp_path, "condition: overdue_days > :days\n  params: {days: 270}", "condition: overdue_days >= :days\n  params: {days: 270}")
    result = run("check", str(path))
    assert result.exit_code == 1
    assert "CLS-DPD-270" in result.output
    assert "should give none, gives doubtful" in result.output
    assert "transfer" not in result.output
    assert "✗" in run("explain", "CLS-DPD-270", "--rules", str(path)).output


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["rules", "check", "absent.yaml"], 3, "absent.yaml"),
        (["rules", "explain", "CLS-DPD-9"], 2, "CLS-DPD-90"),
        (["rules", "list", "--book", "transfers"], 2, "transfer"),
        (["rules", "list", "--as-of", "31/12/2026"], 2, "--as-of"),
        (["rules", "nothing"], 2, "nothing"),
        (["rules", "check"], 0, "0 problem"),
    ],
)
def test_exit_status_of_the_program(args: list[str], status: int, says: str, in_process: Callable[..., Any], tmp_path: Path) -> None:
    done = in_process(*args, at=tmp_path, lang="en")
    assert done.returncode == status, done
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_exit_status_of_failing_and_of_unreadable_books(tmp_path: Path) -> None:
    """From processes of their own, as a script would ask."""
    failing = edited(tmp_path, "params: {days: 360}", "params: {days: 361}")
    program = [sys.executable, "-m", "panhuo.cli.main", "rules", "check", str(failing)]
    assert subprocess.run(program, capture_output=True, check=False).returncode == 1
    failing.write_text("book: [", encoding="utf-8")
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "classification.yaml" in done.stderr
