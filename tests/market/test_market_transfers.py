"""Batch and income-right transfers: worked by hand, and held against the market figures they are set to."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from panhuo.engines.market import forecast_batch_transfer, forecast_income_right_transfer
from panhuo.engines.market.batch_transfer import months_to_cash
from panhuo.kernel.tables import Count, Share
from panhuo.pipeline.policy import load_policy

AS_OF = dt.date(2026, 11, 1)
ROUTES = load_policy().routes
BATCH, RIGHT = ROUTES.batch_transfer, ROUTES.income_right_transfer
Make = Callable[..., pl.DataFrame]


def none(n: int, horizon: int = 36) -> Any:
    return np.zeros((n, horizon), dtype=np.float32)


def test_a_sale_by_hand(make_accounts: Make) -> None:
    """A card debt of 50,000 yuan and 3,000 of fees, a year overdue: priced on principal, interest and penalty, paid once."""
    card = {
        "product": "credit_card",
        "principal_fen": 4_000_000,
        "interest_fen": 800_000,
        "penalty_fen": 200_000,
        "fees_fen": 300_000,
        "overdue_days": 360,
    }
    p = BATCH
    made = forecast_batch_transfer(make_accounts(card), none(1), policy=p, as_of=AS_OF)
    size = float(np.interp(5_300_000, p.by_size.at, p.by_size.values))
    share = p.price.values[p.price.at.index(360)] * p.by_product.values["credit_card"] * p.by_state.other * size
    price = 5_000_000 * share * (p.sold.value + (1 - p.sold.value) * (1 - p.relist_cut.value))
    days = 2 + 10 + 15 + 20
    assert days == p.list_days.value + p.bidding_days.value + p.sign_days.value + p.pay_days.value
    month = math.ceil(p.packaging_months.value + days / p.working_days_a_month.value + (1 - p.sold.value) * p.relist_months.value)
    assert np.flatnonzero(made.cash[0]).tolist() == [month - 1]
    assert made.cash[0].sum() == pytest.approx(price, rel=1e-5)
    assert made.upfront_cost[0] == p.package_fen.person.values[0]
    assert made.running_cost[0].sum() == pytest.approx(p.minutes.person.values[0] * p.staff_minute_fen.value, rel=1e-5)
    assert (made.low[0], made.high[0]) == (pytest.approx(price * p.interval.low), pytest.approx(price * p.interval.high))


def test_selling_a_large_claim_takes_more_than_a_card(make_accounts: Make) -> None:
    """Due diligence and files by hand: a firm's claim of 10 million yuan, one of 5.5 million, and a person's home loan of 1 million."""
    claims = [("firm", 10**9), ("firm", 550_000_000), ("person", 10**8), ("person", 5_000_000)]
    accounts = make_accounts(*({"debtor_kind": kind, "principal_fen": fen, "overdue_days": 400} for kind, fen in claims))
    for forecast, policy, first, minute in (
        (forecast_batch_transfer, BATCH, [15_000, 9_000, 200, 15], [1_200, 720, 20, 4]),
        (forecast_income_right_transfer, RIGHT, [15_000, 9_000, 150, 10], [1_200, 720, 15, 3]),
    ):
        made = forecast(accounts, none(4), policy=policy, as_of=AS_OF)
        assert made.upfront_cost == pytest.approx([100 * yuan for yuan in first], rel=1e-9)
        servicing = 36 * policy.servicing_minutes_a_month.value if policy is RIGHT else 0
        assert made.staff_minutes == pytest.approx([m + servicing for m in minute], rel=1e-9)


def test_the_trading_fee_is_taken_from_the_price_at_the_multiplier(make_accounts: Make) -> None:
    policy = BATCH.model_copy(update={"trading_fee_share": Share(value=0.01, source="test"), "listing_fee_share": Share(value=0.002, source="test")})
    accounts = make_accounts({"principal_fen": 10**8, "overdue_days": 360})
    plain, charged = (forecast_batch_transfer(accounts, none(1), policy=q, as_of=AS_OF) for q in (BATCH, policy))
    assert (charged.running_cost - plain.running_cost).sum() == pytest.approx(0.8 * 0.01 * plain.cash.sum(), rel=1e-4)
    assert charged.upfront_cost[0] - plain.upfront_cost[0] == pytest.approx(0.002 * 10**8)


def test_older_arrears_sell_for_less(make_accounts: Make) -> None:
    accounts = make_accounts(*({"principal_fen": 10**6, "overdue_days": d} for d in range(90, 3_060, 90)))
    for forecast, policy in ((forecast_batch_transfer, BATCH), (forecast_income_right_transfer, RIGHT)):
        made = forecast(accounts, none(accounts.height), policy=policy, as_of=AS_OF)
        assert (np.diff(made.cash.sum(axis=1)) < 0).all()


def test_a_sale_that_ends_beyond_the_horizon_brings_nothing_in_it(make_accounts: Make) -> None:
    slow = BATCH.model_copy(update={"pay_days": Count(value=2_000, source="test")})
    assert months_to_cash(slow) > 36
    made = forecast_batch_transfer(make_accounts({"principal_fen": 10**6, "overdue_days": 200}), none(1), policy=slow, as_of=AS_OF)
    assert made.cash.sum() == made.high[0] == 0


def test_an_income_right_by_hand(make_accounts: Make) -> None:
    card = {
        "product": "credit_card",
        "principal_fen": 4_000_000,
        "interest_fen": 800_000,
        "penalty_fen": 200_000,
        "fees_fen": 300_000,
        "overdue_days": 360,
    }
    p = RIGHT
    made = forecast_income_right_transfer(make_accounts(card), none(1), policy=p, as_of=AS_OF)
    price = 5_000_000 * p.price.value
    assert np.flatnonzero(made.cash[0]).tolist() == [int(p.months.value) - 1]
    assert made.cash[0].sum() == pytest.approx(price, rel=1e-5)
    servicing = 36 * p.servicing_minutes_a_month.value
    cost = p.channel_share.value * price + p.staff_minute_fen.value * (p.minutes.person.values[0] + servicing * (1 - p.serviced.value))
    assert made.running_cost[0].sum() == pytest.approx(cost, rel=1e-5)
    assert made.staff_minutes[0] == pytest.approx(p.minutes.person.values[0] + servicing)
    assert made.upfront_cost[0] == p.set_up_fen.person.values[0]


def test_the_two_sales_meet_at_one_year_and_age_alike() -> None:
    """The income right's price of a card at one year is the batch price; from there both fall along the same slope."""
    days = np.arange(90, 3_060, 30)
    batch = np.interp(days, BATCH.price.at, BATCH.price.values) / np.interp(360, BATCH.price.at, BATCH.price.values)
    right = np.interp(days, RIGHT.by_age.at, RIGHT.by_age.values)
    np.testing.assert_allclose(right, batch, atol=0.08)
    assert RIGHT.price.value == pytest.approx(np.interp(360, BATCH.price.at, BATCH.price.values) * BATCH.by_product.values["credit_card"], rel=0.1)


