"""What features added: exactly additive, against a slow walk down every tree, against a ridge by hand, and blamed on the right ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from learning_data import frame, history, specification

from panhuo.engines.valuation.learning import fit
from panhuo.engines.valuation.learning.attribution import attributed
from panhuo.engines.valuation.learning.design import encode
from panhuo.engines.valuation.learning.explaining import explain, reasons
from panhuo.engines.valuation.learning.history import rows_of
from panhuo.engines.valuation.learning.trees import booster


@pytest.fixture(scope="module")
def blended() -> Any:
    """Every member with some weight, whatever the blend would choose."""
    from dataclasses import replace

    from panhuo.engines.valuation.learning import members
    from panhuo.engines.valuation.learning.design import spread
    from panhuo.engines.valuation.learning.members import Task
    from panhuo.engines.valuation.learning.model import numbers_of

    rows = history(800)
    model = fit(rows, specification=specification(), seed=1)
    spec = model.specification
    matrix = encode(rows.features, model.encoding, spec)
    task = Task(
        matrix, spread(rows.features, matrix, model.encoding, spec), numbers_of(rows.features, spec, model.segments), rows.outcome.to_numpy(), 1, 20
    )
    known = {name: members.learn(name, task, spec) for name in spec.blended}
    return replace(model, known=known, weights={name: 1 / len(known) for name in known})


@pytest.mark.parametrize("member", ["boosted", "linear", "fractional", "twostage", "segment", "mean", "all"])
def test_start_and_additions_are_the_answer(blended: Any, member: str) -> None:
    from dataclasses import replace

    model = blended if member == "all" else replace(blended, weights={member: 1.0})
    later = history(300, seed=7).features.with_columns(fx=pl.when(pl.int_range(300) % 7 > 0).then("fx"), place=pl.lit("T99"))
    for features in (history(300, seed=6).features, later):
        start, added = explain(model, features)
        assert start + added.sum(axis=1) == pytest.approx(model.predict(features), abs=1e-9)


def slow(node: Any, row: Any, out: Any) -> float:
    """Walks down one tree as LightGBM's dump has it."""
    if "split_feature" not in node:
        return float(node["leaf_value"])
    value = row[node["split_feature"]]
    left = node["default_left"] if np.isnan(value) and node["missing_type"] == "NaN" else (0.0 if np.isnan(value) else value) <= node["threshold"]
    child = node["left_child" if left else "right_child"]
    expected = float(child["internal_value"] if "split_feature" in child else child["leaf_value"])
    out[node["split_feature"]] += expected - float(node["internal_value"])
    return slow(child, row, out)


def test_the_steps_are_those_of_a_slow_walk(blended: Any) -> None:
    text = blended.known["boosted"]["trees"][0]
    features = history(60, seed=5).features.with_columns(fx=pl.when(pl.int_range(60) % 5 > 0).then("fx"))
    matrix = encode(features, blended.encoding, blended.specification)
    root, found = attributed(text, matrix, matrix.shape[1])
    trees = booster(text).dump_model()["tree_info"]
    for row in range(60):
        own = np.zeros(matrix.shape[1])
        value = sum(slow(tree["tree_structure"], matrix[row], own) for tree in trees)
        assert found[row] == pytest.approx(own, abs=1e-12)
        assert root + own.sum() == pytest.approx(value, abs=1e-9)


def test_a_ridge_is_explained_by_its_terms() -> None:
    spec = specification(members=["linear"], segment=[], features=[{"name": "fx", "sql": "x"}, {"name": "fz", "sql": "z"}])
    rows = rows_of(frame(400), spec)
    model = fit(rows, specification=spec)
    start, added = explain(model, rows.features)
    known = model.known["linear"]
    x = (rows.features["fx"].to_numpy() - known["centre"][0]) / known["width"][0] * known["weights"][0]
    assert added[:, 0] == pytest.approx(x, abs=1e-9)
    assert start == pytest.approx(np.full(400, rows.outcome.mean()))


def test_prices_are_explained_in_money() -> None:
    spec = specification(
        target={"sql": "EXP(x + 3)"},
        scale="log",
        members=["linear", "boosted"],
        segment=[],
        features=[{"name": "near", "sql": "x + 0.3 * z"}, {"name": "fz", "sql": "z"}],
    )
    rows = rows_of(frame(400), spec)
    model = fit(rows, specification=spec)
    start, added = explain(model, rows.features)
    assert (start > 0).all()
    assert start + added.sum(axis=1) == pytest.approx(model.predict(rows.features), rel=1e-9)


def test_what_decides_is_named_first_and_what_says_nothing_last(blended: Any) -> None:
    found = reasons(blended, history(400, seed=4).features, most=2)
    assert found.columns == ["start", "prediction", "reason_1", "moved_1", "reason_2", "moved_2"]
    assert (found["reason_1"] == "fz").mean() < 0.05
    assert (found["moved_1"].abs() >= found["moved_2"].abs()).all()
    assert found["prediction"].to_numpy() == pytest.approx(blended.predict(history(400, seed=4).features), abs=1e-9)
