"""The web application for a WSGI server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panhuo.config.settings")
_django = get_wsgi_application()


class WholeBody:
    """The body of a request, which must be as long as its head says.

    A server hands on what came before a connection broke as if it were all; a form's last file would then be kept without its end. ``broken``: it was not.
    """

    def __init__(self, stream: Any, length: int) -> None:
        self.stream, self.left, self.broken = stream, length, False

    def read(self, size: int = -1) -> bytes:
        return self._counted(self.stream.read, self.left if size < 0 else min(size, self.left))

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self.stream.readline, self.left if size < 0 else min(size, self.left))

    def _counted(self, take: Callable[[int], bytes], size: int) -> bytes:
        data = take(size) if size else b""
        self.left -= len(data)
        if size and not data:
            self.broken = True
            raise ConnectionResetError(f"the body of the request ends {self.left} bytes before its stated length")
        return data


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length.isdecimal():
        environ["wsgi.input"] = WholeBody(environ["wsgi.input"], int(length))
    answer: Iterable[bytes] = _django(environ, start_response)
    return answer
