"""How far off an answer may be: the outcomes of rows it was wrong about before, near the same answer, and the shortest stretch that holds nine in ten of them.

Split-conformal in spirit (Vovk, Gammerman and Shafer, 2005; Lei et al., 2018), on cross-fitted answers, local in the answer: losses bunch at nothing and at
everything, so that one width for all would be too wide in the middle and too narrow at the ends. The shortest stretch takes in the bunch where there is one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
_GRID = 41
_NEAR_AT_LEAST = 150
_NEAR_SHARE = 0.15
LEVELS = np.arange(0.02, 0.99, 0.02)
"""The quantiles that are kept: what CRPS is computed from."""


@dataclass(frozen=True, slots=True)
class Spread:
    """At each of ``at`` (answers, rising): lower and upper edge and quantiles of the outcome."""

    at: Vector
    lower: Vector
    upper: Vector
    quantiles: npt.NDArray[np.float64]

    def band(self, answers: Vector) -> tuple[Vector, Vector]:
        """Edges for each answer; outside what was seen, those at the end, moved along."""
        inside = np.clip(answers, self.at[0], self.at[-1])
        beyond = answers - inside
        return np.interp(inside, self.at, self.lower) + beyond, np.interp(inside, self.at, self.upper) + beyond

    def quantiles_of(self, answers: Vector) -> npt.NDArray[np.float64]:
        """(n, levels)."""
        inside = np.clip(answers, self.at[0], self.at[-1])
        return np.column_stack([np.interp(inside, self.at, self.quantiles[:, k]) for k in range(len(LEVELS))]) + (answers - inside)[:, None]

    def as_data(self) -> dict[str, Any]:
        return {"at": self.at.tolist(), "lower": self.lower.tolist(), "upper": self.upper.tolist(), "quantiles": self.quantiles.tolist()}

    @classmethod
    def of_data(cls, data: dict[str, Any]) -> Spread:
        return cls(*(np.asarray(data[name], dtype=np.float64) for name in ("at", "lower", "upper", "quantiles")))


def spread_of(answers: Vector, outcomes: Vector, *, level: float, low: float | None, high: float | None) -> Spread:
    """answers: cross-fitted, so that each row's own outcome had no part in its. level: the share that the band is to hold."""
    order = np.argsort(answers, kind="stable")
    answers, outcomes = answers[order], outcomes[order]
    n = len(answers)
    near = min(n, max(_NEAR_AT_LEAST, int(n * _NEAR_SHARE)))
    at, lower, upper, quantiles = [], [], [], []
    for centre in np.unique(np.linspace(0, n - 1, min(_GRID, n)).astype(int)):
        first = int(np.clip(centre - near // 2, 0, n - near))
        some = slice(first, first + near)
        moved = outcomes[some] - answers[some] + answers[centre]
        moved = np.sort(np.clip(moved, low if low is not None else -np.inf, high if high is not None else np.inf))
        held = min(near, math.ceil(level * (near + 1)) + 1)  # one more than exchangeability asks for: the shortest of many is chosen
        widths = moved[held - 1 :] - moved[: near - held + 1]
        k = int(np.argmin(widths))
        at.append(answers[centre])
        lower.append(moved[k])
        upper.append(moved[k + held - 1])
        quantiles.append(np.quantile(moved, LEVELS))
    places, keep = np.unique(np.asarray(at), return_index=True)
    return Spread(places, np.asarray(lower)[keep], np.asarray(upper)[keep], np.asarray(quantiles)[keep])
