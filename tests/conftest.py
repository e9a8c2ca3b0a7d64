"""Shared by every test: fixed randomness, and where real data may lie."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, settings

from panhuo.kernel.calendar import bucket
from panhuo.kernel.frames import ACCOUNT

pytest_plugins = ["ground", "desk", "desk_ground", "drawing"]

settings.register_profile(
    "panhuo", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("panhuo")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Public data sets that are not ours to ship: beside the checkout where there are any."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the public data sets are not beside this checkout")
    return folder


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``in_process("run", "tape.csv", at=folder, lang="en")``: ``panhuo`` in this process, with its exit status and both streams; enough where the
    process itself is not looked at: starting Python, Polars and Numba takes longer than what the command then does."""
    from panhuo.cli.main import main

    def run(*arguments: str, at: Path, lang: str = "zh") -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(at)
        monkeypatch.setenv("PANHUO_LANG", lang)
        monkeypatch.setattr(sys, "argv", ["panhuo", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(list(arguments), int(ended.value.code or 0), out, err)

    return run


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any) -> None:
    """The test database, also where no chosen test is marked (those that a browser visits are not: a marked test's rows no other connection sees).
    It goes with the server and its folder."""
    from django.test.utils import setup_databases

    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False)


@pytest.fixture(scope="session")
def make_accounts() -> Callable[..., pl.DataFrame]:
    """``make_accounts({"principal_fen": 100}, {...})``: a whole ACCOUNT frame, one row a mapping, whatever is not said left null.

    The balance is the sum of its parts and the bucket follows from the days past due, unless given.
    """
    required = {
        "debtor_kind": "person", "product": "consumer_loan", "currency": "CNY", "principal_fen": 0, "interest_fen": 0, "penalty_fen": 0, "fees_fen": 0,
        "overdue_days": 0, "written_off": False, "phone_valid": False, "has_employer": False, "has_address": False, "contact_count": 0,
        "guarantor_count": 0, "source_file": "test.csv",
    }  # fmt: skip

    def make(*rows: dict[str, Any]) -> pl.DataFrame:
        whole = []
        for number, given in enumerate(rows, 1):
            row = {"account_id": f"A{number}", "source_row": number, **required, **given}
            row.setdefault("balance_fen", sum(row[part] for part in ("principal_fen", "interest_fen", "penalty_fen", "fees_fen")))
            whole.append({name: row.get(name) for name in ACCOUNT.names})
        frame = pl.DataFrame(whole, schema=ACCOUNT.schema)
        return frame.with_columns(bucket=pl.coalesce("bucket", bucket(pl.col("overdue_days"))))

    return make
