"""``panhuo layout`` as a user meets it, and the shipped layouts on real tapes."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click
import polars as pl
import pytest
from click.testing import CliRunner, Result

from panhuo.cli.main import cli
from panhuo.engines.intake import load_layout, read_tape
from panhuo.engines.intake.clean import clean
from panhuo.kernel.errors import InputUnusable, OutputUnwritable


def panhuo(*arguments: object, lang: str = "en") -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments], env={"PANHUO_LANG": lang})


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "tape.csv"
    rows = "".join(f"J{i:04},张伟,13{i:09},{i}.50,{i * 3},2024-0{i % 9 + 1}-11,次级,x\n" for i in range(200))
    path.write_text("借据编号,客户姓名,手机,本金余额(元),欠息,逾期起始日期,风险分类,未知列\n" + rows, encoding="gb18030")
    return path


def test_list() -> None:
    assert "lendingclub" in panhuo("layout", "list").output
    shown = json.loads(panhuo("layout", "list", "--json").output)
    assert {row["name"] for row in shown} == {"eba", "lendingclub", "panhuo", "sba", "yindeng"}
    assert "盘活标准清单" in panhuo("layout", "list", lang="zh").output


def test_suggest_then_check(tape: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.yaml"
    result = panhuo("layout", "suggest", tape, "-o", target)
    assert result.exit_code == 0, result.output
    layout = load_layout(target)
    assert layout.name == "mine"
    assert {c.to: c.from_[0] for c in layout.columns} == {
        "account_id": "借据编号", "name": "客户姓名", "phone": "手机", "principal_fen": "本金余额(元)", "interest_fen": "欠息",
        "overdue_since": "逾期起始日期", "five_class": "风险分类",
    }  # fmt: skip
    result = panhuo("layout", "check", target, tape, "--as-of", "2024-12-31")
    assert result.exit_code == 0
    assert "principal_fen [yuan]" in result.output
    assert "未知列" in result.output
    assert "200 accepted" in result.output
    assert "张伟" not in result.output  # identifiers are masked
    assert "130000" not in result.output


def test_suggest_prints_a_layout_and_json(tape: Path) -> None:
    printed = panhuo("layout", "suggest", tape).output
    assert printed.startswith("# ")
    assert "to: account_id}  # 0.9" in printed
    shown = json.loads(panhuo("layout", "suggest", tape, "--json").output)
    assert shown["layout"] == printed
    assert shown["guesses"][0]["field"] == "account_id"


def test_check_says_no_with_exit_status_1(tape: Path) -> None:
    result = panhuo("layout", "check", "lendingclub", tape)
    assert result.exit_code == 1
    assert "LAYOUT_MISSING_REQUIRED" in result.output
    result = panhuo("layout", "check", "lendingclub", tape, "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["fits"] is False


def test_headings_that_bind_and_rows_that_all_fail_are_no_fit(tmp_path: Path) -> None:
    """A column bound to the wrong field reads nothing: that every heading is found does not make it fit."""
    layout, tape = tmp_path / "z.yaml", tmp_path / "z.csv"
    layout.write_text(
        "name: a\ntitle: {zh: a, en: b}\ncolumns:\n  - {from: 借据号, to: account_id}\n  - {from: 未偿本金, to: principal_fen}\n"
        "  - {from: 逾期天数, to: overdue_days}\n", encoding="utf-8"
    )  # fmt: skip
    tape.write_text("借据号,未偿本金,逾期天数\nA,待定,30\nB,待定,40\n", encoding="utf-8")
    result = panhuo("layout", "check", layout, tape, "--as-of", "2026-09-30")
    assert result.exit_code == 1
    assert "does not fit" in result.output
    assert json.loads(panhuo("layout", "check", layout, tape, "--as-of", "2026-09-30", "--json").output)["fits"] is False
    tape.write_text("借据号,未偿本金,逾期天数\nA,100,30\nB,待定,40\n", encoding="utf-8")
    assert panhuo("layout", "check", layout, tape, "--as-of", "2026-09-30").exit_code == 0


def test_check_reports_in_json(tape: Path) -> None:
    shown = json.loads(panhuo("layout", "check", "yindeng", tape, "--json", "--as-of", "2024-12-31").output)
    assert shown["fits"] is False  # it lacks what an announcement needs
    target = tape.parent / "l.yaml"
    panhuo("layout", "suggest", tape, "-o", target)
    shown = json.loads(panhuo("layout", "check", target, tape, "--json", "--as-of", "2024-12-31").output)
    assert shown["fits"] is True
    assert shown["fields"]["principal_fen"] == {"heading": "本金余额(元)", "unit": "yuan", "read_as": [50, 150]}
    assert shown["unmapped"] == ["未知列"]
    assert shown["trial"]["rows"] == 200
    assert shown["files"][0]["encoding"] == "gb18030"


def test_faults_keep_their_exit_status(tape: Path, tmp_path: Path) -> None:
    assert isinstance(panhuo("layout", "suggest", tmp_path / "none.csv").exception, InputUnusable)
    assert isinstance(panhuo("layout", "suggest", tape, "-o", tmp_path / "no" / "x.yaml").exception, OutputUnwritable)
    assert panhuo("layout", "chekc").exit_code == 2


@pytest.mark.parametrize("command", ["list", "suggest", "check"])
@pytest.mark.parametrize(("lang", "word"), [("zh", "示例"), ("en", "Example")])
def test_each_help_has_an_example(command: str, lang: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Help is worded when the module is imported, so it is asked for in a process of its own language."""
    import importlib

    import panhuo.cli.layout as module

    monkeypatch.setenv("PANHUO_LANG", lang)
    group = importlib.reload(module).command
    assert isinstance(group, click.Group)
    assert word in CliRunner().invoke(group, [command, "--help"]).output


