"""Money, masking, ladders and calendar against independent arithmetic."""

from __future__ import annotations

import calendar as stdlib_calendar
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.kernel import masking
from panhuo.kernel.calendar import BUCKETS, add_months, bucket
from panhuo.kernel.ladders import Step, cumulative
from panhuo.kernel.money import format_short, format_yuan, yuan
from panhuo.kernel.randomness import stream


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_yuan_rounds_half_up(amount: Decimal) -> None:
    cents = Fraction(amount) * 100
    whole, rest = divmod(abs(cents), 1)
    expected = int(whole) + (1 if rest >= Fraction(1, 2) else 0)
    assert yuan(amount) == (expected if cents >= 0 else -expected)
    assert yuan(amount) == int((amount * 100).to_integral_value(ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (0, "0.00元", "CNY 0.00"),
        (123_450, "1,234.50元", "CNY 1.23k"),
        (1_234_500_00, "123.5万元", "CNY 1.23m"),
        (-5_000_000_000_00, "-50.00亿元", "-CNY 5.00bn"),
    ],
)
def test_amounts_as_people_say_them(fen: int, zh: str, en: str) -> None:
    assert format_short(fen, "zh") == zh
    assert format_short(fen, "en") == en


def test_format_yuan_is_exact_at_the_far_end() -> None:
    assert format_yuan(9_000_000_000_000_001) == "90,000,000,000,000.01"


@given(st.integers(min_value=-1, max_value=5000))
def test_a_bucket_is_thirty_days(days: int) -> None:
    name = pl.DataFrame({"d": [days]}).select(bucket(pl.col("d"))).item()
    expected = 0 if days <= 0 else min(13, next(k for k in range(1, 1000) if days <= 30 * k))
    assert name == BUCKETS[expected]


@given(st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)), st.integers(0, 600))
def test_adding_months_never_leaves_the_month(day: dt.date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == min(day.day, stdlib_calendar.monthrange(later.year, later.month)[1])


@given(st.integers(0, 10**12))
def test_a_ladder_charges_each_part_at_its_own_rate(amount: int) -> None:
    steps = [Step(0, 0.0, 5000), Step(1_000_000, 0.025), Step(10_000_000, 0.02)]
    expected = (5000 if amount > 0 else 0) + 0.025 * max(0, min(amount, 10_000_000) - 1_000_000) + 0.02 * max(0, amount - 10_000_000)
    assert cumulative(np.array([float(amount)]), steps)[0] == pytest.approx(expected)


@given(st.text(min_size=1, max_size=30), st.sampled_from(sorted(masking.MASKS)))
def test_a_mask_never_shows_the_whole(value: str, kind: str) -> None:
    shown = pl.DataFrame({"v": [value]}).select(masking.MASKS[kind](pl.col("v"))).item()
    assert value not in shown or len(value) == 1
    hidden = len(value) - sum(1 for a, b in zip(value, shown, strict=False) if a == b)
    assert "*" in shown
    assert hidden >= 0


def test_streams_are_independent_and_repeatable() -> None:
    assert (stream(1, "a").integers(0, 1 << 60, 5) == stream(1, "a").integers(0, 1 << 60, 5)).all()
    assert not (stream(1, "a").integers(0, 1 << 60, 5) == stream(1, "b").integers(0, 1 << 60, 5)).all()
    assert not (stream(1, "a", "b").integers(0, 1 << 60, 5) == stream(1, "ab").integers(0, 1 << 60, 5)).all()


@pytest.mark.parametrize(
    ("written", "shown"), [("四川省成都市武侯区1号", "四川省成都市****"), ("四川路三号", "四川路****"), ("三单元四川路", "*单元*川路****")]
)
def test_a_province_is_no_house_number(written: str, shown: str) -> None:
    assert pl.DataFrame({"v": [written]}).select(masking.address(pl.col("v"))).item() == shown
