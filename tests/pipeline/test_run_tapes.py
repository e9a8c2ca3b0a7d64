"""Tapes at the edges: nothing usable, one row, nothing overdue, several files, the same file twice, text that means harm."""

from __future__ import annotations

import csv
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from made_runs import AS_OF, Ran, Rows, ran, write

TABLES = ("accounts", "assessments", "forecasts", "decisions")


def test_a_tape_of_nothing_but_rejects_has_all_its_files_and_says_so(run_rows: Callable[..., Ran], clean_rows: Rows, sample: Ran) -> None:
    run = run_rows([row | {"未偿本金": "待核实"} for row in clean_rows])
    s = run.summary
    assert (s["rows_in"], s["rows_accepted"], s["rows_rejected"]) == (60, 0, 60)
    assert s["balance_accepted_fen"] == 0
    assert s["balance_in_fen"] == s["balance_rejected_fen"]
    assert s["balance_unreadable_rows"] == 60
    assert (s["debtors"], s["objective_fen"], s["expected_recovery_fen"]) == (0, 0, 0)
    for name in TABLES:
        assert run.table(name).height == 0
        assert run.table(name).schema == sample.table(name).schema
    assert {line["code"] for line in run.csv("rejects")} == {"AMOUNT_UNREADABLE"}
    assert run.csv("findings") == []
    assert "全部被剔除" in run.report
    assert "every one was rejected" in run.report


@pytest.mark.parametrize("position", [0, 7])
def test_a_tape_of_one_row(run_rows: Callable[..., Ran], clean_rows: Rows, position: int) -> None:
    run = run_rows([clean_rows[position]])
    assert run.summary["rows_accepted"] == 1
    assert run.table("decisions").height == 1
    assert run.table("forecasts").height == 12
    assert run.summary["debtors"] == 1
    assert run.summary["gap"] <= 1e-3


