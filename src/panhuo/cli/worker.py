"""``panhuo worker``: does the jobs. As many workers, on as many machines, as there is work."""

from __future__ import annotations

import click

from panhuo.cli.output import say


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
    from procrastinate.contrib.django import app

    from panhuo.apps.privacy.files import working_clean

    working_clean()
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:  # type: ignore[attr-defined]
        worker_app.run_worker(concurrency=concurrency, fetch_job_polling_interval=2.0, delete_jobs="successful", shutdown_graceful_timeout=20)
