"""What a model must beat: the mean, the segment's mean, a linear regression, a fractional response, a single LightGBM as it comes.

Each is fitted on the rows that teach the model and kept with it, so that any file tells both. Their bands are made as the model's are, so that the
comparison is of answers and not of how bands are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.learning import members
from panhuo.engines.valuation.learning.design import Encoding, encode, encode_crossed, learn_encoding, spread
from panhuo.engines.valuation.learning.intervals import Spread, spread_of
from panhuo.engines.valuation.learning.members import Task
from panhuo.engines.valuation.learning.scale import back, bounds
from panhuo.engines.valuation.learning.specification import Boosting, Specification

Vector = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
_KINDS = {"lightgbm": "boosted"}
_ROUNDS = 100
"""LightGBM's own number of rounds; leaves, rate and the rest are its own too."""


def plain(specification: Specification) -> Specification:
    """The specification as the baselines have it: LightGBM's own settings, no direction imposed."""
    own = Boosting(leaves=31, rate=0.1, least=20, seeds=1, columns=1.0, rows=1.0, ridge=0.0)
    loose = tuple(feature.model_copy(update={"monotone": 0}) for feature in specification.features)
    return specification.model_copy(update={"boosting": own, "features": loose, "shrink": 0.0 if not specification.segment else specification.shrink})


def names_of(specification: Specification) -> tuple[str, ...]:
    """The baselines there are for it."""
    share = specification.target.low == 0.0 and specification.target.high is not None
    return ("mean", *(("segment",) if specification.segment else ()), "linear", *(("fractional",) if share else ()), "lightgbm")


@dataclass(frozen=True, slots=True)
class Baselines:
    """What each baseline has learnt, and how far off each was on rows it had not seen."""

    known: Mapping[str, Mapping[str, Any]]
    encoding: Encoding
    spreads: Mapping[str, Spread]

    def as_data(self) -> dict[str, Any]:
        return {
            "known": self.known,
            "encoding": self.encoding.as_data(),
            "spreads": {name: spread.as_data() for name, spread in self.spreads.items()},
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Baselines:
        return cls(data["known"], Encoding.of_data(data["encoding"]), {name: Spread.of_data(one) for name, one in data["spreads"].items()})

    def answer(self, features: pl.DataFrame, segment: Numbers, specification: Specification) -> dict[str, Vector]:
        """(n,) of each, on the outcome's scale, clipped as the model's answers are."""
        target = specification.target
        found = _answers(self.known, self.encoding, features, segment, plain(specification))
        return {name: np.clip(back(one, specification), _or(target.low, -np.inf), _or(target.high, np.inf)) for name, one in found.items()}


def learn_baselines(
    features: pl.DataFrame, y: Vector, folds: Numbers, segment: Numbers, specification: Specification, seed: int
) -> tuple[Baselines, dict[str, Vector]]:
    """The baselines, and what each answers for rows it has not seen, on the model's scale. y: the outcome on that scale. segment: numbers of the rows' segments."""
    simple = plain(specification)
    crossed = {name: np.empty(len(y)) for name in names_of(specification)}
    for fold in np.unique(folds):
        held = folds == fold
        known, encoding = _learn(features.filter(pl.Series(~held)), y[~held], folds[~held], segment[~held], simple, seed)
        for name, found in _answers(known, encoding, features.filter(pl.Series(held)), segment[held], simple).items():
            crossed[name][held] = found
    low, high = bounds(specification)
    spreads = {name: spread_of(found, y, level=specification.level, low=low, high=high) for name, found in crossed.items()}
    return Baselines(*_learn(features, y, folds, segment, simple, seed), spreads), crossed


def _learn(
    features: pl.DataFrame, y: Vector, folds: Numbers, segment: Numbers, simple: Specification, seed: int
) -> tuple[dict[str, dict[str, Any]], Encoding]:
    encoding = learn_encoding(features, y, simple)
    matrix = encode_crossed(features, y, folds, simple)
    task = Task(matrix, spread(features, matrix, encoding, simple), segment, y, seed, _ROUNDS)
    return {name: members.learn(_KINDS.get(name, name), task, simple) for name in names_of(simple)}, encoding


def _answers(
    known: Mapping[str, Mapping[str, Any]], encoding: Encoding, features: pl.DataFrame, segment: Numbers, simple: Specification
) -> dict[str, Vector]:
    matrix = encode(features, encoding, simple)
    wide = spread(features, matrix, encoding, simple)
    return {name: np.asarray(members.answer(_KINDS.get(name, name), found, matrix, wide, segment)) for name, found in known.items()}


def _or(bound: float | None, otherwise: float) -> float:
    return otherwise if bound is None else bound
