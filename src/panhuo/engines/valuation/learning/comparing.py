"""Models beside each other on the same rows: measures of each, and whether the first is better, worse or tied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from panhuo.engines.valuation.learning.class_measures import class_measures
from panhuo.engines.valuation.learning.classes import ClassModel
from panhuo.engines.valuation.learning.history import Rows, read_rows
from panhuo.engines.valuation.learning.judging import against, log_loss, squared
from panhuo.engines.valuation.learning.measures import band_measures, point_measures
from panhuo.engines.valuation.learning.model import Model
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

_NEAR = 1e-9


def compare(models: Mapping[str, Model | ClassModel], paths: Sequence[Path], *, seed: int = 0) -> dict[str, Any]:
    """models: by name, the first is compared with the others. ``n``: rows that every one of them answers and whose outcome is known. ``metrics`` of each;
    ``against``: the first beside each other one. Raises InputUnusable where their outcomes are not the same figure, or no row is common."""
    read = {name: read_rows(paths, model.specification).known for name, model in models.items()}
    common = sorted(set.intersection(*(set(rows.number.to_list()) for rows in read.values())))
    where = ", ".join(str(path) for path in paths)
    if not common:
        raise _refused(
            where,
            "没有各模型都能回答且结果已知的行",
            "no row with a known outcome is answered by all of them",
            "检查对象的条件",
            "check the populations",
        )
    kept = {name: rows.filter(rows.number.is_in(common)) for name, rows in read.items()}
    outcomes = [rows.outcome.to_numpy().astype(np.float64) for rows in kept.values()]
    kinds = {type(model) for model in models.values()}
    if len(kinds) > 1 or any(np.abs(other - outcomes[0]).max() > _NEAR * (1 + np.abs(outcomes[0]).max()) for other in outcomes[1:]):
        raise _refused(
            where,
            "这些模型预测的不是同一个结果",
            "these models do not predict the same outcome",
            "比较同一结果的模型",
            "compare models of one outcome",
        )
    losses, metrics = {}, {}
    for name, model in models.items():
        losses[name], metrics[name] = _judged(model, kept[name])
    first = next(iter(models))
    return {"n": len(common), "metrics": metrics, "against": against(losses.pop(first), losses, seed=seed)}


def _judged(model: Model | ClassModel, rows: Rows) -> tuple[np.ndarray[Any, Any], dict[str, float]]:
    if isinstance(model, ClassModel):
        told = rows.outcome.to_numpy().astype(np.int64)
        chances = model.chances(rows.features)
        return log_loss(told, chances), dict(class_measures(told, chances, model.specification.level)(np.arange(len(told))))
    outcome = rows.outcome.to_numpy().astype(np.float64)
    answer, lower, upper = (model.answer(rows)[name].to_numpy() for name in ("prediction", "lower", "upper"))
    return squared(outcome, answer), {**point_measures(outcome, answer), **band_measures(outcome, lower, upper)}


def _refused(where: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> InputUnusable:
    return InputUnusable("MODELS_NOT_COMPARABLE", Words(zh, en), where=where, remedy=Words(remedy_zh, remedy_en))
