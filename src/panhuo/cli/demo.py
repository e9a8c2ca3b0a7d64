"""``panhuo demo``: the demonstration's data, the web server and a worker, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import click

from panhuo.cli.output import language, say
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

_SOON_SECONDS = 20.0


@click.command(
    help=say(
        "演示：示例机构、每个角色一名用户、2 万户资产与已审批的方案。首次启动需数分钟，此后数秒。\n\n示例：\n\n  PANHUO_DATA=demo/data panhuo demo --port 8000",
        "The demonstration: a lender, a user of each role, 20,000 accounts and an approved plan. Minutes at first, then seconds.\n\n"
        "Example:\n\n  PANHUO_DATA=demo/data panhuo demo --port 8000",
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help=say("监听地址", "address to listen on"))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help=say("端口", "port"))
@click.option("--load-only", is_flag=True, help=say("只准备数据，不启动", "prepare the data and stop"))
def command(host: str, port: int, load_only: bool) -> None:
    from panhuo.cli.demonstration import PASSWORD, SEATS, load, loaded
    from panhuo.config.starting import prepare, ready

    if not load_only:
        _free(host, port)
    os.environ.setdefault("PANHUO_LOG_LEVEL", "WARNING")
    ready()
    prepare()
    if not loaded():
        load(lambda words: click.echo(words.to(language()) + " ..."))
    if load_only:
        click.echo(say("演示数据已就绪。", "The demonstration is ready."))
        return
    log = Path(os.environ.get("PANHUO_DATA", ".")).expanduser() / "demo.log"
    with log.open("ab") as out:
        children = [_start(["worker"], out), _start(["serve", "--host", host, "--port", str(port)], out)]
        try:
            _await(children, host, port, log)
            click.echo(say(f"\n盘活已启动：http://{host}:{port}（日志 {log}）\n", f"\nPanhuo is at http://{host}:{port} (log: {log})\n"))
            from panhuo.apps.identity.roles import ROLES

            width = max(len(seat[0]) for seat in SEATS)
            for username, role, organisation, name, _ in SEATS:
                click.echo(f"  {username:<{width}}  {PASSWORD}  {ROLES[role].words.to(language())} · {name} · {organisation}")
            click.echo(say("\n按 Ctrl-C 停止。", "\nPress Ctrl-C to stop."))
            _watch(children, lambda: _start(["worker"], out))
            raise _ended(log)
        except KeyboardInterrupt:
            click.echo(say("\n正在停止 ...", "\nstopping ..."))
        finally:
            _stop(children)


def _start(words: list[str], out: IO[bytes]) -> subprocess.Popen[bytes]:
    # in groups of their own: Ctrl-C reaches us, and we stop them in order
    return subprocess.Popen([sys.executable, "-m", "panhuo.cli.main", *words], stdout=out, stderr=out, start_new_session=True)  # noqa: S603


def _await(children: list[subprocess.Popen[bytes]], host: str, port: int, log: Path) -> None:
    """Until the server answers. Raises UsageInvalid when it ended instead."""
    import socket

    for _ in range(240):
        if any(child.poll() is not None for child in children):
            raise _ended(log)
        try:
            with socket.create_connection((host, port), timeout=0.5):
                return
        except OSError:
            time.sleep(0.25)
    raise _ended(log)


def _watch(children: list[subprocess.Popen[bytes]], again: Callable[[], subprocess.Popen[bytes]]) -> None:
    """Until the server ends, or the worker does so soon after its start that another would, too. A worker that is killed has another put in its place, as
    systemd does; its job goes on or is told as failed."""
    born = time.monotonic()
    while children[1].poll() is None:
        if children[0].poll() is not None:
            if time.monotonic() - born < _SOON_SECONDS:
                return
            click.echo(say("任务进程已退出，重新启动一个。", "The worker has ended; another one is started."))
            children[0], born = again(), time.monotonic()
        time.sleep(0.5)


def _ended(log: Path) -> UsageInvalid:
    cause = Words("网页服务或任务进程没有启动，或已退出", "the web server or the worker did not start, or has ended")
    return UsageInvalid("DEMO_ENDED", cause, where=str(log), remedy=Words("查看日志末尾", "look at the end of the log"))


def _free(host: str, port: int) -> None:
    """Raises UsageInvalid where something listens there already."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            cause = Words(f"端口 {port} 已被占用", f"port {port} is taken")
            raise UsageInvalid(
                "PORT_TAKEN", cause, where=f"{host}:{port}", remedy=Words("换一个：PORT=8010 make demo", "choose another: PORT=8010 make demo")
            ) from error


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in reversed(children):
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
