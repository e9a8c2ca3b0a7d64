"""What a user needs to find a row again, and what a run says about itself as a whole."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from made_runs import AS_OF, Ran, Rows, ran

from panhuo.engines.intake.rejects import PLACE, PROBLEM
from panhuo.kernel.money import format_short


def spoiled(rows: Rows) -> Rows:
    """Row 3 has no readable principal, row 6 repeats row 5, row 8 has account 7 with another principal."""
    out = [dict(row) for row in rows[:12]]
    out[2]["未偿本金"] = "待核实"
    out[5] = dict(out[4])
    out[7] = {**out[7], "借据号": out[6]["借据号"]}
    return out


def sheet(path: Path, rows: Rows, *, above: int) -> dict[str, list[int]]:
    """Rows under ``above`` title rows and the header, a blank row after every second; account number -> its rows in the sheet."""
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("清单")
    for i in range(above):
        page.write_string(i, 0, f"标题{i}")
    for j, name in enumerate(rows[0]):
        page.write_string(above, j, name)
    places: dict[str, list[int]] = {}
    at = above + 1
    for i, row in enumerate(rows):
        for j, cell in enumerate(row.values()):
            page.write_string(at, j, cell)
        places.setdefault(row["借据号"], []).append(at + 1)
        at += 1 + i % 2
    book.close()
    return places


@pytest.fixture
def from_sheet(tmp_path: Path, clean_rows: Rows) -> tuple[Ran, Rows, dict[str, list[int]]]:
    rows = spoiled(clean_rows)
    places = sheet(tmp_path / "清单.xlsx", rows, above=4)
    return ran([tmp_path / "清单.xlsx"], tmp_path / "out", as_of=AS_OF), rows, places


def test_rejects_name_the_row_of_the_data_and_of_the_sheet(from_sheet: tuple[Ran, Rows, dict[str, list[int]]]) -> None:
    run, rows, places = from_sheet
    lines = {(line["code"], int(line["row"])): line for line in run.csv("rejects")}
    assert {("AMOUNT_UNREADABLE", 3), ("DUPLICATE_ROW", 6), ("DUPLICATE_ACCOUNT", 8)} <= set(lines)
    for (_, row), line in lines.items():
        assert int(line["sheet_row"]) in places[rows[row - 1]["借据号"]]
    first, repeat = places[rows[4]["借据号"]]
    assert int(lines["DUPLICATE_ROW", 6]["sheet_row"]) == repeat
    assert f"第 {first} 行" in lines["DUPLICATE_ROW", 6]["message"]
    assert f"row {first} of" in lines["DUPLICATE_ROW", 6]["message_en"]
    for code, row in (("DUPLICATE_ROW", 6), ("DUPLICATE_ACCOUNT", 8)):  # beside the number of a data row
        assert "Excel" in lines[code, row]["message"]
        assert "as a spreadsheet numbers" in lines[code, row]["message_en"]


def test_rows_to_correct_and_report_name_the_row_of_the_sheet(from_sheet: tuple[Ran, Rows, dict[str, list[int]]]) -> None:
    run, rows, places = from_sheet
    (bad,) = places[rows[2]["借据号"]]
    told = pl.read_excel(run.out / "private" / "rejected_rows.xlsx")
    assert f"清单.xlsx 第{bad}行" in told[PLACE].to_list()
    first = places[rows[4]["借据号"]][0]
    assert any(f"与第 {first} 行" in words for words in told[PROBLEM])
    assert f"第{bad}行" in run.report


def test_delimited_rows_count_the_header_and_blank_lines(tmp_path: Path, clean_rows: Rows) -> None:
    rows = spoiled(clean_rows)
    frame = pl.DataFrame(rows).write_csv().splitlines()
    (tmp_path / "t.csv").write_text("\n".join(["不良贷款清单", "", frame[0], frame[1], "", *frame[2:]]) + "\n", encoding="utf-8")
    run = ran([tmp_path / "t.csv"], tmp_path / "out", as_of=AS_OF)
    line = next(line for line in run.csv("rejects") if line["code"] == "AMOUNT_UNREADABLE")
    assert (int(line["row"]), int(line["sheet_row"])) == (3, 7)


def test_findings_of_accepted_rows_have_their_place_too(sample: Ran) -> None:
    lines = sample.csv("findings")
    assert lines
    assert all(int(line["sheet_row"]) == int(line["row"]) + 1 for line in lines)


@pytest.mark.parametrize("unit", ["单位：万元", "单位：元"])
def test_a_run_reads_amounts_in_the_titles_unit_and_says_so(tmp_path: Path, clean_rows: Rows, unit: str) -> None:
    plain = pl.DataFrame(clean_rows).write_csv()
    (tmp_path / "plain.csv").write_text(plain, encoding="utf-8")
    (tmp_path / "titled.csv").write_text(f"不良贷款清单\n{unit}\n{plain}", encoding="utf-8")
    before = ran([tmp_path / "plain.csv"], tmp_path / "a", as_of=AS_OF)
    after = ran([tmp_path / "titled.csv"], tmp_path / "b", as_of=AS_OF)
    factor = 10_000 if "万" in unit else 1
    columns = ["account_id", "principal_fen"]
    both = before.table("accounts").select(columns).join(after.table("accounts").select(columns), on="account_id")
    assert both.height > 20
    assert (both["principal_fen"] * factor == both["principal_fen_right"]).all()
    assert before.summary["notices"] == []
    assert [notice["code"] for notice in after.summary["notices"]] == ["TITLE_UNIT"] + ["BALANCES_LARGE"] * (factor > 1)
    assert unit in after.summary["notices"][0]["message"]
    assert unit in after.report


def test_foreign_currency_is_said_at_the_start(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    dollars = run_rows([{**row, "币种": "USD"} for row in clean_rows])
    (notice,) = dollars.summary["notices"]
    assert notice["code"] == "CURRENCY_NOT_CNY"
    assert re.search(r"USD \d+ 户", notice["message"])
    assert "face value" in notice["message_en"]
    assert notice["message"] in dollars.report


def test_no_reason_of_a_foreign_tape_speaks_of_yuan(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    """Named by the commonest currency from the first partition on, whatever that one holds itself."""
    rows = [{**row, "币种": "CNY" if i < 20 else "USD"} for i, row in enumerate(clean_rows)]
    foreign = run_rows(rows, batch_rows=15)
    decided = foreign.table("decisions").filter(pl.col("route").is_not_null())
    assert decided.height > 20
    assert not decided["reason"].str.contains("元").any()
    assert not decided["reason_en"].str.contains("CNY|yuan").any()
    assert decided["reason"].str.contains(r"净[回亏].*USD").all()


def test_mixed_currencies_are_said(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    mixed = run_rows([{**row, "币种": "USD" if i % 3 else "CNY"} for i, row in enumerate(clean_rows)])
    assert [notice["code"] for notice in mixed.summary["notices"]] == ["CURRENCY_NOT_CNY", "CURRENCIES_MIXED"]


def test_total_rows_are_said_to_be_no_loss(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    rows = [dict(row) for row in clean_rows[:20]]
    total = dict.fromkeys(rows[0], "") | {"借据号": "合计", "未偿本金": str(sum(Decimal(row["未偿本金"]) for row in rows))}
    run = run_rows([*rows, total])
    (notice,) = run.summary["notices"]
    assert notice["code"] == "TOTAL_ROWS"
    assert f"1 行是合计行（余额 {format_short(run.summary['balance_rejected_fen'], 'zh')}）" in notice["message"]
    assert "no loss" in notice["message_en"] or "loses nothing" in notice["message_en"]
    assert notice["message"] in run.report
    s = run.summary
    assert s["balance_accepted_fen"] + s["balance_rejected_fen"] == s["balance_in_fen"]


def test_total_rows_of_a_foreign_tape_are_in_its_currency(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    rows = [{**row, "币种": "USD"} for row in clean_rows[:20]]
    total = dict.fromkeys(rows[0], "") | {"借据号": "合计", "未偿本金": str(sum(Decimal(row["未偿本金"]) for row in rows))}
    run = run_rows([*rows, total])
    notice = run.notices["TOTAL_ROWS"]
    amount, unit = re.search(r"余额 ([\d.,]+[万亿]?)(.*?)）", notice["message"]).groups()
    assert (amount, unit) == (format_short(run.summary["balance_rejected_fen"], "zh").removesuffix("元"), " USD")
    assert "元" not in notice["message"]
    assert "balance USD " in notice["message_en"]
    assert not re.search("CNY|yuan", notice["message_en"])


def test_money_that_no_one_reads_is_named(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    more = {"表内外欠息": "123.45", "代垫诉讼费用": "", "欠息日期": "2026-01-02", "利息备注": "无", "预留金额": "0.00", "客户金额类型": "7"}
    run = run_rows([{**row, **more, "代垫诉讼费用": str(i)} for i, row in enumerate(clean_rows)])
    (notice,) = run.summary["notices"]
    assert notice["code"] == "MONEY_UNREAD"
    assert "：表内外欠息、代垫诉讼费用。" in notice["message"]
    assert "表内外欠息" in notice["message_en"]


def test_whatever_is_headed_like_an_amount_is_named(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    more = {
        "律师费": "300.00",
        "公告费（元）": "260.00",
        "迟延息": "1.00",
        "代偿款": "5",
        "押金": "2.00",
        "差额": "1.10",
        "信息": "x",
        "是否还款": "1",
    }
    run = run_rows([{**row, **more} for row in clean_rows])
    notice = run.notices["MONEY_UNREAD"]
    assert "：律师费、公告费（元）、迟延息、代偿款、押金、差额。" in notice["message"]


def test_a_unit_says_that_a_column_is_money(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    more = {"PNLT_X(分)": "300", "诉讼费垫付": "20", "CRT_AMT": "7", "押品面积(平方米)": "88", "占比(%)": "3", "ambal": "5"}
    run = run_rows([{**row, **more} for row in clean_rows])
    notice = run.notices["MONEY_UNREAD"]
    assert "：PNLT_X(分)、诉讼费垫付、CRT_AMT。" in notice["message"]


SMALL = ("BALANCES_SMALL", {"未偿本金": "499.99", "未偿利息": "0"}, {"未偿本金": "500.00", "未偿利息": "0"}, "CNY 500")
ABOVE = ("PARTS_ABOVE_PRINCIPAL", {"未偿本金": "1000.00", "未偿利息": "10000.01"}, {"未偿本金": "1000.00", "未偿利息": "10000.00"}, "10 times")


LARGE = ("BALANCES_LARGE", {"未偿本金": "10000000.01", "未偿利息": "0"}, {"未偿本金": "10000000.00", "未偿利息": "0"}, "CNY 10.00m")


@pytest.mark.parametrize(("code", "odd", "usual", "words"), [SMALL, LARGE, ABOVE])
@pytest.mark.parametrize(("many", "told"), [(11, True), (10, False)])
def test_what_most_accounts_owe_is_told_where_it_looks_misread(
    code: str, odd: dict[str, str], usual: dict[str, str], words: str, many: int, told: bool, run_rows: Callable[..., Ran], clean_rows: Rows
) -> None:
    """Of 20 accounts, most owe less than 500 yuan, a tape in 万元 whose unit was passed over; or more than ten million each, a tape in yuan read as 万元; or more than ten times their principal beside it,
    interest in yuan read as 万元."""
    nothing = {"罚息复利": "0", "其他费用": "0", "未偿本息费合计": ""}
    rows = [{**row, **nothing, **(odd if at < many else usual)} for at, row in enumerate(clean_rows[:20])]
    notices = run_rows(rows).notices
    assert (code in notices) is told
    if told:
        assert "20 户中有 11 户" in notices[code]["message"]
        assert words in notices[code]["message_en"]


@pytest.mark.parametrize(("repeated", "told"), [(6, True), (5, False)])
def test_accounts_that_stand_there_again_with_other_figures_are_told(
    repeated: int, told: bool, run_rows: Callable[..., Ran], clean_rows: Rows
) -> None:
    """Several month ends in one tape: rows that repeat the account and all its figures are another matter."""
    first = clean_rows[: 25 - repeated]
    again = [{**row, "未偿本金": str(Decimal(row["未偿本金"].replace(",", "")) + 1), "未偿本息费合计": ""} for row in first[:repeated]]
    ran = run_rows([*first, *again])
    assert ran.summary["rows_rejected"] == repeated
    assert ("ACCOUNTS_REPEATED" in ran.notices) is told
    same = run_rows([*first, *first[:repeated]])
    assert same.summary["rows_rejected"] == repeated
    assert "ACCOUNTS_REPEATED" not in same.notices


@pytest.mark.parametrize(("apart", "told"), [(5, True), (4, False)])
def test_days_that_are_not_those_since_the_date_are_told(apart: int, told: bool, run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    since = AS_OF - dt.timedelta(days=100)
    rows = [{**row, "逾期起始日": since.isoformat(), "逾期天数": "7" if at < apart else "100"} for at, row in enumerate(clean_rows[:20])]
    notices = run_rows(rows).notices
    assert ("ARREARS_APART" in notices) is told
    if told:
        assert "20 户中有 5 户" in notices["ARREARS_APART"]["message"]


def titled(path: Path, rows: Rows, *titles: str) -> Path:
    bare = [{name: cell for name, cell in row.items() if name != "逾期起始日"} for row in rows]
    path.write_text("\n".join([*titles, pl.DataFrame(bare).write_csv()]), encoding="utf-8")
    return path


def test_a_titles_date_is_the_cut_off_where_nothing_else_states_one(tmp_path: Path, clean_rows: Rows) -> None:
    today = dt.date(2026, 12, 24)
    tape = titled(tmp_path / "t.csv", clean_rows, "不良贷款清单", "数据日期：2026年9月30日")
    said = ran([tape], tmp_path / "a", today=today)
    assert (said.summary["as_of"], said.summary["as_of_from"]) == ("2026-09-30", "tape")
    given = ran([tape], tmp_path / "b", today=today, as_of=AS_OF)
    assert (given.summary["as_of"], given.summary["as_of_from"]) == (AS_OF.isoformat(), "given")
    two = titled(tmp_path / "two.csv", clean_rows, "截至2026年9月30日", "基准日：2026-06-30")
    assert ran([two], tmp_path / "c", today=today).summary["as_of_from"] == "today"


def since(rows: Rows, day: dt.date, days: int = 40) -> Rows:
    """The rows overdue for so many days on a day."""
    return [{**row, "逾期起始日": (day - dt.timedelta(days=days)).isoformat(), "逾期天数": str(days)} for row in rows]


@pytest.mark.parametrize(
    ("counted", "day", "told"), [("2026-09-30", "2026-09-30", []), ("2026-10-01", "2026-09-30", []), ("2026-09-05", "2026-09-05", ["AS_OF_TITLE"])]
)
def test_a_title_a_day_off_the_rows_is_right_and_one_further_off_is_told(
    counted: str, day: str, told: list[str], tmp_path: Path, clean_rows: Rows
) -> None:
    """Who counts the first day of arrears in is a day ahead; a title may be left over from the last quarter."""
    path = tmp_path / "t.csv"
    path.write_text("数据日期：2026年9月30日\n" + pl.DataFrame(since(clean_rows, dt.date.fromisoformat(counted))).write_csv(), encoding="utf-8")
    run = ran([path], tmp_path / "out", today=dt.date(2026, 12, 24))
    assert (run.summary["as_of"], run.summary["as_of_from"]) == (day, "tape")
    assert [notice["code"] for notice in run.summary["notices"] if notice["code"].startswith("AS_OF")] == told


def test_a_column_that_states_the_cut_off_date_is_believed_where_the_arrears_state_none(tmp_path: Path, clean_rows: Rows) -> None:
    path, today = tmp_path / "t.csv", dt.date(2026, 12, 24)
    silent = [{**row, "逾期起始日": ""} for row in clean_rows]
    pl.DataFrame([{**row, "数据日期": "20260831"} for row in silent]).write_csv(path)
    assert ran([path], tmp_path / "a", today=today).summary["as_of"] == "2026-08-31"
    pl.DataFrame([{**row, "数据日期": f"2026083{i % 2}"} for i, row in enumerate(silent)]).write_csv(path)
    assert ran([path], tmp_path / "b", today=today).summary["as_of_from"] == "today"
    pl.DataFrame([{**row, "报表日期": "2026-10-09"} for row in since(clean_rows, dt.date(2026, 9, 30))]).write_csv(path)
    run = ran([path], tmp_path / "c", today=today)
    assert run.summary["as_of"] == "2026-09-30"
    assert "AS_OF_TITLE" in run.notices


@pytest.mark.parametrize(("late", "said"), [(0, []), (1, ["AS_OF_AHEAD"])])
def test_a_cut_off_date_in_the_future_is_told(late: int, said: list[str], tmp_path: Path, clean_rows: Rows) -> None:
    tape = titled(tmp_path / "t.csv", clean_rows)
    run = ran([tape], tmp_path / "out", as_of=AS_OF, today=AS_OF - dt.timedelta(days=late))
    assert [notice["code"] for notice in run.summary["notices"] if notice["code"].startswith("AS_OF")] == said


@pytest.mark.parametrize(("apart", "told"), [(0, False), (5, False), (6, True)])
def test_balances_that_do_not_add_up_in_most_rows_are_told(apart: int, told: bool, run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    rows = [{**row, "未偿本金": "3.21"} if at < apart else row for at, row in enumerate(clean_rows[:10])]
    notices = [notice for notice in run_rows(rows).summary["notices"] if notice["code"] == "BALANCES_APART"]
    assert bool(notices) == told
    assert all("10 户中有 6 户" in notice["message"] and "6 of 10" in notice["message_en"] for notice in notices)


def test_a_run_that_accepts_nothing_says_so(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    run = run_rows([{**row, "未偿本金": "待核实"} for row in clean_rows[:7]])
    assert run.summary["rows_accepted"] == 0
    notice = run.notices["NOTHING_ACCEPTED"]
    assert "7 行全部被剔除" in notice["message"]
    assert all("rejects.csv" in notice[name] and "findings" not in notice[name] for name in ("message", "message_en"))
    assert notice["message"] in run.report


def test_a_run_says_aloud_what_hangs_on_a_row_that_adds_up(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    few = [{**row, "未偿本金": "10000.00", "未偿利息": "0", "罚息复利": "0", "其他费用": "0", "未偿本息费合计": ""} for row in clean_rows[:4]]
    few[3] |= {"未偿本金": "30000.00"}
    run = run_rows(few)
    assert run.summary["rows_accepted"] == 4
    assert "有 1 行（余额 3.00万元）" in run.notices["ROWS_ADD_UP"]["message"]


def test_a_co_borrower_in_a_row_of_his_own_is_told_as_one(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    """The same debt under two people counts once, and is not said to be the same row."""
    one = clean_rows[0]
    run = run_rows([one, {**one, "姓名": "李小明", "手机号码": "17912345670"}, clean_rows[1]])
    assert run.summary["rows_accepted"] == 2
    assert "1 行" in run.notices["CO_DEBTORS_APART"]["message"]
    assert "DUPLICATE_DEBTOR" in (run.out / "rejects.csv").read_text(encoding="utf-8-sig")
