"""What is written down while a model is fitted: how it did on rows not seen beside its baselines, what its answers hang on, of whom it knows.

All of it is plain data in the model's file, so that a card can be written and drift be seen without the history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.learning.history import Rows
from panhuo.engines.valuation.learning.specification import Specification
from panhuo.kernel.randomness import stream

Vector = npt.NDArray[np.float64]
_SHUFFLED = 2_000
_BINS = 10
_MOST_VALUES = 20
OTHER = "\x00other"


def moves(features: pl.DataFrame, answer: Callable[[pl.DataFrame], npt.NDArray[np.float64]], *, seed: int) -> dict[str, float]:
    """How far answers move, on average, when one feature is shuffled among at most 2,000 rows and the others stay: what they hang on (Breiman, 2001, of the
    answers and not of their errors, so that no outcome is needed). Of chances: half the sum of the differences."""
    draw = stream(seed, "moves", features.height)
    some = features[np.sort(draw.permutation(features.height)[:_SHUFFLED])]
    whole = answer(some)
    found = {}
    for name in features.columns:
        other = answer(some.with_columns(some[name][draw.permutation(some.height)]))
        apart = np.abs(other - whole)
        found[name] = float(apart.mean() if apart.ndim == 1 else apart.sum(axis=1).mean() / 2)
    return found


def shares(features: pl.DataFrame, specification: Specification) -> dict[str, dict[str, Any]]:
    """Of each feature how its values lie: ``edges`` and ``shares`` of a number's tenths, ``shares`` of a category's commonest values; what drift is seen from."""
    found: dict[str, dict[str, Any]] = {}
    for feature in specification.features:
        values = features[feature.name]
        if feature.kind == "category":
            counted = values.fill_null("").value_counts().sort(["count", feature.name], descending=[True, False])[:_MOST_VALUES]
            known = dict(zip(counted[feature.name].to_list(), (counted["count"] / features.height).to_list(), strict=True))
            found[feature.name] = {"shares": {**known, OTHER: max(0.0, 1.0 - sum(known.values()))}}
            continue
        edges = _edges(values.drop_nulls().to_numpy())
        found[feature.name] = {"edges": edges, "shares": share_in(values, edges)}
    return found


def _edges(told: Vector) -> list[float]:
    return sorted(set(np.quantile(told, np.linspace(0, 1, _BINS + 1)[1:-1]).tolist())) if len(told) else []


def _answers(found: npt.NDArray[np.float64]) -> dict[str, Any]:
    """How answers for those who taught lie: of figures tenths, of chances the mean of each."""
    if found.ndim == 2:
        return {"shares": found.mean(axis=0).tolist()}
    edges = _edges(found)
    return {"edges": edges, "shares": share_in(pl.Series(found), edges)}


def share_in(values: pl.Series, edges: list[float]) -> list[float]:
    """The share of ``values`` up to each edge, above the last, and without a value."""
    told = values.drop_nulls().to_numpy()
    counts = np.bincount(np.searchsorted(np.asarray(edges, dtype=np.float64), told, side="left"), minlength=len(edges) + 1)
    return [*(counts / max(1, len(values))).tolist(), values.null_count() / max(1, len(values))]


def record(
    taught: Rows,
    specification: Specification,
    *,
    measured: Mapping[str, Mapping[str, float]],
    against: Mapping[str, Mapping[str, Any]],
    answer: Callable[[pl.DataFrame], npt.NDArray[np.float64]],
    seed: int,
) -> dict[str, Any]:
    """measured, against: on rows not seen, of the model and its baselines. answer: of the finished model."""
    time = None if taught.time is None else taught.time.drop_nulls()
    return {
        "measured": {name: dict(one) for name, one in measured.items()},
        "against": {name: dict(one) for name, one in against.items()},
        "moves": moves(taught.features, answer, seed=seed),
        "features": shares(taught.features, specification),
        "answers": _answers(answer(taught.features)),
        "outcome": outcome_of(taught, specification),
        "time": None if time is None or not len(time) else [float(time.min()), float(time.max())],  # type: ignore[arg-type]
    }


def outcome_of(rows: Rows, specification: Specification) -> dict[str, Any]:
    """How outcomes lie: of figures the mean and percentiles, of classes their shares."""
    told = rows.outcome.drop_nulls().to_numpy()
    classes = specification.target.classes
    if classes:
        counts = np.bincount(told.astype(np.int64), minlength=len(classes))
        return {"shares": dict(zip(classes, (counts / max(1, len(told))).tolist(), strict=True))}
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    return {"mean": float(told.mean()), "percentiles": dict(zip(map(str, levels), np.quantile(told, levels).tolist(), strict=True))}
