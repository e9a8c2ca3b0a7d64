"""The scale a model works on: the outcome itself, or its logarithm where errors grow with the amount."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning.specification import Specification

Vector = npt.NDArray[np.float64]


def forth(outcome: Vector, specification: Specification) -> Vector:
    """The outcome on the model's scale."""
    return np.log(outcome) if specification.scale == "log" else outcome


def bounds(specification: Specification) -> tuple[float | None, float | None]:
    """The target's bounds on the model's scale."""
    low, high = specification.target.low, specification.target.high
    if specification.scale == "log":
        return (None if low is None else float(np.log(low))), (None if high is None else float(np.log(high)))
    return low, high


def within(answers: Vector, specification: Specification) -> Vector:
    """Answers kept to the target's bounds."""
    low, high = specification.target.low, specification.target.high
    return answers if low is None and high is None else np.clip(answers, low, high)


def back(answers: Vector, specification: Specification) -> Vector:
    """Answers on the outcome's own scale. Of a logarithm: the median, which is what a price is quoted as."""
    return np.exp(answers) if specification.scale == "log" else answers
