"""What monitoring asks: does the process live, may it be sent work, and its figures.

``/healthz`` touches nothing: while it answers the process need not be restarted. ``/readyz`` says part by part whether pages and jobs can be
served: 503 as long as one cannot. ``/metrics`` is for callers in the machine or its private network only; behind a proxy that is not
declared (``PANHUO_PROXY``) it is shut, for there everybody would seem to be the proxy.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

from panhuo.apps.console.access import open_to_anyone
from panhuo.apps.identity.sessions import address_of

WORKER_SILENT_S = 60
_LAST_BEAT = "select extract(epoch from now() - max(last_heartbeat))::int from procrastinate_workers"
_NEIGHBOURHOOD = [ipaddress.ip_network(net) for net in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")]
_migrated: set[str] = set()


@open_to_anyone
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@open_to_anyone
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Each part that is needed, and whether it stands."""
    parts = {name: _asked(check) for name, check in (("database", _database), ("migrations", _migrations), ("worker", _worker))}
    ready = all(part["ok"] for part in parts.values())
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)


@open_to_anyone
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's text; for the neighbourhood only. To others there is no such page."""
    if not _near(request):
        raise Http404
    registry: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # several server processes: their figures lie together in that folder
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _asked(check: Callable[[], dict[str, object]]) -> dict[str, object]:
    try:
        return check()
    except Error as error:
        connection.close()
        return {"ok": False, "why": type(error).__name__}  # its text may hold an address or a user's name


def _database() -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return {"ok": True}


def _migrations() -> dict[str, object]:
    if connection.alias not in _migrated:  # once applied, those this process knows stay applied
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            return {"ok": False, "waiting": [f"{migration.app_label}.{migration.name}" for migration, _ in waiting]}
        _migrated.add(connection.alias)
    return {"ok": True}


def _worker() -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute(_LAST_BEAT)
        silent = cursor.fetchone()[0]
    return {"ok": silent is not None and silent <= WORKER_SILENT_S, "silent_seconds": silent}


def _near(request: HttpRequest) -> bool:
    if not settings.PANHUO_PROXY and any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")):
        return False
    try:
        caller = ipaddress.ip_address(address_of(request) or "")
    except ValueError:
        return False
    return any(caller in net for net in _NEIGHBOURHOOD)
