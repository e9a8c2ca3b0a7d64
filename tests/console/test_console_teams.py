"""Teams are changed as easily as they are made, and a slip in the form leaves it as it was typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from console.reading import Node, read
from desk_ground import Seat, text_of
from panhuo.apps.identity.models import Organisation, Team

pytestmark = pytest.mark.django_db


def form_of(seat: Seat, dialog: str, page: str = "") -> Node:
    return read(page or text_of(seat.get("/users"))).one("dialog", id=dialog)


def sent(form: Node) -> dict[str, str | list[str]]:
    """The fields as a browser would send them."""
    out: dict[str, str | list[str]] = {}
    for field in form.all("input"):
        name, value = field.attrs.get("name", ""), field.attrs.get("value", "")
        if name == "csrfmiddlewaretoken" or not name:
            continue
        if field.attrs.get("type") == "checkbox":
            out[name] = [*out.get(name, []), *([value] if "checked" in field.attrs else [])]
        else:
            out[name] = value
    return out


@pytest.fixture
def boss(sit: Callable[..., Seat]) -> Seat:
    return sit("operations_manager", administrator=True)


def test_somebody_joins_and_leaves_a_team(boss: Seat, sit: Callable[..., Seat]) -> None:
    one, two = sit("collector").user, sit("collector").user
    boss.post("/teams", {"name": "早期组", "specialities": ["early_stage"], "members": [str(one.pk)]})
    team = Team.objects.get(name="早期组")
    fields = sent(form_of(boss, f"team-{team.pk}"))
    assert (fields["name"], fields["members"], fields["specialities"]) == ("早期组", [str(one.pk)], team.specialities)
    assert boss.post("/teams", fields | {"members": [str(two.pk)], "name": "早催一组"}).status_code == 302
    team.refresh_from_db()
    assert (team.name, [member.pk for member in team.members.all()], Team.objects.count()) == ("早催一组", [two.pk], 1)


def test_a_name_that_is_taken_is_told_in_the_form(boss: Seat) -> None:
    for name in ("甲组", "乙组"):
        boss.post("/teams", {"name": name})
    second = Team.objects.get(name="乙组")
    for key, dialog in (("", "new-team"), (str(second.pk), f"team-{second.pk}")):
        answer = boss.post("/teams", {"team": key, "name": "甲组", "specialities": ["early_stage"], "members": [str(boss.user.pk)]})
        assert answer.status_code == 422
        form = form_of(boss, dialog, text_of(answer))
        assert "data-shown" in form.attrs
        assert "已被使用" in form.text
        assert sent(form) == ({"team": key} if key else {}) | {"name": "甲组", "specialities": ["early_stage"], "members": [str(boss.user.pk)]}
    assert Team.objects.count() == 2


def test_a_team_of_another_organisation_is_nobodys(boss: Seat, sit: Callable[..., Seat]) -> None:
    stranger = sit(of=Organisation.objects.create(kind="lender", name="乙银行"), administrator=True)
    boss.post("/teams", {"name": "甲组"})
    team = Team.objects.get()
    assert stranger.post("/teams", {"team": str(team.pk), "name": "盗"}).status_code == 404
    assert f"team-{team.pk}" not in text_of(stranger.get("/users"))
    team.refresh_from_db()
    assert team.name == "甲组"
