"""A lender's own rulebooks in a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from made_runs import AS_OF, Ran, Rows, write

from panhuo.kernel.errors import ConfigurationInvalid, UsageInvalid
from panhuo.pipeline import run_tape
from trial_book import HEAD, RULE

BOOK = HEAD.replace("trial", "our_house", 1) + RULE.replace("T-ONE", "OUR-NO-AGENCY").replace("days: 90", "days: -1")
BOOK = BOOK[: BOOK.index("  cases:")] + "  cases:\n  - {name: any, as_of: 2026-01-01, account: {overdue_days: 5}, expect: barred}\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "our.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return path


def test_a_rule_of_ones_own_is_applied_named_and_told(run_rows: Callable[..., Ran], clean_rows: Rows, book: Path, tmp_path: Path) -> None:
    run = run_rows(clean_rows, rules=[book])
    forecasts = pl.read_parquet(tmp_path / "out" / "forecasts.parquet").filter(pl.col("route").cast(pl.String) == "agency")
    assert forecasts["eligible"].any() is False
    assert forecasts["barred_by"].cast(pl.String).str.contains("OUR-NO-AGENCY").any()
    assert run.summary["versions"]["rulebooks"]["our_house"].startswith("1")
    assert set(run.summary["versions"]["rulebooks"]) > {"our_house", "classification"}


def test_a_faulty_book_is_refused_before_anything_is_written(clean_rows: Rows, book: Path, tmp_path: Path) -> None:
    book.write_text(BOOK.replace("overdue_days > :days", "overdue_day > :days"), encoding="utf-8")
    with pytest.raises(ConfigurationInvalid, match="overdue_days"):
        run_tape([write(tmp_path / "t.csv", clean_rows)], tmp_path / "out", as_of=AS_OF, rules=[book])
    assert not (tmp_path / "out").exists()


def test_a_book_inside_the_folder_that_is_replaced_is_refused(clean_rows: Rows, book: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    book = book.rename(tmp_path / "out" / "our.yaml")
    with pytest.raises(UsageInvalid, match="INPUT_IN_OUT"):
        run_tape([write(tmp_path / "t.csv", clean_rows)], tmp_path / "out", as_of=AS_OF, rules=[book])
