"""The compiled walks over routes that no other test holds by itself, against NumPy on the usage spread out in full. (Charging, picking and tallying: test_dual.)

Figures are whole numbers, so that sums are exact and ties are ties.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from panhuo.engines.strategy import kernels
from panhuo.engines.strategy.arrays import Floats, Ints
from panhuo.kernel.randomness import stream

N, R = 200, 5


class Usage(NamedTuple):
    """As the kernels take it, and ``full`` (n, r)."""

    data: Floats
    position: Ints
    weight: Floats
    fixed: Floats
    full: Floats


def instance(seed: int) -> tuple[Floats, Usage]:
    """Values with barred pairs, some accounts without any route; of the routes some, all or none have a column of usage."""
    g = stream(seed, "kernels")
    value = g.integers(-4, 9, (N, R)).astype(float)
    value[g.random((N, R)) < 0.3] = -np.inf
    columns = g.permutation(R)[: int(g.integers(0, R + 1))]
    position = np.full(R, -1, dtype=np.int64)
    position[columns] = np.arange(columns.size)
    data, weight, fixed = (
        g.integers(0, 5, (N, columns.size)).astype(float),
        g.integers(0, 3, columns.size).astype(float),
        g.integers(0, 3, R).astype(float),
    )
    full = np.broadcast_to(fixed, (N, R)).copy()
    full[:, columns] += weight * data
    return value, Usage(data, position, weight, fixed, full)


def with_idle(value: Floats, full: Floats) -> tuple[Floats, Floats]:
    """A last route that brings nothing and uses nothing."""
    return np.hstack([value, np.zeros((N, 1))]), np.hstack([full, np.zeros((N, 1))])


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_the_least_an_account_can_use(seed: int, idle: bool) -> None:
    value, usage = instance(seed)
    least = np.full(N, np.nan)
    kernels.thriftiest(value, idle, usage.data, usage.position, usage.weight, usage.fixed, least)
    worth, full = with_idle(value, usage.full) if idle else (value, usage.full)
    assert (least == np.where(np.isfinite(worth), full, np.inf).min(axis=1)).all()


@pytest.mark.parametrize("room", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(12))
def test_pairs_that_use_too_much(seed: int, room: float) -> None:
    value, usage = instance(seed)
    least = stream(seed, "least").integers(0, 3, N).astype(float)
    before = stream(seed, "struck").random((N, R)) < 0.1
    struck = before.copy()
    found = kernels.too_much(value, usage.data, usage.position, usage.weight, usage.fixed, least, room, struck)
    twin = np.isfinite(value) & (usage.full - least[:, None] > room)
    assert found == twin.sum()
    assert (struck == (before | twin)).all()


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_how_far_a_price_must_move_for_an_account_to_change(seed: int, idle: bool) -> None:
    value, usage = instance(seed)
    worth, full = with_idle(value, usage.full) if idle else (value, usage.full)
    g = stream(seed, "chosen")
    at = np.where(
        np.isfinite(worth).any(axis=1), np.where(np.isfinite(worth), g.random(worth.shape), -1.0).argmax(axis=1), -1
    )  # any open route, not only the best
    choice = np.where(at == R, -1, at).astype(np.int16)
    up, down = np.full(N, np.nan), np.full(N, np.nan)
    kernels.flips(value, choice, idle, usage.data, usage.position, usage.weight, usage.fixed, up, down)
    rows = np.arange(N)
    here, use = np.where(choice >= 0, value[rows, choice], 0.0)[:, None], np.where(choice >= 0, usage.full[rows, choice], 0.0)[:, None]
    loss, step = np.maximum(here - worth, 0.0), full - use
    ratio = np.divide(loss, np.abs(step), out=np.full_like(loss, np.inf), where=(step != 0) & np.isfinite(worth))
    assert (up == np.where(step > 0, ratio, np.inf).min(axis=1)).all()
    assert (down == np.where(step < 0, ratio, np.inf).min(axis=1)).all()
    assert np.isfinite(up).sum() > N // 4