class TestRealTapes:
    """The public LendingClub and SBA files under the shipped layouts, with oracles from the files' own columns."""

    def test_every_lendingclub_loan_is_accepted(self, real_data: Path) -> None:
        for part, day in (("lc_2000_random", None), ("lc_1000_stratified_2016snapshot", dt.date(2016, 1, 31))):
            layout = load_layout("lendingclub")
            raw = read_tape(real_data / "lendingclub_samples" / f"{part}.csv.gz", layout=layout)
            outcome = clean(raw, layout=layout, as_of=day)
            accounts = outcome.data.accounts
            assert accounts.height == raw.height
            figures = raw.select("loan_status", *(pl.col(c).cast(pl.Float64) for c in ("funded_amnt", "total_rec_prncp", "out_prncp")))
            joined = pl.concat([accounts, figures], how="horizontal")
            off = pl.col("loan_status").str.contains("Charged Off")
            claim = pl.when(off).then(pl.col("funded_amnt") - pl.col("total_rec_prncp")).otherwise(pl.col("out_prncp"))
            assert joined.filter((pl.col("principal_fen") - claim * 100).abs() > 1).height == 0
            assert joined.filter(pl.col("written_off") != off).height == 0
            days = {
                "Current": (0, 0), "Fully Paid": (0, 0), "In Grace Period": (1, 15), "Late (16-30 days)": (16, 30),
                "Late (31-120 days)": (31, 120), "Default": (121, 9999), "Charged Off": (121, 9999),
            }  # fmt: skip
            for status, (least, most) in days.items():
                found = joined.filter(pl.col("loan_status") == status)["overdue_days"]
                assert found.is_between(least, most).all(), status
            assert joined["annual_rate"].is_between(0.05, 0.31).all()
            assert set(joined["term_months"].unique()) == {36, 60}
            assert (joined["currency"] == "USD").all()

    def test_sba_loans(self, real_data: Path) -> None:
        layout = load_layout("sba")
        raw = read_tape(real_data / "sba_7a" / "SBAnational_first22427.csv.gz", layout=layout)
        outcome = clean(raw, layout=layout)
        accounts = outcome.data.accounts
        off = pl.col("ChgOffPrinGr").cast(pl.Int64)
        silent = raw.filter(pl.col("MIS_Status").is_null() & (off == 0)).height
        assert outcome.data.reconciliation.rows_rejected == silent == 103
        stands = pl.col("MIS_Status").eq_missing("CHGOFF") | (pl.col("MIS_Status").is_null() & (off > 0))
        assert accounts["principal_fen"].sum() == raw.filter(stands).select(off.sum()).item() * 100
        assert set(accounts["debtor_kind"].unique()) == {"firm"}
        assert accounts.filter(pl.col("written_off") & pl.col("overdue_since").is_not_null())["overdue_since"].min() == dt.date(1988, 10, 6)
