"""How good answers are: error, rank, calibration, coverage, each with an interval from resampled rows.

CRPS (Gneiting and Raftery, 2007) from kept quantiles: twice the mean pinball loss. Calibration: the line of outcomes on answers, 1 and 0 when right.
Discrimination of a share: AUC and KS of whether the outcome is above its median.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from panhuo.kernel.randomness import stream

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
DRAWS = 400
MOST_DRAWN = 8_000
LOWER_IS_BETTER = frozenset({"mae", "median_absolute_error", "median_percentage_error", "rmse", "crps", "width", "log_loss", "brier", "rps"})


def point_measures(outcome: Vector, answer: Vector) -> dict[str, float]:
    """Of answers that are figures. A measure that has no value (a rank of answers that are all alike) is 0."""
    error = answer - outcome
    slope, intercept = line_of(answer, outcome)
    middle = np.median(outcome)
    above = outcome > middle if (outcome > middle).any() else outcome >= middle
    relative = {"median_percentage_error": float(np.median(np.abs(error) / outcome))} if outcome.min() > 0 else {}
    return {
        "mae": float(np.abs(error).mean()),
        **relative,
        "median_absolute_error": float(np.median(np.abs(error))),
        "rmse": float(np.sqrt((error**2).mean())),
        "bias": float(error.mean()),
        "spearman": rank_correlation(answer, outcome),
        "auc": auc(above, answer),
        "ks": ks(above, answer),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
    }


def band_measures(outcome: Vector, lower: Vector, upper: Vector) -> dict[str, float]:
    slack = 1e-9 * (1.0 + np.abs(outcome))
    inside = (outcome >= lower - slack) & (outcome <= upper + slack)
    return {"coverage": float(inside.mean()), "width": float((upper - lower).mean())}


def alert_measures(event: Vector, score: Vector) -> dict[str, float]:
    """Of outcomes that happen or not: how many of the highest hundredth and twentieth of the scores did (ties in the order of the rows)."""
    order = np.argsort(-score, kind="stable")
    found = {"base_rate": float(event.mean())}
    for name, share in (("precision_top_1", 0.01), ("precision_top_5", 0.05)):
        found[name] = float(event[order[: max(1, round(share * len(event)))]].mean())
    return found


def crps(outcome: Vector, quantiles: Matrix, levels: Vector) -> Vector:
    """(n,) of each row. quantiles: (n, levels)."""
    error = outcome[:, None] - quantiles
    found: Vector = 2.0 * np.maximum(levels * error, (levels - 1.0) * error).mean(axis=1)
    return found


def auc(event: npt.NDArray[np.bool_], score: Vector) -> float:
    """The chance that an event has the higher score than another row; 0.5 where there is only one kind."""
    yes = int(event.sum())
    no = len(event) - yes
    if not yes or not no:
        return 0.5
    return float((_ranks(score)[event].sum() - yes * (yes + 1) / 2.0) / (yes * no))


def ks(event: npt.NDArray[np.bool_], score: Vector) -> float:
    """The widest gap between the two cumulative shares (Kolmogorov and Smirnov)."""
    yes = int(event.sum())
    if not yes or yes == len(event):
        return 0.0
    order = np.argsort(score, kind="stable")
    gap = np.cumsum(event[order]) / yes - np.cumsum(~event[order]) / (len(event) - yes)
    last = np.append(np.diff(score[order]) > 0, True)  # rows of one score are taken together
    return float(np.abs(gap[last]).max())


def with_intervals(
    rows: int, measure: Callable[[npt.NDArray[np.intp]], Mapping[str, float]], *, seed: int, draws: int = DRAWS
) -> dict[str, list[float]]:
    """The 2.5th and 97.5th percentile of each measure over rows drawn with replacement (Efron, 1979). Of more than :data:`MOST_DRAWN` rows so many are drawn,
    and the percentiles' distance from the measure of all is narrowed by the root of the share (Bickel, Götze and van Zwet, 1997)."""
    generator = stream(seed, "bootstrap", rows)
    size = min(rows, MOST_DRAWN)
    found = [measure(generator.integers(0, rows, size)) for _ in range(draws)]
    edges = {name: np.quantile([one[name] for one in found], (0.025, 0.975)) for name in found[0]}
    if size < rows:
        whole = measure(np.arange(rows))
        edges = {name: whole[name] + (edge - whole[name]) * np.sqrt(size / rows) for name, edge in edges.items()}
    return {name: [float(edge) for edge in two] for name, two in edges.items()}


def _ranks(values: Vector) -> Vector:
    """1 to n, equal values sharing the mean of their places."""
    from scipy.stats import rankdata

    ranks: Vector = rankdata(values)
    return ranks


def rank_correlation(a: Vector, b: Vector) -> float:
    """Spearman's; 0 where one of them is all alike."""
    return correlation(_ranks(a), _ranks(b))


def correlation(a: Vector, b: Vector) -> float:
    a, b = a - a.mean(), b - b.mean()
    both = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / both if both > 0 else 0.0


def line_of(answer: Vector, outcome: Vector) -> tuple[float, float]:
    centred = answer - answer.mean()
    square = float((centred**2).sum())
    slope = float((centred * (outcome - outcome.mean())).sum()) / square if square > 1e-18 * len(answer) else 0.0
    return slope, float(outcome.mean() - slope * answer.mean())
