"""The plan desk's pages: a limit that is closed is said to be closed, who moves can be opened, and a figure is called the same wherever it stands."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from typing import Any

import fastexcel
import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.reading import Node, number, read
from desk import Desk, ran, seat
from panhuo.apps.console.account_list import columns_of
from panhuo.apps.console.names import QUANTITIES, value_words
from panhuo.apps.identity.models import Delegation
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.services import preferences_set, token_create
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


def listed(client: Any, path: str) -> dict[str, int]:
    """What the list at an address says of itself: accounts and every sum under a column."""
    table = page(client, path).one("section", id="account-rows")
    sums = {"accounts": int(table.one("span", role="status").one("b").text.replace(",", ""))}
    for foot in table.all("tfoot"):
        for cell in foot.all("td"):
            value = number(cell)
            if value is not None:
                sums[cell.attrs["data-col"]] = value
    return sums


def opened(found: Node) -> list[tuple[str, str, int]]:
    """Every number of a page that leads to accounts: where to, what it is of, how much."""
    out = []
    for link in found.one("main").all("a"):
        href, value, cell = link.attrs.get("href", ""), number(link), link.up("td")
        if href.startswith("/accounts?") and value is not None and link.up("figure") is None:
            out.append((href, link.attrs.get("data-figure") or (cell.attrs.get("data-col", "") if cell else ""), value))
    return out


def moves_in_the_database(before: Plan, after: Plan) -> dict[tuple[str | None, str | None], list[tuple[int, int]]]:
    """Two partitions joined, account by account: (tape, position) by route before and after."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.route, b.route, b.tape_id, b.position from strategy_decision a join strategy_decision b using (tape_id, position)"
            " where a.plan_id = %s and b.plan_id = %s and a.route is distinct from b.route",
            [before.pk, after.pk],
        )
        out: dict[tuple[str | None, str | None], list[tuple[int, int]]] = {}
        for was, now, tape, position in cursor.fetchall():
            out.setdefault((was, now), []).append((tape, position))
    return out


def test_who_moves_opens_as_a_list_of_those_accounts(desk: Desk, mediation_closed: Plan) -> None:
    wanted = moves_in_the_database(desk.plan, mediation_closed)
    client = desk.client()
    found = page(client, f"/plans/{mediation_closed.pk}?with={desk.plan.pk}")
    links = {href: value for href, name, value in opened(found) if "moved=" in href and name == "accounts"}
    assert len(links) == len(wanted) + 1
    assert links[f"/accounts?moved={desk.plan.pk}..{mediation_closed.pk}"] == sum(map(len, wanted.values()))
    for href, name, value in opened(found):
        if "moved=" in href:
            assert listed(client, href)[name] == value, href
    for (was, now), places in wanted.items():
        assert links[f"/accounts?route={now or 'none'}&moved={desk.plan.pk}..{mediation_closed.pk}&moved_from={was or 'none'}"] == len(places)


def test_the_list_of_who_moves_goes_page_by_page_and_says_from_where_to_where(desk: Desk, mediation_closed: Plan) -> None:
    wanted = {place: key for key, places in moves_in_the_database(desk.plan, mediation_closed).items() for place in places}
    assert len(wanted) > 50
    client, address, met = desk.client(), f"/accounts?moved={desk.plan.pk}..{mediation_closed.pk}&sort=-net_value_fen", []
    while True:
        table = page(client, address).one("section", id="account-rows")
        for body in table.all("tbody"):
            for row in body.all("tr"):
                href = row.one("a").attrs["href"]
                said = tuple(next(cell.text.strip() for cell in row.all() if cell.attrs.get("data-col") == name) for name in ("before", "route"))
                tape, position = (int(part) for part in href.removeprefix("/accounts/").partition("?")[0].split("/"))
                met.append((tape, position))
                assert href.endswith(f"?plan={mediation_closed.pk}")
                assert said == tuple(value_words("route", route).zh for route in wanted[tape, position])
        older = [link.attrs["href"] for link in table.all("a", rel="next")]
        if not older:
            break
        address = "/accounts" + older[0]
    assert len(met) == len(set(met))
    assert set(met) == set(wanted)


