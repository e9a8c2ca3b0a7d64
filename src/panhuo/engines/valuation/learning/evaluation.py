"""A model on rows whose outcome is known: its measures, those of its baselines on the same rows, and how sure each is.

Answers are gathered first and measured then, so that those of several models of one specification, each on rows it has not seen, can be measured together
(cross-validation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning.class_measures import class_measures
from panhuo.engines.valuation.learning.classes import ClassModel
from panhuo.engines.valuation.learning.history import Rows
from panhuo.engines.valuation.learning.intervals import LEVELS, Spread
from panhuo.engines.valuation.learning.judging import against, log_loss, squared
from panhuo.engines.valuation.learning.measures import alert_measures, band_measures, crps, point_measures, with_intervals
from panhuo.engines.valuation.learning.model import Model, numbers_of
from panhuo.engines.valuation.learning.scale import back, forth, within
from panhuo.engines.valuation.learning.specification import Specification
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

Vector = npt.NDArray[np.float64]
Measure = Callable[[npt.NDArray[np.intp]], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Answers:
    """Of rows whose outcome is known: the outcome, the answer, its band and the CRPS of its quantiles."""

    outcome: Vector
    answer: Vector
    lower: Vector
    upper: Vector
    crps: Vector

    @property
    def loss(self) -> Vector:
        return squared(self.outcome, self.answer)

    def measure(self, level: float) -> Measure:
        binary = bool(np.isin(self.outcome, (0.0, 1.0)).all())

        def measured(rows: npt.NDArray[np.intp]) -> Mapping[str, float]:
            outcome, answer = self.outcome[rows], self.answer[rows]
            return {
                **point_measures(outcome, answer),
                "crps": float(self.crps[rows].mean()),
                **band_measures(outcome, self.lower[rows], self.upper[rows]),
                **(alert_measures(outcome, answer) if binary else {}),
            }

        return measured


@dataclass(frozen=True, slots=True)
class Chances:
    """Of rows whose class is known: its number, and the chances of each."""

    outcome: npt.NDArray[np.int64]
    chances: npt.NDArray[np.float64]

    @property
    def loss(self) -> Vector:
        return log_loss(self.outcome, self.chances)

    def measure(self, level: float) -> Measure:
        return class_measures(self.outcome, self.chances, level)


Told = Mapping[str, Answers] | Mapping[str, Chances]


def evaluate(model: Model | ClassModel, rows: Rows, *, seed: int = 0) -> dict[str, Any]:
    """``n``; ``metrics``: of the model; ``baselines``: the same of each; ``intervals``: 95 % of each measure by resampling, of the model (``model``) and of each
    baseline; ``against``: whether the model is better than each, worse or tied, by the paired difference of their losses. Raises InputUnusable where no outcome
    is known."""
    return measured(answers_of(model, rows), model.specification, seed=seed)


def answers_of(model: Model | ClassModel, rows: Rows) -> Told:
    """What the model (``model``) and each of its baselines say of the rows whose outcome is known. Raises InputUnusable where there is none."""
    known = rows.known
    if not len(known):
        raise InputUnusable(
            "MODEL_NO_OUTCOME",
            Words("没有一行的结果是已知的", "the outcome is known of no row"),
            where=model.specification.name,
            remedy=Words(f"结果是 {model.specification.target.sql}", f"the outcome is: {model.specification.target.sql}"),
        )
    return _of_classes(model, known) if isinstance(model, ClassModel) else _of_numbers(model, known)


def pooled(parts: Sequence[Told], order: npt.NDArray[np.intp] | None = None) -> Told:
    """Of several models of one specification, each on other rows. order: of all rows together, as they are to stand."""
    return cast("Told", {name: _together([part[name] for part in parts], order) for name in parts[0]})


def _together(parts: Sequence[Answers | Chances], order: npt.NDArray[np.intp] | None) -> Answers | Chances:
    whole = [np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(parts[0])]
    return type(parts[0])(*(one if order is None else one[order] for one in whole))


def measured(told: Told, specification: Specification, *, seed: int = 0, turns: int = 1) -> dict[str, Any]:
    """As :func:`evaluate` gives it. turns: how often the same rows stand there, one turn after the other, each in the same order: a row answered thrice is still one row,
    and is drawn with all its answers."""
    rows = len(told["model"].outcome) // turns
    parts = {name: one.measure(specification.level) for name, one in told.items()}
    intervals = {name: with_intervals(rows, _of_turns(one, rows, turns), seed=seed) for name, one in parts.items()}
    everything = np.arange(rows * turns)
    metrics = {name: dict(one(everything)) for name, one in parts.items()}
    losses = {name: one.loss.reshape(turns, rows).mean(axis=0) for name, one in told.items()}
    return {
        "n": rows,
        "metrics": metrics.pop("model"),
        "baselines": metrics,
        "intervals": intervals,
        "against": against(losses.pop("model"), losses, seed=seed),
    }


def _of_turns(measure: Measure, rows: int, turns: int) -> Measure:
    return measure if turns == 1 else lambda drawn: measure(np.concatenate([drawn + turn * rows for turn in range(turns)]))


def _of_numbers(model: Model, known: Rows) -> dict[str, Answers]:
    specification = model.specification
    outcome = known.outcome.to_numpy().astype(np.float64)
    found = model.answer(known)
    answer, lower, upper = (found[name].to_numpy() for name in ("prediction", "lower", "upper"))
    told = {"model": Answers(outcome, answer, lower, upper, _crps(outcome, model.spread, model.predict(known.features), specification))}
    segment = numbers_of(known.features, specification, model.segments)
    for name, one in model.baselines.answer(known.features, segment, specification).items():
        spread = model.baselines.spreads[name]
        low, high = (within(back(edge, specification), specification) for edge in spread.band(forth(one, specification)))
        told[name] = Answers(outcome, one, low, high, _crps(outcome, spread, one, specification))
    return told


def _of_classes(model: ClassModel, known: Rows) -> dict[str, Chances]:
    outcome = known.outcome.to_numpy().astype(np.int64)
    found = {"model": model.chances(known.features), **model.baseline_chances(known.features)}
    return {name: Chances(outcome, chances) for name, chances in found.items()}


def _crps(outcome: Vector, spread: Spread, answers: Vector, specification: Specification) -> Vector:
    out = np.empty(len(outcome))
    for first in range(0, len(outcome), _BLOCK):
        rows = slice(first, first + _BLOCK)
        quantiles = within(back(spread.quantiles_of(forth(answers[rows], specification)), specification), specification)
        out[rows] = crps(outcome[rows], quantiles, LEVELS)
    return out


_BLOCK = 100_000
