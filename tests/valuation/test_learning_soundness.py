"""Histories that teach nothing or the wrong thing; what is written down while fitting; verdicts that chance does not explain."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from learning_data import frame, history, specification

from panhuo.engines.valuation.learning import card_data, card_text, drift, fit
from panhuo.engines.valuation.learning.card import verdict_of
from panhuo.engines.valuation.learning.drift import psi
from panhuo.engines.valuation.learning.history import rows_of
from panhuo.engines.valuation.learning.judging import against
from panhuo.engines.valuation.learning.record import OTHER, moves, share_in
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.randomness import stream

QUICK: dict[str, Any] = {"members": ["linear", "segment"]}


def refused(data: pl.DataFrame, **changes: Any) -> InputUnusable:
    spec = specification(**(QUICK | changes))
    with pytest.raises(InputUnusable) as caught:
        fit(rows_of(data, spec), specification=spec)
    return caught.value


def test_an_outcome_that_never_changes_teaches_nothing() -> None:
    assert refused(frame(80).with_columns(y=pl.lit(0.3))).code == "MODEL_OUTCOME_CONSTANT"
    assert refused(frame(80).with_columns(y=pl.lit(None, dtype=pl.Float64))).code == "MODEL_TOO_FEW"
    assert refused(frame(10)).code == "MODEL_TOO_FEW"


@pytest.mark.parametrize("disguise", ["y", "1 - y * 3", "EXP(y)"])
def test_an_outcome_in_disguise_is_named(disguise: str) -> None:
    features = [{"name": "fx", "sql": "x"}, {"name": "told", "sql": disguise}]
    error = refused(frame(200), features=features, segment=[], members=["linear"])
    assert error.code == "MODEL_FEATURE_IS_OUTCOME"
    assert "told" in error.cause.en
    assert "fx" not in error.cause.en


def test_a_category_that_names_the_outcome_is_named_and_one_that_names_the_row_is_not() -> None:
    """Told by other rows: a category of its own for each row says nothing of a row that is held out."""
    data = frame(400).with_columns(grade=pl.col("y").round(1).cast(pl.String), own=pl.int_range(400).cast(pl.String))
    columns = {**specification().model_dump()["columns"], "grade": {"kind": "text"}, "own": {"kind": "text"}}
    steps = data.with_columns(y=pl.col("y").round(1))
    features = [
        {"name": "fx", "sql": "x"},
        {"name": "f_grade", "sql": "grade", "kind": "category"},
        {"name": "f_own", "sql": "own", "kind": "category"},
    ]
    error = refused(steps, columns=columns, features=features, segment=[], members=["linear"], shrink=0.1)
    assert "f_grade" in error.cause.en
    assert "f_own" not in error.cause.en


def test_two_outcomes_told_apart_by_one_feature_are_named() -> None:
    data = frame(300).with_columns(y=(pl.col("x") > 0).cast(pl.Float64))
    assert refused(data).code == "MODEL_FEATURE_IS_OUTCOME"


def test_a_feature_that_is_merely_good_is_not_named() -> None:
    draw = stream(3, "good")
    data = frame(300).with_columns(y=pl.Series(np.clip(0.5 + 0.15 * frame(300)["x"].to_numpy() + 0.05 * draw.normal(size=300), 0, 1)))
    spec = specification(**QUICK)
    assert fit(rows_of(data, spec), specification=spec).weights["linear"] > 0.5


def test_infinite_values_count_as_missing() -> None:
    data = frame(200).with_columns(x=pl.when(pl.int_range(200) % 9 == 0).then(float("inf")).otherwise("x"))
    spec = specification(**QUICK)
    rows = rows_of(data, spec)
    assert rows.features["fx"].null_count() == 23
    assert np.isfinite(fit(rows, specification=spec).answer(rows)["prediction"].to_numpy()).all()


def test_a_verdict_is_given_only_beyond_chance() -> None:
    draw = stream(1, "verdict")
    own = draw.random(4000)
    others = {"same": own + 0.01 * draw.normal(size=4000), "poorer": own + 0.05 + 0.1 * draw.normal(size=4000), "finer": own * 0.9}
    found = against(own, others)
    assert {name: one["verdict"] for name, one in found.items()} == {"same": "tied", "poorer": "better", "finer": "worse"}
    assert found["finer"]["gain"] == pytest.approx(-1 / 9, abs=1e-6)
    assert verdict_of(found) == "worse"
    assert verdict_of({"a": {"verdict": "better"}, "b": {"verdict": "tied"}}) == "tied"


def test_false_verdicts_are_as_rare_as_the_interval_says() -> None:
    """Two equals, two hundred times: about one in twenty is called better or worse."""
    draw = stream(2, "equals")
    wrong = sum(against(draw.random(60), {"equal": draw.random(60)}, seed=k)["equal"]["verdict"] != "tied" for k in range(200))
    assert 2 <= wrong <= 24


def test_answers_hang_on_what_they_are_made_of() -> None:
    features = pl.DataFrame({"a": stream(1, "a").normal(size=500), "b": stream(1, "b").normal(size=500), "c": stream(1, "c").normal(size=500)})
    found = moves(features, lambda some: (3 * some["a"] + some["b"]).to_numpy(), seed=0)
    assert found["c"] == 0.0
    assert found["a"] == pytest.approx(3 * found["b"], rel=0.15)
    assert found["b"] == pytest.approx(2 / np.sqrt(np.pi), rel=0.1)  # the mean distance of two normal draws


def test_shares_of_what_the_history_held() -> None:
    spec = specification(**QUICK)
    model = fit(history(1000, spec=spec), specification=spec)
    told = model.record["features"]
    assert sum(told["fx"]["shares"]) == pytest.approx(1.0)
    assert max(told["fx"]["shares"][:10]) <= 0.11
    assert told["fx"]["shares"][-1] == 0.0  # no gaps
    assert sum(told["place"]["shares"].values()) == pytest.approx(1.0)
    assert told["place"]["shares"][OTHER] == 0.0
    assert share_in(pl.Series([1.0, None, 3.0, 5.0]), [2.0, 4.0]) == [0.25, 0.25, 0.25, 0.25]


def test_a_card_says_what_it_is_not_for_and_does_not_boast() -> None:
    draw = stream(4, "noise")
    noise = frame(300).with_columns(y=pl.Series(draw.random(300)))
    spec = specification(**QUICK)
    model = fit(rows_of(noise, spec), specification=spec)
    assert card_data(model)["verdict"] != "better"
    for language, words in (("zh", ("不得用于", "不能说它更好")), ("en", ("Not to be used for", "cannot be said to be better"))):
        text = card_text(model, language)  # type: ignore[arg-type]
        assert all(one in text for one in words) or card_data(model)["verdict"] == "worse"
        assert model.fingerprint[:16] in text
        assert all(feature.name in text for feature in spec.features)


def test_the_stability_index_is_the_two_relative_entropies() -> None:
    then, now = [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]
    assert psi(then, then) == 0.0
    assert psi(then, now) == pytest.approx(psi(now, then)) == pytest.approx(2 * 0.3 * np.log(2.5))
    assert 0 < psi([1.0, 0.0], [0.99, 0.01]) < 0.1  # an empty tenth is not infinitely strange


def test_drift_is_seen_where_it_is_and_nowhere_else() -> None:
    spec = specification(**QUICK)
    model = fit(history(2000, spec=spec), specification=spec)
    same = drift(model, history(2000, spec=spec, seed=8))
    assert same["state"] == "stable"
    assert max(one["psi"] for one in same["features"]) < 0.05
    moved = frame(2000, seed=8).with_columns(z=pl.col("z") + 1.0)
    found = drift(model, rows_of(moved, spec))
    assert (found["features"][0]["name"], found["features"][0]["state"]) == ("fz", "alarm")
    assert [one["state"] for one in found["features"][1:]] == ["stable", "stable"]
    strangers = rows_of(frame(2000, seed=8).with_columns(town=pl.lit("T9")), spec)
    assert {one["name"]: one["state"] for one in drift(model, strangers)["features"]}["place"] == "alarm"
    worse = rows_of(frame(2000, seed=8).with_columns(y=1 - pl.col("y")), spec)
    assert drift(model, worse)["outcomes"]["state"] != "stable"
    few = drift(model, rows_of(frame(20, seed=8), spec))
    assert (few["enough"], few["outcomes"]) == (False, None)
