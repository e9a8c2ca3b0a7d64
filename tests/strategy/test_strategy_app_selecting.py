"""What pages read of a plan is what its decisions and forecasts say, added up slowly; what would turn a choice does turn it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import Desk, seat
from panhuo.apps.identity.models import Organisation
from panhuo.apps.identity.scope import NotAllowed, scope_of
from panhuo.apps.intake.accounts import accounts_page
from panhuo.apps.intake.filters import values_of
from panhuo.apps.intake.portfolio import tapes_current, totals
from panhuo.apps.strategy.decided import AMOUNTS, SORTS, RouteFilter, conditions_of, decided_columns
from panhuo.apps.strategy.making import kept_of
from panhuo.apps.strategy.models import Decision
from panhuo.apps.strategy.selecting import account_explained, cash_expected, decisions_of, routes_of
from panhuo.apps.strategy.standing import plan_shown
from panhuo.apps.strategy.turning import turns_of
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.routes import ROUTE_NAMES

pytestmark = pytest.mark.usefixtures("inside")

QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "product": st.lists(st.sampled_from(list(values_of("product"))), min_size=1, max_size=4, unique=True).map(",".join),
        "overdue_days": st.tuples(st.integers(0, 900), st.integers(0, 2_500)).map(lambda pair: f"{pair[0]}..{pair[1]}"),
        "route": st.lists(st.sampled_from([*ROUTE_NAMES, "none"]), min_size=1, max_size=4, unique=True).map(",".join),
    },
)


def slowly(desk: Desk, query: dict[str, str]) -> list[dict[str, Any]]:
    """Accounts and decisions joined in the database, and filtered one by one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.position, a.product, a.overdue_days, a.balance_fen, d.place, d.route, d.cash_fen, d.net_value_fen, d.recovery_fen"
            " from intake_account a join strategy_decision d on d.tape_id = a.tape_id and d.position = a.position where a.tape_id = %s and d.plan_id = %s",
            [desk.tape.pk, desk.plan.pk],
        )
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    out = []
    for row in rows:
        low, high = (int(part) for part in query.get("overdue_days", "-1..999999").split(".."))
        fits = low <= row["overdue_days"] <= high
        fits &= "product" not in query or row["product"] in query["product"].split(",")
        fits &= "route" not in query or (row["route"] or "none") in query["route"].split(",")
        if fits:
            out.append(row)
    return out


@settings(max_examples=60)
@given(query=QUERIES)
def test_routes_and_sums_are_those_of_the_decisions(desk: Desk, query: dict[str, str]) -> None:
    wanted: dict[str | None, list[int]] = {}
    for row in slowly(desk, query):
        sums = wanted.setdefault(row["route"], [0, 0, 0, 0])
        for at, value in enumerate((1, row["balance_fen"], row["cash_fen"], row["net_value_fen"])):
            sums[at] += value
    found = routes_of(desk.scope, desk.plan, tapes_current(desk.scope), conditions_of(query))
    names = ("accounts", "balance_fen", "cash_fen", "net_value_fen")
    assert {row["route"]: [row[name] for name in names] for row in found.iter_rows(named=True)} == wanted
    frame = decided_columns(desk.scope, desk.plan, tapes_current(desk.scope))
    whole = totals([], conditions_of(query), frame=frame, sums=("balance_fen", *AMOUNTS))
    assert whole.accounts == sum(sums[0] for sums in wanted.values())
    assert whole.sums["net_value_fen"] == sum(sums[3] for sums in wanted.values())
    assert whole.sums["recovery_fen"] == sum(row["recovery_fen"] for row in slowly(desk, query))


@settings(max_examples=40)
@given(query=QUERIES)
def test_expected_cash_is_each_accounts_balance_along_its_curve(desk: Desk, query: dict[str, str]) -> None:
    kept = kept_of(desk.plan)
    balance, curve = kept.array("balance_fen"), kept.array("curve")
    months = [0.0] * curve.shape[1]
    low = high = expected = 0
    for row in slowly(desk, query):
        place = row["place"]
        assert balance[place] == row["balance_fen"]
        for month in range(len(months)):
            months[month] += float(balance[place]) * float(curve[place, month])
        low, high, expected = low + int(kept.array("low_fen")[place]), high + int(kept.array("high_fen")[place]), expected + row["recovery_fen"]
    cash = cash_expected(desk.scope, desk.plan, tapes_current(desk.scope), conditions_of(query))
    assert (cash["recovery_fen"], cash["low_fen"], cash["high_fen"]) == (expected, low, high)
    assert cash["months"] == pytest.approx(months, abs=1.0)


def test_the_sum_of_routes_is_the_plans_own(desk: Desk) -> None:
    groups = routes_of(desk.scope, desk.plan, [desk.tape], [])
    assert groups["net_value_fen"].sum() == desk.plan.figures["objective_fen"]
    for row in groups.filter(pl.col("route").is_not_null()).iter_rows(named=True):
        assert row["accounts"] == desk.plan.figures["routes"][row["route"]]["accounts"]


