"""Figures for Prometheus: requests by route and answer, and how long they took; no label holds anything of a row."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

_REQUESTS = Counter("panhuo_requests_total", "Requests answered", ["method", "route", "status"])
_SECONDS = Histogram("panhuo_request_seconds", "Seconds to answer", ["route"], buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 15, 60))


def observe(method: str, route: str, status: int, seconds: float) -> None:
    _REQUESTS.labels(method, route, str(status)).inc()
    _SECONDS.labels(route).observe(seconds)
