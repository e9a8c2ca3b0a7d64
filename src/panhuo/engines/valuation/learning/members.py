"""The algorithms that are blended: boosted trees, ridge regression, fractional response, two stages, segment means. Each learns from a matrix and answers a
vector; what it has learnt is plain data (trees as LightGBM's own text), never a pickle.

Ridge: Hoerl and Kennard (1970), its strength by generalised cross-validation (Golub, Heath and Wahba, 1979). Fractional response: Papke and Wooldridge
(1996), the quasi-likelihood of a share in [0, 1], fitted by reweighted least squares. Boosting: Ke et al. (2017).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning.design import Matrix
from panhuo.engines.valuation.learning.specification import Boosting, Specification
from panhuo.engines.valuation.learning.trees import PATIENCE, best_round, booster, boosting, threads

Vector = npt.NDArray[np.float64]
_STRENGTHS = np.logspace(-2, 5, 22)
_STEPS = 30
_HALVINGS = 20
_EVEN = 1e-9


@dataclass(frozen=True, slots=True)
class Task:
    """What a member learns from: encoded matrix, spread matrix, segments (numbers), outcome on the model's scale; seed and rounds of boosting."""

    matrix: Matrix
    spread: Matrix
    segment: npt.NDArray[np.int64]
    outcome: Vector
    seed: int
    rounds: int


def learn(member: str, task: Task, specification: Specification) -> dict[str, Any]:
    """What ``member`` has learnt, as plain data for :func:`answer`."""
    if member == "boosted":
        return {"trees": _grow(task.matrix, task.outcome, specification, task.seed, task.rounds, "regression")}
    if member == "linear":
        return _ridge(task.spread, task.outcome)
    if member == "mean":
        return {"means": [], "overall": float(task.outcome.mean())}
    if member == "segment":
        return _means(task.segment, task.outcome, specification.shrink)
    high = float(specification.target.high or 1.0)
    if member == "fractional":
        return fractional(task.spread, task.outcome / high) | {"high": high}
    anything = task.outcome > 0.0
    return {
        "anything": _grow(task.matrix, anything.astype(np.float64), specification, task.seed, task.rounds, "binary"),
        "amount": _grow(task.matrix[anything], task.outcome[anything], specification, task.seed, task.rounds, "regression"),
    }


def answer(member: str, known: Mapping[str, Any], matrix: Matrix, spread: Matrix, segment: npt.NDArray[np.int64]) -> Vector:
    """(n,) of what :func:`learn` gave, on the model's scale."""
    if member == "boosted":
        return _trees(known["trees"], matrix)
    if member == "twostage":
        return _trees(known["anything"], matrix) * _trees(known["amount"], matrix)
    if member in ("segment", "mean"):
        table = np.append(np.asarray(known["means"], dtype=np.float64), known["overall"])  # the last: for a segment not seen
        return table[np.where((segment >= 0) & (segment < len(table) - 1), segment, len(table) - 1)]
    z = (spread - np.asarray(known["centre"])) / np.asarray(known["width"])
    line: Vector = z @ np.asarray(known["weights"]) + known["constant"]
    return line if member == "linear" else known["high"] / (1.0 + np.exp(-np.clip(line, -30, 30)))


def best_rounds(matrix: Matrix, outcome: Vector, folds: npt.NDArray[np.int64], specification: Specification, seed: int) -> int:
    """How many trees do best on rows they have not seen, over the folds together."""
    lgb = boosting()

    curves = []
    for fold in np.unique(folds):
        held = folds == fold
        errors: dict[str, Any] = {}
        train = lgb.Dataset(matrix[~held], outcome[~held], free_raw_data=False)
        lgb.train(
            _parameters(specification, seed, "regression", len(matrix)), train, specification.boosting.most,
            valid_sets=[train.create_valid(matrix[held], outcome[held])],
            callbacks=[lgb.record_evaluation(errors), lgb.early_stopping(PATIENCE, verbose=False)],
        )  # fmt: skip
        curves.append((errors["valid_0"]["l2"], int(held.sum())))
    return best_round(curves, specification.boosting.most)


