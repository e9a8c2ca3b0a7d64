"""The web application at size: an import against a bare COPY, pages under twenty users, what a browser fetches and when it paints."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from panhuo.bench import measure
from panhuo.bench.whole import sample
from panhuo.kernel.calendar import BUCKETS
from panhuo.kernel.randomness import stream

USERS = 20
THINK_S = (1.0, 3.0)
"""Seconds a user looks at a page before asking for the next: twenty users ask ten times a second."""
LOOKING_S = 60.0
SEED = 20261031


def bench_web(rows: int = 1_000_000, *, folder: Path | None = None) -> dict[str, Any]:
    """Import and plan of a tape as jobs, then four kinds of pages asked for by twenty users at once, on an embedded database of the bench's own.

    The aims: import at most 4 times a bare COPY of the same table, p95 of each kind at most 300 ms. Seconds of a page are the client's, over
    loopback, to the last byte: waiting for a free thread of the server is in them.
    """
    with measure.workplace(folder) as at:
        tape = sample(at, rows, dirty=0.02)
        environment = {"PANHUO_DATA": str(at / f"web-{rows}"), "PANHUO_LOG_LEVEL": "WARNING"}
        made = measure.python("panhuo.bench.web_data", "make", environment=environment, tape=str(tape), users=USERS).said
        with _served(environment) as port:
            pages = _Pages(made)
            sessions = [_Session(port, name, made["password"]) for name in made["users"]]
            first = {kind: round(sessions[0].milliseconds(pages.one(kind, stream(SEED, kind)))) for kind in pages.kinds}
            for session in sessions[:8]:  # so that every process of the server has seen each kind
                for kind in pages.kinds:
                    session.milliseconds(pages.one(kind, stream(SEED, kind, session.name)))
            considering = _look(sessions, pages, THINK_S, LOOKING_S)
            restless = _look(sessions, pages, (0.0, 0.0), LOOKING_S / 3)
            browser = _in_browser(port, made)
    return {
        "rows": made["rows"],
        "upload_seconds": made["upload_seconds"],
        "import_seconds": made["import_seconds"],
        "copy_seconds": made["copy_seconds"],
        "import_ratio": round(made["import_seconds"] / made["copy_seconds"], 2),
        "import_peak_gib": made["import_peak_gib"],
        "plan_seconds": made["plan_seconds"],
        "users": USERS,
        "first_milliseconds": first,
        "milliseconds": _told(considering),
        "without_a_pause": {"pages_a_second": round(sum(map(len, restless.values())) / (LOOKING_S / 3), 1), "milliseconds": _told(restless)},
        "browser": browser,
    }


class _Pages:
    """Addresses of each kind, drawn anew each time, so that nothing kept of an earlier answer makes a later one fast."""

    kinds: Mapping[str, float] = {"portfolio": 0.2, "list": 0.35, "account": 0.3, "plan": 0.15}
    """How often each is asked for."""

    def __init__(self, made: Mapping[str, Any]) -> None:
        self._tape, self._plan, self._rows = made["tape"], made["plan"], made["rows"]

    def draw(self, chance: np.random.Generator) -> tuple[str, str]:
        kind = str(chance.choice(list(self.kinds), p=list(self.kinds.values())))
        return kind, self.one(kind, chance)

    def one(self, kind: str, chance: np.random.Generator) -> str:
        if kind == "account":
            return f"/accounts/{self._tape}/{chance.integers(self._rows)}"
        if kind == "plan":
            return f"/plans/{self._plan}"
        query: list[tuple[str, str]] = []
        if chance.random() < 0.7:
            query.append(("bucket", str(chance.choice(BUCKETS))))
        if chance.random() < 0.5:
            query.append(("balance", f"{chance.integers(1, 20_000)}.."))
        if kind == "list":
            query.append(("sort", str(chance.choice(("-balance_fen", "balance_fen", "-overdue_days", "-net_value_fen")))))
        return ("/accounts" if kind == "list" else "/portfolio") + ("?" + urlencode(query, safe=".") if query else "")


class _Session:
    """A signed-in user with a connection of his own."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self._cookies: dict[str, str] = {}
        self.name = username
        self._ask("GET", "/sign-in")
        form = urlencode({"username": username, "password": password, "csrfmiddlewaretoken": self._cookies["panhuo_csrf"]})
        status = self._ask("POST", "/sign-in", form)
        if status != 302:
            raise RuntimeError(f"signing in as {username} was answered with {status}")

    def milliseconds(self, address: str) -> float:
        """Milliseconds until the last byte. Raises RuntimeError for any answer but 200."""
        started = time.perf_counter()
        status = self._ask("GET", address)
        if status != 200:
            raise RuntimeError(f"{address} was answered with {status}")
        return 1000 * (time.perf_counter() - started)

    def _ask(self, method: str, address: str, body: str | None = None) -> int:
        headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self._cookies.items()), "Accept-Encoding": "gzip"}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self._connection.port}"}
        try:
            self._connection.request(method, address, body, headers)
            answer = self._connection.getresponse()
        except RemoteDisconnected:  # kept open no longer: a browser opens another, too
            self._connection.close()
            self._connection.request(method, address, body, headers)
            answer = self._connection.getresponse()
        answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            key, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[key] = value
        return answer.status


