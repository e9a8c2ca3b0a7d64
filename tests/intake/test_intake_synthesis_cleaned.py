"""The sample and the cleaning are oracles of one another: written by different hands, they must agree on what is a fault."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from panhuo.engines.intake import read_tape
from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.synthesis import synthesise, write_sample
from panhuo.kernel.findings import REJECT

AS_OF = dt.date(2026, 10, 31)


def cleaned(folder: Path, name: str, share: float, rows: int = 12_000) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Findings, accepted accounts and the list of injected faults of a sample that went through a file."""
    write_sample(synthesise(rows, seed=41, as_of=AS_OF, dirty=share, null_bytes=name.endswith(".csv")), folder / name)
    outcome = clean(read_tape(folder / name), layout="panhuo", as_of=AS_OF)
    faults = pl.read_parquet(folder / f"{name.split('.')[0]}.truth-faults.parquet")
    return outcome.findings, outcome.data.accounts, faults


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.xlsx"])
def test_a_clean_sample_has_no_finding(tmp_path: Path, name: str) -> None:
    rows = 1500 if name.endswith("xlsx") else 12_000
    findings, accounts, faults = cleaned(tmp_path, name, 0.0, rows)
    assert findings.is_empty(), findings.group_by("code", "column").len()
    assert faults.is_empty()
    assert accounts.height == rows
    truth = pl.read_parquet(tmp_path / "t.truth.parquet")
    assert accounts["balance_fen"].equals(truth["balance_fen"])
    assert accounts["account_id"].equals(truth["account_id"])


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    return cleaned(tmp_path_factory.mktemp("dirty"), "t.csv", 0.4)


def test_every_injected_fault_is_found_with_its_expected_end(dirty: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> None:
    findings, _, faults = dirty
    # a null byte makes the whole row unreadable: the finding names no column
    whole = findings.filter(pl.col("code") == "ROW_NUL").with_columns(column=pl.lit("姓名"))
    found = pl.concat([findings, whole]).select("row", "column", "severity").unique()
    missed = faults.join(found, left_on=["row", "column", "expected"], right_on=["row", "column", "severity"], how="anti")
    assert missed.is_empty(), missed.group_by("fault").len()


def test_nothing_but_the_injected_faults_is_found(dirty: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> None:
    findings, _, faults = dirty
    stray = findings.filter(pl.col("code") != "ROW_NUL").join(faults, on=["row", "column"], how="anti")
    assert stray.is_empty(), stray.group_by("code", "column").len()


def test_exactly_the_rows_with_a_rejecting_fault_are_rejected(dirty: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> None:
    findings, accounts, faults = dirty
    expected = set(faults.filter(pl.col("expected") == REJECT)["row"])
    assert set(findings.filter(pl.col("severity") == REJECT)["row"]) == expected
    assert accounts.height == 12_000 - len(expected)


def test_what_is_repaired_has_its_true_value(dirty: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame], tmp_path: Path) -> None:
    _, accounts, faults = dirty
    _, wanted, _ = cleaned(tmp_path, "t.csv", 0.0)
    repaired = faults.filter(pl.col("expected") == "repaired")
    both = accounts.join(wanted, on="source_row", suffix="_true")
    for field in repaired["field"].unique():
        if field not in accounts.columns:
            continue
        rows = repaired.filter(pl.col("field") == field)["row"]
        pair = both.filter(pl.col("source_row").is_in(rows.implode()))
        assert pair.height > 0
        same = (pair[field] - pair[f"{field}_true"]).abs() < 1e-12 if pair[field].dtype == pl.Float64 else pair[field] == pair[f"{field}_true"]
        assert same.all(), field
