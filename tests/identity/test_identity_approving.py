"""Two persons, never one; what is approved is what was seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from panhuo.apps.identity.approving import ApprovalRefused, approval_decide, approval_request, approval_withdraw
from panhuo.apps.identity.models import Approval, Delegation
from panhuo.apps.identity.scope import NotAllowed, scope_of

pytestmark = pytest.mark.django_db
ASK = {"subject": "plan:1", "ability": "plan.approve", "digest": "d1"}


def test_another_person_who_may_decides(seat: Callable[..., Any]) -> None:
    approval = approval_request(scope_of(seat()), **ASK)
    decided = approval_decide(scope_of(seat()), approval.pk, approve=True, digest="d1", note="好")
    assert decided.state == Approval.APPROVED
    assert decided.decided_by_id != decided.requested_by_id


def test_nobody_decides_his_own_request_not_even_round_the_service(seat: Callable[..., Any]) -> None:
    asker = seat()
    approval = approval_request(scope_of(asker), **ASK)
    with pytest.raises(ApprovalRefused) as refused:
        approval_decide(scope_of(asker), approval.pk, approve=True, digest="d1")
    assert refused.value.code == "APPROVAL_SAME_PERSON"
    with pytest.raises(IntegrityError, match="approval_two_people"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(state="approved", decided_by=asker)


def test_the_second_person_must_be_able_to(seat: Callable[..., Any]) -> None:
    approval = approval_request(scope_of(seat()), **ASK)
    with pytest.raises(NotAllowed):
        approval_decide(scope_of(seat("compliance_officer")), approval.pk, approve=True, digest="d1")


def test_what_changed_since_cannot_be_approved_but_can_be_refused(seat: Callable[..., Any]) -> None:
    approval = approval_request(scope_of(seat()), **ASK)
    second = scope_of(seat())
    with pytest.raises(ApprovalRefused) as refused:
        approval_decide(second, approval.pk, approve=True, digest="d2")
    assert refused.value.code == "APPROVAL_CHANGED"
    assert approval_decide(second, approval.pk, approve=False, digest="d2").state == Approval.REFUSED


def test_decided_once(seat: Callable[..., Any]) -> None:
    approval = approval_request(scope_of(seat()), **ASK)
    approval_decide(scope_of(seat()), approval.pk, approve=False, digest="d1")
    with pytest.raises(ApprovalRefused) as refused:
        approval_decide(scope_of(seat()), approval.pk, approve=True, digest="d1")
    assert refused.value.code == "APPROVAL_NOT_OPEN"


def test_one_open_request_for_a_thing(seat: Callable[..., Any]) -> None:
    asker = scope_of(seat())
    first = approval_request(asker, **ASK)
    with pytest.raises(ApprovalRefused):
        approval_request(scope_of(seat()), **ASK)
    approval_withdraw(asker, first.pk)
    approval_request(asker, **ASK)


def test_another_organisations_request_is_not_there(seat: Callable[..., Any], other: Any) -> None:
    approval = approval_request(scope_of(seat()), **ASK)
    with pytest.raises(ApprovalRefused) as refused:
        approval_decide(scope_of(seat(of=other)), approval.pk, approve=True, digest="d1")
    assert refused.value.code == "APPROVAL_NOT_OPEN"


@pytest.mark.parametrize(("days", "allowed"), [((-1, 1), True), ((-3, -1), False), ((1, 3), False)])
def test_a_delegate_decides_while_it_is_lent(seat: Callable[..., Any], days: tuple[int, int], allowed: bool) -> None:
    asker, lender, delegate = seat(), seat(), seat("disposal_manager")
    now = timezone.now()
    Delegation.objects.create(
        organisation=asker.organisation,
        of=lender,
        to=delegate,
        ability="plan.approve",
        starts_at=now + timedelta(days=days[0]),
        ends_at=now + timedelta(days=days[1]),
    )
    approval = approval_request(scope_of(asker), **ASK)
    if not allowed:
        with pytest.raises(NotAllowed):
            approval_decide(scope_of(delegate), approval.pk, approve=True, digest="d1")
        return
    decided = approval_decide(scope_of(delegate), approval.pk, approve=True, digest="d1")
    assert decided.in_stead_of_id == lender.pk


def test_who_asked_cannot_lend_the_second_persons_hand(seat: Callable[..., Any]) -> None:
    """Else he would decide his own request through another."""
    asker, delegate = seat(), seat("disposal_manager")
    now = timezone.now()
    Delegation.objects.create(
        organisation=asker.organisation,
        of=asker,
        to=delegate,
        ability="plan.approve",
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )
    approval = approval_request(scope_of(asker), **ASK)
    with pytest.raises(NotAllowed):
        approval_decide(scope_of(delegate), approval.pk, approve=True, digest="d1")
