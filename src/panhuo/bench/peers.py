"""What Panhuo is measured against: the least anyone could do with good libraries on the same file."""

from __future__ import annotations

import time
from typing import Any

import polars as pl

TREES, LEAVES, FEATURES = 300, 31, 60


def typed_schema(tape: str) -> dict[str, Any]:
    """The types Polars would give the columns of a clean tape, found on its first 100,000 rows."""
    return dict(pl.read_csv(tape, n_rows=100_000, infer_schema_length=100_000, try_parse_dates=True).schema)


def read_and_cast(tape: str, clean_tape: str) -> dict[str, float]:
    """Polars' typed read of a tape: types as inferred on a clean one, cells that do not fit become null."""
    schema = typed_schema(clean_tape)
    started = time.perf_counter()
    frame = pl.read_csv(tape, schema_overrides=schema, ignore_errors=True, infer_schema=False)
    return {"seconds": time.perf_counter() - started, "rows": frame.height, "columns": frame.width}


def read_cast_and_score(tape: str, clean_tape: str, seed: int) -> dict[str, float]:
    """The bare peer of ``panhuo run``: a typed read, and one prediction of 300 trees of 31 leaves on 60 features for every row.

    The model is trained beforehand on a small part (not timed); the features are random, since only the arithmetic of
    prediction is of interest and it does not depend on their meaning.
    """
    import lightgbm
    import numpy as np

    from panhuo.kernel.randomness import stream

    rng = stream(seed, "bench")
    train = rng.normal(size=(20_000, FEATURES))
    target = train[:, :10].sum(axis=1) + rng.normal(size=20_000)
    booster = lightgbm.train({"num_leaves": LEAVES, "verbose": -1, "num_threads": 2}, lightgbm.Dataset(train, target), num_boost_round=TREES)
    schema = typed_schema(clean_tape)
    started = time.perf_counter()
    frame = pl.read_csv(tape, schema_overrides=schema, ignore_errors=True, infer_schema=False)
    read_done = time.perf_counter()
    features = rng.normal(size=(frame.height, FEATURES))
    made = time.perf_counter()
    booster.predict(features, num_threads=2)
    scored = time.perf_counter()
    assert np.isfinite(features[0, 0])
    return {"seconds": (read_done - started) + (scored - made), "read": read_done - started, "score": scored - made, "rows": frame.height}
