"""What it takes to work an account month after month: calls, minutes, messages, casework, and what they cost.

A call takes as long for 5,000 yuan as for 50 million; what a large claim takes beyond calls does not: searches for assets, visits, meetings,
valuations, papers for committees. That is casework: minutes and expenses a month by the claim's size, for persons and firms apart.

Work stops when the account is paid, so every month's work is weighed by the share still open at its start (kernel.shares.survival).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pydantic

from panhuo.kernel.documents import Document
from panhuo.kernel.routes import Curve, Floats
from panhuo.kernel.shares import blocks, survival
from panhuo.kernel.stages import OLDEST, ByStage, Ints, paths
from panhuo.kernel.tables import ByDebtor, Fen, FenByDebtor, Quantity, Table


class ComplaintPolicy(Document):
    """Justified complaints expected: so many in 1,000 units of work, times ``after_complaint`` for a debtor who complained this year."""

    per_1000: Quantity
    after_complaint: Quantity

    def of(self, accounts: pl.DataFrame, work: Floats) -> Floats:
        """(n,) complaints for (n,) units of work (calls for a house, account-months for an agency)."""
        rate = self.per_1000.value / 1000.0
        if "complaints_12m" not in accounts.columns:
            return work * rate
        complained = (accounts["complaints_12m"].fill_null(0) > 0).to_numpy()
        return work * rate * np.where(complained, self.after_complaint.value, 1.0)


class CaseworkPolicy(Document):
    """What a claim takes beyond calls in each month that it is open. ``minute_fen``: of the people who do it, dearer than callers."""

    minutes_per_month: ByDebtor
    expenses_fen_per_month: FenByDebtor
    minute_fen: Quantity


class EffortPolicy(Document):
    """Ordinary work on an open account by stage. ``share_worked``: how much of it a debtor of each contactability gets."""

    calls_per_month: ByStage
    minutes_per_call: ByStage
    messages_per_month: ByStage
    line_minute_fen: Quantity
    message_fen: Fen
    share_worked: Table
    casework: CaseworkPolicy

    @pydantic.field_validator("calls_per_month", "minutes_per_call", "messages_per_month")
    @classmethod
    def _believable(cls, table: ByStage) -> ByStage:
        return table.refuse_outside(0.0, 10_000.0)


@dataclass(frozen=True, slots=True)
class Effort:
    """cost: (n, horizon) fen. minutes, calls: (n,) in all."""

    cost: Curve
    minutes: Floats
    calls: Floats


def effort(curve: Curve, start: Ints, accounts: pl.DataFrame, *, policy: EffortPolicy, staff_minute_fen: float) -> Effort:
    """The work on accounts that pay by ``curve`` and are at ``start`` months overdue."""
    n, horizon = curve.shape
    size = OLDEST + horizon + 1
    calls = policy.calls_per_month.table(size)
    minutes = calls * policy.minutes_per_call.table(size)
    call_cost = minutes * (staff_minute_fen + policy.line_minute_fen.value)
    message_cost = policy.messages_per_month.table(size) * policy.message_fen.value
    share = policy.share_worked.of(accounts) if policy.share_worked.by in accounts.columns else np.full(n, policy.share_worked.other)
    live = accounts["balance_fen"].to_numpy() > 0
    case_minutes = np.where(live, policy.casework.minutes_per_month.of(accounts), 0.0)
    case_cost = case_minutes * policy.casework.minute_fen.value + np.where(live, policy.casework.expenses_fen_per_month.of(accounts), 0.0)
    cost, all_minutes, all_calls = np.empty((n, horizon), dtype=np.float32), np.empty(n), np.empty(n)
    for rows in blocks(n):
        still = survival(curve[rows])
        factor = share[rows].astype(np.float32)[:, None]
        cost[rows] = (factor * paths(call_cost, start[rows], horizon) + paths(message_cost, start[rows], horizon)) * still
        all_minutes[rows] = (paths(minutes, start[rows], horizon) * still).sum(axis=1) * share[rows]
        if case_cost[rows].any():  # hardly any: most claims are small ones of persons
            cost[rows] += case_cost[rows].astype(np.float32)[:, None] * still
            all_minutes[rows] += case_minutes[rows] * still.sum(axis=1)
        all_calls[rows] = (paths(calls, start[rows], horizon) * still).sum(axis=1)
    return Effort(cost, all_minutes, all_calls * share)
