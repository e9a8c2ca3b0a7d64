"""Classification floors and the limitation clock: their edges, their findings, and laws that hold for any account."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.compliance import classify, judge, limitation, load_books
from panhuo.engines.compliance.situation import years_later
from panhuo.engines.compliance.vocabulary import CLASSES, plain_accounts
from panhuo.kernel.calendar import add_months
from panhuo.kernel.findings import FINDING
from panhuo.kernel.routes import ROUTE_NAMES

BOOKS = load_books()
AS_OF = dt.date(2026, 6, 30)
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31))


@pytest.mark.parametrize(
    ("days", "floor"),
    [
        (-1, None), (0, None), (1, "special_mention"), (90, "special_mention"), (91, "substandard"), (270, "substandard"),
        (271, "doubtful"), (360, "doubtful"), (361, "loss"), (5000, "loss"),
    ],
)  # fmt: skip
def test_the_ladder_of_floors(days: int, floor: str | None) -> None:
    data = classify(plain_accounts([{"overdue_days": days}]), BOOKS, as_of=AS_OF).data
    assert data["five_class_floor"].to_list() == [floor]
    assert data["five_class_effective"].to_list() == [floor or "pass"]


@given(st.lists(st.tuples(st.integers(-10, 2000), st.sampled_from([*CLASSES, None])), min_size=1, max_size=30))
def test_the_class_in_effect_is_the_worse_of_the_two(given_: list[tuple[int, str | None]]) -> None:
    accounts = plain_accounts([{"overdue_days": d, "five_class": c} for d, c in given_])
    outcome = classify(accounts, BOOKS, as_of=AS_OF)
    too_good = 0
    for (_, reported), row in zip(given_, outcome.data.to_dicts(), strict=True):
        floor = row["five_class_floor"]
        ranks = [CLASSES.index(c) for c in (reported, floor) if c is not None]
        assert CLASSES.index(row["five_class_effective"]) == max(ranks, default=0)
        too_good += reported is not None and floor is not None and CLASSES.index(reported) < CLASSES.index(floor)
    warned = outcome.findings.filter(pl.col("severity") == "warn", pl.col("code") != "CLS-DERIVED")
    assert warned.height == too_good
    assert outcome.count("repaired") == 0  # the reported column is never written over
    worse = classify(accounts.with_columns(pl.col("overdue_days") + 30), BOOKS, as_of=AS_OF).data
    before, after = (f["five_class_effective"].to_physical() for f in (outcome.data, worse))
    assert (after >= before).all()  # more days never help


def test_findings_say_which_row_and_why() -> None:
    accounts = plain_accounts([{"five_class": "special_mention", "overdue_days": 120}, {"five_class": "loss"}, {"overdue_days": 30}])
    findings = classify(accounts, BOOKS, as_of=AS_OF).findings
    assert findings.schema == FINDING
    assert findings.select("row", "file", "column", "code", "severity", "value").rows() == [
        (1, "case", "five_class", "CLS-DPD-90", "warn", "关注"),
        (3, "case", "five_class", "CLS-DERIVED", "warn", None),
    ]
    assert findings["message"].to_list() == [
        "五级分类为关注，逾期 120 天应不低于次级；判断时从严，原列不改",
        "未提供五级分类，判断时按逾期天数或核销状态视为关注，原列仍留空",
    ]
    assert (
        findings["message_en"][0]
        == "reported as special mention, but 120 days past due call for at least substandard; judged by the stricter, the column is left as it stands"
    )


def test_a_tape_without_classes_gets_one_finding_and_not_one_a_row() -> None:
    findings = classify(plain_accounts([{"overdue_days": d} for d in range(50)]), BOOKS, as_of=AS_OF).findings
    assert findings.select("row", "file", "code").rows() == [(None, "case", "CLS-DERIVED")]
    assert "50" in findings["message"][0]


def test_before_the_order_came_into_force_there_is_no_floor() -> None:
    outcome = classify(plain_accounts([{"overdue_days": 400, "five_class": "pass"}]), BOOKS, as_of=dt.date(2023, 6, 30))
    assert outcome.data.row(0) == (None, "pass")
    assert outcome.findings.height == 0


@pytest.mark.parametrize("as_of", [dt.date(2014, 12, 31), dt.date(2019, 6, 30), dt.date(2023, 6, 30)])
def test_an_old_tape_without_classes_is_not_taken_for_performing(as_of: dt.date) -> None:
    """Unknown is not performing: what is long overdue or written off may go where non-performing loans go, the rest may not."""
    accounts = plain_accounts(
        [{"overdue_days": 400}, {"overdue_days": 91}, {"overdue_days": 20, "written_off": True}, {"overdue_days": 90}, {"overdue_days": 30}]
    )
    assert classify(accounts, BOOKS, as_of=as_of).data["five_class_effective"].to_list() == [
        "substandard", "substandard", "loss", "special_mention", "special_mention"
    ]  # fmt: skip
    found = judge(accounts, BOOKS, as_of=as_of).data
    for route in ("batch_transfer", "securitisation", "income_right_transfer"):
        assert found.eligible[:, ROUTE_NAMES.index(route)].tolist() == [True, True, True, False, False], route
    early = as_of < dt.date(2021, 1, 7)
    assert found.warning("batch_transfer").str.contains("HOUSE-BATCH-EARLY").to_list() == [early] * 5


@given(DAYS, st.integers(1, 20))
def test_years_later_agrees_with_the_calendar(day: dt.date, years: int) -> None:
    found = pl.DataFrame({"day": [day, None]}).select(years_later(pl.col("day"), years)).to_series().to_list()
    assert found == [add_months(day, 12 * years), None]


def test_years_later_beyond_its_calendar_is_unknown() -> None:
    days = [dt.date(1899, 12, 31), dt.date(1900, 1, 1), dt.date(2299, 12, 31), dt.date(2300, 1, 1)]
    found = pl.DataFrame({"day": days}).select(years_later(pl.col("day"), 3)).to_series().to_list()
    assert found == [None, dt.date(1903, 1, 1), dt.date(2302, 12, 31), None]


@given(DAYS, st.none() | DAYS, st.none() | DAYS, st.none() | DAYS)
def test_laws_of_the_clock(overdue: dt.date, maturity: dt.date | None, demand: dt.date | None, paid: dt.date | None) -> None:
    fields = {"overdue_since": overdue, "maturity_date": maturity, "last_demand_on": demand, "last_payment_on": paid}
    row = limitation(plain_accounts([fields]), BOOKS, as_of=AS_OF).row(0, named=True)
    ends = row["limitation_expires_on"]
    assert ends is not None
    assert ends >= min(add_months(overdue, 36), add_months(overdue, 240))
    assert ends <= add_months(overdue, 240)
    begun = max(overdue, maturity or overdue)
    bridged = paid is not None and paid <= min(AS_OF, add_months(begun, 36)) and demand is not None and demand <= add_months(paid, 36)
    late = demand is not None and add_months(begun, 36) < demand <= AS_OF and not bridged
    if row["limitation_state"] == "open":
        assert ends >= AS_OF
        assert not late
    elif ends >= AS_OF:
        assert (row["limitation_state"], late) == ("unknown", True)
    else:
        later = paid is not None and ends < paid <= AS_OF
        assert row["limitation_state"] == ("unknown" if demand is None or later else "expired")
    if demand is not None and demand <= AS_OF:
        assert ends >= min(add_months(demand, 36), add_months(overdue, 240))
    sued = limitation(plain_accounts([{**fields, "litigation_state": "filed"}]), BOOKS, as_of=AS_OF).row(0, named=True)
    assert (sued["limitation_state"], sued["limitation_expires_on"], sued["limitation_basis"]) == ("open", None, "CP-LIM-SUIT")


def test_the_basis_names_the_rule_that_set_the_end() -> None:
    accounts = plain_accounts(
        [
            {"overdue_since": dt.date(2025, 1, 1)},
            {"overdue_since": dt.date(2025, 1, 1), "maturity_date": dt.date(2026, 1, 1)},
            {"overdue_since": dt.date(2025, 1, 1), "last_demand_on": dt.date(2026, 2, 1)},
            {"overdue_since": dt.date(2025, 1, 1), "litigation_state": "judged", "judgment_on": dt.date(2025, 9, 1)},
            {},
        ]
    )
    assert limitation(accounts, BOOKS, as_of=AS_OF)["limitation_basis"].to_list() == [
        "CP-LIM-3Y", "CP-LIM-INSTALMENT", "CP-LIM-DEMAND", "CP-ENF-2Y", None
    ]  # fmt: skip
