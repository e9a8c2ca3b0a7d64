"""A model of an outcome that is one of a ladder of classes (a month's status): chances of each, by cross-fitting and blending as every other model.

``answer`` gives the most likely class, the shortest stretch of the ladder about it that holds the level's share of the chances, and the chances.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.learning import class_members
from panhuo.engines.valuation.learning.class_measures import class_measures, stretch
from panhuo.engines.valuation.learning.class_members import ClassTask
from panhuo.engines.valuation.learning.design import Encoding, Matrix, encode, encode_crossed, learn_encoding, spread
from panhuo.engines.valuation.learning.folding import folds_of, folds_of_rows
from panhuo.engines.valuation.learning.history import Rows, fingerprint_of
from panhuo.engines.valuation.learning.judging import against, log_loss
from panhuo.engines.valuation.learning.record import record
from panhuo.engines.valuation.learning.specification import Specification

Vector = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
KIND = "classes"
BASELINES = ("mean", "segment", "logistic", "lightgbm")
_TURNS = 200


@dataclass(frozen=True, slots=True)
class ClassModel:
    """known: what each member has learnt; weights: of the members, adding up to 1; baselines: what each of :data:`BASELINES` has learnt on the same rows."""

    specification: Specification
    seed: int
    rows: int
    encoding: Encoding
    known: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, Any]]
    fingerprint: str
    record: Mapping[str, Any]

    def chances(self, features: pl.DataFrame) -> Matrix:
        """(n, classes), each row adding up to 1."""
        matrix, wide = _matrices(features, self.encoding, self.specification)
        total = np.zeros((features.height, len(self.specification.target.classes)))
        for name, weight in sorted(self.weights.items()):
            if weight:
                total += weight * class_members.chances(name, self.known[name], features, matrix, wide)
        return total

    def baseline_chances(self, features: pl.DataFrame) -> dict[str, Matrix]:
        matrix, wide = _matrices(features, self.encoding, self.specification)
        return {name: class_members.chances(name, known, features, matrix, wide) for name, known in self.baselines.items()}

    def answer(self, rows: Rows) -> pl.DataFrame:
        """``row``, ``prediction`` (the most likely class), ``lower``, ``upper`` (classes), and ``p_<class>`` for each class of the ladder."""
        found = self.chances(rows.features)
        ladder = np.asarray(self.specification.target.classes)
        mode, lower, upper = stretch(found, self.specification.level)
        named = {"row": rows.number, "prediction": ladder[mode], "lower": ladder[lower], "upper": ladder[upper]}
        return pl.DataFrame({**named, **{f"p_{name}": found[:, k] for k, name in enumerate(ladder)}})

    def as_data(self) -> dict[str, Any]:
        return {
            "kind": KIND,
            "seed": self.seed,
            "rows": self.rows,
            "encoding": self.encoding.as_data(),
            "known": self.known,
            "weights": dict(self.weights),
            "baselines": self.baselines,
            "data": self.fingerprint,
            "record": self.record,
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any], specification: Specification) -> ClassModel:
        return cls(
            specification, int(data["seed"]), int(data["rows"]), Encoding.of_data(data["encoding"]), data["known"], data["weights"], data["baselines"],
            str(data["data"]), data["record"],
        )  # fmt: skip


def fit_classes(taught: Rows, *, specification: Specification, seed: int) -> ClassModel:
    """taught: rows whose outcome is known, as numbers of the classes."""
    y = taught.outcome.to_numpy().astype(np.int64)
    folds = folds_of_rows(taught, specification, seed)
    names = specification.blended
    parts = [_part(taught.features, y, folds, fold, specification, seed) for fold in np.unique(folds)]
    rounds = 1
    if "boosted" in specification.members:
        rounds = class_members.best_rounds([(task.matrix, task.outcome, mine, y[held]) for held, task, _, mine, _ in parts], specification, seed)
    crossed = {name: np.empty((len(y), len(specification.target.classes))) for name in names}
    for held, task, own, mine, wide in parts:
        ready = ClassTask(task.features, task.matrix, task.spread, task.outcome, seed, rounds)
        for name in names:
            crossed[name][held] = class_members.chances(name, class_members.learn(name, ready, specification), own, mine, wide)
    others = {name: np.empty_like(crossed[names[0]]) for name in baselines_of(specification)}
    for held, task, own, mine, wide in parts:
        for name in others:
            others[name][held] = class_members.chances(name, class_members.learn(name, task, specification), own, mine, wide)
    weights = blend_chances({name: crossed[name][np.arange(len(y)), y] for name in names})
    encoding = learn_encoding(taught.features, y.astype(np.float64), specification)
    matrix = encode_crossed(taught.features, y.astype(np.float64), folds, specification)
    whole = ClassTask(taught.features, matrix, spread(taught.features, matrix, encoding, specification), y, seed, rounds)
    model = ClassModel(
        specification, seed, len(taught), encoding,
        {name: class_members.learn(name, whole, specification) for name in names if weights[name] > 0}, weights,
        {name: class_members.learn(name, whole, specification) for name in others}, fingerprint_of(taught), {},
    )  # fmt: skip
    given = {"model": np.sum([weights[name] * crossed[name] for name in names], axis=0), **others}
    everything = np.arange(len(y))
    losses = {name: log_loss(y, one) for name, one in given.items()}
    told = record(
        taught, specification, measured={name: class_measures(y, one, specification.level)(everything) for name, one in given.items()},
        against=against(losses.pop("model"), losses, seed=seed), answer=model.chances, seed=seed,
    )  # fmt: skip
    return replace(model, record=told)


def baselines_of(specification: Specification) -> tuple[str, ...]:
    return tuple(name for name in BASELINES if name != "segment" or specification.segment)


def _part(
    features: pl.DataFrame, y: Numbers, folds: Numbers, fold: int, specification: Specification, seed: int
) -> tuple[npt.NDArray[np.bool_], ClassTask, pl.DataFrame, Matrix, Matrix]:
    """Which rows are held; what the others teach; the held rows' features, matrix and spread."""
    held = folds == fold
    own, other = features.filter(pl.Series(held)), features.filter(pl.Series(~held))
    told = y[~held]
    inner = folds_of(len(told), specification.folds, seed + 1 + int(fold))
    encoding = learn_encoding(other, told.astype(np.float64), specification)
    matrix = encode_crossed(other, told.astype(np.float64), inner, specification)
    mine, wide = _matrices(own, encoding, specification)
    return held, ClassTask(other, matrix, spread(other, matrix, encoding, specification), told, seed, 1), own, mine, wide


def _matrices(features: pl.DataFrame, encoding: Encoding, specification: Specification) -> tuple[Matrix, Matrix]:
    matrix = encode(features, encoding, specification)
    return matrix, spread(features, matrix, encoding, specification)


def blend_chances(told: Mapping[str, Vector]) -> dict[str, float]:
    """Weights of at least 0, adding up to 1, under which the outcomes were likeliest. told: the chance that each member gave to what came (EM for the shares of a
    mixture: Dempster, Laird and Rubin, 1977)."""
    names = list(told)
    given = np.column_stack([told[name] for name in names])
    weights = np.full(len(names), 1.0 / len(names))
    for _ in range(_TURNS):
        shared = given * weights
        shared /= shared.sum(axis=1, keepdims=True)
        moved = shared.mean(axis=0)
        if np.abs(moved - weights).max() < 1e-7:
            break
        weights = moved
    weights = np.where(weights < 0.02, 0.0, weights)
    return dict(zip(names, (weights / weights.sum()).tolist(), strict=True))
