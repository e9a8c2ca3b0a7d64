"""An upload whose connection breaks keeps nothing, wherever it breaks: the body is shorter than its head says."""

from __future__ import annotations

import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from desk import held_open
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.services import token_create
from panhuo.apps.intake.models import Tape
from panhuo.config.wsgi import WholeBody, application

BOUNDARY = "cut"
BODY = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="series"\r\n\r\n二期\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="t.csv"\r\nContent-Type: text/csv\r\n\r\n'
    + "借据号,未偿本金\n"
    + "".join(f"J{i:04d},{i}.00\n" for i in range(40))
    + f"\r\n--{BOUNDARY}--\r\n"
).encode()


def sent(body: bytes, path: str = "/api/v1/tapes", **head: str) -> tuple[int, str]:
    """What the server answers to ``body`` under a head that states the whole's length."""
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        "CONTENT_LENGTH": str(len(BODY)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "REMOTE_ADDR": "127.0.0.1",
        **head,
    }
    with closing(cast(Any, application(environ, lambda status, headers: said.append(status)))) as answer:
        return int(said[0].split()[0]), b"".join(answer).decode()


@pytest.mark.usefixtures("inside")
def test_a_broken_upload_keeps_nothing(desk: Any, settings: Any) -> None:
    uploading = Path(settings.FILE_UPLOAD_TEMP_DIR)
    token = token_create(scope_of(desk.user), name="t", abilities=sorted(desk.user.abilities), days=1)[1]
    cookies = desk.client().cookies.output(header="", sep=";")
    before = Tape.objects.count()
    with held_open():
        for cut in (0, 1, 60, 200, len(BODY) // 2, len(BODY) - len(BOUNDARY) - 8, len(BODY) - 1):
            status, answer = sent(BODY[:cut], HTTP_AUTHORIZATION=f"Bearer {token}")
            assert (status, json.loads(answer)["code"]) == (400, "UPLOAD_CUT_OFF"), cut
            status, answer = sent(BODY[:cut], "/tapes/new", HTTP_COOKIE=cookies)
            assert status == 400, cut
            assert "UPLOAD_CUT_OFF" in answer, cut
        assert Tape.objects.count() == before
        assert not list(uploading.iterdir())
        status, answer = sent(BODY, HTTP_AUTHORIZATION=f"Bearer {token}")
        assert status == 201, answer
        assert Tape.objects.count() == before + 1


def test_a_body_is_read_to_its_length_and_no_further() -> None:
    body = WholeBody(io.BytesIO(b"ab\ncd\nmore"), 6)
    assert (body.readline(), body.read(2), body.read(), body.read(), body.readline()) == (b"ab\n", b"cd", b"\n", b"", b"")
    short = WholeBody(io.BytesIO(b"ab"), 3)
    assert short.read(2) == b"ab"
    with pytest.raises(ConnectionResetError, match="1 bytes before"):
        short.read(1)