@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-")])
def test_lists_sorted_by_the_plans_figures(desk: Desk, sort: str) -> None:
    frame, column = decided_columns(desk.scope, desk.plan, [desk.tape]), sort.removeprefix("-")
    met, cursor = [], None
    while True:
        page = accounts_page(desk.scope, [desk.tape], [], sort=sort, cursor=cursor, size=70, frame=frame, sorts=SORTS)
        decisions = decisions_of(desk.scope, desk.plan, [(row["tape_id"], row["position"]) for row in page.rows])
        met += [(decisions[row["tape_id"], row["position"]][column], row["position"]) for row in page.rows]
        cursor = page.older
        if cursor is None:
            break
    assert met == sorted(met, reverse=sort.startswith("-"))
    assert len({position for _, position in met}) == desk.tape.rows


def test_an_unknown_route_is_named() -> None:
    with pytest.raises(UsageInvalid) as refused:
        conditions_of({"route": "in_house,magic"})
    assert refused.value.where == "route"
    assert conditions_of({"route": "none,in_house"}) == [RouteFilter((None, "in_house"))]


def test_figures_of_a_plan_need_the_ability_to_see_plans(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        decided_columns(replace(desk.scope, abilities=frozenset({"portfolio.view"})), desk.plan, [desk.tape])


@pytest.mark.django_db
def test_without_tapes_there_is_no_plan() -> None:
    assert plan_shown(scope_of(seat(Organisation.objects.create(kind="lender", name="丙银行"), "empty")), [1]) is None


def test_an_account_recomputed_agrees_and_a_touched_decision_does_not(desk: Desk) -> None:
    position = Decision.objects.filter(plan=desk.plan, route__isnull=False).values_list("position", flat=True)[7]
    found = account_explained(desk.scope, desk.plan, tape_id=desk.tape.pk, position=position)
    assert found is not None
    assert found.agrees
    Decision.objects.filter(plan=desk.plan, position=position).update(net_value_fen=12_345)
    touched = account_explained(desk.scope, desk.plan, tape_id=desk.tape.pk, position=position)
    assert touched is not None
    assert not touched.agrees


def test_another_organisation_explains_nothing(desk: Desk) -> None:
    assert account_explained(scope_of(desk.stranger), desk.plan, tape_id=desk.tape.pk, position=0) is None


def test_what_would_turn_a_choice_turns_it(desk: Desk) -> None:
    """Each price told is put in place of the present one: a hair beyond it the other route comes out ahead, a hair short of it the chosen one stays."""
    kinds = {"falls": 0, "rises": 0, "unbarred": 0, "next_best": 0}
    for position in np.random.default_rng(5).choice(desk.tape.rows, 40, replace=False).tolist():
        found = account_explained(desk.scope, desk.plan, tape_id=desk.tape.pk, position=position)
        assert found is not None
        turns = turns_of(found, most=12)
        chosen = next((option for option in found.options if option.route == found.chosen), None)

        def remains(option: Any, limit: str, price: float) -> float:
            return float(option.net_value_fen - sum(use.amount * (price if use.limit == limit else use.price_fen) for use in option.uses))

        if turns.next_best:
            kinds["next_best"] += 1
            assert chosen is not None
            assert turns.next_best.margin_fen == pytest.approx(chosen.after_fen - turns.next_best.option.after_fen)
            ahead = [one.option for one in turns.crowded]
            others = [option for option in found.options if option.eligible and option is not chosen and option not in ahead and not option.shut]
            assert all(option.after_fen <= turns.next_best.option.after_fen for option in others)
            assert turns.next_best.margin_fen >= 0
            assert all(option.after_fen > chosen.after_fen for option in ahead)
        for fall in turns.falls:
            if fall.below_fen is None:
                continue
            kinds["falls"] += 1
            for factor, wins in ((0.999, True), (1.001, False)):
                price = fall.below_fen * factor
                held = remains(chosen, fall.use.limit, price) if chosen else 0.0
                assert (remains(fall.option, fall.use.limit, price) > held) is wins
        for rise in turns.rises:
            kinds["rises"] += 1
            for factor, wins in ((1.001, True), (0.999, False)):
                price = rise.above_fen * factor
                assert (remains(rise.option, rise.use.limit, price) > remains(chosen, rise.use.limit, price)) is wins
        for one in turns.unbarred:
            kinds["unbarred"] += 1
            assert not one.option.eligible
            assert one.bars
            assert one.more_fen == pytest.approx(one.option.after_fen - (chosen.after_fen if chosen else 0.0))
            assert one.more_fen > 0
    assert kinds["next_best"]
    assert kinds["falls"]
