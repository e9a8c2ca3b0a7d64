"""Arrears stated as bands, stages and missed instalments; arrears nobody states; arrears other facts contradict."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from cleaning_rows import AS_OF, batch, cleaned, codes, layout_with
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.clean_result import Reconciliation
from panhuo.engines.intake.layout import load_layout
from panhuo.engines.intake.parse_bands import arrears
from panhuo.engines.intake.parse_cells import normal
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.engines.intake.suggestion import CERTAIN, SURE
from panhuo.kernel.calendar import BUCKETS, bucket
from panhuo.pipeline.notices import of_intake

READ = {
    "M0": 0, "M1": 1, "M3": 61, "m12": 331, "M12+": 361, "M12以上": 331, "M12+（360天以上）": 361, "M3+": 61, "M7+": 181, "M24+": 691, "逾期M2": 31, "M1-M3": 1,
    "M4～M6": 91, "M3 - M6": 61, "M 3": 61, "M3 以上": 61, "M12 +": 361, "M1 (1-30)": 1, "M2-M3(31-90天)": 31,
    "181-360天": 181, "181天至360天": 181, "0-30天": 1, "0-0": 0, "１～３０": 1, "【91-180】": 91, "（31-60天）": 31,
    "90天以上": 90, "90天（含）以上": 90, "90天及以上": 90, "含90天以上": 90, ">90天": 91, "≥90天": 90, ">=90": 90, "超过360天": 361, "超90天": 91, "逾90天": 91, "90+": 90,
    "90天以外": 91, "90天(不含)以上": 91, "90天以上（不含90天）": 91, "≥90天（不含）": 91, "超过九十天": 91, "一百八十天以上": 180, "超过90天以上": 91, ">0": 1,
    "30天以内": 1, "≤30天": 1, "小于30天": 1, "不足30天": 1, "6个月以内": 1, "3个月以内": 1, "3-6个月": 90, "3个月-6个月": 90, "1年以上": 360, "一年以上": 360, "1-2年": 360,
    "2年以上": 720, "逾期1年以上": 360, "一至三个月": 30, "不满三个月": 1, "逾期不超过30天": 1,
    "M1(1-30天)": 1, "M1 1-30": 1, "M3（90天以上）": 61, "M2(60天)": 31, "M2(31-60天)": 31, "M2(91-180天)": 31, "M7+(180天以上)": 181, "M0(正常)": 0, "正常(M0)": 0,
    "31-60天（M2）": 31, "180天以上(M6+)": 180, "91-180天(M2)": 91, "91-180天 M4": 91, "次级(91-270天)": 91, "91-270天（次级类）": 91, "3期(M3)": 61,
    "90-180天(含)": 90, "90天(含)-180天(不含)": 90, "90天(不含)至180天(含)": 91, "30天以内(含)": 1, "90天以上(含90天)": 90,
    "(90,180]": 91, "(30,60]": 31, "(30,60)": 31, "(30-60]": 31, "[30,60)": 30, "[90,180)": 90, "（30天，60天］": 31, "(3,6]个月": 91, "(360,+∞)": 361, "[360,∞)": 360,
    "1年以上2年以下": 360, "91天以上180天以下": 91, "超过90天不超过180天": 91, "大于90天且小于等于180天": 91, "90天以上，不满180天": 90,
    "6个月-1年": 180, "账龄:M3": 61, "12+期": 331, "3.0期": 61, "三期": 61, "二十四期": 691,
    "大于等于90天": 90, "不足1年": 1, "三个月以上": 90, "半年以上": 180, "十二个月以上": 360, "十二期以上": 331, "1,080天以上": 1080, "180+天": 180,
    "逾期3期": 61, "逾期 4 期": 91, "逾期3期以上": 61, "连续逾期3期": 61, "7期以上": 181, "0期": 0, "未逾期": 0, "正常": 0, "当期": 0, "Current": 0, "C": 0, "C(正常)": 0,
    "Over 90 days": 91, "more than 90 days": 91, "90 days or more": 90, "31-60 days past due": 31, "1–30 DPD": 1, "30+ DPD": 30, "DPD 30-59": 30,
    "Late (31-120 days)": 31, "Not overdue": 0, "逾期天数：31-60": 31, "逾期(31-60天)": 31,
}  # fmt: skip
PLAIN = {
    "逾期120天": 120, "逾期90": 90, "逾期3个月": 90, "三个月": 90, "半年": 180, "逾期半年": 180, "一年": 365, "两年": 730, "两个月": 60, "一年半": 540, "九十天": 90,
    "一百零五天": 105, "二百天": 200, "逾期(120天)": 120, "逾期天数：120": 120, "120天(M4)": 120, "120 days past due": 120, "逾期0天": 0, "逾期1.5年": 548,
}  # fmt: skip
UNREAD = [
    "三四个月", "十三四天", "11年半", "累计逾期6期", "历史最长逾期90天", "约90天", "不正常", "非正常", "正常（逾期31天）", "non-performing", "逾期-5天", "已逾期", "≥0", "0天以上",
    "M0+", "3(6)期", "3 6期", "120(4)", "关注", "结清", "不超过90天以上", "30天(不含)", "逾期1年3个月", "逾期期数3",
]  # fmt: skip
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


UNKNOWN: dict[str, str | None] = {"逾期天数": None, "逾期起始日": None, "到期日期": None, "五级分类": None}
DOUBTED: dict[str, str | None] = {"逾期天数": "0", "逾期起始日": None}


def band(text: str, *, periods: bool = False) -> int | None:
    days: int | None = arrears(pl.DataFrame({"cell": [text]}).select(normal(pl.col("cell"))).to_series(), periods=periods)["band"].item()
    return days


@pytest.mark.parametrize(("text", "days"), READ.items())
def test_a_band_is_its_fewest_days(text: str, days: int) -> None:
    assert band(text) == days


@pytest.mark.parametrize("text", NO_BAND)
def test_what_is_no_band_is_left_to_the_other_readings(text: str) -> None:
    assert band(text) is None


@pytest.mark.parametrize("text", UNREAD)
def test_what_is_sure_to_nobody_stays_unread_and_is_told(text: str) -> None:
    outcome = cleaned({**UNKNOWN, "逾期天数": text})
    assert band(text) is None
    assert {code for _, code in codes(outcome)} == {"NUMBER_UNREADABLE", "OVERDUE_UNKNOWN"}


def test_a_count_behind_words_is_a_count_and_sets_the_first_day() -> None:
    accounts = cleaned(*({**UNKNOWN, "逾期天数": text} for text in PLAIN)).data.accounts
    assert dict(zip(PLAIN, accounts["overdue_days"], strict=True)) == PLAIN
    assert [since is None for since in accounts["overdue_since"]] == [days == 0 for days in PLAIN.values()]


NUMERALS = "零一二三四五六七八九"


def spoken(n: int) -> str:
    """n below 100 as it is said."""
    tens, ones = divmod(n, 10)
    return NUMERALS[n] if n < 10 else ("" if tens == 1 else NUMERALS[tens]) + "十" + (NUMERALS[ones] if ones else "")


# how a band bounds its days: the text of a figure and its unit, and whether a number of units lies in it
OPEN: dict[str, Callable[[int, int], bool]] = {
    "{}以上": lambda n, k: n >= k, "{}及以上": lambda n, k: n >= k, "逾期{}以上": lambda n, k: n >= k, "≥{}": lambda n, k: n >= k, "{}(含)以上": lambda n, k: n >= k,
    "超过{}": lambda n, k: n > k, ">{}": lambda n, k: n > k, "逾期超{}": lambda n, k: n > k, "{}以外": lambda n, k: n > k, "{}(不含)以上": lambda n, k: n > k,
    "{}+": lambda n, k: n >= k,
}  # fmt: skip


@given(st.sampled_from(sorted(OPEN)), st.integers(1, 60), st.sampled_from(["天", "个月", "期"]), st.booleans())
def test_an_open_band_is_the_least_that_lies_in_it(form: str, k: int, unit: str, words: bool) -> None:
    """Every day from 0 up is put to the band as its words have it: months of 30 days; the n-th missed instalment is days 30n - 29 to 30n."""

    def lies_in(day: int) -> bool:
        if unit == "期":
            return OPEN[form](-(-day // 30), k)
        return OPEN[form](day, k * (30 if unit == "个月" else 1))

    assert band(form.format(f"{spoken(k) if words else k}{unit}")) == next(day for day in range(5_000) if lies_in(day))


@given(st.integers(0, 300), st.integers(1, 300), st.sampled_from("[("), st.sampled_from("])"), st.booleans())
def test_brackets_say_whether_an_edge_belongs_to_the_interval(low: int, width: int, opens: str, closes: str, spelt: bool) -> None:
    high, unit = low + width + 1, "天" if spelt else ""
    inside = [day for day in range(1, high + 1) if (day >= low if opens == "[" else day > low) and (day <= high if closes == "]" else day < high)]
    assert band(f"{opens}{low}{unit},{high}{unit}{closes}") == inside[0]


@given(st.integers(0, 13))
def test_a_stage_falls_into_the_bucket_of_its_name(k: int) -> None:
    name = BUCKETS[k]
    days = band(name)
    assert pl.DataFrame({"d": [days]}).select(bucket(pl.col("d"))).item() == name
    assert days is not None
    assert days == 0 or pl.DataFrame({"d": [days - 1]}).select(bucket(pl.col("d"))).item() != name, "the fewest"
    if k:
        assert band(str(k), periods=True) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        *[
            ("4-6", 91),
            ("1~3", 1),
            ("3.0", 61),
            ("12+", 331),
            ("180+", 180),
            (">=90", 90),
            ("190", 190),
            ("0", 0),
            ("2-3天", 2),
            ("逾期4", 91),
            ("7期以上", 181),
        ],
        *[("31-60", 31), ("(30,60]", 31), ("30-59", 30), ("(3,6]", 91), ("24-36", 691), ("30+", 30), ("M12+", 361)],
    ],
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
        (["借据号", "未偿本金", "当前逾期期数"], {"当前逾期期数": ("overdue_days", "periods")}),
        (["借据号", "未偿本金", "逾期月数"], {"逾期月数": ("overdue_days", "periods")}),
        (["借据号", "未偿本金", "逾期月份数"], {"逾期月份数": ("overdue_days", "periods")}),
        (["借据号", "未偿本金", "拖欠月数"], {"拖欠月数": ("overdue_days", "periods")}),
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
        "当前逾期期数": ["0", "3", "7期以上", "12+"],
        "逾期月数": ["M3", "M1", "M2", "M12+"],
        "逾期月份数": ["2", "0", "1", "4"],
        "拖欠月数": ["2", "0", "1", "4"],
    }
    sample |= {"逾期天数": ["190", "400", "3", "200"], "最后还款日": ["2026-01-05"] * 4, "到期日": ["2027-01-05"] * 4}
    guesses = {guess.heading: guess for guess in suggest_layout(headings, pl.DataFrame({name: sample[name] for name in headings})).guesses}
    assert {heading: (guesses[heading].field, guesses[heading].unit) for heading in field_of} == field_of
    if "当前逾期期数" in headings:  # numbers and bands mixed
        assert CERTAIN > guesses["当前逾期期数"].confidence >= SURE
        assert guesses["当前逾期期数"].doubts
    if "最后还款日" in headings:  # two meanings: for a person to confirm
        assert guesses["最后还款日"].confidence < 0.8
        assert guesses["最后还款日"].doubts


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


def test_a_claim_of_nothing_needs_no_arrears() -> None:
    nothing: dict[str, str | None] = dict.fromkeys(("未偿本金", "未偿利息", "罚息复利", "其他费用", "未偿本息费合计"), "0")
    outcome = cleaned({**UNKNOWN, **nothing}, {**DOUBTED, **nothing}, {})
    r = outcome.data.reconciliation
    assert r.rows_accepted == 3
    assert {"OVERDUE_UNKNOWN", "CLASS_WITHOUT_ARREARS"} <= {code for _, code in codes(outcome)}, "the finding is there all the same"
    assert (r.arrears_unknown_rows, r.arrears_doubted_rows) == (0, 0)
    assert not of_intake(r, {"CNY": 3}, "CNY")


@pytest.mark.parametrize(
    ("rows", "fen", "told"), [(1, 87, False), (9, 99_999, False), (10, 87, True), (1, 100_000, True), (1, 0, False), (0, 0, False)]
)
def test_a_trifle_in_doubt_is_no_notice_of_the_run(rows: int, fen: int, told: bool) -> None:
    r = Reconciliation(10_000, 10_000, 0, 100_000_000, 100_000_000, 0, 0, arrears_doubted_rows=rows, balance_arrears_doubted_fen=fen)
    assert [notice.code for notice in of_intake(r, {"CNY": 10_000}, "CNY")] == ["ARREARS_DOUBTED"] * told


@pytest.mark.parametrize(
    ("since", "days", "doubted"),
    [
        ("2026-06-20", "0", True),  # a year past maturity, ten days past due by its date
        ("2026-06-20", None, True),
        ("2025-07-05", None, False),
        ("2025-08-05", None, False),  # a last instalment a month later
        ("2025-08-06", None, True),
        ("2024-01-01", None, False),
    ],
)
def test_a_stated_first_day_long_after_maturity_is_told_and_used(since: str, days: str | None, doubted: bool) -> None:
    outcome = cleaned({"逾期起始日": since, "逾期天数": days, "到期日期": "2025-07-05"})
    assert (("逾期天数", "MATURITY_PASSED") in codes(outcome)) is doubted
    assert str(outcome.data.accounts["overdue_since"][0]) == since
    assert outcome.data.accounts["overdue_days"][0] == (AS_OF - dt.date.fromisoformat(since)).days


@pytest.mark.parametrize(
    "changed",
    [
        {"产品类型": "信用卡", "五级分类": "正常"},  # its maturity is that of the plastic
        {"到期日期": "2026-06-15", "五级分类": "正常"},  # two weeks past it
        {"未偿本金": "0", "五级分类": "正常"},
        {"未偿本金": "0", "五级分类": "正常", "逾期起始日": "2026-06-20"},
        {"产品类型": "信用卡", "五级分类": "正常", "逾期起始日": "2026-06-20"},
        {"到期日期": None, "五级分类": "次级"},  # who keeps to a new agreement
    ],
)
def test_what_contradicts_nothing_is_left_alone(changed: dict[str, Any]) -> None:
    assert not {code for _, code in codes(cleaned({**DOUBTED, **changed}))} & {"MATURITY_PASSED", "CLASS_WITHOUT_ARREARS"}
