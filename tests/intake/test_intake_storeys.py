"""Headings of two rows: what spans others, what tells groups apart, and titles that are neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from panhuo.engines.intake.sources import open_tape
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.kernel.errors import InputUnusable
from sheets import rows, workbook


def test_merged_titles_empty_rows_and_two_storey_headings(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("明细")
        centre = book.add_format()
        sheet.merge_range(0, 0, 0, 4, "某银行不良资产清单", centre)
        sheet.merge_range(1, 0, 1, 4, "基准日：2024-06-30  单位：元", centre)
        sheet.merge_range(3, 0, 4, 0, "借据号", centre)
        sheet.merge_range(3, 1, 4, 1, "姓名", centre)
        sheet.merge_range(3, 2, 3, 3, "债权余额", centre)
        sheet.write_row(4, 2, ["未偿本金", "未偿利息"])
        sheet.merge_range(3, 4, 4, 4, "五级分类", centre)
        sheet.write_row(5, 0, ["A1", "张三", 100, 5, "次级"])
        sheet.write_row(8, 0, ["A2", "李四", 200, 6, "可疑"])

    tape = open_tape(workbook(tmp_path / "t.xlsx", fill))
    frame = pl.concat(tape.batches())
    assert tape.headings == ("借据号", "姓名", "未偿本金", "未偿利息", "五级分类")
    assert rows(frame) == [("A1", "张三", "100", "5", "次级"), ("A2", "李四", "200", "6", "可疑")]
    assert frame["__row"].to_list() == [1, 2]
    assert tape.files[0].blank_rows == 2


def test_headings_that_span_others_are_read_with_them(tmp_path: Path) -> None:
    """欠息 over 表内 and 表外: neither says anything alone, and the same 姓名 under two owners is two columns."""

    def fill(book: Any) -> None:
        sheet = book.add_worksheet("明细")
        centre = book.add_format()
        for column, name in ((0, "借据号"), (1, "未偿本金"), (8, "五级分类")):
            sheet.merge_range(0, column, 1, column, name, centre)
        for first, name in ((2, "欠息"), (4, "借款人"), (6, "保证人")):
            sheet.merge_range(0, first, 0, first + 1, name, centre)
        sheet.write_row(1, 2, ["表内", "表外", "姓名", "电话", "姓名", "电话"])
        sheet.write_row(2, 0, ["A1", 100, 5, 6, "张三", "17912345678", "李四", "17912345679", "次级"])

    tape = open_tape(workbook(tmp_path / "t.xlsx", fill))
    assert tape.headings == ("借据号", "未偿本金", "表内欠息", "表外欠息", "借款人姓名", "电话", "保证人姓名", "保证人电话", "五级分类")
    assert rows(pl.concat(tape.batches())) == [("A1", "100", "5", "6", "张三", "17912345678", "李四", "17912345679", "次级")]
    found = {guess.heading: guess.field for guess in suggest_layout(tape.headings).guesses}
    assert found["表内欠息"] == found["表外欠息"] == "interest_fen"
    assert (found["借款人姓名"], found["保证人姓名"], found["保证人电话"]) == ("name", "guarantor_name", "guarantor_phone")


def test_one_span_is_enough(tmp_path: Path) -> None:
    """Joined, 欠息 is no longer a known heading: the rows' shape decides, not what is gained."""

    def fill(book: Any) -> None:
        sheet = book.add_worksheet("明细")
        centre = book.add_format()
        sheet.merge_range(0, 0, 0, 5, "某银行不良资产清单  单位：万元", centre)
        for column, name in ((0, "借据号"), (1, "客户名称"), (2, "未偿本金"), (5, "五级分类")):
            sheet.merge_range(1, column, 2, column, name, centre)
        sheet.merge_range(1, 3, 1, 4, "欠息", centre)
        sheet.write_row(2, 3, ["表内", "表外"])
        sheet.write_row(3, 0, ["A1", "某公司", 100, 5, 6, "次级"])

    tape = open_tape(workbook(tmp_path / "t.xlsx", fill))
    assert tape.headings == ("借据号", "客户名称", "未偿本金", "表内欠息", "表外欠息", "五级分类")
    assert tape.files[0].titles == ("某银行不良资产清单  单位：万元",)
    assert pl.concat(tape.batches()).height == 1


