"""Rows that are no accounts: by what they say, and where they say nothing, by what they add up to."""

from __future__ import annotations

import polars as pl
import pytest
from cleaning_rows import GOOD, cleaned, codes
from hypothesis import given, settings
from hypothesis import strategies as st

BLANK: dict[str, str | None] = dict.fromkeys(GOOD)
AMOUNTS = ("未偿本金", "未偿利息", "罚息复利", "其他费用")
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


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.integers(1, 10**10)] * 4), min_size=3, max_size=8), st.booleans(), st.sampled_from([None, "Z9", "T-1"]))
def test_a_last_row_that_is_the_sum_of_all_above_is_no_account(rows: list[tuple[int, ...]], off: bool, number: str | None) -> None:
    """Whatever its number; and one fen more makes an account of it."""
    sums = [sum(row[k] for row in rows) + (off and k == 1) for k in range(4)]
    cells = [{"借据号": f"A{i}", "未偿本息费合计": None, **dict(zip(AMOUNTS, map(amounts, row), strict=True))} for i, row in enumerate([*rows, sums])]
    cells[-1] = {**BLANK, **cells[-1], "借据号": number}
    books = cleaned(*cells).data.reconciliation
    assert books.total_rows == (0 if off else 1)
    assert books.balance_accepted_fen == sum(map(sum, rows)) + (sum(sums) if off and number else 0)
    assert books.rows_accepted + books.rows_rejected == books.rows_in == len(cells)


def test_a_claim_that_happens_to_be_the_sum_stays_one_and_says_so() -> None:
    """Round loans without interest on a short list: the last has its own number, name and identity number."""
    round_ones = [
        {"借据号": f"Z{i}", "未偿本金": f"{fen}.00", "未偿利息": "0", "罚息复利": "0", "未偿本息费合计": None}
        for i, fen in enumerate([10000, 10000, 10000, 30000])
    ]
    outcome = cleaned(*round_ones)
    assert (outcome.data.reconciliation.rows_accepted, outcome.data.reconciliation.total_rows) == (4, 0)
    assert outcome.data.reconciliation.balance_accepted_fen == 6_000_000
    assert outcome.findings.filter(pl.col("code") == "ROW_ADDS_UP")["row"].to_list() == [4]
    without = cleaned(
        *round_ones[:3], {**round_ones[3], "姓名": None, "证件号码": None, "产品类型": None, "放款日期": None, "到期日期": None, "逾期起始日": None}
    )
    assert without.data.reconciliation.total_rows == 1


def test_rows_of_no_claim_are_none_above_a_sum() -> None:
    """Two loans and a row of commas are not three loans that a fourth adds up."""
    two = [{"借据号": f"A{i}", "未偿本息费合计": None} for i in range(2)]
    twice = {name: amounts(2 * round(float(str(GOOD[name])) * 100)) for name in AMOUNTS}
    assert cleaned(*two, BLANK, {**BLANK, **twice, "借据号": "Z"}).data.reconciliation.total_rows == 0


def test_three_equal_amounts_are_no_sum_of_two() -> None:
    assert cleaned(*({"借据号": f"A{k}"} for k in range(4))).data.reconciliation.total_rows == 0


def test_the_sum_is_told_as_one() -> None:
    cells = [{"借据号": f"A{k}", "未偿本息费合计": None} for k in range(3)]
    threefold = {name: amounts(3 * round(float(str(GOOD[name])) * 100)) for name in AMOUNTS}
    outcome = cleaned(*cells, {**BLANK, **threefold, "借据号": "Z"})
    told = outcome.findings.filter(pl.col("row") == 4)
    assert "TOTAL_ROW" in told["code"].to_list()
    assert outcome.data.reconciliation.rows_accepted == 3


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
