"""What the later stages load when they first need it, loaded while the tape is still being read: some three seconds that a run of any
size would otherwise wait for, on a core that reading leaves half idle."""

from __future__ import annotations

import importlib

_LOADED_LATE = ("pypinyin", "scipy.sparse.csgraph", "scipy.optimize", "duckdb", "splink", "panhuo.engines.strategy.solver", "panhuo.pipeline.report")


def warm_up() -> None:
    for name in _LOADED_LATE:
        importlib.import_module(name)
    from panhuo.pipeline.report import warm_up as start_drawing

    start_drawing()
