"""A model: fitted by cross-fitting, blended by what each member does on rows it has not seen, with an interval from the same rows.

``fit(history, *, specification, seed) -> Model``; ``Model.answer(rows) -> frame``. The same rows, specification and seed give the same model, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.learning import members
from panhuo.engines.valuation.learning.baselines import Baselines, learn_baselines
from panhuo.engines.valuation.learning.classes import ClassModel, fit_classes
from panhuo.engines.valuation.learning.design import Encoding, encode, encode_crossed, learn_encoding, spread
from panhuo.engines.valuation.learning.folding import folds_of, folds_of_rows
from panhuo.engines.valuation.learning.history import Rows, fingerprint_of
from panhuo.engines.valuation.learning.intervals import Spread, spread_of
from panhuo.engines.valuation.learning.judging import against, squared
from panhuo.engines.valuation.learning.measures import point_measures
from panhuo.engines.valuation.learning.members import Task
from panhuo.engines.valuation.learning.record import record
from panhuo.engines.valuation.learning.scale import back, bounds, forth, within
from panhuo.engines.valuation.learning.soundness import refuse_disguises, refuse_what_teaches_nothing
from panhuo.engines.valuation.learning.specification import Specification

Vector = npt.NDArray[np.float64]
KIND = "number"


@dataclass(frozen=True, slots=True)
class Model:
    """known: what each member has learnt. weights: of the members, adding up to 1. segments: number of each group of the segment features. spread: how far off it
    was on rows it had not seen. fingerprint: of the rows that taught it. record: what was written down while it was fitted (:mod:`.record`)."""

    specification: Specification
    seed: int
    rows: int
    encoding: Encoding
    segments: Mapping[str, int]
    known: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, float]
    spread: Spread
    baselines: Baselines
    fingerprint: str
    record: Mapping[str, Any]

    def answer(self, rows: Rows) -> pl.DataFrame:
        """``row``, ``prediction``, ``lower``, ``upper`` for each row of the population."""
        found = self.predict(rows.features)
        lower, upper = (back(edge, self.specification) for edge in self.spread.band(forth(found, self.specification)))
        low, high = self.specification.target.low, self.specification.target.high
        frame = pl.DataFrame({"row": rows.number, "prediction": found, "lower": lower, "upper": upper})
        clipped = frame.with_columns(pl.col("prediction", "lower", "upper").clip(low, high))
        return clipped.with_columns(pl.min_horizontal("lower", "prediction").alias("lower"), pl.max_horizontal("upper", "prediction").alias("upper"))

    def as_data(self) -> dict[str, Any]:
        return {
            "kind": KIND,
            "seed": self.seed,
            "rows": self.rows,
            "encoding": self.encoding.as_data(),
            "segments": dict(self.segments),
            "known": self.known,
            "weights": dict(self.weights),
            "spread": self.spread.as_data(),
            "baselines": self.baselines.as_data(),
            "data": self.fingerprint,
            "record": self.record,
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any], specification: Specification) -> Model:
        return cls(
            specification, int(data["seed"]), int(data["rows"]), Encoding.of_data(data["encoding"]), data["segments"], data["known"], data["weights"],
            Spread.of_data(data["spread"]), Baselines.of_data(data["baselines"]), str(data["data"]), data["record"],
        )  # fmt: skip

    def predict(self, features: pl.DataFrame) -> Vector:
        """(n,) on the outcome's own scale, before it is clipped."""
        matrix = encode(features, self.encoding, self.specification)
        wide = spread(features, matrix, self.encoding, self.specification)
        segment = numbers_of(features, self.specification, self.segments)
        total = np.zeros(len(matrix))
        for name, weight in sorted(self.weights.items()):  # sums of floats depend on their order
            if weight:
                total += weight * members.answer(name, self.known[name], matrix, wide, segment)
        return back(total, self.specification)


