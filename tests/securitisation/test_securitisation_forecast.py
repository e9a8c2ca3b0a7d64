"""Securitisation: an account's part of a pool by hand, the cash of the notes conserved, and the deals the figures come from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from panhuo.engines.securitisation import SecuritisationPolicy, forecast
from panhuo.engines.securitisation.forecast import note_stream
from panhuo.kernel.tables import Share
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 11, 1)
POLICY: SecuritisationPolicy = load_policy().routes.securitisation
Make = Callable[..., pl.DataFrame]


def test_a_card_by_hand(make_accounts: Make) -> None:
    """Principal of 100,000 yuan at the pools' mean age; the curve brings 1 % a month, more than the notes need."""
    p = POLICY
    accounts = make_accounts({"product": "credit_card", "principal_fen": 10_000_000, "interest_fen": 1_000_000, "overdue_days": 231})
    horizon = 48
    made = forecast(accounts, np.full((1, horizon), 0.01, dtype=np.float32), policy=p, as_of=AS_OF)
    issue = 10_000_000 * p.issue_share.values["credit_card"]  # on principal alone
    assert (p.months_to_issue.value, p.senior_months.value, p.subordinate_months.value) == (6, 18, 12)
    kept, senior = p.retention.value, p.senior.value
    sold = issue * (1 - kept) * (senior + (1 - senior) * p.subordinate_price.value)
    residual = p.residual_share.value * (11_000_000 * 0.01 * (horizon - 6) - issue * (1 + p.carry.value))
    expected = [0.0] * 5 + [sold] + [issue * kept * senior / 18] * 18 + [issue * kept * (1 - senior) / 12] * 12 + [residual / 12] * 12
    np.testing.assert_allclose(made.cash[0], expected, rtol=1e-4)
    assert made.upfront_cost[0] == pytest.approx(p.issue_cost_share.value * issue + p.account_fen.person.values[0])
    servicing = horizon * p.servicing_minutes_a_month.value
    assert made.running_cost.sum() == pytest.approx(
        p.staff_minute_fen.value * (p.minutes.person.values[0] + servicing * (1 - p.reimbursed.value)), rel=1e-5
    )
    assert made.low[0] == pytest.approx(p.interval.low * (sold + issue * kept), rel=1e-4)


def test_at_par_the_notes_bring_exactly_the_issue() -> None:
    """Sold at par and held to maturity, whatever is retained: one fen of notes is one fen of cash."""
    for kept in (0.0, 0.05, 1.0):
        policy = POLICY.model_copy(update={"retention": Share(value=kept, source="test"), "subordinate_price": Share(value=1.0, source="test")})
        assert note_stream(policy, 60).sum() == pytest.approx(1.0)


def test_a_pool_that_brings_too_little_leaves_no_residual(make_accounts: Make) -> None:
    accounts = make_accounts({"product": "credit_card", "principal_fen": 10_000_000, "overdue_days": 231})
    made = forecast(accounts, np.full((1, 48), 0.0001, dtype=np.float32), policy=POLICY, as_of=AS_OF)
    assert made.cash[0, 36:].sum() == 0


def test_notes_and_residual_never_pass_the_balance(make_accounts: Make) -> None:
    """Even where the notes take nearly all of the principal and the residual is the holder's alone."""
    policy = POLICY.model_copy(
        update={
            "residual_share": Share(value=1.0, source="test"),
            "issue_share": POLICY.issue_share.model_copy(update={"values": {}, "other": 0.5}),
            "carry": POLICY.carry.model_copy(update={"value": 0.0}),
            "subordinate_price": Share(value=1.0, source="test"),
        }
    )
    accounts = make_accounts({"principal_fen": 10_000_000, "overdue_days": 231})
    curve = np.full((1, 60), 1 / 54, dtype=np.float32)  # the pool alone would bring the whole balance after issue
    made = forecast(accounts, curve, policy=policy, as_of=AS_OF)
    assert made.cash.sum() == pytest.approx(10_000_000, rel=1e-4)
    greedy = forecast(accounts, curve * 2, policy=policy, as_of=AS_OF)
    assert greedy.cash.sum() == pytest.approx(10_000_000, rel=1e-4)


def test_interest_and_fees_support_no_notes(make_accounts: Make) -> None:
    rows: list[dict[str, Any]] = [{"principal_fen": 10**6, "overdue_days": 231}, {"principal_fen": 10**6, "interest_fen": 10**6, "overdue_days": 231}]
    made = forecast(make_accounts(*rows), np.zeros((2, 36), dtype=np.float32), policy=POLICY, as_of=AS_OF)
    assert made.cash[0].sum() == made.cash[1].sum() > 0


def test_older_pools_carry_fewer_notes(make_accounts: Make) -> None:
    accounts = make_accounts(*({"principal_fen": 10**6, "overdue_days": d} for d in range(90, 1801, 90)))
    made = forecast(accounts, np.zeros((accounts.height, 36), dtype=np.float32), policy=POLICY, as_of=AS_OF)
    assert (np.diff(made.cash.sum(axis=1)) < 0).all()


def test_the_figures_are_those_of_the_deals(real_data: Any) -> None:
    table = pl.read_csv(real_data / "report_tables" / "abs_overcollateral_creditcard.csv", infer_schema_length=100).filter(pl.col("is_total") == 0)
    cover = (table["low"].cast(pl.Float64) + table["high"].cast(pl.Float64)).to_numpy() / 200
    issued = table["issue_amount_100mn_cny"].to_numpy()
    assert POLICY.issue_share.values["credit_card"] == pytest.approx(issued.sum() / (issued * cover).sum(), abs=0.001)
    deals = np.repeat(1 / cover, table["deal_count"].to_numpy())
    low, high = np.quantile(deals, [0.1, 0.9]) / POLICY.issue_share.values["credit_card"]
    assert (POLICY.interval.low, POLICY.interval.high) == (pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01))
    senior = pl.read_csv(real_data / "report_tables" / "abs_senior_ratio_creditcard.csv", infer_schema_length=100).filter(pl.col("is_total") == 0)
    middle = (senior["low"].cast(pl.Float64) + senior["high"].cast(pl.Float64)).to_numpy() / 200
    weights = senior["issue_amount_100mn_cny"].cast(pl.Float64).to_numpy()
    assert POLICY.senior.value == pytest.approx((middle * weights).sum() / weights.sum(), abs=0.005)
    assert POLICY.retention.value >= 0.05
