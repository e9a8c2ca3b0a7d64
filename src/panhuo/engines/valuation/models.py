"""The socket for recovery models, and the one that ships: published stage rates scaled by a scorecard.

A trained model joins by offering the same two verbs and a name in ``MODELS``; fitting, comparing and governing models are not
its business here. What it returns is used as it stands: a curve whose rows sum to at most 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.curve import curves
from panhuo.engines.valuation.points import Scores, score
from panhuo.engines.valuation.policy import ValuationPolicy
from panhuo.kernel.documents import fingerprint
from panhuo.kernel.routes import Curve
from panhuo.kernel.stages import months_overdue


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why each account's curve is what it is.

    score, multiplier: (n,) or None for a model that has none. reasons: reason_1..3 (codes, null where there is none),
    reasons, reasons_en (text), one row an account.
    """

    score: npt.NDArray[np.int32] | None
    multiplier: npt.NDArray[np.float64] | None
    reasons: pl.DataFrame


class RecoveryModel(Protocol):
    """What a model answers. ``version`` changes with anything that changes its answers."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def curve(self, accounts: pl.DataFrame, *, as_of: dt.date) -> Curve: ...

    def explain(self, accounts: pl.DataFrame, *, as_of: dt.date) -> Explanation: ...

    def answer(self, accounts: pl.DataFrame, *, as_of: dt.date) -> tuple[Curve, Explanation]:
        """Both, for the work of one."""
        ...


class ScorecardModel:
    """``curve.curves`` with the multipliers of ``points.score``."""

    name = "scorecard"

    def __init__(self, policy: ValuationPolicy) -> None:
        self._policy = policy
        self.version = fingerprint(policy)

    def curve(self, accounts: pl.DataFrame, *, as_of: dt.date) -> Curve:
        return self._walk(accounts, score(accounts, self._policy.scorecard, as_of=as_of, explain=False))

    def explain(self, accounts: pl.DataFrame, *, as_of: dt.date) -> Explanation:
        scores = score(accounts, self._policy.scorecard, as_of=as_of)
        return Explanation(scores.score, scores.multiplier, scores.reasons)

    def answer(self, accounts: pl.DataFrame, *, as_of: dt.date) -> tuple[Curve, Explanation]:
        scores = score(accounts, self._policy.scorecard, as_of=as_of)
        return self._walk(accounts, scores), Explanation(scores.score, scores.multiplier, scores.reasons)

    def _walk(self, accounts: pl.DataFrame, scores: Scores) -> Curve:
        return curves(months_overdue(accounts), scores.multiplier, group=self._policy.group, horizon=self._policy.horizon_months)


MODELS: Mapping[str, Callable[[ValuationPolicy], RecoveryModel]] = {"scorecard": ScorecardModel}
"""By the name the policy's ``model`` gives."""
