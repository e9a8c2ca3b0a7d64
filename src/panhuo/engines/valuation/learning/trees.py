"""Where boosted trees come from: LightGBM (Ke et al., 2017), an extra of Panhuo's that only training and trained models need."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.words import Words

PATIENCE = 50
"""Rounds without a gain after which no more are tried."""
_MANY = 20_000


def threads(rows: int) -> int:
    """LightGBM gives the same trees on any number of threads (``deterministic``); few rows are not worth starting more than one. 0: all there are."""
    return 0 if rows >= _MANY else 1


def best_round(curves: Sequence[tuple[Sequence[float], int]], most: int) -> int:
    """How many rounds do best over the folds together. curves: error by round, and the rows it is of; one that ended early stays where it was."""
    total = np.zeros(most)
    for curve, rows in curves:
        total += np.append(curve, np.full(most - len(curve), curve[-1])) * rows
    return max(1, int(np.argmin(total)) + 1)


@functools.lru_cache(maxsize=32)
def booster(text: str) -> Any:
    """LightGBM's own text of trees, read once for many answers."""
    return boosting().Booster(model_str=text)


def boosting() -> Any:
    """LightGBM's module. Raises ConfigurationInvalid where it is not installed."""
    try:
        import lightgbm
    except ImportError as error:
        raise ConfigurationInvalid(
            "MODELS_MISSING",
            Words("没有安装训练模型所需的 LightGBM", "LightGBM, which models are trained with, is not installed"),
            where="panhuo[models]",
            remedy=Words("pip install 'panhuo[models]'，或在检出目录运行 make setup", "pip install 'panhuo[models]', or make setup in a checkout"),
        ) from error
    return lightgbm
