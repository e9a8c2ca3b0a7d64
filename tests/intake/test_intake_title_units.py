"""The unit of money that stands once, above the header."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter

from panhuo.engines.intake import Layout, clean, load_layout, open_tape, read_tape
from panhuo.engines.intake.layout import MONEY_UNITS
from panhuo.engines.intake.mapping import bind
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.engines.intake.title_dates import stated_day
from panhuo.engines.intake.title_units import fit, stated_unit
from panhuo.kernel.errors import InputUnusable

AS_OF = dt.date(2026, 10, 31)
HEAD = ["借据号", "姓名", "未偿本金", "未偿利息", "罚息复利", "其他费用", "逾期起始日", "逾期天数"]
ROW = ["J001", "张三", "12.5", "0.25", "0", "0", "2026-01-01", "303"]


@pytest.mark.parametrize(
    ("titles", "unit"),
    [
        (["某银行不良贷款清单", "单位：万元"], "wan"),
        (["单位:人民币万元"], "wan"),
        (["金额单位：元"], "yuan"),
        (["金额单位：人民币元"], "yuan"),
        (["币种：人民币　　单位：万元"], "wan"),
        (["（单位：千元）"], "qian"),
        (["单位：户、万元"], "wan"),
        (["单位：百万元、%"], "million"),
        (["不良资产明细表（人民币亿元）"], "yi"),
        (["以万元为单位"], "wan"),
        (["货币单位 : 分"], "fen"),
        (["万元"], "wan"),
        (["Loan tape, amounts in thousands"], "qian"),
        (["RMB'000"], "qian"),
        (["in RMB million"], "million"),
        (["(RMB ’000)"], "qian"),
        (["Unit: RMB 10,000"], "wan"),
        (["Unit: yuan"], "yuan"),
    ],
)
def test_what_titles_state(titles: Sequence[str], unit: str) -> None:
    assert stated_unit(titles).units == (unit,)


@pytest.mark.parametrize(
    "titles",
    [
        [],
        ["报送单位：某市分行", "填报人：王五"],
        ["填报单位：万元乡支行"],
        ["编制单位：元亨资产管理公司"],
        ["截至2026年10月31日", "基准日：2026-10-31"],
        ["借款人工作单位：元"[:7]],
        ["Notes offered by Prospectus (https://example.com/info.action)"],
        ["共 1,000 户", "20261031"],
        ["币种：人民币", "RMB", "CNY"],
        ["invested in dollarsign funds"],
    ],
)
def test_what_is_no_unit(titles: Sequence[str]) -> None:
    assert stated_unit(titles).units == ()


@pytest.mark.parametrize(
    "titles",
    [
        ["不良贷款清单", "数据日期：2026年9月30日"],
        ["截至2026年09月30日不良资产明细"],
        ["基准日:2026-9-30　单位：万元"],
        ["截止日期", "2026-09-30"],
        ["数据截止日期：20260930"],
        ["基准日：2026/09/30", "截至2026年9月30日"],
        ["Loans as of 2026.09.30"],
        ["Cut-off date: 2026-09-30"],
        ["XX银行不良贷款明细表（2026年9月30日）"],
        ["XX银行不良贷款明细表 (20260930)", "制表日期：2026-10-08"],
        ["报表日期 20260930"],
        ["报表日期", "2026/9/30"],
        ["2026年9月末不良贷款明细"],
        ["截至2026年9月末"],
        ["明细表【2026年9月末】"],
        ["明细表（2026年6月30日）", "数据日期：2026年9月30日"],
        ["2026年三季度末不良贷款清单"],
        ["截至2026年第3季末"],
        ["2026年9月底不良贷款"],
    ],
)
def test_what_cut_off_titles_state(titles: Sequence[str]) -> None:
    assert stated_day(titles) == dt.date(2026, 9, 30)


@pytest.mark.parametrize(
    "titles",
    [
        ["制表日期：2026年9月30日"],
        ["2026年9月30日"],
        ["基准日：2026年2月30日"],
        ["基准日：2026-09-30", "基准日：2026-06-30"],
        ["基准日：1900-01-01"],
        ["数据日期：待定"],
        ["明细表（2026年9月30日）（2026年6月30日）"],
        ["明细表（2026年9月30日）", "附表（2026年6月30日）"],
        ["2026年9月末较2026年6月末"],
        ["2026年三季度末较2025年末"],
        ["2024年末以前发放的逾期贷款清单"],
        ["逾期贷款清单（2023年末前发放）"],
        ["较2025年末新增不良清单"],
        ["2022年末至今未还贷款清单"],
        ["2025年末结转不良贷款"],
        ["2024年四季度末以来逾期清单"],
        ["2024年末发放贷款清单"],
        ["截至2024年末以前的逾期贷款"],
        ["预计2026年末处置"],
        ["预计2026年9月末处置"],
        ["制表日期（2026年9月30日）"],
        ["明细表（2026年2月30日）"],
        ["2026年13月末"],
        ["合同（2026年9月30日签订）"],
    ],
)
def test_what_is_no_cut_off(titles: Sequence[str]) -> None:
    assert stated_day(titles) is None


def test_titles_that_contradict_one_another_are_all_heard() -> None:
    assert stated_unit(["单位：元", "（万元）"]).units == ("yuan", "wan")


def text(path: Path, titles: Sequence[str], head: Sequence[str] = HEAD, row: Sequence[str] = ROW) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*([t] for t in titles), head, row, ["J002", *row[1:]]])
    return path


def workbook(path: Path, titles: Sequence[str], *, sheets: int = 1) -> Path:
    book = xlsxwriter.Workbook(str(path))
    for s in range(sheets):
        sheet = book.add_worksheet(f"清单{s + 1}")
        lines = [[t] for t in titles if s == 0 or t != "单位：万元"] + [HEAD, [f"J{s}1", *ROW[1:]], [f"J{s}2", *ROW[1:]]]
        for i, line in enumerate(lines):
            for j, cell in enumerate(line):
                sheet.write_string(i, j, cell)
    book.close()
    return path


def principal(path: Path, layout: Layout) -> list[int]:
    tape = open_tape(path, layout=layout)
    plan, _ = tape.fitted(layout)
    return [fen for raw in tape.batches() for fen in clean(raw, layout=plan, as_of=AS_OF).data.accounts["principal_fen"].to_list()]


@pytest.mark.parametrize("make", [text, workbook])
def test_the_titles_unit_counts_where_nothing_else_states_one(tmp_path: Path, make: object) -> None:
    layout = load_layout("panhuo")
    path = make(tmp_path / ("t.csv" if make is text else "t.xlsx"), ["不良贷款清单", "单位：万元"])  # type: ignore[operator]
    assert principal(path, layout) == [12_500_000, 12_500_000]  # 12.5 wan = 125,000 yuan
    tape = open_tape(path, layout=layout)
    _, (told,) = tape.fitted(layout)
    assert "单位：万元" in told.zh
    assert "未偿本金" in told.zh
    assert "ten thousands" in told.en
    assert principal(text(tmp_path / "plain.csv", ["不良贷款清单"]), layout) == [1_250, 1_250]


def test_a_headings_own_unit_wins_over_the_title(tmp_path: Path) -> None:
    head = ["未偿本金（元）" if name == "未偿本金" else name for name in HEAD]
    path = text(tmp_path / "t.csv", ["单位：万元"], head)
    tape = open_tape(path, layout=load_layout("panhuo"))
    plan, _ = tape.fitted(load_layout("panhuo"))
    units = bind(plan, tape.headings).units
    assert (units["principal_fen"], units["interest_fen"]) == ("yuan", "wan")
    assert principal(path, load_layout("panhuo")) == [1_250, 1_250]


def mine(**more: object) -> Layout:
    columns = [{"from": "借据号", "to": "account_id"}, {"from": "未偿本金", "to": "principal_fen", "unit": "yuan"}]
    return Layout.model_validate({"name": "mine", "title": {"zh": "我的", "en": "mine"}, "columns": columns, **more})


def test_a_layout_that_states_another_unit_is_refused_unless_it_says_the_title_is_wrong(tmp_path: Path) -> None:
    path = text(tmp_path / "t.csv", ["单位：万元"])
    with pytest.raises(InputUnusable) as refused:
        open_tape(path, layout=mine()).fitted(mine())
    assert refused.value.code == "LAYOUT_UNIT_CONFLICT"
    assert "title_unit: ignore" in refused.value.remedy.zh
    assert principal(path, mine(title_unit="ignore")) == [1_250, 1_250]
    assert principal(text(tmp_path / "u.csv", ["单位：元"]), mine()) == [1_250, 1_250]


def test_several_units_in_the_titles_are_refused(tmp_path: Path) -> None:
    path = text(tmp_path / "t.csv", ["单位：元", "（万元）"])
    with pytest.raises(InputUnusable) as refused:
        open_tape(path, layout=load_layout("panhuo")).fitted(load_layout("panhuo"))
    assert refused.value.code == "TITLE_UNITS_SEVERAL"
    assert principal(path, mine()) == [1_250, 1_250]


def test_files_whose_titles_differ_are_not_put_together(tmp_path: Path) -> None:
    layout = load_layout("panhuo")
    for other in (["单位：元"], []):
        tape = open_tape([text(tmp_path / "a.csv", ["单位：万元"]), text(tmp_path / "b.csv", other)], layout=layout)
        with pytest.raises(InputUnusable) as refused:
            tape.fitted(layout)
        assert refused.value.code == "UNITS_DIFFER"
        assert refused.value.where == "b.csv"


def test_a_list_that_goes_on_in_the_next_sheet_has_the_first_sheets_unit(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ["清单", "单位：万元"], sheets=2)
    assert principal(path, load_layout("panhuo")) == [12_500_000] * 4


def test_a_bare_frame_cannot_carry_the_unit_and_says_so(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="states a unit of money"):
        read_tape(text(tmp_path / "t.csv", ["单位：万元"]))


def test_a_suggestion_takes_the_unit_from_the_title(tmp_path: Path) -> None:
    head = ["罚息（元）" if name == "罚息复利" else name for name in HEAD]
    tape = open_tape(text(tmp_path / "t.csv", ["清单", "单位：万元"], head))
    suggestion = suggest_layout(tape.headings, next(tape.batches()), titles=tape.files[0].titles)
    by_field = {guess.field: guess for guess in suggestion.guesses}
    assert by_field["principal_fen"].unit == by_field["interest_fen"].unit == "wan"
    assert "单位取自标题行“单位：万元”" in by_field["principal_fen"].reason.zh
    assert by_field["penalty_fen"].unit is None
    (tmp_path / "s.yaml").write_text(suggestion.to_yaml(), encoding="utf-8")
    saved = load_layout(tmp_path / "s.yaml")
    assert principal(tmp_path / "t.csv", saved) == [12_500_000, 12_500_000]


def test_every_unit_of_a_title_is_a_unit_of_a_layout() -> None:
    head = ["借据号", "未偿本金"]
    for word, unit in (("元", "yuan"), ("千元", "qian"), ("万元", "wan"), ("百万元", "million"), ("亿元", "yi"), ("分", "fen")):
        plan, filled = fit(load_layout("panhuo"), head, stated_unit([f"单位：{word}"]), where="t")
        assert filled == ["未偿本金"]
        assert plan.by_field["principal_fen"].unit == unit
        assert unit in MONEY_UNITS
