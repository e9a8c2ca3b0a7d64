"""The same input, policy, seed and versions give the same bytes, whatever the threads; the same content, whatever the batch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from made_runs import ROWS, Ran, ran

from panhuo.pipeline.run import BATCH_ROWS

BYTES = ("accounts.parquet", "assessments.parquet", "forecasts.parquet", "decisions.parquet", "rejects.csv", "findings.csv")


def same_bytes(one: Path, other: Path) -> list[str]:
    """Names of the Parquet and CSV files, private ones too, that differ."""
    names = sorted(str(path.relative_to(one)) for path in one.rglob("*") if path.suffix in (".parquet", ".csv"))
    assert set(BYTES) <= set(names)
    assert names == sorted(str(path.relative_to(other)) for path in other.rglob("*") if path.suffix in (".parquet", ".csv"))
    return [name for name in names if (one / name).read_bytes() != (other / name).read_bytes()]


@pytest.mark.usefixtures("drawn_anew")
def test_a_second_run_gives_the_same_bytes(sample: Ran, tmp_path: Path) -> None:
    again = ran([sample.tape], tmp_path / "again")
    assert same_bytes(sample.out, again.out) == []
    assert {k: v for k, v in again.summary.items() if k != "seconds"} == {k: v for k, v in sample.summary.items() if k != "seconds"}
    assert again.report == sample.report


@pytest.fixture(scope="module")
def batched(sample: Ran, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    assert ROWS < BATCH_ROWS
    return ran([sample.tape], tmp_path_factory.mktemp("batched") / "out", batch_rows=333)


def test_batches_change_no_row(sample: Ran, batched: Ran) -> None:
    assert batched.table("accounts").equals(sample.table("accounts"))
    assert batched.table("assessments").equals(sample.table("assessments"))
    order = ["route", "account_id"]
    one, other = (run.table("forecasts").sort(order) for run in (sample, batched))
    exact = ["account_id", "route", "eligible", "barred_by"]
    assert one.select(exact).equals(other.select(exact))
    for name in (column for column in one.columns if column not in exact):
        # single-precision sums add up in an order that depends on where a row stands in its batch
        assert ((one[name] - other[name]).abs() <= 1 + 1e-5 * one[name].abs()).all(), name


@pytest.mark.parametrize("name", ["rejects", "findings"])
def test_batches_change_no_finding(sample: Ran, batched: Ran, name: str) -> None:
    one, other = (Counter(tuple(line.items()) for line in run.csv(name)) for run in (sample, batched))
    assert one == other


def test_batches_change_no_sum_and_no_plan(sample: Ran, batched: Ran) -> None:
    for key in (
        "rows_in",
        "rows_accepted",
        "rows_rejected",
        "balance_in_fen",
        "balance_accepted_fen",
        "balance_rejected_fen",
        "debtors",
        "quality_score",
    ):
        assert batched.summary[key] == sample.summary[key], key
    assert batched.summary["objective_fen"] == pytest.approx(sample.summary["objective_fen"], rel=sample.summary["gap"] + batched.summary["gap"])
    for private in ("debtors", "guarantors", "debtor_links"):
        one, other = (pl.read_parquet(run.out / "private" / f"{private}.parquet") for run in (sample, batched))
        assert one.equals(other), private


@pytest.mark.slow
def test_the_number_of_threads_changes_no_byte(sample: Ran, tmp_path: Path) -> None:
    """The sample was run by as many threads as there are cores; once more by another number."""
    threads = 1 if pl.thread_pool_size() > 1 else 2
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "panhuo.cli.main", "run", str(sample.tape), "-o", str(tmp_path / "out")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert same_bytes(sample.out, tmp_path / "out") == []
