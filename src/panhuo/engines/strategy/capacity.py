"""From the policy's limits to the optimiser's: the amounts for this portfolio, on the usage the routes' forecasts found."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from panhuo.engines.strategy.limits import Limit
from panhuo.engines.strategy.policy import UNITS, AtMost, LimitPolicy, StrategyPolicy
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.money import FEN_PER_WAN
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Words


def build_limits(policy: StrategyPolicy, measures: Mapping[str, npt.ArrayLike], *, accounts_overdue: int, balance_fen: float) -> list[Limit]:
    """One :class:`Limit` for each of the policy's, in its order.

    measures: usage by measure, broadcastable to (n, 12) in the order of ROUTES: staff_minutes, upfront_cost (fen), cost (fen), complaints,
    balance (fen, usually (n, 1)); ``cases`` may be left out: one a case. Limits on one measure share its array, nothing is copied.
    accounts_overdue, balance_fen: size of the whole overdue portfolio, to which the policy's amounts scale.
    Raises UsageInvalid for a measure that a limit needs and ``measures`` does not have.
    """
    given: dict[str, npt.ArrayLike] = {"cases": np.ones((1, 1)), **measures}
    out = []
    for name, limit in policy.limits.items():
        if limit.measure not in given:
            raise UsageInvalid(
                "MEASURE_MISSING",
                Words(f"缺少指标 {limit.measure}", f"the measure {limit.measure} is missing"),
                where=f"build_limits: limit {name}",
                remedy=Words("在 measures 中提供该指标", "pass it in measures"),
            )
        unit, unit_size, counted_in = UNITS[limit.measure]
        out.append(
            Limit(
                name,
                given[limit.measure],
                amount(limit, accounts_overdue=accounts_overdue, balance_fen=balance_fen),
                routes=None if limit.routes == "all" else np.isin(ROUTE_NAMES, limit.routes),
                title=limit.title.words,
                unit=unit,
                unit_size=unit_size,
                counted_in=counted_in,
            )
        )
    return out


def amount(limit: LimitPolicy, *, accounts_overdue: int, balance_fen: float) -> float:
    """How much of the limit there is for a portfolio of this size. A limit on cases allows whole cases: part of one counts as one."""
    at_most: AtMost = limit.at_most
    if at_most.absolute is not None:
        return at_most.absolute
    if at_most.share_of_balance is not None:
        return at_most.share_of_balance * balance_fen
    # divided last: 7 per 1,000 on 3,000 accounts is 21 exactly
    scaled = (at_most.per_1000_accounts or 0.0) * accounts_overdue / 1000.0
    scaled += at_most.per_million_yuan * balance_fen / (100 * FEN_PER_WAN)
    return float(math.ceil(scaled)) if limit.measure == "cases" else scaled
