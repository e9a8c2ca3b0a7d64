"""One account's page: its figures are those of the table, the vault's masks and the plan; what is not there, or another's, is not found."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connection

from console.reading import Node, fen, read
from desk import HOSTILE, Desk, imported, seat, written
from panhuo.apps.identity.models import Organisation
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.services import preferences_set
from panhuo.apps.privacy.models import Person
from panhuo.apps.privacy.vault import parties_masked
from panhuo.apps.strategy.models import Decision, Plan
from panhuo.apps.strategy.selecting import account_explained
from panhuo.kernel.routes import ROUTES

pytestmark = pytest.mark.usefixtures("inside")

CJK = re.compile(r"[\u4e00-\u9fff]")


def page(client: Any, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, (path, response.status_code)
    return read(response.content.decode())


def table(desk: Desk, columns: str, tail: str = "order by position") -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"select {columns} from intake_account where tape_id = %s {tail}", [desk.tape.pk])
        return cursor.fetchall()


def raw_of(desk: Desk) -> dict[str, dict[str, str]]:
    return {row["借据号"]: row for row in desk.raw}


@pytest.mark.parametrize("position", [0, 9, 60, 233])
def test_the_balance_is_the_sum_that_is_shown(desk: Desk, position: int) -> None:
    found = page(desk.client(), f"/accounts/{desk.tape.pk}/{position}")
    amounts = [fen(cell.text) for cell in found.one("dl", id="make-up").all("dd")]
    row = table(desk, "principal_fen, interest_fen, penalty_fen, fees_fen, balance_fen")[position]
    assert tuple(amounts) == row
    assert sum(amounts[:-1]) == amounts[-1]


@pytest.mark.parametrize("position", [3, 60, 100, 310])
def test_every_route_is_told_as_recomputed(desk: Desk, position: int) -> None:
    explained = account_explained(desk.scope, desk.plan, tape_id=desk.tape.pk, position=position)
    assert explained is not None
    main = page(desk.client(), f"/accounts/{desk.tape.pk}/{position}").one("main")
    body = next(main.all("table", **{"class": "data sticky options"})).one("tbody")
    rows = {next(iter(row.all("th"))).text.split(" ")[0].strip(): row for row in body.all("tr")}
    assert len(rows) == len(ROUTES)
    for option in explained.options:
        row = rows[option.words.zh]
        cells = list(row.all("td"))
        money = [fen(span.attrs["title"].split(" ")[0]) for cell in cells[1:5] for span in cell.all("span") if span.attrs.get("class") == "money"]
        assert money == [option.cash_fen, option.low_fen, option.high_fen, option.cost_fen, option.net_value_fen]
        assert ("mine" in row.attrs.get("class", "")) == (option.route == explained.chosen)
        assert ("不可" in cells[0].text) == (not option.eligible)
        for rule, words in option.bars:
            assert any(link.attrs["data-title"] == rule and link.text == words.zh for link in cells[0].all("a"))
    assert explained.reason.zh in main.text
    assert "已按保存的数据重算，与方案一致" in main.text
    stored = Decision.objects.get(plan=desk.plan, position=position)
    assert explained.chosen == stored.route


def test_a_figure_that_no_longer_agrees_is_said_aloud(desk: Desk) -> None:
    position = Decision.objects.filter(plan=desk.plan, route__isnull=False).values_list("position", flat=True)[5]
    Decision.objects.filter(plan=desk.plan, position=position).update(net_value_fen=1)
    text = page(desk.client(), f"/accounts/{desk.tape.pk}/{position}").one("main").text
    assert "与方案中存下的不一致" in text
    assert "与方案一致。" not in text


def test_every_rule_that_bars_opens_with_words_and_source(desk: Desk) -> None:
    client = desk.client()
    hrefs = set()
    for position in (0, 60, 100, 310, 411):
        hrefs |= {link.attrs["href"] for link in page(client, f"/accounts/{desk.tape.pk}/{position}").all("a") if "data-drawer" in link.attrs}
    assert len(hrefs) > 4
    for href in hrefs:
        fragment = client.get(href, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in fragment
        assert "依据" in fragment
        assert "<html" in client.get(href).content.decode()
    assert client.get("/accounts/rules/NO-SUCH-RULE").status_code == 404
    assert client.get("/accounts/rules/%3Cscript%3E").status_code == 404


# --- people


def test_parties_are_shown_by_masks_alone(desk: Desk) -> None:
    client, raw = desk.client(), raw_of(desk)
    for position, (account_id,) in list(enumerate(table(desk, "account_id")))[::23]:
        row = raw[account_id]
        html = client.get(f"/accounts/{desk.tape.pk}/{position}").content.decode()
        for heading in ("姓名", "证件号码", "手机号码", "居住地址", "工作单位", "担保人姓名"):
            value = row[heading]
            if len(value) > 2 and value not in HOSTILE:
                assert value not in html, heading
        shown = {field.name: text for party in parties_masked(desk.scope, batch=desk.tape.pk, position=position) for field, text in party.shown}
        if row["姓名"] and row["姓名"] not in HOSTILE:
            assert shown["name"] == row["姓名"][0] + "**"
        if len(row["手机号码"]) == 11:
            assert shown["phone"] == row["手机号码"][:3] + "****" + row["手机号码"][-4:]
        assert "guarantor_name" in shown or not row["担保人姓名"]


def test_a_record_that_does_not_open_is_said_so(desk: Desk) -> None:
    Person.objects.filter(batch=desk.tape.pk, about=0).update(sealed=b"x" * 40)
    assert "记录打不开" in page(desk.client(), f"/accounts/{desk.tape.pk}/2").one("main").text


def test_masks_are_for_those_who_see_the_account(desk: Desk) -> None:
    assert parties_masked(scope_of(desk.stranger), batch=desk.tape.pk, position=0) == []


# --- who may, and what is not there


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/{tape}/999999",
        "/accounts/{tape}/99999999999",
        "/accounts/0/0",
        "/accounts/999999/0",
        "/accounts/" + "9" * 25 + "/0",
        "/accounts/{tape}/-1",
        "/accounts/{tape}/1e3",
    ],
)
def test_forged_ids_are_not_found(desk: Desk, path: str) -> None:
    assert desk.client().get(path.format(tape=desk.tape.pk)).status_code == 404


def test_another_organisation_finds_no_such_account(desk: Desk) -> None:
    assert desk.client(desk.stranger).get(f"/accounts/{desk.tape.pk}/0").status_code == 404


def test_the_record_is_for_those_who_may_read_it(desk: Desk) -> None:
    auditor = desk.client(seat(desk.organisation, "audit", "auditor"))
    assert "导入清单" in page(auditor, f"/accounts/{desk.tape.pk}/0").one("main").text
    assert "导入清单" not in page(desk.client(), f"/accounts/{desk.tape.pk}/0").one("main").text


def test_without_a_plan_there_are_no_routes_but_all_the_rest(desk: Desk) -> None:
    Plan.objects.filter(organisation=desk.organisation).update(state=Plan.FAILED)
    main = page(desk.client(), f"/accounts/{desk.tape.pk}/0").one("main")
    assert "还没有覆盖这份清单的方案" in main.text
    assert list(main.all("dl", id="make-up"))
    assert not list(main.all("table", **{"class": "data sticky options"}))


# --- history


def test_the_months_are_those_of_the_tape_with_the_last_at_the_cut_off(desk: Desk) -> None:
    client = desk.client()
    for position, (pattern,) in list(enumerate(table(desk, "repayment_pattern")))[40:240:50]:
        found = list(page(client, f"/accounts/{desk.tape.pk}/{position}").all("ol", **{"class": "months"}))
        if not pattern:
            assert not found
            continue
        cells = list(found[0].all("li"))
        assert "".join(cell.one("span", aria_hidden="true").text for cell in cells) == pattern
        assert cells[-1].attrs["title"].startswith("2026-10 ")
        assert cells[0].attrs["title"].startswith("2024-11 ")


def test_accounts_of_one_debtor_stand_together_with_their_sum(desk: Desk) -> None:
    rows = pl.DataFrame(table(desk, "position, debtor_id, balance_fen"), schema=["position", "debtor", "balance"], orient="row")
    debtor = (
        rows.group_by("debtor")
        .agg(pl.len(), pl.col("balance").sum(), pl.col("position").first())
        .filter(pl.col("len") > 1)
        .sort("position")
        .row(0, named=True)
    )
    found = page(desk.client(), f"/accounts/{desk.tape.pk}/{debtor['position']}").one("section", id="siblings")
    assert len([row for body in found.all("tbody") for row in body.all("tr")]) == debtor["len"]
    assert fen(next(cell for cell in found.one("tfoot").all("td") if cell.attrs["data-col"] == "balance_fen").text) == debtor["balance"]


def test_past_versions_are_told_with_what_changed(desk: Desk, tmp_path: Path) -> None:
    rows = [dict(row) for row in desk.raw[40:120]]
    for row in rows:
        row["未偿利息"] = "1.23"
        row["未偿本息费合计"] = ""
    newer = imported(desk.user, written(tmp_path / "tape.csv", rows), as_of=dt.date(2026, 11, 30))
    client = desk.client()
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.position, b.position, b.balance_fen - a.balance_fen from intake_account a join intake_account b using (account_id) where a.tape_id = %s and b.tape_id = %s limit 1",
            [desk.tape.pk, newer.pk],
        )
        before, after, change = cursor.fetchone()
    main = page(client, f"/accounts/{newer.pk}/{after}").one("main")
    assert f"/accounts/{desk.tape.pk}/{before}" in [link.attrs.get("href") for link in main.all("a")]
    assert f"{'-' if change < 0 else ''}{abs(change) // 100:,}.{abs(change) % 100:02d}" in main.text
    old = page(client, f"/accounts/{desk.tape.pk}/{before}").one("main")
    assert "这是旧版清单中的账户" in old.text


# --- both languages


def test_english_pages_speak_english(desk: Desk) -> None:
    """What Chinese is left is the data's own: names, places of the tape, its series and plan, the organisation."""
    preferences_set(desk.scope, language="en")
    client = desk.client()
    for path in ("/portfolio", "/portfolio?route=agency,none&balance_fen=..100000", "/accounts?product=credit_card", f"/accounts/{desk.tape.pk}/60"):
        main = page(client, path).one("main")
        left = main.text.replace(desk.tape.series, "").replace(desk.plan.name, "").replace(desk.user.name, "")
        for cell in [*main.all("td"), *main.all("dd")]:
            if cell.attrs.get("data-col") in ("name_shown", "lender", "tape") or cell.tag == "dd":
                left = left.replace(cell.text, "", 1)
        lender = table(desk, "lender, name_shown")[60]
        for mine in lender:
            left = left.replace(mine or "\x00", "")
        for script in main.all("script"):
            assert not CJK.search(json.dumps(json.loads(script.text), ensure_ascii=False))
        assert not CJK.search(left), (path, CJK.findall(left)[:20], left[max(0, CJK.search(left).start() - 60) :][:120])  # type: ignore[union-attr]


@pytest.mark.django_db
def test_an_empty_organisation_has_no_account() -> None:
    user = seat(Organisation.objects.create(kind="lender", name="丙银行"), "empty")
    assert parties_masked(scope_of(user), batch=1, position=0) == []
