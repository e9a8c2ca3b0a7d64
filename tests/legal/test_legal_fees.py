"""Statutory fees: published vectors to the fen, a slow naive twin, the statute's continuity, and dates."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.legal.fees import FeeBook, Fees, arbitration_fee, arbitration_fees, court_fee, court_fees, load_fees
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.money import MAX_FEN, yuan

FOLDER = Path(__file__).resolve().parents[2] / "src" / "panhuo" / "rulebooks" / "fees"
BOOK = load_fees(FOLDER)
FEES: Fees = BOOK.at(dt.date(2026, 11, 1))
KINDS = ("acceptance", "acceptance_half", "payment_order", "enforcement", "preservation")

# yuan: amount -> acceptance, half, payment order, enforcement, preservation, arbitration least, arbitration most
VECTORS = {
    "10000": ("50", "25", "16.67", "50", "120", "400", "550"),
    "30000": ("550", "275", "183.33", "350", "320", "1200", "1550"),
    "100000": ("2300", "1150", "766.67", "1400", "1020", "3500", "4550"),
    "200000": ("4300", "2150", "1433.33", "2900", "1520", "5500", "7550"),
    "500000": ("8800", "4400", "2933.33", "7400", "3020", "8500", "13550"),
    "1000000": ("13800", "6900", "4600", "12400", "5000", "11000", "18550"),
    "2500000": ("26800", "13400", "8933.33", "27400", "5000", "14750", "26050"),
}


@pytest.mark.parametrize("amount", VECTORS)
def test_published_vectors_to_the_fen(amount: str) -> None:
    fen = yuan(amount)
    got = [court_fee(kind, fen, fees=FEES.court) for kind in KINDS]
    got += [arbitration_fee(fen, fees=FEES.arbitration, position=Decimal(p)) for p in (0, 1)]
    assert got == [yuan(said) for said in VECTORS[amount]]


def quick_acceptance(amount: Decimal) -> Decimal:
    """The practitioner's quick formulas, bracket by bracket, in yuan: another way to the same fee."""
    for top, rate, plus in (
        ("100000", "0.025", "-200"),
        ("200000", "0.02", "300"),
        ("500000", "0.015", "1300"),
        ("1000000", "0.01", "3800"),
        ("2000000", "0.009", "4800"),
        ("5000000", "0.008", "6800"),
        ("10000000", "0.007", "11800"),
        ("20000000", "0.006", "21800"),
        ("1e30", "0.005", "41800"),
    ):
        if amount <= Decimal(top):
            return max(Decimal(50), amount * Decimal(rate) + Decimal(plus))
    raise AssertionError


def quick_enforcement(amount: Decimal) -> Decimal:
    for top, rate, plus in (("500000", "0.015", "-100"), ("5000000", "0.01", "2400"), ("10000000", "0.005", "27400"), ("1e30", "0.001", "67400")):
        if amount <= Decimal(top):
            return max(Decimal(50), amount * Decimal(rate) + Decimal(plus))
    raise AssertionError


def naive_preservation(amount: Decimal) -> Decimal:
    if amount <= 1000:
        return Decimal(30)
    if amount <= 100_000:
        return 30 + (amount - 1000) / 100
    return min(Decimal(5000), 30 + Decimal(990) + (amount - 100_000) / 200)


def fen(amount: Decimal) -> int:
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


amounts = st.integers(1, MAX_FEN) | st.integers(1, 3_000_000_000)


@given(amounts)
def test_against_the_quick_formulas(amount_fen: int) -> None:
    amount = Decimal(amount_fen) / 100
    accept = quick_acceptance(amount)
    assert court_fee("acceptance", amount_fen, fees=FEES.court) == fen(accept)
    assert court_fee("acceptance_half", amount_fen, fees=FEES.court) == fen(accept / 2)
    assert court_fee("enforcement", amount_fen, fees=FEES.court) == fen(quick_enforcement(amount))
    assert court_fee("preservation", amount_fen, fees=FEES.court) == fen(naive_preservation(amount))
    thirds = court_fee("payment_order", amount_fen, fees=FEES.court)
    assert abs(3 * thirds - int(accept * 100)) <= 3


