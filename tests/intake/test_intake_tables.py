"""One wide row becomes the canonical tables."""

from __future__ import annotations

import datetime as dt
import pickle

import polars as pl
from cleaning_rows import AS_OF, cleaned
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.tables import Tables, unpack_history
from panhuo.kernel.calendar import add_months
from panhuo.kernel.frames import TABLES


def test_people_stand_in_tables_of_their_own() -> None:
    outcome = cleaned(
        {"借据号": "A", "联系人姓名": "李四", "联系人关系": "配偶", "担保人姓名": "王五", "担保人电话": "17900000001"},
        {"借据号": "B", "联系人姓名": "无", "联系人关系": "朋友"},
        {"借据号": "C", "未偿本金": "坏", "联系人姓名": "赵六"},
    )
    tables = outcome.data.tables
    assert tables["contact"].rows() == [("A", "李四", "spouse", None)]
    assert tables["guarantor"].rows() == [("A", "王五", None, "17900000001")]
    assert tables["debtor"]["account_id"].to_list() == tables["account"]["account_id"].to_list() == ["A", "B"]
    assert tables["account"].select("contact_count", "guarantor_count").rows() == [(1, 1), (0, 0)]
    assert "name" not in tables["account"].columns


def test_collateral_is_a_row_where_there_is_some() -> None:
    outcome = cleaned(
        {"借据号": "A", "抵押物类型": "住宅", "抵押物评估价值": "1000000", "查封顺位": "1"},
        {"借据号": "B", "抵押物类型": "无", "查封顺位": None},
        {"借据号": "C", "抵押物类型": None, "抵押物评估价值": "5"},
        {"借据号": "D"},
    )
    collateral = outcome.data.tables["collateral"]
    assert collateral["account_id"].to_list() == ["A", "C"]
    assert collateral["collateral_value_fen"].to_list() == [100_000_000, 500]
    assert outcome.data.accounts["collateral_value_fen"].to_list() == [100_000_000, None, 500, None]


@given(st.lists(st.one_of(st.none(), st.text("N*1234567C", min_size=1, max_size=36)), max_size=8))
def test_history_is_the_pattern_month_by_month(patterns: list[str | None]) -> None:
    accounts = pl.DataFrame(
        {"account_id": [f"A{k}" for k in range(len(patterns))], "repayment_pattern": patterns},
        schema_overrides={"repayment_pattern": pl.String, "account_id": pl.String},
    )
    history = unpack_history(accounts, AS_OF)
    expected = [
        (f"A{k}", add_months(AS_OF.replace(day=1), i + 1 - len(pattern)), status)
        for k, pattern in enumerate(patterns)
        if pattern is not None
        for i, status in enumerate(pattern)
    ]
    assert history.rows() == expected


def test_history_is_unpacked_only_when_asked_for() -> None:
    tables = cleaned({"24期还款状态": "NN12*C"}).data.tables
    assert isinstance(tables, Tables)
    assert "history" not in tables._tables
    assert tables["history"]["month"].to_list() == [dt.date(2026, month, 1) for month in range(1, 7)]
    assert list(tables) == [frame.name for frame in TABLES]
    assert len(tables) == len(TABLES)


def test_a_cleaned_batch_travels_to_another_process() -> None:
    done = cleaned({}, {}).data
    back = pickle.loads(pickle.dumps(done))
    assert back.reconciliation == done.reconciliation
    assert back.accounts.equals(done.accounts)
    assert back.tables["history"].equals(done.tables["history"])
