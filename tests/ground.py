"""The ground under tests of the web application: an embedded PostgreSQL of the test run's own and fresh keys, set up when the first such test
is collected, so that tests of the engines never wait for it."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest

_DATA = "PANHUO_TEST_DATA"
_MINE: list[Path] = []
_LAID: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    if _DATA not in os.environ:  # the first process; those that share its work find it set
        folder = Path(tempfile.mkdtemp(prefix="panhuo-test-"))
        folder.chmod(0o755)
        _MINE.append(folder)
        os.environ[_DATA] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    for folder in _MINE:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(_DATA, None)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> None:
    if not _LAID and "panhuo.apps" in module_path.read_text(encoding="utf-8"):
        _lay()


def _lay() -> None:
    _LAID.append(os.environ[_DATA])  # whatever the environment names: tests never touch a user's own data
    os.environ["PANHUO_DATA"] = os.environ[_DATA]
    os.environ.pop("DATABASE_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "panhuo.config.settings"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import django
        from django.conf import settings

        # before anything asks for a hasher or a storage: they are made once and kept
        settings.PASSWORD_HASHERS = ["hashing.QuickArgon2"]
        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        # processes that share the server have databases of their own, so ids repeat: their files must not meet, nor what they are at work on
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        settings.PANHUO_FILES = settings.PANHUO_FILES / worker
        settings.PANHUO_DATA = settings.PANHUO_DATA / worker
        settings.PANHUO_DATA.mkdir(mode=0o700, exist_ok=True)
        django.setup()
        from panhuo.apps.privacy.keys import keys_create

        keys_create(settings.PANHUO_VAULT_KEYS)
