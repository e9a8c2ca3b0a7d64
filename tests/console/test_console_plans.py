"""The plan desk's pages: a limit that is closed is said to be closed, who moves can be opened, and a figure is called the same wherever it stands."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from console.reading import Node, read
from desk import Desk, ran
from panhuo.apps.identity.services import preferences_set
from panhuo.apps.strategy import services
from panhuo.apps.strategy.making import kept_of, policy_of
from panhuo.apps.strategy.models import Decision, Plan
from panhuo.apps.strategy.selecting import account_explained
from panhuo.apps.strategy.turning import turns_of
from panhuo.engines.strategy import build_limits
from panhuo.kernel.routes import ROUTES
from panhuo.pipeline.partition import MEASURES

pytestmark = pytest.mark.usefixtures("inside")


def page(client: Any, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, (path, response.status_code, response.content.decode()[:500])
    return read(response.content.decode())


def text_of(node: Node) -> str:
    return re.sub(r"\s+", " ", html.unescape(node.text))


def varied(desk: Desk, limits: dict[str, float], name: str = "试算") -> Plan:
    made = services.plan_vary(desk.scope, desk.plan, name=name, limits=limits)
    ran("plan.make", desk.organisation)
    return Plan.objects.get(pk=made.pk)


@pytest.fixture(scope="module")
def mediation_closed(desk: Desk, django_db_blocker: Any) -> Iterator[Plan]:
    """A what-if in which the busiest limit on a route of cases is 0."""
    with django_db_blocker.unblock():
        busiest = max(
            (limit for limit in desk.plan.figures["limits"] if limit["unit_size"] == 1.0 and limit["used"] > 5), key=lambda limit: limit["price_fen"]
        )
        yield varied(desk, {busiest["name"]: 0.0}, "关掉一项")


def closed_of(plan: Plan) -> dict[str, Any]:
    return next(limit for limit in plan.figures["limits"] if limit["at_most"] == 0)


def test_a_closed_limit_has_its_price_and_says_that_it_is_closed(desk: Desk, mediation_closed: Plan) -> None:
    limit = closed_of(mediation_closed)
    assert limit["used"] == 0
    assert limit["price_fen"] > 0
    for lang, words in (("zh", "已关闭：上限为 0"), ("en", "closed: the limit is 0")):
        preferences_set(desk.scope, language=lang)
        found = page(desk.client(), f"/plans/{mediation_closed.pk}?with={desk.plan.pk}").one("section", id="limits")
        row = next(row for row in found.all("tr") if limit["title"][lang] in text_of(row))
        assert words in text_of(row)
        assert list(row.all("span", **{"class": "money"})), "the price of its first unit"
        assert "—" not in text_of(row)


def test_reasons_of_accounts_name_the_closed_limit_and_no_margin_is_negative(desk: Desk, mediation_closed: Plan) -> None:
    before = dict(Decision.objects.filter(plan=desk.plan).values_list("position", "route"))
    after = dict(Decision.objects.filter(plan=mediation_closed).values_list("position", "route"))
    limit = closed_of(mediation_closed)
    moved = [position for position in before if before[position] != after[position]][:12]
    assert len(moved) > 4
    named = 0
    for position in moved:
        found = account_explained(desk.scope, mediation_closed, tape_id=desk.tape.pk, position=position)
        assert found is not None
        turns = turns_of(found, most=12)
        # what is laid to a limit's last units is another route's, which is open and ahead
        assert ("限额尾数" in found.reason.zh) <= bool(turns.crowded)
        assert not any(one.option.shut for one in turns.crowded)
        assert turns.next_best is None or turns.next_best.margin_fen >= 0
        shut = [option for option in found.options if option.shut]
        named += f"“{limit['title']['zh']}”上限为0，已关闭" in found.reason.zh
        main = text_of(page(desk.client(), f"/accounts/{desk.tape.pk}/{position}?plan={mediation_closed.pk}").one("main"))
        assert not re.search(r"若其净值再高 -", main)
        for option in shut:
            assert option.after_fen <= max((one.after_fen for one in found.options if one.route == found.chosen), default=0.0) + 1.0
            if option.net_value_fen > next((one.net_value_fen for one in found.options if one.route == found.chosen), 0):
                assert f"“{limit['title']['zh']}”上限为 0，已关闭" in main
    assert named > 2


def test_a_closed_limit_keeps_the_proof(desk: Desk, mediation_closed: Plan) -> None:
    """The bound is no better than the relaxed problem at the plan's own prices, added up account by account."""
    kept, policy = kept_of(mediation_closed), policy_of(mediation_closed)
    measures = {name: np.asarray(kept.array(name), dtype=np.float64) for name in MEASURES}
    measures["balance"] = np.asarray(kept.array("balance_fen"))[:, None].astype(np.float64)
    figures = mediation_closed.figures
    known = {limit["name"]: limit for limit in figures["limits"]}
    worth = np.where(np.asarray(kept.array("eligible")) & np.asarray(kept.array("worked"))[:, None], kept.array("net_value"), -np.inf)
    total = 0.0
    for limit in build_limits(policy.strategy, measures, accounts_overdue=1, balance_fen=1.0):
        price = known[limit.name]["price_fen"]
        routes = np.ones(len(ROUTES), dtype=bool) if limit.routes is None else limit.routes
        worth = worth - price * np.where(routes, limit.usage, 0.0)
        total += price * known[limit.name]["at_most"]
    total += float(np.maximum(worth.max(axis=1), 0.0).sum())
    assert figures["objective_fen"] <= total + 1
    assert figures["upper_bound_fen"] <= total * (1 + 1e-9) + 1
    assert total == pytest.approx(figures["upper_bound_fen"], rel=5e-3)  # which leaves out claims too large for a limit alone
    assert figures["gap"] <= 2e-3
    assert figures["objective_fen"] < desk.plan.figures["objective_fen"]