def test_who_moves_through_the_api_and_the_workbook(desk: Desk, mediation_closed: Plan) -> None:
    wanted = moves_in_the_database(desk.plan, mediation_closed)
    (was, now), places = max(wanted.items(), key=lambda item: len(item[1]))
    moved = f"{desk.plan.pk}..{mediation_closed.pk}"
    token = token_create(desk.scope, name="t", abilities=["portfolio.view", "account.view", "plan.view"], days=1)[1]
    program = Client(headers={"Authorization": f"Bearer {token}"})
    query = {"moved": moved, "moved_from": was or "none", "route": now or "none"}
    assert program.get("/api/v1/portfolio/totals", query).json()["accounts"] == len(places)
    rows = program.get("/api/v1/portfolio/accounts", {**query, "size": 500}).json()["rows"]
    assert {(row["tape_id"], row["position"]) for row in rows} == set(places)
    answer = desk.client().get("/accounts/export.xlsx", query)
    frame = fastexcel.read_excel(b"".join(answer.streaming_content)).load_sheet(0).to_polars()
    assert frame["原处置方式"].to_list() == [value_words("route", was).zh] * len(places)
    assert frame["处置方式"].to_list() == [value_words("route", now).zh] * len(places)
    for wrong, where in (
        ({"moved": "x"}, "moved"),
        ({"moved_from": "agency"}, "moved_from"),
        ({"moved": f"{desk.plan.pk}..{desk.plan.pk}"}, "moved"),
    ):
        assert program.get("/api/v1/portfolio/totals", wrong).json()["where"] == where
        assert desk.client().get("/accounts", wrong, follow=True).status_code == (200 if where == "moved_from" else 400)
    # without its two plans, as when their chip is taken away, a "from" goes with them
    assert desk.client().get("/accounts", {"route": "agency", "moved_from": "agency"})["Location"] == "/accounts?route=agency"
    assert desk.client().get("/portfolio", query).status_code == 200


def test_every_figure_of_a_plan_opens_a_list_that_has_it_under_the_same_name(desk: Desk, mediation_closed: Plan) -> None:
    """Of the plan on the page, whichever plan is in force; and the column is not hidden."""
    client, seen = desk.client(), 0
    for plan in (desk.plan, mediation_closed):
        found = page(client, f"/plans/{plan.pk}?with=none")
        names = {
            head.attrs["data-col"]: text_of(head).split(" ")[0]
            for head in found.one("section", id="plan-routes").all("th")
            if "data-col" in head.attrs
        }
        for href, name, value in opened(found):
            seen += 1
            assert listed(client, href).get(name, 0) == value, (href, name)
            table = page(client, href).one("section", id="account-rows")
            heads = {head.attrs["data-col"]: head for head in table.all("th") if "data-col" in head.attrs}
            if name in ("cash_fen", "net_value_fen"):
                assert not next(column for column in columns_of(plan=True, tapes={}) if column.key == name).hidden
            if name in names and name in heads:
                assert names[name] in text_of(heads[name])
    assert seen > 50


def test_one_name_for_each_quantity(desk: Desk) -> None:
    """On the plan, the portfolio, the list, the account and in the workbook."""
    client = desk.client()
    position = Decision.objects.filter(plan=desk.plan, route__isnull=False).values_list("position", flat=True)[0]
    pages = {
        path: text_of(page(client, path).one("main"))
        for path in (f"/plans/{desk.plan.pk}", "/portfolio", "/accounts", f"/accounts/{desk.tape.pk}/{position}")
    }
    for path, text in pages.items():
        assert QUANTITIES["cash_fen"].zh in text, path
        assert QUANTITIES["net_value_fen"].zh in text, path
        assert "净价值" not in text, path
        bare = re.findall(r"(?<!方案)(?<!该方式)(?<!累计)(?<!逐月)(?<!当月)(?<!没有)(?<!各账户的)预计回收(?!（自营口径）)(?!与处置方式)", text)
        assert not bare, (path, [text[max(0, at.start() - 20) : at.end() + 20] for at in re.finditer("预计回收", text)])
    answer = client.get("/accounts/export.xlsx")
    heads = fastexcel.read_excel(b"".join(answer.streaming_content)).load_sheet(0).to_polars().columns
    for words in QUANTITIES.values():
        assert f"{words.zh}（元）" in heads


@pytest.mark.parametrize(
    ("typed", "said"),
    [("abc", "不是数字"), ("NaN", "不是数字"), ("", "请填写上限"), ("-3", "不能小于 0"), ("1e300", "数值过大"), ("inf", "数值过大")],
)
def test_a_wrong_limit_is_told_in_its_place_and_what_was_typed_stays(desk: Desk, typed: str, said: str) -> None:
    limit, other = desk.plan.figures["limits"][:2]
    before = Plan.objects.count()
    sent = {f"limit-{limit['name']}": typed, f"limit-{other['name']}": "7", "name": "我的试算"}
    answer = desk.client().post(f"/plans/{desk.plan.pk}/try", sent)
    assert answer.status_code == 422
    found = read(answer.content.decode()).one("section", id="limits")
    field = next(one for one in found.all("input") if one.attrs.get("name") == f"limit-{limit['name']}")
    assert (field.attrs["value"], field.attrs["aria-invalid"]) == (typed, "true")
    assert said in next(node.text for node in found.all() if node.attrs.get("id") == field.attrs["aria-describedby"])
    values = {one.attrs["name"]: one.attrs["value"] for one in found.all("input") if "value" in one.attrs and "name" in one.attrs}
    assert (values[f"limit-{other['name']}"], values["name"]) == ("7", "我的试算")
    assert sum("aria-invalid" in one.attrs for one in found.all("input")) == 1
    assert Plan.objects.count() == before


