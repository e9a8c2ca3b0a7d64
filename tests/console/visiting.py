"""A visitor of the running application, in a browser."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

PASSWORD = "correct horse battery staple"
SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}


class Visitor:
    """A page of a fresh visitor, and everything it complained of (the browser's word that an answer was 401, 404 … is none)."""

    def __init__(self, browser: Any, server: str, *, lang: str, theme: str, size: str, cookies: Any = None) -> None:
        locale = {"zh": "zh-CN", "en": "en-US"}[lang]
        look = {"viewport": SIZES[size], "color_scheme": theme, "reduced_motion": "reduce"}
        self.context = browser.new_context(locale=locale, storage_state=cookies, **look)
        self.page = self.context.new_page()
        self.server, self.lang = server, lang
        self.faults: list[str] = []
        self.page.on("console", lambda message: self._note(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("requestfailed", self._failed)

    def close(self) -> None:
        """Leave. A context that is closed while a page of it is on its way elsewhere may never close: every page is led to rest first."""
        from playwright.sync_api import Error

        for page in self.context.pages:
            for _ in range(5):
                with suppress(Error):  # interrupted by where the page was going
                    page.goto("about:blank")
                    break
        self.context.close()

    def _note(self, text: str) -> None:
        if "the server responded with a status of" not in text:
            self.faults.append(text)

    def _failed(self, request: Any) -> None:
        if "ERR_ABORTED" not in str(request.failure):  # the visitor went on before the answer came
            self.faults.append(f"failed: {request.url} {request.failure}")

    def go(self, path: str) -> Any:
        return self.page.goto(self.server + path)

    def sign_in(self, name: str, password: str = PASSWORD, goal: str = "/design") -> None:
        self.go(f"/sign-in?next={goal}")
        self.page.fill("#username", name)
        self.page.fill("#password", password)
        self.page.click("form .first")


def until(page: Any, told: str, seconds: float = 15.0) -> None:
    """Wait until an expression holds in the page. The driver's own waiting evaluates strings there, which the content policy forbids."""
    for _ in range(int(seconds * 20)):
        if page.evaluate(told):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {told}")
