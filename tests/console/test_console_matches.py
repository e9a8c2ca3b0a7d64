"""The review queue of debtor matches: what a pair is said to be."""

from __future__ import annotations

from typing import Any

import pytest

from desk import Desk
from panhuo.apps.intake.models import Account, Match

pytestmark = pytest.mark.usefixtures("inside")


@pytest.mark.parametrize(("reason", "told"), [("relative", False), ("uncertain", True)])
def test_people_of_different_names_are_not_said_to_be_one_in_all_likelihood(desk: Desk, reason: str, told: bool) -> None:
    fields: dict[str, Any] = {"tape": desk.tape, "organisation": desk.organisation, "shown": {"name_l": "张**", "name_r": "李**"}}
    Match.objects.filter(tape=desk.tape).delete()
    Match.objects.create(left="A", right="B", reason=reason, weight=20.0, probability=0.999, **fields)
    page = desk.client().get(f"/tapes/{desk.tape.pk}/matches").content.decode()
    assert ("99%" in page) is told
    assert ("不给出同一人的可能" in page) is not told


def test_both_accounts_of_a_pair_can_be_opened(desk: Desk) -> None:
    left, right = Account.objects.filter(tape=desk.tape).order_by("-position")[:2]
    Match.objects.filter(tape=desk.tape).delete()
    made = Match.objects.create(
        tape=desk.tape, organisation=desk.organisation, left=left.account_id, right=right.account_id, reason="uncertain", shown={}
    )
    client = desk.client()
    page = client.get(f"/tapes/{desk.tape.pk}/matches").content.decode()
    decided = client.post(f"/tapes/{desk.tape.pk}/matches/{made.pk}", {"decision": "different"}, headers={"HX-Request": "true"}).content.decode()
    for account in (left, right):
        href = f"/accounts/{desk.tape.pk}/{account.position}"
        assert f'<a href="{href}">{account.account_id}</a>' in page
        assert f'<a href="{href}">{account.account_id}</a>' in decided
        assert account.account_id in client.get(href).content.decode()


def test_the_summary_counts_the_pairs_that_are_open(desk: Desk) -> None:
    Match.objects.filter(tape=desk.tape).delete()
    for number in range(3):
        Match.objects.create(
            tape=desk.tape,
            organisation=desk.organisation,
            left=f"L{number}",
            right="R",
            reason="uncertain",
            shown={},
            decision="same" if number == 1 else "",
        )
    where = f"/tapes/{desk.tape.pk}"
    assert f'<dd class="value"><a href="{where}/matches">2</a></dd>' in desk.client().get(where).content.decode()