def test_security_raises_the_price(make_accounts: Make) -> None:
    kinds = ("credit", "guarantee", "mixed", "mortgage")
    made = forecast_batch_transfer(
        make_accounts(*({"principal_fen": 10**6, "overdue_days": 720, "guarantee_kind": k} for k in kinds)), none(4), policy=BATCH, as_of=AS_OF
    )
    assert (np.diff(made.cash.sum(axis=1)) > 0).all()


def test_capital_still_held_is_charged_when_asked_for(make_accounts: Make) -> None:
    policy = RIGHT.model_copy(update={"capital_rate": Share(value=0.012, source="test")})
    accounts = make_accounts({"principal_fen": 10**8, "overdue_days": 360})
    plain, charged = (forecast_income_right_transfer(accounts, none(1), policy=q, as_of=AS_OF) for q in (RIGHT, policy))
    assert (charged.running_cost - plain.running_cost).sum() == pytest.approx(3 * 0.012 * 10**8, rel=1e-4)


# ---- against the market ----


def quarter(real_data: Any) -> dict[tuple[str, str], float]:
    stats = pl.read_csv(real_data / "cn_npl_market" / "cn_npl_market_stats.csv", infer_schema_length=1_000).filter(pl.col("period") == "2025Q1")
    return {(segment, metric): float(value) for segment, metric, value in stats.select("segment", "metric", "value").iter_rows()}


