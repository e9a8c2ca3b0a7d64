"""Every address × every role × another organisation, against one table (``addresses.txt``): a view that is not in it, or asks for
something else than it says, fails; and what the table says is what really happens to a request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from addresses import Address, addresses
from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.models import ApiToken, Delegation, Organisation, SignIn, User
from panhuo.apps.identity.roles import ABILITIES, ANYONE, ROLES, SEES_THE_CONSOLE, SIGNED_IN
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.services import token_create
from panhuo.apps.intake.models import Match, Tape
from panhuo.apps.jobs.models import Job
from panhuo.apps.strategy.models import Plan
from seats import PASSWORD

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("addresses.txt")
SECRET = "不该看见的名字"
"""Stands in every row of the first organisation: nobody else's page may hold it."""
MENDS_NOTHING = {"GET", "HEAD"}
ASKS_MORE = ("/cancel", "/repeat", "/review", "/approve")
"""Where the thing itself decides who may: a job by its kind, a review or an approval by who holds it."""
ENDS_SESSIONS = ("/sign-out", "/settings/password", "/settings/sessions")


def written() -> list[Address]:
    lines = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [Address(method, pattern, needs, pattern.startswith("/api/")) for method, pattern, needs in lines]


def test_the_table_lists_every_address_and_what_it_asks() -> None:
    found = {(a.method, a.pattern, a.needs) for a in addresses()}
    table = {(a.method, a.pattern, a.needs) for a in written()}
    assert found - table == set(), "write these into addresses.txt, after thinking about who may"
    assert table - found == set(), "these are no more"


def test_every_view_says_what_it_asks() -> None:
    assert [a for a in addresses() if a.needs not in {*ABILITIES, ANYONE, SIGNED_IN}] == []


@pytest.fixture
def things(organisation: Any, seat: Callable[..., Any]) -> dict[str, Any]:
    """One of each thing an address can name, all of the first organisation, and the values for its parameters."""
    owner = seat(username="owner", administrator=True)
    now = timezone.now()
    more = {"organisation": organisation}
    tape = Tape.objects.create(
        series=SECRET, created_by=owner, created_at=now, state="failed", files=[{"name": "t.csv", "bytes": 1, "sha256": "0" * 64}], **more
    )
    plan = Plan.objects.create(
        name=SECRET, tapes=[tape.pk], policy_name="house", policy="extends: default\n", created_by=owner, created_at=now, **more
    )
    job = Job.objects.create(
        kind="plan.make", subject=plan.subject, arguments={"plan": plan.pk}, state="failed", requested_by=owner, requested_at=now, **more
    )
    match = Match.objects.create(tape=tape, left=SECRET, right="B", reason="uncertain", shown={}, **more)
    sign_in = SignIn.objects.create(user=owner, session_digest="0" * 64, method="password", started_at=now, seen_at=now, **more)
    token = ApiToken.objects.create(
        user=owner, name=SECRET, digest="1" * 64, start="phk_", abilities=[], created_at=now, expires_at=now + timedelta(days=1), **more
    )
    lent = Delegation.objects.create(
        of=owner, to=seat(username="borrower"), ability="plan.approve", starts_at=now, ends_at=now + timedelta(days=1), **more
    )
    deed_add(scope_of(owner), "tape.upload", SECRET)
    ids = {
        "tape_id": tape.pk,
        "plan_id": plan.pk,
        "job_id": job.pk,
        "match_id": match.pk,
        "sign_in_id": sign_in.pk,
        "token_id": token.pk,
        "delegation_id": lent.pk,
        "user_id": owner.pk,
    }
    return {
        **ids,
        "organisation_id": organisation.pk,
        "position": 0,
        "rule_id": "CLS-DPD-90",
        "name": "panhuo",
        "old_id": tape.pk,
        "other_id": tape.pk,
        "view_id": 1,
        "page": "portfolio",
        "number": 0,
        "owner": owner,
    }


def path_of(pattern: str, things: dict[str, Any]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(things[match.group(1)]), pattern)


