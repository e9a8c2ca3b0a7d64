"""What one column holds already is not owed again, and a unit that ends a heading counts, brackets or none: a balance is the sum the lender means."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake import bind, clean, load_layout, open_tape
from panhuo.engines.intake.mapping import heading_unit, normal_heading
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.engines.intake.suggest_contained import held_by
from panhuo.engines.intake.suggestion import CERTAIN
from sheets import texts_of

AS_OF = dt.date(2026, 9, 30)
N = 12
PRINCIPAL = [f"{1000 + 37 * i}.25" for i in range(N)]
INTEREST = [f"{90 + 7 * i}.50" for i in range(N)]
PENALTY = [f"{5 + i}.75" for i in range(N)]


def accounts_of(tmp_path: Path, **columns: list[str]) -> pl.DataFrame:
    """By the layout as suggested."""
    frame = pl.DataFrame({"借据号": [f"JJ{17 * i:05}" for i in range(N)], "逾期天数": ["120"] * N} | columns)
    path = tmp_path / "l.yaml"
    path.write_text(suggest_layout(frame.columns, frame).to_yaml(), encoding="utf-8")
    tape = frame.with_columns(
        __file=pl.lit("t"), __row=pl.int_range(pl.len(), dtype=pl.Int32), __fault=pl.lit(None, pl.String), __raw=pl.lit(None, pl.String)
    )
    return clean(tape, layout=load_layout(path), as_of=AS_OF).data.accounts


def balances(tmp_path: Path, **columns: list[str]) -> list[int]:
    """What each account owes, fen."""
    return accounts_of(tmp_path, **columns)["balance_fen"].to_list()


def summed(*columns: list[str]) -> list[str]:
    return [str(sum(map(Decimal, row))) for row in zip(*columns, strict=True)]


def fen(*columns: list[str], times: int = 1) -> list[int]:
    return [int(Decimal(cell) * 100 * times) for cell in summed(*columns)]


@pytest.mark.parametrize(
    ("whole", "part"),
    [("欠息", "其中：罚息"), ("欠息金额", "其中罚息"), ("利息余额(含罚息)", "罚息余额"), ("应收利息（包括罚息）", "罚息"), ("利息", "内：罚息")],
)  # fmt: skip
def test_what_a_heading_says_another_holds_is_not_added(whole: str, part: str, tmp_path: Path) -> None:
    columns = {"本金余额": PRINCIPAL, whole: summed(INTEREST, PENALTY), part: PENALTY}
    assert balances(tmp_path, **columns) == fen(PRINCIPAL, INTEREST, PENALTY)


@pytest.mark.parametrize(("one", "other"), [("利息（不含罚息）", "罚息"), ("欠息", "罚息"), ("利息余额(未含罚息)", "罚息余额")])
def test_what_nobody_says_is_held_is_added(one: str, other: str, tmp_path: Path) -> None:
    assert balances(tmp_path, 本金余额=PRINCIPAL, **{one: INTEREST, other: PENALTY}) == fen(PRINCIPAL, INTEREST, PENALTY)


def test_the_parts_of_a_total_are_not_held_by_a_part_of_it(tmp_path: Path) -> None:
    columns = {"贷款余额": summed(PRINCIPAL, INTEREST), "其中：本金": PRINCIPAL, "其中：利息": INTEREST}
    assert balances(tmp_path, **columns) == fen(PRINCIPAL, INTEREST)
    assert held_by(list(columns), ["balance_fen", "principal_fen", "interest_fen"]) == {}


@pytest.mark.parametrize(
    ("due", "paid", "left"), [("应还利息", "已还利息", "剩余应还利息"), ("应收利息", "实收利息", "未收利息"), ("应收利息", "已收利息", "结欠利息")]
)
def test_only_what_is_left_after_payments_is_owed(due: str, paid: str, left: str, tmp_path: Path) -> None:
    columns = {due: summed(INTEREST, PENALTY), paid: PENALTY, left: INTEREST}
    assert balances(tmp_path, 本金余额=PRINCIPAL, **columns) == fen(PRINCIPAL, INTEREST)
    assert balances(tmp_path, 本金余额=PRINCIPAL, **dict(reversed(columns.items()))) == fen(PRINCIPAL, INTEREST)


def test_parts_of_the_principal_are_held_by_their_total(tmp_path: Path) -> None:
    columns = {"正常本金": PRINCIPAL, "逾期本金": PENALTY, "本金余额小计": summed(PRINCIPAL, PENALTY)}
    assert balances(tmp_path, **columns, 欠息=INTEREST) == fen(PRINCIPAL, PENALTY, INTEREST)


def test_what_was_lent_is_not_what_is_owed(tmp_path: Path) -> None:
    lent = [f"{50_000 + i}.00" for i in range(N)]
    assert balances(tmp_path, 借款本金=lent, 应还本金=PRINCIPAL) == fen(PRINCIPAL)


@pytest.mark.parametrize("heading", ["本金余额万元", "本金余额 万元", "本金余额\n万元", "本金余额_万元", "本金余额，万元", "本金余额·万元", "万元本金余额", "本金余额/万元", "本金余额(w)", "prin_bal_wan"])  # fmt: skip
def test_a_unit_without_brackets_counts(heading: str, tmp_path: Path) -> None:
    assert heading_unit(heading) == "wan"
    assert balances(tmp_path, **{heading: PRINCIPAL}) == fen(PRINCIPAL, times=10_000)


@pytest.mark.parametrize("heading", ["楼栋单元", "信用评分", "得分", "积分", "risk k", "series m", "principal_fen", "姓名", "第1期", "编号 1000"])
def test_what_only_ends_like_a_unit_is_none(heading: str) -> None:
    assert heading_unit(heading) in (None, "fen")
    assert normal_heading(heading) == "".join(heading.split()).replace("_", "")


def test_a_title_that_states_the_unit_stays_one() -> None:
    assert (normal_heading("单位：万元"), normal_heading("金额单位: 元")) == ("单位:万元", "金额单位:元")


@given(st.text(min_size=1, max_size=12), st.sampled_from(["（万元）", "_万元", " 万元", "\n元", "/千元"]))
def test_a_unit_never_takes_a_whole_heading_away(text: str, unit: str) -> None:
    assert normal_heading(text + unit) or not (text + unit).strip("\x00\ufeff\u200b _").strip()


@pytest.mark.parametrize("group", ["债权金额", "债权余额", "截至基准日债权情况", "未偿债权（元）", "欠款情况"])
def test_parts_of_an_amount_need_no_group_to_be_known(group: str, tmp_path: Path) -> None:
    high = ["借据号", "姓名", group, "", "", "", "逾期天数"]
    low = ["", "", "本金余额", "表内欠息", "代垫诉讼费", "本息费合计", ""]
    total = summed(PRINCIPAL, INTEREST, PENALTY)
    rows = [[f"JJ{17 * i:05}", "王伟", PRINCIPAL[i], INTEREST[i], PENALTY[i], total[i], "120"] for i in range(N)]
    assert read(texts_of(tmp_path / "t.xlsx", 清单=[high, low, *rows]), tmp_path) == fen(PRINCIPAL, INTEREST, PENALTY)


def test_three_rows_of_headings_are_one(tmp_path: Path) -> None:
    top = ["序号", "客户信息", "", "贷款信息", "", "", "逾期情况", ""]
    middle = ["", "姓名", "借据号", "本金余额", "利息", "", "起始日", "天数"]
    low = ["", "", "", "", "表内", "表外", "", ""]
    rows = [[str(i + 1), "王伟", f"JJ{17 * i:05}", PRINCIPAL[i], INTEREST[i], PENALTY[i], "2026-06-02", "120"] for i in range(N)]
    path = texts_of(tmp_path / "t.xlsx", 清单=[["不良贷款转让清单"], top, middle, low, *rows])
    assert read(path, tmp_path) == fen(PRINCIPAL, INTEREST, PENALTY)
    assert list(open_tape([path]).headings)[-2:] == ["逾期起始日", "逾期天数"]


@pytest.mark.parametrize(
    "headings",
    [("应收罚息", "未还罚息"), ("应收罚息", "已收罚息", "未还罚息"), ("逾期罚息", "罚息余额"), ("应收复利（元）", "未还复利（元）"), ("未还罚息", "其中：逾期罚息"), ("罚息", "其中：复利")],
)  # fmt: skip
@pytest.mark.parametrize("paid", [0, 1])
def test_one_thing_under_two_names_is_owed_once(headings: tuple[str, ...], paid: int, tmp_path: Path) -> None:
    zero = ["0.00"] * N
    gone = PENALTY if paid and len(headings) == 3 else zero
    figures = {name: gone if name.startswith("已") else summed(INTEREST, gone) if name.startswith("应收") else INTEREST for name in headings}
    assert balances(tmp_path, 本金余额=PRINCIPAL, **figures) == fen(PRINCIPAL, INTEREST)


def test_parts_named_twice_are_added_once(tmp_path: Path) -> None:
    inside = {"表内应收利息": summed(INTEREST, PENALTY), "表内未还利息": INTEREST, "表外利息": PENALTY}
    assert balances(tmp_path, 本金余额=PRINCIPAL, **inside) == fen(PRINCIPAL, INTEREST, PENALTY)
    principal = {"正常本金": PRINCIPAL, "逾期本金": PENALTY, "逾期本金余额": PENALTY}
    assert balances(tmp_path, **principal) == fen(PRINCIPAL, PENALTY)
    assert balances(tmp_path, 本金余额=PRINCIPAL, 诉讼费=PENALTY, 垫付诉讼费=PENALTY) == fen(PRINCIPAL, PENALTY)


@pytest.mark.parametrize("heading", ["利息（含罚息，不含费用）", "利息（含罚息）（不含费用）", "利息(含罚息、未含费用)"])
def test_what_is_left_out_says_nothing_of_what_is_in(heading: str, tmp_path: Path) -> None:
    columns = {"本金余额": PRINCIPAL, heading: summed(INTEREST, PENALTY), "罚息": PENALTY, "费用": PENALTY}
    assert balances(tmp_path, **columns) == fen(PRINCIPAL, INTEREST, PENALTY, PENALTY)


@pytest.mark.parametrize("part", ["罚息（含在利息中）", "罚息(已包含在利息内)"])
def test_a_part_may_say_itself_that_it_is_held(part: str, tmp_path: Path) -> None:
    assert balances(tmp_path, 本金余额=PRINCIPAL, 利息=INTEREST, **{part: PENALTY}) == fen(PRINCIPAL, INTEREST)


@pytest.mark.parametrize("unit", ["(元)", "（万元）", "元", ""])
def test_units_hide_no_sum(unit: str, tmp_path: Path) -> None:
    times = 10_000 if "万" in unit else 1
    columns = {f"贷款余额{unit}": summed(PRINCIPAL, INTEREST), f"本金{unit}": PRINCIPAL, f"利息{unit}": INTEREST}
    assert balances(tmp_path, **columns) == fen(PRINCIPAL, INTEREST, times=times)
    columns = {f"应还利息{unit}": summed(INTEREST, PENALTY), f"已还利息{unit}": PENALTY, f"剩余利息{unit}": INTEREST, f"本金余额{unit}": PRINCIPAL}
    assert balances(tmp_path, **columns) == fen(PRINCIPAL, INTEREST, times=times)


@pytest.mark.parametrize("left", ["逾期本金", "拖欠本金", "欠款本金", "欠还本金", "欠本金"])
def test_what_is_left_of_a_due_principal_is_found_whatever_it_is_called(left: str, tmp_path: Path) -> None:
    columns = {"应还本金": summed(PRINCIPAL, PENALTY), "已还本金": PENALTY, left: PRINCIPAL}
    assert balances(tmp_path, **columns) == fen(PRINCIPAL)


def test_a_due_amount_beside_what_is_paid_is_to_be_confirmed() -> None:
    frame = pl.DataFrame({"借据号": [f"J{i}9" for i in range(N)], "应还本金": PRINCIPAL, "已还本金": PENALTY, "逾期天数": ["9"] * N})
    (guess,) = (guess for guess in suggest_layout(frame.columns, frame).guesses if guess.heading == "应还本金")
    assert guess.confidence < CERTAIN
    assert guess.doubts


@pytest.mark.parametrize(("heading", "count"), [("正常利息", 1), ("平台服务费", 1), ("表外欠息", 1)])
def test_a_part_that_stands_alone_is_owed(heading: str, count: int, tmp_path: Path) -> None:
    assert balances(tmp_path, 本金=PRINCIPAL, **{heading: INTEREST}) == fen(PRINCIPAL, INTEREST)


def test_bare_stages_beside_days_are_left_alone(tmp_path: Path) -> None:
    accounts = accounts_of(tmp_path, 逾期天数=["", "45", *["120"] * (N - 2)], 账龄=["3", "2", *["4"] * (N - 2)], 本金余额=PRINCIPAL)
    assert accounts["overdue_days"].to_list()[1:] == [45, *[120] * (N - 2)]
    assert accounts["overdue_days"][0] != 3


def test_a_stage_stands_in_where_the_days_are_empty(tmp_path: Path) -> None:
    days = ["", "45", *[""] * (N - 2)]
    frame = {"逾期天数": days, "账龄": ["M3"] * N, "本金余额": PRINCIPAL}
    accounts = accounts_of(tmp_path, **frame)
    assert accounts["overdue_days"].to_list() == [61, 45, *[61] * (N - 2)]
    whole = accounts_of(tmp_path, **(frame | {"逾期天数": ["70"] * N}))
    assert whole["overdue_days"].to_list() == [70] * N


@pytest.mark.parametrize("heading", ["核销状态", "是否核销"])
def test_what_is_written_off_says_so_in_its_own_words(heading: str, tmp_path: Path) -> None:
    said = ["已核销", "未核销", "正常"] * (N // 3)
    accounts = accounts_of(tmp_path, 本金余额=PRINCIPAL, **{heading: said})
    assert accounts["written_off"].to_list() == [True, False, False] * (N // 3)


def test_the_third_row_of_headings_may_be_short(tmp_path: Path) -> None:
    top = ["借据号", "客户姓名", "债权金额", "", "", "逾期天数"]
    middle = ["", "", "本金", "利息", "", ""]
    low = ["", "", "", "表内", "表外", ""]
    rows = [[f"JJ{17 * i:05}", "王伟", PRINCIPAL[i], INTEREST[i], PENALTY[i], "120"] for i in range(N)]
    assert read(texts_of(tmp_path / "t.xlsx", 清单=[top, middle, low, *rows]), tmp_path) == fen(PRINCIPAL, INTEREST, PENALTY)


def read(path: Path, folder: Path) -> list[int]:
    tape = open_tape([path])
    frame = pl.concat(list(tape.batches(1_000)))
    layout = folder / "l.yaml"
    layout.write_text(suggest_layout(tape.headings, frame).to_yaml(), encoding="utf-8")
    accounts = clean(frame, layout=load_layout(layout), as_of=AS_OF).data.accounts
    assert accounts["overdue_days"].to_list() == [120] * N
    return accounts["balance_fen"].to_list()


def test_what_another_column_holds_is_left_out_for_good(tmp_path: Path) -> None:
    """A notice that asked to map it would have it counted twice."""
    frame = pl.DataFrame(
        {"借据号": [f"JJ{17 * i:05}" for i in range(N)], "逾期天数": ["120"] * N, "本金余额": PRINCIPAL, "欠息": INTEREST, "其中：罚息": PENALTY}
    )
    path = tmp_path / "l.yaml"
    path.write_text(suggest_layout(frame.columns, frame).to_yaml(), encoding="utf-8")
    assert bind(load_layout(path), frame.columns).unmapped == ()
    assert load_layout(path).ignore == ("其中：罚息",)
