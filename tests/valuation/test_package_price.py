"""Package prices against a slow sum, Excel's net present value, simulation, and invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.valuation.package_price import Buyer, package_price, return_at
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.randomness import stream


def made(accounts: int, months: int = 36, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    lot = stream(seed, "package")
    curve = lot.dirichlet(np.ones(months + 1), accounts)[:, :months] * lot.uniform(0, 0.6, (accounts, 1))
    return curve.astype(np.float32), np.exp(lot.normal(13, 1, accounts)).round()


@settings(max_examples=30)
@given(st.integers(1, 40), st.floats(0, 0.6), st.floats(0, 0.9), st.floats(0, 0.2), st.integers(0, 99))
def test_the_price_is_the_slow_sum(accounts: int, asked: float, servicing: float, buying: float, seed: int) -> None:
    curve, owed = made(accounts, months=12, seed=seed)
    found = package_price(curve, owed, buyer=Buyer(asked, servicing, buying))
    slow = 0.0
    for account in range(accounts):
        for month in range(1, 13):
            slow += float(curve[account, month - 1]) * owed[account] * (1 - servicing) / (1 + asked) ** ((month - 0.5) / 12) / (1 + buying)
    assert found.price == pytest.approx(slow, rel=1e-6, abs=1)
    assert found.face == owed.sum()
    assert found.low <= found.price <= found.high
    assert found.cash["present_fen"].sum() == pytest.approx(found.price * (1 + buying), rel=1e-6, abs=12)
    assert (found.cash["cash_fen"] - found.cash["servicing_fen"] - found.cash["net_fen"]).abs().max() <= 1


def test_one_payment_in_a_year_and_a_half_month() -> None:
    """100 yuan in month 12 at 10 %: 100 / 1.1 ^ (11.5 / 12)."""
    curve = np.zeros((1, 12), dtype=np.float32)
    curve[0, 11] = 1.0
    assert package_price(curve, np.array([10_000.0]), buyer=Buyer(0.1, 0.0)).price == round(10_000 / 1.1 ** (11.5 / 12))


def test_the_buyers_return_at_the_price_is_what_it_asked() -> None:
    curve, owed = made(500)
    for asked in (-0.1, 0.0, 0.15, 0.8):
        found = package_price(curve, owed, buyer=Buyer(asked, 0.35, 0.02))
        assert return_at(found.cash["cash_fen"].to_numpy().astype(float), found.price, servicing=0.35, buying=0.02) == pytest.approx(asked, abs=1e-4)
    assert return_at(np.zeros(12), 100.0, servicing=0.1) == -1.0
    assert return_at(np.ones(12), 0.0, servicing=0.1) == float("inf")


def test_more_is_asked_less_is_paid_and_segments_add_up() -> None:
    curve, owed = made(300)
    segments = ["卡" if k % 3 else "贷" for k in range(300)]
    prices = [package_price(curve, owed, buyer=Buyer(asked)).price for asked in (0.05, 0.15, 0.3)]
    assert prices == sorted(prices, reverse=True)
    found = package_price(curve, owed, buyer=Buyer(), segments=segments)
    assert found.segments["price_fen"].sum() == pytest.approx(found.price, abs=2)
    assert found.segments["share"].sum() == pytest.approx(1.0)
    assert found.segments["accounts"].sum() == 300
    alone = package_price(curve[[k % 3 == 0 for k in range(300)]], owed[[k % 3 == 0 for k in range(300)]], buyer=Buyer())
    assert found.segments.filter(segment="贷")["price_fen"].item() == alone.price
    middle = found.sensitivity.filter(recovery=1.0)
    assert middle["15.0%"].item() == found.price
    assert middle["25.0%"].item() < found.price < middle["5.0%"].item()
    assert found.sensitivity.filter(recovery=1.3)["15.0%"].item() == pytest.approx(1.3 * found.price, abs=2)


def test_the_interval_holds_what_comes_in_nine_times_in_ten() -> None:
    """Accounts that pay all or nothing, and a year that is good or bad for all: simulated from the same assumptions."""
    lot = stream(9, "simulated")
    curve, owed = made(60)
    buyer = Buyer(0.15, 0.35, 0.0, uncertainty=0.25)
    found = package_price(curve, owed, buyer=buyer)
    chance = curve.sum(axis=1)
    factor = np.exp(buyer.uncertainty * lot.normal(size=4000) - buyer.uncertainty**2 / 2)
    paid = (lot.random((4000, 60)) < np.clip(chance * factor[:, None], 0, 1)) @ owed
    worth = paid / (chance @ owed) * found.price
    assert 0.85 <= ((worth >= found.low) & (worth <= found.high)).mean() <= 0.97
    many = package_price(np.tile(curve, (400, 1)), np.tile(owed, 400), buyer=buyer)
    assert many.high / many.low == pytest.approx(np.exp(2 * 1.6449 * 0.25), rel=0.01)  # no number of accounts removes what holds for all


@pytest.mark.parametrize("buyer", [Buyer(servicing=1.0), Buyer(required_return=-0.9), Buyer(buying=-0.1), Buyer(uncertainty=9.0)])
def test_impossible_buyers_are_refused(buyer: Buyer) -> None:
    with pytest.raises(InputUnusable):
        package_price(*made(3), buyer=buyer)


def test_an_empty_package_is_refused_and_one_without_hope_costs_nothing() -> None:
    with pytest.raises(InputUnusable):
        package_price(np.zeros((0, 12), dtype=np.float32), np.zeros(0), buyer=Buyer())
    found = package_price(np.zeros((3, 12), dtype=np.float32), np.array([100.0, 0.0, -5.0]), buyer=Buyer())
    assert (found.price, found.low, found.high, found.face) == (0, 0, 0, 100)
