"""Single sign-on against a whole issuer on loopback: who is vouched for comes in, and nobody else, whatever the token says."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from django.test import Client
from issuer import CLIENT, SECRET, Issuer

from panhuo.apps.identity.models import Deed, SignIn, User
from panhuo.apps.identity.scope import NotAllowed, scope_of
from panhuo.apps.identity.services import user_change
from panhuo.apps.identity.signing_in import secret_seal
from panhuo.config.environment import Environment
from panhuo.kernel.errors import ConfigurationInvalid
from seats import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    from panhuo.apps.identity.single_sign_on import _issuer

    _issuer.cache_clear()
    one = Issuer()
    settings.PANHUO_OIDC = {"issuer": one.address, "client_id": CLIENT, "client_secret": SECRET, "claim": "sub"}
    yield one
    one.close()


@pytest.fixture
def visitor(seat: Callable[..., Any]) -> Any:
    return seat("disposal_manager", username="lin", subject="u-17")


def come(issuer: Issuer, *, client: Client | None = None, goal: str = "/plans", **changed: str) -> tuple[Client, Any]:
    """The way of a browser: to the issuer and back, with ``changed`` in what it brings back."""
    client = client or Client()
    away = client.get("/sign-in/single", {"next": goal})
    assert away.status_code == 302, away.content.decode()
    assert away["Location"].startswith(issuer.address + "/authorize?")
    return client, client.get("/sign-in/single/back", issuer.approve(away["Location"]) | changed)


def refused(answer: Any) -> None:
    assert answer.status_code == 401
    assert 'role="alert"' in answer.content.decode()


def test_who_is_vouched_for_comes_in_and_goes_on(issuer: Issuer, visitor: Any) -> None:
    client, answer = come(issuer)
    assert (answer.status_code, answer["Location"]) == (302, "/plans")
    assert client.get("/plans").status_code == 200
    assert SignIn.objects.get(user=visitor).method == "oidc"
    assert "/sign-in/single" in Client().get("/sign-in").content.decode()


def test_a_one_time_password_is_still_asked(issuer: Issuer, visitor: Any) -> None:
    secret = pyotp.random_base32()
    User.objects.filter(pk=visitor.pk).update(totp_sealed=secret_seal(visitor, secret))
    client, answer = come(issuer)
    assert answer["Location"] == "/sign-in/code"
    assert client.get("/plans").status_code == 302
    assert client.post("/sign-in/code", {"code": pyotp.TOTP(secret).now()})["Location"] == "/plans"
    assert SignIn.objects.get(user=visitor).method == "oidc+totp"


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another-desk"},
        {"aud": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"nonce": "of another visit"},
        {"nonce": None},
        {"exp": 1_000_000},
        {"exp": None},
        {"iat": 9_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"sub": "u-18"},
        {"sub": ["u-17"]},
        {"sub": "u-17" * 100},
        {"azp": "another-desk", "aud": [CLIENT, "another-desk"]},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_visit_opens_nothing(issuer: Issuer, visitor: Any, lie: dict[str, Any]) -> None:
    issuer.claims = lie
    client, answer = come(issuer)
    refused(answer)
    assert client.get("/plans").status_code == 302
    assert not SignIn.objects.exists()


@pytest.mark.parametrize("sign", ["stranger", "none", "hmac"])
def test_a_token_signed_by_anyone_else_opens_nothing(issuer: Issuer, visitor: Any, sign: str) -> None:
    issuer.sign = sign
    refused(come(issuer)[1])
    assert not SignIn.objects.exists()


def test_a_tampered_token_opens_nothing(issuer: Issuer, visitor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer.claims, right = {"sub": "u-99"}, issuer._signed

    def tampered(claims: dict[str, Any]) -> str:
        head, _, signature = right(claims).split(".")
        body = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "u-17"}).encode()).rstrip(b"=").decode()
        return f"{head}.{body}.{signature}"

    monkeypatch.setattr(issuer, "_signed", tampered)
    refused(come(issuer)[1])


def test_an_answer_nobody_asked_for_opens_nothing(issuer: Issuer, visitor: Any) -> None:
    """A stranger's code pressed on a browser (login CSRF), a state made up, an answer used twice."""
    stranger = Client()
    asked = stranger.get("/sign-in/single")
    brought = issuer.approve(asked["Location"])
    refused(Client().get("/sign-in/single/back", brought))
    refused(come(issuer, state="made-up")[1])
    assert stranger.get("/sign-in/single/back", brought).status_code == 302
    refused(stranger.get("/sign-in/single/back", brought))
    refused(Client().get("/sign-in/single/back"))
    refused(Client().get("/sign-in/single/back", {"error": "access_denied", "error_description": "<script>"}))


