"""``panhuo serve``: the web application behind gunicorn."""

from __future__ import annotations

import sys
from typing import Any

import click

from panhuo.cli.output import say

_TURN_SECONDS = 0.0005


@click.command(
    help=say(
        "启动网页应用（gunicorn）。任务由 panhuo worker 处理。\n\n示例：\n\n  panhuo serve --port 8000",
        "Serve the web application (gunicorn). Jobs are done by `panhuo worker`.\n\nExample:\n\n  panhuo serve --port 8000",
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help=say("监听地址", "address to listen on"))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help=say("端口", "port"))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help=say("进程数", "processes"))
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64), help=say("每进程线程数", "threads a process"))
def command(host: str, port: int, workers: int, threads: int) -> None:
    from panhuo.config.starting import prepare, ready

    ready()
    prepare()
    serve(host, port, workers=workers, threads=threads)


def _start(worker: Any) -> None:
    """Warmed up beside the first requests: nobody waits for it, and whoever comes after it waits for nothing.

    Threads take turns ten times as often as they would: a page that gives the interpreter away a hundred times, to ask the column engine or the database, waits
    each time for the turn of another to end.
    """
    from threading import Thread

    sys.setswitchinterval(_TURN_SECONDS)

    from panhuo.apps.strategy.selecting import warm

    Thread(target=warm, daemon=True, name="warm").start()


def serve(host: str, port: int, *, workers: int, threads: int) -> None:
    """Serve until stopped. Each process loads the application for itself and holds the embedded database while it lives."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            settings: dict[str, Any] = {
                "bind": f"{host}:{port}",
                "workers": workers,
                "threads": threads,
                "worker_class": "gthread",
                "timeout": 120,
                "keepalive": 15,
                "post_worker_init": _start,
                "graceful_timeout": 20,
                "accesslog": None,
                "loglevel": "warning",
                "max_requests": 20_000,
                "max_requests_jitter": 2_000,
                "limit_request_line": 8_190,
            }
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from panhuo.config.wsgi import application

            return application

    click.echo(say(f"盘活已启动：http://{host}:{port}", f"Panhuo is at http://{host}:{port}"))
    Server().run()
