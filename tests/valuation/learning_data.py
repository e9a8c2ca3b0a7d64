"""Invented histories with a known truth, and specifications for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from panhuo.engines.valuation.learning.history import Rows, rows_of
from panhuo.engines.valuation.learning.specification import Specification
from panhuo.kernel.randomness import stream

SPEC: dict[str, Any] = {
    "name": "invented",
    "title": {"zh": "虚构", "en": "invented"},
    "source": "made up",
    "not_for": {"zh": "一切", "en": "anything"},
    "columns": {"x": {}, "z": {}, "town": {"kind": "text"}, "y": {"optional": True}},
    "target": {"sql": "y", "low": 0, "high": 1},
    "features": [{"name": "fx", "sql": "x"}, {"name": "fz", "sql": "z"}, {"name": "place", "sql": "town", "kind": "category"}],
    "segment": ["place"],
    "members": ["boosted", "linear", "fractional", "twostage", "segment"],
    "boosting": {"most": 60, "seeds": 1, "rate": 0.1},
}


def specification(**changes: Any) -> Specification:
    return Specification.model_validate({**SPEC, **changes})


def frame(rows: int, *, seed: int = 3, signal: float = 1.0) -> pl.DataFrame:
    """A share in [0, 1] with a bunch at 0, that x raises and the town moves."""
    draw = stream(seed, "learning")
    x, z = draw.normal(size=rows), draw.normal(size=rows)
    town = draw.integers(0, 6, rows)
    mean = 1 / (1 + np.exp(-signal * (x + 0.4 * (town - 2.5)) + 0.5))
    y = np.where(draw.random(rows) < 0.25, 0.0, np.clip(mean + 0.15 * draw.normal(size=rows), 0, 1))
    return pl.DataFrame({"x": x, "z": z, "town": [f"T{k}" for k in town], "y": y})


def history(rows: int, *, spec: Specification | None = None, seed: int = 3, signal: float = 1.0) -> Rows:
    return rows_of(frame(rows, seed=seed, signal=signal), spec or specification())


def written(path: Path, data: pl.DataFrame) -> Path:
    data.write_csv(path)
    return path
