"""The way of a plan goes through different hands: maker, reviewer and approver, in their own right or in another's stead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from desk import Desk, seat
from panhuo.apps.identity.approving import ApprovalRefused
from panhuo.apps.identity.models import Delegation
from panhuo.apps.identity.scope import NotAllowed, scope_of
from panhuo.apps.strategy import services
from panhuo.apps.strategy.models import Plan

pytestmark = pytest.mark.usefixtures("inside")


def lent(of: Any, to: Any, ability: str) -> None:
    now = timezone.now()
    Delegation.objects.create(
        organisation=of.organisation, of=of, to=to, ability=ability, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1)
    )


@pytest.fixture
def people(desk: Desk) -> Callable[[str], Any]:
    made = {
        name: seat(desk.organisation, f"hand-{name}", role)
        for name, role in {
            "manager": "operations_manager",
            "manager2": "operations_manager",
            "compliance": "compliance_officer",
            "compliance2": "compliance_officer",
            "disposal": "disposal_manager",
            "modeller": "modeller",
        }.items()
    }
    return made.__getitem__


def at(desk: Desk, state: str, people: Callable[[str], Any], *, by: Any = None) -> Plan:
    """The desk's plan, made by ``by`` (its maker otherwise), submitted by a manager, and reviewed where ``state`` says so."""
    Plan.objects.filter(pk=desk.plan.pk).update(created_by=by or desk.user)
    plan = Plan.objects.get(pk=desk.plan.pk)
    services.plan_submit(scope_of(people("manager")), plan)
    if state == Plan.REVIEWED:
        services.plan_review(scope_of(people("compliance")), plan, approve=True)
    return Plan.objects.get(pk=plan.pk)


def offered(desk: Desk, user: Any, plan: Plan, what: str) -> bool:
    page = desk.client(user).get(f"/plans/{plan.pk}").content.decode()
    assert (f'data-open="{what}"' in page) == (f'<dialog id="{what}"' in page)
    return f'data-open="{what}"' in page


@pytest.mark.parametrize(("what", "state", "after"), [("review", "submitted", "reviewed"), ("approve", "reviewed", "approved")])
def test_a_delegate_is_offered_the_decision_and_his_word_counts(desk: Desk, people: Callable[[str], Any], what: str, state: str, after: str) -> None:
    plan, delegate = at(desk, state, people), people("disposal")
    assert not offered(desk, delegate, plan, what)
    assert desk.client(delegate).post(f"/plans/{plan.pk}/{what}", {"decision": "approve"}).status_code == 403
    lent(people("manager2" if what == "approve" else "compliance2"), delegate, f"plan.{what}")
    assert offered(desk, delegate, plan, what)
    assert desk.client(delegate).post(f"/plans/{plan.pk}/{what}", {"decision": "approve"}).status_code == 302
    assert Plan.objects.get(pk=plan.pk).state == after


def test_the_reviewer_does_not_approve_what_he_reviewed_though_it_is_lent_to_him(desk: Desk, people: Callable[[str], Any]) -> None:
    plan, reviewer = at(desk, Plan.REVIEWED, people), people("compliance")
    lent(people("manager2"), reviewer, "plan.approve")
    assert not offered(desk, reviewer, plan, "approve")
    with pytest.raises(ApprovalRefused) as refused:
        services.plan_approve(scope_of(reviewer), plan, approve=True)
    assert refused.value.code == "APPROVAL_HAD_A_HAND"
    lent(people("manager2"), people("compliance2"), "plan.approve")  # who did not review it may
    services.plan_approve(scope_of(people("compliance2")), plan, approve=True)


def test_a_reviewer_in_anothers_stead_and_the_one_he_stood_for_are_both_kept_from_approving(desk: Desk, people: Callable[[str], Any]) -> None:
    plan = at(desk, Plan.SUBMITTED, people)
    lent(people("compliance"), people("disposal"), "plan.review")
    services.plan_review(scope_of(people("disposal")), plan, approve=True)
    for name in ("disposal", "compliance"):
        lent(people("manager2"), people(name), "plan.approve")
        with pytest.raises(ApprovalRefused):
            services.plan_approve(scope_of(people(name)), plan, approve=True)


def test_the_maker_neither_reviews_nor_approves_what_another_submitted(desk: Desk, people: Callable[[str], Any]) -> None:
    maker = people("modeller")
    plan = at(desk, Plan.SUBMITTED, people, by=maker)
    lent(people("compliance2"), maker, "plan.review")
    with pytest.raises(ApprovalRefused):
        services.plan_review(scope_of(maker), plan, approve=True)
    services.plan_review(scope_of(people("compliance")), plan, approve=True)
    lent(people("manager2"), maker, "plan.approve")
    assert not offered(desk, maker, plan, "approve")
    with pytest.raises(ApprovalRefused):
        services.plan_approve(scope_of(maker), plan, approve=True)
    with pytest.raises(ApprovalRefused):  # who submitted it
        services.plan_approve(scope_of(people("manager")), plan, approve=True)
    services.plan_approve(scope_of(people("manager2")), plan, approve=True)


def test_a_maker_who_may_approve_does_not_lend_that_for_his_own_plan(desk: Desk, people: Callable[[str], Any]) -> None:
    maker, delegate = people("manager2"), people("disposal")
    plan = at(desk, Plan.REVIEWED, people, by=maker)
    lent(maker, delegate, "plan.approve")
    assert not offered(desk, delegate, plan, "approve")
    with pytest.raises(NotAllowed):
        services.plan_approve(scope_of(delegate), plan, approve=True)
