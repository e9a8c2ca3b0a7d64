"""The synthetic tape says what was done to it: every injected fault is found at its expected severity, every clean row is left alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from panhuo.engines.intake import parse_native
from panhuo.engines.intake.clean import clean, infer_as_of
from panhuo.engines.intake.clean_result import Cleaned
from panhuo.engines.intake.sources import read_tape
from panhuo.engines.intake.synthesis import synthesise, write_sample
from panhuo.kernel.findings import REJECT, REPAIRED, WARN, Outcome

AS_OF = dt.date(2026, 10, 31)
RANK = {REPAIRED: 1, WARN: 2, REJECT: 3}


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A tape of 6,000 rows, a third of them dirty, and what was done to it."""
    path: Path = tmp_path_factory.mktemp("truth") / "tape.csv"
    written = write_sample(synthesise(6_000, seed=11, as_of=AS_OF, dirty=0.33), path)
    faults = next(p for p in path.parent.iterdir() if "faults" in p.name)
    assert written
    return read_tape(path), pl.read_parquet(faults)


@pytest.fixture(scope="module")
def outcome(dirty: tuple[pl.DataFrame, pl.DataFrame]) -> Outcome[Cleaned]:
    return clean(dirty[0], as_of=AS_OF)


def test_every_injected_fault_is_found(dirty: tuple[pl.DataFrame, pl.DataFrame], outcome: Outcome[Cleaned]) -> None:
    got = outcome.findings.group_by("row").agg(pl.col("severity").replace_strict(RANK, return_dtype=pl.Int32).max().alias("got"))
    judged = dirty[1].join(got, on="row", how="left").with_columns(want=pl.col("expected").replace_strict(RANK, return_dtype=pl.Int32))
    missed = judged.filter(pl.col("got").fill_null(0) < pl.col("want"))
    assert missed["fault"].unique().to_list() == []
    assert dirty[1]["fault"].n_unique() > 35


def test_a_cell_that_was_mended_has_its_original_value(dirty: tuple[pl.DataFrame, pl.DataFrame], outcome: Outcome[Cleaned]) -> None:
    """Where a fault can be mended, the cleaned tape equals the clean tape there: put the originals back and clean again."""
    raw, faults = dirty
    mendable = faults.filter(pl.col("expected") == REPAIRED, pl.col("field").is_not_null(), pl.col("fault") != "name_null_byte")
    restored = raw
    for column in mendable["column"].unique().to_list():
        these = mendable.filter(column=column).select(pl.col("row").cast(raw["__row"].dtype).alias("__row"), "original").unique("__row")
        restored = restored.join(these, on="__row", how="left", maintain_order="left")
        restored = restored.with_columns(pl.coalesce("original", column).alias(column)).drop("original")
    again = clean(restored, as_of=AS_OF)
    assert again.findings.filter(severity=REPAIRED).height < outcome.findings.filter(severity=REPAIRED).height / 10
    assert_frame_equal(again.data.accounts, outcome.data.accounts)
    assert_frame_equal(again.data.tables["debtor"], outcome.data.tables["debtor"])


def test_clean_rows_are_left_alone(dirty: tuple[pl.DataFrame, pl.DataFrame], outcome: Outcome[Cleaned]) -> None:
    spared = outcome.findings.join(dirty[1].select("row").unique(), on="row", how="anti")
    assert spared.select("row", "code").rows() == []


def test_the_tape_tells_its_own_cut_off(dirty: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    assert infer_as_of(dirty[0]) == AS_OF


def test_the_compiled_pass_cleans_it_alike(
    dirty: tuple[pl.DataFrame, pl.DataFrame], outcome: Outcome[Cleaned], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parse_native, "MIN_ROWS", 0)
    compiled = clean(dirty[0], as_of=AS_OF)
    assert_frame_equal(compiled.findings, outcome.findings)
    for name, table in outcome.data.tables.items():
        assert_frame_equal(compiled.data.tables[name], table)


def test_cleaning_is_reproducible(dirty: tuple[pl.DataFrame, pl.DataFrame], outcome: Outcome[Cleaned]) -> None:
    again = clean(dirty[0], as_of=AS_OF)
    assert_frame_equal(again.findings, outcome.findings)
    assert again.data.quality.score == outcome.data.quality.score
    assert_frame_equal(again.data.rejected, outcome.data.rejected)


@pytest.mark.parametrize(("folder", "file", "layout"), [("lendingclub_samples", "lc_2000_random.csv.gz", "lendingclub"), ("sba_7a", None, "sba")])
def test_real_files_are_accounted_for(folder: str, file: str | None, layout: str, real_data: Path) -> None:
    path = real_data / folder / file if file else next((real_data / folder).glob("*.csv.gz"))
    raw = read_tape(path)
    done = clean(raw, layout=layout).data
    r = done.reconciliation
    assert r.holds
    assert r.rows_in == raw.height == done.accounts.height + done.rejected.height
    assert r.rows_rejected < raw.height / 100
    assert done.accounts["annual_rate"].drop_nulls().is_between(0, 0.5).all()
