"""Plans and decisions as pages read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from django.db import connection

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.accounts import account_row, row_of
from panhuo.apps.intake.filters import Condition
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.portfolio import SUMS, Totals, columns_of, grouped, totals, where
from panhuo.apps.intake.storing import FILTERED
from panhuo.apps.strategy.decided import AMOUNTS, beside, decided_columns, starts_of
from panhuo.apps.strategy.making import kept_of, policy_of
from panhuo.apps.strategy.models import Decision, Plan
from panhuo.engines.compliance import Book, load_books
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.pipeline import Policy, load_policy
from panhuo.pipeline.explaining import Explained, explain
from panhuo.pipeline.planning import Kept

_CACHED_ROWS = 8_192


def plans_of(scope: Scope) -> list[Plan]:
    """All plans of the organisation, latest first."""
    scope.need("plan.view")
    return list(scope.rows(Plan).select_related("created_by").order_by("-pk")[:200])


def decision_of(scope: Scope, plan: Plan, *, tape_id: int, position: int) -> Decision | None:
    return scope.rows(Decision).filter(plan_id=plan.pk, tape_id=tape_id, position=position).first()


def decisions_of(scope: Scope, plan: Plan, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], dict[str, Any]]:
    """The decisions for a page of accounts, by (tape, position); one query."""
    scope.need("plan.view")
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select tape_id, position, route, net_value_fen, cash_fen, cost_fen, recovery_fen from strategy_decision where organisation_id = %s and plan_id = %s"
            " and (tape_id, position) in (select * from unnest(%s::bigint[], %s::integer[]))",
            [scope.organisation_id, plan.pk, [tape for tape, _ in keys], [position for _, position in keys]],
        )
        names = ("route", "net_value_fen", "cash_fen", "cost_fen", "recovery_fen")
        found = {(row[0], row[1]): dict(zip(names, row[2:], strict=True)) for row in cursor.fetchall()}
    kept, starts = kept_of(plan), starts_of(plan)
    band = {name: kept.array(name) for name in ("low_fen", "high_fen")}  # the accounts' own; decisions are of routes
    for (tape, position), amounts in found.items():
        amounts |= {name: int(array[starts[tape] + position]) for name, array in band.items()}
    return found


def account_explained(scope: Scope, plan: Plan, *, tape_id: int, position: int) -> Explained | None:
    """One account of a plan, recomputed and compared; None where the plan has no such account."""
    scope.need("account.view")
    decision = decision_of(scope, plan, tape_id=tape_id, position=position)
    tape = scope.rows(Tape).filter(pk=tape_id, state=Tape.IMPORTED).first()
    if decision is None or tape is None or account_row(scope, tape_id=tape_id, position=position) is None:
        return None
    return _explained(plan, plan.digest, tape, position, decision.route, decision.net_value_fen)


@lru_cache(maxsize=256)
def _explained(plan: Plan, digest: str, tape: Tape, position: int, route: str | None, stored_fen: int) -> Explained:
    """The same question has the same answer: neither the plan nor the tape ever changes."""
    row = row_of(tape_id=tape.pk, position=position, organisation_id=plan.organisation_id)
    assert row is not None  # the caller has just read it
    assert tape.as_of is not None
    choice = ROUTE_NAMES.index(route) if route else -1
    policy, limits = _policy(plan.pk, digest), plan.figures["limits"]
    return explain(row, policy=policy, books=books(), as_of=tape.as_of, choice=choice, limits=limits, stored_fen=stored_fen if choice >= 0 else None)


def warm() -> None:
    """What the first page of a process would wait for, seconds otherwise: the rulebooks read, what explains an account compiled."""
    anyone: dict[str, Any] = dict.fromkeys(ACCOUNT.names)
    anyone |= {
        "account_id": "-",
        "debtor_kind": "person",
        "product": "consumer_loan",
        "currency": "CNY",
        "written_off": False,
        "overdue_days": 120,
        "bucket": "M4",
    }
    anyone |= dict.fromkeys(("principal_fen", "balance_fen"), 1_000_000)
    explain(anyone, policy=load_policy(), books=books(), as_of=dt.date(2026, 1, 1), choice=-1, limits=(), stored_fen=None)


def cash_expected(scope: Scope, plan: Plan, tapes: Sequence[Tape], filters: Sequence[Condition]) -> dict[str, Any]:
    """Expected recovery month by month under ordinary in-house work, of the accounts that the filters leave, with the band's sums.

    ``months``: fen; ``recovery_fen``, ``low_fen``, ``high_fen``: sums of the accounts' own 10th and 90th percentiles, so the band holds if all went badly
    together, or well: it is wider than the sum of independent accounts would be.
    """
    scope.need("portfolio.view")
    return _expected(plan, plan.digest, tuple(tapes), tuple(filters))


@lru_cache(maxsize=256)
def _expected(plan: Plan, digest: str, tapes: tuple[Tape, ...], filters: tuple[Condition, ...]) -> dict[str, Any]:
    """A plan that is made never changes, nor do its tapes: a question asked before has the same answer."""
    kept = kept_of(plan)
    if not filters and {tape.pk for tape in tapes} >= set(plan.tapes):
        cash = plan.figures["cash"]
        return {
            "months": cash["months"],
            "recovery_fen": int(kept.array("recovery_fen").sum()),
            "low_fen": cash["low_fen"],
            "high_fen": cash["high_fen"],
        }
    places = where(beside(plan, tapes, filters), filters).select("place").collect()["place"].to_numpy()
    sums = {name: int(kept.array(name)[places].sum()) for name in ("recovery_fen", "low_fen", "high_fen")}
    return {"months": _months(kept, places), **sums}


def _months(kept: Kept, places: np.ndarray[Any, np.dtype[np.int64]]) -> list[int]:
    """Balance times curve over the rows, in parts small enough for the processor's cache. Where most rows are wanted all are read, the others
    with a balance of nothing: reading in order beats picking."""
    balance, curve = kept.array("balance_fen"), kept.array("curve")
    total = np.zeros(curve.shape[1])
    if len(places) * 3 > len(balance):
        weights = np.zeros(len(balance))
        weights[places] = balance[places]
        for start in range(0, len(balance), _CACHED_ROWS):
            total += weights[start : start + _CACHED_ROWS] @ curve[start : start + _CACHED_ROWS].astype(np.float64)
    else:
        for start in range(0, len(places), _CACHED_ROWS):
            part = places[start : start + _CACHED_ROWS]
            total += balance[part].astype(np.float64) @ curve[part].astype(np.float64)
    return [round(float(fen)) for fen in total]


@dataclass(frozen=True, slots=True)
class Figures:
    """A portfolio in sums. ``groups``: frames of :func:`.portfolio.grouped`, by their fields joined with a blank."""

    whole: Totals
    groups: Mapping[str, pl.DataFrame]


def portfolio_figures(scope: Scope, plan: Plan | None, tapes: Sequence[Tape], filters: Sequence[Condition], by: Sequence[str]) -> Figures:
    """Totals (with ``AMOUNTS`` where there is a plan) and groupings of the accounts that the filters leave, filtered once. by: "age", "product bucket", ..."""
    scope.need("portfolio.view")
    if plan is not None:
        scope.need("plan.view")
    return _figures(plan, plan.digest if plan else "", tuple(tapes), tuple(filters), tuple(by))


@lru_cache(maxsize=128)
def _figures(plan: Plan | None, digest: str, tapes: tuple[Tape, ...], filters: tuple[Condition, ...], by: tuple[str, ...]) -> Figures:
    """Neither plans nor tapes change once they are made: the same question has the same answer."""
    frame = columns_of(tapes) if plan is None else beside(plan, tapes, filters)
    names = FILTERED if plan is None else (*FILTERED, *AMOUNTS)
    found = where(frame, filters).select(names).collect().lazy()
    whole = totals((), (), frame=found, sums=SUMS if plan is None else (*SUMS, *AMOUNTS))
    return Figures(whole, {key: grouped((), (), key.split(" "), frame=found) for key in by})


def routes_of(scope: Scope, plan: Plan, tapes: Sequence[Tape], filters: Sequence[Condition]) -> pl.DataFrame:
    """The plan's routes for the accounts that the filters leave: ``route`` (null: none), ``accounts``, ``balance_fen``, ``cash_fen``, ``net_value_fen``."""
    scope.need("plan.view")
    found = where(decided_columns(scope, plan, tapes, filters), filters).group_by("route")
    sums = found.agg(pl.len().cast(pl.Int64).alias("accounts"), pl.col("balance_fen", "cash_fen", "net_value_fen").sum()).collect()
    return sums.sort(pl.col("route").to_physical(), nulls_last=True).with_columns(pl.col("route").cast(pl.String))


@lru_cache(maxsize=8)
def _policy(plan_id: int, digest: str) -> Policy:
    return policy_of(Plan.objects.get(pk=plan_id))


@lru_cache(maxsize=1)
def books() -> Sequence[Book]:
    """The rulebooks, compiled once a process."""
    return load_books()
