"""The account list: pages, search that leaves no trace of what was typed, export, and nothing of a person or of a hostile tape."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fastexcel
import pytest
from django.db import connection

from console.reading import Node, fen, read
from desk import HOSTILE, Desk, seat
from panhuo.apps.console.account_list import headings_of
from panhuo.apps.console.names import QUANTITIES
from panhuo.apps.identity.models import Deed, Organisation
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.intake import exporting
from panhuo.apps.intake.searching import accounts_search

pytestmark = pytest.mark.usefixtures("inside")

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def listed(client: Any, path: str) -> tuple[Node, list[Node]]:
    response = client.get(path)
    assert response.status_code == 200, path
    table = read(response.content.decode()).one("section", id="account-rows")
    return table, [row for body in table.all("tbody") for row in body.all("tr")]


def keys_of(rows: list[Node]) -> list[str]:
    return [row.one("a").attrs["href"] for row in rows]


def in_table(desk: Desk, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters])
        return cursor.fetchall()


@pytest.mark.parametrize("sort", ["-balance_fen", "overdue_days", "-net_value_fen"])
def test_the_links_next_and_previous_lead_through_the_whole_list(desk: Desk, sort: str) -> None:
    client, path = desk.client(), f"/accounts?overdue_days=1..&sort={sort}"
    pages, address = [], path
    while True:
        table, rows = listed(client, address)
        pages.append(keys_of(rows))
        older = [link.attrs["href"] for link in table.all("a", rel="next")]
        if not older:
            break
        address = "/accounts" + older[0]
    met = [key for some in pages for key in some]
    wanted = in_table(desk, "select count(*) from intake_account where tape_id = %s and overdue_days >= 1", desk.tape.pk)[0][0]
    assert len(met) == len(set(met)) == wanted
    while True:
        table, rows = listed(client, address)
        assert keys_of(rows) == pages.pop()
        newer = [link.attrs["href"] for link in table.all("a", rel="prev")]
        if not newer:
            break
        address = "/accounts" + newer[0]
    assert not pages


def test_rows_show_what_table_and_plan_hold(desk: Desk) -> None:
    _, rows = listed(desk.client(), "/accounts?sort=-balance_fen&route=in_house")
    sql = (
        "select a.account_id, a.balance_fen, a.overdue_days, d.recovery_fen, d.net_value_fen from intake_account a join strategy_decision d"
        " on d.tape_id = a.tape_id and d.position = a.position where d.plan_id = %s and d.route = 'in_house' order by a.balance_fen desc limit 50"
    )
    for row, (account_id, balance, days, recovery, net) in zip(rows, in_table(desk, sql, desk.plan.pk), strict=True):
        cells = {cell.attrs["data-col"]: cell.text for cell in row.all() if "data-col" in cell.attrs}
        assert cells["account_id"] == account_id
        assert (fen(cells["balance_fen"]), int(cells["overdue_days"].replace(",", "")), fen(cells["recovery_fen"]), fen(cells["net_value_fen"])) == (
            balance,
            days,
            recovery,
            net,
        )
        assert cells["route"] == "自营催收"


def test_a_person_is_found_by_an_exact_value_that_leaves_no_trace(desk: Desk, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    caplog.set_level("DEBUG")
    client = desk.client()
    row = next(row for row in desk.raw[50:] if row["姓名"] and row["手机号码"] and row["证件号码"] and row["债务人类型"] == "个人")
    for heading in ("姓名", "证件号码", "手机号码"):
        response = client.post("/accounts/search", {"q": f" {row[heading]} "})
        assert response.status_code == 302
        goal = response["Location"]
        found = client.get(goal)
        assert found.status_code == 200
        assert row["借据号"] in found.content.decode()
        for text in (
            goal,
            found.content.decode(),
            str(dict(client.session)),
            json.dumps(list(Deed.objects.values_list("details", flat=True)), ensure_ascii=False),
            caplog.text,
            *capfd.readouterr(),
        ):
            assert row[heading] not in text
    assert Deed.objects.filter(verb="account.search", details__found__gt=0).count() == 3
    for almost in (row["手机号码"][:-1], row["证件号码"][:-2], row["姓名"] + "某"):
        assert not accounts_search(desk.scope, [desk.tape], text=almost).positions


def test_account_numbers_are_found_by_their_beginning(desk: Desk) -> None:
    client = desk.client()
    wanted = in_table(desk, "select account_id, position from intake_account where tape_id = %s order by position desc limit 1", desk.tape.pk)[0]
    assert client.post("/accounts/search", {"q": wanted[0]})["Location"] == f"/accounts/{desk.tape.pk}/{wanted[1]}"
    goal = client.post("/accounts/search", {"q": wanted[0][:3]})["Location"]
    table, rows = listed(client, goal)
    expected = {
        account
        for (account,) in in_table(desk, "select account_id from intake_account where tape_id = %s", desk.tape.pk)
        if account.startswith(wanted[0][:3])
    }
    assert {row.one("code").text for row in rows} <= expected
    assert int(table.one("span", role="status").one("b").text) == min(200, len(expected))
    found = json.loads(client.get("/accounts/search.json", {"q": wanted[0][:3]}).content)
    assert 0 < len(found) <= 8
    assert {one["words"] for one in found} <= expected
    assert all(set(one) == {"words", "note", "href", "icon"} for one in found)


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 5_000, "%", "_", "' or 1=1 --", "\U0010ffff", "🙂", *HOSTILE])
def test_whatever_is_searched_for_breaks_nothing(desk: Desk, text: str) -> None:
    client = desk.client()
    response = client.post("/accounts/search", {"q": text}, follow=True)
    assert response.status_code == 200
    assert client.get("/accounts/search.json", {"q": text}).status_code == 200


def test_percent_and_underscore_are_letters_like_others(desk: Desk) -> None:
    assert not accounts_search(desk.scope, [desk.tape], text="%").positions
    assert not accounts_search(desk.scope, [desk.tape], text="T_").positions


def test_the_result_of_a_search_is_its_sessions_own(desk: Desk) -> None:
    client = desk.client()
    goal = client.post("/accounts/search", {"q": "T"})["Location"]
    assert client.get(goal).status_code == 200
    response = desk.client(seat(desk.organisation, "colleague")).get(goal)
    assert response.status_code == 400
    assert "SEARCH_GONE" in response.content.decode()
    for _ in range(6):
        client.post("/accounts/search", {"q": "T"})
    assert client.get(goal).status_code == 400
    assert len(client.session["found"]) == 5


def test_searching_another_organisation_finds_nothing(desk: Desk) -> None:
    client = desk.client(desk.stranger)
    assert client.post("/accounts/search", {"q": desk.raw[60]["姓名"], "tape": str(desk.tape.pk)}).status_code == 404
    goal = client.post("/accounts/search", {"q": desk.raw[60]["姓名"]})["Location"]
    assert "没有" in client.get(goal).content.decode()
    assert json.loads(client.get("/accounts/search.json", {"q": desk.raw[60]["借据号"][:4]}).content) == []


def test_search_and_views_want_the_token_of_the_form(desk: Desk) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.cookies = desk.client().cookies
    for path, data in (("/accounts/search", {"q": "T"}), ("/views/accounts", {"name": "a", "query": ""})):
        assert client.post(path, data).status_code == 403
        assert client.get(path).status_code == 405


# --- export


def workbook(client: Any, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200, path
    assert "attachment" in response["Content-Disposition"]
    return response.getvalue()


def test_the_workbook_is_the_list(desk: Desk, tmp_path: Path) -> None:
    client, query = desk.client(), "overdue_days=1..&sort=-net_value_fen&product=credit_card,online_loan,consumer_loan"
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(client, f"/accounts/export.xlsx?{query}"))
    book = fastexcel.read_excel(path)
    assert book.sheet_names == ["账户", "说明"]
    sheet = book.load_sheet("账户", dtypes="string").to_polars()
    assert sheet.columns == [heading.text for heading in headings_of(plan=True, lang="zh")]
    wanted, address = [], f"/accounts?{query}"
    while True:
        table, rows = listed(client, address)
        wanted += [{cell.attrs["data-col"]: cell.text for cell in row.all() if "data-col" in cell.attrs} for row in rows]
        older = [link.attrs["href"] for link in table.all("a", rel="next")]
        if not older:
            break
        address = "/accounts" + older[0]
    assert sheet.height == len(wanted) > 50
    for row, cells in zip(sheet.iter_rows(named=True), wanted, strict=True):
        assert row["借据号"] == cells["account_id"]
        assert row["姓名"] == (None if cells["name_shown"] == "—" else cells["name_shown"])
        assert row["处置方式"] == cells["route"]
        assert round(float(row["余额（元）"]) * 100) == fen(cells["balance_fen"])
        for name in ("net_value_fen", "recovery_fen", "low_fen", "high_fen"):
            assert round(float(row[f"{QUANTITIES[name].zh}（元）"]) * 100) == fen(cells[name]), name
        assert int(float(row["逾期天数"])) == int(cells["overdue_days"].replace(",", ""))
    low, high = (sum(fen(cells[name]) for cells in wanted) for name in ("low_fen", "high_fen"))
    assert 0 < low < sum(fen(cells["recovery_fen"]) for cells in wanted) < high
    notes = dict(book.load_sheet("说明", header_row=None, dtypes="string").to_polars().iter_rows())
    assert notes["户数"] == f"{len(wanted):,}"
    deed = Deed.objects.filter(verb="account.export").latest("pk")
    assert deed.details == {"rows": len(wanted), "filters": "product=credit_card%2Conline_loan%2Cconsumer_loan&overdue_days=1..&sort=-net_value_fen"}


def test_no_cell_of_the_workbook_is_a_formula_or_a_link(desk: Desk) -> None:
    archive = zipfile.ZipFile(BytesIO(workbook(desk.client(), "/accounts/export.xlsx")))
    texts = []
    for name in archive.namelist():
        assert "external" not in name
        assert "<hyperlink " not in archive.read(name).decode("utf-8", "replace")
        if not name.startswith("xl/worksheets/sheet"):
            continue
        root = ElementTree.fromstring(archive.read(name))
        assert not list(root.iter(f"{_SHEET}f"))
        for cell in root.iter(f"{_SHEET}c"):
            value = "".join(cell.itertext())
            if cell.get("t") == "inlineStr":
                texts.append(value)
            elif value:
                float(value)
    hostile = [text for text in HOSTILE if text[0] in "=+-@"]
    assert all(any(text.startswith(start) for text in texts) for start in hostile)


def test_what_leaves_the_house_names_nobody(desk: Desk) -> None:
    client = desk.client()
    archive = zipfile.ZipFile(BytesIO(workbook(client, "/accounts/export.xlsx")))
    text = "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    text += "".join(
        client.get(path).content.decode() for path in ("/portfolio", "/accounts", "/accounts?sort=-overdue_days", "/accounts/search.json?q=T")
    )
    for row in desk.raw:
        for heading in ("证件号码", "手机号码", "居住地址", "工作单位"):
            value = row[heading]
            if len(value) > 5 and value not in HOSTILE:
                assert value not in text, heading
        if len(row["姓名"]) > 2 and row["姓名"] not in HOSTILE:
            assert f">{row['姓名']}<" not in text


def test_too_many_rows_are_refused_in_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST", 100)
    client = desk.client()
    response = client.get("/accounts/export.xlsx")
    assert response.status_code == 400
    assert "EXPORT_TOO_MANY" in response.content.decode()
    assert workbook(client, "/accounts/export.xlsx?balance_fen=9999999999..")
    assert not Deed.objects.filter(verb="account.export", details__rows__gt=100).exists()


def test_export_asks_for_its_own_ability(desk: Desk) -> None:
    client = desk.client(seat(desk.organisation, "checker", "compliance_officer"))
    assert "/accounts/export.xlsx" not in client.get("/accounts").content.decode()
    assert client.get("/accounts/export.xlsx").status_code == 403
    assert not Deed.objects.filter(verb="account.export").exists()


def test_no_plain_workbook_is_left_behind(desk: Desk) -> None:
    from panhuo.apps.privacy.files import working

    workbook(desk.client(), "/accounts/export.xlsx?product=credit_card")
    assert not list(working().glob("*.xlsx"))


# --- hostile tapes


def test_nothing_of_a_hostile_tape_becomes_markup(desk: Desk) -> None:
    client = desk.client()
    positions = [
        position
        for (position,) in in_table(
            desk, "select position from intake_account where tape_id = %s and source_row <= %s order by position", desk.tape.pk, 3 * len(HOSTILE)
        )
    ]
    assert len(positions) > len(HOSTILE)
    paths = ["/portfolio", "/accounts", "/accounts?sort=overdue_days", *(f"/accounts/{desk.tape.pk}/{position}" for position in positions)]
    shown = 0
    for path in paths:
        html = client.get(path).content.decode()
        shown += sum(html.count(text) for text in ("&lt;script&gt;alert(1)", "onerror=alert(2)&gt;", "{{ 7|add:7 }}"))
        page = read(html)
        assert not [node for node in page.all("script") if "alert" in node.text]
        assert not [node for node in page.all("img") if node.attrs.get("src") == "x"]
        assert not [name for node in page.all() for name in node.attrs if name.startswith("on")]
        assert not [node for node in page.all() if "style" in node.attrs]
        for script in page.all("script"):
            if not script.attrs.get("src"):
                assert script.attrs["type"] == "application/json"
                json.loads(script.text)
    assert shown


@pytest.mark.django_db
def test_an_empty_organisation_searches_in_vain() -> None:
    scope = scope_of(seat(Organisation.objects.create(kind="lender", name="丙银行"), "empty"))
    assert accounts_search(scope, [], text="13800000000").positions == ()
