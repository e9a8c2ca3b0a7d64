"""A plan for accounts that were taken in before: the second half of ``panhuo run``, from the same engines, to the same figures.

What a plan is decided by is kept beside it as NumPy files (:class:`Kept`), so that "what if this limit were another" is answered by deciding
again on the same forecasts, without assessing anybody anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.compliance import Book, load_books
from panhuo.engines.strategy import Allocation, Limit, allocate, build_limits
from panhuo.engines.strategy.policy import StrategyPolicy
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Words
from panhuo.pipeline.partition import MEASURES, assess_part
from panhuo.pipeline.policy import Policy
from panhuo.pipeline.portfolio import Portfolio

Tell = Callable[[float], None]
MATRICES = ("net_value", "cash", "months", "eligible", *MEASURES)
VECTORS = ("balance_fen", "worked", "recovery_fen", "low_fen", "high_fen")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a plan is decided by, mapped from its folder: n accounts in the order of their tapes. Matrices are (n, 12) in the order of ROUTES,
    amounts whole fen; ``curve`` (n, horizon) the share of the balance expected in each month under ordinary in-house work."""

    folder: Path

    def array(self, name: str) -> npt.NDArray[Any]:
        """One of ``MATRICES``, ``VECTORS``, ``curve`` and ``choice`` (int16, -1 for none)."""
        mapped: npt.NDArray[Any] = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        return mapped


@dataclass(frozen=True, slots=True)
class Planned:
    """``plan`` with its ``limits``, and the figures of ``summary.json`` that come of it."""

    limits: list[Limit]
    plan: Allocation
    figures: dict[str, Any]


def assess_accounts(
    parts: Iterable[tuple[pl.DataFrame, dt.date]], rows: int, folder: Path, *, policy: Policy, books: Sequence[Book] | None, tell: Tell
) -> Kept:
    """Assess and forecast accounts into ``folder``. parts: canonical accounts with their cut-off, together ``rows`` of them."""
    books = load_books() if books is None else books
    width = len(ROUTE_NAMES)
    kinds: dict[str, Any] = {"net_value": np.float64, "cash": np.float64, "months": np.float32, "eligible": np.bool_, **MEASURES}
    out = {name: _array(folder, name, (rows, width), kinds[name]) for name in MATRICES}
    out |= {name: _array(folder, name, (rows,), np.bool_ if name == "worked" else np.int64) for name in VECTORS}
    curve = _array(folder, "curve", (rows, policy.horizon_months), np.float32)
    at = 0
    for accounts, as_of in parts:
        result = assess_part(accounts, policy=policy, books=books, as_of=as_of)
        kept, here = result.assessed, slice(at, at + accounts.height)
        for name in MATRICES:
            out[name][here] = kept.verdicts.eligible if name == "eligible" else kept.measures[name] if name in MEASURES else getattr(kept, name)
        out["balance_fen"][here], out["worked"][here] = kept.balance_fen, kept.worked
        for name in ("recovery_fen", "low_fen", "high_fen"):
            out[name][here] = result.assessments[name].to_numpy()
        curve[here] = result.curve
        at += accounts.height
        tell(at / max(1, rows))
    for array in (*out.values(), curve):
        if isinstance(array, np.memmap):
            array.flush()
    return Kept(folder)


def decide_accounts(kept: Kept, *, policy: StrategyPolicy, seed: int = 0) -> Planned:
    """The best plan within the policy's limits. Raises InputUnusable where no plan can keep them all."""
    portfolio = portfolio_of(kept)
    measures: dict[str, Any] = {**portfolio.measures, "cases": np.ones((1, 1)), "balance": portfolio.balance_fen[:, None].astype(np.float64)}
    worked = portfolio.worked
    limits = build_limits(policy, measures, accounts_overdue=int(worked.sum()), balance_fen=float(portfolio.balance_fen[worked].sum()))
    plan = allocate(portfolio.net_value, limits, eligible=portfolio.eligible & worked[:, None], must_assign=False, gap=policy.gap.value, seed=seed)
    if not plan.feasible:
        remedy = Words("放宽或删除其中一项约束", "ease or remove one of these limits")
        raise InputUnusable("LIMITS_CLASH", plan.message, where="strategy.limits", remedy=remedy)
    return Planned(limits, plan, figures_of(portfolio, plan, limits))


def portfolio_of(kept: Kept) -> Portfolio:
    """The portfolio as the optimiser sees it. Its matrices are those in the folder, not copies."""
    portfolio = Portfolio.__new__(Portfolio)
    portfolio.rows = len(kept.array("worked"))
    for name in ("net_value", "cash", "months", "eligible", "balance_fen", "worked"):
        setattr(portfolio, name, np.asarray(kept.array(name)))
    portfolio.measures = {name: np.asarray(kept.array(name)) for name in MEASURES}
    portfolio.models, portfolio.verdicts, portfolio.starts = {}, [], [0, portfolio.rows]
    return portfolio


def figures_of(portfolio: Portfolio, plan: Allocation, limits: Sequence[Limit]) -> dict[str, Any]:
    """The figures of ``summary.json`` that speak of the plan."""
    routes = portfolio.by_route(plan.choice)
    return {
        "accounts": portfolio.rows,
        "overdue": int(portfolio.worked.sum()),
        "expected_recovery_fen": sum(int(route["expected_recovery_fen"]) for route in routes.values()),
        "routes": routes,
        "unassigned": portfolio.without_route(plan.choice),
        "objective_fen": round(plan.objective),
        "upper_bound_fen": float(plan.upper_bound),
        "gap": float(plan.gap),
        "limits": [
            {
                "name": limit.name,
                "title": limit.called._asdict(),
                "unit": (limit.unit or Words("单位", "unit"))._asdict(),
                "unit_size": limit.unit_size,
                "counted_in": limit.counted_in,
                "used": float(used),
                "at_most": float(limit.at_most),
                "price_fen": float(price),
            }
            for limit, used, price in zip(limits, plan.used, plan.prices, strict=True)
        ],
        "minutes": float(portfolio.measures["staff_minutes"][np.arange(portfolio.rows), np.maximum(plan.choice, 0)][plan.choice >= 0].sum()),
    }


def moved(before: npt.NDArray[np.int16], after: npt.NDArray[np.int16], balance_fen: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """Who moves between two plans over the same accounts: ``from``, ``to`` (null: no route), ``accounts``, ``balance_fen``; most balance first."""
    names: Mapping[int, str | None] = {-1: None, **dict(enumerate(ROUTE_NAMES))}
    frame = pl.DataFrame({"from": before, "to": after, "balance_fen": balance_fen}).filter(pl.col("from") != pl.col("to"))
    sums = (
        frame.group_by("from", "to")
        .agg(pl.len().alias("accounts"), pl.col("balance_fen").sum())
        .sort(["balance_fen", "from", "to"], descending=[True, False, False])
    )
    return [{**row, "from": names[row["from"]], "to": names[row["to"]]} for row in sums.to_dicts()]


def _array(folder: Path, name: str, shape: tuple[int, ...], kind: Any) -> npt.NDArray[Any]:
    if 0 in shape:  # a file of no length cannot be mapped
        empty: npt.NDArray[Any] = np.zeros(shape, dtype=kind)
        np.save(folder / f"{name}.npy", empty)
        return empty
    mapped: npt.NDArray[Any] = np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=kind, shape=shape)
    return mapped
