"""Conditions that meet data they cannot read: unknown for a cast, the rule named for anything else."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from panhuo.cli.main import cli
from panhuo.engines.compliance.books import Rule
from panhuo.engines.compliance.cases import _one
from panhuo.engines.compliance.loading import load_books
from panhuo.engines.compliance.situation import classified
from panhuo.engines.compliance.verdicts import ask, judge
from panhuo.engines.compliance.vocabulary import plain_accounts
from panhuo.kernel.errors import ConfigurationInvalid
from trial_book import HEAD, RULE

CASES = """\
  - {name: over, as_of: 2026-01-01, account: {repayment_pattern: "6"}, expect: barred}
  - {name: under, as_of: 2026-01-01, account: {repayment_pattern: "5"}, expect: allowed}
  - {name: no figure, as_of: 2026-01-01, account: {repayment_pattern: NN1}, expect: barred}
"""
BOOK = (
    HEAD
    + RULE.partition("  - {name: over,")[0]
    .replace("T-ONE", "T-CAST")
    .replace("  params: {days: 90}\n", "")
    .replace("overdue_days > :days", "CAST(repayment_pattern AS INT) > 5")
    + CASES
)
AS_OF = dt.date(2026, 1, 1)


def trial(tmp_path: Path) -> tuple[Path, Rule]:
    path = tmp_path / "trial.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return path, next(b for b in load_books([path]) if b.name == "trial").rules[0]


def test_a_cast_of_no_figure_is_unknown(tmp_path: Path) -> None:
    path, _ = trial(tmp_path)
    accounts = plain_accounts([{"repayment_pattern": cell} for cell in ("6", "5", "NN1", None)])
    verdicts = judge(accounts, load_books([path]), as_of=AS_OF).data
    mine = next(row for row in verdicts.counts().iter_rows(named=True) if row["rule"] == "T-CAST")
    assert (mine["accounts"], mine["unknown"]) == (3, 2)
    done = CliRunner().invoke(cli, ["rules", "check", str(path)], catch_exceptions=False)
    assert "CASE_FAILS" not in done.output


def test_a_condition_that_fails_on_data_is_named(tmp_path: Path) -> None:
    _, rule = trial(tmp_path)
    failing = dataclasses.replace(rule, fires=pl.col("repayment_pattern").cast(pl.Int32) > 5)
    accounts = plain_accounts([{"repayment_pattern": "NN1"}])
    for put in (lambda: ask(accounts, [failing]), lambda: _one(accounts, failing)):
        with pytest.raises(ConfigurationInvalid) as caught:
            put()
        assert caught.value.where.endswith("trial.yaml:5: T-CAST.condition")
        assert "CAST(repayment_pattern AS INT) > 5" in caught.value.describe("zh")


def test_a_floor_that_fails_on_data_is_named() -> None:
    rule = next(r for b in load_books([]) for r in b.rules if r.text.effect.floor is not None)
    failing = dataclasses.replace(rule, fires=pl.col("repayment_pattern").cast(pl.Int32) > 5)
    with pytest.raises(ConfigurationInvalid) as caught:
        classified(plain_accounts([{"repayment_pattern": "NN1"}]), [failing])
    assert caught.value.where.endswith(f"{rule.id}.condition")
