"""Arrears stated as bands, stages and missed instalments; arrears nobody states; arrears other facts contradict."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest
from cleaning_rows import AS_OF, batch, cleaned, codes, layout_with
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.layout import load_layout
from panhuo.engines.intake.parse_bands import band_days
from panhuo.engines.intake.parse_cells import normal
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.kernel.calendar import BUCKETS, bucket
from panhuo.pipeline.notices import of_intake

READ = {
    "M0": 0, "M1": 1, "M3": 61, "m12": 331, "M12+": 361, "M3+": 91, "逾期M2": 31, "M1-M3": 1, "M4～M6": 91,
    "181-360天": 181, "181天至360天": 181, "0-30天": 1, "１～３０": 1, "【91-180】": 91, "（31-60天）": 31,
    "90天以上": 91, "90天（含）以上": 90, "90天及以上": 90, ">90天": 91, "≥90天": 90, ">=90": 90, "超过360天": 361, "90+": 91,
    "30天以内": 1, "≤30天": 1, "小于30天": 1, "6个月以内": 1, "3-6个月": 91, "3个月-6个月": 91, "1年以上": 361, "1-2年": 361, "2年以上": 721,
    "M1(1-30天)": 1, "M1 1-30": 1, "M3（90天以上）": 61, "M2(60天)": 31, "M2(31-60天)": 31, "M7+(180天以上)": 211, "M0(正常)": 0, "正常(M0)": 0,
    "90-180天(含)": 90, "30天以内(含)": 1, "90天以上(含90天)": 90, "(90,180]": 90, "6个月-1年": 181, "账龄:M3": 61, "12+期": 361, "3.0期": 61,
    "大于等于90天": 90, "不足1年": 1, "三个月以上": 91, "半年以上": 181, "十二个月以上": 361, "1,080天以上": 1081, "180+天": 181,
    "逾期3期": 61, "7期以上": 211, "未逾期": 0, "正常": 0, "Current": 0,
}  # fmt: skip
NO_BAND = [
    "120",
    "120天",
    "4个月",
    "M",
    "逾期",
    "360-181天",
    "-5",
    "2.5",
    "abc",
    "",
    "以上",
    "天以上",
    "91,180",
    "2026-10-31",
    "12:30",
    "99999年以上",
]


def band(text: str, *, periods: bool = False) -> int | None:
    return pl.DataFrame({"cell": [text]}).select(band_days(normal(pl.col("cell")), periods=periods)).item()


@pytest.mark.parametrize(("text", "days"), READ.items())
def test_a_band_is_its_fewest_days(text: str, days: int) -> None:
    assert band(text) == days


@pytest.mark.parametrize("text", NO_BAND)
def test_what_is_no_band_is_left_to_the_other_readings(text: str) -> None:
    assert band(text) is None


@given(st.integers(0, 13))
def test_a_stage_falls_into_the_bucket_of_its_name(k: int) -> None:
    name = BUCKETS[k]
    days = band(name)
    assert pl.DataFrame({"d": [days]}).select(bucket(pl.col("d"))).item() == name
    assert days == 0 or pl.DataFrame({"d": [days - 1]}).select(bucket(pl.col("d"))).item() != name, "the fewest"
    if k:
        assert band(str(k), periods=True) == days


@pytest.mark.parametrize(
    ("text", "days"), [("4-6", 91), ("1~3", 1), ("3.0", 61), ("12+", 361), ("180+", 181), (">=90", 90), ("190", 190), ("0", 0), ("2-3天", 2)]
)
def test_bare_numbers_that_count_instalments(text: str, days: int) -> None:
    assert band(text, periods=True) == days


@given(st.text(max_size=12))
def test_whatever_stands_in_the_cell_nothing_breaks(text: str) -> None:
    days = band(text)
    assert days is None or days >= 0


def test_a_band_sets_no_first_day_of_arrears_and_a_stated_one_says_more() -> None:
    outcome = cleaned({"逾期天数": "M7", "逾期起始日": None, "到期日期": None}, {"逾期天数": "M12+"}, {"逾期天数": "M1"}, {"逾期天数": "M24"})
    accounts = outcome.data.accounts
    assert accounts["overdue_days"].to_list() == [181, 365, 365, 365]
    assert accounts["overdue_since"].is_null().to_list() == [True, False, False, False]
    assert [row for row, code in zip(outcome.findings["row"], outcome.findings["code"], strict=True) if code == "OVERDUE_CONTRADICTION"] == [4]


def test_bare_numbers_are_instalments_only_where_the_layout_says_so() -> None:
    columns = [column for column in load_layout("panhuo").model_dump(by_alias=True, exclude_unset=True)["columns"] if column["to"] != "overdue_days"]
    layout = layout_with(columns=[*columns, {"from": "逾期期数", "to": "overdue_days", "unit": "periods"}])
    outcome = cleaned(
        {"逾期期数": "7", "逾期起始日": None, "到期日期": None},
        {"逾期期数": "0", "逾期起始日": None, "五级分类": "正常", "到期日期": None},
        layout=layout,
    )
    assert outcome.data.accounts["overdue_days"].to_list() == [181, 0]
    assert cleaned({"逾期天数": "7", "逾期起始日": None, "到期日期": None}).data.accounts["overdue_days"].to_list() == [7]


def test_a_list_with_stages_only_needs_no_layout_of_its_own() -> None:
    raw = batch([{"账龄": "M7"}]).drop("逾期天数", "逾期起始日")
    assert clean(raw, layout="panhuo", as_of=AS_OF).data.accounts["bucket"].cast(pl.String).to_list() == ["M7"]


@pytest.mark.parametrize(
    ("headings", "field_of"),
    [
        (["借据号", "未偿本金", "账龄"], {"账龄": ("overdue_days", None)}),
        (["借据号", "未偿本金", "逾期期数"], {"逾期期数": ("overdue_days", "periods")}),
        (["借据号", "未偿本金", "账龄", "逾期天数"], {"逾期天数": ("overdue_days", None), "账龄": (None, None)}),
        (["借据号", "未偿本金", "最后还款日", "到期日"], {"最后还款日": ("last_payment_on", None), "到期日": ("maturity_date", None)}),
    ],
)
def test_stages_are_suggested_where_no_days_stand(headings: list[str], field_of: dict[str, tuple[str | None, str | None]]) -> None:
    sample = {
        "借据号": ["A1", "A2", "A3", "A4"],
        "未偿本金": ["1.5", "2.5", "3", "4"],
        "账龄": ["M7", "M12+", "M1", "181-360天"],
        "逾期期数": ["7", "2", "1", "0"],
    }
    sample |= {"逾期天数": ["190", "400", "3", "200"], "最后还款日": ["2026-01-05"] * 4, "到期日": ["2027-01-05"] * 4}
    guesses = {guess.heading: guess for guess in suggest_layout(headings, pl.DataFrame({name: sample[name] for name in headings})).guesses}
    assert {heading: (guesses[heading].field, guesses[heading].unit) for heading in field_of} == field_of
    if "最后还款日" in headings:  # two meanings: for a person to confirm
        assert guesses["最后还款日"].confidence < 0.8
        assert guesses["最后还款日"].doubts


UNKNOWN: dict[str, str | None] = {"逾期天数": None, "逾期起始日": None, "到期日期": None, "五级分类": None}
DOUBTED: dict[str, str | None] = {"逾期天数": "0", "逾期起始日": None}


def test_arrears_unknown_or_in_doubt_are_counted_to_the_fen_and_told() -> None:
    outcome = cleaned(UNKNOWN, {}, DOUBTED, {**DOUBTED, "未偿本金": "-1"}, {**DOUBTED, "五级分类": "正常"})
    r = outcome.data.reconciliation
    each = outcome.data.accounts["balance_fen"][0]
    assert (r.arrears_unknown_rows, r.balance_arrears_unknown_fen) == (1, each)
    assert (r.arrears_doubted_rows, r.balance_arrears_doubted_fen) == (2, 2 * each), "a row with two doubts counts once, a rejected one not at all"
    told = {notice.code: notice.words for notice in of_intake(r, {"CNY": 4}, "CNY")}
    assert set(told) == {"ARREARS_UNKNOWN", "ARREARS_DOUBTED"}
    assert re.search(r"^1 户（余额 1\.35万元）", told["ARREARS_UNKNOWN"].zh)
    assert " 2 account(s)" in told["ARREARS_DOUBTED"].en


@pytest.mark.parametrize(
    "changed",
    [
        {"产品类型": "信用卡", "五级分类": "正常"},  # its maturity is that of the plastic
        {"到期日期": "2026-06-15", "五级分类": "正常"},  # two weeks past it
        {"未偿本金": "0", "五级分类": "正常"},
        {"到期日期": None, "五级分类": "次级"},  # who keeps to a new agreement
    ],
)
def test_what_contradicts_nothing_is_left_alone(changed: dict[str, Any]) -> None:
    assert not {code for _, code in codes(cleaned({**DOUBTED, **changed}))} & {"MATURITY_PASSED", "CLASS_WITHOUT_ARREARS"}
