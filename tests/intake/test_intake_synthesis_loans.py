"""The loans hang together, and the truth behind them keeps the published rates. Oracles: plain arithmetic, the published figures, rank order."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy import stats

from panhuo.engines.intake.synthesis import COLUMNS, Chunk, synthesise
from panhuo.engines.intake.synthesis.draws import Draws
from panhuo.engines.intake.synthesis.repayment import HORIZON, expected, hazard, simulate
from panhuo.engines.intake.synthesis.tables import behaviour
from panhuo.engines.intake.synthesis.truth import MONTHS
from panhuo.kernel.calendar import add_months
from panhuo.kernel.frames import TAPE

AS_OF = dt.date(2026, 10, 31)
PUBLISHED = {(1, 1): 0.90, (2, 2): 0.40, (3, 3): 0.20, (4, 6): 0.05, (7, 12): 0.015}
"""Monthly recovery by months overdue: a 2022 industry report, outsourced collection at large banks; M12+ under 1 %."""


@pytest.fixture(scope="module")
def clean() -> Chunk:
    return next(iter(synthesise(60_000, seed=21, as_of=AS_OF, dirty=0.0)))


@pytest.fixture(scope="module")
def typed(clean: Chunk) -> pl.DataFrame:
    """Canonical names and types, by the plainest reading there is, with the truth."""
    out = []
    for name in COLUMNS:
        column = pl.col(TAPE[name].zh)
        match TAPE[name].kind:
            case "money":
                column = column.str.replace(".", "", literal=True).cast(pl.Int64)
            case "date":
                column = column.str.to_date("%Y-%m-%d")
            case "integer":
                column = column.cast(pl.Int64)
            case "rate":
                column = column.cast(pl.Float64)
            case "flag":
                column = column == "是"
        out.append(column.alias(name))
    assert clean.faults.is_empty()
    frame = clean.tape.select(out)
    assert frame["balance_fen"].equals(clean.truth["balance_fen"])
    frame = pl.concat([frame, clean.truth.drop("account_id", "balance_fen")], how="horizontal")
    return frame.with_columns(age=-(-pl.col("overdue_days") // 30), first=pl.col("m01") / pl.col("balance_fen"))


def test_parts_add_up_to_the_fen(typed: pl.DataFrame) -> None:
    parts = typed.select(pl.sum_horizontal("principal_fen", "interest_fen", "penalty_fen", "fees_fen")).to_series()
    assert (parts == typed["balance_fen"]).all()
    assert (typed.select(pl.min_horizontal("interest_fen", "penalty_fen", "fees_fen").min()).item()) >= 0
    assert (typed["principal_fen"] > 0).all()
    assert (typed["principal_fen"] <= typed["original_principal_fen"]).all()


def test_an_account_number_says_lender_and_month(typed: pl.DataFrame) -> None:
    said = typed.select(pl.col("account_id").str.slice(2, 6) == pl.col("origination_date").dt.to_string("%Y%m")).to_series()
    assert said.all()
    assert typed.group_by("lender").agg(pl.col("account_id").str.slice(0, 2).n_unique())["account_id"].max() == 1
    assert typed["account_id"].n_unique() == typed.height


def test_dates_and_days_agree(typed: pl.DataFrame) -> None:
    late = typed.filter(pl.col("overdue_days") > 0)
    assert (late.select((pl.lit(AS_OF) - pl.col("overdue_since")).dt.total_days() == pl.col("overdue_days")).to_series()).all()
    assert typed.filter(pl.col("overdue_days") == 0)["overdue_since"].is_null().all()
    assert (late["origination_date"] < late["overdue_since"]).all()
    paid = typed.drop_nulls("last_payment_on")
    assert (paid["last_payment_on"] > paid["origination_date"]).all()
    assert paid["last_payment_on"].max() <= AS_OF  # type: ignore[operator]
    demanded = typed.drop_nulls("last_demand_on")
    assert (demanded["last_demand_on"] >= demanded["overdue_since"]).all()
    assert demanded["last_demand_on"].max() <= AS_OF  # type: ignore[operator]
    term = typed.drop_nulls("maturity_date").head(3000)
    lent, due = term["origination_date"].to_list(), term["maturity_date"].to_list()
    for start, end in zip(lent, due, strict=True):
        assert add_months(start, (end.year - start.year) * 12 + end.month - start.month) == end
    assert typed.filter(pl.col("product") == "信用卡透支")["maturity_date"].is_null().all()


def test_payments_of_the_last_year_fit_the_last_payment(typed: pl.DataFrame) -> None:
    ago = typed.with_columns(ago=(pl.lit(AS_OF) - pl.col("last_payment_on")).dt.total_days())
    some, none = ago.filter(pl.col("payments_12m") > 0), ago.filter(pl.col("payments_12m") == 0)
    assert some["last_payment_on"].null_count() == 0
    assert (some["ago"] <= 366).all()
    assert (none["ago"].drop_nulls() > 300).mean() > 0.97  # type: ignore[operator]
    assert (typed["promises_kept_12m"] <= typed["promises_12m"]).all()


def test_interest_grows_with_rate_and_days(typed: pl.DataFrame) -> None:
    yearly = typed["principal_fen"] * typed["annual_rate"] / 365
    low, high = yearly * typed["overdue_days"] - 1, yearly * (typed["overdue_days"] + 30) + 1
    assert ((typed["interest_fen"] >= low) & (typed["interest_fen"] <= high)).all()
    surcharge = typed.select(pl.min_horizontal(0.24 - pl.col("annual_rate"), 0.5 * pl.col("annual_rate"))).to_series()
    assert ((typed["penalty_fen"] - yearly / typed["annual_rate"] * surcharge * typed["overdue_days"]).abs() <= 1.0).all()


def test_collateral_guarantors_and_clauses_follow_the_product(typed: pl.DataFrame) -> None:
    secured = typed["guarantee_kind"].is_in(["抵押", "质押", "组合担保"])
    assert ((typed["collateral_kind"] != "无") == secured).all()
    assert (typed["collateral_value_fen"].is_not_null() == secured).all()
    assert (typed["guarantor_name"].is_not_null() == typed["guarantee_kind"].is_in(["保证", "组合担保"])).all()
    homes, cars = typed.filter(pl.col("product") == "个人住房按揭贷款"), typed.filter(pl.col("product") == "个人汽车贷款")
    assert set(homes["collateral_kind"]) == {"住宅"}
    assert set(cars["collateral_kind"]) <= {"车辆", "无"}
    assert 0.27 < typed.filter(pl.col("product") == "网络消费贷款")["arbitration_clause"].mean() < 0.33  # type: ignore[operator]
    assert 0.012 < (typed["exclusion"] != "无").mean() < 0.03  # type: ignore[operator]


def test_class_and_write_off_follow_the_days(typed: pl.DataFrame) -> None:
    ladder = {"正常": 0, "关注": 1, "次级": 2, "可疑": 3, "损失": 4}
    starts = np.searchsorted([1, 91, 271, 361], typed["overdue_days"].to_numpy(), side="right")
    given = typed["five_class"].replace_strict(ladder).to_numpy()
    assert np.mean(given == starts) > 0.94
    assert np.abs(given - starts).max() == 1
    assert not typed.filter(pl.col("overdue_days") <= 360)["written_off"].any()
    assert 0.4 < typed.filter(pl.col("overdue_days") > 360)["written_off"].mean() < 0.7  # type: ignore[operator]
    assert (typed.filter(pl.col("overdue_days") <= 90)["litigation_state"] == "未诉").all()


def test_the_pattern_ends_at_the_present_arrears(typed: pl.DataFrame) -> None:
    last = typed["repayment_pattern"].str.slice(-1)
    arrears = typed.select(pl.when(pl.col("age") == 0).then(pl.lit("N1")).otherwise(pl.col("age").clip(1, 7).cast(pl.String))).to_series()
    assert all(one in many for one, many in zip(last, arrears, strict=True))
    assert typed["repayment_pattern"].str.contains(r"^\**[N1-7]{0,24}$").all()
    assert (typed["repayment_pattern"].str.len_chars() == 24).all()


def test_most_past_a_year_are_lost_and_few_before_three_months(typed: pl.DataFrame) -> None:
    lost = typed.group_by("age").agg((pl.col("contactability") == "失联").mean().alias("lost"))
    by_age = dict(lost.iter_rows())
    assert by_age[1] < 0.08
    assert 0.20 < by_age[3] < 0.50
    assert typed.filter(pl.col("overdue_days") > 360).select((pl.col("contactability") == "失联").mean()).item() > 0.90


@pytest.mark.parametrize("stage", list(PUBLISHED))
def test_the_first_month_brings_the_published_share(typed: pl.DataFrame, stage: tuple[int, int]) -> None:
    first = typed.filter(pl.col("age").is_between(*stage))["first"].to_numpy()
    assert abs(first.mean() - PUBLISHED[stage]) < 4.0 * first.std() / np.sqrt(first.size)


def test_the_figures_behind_are_the_published_ones() -> None:
    stages = behaviour().stages
    by_month = {month: next(s.recovery for s in stages if month <= s.through) for month in range(1, 121)}
    for (low, high), rate in PUBLISHED.items():
        assert {by_month[month] for month in range(low, high + 1)} == {rate}
    assert all(0.0 < by_month[month] < 0.01 for month in range(13, 121))


def test_past_a_year_under_one_per_cent_a_month(typed: pl.DataFrame) -> None:
    old = typed.filter(pl.col("age") > 12)
    for month in ("m01", "m06", "m12"):
        assert 0.001 < (old[month] / old["balance_fen"]).mean() < 0.01  # type: ignore[operator]


def test_rates_still_hold_for_those_who_did_not_pay(typed: pl.DataFrame) -> None:
    """The calibration is on survivors: what M1 leaves unpaid recovers as M2 does, then as M3."""
    left = typed.filter(pl.col("age") == 1).with_columns(left=pl.col("balance_fen") - pl.col("m01"))
    for month, rate in (("m02", 0.40), ("m03", 0.20)):
        still = left.filter(pl.col("left") > 0)
        share = (still[month] / still["left"]).to_numpy()
        assert abs(share.mean() - rate) < 4.0 * share.std() / np.sqrt(share.size)
        left = left.with_columns(left=pl.col("left") - pl.col(month))


def test_nothing_comes_in_beyond_what_is_owed(typed: pl.DataFrame) -> None:
    total = typed.select(pl.sum_horizontal(MONTHS)).to_series()
    assert (total <= typed["balance_fen"]).all()
    assert typed.select(pl.min_horizontal(MONTHS).min()).item() >= 0


@pytest.mark.parametrize("age", [0, 1, 2, 5, 30])
def test_the_expected_recovery_is_the_mean_of_the_simulated_one(age: int) -> None:
    """20,000 futures of one account."""
    n = 20_000
    ages, z = np.full(n, age), np.full(n, float(hazard().mean[age]) + 0.3)
    balance, instalment = np.full(n, 1_000_000), np.full(n, 0.04)
    paid = np.sum(simulate(Draws(3, 0, n), ages, z, balance, instalment), axis=0)
    mean = expected(ages[:1], z[:1], balance[:1], instalment[:1])[0]
    assert abs(paid.mean() - mean) < 4.0 * paid.std() / np.sqrt(n) + 20.0  # rounding to fen in each month


def test_the_calibration_meets_every_stage() -> None:
    """Mean chance times mean share over the density of each age, by a sum that does not share the code's bisection."""
    model = hazard()
    density = np.diff(model.cumulative, axis=1)
    grid = np.linspace(-9.0, 6.0, 1501)
    middle = 0.5 * (grid[1:] + grid[:-1])
    for stage in behaviour().stages:
        age = stage.through
        chance = 1.0 / (1.0 + np.exp(-model.intercept[age] - model.spread[age] * middle))
        assert density[age] @ chance * model.mean_share[age] == pytest.approx(stage.recovery, rel=2e-3)
    assert (np.diff(model.mean) <= 1e-9).all(), "those who are left are ever worse payers"


