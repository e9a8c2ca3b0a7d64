"""Experiments: how many accounts it takes, who is drawn by lot, what came of it.

A lot settles what history cannot: who works an account is mostly chosen for what the account is. Sample sizes for shares: Fleiss, Levin and Paik (2003, ch. 4); the read-out is Neyman's
(1923) difference of means with its conservative variance, made finer by covariates fitted in each arm (Lin, 2013).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_NORMAL = NormalDist()
_FEWEST = 10
UNBALANCED = 0.1
"""A standardised difference of means above this is worth a look (Austin, 2009)."""


def sample_size(base: float, other: float, *, share: float = 0.5, level: float = 0.05, power: float = 0.8) -> int:
    """Accounts in all that it takes to tell a share ``other`` from ``base`` in a two-sided test. share: of the accounts that are treated. Raises InputUnusable."""
    if not (0 < base < 1 and 0 < other < 1 and base != other and 0 < share < 1 and 0 < level < 1 and 0 < power < 1):
        raise _unusable(
            "两个比例须在 0 与 1 之间且不同", "the two shares must differ and lie between 0 and 1", "例如 0.10 与 0.12", "for example 0.10 and 0.12"
        )
    ratio = (1 - share) / share
    mean = (other + ratio * base) / (1 + ratio)
    z_level, z_power = _NORMAL.inv_cdf(1 - level / 2), _NORMAL.inv_cdf(power)
    root = z_level * math.sqrt((1 + 1 / ratio) * mean * (1 - mean)) + z_power * math.sqrt(other * (1 - other) + base * (1 - base) / ratio)
    treated = math.ceil((root / (other - base)) ** 2)
    return treated + math.ceil(treated * ratio)


def detectable(accounts: int, base: float, *, share: float = 0.5, level: float = 0.05, power: float = 0.8) -> float:
    """The smallest rise above ``base`` that so many accounts can tell; infinite where none can."""
    low, high = base, 1 - 1e-9
    if sample_size(base, high, share=share, level=level, power=power) > accounts:
        return math.inf
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (
            (low, middle) if middle > base and sample_size(base, middle, share=share, level=level, power=power) <= accounts else (middle, high)
        )
    return high - base


def draw(ids: Sequence[str], *, share: float, seed: int, strata: Sequence[str] | None = None) -> Flags:
    """Which accounts are treated: by lot, ``share`` of each stratum as nearly as whole accounts allow. The same seed and numbers give the same lot, in whatever order."""
    keys = [hashlib.sha256(f"{seed}\x1f{one}".encode()).digest() for one in ids]
    out = np.zeros(len(ids), dtype=bool)
    groups: dict[str, list[int]] = {}
    for at, name in enumerate(strata if strata is not None else [""] * len(ids)):
        groups.setdefault(name, []).append(at)
    for name, rows in sorted(groups.items()):
        ordered = sorted(rows, key=lambda at: keys[at])
        wanted = share * len(rows)
        # what is left of a whole account is settled by lot too, so that many small strata keep the share
        odd = int.from_bytes(hashlib.sha256(f"{seed}\x1f{name}\x1f".encode()).digest()[:8], "big") / 2**64
        count = math.floor(wanted) + (odd < wanted - math.floor(wanted))
        out[ordered[:count]] = True
    return out


@dataclass(frozen=True, slots=True)
class ReadOut:
    """effect: of the treatment on the mean outcome, with its standard error and interval. p: two-sided. treated, control: how many, and their means. unbalanced: covariates
    that differ between the arms by more than ``UNBALANCED`` standard deviations."""

    effect: float
    error: float
    low: float
    high: float
    p: float
    treated: int
    control: int
    treated_mean: float
    control_mean: float
    unbalanced: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """better, worse, or unknown where the interval holds nought."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "unknown"


def read_out(outcome: Vector, treated: Flags, *, covariates: pl.DataFrame | None = None, level: float = 0.95) -> ReadOut:
    """outcome: (n,) known for all. covariates: numbers known before the lot was drawn. Raises InputUnusable for fewer than ten in an arm or an outcome that is missing."""
    if min(int(treated.sum()), int((~treated).sum())) < _FEWEST:
        raise _unusable("每组至少 10 户", "it takes ten accounts in each arm", "等更多账户有结果", "wait for more outcomes")
    if not np.isfinite(outcome).all():
        raise _unusable(
            "有账户没有结果",
            "some accounts have no outcome",
            "只读出结果已知的，并说明其余",
            "read out those that have one, and say what became of the others",
        )
    names, values = _centred(covariates, len(outcome))
    apart = _standardised(values, treated)
    residual, means = np.empty(len(outcome)), {}
    for arm in (True, False):
        rows = treated == arm
        design = np.column_stack([np.ones(rows.sum()), values[rows]])
        found = np.linalg.lstsq(design, outcome[rows], rcond=None)[0]
        residual[rows] = outcome[rows] - design @ found
        means[arm] = float(found[0])  # covariates are centred over all: the mean if everybody were in the arm
    effect = means[True] - means[False]
    parts = [
        float((residual[treated == arm] ** 2).sum()) / max(1, int((treated == arm).sum()) - values.shape[1] - 1) / int((treated == arm).sum())
        for arm in (True, False)
    ]
    error = math.sqrt(sum(parts))
    z = _NORMAL.inv_cdf(0.5 + level / 2)
    p = 2 * (1 - _NORMAL.cdf(abs(effect) / error)) if error > 0 else float(effect == 0)
    return ReadOut(
        effect, error, effect - z * error, effect + z * error, p, int(treated.sum()), int((~treated).sum()), float(outcome[treated].mean()),
        float(outcome[~treated].mean()), tuple(name for name, one in zip(names, apart, strict=True) if abs(one) > UNBALANCED),
    )  # fmt: skip


def _centred(covariates: pl.DataFrame | None, rows: int) -> tuple[list[str], npt.NDArray[np.float64]]:
    if covariates is None:
        return [], np.empty((rows, 0))
    values = covariates.cast(pl.Float64).fill_nan(None).with_columns(pl.all().fill_null(pl.all().mean()).fill_null(0.0)).to_numpy()
    return covariates.columns, values - values.mean(axis=0)


def _standardised(values: npt.NDArray[np.float64], treated: Flags) -> Vector:
    gap = values[treated].mean(axis=0) - values[~treated].mean(axis=0)
    width = np.sqrt((values[treated].var(axis=0) + values[~treated].var(axis=0)) / 2)
    found: Vector = np.divide(gap, width, out=np.zeros_like(gap), where=width > 0)
    return found


def _unusable(zh: str, en: str, remedy_zh: str, remedy_en: str) -> InputUnusable:
    return InputUnusable("EXPERIMENT_UNUSABLE", Words(zh, en), where="experiment", remedy=Words(remedy_zh, remedy_en))
