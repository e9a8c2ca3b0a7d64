"""Histories that teach nothing, or the wrong thing: too few rows, an outcome that never changes, a feature that is the outcome in disguise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning.design import Matrix
from panhuo.engines.valuation.learning.history import Rows
from panhuo.engines.valuation.learning.measures import auc, correlation, rank_correlation
from panhuo.engines.valuation.learning.specification import Specification
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

Vector = npt.NDArray[np.float64]
TOO_GOOD = 0.995
"""A single feature that orders the outcomes so well is the outcome, or was written down after it."""
_LEAST_TOLD = 30


def refuse_what_teaches_nothing(taught: Rows, specification: Specification) -> None:
    """Raises InputUnusable. taught: rows whose outcome is known."""
    if len(taught) < specification.least:
        raise _refused(
            "MODEL_TOO_FEW",
            f"结果已知的只有 {len(taught):,} 行",
            f"the outcome is known of {len(taught):,} row(s) only",
            specification,
            f"至少需要 {specification.least} 行",
            f"give at least {specification.least}",
        )
    if taught.outcome.n_unique() < 2:
        raise _refused(
            "MODEL_OUTCOME_CONSTANT",
            f"{len(taught):,} 行的结果全都相同",
            f"the outcome of all {len(taught):,} rows is the same",
            specification,
            f"检查结果的定义：{specification.target.sql}",
            f"check what the outcome is: {specification.target.sql}",
        )


def refuse_disguises(matrix: Matrix, outcome: Vector, specification: Specification) -> None:
    """Raises InputUnusable naming each feature that orders the outcomes all but perfectly. matrix: categories encoded by other rows."""
    two = len(np.unique(outcome)) == 2
    found = []
    for at, feature in enumerate(specification.features):
        there = ~np.isnan(matrix[:, at])
        if there.sum() < max(_LEAST_TOLD, 0.5 * len(outcome)) or np.ptp(outcome[there]) == 0:
            continue
        value, told = matrix[there, at], outcome[there]
        told_apart = (
            abs(2.0 * auc(told == told.max(), value) - 1.0) if two else max(abs(rank_correlation(value, told)), abs(correlation(value, told)))
        )
        if told_apart > TOO_GOOD:
            found.append(feature.name)
    if found:
        raise _refused(
            "MODEL_FEATURE_IS_OUTCOME",
            f"特征 {'、'.join(found)} 几乎就是结果本身，多半在结果之后才记录",
            f"the feature(s) {', '.join(found)} all but are the outcome: most likely written down after it",
            specification,
            "从规格中去掉，或改用预测时已知的列",
            "take it out of the specification, or use a column known when the answer is wanted",
        )


def _refused(code: str, zh: str, en: str, specification: Specification, remedy_zh: str, remedy_en: str) -> InputUnusable:
    return InputUnusable(code, Words(zh, en), where=specification.name, remedy=Words(remedy_zh, remedy_en))
