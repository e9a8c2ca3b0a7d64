"""Two plans over the same accounts beside one another: money, hours, and who moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from panhuo.apps.identity.scope import Scope
from panhuo.apps.strategy.making import choice_of, kept_of
from panhuo.apps.strategy.models import Plan
from panhuo.pipeline.planning import moved


@dataclass(frozen=True, slots=True)
class Compared:
    """Differences, this plan less the other: fen and hours. ``moves``: from, to (None: no route), accounts, balance_fen; ``moving`` accounts in all."""

    net_value_fen: int
    expected_fen: int
    cost_fen: int
    hours: float
    moving: int
    moves: list[dict[str, Any]]


def compare(scope: Scope, plan: Plan, other: Plan) -> Compared:
    """Compare plans over the same tapes. Raises ValueError for plans over different ones."""
    scope.need("plan.view")
    if plan.tapes != other.tapes:
        raise ValueError("plans over different tapes have no accounts in common")

    def total(which: Plan, name: str) -> int:
        return sum(int(route[name]) for route in which.figures["routes"].values())

    before, after = np.asarray(choice_of(other)), np.asarray(choice_of(plan))
    moves = moved(before, after, np.asarray(kept_of(plan).array("balance_fen")))
    return Compared(
        plan.figures["objective_fen"] - other.figures["objective_fen"],
        total(plan, "expected_recovery_fen") - total(other, "expected_recovery_fen"),
        total(plan, "cost_fen") - total(other, "cost_fen"),
        (plan.figures["minutes"] - other.figures["minutes"]) / 60.0,
        sum(int(move["accounts"]) for move in moves),
        moves,
    )