@pytest.mark.parametrize(
    ("over", "below", "headings"),
    [
        ("欠息", ["表内欠息", "表外欠息", "合计"], ["表内欠息", "表外欠息", "欠息合计"]),
        ("利息", ["应收利息", "催收利息"], ["应收利息", "催收利息"]),
        ("担保人", ["担保人姓名", "担保人电话"], ["担保人姓名", "担保人电话"]),
        ("还款", ["2024年", "2025年"], ["还款2024年", "还款2025年"]),
        ("还款", ["1月", "2月"], ["还款1月", "还款2月"]),
        ("余额（万元）", ["未偿本金余额", "未偿利息余额"], ["未偿本金余额(万元)", "未偿利息余额(万元)"]),
        ("金额（万元）", ["本金", "利息（元）"], ["本金(万元)", "利息（元）"]),
    ],
)
def test_what_stands_below_a_spanning_heading(over: str, below: list[str], headings: list[str], tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("明细")
        sheet.write_row(0, 0, ["借据号", "客户名称", "五级分类", over])
        sheet.write_row(1, 3, below)
        sheet.write_row(2, 0, ["A1", "某公司", "次级", *range(1, len(below) + 1)])

    tape = open_tape(workbook(tmp_path / "t.xlsx", fill))
    assert tape.headings == ("借据号", "客户名称", "五级分类", *headings)
    assert pl.concat(tape.batches()).height == 1


def test_data_below_blank_headings_is_no_storey(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("明细")
        sheet.write_row(0, 0, ["借据号", "客户名称", "五级分类", "还款"])
        sheet.write_row(1, 3, ["2024年3月5日", "1,200元"])
        sheet.write_row(2, 0, ["A1", "某公司", "次级", "2024-03-05", 5])

    assert pl.concat(open_tape(workbook(tmp_path / "t.xlsx", fill)).batches()).height == 2


def test_groups_over_all_columns_tell_the_same_headings_apart(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("明细")
        for column, name in ((0, "借款人"), (3, "担保人"), (5, "余额")):
            sheet.write(1, column, name)
        sheet.write(0, 0, "单位：元")
        sheet.write_row(2, 0, ["借据号", "姓名", "证件号码", "姓名", "证件号码", "未偿本金"])
        sheet.write_row(3, 0, ["A1", "张三", "1", "李四", "2", 100])

    tape = open_tape(workbook(tmp_path / "t.xlsx", fill))
    assert tape.headings[0] == "借据号"
    assert tape.headings[3:] == ("担保人姓名", "担保人证件号码", "未偿本金")
    assert tape.files[0].titles == ("单位：元",)
    found = {guess.heading: guess.field for guess in suggest_layout(tape.headings).guesses}
    assert (found[tape.headings[1]], found["担保人姓名"]) == ("name", "guarantor_name")


def test_titles_do_not_tell_the_same_headings_apart(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("明细")
        sheet.write_row(0, 0, ["机构：江苏分行", "", "日期：2026-09-30"])
        sheet.write_row(1, 0, ["借据号", "姓名", "姓名", "未偿本金"])
        sheet.write_row(2, 0, ["A1", "张三", "李四", 100])

    with pytest.raises(InputUnusable, match="DUPLICATE_HEADINGS"):
        open_tape(workbook(tmp_path / "t.xlsx", fill))


@pytest.mark.parametrize(
    "title",
    [
        {0: "不良资产清单", 4: "单位：万元"},
        {0: "单位：万元", 5: "附件1"},
        {1: "单位：万元", 0: "附件1"},
        {0: "数据日期：2026-09-30", 6: "单位：万元"},
    ],
)
@pytest.mark.parametrize("blank", [0, 4])
def test_a_title_is_no_storey_where_headings_are_blank(tmp_path: Path, title: dict[int, str], blank: int) -> None:
    """Taken for one, it would be no title any more: the unit it states would be lost, and every amount ten thousand times too small."""
    names = ["借据号", "客户名称", "未偿本金", "欠息", "五级分类"]
    cells = ["A1", "某公司", 100, 5, "次级"]
    names.insert(blank, "")
    cells.insert(blank, "")

    def fill(book: Any) -> None:
        sheet = book.add_worksheet("明细")
        for column, text in title.items():
            sheet.write_string(0, column, text)
        sheet.write_row(1, 0, names)
        sheet.write_row(2, 0, cells)

    tape = open_tape(workbook(tmp_path / "t.xlsx", fill))
    assert [heading for heading in tape.headings if not heading.startswith("column")] == [name for name in names if name]
    assert "单位：万元" in tape.files[0].titles


@pytest.mark.parametrize(
    ("head", "headings"),
    [
        ([["某银行清单"], ["借据号", "姓名", "欠款金额（万元）", "", "逾期天数"], ["", "", "本金", "利息", ""]], ("借据号", "姓名", "本金(万元)", "利息(万元)", "逾期天数")),
        ([["借据号", "姓名", "未偿本金", "欠息", ""], ["", "", "", "表内", "表外"]], ("借据号", "姓名", "未偿本金", "表内欠息", "表外欠息")),
        ([["借款人", "", "担保人", "", ""], ["借据号", "姓名", "姓名", "电话", "逾期天数"]], ("借据号", "借款人姓名", "担保人姓名", "担保人电话", "逾期天数")),
        ([["序号", "客户信息", "逾期情况", "", ""], ["借据号", "姓名", "未偿本金", "欠息", ""], ["", "", "", "表内", "表外"]], ("借据号", "客户姓名", "未偿本金", "表内欠息", "表外欠息")),
        ([["借据号", "姓名", "未偿本金", "未偿利息", "逾期天数"], ["", "", "（万元）", "（元）", "天"]], ("借据号", "姓名", "未偿本金(万元)", "未偿利息(元)", "逾期天数(天)")),
    ],
)  # fmt: skip
def test_a_text_file_has_the_headings_of_the_same_sheet(head: list[list[str]], headings: tuple[str, ...], tmp_path: Path) -> None:
    """The workbook's reading is the oracle: a list saved as CSV has lost its merged cells and nothing else."""
    table = [*head, ["A1", "张三", "100", "5", "90"], ["A2", "李四", "200", "6", "120"], ["A3", "王五", "", "7", ""]]

    def fill(book: Any) -> None:
        sheet = book.add_worksheet("明细")
        for number, cells in enumerate(table):
            for column, cell in enumerate(cells):
                if cell:
                    sheet.write_string(number, column, cell)

    text = tmp_path / "t.csv"
    text.write_text("".join(",".join(cells + [""] * (5 - len(cells))) + "\n" for cells in table), "utf-8")
    mine, oracle = open_tape(text), open_tape(workbook(tmp_path / "t.xlsx", fill))
    assert mine.headings == oracle.headings == headings
    assert rows(pl.concat(mine.batches())) == rows(pl.concat(oracle.batches()))
    assert [file.titles for file in mine.files] == [file.titles for file in oracle.files]
