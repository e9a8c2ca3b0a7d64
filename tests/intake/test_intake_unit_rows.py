"""The row of units under the headings, and the row of column numbers."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from panhuo.engines.intake import clean, load_layout, open_tape
from panhuo.engines.intake.mapping import bind
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.engines.intake.unit_rows import numbered, says_units, under
from panhuo.kernel.errors import InputUnusable
from sheets import texts_of

HEAD = ["借据号", "姓名", "未偿本金", "未偿利息", "执行年利率", "逾期起始日", "逾期天数"]
ROW = ["J001", "张三", "12.5", "0.25", "6", "2026-01-01", "303"]
UNITS = ["", "", "万元", "元", "%", "", "天"]
AS_OF = dt.date(2026, 10, 31)


def table(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    if path.suffix == ".csv":
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows(rows)
        return path
    return texts_of(path, 清单=rows)


def owed(path: Path) -> list[tuple[int, int]]:
    tape = open_tape(path)
    layout, _ = tape.fitted(load_layout("panhuo"))
    outcome = clean(pl.concat(tape.batches()), layout=layout, as_of=AS_OF)
    assert outcome.data.reconciliation.rows_rejected == 0
    return outcome.data.accounts.select("principal_fen", "interest_fen").rows()


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
@pytest.mark.parametrize(
    "units",
    [
        UNITS,
        ["", "", "（万元）", "(元)", "（%）", "", "（天）"],
        ["单位", "", "人民币万元", "元", "", "—", "天"],
        ["字符", "必填", "万元", "元", "YYYY", "", "DPD"],
    ],
)
def test_units_under_the_headings_are_theirs(name: str, units: list[str], tmp_path: Path) -> None:
    path = table(tmp_path / name, [["不良清单"], HEAD, units, ROW, ["J002", *ROW[1:]]])
    tape = open_tape(path)
    frame = pl.concat(tape.batches())
    assert frame["__row"].to_list() == [1, 2]
    assert tape.with_sheet_rows(frame, file="__file", row="__row")["sheet_row"].to_list() == [4, 5]
    assert bind(load_layout("panhuo"), tape.headings).units["principal_fen"] == "wan"
    assert "第 3 行是单位行" in tape.notes[0].zh
    assert "未偿本金 按" in tape.notes[0].zh
    assert "row 3 states units" in tape.notes[0].en
    assert owed(path) == [(12_500_000, 25)] * 2
    guesses = {guess.field: guess.heading for guess in suggest_layout(tape.headings, frame).guesses}
    assert guesses["principal_fen"].startswith("未偿本金(")


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_yuan_is_no_account_either_and_wins_over_the_title(name: str, tmp_path: Path) -> None:
    assert owed(table(tmp_path / name, [HEAD, ["", "", "元", "元", "", "", "天"], ROW])) == [(1_250, 25)]
    assert owed(table(tmp_path / f"u{name}", [["单位：万元"], HEAD, ["", "", "元", "", "", "", ""], ROW])) == [(1_250, 250_000)]


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
@pytest.mark.parametrize("title", ["单位：万元", "填报说明：金额单位万元"])
def test_one_unit_for_all_below_the_headings_is_a_title(name: str, title: str, tmp_path: Path) -> None:
    path = table(tmp_path / name, [HEAD, [title, *[""] * 6], ROW])
    assert open_tape(path).files[0].titles == (title,)
    assert owed(path) == [(12_500_000, 250_000)]


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_layout_or_a_heading_that_states_another_unit_is_refused(name: str, tmp_path: Path) -> None:
    layout = load_layout("panhuo")
    columns = tuple(c.model_copy(update={"unit": "yuan"}) if c.to == "principal_fen" else c for c in layout.columns)
    tape = open_tape(table(tmp_path / name, [HEAD, UNITS, ROW]), layout=layout)
    with pytest.raises(InputUnusable, match="LAYOUT_UNIT_CONFLICT"):
        bind(layout.changed(columns=columns), tape.headings)
    for heading, unit in (("未偿本金（元）", "万元"), ("未偿本金", "千万元")):
        head = [heading if name == "未偿本金" else name for name in HEAD]
        with pytest.raises(InputUnusable, match="UNIT_ROW_UNCLEAR") as caught:
            open_tape(table(tmp_path / name, [head, ["", "", unit, "", "", "", "天"], ROW]))
        assert unit in str(caught.value)
    same = table(tmp_path / name, [["借据号", "姓名", "未偿本金（万元）", *HEAD[3:]], UNITS, ROW])
    assert owed(same) == [(12_500_000, 25)]


@pytest.mark.parametrize(
    "row", [ROW, ["J1", "元", "", "", "", "", ""], ["", "", "人民币", "", "", "", ""], ["", "", "12.5", "万元", "", "", ""], [""] * 7]
)
def test_data_is_no_row_of_units(row: list[str]) -> None:
    assert under(HEAD, [row]) is None


def test_units_below_column_numbers_are_found_too(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", [HEAD, list("1234567"), UNITS, ROW])
    assert owed(path) == [(12_500_000, 25)]
    assert "第 3 行是单位行" in open_tape(path).notes[0].zh


def test_a_unit_beside_sub_headings_does_not_break_them(tmp_path: Path) -> None:
    upper = ["借据号", "姓名", "未偿本金", "欠息", "", "逾期天数"]
    rows = [["清单"], upper, ["", "", "(万元)", "表内(万元)", "表外(万元)", "天"], ["J1", "张三", "1", "2", "3", "90"]]
    tape = open_tape(table(tmp_path / "t.xlsx", rows))
    assert tape.headings == ("借据号", "姓名", "未偿本金(万元)", "表内(万元)欠息", "表外(万元)欠息", "逾期天数(天)")
    assert pl.concat(tape.batches())["借据号"].to_list() == ["J1"]
    rows[1][2] = "未偿本金（元）"
    with pytest.raises(InputUnusable, match="UNIT_ROW_UNCLEAR"):
        open_tape(table(tmp_path / "t.xlsx", rows))


@pytest.mark.parametrize(
    ("row", "is_one"),
    [
        (["1", "2", "3", "4", "5"], True),
        (["(1)", "（2）", "(3)", "(4)", "(5)"], True),
        (["A", "B", "1", "2", "3=1+2"], True),
        (["甲", "乙", "1", "2", "3"], True),
        (["栏次", "1", "2", "3", "4"], True),
        (["①", "②", "③", "④", "⑤"], True),
        (["1", "2", "3"], False),
        (["1", "2", "3", "", "", ""], False),
        (["1", "张三", "3", "4", "5"], False),
        (["2", "3", "4", "5", "6"], False),
        (["1", "2", "3", "4", "500"], False),
        (["J001", "1", "2", "3", "4"], False),
    ],
)
def test_what_numbers_the_columns(row: list[str], is_one: bool) -> None:
    assert numbered(row) == is_one


def test_what_a_next_page_repeats() -> None:
    assert says_units(["", None, "万元", "(元)", "天"])
    assert not says_units(["", None, None])
    assert not says_units(["J1", None, "万元"])


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
@pytest.mark.parametrize(
    ("units", "heading"),
    [
        (["", "", "万元", "", "", "", ""], "未偿利息"),
        (["", "", "", "万元", "", "", "天"], "未偿本金"),
        (["", "", "万元", "%", "", "", "天"], "未偿利息"),
        (["", "", "人民币（万元）", "万元", "", "", "天"], "未偿本金"),
        (["", "", "万元，保留两位", "万元", "", "", "天"], "未偿本金"),
        (["字符", "", "万元", "数值", "", "", "整数"], "未偿利息"),
    ],
)
def test_a_unit_that_does_not_reach_every_amount_is_refused(name: str, units: list[str], heading: str, tmp_path: Path) -> None:
    """One amount in 万元 beside one of which nothing is said, or nothing known: 10,000 times too small or too large is no guess to make."""
    with pytest.raises(InputUnusable) as caught:
        open_tape(table(tmp_path / name, [HEAD, units, ROW]))
    assert caught.value.code == "UNIT_ROW_UNCLEAR"
    assert heading in caught.value.cause.zh
