"""Rows that are no accounts, by what they say."""

from __future__ import annotations

import pytest
from cleaning_rows import GOOD, cleaned, codes

BLANK: dict[str, str | None] = dict.fromkeys(GOOD)
TOTALS = (
    *(
        "合计",
        "合  计",
        "合　计",
        "合　　计：",
        "总 计",
        "小计",
        "合计20笔",
        "合计（20笔）",
        "合 计（20 笔）",
        "合计（元）",
        "贷款合计",
        "以上合计",
        "全行合计",
    ),
    *(
        "分行汇总",
        "江苏分行小计",
        "合计金额",
        "本页小计",
        "过次页",
        "承前页",
        "累计",
        "共20笔",
        "共计 1,200 户",
        "200笔",
        "SUM",
        "Total: 20",
        "TOTAL (20 loans)",
        "Grand Total",
        "sub-total",
    ),
)
ACCOUNTS = (
    "JJ0001",
    "20240115000123",
    "总行营业部0001",
    "合计公司1号合同",
    "沪银借字（2024）第 12 号",
    "SUMMER-1",
    "TOTAL-0001-A",
    "共同借款3",
    "20笔号7",
)


@pytest.mark.parametrize("words", TOTALS)
def test_a_row_that_says_it_is_a_sum_is_no_account(words: str) -> None:
    outcome = cleaned({"借据号": "A"}, {"借据号": words, "姓名": None, "证件号码": None})
    assert outcome.data.reconciliation.total_rows == 1
    assert outcome.data.accounts["account_id"].to_list() == ["A"]


@pytest.mark.parametrize("number", ACCOUNTS)
def test_an_account_number_is_no_sum(number: str) -> None:
    assert cleaned({"借据号": number}).data.reconciliation.total_rows == 0


def amounts(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


NUMBERS = {name: str(i) for i, name in enumerate(GOOD, 1)}


def test_a_row_that_numbers_the_columns_is_no_account_and_its_cells_no_money() -> None:
    outcome, plain = cleaned(NUMBERS, {}, {}), cleaned({}, {})
    assert codes(outcome) == [("", "HEADER_ROW"), *codes(plain)]
    assert outcome.data.reconciliation.balance_in_fen == plain.data.reconciliation.balance_in_fen
    assert (outcome.data.reconciliation.rows_rejected, outcome.data.reconciliation.balance_unreadable_rows) == (1, 0)
    assert cleaned(NUMBERS, {"借据号": "1"}).data.reconciliation.rows_accepted == 1


def test_columns_are_numbered_under_their_headings_only() -> None:
    headings = {name: name for name in GOOD}
    units = {**BLANK, "未偿本金": "元", "逾期天数": "天"}
    told = [code for _, code in codes(cleaned({}, {}, headings, units, NUMBERS, {}, headings, NUMBERS)) if code.endswith("_ROW")]
    assert told == ["HEADER_ROW"] * 5
    assert "HEADER_ROW" not in [code for _, code in codes(cleaned({}, NUMBERS, {}))]