def test_only_a_seat_written_down_opens(issuer: Issuer, visitor: Any, seat: Callable[..., Any], other: Any) -> None:
    """Neither a user name that happens to be the same, nor a seat or an organisation that is shut."""
    seat("disposal_manager", username="u-50")
    issuer.claims = {"sub": "u-50", "preferred_username": "lin"}
    refused(come(issuer)[1])
    issuer.claims = {}
    User.objects.filter(pk=visitor.pk).update(is_active=False)
    refused(come(issuer)[1])
    User.objects.filter(pk=visitor.pk).update(is_active=True, organisation=other)
    other.active = False
    other.save()
    refused(come(issuer)[1])


def test_the_way_on_stays_within_this_site(issuer: Issuer, visitor: Any) -> None:
    for goal in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert come(issuer, goal=goal)[1]["Location"] == "/"


def test_an_e_mail_address_counts_once_verified(issuer: Issuer, visitor: Any, settings: Any) -> None:
    settings.PANHUO_OIDC = settings.PANHUO_OIDC | {"claim": "email"}
    User.objects.filter(pk=visitor.pk).update(subject="lin@bank.example")
    for verified, status in ((None, 401), (False, 401), ("true", 401), (True, 302)):
        issuer.claims = {"email": "lin@bank.example", "email_verified": verified}
        assert come(issuer)[1].status_code == status


def test_a_seat_tied_to_it_takes_no_password_while_it_is_on(issuer: Issuer, visitor: Any, settings: Any) -> None:
    tried = {"username": "lin", "password": PASSWORD}
    assert Client().post("/sign-in", tried).status_code == 401
    settings.PANHUO_OIDC = settings.PANHUO_OIDC | {"issuer": ""}
    assert Client().post("/sign-in", tried).status_code == 302
    assert Client().get("/sign-in/single").status_code == 404
    assert Client().get("/sign-in/single/back").status_code == 404
    assert "/sign-in/single" not in Client().get("/sign-in").content.decode()


def test_an_issuer_that_is_away_or_another_is_told(issuer: Issuer, visitor: Any) -> None:
    issuer.metadata = {"issuer": "https://elsewhere.example"}
    refused(Client().get("/sign-in/single"))
    issuer.metadata, issuer.broken = {}, True
    refused(Client().get("/sign-in/single"))
    issuer.broken = False
    assert come(issuer)[1].status_code == 302
    client = Client()
    brought = issuer.approve(client.get("/sign-in/single")["Location"])
    issuer.close()
    refused(client.get("/sign-in/single/back", brought))


def test_an_administrator_ties_a_seat_and_its_sessions_end(issuer: Issuer, seat: Callable[..., Any]) -> None:
    owner, worker = seat(username="owner", administrator=True), seat("disposal_manager", username="worker")
    desk, theirs = Client(), Client()
    for client, name in ((desk, "owner"), (theirs, "worker")):
        assert client.post("/sign-in", {"username": name, "password": PASSWORD}).status_code == 302
    form = {"name": "某", "role": "disposal_manager", "active": "on", "subject": " u-17 "}
    assert desk.post(f"/users/{worker.pk}", form).status_code == 302
    assert User.objects.get(pk=worker.pk).subject == "u-17"
    assert theirs.get("/plans").status_code == 302
    assert Deed.objects.filter(verb="user.change").latest("pk").details["single_sign_on"] is True
    assert come(issuer)[1].status_code == 302
    again = desk.post(f"/users/{owner.pk}", {"name": "某", "role": "operations_manager", "active": "on", "administrator": "on", "subject": "u-17"})
    assert again.status_code == 422
    assert User.objects.get(pk=owner.pk).subject == ""
    with pytest.raises(NotAllowed):
        user_change(scope_of(worker), owner.pk, subject="u-18")


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"PANHUO_OIDC_ISSUER": "http://sso.bank.example", "PANHUO_OIDC_CLIENT_ID": "x"}, "PANHUO_OIDC_ISSUER"),
        ({"PANHUO_OIDC_ISSUER": "sso.bank.example", "PANHUO_OIDC_CLIENT_ID": "x"}, "PANHUO_OIDC_ISSUER"),
        ({"PANHUO_OIDC_ISSUER": "https://sso.bank.example"}, "PANHUO_OIDC_CLIENT_ID"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(variables: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigurationInvalid) as told:
        Environment(variables).issuer()
    assert told.value.where == name
