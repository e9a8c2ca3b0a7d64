"""Mediation and arbitration: cases worked by hand with the policy's figures, and what must rise or fall with what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from panhuo.engines.legal import forecast_arbitration, forecast_mediation
from panhuo.kernel.tables import Share
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 11, 1)
ROUTES = load_policy().routes
Make = Callable[..., pl.DataFrame]


def flat(n: int, monthly: float, horizon: int = 36) -> Any:
    return np.full((n, horizon), monthly, dtype=np.float32)


def test_mediation_by_hand(make_accounts: Make) -> None:
    """10,000 yuan in M3, reachable: some sign, part is paid at once, some of the rest over a year, some of the remainder enforced."""
    accounts = make_accounts({"principal_fen": 1_000_000, "overdue_days": 80, "contactability": "reachable"})
    p = ROUTES.mediation
    made = forecast_mediation(accounts, flat(1, 0.01), policy=p, as_of=AS_OF)
    chance = p.agreement.values["M3"] * p.by_contact.values["reachable"]
    agreed = 1_000_000 * (1 - p.waived.values["M3"])
    plan, down, kept = chance * agreed, p.down.value, p.kept.value
    fallback = (1 - chance) * p.fallback.value * 1_000_000 * 0.01
    assert (p.attempt_months.value, p.instalment_months.value, p.enforcement_months.value) == (1, 12, 9)
    assert made.cash[0, 0] == pytest.approx(plan * down, rel=1e-5)  # signed at the end of month 1, when ordinary work rests
    assert made.cash[0, 1] == pytest.approx(plan * (1 - down) * kept / 12 + fallback, rel=1e-5)
    assert made.cash[0, 12] == pytest.approx(plan * (1 - down) * kept / 12 + fallback, rel=1e-5)
    enforced = plan * (1 - down) * (1 - kept) * p.confirmed.value * p.enforced.value
    assert made.cash[0, 13] == pytest.approx(enforced / 9 + fallback, rel=1e-5)
    assert made.cash[0, 35] == pytest.approx(fallback, rel=1e-5)
    minutes = p.minutes.value + chance * p.minutes_if_agreed.value
    by_agreement = plan * (down + (1 - down) * kept) + enforced
    confirmation = chance * p.confirmed.value * p.confirmation_fen.value
    expected = p.mediator_share.value * by_agreement + minutes * p.staff_minute_fen.value + confirmation
    assert made.running_cost.sum() == pytest.approx(expected, rel=1e-5)
    assert made.upfront_cost[0] == p.case_fen.value
    assert made.staff_minutes[0] == pytest.approx(minutes)
    assert made.high[0] == pytest.approx(agreed)
    assert made.low[0] == 0


def test_mediation_falls_with_age_and_lost_contact(make_accounts: Make) -> None:
    ages = make_accounts(*({"principal_fen": 10**6, "overdue_days": d, "contactability": "reachable"} for d in (20, 80, 150, 300, 900)))
    made = forecast_mediation(ages, flat(5, 0.0), policy=ROUTES.mediation, as_of=AS_OF)
    assert (np.diff(made.cash.sum(axis=1)) < 0).all()
    reach = make_accounts(
        *({"principal_fen": 10**6, "overdue_days": 80, "contactability": c} for c in ("reachable", "unknown", "third_party_only", "lost"))
    )
    made = forecast_mediation(reach, flat(4, 0.0), policy=ROUTES.mediation, as_of=AS_OF)
    assert (np.diff(made.cash.sum(axis=1)) < 0).all()


def test_nobody_mediates_with_the_dead(make_accounts: Make) -> None:
    accounts = make_accounts({"principal_fen": 10**6, "overdue_days": 80, "contactability": "reachable", "deceased": True})
    made = forecast_mediation(accounts, flat(1, 0.01), policy=ROUTES.mediation, as_of=AS_OF)
    assert made.cash.sum() == 0
    assert made.high[0] == 0


def test_arbitration_by_hand(make_accounts: Make) -> None:
    """10,000 yuan, reachable, electronic service agreed, 360 days overdue."""
    accounts = make_accounts({"principal_fen": 1_000_000, "overdue_days": 360, "contactability": "reachable", "eservice_agreed": True})
    p, e = ROUTES.arbitration, ROUTES.arbitration.enforcement
    made = forecast_arbitration(accounts, flat(1, 0.01), policy=p, as_of=AS_OF)
    fee = 40_000 + p.position.value * (55_000 - 40_000) + p.handling_fen.value  # 400 to 550 yuan by the national range
    assert made.upfront_cost[0] == pytest.approx(fee + p.agent_fen.value)
    settle = p.settlement.chance.values["reachable"]
    settled = (1 - p.settlement.discount.value) * p.settlement.kept.value * 1_000_000
    found = p.served_if_eservice.value * p.won.value * (1 - p.refused.value) * e.base.value * e.by_contact.values["reachable"] * e.by_age.values[1]
    won = e.found_share.value * (p.supported.value * 1_000_000 + fee)
    rest = (1 - settle) * (1_000_000 - found * won) * p.fallback.value * 0.01
    assert (p.settlement.start_months.value, p.settlement.months.value, p.award_months.value, e.application_months.value, e.months.value) == (
        1,
        6,
        3,
        1,
        6,
    )
    assert made.cash[0, 0] == pytest.approx(rest, rel=1e-5)
    assert made.cash[0, 1] == pytest.approx(rest + settle * settled / 6, rel=1e-5)
    assert made.cash[0, 9] == pytest.approx(rest + (1 - settle) * found * won / 6, rel=1e-5)  # months 5 to 10
    assert made.cash[0, 10] == pytest.approx(rest, rel=1e-5)
    case = settle * settled + (1 - settle) * found * won
    assert made.running_cost.sum() == pytest.approx(p.agent_share.value * case + p.minutes.value * p.staff_minute_fen.value, rel=1e-5)
    assert made.high[0] == pytest.approx(max(settled, won))


def test_service_decides_an_arbitration(make_accounts: Make) -> None:
    facts = {"principal_fen": 10**6, "overdue_days": 360, "contactability": "lost"}
    p = ROUTES.arbitration
    assert p.settlement.chance.values["lost"] == 0
    made = forecast_arbitration(make_accounts(facts, {**facts, "eservice_agreed": True}), flat(2, 0.0), policy=p, as_of=AS_OF)
    totals = made.cash.sum(axis=1)
    assert totals[1] == pytest.approx(totals[0] * p.served_if_eservice.value / p.served.values["lost"], rel=1e-4)


def test_a_dear_commission_costs_more_and_the_loser_bears_part(make_accounts: Make) -> None:
    accounts = make_accounts({"principal_fen": 10**6, "overdue_days": 360})
    cheap, dear = (
        forecast_arbitration(
            accounts, flat(1, 0.0), policy=ROUTES.arbitration.model_copy(update={"position": Share(value=p, source="test")}), as_of=AS_OF
        )
        for p in (0.0, 1.0)
    )
    assert dear.upfront_cost[0] - cheap.upfront_cost[0] == pytest.approx(15_000)
    assert 0 < dear.cash.sum() - cheap.cash.sum() < 15_000


def test_income_collateral_and_guarantors_raise_what_enforcement_finds(make_accounts: Make) -> None:
    facts: dict[str, Any] = {"principal_fen": 10**6, "overdue_days": 360, "contactability": "reachable"}
    better = [{}, {"annual_income_fen": 12_000_000}, {"collateral_kind": "residential"}, {"guarantor_count": 1}, {"has_employer": True}]
    made = forecast_arbitration(make_accounts(*({**facts, **b} for b in better)), flat(5, 0.0), policy=ROUTES.arbitration, as_of=AS_OF)
    totals = made.cash.sum(axis=1)
    assert (totals[1:] > totals[0]).all()
    worse = [{}, {"hardship": True}, {"deceased": True}, {"bankrupt": True}, {"overdue_days": 2000}]
    made = forecast_arbitration(make_accounts(*({**facts, **w} for w in worse)), flat(5, 0.0), policy=ROUTES.arbitration, as_of=AS_OF)
    totals = made.cash.sum(axis=1)
    assert (totals[1:] < totals[0]).all()
