"""Days past due in one column and the stage in another: the days where they stand, else the stage."""

from __future__ import annotations

import polars as pl
import pytest
from cleaning_rows import AS_OF
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.clean_result import Cleaned
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.parse_native import MIN_ROWS
from panhuo.kernel.findings import Outcome

BOTH = Layout.model_validate(
    {
        "name": "both",
        "title": {"zh": "甲", "en": "a"},
        "columns": [
            {"from": "借据号", "to": "account_id"},
            {"from": "未偿本金", "to": "principal_fen"},
            {"from": "逾期天数", "to": "_days", "kind": "integer", "unit": "days"},
            {"from": "账龄", "to": "_stage", "kind": "integer", "unit": "days"},
        ],
        "derived": {"overdue_days": "COALESCE(_days, _stage)"},
    }
)
FEWEST = {"M0": 0, "M3": 61, "31-60天": 31, "逾期7期": 181, "3个月": 90, "120天": 120, "": None}


def read(days: list[str], stages: list[str]) -> Outcome[Cleaned]:
    raw = pl.DataFrame({"借据号": [f"A{k}" for k in range(len(days))], "未偿本金": ["1"] * len(days), "逾期天数": days, "账龄": stages})
    return clean(raw, layout=BOTH, as_of=AS_OF)


@given(st.lists(st.tuples(st.sampled_from(["", "0", "45", "120.0", "无"]), st.sampled_from(list(FEWEST))), min_size=1, max_size=8))
def test_the_stage_counts_where_the_days_are_not_given(cells: list[tuple[str, str]]) -> None:
    days, stages = ([cell[i] for cell in cells] for i in (0, 1))
    out = read(days, stages)
    stated = [None if day in ("", "无") else int(float(day)) for day in days]
    wanted = [day if day is not None else FEWEST[stage] for day, stage in zip(stated, stages, strict=True)]
    assert out.data.accounts["overdue_days"].to_list() == [day or 0 for day in wanted]
    told = out.findings.filter(code="OVERDUE_UNKNOWN")["row"].to_list()
    assert told == [k + 1 for k, day in enumerate(wanted) if day is None]


def test_a_stage_sets_no_first_day_and_is_told_of_the_days() -> None:
    out = read(["", "45", ""], ["M3", "M3", "120天"])
    assert out.data.accounts["overdue_days"].to_list() == [61, 45, 120]
    assert [day is None for day in out.data.accounts["overdue_since"].to_list()] == [True, False, False]
    assert out.findings.filter(code="OVERDUE_FROM_BAND").select("row", "value").rows() == [(1, "M3")]


@pytest.mark.parametrize("rows", [3, MIN_ROWS])
def test_a_column_of_days_without_a_single_one_changes_nothing(rows: int) -> None:
    out = read([""] * rows, ["M2"] * rows)
    assert set(out.data.accounts["overdue_days"].to_list()) == {31}
