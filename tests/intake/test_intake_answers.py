"""Yes and no in coded columns, flags in words of their own, the rank of a seizure in words, days and times that are run together."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from cleaning_rows import AS_OF, cleaned, codes
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.parse_cells import VALUE, VERDICT, Spec
from panhuo.engines.intake.parse_dates import slow_date
from panhuo.engines.intake.parse_native import MIN_ROWS
from panhuo.engines.intake.parse_numbers import slow_integer
from panhuo.engines.intake.seizure_words import ranks
from panhuo.engines.intake.shown import shown
from panhuo.kernel.frames import TAPE

YES, NO = ("是", "Y", "yes", "1", "√", "有"), ("否", "N", "no", "0", "×", "无")
DIGITS = "一二三四五六七八九十"


def under(heading: str, field: str, cells: list[str], **more: object) -> pl.DataFrame:
    """The accounts whose ``field`` stands under ``heading``."""
    layout = Layout.model_validate(
        {
            "name": "asked",
            "title": {"zh": "甲", "en": "a"},
            "columns": [{"from": "借据号", "to": "account_id"}, {"from": "未偿本金", "to": "principal_fen"}, {"from": heading, "to": field, **more}],
        }
    )
    raw = pl.DataFrame({"借据号": [f"A{k}" for k in range(len(cells))], "未偿本金": ["1"] * len(cells), heading: cells})
    return clean(raw, layout=layout, as_of=AS_OF).data.accounts


@pytest.mark.parametrize("heading", ["是否诉讼", "涉诉标志", "是否已起诉"])
def test_who_is_sued_counts_as_in_suit_and_the_stage_is_said_to_be_missing(heading: str) -> None:
    got = under(heading, "litigation_state", [*YES, *NO, "已判决", ""])["litigation_state"].to_list()
    assert got == ["filed"] * len(YES) + ["none"] * len(NO) + ["judged", None]


def test_a_heading_that_asks_the_contrary_is_answered_the_contrary_way() -> None:
    assert under("是否未诉", "litigation_state", ["是", "否"])["litigation_state"].to_list() == ["none", "filed"]


def test_the_layouts_own_codes_win_and_are_no_fault() -> None:
    layout = {"codes": {"是": "judged", "1": "enforcing"}}
    assert under("是否诉讼", "litigation_state", ["是", "1", "Y"], **layout)["litigation_state"].to_list() == ["judged", "enforcing", "filed"]


def test_numbers_under_a_heading_that_asks_no_question_are_nobodys_answer() -> None:
    assert under("诉讼状态", "litigation_state", ["1", "0"])["litigation_state"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("heading", "yes", "no"),
    [("是否失联", "lost", "reachable"), ("失联标志", "lost", "reachable"), ("是否可联", "reachable", "lost"), ("联系情况", None, None)],
)
def test_contactability_is_read_by_what_the_heading_asks(heading: str, yes: str | None, no: str | None) -> None:
    got = under(heading, "contactability", ["是", "否", "Y", "N", "1", "0", "失联", "可联"])["contactability"].to_list()
    assert got == [yes, no] * 3 + ["lost", "reachable"]


def test_a_column_of_answers_is_read_alike_in_a_large_batch() -> None:
    cells = ["是", "否", "可联", "1"]
    large = under("是否失联", "contactability", cells * (MIN_ROWS // 4 + 1))["contactability"].to_list()
    assert large[:4] == ["lost", "reachable", "reachable", "lost"]
    assert large == large[:4] * (MIN_ROWS // 4 + 1)


@pytest.mark.parametrize(
    ("heading", "true", "false"),
    [
        ("是否已核销", ("已核销", "核销", "是", "1", "账销案存"), ("未核销", "正常", "否", "0")),
        ("是否死亡", ("已死亡", "身故"), ("健在", "正常")),
        ("是否破产", ("已破产",), ("未破产", "正常")),
    ],
)
def test_flags_in_words_of_their_own(heading: str, true: tuple[str, ...], false: tuple[str, ...]) -> None:
    out = cleaned(*({heading: cell} for cell in (*true, *false)))
    field = next(name for name, one in TAPE.items() if one.zh == heading)
    assert out.data.accounts[field].to_list() == [True] * len(true) + [False] * len(false)
    assert codes(out) == []


def test_words_about_one_thing_say_nothing_of_another() -> None:
    assert ("是否争议", "FLAG_UNKNOWN") in codes(cleaned({"是否争议": "已核销", "是否已核销": "已核销"}))


@pytest.mark.parametrize(
    ("rank", "words"),
    [
        (1, ("首封", "首查封", "首轮查封", "首位查封", "首先冻结", "第一顺位", "第1位", "已首封", "首封（本案）", "首次查封")),
        (2, ("轮候", "轮候查封", "首轮候", "第一轮候", "轮候第1位", "轮候（第1位）", "第2顺位", "二封", "第二轮")),
        (3, ("轮候第2位", "第二轮候", "轮候2", "轮候查封第二顺位", "轮候第２位", "第三顺位")),
        (13, ("轮候第12位", "第十二轮候", "第13位")),
    ],
)
def test_the_rank_of_a_seizure_in_words(rank: int, words: tuple[str, ...]) -> None:
    out = cleaned(*({"查封顺位": word} for word in words))
    assert dict(zip(words, out.data.accounts["seizure_rank"].to_list(), strict=True)) == dict.fromkeys(words, rank)
    assert codes(out) == []


@given(st.integers(1, 20))
def test_who_waits_at_a_place_stands_one_behind_it(place: int) -> None:
    tens, ones = divmod(place, 10)
    spoken = ("" if not tens else "十" if tens == 1 else f"{DIGITS[tens - 1]}十") + (DIGITS[ones - 1] if ones else "")
    said = pl.Series([f"轮候第{place}位", f"第{spoken}轮候", f"轮候第{spoken}顺位", f"第{spoken}顺位"])
    assert ranks(said).to_list() == [place + 1] * 3 + [place]


def test_what_is_not_seized_has_no_rank_and_what_says_two_things_is_told() -> None:
    out = cleaned({"查封顺位": "未查封"}, {"查封顺位": "无"}, {"查封顺位": "首封、轮候"}, {"查封顺位": "2"})
    assert out.data.accounts["seizure_rank"].to_list() == [None, None, None, 2]
    assert codes(out) == [("查封顺位", "NUMBER_UNREADABLE")]


def test_the_words_of_seizures_are_none_of_other_numbers() -> None:
    assert ("近12月还款次数", "NUMBER_UNREADABLE") in codes(cleaned({"近12月还款次数": "首封", "查封顺位": "首封"}))


@given(
    st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2050, 1, 1)),  # noqa: DTZ001 -- a tape has no zone
    st.sampled_from(["%Y%m%d%H%M%S", "%Y%m%d %H%M%S", "%Y%m%dT%H%M%S", "%Y%m%d%H%M", "%Y%m%d %H:%M:%S", "%Y%m%d%H%M%S.%f", "%Y%m%dT%H:%M:%SZ"]),
)
def test_a_day_and_a_time_run_together_are_that_day(moment: dt.datetime, form: str) -> None:
    out = slow_date(pl.Series([moment.strftime(form)]), Spec("origination_date", "放款日期", "date", field=TAPE["origination_date"]))
    assert out[VALUE].to_list() == [moment.date()]


@pytest.mark.parametrize("cell", ["20240105993000", "20241305103000", "2024010510300012345678901", "30240105103000", "202401051"])
def test_figures_that_are_no_day_and_time_stay_unread(cell: str) -> None:
    out = slow_date(pl.Series([cell]), Spec("origination_date", "放款日期", "date", field=TAPE["origination_date"]))
    assert out[VALUE].to_list() == [None]


@given(st.integers(0, 5_000), st.integers(0, 99))
def test_days_with_a_fraction_are_whole_days(days: int, hundredths: int) -> None:
    out = slow_integer(
        pl.Series([f"{days}.{hundredths:02d}", f"{days}.{hundredths:02d}天"]), Spec("overdue_days", "逾期天数", "integer", field=TAPE["overdue_days"])
    )
    assert out[VALUE].to_list() == [days, days]
    assert (out[VERDICT] == "DAYS_ROUNDED").to_list() == [hundredths > 0] * 2


def test_other_counts_with_a_fraction_stay_unread() -> None:
    assert ("近12月还款次数", "NUMBER_UNREADABLE") in codes(cleaned({"近12月还款次数": "2.5"}))


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-inf", "Infinity"])
def test_failed_sums_are_shown_as_they_stand(cell: str) -> None:
    for field in ("principal_fen", "overdue_days", "annual_rate"):
        assert pl.DataFrame({"cell": [cell]}).select(shown(pl.col("cell"), TAPE[field])).item() == cell