def client_of(user: Any) -> Client:
    client = Client(raise_request_exception=False)
    assert client.post("/sign-in", {"username": user.username, "password": PASSWORD}).status_code == 302
    return client


def api_of(user: Any) -> Client:
    _, text = token_create(scope_of(user), name="t", abilities=sorted(user.abilities), days=1) if user.abilities else (None, "phk_none")
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {text}"})


def ask(client: Client, address: Address, things: dict[str, Any]) -> Any:
    """The answer, a file that is sent in pieces read whole."""
    path = path_of(address.pattern, things)
    if address.api and address.method not in MENDS_NOTHING:
        answer = client.generic(address.method, path, json.dumps({}), "application/json")
    else:
        answer = client.generic(address.method, path)
    if answer.streaming:
        answer.content_read = b"".join(answer.streaming_content)
    return answer


def text_of(answer: Any) -> str:
    content: bytes = answer.content_read if answer.streaming else answer.content
    return content.decode(errors="replace")


@pytest.mark.parametrize("role", sorted(SEES_THE_CONSOLE))
def test_what_each_role_may_open(role: str, things: dict[str, Any], organisation: Any, seat: Callable[..., Any]) -> None:
    """Allowed is not refused; not allowed is refused, with 403, whatever the request."""
    home = organisation if organisation.kind in ROLES[role].kinds else Organisation.objects.create(kind=ROLES[role].kinds[0], name="另一机构")
    user = seat(role, of=home, username="visitor")
    console, api = client_of(user), api_of(user)
    for address in written():
        if address.pattern.startswith(ENDS_SESSIONS):
            continue
        answer = ask(api if address.api else console, address, things)
        allowed = address.needs in (ANYONE, SIGNED_IN) or address.needs in user.abilities
        told = f"{role}: {address.method} {address.pattern} → {answer.status_code}"
        assert answer.status_code != 500, told
        refused = answer.status_code in (401, 403)
        assert refused != allowed or (allowed and refused and address.pattern.endswith(ASKS_MORE)), told


def test_another_lender_finds_nothing_of_the_first(things: dict[str, Any], other: Any, seat: Callable[..., Any]) -> None:
    """Its operations manager and administrator has every ability there is in a lender, and forged ids."""
    user = seat("operations_manager", of=other, username="visitor", administrator=True)
    auditor = seat("auditor", of=other, username="auditor2")
    for visitor in (user, auditor):
        console, api = client_of(visitor), api_of(visitor)
        for address in written():
            if address.pattern.startswith(ENDS_SESSIONS):
                continue
            answer = ask(api if address.api else console, address, things)
            told = f"{visitor.username}: {address.method} {address.pattern} → {answer.status_code}"
            assert answer.status_code != 500, told
            assert SECRET not in text_of(answer), told
            named = set(re.findall(r"<(?:\w+:)?(\w+)>", address.pattern)) - {"rule_id", "name", "page", "position", "number", "organisation_id"}
            if named and address.needs in visitor.abilities:
                assert answer.status_code in (403, 404, 422, 400), told
    assert User.objects.get(pk=things["user_id"]).is_active
    assert SignIn.objects.get(pk=things["sign_in_id"]).ended_at is None
    assert Tape.objects.filter(pk=things["tape_id"]).exists()
    assert Delegation.objects.get(pk=things["delegation_id"]).ends_at > timezone.now()


def test_at_the_door_there_is_only_the_door(things: dict[str, Any]) -> None:
    client = Client(raise_request_exception=False)
    for address in written():
        answer = ask(client, address, things)
        told = f"{address.method} {address.pattern} → {answer.status_code}"
        assert SECRET not in text_of(answer), told
        if address.needs == ANYONE:
            assert answer.status_code not in (403, 500), told
        elif address.api or address.method not in MENDS_NOTHING:
            assert answer.status_code == 401, told
        else:
            assert answer.status_code in (302, 401), told
            assert answer.status_code == 401 or answer["Location"].startswith("/sign-in?next="), told
