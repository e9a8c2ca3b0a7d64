"""Whether those who are to be answered for are still like those who taught the model: the population stability index of each feature, of answers and of outcomes.

PSI = sum of (now - then) ln(now / then) over the tenths of the history (Siddiqi, 2006): below 0.1 stable, up to 0.25 to be watched, above it another population. Shares are
floored, so that an empty tenth is not infinitely strange. Where outcomes are known, how far off answers are, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from panhuo.engines.valuation.learning.classes import ClassModel
from panhuo.engines.valuation.learning.evaluation import Answers, answers_of
from panhuo.engines.valuation.learning.history import Rows
from panhuo.engines.valuation.learning.model import Model
from panhuo.engines.valuation.learning.record import OTHER, share_in

WATCH, ALARM = 0.1, 0.25
_FLOOR = 1e-4
_FEW = 50
_SLOPE = (0.8, 1.2)


def psi(then: list[float], now: list[float]) -> float:
    """then, now: shares of the same parts, each adding up to 1."""
    a, b = (np.maximum(np.asarray(one, dtype=np.float64), _FLOOR) for one in (then, now))
    return float(((b - a) * np.log(b / a)).sum())


def state_of(value: float) -> str:
    """stable, watch or alarm."""
    return "alarm" if value > ALARM else "watch" if value > WATCH else "stable"


def drift(model: Model | ClassModel, rows: Rows) -> dict[str, Any]:
    """``rows``; ``features``: psi and state of each, the furthest first; ``answers``: the same of what the model answers; ``outcomes``, where known: how many, ``bias``
    (mean of answers less mean of outcomes), ``calibration_slope`` and its state, ``coverage``; ``state``: the worst of all; ``enough``: whether there are rows to judge
    by."""
    features = {name: _of_feature(known, rows.features[name]) for name, known in model.record["features"].items()}
    ordered = sorted(features.items(), key=lambda item: (-item[1], item[0]))
    found: dict[str, Any] = {
        "rows": len(rows),
        "enough": len(rows) >= _FEW,
        "features": [{"name": name, "psi": value, "state": state_of(value)} for name, value in ordered],
        "answers": None,
        "outcomes": None,
    }
    known = model.record["answers"]
    if isinstance(model, Model):
        value = psi(known["shares"], share_in(pl.Series(model.predict(rows.features)), known["edges"]))
    else:
        value = psi(known["shares"], model.chances(rows.features).mean(axis=0).tolist())
    found["answers"] = {"psi": value, "state": state_of(value)}
    if len(rows.known) >= _FEW:
        found["outcomes"] = _outcomes(model, rows)
    states = [one["state"] for one in (*found["features"], found["answers"], found["outcomes"]) if one]
    found["state"] = next((state for state in ("alarm", "watch") if state in states), "stable")
    return found


def _of_feature(known: Mapping[str, Any], values: pl.Series) -> float:
    if "edges" in known:
        return psi(known["shares"], share_in(values, known["edges"]))
    counted = dict(values.fill_null("").value_counts(normalize=True).iter_rows())
    now = {name: float(counted.pop(name, 0.0)) for name in known["shares"] if name != OTHER}
    return psi(list(known["shares"].values()), [now[name] if name != OTHER else float(sum(counted.values())) for name in known["shares"]])


def _outcomes(model: Model | ClassModel, rows: Rows) -> dict[str, Any]:
    told = answers_of(model, rows)["model"]
    metrics = told.measure(model.specification.level)(np.arange(len(told.outcome)))
    slope = metrics["calibration_slope"]
    bias = metrics.get("bias", 0.0)
    off = not _SLOPE[0] <= slope <= _SLOPE[1]
    wide = isinstance(told, Answers) and abs(bias) > 0.1 * float(np.abs(told.outcome).mean())
    state = "alarm" if off and wide else "watch" if off or wide else "stable"
    return {"rows": len(told.outcome), "bias": bias, "calibration_slope": slope, "coverage": metrics["coverage"], "state": state}
