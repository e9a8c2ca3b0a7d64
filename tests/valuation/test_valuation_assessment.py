"""Assessments: against a loop over the curve, ordering, conservation, the socket, and strange input."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import numpy as np
import polars as pl
import pytest
from scipy import stats

from panhuo.engines.valuation import ASSESSMENT, ValuationPolicy, appraise, assess, recovery_curve
from panhuo.engines.valuation.models import MODELS
from panhuo.kernel.findings import FINDING
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 10, 31)
POLICY = load_policy().valuation


def test_amounts_and_times_against_a_loop(random_accounts):
    accounts = random_accounts(400, seed=2)
    curve = recovery_curve(accounts, policy=POLICY, as_of=AS_OF)
    data = assess(accounts, policy=POLICY, as_of=AS_OF).data
    assert data["account_id"].to_list() == accounts["account_id"].to_list()
    for balance, row, got in zip(accounts["balance_fen"], curve.astype(float), data.to_dicts(), strict=True):
        share = sum(row)
        present = sum(x / 1.08 ** ((m + 0.5) / 12) for m, x in enumerate(row))
        assert got["recovery_fen"] == pytest.approx(balance * share, rel=1e-5, abs=1)
        assert got["value_fen"] == pytest.approx(balance * present, rel=1e-5, abs=1)
        assert got["months"] == pytest.approx(sum(x * (m + 0.5) for m, x in enumerate(row)) / share, rel=1e-4)
        payers = 0.25 + 0.75 * share
        assert got["p_any"] == pytest.approx(share / payers, rel=1e-4)


def test_order_and_bounds(random_accounts):
    accounts = random_accounts(5000, seed=3)
    data = assess(accounts, policy=POLICY, as_of=AS_OF).data
    assert dict(data.schema) == ASSESSMENT.schema
    for left, right in [("low_fen", "recovery_fen"), ("recovery_fen", "high_fen"), ("value_fen", "recovery_fen"), ("high_fen", "balance_fen")]:
        assert (data[left] <= data[right]).all(), (left, right)
    assert (data["low_fen"] >= 0).all()
    assert data["p_any"].is_between(0, 1).all()
    assert data["p_half"].is_between(0, 1).all()
    assert (data["p_half"] <= data["p_any"]).all()
    assert data["months"].is_between(0.5, 35.5).all()


def test_percentiles_of_a_neutral_account_against_scipy():
    frame = one(balance=2_000_000, days=200)
    row = assess(frame, policy=POLICY, as_of=AS_OF).data.to_dicts()[0]
    share = row["recovery_fen"] / 2_000_000
    payers, precision = 0.25 + 0.75 * share, 3.0  # M7 on
    chance = share / payers
    level = (0.9 - (1 - chance)) / chance
    assert row["low_fen"] == 0  # more than one in ten pays nothing
    assert row["high_fen"] / 2_000_000 == pytest.approx(stats.beta.ppf(level, payers * precision, (1 - payers) * precision), abs=0.003)
    half = chance * stats.beta.sf(0.5, payers * precision, (1 - payers) * precision)
    assert row["p_half"] == pytest.approx(half, abs=0.002)


def test_a_hopeless_account_has_its_high_at_the_mean_not_below():
    frame = one(balance=10_000_000, days=3000, deceased=True)
    row = assess(frame, policy=POLICY, as_of=AS_OF).data.to_dicts()[0]
    assert row["p_any"] < 0.1
    assert row["low_fen"] == 0
    assert row["high_fen"] == row["recovery_fen"] > 0
    assert row["reason_1"] == "deceased.deceased"
    assert row["reasons"].startswith("债务人死亡（-70）")


def one(*, balance: int, days: int, **columns: object) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_id": ["A"],
            "balance_fen": pl.Series([balance], dtype=pl.Int64),
            "overdue_days": pl.Series([days], dtype=pl.Int32),
            **{name: [value] for name, value in columns.items()},
        }
    )


def test_direction_of_the_plain_signs():
    """What every collector knows must come out so."""

    def recovery(**columns: object) -> int:
        enums = {k: pl.Series([v], dtype=_enum(k)) for k, v in columns.items() if isinstance(v, str)}
        frame = one(balance=2_000_000, days=400).with_columns(**{k: pl.lit(v) for k, v in columns.items() if k not in enums}, **enums)
        return assess(frame, policy=POLICY, as_of=AS_OF).data["recovery_fen"][0]

    plain = recovery()
    assert recovery(contactability="reachable") > plain > recovery(contactability="lost")
    assert recovery(last_payment_on=AS_OF - dt.timedelta(days=20)) > recovery(last_payment_on=AS_OF - dt.timedelta(days=300)) > plain
    assert recovery(litigation_state="mediated") > plain > recovery(litigation_state="enforcement_closed")
    assert plain > recovery(hardship=True) > recovery(bankrupt=True) > recovery(deceased=True)
    assert recovery(product="housing_mortgage") > plain > recovery(product="credit_card")


def _enum(name: str) -> pl.DataType:
    from panhuo.kernel.frames import ACCOUNT

    return ACCOUNT.schema[name]


def test_negative_and_zero_balances():
    frame = pl.concat([one(balance=-500, days=10), one(balance=0, days=10), one(balance=700, days=10)]).with_columns(
        source_file=pl.lit("tape.csv"), source_row=pl.Series([4, 5, 6], dtype=pl.Int32)
    )
    outcome = assess(frame, policy=POLICY, as_of=AS_OF)
    assert outcome.data["recovery_fen"].to_list()[:2] == [0, 0]
    assert outcome.data["balance_fen"].to_list() == [0, 0, 700]
    assert outcome.data["high_fen"].to_list()[:2] == [0, 0]
    assert dict(outcome.findings.schema) == FINDING
    assert outcome.findings.select("row", "file", "code", "value").rows() == [(4, "tape.csv", "VALUATION_NEGATIVE_BALANCE", "-500")]
    assert outcome.count("warn") == 1


def test_no_accounts(random_accounts):
    outcome = assess(random_accounts(0), policy=POLICY, as_of=AS_OF)
    assert outcome.data.height == 0
    assert dict(outcome.data.schema) == ASSESSMENT.schema
    assert outcome.findings.height == 0


def test_batches_give_what_the_whole_gives(random_accounts):
    accounts = random_accounts(3000, seed=9)
    whole = assess(accounts, policy=POLICY, as_of=AS_OF).data
    parts = pl.concat([assess(accounts[a:b], policy=POLICY, as_of=AS_OF).data for a, b in [(0, 1), (1, 1777), (1777, 3000)]])
    assert whole.equals(parts)


def test_both_at_once_are_the_one_and_the_other(random_accounts):
    accounts = random_accounts(500, seed=4)
    curve, assessed = appraise(accounts, policy=POLICY, as_of=AS_OF)
    assert np.array_equal(curve, recovery_curve(accounts, policy=POLICY, as_of=AS_OF))
    assert assessed.data.equals(assess(accounts, policy=POLICY, as_of=AS_OF).data)


def test_the_version_changes_with_any_figure():
    other = POLICY.model_copy(update={"discount_rate": POLICY.discount_rate.model_copy(update={"value": 0.0801})})
    frame = one(balance=1, days=1)
    versions = {assess(frame, policy=p, as_of=AS_OF).data["model_version"][0] for p in (POLICY, other, load_policy().valuation)}
    assert len(versions) == 2


def test_every_model_a_policy_may_name_is_there():
    assert set(get_args(ValuationPolicy.model_fields["model"].annotation)) == set(MODELS)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_what_any_model_must_keep(name, random_accounts):
    """The suite a model that joins ``MODELS`` inherits."""
    model = MODELS[name](POLICY)
    accounts = random_accounts(2000, seed=21)
    curve = model.curve(accounts, as_of=AS_OF)
    explanation = model.explain(accounts, as_of=AS_OF)
    assert model.name == name
    assert model.version
    assert curve.shape == (2000, POLICY.horizon_months)
    assert curve.dtype == np.float32
    assert np.isfinite(curve).all()
    assert (curve >= 0).all()
    assert (curve.sum(axis=1, dtype=np.float64) <= 1 + 1e-6).all()
    assert explanation.reasons.columns == ["reason_1", "reason_2", "reason_3", "reasons", "reasons_en"]
    assert explanation.reasons.height == 2000
    assert explanation.reasons["reasons"].null_count() == 0
    assert np.array_equal(curve, model.curve(accounts, as_of=AS_OF))
    both = model.answer(accounts, as_of=AS_OF)
    assert np.array_equal(curve, both[0])
    assert both[1].reasons.equals(explanation.reasons)
