"""What monitoring is told, and who may ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from panhuo.apps.console.views import health


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    health._migrated.clear()
    yield
    health._migrated.clear()


def away(*args: Any, **kwargs: Any) -> Any:
    raise OperationalError("connection to 10.1.2.3 as panhuo failed")


def beat(ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now() - make_interval(secs => %s))", [ago])


def test_the_process_answers_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")  # the fixture db is not asked for: a query would fail the test
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_it_is_ready_when_all_parts_stand(client: Client) -> None:
    beat(12)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    told = answer.json()
    assert told["ready"] is True
    assert told["database"] == {"ok": True}
    assert told["migrations"] == {"ok": True}
    assert 12 <= told["worker"]["silent_seconds"] <= 20


@pytest.mark.django_db
@pytest.mark.parametrize("ago", [None, 61, 86_400])
def test_it_is_not_ready_without_a_worker(client: Client, ago: int | None) -> None:
    if ago is not None:
        beat(ago)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    told = answer.json()
    assert (told["ready"], told["database"]["ok"], told["worker"]["ok"]) == (False, True, False)


@pytest.mark.django_db
def test_the_latest_worker_counts(client: Client) -> None:
    beat(500)
    beat(3)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_it_is_not_ready_before_the_last_migration(client: Client) -> None:
    beat(1)
    MigrationRecorder.Migration.objects.filter(app="jobs").order_by("-pk").first().delete()  # type: ignore[union-attr]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [name.split(".")[0] for name in answer.json()["migrations"]["waiting"]] == ["jobs"]


@pytest.mark.django_db
def test_it_says_that_the_database_is_away_and_no_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(connection, "close", lambda: None)
    answer = client.get("/readyz")
    monkeypatch.undo()
    assert answer.status_code == 503
    assert answer.json()["database"] == {"ok": False, "why": "OperationalError"}
    assert b"10.1.2.3" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize(("headers", "said"), [({}, "<h1>数据库暂时不可用</h1>"), ({"HX-Request": "true"}, "DATABASE_AWAY")])
def test_a_page_says_that_the_database_is_away(monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], said: str) -> None:
    visitor = Client(raise_request_exception=False)
    visitor.cookies["panhuo_session"] = "a" * 32
    monkeypatch.setattr(connection, "cursor", away)
    answer = visitor.get("/design", headers=headers)
    monkeypatch.undo()
    assert answer.status_code == 503
    assert said in answer.content.decode()
    assert b"10.1.2.3" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.4.4.4", "192.168.1.7", "172.20.0.3", "fd00::7"])
def test_figures_are_for_the_neighbourhood(client: Client, address: str) -> None:
    client.get("/healthz")
    answer = client.get("/metrics", REMOTE_ADDR=address)
    assert answer.status_code == 200
    assert 'panhuo_requests_total{method="GET",route="healthz",status="200"}' in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["8.8.8.8", "203.0.113.9", "2001:4860::1", "", "unix:"])
def test_to_others_there_is_no_such_page(client: Client, address: str) -> None:
    answer = client.get("/metrics", REMOTE_ADDR=address)
    assert answer.status_code == 404
    assert b"panhuo_requests" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-Ip"])
def test_behind_an_undeclared_proxy_it_is_shut(client: Client, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


@pytest.mark.django_db
def test_behind_a_declared_proxy_the_caller_counts(client: Client, settings: Any) -> None:
    settings.PANHUO_PROXY = True
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9, 203.0.113.9"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9, 10.0.0.9"}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_asking_is_all_one_can_do(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
