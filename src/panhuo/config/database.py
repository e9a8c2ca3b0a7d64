"""Which database: the one ``DATABASE_URL`` names, or the embedded one."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from panhuo.config.embedded import DatabaseUnusable, connection
from panhuo.config.environment import Environment
from panhuo.kernel.words import Words

OPTIONS = {"application_name": "panhuo"}


def database(environment: Environment) -> dict[str, Any]:
    """Django's ``DATABASES["default"]``. Starts the embedded server if that is the one. Raises DatabaseUnusable."""
    url = environment.text("DATABASE_URL")
    where = _named(url) if url else connection(environment.data() / "postgres")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,  # a database that was restarted is met again at the next request
        "ATOMIC_REQUESTS": False,
        **where,
        "OPTIONS": OPTIONS | where.get("OPTIONS", {}),
    }


def _named(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgres", "postgresql") or not name:
        cause = Words("不是 PostgreSQL 地址", "is no PostgreSQL address")
        remedy = Words("写成 postgresql://用户:密码@主机:端口/库", "write postgresql://user:password@host:port/name")
        raise DatabaseUnusable("DATABASE_URL_WRONG", cause, where="DATABASE_URL", remedy=remedy)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or parts.hostname or ""
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