def fit(history: Rows, *, specification: Specification, seed: int = 0) -> Model | ClassModel:
    """history: rows whose outcome is known (others are left out). Raises InputUnusable where they are too few."""
    taught = history.known
    refuse_what_teaches_nothing(taught, specification)
    if specification.target.classes:
        return fit_classes(taught, specification=specification, seed=seed)
    y = forth(taught.outcome.to_numpy().astype(np.float64), specification)
    folds = folds_of_rows(taught, specification, seed)
    refuse_disguises(encode_crossed(taught.features, y, folds, specification), y, specification)
    crossed, rounds = cross_fit(taught.features, y, folds, specification, seed)
    weights = blend(crossed, y)
    segments = groups_of(taught.features, specification)
    encoding = learn_encoding(taught.features, y, specification)
    matrix = encode_crossed(taught.features, y, folds, specification)
    task = Task(
        matrix, spread(taught.features, matrix, encoding, specification), numbers_of(taught.features, specification, segments), y, seed, rounds
    )
    known: dict[str, Mapping[str, Any]] = {name: members.learn(name, task, specification) for name in specification.blended if weights[name] > 0}
    answers: Vector = np.sum([weights[name] * crossed[name] for name in specification.blended], axis=0)
    low, high = bounds(specification)
    band = spread_of(answers, y, level=specification.level, low=low, high=high)
    baselines, others = learn_baselines(taught.features, y, folds, numbers_of(taught.features, specification, segments), specification, seed)
    model = Model(specification, seed, len(taught), encoding, segments, known, weights, band, baselines, fingerprint_of(taught), {})
    outcome = taught.outcome.to_numpy().astype(np.float64)
    given = {name: within(back(one, specification), specification) for name, one in {"model": answers, **others}.items()}
    told = record(
        taught, specification, measured={name: point_measures(outcome, one) for name, one in given.items()},
        against=against(squared(outcome, given["model"]), {name: squared(outcome, one) for name, one in given.items() if name != "model"}, seed=seed),
        answer=model.predict, seed=seed,
    )  # fmt: skip
    return replace(model, record=told)


def cross_fit(
    features: pl.DataFrame, y: Vector, folds: npt.NDArray[np.int64], specification: Specification, seed: int
) -> tuple[dict[str, Vector], int]:
    """What each member answers for rows it has not seen, on the model's scale; and the rounds of boosting that did best."""
    rounds = 1
    if {"boosted", "twostage"} & set(specification.members):
        rounds = members.best_rounds(encode_crossed(features, y, folds, specification), y, folds, specification, seed)
    out: dict[str, Vector] = {name: np.empty(len(y)) for name in specification.blended}
    for fold in np.unique(folds):
        held = folds == fold
        own, other = features.filter(pl.Series(held)), features.filter(pl.Series(~held))
        inner = folds_of(int((~held).sum()), specification.folds, seed + 1 + int(fold))
        encoding, segments = learn_encoding(other, y[~held], specification), groups_of(other, specification)
        matrix = encode_crossed(other, y[~held], inner, specification)
        task = Task(matrix, spread(other, matrix, encoding, specification), numbers_of(other, specification, segments), y[~held], seed, rounds)
        mine = encode(own, encoding, specification)
        wide, segment = spread(own, mine, encoding, specification), numbers_of(own, specification, segments)
        for name in specification.blended:
            out[name][held] = members.answer(name, members.learn(name, task, specification), mine, wide, segment)
    return out, rounds


def blend(crossed: Mapping[str, Vector], y: Vector) -> dict[str, float]:
    """Weights of at least 0 that add up to 1 and do best on rows not seen (stacking: Wolpert, 1992; Breiman, 1996)."""
    from scipy.optimize import nnls

    names = list(crossed)
    if len(names) == 1:
        return {names[0]: 1.0}
    # a row that asks, a thousand times as loudly as the data, for a sum of 1
    loud = 1e3 * np.sqrt((y**2).sum() + 1.0)
    design = np.vstack([np.column_stack([crossed[name] for name in names]), np.full(len(names), loud)])
    found, _ = nnls(design, np.append(y, loud))
    found = np.where(found < 0.02, 0.0, found)
    return dict(zip(names, (found / found.sum()).tolist(), strict=True))


def groups_of(features: pl.DataFrame, specification: Specification) -> dict[str, int]:
    if not specification.segment:
        return {}
    return {text: at for at, text in enumerate(_joined(features, specification).unique().sort().to_list())}


def numbers_of(features: pl.DataFrame, specification: Specification, segments: Mapping[str, int]) -> npt.NDArray[np.int64]:
    """The number of each row's segment; -1 for one not seen."""
    if not segments:
        return np.full(features.height, -1, dtype=np.int64)
    return _joined(features, specification).replace_strict(dict(segments), default=-1, return_dtype=pl.Int64).to_numpy()


def _joined(features: pl.DataFrame, specification: Specification) -> pl.Series:
    return features.select(pl.concat_str([pl.col(name).fill_null("") for name in specification.segment], separator="\x1f")).to_series()
