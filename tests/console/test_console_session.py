"""A session that runs out while a form is filled in: nothing is sent, nothing typed is lost, and after a sign-in in another window the form goes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from visiting import PASSWORD


@pytest.mark.browser
def test_what_was_typed_outlives_the_session(visit: Callable[..., Any]) -> None:
    visitor = visit("zh", path="/settings")
    page = visitor.page
    page.click("summary:has-text('新建令牌')")
    page.fill("#tname", "月报程序")
    visitor.context.clear_cookies()
    send = "form[action='/settings/tokens'] button[type=submit]"
    page.click(send)
    page.wait_for_selector(".notice[data-tone=bad] a")
    assert page.input_value("#tname") == "月报程序"
    assert page.url.endswith("/settings")

    with page.expect_popup() as opened:
        page.click(".notice[data-tone=bad] a")
    other = opened.value
    other.wait_for_selector("#username")
    other.fill("#username", "console-zh")
    other.fill("#password", PASSWORD)
    other.click("form .first")
    other.wait_for_selector("h1:has-text('已登录')")
    other.close()

    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.click(send)
    assert sent.value.status == 400  # it arrived, and a token for nothing is refused: 401 or 403 would be a session or a mark that is not known
    page.wait_for_selector("main h1")
    assert not visitor.faults


@pytest.mark.django_db
def test_who_is_not_signed_in_is_told_no_mark() -> None:
    assert Client().get("/session").json() == {"signed_in": False}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("came", "goal"),
    [
        ("http://testserver/tapes/7/rejects/2?page=2", "?next=%2Ftapes%2F7%2Frejects%2F2%3Fpage%3D2"),
        ("http://elsewhere.example/tapes", ""),
        ("http://testserver//elsewhere.example", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_the_page_that_refuses_a_form_leads_back_to_where_it_stood(came: str, goal: str) -> None:
    answer = Client().post("/tapes/7/rejects/2", {"c1": "777.77"}, headers={"referer": came})
    assert answer.status_code == 401
    assert f'href="/sign-in{goal}"' in answer.content.decode()
