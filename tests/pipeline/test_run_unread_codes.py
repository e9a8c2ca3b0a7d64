"""Columns that plans are made on and whose cells are not read: the run says so, and says what that comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import AS_OF, Ran, Rows, ran, write

from panhuo.engines.intake.quality import COUNTS, Quality
from panhuo.kernel.findings import FINDING
from panhuo.pipeline.notices import CODES_UNREAD, STAGE_UNKNOWN, of_unread
from panhuo.pipeline.unread import Unread


def told(run: Ran) -> list[dict[str, Any]]:
    return [notice for notice in run.summary["notices"] if notice["code"] in (CODES_UNREAD, STAGE_UNKNOWN)]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory, clean_rows: Rows) -> Ran:
    """Forty accounts: a quarter says 是 of a suit, a tenth a guarantee nobody knows, one a product nobody knows."""
    rows = [dict(row) for row in clean_rows[:40]]
    for k, row in enumerate(rows):
        row["诉讼状态"] = "是" if k % 4 == 0 else "未诉"
        row["担保方式"] = "看情况" if k % 10 == 0 else "信用"
    rows[0]["产品类型"] = "神秘贷"
    folder = tmp_path_factory.mktemp("answered")
    return ran([write(folder / "tape.csv", rows)], folder / "out", as_of=AS_OF)


def test_a_run_tells_what_it_could_not_read_of_a_column(answered: Ran) -> None:
    codes, stage = (next(notice for notice in told(answered) if notice["code"] == code) for code in (CODES_UNREAD, STAGE_UNKNOWN))
    assert len(told(answered)) == 2, "one unread cell of forty is no notice of the run"
    assert "“担保方式”的 40 个单元格中有 4 个读不出" in codes["message"]
    assert "4 of 40 cell(s) of 担保方式" in codes["message_en"]
    assert "×4" in codes["message"]
    assert "“诉讼状态”有 10 户只写明已诉（是×10）" in stage["message"]
    assert "for 10 account(s)" in stage["message_en"]


def test_the_report_says_it_in_both_languages(answered: Ran) -> None:
    for notice in told(answered):
        assert notice["message"] in answered.report
        assert notice["message_en"].replace("'", "&#39;") in answered.report


def test_what_is_not_known_is_masked(answered: Ran) -> None:
    assert "看情况" not in str(told(answered))


def test_who_is_only_said_to_be_sued_is_in_suit(answered: Ran) -> None:
    states = answered.table("accounts")["litigation_state"].cast(pl.String).value_counts()
    assert dict(states.iter_rows())["filed"] == 10


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.integers(1, 8))
def test_batches_add_up_and_more_than_a_twentieth_is_told(values: list[int], size: int) -> None:
    unread = Unread()
    for start in range(0, len(values), size):
        part = values[start : start + size]
        rows = {name: [None] * len(part) for name in FINDING} | {"code": ["CODE_UNKNOWN"] * len(part), "column": ["甲列"] * len(part)}
        unread.add(pl.DataFrame(rows | {"value": [f"抵押{value}" for value in part]}, schema=FINDING, strict=False), {"guarantee_kind": "甲列"})
    assert unread.cells == {("guarantee_kind", "CODE_UNKNOWN"): len(values)}
    for filled in (len(values), 20 * len(values) - 1, 20 * len(values)):
        quality = Quality(pl.DataFrame([("guarantee_kind", filled, filled, 0, 0)], schema=COUNTS, orient="row"))
        notices = of_unread(unread, quality, {"guarantee_kind": "甲列"})
        assert bool(notices) == (len(values) >= 3 and 20 * len(values) > filled)


@pytest.mark.parametrize("corrected", [False, True])
def test_nothing_is_to_be_corrected_of_rows_that_are_no_accounts(tmp_path: Path, clean_rows: Rows, *, corrected: bool) -> None:
    rows = [dict(row) for row in clean_rows[:12]]
    rows.append(dict.fromkeys(rows[0], "") | {"借据号": "合计"})
    if not corrected:
        rows[3]["未偿本金"] = "待核实"
    run = ran([write(tmp_path / "tape.csv", rows)], tmp_path / "out", as_of=AS_OF)
    assert run.summary["rows_rejected"] == 2 - corrected
    assert ("改正后可重新运行" in run.report, "correct and run again" in run.report) == (not corrected, not corrected)
    assert ("改正后可直接再次运行" in run.report) == (not corrected)
    assert "1 行是合计、重复的表头或打印行" in run.report.replace("<b>", "").replace("</b>", "")
