"""Debts split over several columns: all of it is proposed, none of it twice, and what is doubtful counts as such."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from panhuo.engines.intake import bind, clean, load_layout
from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.engines.intake.suggest_values import counts_rows, profile
from panhuo.engines.intake.suggestion import CERTAIN, SURE_OF_MONEY, Suggestion
from panhuo.kernel.frames import TAPE_REQUIRED

AS_OF = dt.date(2026, 6, 30)


def tape(**columns: list[str]) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    return pl.DataFrame({"借据号": [f"JJ{17 * i:05}" for i in range(rows)], "未偿本金": ["1000.00"] * rows, "逾期天数": ["100"] * rows} | columns)


def amounts(seed: int, rows: int = 20) -> list[str]:
    return [f"{(i * 37 + seed * 101) % 900 + 1}.{(i + seed) % 100:02}" for i in range(rows)]


def saved(suggestion: Suggestion, folder: Path) -> Layout:
    path = folder / "suggested.yaml"
    path.write_text(suggestion.to_yaml(), encoding="utf-8")
    return load_layout(path)


def read(frame: pl.DataFrame, folder: Path) -> tuple[Layout, pl.DataFrame]:
    layout = saved(suggest_layout(frame.columns, frame), folder)
    whole = frame.with_columns(
        pl.lit("t.csv").alias("__file"),
        pl.int_range(1, frame.height + 1, dtype=pl.Int32).alias("__row"),
        pl.lit(None, pl.String()).alias("__fault"),
        pl.lit(None, pl.String()).alias("__raw"),
    )
    return layout, clean(whole, layout=layout, as_of=AS_OF).data.accounts


def fen(*columns: list[str]) -> list[int]:
    return [int(sum(Decimal(cell or 0) for cell in row) * 100) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize(
    ("headings", "field"),
    [
        (["表内欠息", "表外欠息"], "interest_fen"),
        (["表内利息", "表外利息（元）"], "interest_fen"),
        (["未偿表内利息", "表外应收利息余额"], "interest_fen"),
        (["罚息", "复利"], "penalty_fen"),
        (["罚息", "复利", "违约金", "滞纳金"], "penalty_fen"),
        (["律师费", "公告费", "保全费"], "fees_fen"),
        (["诉讼费", "执行费", "评估费", "垫付费用"], "fees_fen"),
        (["其他费用", "律师费", "案件受理费"], "fees_fen"),
    ],
)
def test_parts_of_one_amount_are_added(headings: list[str], field: str, tmp_path: Path) -> None:
    parts = {heading: amounts(i) for i, heading in enumerate(headings)}
    parts[headings[0]][3] = ""  # nothing owed there
    frame = tape(**parts)
    layout, accounts = read(frame, tmp_path)
    assert accounts[field].to_list() == fen(*parts.values())
    assert not bind(layout, frame.columns).unmapped
    assert {g.field for g in suggest_layout(headings).guesses} == {field}  # by name alone, too


def test_a_principal_in_parts_is_their_sum(tmp_path: Path) -> None:
    parts = {"正常本金": amounts(1), "逾期本金": amounts(2)}
    _, accounts = read(tape(**parts).drop("未偿本金"), tmp_path)
    assert accounts["principal_fen"].to_list() == fen(*parts.values())


@pytest.mark.parametrize("whole", ["未偿本金", "本金余额", "贷款余额"])
def test_a_part_beside_the_principal_is_no_more_than_a_part(whole: str, tmp_path: Path) -> None:
    columns = {whole: amounts(1), "正常本金": amounts(2), "逾期本金": amounts(3)}
    _, accounts = read(tape(**columns).select("借据号", "逾期天数", *columns), tmp_path)
    assert accounts["principal_fen"].to_list() == fen(columns[whole])


@pytest.mark.parametrize("beside", [["应收罚息"], ["未还罚息", "应收罚息"], ["拖欠罚息（元）"]])
def test_penalties_are_no_part_of_the_interest_that_their_names_are_like(beside: list[str], tmp_path: Path) -> None:
    columns = {name: amounts(i) for i, name in enumerate(["应收利息", *beside])}
    _, accounts = read(tape(**columns), tmp_path)
    assert accounts["interest_fen"].to_list() == fen(columns["应收利息"])
    assert accounts["penalty_fen"].to_list() == fen(columns[beside[0]])  # 应收 and 未还 are one penalty, of which the latter is left


@pytest.mark.parametrize(
    "heading", ["律师费", "公告费", "保全费", "执行费", "垫付费用", "诉讼费", "评估费", "律师费（元）", "代垫诉讼费", "申请执行费"]
)
def test_costs_of_going_to_court_are_fees(heading: str) -> None:
    frame = tape(**{heading: amounts(1)})
    guess = suggest_layout(frame.columns, frame).guesses[-1]
    assert (guess.field, guess.part) == ("fees_fen", 0)
    assert guess.confidence >= SURE_OF_MONEY


@pytest.mark.parametrize("order", itertools.permutations(["欠息合计", "表内欠息", "表外欠息"]))
def test_a_total_is_not_added_to_its_parts(order: tuple[str, ...], tmp_path: Path) -> None:
    mine, other = amounts(1), amounts(2)
    total = [f"{Decimal(a) + Decimal(b)}" for a, b in zip(mine, other, strict=True)]
    columns = {"欠息合计": total, "表内欠息": mine, "表外欠息": other}
    _, accounts = read(tape(**{name: columns[name] for name in order}), tmp_path)
    assert accounts["interest_fen"].to_list() == fen(total)


@pytest.mark.parametrize("name", ["欠息", "利息", "应收利息"])
def test_a_total_is_known_by_its_cells_or_by_its_name(name: str, tmp_path: Path) -> None:
    mine, other = amounts(1), amounts(2)
    total = [f"{Decimal(a) + Decimal(b)}" for a, b in zip(mine, other, strict=True)]
    _, accounts = read(tape(**{name: total, "表内欠息": mine, "表外欠息": other}), tmp_path)
    assert accounts["interest_fen"].to_list() == fen(total)
    guesses = {g.heading: g for g in suggest_layout([name, "表内欠息", "表外欠息"]).guesses}
    assert guesses[name].confidence >= 0.5 > guesses["表内欠息"].confidence
    assert guesses[name].doubts  # by name alone it is to be looked at
    assert guesses[name].confidence < CERTAIN


def test_what_is_less_than_its_parts_is_not_their_total(tmp_path: Path) -> None:
    """利息 of 1 yuan beside 表内欠息 and 表外欠息 of hundreds: all three are owed as far as can be told, and a person is asked."""
    small, mine, other = ["1.00"] * 20, amounts(1), amounts(2)
    frame = tape(利息=small, 表内欠息=mine, 表外欠息=other)
    _, accounts = read(frame, tmp_path)
    assert accounts["interest_fen"].to_list() == fen(small, mine, other)
    guesses = suggest_layout(frame.columns, frame).guesses[-3:]
    assert all(guess.doubts and guess.confidence < CERTAIN for guess in guesses)


@pytest.mark.parametrize("heading", ["已还利息", "累计已收利息", "减免利息", "利息说明"])
def test_what_is_not_owed_is_not_added(heading: str, tmp_path: Path) -> None:
    frame = tape(利息=amounts(1), **{heading: amounts(2) if heading != "利息说明" else ["无"] * 20})
    _, accounts = read(frame, tmp_path)
    assert accounts["interest_fen"].to_list() == fen(amounts(1))


def test_units_of_the_parts_are_their_own(tmp_path: Path) -> None:
    frame = tape(**{"表内欠息（万元）": ["1.5"] * 20, "表外欠息（元）": ["2.00"] * 20})
    _, accounts = read(frame, tmp_path)
    assert accounts["interest_fen"].to_list() == [1_500_200] * 20


def test_what_is_below_the_bar_of_certainty_is_to_be_confirmed() -> None:
    frame = tape(经办支行名=["城关支行"] * 20, 表外欠息=amounts(1))
    suggestion = suggest_layout(frame.columns, frame)
    assert {g.heading for g in suggestion.to_confirm} == {"经办支行名", "表外欠息"}
    assert {g.heading for g in suggestion.certain} == {"借据号", "未偿本金", "逾期天数"}


@pytest.mark.parametrize("heading", ["借据编号", "借据号", "贷款编号", "Loan ID"])
def test_a_heading_that_names_the_account_is_taken_at_its_word_where_nothing_else_can_be(heading: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({heading: list("123456"), "客户姓名": ["王伟"] * 6, "剩余本金": [f"90{i}.00" for i in range(6)]})
    assert counts_rows(profile(frame[heading]))
    suggestion = suggest_layout(frame.columns, frame)
    guess = suggestion.guesses[0]
    assert guess.field == "account_id"
    assert guess.confidence < CERTAIN
    assert guess.doubts
    assert set(TAPE_REQUIRED) <= set(bind(saved(suggestion, tmp_path), frame.columns).fields)
    better = frame.with_columns(pl.Series("借据流水号", [f"JJ{i * 7:06}" for i in range(6)]))
    found = {g.heading: g.field for g in suggest_layout(better.columns, better).guesses}
    assert (found[heading], found["借据流水号"]) == (None, "account_id")


@pytest.mark.parametrize("rows", [1, 2, 6])
@pytest.mark.parametrize("order", itertools.permutations(["本金", "逾期本金", "剩余本金"]))
def test_what_is_left_of_the_principal_is_the_debt(order: tuple[str, ...], rows: int) -> None:
    cells = {"本金": ["100"] * rows, "逾期本金": ["50"] * rows, "剩余本金": ["90"] * rows}
    frame = pl.DataFrame({"借据号": [f"J{i * 9}" for i in range(rows)]} | {name: cells[name] for name in order})
    assert {g.field: g.heading for g in suggest_layout(frame.columns, frame).guesses}["principal_fen"] == "剩余本金"


@pytest.mark.parametrize("total", ["欠息合计", "利息合计"])
def test_a_total_of_interest_is_the_interest_and_not_the_balance(total: str) -> None:
    headings = ["借据编号", "贷款余额", "表内欠息", "表外欠息", total]
    sample = pl.DataFrame(
        [[f"JJ{i:05}", str(1000 + i), str(i % 7 + 1), str(i % 5 + 2), str(i % 7 + i % 5 + 3)] for i in range(30)], schema=headings, orient="row"
    )
    for rows in (sample, None):
        fields = {guess.heading: guess.field for guess in suggest_layout(headings, rows).sure}
        assert fields[total] == "interest_fen"
        assert "表内欠息" not in fields
