"""The demonstration's data for tests that walk through it: a database of its own, made once a process and copied for each module that changes it.

The copies are PostgreSQL's own (``create database … template``), so a module has its copy within a second, and nothing it does reaches another test.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SMALL = (4_000, 400)
"""Accounts of the imported tape and rows of the waiting one where the pictures are not wanted: the walk is the same."""


@dataclass(frozen=True)
class Demonstration:
    """``database``, ``files``: the original, which nobody changes; ``accounts``, ``waiting``: rows asked for of the two tapes."""

    database: str
    files: Path
    accounts: int
    waiting: int

    @classmethod
    def made(cls, folder: Path, *, whole: bool) -> Demonstration:
        """Loaded as ``make demo`` loads it, smaller unless ``whole``."""
        from django.db import connection

        from panhuo.cli import demonstration

        accounts, waiting = (demonstration.ACCOUNTS, demonstration.WAITING) if whole else SMALL
        one = cls(f"{connection.settings_dict['NAME']}_demonstration", folder, accounts, waiting)
        kept = demonstration.ACCOUNTS, demonstration.WAITING
        demonstration.ACCOUNTS, demonstration.WAITING = accounts, waiting
        try:
            with _database(one.database, of=connection.settings_dict["NAME"], files=folder, keep=True):
                demonstration.load(lambda words: None)
        finally:
            demonstration.ACCOUNTS, demonstration.WAITING = kept
        return one

    @contextmanager
    def copied(self, folder: Path) -> Iterator[None]:
        """Inside, Django's database and folder of files are a copy of the original."""
        files = folder / "files"
        shutil.copytree(self.files, files)
        with _database(f"{self.database}_copy", of=self.database, files=files):
            yield

    def workbook(self, folder: Path) -> Path:
        """The messy tape that waits in the demonstration, as a file."""
        from panhuo.cli import demonstration

        clean = demonstration._written(folder, "样本.csv", self.waiting, seed=77, dirty=0.12)
        path = folder / "分行不良贷款明细表（10月）.xlsx"
        demonstration._as_lenders_write(clean, path)
        return path

    @staticmethod
    def user(name: str) -> Any:
        from panhuo.apps.identity.models import User

        return User.objects.select_related("organisation").get(username=name)


@contextmanager
def _database(name: str, *, of: str, files: Path, keep: bool = False) -> Iterator[None]:
    from django.conf import settings
    from django.db import connection, connections
    from django.test import override_settings

    before = connection.settings_dict["NAME"]
    _statement(f'drop database if exists "{name}" with (force)', f'create database "{name}" template "{of}"')
    try:
        connections.settings["default"]["NAME"] = name
        _forget()
        with override_settings(PANHUO_FILES=files):
            assert files == settings.PANHUO_FILES
            yield
    finally:
        connections.close_all()
        connections.settings["default"]["NAME"] = before
        _forget()
        if not keep:
            _statement(f'drop database if exists "{name}" with (force)')


def _statement(*statements: str) -> None:
    """Beside Django: nobody may be connected to a database that is copied."""
    import psycopg
    from django.db import connection, connections

    connections.close_all()
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    for django_only in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(django_only, None)
    with psycopg.connect(**parameters, autocommit=True) as session:
        for statement in statements:
            session.execute(statement)


def _forget() -> None:
    """Figures kept in the process are of a plan or tape by number, and numbers repeat from database to database."""
    for name, module in list(sys.modules.items()):
        if name.startswith("panhuo.apps."):
            for one in vars(module).values():
                if callable(one) and hasattr(one, "cache_clear"):
                    one.cache_clear()
