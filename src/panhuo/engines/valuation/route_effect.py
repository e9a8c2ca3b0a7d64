"""What a route adds, from a history in which the accounts were not given to it by lot.

Augmented inverse probability weighting (Robins, Rotnitzky and Zhao, 1994) with answers of both models for rows they have not seen (Chernozhukov et al., 2018): right if either the
propensity or the outcome is modelled rightly. It cannot be right where what decided the route is not among the features, nor where accounts like these went one way only: the second is
seen and said; of the first only a lot can tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.learning import members
from panhuo.engines.valuation.learning.folding import folds_of
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
FEW = 0.05
"""Accounts whose chance of the route lies below this, or above one less it, hardly ever went the other way."""
_OVERLAP = 0.9
_FOLDS = 5
_FEWEST = 50


@dataclass(frozen=True, slots=True)
class RouteEffect:
    """naive: difference of the means as they are. effect: the mean effect on accounts that might have gone either way, with error and interval. overlap: their share.
    identified: whether history can say anything: enough of both, and nine in ten might have gone either way."""

    naive: float
    effect: float
    error: float
    low: float
    high: float
    overlap: float
    rows: int
    identified: bool

    @property
    def words(self) -> Words:
        if not self.identified:
            return Words(
                f"历史无法判断：只有 {self.overlap:.0%} 的账户两种去向都可能，其余几乎只走一种。请设随机对照",
                f"history cannot tell: only {self.overlap:.0%} of the accounts might have gone either way. Draw a lot",
            )
        if self.low <= 0 <= self.high:
            return Words("在控制可见特征后，看不出差别", "no difference beyond what is seen of the accounts")
        return Words(
            f"在可见特征相同时相差 {self.effect:+.1%}（表面相差 {self.naive:+.1%}）；未记录的挑选因素除外",
            f"{self.effect:+.1%} for accounts alike in what is seen ({self.naive:+.1%} as it looks); whatever else decided the route is not in it",
        )


def route_effect(outcome: Vector, treated: Flags, features: Matrix, *, seed: int = 0, level: float = 0.95) -> RouteEffect:
    """outcome: (n,) in [0, 1], the share recovered. treated: which went the route. features: (n, k) known before, no gaps. Raises InputUnusable for fewer than fifty on
    either way, gaps, or outcomes outside [0, 1]."""
    rows = len(outcome)
    if min(int(treated.sum()), int((~treated).sum())) < _FEWEST:
        raise _unusable("每种去向至少 50 户", "it takes fifty accounts on either way", "积累更多历史", "gather more history")
    if not (np.isfinite(outcome).all() and np.isfinite(features).all() and outcome.min() >= 0 and outcome.max() <= 1):
        raise _unusable(
            "结果须在 0 与 1 之间，特征不得缺失",
            "outcomes lie between 0 and 1 and features have no gaps",
            "先补齐或去掉",
            "fill them in or leave them out",
        )
    chance, on, off = np.empty(rows), np.empty(rows), np.empty(rows)
    folds = folds_of(rows, _FOLDS, seed)
    none = np.zeros(0, dtype=np.int64)
    for fold in range(_FOLDS):
        held = folds == fold
        wide = features[held]
        chance[held] = members.answer(
            "fractional", members.fractional(features[~held], treated[~held].astype(np.float64)) | {"high": 1.0}, wide, wide, none
        )
        for arm, into in ((True, on), (False, off)):
            taught = ~held & (treated == arm)
            into[held] = members.answer("fractional", members.fractional(features[taught], outcome[taught]) | {"high": 1.0}, wide, wide, none)
    either = (chance > FEW) & (chance < 1 - FEW)
    naive = float(outcome[treated].mean() - outcome[~treated].mean())
    overlap = float(either.mean())
    if either.sum() < _FEWEST:
        return RouteEffect(naive, math.nan, math.nan, math.nan, math.nan, overlap, rows, identified=False)
    p, t, y = chance[either], treated[either], outcome[either]
    scores = on[either] - off[either] + np.where(t, (y - on[either]) / p, -(y - off[either]) / (1 - p))
    effect, error = float(scores.mean()), float(scores.std(ddof=1) / math.sqrt(len(scores)))
    z = NormalDist().inv_cdf(0.5 + level / 2)
    return RouteEffect(naive, effect, error, effect - z * error, effect + z * error, overlap, rows, identified=overlap >= _OVERLAP)


def _unusable(zh: str, en: str, remedy_zh: str, remedy_en: str) -> InputUnusable:
    return InputUnusable("ROUTE_EFFECT_UNUSABLE", Words(zh, en), where="history", remedy=Words(remedy_zh, remedy_en))
