"""A server with the files it will serve, seats to sign in with, and a browser that notes every complaint of a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from demonstrated import Demonstration
from visiting import PASSWORD, Visitor


@pytest.fixture(scope="session")
def hashed_statics(django_db_setup: None, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The static files as they are served in earnest: collected, hashed, compressed."""
    if not (root / "src/panhuo/apps/console/static/vendor/htmx.min.js").exists():
        pytest.fail("the front-end packages are not here: run scripts/assets")
    from django.core.management import call_command
    from django.test import override_settings

    with override_settings(
        STATIC_ROOT=tmp_path_factory.mktemp("static"),  # processes that share the work do not share this folder
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "panhuo.apps.console.statics.HashedStatics"},
        },
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="module")
def people(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """A seat of each language, and one with a one-time password; removed afterwards, for the server's changes are not rolled back."""
    from django.contrib.sessions.models import Session

    from panhuo.apps.identity.models import Attempt, Organisation, SignIn, User
    from panhuo.apps.identity.signing_in import secret_seal

    with django_db_blocker.unblock():
        organisation = Organisation.objects.create(kind="lender", name="控制台测试银行")
        seats = {}
        for name, language in (("console-zh", "zh"), ("console-en", "en"), ("console-totp", "zh")):
            user = User(organisation=organisation, username=name, name="林知夏", role="operations_manager", language=language, administrator=True)
            user.set_password(PASSWORD)
            user.save()
            seats[name.removeprefix("console-")] = user
        seats["totp"].totp_sealed = secret_seal(seats["totp"], "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        seats["totp"].save()
    yield seats
    with django_db_blocker.unblock():
        SignIn.objects.filter(organisation=organisation).delete()
        User.objects.filter(organisation=organisation).delete()
        organisation.delete()
        Session.objects.all().delete()
        Attempt.objects.all().delete()


@contextmanager
def serving(django_db_blocker: Any) -> Iterator[str]:
    """The application on loopback, in a thread of its own."""
    from django.db import connections
    from django.test import modify_settings
    from django.test.testcases import LiveServerThread

    connections.settings["default"]["CONN_MAX_AGE"] = 0  # a thread that outlives the server must not hold the database that is dropped then
    with django_db_blocker.unblock(), modify_settings(ALLOWED_HOSTS={"append": "127.0.0.1"}):
        # no handler for static files before the application: its own serves them, as in earnest
        thread = LiveServerThread("127.0.0.1", lambda application: application, connections_override={})
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        if thread.error:
            raise thread.error
        yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()
    connections.close_all()


@pytest.fixture(scope="module")
def served(hashed_statics: None, people: dict[str, Any], django_db_blocker: Any) -> Iterator[str]:
    with serving(django_db_blocker) as address:
        yield address


@pytest.fixture(scope="session")
def demonstration(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """What ``make demo`` loads, in a database and a folder of their own; made once. In full where pictures are asked for."""
    with django_db_blocker.unblock():
        return Demonstration.made(tmp_path_factory.mktemp("demonstration"), whole="PANHUO_TOUR" in os.environ)


@pytest.fixture(scope="module")
def demo(hashed_statics: None, demonstration: Demonstration, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A copy of the demonstration, served at ``address``; ``user(name)``, ``workbook(folder)`` as of the demonstration."""
    with django_db_blocker.unblock(), demonstration.copied(tmp_path_factory.mktemp("demo")), serving(django_db_blocker) as address:
        yield SimpleNamespace(address=address, user=demonstration.user, workbook=demonstration.workbook)


@pytest.fixture
def server(served: str, django_db_blocker: Any) -> Iterator[str]:
    """The address of the running application. What it does is not rolled back."""
    with django_db_blocker.unblock():
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    named = os.environ.get("PANHUO_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), None)
    if not path:
        pytest.skip("no Chromium here: scripts/browser installs one, or set PANHUO_CHROMIUM")
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the driver runs a loop in this thread, which Django takes for asynchronous code
        one = running.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield one
        from django.db import connections

        connections.close_all()  # the loop has connections of its own, which nobody sees once it has ended
        one.close()


@pytest.fixture(scope="module")
def sessions() -> dict[str, Any]:
    """The cookies of those who have signed in: the door has tests of its own, and every page behind it need not pass it anew."""
    return {}


@pytest.fixture
def visit(browser: Any, server: str, sessions: dict[str, Any]) -> Iterator[Callable[..., Visitor]]:
    """``visit(lang, theme, size, path)``: a visitor; with a path, signed in and there."""
    visitors: list[Visitor] = []

    def make(lang: str = "zh", theme: str = "light", size: str = "desk", path: str = "") -> Visitor:
        visitor = Visitor(browser, server, lang=lang, theme=theme, size=size, cookies=sessions.get(lang) if path else None)
        visitors.append(visitor)
        if path and lang in sessions:
            visitor.go(path)
        elif path:
            visitor.sign_in(f"console-{lang}", goal=path)
            visitor.page.wait_for_selector("main")
            sessions[lang] = visitor.context.storage_state()
        return visitor

    yield make
    for visitor in visitors:
        visitor.close()
