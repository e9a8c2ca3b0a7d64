"""Every compiled walk along the months against its twin: the definition in plain Python, in exact fractions or in single precision step by step.

Shares come as multiples of 1/1024, so that what has been paid is exact in single precision and a twin in fractions tells the truth to the last digit.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from panhuo.kernel import curve_kernels as k

GRAIN = 1024
SHAPES = st.tuples(st.integers(0, 5), st.integers(0, 12))
SINGLE = st.floats(0.0, 1e9, width=32)


def whole(shape: tuple[int, ...], elements: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    return hnp.arrays(np.int64, shape, elements=elements)


@st.composite
def curves(draw: st.DrawFn, *, most: int = 200) -> Any:
    """(n, horizon) in 1/1024; a row may end at exactly 1, or pass it."""
    return draw(whole(draw(SHAPES), st.integers(0, most) | st.sampled_from([0, GRAIN // 2, GRAIN])))


def single(grains: Any) -> Any:
    return (grains / GRAIN).astype(np.float32)


def fractions(grains: Any) -> list[list[Fraction]]:
    return [[Fraction(int(g), GRAIN) for g in row] for row in grains]


def nowhere(shape: tuple[int, ...], kind: Any) -> Any:
    """An output no kernel may leave as it is."""
    return np.full(shape, np.nan, dtype=kind)


@given(curves())
@example(np.array([[GRAIN, 1, 0], [GRAIN, GRAIN, GRAIN]]))
def test_what_is_still_open(grains: Any) -> None:
    out = nowhere(grains.shape, np.float32)
    k.still_open(single(grains), out)
    assert out.tolist() == [[float(max(1 - sum(row[:m]), Fraction(0))) for m in range(len(row))] for row in fractions(grains)]


def slow_scaled(curve: list[Fraction], odds: list[Fraction]) -> list[float]:
    """By the definition: h of what is open, its odds times k, of what the new curve has left open."""
    left, out = Fraction(1), []
    for m, (share, factor) in enumerate(zip(curve, odds, strict=True)):
        still = 1 - sum(curve[:m])
        hazard = min(share / still, Fraction(1)) if still > 0 else Fraction(share > 0)
        below = 1 + (factor - 1) * hazard
        hazard = factor * hazard / below if below > 0 else Fraction(0)
        out.append(float(left * hazard))
        left *= 1 - hazard
    return out


@given(st.data())
def test_odds_scaled(data: Any) -> None:
    grains = data.draw(curves())
    odds = data.draw(whole(grains.shape, st.integers(0, 40 * GRAIN) | st.sampled_from([0, 1, GRAIN])))
    out = nowhere(grains.shape, np.float32)
    k.scaled(single(grains), single(odds), out)
    twin = [slow_scaled(*rows) for rows in zip(fractions(grains), fractions(odds), strict=True)]
    np.testing.assert_allclose(out, np.array(twin, dtype=np.float64).reshape(grains.shape), rtol=2e-7, atol=1e-10)


def test_odds_scaled_where_a_month_is_certain() -> None:
    """A certain month stays certain at any odds but none; what a spent curve still lists is not counted twice."""
    curve = single(np.array([[GRAIN, 0], [GRAIN // 2, GRAIN // 2], [GRAIN, GRAIN], [GRAIN, 0]]))
    odds = np.array([[1e-3, 5], [1, 0.25], [2, 2], [0, 1]], dtype=np.float32)
    out = nowhere(curve.shape, np.float32)
    k.scaled(curve, odds, out)
    assert out.tolist() == [[1, 0], [0.5, 0.5], [1, 0], [0, 0]]


@given(curves(most=GRAIN))
def test_hazards_walked(grains: Any) -> None:
    out = nowhere(grains.shape, np.float32)
    k.walked(single(grains), out)
    twin = [[float(h * math.prod(1 - before for before in row[:m])) for m, h in enumerate(row)] for row in fractions(grains)]
    np.testing.assert_allclose(out, np.array(twin, dtype=np.float64).reshape(grains.shape), rtol=2e-6, atol=1e-30)


@given(st.data())
def test_months_weighed(data: Any) -> None:
    shape = data.draw(SHAPES)
    matrix = data.draw(hnp.arrays(np.float32, shape, elements=SINGLE))
    weights = data.draw(hnp.arrays(np.float64, shape[1], elements=st.floats(0.0, 10.0)))
    out = nowhere(shape[:1], np.float64)
    k.weighed(matrix, weights, out)
    assert out.tolist() == pytest.approx([math.fsum(float(x) * float(w) for x, w in zip(row, weights, strict=True)) for row in matrix], rel=1e-14)


@given(st.data())
def test_profiles_added(data: Any) -> None:
    n, horizon = data.draw(SHAPES)
    cash = data.draw(hnp.arrays(np.float32, (n, horizon), elements=SINGLE))
    profiles = data.draw(hnp.arrays(np.float32, (3, horizon), elements=st.floats(0.0, 1.0, width=32)))
    weights = data.draw(hnp.arrays(np.float32, n, elements=SINGLE))
    group = data.draw(whole((n,), st.integers(0, 2)))
    twin = [
        [cash[i, m] + weights[i] * profiles[group[i], m] for m in range(horizon)] for i in range(n)
    ]  # NumPy's scalars: single precision throughout
    k.added_profiles(cash, weights, profiles, group)
    assert cash.tolist() == [[float(x) for x in row] for row in twin]


@given(st.data())
def test_a_curve_added_later(data: Any) -> None:
    n, horizon = data.draw(SHAPES)
    cash = data.draw(hnp.arrays(np.float32, (n, horizon), elements=SINGLE))
    curve = data.draw(hnp.arrays(np.float32, (n, horizon), elements=st.floats(0.0, 1.0, width=32)))
    weights = data.draw(hnp.arrays(np.float32, n, elements=SINGLE))
    delay = data.draw(st.integers(0, horizon + 2))
    twin = [[cash[i, m] + weights[i] * curve[i, m - delay] if m >= delay else cash[i, m] for m in range(horizon)] for i in range(n)]
    k.added_curve(cash, weights, curve, delay)
    assert cash.tolist() == [[float(x) for x in row] for row in twin]


@given(st.data())
def test_totals_of_a_forecast(data: Any) -> None:
    shape = data.draw(SHAPES)
    cash, running = (data.draw(hnp.arrays(np.float32, shape, elements=SINGLE)) for _ in range(2))
    factors = data.draw(hnp.arrays(np.float64, shape[1], elements=st.floats(0.0, 1.0)))
    out = nowhere((4, shape[0]), np.float64)
    k.totals(cash, running, factors, out)

    def summed(rows: Any, by_month: Any) -> list[float]:
        return [math.fsum(float(x) * float(w) for x, w in zip(row, by_month, strict=True)) for row in rows]

    months = range(shape[1])
    twin = [summed(cash, [1] * shape[1]), summed(cash, factors), summed(cash, [m + 0.5 for m in months]), summed(running, factors)]
    for got, expected in zip(out.tolist(), twin, strict=True):
        assert got == pytest.approx(expected, rel=1e-14)
