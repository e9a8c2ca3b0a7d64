"""The algorithms for outcomes that are one of a ladder of classes: counts, boosted trees, multinomial regression. Each answers chances that add up to 1.

Rows that are alike are one row with a weight: a panel of a million months holds some thousands of different pasts. Counts of rare pasts are drawn to those
of what they are part of (a Dirichlet prior at the wider group's shares); multinomial regression: McFadden (1974), by L-BFGS with a small ridge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.learning.design import Matrix
from panhuo.engines.valuation.learning.specification import Feature, Specification
from panhuo.engines.valuation.learning.trees import PATIENCE, best_round, booster, boosting, threads

Vector = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
_FLOOR = 1e-9
_RIDGE = 1.0
_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class ClassTask:
    """features: as they are, for counts. matrix, spread: encoded. outcome: numbers of classes. rounds of boosting."""

    features: pl.DataFrame
    matrix: Matrix
    spread: Matrix
    outcome: Numbers
    seed: int
    rounds: int


def learn(member: str, task: ClassTask, specification: Specification) -> dict[str, Any]:
    """What ``member`` has learnt, as plain data for :func:`chances`."""
    size = len(specification.target.classes)
    if member == "mean":
        return {"overall": _shares(np.bincount(task.outcome, minlength=size))}
    if member == "segment":
        return _counts(task.features, task.outcome, _chain(specification, specification.segment[-1]), size, 0.0)
    if member == "counts":
        return _counts(task.features, task.outcome, _chain(specification, _deepest(specification)), size, specification.shrink)
    if member == "boosted":
        return _grow(task.matrix, task.outcome, _boosting(specification, task.seed), task.rounds, size)
    if member == "lightgbm":
        return _grow(task.matrix, task.outcome, {"seed": task.seed}, _ROUNDS, size)
    return _softmax(task.spread, task.outcome, size)


def chances(member: str, known: Mapping[str, Any], features: pl.DataFrame, matrix: Matrix, spread: Matrix) -> Matrix:
    """(n, classes) of what :func:`learn` gave."""
    if member == "mean":
        return np.tile(np.asarray(known["overall"]), (len(matrix), 1))
    if member in ("segment", "counts"):
        return _counted(known, features)
    if member in ("boosted", "lightgbm"):
        return _grown(known, matrix)
    z = (spread - np.asarray(known["centre"])) / np.asarray(known["width"])
    return _soft(z @ np.asarray(known["weights"]) + np.asarray(known["constant"]))


def best_rounds(parts: list[tuple[Matrix, Numbers, Matrix, Numbers]], specification: Specification, seed: int) -> int:
    """How many rounds do best on rows not seen, over the folds together. parts: matrix and outcome of the rows that teach, and of those that are held."""
    lgb = boosting()

    size = len(specification.target.classes)
    curves = []
    for matrix, outcome, held, told in parts:
        errors: dict[str, Any] = {}
        train, weight = _weighed(matrix, outcome)
        test, test_weight = _weighed(held, told)
        data = lgb.Dataset(train[:, :-1], train[:, -1], weight=weight, free_raw_data=False)
        lgb.train(
            _parameters(_boosting(specification, seed), size, len(train)), data, specification.boosting.most,
            valid_sets=[data.create_valid(test[:, :-1], test[:, -1], weight=test_weight)],
            callbacks=[lgb.record_evaluation(errors), lgb.early_stopping(PATIENCE, verbose=False)],
        )  # fmt: skip
        curves.append((errors["valid_0"]["multi_logloss"], len(told)))
    return best_round(curves, specification.boosting.most)


def _weighed(matrix: Matrix, outcome: Numbers) -> tuple[Matrix, Vector]:
    """Different rows of the matrix with the outcome as last column, and how many of each there are, in an order that depends on them alone."""
    names = [f"c{k}" for k in range(matrix.shape[1])]
    frame = pl.DataFrame(matrix, schema=names).with_columns(pl.Series("y", outcome.astype(np.float64)))
    some = frame.group_by([*names, "y"]).len().sort([*names, "y"])
    return some.select(*names, "y").to_numpy().astype(np.float64), some["len"].to_numpy().astype(np.float64)


def _chain(specification: Specification, name: str) -> list[str]:
    """A category and what it is part of, the widest first."""
    parents: dict[str, Feature] = {feature.name: feature for feature in specification.features}
    chain = [name]
    while wider := parents[chain[0]].within:
        chain.insert(0, wider)
    return chain


def _deepest(specification: Specification) -> str:
    return max((f.name for f in specification.features if f.kind == "category"), key=lambda name: len(_chain(specification, name)))


def _shares(counts: npt.NDArray[Any]) -> list[float]:
    total = float(counts.sum())
    floored = np.maximum(counts / total if total else np.full(len(counts), 1 / len(counts)), _FLOOR)
    return (floored / floored.sum()).tolist()  # type: ignore[no-any-return]


def _counts(features: pl.DataFrame, outcome: Numbers, chain: list[str], size: int, shrink: float) -> dict[str, Any]:
    """Shares of the classes by each value of the last of ``chain``, each level drawn to the one above it by ``shrink`` rows."""
    tables: list[dict[str, list[float]]] = []
    overall = _shares(np.bincount(outcome, minlength=size))
    for depth in range(1, len(chain) + 1):
        keys = features.select(_joined(chain[:depth]))["key"]
        cells = pl.DataFrame({"key": keys, "y": outcome}).group_by("key", "y").len().sort("key", "y")
        table: dict[str, npt.NDArray[np.float64]] = {}
        for key, y, n in cells.iter_rows():
            table.setdefault(key, np.zeros(size))[y] = n
        wider = tables[-1] if tables else {}
        tables.append(
            {key: _shares(count + shrink * np.asarray(wider.get(key.rpartition("\x1f")[0], overall))) for key, count in table.items()}
        )  # fmt: skip
    return {"chain": chain, "tables": tables, "overall": overall}


def _joined(names: list[str]) -> pl.Expr:
    return pl.concat_str([pl.col(name).fill_null("") for name in names], separator="\x1f").alias("key")


def _counted(known: Mapping[str, Any], features: pl.DataFrame) -> Matrix:
    out = np.tile(np.asarray(known["overall"]), (features.height, 1))
    for depth, table in enumerate(known["tables"], 1):
        if not table:
            continue
        keys = features.select(_joined(list(known["chain"][:depth])))["key"]
        at = keys.replace_strict({key: k for k, key in enumerate(table)}, default=-1, return_dtype=pl.Int64).to_numpy()
        rows = np.asarray(list(table.values()))
        out[at >= 0] = rows[at[at >= 0]]
    return out


def _boosting(specification: Specification, seed: int) -> dict[str, Any]:
    b = specification.boosting
    return {
        "learning_rate": b.rate, "num_leaves": b.leaves, "min_data_in_leaf": b.least, "feature_fraction": b.columns, "lambda_l2": b.ridge, "seed": seed,
    }  # fmt: skip


def _parameters(own: Mapping[str, Any], size: int, rows: int) -> dict[str, Any]:
    fixed = {"objective": "multiclass", "metric": "multi_logloss", "num_class": size, "deterministic": True, "force_row_wise": True}
    return {**fixed, "num_threads": threads(rows), "verbosity": -1, **own}


def _grow(matrix: Matrix, outcome: Numbers, own: Mapping[str, Any], rounds: int, size: int) -> dict[str, Any]:
    lgb = boosting()

    present = np.unique(outcome)
    if len(present) < 2:
        return {"classes": present.tolist(), "size": size, "trees": ""}
    train, weight = _weighed(matrix, np.searchsorted(present, outcome))  # a class that never came has no trees and the floor for a chance
    booster = lgb.train(_parameters(own, len(present), len(train)), lgb.Dataset(train[:, :-1], train[:, -1], weight=weight), rounds)
    return {"classes": present.tolist(), "size": size, "trees": booster.model_to_string()}


def _grown(known: Mapping[str, Any], matrix: Matrix) -> Matrix:
    out = np.full((len(matrix), known["size"]), _FLOOR)
    if not known["trees"]:
        out[:, known["classes"]] = 1.0
    else:
        out[:, known["classes"]] = np.maximum(np.asarray(booster(known["trees"]).predict(matrix, num_threads=threads(len(matrix)))), _FLOOR)
    out /= out.sum(axis=1, keepdims=True)
    return out


def _softmax(spread: Matrix, outcome: Numbers, size: int) -> dict[str, Any]:
    from scipy.optimize import minimize

    some, weight = _weighed(spread, outcome)
    x, y = some[:, :-1], some[:, -1].astype(np.int64)
    centre = np.average(x, axis=0, weights=weight)
    width = np.sqrt(np.average((x - centre) ** 2, axis=0, weights=weight))
    width = np.where(width < _FLOOR, 1e300, width)
    z = np.column_stack([(x - centre) / width, np.ones(len(x))])
    told = np.zeros((len(y), size))
    told[np.arange(len(y)), y] = 1.0
    total = weight.sum()

    def loss(flat: Vector) -> tuple[float, Vector]:
        b = flat.reshape(z.shape[1], size)
        p = _soft(z @ b)
        penalty = b.copy()
        penalty[-1] = 0.0
        fit = -float(weight @ np.log(np.maximum(p[np.arange(len(y)), y], 1e-300)))
        gradient = z.T @ (weight[:, None] * (p - told)) + _RIDGE * penalty
        return (fit + 0.5 * _RIDGE * float((penalty**2).sum())) / total, gradient.ravel() / total

    start = np.zeros((z.shape[1], size))
    start[-1] = np.log(np.asarray(_shares(np.bincount(outcome, minlength=size))))
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x.reshape(z.shape[1], size)
    return {"centre": centre.tolist(), "width": width.tolist(), "weights": found[:-1].tolist(), "constant": found[-1].tolist()}


def _soft(line: Matrix) -> Matrix:
    raised = np.exp(line - line.max(axis=1, keepdims=True))
    p = np.maximum(raised / raised.sum(axis=1, keepdims=True), _FLOOR)
    return p / p.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]
