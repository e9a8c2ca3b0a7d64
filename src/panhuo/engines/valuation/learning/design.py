"""Features as a matrix: numbers with their gaps, categories by their own means, shrunk to those of what they are part of.

A category's mean over the rows that taught it says too much of each of those rows. While fitting, a row's category is therefore encoded by the other folds
(cross-fitting); a new row's by all. Rare categories are drawn to the mean of what they are part of, and that to the mean of all (Micci-Barreca, 2001).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.learning.specification import Feature, Specification

Matrix = npt.NDArray[np.float64]
FEW_LEVELS = 12
"""Categories of so few values stand as columns of their own in the linear members."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """means: of each value of each category, shrunk. levels: the values that have columns of their own. overall: the mean of all. middle: of each number."""

    means: Mapping[str, Mapping[str, float]]
    levels: Mapping[str, tuple[str, ...]]
    overall: float
    middle: Mapping[str, float]

    def as_data(self) -> dict[str, Any]:
        return {
            "means": {name: dict(found) for name, found in self.means.items()},
            "levels": {name: list(found) for name, found in self.levels.items()},
            "overall": self.overall,
            "middle": dict(self.middle),
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Encoding:
        return cls(data["means"], {name: tuple(found) for name, found in data["levels"].items()}, data["overall"], data["middle"])


def learn_encoding(features: pl.DataFrame, outcome: npt.NDArray[np.float64], specification: Specification) -> Encoding:
    """What of ``features`` is to be remembered. outcome: on the model's scale."""
    overall = float(outcome.mean())
    means: dict[str, dict[str, float]] = {}
    levels: dict[str, tuple[str, ...]] = {}
    for feature in specification.features:
        if feature.kind != "category":
            continue
        found = _by_value(features, feature, outcome)
        wider = pl.lit(overall)
        if feature.within:
            wider = pl.col(feature.within).replace_strict(means[feature.within], default=overall, return_dtype=pl.Float64)
        mean = (pl.col("sum") + specification.shrink * wider) / (pl.col("n") + specification.shrink)
        shrunk = found.select(feature.name, mean.alias("mean"))
        means[feature.name] = dict(zip(shrunk[feature.name].to_list(), shrunk["mean"].to_list(), strict=True))
        if shrunk.height <= FEW_LEVELS:
            levels[feature.name] = tuple(sorted(means[feature.name]))
    middle = {f.name: float(features[f.name].median() or 0.0) for f in specification.features if f.kind == "number"}  # type: ignore[arg-type]
    return Encoding(means, levels, overall, middle)


def _by_value(features: pl.DataFrame, feature: Feature, outcome: npt.NDArray[np.float64]) -> pl.DataFrame:
    """The values of a category, each once, with what it is part of, ``sum`` of the outcome and ``n``; added up in the order of the rows, so that the same rows
    give the same bits. A name that stands in two places counts where it is commonest."""
    keys = [feature.name, *([feature.within] if feature.within else [])]
    named = features[feature.name].is_not_null()
    cells = features.filter(named).select(keys)
    places = cells.unique().sort(keys)
    codes = cells.join(places.with_row_index("code"), on=keys, how="left", nulls_equal=True, maintain_order="left")["code"].to_numpy()
    sums = np.bincount(codes, weights=outcome[named.to_numpy()], minlength=places.height)
    counts = np.bincount(codes, minlength=places.height)
    found = places.with_columns(pl.Series("sum", sums, dtype=pl.Float64), pl.Series("n", counts, dtype=pl.Int64))
    return found.sort(["n", *keys], descending=[True, *[False] * len(keys)], nulls_last=True).unique(feature.name, keep="first", maintain_order=True)


def encode(features: pl.DataFrame, encoding: Encoding, specification: Specification) -> Matrix:
    """(n, features): numbers as they are with NaN for gaps, categories by their means."""
    return features.select(_encoded(feature, encoding) for feature in specification.features).to_numpy().astype(np.float64)


def _encoded(feature: Feature, encoding: Encoding) -> pl.Expr:
    if feature.kind == "number":
        return pl.col(feature.name).fill_null(float("nan"))
    wider = pl.lit(encoding.overall)
    if feature.within:
        wider = pl.col(feature.within).replace_strict(dict(encoding.means[feature.within]), default=encoding.overall, return_dtype=pl.Float64)
    own = pl.col(feature.name).replace_strict(dict(encoding.means[feature.name]), default=None, return_dtype=pl.Float64)
    return pl.coalesce(own, wider).alias(feature.name)


def encode_crossed(features: pl.DataFrame, outcome: npt.NDArray[np.float64], folds: npt.NDArray[np.int64], specification: Specification) -> Matrix:
    """As :func:`encode`, each row's categories by the rows of other folds."""
    if not any(feature.kind == "category" for feature in specification.features):
        return encode(features, learn_encoding(features, outcome, specification), specification)
    out = np.empty((features.height, len(specification.features)))
    for fold in np.unique(folds):
        held = folds == fold
        known = learn_encoding(features.filter(pl.Series(~held)), outcome[~held], specification)
        out[held] = encode(features.filter(pl.Series(held)), known, specification)
    return out


def spread(features: pl.DataFrame, matrix: Matrix, encoding: Encoding, specification: Specification) -> Matrix:
    """The matrix for linear members: gaps at the middle with a column that says so, categories of few values as columns, the others by their means."""
    columns = []
    for at, feature in enumerate(specification.features):
        if feature.kind == "number":
            gap = np.isnan(matrix[:, at])
            columns += [np.where(gap, encoding.middle[feature.name], matrix[:, at]), gap.astype(np.float64)]
        elif feature.name in encoding.levels:
            cells = features[feature.name]
            columns += [(cells == level).fill_null(value=False).to_numpy().astype(np.float64) for level in encoding.levels[feature.name]]
        else:
            columns.append(matrix[:, at])
    return np.column_stack(columns)
