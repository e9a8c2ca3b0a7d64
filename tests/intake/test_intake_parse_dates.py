"""Dates: every form against datetime, the forms that are refused, and the choice of the fast form."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.layout import DATE_FORMS
from panhuo.engines.intake.parse_cells import BLANK, OTHER_FORM, VALUE, VERDICT, Spec
from panhuo.engines.intake.parse_dates import FAST, dominant, fast, slow_date

DAY = dt.date(2024, 3, 5)
WRITERS = {
    "iso": lambda d: d.isoformat(),
    "slashed": lambda d: f"{d.year}/{d.month}/{d.day}",
    "compact": lambda d: f"{d:%Y%m%d}",
    "chinese": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "excel": lambda d: str((d - dt.date(1899, 12, 30)).days),
    "us": lambda d: f"{d.month}/{d.day}/{d.year}",
    "eu": lambda d: f"{d.day}/{d.month}/{d.year}",
}


def spec(*forms: str) -> Spec:
    return Spec("origination_date", "d", "date", dates=forms or ("auto",), form=forms[0] if forms else "iso")


def read(*cells: str, forms: tuple[str, ...] = ()) -> list[tuple[dt.date | None, str]]:
    return slow_date(pl.Series(cells, dtype=pl.String), spec(*forms)).rows()


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "2024-03-05",
            "2024-3-5",
            "2024/3/5",
            "2024/03/05",
            "2024.3.5",
            "20240305",
            "20240305.0",
            "2024年3月5日",
            "2024年03月05号",
            "45356",
            "45356.75",
        ),
        *("2024-03-05 00:00:00", "2024-03-05T10:11:12.5+08:00", "2024/3/5 0:00", " 2024 - 3 - 5 ", "２０２４-０３-０５", "'2024-03-05", "5-Mar-2024"),
    ],
)
def test_unmistakable_forms(cell: str) -> None:
    assert read(cell) == [(DAY, "" if cell in ("2024-03-05", "2024-3-5") else OTHER_FORM)]


@pytest.mark.parametrize("cell", ["2024-02-31", "2024/13/1", "20240231", "2023年2月29日", "2024-00-10", "31-Feb-2024"])
def test_days_that_do_not_exist(cell: str) -> None:
    assert read(cell) == [(None, "DATE_IMPOSSIBLE")]


@pytest.mark.parametrize(
    "cell", ["3/5/2024", "05/03/24x", "yesterday", "二〇二四年三月", "2024", "1e5", "99999", "2024-03-05-06", "12345678901234567890"]
)
def test_what_is_no_date_for_sure(cell: str) -> None:
    assert read(cell) == [(None, "DATE_UNREADABLE")]


@pytest.mark.parametrize("cell", ["", "-", "无", "N/A", "0", "0000-00-00", "00000000", "NaT", "null"])
def test_nothing_there(cell: str) -> None:
    assert read(cell) == [(None, BLANK)]


@pytest.mark.parametrize(
    ("cell", "day"),
    [("24-3-5", DAY), ("24/3/5", DAY), ("49-1-1", dt.date(1949, 1, 1)), ("48-12-31", dt.date(2048, 12, 31)), ("Mar-24", dt.date(2024, 3, 1))],
)
def test_two_digit_years(cell: str, day: dt.date) -> None:
    assert read(cell) == [(day, "DATE_TWO_DIGIT_YEAR")]


def test_months_are_their_first_day() -> None:
    assert [day for day, _ in read("Apr-2015", "April 2015", "2015-04", "2015年4月", "201504")] == [dt.date(2015, 4, 1)] * 5


def test_us_and_eu_only_by_name() -> None:
    assert read("3/5/2024", forms=("us",)) == [(DAY, "")]
    assert read("5/3/2024", forms=("eu",)) == [(DAY, "")]
    assert read("13/1/2020", forms=("us",)) == [(None, "DATE_IMPOSSIBLE")]
    assert read("2024-03-05", forms=("us",)) == [(None, "DATE_UNREADABLE")]


@pytest.mark.parametrize("form", WRITERS)
@given(days=st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=20))
def test_slow_and_fast_read_back_what_was_written(form: str, days: list[dt.date]) -> None:
    cells = pl.Series("c", [WRITERS[form](day) for day in days])
    assert slow_date(cells, spec(form))[VALUE].to_list() == days
    assert cells.to_frame().select(fast(pl.col("c"), form)).to_series().to_list() == days


@given(
    st.lists(st.text("0123456789/-年月日. T:Aprx", max_size=12), min_size=1, max_size=20),
    st.sampled_from([f for f in DATE_FORMS if f in (*FAST, "excel")]),
)
def test_fast_is_right_wherever_it_is_sure(cells: list[str], form: str) -> None:
    series = pl.Series("c", cells, dtype=pl.String)
    sure = series.to_frame().select(fast(pl.col("c"), form)).to_series()
    slow = slow_date(series, spec(form))
    for quick, (day, verdict) in zip(sure, slow.select(VALUE, VERDICT).rows(), strict=True):
        assert quick is None or (quick == day and verdict == "")


def test_the_fast_form_is_that_of_most_cells() -> None:
    cells = pl.Series(["2024/3/5"] * 6 + ["2024-03-05"] * 3 + [None])
    assert dominant(cells, spec()) == "slashed"
    assert dominant(pl.Series([None, None], dtype=pl.String), spec()) == "iso"
    assert dominant(pl.Series(["3/5/2024"]), spec("us")) == "us"
    assert dominant(pl.Series(["Apr-2015"]), spec("month_year")) == ""
