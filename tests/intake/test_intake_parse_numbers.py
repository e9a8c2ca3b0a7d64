"""Amounts against exact decimal arithmetic; rates, counts and measures in their ways of being written."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.layout import MONEY_UNITS
from panhuo.engines.intake.parse_cells import BLANK, VALUE, VERDICT, Spec
from panhuo.engines.intake.parse_numbers import fast_float, fast_typed, slow_float, slow_integer, slow_money
from panhuo.kernel.frames import TAPE
from panhuo.kernel.money import MAX_FEN, yuan


def spec(name: str, unit: str | None = None) -> Spec:
    return Spec(name, name, TAPE[name].kind, unit, field=TAPE[name])


def money(*cells: str, unit: str = "yuan") -> list[tuple[int | None, str]]:
    return slow_money(pl.Series(cells, dtype=pl.String), spec("principal_fen", unit)).rows()


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("1,234.50元", 123_450),
        ("(500.00)", -50_000),
        ("（５００．００）", -50_000),
        ("－１２３", -12_300),
        ("500.00-", -50_000),
        ("−5", -500),
        ("—500", -50_000),
        ("￥1,234.5", 123_450),
        ("¥-500", -50_000),
        ("人民币 500 元整", 50_000),
        ("1.2万元", 1_200_000),
        ("3亿", 30_000_000_000),
        ("5百万", 500_000_000),
        ("1.5e5", 15_000_000),
        ('"12.30"', 1_230),
        ("'12.30", 1_230),
        ("+7", 700),
        (".5", 50),
        ("0.005", 1),
        ("12.3449", 1_234),
        ("-12.345", -1_235),
        ("90000000000000", MAX_FEN),
    ],
)
def test_amounts_as_people_write_them(cell: str, fen: int) -> None:
    assert money(cell)[0][0] == fen


@pytest.mark.parametrize(
    "cell", ["1,23", "1.234,50", "1,2345", "100 200", "-(5)", "-5-", "nan", "inf", "-inf", "五万", "12.3.4", "٣", "0x10", "1_000", "--5", "()", "5%"]
)
def test_amounts_that_are_not_guessed_at(cell: str) -> None:
    assert money(cell) == [(None, "AMOUNT_UNREADABLE")]


@pytest.mark.parametrize("cell", ["1e308", "9" * 30, "90000000000000.01", "-1e300", "1" * 5000])
def test_amounts_beyond_all_bounds(cell: str) -> None:
    assert money(cell) == [(None, "AMOUNT_ABSURD")]


@pytest.mark.parametrize("cell", ["", "  ", "-", "—", "N/A", "null", "NULL", "无", "#N/A", "\\N"])
def test_amounts_that_say_nothing(cell: str) -> None:
    assert money(cell) == [(None, BLANK)]


def test_the_cells_own_unit_wins_over_the_columns() -> None:
    assert money("1.5", "1.5元", "1.5亿", "0.0000015", unit="wan") == [
        (1_500_000, ""),
        (150, "AMOUNT_FORMAT"),
        (15_000_000_000, "AMOUNT_FORMAT"),
        (2, "AMOUNT_ROUNDED"),
    ]


def test_what_is_fine_for_a_column_draws_no_word() -> None:
    assert [verdict for _, verdict in money("12", "12.5", "12.50", "12.500", "+12", "1e3")] == [""] * 6


def _exact(text: str, unit: str) -> int:
    return int((Decimal(text) * MONEY_UNITS[unit]).quantize(Decimal(1), rounding=ROUND_HALF_UP))


AMOUNT = st.decimals(min_value=-(10**13), max_value=10**13, places=None, allow_nan=False, allow_infinity=False).map(lambda d: format(d, "f"))


@given(st.lists(AMOUNT, min_size=1, max_size=30), st.sampled_from(list(MONEY_UNITS)))
def test_slow_amounts_equal_decimal_arithmetic(cells: list[str], unit: str) -> None:
    for text, (fen, _) in zip(cells, money(*cells, unit=unit), strict=True):
        exact = _exact(text, unit)
        assert fen == (exact if abs(exact) <= MAX_FEN else None)


@given(st.lists(AMOUNT, min_size=1, max_size=30), st.sampled_from(list(MONEY_UNITS)))
def test_fast_amounts_are_exact_wherever_they_are_sure(cells: list[str], unit: str) -> None:
    question = spec("principal_fen", unit)
    frame = pl.DataFrame({"c": cells}).select(fast_float(pl.col("c"), question)).select(fast_typed(pl.col("c"), question))
    for text, fen in zip(cells, frame["c"], strict=True):
        assert fen is None or fen == _exact(text, unit)


@given(st.integers(-(10**14), 10**14))
def test_two_decimals_are_always_exact_and_fast(fen: int) -> None:
    text = format(Decimal(fen) / 100, ".2f")
    question = spec("principal_fen", "yuan")
    got = pl.DataFrame({"c": [text]}).select(fast_float(pl.col("c"), question)).select(fast_typed(pl.col("c"), question)).item()
    assert got == fen == money(text)[0][0] == yuan(text)


def test_an_optional_amount_has_codes_of_its_own() -> None:
    out = slow_money(pl.Series(["abc", "1e308", "5"]), spec("credit_limit_fen", "yuan"))
    assert out[VERDICT].to_list() == ["OPTIONAL_AMOUNT_UNREADABLE", "OPTIONAL_AMOUNT_ABSURD", ""]


@pytest.mark.parametrize(
    ("cell", "unit", "rate"),
    [
        ("0.18", "auto", 0.18),
        ("18", "auto", 0.18),
        ("1", "auto", 0.01),
        ("18%", "fraction", 0.18),
        ("18％", "auto", 0.18),
        ("18‰", "auto", 0.018),
        ("18", "percent", 0.18),
        ("0.18", "percent", 0.0018),
        ("18", "permille", 0.018),
        ("-3%", "auto", -0.03),
        ("0.5%", "auto", 0.005),
    ],
)
def test_rates(cell: str, unit: str, rate: float) -> None:
    assert slow_float(pl.Series([cell]), spec("annual_rate", unit))[VALUE].item() == pytest.approx(rate, rel=1e-12)


@pytest.mark.parametrize(
    ("cell", "unit", "months"),
    [
        ("36", None, 36),
        ("36期", None, 36),
        ("36个月", None, 36),
        (" 36 months", None, 36),
        ("3年", None, 36),
        ("90天", None, 3),
        ("3", "years", 36),
        ("36期", "years", 36),
        ("12.0", None, 12),
        ("3", "weeks", 1),
    ],
)
def test_terms_in_their_units(cell: str, unit: str | None, months: int) -> None:
    assert slow_integer(pl.Series([cell]), spec("term_months", unit))[VALUE].item() == months


@pytest.mark.parametrize("cell", ["12.5", "三年", "12-24", "nan"])
def test_a_count_that_is_no_whole_number(cell: str) -> None:
    assert slow_integer(pl.Series([cell]), spec("calls_90d")).rows() == [(None, "NUMBER_UNREADABLE")]


def test_areas_in_mu() -> None:
    out = slow_float(pl.Series(["3亩", "90.5㎡", "90.5"]), spec("collateral_area_m2"))
    assert out[VALUE].to_list() == pytest.approx([2000.0, 90.5, 90.5])
