"""Which account goes which way: the best total value under limits, with a proof of how good it is.

**The problem.** n accounts, r routes, K limits. Account i on route j brings v_ij fen and uses a_kij of limit k (a court's filings, staff
minutes, fees paid up front...). Choose one route an account so that the sum of v is largest and no limit is exceeded. This is the
multi-dimensional multiple-choice knapsack: NP-hard, and a million accounts with twelve routes are twelve million yes-or-no variables. A general
solver is out of the question (HiGHS takes most of a minute for the *relaxed* problem at 100,000 x 10). But K is small, and that decides the
method.

**Prices.** Put a price p_k >= 0 on one unit of each limit. With prices, accounts no longer compete: each takes the route with the best
v_ij - sum_k p_k a_kij. The sum of those best figures plus p.b (b: what the limits allow) is a bound no assignment can beat, whatever the prices,
because any assignment that keeps the limits earns at least its own value at those prices. Minimising that bound over the prices
(:mod:`dual`) is a problem in K numbers, not n x r.

*Worked example.* Two accounts, two routes, in fen; one court slot::

              in house   court          price of the slot     best of A   best of B   + price x 1   bound
    A             100      180                   0               180         260            0         440
    B             150      260                  80               100         180           80         360
                                               110               100         150          110         360
                                               150               100         150          150         400

At a price between 80 and 110 the bound is 360: A stays in house (100), B sues (260), 360 is reached, hence optimal. The slot's price says that
one more of it would bring about 80: A's gain from court.

**Near ties.** The relaxed problem (accounts may be divided) has an optimal vertex with at most K divided accounts: as many basic variables as
equations, n + K, and each of the n accounts needs one. So at good prices all but a handful of accounts are settled, and what remains is
which of the accounts near a tie take the last units. :mod:`core` gathers a few thousand of those, solves their relaxed problem exactly,
settles the at most K divided ones by exact search, and uses what is left over by climbing. Where that leaves more than the gap asked for (few
accounts, many tight limits), a small core goes to branch and bound.

**The bound is proved, not estimated.** It is the dual value at prices >= 0, in float64 with compensated sums, raised by a bound on all
rounding. Infeasibility is proved the same way (:mod:`clash`): a weighting of the limits under which even the thriftiest choice uses
too much.

**Roads not taken.** *LP of the whole* by HiGHS: exact, but hundreds of times slower and tens of bytes a variable. *Plain subgradient steps*: no stopping
rule, hundreds of looks at all accounts where cutting planes need thirty. *Sorting by value per unit*: right for one limit, wrong by tens of
per cent for two. *Perturbing values to break ties*: ties are common here (accounts of one product, one balance), but the blend of the
planes' choices shares tied accounts out without touching a figure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from panhuo.engines.strategy.arrays import Choices, Floats
from panhuo.engines.strategy.limits import Limit
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """One route an account, and how good that provably is.

    choice: int16 (n,), -1 for none. objective: what it brings, fen. upper_bound: no assignment brings more:
    objective <= optimum <= upper_bound. gap: (upper_bound - objective) / max(|upper_bound|, |objective|, 1 fen).
    prices (K,): fen that one more unit of a limit would bring, about; 0 for a limit that does not bind; of one that is shut (0, or too little for
    anybody) what its first unit would bring. used (K,): of each limit.

    feasible False: choice is -1 throughout and objective is -inf. ``proven`` then tells whether there is no assignment at all (upper_bound
    is -inf) or merely none was found; ``clash`` names the limits that cannot be kept together (or were still broken); ``stranded`` holds
    the rows that have no eligible route although each account must have one. ``message`` says so in words.
    """

    choice: Choices
    objective: float
    upper_bound: float
    gap: float
    prices: Floats
    used: Floats
    feasible: bool
    proven: bool
    clash: tuple[str, ...]
    stranded: npt.NDArray[np.int64]
    message: Words

    def rows(self, start: int, stop: int) -> Allocation:
        """The same plan seen by accounts ``start``..``stop``: the choice is cut, prices and totals stay those of the whole."""
        return replace(self, choice=self.choice[start:stop])


def allocate(
    value: npt.ArrayLike,
    limits: Sequence[Limit],
    *,
    eligible: npt.ArrayLike | None = None,
    must_assign: bool = True,
    gap: float = 1e-3,
    seed: int = 0,
) -> Allocation:
    """The route of every account that brings most in all, every limit kept, with a proven bound.

    value: (n, r) fen, what account i brings on route j; -inf means not eligible; what stands where ``eligible`` (bool, n x r) is false is
    not read. limits: see :class:`Limit`. must_assign: every account gets a route; if false, an account that only costs is left out
    (choice -1, value 0, no usage). gap: good enough; work stops there. seed: of the sample that finds the first prices; the same arguments give
    the same answer, on any number of processors.

    A limit counts as kept up to the rounding of a float sum (1e-12 of ``at_most``). If nothing keeps every limit, the answer says so: see
    :class:`Allocation`. Raises UsageInvalid for wrong shapes and types, for values or usages that are not finite where eligible, for
    ``at_most`` that is NaN or -inf, and for two limits of one name.
    """
    from panhuo.engines.strategy.problem import build
    from panhuo.engines.strategy.solver import solve

    _check(limits, gap)
    problem, held = build(value, limits, eligible, not must_assign)
    names = [limit.name for limit in limits]
    if must_assign:
        stranded = np.flatnonzero((problem.value == -np.inf).all(axis=1))
        if stranded.size:
            return _none(problem.accounts, len(limits), -np.inf, True, (), stranded, _no_route(stranded))
    found = solve(problem, gap, seed)
    if found.choice is None:
        clash = tuple(names[held[k]] for k in found.clash)
        called = [limits[held[k]].called for k in found.clash]
        return _none(problem.accounts, len(limits), found.upper, found.proven, clash, np.zeros(0, dtype=np.int64), _no_way(called, found.proven))
    prices = np.zeros(len(limits))
    prices[held] = found.prices
    return Allocation(
        choice=found.choice,
        objective=found.objective,
        upper_bound=found.upper,
        gap=relative_gap(found.objective, found.upper),
        prices=prices,
        used=np.array([used(limit, found.choice, problem.routes) for limit in limits]),
        feasible=True,
        proven=True,
        clash=(),
        stranded=np.zeros(0, dtype=np.int64),
        message=Words("每项限额均已守住", "every limit is kept"),
    )


def used(limit: Limit, choice: Choices, routes: int) -> float:
    """What a choice uses of one limit: read straight off the usage passed in, summed pairwise."""
    placed = np.flatnonzero(choice >= 0)
    at = choice[placed]
    got = np.broadcast_to(np.asarray(limit.usage), (choice.size, routes))[placed, at].astype(np.float64)
    if limit.routes is not None:
        got = np.where(limit.routes[at], got, 0.0)
    return float(np.sum(got))


def _check(limits: Sequence[Limit], gap: float) -> None:
    remedy = Words("更正调用参数", "correct the argument")
    if not (isinstance(gap, int | float) and 0.0 <= gap < math.inf):
        raise UsageInvalid(
            "GAP_INVALID", Words(f"gap 须为非负数，现为 {gap!r}", f"gap must be >= 0, is {gap!r}"), where="allocate: gap", remedy=remedy
        )
    seen: set[str] = set()
    for limit in limits:
        if limit.name in seen:
            raise UsageInvalid(
                "LIMIT_TWICE", Words("两个限额同名", "two limits have this name"), where=f"allocate: limit {limit.name}", remedy=remedy
            )
        seen.add(limit.name)


def relative_gap(objective: float, upper: float) -> float:
    """(upper - objective) / max(|upper|, |objective|, 1 fen); infinite without an objective."""
    if objective == upper:
        return 0.0
    return (upper - objective) / max(abs(upper), abs(objective), 1.0) if math.isfinite(objective) else math.inf


def _none(n: int, k: int, upper: float, proven: bool, clash: tuple[str, ...], stranded: npt.NDArray[np.int64], message: Words) -> Allocation:
    choice = np.full(n, -1, dtype=np.int16)
    return Allocation(choice, -math.inf, upper, math.inf, np.zeros(k), np.zeros(k), False, proven, clash, stranded, message)


def _no_route(stranded: npt.NDArray[np.int64]) -> Words:
    first = "、".join(str(i) for i in stranded[:5]), ", ".join(str(i) for i in stranded[:5])
    return Words(
        f"{stranded.size} 个账户没有任何可用方式（行 {first[0]}{' 等' if stranded.size > 5 else ''}），却要求每户必有方式",
        f"{stranded.size} account(s) have no eligible route (rows {first[1]}{', ...' if stranded.size > 5 else ''}) but each must have one",
    )


def _no_way(called: list[Words], proven: bool) -> Words:
    zh, en = "、".join(f"“{c.zh}”" for c in called), ", ".join(f"'{c.en}'" for c in called)
    if proven and len(called) == 1:
        return Words(f"限额{zh}无法守住：用量最省的方案也会超出", f"limit {en} cannot be kept: even the thriftiest assignment exceeds it")
    if proven:
        return Words(f"限额{zh}不能同时守住：放宽其中之一", f"limits {en} cannot be kept together: relax one of them")
    return Words(
        f"未找到守住全部限额的方案（不排除存在）；仍超出的限额：{zh or '无'}",
        f"no assignment that keeps every limit was found (there may be one); still exceeded: {en or 'none'}",
    )
