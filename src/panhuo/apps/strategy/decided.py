"""What a plan says of each account, laid beside the columns of its tapes: filtered, summed and sorted as if it stood on the tape itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.filters import NOTHING, Condition, filters_of
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.portfolio import columns_of
from panhuo.apps.strategy.making import choice_of, kept_of
from panhuo.apps.strategy.models import Plan
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Words

ROUTE = pl.Enum(ROUTE_NAMES)
AMOUNTS = ("recovery_fen", "low_fen", "high_fen", "cash_fen", "cost_fen", "net_value_fen")
"""``recovery_fen`` with ``low_fen`` and ``high_fen``: the assessment's, under ordinary in-house work. ``cash_fen``, ``cost_fen``, ``net_value_fen``: the
chosen route's."""
SORTS = ("recovery_fen", "cash_fen", "cost_fen", "net_value_fen")


@dataclass(frozen=True, slots=True)
class RouteFilter:
    """The plan's route is any of these (the other plan's, where ``column`` says so); None among them: no route."""

    values: tuple[str | None, ...]
    name: str = "route"
    column: str = "route"

    @property
    def text(self) -> str:
        return ",".join(value or NOTHING for value in self.values)

    def polars(self) -> pl.Expr:
        given = [value for value in self.values if value is not None]
        found = pl.col(self.column).is_in(given).fill_null(False) if given else pl.lit(False)
        return (found | pl.col(self.column).is_null()) if None in self.values else found


@dataclass(frozen=True, slots=True)
class MovedFilter:
    """The plan takes the account another way than plan ``before``, over the same tapes, did. Its route there stands in the column ``before``."""

    before: int
    digest: str
    after: int
    name: str = "moved"

    @property
    def text(self) -> str:
        return f"{self.before}..{self.after}"

    def polars(self) -> pl.Expr:
        return pl.col("route").ne_missing(pl.col("before"))


def conditions_of(query: Mapping[str, str]) -> list[Condition]:
    """All filters of an address, those on the plan's columns among them. Raises UsageInvalid that names what is wrong."""
    found: list[Condition] = list(filters_of(query))
    for key, column in (("route", "route"), ("moved_from", "before")):
        text = query.get(key)
        if not text:
            continue
        names = [None if part == NOTHING else part for part in dict.fromkeys(text.split(","))]
        for name in names:
            if name is not None and name not in ROUTE_NAMES:
                cause = Words(f"没有“{name[:40]}”这种处置方式", f'there is no route "{name[:40]}"')
                raise UsageInvalid(
                    "FILTER_WRONG", cause, where=key, remedy=Words("去掉这个条件，或从列表中选择", "remove the filter, or choose from the list")
                )
        found.append(RouteFilter(tuple(names), key, column))
    return found


def needs_plan(filters: Sequence[Condition], sort: str = "") -> bool:
    """Whether filters or order speak of a plan's columns."""
    return sort.removeprefix("-") in SORTS or any(isinstance(one, RouteFilter) for one in filters)


def decided_columns(scope: Scope, plan: Plan, tapes: Sequence[Tape], filters: Sequence[Condition] = ()) -> pl.LazyFrame:
    """The columns of the tapes, all of which the plan is over, with ``route``, ``AMOUNTS`` and ``place`` (row in the plan's files); and ``before``, the route
    in another plan, where the filters speak of one."""
    scope.need("plan.view")
    return beside(plan, tapes, filters)


def beside(plan: Plan, tapes: Sequence[Tape], filters: Sequence[Condition] = ()) -> pl.LazyFrame:
    """:func:`decided_columns` of a plan and tapes that the scope has been asked about."""
    starts = starts_of(plan)
    columns = _decided(plan.pk, plan.digest)
    moved = next((one for one in filters if isinstance(one, MovedFilter)), None)
    if moved is not None:
        columns = columns.with_columns(_decided(moved.before, moved.digest)["route"].alias("before"))
    parts = [
        pl.concat(
            [columns_of([tape]), columns.slice(starts[tape.pk], tape.rows).lazy(), pl.LazyFrame({"place": _places(starts[tape.pk], tape.rows)})],
            how="horizontal",
        )
        for tape in tapes
        if tape.pk in starts
    ]
    return (
        pl.concat(parts) if parts else pl.concat([columns_of([]), columns.clear().lazy(), pl.LazyFrame({"place": _places(0, 0)})], how="horizontal")
    )


def starts_of(plan: Plan) -> dict[int, int]:
    """Where each tape's accounts begin in the plan's files."""
    rows = dict(Tape.objects.filter(organisation_id=plan.organisation_id, pk__in=plan.tapes).values_list("pk", "rows"))
    starts: dict[int, int] = {}
    at = 0
    for pk in plan.tapes:
        starts[pk] = at
        at += rows.get(pk, 0)
    return starts


@lru_cache(maxsize=16)
def _places(start: int, rows: int) -> pl.Series:
    return pl.int_range(start, start + rows, dtype=pl.Int64, eager=True)


@lru_cache(maxsize=4)
def _decided(plan_id: int, digest: str) -> pl.DataFrame:
    """The plan's columns, in the order of its files. A plan that is made never changes; its digest says which it is."""
    plan = Plan.objects.get(pk=plan_id)
    kept, choice = kept_of(plan), np.asarray(choice_of(plan))
    routes = pl.Series([*ROUTE_NAMES, None], dtype=ROUTE).gather(pl.Series(np.where(choice < 0, len(ROUTE_NAMES), choice).astype(np.uint32)))
    return pl.DataFrame({"route": routes, **{name: _amount(kept, choice, name) for name in AMOUNTS}})


def _amount(kept: Any, choice: npt.NDArray[np.int16], name: str) -> pl.Series:
    if name in ("cash_fen", "cost_fen", "net_value_fen"):
        matrix = kept.array(name.removesuffix("_fen"))
        picked = np.take_along_axis(np.asarray(matrix), np.maximum(choice, 0).astype(np.int64)[:, None], axis=1)[:, 0]
        return pl.Series(np.where(choice >= 0, np.round(picked), 0.0).astype(np.int64))
    return pl.Series(np.array(kept.array(name)))
