"""Rescheduling and debt-to-equity: cases worked by hand, a month-by-month twin of the plan, and properties."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.restructuring import DebtToEquityPolicy, ReschedulingPolicy, forecast_debt_to_equity, forecast_rescheduling
from panhuo.engines.restructuring.rescheduling import plan_profiles, term
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.tables import Count, Share, ShareTable
from panhuo.pipeline.policy import DEFAULT_POLICY, load_policy

AS_OF = dt.date(2026, 11, 1)
PLAN: ReschedulingPolicy = load_policy().routes.rescheduling
EQUITY: DebtToEquityPolicy = load_policy().routes.debt_to_equity
Make = Callable[..., pl.DataFrame]


def flat(n: int, monthly: float, horizon: int = 36) -> Any:
    return np.full((n, horizon), monthly, dtype=np.float32)


def test_a_plan_by_hand(make_accounts: Make) -> None:
    """12,000 yuan in M3, reachable, aged 30, income of 24,000 a year: 600 yuan a month can be carried, so 20 instalments of 600."""
    accounts = make_accounts(
        {"principal_fen": 1_200_000, "overdue_days": 80, "contactability": "reachable", "age": 30, "annual_income_fen": 2_400_000}
    )
    assert PLAN.affordable.value == 0.3
    assert (PLAN.waived.values["M3"], PLAN.plan_rate.value, PLAN.start_months.value) == (0, 0, 1)
    made = forecast_rescheduling(accounts, flat(1, 0.01), policy=PLAN, as_of=AS_OF)
    taken = PLAN.take_up.values["M3"] * PLAN.by_contact.values["reachable"] * PLAN.by_age.values[1]
    hazard = PLAN.redefault.values["M3"]
    paid = [taken * 60_000 * (1 - hazard) ** k for k in range(1, 21)]
    refused = (1 - taken) * PLAN.fallback.value * 1_200_000 * 0.01
    kept = sum((1 - hazard) ** k for k in range(1, 21)) / 20
    broken = taken * (1 - kept) * PLAN.redefault_fallback.value * 1_200_000 * 0.01
    assert PLAN.term_if_unknown.value == 24  # broken plans go back to ordinary work a year on
    assert made.cash[0, 0] == 0
    assert made.cash[0, 1] == pytest.approx(paid[0] + refused, rel=1e-5)
    assert made.cash[0, 12] == pytest.approx(paid[11] + refused + broken, rel=1e-5)
    assert made.cash[0, 20] == pytest.approx(paid[19] + refused + broken, rel=1e-5)
    assert made.cash[0, 21] == pytest.approx(refused + broken, rel=1e-5)
    minutes = PLAN.minutes.value + taken * 20 * PLAN.minutes_a_month.value
    assert made.running_cost.sum() == pytest.approx(minutes * PLAN.staff_minute_fen.value, rel=1e-5)
    assert made.high[0] == pytest.approx(1_200_000)
    assert made.upfront_cost[0] == 0


@pytest.mark.parametrize("rate", [0.0, 0.06, 0.24])
def test_the_term_is_the_shortest_that_can_be_carried(make_accounts: Make, rate: float) -> None:
    policy = PLAN.model_copy(update={"plan_rate": Share(value=rate, source="test")})
    incomes = [None, 0, -5, 100, 1_000_000, 2_000_000, 3_333_333, 10**7, 10**9]
    accounts = make_accounts(*({"principal_fen": 1_500_000, "overdue_days": 80, "annual_income_fen": income} for income in incomes))
    got = term(accounts, np.full(len(incomes), 1_500_000.0), policy)
    for income, months in zip(incomes, got, strict=True):
        if income is None or income <= 0:
            assert months == policy.term_if_unknown.value
            continue
        carries = income / 12 * policy.affordable.value
        i = rate / 12

        def instalment(t: int, i: float = i) -> float:
            return 1_500_000 / t if i == 0 else 1_500_000 * i / (1 - (1 + i) ** -t)

        fitting = [t for t in range(6, 61) if instalment(t) <= carries * (1 + 1e-9)]
        assert months == (min(fitting) if fitting else 60)


@given(st.integers(6, 60), st.floats(0, 1), st.integers(1, 80), st.integers(0, 4), st.sampled_from([0.0, 0.12]))
def test_the_profiles_are_a_plan_simulated(months: int, hazard: float, horizon: int, start: int, rate: float) -> None:
    policy = PLAN.model_copy(update={"start_months": Count(value=start, source="test"), "plan_rate": Share(value=rate, source="test")})
    profiles, kept = plan_profiles(policy, np.array([hazard]), horizon)
    i = rate / 12
    instalment = 1 / months if i == 0 else i / (1 - (1 + i) ** -months)
    expected, standing, paid = np.zeros(horizon), 1.0, 0.0
    for k in range(1, months + 1):
        standing *= 1 - hazard
        paid += standing
        if start + k <= horizon:
            expected[start + k - 1] += standing * instalment
    np.testing.assert_allclose(profiles[months - 6], expected, rtol=1e-9, atol=1e-12)
    assert kept[months - 6] == pytest.approx(paid / months)


def test_hardship_raises_take_up_and_lost_contact_ends_it(make_accounts: Make) -> None:
    facts: dict[str, Any] = {"principal_fen": 10**6, "overdue_days": 80, "contactability": "reachable"}
    rows = [
        {**facts, "hardship": True},
        facts,
        {**facts, "contactability": "unknown"},
        {**facts, "contactability": "lost"},
        {**facts, "deceased": True},
    ]
    totals = forecast_rescheduling(make_accounts(*rows), flat(5, 0.0), policy=PLAN, as_of=AS_OF).cash.sum(axis=1)
    assert (np.diff(totals) < 0).all()
    assert totals[-1] == 0


def test_a_higher_hazard_brings_less(make_accounts: Make) -> None:
    accounts = make_accounts({"principal_fen": 10**6, "overdue_days": 80, "contactability": "reachable"})
    totals = []
    for hazard in (0.0, 0.02, 0.1, 1.0):
        policy = PLAN.model_copy(update={"redefault": ShareTable(by="bucket", values={}, other=hazard, source="test")})
        made = forecast_rescheduling(accounts, flat(1, 0.0), policy=policy, as_of=AS_OF)
        totals.append(made.cash.sum())
        assert np.isfinite(made.low[0])
    assert totals == sorted(totals, reverse=True)
    assert totals[-1] == 0


def test_interest_on_the_plan_is_cash(make_accounts: Make) -> None:
    accounts = make_accounts({"principal_fen": 10**6, "overdue_days": 80, "contactability": "reachable"})
    policy = PLAN.model_copy(
        update={
            "plan_rate": Share(value=0.12, source="test"),
            "redefault": ShareTable(by="bucket", values={}, other=0.0, source="test"),
            "take_up": ShareTable(by="bucket", values={}, other=1.0, source="test"),
            "by_contact": ShareTable(by="contactability", values={}, other=1.0, source="test"),
        }
    )
    made = forecast_rescheduling(accounts, flat(1, 0.0), policy=policy, as_of=AS_OF)
    assert made.cash.sum() == pytest.approx(24 * 10**6 * 0.01 / (1 - 1.01**-24), rel=1e-5)
    assert made.high[0] == pytest.approx(made.cash.sum(), rel=1e-5)


def test_terms_out_of_order_are_refused(tmp_path: Any) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("extends: default\nroutes: {rescheduling: {least_months: {value: 30, source: own}}}\n", encoding="utf-8")
    with pytest.raises(ConfigurationInvalid, match="least_months"):
        load_policy(own)
    assert load_policy(DEFAULT_POLICY).routes.rescheduling == PLAN


def test_equity_by_hand(make_accounts: Make) -> None:
    """A reachable firm owing ten million yuan for two years."""
    accounts = make_accounts(
        {"principal_fen": 10**9, "overdue_days": 720, "debtor_kind": "firm", "product": "corporate_loan", "contactability": "reachable"}
    )
    p = EQUITY
    made = forecast_debt_to_equity(accounts, flat(1, 0.01), policy=p, as_of=AS_OF)
    agreed, value, met = p.agreement.values["reachable"], p.value_share.values[1], p.bet_met.value
    assert (p.conversion_months.value, p.exit_from.value, p.exit_to.value, p.negotiation_months.value) == (6, 24, 36, 3)
    dividend = agreed * 10**9 * value * p.dividend_rate.value / 12
    bought = agreed * met * 10**9 * (1 - p.discount.value) / 12
    left = agreed * (1 - met) * 10**9 * value * p.sold.value
    refused = (1 - agreed) * p.fallback.value * 10**9 * 0.01
    equity = np.array([*[0] * 6, *[dividend] * 18, *[bought] * 11, bought + left])
    np.testing.assert_allclose(made.cash[0], equity + np.array([*[0] * 3, *[refused] * 33]), rtol=1e-5)
    assert made.upfront_cost[0] == pytest.approx(agreed * (p.due_diligence_fen.value + p.due_diligence_share.value * 10**9))
    assert made.running_cost.sum() == pytest.approx(p.minutes.value * p.staff_minute_fen.value)
    assert made.low[0] == 0
    assert made.high[0] == pytest.approx(10**9 * (1 - p.discount.value) + 18 * dividend / agreed, rel=1e-5)


def test_only_a_firm_has_equity(make_accounts: Make) -> None:
    made = forecast_debt_to_equity(make_accounts({"principal_fen": 10**9, "overdue_days": 720}), flat(1, 0.01), policy=EQUITY, as_of=AS_OF)
    for name in ("cash", "upfront_cost", "running_cost", "staff_minutes", "high"):
        assert not getattr(made, name).any()


def test_owners_who_cannot_be_found_do_not_convert(make_accounts: Make) -> None:
    firm: dict[str, Any] = {"principal_fen": 10**9, "overdue_days": 720, "debtor_kind": "firm"}
    rows = ({**firm, "contactability": c} for c in ("reachable", "unknown", "third_party_only", "lost"))
    made = forecast_debt_to_equity(make_accounts(*rows), flat(4, 0.0), policy=EQUITY, as_of=AS_OF)
    assert (np.diff(made.cash.sum(axis=1)) < 0).all()
    assert (np.diff(made.upfront_cost) < 0).all()


def test_an_exit_beyond_the_horizon_brings_only_dividends(make_accounts: Make) -> None:
    accounts = make_accounts({"principal_fen": 10**9, "overdue_days": 720, "debtor_kind": "firm"})
    made = forecast_debt_to_equity(accounts, flat(1, 0.0, 24), policy=EQUITY, as_of=AS_OF)
    dividends = 18 * 10**9 * EQUITY.value_share.values[1] * EQUITY.dividend_rate.value / 12
    assert made.cash.sum() == pytest.approx(EQUITY.agreement.other * dividends, rel=1e-5)


def test_no_dividend_lifts_the_whole_above_the_balance(make_accounts: Make) -> None:
    rich = EQUITY.model_copy(
        update={
            "dividend_rate": EQUITY.dividend_rate.model_copy(update={"value": 1.0}),
            "value_share": EQUITY.value_share.model_copy(update={"values": (1.0, 1.0, 1.0)}),
            "agreement": ShareTable(by="contactability", values={}, other=1.0, source="test"),
            "bet_met": EQUITY.bet_met.model_copy(update={"value": 1.0}),
        }
    )
    accounts = make_accounts({"principal_fen": 10**9, "overdue_days": 720, "debtor_kind": "firm"})
    made = forecast_debt_to_equity(accounts, flat(1, 0.0), policy=rich, as_of=AS_OF)
    assert made.cash.sum() <= 10**9 * (1 + 1e-5)
    assert math.isclose(made.cash.sum(), 10**9, rel_tol=1e-5)
