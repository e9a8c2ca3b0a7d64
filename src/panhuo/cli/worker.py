"""``panhuo worker``: does the jobs. As many workers, on as many machines, as there is work."""

from __future__ import annotations

import asyncio
import signal

import click

from panhuo.cli.output import say

_AGAIN_AFTER_S = 2.0


@click.command(
    help=say(
        "启动任务进程：导入清单、制定方案等。可在多台机器上启动多个。\n\n示例：\n\n  panhuo worker",
        "Run a job worker: imports, plans. Start as many as there is work for, on any machine.\n\nExample:\n\n  panhuo worker",
    )
)
@click.option("--concurrency", default=1, show_default=True, type=click.IntRange(1, 16), help=say("同时处理的任务数", "jobs at a time"))
def command(concurrency: int) -> None:
    from panhuo.config.starting import ready

    ready()
    work(concurrency)


def work(concurrency: int = 1) -> None:
    """Work until stopped. On a first signal the jobs in hand are finished, on a second they are left to another worker."""
    from panhuo.apps.privacy.files import working_clean

    working_clean()
    asyncio.run(_work(concurrency))


async def _work(concurrency: int) -> None:
    """procrastinate's worker, begun again where the database was away: a restart of it ends the worker, and must not end the work."""
    import structlog
    from procrastinate.contrib.django import app
    from procrastinate.exceptions import ConnectorException

    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    running: asyncio.Task[None] | None = None

    def stop() -> None:
        stopping.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        if running is not None:
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    while not stopping.is_set():
        try:
            with app.replace_connector(app.connector.get_worker_connector()) as worker_app:  # type: ignore[attr-defined]
                async with worker_app.open_async():
                    if stopping.is_set():
                        return
                    running = asyncio.create_task(
                        worker_app.run_worker_async(
                            concurrency=concurrency,
                            fetch_job_polling_interval=2.0,
                            delete_jobs="successful",
                            shutdown_graceful_timeout=20,
                            install_signal_handlers=False,
                        )
                    )
                    await running
        except asyncio.CancelledError:
            if not stopping.is_set():
                raise
        except ConnectorException as error:
            structlog.get_logger().warning("worker without a database", reason=str(error))
        if not stopping.is_set():
            await asyncio.sleep(_AGAIN_AFTER_S)
