"""The portfolio desk: every figure opens the accounts that make it up; filters, tapes and views of others stay out."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from console.reading import Node, number, read
from desk import Desk, imported, planned, seat, written
from panhuo.apps.console.account_list import SORTS
from panhuo.apps.identity.models import Organisation, SavedView
from panhuo.apps.identity.scope import NotAllowed, scope_of
from panhuo.apps.strategy.models import Plan

pytestmark = pytest.mark.usefixtures("inside")


def page(client: Client, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, (path, response.status_code)
    return read(response.content.decode())


def totals_of(client: Client, path: str) -> dict[str, int]:
    """What the list at an address says of itself as a whole."""
    found = page(client, path)
    table = found.one("section", id="account-rows")
    count = table.one("span", role="status").one("b").text
    sums = {"accounts": int(count.replace(",", ""))}
    for foot in table.all("tfoot"):
        for cell in foot.all("td"):
            value = number(cell)
            if value is not None:
                sums[cell.attrs["data-col"]] = value
    return sums


def figures_of(portfolio: Node, measure: str) -> list[tuple[str, str, int]]:
    """Every number that is a link to accounts: where it leads, what it is of, and how much."""
    out = []
    for link in portfolio.one("main").all("a"):
        href, value = link.attrs.get("href", ""), number(link)
        if not href.startswith("/accounts") or value is None:
            continue
        cell = link.up("td")
        column = cell.attrs.get("data-col", "v") if cell is not None else "v"
        name = link.attrs.get("data-figure") or (column if column != "v" else {"balance": "balance_fen", "accounts": "accounts"}[measure])
        out.append((href, name, value))
    return out


@pytest.mark.parametrize(
    ("query", "measure"),
    [("", "balance"), ("overdue_days=40..400&product=consumer_loan,online_loan,credit_card", "balance"),
     ("route=in_house,none&balance_fen=100000..", "balance"), ("five_class=loss,none&origination_date=..2023-06-30", "accounts")],
)  # fmt: skip
def test_every_number_opens_a_list_that_adds_up_to_it(desk: Desk, query: str, measure: str) -> None:
    client = desk.client()
    address = f"/portfolio?{query}" + ("" if "measure" in query or measure == "balance" else "&measure=accounts")
    portfolio = page(client, address)
    figures = figures_of(portfolio, measure)
    seen: dict[str, dict[str, int]] = {}
    for href, name, value in figures:
        sums = seen.setdefault(href, None) or totals_of(client, href)  # type: ignore[arg-type]
        seen[href] = sums
        assert sums.get(name, 0) == value, (href, name)
    assert len(figures) > 40
    assert len(seen) > 15
    unlinked = [cell for cell in portfolio.one("main").all("td") if number(cell) and not list(cell.all("a")) and cell.up("figure") is None]
    assert not unlinked


def test_totals_line_is_the_tapes_own(desk: Desk) -> None:
    sums = {name: value for _, name, value in reversed(figures_of(page(desk.client(), "/portfolio"), "balance"))}
    assert sums["accounts"] == desk.tape.rows
    assert sums["balance_fen"] == desk.tape.balance_fen
    assert sums["principal_fen"] + sums["interest_fen"] + sums["penalty_fen"] + sums["fees_fen"] == desk.tape.balance_fen
    assert sums["net_value_fen"] == desk.plan.figures["objective_fen"]


def test_months_add_up_and_lie_within_their_band(desk: Desk) -> None:
    found = page(desk.client(), "/portfolio?product=credit_card")
    monthly, cumulative = (json.loads(found.one("script", id=f"{name}-data").text)["series"][0] for name in ("monthly", "cumulative"))
    assert len(monthly["values"]) == desk.plan.figures["horizon_months"]
    by = {name: json.loads(found.one("script", id=f"{name}-data").text)["unit"] for name in ("monthly", "cumulative")}
    scale = {"元": 1.0, "万元": 1e4, "亿元": 1e8}
    assert sum(monthly["values"]) * scale[by["monthly"]] == pytest.approx(cumulative["values"][-1] * scale[by["cumulative"]], rel=1e-4)
    for low, value, high in zip(cumulative["low"], cumulative["values"], cumulative["high"], strict=True):
        assert low <= value <= high


def test_chips_say_the_filters_and_take_them_away(desk: Desk) -> None:
    found = page(desk.client(), "/portfolio?product=credit_card&balance_fen=100000..&tape=" + str(desk.tape.pk))
    chips = [chip for chip in found.all("span") if chip.attrs.get("class") == "chip"]
    assert [" ".join(chip.text.split()) for chip in chips] == ["产品类型 信用卡透支去掉筛选 产品类型 信用卡透支", "余额 ≥ 1,000去掉筛选 余额 ≥ 1,000"]
    assert chips[0].one("a").attrs["href"] == f"?balance_fen=100000..&tape={desk.tape.pk}"


@pytest.mark.parametrize(
    ("typed", "goal"),
    [("balance_from=1%2C000&balance_to=&product=credit_card&product=online_loan", "product=credit_card%2Conline_loan&balance_fen=100000.."),
     ("days_from=31&days_to=60&tape=", "overdue_days=31..60"), ("made_from=2024-01-01&made_to=&overdue_days=1..2", "overdue_days=1..2&origination_date=2024-01-01.."),
     ("days_from=&days_to=&overdue_days=1..2", "")],
)  # fmt: skip
def test_the_forms_fields_become_one_spelling(desk: Desk, typed: str, goal: str) -> None:
    response = desk.client().get(f"/portfolio?{typed}")
    assert response.status_code == 302
    assert response["Location"] == (f"/portfolio?{goal}" if goal else "/portfolio")


@pytest.mark.parametrize("query", ["bucket=M99", "balance_fen=x", "balance_from=lots", "route=magic", "made_from=yesterday"])
def test_a_wrong_filter_is_named_and_nothing_breaks(desk: Desk, query: str) -> None:
    client = desk.client()
    response = client.get(f"/portfolio?{query}", follow=True)
    assert response.status_code == 400
    assert "FILTER_WRONG" in response.content.decode()


@pytest.mark.parametrize("tape", ["0", "-1", "999999999", "9" * 30, "１", "1 or 1=1"])
def test_a_forged_tape_is_not_there(desk: Desk, tape: str) -> None:
    for path in ("/portfolio", "/accounts", "/accounts/export.xlsx"):
        assert desk.client().get(path, {"tape": tape}).status_code == 404


def test_another_organisation_sees_nothing_of_it(desk: Desk) -> None:
    client = desk.client(desk.stranger)
    for path in ("/portfolio", "/accounts"):
        assert client.get(f"{path}?tape={desk.tape.pk}").status_code == 404
    found = client.get("/portfolio").content.decode()
    assert "还没有资产" in found
    assert desk.tape.series not in found


def test_without_a_plan_the_page_says_so_and_how_to_get_one(desk: Desk) -> None:
    Plan.objects.filter(organisation=desk.organisation).update(state=Plan.FAILED)
    client = desk.client()
    found = page(client, "/portfolio")
    assert "还没有覆盖这些清单的方案" in found.one("main").text
    assert not list(found.all("select", name="route"))
    assert figures_of(found, "balance")
    assert client.get("/portfolio?route=agency").status_code == 400
    assert client.get("/accounts?sort=-net_value_fen").status_code == 400
    assert client.get("/accounts").status_code == 200


def test_views_are_kept_by_name_in_one_spelling_and_are_ones_own(desk: Desk) -> None:
    client, colleague = desk.client(), desk.client(seat(desk.organisation, "colleague"))
    asked = {"name": " 大额 \x00信用卡 ", "query": "sort=-overdue_days&product=credit_card&after=zzz&found=abc&evil=<x>&balance_fen=100000.."}
    response = client.post("/views/accounts", asked)
    assert response["Location"] == "/accounts?product=credit_card&balance_fen=100000..&sort=-overdue_days"
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("大额 信用卡", "product=credit_card&balance_fen=100000..&sort=-overdue_days")
    client.post("/views/accounts", asked | {"query": "product=auto_loan"})
    assert SavedView.objects.get().query == "product=auto_loan"
    current = [link.text for link in page(client, "/accounts?product=auto_loan").all("a") if link.attrs.get("aria-current") == "true"]
    assert "大额 信用卡" in current
    assert "大额" not in colleague.get("/accounts").content.decode()
    for other in (colleague, desk.client(desk.stranger)):
        assert other.post(f"/views/{view.pk}/remove").status_code == 404
    assert client.post(f"/views/{view.pk}/remove")["Location"] == "/accounts"
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("page_name", "data", "status"),
    [
        ("nowhere", {"name": "a", "query": ""}, 404),
        ("accounts", {"name": "  ", "query": ""}, 400),
        ("accounts", {"name": "a", "query": "product=gold"}, 400),
    ],
)
def test_a_view_that_cannot_be_kept_is_refused(desk: Desk, page_name: str, data: dict[str, str], status: int) -> None:
    assert desk.client().post(f"/views/{page_name}", data).status_code == status
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("role", ["collector", "agency_manager", "lawyer", "investor"])
def test_seats_without_the_ability_stay_out(desk: Desk, role: str) -> None:
    kind = {"collector": "lender", "agency_manager": "agency", "lawyer": "law_firm", "investor": "investor"}[role]
    user = seat(Organisation.objects.create(kind=kind, name=f"机构 {role}"), f"out-{role}", role)
    client = desk.client(user)
    for path in ("/portfolio", "/accounts", f"/accounts/{desk.tape.pk}/0", "/accounts/export.xlsx", "/accounts/search.json?q=TH"):
        assert client.get(path).status_code == 403
    with pytest.raises(NotAllowed):
        scope_of(user).need("portfolio.view")


def test_a_newer_version_takes_the_place_of_the_older(desk: Desk, tmp_path: Any) -> None:
    rows = [{**row, "备注": "二"} if "备注" in row else dict(row) for row in desk.raw[100:300]]
    newer = imported(desk.user, written(tmp_path / "tape.csv", rows), as_of=dt.date(2026, 11, 30))
    client = desk.client()
    sums = {name: value for _, name, value in reversed(figures_of(page(client, "/portfolio"), "balance"))}
    assert sums["accounts"] == newer.rows
    assert totals_of(client, f"/accounts?tape={desk.tape.pk}")["accounts"] == desk.tape.rows
    assert planned(desk.user, [newer], "次版").state == Plan.DRAFT
    assert totals_of(client, "/accounts")["net_value_fen"]
    assert len(SORTS) == 7


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "overdue_days=60..&product=consumer_loan,credit_card"])
def test_one_tape_without_a_plan_does_not_take_the_others_expectations_off_the_page(desk: Desk, tmp_path: Any, query: str) -> None:
    """Two tapes under two plans in force and a third under none: the page adds up what the plans expect, and each figure opens its accounts."""
    other = imported(desk.user, written(tmp_path / "b.csv", desk.raw[100:160]), series="二期")
    second = planned(desk.user, [other], "二期方案")
    third = imported(desk.user, written(tmp_path / "c.csv", desk.raw[160:190]), series="三期")
    Plan.objects.filter(pk__in=[desk.plan.pk, second.pk]).update(state=Plan.APPROVED)
    Plan.objects.exclude(pk__in=[desk.plan.pk, second.pk]).update(state=Plan.REFUSED)
    client = desk.client()
    found = page(client, f"/portfolio?{query}")
    table = found.one("section", id="by_plan")
    rows = [row for body in table.all("tbody") for row in body.all("tr")]
    assert [row.one("th").text.strip() for row in rows] == [f"首版（{desk.tape.series}）", "二期方案（二期）", "三期（没有执行中的方案）"]
    names = ("accounts", "balance_fen", "recovery_fen", "low_fen", "high_fen", "net_value_fen")
    sums = dict.fromkeys(names, 0)
    for row in rows:
        cells = {cell.attrs["data-col"]: cell for cell in row.all("td")}
        listed = totals_of(client, cells["accounts"].one("a").attrs["href"])
        for name in names:
            value = number(cells[name])
            assert (value or 0) == listed.get(name, 0), (row.one("th").text, name)
            sums[name] += value or 0
    foot = {cell.attrs["data-col"]: number(cell) for cell in table.one("tfoot").all("td")}
    assert foot == sums
    assert sums["accounts"] == totals_of(client, f"/accounts?{query}")["accounts"]
    assert sums["recovery_fen"] > 0
    assert number(found.one("a", href="#by-plan")) == sums["recovery_fen"]
    cumulative = json.loads(found.one("script", id="cumulative-data").text)
    scale = {"元": 1e2, "万元": 1e6, "亿元": 1e10}[cumulative["unit"]]
    ends = (cumulative["series"][0][name][-1] * scale for name in ("values", "low", "high"))
    assert list(ends) == pytest.approx([sums["recovery_fen"], sums["low_fen"], sums["high_fen"]], rel=1e-3)
    assert third.rows == number(next(cell for cell in rows[2].all("td") if cell.attrs["data-col"] == "accounts")) or query


def test_an_organisation_without_tapes_is_told_what_to_do() -> None:
    user = seat(Organisation.objects.create(kind="lender", name="丙银行"), "empty")
    client = Client()
    client.post("/sign-in", {"username": user.username, "password": "a long enough one 1"})
    for path in ("/portfolio", "/accounts"):
        found = page(client, path)
        assert "/tapes" in [link.attrs.get("href") for link in found.one("main").all("a")]