def test_the_line_meets_the_quarters_averages(real_data: Any) -> None:
    stats, at, line = quarter(real_data), BATCH.price.at, BATCH.price.values
    young = np.interp(np.arange(90, 361), at, line).mean()
    old = np.interp(np.arange(1_801, 3_060), at, line).mean()
    assert young == pytest.approx(stats["个人批量-逾期1年以下", "平均折扣率"] / 100, abs=0.01)
    assert old == pytest.approx(stats["个人批量-逾期5年以上", "平均折扣率"] / 100, abs=0.004)
    assert BATCH.price.unknown == pytest.approx(stats["个人批量", "平均折扣率"] / 100)
    assert line[0] > stats["个人批量", "平均折扣率"] / 100 > line[-1]
    cards = stats["信用卡透支", "平均本金回收率"] / stats["个人批量", "平均本金回收率"]
    assert BATCH.by_product.values["credit_card"] == pytest.approx(cards, abs=0.005)


def test_firms_claims_are_set_below_what_2022_implies(real_data: Any, make_accounts: Make) -> None:
    """All business less personal packages, 2022: 55 % of principal and interest. The shipped price of a firm's claim stays well below that."""
    stats = pl.read_csv(real_data / "cn_npl_market" / "cn_npl_market_stats.csv", infer_schema_length=1_000).filter(pl.col("period") == "2022")
    year = {(segment, metric): float(value) for segment, metric, value in stats.select("segment", "metric", "value").iter_rows()}
    everything, personal = year["全部业务", "成交未偿本息"], year["个人批量", "未偿本息"]
    implied = (everything * year["全部业务", "平均折扣率"] / 100 - year["个人批量", "转让价格"]) / (everything - personal)
    assert implied == pytest.approx(0.55, abs=0.01)
    firm = {"debtor_kind": "firm", "product": "corporate_loan", "principal_fen": 5 * 10**8}
    claims = [{**firm, "guarantee_kind": kind, "overdue_days": days} for kind in ("mortgage", "credit") for days in (360, 1_080)]
    made = forecast_batch_transfer(make_accounts(*claims), none(4), policy=BATCH, as_of=AS_OF)
    shares = made.cash.sum(axis=1) / (5 * 10**8)
    assert shares == pytest.approx([0.44, 0.19, 0.22, 0.095], abs=0.01)
    assert shares.max() < implied


def test_the_line_lies_above_starting_prices_and_within_their_scatter(real_data: Any) -> None:
    listed = pl.read_csv(real_data / "cn_npl_market" / "cn_npl_listings_2024_2025.csv", infer_schema_length=1_000).filter(
        (pl.col("is_aggregate") == 0)
        & pl.col("start_price_mn").is_not_null()
        & pl.col("upb_total_mn").is_not_null()
        & pl.col("wavg_overdue_days").is_not_null()
    )
    ratio = (listed["start_price_mn"] / listed["upb_total_mn"]).to_numpy() / np.interp(
        listed["wavg_overdue_days"].to_numpy(), BATCH.price.at, BATCH.price.values
    )
    assert len(ratio) >= 9
    assert ratio.max() < 1
    assert 0.65 < np.exp(np.log(ratio).mean()) < 0.80
    assert np.std(np.log(ratio)) < 0.25


def test_the_income_right_price_is_the_deals_average(real_data: Any) -> None:
    deals = pl.read_csv(real_data / "report_tables" / "npl_income_right_transfer_2020.csv")
    weighted = deals["transfer_amount_mn_cny"].sum() / deals["asset_original_amount_mn_cny"].sum()
    assert RIGHT.price.value == pytest.approx(weighted, abs=0.0001)
    low, high = np.quantile(deals["price_ratio_derived"].to_numpy(), [0.1, 0.9]) / weighted
    assert (RIGHT.interval.low, RIGHT.interval.high) == (pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01))
