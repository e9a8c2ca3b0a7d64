"""Ladders of classes: chances against a chain whose truth is known, against counts by hand and by scikit-learn, the stretch, the same bytes again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.valuation.learning import evaluate, fit, load, load_specification, save
from panhuo.engines.valuation.learning.artefact import to_bytes
from panhuo.engines.valuation.learning.class_measures import stretch
from panhuo.engines.valuation.learning.class_members import ClassTask, chances, learn
from panhuo.engines.valuation.learning.classes import blend_chances
from panhuo.engines.valuation.learning.folding import folds_of_rows
from panhuo.engines.valuation.learning.history import Rows, rows_of
from panhuo.engines.valuation.learning.specification import Specification
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.randomness import stream

LADDER = ("C", "X", "0", "1", "2", "3", "4", "5")
TRUE = np.array(
    [
        [0.93, 0.03, 0.04, 0, 0, 0, 0, 0],
        [0.05, 0.80, 0.15, 0, 0, 0, 0, 0],
        [0.10, 0.05, 0.80, 0.05, 0, 0, 0, 0],
        [0.10, 0.00, 0.55, 0.25, 0.10, 0, 0, 0],
        [0.05, 0.00, 0.15, 0.20, 0.25, 0.35, 0, 0],
        [0.05, 0.00, 0.05, 0.10, 0.10, 0.15, 0.55, 0],
        [0.02, 0.00, 0.03, 0.05, 0.00, 0.05, 0.15, 0.70],
        [0.02, 0.00, 0.01, 0.01, 0.01, 0.00, 0.00, 0.95],
    ]
)  # fmt: skip


def spec(**changes: Any) -> Specification:
    quick = {"most": 40, "rate": 0.2, "leaves": 8, "least": 20}
    return Specification.model_validate({**load_specification("panel-rollrate").model_dump(), "boosting": quick, **changes})


def panel(people: int, months: int, *, seed: int = 3) -> pl.DataFrame:
    draw = stream(seed, "panel")
    state = draw.integers(0, 3, people)
    rows = []
    for month in range(months):
        rows.append(
            pl.DataFrame({"ID": [f"B{k}" for k in range(people)], "MONTHS_BALANCE": float(month - months), "STATUS": [LADDER[s] for s in state]})
        )
        state = (TRUE[state].cumsum(axis=1) < draw.random((people, 1))).sum(axis=1)
    return pl.concat(rows)


def history(people: int, months: int, *, seed: int = 3) -> Rows:
    return rows_of(panel(people, months, seed=seed), spec())


@pytest.fixture(scope="module")
def model() -> Any:
    return fit(history(500, 18), specification=spec(), seed=1)


def test_the_chances_are_those_of_the_chain(model: Any) -> None:
    later = history(400, 12, seed=8)
    now = later.columns["STATUS"].replace_strict({name: k for k, name in enumerate(LADDER)}, return_dtype=pl.Int64).to_numpy()
    found = model.chances(later.features)
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-9
    assert np.abs(found - TRUE[now]).mean() < 0.02
    frequent = np.isin(now, (0, 1, 2))
    assert np.abs(found[frequent] - TRUE[now[frequent]]).max(axis=1).mean() < 0.04


def test_beside_its_baselines(model: Any) -> None:
    found = evaluate(model, history(400, 12, seed=8))
    assert set(found["baselines"]) == {"mean", "segment", "logistic", "lightgbm"}
    # of a chain without memory nothing beats the counts by much; everything beats the shares of all
    assert found["metrics"]["log_loss"] <= 1.02 * found["baselines"]["segment"]["log_loss"]
    assert found["metrics"]["log_loss"] < 0.8 * found["baselines"]["mean"]["log_loss"]
    assert 0.9 <= found["metrics"]["calibration_slope"] <= 1.1
    assert found["metrics"]["coverage"] >= 0.88
    for name, (low, high) in found["intervals"]["model"].items():
        assert low <= found["metrics"][name] <= high


def test_naive_counts_are_the_shares_of_the_cohort() -> None:
    rows = history(200, 10).known
    y = rows.outcome.to_numpy().astype(np.int64)
    known = learn("segment", ClassTask(rows.features, np.zeros((len(y), 1)), np.zeros((len(y), 1)), y, 0, 1), spec())
    found = chances("segment", known, rows.features, np.zeros((len(y), 1)), np.zeros((len(y), 1)))
    by_hand = rows.columns.select("STATUS").with_columns(pl.Series("y", y))
    for status in ("C", "0", "1"):
        mine = by_hand.filter(pl.col("STATUS") == status)["y"].to_numpy()
        expected = np.bincount(mine, minlength=len(LADDER)) / len(mine)
        assert found[(rows.columns["STATUS"] == status).to_numpy()][0] == pytest.approx(expected, abs=1e-7)


def test_multinomial_regression_is_at_the_top_of_its_likelihood() -> None:
    """At the top the chances of each class add up to how often it came (the score of the constant is nought)."""
    draw = stream(5, "softmax")
    x = draw.normal(size=(900, 2))
    y = (x[:, 0] + draw.logistic(size=900) > 0).astype(np.int64) + (x[:, 1] + draw.logistic(size=900) > 1).astype(np.int64)
    three = spec(target={"sql": "STATUS_a1", "classes": ["C", "X", "0"]})
    known = learn("logistic", ClassTask(pl.DataFrame(), x, x, y, 0, 1), three)
    found = chances("logistic", known, pl.DataFrame(), x, x)
    assert found.sum(axis=0) == pytest.approx(np.bincount(y), rel=1e-3)
    best = -np.log(found[np.arange(len(y)), y]).sum()
    for _ in range(20):
        moved = {**known, "weights": (np.asarray(known["weights"]) + 0.2 * draw.normal(size=(2, 3))).tolist()}
        other = chances("logistic", moved, pl.DataFrame(), x, x)
        assert -np.log(other[np.arange(len(y)), y]).sum() > best - 1.0


def test_blending_turns_to_what_gave_the_outcomes_the_best_chances() -> None:
    draw = stream(7, "blend")
    good = draw.uniform(0.5, 0.9, 500)
    found = blend_chances({"good": good, "poor": 0.3 * good})
    assert found == {"good": 1.0, "poor": 0.0}
    half = np.where(np.arange(500) % 2 == 0, 0.9, 0.1)
    assert blend_chances({"odd": half, "even": 1 - half})["odd"] == pytest.approx(0.5, abs=1e-3)


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=8), st.floats(0.5, 0.99))
def test_the_stretch_holds_the_level_and_no_shorter_one_with_the_mode_is_part_of_it(raw: list[float], level: float) -> None:
    p = np.asarray([raw]) / sum(raw)
    mode, lower, upper = (int(found[0]) for found in stretch(p, level))
    assert mode == p[0].argmax()
    assert lower <= mode <= upper
    assert p[0, lower : upper + 1].sum() >= level - 1e-9
    for low in range(len(raw)):
        for high in range(max(low, mode), low + upper - lower):
            if low <= mode and high < len(raw):
                assert p[0, low : high + 1].sum() < level


def test_all_months_of_a_borrower_are_held_out_together() -> None:
    rows = history(60, 6)
    folds = folds_of_rows(rows, spec(), 0)
    per = pl.DataFrame({"who": rows.columns["ID"], "fold": folds}).group_by("who").agg(pl.col("fold").n_unique())
    assert per["fold"].max() == 1
    assert len(np.unique(folds)) == 3


def test_the_same_bytes_again_and_from_the_file_the_same_answers(model: Any, tmp_path: Path) -> None:
    assert to_bytes(fit(history(500, 18), specification=spec(), seed=1)) == to_bytes(model)
    save(model, tmp_path / "m.panhuo")
    later = history(30, 6, seed=4)
    answered = load(tmp_path / "m.panhuo").answer(later)
    assert answered.equals(model.answer(later))
    assert answered.columns == ["row", "prediction", "lower", "upper", *(f"p_{name}" for name in LADDER)]


def test_a_class_that_never_came_has_hardly_a_chance_and_one_alone_teaches_nothing() -> None:
    rows = rows_of(panel(200, 8).filter(pl.col("STATUS").is_in(["C", "X", "0"])), spec())
    found = fit(rows, specification=spec(), seed=0).chances(rows.features)
    assert found[:, 3:].max() < 1e-3
    alone = rows_of(panel(50, 8).with_columns(pl.lit("C").alias("STATUS")), spec())
    with pytest.raises(InputUnusable) as refused:
        fit(alone, specification=spec(), seed=0)
    assert refused.value.code == "MODEL_OUTCOME_CONSTANT"


@pytest.mark.parametrize(
    "changes",
    [
        {"target": {"sql": "STATUS_a1", "classes": ["C"]}},
        {"target": {"sql": "STATUS_a1", "classes": ["C", "C"]}},
        {"target": {"sql": "STATUS_a1", "classes": ["C", "X"], "low": 0}},
        {"members": ["linear"]},
    ],
)
def test_a_ladder_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        spec(**changes)
