"""What is refused of a plan's way is said on its page, with what was typed; over which tapes it is, and which have newer versions, stands there too."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from console.reading import Node, read
from desk import Desk, ran, seat
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.services import token_create
from panhuo.apps.intake.models import Tape
from panhuo.apps.strategy import services
from panhuo.apps.strategy.models import Plan

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def submitted(desk: Desk) -> Plan:
    made = services.plan_vary(desk.scope, desk.plan, name="待审", limits={"floor_minutes": 3000.0})
    ran("plan.make", desk.organisation)
    return services.plan_submit(desk.scope, Plan.objects.get(pk=made.pk))


def told(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(read(answer.content.decode()).text))


def opened(answer: Any) -> list[Node]:
    return [node for node in read(answer.content.decode()).all("dialog") if "data-shown" in node.attrs]


def test_a_refusal_without_a_reason_is_asked_for_it_in_its_dialog(desk: Desk, submitted: Plan) -> None:
    client = desk.client(seat(desk.organisation, "deciding-officer", "compliance_officer"))
    answer = client.post(f"/plans/{submitted.pk}/review", {"decision": "refuse", "note": "  "})
    assert answer.status_code in (400, 422)
    assert [node.attrs["id"] for node in opened(answer)] == ["review"]
    assert "不通过时须写明原因" in opened(answer)[0].text
    submitted.refresh_from_db()
    assert submitted.state == Plan.SUBMITTED
    assert client.post(f"/plans/{submitted.pk}/review", {"decision": "refuse", "note": "证据不足"}).status_code == 302


def test_who_comes_second_sees_the_plan_as_it_is_now_and_what_he_typed(desk: Desk, submitted: Plan) -> None:
    services.plan_review(scope_of(seat(desk.organisation, "deciding-officer", "compliance_officer")), submitted, approve=True)
    people = [seat(desk.organisation, f"deciding-{k}", "operations_manager") for k in (1, 2)]
    first, second = map(desk.client, people)
    page = first.get(f"/plans/{submitted.pk}").content.decode()
    replacing = read(page).one("input", name="replacing").attrs["value"]
    assert first.post(f"/plans/{submitted.pk}/approve", {"decision": "approve", "replacing": replacing, "note": "同意"}).status_code == 302
    late = second.post(f"/plans/{submitted.pk}/approve", {"decision": "approve", "replacing": replacing})
    assert late.status_code in (400, 409, 422)
    assert "执行中" in told(late)
    assert "批准，开始执行" in told(late)  # the history says by whom
    assert people[0].name in told(late)


def test_what_changed_meanwhile_leaves_the_note_as_it_was_typed(desk: Desk, submitted: Plan) -> None:
    services.plan_review(scope_of(seat(desk.organisation, "deciding-officer", "compliance_officer")), submitted, approve=True)
    client = desk.client(seat(desk.organisation, "deciding-1", "operations_manager"))
    answer = client.post(f"/plans/{submitted.pk}/approve", {"decision": "approve", "replacing": "999999", "note": "按会议纪要"})
    assert answer.status_code in (400, 409, 422)
    assert [node.attrs["id"] for node in opened(answer)] == ["approve"]
    assert opened(answer)[0].one("textarea").text == "按会议纪要"
    submitted.refresh_from_db()
    assert submitted.state == Plan.REVIEWED


def test_a_plan_names_its_tapes_and_says_which_have_newer_versions(desk: Desk, submitted: Plan) -> None:
    tape = Tape.objects.get(pk=desk.plan.tapes[0])
    path = f"/plans/{submitted.pk}"
    assert f"{tape.series} v{tape.version}" in told(desk.client().get(path))
    assert "已有新版" not in told(desk.client().get(path))
    Tape.objects.filter(pk=tape.pk).update(current=False)
    newer = Tape.objects.get(pk=tape.pk)
    newer.pk, newer.version, newer.current, newer.digest = None, tape.version + 1, True, "0" * 64
    newer.save()
    page = desk.client().get(path)
    assert f"{tape.series} v{tape.version} → v{newer.version}" in told(page)
    assert f"/tapes/{newer.pk}" in page.content.decode()


def test_limits_of_the_api_are_in_the_unit_that_is_sent(desk: Desk) -> None:
    token = token_create(desk.scope, name="t", abilities=["plan.view", "plan.make"], days=1)[1]
    program = Client(headers={"Authorization": f"Bearer {token}"})
    limits = {one["name"]: one for one in program.get(f"/api/v1/plans/{desk.plan.pk}").json()["figures"]["limits"]}
    floor = limits["floor_minutes"]
    assert floor["unit"] == "minute"
    assert {one["unit"] for one in limits.values()} <= {"minute", "fen", "case", "complaint"}
    kept = next(one for one in desk.plan.figures["limits"] if one["name"] == "floor_minutes")
    assert floor["at_most"] == kept["at_most"]
    sent = {"name": "接口", "limits": {"floor_minutes": floor["at_most"] + 600}}
    made = program.post(f"/api/v1/plans/{desk.plan.pk}/variants", sent, content_type="application/json")
    assert made.status_code == 202
    ran("plan.make", desk.organisation)
    page = read(desk.client().get(f"/plans/{made.json()['id']}").content.decode()).one("section", id="limits")
    hours = float(page.one("input", name="limit-floor_minutes").attrs["value"].replace(",", ""))
    assert hours == pytest.approx(kept["at_most"] / 60 + 10, abs=0.006)


def test_a_plan_that_is_being_made_is_nobodys_to_decide(desk: Desk) -> None:
    made = services.plan_vary(desk.scope, desk.plan, name="未成", limits={"floor_minutes": 3000.0})
    for step in ("submit", "withdraw", "review", "approve"):
        answer = desk.client().post(f"/plans/{made.pk}/{step}", {"decision": "approve"})
        assert 400 <= answer.status_code < 500


def test_a_wrong_policy_is_told_without_the_servers_folders(desk: Desk) -> None:
    answer = desk.client().post("/plans/new", {"name": "自拟", "tapes": [str(pk) for pk in desk.plan.tapes], "policy": "foo: ["})
    assert answer.status_code == 422
    assert "custom.yaml" in told(answer)
    assert "/custom.yaml" not in told(answer)
