"""Collateral sale: a sale worked by hand, a slow twin, the cap that may never be passed, and the statute's figures."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from panhuo.engines.legal import court_fees
from panhuo.engines.market import CollateralSalePolicy, forecast_collateral_sale
from panhuo.kernel.routes import Forecast
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 11, 1)
POLICY: CollateralSalePolicy = load_policy().routes.collateral_sale
Make = Callable[..., pl.DataFrame]


def run(accounts: pl.DataFrame, policy: CollateralSalePolicy = POLICY, horizon: int = 36) -> Forecast:
    return forecast_collateral_sale(accounts, np.zeros((accounts.height, horizon), dtype=np.float32), policy=policy, as_of=AS_OF)


def test_a_home_by_hand(make_accounts: Make) -> None:
    """A home appraised at one million yuan, first seizure, in enforcement, against a debt of 600,000 with 300,000 prior."""
    home = {
        "principal_fen": 60_000_000,
        "collateral_kind": "residential",
        "collateral_value_fen": 100_000_000,
        "prior_claims_fen": 30_000_000,
        "seizure_rank": 1,
        "litigation_state": "enforcing",
    }
    made = run(make_accounts(home))
    sells = POLICY.kind_sells.values["residential"]
    unsold, expected = 1.0, [0.0] * 36
    for offer in POLICY.rounds.offers:
        hammer = offer.price * POLICY.price_level.value * POLICY.kind_price.values["residential"] * 100_000_000
        # court's enforcement fee by the practitioner's quick formula, in yuan: 0.015 x - 100 up to 500,000, 0.01 x + 2,400 above
        yuan = hammer / 100
        fee = 100 * (0.01 * yuan + 2_400 if yuan > 500_000 else 0.015 * yuan - 100)
        net = hammer - POLICY.auction_aid.steps[0].rate * hammer - POLICY.tax_share.value * hammer - fee - 30_000_000
        month = math.ceil(POLICY.title_months.values["enforcing"] + offer.months * POLICY.kind_months.values["residential"])
        expected[month - 1] += unsold * offer.sells * sells * min(max(net, 0), 60_000_000)
        unsold *= 1 - offer.sells * sells
    np.testing.assert_allclose(made.cash[0], expected, rtol=1e-5)
    assert made.upfront_cost[0] == pytest.approx(POLICY.title_cost.values["enforcing"] * 60_000_000 + POLICY.appraisal_fen.value)
    assert made.staff_minutes[0] == POLICY.minutes.value


def twin(row: dict[str, Any], horizon: int) -> list[float]:
    """One account in plain Python: every round, every bracket, every month."""
    p = POLICY
    cash = [0.0] * horizon
    value, prior, balance = (max(row[name] or 0, 0) for name in ("collateral_value_fen", "prior_claims_fen", "balance_fen"))
    if not value or not balance:
        return cash

    def ladder(steps: Any, x: float) -> float:
        charge = 0.0
        for number, step in enumerate(steps):
            top = steps[number + 1].above_fen if number + 1 < len(steps) else math.inf
            if x > step.above_fen:
                charge += step.flat_fen + step.rate * (min(x, top) - step.above_fen)
        return charge

    kind, state, rank = row["collateral_kind"], row["litigation_state"], row["seizure_rank"]
    price = p.kind_price.values.get(kind, p.kind_price.other) * p.price_level.value
    waiting = p.by_rank.unknown if rank is None else float(np.interp(rank, p.by_rank.at, p.by_rank.values))
    unsold = 1.0
    for offer in p.rounds.offers:
        chance = min(offer.sells * p.kind_sells.values.get(kind, p.kind_sells.other), 1.0)
        hammer = min(offer.price * price, 1.0) * value
        net = hammer - ladder(p.auction_aid.steps, hammer) - p.tax_share.value * hammer - ladder(p.enforcement_fee.steps, hammer) - prior
        when = p.title_months.values.get(state, p.title_months.other) + offer.months * p.kind_months.values.get(kind, p.kind_months.other)
        index = max(math.ceil(when) - 1, 0)
        if index < horizon:
            cash[index] += unsold * chance * waiting * min(max(net, 0.0), balance)
        unsold *= 1 - chance
    return cash


@pytest.fixture(scope="module")
def secured(make_accounts: Make) -> pl.DataFrame:
    rng = np.random.default_rng(33)

    def pick(*values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    rows = [
        {
            "principal_fen": pick(0, 1, int(rng.lognormal(17, 2))),
            "collateral_value_fen": pick(None, 0, -5, 1, int(rng.lognormal(17, 2)), int(rng.lognormal(17, 2))),
            "prior_claims_fen": pick(None, 0, int(rng.lognormal(16, 2))),
            "collateral_kind": pick(
                None, "none", "residential", "commercial_property", "industrial", "land", "vehicle", "equipment", "receivable", "financial", "other"
            ),
            "seizure_rank": pick(None, 0, 1, 2, 3, 9),
            "litigation_state": pick(None, "none", "filed", "judged", "enforcing", "enforcement_suspended"),
        }
        for _ in range(600)
    ]
    return make_accounts(*rows)


@pytest.mark.parametrize("horizon", [8, 36])
def test_against_the_slow_twin(secured: pl.DataFrame, horizon: int) -> None:
    made = run(secured, horizon=horizon)
    assert (made.cash.sum(axis=1) > 0).sum() > 50
    for i, row in enumerate(secured.iter_rows(named=True)):
        np.testing.assert_allclose(made.cash[i], twin(row, horizon), rtol=2e-4, atol=0.5, err_msg=str(row))


def test_never_above_the_balance_nor_the_net_collateral(secured: pl.DataFrame) -> None:
    made = run(secured)
    balance = secured["balance_fen"].to_numpy()
    net = (secured["collateral_value_fen"].fill_null(0) - secured["prior_claims_fen"].fill_null(0)).clip(0).to_numpy()
    cap = np.minimum(balance, net)
    assert (made.cash.sum(axis=1) <= cap * (1 + 1e-5)).all()
    assert (made.high <= cap * (1 + 1e-5)).all()


def test_no_hammer_price_above_the_value(make_accounts: Make) -> None:
    """A price level that would carry the hammer past the appraisal is cut there, taxes and fees still coming off."""
    high = POLICY.model_copy(update={"price_level": POLICY.price_level.model_copy(update={"value": 3.0})})
    facts = {"principal_fen": 10**10, "collateral_kind": "residential", "collateral_value_fen": 10**8, "seizure_rank": 1}
    made = run(make_accounts(facts), high)
    sold = 1.0
    for offer in POLICY.rounds.offers:
        sold *= 1 - min(offer.sells * POLICY.kind_sells.values["residential"], 1)
    net = 10**8 * (1 - POLICY.tax_share.value - POLICY.auction_aid.steps[0].rate) - 100 * (0.01 * 10**6 + 2_400)
    assert made.cash.sum() == pytest.approx((1 - sold) * net, rel=1e-5)


def test_no_value_no_sale(make_accounts: Make) -> None:
    facts = {"principal_fen": 10**8, "collateral_kind": "residential"}
    made = run(make_accounts(facts, {**facts, "collateral_value_fen": 0}))
    for name in ("cash", "upfront_cost", "running_cost", "staff_minutes", "complaints", "high"):
        assert not getattr(made, name).any(), name


def test_more_value_more_cash_more_prior_less_and_waiting_less(make_accounts: Make) -> None:
    facts: dict[str, Any] = {"principal_fen": 10**8, "collateral_kind": "residential", "collateral_value_fen": 10**8}
    values = run(make_accounts(*({**facts, "collateral_value_fen": v} for v in (10**5, 10**6, 10**7, 10**8, 10**9))))
    assert (np.diff(values.cash.sum(axis=1)) > 0).all()
    priors = run(make_accounts(*({**facts, "prior_claims_fen": v} for v in (None, 10**6, 10**7, 3 * 10**7, 10**9))))
    assert (np.diff(priors.cash.sum(axis=1)) < 0).all()
    assert priors.cash[-1].sum() == 0
    ranks = run(make_accounts(*({**facts, "seizure_rank": r} for r in (1, 2, 3, 4))))
    assert (np.diff(ranks.cash.sum(axis=1)) < 0).all()


def test_the_statutes_limits_hold_in_the_policy() -> None:
    """First reserve at least 70 % of appraisal, the second at most 20 % below it; the enforcement fee is the court's own schedule."""
    first, second = (offer.price for offer in POLICY.rounds.offers[:2])
    assert first >= 0.70
    assert second >= 0.56
    amounts = np.array([1.0, 100.0, 10**6, 10**6 + 1, 3 * 10**7, 5 * 10**7, 2 * 10**8, 10**9, 5 * 10**9, 10**12])
    court = load_policy().fees.at(AS_OF).court
    np.testing.assert_allclose(POLICY.enforcement_fee.of(amounts), court_fees("enforcement", amounts, fees=court), rtol=1e-12)


