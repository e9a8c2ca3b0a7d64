"""Every page of every desk with the demonstration's own objects, in both languages, light and dark, on a desk and on a phone: silent, accessible, never wider than
the window, and in one language alone. With ``PANHUO_SHOTS`` (a folder) each is kept as a picture, to be looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from furnished import furnish
from test_console_pages import AXE, TEXTS
from visiting import SIZES, Visitor, until

from panhuo.apps.identity.models import Organisation, User
from panhuo.apps.intake.models import Tape
from panhuo.cli.demonstration import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TABLE = Path(__file__).parents[1] / "identity" / "addresses.txt"
SHOTS = os.environ.get("PANHUO_SHOTS")
NO_PAGES = {
    "/", "/healthz", "/readyz", "/metrics", "/sign-in/single", "/sign-in/single/back", "/design/drawer", "/design/progress", "/accounts/search.json",
    "/accounts/export.xlsx", "/session", "/jobs/<key:job_id>/progress", "/plans/<key:plan_id>/progress", "/tapes/<key:tape_id>/progress", "/tapes/<key:tape_id>/comparing",
}  # fmt: skip
"""Addresses that lead on, or answer machines, with a file or with a part of a page."""
PAGES = (
    ("", "/sign-in", "/sign-in"),
    ("", "/sign-in/code", "/sign-in/code"),
    ("", "/nothing", ""),
    ("manager", "/signed-in", "/signed-in"),
    ("manager", "/accounts", "/accounts"),
    ("manager", "/accounts?tape={tape}&balance=1..2", ""),
    ("manager", "/accounts/{tape}/3", "/accounts/<key:tape_id>/<place:position>"),
    ("manager", "/accounts/{new}/3", ""),
    ("manager", "/accounts/rules/CP-MISSING", "/accounts/rules/<str:rule_id>"),
    ("manager", "/design", "/design"),
    ("manager", "/jobs", "/jobs"),
    ("manager", "/jobs/{job}", "/jobs/<key:job_id>"),
    ("manager", "/jobs/{done}", ""),
    ("operator", "/organisations", "/organisations"),
    ("manager", "/plans", "/plans"),
    ("manager", "/plans/{approved}", "/plans/<key:plan_id>"),
    ("manager", "/plans/{draft}", ""),
    ("compliance", "/plans/{submitted}", ""),
    ("manager", "/plans/{making}", ""),
    ("manager", "/plans/{failed}", ""),
    ("manager", "/plans/new", "/plans/new"),
    ("manager", "/policies", "/policies"),
    ("manager", "/policies/layouts/panhuo", "/policies/layouts/<str:name>"),
    ("manager", "/portfolio?tape={tape}", "/portfolio"),
    ("manager", "/portfolio", ""),
    ("manager", "/portfolio?plan={draft}", ""),
    ("manager", "/accounts?moved={approved}..{draft}", ""),
    ("manager", "/accounts/{tape}/3?plan={draft}", ""),
    ("compliance", "/record", "/record"),
    ("manager", "/rules", "/rules"),
    ("manager", "/rules/CLS-DPD-90", "/rules/<str:rule_id>"),
    ("collector", "/rules", ""),
    ("manager", "/settings", "/settings"),
    ("manager", "/settings/totp", "/settings/totp"),
    ("manager", "/tapes", "/tapes"),
    ("manager", "/tapes/{new}", "/tapes/<key:tape_id>"),
    ("manager", "/tapes/{waiting}", ""),
    ("compliance", "/tapes/{waiting}", ""),
    ("manager", "/tapes/{unreadable}", ""),
    ("manager", "/tapes/{importing}", ""),
    ("manager", "/tapes/{new}/files", "/tapes/<key:tape_id>/files"),
    ("manager", "/tapes/{tape}/matches", "/tapes/<key:tape_id>/matches"),
    ("manager", "/tapes/{tape}/matches?decided=1", ""),
    ("manager", "/tapes/{new}/quality", "/tapes/<key:tape_id>/quality"),
    ("manager", "/tapes/{new}/findings", "/tapes/<key:tape_id>/findings"),
    ("manager", "/tapes/{new}/rejects", "/tapes/<key:tape_id>/rejects"),
    ("manager", "/tapes/{new}/rejects/{reject}", "/tapes/<key:tape_id>/rejects/<place:number>"),
    ("manager", "/tapes/{new}/versions", "/tapes/<key:tape_id>/versions"),
    ("manager", "/tapes/new", "/tapes/new"),
    ("manager", "/users", "/users"),
    ("manager", "/users/{user}", "/users/<key:user_id>"),
    ("manager", "/record", ""),
    ("manager", "/nothing", ""),
)
"""Who opens what (nobody: at the door), and which line of the table of addresses it stands for."""
FOREIGN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


def test_every_page_of_the_table_is_among_them() -> None:
    lines = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    pages = {pattern for method, pattern, _ in lines if method == "GET" and not pattern.startswith("/api/")}
    assert pages == NO_PAGES | {pattern for _, _, pattern in PAGES if pattern}


@dataclass
class House:
    """Signed-in visitors by user, and the values that stand in addresses."""

    address: str
    browser: Any
    axe: str
    values: dict[str, Any]
    visitors: dict[str, Visitor]

    def visitor(self, name: str, lang: str) -> Visitor:
        key = name or f"door {lang}"
        if key not in self.visitors:
            one = self.visitors[key] = Visitor(self.browser, self.address, lang=lang, theme="light", size="desk")
            one.sign_in(name or "code", PASSWORD, "/settings")
            one.page.wait_for_selector("main, #code")
        if name:
            User.objects.filter(username=name).update(language=lang)
        return self.visitors[key]


@pytest.fixture(scope="module")
def house(browser: Any, demo: Any, root: Path, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[House]:
    axe = (root / "frontend/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
    issuer = {"issuer": "https://sso.example", "client_id": "panhuo", "client_secret": "", "claim": "sub"}
    with django_db_blocker.unblock(), override_settings(PANHUO_OIDC=issuer):
        one = House(demo.address, browser, axe, furnish(demo.user, tmp_path_factory.mktemp("furnished")), {})
        yield one
        for visitor in one.visitors.values():
            visitor.close()


@pytest.mark.parametrize(("lang", "theme"), [("zh", "light"), ("en", "dark")])
def test_every_page(house: House, lang: str, theme: str) -> None:
    known = _data(house)
    wrong: list[str] = []
    for number, (name, path, _) in enumerate(PAGES):
        visitor = house.visitor(name, lang)
        page = visitor.page
        page.set_viewport_size(SIZES["desk"])
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        visitor.faults.clear()
        where = path.format(**house.values)
        answer = visitor.go(where)
        until(page, "[...document.querySelectorAll('figure.chart')].every(one => 'drawn' in one.dataset)")
        told = (
            []
            if answer.status == (404 if "nothing" in path else 403 if (name, path) == ("manager", "/record") else 200)
            else [f"status {answer.status}"]
        )
        if page.get_attribute("html", "lang") != {"zh": "zh-CN", "en": "en"}[lang]:
            told.append("another language")
        if SHOTS or number % 2 == (lang == "en"):  # once a page; in both looks where there is time to take pictures
            page.evaluate(house.axe)
            told += page.evaluate(AXE)
        if lang == "en":
            told += [f"not English: {text[:80]}" for text in dict.fromkeys(page.evaluate(TEXTS)) if not _english(text, known)]
        _kept(page, f"{name or 'door'}{where}", lang, "desk")
        page.set_viewport_size(SIZES["phone"])
        wide, inner = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if wide > inner:
            told.append(f"{wide} wide on a phone of {inner}")
        _kept(page, f"{name or 'door'}{where}", lang, "phone")
        wrong += [f"{name} {path}: {one}" for one in told + visitor.faults]
    assert not wrong, "\n" + "\n".join(wrong)


def _english(text: str, known: str) -> bool:
    """Whether what is not English in it is somebody's own words."""
    return all(run in known for run in FOREIGN.findall(text))


def _data(house: House) -> str:
    texts = [*house.values["written"], *Organisation.objects.values_list("name", flat=True)]
    for tape in Tape.objects.all():
        texts += (
            [file["name"] for file in tape.files] + list(tape.figures.get("headings", {}).values()) + [tape.title if hasattr(tape, "title") else ""]
        )
    return "\n".join(texts)


def _kept(page: Any, name: str, lang: str, size: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{re.sub(r'[^a-z0-9]+', '-', name)}.{lang}.{size}.png", full_page=True)