def test_what_is_visible_tells_what_will_be_paid(typed: pl.DataFrame) -> None:
    """Within one stage, so that age cannot do the work. Signs of rank correlation with the true expectation."""
    stage = typed.filter(pl.col("age").is_between(4, 6)).with_columns(
        share=pl.col("expected_recovery_fen") / pl.col("balance_fen"),
        reachable=(pl.col("contactability") == "可联").cast(pl.Int8),
        kept=pl.col("promises_kept_12m") / pl.max_horizontal("promises_12m", 1),
    )
    signs = {
        "reachable": 1,
        "connected_90d": 1,
        "promises_kept_12m": 1,
        "kept": 1,
        "payments_12m": 1,
        "annual_income_fen": 1,
        "annual_rate": -1,
        "balance_fen": -1,
    }
    for name, sign in signs.items():
        known = stage.drop_nulls(name).filter(
            pl.col("product").is_in(["网络消费贷款"]) if name in ("annual_rate", "balance_fen") else pl.lit(value=True)
        )
        rank = stats.spearmanr(known[name].to_numpy(), known["share"].to_numpy()).statistic
        assert sign * rank > 0.04, (name, rank)
    assert abs(stats.spearmanr(stage["ability"], stage["willingness"]).statistic) < 0.35
    assert HORIZON == len(MONTHS) == 36