def test_limits_of_work_are_in_hours(desk: Desk) -> None:
    """Nobody plans 292,945.92 minutes: used, limit and price are of hours, while figures and files stay in minutes."""
    limit = next(one for one in desk.plan.figures["limits"] if one["name"] == "floor_minutes")
    found = page(desk.client(), f"/plans/{desk.plan.pk}").one("section", id="limits")
    row = next(row for row in found.all("tr") if any(field.attrs.get("name") == "limit-floor_minutes" for field in row.all("input")))
    hours = limit["at_most"] / 60
    assert float(row.one("input").attrs["value"].replace(",", "")) == pytest.approx(hours, abs=0.005)
    assert "小时" in row.text
    answer = desk.client().post(f"/plans/{desk.plan.pk}/try", {"limit-floor_minutes": f"{hours + 10:.4f}"})
    made = Plan.objects.get(pk=int(re.search(r"/plans/(\d+)", answer["Location"]).group(1)))  # type: ignore[union-attr]
    assert made.limits["floor_minutes"] == pytest.approx(limit["at_most"] + 600, rel=1e-6)


def test_variants_are_numbered_and_their_names_do_not_grow(desk: Desk) -> None:
    client, plan, names = desk.client(), desk.plan, []
    limit = desk.plan.figures["limits"][0]
    for more in (1, 2, 3):
        at_most = f"{limit['at_most'] / limit['unit_size'] + more:.2f}"
        answer = client.post(f"/plans/{plan.pk}/try", {f"limit-{limit['name']}": at_most})
        assert answer.status_code == 302
        ran("plan.make", desk.organisation)
        plan = Plan.objects.latest("pk")
        names.append(plan.name)
    numbers = [int(re.fullmatch(r"首版（试算 (\d+)）", name)[1]) for name in names]  # type: ignore[index]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_history_tells_each_step_once_the_latest_first(desk: Desk) -> None:
    scope = desk.scope
    reviewer, second = (scope_of(seat(desk.organisation, f"history-{role}", role)) for role in ("compliance_officer", "operations_manager"))
    services.plan_submit(scope, desk.plan, note="第一次")
    services.plan_withdraw(scope, desk.plan)
    services.plan_submit(scope, desk.plan, note="请审")

    def lines() -> list[str]:
        log = next(node for node in page(desk.client(), f"/plans/{desk.plan.pk}").all("ol", **{"class": "log"}))
        return [re.sub(r"^.*?· |^待处理", "", text_of(line).strip()) if "·" in text_of(line) else text_of(line).strip() for line in log.all("li")]

    assert lines()[0] == "待处理等待合规审查"
    services.plan_review(reviewer, desk.plan, approve=True, note="合规")
    services.plan_approve(second, desk.plan, approve=True)
    told = lines()
    assert told[:2] == ["批准，开始执行", "合规审查通过 “合规”"]
    assert told[2:5] == ["提交合规审查 “请审”", "撤回为草案", "提交合规审查 “第一次”"]
    assert told[5:] == ["方案制定完成", "要求制定方案"]


def test_what_was_lent_can_be_taken_back_and_goes_only_to_who_sees_plans(desk: Desk) -> None:
    friend, blind = seat(desk.organisation, "friend"), seat(desk.organisation, "blind", "collector")
    client, until = desk.client(), (timezone.localdate() + dt.timedelta(days=7)).isoformat()
    section = read(client.get("/settings").content.decode()).one("section", id="delegations")
    offered = [option.attrs["value"] for option in section.one("select", name="to").all("option")]
    assert str(friend.pk) in offered
    assert str(blind.pk) not in offered
    sent = {"ability": "plan.approve", "until": until}
    assert client.post("/settings/delegations", sent | {"to": str(blind.pk)}).status_code == 422
    assert client.post("/settings/delegations", sent | {"to": str(friend.pk)}).status_code == 302
    lent = Delegation.objects.get(to=friend)
    other = desk.client(friend)
    assert other.post(f"/settings/delegations/{lent.pk}/end").status_code == 404  # it is not his to take
    assert client.post(f"/settings/delegations/{lent.pk}/end").status_code == 302
    lent.refresh_from_db()
    assert lent.ends_at <= timezone.now()
    assert client.post(f"/settings/delegations/{lent.pk}/end").status_code == 404
    assert f"/settings/delegations/{lent.pk}/end" not in client.get("/settings").content.decode()


def test_a_wrong_delegation_is_told_above_its_form(desk: Desk) -> None:
    friend = seat(desk.organisation, "friend")
    sent = {"ability": "plan.approve", "to": str(friend.pk), "until": "2020-01-01"}
    answer = desk.client().post("/settings/delegations", sent)
    assert answer.status_code == 422
    section = read(answer.content.decode()).one("section", id="delegations")
    assert "受托人或期限不对" in text_of(section)
    assert section.one("input", type="date").attrs["value"] == "2020-01-01"
    chosen = [option.attrs["value"] for option in section.all("option") if "selected" in option.attrs]
    assert chosen == ["plan.approve", str(friend.pk)]
