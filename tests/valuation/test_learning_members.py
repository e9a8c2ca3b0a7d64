"""Each member against an independent solution; nothing of a row's own outcome reaches its own answer."""

from __future__ import annotations

import numpy as np
import pytest
from learning_data import history, specification
from scipy.optimize import minimize

from panhuo.engines.valuation.learning import members
from panhuo.engines.valuation.learning.design import encode, encode_crossed, learn_encoding, spread
from panhuo.engines.valuation.learning.members import Task
from panhuo.engines.valuation.learning.model import blend, cross_fit, folds_of, groups_of, numbers_of
from panhuo.kernel.randomness import stream


def task(rows: int = 300) -> tuple[Task, np.ndarray]:
    spec = specification()
    taught = history(rows)
    y = taught.outcome.to_numpy()
    encoding = learn_encoding(taught.features, y, spec)
    matrix = encode(taught.features, encoding, spec)
    wide = spread(taught.features, matrix, encoding, spec)
    return Task(matrix, wide, numbers_of(taught.features, spec, groups_of(taught.features, spec)), y, 1, 20), y


def test_ridge_is_the_solution_of_its_equations() -> None:
    given, y = task()
    known = members.learn("linear", given, specification())
    z = (given.spread - known["centre"]) / known["width"]
    found = np.asarray(known["weights"])
    centred = y - y.mean()
    gradient = z.T @ (centred - z @ found)  # at the optimum it is strength times the weights, one strength for all
    strengths = gradient[np.abs(found) > 1e-6] / found[np.abs(found) > 1e-6]
    assert np.ptp(strengths) == pytest.approx(0.0, abs=1e-6 * abs(strengths[0]))
    assert strengths[0] > 0


def test_fractional_response_is_the_greatest_quasi_likelihood() -> None:
    given, y = task()
    known = members.learn("fractional", given, specification())
    design = np.column_stack([np.ones(len(y)), (given.spread - known["centre"]) / known["width"]])
    strength = np.sqrt(len(y))

    def loss(w: np.ndarray) -> float:
        line = design @ w
        return float((np.logaddexp(0, line) - y * line).sum() + 0.5 * strength * (w[1:] ** 2).sum())

    own = loss(np.array([known["constant"], *known["weights"]]))
    best = minimize(loss, np.zeros(design.shape[1]), method="BFGS").fun
    assert own <= best + 1e-4


def test_fractional_response_of_rare_outcomes_does_not_leap_past_the_top() -> None:
    draw = stream(6, "rare")
    n = 20_000
    x = np.column_stack([draw.exponential(size=n) ** 3, draw.random(n) < 0.003, draw.normal(size=n)]).astype(float)
    y = (draw.random(n) < 0.004 + 0.9 * x[:, 1]).astype(float)
    given = members.Task(x, x, np.zeros(n, dtype=np.int64), y, 0, 1)
    known = members.learn("fractional", given, specification())
    found = members.answer("fractional", known, x, x, given.segment)
    assert found.mean() == pytest.approx(y.mean(), rel=1e-3)  # at the top: the constant is not penalised
    assert np.mean((found - y) ** 2) < 0.9 * y.var()


def test_answers_are_of_the_scale_they_should_be() -> None:
    given, _ = task()
    for name in specification().blended:
        found = members.answer(name, members.learn(name, given, specification()), given.matrix, given.spread, given.segment)
        assert found.shape == (300,)
        assert np.isfinite(found).all()
    strange = members.answer("segment", members.learn("segment", given, specification()), given.matrix, given.spread, np.full(300, 99))
    assert strange == pytest.approx(np.full(300, given.outcome.mean()))  # a segment not seen


def test_a_category_says_nothing_of_the_row_itself() -> None:
    """Every row its own town, outcomes by chance: what is encoded must not know them."""
    spec = specification(features=[{"name": "place", "sql": "town", "kind": "category"}], segment=[], members=["linear"])
    taught = history(400, spec=spec)
    alone = taught.features.with_columns(place=taught.number.cast(str))
    y = stream(5, "noise").normal(size=400)
    crossed = encode_crossed(alone, y, folds_of(400, 5, 1), spec)
    assert abs(np.corrcoef(crossed[:, 0], y)[0, 1]) < 0.25
    assert np.corrcoef(encode(alone, learn_encoding(alone, y, spec), spec)[:, 0], y)[0, 1] > 0.99  # what would leak without the folds


def test_cross_fitted_answers_of_noise_have_no_skill_and_the_blend_turns_to_the_mean() -> None:
    spec = specification()
    taught = history(400)
    y = np.clip(0.5 + 0.2 * stream(6, "noise").normal(size=400), 0, 1)
    crossed, _ = cross_fit(taught.features, y, folds_of(400, 5, 1), spec, 1)
    assert all(abs(np.corrcoef(one, y)[0, 1]) < 0.2 for name, one in crossed.items() if name != "mean")
    weights = blend(crossed, y)
    mixed = sum(weights[name] * crossed[name] for name in weights)
    assert ((mixed - y) ** 2).mean() <= 1.02 * ((crossed["mean"] - y) ** 2).mean()
    assert sum(weights.values()) == pytest.approx(1.0)


def test_the_blend_is_no_worse_than_its_best_member() -> None:
    spec = specification()
    taught = history(600)
    y = taught.outcome.to_numpy()
    crossed, _ = cross_fit(taught.features, y, folds_of(600, 5, 1), spec, 1)
    weights = blend(crossed, y)
    mixed = sum(weights[name] * crossed[name] for name in weights)
    assert ((mixed - y) ** 2).mean() <= min(((one - y) ** 2).mean() for one in crossed.values()) * 1.001
