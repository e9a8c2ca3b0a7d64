"""The share of a claim that comes back: how a curve is scaled, and how far one account may fall from its mean.

**Scaling.** A curve holds, for each month, the expected share of the balance at the cut-off. Multiplying it by a factor could pass
the whole balance; multiplying the *odds* of each month cannot. With h the part of what is still open that comes in this month,

    h' = k h / (1 + (k - 1) h)

so k = 2 doubles h / (1 - h), k = 1 changes nothing, and the sum of the new curve stays below 1 whatever k is.

**Scatter.** One account pays nothing, or a part, or all. With mean share mu and payer floor f,

    payers' mean share   s = f + (1 - f) mu
    chance of any cash   p = mu / s
    share, if any        Beta(s phi, (1 - s) phi), phi = precision

The mean is p s = mu exactly; p and s both rise with mu; p never passes 1. A small phi is a wide, two-humped Beta. The 10th and 90th
percentiles are those of the mixture with its lump at zero. Two of its habits would mislead a reader: where fewer than one in ten pays the 90th
percentile is zero, below the mean; where nearly all pay the 10th may lie above it. ``low`` and ``high`` are therefore drawn
out to the mean where needed, so that low <= mean <= high always holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pydantic

from panhuo.kernel.documents import Document, refuse
from panhuo.kernel.stages import OLDEST, ByStage, Ints
from panhuo.kernel.tables import Share

Floats = npt.NDArray[np.float64]
Curve = npt.NDArray[np.float32]

_ROWS = 8192
_GRID = 1025


def survival(curve: Curve) -> Curve:
    """(n, horizon): the share still open at the start of each month, 1 in the first."""
    from panhuo.kernel.curve_kernels import still_open

    out = np.empty(curve.shape, dtype=np.float32)
    still_open(_plain(curve), out)
    return out


def scale_odds(curve: Curve, odds: npt.NDArray[Any] | float) -> Curve:
    """``curve`` with each month's odds multiplied by ``odds``: a number, or broadcastable to (n, horizon). Not below 0.

    A float32 curve tells what is still open to about 1e-7 of the balance: once less than a thousandth is open, what part of it a
    month takes is known ever more roughly.
    """
    from panhuo.kernel.curve_kernels import scaled

    factor = np.asarray(odds, dtype=np.float32)
    if factor.ndim == 0 and factor == 1.0:
        return curve
    wide = np.broadcast_to(factor, curve.shape)
    out = np.empty(curve.shape, dtype=np.float32)
    for rows in blocks(curve.shape[0]):
        scaled(_plain(curve[rows]), _plain(wide[rows]), out[rows])
    return out


def _plain(matrix: npt.NDArray[Any]) -> Curve:
    """As the compiled walks want it: float32, C-contiguous, writeable or not."""
    return np.ascontiguousarray(matrix, dtype=np.float32)


def blocks(n: int) -> Iterator[slice]:
    """Some thousand rows at a time, so that the arrays made on the way stay in the processor's cache."""
    return (slice(first, first + _ROWS) for first in range(0, n, _ROWS))


def dot(matrix: Curve, by_month: npt.NDArray[Any]) -> Floats:
    """(n,) sum over the months of ``matrix`` times ``by_month`` (horizon,).

    Not BLAS and not einsum: those add in an order that depends on where a row lies among its neighbours, so that the same account
    would be valued differently, in the last digit, in another batch.
    """
    from panhuo.kernel.curve_kernels import weighed

    out = np.empty(matrix.shape[0])
    weighed(_plain(matrix), np.asarray(by_month, dtype=np.float64), out)
    return out


def from_hazard(hazard: Curve) -> Curve:
    """Share of the balance in each month from the part of what is open that comes in: h_m (1 - h_1) ... (1 - h_{m-1})."""
    from panhuo.kernel.curve_kernels import walked

    out = np.empty(hazard.shape, dtype=np.float32)
    walked(_plain(hazard), out)
    return out


class ScatterPolicy(Document):
    """How far one account may fall from its mean: ``payer_floor`` is f above, ``precision`` phi by stage."""

    payer_floor: Share
    precision: ByStage

    @pydantic.model_validator(mode="after")
    def _sound(self) -> ScatterPolicy:
        if self.payer_floor.value < 0.01:
            raise refuse("payer_floor 须不小于 0.01", "payer_floor must be at least 0.01")
        return self

    @pydantic.field_validator("precision")
    @classmethod
    def _precision(cls, precision: ByStage) -> ByStage:
        return precision.refuse_outside(0.1, 1000.0)


@dataclass(frozen=True, slots=True)
class Scatter:
    """(n,) shares and chances. ``low <= mean <= high``. ``p_any``: any cash at all; ``p_half``: at least half of the balance."""

    low: Floats
    high: Floats
    p_any: Floats
    p_half: Floats


def scatter(mean: npt.NDArray[Any], start: Ints, *, policy: ScatterPolicy) -> Scatter:
    """The scatter of accounts whose mean share is ``mean`` (n,), clipped to [0, 1], at ``start`` months overdue (n,)."""
    mu = np.clip(np.asarray(mean, dtype=np.float64), 0.0, 1.0)
    floor = policy.payer_floor.value
    precisions, which = np.unique(policy.precision.table(OLDEST + 1), return_inverse=True)
    group = which[start]
    columns = [np.zeros_like(mu) for _ in range(3)]
    for number, precision in enumerate(precisions):
        chosen = np.flatnonzero(group == number)
        if chosen.size:
            grid, quantities = _grid(floor, float(precision))
            for column, quantity in zip(columns, quantities, strict=True):
                column[chosen] = np.interp(mu[chosen], grid, quantity)
    low, high, p_half = columns
    return Scatter(np.minimum(low, mu), np.maximum(high, mu), chance_of_any(mu, floor), p_half)


def chance_of_any(mean: Floats, payer_floor: float) -> Floats:
    """p = mu / (f + (1 - f) mu)."""
    chance: Floats = mean / (payer_floor + (1.0 - payer_floor) * mean)
    return chance


@lru_cache(maxsize=64)
def _grid(payer_floor: float, precision: float) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    """Mean shares, denser near zero, and the 10th and 90th percentile and chance of half at each."""
    from scipy.special import betainc, betaincinv

    # a percentile leaves zero steeply where the chance of any cash passes 0.1 (high) and 0.9 (low): more points just above those
    chances = np.array([0.1, 0.9])
    leaves = chances * payer_floor / (1.0 - chances * (1.0 - payer_floor))
    mu = np.unique(
        np.concatenate([np.linspace(0.0, 1.0, _GRID) ** 2, leaves, *(leaf + np.geomspace(1e-9, 0.02, 120) for leaf in leaves)]).clip(0.0, 1.0)
    )
    inner = mu[1:-1]
    share = np.minimum(payer_floor + (1.0 - payer_floor) * inner, 1.0 - 1e-9)  # payer_floor 1: payers pay all, a Beta squeezed to 1
    chance = inner / share
    a, b = share * precision, (1.0 - share) * precision

    def percentile(level: float) -> Floats:
        inside = np.clip((level - (1.0 - chance)) / chance, 0.0, 1.0)
        return np.concatenate([[0.0], betaincinv(a, b, inside), [1.0]])

    half = np.concatenate([[0.0], chance * (1.0 - betainc(a, b, 0.5)), [1.0]])
    return mu, (percentile(0.1), percentile(0.9), half)
