"""The compiled loops over all accounts. Every kernel releases the interpreter lock and sees one block of rows at a time.

Usage may be float32 or float64, all arithmetic is float64; a block's sums are compensated (Neumaier), so that a dual value carries no more than a few units of
rounding in the last place however the accounts are ordered.
"""

from __future__ import annotations

import numpy as np

from panhuo.engines.strategy.arrays import Choices, Flags, Floats, Ints, Reals
from panhuo.kernel.compiling import compiled


@compiled
def charge(reduced: Floats, data: Reals, columns: Ints, price: Floats) -> None:
    """reduced[i, columns[c]] -= data[i, c] * price[c]."""
    for i in range(reduced.shape[0]):
        for c in range(columns.shape[0]):
            reduced[i, columns[c]] -= data[i, c] * price[c]


@compiled
def charge_all(reduced: Floats, data: Reals, price: Floats) -> None:
    """As ``charge`` where the columns are all routes in order: the loop the compiler can vectorise."""
    for i in range(reduced.shape[0]):
        for j in range(reduced.shape[1]):
            reduced[i, j] -= data[i, j] * price[j]


@compiled
def charge_shared(reduced: Floats, data: Reals, price: Floats) -> None:
    """reduced[i, j] -= data[i, 0] * price[j]: one figure an account, whatever the route."""
    for i in range(reduced.shape[0]):
        for j in range(reduced.shape[1]):
            reduced[i, j] -= data[i, 0] * price[j]


@compiled
def pick(reduced: Floats, value: Floats, idle: bool, choice: Choices, counts: Floats) -> tuple[float, float]:
    """The best route of each account (first among equals, -1 if ``idle`` is allowed and nothing brings more than 0).

    Adds to ``counts`` the accounts a route got; returns the compensated sums of reduced and of plain value.
    """
    total, rest = 0.0, 0.0
    plain, plain_rest = 0.0, 0.0
    for i in range(reduced.shape[0]):
        best = 0.0 if idle else -np.inf
        at = -1
        for j in range(reduced.shape[1]):
            if reduced[i, j] > best:
                best = reduced[i, j]
                at = j
        choice[i] = at
        if at >= 0:
            counts[at] += 1.0
            t = total + best
            rest += (total - t) + best if abs(total) >= abs(best) else (best - t) + total
            total = t
            x = value[i, at]
            t = plain + x
            plain_rest += (plain - t) + x if abs(plain) >= abs(x) else (x - t) + plain
            plain = t
    return total + rest, plain + plain_rest


@compiled
def tally(data: Reals, position: Ints, choice: Choices, out: Floats) -> None:
    """out[c] += data[i, c] where account i chose the route of column c; ``position`` maps route to column or -1."""
    for i in range(choice.shape[0]):
        if choice[i] >= 0:
            c = position[choice[i]]
            if c >= 0:
                out[c] += data[i, c]


@compiled
def tally_shared(data: Reals, choice: Choices, out: Floats) -> None:
    """out[j] += data[i, 0] where account i chose route j."""
    for i in range(choice.shape[0]):
        if choice[i] >= 0:
            out[choice[i]] += data[i, 0]


@compiled
def thriftiest(value: Floats, idle: bool, data: Reals, position: Ints, weight: Floats, fixed: Floats, least: Floats) -> None:
    """least[i] = the least account i can use of one limit on a route open to it (inf if none is). Usage as in ``flips``."""
    for i in range(value.shape[0]):
        low = 0.0 if idle else np.inf
        for j in range(value.shape[1]):
            if value[i, j] > -np.inf:
                use = fixed[j]
                if position[j] >= 0:
                    use += weight[position[j]] * data[i, position[j]]
                low = min(low, use)
        least[i] = low


@compiled
def too_much(value: Floats, data: Reals, position: Ints, weight: Floats, fixed: Floats, least: Floats, room: float, out: Flags) -> int:
    """out[i, j] = account i on route j uses more than ``room`` beyond its least. Returns how many open pairs do."""
    count = 0
    for i in range(value.shape[0]):
        for j in range(value.shape[1]):
            use = fixed[j]
            if position[j] >= 0:
                use += weight[position[j]] * data[i, position[j]]
            if value[i, j] > -np.inf and use - least[i] > room:
                out[i, j] = True
                count += 1
    return count


@compiled
def flips(reduced: Floats, choice: Choices, idle: bool, data: Reals, position: Ints, weight: Floats, fixed: Floats, up: Floats, down: Floats) -> None:
    """How much one limit's price would have to fall (``up``) or rise (``down``) for account i to use more or less of it.

    up[i] = min over routes using more of (value lost) / (usage added), in reduced value; down[i] likewise for routes using less.
    ``data`` (n, c) may have no columns; ``position`` (r,) gives the column of a route or -1; usage is fixed[j] + weight[c] * data[i, c].
    """
    for i in range(reduced.shape[0]):
        at = choice[i]
        here, use = 0.0, 0.0
        if at >= 0:
            here = reduced[i, at]
            use = fixed[at]
            if position[at] >= 0:
                use += weight[position[at]] * data[i, position[at]]
        low, high = np.inf, np.inf
        for j in range(-1 if idle else 0, reduced.shape[1]):
            there, more = 0.0, 0.0
            if j >= 0:
                there = reduced[i, j]
                more = fixed[j]
                if position[j] >= 0:
                    more += weight[position[j]] * data[i, position[j]]
            if there == -np.inf:
                continue
            loss = max(here - there, 0.0)
            step = more - use
            if step > 0.0:
                low = min(low, loss / step)
            elif step < 0.0:
                high = min(high, -loss / step)
        up[i] = low
        down[i] = high