def _parameters(specification: Specification, seed: int, objective: str, rows: int) -> dict[str, Any]:
    b: Boosting = specification.boosting
    return {
        "objective": objective, "learning_rate": b.rate, "num_leaves": b.leaves, "min_data_in_leaf": b.least, "feature_fraction": b.columns,
        "bagging_fraction": b.rows, "bagging_freq": 1, "lambda_l2": b.ridge, "monotone_constraints": [f.monotone for f in specification.features],
        "seed": seed, "deterministic": True, "force_row_wise": True, "num_threads": threads(rows), "verbosity": -1, "metric": "l2" if objective == "regression" else "binary_logloss",
    }  # fmt: skip


def _grow(matrix: Matrix, outcome: Vector, specification: Specification, seed: int, rounds: int, objective: str) -> list[str]:
    lgb = boosting()

    if len(outcome) < 2 or np.ptp(outcome) < _EVEN:
        return [f"constant {outcome.mean() if len(outcome) else 0.0!r}"]
    return [
        lgb.train(_parameters(specification, seed + k, objective, len(matrix)), lgb.Dataset(matrix, outcome), rounds).model_to_string()
        for k in range(specification.boosting.seeds)
    ]


def _trees(texts: list[str], matrix: Matrix) -> Vector:
    total = np.zeros(len(matrix))
    for text in texts:
        if text.startswith("constant "):
            total += float(text.split(" ")[1])
        else:
            total += booster(text).predict(matrix, num_threads=threads(len(matrix)))
    return total / len(texts)


def _scaled(spread: Matrix) -> tuple[Matrix, Vector, Vector]:
    centre, width = spread.mean(axis=0), spread.std(axis=0)
    width = np.where(width < _EVEN, np.inf, width)  # a column that never changes says nothing
    return (spread - centre) / width, centre, np.where(np.isinf(width), 1e300, width)


def _ridge(spread: Matrix, outcome: Vector) -> dict[str, Any]:
    z, centre, width = _scaled(spread)
    constant = float(outcome.mean())
    u, d, vt = np.linalg.svd(z, full_matrices=False)
    along = u.T @ (outcome - constant)
    rest = float(((outcome - constant) ** 2).sum() - (along**2).sum())
    scores = []
    for strength in _STRENGTHS:
        kept = d**2 / (d**2 + strength)
        error = float((((1 - kept) * along) ** 2).sum()) + max(rest, 0.0)
        scores.append(error / max(1.0, len(outcome) - 1 - kept.sum()) ** 2)
    strength = _STRENGTHS[int(np.argmin(scores))]
    weights = vt.T @ (d / (d**2 + strength) * along)
    return {"centre": centre.tolist(), "width": width.tolist(), "weights": weights.tolist(), "constant": constant}


def fractional(spread: Matrix, share: Vector) -> dict[str, Any]:
    z, centre, width = _scaled(spread)
    share = np.clip(share, 0.0, 1.0)
    design = np.column_stack([np.ones(len(z)), z])
    penalty = np.diag([0.0, *[np.sqrt(len(z))] * z.shape[1]])
    weights = np.zeros(design.shape[1])
    mean = np.clip(share.mean(), 1e-3, 1 - 1e-3)
    weights[0] = np.log(mean / (1 - mean))
    reached = _likelihood(design, share, penalty, weights)
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (share - p) - penalty @ weights
        curvature = (design * (p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.lstsq(curvature + 1e-8 * np.eye(len(weights)), gradient, rcond=None)[0]
        for _ in range(_HALVINGS):  # where outcomes are rare a whole step can leap past the top, and further each time
            there = _likelihood(design, share, penalty, weights + step)
            if there >= reached:
                break
            step = step / 2
        else:
            break
        weights, reached = weights + step, there
        if np.abs(step).max() < 1e-8:
            break
    return {"centre": centre.tolist(), "width": width.tolist(), "weights": weights[1:].tolist(), "constant": float(weights[0])}


def _likelihood(design: Matrix, share: Vector, penalty: Matrix, weights: Vector) -> float:
    """The quasi-likelihood of shares, less the penalty."""
    line = design @ weights
    return float((share * line - np.logaddexp(0.0, line)).sum() - 0.5 * weights @ penalty @ weights)


def _means(segment: npt.NDArray[np.int64], outcome: Vector, shrink: float) -> dict[str, Any]:
    overall = float(outcome.mean())
    size = int(segment.max(initial=-1)) + 1
    inside = segment >= 0
    sums, counts = np.zeros(size), np.zeros(size)
    np.add.at(sums, segment[inside], outcome[inside])
    np.add.at(counts, segment[inside], 1.0)
    return {"means": ((sums + shrink * overall) / (counts + shrink)).tolist() if size else [], "overall": overall}
