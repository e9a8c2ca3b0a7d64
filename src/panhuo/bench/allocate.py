"""``allocate`` at full size, and against HiGHS on what HiGHS can still do, in the same run."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from panhuo.engines.strategy import Limit, allocate
from panhuo.engines.strategy.allocation import relative_gap
from panhuo.kernel.randomness import stream

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def bench_allocate(n: int = 1_000_000, r: int = 12, k: int = 20, seed: int = 0, *, peer: int = 20_000) -> dict[str, Any]:
    """Seconds and gap of ``allocate`` on n x r x k; then on ``peer`` accounts of the same make beside the relaxed problem by HiGHS.

    ``seconds_first`` includes loading or compiling the kernels (on 2,000 accounts); ``seconds`` does not. HiGHS's assignment is its vertex with the few
    divided accounts put on the free route, its gap counted as ours is. ``peer`` 0 leaves HiGHS out.
    """
    small = _portfolio(2_000, r, k, seed)
    started = time.perf_counter()
    allocate(small[0], small[1], eligible=small[2])
    first = time.perf_counter() - started
    value, limits, eligible = _portfolio(n, r, k, seed)
    started = time.perf_counter()
    plan = allocate(value, limits, eligible=eligible)
    out: dict[str, Any] = {
        "accounts": n,
        "routes": r,
        "limits": k,
        "binding": int((plan.prices > 0).sum()),
        "seconds_first": round(first, 2),
        "seconds": round(time.perf_counter() - started, 2),
        "gap": plan.gap,
        "feasible": plan.feasible,
    }
    if peer:
        del value, limits, eligible
        out["beside_highs"] = _beside(_portfolio(peer, r, k, seed))
    return out


def _beside(portfolio: tuple[Floats, list[Limit], Flags]) -> dict[str, Any]:
    value, limits, eligible = portfolio
    started = time.perf_counter()
    plan = allocate(value, limits, eligible=eligible)
    out: dict[str, Any] = {"accounts": value.shape[0], "panhuo": {"seconds": round(time.perf_counter() - started, 2), "gap": plan.gap}}
    for method in ("highs-ds", "highs-ipm"):
        out[method] = _highs(value, limits, eligible, method)
    return out


def _highs(value: Floats, limits: list[Limit], eligible: Flags, method: str) -> dict[str, float]:
    """The relaxed problem as one linear programme."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    n, r = value.shape
    started = time.perf_counter()
    account, route = np.nonzero(eligible)
    rows = [_usage(limit, n, r)[account, route] / limit.at_most for limit in limits]
    once = coo_array((np.ones(account.size), (account, np.arange(account.size))), shape=(n, account.size)).tocsr()
    scale = float(np.abs(value).mean())
    answer = linprog(
        -value[account, route] / scale,
        A_ub=coo_array(np.array(rows)).tocsr(),
        b_ub=np.ones(len(limits)),
        A_eq=once,
        b_eq=np.ones(n),
        bounds=(0.0, None),
        method=method,
    )
    seconds = time.perf_counter() - started
    share = np.zeros((n, r))
    share[account, route] = answer.x
    choice = np.where(share.max(axis=1) > 1.0 - 1e-6, share.argmax(axis=1), 0)
    objective = float(value[np.arange(n), choice].sum())
    return {"seconds": round(seconds, 2), "gap": relative_gap(objective, -float(answer.fun) * scale)}


def _usage(limit: Limit, n: int, r: int) -> Floats:
    whole = np.broadcast_to(np.asarray(limit.usage), (n, r)) * (1.0 if limit.routes is None else limit.routes)
    return np.asarray(whole, dtype=np.float64)


def _portfolio(n: int, r: int, k: int, seed: int) -> tuple[Floats, list[Limit], Flags]:
    """Lognormal balances, noisy routes, 70 % of pairs eligible; limits on cases, minutes, fees, complaints and balance, each between a third and
    110 % of what would be used without limits. Route 0 uses nothing and is open to all, so that a plan exists."""
    g = stream(seed, "bench", "allocate")
    balance = np.exp(g.normal(13.5, 1.2, n))
    noise = np.exp(g.normal(0.0, 0.5, (n, r)))
    value = balance[:, None] * g.beta(1.2, 4.0, (n, 1)) * g.uniform(0.3, 1.2, r) * noise - g.uniform(1e3, 4e4, r)
    eligible = g.random((n, r)) < 0.7
    eligible[:, 0] = True
    measures = (
        np.ones((1, 1)),
        np.exp(g.normal(3.0, 0.8, (n, r))).astype(np.float32),
        (balance[:, None] * 0.02 * g.random((n, r))).astype(np.float32),
        g.beta(1.0, 60.0, (n, r)).astype(np.float32),
        balance[:, None],
    )
    free = np.where(eligible, value, -np.inf).argmax(axis=1)
    limits = []
    for at in range(k):
        routes = np.zeros(r, dtype=np.bool_)
        routes[g.choice(np.arange(1, r), size=int(g.integers(1, 4)), replace=False)] = True
        usage = measures[at % len(measures)]
        used = np.broadcast_to(usage, (n, r))[np.arange(n), free] * routes[free]
        limits.append(Limit(f"limit {at + 1}", usage, float(used.sum(dtype=np.float64) * g.uniform(0.33, 1.1)), routes=routes))
    return value, limits, eligible
