"""Litigation: a case worked by hand, a slow twin account by account, and what must rise or fall with what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from panhuo.engines.legal import court_fee, forecast_litigation
from panhuo.engines.legal.litigation import LitigationPolicy
from panhuo.kernel.routes import Forecast
from panhuo.kernel.tables import Share, ShareTable
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 11, 1)
POLICY: LitigationPolicy = load_policy().routes.litigation
Make = Callable[..., pl.DataFrame]
STATES = ("none", "filed", "mediated", "judged", "enforcing", "enforcement_suspended", "enforcement_closed", None)


def run(accounts: pl.DataFrame, curve: Any = None, policy: LitigationPolicy = POLICY) -> Forecast:
    if curve is None:
        curve = np.zeros((accounts.height, 36), dtype=np.float32)
    return forecast_litigation(accounts, curve, policy=policy, as_of=AS_OF)


def test_a_judged_case_by_hand(make_accounts: Make) -> None:
    """20,000 yuan judged a year ago, reachable, employed, 360 days overdue: straight to enforcement, no fee left to pay."""
    accounts = make_accounts(
        {
            "principal_fen": 2_000_000,
            "overdue_days": 360,
            "litigation_state": "judged",
            "judgment_on": dt.date(2025, 11, 1),
            "contactability": "reachable",
            "has_employer": True,
        }
    )
    made = run(accounts)
    e, p = POLICY.enforcement, POLICY
    chance = e.base.value * e.by_kind.values["person"] * e.by_contact.values["reachable"] * e.by_collateral.other
    chance *= e.by_age.values[e.by_age.at.index(360)] * e.by_income.unknown * e.flags.factors["has_employer"] * p.by_state.values["judged"]
    won = e.found_share.value * 2_000_000
    expected = chance * won
    assert made.cash.sum() == pytest.approx(expected, rel=1e-5)
    # applied for in month 1, paid evenly over the six months after it
    assert (e.application_months.value, e.months.value) == (1, 6)
    np.testing.assert_allclose(made.cash[0, :8], [0, *[expected / 6] * 6, 0], rtol=1e-5, atol=0.1)
    assert made.upfront_cost[0] == p.lawyer_fen.values["judged"]
    contingency = p.lawyer_contingency.steps[0].rate * expected
    staff = p.minutes.values["judged"] * p.staff_minute_fen.value
    assert made.running_cost.sum() == pytest.approx(contingency + staff, rel=1e-5)
    assert (made.low[0], made.high[0]) == (0.0, pytest.approx(won))


def test_a_new_small_claim_by_hand(make_accounts: Make) -> None:
    """20,000 yuan, not sued, reachable, electronic service agreed: small claim, half fee, few cases published."""
    facts = {"principal_fen": 2_000_000, "overdue_days": 360, "litigation_state": "none", "contactability": "reachable", "eservice_agreed": True}
    made = run(make_accounts(facts))
    e, t, p = POLICY.enforcement, POLICY.trial, POLICY
    published, settle = t.publication.values["reachable"] * t.publication_if_eservice.value, p.settlement.chance.values["reachable"]
    half, full = 15_000, 30_000  # full: 0.025 x 20,000 - 200 = 300 yuan
    fee = half + published * (1 - settle) * (full - half)
    preserved = p.preservation.value * (3_000 + 0.01 * 1_900_000)
    assert made.upfront_cost[0] == pytest.approx(fee + p.lawyer_fen.values["none"] + published * t.publication_fen.value + preserved)
    found = p.won.value * e.base.value * e.by_contact.values["reachable"] * e.by_age.values[1]
    won = e.found_share.value * (p.supported.value * 2_000_000 + fee)
    settled = (1 - p.settlement.discount.value) * p.settlement.kept.value * 2_000_000
    assert made.cash.sum() == pytest.approx(settle * settled + (1 - settle) * found * won, rel=1e-5)
    # settlements from 2.5 to 8.5 months; enforcement from 5.5 (1.5 filing, 2 trial, 1 effect, 1 application) to 11.5
    assert (t.filing_months.value, t.small_months.value, t.effect_months.value, p.settlement.start_months.value) == (1.5, 2, 1, 1)
    small = (1 - settle) * found * won * (1 - published)
    late = (1 - settle) * found * won * published  # 6 + 2 months of trial instead of 2: from 11.5 on
    assert made.cash[0, 2] == pytest.approx(settle * settled * 0.5 / 6, rel=1e-5)
    assert made.cash[0, 5] == pytest.approx(settle * settled / 6 + small * 0.5 / 6, rel=1e-5)
    assert made.cash[0, 16] == pytest.approx(late / 6, rel=1e-5)
    assert made.cash[0, 18:].sum() == 0


def overlap(start: float, length: float, horizon: int) -> list[float]:
    return [max(0.0, min(m + 1, start + length) - max(m, start)) / length for m in range(horizon)]


def twin(row: dict[str, Any], curve: Any, p: LitigationPolicy) -> tuple[list[float], float, float]:
    """One account, plain Python: cash by month, upfront cost, sum of running cost."""
    horizon, balance = len(curve), float(max(row["balance_fen"], 0))
    if balance == 0:
        return [0.0] * horizon, 0.0, 0.0

    def table(t: Any) -> float:
        return t.values.get(row[t.by], t.other)

    def knots(k: Any) -> float:
        return k.unknown if row[k.by] is None else float(np.interp(row[k.by], k.at, k.values))

    def flags(f: Any) -> float:
        return float(np.prod([factor if row[name] else 1.0 for name, factor in f.factors.items()]))

    state = row["litigation_state"] or "none"
    before = state in ("none", "filed")
    e, t = p.enforcement, p.trial
    q = e.base.value * table(e.by_kind) * table(e.by_contact) * table(e.by_collateral) * knots(e.by_age) * knots(e.by_income) * flags(e.flags)
    q *= e.guarantor_factor.value if row["guarantor_count"] > 0 else 1.0
    q = min(q, 1.0) * table(p.by_state)
    if state == "judged" and row["judgment_on"] is not None and row["judgment_on"] < dt.date(2024, 11, 1):
        q *= p.lapsed.value
    q = min(q, 1.0)
    published = (table(t.publication) * (t.publication_if_eservice.value if row["eservice_agreed"] else 1.0)) if before else 0.0
    settle = table(p.settlement.chance) * flags(p.voluntary_flags) if before else 0.0
    small, summary = balance <= t.small_claim_most_fen.value, balance <= t.summary_most_fen.value
    court = p.fees.at(AS_OF).court
    full, half = (court_fee(kind, int(balance), fees=court) for kind in ("acceptance", "acceptance_half"))
    ordinary = 1.0 if not summary else published
    fee = (half + ordinary * (1 - settle) * (full - half)) if state == "none" else 0.0
    title = balance * (p.supported.value if before else 1.0) + fee
    won = min(e.found_share.value * title, balance)
    won = max(won - p.fee_from_proceeds.value * court_fee("enforcement", int(won), fees=court), 0.0)
    found = (p.won.value if before else 1.0) * q

    def starts(months: float) -> float:
        if state == "none":
            return t.filing_months.value + months + t.effect_months.value + e.application_months.value
        if state == "filed":
            return months * (1 - t.elapsed.value) + t.effect_months.value + e.application_months.value
        return {"mediated": e.application_months.value, "judged": e.application_months.value, "enforcing": 0.0}.get(state, t.revive_months.value)

    plain = t.small_months.value if small else t.summary_months.value if summary else t.ordinary_months.value
    early = overlap(starts(plain), e.months.value, horizon)
    late = overlap(starts(t.ordinary_months.value + t.publication_months.value), e.months.value, horizon)
    opened = p.settlement.start_months.value + (t.filing_months.value if state == "none" else 0.0)
    settling = overlap(opened, p.settlement.months.value, horizon)
    settled = balance * (1 - p.settlement.discount.value) * p.settlement.kept.value
    case = [settle * settled * settling[m] + (1 - settle) * found * won * ((1 - published) * early[m] + published * late[m]) for m in range(horizon)]
    free = p.fallback.value * flags(p.voluntary_flags)
    rest = (1 - settle) * (balance - found * won) * free
    ladder = sum(
        max(0.0, min(won, upper) - step.above_fen) * step.rate
        for step, upper in zip(p.lawyer_contingency.steps, [*(s.above_fen for s in p.lawyer_contingency.steps[1:]), float("inf")], strict=True)
    )
    running = sum(case) * (ladder / won if won else 0.0) + table(p.minutes) * p.staff_minute_fen.value
    upfront = fee + table(p.lawyer_fen)
    if state == "none":
        upfront += published * t.publication_fen.value + p.preservation.value * court_fee("preservation", int(balance), fees=court)
    return [case[m] + rest * float(curve[m]) for m in range(horizon)], upfront, running


@pytest.mark.parametrize("deducted", [0.0, 0.7])
def test_against_the_slow_twin(make_accounts: Make, deducted: float) -> None:
    rng = np.random.default_rng(21)

    def pick(*values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    rows = [
        {
            "principal_fen": int(rng.lognormal(14, 2.5)) if rng.random() > 0.05 else 0,
            "debtor_kind": pick("person", "firm"),
            "overdue_days": int(rng.integers(0, 4000)),
            "litigation_state": pick(*STATES),
            "judgment_on": pick(None, dt.date(2020, 1, 1), dt.date(2024, 10, 31), dt.date(2024, 11, 1), dt.date(2026, 1, 1)),
            "contactability": pick("reachable", "third_party_only", "lost", "unknown", None),
            "eservice_agreed": pick(True, False, None),
            "collateral_kind": pick("residential", "vehicle", "none", None),
            "annual_income_fen": pick(None, 0, 5_000_000, 90_000_000),
            "guarantor_count": pick(0, 2),
            "has_employer": pick(True, False),
            "hardship": pick(True, None),
            "disputed": pick(True, None),
            "deceased": pick(True, None, None),
            "bankrupt": pick(True, None, None),
        }
        for _ in range(400)
    ]
    accounts = make_accounts(*rows)
    curve = (rng.random((400, 36)) / 40).astype(np.float32)
    policy = POLICY.model_copy(update={"fee_from_proceeds": Share(value=deducted, source="test")})
    made = run(accounts, curve, policy)
    for i, row in enumerate(accounts.iter_rows(named=True)):
        cash, upfront, running = twin(row, curve[i], policy)
        np.testing.assert_allclose(made.cash[i], cash, rtol=2e-4, atol=2.0, err_msg=str(row))
        assert made.upfront_cost[i] == pytest.approx(upfront, rel=1e-6, abs=2.0), row
        assert made.running_cost[i].sum() == pytest.approx(running, rel=1e-4, abs=2.0), row


def test_a_lost_debtor_costs_more_and_takes_longer(make_accounts: Make) -> None:
    facts = {"principal_fen": 3_000_000, "overdue_days": 400, "litigation_state": "none"}
    policy = POLICY.model_copy(
        update={"settlement": POLICY.settlement.model_copy(update={"chance": ShareTable(by="contactability", values={}, other=0, source="test")})}
    )
    made = run(make_accounts({**facts, "contactability": "lost"}, {**facts, "contactability": "reachable", "eservice_agreed": True}), None, policy)
    assert made.upfront_cost[0] > made.upfront_cost[1]
    months = np.arange(1, 37)
    mean = (made.cash @ months) / made.cash.sum(axis=1)
    assert mean[0] > mean[1] + 4
    # publication for sure: all of it waits for ordinary procedure and two announcements
    assert made.cash[0, :11].sum() == 0


def test_later_stages_pay_sooner_and_cost_less_upfront(make_accounts: Make) -> None:
    facts = {"principal_fen": 3_000_000, "overdue_days": 400, "contactability": "unknown"}
    made = run(make_accounts(*({**facts, "litigation_state": state} for state in ("none", "filed", "judged", "enforcing"))))
    first = (made.cash > 0).argmax(axis=1)
    assert list(first[1:]) == sorted(first[1:], reverse=True)
    assert (np.diff(made.upfront_cost) <= 0).sum() >= 2
    assert made.upfront_cost[0] == made.upfront_cost.max()


def test_unknown_state_is_taken_as_not_sued(make_accounts: Make) -> None:
    facts = {"principal_fen": 3_000_000, "overdue_days": 400}
    made = run(make_accounts({**facts, "litigation_state": None}, {**facts, "litigation_state": "none"}))
    assert (made.cash[0] == made.cash[1]).all()
    assert made.upfront_cost[0] == made.upfront_cost[1]


def test_an_old_judgment_nobody_enforced_is_worth_little(make_accounts: Make) -> None:
    facts = {"principal_fen": 3_000_000, "overdue_days": 1500, "litigation_state": "judged"}
    on = [dt.date(2024, 10, 31), dt.date(2024, 11, 1), None]
    made = run(make_accounts(*({**facts, "judgment_on": day} for day in on)))
    totals = made.cash.sum(axis=1)
    assert totals[0] == pytest.approx(POLICY.lapsed.value * totals[1], rel=1e-5)
    assert totals[1] == totals[2]


@pytest.mark.parametrize("state", STATES)
def test_a_larger_claim_never_brings_less(make_accounts: Make, state: str | None) -> None:
    claims = [1, 100, 10_000, 999_999, 5_000_000, 5_000_001, 50_000_000, 50_000_001, 10**9, 10**12]
    made = run(make_accounts(*({"principal_fen": c, "overdue_days": 400, "litigation_state": state} for c in claims)))
    assert (np.diff(made.cash.sum(axis=1)) >= 0).all()
    assert made.cash[-1].sum() > 1e6 * made.cash[2].sum()
    assert (np.diff(made.upfront_cost) >= -1e-6).all()
