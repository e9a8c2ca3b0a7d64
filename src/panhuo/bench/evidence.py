"""How good the shipped specifications are on real data, beside their baselines: the figures of ``docs/evidence/models.md``, made by one command.

The data are the user's own copies; nothing of them is shipped. Where rows have dates the latest part is held out, otherwise every row is answered by a model that has
not seen it (repeated cross-validation). Small sets are repeated more often.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from panhuo.engines.valuation.learning import fit, load_specification, read_rows
from panhuo.engines.valuation.learning.card import BASELINES, VERDICTS
from panhuo.engines.valuation.learning.evaluation import Told, answers_of, measured, pooled
from panhuo.engines.valuation.learning.folding import folds_of
from panhuo.engines.valuation.learning.history import Rows
from panhuo.engines.valuation.learning.specification import Specification

SETS: Mapping[str, tuple[str, Sequence[str]]] = {
    "lendingclub-recovery": ("cv", ("lendingclub_samples/lc_2000_random.csv.gz", "lendingclub_samples/lc_1000_stratified_2016snapshot.csv.gz")),
    "sba-loss": ("cv", ("sba_7a/SBAnational_first22427.csv.gz",)),
    "mortgage-lgd": ("cv", ("lgd_misc/retail_mortgage_lgd_3487.csv",)),
    "panel-rollrate": ("time", ("credit_record_panel/credit_record.parquet",)),
    "panel-early-warning": ("time", ("credit_record_panel/credit_record.parquet",)),
    "court-auction-hammer": ("cv", ("auction_kr_court/court_auctions.csv",)),
    "housing-price": ("cv", ("housing_cn/beijing_lianjia_listing_2021.csv.gz",)),
    "lot-start-ratio": ("cv", ("auction_cn_taobao2020/judicial_lots_2020.csv.gz",)),
    "package-price": ("cv", ("cn_npl_market/cn_npl_listings_2024_2025.csv", "report_tables/npl_income_right_transfer_2020.csv")),
}
"""How each is split, and the files of it under the data folder."""
HELD_OUT = 0.3
_FOLDS = 5
_SMALL, _MIDDLE = 200, 1_500
_SHOWN = (
    "rmse", "mae", "median_absolute_error", "median_percentage_error", "crps", "spearman", "auc", "ks", "calibration_slope", "calibration_intercept", "coverage", "width", "log_loss", "brier", "rps",
    "accuracy", "base_rate", "precision_top_1", "precision_top_5",
)  # fmt: skip


def evidence(folder: Path, names: Sequence[str] = (), *, seed: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """One specification after the other. folder: where the data lie. names: all by default. Raises InputUnusable for a file that is not there."""
    for name in names or SETS:
        yield name, _one(name, folder, seed)


def _one(name: str, folder: Path, seed: int) -> dict[str, Any]:
    how, files = SETS[name]
    specification = load_specification(name)
    rows = read_rows([folder / file for file in files], specification).known
    started = time.perf_counter()
    told, split, turns = (_by_time if how == "time" else _crossed)(rows, specification, seed)
    found = measured(told, specification, seed=seed, turns=turns)
    return {**found, "split": split, "files": list(files), "rows": len(rows), "seconds": round(time.perf_counter() - started, 1)}


def _by_time(rows: Rows, specification: Specification, seed: int) -> tuple[Told, str, int]:
    """Taught by the months up to one whose outcomes were known before the first month that is held out."""
    assert rows.time is not None
    cut = float(rows.time.quantile(1 - HELD_OUT) or 0.0)
    gap = 31.0 * (specification.panel.ahead if specification.panel else 0)
    early, late = rows.filter((rows.time <= cut - gap).fill_null(value=False)), rows.filter((rows.time > cut).fill_null(value=False))
    return answers_of(fit(early, specification=specification, seed=seed), late), f"time: {len(early):,} rows before, {len(late):,} after", 1


def _crossed(rows: Rows, specification: Specification, seed: int) -> tuple[Told, str, int]:
    times = 10 if len(rows) < _SMALL else 3 if len(rows) < _MIDDLE else 1
    whole = []
    for turn in range(times):
        parts = []
        folds = folds_of(len(rows), _FOLDS, seed + 100 + turn)
        for fold in range(_FOLDS):
            held = pl.Series(folds == fold)
            parts.append(answers_of(fit(rows.filter(~held), specification=specification, seed=seed), rows.filter(held)))
        whole.append(pooled(parts, np.argsort(np.argsort(folds, kind="stable"))))
    return pooled(whole), f"cross-validation, {_FOLDS} folds, {times} time(s)", times


def page(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The page of evidence, as Markdown."""
    lines = [
        "# Models beside their baselines, on real data",
        "",
        "Made by `panhuo bench models --data FOLDER -o docs/evidence/models.md`. Every answer is of a model that had not seen the row. In brackets: 95 % by resampling rows. Baselines are",
        "fitted on the same rows, with the same features, and have bands made the same way. *Better* and *worse* only where the interval of the paired difference of losses (squared error;",
        "log loss of classes) leaves nought out; *tied* otherwise. A row that is answered in several turns of cross-validation is drawn with all its answers.",
        "",
        "| specification | rows | against the mean | against its best baseline | |",
        "|---|---:|---|---|---|",
        *(_line(name, one) for name, one in found.items()),
        "",
    ]
    for name, one in found.items():
        lines += [*_section(name, one), ""]
    return "\n".join(lines)


def _line(name: str, one: Mapping[str, Any]) -> str:
    best = min(one["against"], key=lambda other: one["against"][other]["gain"])
    told = [f"{VERDICTS[one['against'][other]['verdict']].en} ({one['against'][other]['gain']:+.1%})" for other in ("mean", best)]
    return f"| [{name}](#{name}) | {one['rows']:,} | {told[0]} | {told[1]} | {BASELINES[best].en} |"


def _section(name: str, one: Mapping[str, Any]) -> list[str]:
    shown = [measure for measure in _SHOWN if measure in one["metrics"]]
    names = ["model", *one["baselines"]]
    metrics = {"model": one["metrics"], **one["baselines"]}
    head = [f"## {name}", "", f"{one['split']}; {', '.join(f'`{file}`' for file in one['files'])}; {one['seconds']:,} s.", ""]
    table = [f"| | {' | '.join('the model' if other == 'model' else BASELINES[other].en for other in names)} |", f"|---|{'---|' * len(names)}"]
    for measure in shown:
        cells = [
            f"{_figure(metrics[other][measure])} ({_figure(low)}–{_figure(high)})"
            for other in names
            for low, high in [one["intervals"][other][measure]]
        ]
        table.append(f"| {measure} | {' | '.join(cells)} |")
    verdicts = [f"{VERDICTS[one['against'][other]['verdict']].en} ({one['against'][other]['gain']:+.1%})" for other in one["baselines"]]
    return [*head, *table, f"| **the model is** | | {' | '.join(verdicts)} |"]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4f}" if np.isfinite(value) else "–"
