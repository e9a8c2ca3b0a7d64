"""Limits as data: what a policy file may say, and what it comes to for a portfolio."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from panhuo.engines.strategy import StrategyPolicy, allocate, build_limits
from panhuo.kernel.documents import check
from panhuo.kernel.errors import ConfigurationInvalid, UsageInvalid
from panhuo.kernel.routes import ROUTE_NAMES


def limit(**changes: Any) -> dict[str, Any]:
    whole = {
        "title": {"zh": "法院立案量", "en": "court filings"},
        "measure": "cases",
        "routes": ["litigation"],
        "at_most": {"per_1000_accounts": 50},
        "source": "house: a test",
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def policy(**limits: dict[str, Any]) -> StrategyPolicy:
    data = {"gap": {"value": 0.001, "source": "house"}, "bars_named": {"value": 3, "source": "house"}, "limits": limits}
    return check(data, StrategyPolicy, where="test.yaml")


MEASURES = {"staff_minutes": np.ones((1, 12)), "balance": np.full((1, 1), 5.0)}


def amounts(found: StrategyPolicy, accounts: int, balance: float) -> list[float]:
    return [one.at_most for one in build_limits(found, MEASURES, accounts_overdue=accounts, balance_fen=balance)]


def test_amounts_follow_the_size_of_the_portfolio() -> None:
    found = policy(
        a=limit(),
        b=limit(measure="staff_minutes", at_most={"per_1000_accounts": 40_000}),
        c=limit(measure="balance", routes="all", at_most={"share_of_balance": 0.2}),
        d=limit(at_most={"absolute": 7.5}),
    )
    assert amounts(found, 3_000, 1e9) == [150.0, 120_000.0, 2e8, 7.5]
    assert amounts(found, 10, 1e5) == [1.0, 400.0, 2e4, 7.5]  # half a case is one case
    assert amounts(found, 0, 0.0) == [0.0, 0.0, 0.0, 7.5]


def test_large_claims_bring_people_of_their_own() -> None:
    found = policy(a=limit(measure="staff_minutes", at_most={"per_1000_accounts": 100, "per_million_yuan": 60}))
    assert amounts(found, 2_000, 3e8) == [200.0 + 180.0]
    assert amounts(found, 2_000, 0.0) == [200.0]
    for other in ({"absolute": 1}, {"share_of_balance": 0.1}):
        with pytest.raises(ConfigurationInvalid, match="per_million_yuan"):
            policy(a=limit(measure="balance", at_most={**other, "per_million_yuan": 60}))


def test_a_limit_counts_its_routes_only_and_shares_its_measure() -> None:
    minutes = np.arange(24, dtype=float).reshape(2, 12)
    limits = build_limits(
        policy(a=limit(measure="staff_minutes", routes=["agency", "litigation"]), b=limit(measure="staff_minutes", routes="all")),
        {"staff_minutes": minutes},
        accounts_overdue=2,
        balance_fen=0.0,
    )
    assert limits[0].usage is minutes
    assert [ROUTE_NAMES[j] for j in np.flatnonzero(limits[0].routes)] == ["agency", "litigation"]
    assert limits[1].routes is None
    assert limits[0].called == ("法院立案量", "court filings")


def test_cases_are_one_each_unless_given() -> None:
    found = policy(a=limit(routes=["agency"], at_most={"absolute": 2}))
    value = np.zeros((5, 12))
    value[:, 1] = [5.0, 4.0, 3.0, 2.0, 1.0]
    plan = allocate(value, build_limits(found, {}, accounts_overdue=5, balance_fen=0.0))
    assert plan.objective == 9.0


def test_a_measure_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageInvalid, match="complaints"):
        build_limits(policy(a=limit(measure="complaints")), MEASURES, accounts_overdue=1, balance_fen=1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        limit(at_most={}),
        limit(at_most={"absolute": 1, "per_1000_accounts": 1}),
        limit(at_most={"absolute": -1}),
        limit(at_most={"absolute": float("nan")}),
        limit(at_most={"absolute": float("inf")}),
        limit(at_most={"share_of_balance": 0.1}),
        limit(routes=["litigatoin"]),
        limit(routes=[]),
        limit(routes="some"),
        limit(measure="hours"),
        limit(source=None),
        limit(source=""),
        limit(title={"zh": "只有中文"}),
        limit(extra=1),
    ],
)
def test_a_wrong_limit_is_refused_with_its_place(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        policy(a=wrong)
    assert "limits.a" in caught.value.where
    assert caught.value.describe("zh")


def test_the_shipped_limits_fit_ten_accounts_and_ten_million() -> None:
    from panhuo.pipeline.policy import load_policy

    found = load_policy().strategy
    measures = {name: np.ones((1, 12)) for name in ("staff_minutes", "upfront_cost", "cost", "complaints", "balance")}
    small = build_limits(found, measures, accounts_overdue=10, balance_fen=10 * 2e6)
    large = build_limits(found, measures, accounts_overdue=10_000_000, balance_fen=1e7 * 2e6)
    for one, many in zip(small, large, strict=True):
        assert 0 < one.at_most < many.at_most
        assert one.title is not None
        assert found.limits[one.name].source
    assert all(one.at_most >= 1 for one in small if found.limits[one.name].measure == "cases")


def test_kernels_work_where_nothing_can_be_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    from panhuo.engines.strategy import kernels

    plain = numba.njit

    def unwritable(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return plain(*args, **kwargs)

    monkeypatch.setattr(numba, "njit", unwritable)

    @kernels.compiled
    def double(number: float) -> float:
        return 2 * number

    assert double(4.0) == 8.0


def test_the_shipped_caseloads_are_a_collectors() -> None:
    """At about 9,500 worked minutes a month: some 300 to 800 early accounts, 100 to 200 late ones; and a floor of a size to match."""
    from panhuo.pipeline.policy import load_policy

    policy = load_policy()
    work = policy.routes.in_house.work
    minutes = work.calls_per_month.table(37) * work.minutes_per_call.table(37)
    assert 300 <= 9_500 / minutes[1] <= 800
    assert 200 <= 9_500 / minutes[2] <= 300
    for month in range(3, 13):
        assert 100 <= 9_500 / minutes[month] <= 200, month
    for name, part in (("floor_minutes", 1.0), ("staff_minutes", 1.5)):
        at_most = policy.strategy.limits[name].at_most
        assert at_most.per_1000_accounts is not None
        collector_months = at_most.per_1000_accounts / 9_500 / part  # for 1,000 overdue accounts of all ages, over the horizon
        assert 4 <= collector_months <= 24
    budget = policy.strategy.limits["upfront_budget"].at_most.share_of_balance
    assert budget is not None
    assert 0.005 <= budget <= 0.025  # fees alone are 1 to 2.5 % of a claim that is sued on
