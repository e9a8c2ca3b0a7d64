"""A model on rows whose outcome is known: its measures, those of its baselines on the same rows, and how sure each is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning.class_measures import class_measures
from panhuo.engines.valuation.learning.classes import ClassModel
from panhuo.engines.valuation.learning.history import Rows
from panhuo.engines.valuation.learning.intervals import LEVELS, Spread
from panhuo.engines.valuation.learning.judging import against, log_loss, squared
from panhuo.engines.valuation.learning.measures import band_measures, crps, point_measures, with_intervals
from panhuo.engines.valuation.learning.model import Model, numbers_of
from panhuo.engines.valuation.learning.scale import back, forth, within
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

Vector = npt.NDArray[np.float64]
Measure = Callable[[npt.NDArray[np.intp]], Mapping[str, float]]


def evaluate(model: Model | ClassModel, rows: Rows, *, seed: int = 0) -> dict[str, Any]:
    """``n``; ``metrics``: of the model; ``baselines``: the same of each; ``intervals``: 95 % of each measure by resampling, of the model (``model``) and of each
    baseline; ``against``: whether the model is better than each, worse or tied, by the paired difference of their losses. Raises InputUnusable where no outcome is known."""
    known = rows.known
    if not len(known):
        raise InputUnusable(
            "MODEL_NO_OUTCOME",
            Words("没有一行的结果是已知的", "the outcome is known of no row"),
            where=model.specification.name,
            remedy=Words(f"结果是 {model.specification.target.sql}", f"the outcome is: {model.specification.target.sql}"),
        )
    parts, losses = _of_classes(model, known) if isinstance(model, ClassModel) else _of_numbers(model, known)
    intervals = {name: with_intervals(len(known), one, seed=seed) for name, one in parts.items()}
    everything = np.arange(len(known))
    metrics = {name: dict(one(everything)) for name, one in parts.items()}
    return {
        "n": len(known),
        "metrics": metrics.pop("model"),
        "baselines": metrics,
        "intervals": intervals,
        "against": against(losses.pop("model"), losses, seed=seed),
    }


def _of_numbers(model: Model, known: Rows) -> tuple[dict[str, Measure], dict[str, Vector]]:
    outcome = known.outcome.to_numpy().astype(np.float64)
    found = model.answer(known)
    specification = model.specification
    raw = model.predict(known.features)
    parts: dict[str, Measure] = {
        "model": _measured(
            outcome, found["prediction"].to_numpy(), found["lower"].to_numpy(), found["upper"].to_numpy(), _quantiles(model.spread, raw, model)
        )
    }
    losses = {"model": squared(outcome, found["prediction"].to_numpy())}
    segment = numbers_of(known.features, model.specification, model.segments)
    for name, answer in model.baselines.answer(known.features, segment, model.specification).items():
        spread = model.baselines.spreads[name]
        lower, upper = (within(back(edge, specification), specification) for edge in spread.band(forth(answer, specification)))
        parts[name] = _measured(outcome, answer, lower, upper, _quantiles(spread, answer, model))
        losses[name] = squared(outcome, answer)
    return parts, losses


def _of_classes(model: ClassModel, known: Rows) -> tuple[dict[str, Measure], dict[str, Vector]]:
    outcome = known.outcome.to_numpy().astype(np.int64)
    level = model.specification.level
    found = {"model": model.chances(known.features), **model.baseline_chances(known.features)}
    losses = {name: log_loss(outcome, chances) for name, chances in found.items()}
    return {name: class_measures(outcome, chances, level) for name, chances in found.items()}, losses


def _quantiles(spread: Spread, answers: Vector, model: Model) -> npt.NDArray[np.float64]:
    specification = model.specification
    return within(back(spread.quantiles_of(forth(answers, specification)), specification), specification)


def _measured(outcome: Vector, answer: Vector, lower: Vector, upper: Vector, quantiles: npt.NDArray[np.float64]) -> Measure:
    each = crps(outcome, quantiles, LEVELS)

    def measure(rows: npt.NDArray[np.intp]) -> Mapping[str, float]:
        return {
            **point_measures(outcome[rows], answer[rows]),
            "crps": float(each[rows].mean()),
            **band_measures(outcome[rows], lower[rows], upper[rows]),
        }

    return measure
