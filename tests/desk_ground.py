"""A seat at the desk: an organisation, its people signed in, tapes uploaded and imported as the browser and a worker do it, within one test's transaction."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

AS_OF = dt.date(2026, 10, 31)
PASSWORD = "a long enough one 1"
Rows = list[dict[str, str]]


class Seat:
    """A signed-in browser of one user."""

    def __init__(self, user: Any) -> None:
        from django.test import Client

        from panhuo.apps.identity.scope import scope_of

        self.user, self.scope = user, scope_of(user)
        self.client = Client()
        answer = self.client.post("/sign-in", {"username": user.username, "password": PASSWORD})
        assert answer.status_code == 302

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def post(self, path: str, data: Any = None, **more: Any) -> Any:
        return self.client.post(path, data or {}, **more)

    def upload(self, *files: tuple[str, bytes] | Path, series: str = "") -> Any:
        """What the upload form answers."""
        given = [(f.name, f.read_bytes()) if isinstance(f, Path) else f for f in files]
        streams = []
        for name, data in given:
            stream = io.BytesIO(data)
            stream.name = name
            streams.append(stream)
        return self.post("/tapes/new", {"files": streams, "series": series})

    def uploaded(self, *files: tuple[str, bytes] | Path, series: str = "") -> Any:
        """The tape that an upload made."""
        from panhuo.apps.intake.models import Tape

        answer = self.upload(*files, series=series)
        assert answer.status_code == 302, text_of(answer)
        return Tape.objects.get(pk=int(answer["Location"].rpartition("/")[2]))

    def describe(self, tape: Any, **changes: Any) -> dict[str, str]:
        """The fields of the describing form as the page has them, with ``changes``; ``read={"heading": "field"}`` chooses fields."""
        page = text_of(self.get(f"/tapes/{tape.pk}"))
        fields = form_fields(page)
        read = changes.pop("read", {})
        units = changes.pop("units", {})
        for name, value in list(fields.items()):
            if re.fullmatch(r"h\d+", name):
                if value in read:
                    fields["f" + name[1:]] = read[value]
                if value in units:
                    fields["u" + name[1:]] = units[value]
        return fields | changes

    def take_in(self, tape: Any, **changes: Any) -> Any:
        """Press "confirm and import"; what is answered."""
        return self.post(f"/tapes/{tape.pk}/import", self.describe(tape, **changes))

    def imported(self, *files: tuple[str, bytes] | Path, series: str = "", **changes: Any) -> Any:
        """A tape uploaded, confirmed and imported; on the page where anything is changed, else as the page would suggest it."""
        from panhuo.apps.intake import services
        from panhuo.apps.intake.layouts import SUGGESTED, tape_look

        tape = self.uploaded(*files, series=series)
        if changes:
            answer = self.take_in(tape, **changes)
            assert answer.status_code == 302, text_of(answer)
        else:
            look = tape_look(self.scope, tape)
            services.tape_import(
                self.scope, services.tape_describe(self.scope, tape, layout_name=look.chosen or SUGGESTED, layout=look.yaml, as_of=None)
            )
        job = work_off()
        tape.refresh_from_db()
        assert tape.state == "imported", job.error
        return tape


def work_off() -> Any:
    """Do the job that waits, as a worker would, but in the test's own transaction; the job as it ended."""
    from panhuo.apps.identity.scope import scope_of
    from panhuo.apps.jobs import tasks
    from panhuo.apps.jobs.kinds import KINDS
    from panhuo.apps.jobs.models import Job
    from panhuo.apps.jobs.running import Cancelled, Running
    from panhuo.kernel.errors import PanhuoError

    waiting = Job.objects.filter(state=Job.WAITING).order_by("pk").first()
    assert waiting is not None
    job = tasks._take(waiting.pk)
    assert job is not None
    running = Running(job, scope_of(job.requested_by))  # not entered: its beat has a connection of its own, which does not see this transaction
    try:
        KINDS[job.kind].work(running, job.arguments)
    except Cancelled:
        tasks._end(job, Job.CANCELLED, None)
    except PanhuoError as error:
        tasks._end(job, Job.FAILED, tasks.described(error))
    job.refresh_from_db()
    return job


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def seen(answer: Any) -> str:
    """The words of a page, without its markup."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(answer))))


def form_fields(page: str) -> dict[str, str]:
    """What the describing form would send."""
    out: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value, kind = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value", "type"))
        if name and not (kind and kind.group(1) in ("checkbox", "file", "search")):
            out[name.group(1)] = html.unescape(value.group(1)) if value else ""
    for name, inner in re.findall(r'<select[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        out[name] = html.unescape(chosen.group(1)) if chosen else ""
    for name, inner in re.findall(r'<textarea[^>]*\bname="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL):
        out[name] = html.unescape(inner)
    out.pop("csrfmiddlewaretoken", None)
    out.pop("q", None)
    return out


def csv_of(rows: Sequence[dict[str, str]], *, encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


@pytest.fixture(scope="session")
def clean_rows() -> Rows:
    """Forty faultless rows of text, by Chinese heading, to be changed and written as a tape."""
    from panhuo.engines.intake.synthesis import synthesise

    (chunk,) = synthesise(40, seed=5, as_of=AS_OF, dirty=0.0)
    return [{name: value or "" for name, value in row.items()} for row in chunk.tape.to_dicts()]


@pytest.fixture(scope="session")
def dirty_tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,500 rows, one in ten spoiled."""
    from panhuo.engines.intake.synthesis import synthesise, write_sample

    path = tmp_path_factory.mktemp("dirty") / "清单.csv"
    write_sample(synthesise(1_500, seed=20, as_of=AS_OF, dirty=0.1), path)
    return path


@pytest.fixture
def lender(db: None) -> Any:
    from panhuo.apps.identity.models import Organisation

    return Organisation.objects.create(kind="lender", name="甲银行")


_SUGGESTED: dict[Any, Any] = {}


@pytest.fixture
def looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its headings and values suggest is worked out once a tape: two thirds of an upload of forty rows, and most tests upload the same ones."""
    from panhuo.apps.intake import layouts

    suggest = layouts.suggest_layout

    def suggested(headings: Sequence[str], sample: Any, *, titles: Sequence[str]) -> Any:
        key = (tuple(headings), tuple(titles), tuple(sample.columns), tuple(sample.rows()))
        if key not in _SUGGESTED:
            _SUGGESTED[key] = suggest(headings, sample, titles=titles)
        return _SUGGESTED[key]

    monkeypatch.setattr(layouts, "suggest_layout", suggested)


@pytest.fixture
def sit(lender: Any, looked_at_once: None) -> Callable[..., Seat]:
    """``sit("auditor")``: a signed-in seat of that role; ``of=`` of another organisation."""
    from panhuo.apps.identity.models import User

    made: list[Any] = []

    def take(role: str = "operations_manager", *, of: Any = None, **more: Any) -> Seat:
        user = User(organisation=of or lender, username=f"desk{len(made)}", name=f"某{len(made)}", role=role, **more)
        user.set_password(PASSWORD)
        user.save()
        made.append(user)
        return Seat(user)

    return take


@pytest.fixture
def ops(sit: Callable[..., Seat]) -> Seat:
    """The post-loan operations manager."""
    return sit()