@given(st.lists(amounts, min_size=1, max_size=20), st.integers(0, 100))
def test_the_column_form_agrees_with_the_exact_one(claims: list[int], percent: int) -> None:
    column = np.array(claims, dtype=np.float64)
    for kind in KINDS:
        exact = np.array([court_fee(kind, c, fees=FEES.court) for c in claims], dtype=np.float64)
        got = court_fees(kind, column, fees=FEES.court)
        assert (np.abs(got - exact) <= 0.5 + 1e-12 * column + 1e-6).all()
    position = Decimal(percent) / 100
    exact = np.array([arbitration_fee(c, fees=FEES.arbitration, position=position) for c in claims], dtype=np.float64)
    got = arbitration_fees(column, fees=FEES.arbitration, position=float(position))
    assert (np.abs(got - exact) <= 0.5 + 1e-12 * column + 1e-6).all()


@given(amounts, st.integers(1, 10_000_000))
def test_a_larger_claim_never_costs_less(amount_fen: int, more: int) -> None:
    for kind in KINDS:
        assert court_fee(kind, amount_fen + more, fees=FEES.court) >= court_fee(kind, amount_fen, fees=FEES.court)
    for position in (Decimal(0), Decimal("0.5"), Decimal(1)):
        less = arbitration_fee(amount_fen, fees=FEES.arbitration, position=position)
        assert arbitration_fee(amount_fen + more, fees=FEES.arbitration, position=position) >= less


def test_continuous_at_every_bracket_edge() -> None:
    """One fen more of claim never moves a fee by more than a fen: the statute's brackets join."""
    for kind, brackets in (("acceptance", FEES.court.acceptance), ("enforcement", FEES.court.enforcement), ("preservation", FEES.court.preservation)):
        for step in brackets.steps:
            edge = yuan(step.above)
            below, at, above = (court_fee(kind, edge + d, fees=FEES.court) for d in (-1, 0, 1))
            assert 0 <= at - below <= 1
            assert 0 <= above - at <= 1
    for position in (Decimal(0), Decimal(1)):
        for step in FEES.arbitration.least.steps:
            edge = yuan(step.above)
            values = [arbitration_fee(edge + d, fees=FEES.arbitration, position=position) for d in (-1, 0, 1)]
            assert max(np.diff(values)) <= 1


def test_half_a_fen_rounds_up_once_and_at_the_end() -> None:
    assert court_fee("acceptance", 1_000_020, fees=FEES.court) == 5_001  # 5,000 + 0.5
    assert court_fee("acceptance_half", 1_000_040, fees=FEES.court) == 2_501  # half of 5,001
    assert court_fee("acceptance_half", 1_000_020, fees=FEES.court) == 2_500  # half of 5,000.5, not of 5,001
    assert court_fee("payment_order", 1_000_000, fees=FEES.court) == 1_667  # a third of 5,000


def test_no_claim_no_fee() -> None:
    for kind in KINDS:
        assert court_fee(kind, 0, fees=FEES.court) == 0
        assert court_fee(kind, -5, fees=FEES.court) == 0
        assert court_fees(kind, np.zeros(2), fees=FEES.court).tolist() == [0.0, 0.0]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no court fee"):
        court_fee("acceptence", 1, fees=FEES.court)  # type: ignore[arg-type]


def test_schedules_are_picked_by_date() -> None:
    old = BOOK.court[0].model_copy(update={"effective_from": dt.date(1990, 1, 1), "effective_to": dt.date(2007, 3, 31), "title": "old"})
    book = FeeBook(court=(*BOOK.court, old), arbitration=BOOK.arbitration)
    assert book.at(dt.date(2007, 3, 31)).court.title == "old"
    assert book.at(dt.date(2007, 4, 1)).court is BOOK.court[0]
    with pytest.raises(ConfigurationInvalid, match="0 court fee schedules are in force on 1980-01-01"):
        book.at(dt.date(1980, 1, 1))
    with pytest.raises(ConfigurationInvalid, match="2 court"):
        FeeBook(court=(*BOOK.court, BOOK.court[0]), arbitration=BOOK.arbitration).at(dt.date(2026, 1, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("rate: 0.025", "rate: 2.5"), "steps.0.rate"),
        (("above: 100_000, rate: 0.02}", "above: 10_000, rate: 0.02}"), "rise strictly"),
        (("first_flat: 50", "first_flat: -1"), "first_flat"),
        (("most: 5_000", "most_yuan: 5_000"), "most_yuan"),
        (("effective_from: 2007-04-01", "effective_from: soon"), "effective_from"),
        (("kind: court", "kind: tribunal"), "kind"),
    ],
)
def test_a_bad_schedule_is_refused_with_its_place(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = (FOLDER / "court_2007.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "court.yaml").write_text(text.replace(change[0], change[1], 1), encoding="utf-8")
    with pytest.raises(ConfigurationInvalid, match=said) as caught:
        load_fees(tmp_path)
    assert "court.yaml" in caught.value.where
