"""The review queue of debtor matches: what a pair is said to be."""

from __future__ import annotations

from typing import Any

import pytest

from desk import Desk
from panhuo.apps.intake.models import Match

pytestmark = pytest.mark.usefixtures("inside")


@pytest.mark.parametrize(("reason", "told"), [("relative", False), ("uncertain", True)])
def test_people_of_different_names_are_not_said_to_be_one_in_all_likelihood(desk: Desk, reason: str, told: bool) -> None:
    fields: dict[str, Any] = {"tape": desk.tape, "organisation": desk.organisation, "shown": {"name_l": "张**", "name_r": "李**"}}
    Match.objects.filter(tape=desk.tape).delete()
    Match.objects.create(left="A", right="B", reason=reason, weight=20.0, probability=0.999, **fields)
    page = desk.client().get(f"/tapes/{desk.tape.pk}/matches").content.decode()
    assert ("99%" in page) is told
    assert ("不给出同一人的可能" in page) is not told
