"""The compiled searches over few accounts, against listing everything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from panhuo.engines.strategy import moves
from panhuo.kernel.randomness import stream


def everything(value: np.ndarray, usage: np.ndarray, room: np.ndarray) -> float:
    m, c = value.shape
    best = -np.inf
    for choice in itertools.product(range(c), repeat=m):
        at = np.array(choice)
        if (usage[np.arange(m), at].sum(axis=0) <= room).all():
            best = max(best, value[np.arange(m), at].sum())
    return best


def whole_numbers(seed: int, m: int, c: int, k: int, *, negative: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers, so that limits are often met exactly; some candidates barred."""
    g = stream(seed, "moves")
    value = g.integers(-5, 20, (m, c)).astype(float)
    value[g.random((m, c)) < 0.2] = -np.inf
    value[:, 0] = np.where(np.isfinite(value).any(axis=1), value[:, 0], 0.0)
    usage = g.integers(-2 if negative else 0, 4, (m, c, k)).astype(float)
    at = np.where(np.isfinite(value), value, -np.inf).argmax(axis=1)
    room = np.floor(usage[np.arange(m), at].sum(axis=0) * g.uniform(0.2, 1.0, k))
    return value, usage, room


@pytest.mark.parametrize("seed", range(60))
def test_search_finds_the_best_or_that_there_is_none(seed: int) -> None:
    value, usage, room = whole_numbers(seed, 6, 3, 2, negative=bool(seed % 2))
    best = everything(value, usage, room)
    for prices in (np.zeros(2), np.array([3.0, 1.5])):
        order = np.argsort(-(value - usage @ prices), axis=1, kind="stable")
        found = np.full(6, -1)
        assert moves.search(value, usage, order, room, prices, found, 100_000)
        if best == -np.inf:
            assert (found == -1).all()
        else:
            assert value[np.arange(6), found].sum() == best
            assert (usage[np.arange(6), found].sum(axis=0) <= room).all()


def test_search_admits_when_it_was_cut_short() -> None:
    value, usage, _ = whole_numbers(0, 12, 3, 2, negative=False)
    room = np.full(2, 1e9)
    order = np.argsort(-value, axis=1, kind="stable")
    assert not moves.search(value, usage, order, room, np.zeros(2), np.full(12, -1), 5)


def test_mend_gives_up_least_value() -> None:
    """One of three must leave route 1 (of which there are two places): the one who gains least from it."""
    value = np.array([[0.0, 30.0], [0.0, 10.0], [0.0, 20.0]])
    usage = np.zeros((3, 2, 1))
    usage[:, 1] = 1.0
    choice = np.array([1, 1, 1])
    assert moves.mend(value, usage, choice, np.array([3.0]), np.array([2.0]), np.zeros(1), np.zeros(1), np.ones(1), 10)
    assert choice.tolist() == [1, 0, 1]


@pytest.mark.parametrize("seed", range(30))
def test_mend_and_climb_keep_their_promises(seed: int) -> None:
    value, usage, room = whole_numbers(seed, 40, 3, 2, negative=False)
    every = np.arange(40)
    choice = np.where(np.isfinite(value), value, -np.inf).argmax(axis=1)
    slack, unit = np.zeros(2), np.ones(2)
    used = usage[every, choice].sum(axis=0)
    room = np.floor(used * stream(seed, "room").uniform(0.7, 1.1, 2))
    mended = moves.mend(value, usage, choice, used, room, slack, np.array([1.0, 1.0]), unit, 1000)
    assert used.tolist() == usage[every, choice].sum(axis=0).tolist()
    assert np.isfinite(value[every, choice]).all()
    assert mended == (used <= room).all()
    if not mended:
        return
    before = value[every, choice].sum()
    moves.climb(value, usage, choice, used, room, 1000)
    assert (used <= room).all()
    assert used.tolist() == usage[every, choice].sum(axis=0).tolist()
    assert value[every, choice].sum() >= before
    for i in range(40):  # no single move is left
        for j in range(3):
            if value[i, j] > value[i, choice[i]]:
                assert (used + usage[i, j] - usage[i, choice[i]] > room).any()
