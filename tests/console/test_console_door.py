"""The door: wrong passwords, the lock, the second step, and ways through our door to somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from panhuo.apps.identity.models import ApiToken, Attempt, Organisation, SignIn, User
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.services import password_reset, token_create
from panhuo.apps.identity.signing_in import LOCK_AFTER, secret_seal
from panhuo.config import settings as shipped

pytestmark = pytest.mark.django_db

PASSWORD, SECRET = "correct horse battery staple", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " //evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "https://testserver@evil.example/",
    "//testserver.evil.example",
    "evil.example",
)


@pytest.fixture
def user() -> User:
    organisation = Organisation.objects.create(kind="lender", name="门口银行")
    one = User(organisation=organisation, username="door-lin", name="林", role="operations_manager")
    one.set_password(PASSWORD)
    one.save()
    return one


@pytest.fixture
def guarded(user: User) -> User:
    user.totp_sealed = secret_seal(user, SECRET)
    user.save()
    return user


def knock(client: Client, password: str = PASSWORD, name: str = "door-lin", goal: str = "") -> Any:
    return client.post("/sign-in", {"username": name, "password": password, "next": goal})


def test_the_right_password_opens_and_is_noted(client: Client, user: User) -> None:
    answer = knock(client, goal="/design")
    assert (answer.status_code, answer["Location"]) == (302, "/design")
    assert client.get("/design").status_code == 200
    sign_in = SignIn.objects.get(user=user)
    assert sign_in.method == "password"
    assert client.session.session_key not in sign_in.session_digest


def test_the_shipped_way_of_keeping_passwords_is_a_costly_one(client: Client, user: User, settings: Any) -> None:
    """Elsewhere tests hash at the least cost."""
    settings.PASSWORD_HASHERS = shipped.PASSWORD_HASHERS
    user.set_password(PASSWORD)
    user.save()
    kind, _, cost = user.password.removeprefix("argon2$").split("$")[:3]
    assert kind == "argon2id"
    figures = {name: int(figure) for name, figure in (part.split("=") for part in cost.split(","))}
    assert figures["m"] >= 102_400  # KiB
    assert figures["t"] >= 2
    assert knock(client, "wrong").status_code == 401
    assert knock(client).status_code == 302


def test_names_are_the_same_in_capitals(client: Client, user: User) -> None:
    assert knock(client, name=" Door-LIN ").status_code == 302


@pytest.mark.parametrize("name", ["door-lin", "nobody", ""])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client: Client, user: User, name: str) -> None:
    answer = knock(client, "wrong", name=name)
    assert answer.status_code == 401
    assert "用户名或密码不正确" in answer.content.decode()
    assert client.get("/design").status_code == 302


def test_what_was_typed_as_password_comes_back_nowhere(client: Client, user: User) -> None:
    assert "s3cret-typed" not in knock(client, "s3cret-typed").content.decode()


def test_after_some_failures_even_the_right_password_waits(client: Client, user: User) -> None:
    for _ in range(LOCK_AFTER):
        assert knock(client, "wrong").status_code == 401
    answer = knock(client)
    assert answer.status_code == 401
    assert "暂时锁定" in answer.content.decode()
    Attempt.objects.update(at=timezone.now() - timedelta(minutes=16))
    assert knock(client).status_code == 302


def test_the_lock_is_on_the_name_whoever_asks(client: Client, user: User) -> None:
    for number in range(LOCK_AFTER):
        client.post("/sign-in", {"username": "door-lin", "password": "wrong"}, REMOTE_ADDR=f"10.0.0.{number}")
    assert client.post("/sign-in", {"username": "door-lin", "password": PASSWORD}, REMOTE_ADDR="10.0.9.9").status_code == 401


def test_a_switched_off_user_or_organisation_stays_outside(client: Client, user: User) -> None:
    User.objects.update(is_active=False)
    assert knock(client).status_code == 401
    User.objects.update(is_active=True)
    Organisation.objects.filter(pk=user.organisation_id).update(active=False)
    assert knock(client).status_code == 401


def test_a_user_switched_off_while_inside_is_out_at_once(client: Client, user: User) -> None:
    knock(client)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/design").status_code == 302


def test_the_password_alone_opens_nothing_where_there_is_a_second_step(client: Client, guarded: User) -> None:
    assert knock(client, goal="/design")["Location"] == "/sign-in/code"
    assert client.get("/design")["Location"].startswith("/sign-in")
    assert not SignIn.objects.exists()


def test_the_second_step_opens_once_a_code(client: Client, guarded: User) -> None:
    knock(client, goal="/design")
    assert client.post("/sign-in/code", {"code": "000000"}).status_code == 401
    code = pyotp.TOTP(SECRET).now()
    answer = client.post("/sign-in/code", {"code": f"{code[:3]} {code[3:]}"})
    assert (answer.status_code, answer["Location"]) == (302, "/design")
    assert client.get("/design").status_code == 200
    assert SignIn.objects.get().method == "password+totp"
    other = Client()
    knock(other)
    again = other.post("/sign-in/code", {"code": code})
    assert again.status_code == 401
    assert "已用过" in again.content.decode()


def test_codes_are_not_guessed_without_end(client: Client, guarded: User) -> None:
    knock(client)
    for _ in range(LOCK_AFTER):
        client.post("/sign-in/code", {"code": "123456"})
    answer = client.post("/sign-in/code", {"code": pyotp.TOTP(SECRET).now()})
    assert answer.status_code == 401
    assert "暂时锁定" in answer.content.decode()


def test_nobody_is_expected_at_the_second_step_without_the_first(client: Client, guarded: User) -> None:
    assert client.get("/sign-in/code")["Location"] == "/sign-in"
    assert client.post("/sign-in/code", {"code": pyotp.TOTP(SECRET).now()})["Location"] == "/sign-in"


def test_the_second_step_does_not_wait_for_ever(client: Client, guarded: User) -> None:
    knock(client)
    session = client.session
    session["second_step"] = session["second_step"] | {"until": (timezone.now() - timedelta(seconds=1)).timestamp()}
    session.save()
    assert client.post("/sign-in/code", {"code": pyotp.TOTP(SECRET).now()})["Location"] == "/sign-in"


@pytest.mark.parametrize("goal", ELSEWHERE)
def test_nobody_is_sent_elsewhere_through_our_door(client: Client, user: User, goal: str) -> None:
    assert 'value="/"' in client.get("/sign-in", {"next": goal}).content.decode()
    assert knock(client, goal=goal)["Location"] == "/"
    assert client.get("/sign-in", {"next": goal})["Location"] == "/"  # signed in already


@pytest.mark.parametrize("goal", ELSEWHERE)
@pytest.mark.parametrize("choice", [("/language", {"lang": "en"}), ("/theme", {"theme": "dark"})])
def test_nor_by_choosing_a_language_or_look(client: Client, goal: str, choice: tuple[str, dict[str, str]]) -> None:
    assert client.post(choice[0], choice[1] | {"next": goal})["Location"] == "/sign-in"


def test_one_comes_back_to_where_one_was_going(client: Client, user: User) -> None:
    there = client.get("/design?sort=-share&product=mortgage")["Location"]
    assert there == "/sign-in?next=%2Fdesign%3Fsort%3D-share%26product%3Dmortgage"
    assert "/design?sort=-share&amp;product=mortgage" in client.get(there).content.decode()
    assert knock(client, goal="/design?sort=-share&product=mortgage")["Location"] == "/design?sort=-share&product=mortgage"


def test_a_part_of_a_page_asked_for_outside_is_refused_in_words(client: Client) -> None:
    answer = client.get("/design", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer["HX-Retarget"] == "#notices"
    assert "请先登录" in answer.content.decode()


def test_a_form_from_elsewhere_is_refused(user: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = knock(strict)
    assert answer.status_code == 403
    assert "FORM_EXPIRED" in answer.content.decode()


def test_signing_out_ends_the_session_for_good(client: Client, user: User) -> None:
    knock(client)
    key = client.cookies["panhuo_session"].value
    assert client.post("/sign-out")["Location"] == "/sign-in"
    stolen = Client()
    stolen.cookies["panhuo_session"] = key
    assert stolen.get("/design").status_code == 302
    assert SignIn.objects.get().ended_at is not None


def test_signing_out_takes_more_than_a_link(client: Client, user: User) -> None:
    knock(client)
    answer = client.get("/sign-out")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "METHOD_NOT_ALLOWED" in answer.content.decode()  # a page with a way on, not an empty one
    assert client.get("/design").status_code == 200


def test_the_session_key_changes_at_sign_in(client: Client, guarded: User) -> None:
    knock(client)
    before = client.cookies["panhuo_session"].value
    client.post("/sign-in/code", {"code": pyotp.TOTP(SECRET).now()})
    assert client.cookies["panhuo_session"].value != before


def test_the_first_page_is_the_first_desk_of_the_role(client: Client, user: User) -> None:
    knock(client)
    assert client.get("/")["Location"] == "/tapes"
    User.objects.update(role="collector")
    assert client.get("/")["Location"] == "/rules"


def test_pages_are_kept_by_no_cache_and_framed_by_nobody(client: Client, user: User) -> None:
    for answer in (client.get("/sign-in"), knock(client, "wrong"), client.get("/nothing")):
        assert "no-store" in answer["Cache-Control"]
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.browser
def test_in_the_browser_too(visit: Callable[..., Any], people: dict[str, Any]) -> None:
    visitor = visit("en")
    visitor.sign_in("console-en", "wrong", goal="//evil.example/")
    page = visitor.page
    assert page.inner_text("[role=alert]").strip() == "The name or the password is wrong"
    assert page.input_value("#username") == "console-en"
    assert page.input_value("#password") == ""
    assert page.evaluate("document.activeElement.id") == "password"
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/tapes")
    visitor = visit("zh")
    visitor.sign_in("console-totp")
    visitor.page.wait_for_url("**/sign-in/code")
    visitor.page.keyboard.type(pyotp.TOTP(SECRET).now())  # the field has the focus
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/design")
    assert visitor.faults == []


def test_a_first_password_opens_nothing_but_the_way_to_another(client: Client, user: User) -> None:
    """A reset by an administrator ends sessions and tokens; what he was told opens the settings only, until it is changed."""
    boss = User(organisation=user.organisation, username="door-boss", name="管", role="operations_manager", administrator=True)
    boss.set_password(PASSWORD)
    boss.save()
    _, token = token_create(scope_of(user), name="夜间", abilities=["tape.view"], days=30)
    asked = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    assert Client().get("/api/v1/tapes", **asked).status_code == 200
    other = Client()
    assert knock(other).status_code == 302
    first = password_reset(scope_of(boss), user.pk)
    assert Client().get("/api/v1/tapes", **asked).status_code == 401
    assert other.get("/").url.startswith("/sign-in")
    assert knock(client).status_code != 302  # the old one is gone
    assert knock(client, first).status_code == 302
    for path in ("/", "/tapes", "/accounts", "/settings/totp"):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (302, "/settings"), path
    made = client.post("/settings/tokens", {"name": "x", "abilities": ["tape.view"], "days": "30"})
    assert (made.status_code, made.url, ApiToken.objects.filter(user=user, revoked_at=None).count()) == (302, "/settings", 0)
    assert "请先修改初始密码" in client.get("/settings").content.decode()
    new = "another horse, another battery"
    for old, one, again in (("wrong", new, new), (first, first, first), (first, new, "typed otherwise"), (first, "short", "short")):
        client.post("/settings/password", {"old": old, "new": one, "again": again})
        assert User.objects.get(pk=user.pk).must_change_password
    assert client.post("/settings/password", {"old": first, "new": new, "again": new}).status_code == 302
    assert client.get("/tapes").status_code == 200
    assert knock(Client(), first).status_code != 302
    assert knock(Client(), new).status_code == 302


def test_an_operator_shuts_an_organisation_and_opens_it_again(client: Client, user: User) -> None:
    """Every organisation stands once on the page, with one button; whose it is not, he cannot shut his own."""
    house = Organisation.objects.create(kind="operator", name="运营方")
    operator = User(organisation=house, username="door-op", name="运", role="auditor", administrator=True)
    operator.set_password(PASSWORD)
    operator.save()
    assert knock(client, name="door-op").status_code == 302
    page = client.get("/organisations").content.decode()
    main = page[page.index("<main") :]
    assert main.count('<th scope="row">门口银行</th>') == 1
    assert main.count(f'action="/organisations/{user.organisation_id}/active"') == 1
    assert f'action="/organisations/{house.pk}/active"' not in main
    assert client.post(f"/organisations/{user.organisation_id}/active", {"active": "0"}).status_code == 302
    assert knock(Client()).status_code != 302
    assert "已停用" in client.get("/organisations").content.decode()
    assert client.post(f"/organisations/{user.organisation_id}/active", {"active": "1"}).status_code == 302
    assert knock(Client()).status_code == 302


def test_a_nul_in_what_is_typed_is_refused_and_nothing_breaks(client: Client, user: User) -> None:
    """PostgreSQL keeps no NUL in text: an answer that says so, at the door and behind it."""
    assert knock(client, name="a\x00b").status_code == 422
    assert knock(Client(), password="x\x00").status_code == 401
    knock(client)
    user.administrator = True
    user.save()
    for path, fields in (("/settings/tokens", {"name": "x\x00y", "abilities": ["tape.view"], "days": "30"}), ("/teams", {"name": "x\x00y"})):
        answer = client.post(path, fields)
        assert answer.status_code in (400, 422), path
        assert "SERVER_FAULT" not in answer.content.decode()
