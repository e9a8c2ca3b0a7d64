"""Plans and decisions as pages read them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from django.db import connection

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.accounts import account_row
from panhuo.apps.intake.filters import Filter
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.portfolio import columns_of
from panhuo.apps.strategy.making import choice_of, kept_of, policy_of
from panhuo.apps.strategy.models import Decision, Plan
from panhuo.engines.compliance import Book, load_books
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.pipeline import Policy
from panhuo.pipeline.explaining import Explained, explain


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
            "select tape_id, position, route, net_value_fen, cash_fen, recovery_fen from strategy_decision where organisation_id = %s and plan_id = %s"
            " and (tape_id, position) in (select * from unnest(%s::bigint[], %s::integer[]))",
            [scope.organisation_id, plan.pk, [tape for tape, _ in keys], [position for _, position in keys]],
        )
        names = ("route", "net_value_fen", "cash_fen", "recovery_fen")
        return {(row[0], row[1]): dict(zip(names, row[2:], strict=True)) for row in cursor.fetchall()}


def account_explained(scope: Scope, plan: Plan, *, tape_id: int, position: int) -> Explained | None:
    """One account of a plan, recomputed and compared; None where the plan has no such account."""
    scope.need("account.view")
    row = account_row(scope, tape_id=tape_id, position=position)
    decision = decision_of(scope, plan, tape_id=tape_id, position=position)
    tape = scope.rows(Tape).filter(pk=tape_id).first()
    if row is None or decision is None or tape is None or tape.as_of is None:
        return None
    choice = ROUTE_NAMES.index(decision.route) if decision.route else -1
    policy = _policy(plan.pk, plan.digest)
    return explain(
        row,
        policy=policy,
        books=_books(),
        as_of=tape.as_of,
        choice=choice,
        limits=plan.figures["limits"],
        stored_fen=decision.net_value_fen if choice >= 0 else None,
    )


def cash_expected(scope: Scope, plan: Plan, tapes: Sequence[Tape], filters: Sequence[Filter]) -> dict[str, Any]:
    """Expected recovery month by month under ordinary in-house work, of the accounts that the filters leave, with the band's sums.

    ``months``: fen; ``recovery_fen``, ``low_fen``, ``high_fen``: sums of the accounts' own 10th and 90th percentiles, so the band holds if all went badly
    together, or well: it is wider than the sum of independent accounts would be.
    """
    scope.need("portfolio.view")
    kept = kept_of(plan)
    places = places_of(scope, plan, tapes, filters)
    balance, curve = kept.array("balance_fen"), kept.array("curve")
    if places is None:
        cash = plan.figures["cash"]
        return {
            "months": cash["months"],
            "recovery_fen": int(kept.array("recovery_fen").sum()),
            "low_fen": cash["low_fen"],
            "high_fen": cash["high_fen"],
        }
    months = np.zeros(curve.shape[1])
    for start in range(0, len(places), 100_000):
        part = places[start : start + 100_000]
        months += np.asarray(balance[part], dtype=np.float64) @ np.asarray(curve[part], dtype=np.float64)
    sums = {name: int(kept.array(name)[places].sum()) for name in ("recovery_fen", "low_fen", "high_fen")}
    return {"months": [round(float(fen)) for fen in months], **sums}


def routes_of(scope: Scope, plan: Plan, tapes: Sequence[Tape], filters: Sequence[Filter]) -> pl.DataFrame:
    """The plan's routes for the accounts that the filters leave: ``route`` (null: none), ``accounts``, ``balance_fen``, ``cash_fen``, ``net_value_fen``."""
    scope.need("plan.view")
    kept, choice = kept_of(plan), choice_of(plan)
    places = places_of(scope, plan, tapes, filters)
    rows = np.arange(len(choice)) if places is None else places
    mine = np.asarray(choice[rows])
    picked = {name: np.asarray(kept.array(name)[rows, np.maximum(mine, 0)]) * (mine >= 0) for name in ("cash", "net_value")}
    names = pl.Series([*ROUTE_NAMES, None], dtype=pl.String)
    frame = pl.DataFrame(
        {
            "route": names.gather(pl.Series(np.where(mine < 0, len(ROUTE_NAMES), mine).astype(np.uint32))),
            "balance_fen": np.asarray(kept.array("balance_fen")[rows]),
            "cash_fen": picked["cash"],
            "net_value_fen": picked["net_value"],
        }
    )
    sums = frame.group_by("route").agg(pl.len().cast(pl.Int64).alias("accounts"), pl.exclude("route").sum().cast(pl.Int64))
    order = pl.col("route").replace_strict(list(ROUTE_NAMES), list(range(len(ROUTE_NAMES))), default=99, return_dtype=pl.Int64)
    return sums.sort(order)


def places_of(scope: Scope, plan: Plan, tapes: Sequence[Tape], filters: Sequence[Filter]) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Rows of the plan's files that belong to the filtered accounts of the tapes; None for all of them."""
    starts: dict[int, int] = {}
    at = 0
    rows = dict(scope.rows(Tape).filter(pk__in=plan.tapes).values_list("pk", "rows"))
    for pk in plan.tapes:
        starts[pk] = at
        at += rows.get(pk, 0)
    mine = [tape for tape in tapes if tape.pk in starts]
    if not filters and len(mine) == len(starts):
        return None
    frame = columns_of(mine)
    if filters:
        frame = frame.filter(*(chosen.polars() for chosen in filters))
    start = pl.col("tape_id").replace_strict(list(starts), list(starts.values()), return_dtype=pl.Int64)
    places = frame.select((start + pl.col("position").cast(pl.Int64)).alias("place")).collect()["place"].to_numpy()
    out: np.ndarray[Any, np.dtype[np.int64]] = places
    return out


@lru_cache(maxsize=8)
def _policy(plan_id: int, digest: str) -> Policy:
    return policy_of(Plan.objects.get(pk=plan_id))


@lru_cache(maxsize=1)
def _books() -> Sequence[Book]:
    return load_books()
