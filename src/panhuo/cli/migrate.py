"""``panhuo migrate``: the database, keys and static files made or brought up to this release."""

from __future__ import annotations

import click

from panhuo.cli.output import say


@click.command(
    help=say(
        "建立或升级数据库、密钥与静态文件；可重复运行。\n\n示例：\n\n  DATABASE_URL=postgresql://… panhuo migrate",
        "Make or upgrade the database, keys and static files; safe to repeat.\n\nExample:\n\n  DATABASE_URL=postgresql://... panhuo migrate",
    )
)
def command() -> None:
    from panhuo.config.starting import prepare, ready

    ready()
    prepare(quiet=False)
    click.echo(say("数据库已就绪。", "The database is ready."))
