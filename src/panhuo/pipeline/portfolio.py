"""The whole portfolio while a run decides: matrices for the optimiser, and the sums the summary and the report are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.compliance import Verdicts
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.pipeline.partition import MEASURES, Assessed, Floats, Singles
from panhuo.pipeline.report.data import BREAKDOWN, MIX

NONE = "none"
UNASSIGNED = ("not_overdue", "barred", "does_not_pay")
"""Why an account has no route: nothing to collect; the rulebooks bar every route; no route open to it brings more than it costs or fits."""


@dataclass(slots=True)
class Portfolio:
    """n accounts in tape order. Matrices are (n, 12) in the order of ROUTES; amounts in them are whole fen."""

    rows: int
    net_value: npt.NDArray[np.float64] = field(init=False)
    cash: Floats = field(init=False)
    months: Singles = field(init=False)
    measures: dict[str, Singles | Floats] = field(init=False)
    eligible: npt.NDArray[np.bool_] = field(init=False)
    balance_fen: npt.NDArray[np.int64] = field(init=False)
    worked: npt.NDArray[np.bool_] = field(init=False)
    models: dict[str, str] = field(default_factory=dict)  # what valued the accounts: name to version
    verdicts: list[Verdicts] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        shape = (self.rows, len(ROUTE_NAMES))
        self.net_value = np.zeros(shape, dtype=np.float64)
        self.cash, self.months = np.zeros(shape, dtype=np.float64), np.zeros(shape, dtype=np.float32)
        self.measures = {name: np.zeros(shape, dtype=kind) for name, kind in MEASURES.items()}
        self.eligible = np.zeros(shape, dtype=np.bool_)
        self.balance_fen = np.zeros(self.rows, dtype=np.int64)
        self.worked = np.zeros(self.rows, dtype=np.bool_)

    def add(self, part: Assessed) -> None:
        """The next partition, in tape order."""
        a = self.starts[-1]
        b = a + len(part.account_ids)
        self.net_value[a:b], self.cash[a:b], self.months[a:b] = part.net_value, part.cash, part.months
        for name in MEASURES:
            self.measures[name][a:b] = part.measures[name]
        self.eligible[a:b] = part.verdicts.eligible
        self.balance_fen[a:b], self.worked[a:b] = part.balance_fen, part.worked
        self.verdicts.append(part.verdicts.slim())  # without the accounts it judged
        self.starts.append(b)

    def slices(self) -> list[slice]:
        """The rows of each partition."""
        return [slice(a, b) for a, b in zip(self.starts[:-1], self.starts[1:], strict=True)]

    def of_choice(self, matrix: npt.NDArray[np.generic], choice: npt.NDArray[np.int16], rows: slice) -> npt.NDArray[np.float64]:
        """The chosen route's entry of each account of ``rows``; 0 where none is chosen."""
        picked = matrix[rows][np.arange(rows.stop - rows.start), np.maximum(choice[rows], 0)]
        return np.where(choice[rows] >= 0, picked, 0).astype(np.float64)

    def by_route(self, choice: npt.NDArray[np.int16]) -> dict[str, dict[str, float]]:
        """The ``routes`` of ``summary.json``."""
        out: dict[str, dict[str, float]] = {}
        for j, name in enumerate(ROUTE_NAMES):
            on = choice == j
            cash = self.cash[on, j]
            total = float(cash.sum())
            out[name] = {
                "accounts": int(on.sum()),
                "balance_fen": int(self.balance_fen[on].sum()),
                "expected_recovery_fen": round(total),
                "cost_fen": round(float(self.measures["cost"][on, j].sum())),
                "net_value_fen": round(float(self.net_value[on, j].sum())),
                "months": round(float((cash * self.months[on, j]).sum()) / total, 2) if total > 0 else 0.0,
            }
        return out

    def without_route(self, choice: npt.NDArray[np.int16]) -> dict[str, dict[str, int]]:
        """The ``unassigned`` of ``summary.json``: accounts and balance by reason."""
        none = choice < 0
        open_ = self.eligible.any(axis=1)
        masks = {"not_overdue": none & ~self.worked, "barred": none & self.worked & ~open_, "does_not_pay": none & self.worked & open_}
        return {name: {"accounts": int(masks[name].sum()), "balance_fen": int(self.balance_fen[masks[name]].sum())} for name in UNASSIGNED}


@dataclass(slots=True)
class Breakdowns:
    """Sums by bucket, product and province, and by bucket and route, added up part by part."""

    parts: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {"bucket": [], "product": [], "province": [], "mix": []})

    def add(self, accounts: pl.DataFrame, *, route: pl.Series, recovery: npt.NDArray[np.float64], net_value: npt.NDArray[np.float64]) -> None:
        wide = accounts.select("bucket", "product", "province", "balance_fen").with_columns(
            pl.col("bucket", "product").cast(pl.String),
            pl.col("province").fill_null(""),
            pl.Series("recovery_fen", recovery),
            pl.Series("net_value_fen", net_value),
            route.alias("route"),
        )
        sums = (pl.len().cast(pl.Int64).alias("accounts"), pl.col("balance_fen", "recovery_fen", "net_value_fen").sum())
        for dimension in ("bucket", "product", "province"):
            self.parts[dimension].append(wide.group_by(pl.col(dimension).alias("key")).agg(*sums))
        self.parts["mix"].append(wide.group_by("bucket", "route").agg(pl.len().cast(pl.Int64).alias("accounts"), pl.col("balance_fen").sum()))

    def totals(self) -> Mapping[str, pl.DataFrame]:
        """The report's portfolio frames, and ``mix``."""
        out: dict[str, pl.DataFrame] = {}
        for dimension in ("bucket", "product", "province"):
            parts = self.parts[dimension]
            out[dimension] = pl.concat(parts).group_by("key").sum().sort("key").select(*BREAKDOWN) if parts else pl.DataFrame(schema=BREAKDOWN)
        parts = self.parts["mix"]
        out["mix"] = pl.concat(parts).group_by("bucket", "route").sum().sort("bucket", "route").select(*MIX) if parts else pl.DataFrame(schema=MIX)
        return out
