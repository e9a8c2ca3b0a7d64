"""Every address of the installation as (method, pattern, what it asks): read off the resolver, for the table of roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver


class Address(NamedTuple):
    """``needs``: an ability, "signed in", "anyone", or "" where the view says nothing. ``api``: it takes tokens."""

    method: str
    pattern: str
    needs: str
    api: bool


def addresses() -> list[Address]:
    """All of them, sorted."""
    return sorted(set(_walk(get_resolver(), "")))


def _walk(resolver: URLResolver, prefix: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, path)
        else:
            yield from _views(entry, path)


def _views(entry: URLPattern, path: str) -> Iterator[Address]:
    view: Any = entry.callback
    operations = getattr(getattr(view, "__self__", None), "operations", None) or _operations_of(view)
    if operations is not None:
        for operation in operations:
            for method in operation.methods:
                yield Address(method, "/" + path, str(operation.auth_callbacks[0].ability), True)
        return
    if path.startswith("api/"):
        yield Address("GET", "/" + path, "anyone" if "openapi" in path or path == "api/v1/" else "", True)
        return
    for method in _methods(view):
        yield Address(method, "/" + path, str(getattr(view, "needs", "")), False)


def _operations_of(view: Any) -> Any:
    """Ninja's view is a closure over its operations."""
    for cell in getattr(view, "__closure__", None) or ():
        found = getattr(cell.cell_contents, "operations", None)
        if found:
            return found
    return None


def _methods(view: Any) -> tuple[str, ...]:
    """What ``require_http_methods`` lets through, found in the chain of decorators."""
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            value = cell.cell_contents
            if isinstance(value, list) and value and all(isinstance(m, str) and m.isupper() for m in value):
                return tuple(value)
        view = getattr(view, "__wrapped__", None)
    return ("GET", "POST")