def _look(sessions: list[_Session], pages: _Pages, think: tuple[float, float], seconds: float) -> dict[str, list[float]]:
    """Every user asks, looks, asks again: milliseconds by kind."""
    taken: dict[str, list[float]] = defaultdict(list)
    faults: list[BaseException] = []
    until = time.monotonic() + seconds

    def user(number: int) -> None:
        chance = stream(SEED, "user", number)
        try:
            time.sleep(chance.uniform(0, think[1]))
            while time.monotonic() < until:
                kind, address = pages.draw(chance)
                taken[kind].append(sessions[number].milliseconds(address))
                time.sleep(chance.uniform(*think))
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=user, args=(number,), daemon=True) for number in range(len(sessions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return dict(taken)


def _told(taken: Mapping[str, list[float]]) -> dict[str, dict[str, int]]:
    out = {}
    for kind in _Pages.kinds:
        times = taken.get(kind, [])
        if len(times) > 1:
            cuts = statistics.quantiles(times, n=20, method="inclusive")
            out[kind] = {"asked": len(times), "p50": round(cuts[9]), "p95": round(cuts[18]), "longest": round(max(times))}
    return out


@contextmanager
def _served(environment: Mapping[str, str]) -> Iterator[int]:
    """The server as `panhuo serve` runs it by default, on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "panhuo.cli.main", "serve", "--port", str(port)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(240):
            if server.poll() is not None:
                raise RuntimeError("the server ended at once")
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=0.5):
                    break
            except OSError:
                time.sleep(0.25)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=60)


def _in_browser(port: int, made: Mapping[str, Any]) -> dict[str, Any] | str:
    """Bytes fetched and first paint of a page opened for the first time, and opened again; in Chromium, where it is installed."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return "not measured: Playwright is not installed"
    root = f"http://127.0.0.1:{port}"
    out: dict[str, Any] = {}
    with sync_playwright() as playwright:
        path = next((at for at in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(at).exists()), None)
        try:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error as error:
            return f"not measured: {str(error).splitlines()[0]}"
        page = browser.new_page()
        page.goto(f"{root}/sign-in")
        page.fill("[name=username]", made["users"][0])
        page.fill("[name=password]", made["password"])
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        state = page.context.storage_state()
        for kind, address in (
            ("portfolio", "/portfolio"),
            ("list", "/accounts"),
            ("account", f"/accounts/{made['tape']}/7"),
            ("plan", f"/plans/{made['plan']}"),
        ):
            fresh = browser.new_context(storage_state=state)
            page = fresh.new_page()
            seen = []
            for _ in range(2):
                page.goto(root + address, wait_until="load")
                page.wait_for_timeout(300)
                seen.append(page.evaluate(_PAINT))
            out[kind] = {"kib_first": seen[0][0], "kib_again": seen[1][0], "paint_ms_first": seen[0][1], "paint_ms_again": seen[1][1]}
            fresh.close()
        browser.close()
    return out


_PAINT = """() => {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [Math.round(entries.reduce((sum, entry) => sum + entry.transferSize, 0) / 1024), paint ? Math.round(paint.startTime) : null];
}"""