def test_the_rounds_meet_the_market_they_are_taken_from(real_data: Any) -> None:
    """Start over appraisal in the Taobao lots, and price, time and chance of judicial sales in the first quarter of 2025."""
    lots = pl.read_csv(real_data / "auction_cn_taobao2020" / "judicial_lots_2020.csv.gz", infer_schema_length=10_000)
    lots = lots.filter(pl.col("ratio_max_rel_error") < 0.02)
    means = dict(lots.group_by("round").agg(pl.col("ratio_est").mean()).iter_rows())
    offers = POLICY.rounds.offers
    assert offers[0].price == pytest.approx(means["first"], abs=0.001)
    assert offers[1].price == pytest.approx(means["second"], abs=0.001)
    stats = pl.read_csv(real_data / "cn_npl_market" / "cn_npl_market_stats.csv", infer_schema_length=1_000)
    quarter = dict(
        stats.filter((pl.col("period") == "2025Q1") & (pl.col("segment") == "法拍房-全部物业"))
        .select("metric", pl.col("value").cast(pl.Float64))
        .iter_rows()
    )
    assert offers[0].sells == pytest.approx(quarter["拍次成交率"] / 100, abs=0.001)
    unsold, sold = 1.0, []
    for offer in offers[:3]:
        sold.append(unsold * offer.sells)
        unsold *= 1 - offer.sells
    weights = np.array(sold) / sum(sold)
    assert POLICY.price_level.value * (weights @ [o.price for o in offers[:3]]) == pytest.approx(quarter["成交折价率"] / 100, abs=0.01)
    assert 30 * (weights @ [o.months for o in offers[:3]]) == pytest.approx(quarter["平均成交时长"], abs=5)
    assert weights @ [1, 2, 3] == pytest.approx(quarter["成交平均拍次"], abs=0.15)
