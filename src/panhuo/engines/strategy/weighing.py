"""What is compared to say why: the chosen route against the runner-up and against the better one it was held from. See :mod:`.decisions`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from panhuo.engines.strategy.allocation import Allocation
from panhuo.engines.strategy.arrays import Flags, Floats, Ints
from panhuo.engines.strategy.limits import Limit
from panhuo.kernel.money import HALF_FEN
from panhuo.kernel.routes import ROUTES


@dataclass(frozen=True, slots=True)
class Facts:
    """By account. Routes and limits by position, -1 for none. ``best``: the eligible route of highest net value; ``net``: of the chosen
    route, or of ``best`` where none is chosen; ``more``: by how much ``best`` is above the chosen; ``priced``: whether limits' prices enter the margin.
    ``shut``: why ``best`` cannot be taken by this account, whatever the others do: 1 the limit is 0, 2 there is less of it than the account needs; else 0."""

    chosen: Ints
    runner: Ints
    best: Ints
    limit: Ints
    shut: Ints
    net: Floats
    margin: Floats
    more: Floats
    priced: Flags
    worked: Flags
    prices: Floats


def weigh(allocation: Allocation, net_value: Floats, eligible: Flags, limits: Sequence[Limit], worked: Flags) -> Facts:
    n = net_value.shape[0]
    every = np.arange(n)
    value = np.where(eligible, net_value, -np.inf)
    open_ = eligible.any(axis=1)
    chosen = allocation.choice.astype(np.int64)
    placed = chosen >= 0
    best = np.where(open_, value.argmax(axis=1) if value.size else -1, -1)
    adjusted, heaviest, limit = value.copy(), np.zeros(n), np.full(n, -1, dtype=np.int64)
    closed = _closed(value, chosen, limits)
    for k, (one, price) in enumerate(zip(limits, allocation.prices, strict=True)):
        if price <= 0.0:
            continue
        usage = np.broadcast_to(np.asarray(one.usage), value.shape)
        counts = np.ones(len(ROUTES), dtype=np.bool_) if one.routes is None else one.routes
        for j in np.flatnonzero(counts):
            adjusted[:, j] -= np.where(eligible[:, j], price * usage[:, j], 0.0)
        weight = price * (_used(usage, counts, best) - _used(usage, counts, chosen))
        heavier = weight > heaviest
        heaviest, limit = np.where(heavier, weight, heaviest), np.where(heavier, k, limit)
    if closed is not None:  # no plan can take them: neither runner-up nor held back by a price
        adjusted[closed >= 0] = -np.inf
        by = np.where(best >= 0, closed[every, np.maximum(best, 0)], -1)
        limit = np.where(by >= 0, by, limit)
        zero = np.array([one.at_most == 0.0 for one in limits])
        shut = np.where(by < 0, 0, np.where(zero[np.maximum(by, 0)], 1, 2))
    else:
        shut = np.zeros(n, dtype=np.int64)
    others = adjusted.copy()
    others[every[placed], chosen[placed]] = -np.inf
    runner = np.where(np.isfinite(others).any(axis=1), others.argmax(axis=1) if value.size else -1, -1)
    at, on = np.maximum(runner, 0), np.maximum(chosen, 0)
    has = runner >= 0
    net = np.where(placed, value[every, on], np.where(open_, value[every, np.maximum(best, 0)], 0.0))
    rival = np.where(has, adjusted[every, at], 0.0)
    margin = np.where(has, np.where(placed, adjusted[every, on], 0.0) - rival, 0.0)
    plain = np.where(has, np.where(placed, value[every, on], 0.0) - np.where(has, value[every, at], 0.0), 0.0)
    top = np.where(open_, value[every, np.maximum(best, 0)], 0.0)
    more = np.where(placed, top - net, 0.0)
    held = np.where(placed, more >= HALF_FEN, (top >= HALF_FEN) & open_)
    priced = np.abs(margin - plain) >= HALF_FEN
    return Facts(chosen, runner, best, np.where(held, limit, -1), np.where(held, shut, 0), net, margin, more, priced, worked, allocation.prices)


def _closed(value: Floats, chosen: Ints, limits: Sequence[Limit]) -> Ints | None:
    """(n, r): the first limit that alone keeps the account from the route, -1 where none does; None where that is so throughout."""
    out: Ints | None = None
    for k, one in enumerate(limits):
        over = one.shuts_out(*value.shape)
        if over is None:
            continue
        out = np.full(value.shape, -1, dtype=np.int64) if out is None else out
        out[over & (out < 0)] = k
    if out is not None:
        placed = np.flatnonzero(chosen >= 0)
        out[placed, chosen[placed]] = -1  # what was chosen was open, up to the rounding of a sum
    return out


def _used(usage: npt.NDArray[np.generic], counts: Flags, route: Ints) -> Floats:
    """What each account would use of a limit on its ``route`` (n,); 0 without one."""
    at = np.maximum(route, 0)
    used: Floats = np.where((route >= 0) & counts[at], usage[np.arange(route.size), at], 0.0)
    return used


def whole_fen(amount: Floats) -> Ints:
    """Whole fen, half away from zero."""
    whole: Ints = np.trunc(amount + np.copysign(0.5, amount)).astype(np.int64)
    return whole
