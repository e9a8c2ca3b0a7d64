"""The page of evidence from a made set: the splits are honest, the page says what was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from panhuo.bench import evidence as bench
from panhuo.engines.valuation.learning import fit, load_specification, read_rows
from panhuo.engines.valuation.learning.evaluation import answers_of, measured, pooled
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.randomness import stream


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    draw = stream(8, "evidence")
    days = draw.uniform(100, 3000, 60)
    upb = np.exp(draw.uniform(2, 7, 60))
    price = upb * np.exp(-1.3 - 0.065 * np.sqrt(days) + 0.2 * draw.normal(size=60))
    pl.DataFrame({"upb_total_mn": upb, "wavg_overdue_days": days, "start_price_mn": price}).write_csv(tmp_path / "p.csv")
    monkeypatch.setattr(bench, "SETS", {"package-price": ("cv", ("p.csv",))})
    return tmp_path


def test_every_row_is_answered_once_a_turn_by_a_model_that_has_not_seen_it(folder: Path) -> None:
    ((name, found),) = bench.evidence(folder)
    assert found["n"] == found["rows"] == 60
    assert 0 < found["metrics"]["median_percentage_error"] < 0.3
    assert found["against"]["mean"]["verdict"] == "better"
    text = bench.page({name: found})
    assert f"{found['metrics']['rmse']:.4f}" in text
    assert "tied" in text  # a lone ridge is its own baseline
    assert text.count("## ") == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputUnusable):
        list(bench.evidence(tmp_path, ["mortgage-lgd"]))


def test_a_row_of_many_turns_is_one_row(folder: Path) -> None:
    """The same answers ten times over say no more than once."""
    specification = load_specification("package-price")
    rows = read_rows([folder / "p.csv"], specification).known
    told = answers_of(fit(rows, specification=specification), rows)
    once, often = measured(told, specification), measured(pooled([told] * 10), specification, turns=10)
    assert often["n"] == once["n"] == 60
    assert often["metrics"]["rmse"] == pytest.approx(once["metrics"]["rmse"])
    assert often["intervals"]["model"]["rmse"] == pytest.approx(once["intervals"]["model"]["rmse"])
    for name, verdict in once["against"].items():
        assert often["against"][name]["verdict"] == verdict["verdict"]
        assert (often["against"][name]["low"], often["against"][name]["high"]) == pytest.approx((verdict["low"], verdict["high"]))
    outcome = read_rows([folder / "p.csv"], specification).known.outcome.to_numpy()
    crossed, _, turns = bench._crossed(rows, specification, 0)
    assert crossed["model"].outcome.reshape(turns, 60) == pytest.approx(np.tile(outcome, (turns, 1)))
