"""The compiled loops over a few accounts: mending, climbing and exact search, on usage spread out to (w, c, K)."""

from __future__ import annotations

import numpy as np

from panhuo.engines.strategy.arrays import Floats, Ints
from panhuo.kernel.compiling import compiled


@compiled
def _excess(used: Floats, change: Floats, at_most: Floats, slack: Floats, unit: Floats) -> float:
    """By how much limits would be broken after ``change``, each in its ``unit``."""
    total = 0.0
    for k in range(used.shape[0]):
        after = used[k] + change[k]
        if after > at_most[k] + slack[k]:
            total += (after - at_most[k]) / unit[k]
    return total


@compiled
def mend(value: Floats, usage: Floats, choice: Ints, used: Floats, at_most: Floats, slack: Floats, prices: Floats, unit: Floats, most: int) -> bool:
    """Move one account at a time until every limit is kept: each time the move that buys the most relief for the value it loses.

    value (w, c), usage (w, c, K), choice (w,) the present candidate, used (K,) by all accounts; the last two are changed in place. The value
    lost is counted at ``prices``. False if no single move relieves any more.
    """
    w, c, limits = usage.shape
    change = np.zeros(limits)
    for _ in range(most):
        change[:] = 0.0
        broken = _excess(used, change, at_most, slack, unit)
        if broken == 0.0:
            return True
        best, at, to = np.inf, -1, -1
        for i in range(w):
            for j in range(c):
                if j == choice[i] or value[i, j] == -np.inf:
                    continue
                loss = value[i, choice[i]] - value[i, j]
                for k in range(limits):
                    change[k] = usage[i, j, k] - usage[i, choice[i], k]
                    loss += prices[k] * change[k]
                left = _excess(used, change, at_most, slack, unit)
                if left < broken * (1.0 - 1e-12) and max(loss, 0.0) / (broken - left) < best:
                    best, at, to = max(loss, 0.0) / (broken - left), i, j
        if at < 0:
            return False
        for k in range(limits):
            used[k] += usage[at, to, k] - usage[at, choice[at], k]
        choice[at] = to
    return False


@compiled
def climb(value: Floats, usage: Floats, choice: Ints, used: Floats, at_most: Floats, most: int) -> int:
    """While one account can move to a route that brings more and no limit breaks, make the most valuable such move. Returns the moves."""
    w, c, limits = usage.shape
    moves = 0
    while moves < most:
        best, at, to = 0.0, -1, -1
        for i in range(w):
            for j in range(c):
                gain = value[i, j] - value[i, choice[i]]
                if gain <= best:
                    continue
                fits = True
                for k in range(limits):
                    step = usage[i, j, k] - usage[i, choice[i], k]
                    if step > 0.0 and used[k] + step > at_most[k]:
                        fits = False
                        break
                if fits:
                    best, at, to = gain, i, j
        if at < 0:
            break
        for k in range(limits):
            used[k] += usage[at, to, k] - usage[at, choice[at], k]
        choice[at] = to
        moves += 1
    return moves


@compiled
def _outlook(value: Floats, usage: Floats, prices: Floats, worth: Floats, rest: Floats, least: Floats) -> None:
    """worth (m, c): value at ``prices``. rest[i], least[i, k]: the most that accounts i.. can be worth, the least of k they can use."""
    m, c, limits = usage.shape
    for i in range(m - 1, -1, -1):
        top = -np.inf
        for j in range(c):
            worth[i, j] = value[i, j]
            for k in range(limits):
                worth[i, j] -= prices[k] * usage[i, j, k]
            top = max(top, worth[i, j])
        rest[i] = rest[i + 1] + top
        for k in range(limits):
            low = np.inf
            for j in range(c):
                if value[i, j] > -np.inf:
                    low = min(low, usage[i, j, k])
            least[i, k] = least[i + 1, k] + low


@compiled
def _fits(used: Floats, more: Floats, least: Floats, room: Floats, after: Floats) -> bool:
    """after = used + more; whether that and the least usage still to come stay within ``room``."""
    for k in range(used.shape[0]):
        after[k] = used[k] + more[k]
        if after[k] + least[k] > room[k]:
            return False
    return True


@compiled
def search(value: Floats, usage: Floats, order: Ints, room: Floats, prices: Floats, best: Ints, most: int) -> bool:
    """Exact depth-first search over a few accounts for the best total value with usage within ``room`` (K,). True if it was complete.

    value (m, c) with -inf where barred; order (m, c): candidates best first at ``prices``. A branch is left when even its Lagrangian bound
    is no better than the best found, or when the least usage of what remains no longer fits. ``best`` (m,) receives the candidates and is
    left as it was if nothing fits.
    """
    m, c, limits = usage.shape
    worth, rest, least = np.zeros((m, c)), np.zeros(m + 1), np.zeros((m + 1, limits))
    _outlook(value, usage, prices, worth, rest, least)
    allowance = 0.0
    for k in range(limits):
        allowance += prices[k] * room[k]
    margin = 1e-12 * (abs(rest[0]) + abs(allowance))
    got, bound, used = np.zeros(m + 1), np.zeros(m + 1), np.zeros((m + 1, limits))
    at = np.full(m + 1, -1, dtype=np.int64)
    depth, nodes = 0, 0
    found = -np.inf
    while depth >= 0:
        if depth == m:
            if got[m] > found:
                found = float(got[m])
                for i in range(m):
                    best[i] = order[i, at[i]]
            depth -= 1
            continue
        at[depth] += 1
        j = int(order[depth, at[depth]]) if at[depth] < c else -1
        # candidates stand in descending order: once one is barred or cannot lead to better, so are the rest
        if j < 0 or value[depth, j] == -np.inf or bound[depth] + worth[depth, j] + rest[depth + 1] + allowance + margin <= found:
            depth -= 1
            continue
        nodes += 1
        if nodes > most:
            return False
        if _fits(used[depth], usage[depth, j], least[depth + 1], room, used[depth + 1]):
            got[depth + 1] = got[depth] + value[depth, j]
            bound[depth + 1] = bound[depth] + worth[depth, j]
            depth += 1
            at[depth] = -1
    return True
