"""Which plan is in force for which tapes, what an approval replaces, and what pages and API show where none is in force."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from desk import Desk, imported, planned, ran, seat, written
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.services import token_create
from panhuo.apps.intake.models import Tape
from panhuo.apps.strategy import services
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.standing import plan_in_force, plan_replacing, plan_shown, plans_in_force

pytestmark = pytest.mark.usefixtures("inside")


@dataclass
class Book:
    """Two tapes, a plan over each, one over both, and the people who carry plans through."""

    desk: Desk
    other: Tape
    over_other: Plan
    over_both: Plan
    reviewer: Any
    second: Any

    def put_forward(self, plan: Plan, upto: str = Plan.APPROVED) -> Plan:
        found = Plan.objects.get(pk=plan.pk)
        services.plan_submit(self.desk.scope, found)
        if upto in (Plan.REVIEWED, Plan.APPROVED):
            services.plan_review(scope_of(self.reviewer), found, approve=True)
        if upto == Plan.APPROVED:
            services.plan_approve(scope_of(self.second), found, approve=True)
        return Plan.objects.get(pk=plan.pk)

    def varied(self, plan: Plan) -> Plan:
        limit = plan.figures["limits"][0]
        made = services.plan_vary(self.desk.scope, plan, name="试算", limits={limit["name"]: limit["at_most"] + 1})
        ran("plan.make", self.desk.organisation)
        return Plan.objects.get(pk=made.pk)


@pytest.fixture(scope="module")
def book(desk: Desk, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    with django_db_blocker.unblock():
        other = imported(desk.user, written(tmp_path_factory.mktemp("other") / "b.csv", desk.raw[100:160]), series="二期")
        people = (seat(desk.organisation, "standing-compliance", "compliance_officer"), seat(desk.organisation, "standing-second"))
        yield Book(desk, other, planned(desk.user, [other], "二期方案"), planned(desk.user, [desk.tape, other], "合并方案"), *people)


def state_of(plan: Plan) -> str:
    return str(Plan.objects.get(pk=plan.pk).state)


def test_plans_over_different_tapes_are_in_force_beside_one_another(book: Book) -> None:
    book.put_forward(book.desk.plan)
    book.put_forward(book.over_other)
    scope = book.desk.scope
    assert [state_of(plan) for plan in (book.desk.plan, book.over_other)] == ["approved", "approved"]
    assert plan_in_force(scope, [book.desk.tape.pk]) == book.desk.plan
    assert plan_in_force(scope, [book.other.pk]) == book.over_other
    assert plan_in_force(scope, [book.desk.tape.pk, book.other.pk]) is None
    assert plans_in_force(scope, [book.other.pk]) == [book.over_other]


def test_a_plan_over_both_replaces_both_and_one_over_a_part_leaves_the_rest_without(book: Book) -> None:
    scope = book.desk.scope
    book.put_forward(book.desk.plan)
    book.put_forward(book.over_other)
    found = plan_replacing(scope, book.over_both)
    assert ({plan.pk for plan in found.plans}, found.left) == ({book.desk.plan.pk, book.over_other.pk}, ())
    book.put_forward(book.over_both)
    assert [state_of(plan) for plan in (book.desk.plan, book.over_other, book.over_both)] == ["replaced", "replaced", "approved"]
    part = planned(book.desk.user, [book.other], "二期再定")
    found = plan_replacing(scope, part)
    assert [plan.pk for plan in found.plans] == [book.over_both.pk]
    assert [tape.pk for tape in found.left] == [book.desk.tape.pk]
    assert found.accounts == book.desk.tape.rows
    book.put_forward(part, Plan.REVIEWED)
    page = html.unescape(book.desk.client(book.second).get(f"/plans/{part.pk}").content.decode())
    dialog = page.partition('<dialog id="approve"')[2]
    assert f'<a href="/plans/{book.over_both.pk}" translate="no">合并方案</a>' in dialog
    assert f"其中 {book.desk.tape.rows:,} 户此后没有执行中的方案" in dialog
    token = token_create(scope, name="t", abilities=["plan.view"], days=1)[1]
    told = Client(headers={"Authorization": f"Bearer {token}"}).get(f"/api/v1/plans/{part.pk}/replacing").json()
    assert told == {"plans": [book.over_both.pk], "left": [{"tape": book.desk.tape.pk, "accounts": book.desk.tape.rows}]}
    services.plan_approve(scope_of(book.second), Plan.objects.get(pk=part.pk), approve=True)
    assert state_of(book.over_both) == "replaced"
    assert plan_in_force(scope, [book.desk.tape.pk]) is None


def test_an_approval_on_other_consequences_than_were_shown_is_refused(book: Book) -> None:
    """Two plans over one tape, both pages open: after the first approval the second would replace what its page did not name."""
    rival = planned(book.desk.user, [book.other], "另一方案")
    for plan in (book.over_other, rival):
        book.put_forward(plan, Plan.REVIEWED)
    client = book.desk.client(book.second)
    shown = {}
    for plan in (book.over_other, rival):
        dialog = html.unescape(client.get(f"/plans/{plan.pk}").content.decode()).partition('<dialog id="approve"')[2]
        shown[plan.pk] = dialog.partition('name="replacing" value="')[2].partition('"')[0]
    assert shown == {book.over_other.pk: "", rival.pk: ""}
    assert client.post(f"/plans/{book.over_other.pk}/approve", {"decision": "approve", "replacing": ""}).status_code == 302
    refused = client.post(f"/plans/{rival.pk}/approve", {"decision": "approve", "replacing": ""})
    assert refused.status_code >= 400
    assert "批准的后果与所见不同" in refused.content.decode()
    assert (state_of(book.over_other), state_of(rival)) == ("approved", "reviewed")
    told = str(book.over_other.pk)
    assert client.post(f"/plans/{rival.pk}/approve", {"decision": "approve", "replacing": told}).status_code == 302
    assert (state_of(book.over_other), state_of(rival)) == ("replaced", "approved")


def test_a_plan_over_a_later_version_of_a_tape_replaces_the_one_over_the_earlier(book: Book, tmp_path: Path) -> None:
    book.put_forward(book.over_other)
    later = imported(book.desk.user, written(tmp_path / "later.csv", book.desk.raw[110:170]), series="二期")
    plan = planned(book.desk.user, [later], "新版方案")
    found = plan_replacing(book.desk.scope, plan)
    assert ([one.pk for one in found.plans], found.left) == ([book.over_other.pk], ())
    back = plan_replacing(book.desk.scope, book.put_forward(plan))
    assert back.plans == ()
    assert state_of(book.over_other) == "replaced"
    # and the other way round: the earlier version's plan would leave the current accounts without one
    Plan.objects.filter(pk=book.over_other.pk).update(state=Plan.DRAFT)
    assert [tape.pk for tape in plan_replacing(book.desk.scope, book.over_other).left] == [later.pk]


def test_a_what_if_is_nobody_elses_figures_and_a_draft_of_its_own_yields_to_what_was_put_forward(book: Book) -> None:
    scope, tapes = book.desk.scope, [book.other.pk]
    Plan.objects.filter(pk=book.over_both.pk).update(state=Plan.REFUSED)
    variant = book.varied(book.over_other)
    assert plan_shown(scope, tapes) == book.over_other
    second = planned(book.desk.user, [book.other], "后来的草案")
    assert plan_shown(scope, tapes) == second
    book.put_forward(book.over_other, Plan.SUBMITTED)
    assert plan_shown(scope, tapes) == book.over_other
    book.put_forward(variant, Plan.REVIEWED)  # put forward, it is a proposal as any other
    assert plan_shown(scope, tapes) == variant
    services.plan_review(scope_of(book.reviewer), Plan.objects.get(pk=book.over_other.pk), approve=True)
    services.plan_approve(scope_of(book.second), Plan.objects.get(pk=book.over_other.pk), approve=True)
    assert plan_shown(scope, tapes) == book.over_other


def test_no_draft_stands_in_for_accounts_that_are_under_a_plan_in_force(book: Book) -> None:
    both = [book.desk.tape.pk, book.other.pk]
    assert plan_shown(book.desk.scope, both) == book.over_both
    book.put_forward(book.desk.plan)
    assert plan_shown(book.desk.scope, both) is None
    page = html.unescape(book.desk.client().get("/portfolio").content.decode())
    assert "没有一个执行中的方案覆盖全部这些清单" in page
    assert f'<a href="?plan={book.desk.plan.pk}" translate="no">首版</a>' in page


def test_a_plan_in_force_is_found_behind_any_number_of_later_ones(book: Book) -> None:
    book.put_forward(book.over_other)
    copies = []
    for _ in range(60):
        copy = Plan.objects.get(pk=book.over_both.pk)
        copy.pk = None
        copies.append(copy)
    Plan.objects.bulk_create(copies)
    assert plan_shown(book.desk.scope, [book.other.pk]) == book.over_other


PAGES = ("/portfolio?tape={tape}", "/accounts?tape={tape}", "/accounts/{tape}/3")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_aloud_that_what_it_shows_is_not_in_force(book: Book, path: str) -> None:
    client = book.desk.client()

    def said(address: str) -> str:
        page = html.unescape(client.get(address).content.decode())
        return page.partition('class="note gap standing"')[2].partition("</div>")[0]

    address = path.format(tape=book.other.pk)
    Plan.objects.filter(pk=book.over_both.pk).update(state=Plan.REFUSED)
    note = said(address)
    assert "这些账户没有执行中的方案" in note
    assert "未经批准，不得据以处置" in note
    assert book.over_other.name in note
    variant = book.varied(book.over_other)
    asked = said(f"{address}{'&' if '?' in address else '?'}plan={variant.pk}")
    assert "这里是指定方案的数字，它没有执行" in asked
    assert f'/plans/{variant.pk}"' in asked
    book.put_forward(book.over_other)
    assert said(address) == ""
    assert "这里是指定方案的数字" in said(f"{address}{'&' if '?' in address else '?'}plan={variant.pk}")


def test_the_api_shows_the_same_plan_and_names_it(book: Book) -> None:
    token = token_create(book.desk.scope, name="t", abilities=["portfolio.view", "account.view", "plan.view"], days=1)[1]
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def told(path: str, **query: Any) -> tuple[Any, Any]:
        answer = client.get(f"/api/v1/portfolio{path}", {"tape": book.other.pk, **query} if "/accounts/" not in path else query).json()
        return answer["plan"], answer["plan_state"]

    places = ("/totals", "/cash", "/accounts", f"/accounts/{book.other.pk}/3/explanation")
    Plan.objects.filter(pk=book.over_both.pk).update(state=Plan.REFUSED)
    variant = book.varied(book.over_other)
    for path in places:
        assert told(path) == (book.over_other.pk, "draft")
        assert told(path, plan=variant.pk) == (variant.pk, "draft")
    book.put_forward(book.over_other)
    for path in places:
        assert told(path) == (book.over_other.pk, "approved")
    assert client.get("/api/v1/portfolio/totals", {"plan": 10**9}).json()["code"] == "PLAN_UNKNOWN"
    assert client.get("/api/v1/portfolio/totals", {"plan": variant.pk, "tape": book.desk.tape.pk}).json()["code"] == "PLAN_TAPES"