def test_a_tape_of_current_accounts_gets_no_route(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    current = {"逾期起始日": "", "逾期天数": "0", "五级分类": "正常", "诉讼状态": "未诉", "是否已核销": "否"}
    run = run_rows([row | current for row in clean_rows])
    s = run.summary
    assert s["rows_accepted"] == 60
    assert set(run.table("accounts")["bucket"].cast(pl.String)) == {"M0"}
    assert run.table("decisions")["route"].null_count() == 60
    assert s["unassigned"]["not_overdue"] == {"accounts": 60, "balance_fen": s["balance_accepted_fen"]}
    assert (s["objective_fen"], s["upper_bound_fen"], s["gap"]) == (0, 0, 0)
    assert "没有需要处置的账户" in run.report
    assert "No account needs a route" in run.report


def test_several_files_are_one_tape_whatever_their_form(tmp_path: Path, clean_rows: Rows) -> None:
    """Two encodings, two delimiters, columns in another order: the same accounts as in one file."""
    whole = ran([write(tmp_path / "whole.csv", clean_rows)], tmp_path / "one", as_of=AS_OF)
    turned = [dict(reversed(row.items())) for row in clean_rows[25:]]
    parts = [write(tmp_path / "一部.csv", clean_rows[:25]), write(tmp_path / "二部.txt", turned, encoding="gb18030", delimiter="\t")]
    run = ran(parts, tmp_path / "two", as_of=AS_OF)
    assert (run.summary["rows_in"], run.summary["rows_accepted"]) == (60, 60)
    assert run.summary["balance_in_fen"] == whole.summary["balance_in_fen"]
    assert set(run.summary["input_sha256"]) == {"一部.csv", "二部.txt"}
    ours, theirs = run.table("accounts"), whole.table("accounts")
    assert ours.drop("source_file", "source_row").equals(theirs.drop("source_file", "source_row"))
    assert ours.select(pl.struct("source_file", "source_row").n_unique()).item() == 60
    assert ours.filter(pl.col("source_file") == "二部.txt")["source_row"].to_list() == list(range(1, 36))


def test_the_same_tape_twice_counts_once(tmp_path: Path, clean_rows: Rows) -> None:
    first = write(tmp_path / "a.csv", clean_rows)
    second = write(tmp_path / "b.csv", clean_rows)
    run = ran([first, second], tmp_path / "out", as_of=AS_OF, batch_rows=40)  # the repeats are in other batches than what they repeat
    s = run.summary
    assert (s["rows_in"], s["rows_accepted"], s["rows_rejected"]) == (120, 60, 60)
    assert s["balance_rejected_fen"] == s["balance_accepted_fen"] == s["balance_in_fen"] // 2
    lines = run.csv("rejects")
    assert {(line["file"], line["code"]) for line in lines} == {("b.csv", "DUPLICATE_ROW")}
    assert [int(line["row"]) for line in lines] == list(range(1, 61))


def test_rejected_rows_are_corrected_in_their_file_and_run_again(run_rows: Callable[..., Ran], clean_rows: Rows, tmp_path: Path) -> None:
    """What docs/run.md promises: the file of rejected rows, corrected, is a tape again, and the two runs together lose nothing."""
    spoiled = [row | {"未偿本金": "待核实"} if number in (3, 17) else row for number, row in enumerate(clean_rows)]
    run = run_rows(spoiled)
    assert run.summary["rows_rejected"] == 2
    back = pl.read_excel(run.out / "private" / "rejected_rows.xlsx", infer_schema_length=0)
    assert set(clean_rows[0]) <= set(back.columns)
    right = {row["借据号"]: row["未偿本金"] for row in clean_rows}
    mended = back.with_columns(pl.col("借据号").replace_strict(right).alias("未偿本金"))
    file = tmp_path / "corrected.xlsx"
    mended.write_excel(file)
    again = ran([file], tmp_path / "again", as_of=AS_OF)
    assert (again.summary["rows_accepted"], again.summary["rows_rejected"]) == (2, 0)
    assert set(again.table("accounts")["account_id"]) == {clean_rows[3]["借据号"], clean_rows[17]["借据号"]}
    clean = sum(round(float(clean_rows[n][part]) * 100) for n in (3, 17) for part in ("未偿本金", "未偿利息", "罚息复利", "其他费用"))
    assert again.summary["balance_accepted_fen"] == clean


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd",
    "{{7*7}}{% raw %}",
    "-2+3",
    "'; drop table x",
]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_text_that_means_harm_is_only_text(run_rows: Callable[..., Ran], clean_rows: Rows, sample: Ran) -> None:
    """Script in a name, an account number that is a tag, a lender that is a formula, a template in an address: shown, never run."""
    rows = []
    for number, row in enumerate(clean_rows):
        evil = HOSTILE[number % len(HOSTILE)]
        row = row | {"借据号": f"{evil}{number}", "姓名": evil, "贷款机构": evil, "居住地址": evil, "工作单位": evil, "产品类型": evil}
        rows.append(row | ({"未偿本金": evil} if number % 5 == 0 else {}) | ({"放款日期": evil} if number % 5 == 1 else {}))
    run = run_rows(rows, name="<b>evil<b>.csv")
    assert run.summary["rows_in"] == 60
    assert run.summary["rows_rejected"] == 12
    tags, usual = _Tags(), _Tags()
    tags.feed(run.report)
    usual.feed(sample.report)
    assert tags.handlers == []
    assert set(tags.tags) <= set(usual.tags)
    assert tags.tags.count("script") == usual.tags.count("script") == 1
    assert "img" not in tags.tags
    assert "{{7*7}}" in run.report
    for name in ("rejects", "findings"):
        for line in run.csv(name):
            for cell in (line["value"], line["column"], line["file"]):
                assert not cell.startswith(("=", "@", "+", "\t", "\r")), cell
                assert not cell.startswith("-") or cell.lstrip("-").replace(".", "").isdigit(), cell


@pytest.mark.slow
def test_twenty_thousand_rejects_leave_a_bounded_report(clean_rows: Rows, tmp_path: Path) -> None:
    """The files list every reject, the page a line a kind: ten times the faults are no longer page."""
    sizes = []
    for many in (2_000, 20_000):
        rows = [clean_rows[n % 60] | {"借据号": f"A{n}", "未偿本金": "" if n % 3 else "-1"} for n in range(many)]
        tape = write(tmp_path / f"{many}.csv", [*rows, clean_rows[0]])
        run = ran([tape], tmp_path / f"out-{many}", as_of=AS_OF, batch_rows=8_000)
        assert (run.summary["rows_accepted"], run.summary["rows_rejected"]) == (1, many)
        with (run.out / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))[1:]
        assert len({(line[1], line[0]) for line in lines}) == many
        negative = -(-many // 3)
        assert sum(line[3] == "NEGATIVE_PRINCIPAL" for line in lines) == negative
        assert f"{negative:,}" in run.report
        sizes.append(len(run.report))
    assert sizes[1] < sizes[0] * 1.02
