"""Why an answer is what it is: a starting point and what each feature added to it or took away, which add up to the answer.

Every member of the blend is explained in its own terms and weighed as it is in the blend: trees by the steps along their paths (:mod:`.attribution`), a ridge by its terms, a segment's mean by
its distance from the mean of all. Where a member bends a sum (a share's logistic curve, the logarithm of a price) what the sum's terms added is scaled so that it adds up after the bend; of a
product of two stages each has half of what they did together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.learning.attribution import attributed
from panhuo.engines.valuation.learning.design import Encoding, Matrix, encode, spread
from panhuo.engines.valuation.learning.members import answer
from panhuo.engines.valuation.learning.model import Model, numbers_of
from panhuo.engines.valuation.learning.scale import back
from panhuo.engines.valuation.learning.specification import Specification

Vector = npt.NDArray[np.float64]
Bend = Callable[[Vector], Vector]
_STILL = 1e-9


def explain(model: Model, features: pl.DataFrame) -> tuple[Vector, Matrix]:
    """(n,) where each answer starts, and (n, features) what each feature added to it, in the order of the specification: together what :meth:`.Model.predict` answers."""
    specification = model.specification
    matrix = encode(features, model.encoding, specification)
    wide = spread(features, matrix, model.encoding, specification)
    segment = numbers_of(features, specification, model.segments)
    start, added = np.zeros(len(matrix)), np.zeros((len(matrix), len(specification.features)))
    for name, weight in sorted(model.weights.items()):
        if weight:
            own_start, own = _of_member(name, model, matrix, wide, segment)
            start += weight * own_start
            added += weight * own
    return _bent(start, added, lambda values: back(values, specification))


def reasons(model: Model, features: pl.DataFrame, *, most: int = 3) -> pl.DataFrame:
    """``start``, ``prediction`` and the features that moved each answer most, the furthest first: ``reason_1``, ``moved_1``, ..."""
    start, added = explain(model, features)
    names = np.asarray([feature.name for feature in model.specification.features])
    order = np.argsort(-np.abs(added), axis=1, kind="stable")[:, :most]
    columns: dict[str, Any] = {"start": start, "prediction": start + added.sum(axis=1)}
    for k in range(order.shape[1]):
        columns[f"reason_{k + 1}"] = names[order[:, k]]
        columns[f"moved_{k + 1}"] = np.take_along_axis(added, order[:, k : k + 1], axis=1)[:, 0]
    return pl.DataFrame(columns)


def _of_member(name: str, model: Model, matrix: Matrix, wide: Matrix, segment: npt.NDArray[np.int64]) -> tuple[Vector, Matrix]:
    known, count = model.known[name], matrix.shape[1]
    if name == "boosted":
        return _forest(known["trees"], matrix, lambda values: values)
    if name == "twostage":
        p0, p = _forest(known["anything"], matrix, _sigmoid)
        a0, a = _forest(known["amount"], matrix, lambda values: values)
        chance, amount = p0 + p.sum(axis=1), a0 + a.sum(axis=1)
        return p0 * a0, p * ((amount + a0) / 2)[:, None] + a * ((chance + p0) / 2)[:, None]
    if name in ("linear", "fractional"):
        terms = (wide - np.asarray(known["centre"])) / np.asarray(known["width"]) * np.asarray(known["weights"])
        owners = _owners(model.encoding, model.specification)
        added = np.column_stack([terms[:, owners == k].sum(axis=1) for k in range(count)])
        start = np.full(len(matrix), float(known["constant"]))
        return (start, added) if name == "linear" else _bent(start, added, lambda values: known["high"] * _sigmoid(values))
    told = answer(name, known, matrix, wide, segment)
    start, added = np.full(len(matrix), float(known["overall"])), np.zeros((len(matrix), count))
    own = [k for k, feature in enumerate(model.specification.features) if feature.name in model.specification.segment]
    for k in own if name == "segment" else ():
        added[:, k] = (told - known["overall"]) / len(own)
    return start, added


def _forest(texts: list[str], matrix: Matrix, bend: Bend) -> tuple[Vector, Matrix]:
    """The mean of several forests, each bent by itself as it answers."""
    start, added = np.zeros(len(matrix)), np.zeros(matrix.shape)
    for text in texts:
        if text.startswith("constant "):
            start += float(text.split(" ")[1])
            continue
        root, own = attributed(text, matrix, matrix.shape[1])
        bent_start, bent = _bent(np.full(len(matrix), root), own, bend)
        start, added = start + bent_start, added + bent
    return start / len(texts), added / len(texts)


def _bent(start: Vector, added: Matrix, bend: Bend) -> tuple[Vector, Matrix]:
    """After ``bend``: the start bent, and what was added scaled so that it leads to the bent sum."""
    total = added.sum(axis=1)
    begun = bend(start)
    # where hardly anything was added in all, the slope there
    still = np.abs(total) < _STILL
    moved = np.where(still, 1e-6, total)
    factor = (bend(start + moved) - begun) / moved
    return begun, added * factor[:, None]


def _sigmoid(values: Vector) -> Vector:
    found: Vector = 1.0 / (1.0 + np.exp(-np.clip(values, -30, 30)))
    return found


def _owners(encoding: Encoding, specification: Specification) -> npt.NDArray[np.int64]:
    """Which feature each column of the spread matrix is of."""
    out: list[int] = []
    for at, feature in enumerate(specification.features):
        columns: Mapping[str, int] = {"number": 2}
        out += [at] * (columns.get(feature.kind) or len(encoding.levels.get(feature.name, (None,))))
    return np.asarray(out, dtype=np.int64)
