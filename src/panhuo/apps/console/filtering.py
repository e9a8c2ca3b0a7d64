"""What a page of the portfolio is about, from its address: tapes, filters, the plan; and back into addresses, chips and the filter bar.

An address has one spelling: ``tape``, then filters in the order of the schema, each as :mod:`panhuo.apps.intake.filters` writes it. What the filter bar's
form sends otherwise (a range in two fields, one key several times) is turned into it and redirected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.http import Http404, HttpRequest, QueryDict

from panhuo.apps.console.names import NO_ROUTE, ROUTE_WORDS, field_words, range_words, value_words
from panhuo.apps.console.plan_words import STATES
from panhuo.apps.console.tables import Chip, View, Views
from panhuo.apps.identity.finding import key_of
from panhuo.apps.identity.saved_views import views_of
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.filters import BY_VALUE, NAMES, NOTHING, Condition, Filter, narrowed, values_of
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.portfolio import columns_of, tapes_current
from panhuo.apps.strategy.decided import MovedFilter, RouteFilter, conditions_of, decided_columns
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.standing import moved_asked, plan_asked, plan_for, plans_in_force
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.words import Words

ORDER = ("tape", "plan", *NAMES, "route", "moved", "moved_from", "found", "measure", "sort")
RANGES = {"balance": "balance_fen", "days": "overdue_days", "made": "origination_date"}
"""Ranges of the bar's form: the start of its two fields' names, and the field meant. Amounts are typed in yuan."""
FACETS = ("product", "bucket", "five_class", "province", "route")
MORE = ("guarantee_kind", "litigation_state", "contactability", "debtor_kind", "written_off")
ALL, PLAN = Words("全部", "All"), Words("方案", "Plan")
Options = list[tuple[str, Words]]


@dataclass
class Chosen:
    """``tape_id`` None: the current tapes of all series, or all of the plan's where one is ``asked`` for. ``plan``: the one whose figures stand beside the
    accounts, None where none does."""

    scope: Scope
    tape_id: int | None
    tapes: list[Tape]
    filters: list[Condition]
    plan: Plan | None
    rest: dict[str, str]
    asked: bool = False

    @cached_property
    def frame(self) -> pl.LazyFrame:
        """The tapes' columns, with the plan's beside them."""
        return columns_of(self.tapes) if self.plan is None else decided_columns(self.scope, self.plan, self.tapes, self.filters)

    @cached_property
    def before(self) -> Plan | None:
        """The plan from which the accounts move, where these are asked for."""
        moved = next((one for one in self.filters if isinstance(one, MovedFilter)), None)
        return self.scope.rows(Plan).get(pk=moved.before) if moved else None

    def query(self, *more: Condition, **others: str | None) -> str:
        """The address's query with further filters; ``others`` set or (None) remove one of the remaining keys."""
        held: dict[str, str] = {one.name: one.text for one in self.narrowed(*more)}
        held |= {"tape": str(self.tape_id)} if self.tape_id is not None else {}
        held |= {"plan": str(self.plan.pk)} if self.asked and self.plan and "moved" not in held else {}
        held |= self.rest
        for key, value in others.items():
            held.pop(key, None)
            if value:
                held[key] = value
        return urlencode([(key, held[key]) for key in ORDER if key in held])

    def narrowed(self, *more: Condition) -> list[Condition]:
        plain = narrowed(self.filters, *(one for one in more if isinstance(one, Filter)))
        routes = [one for one in more if isinstance(one, RouteFilter)]
        return [one for one in plain if one.name not in {route.name for route in routes}] + routes

    def accounts(self, *more: Condition) -> str:
        """The accounts behind a figure."""
        query = self.query(*more, measure=None, sort=None)
        return f"/accounts?{query}" if query else "/accounts"

    def chips(self) -> list[Chip]:
        """The filters that hold, each to be taken away; the plan that was asked for among them."""
        plan = [Chip("plan", PLAN, self.plan.name)] if self.asked and self.plan and not self.before else []
        return [*plan, *(Chip(one.name, field_words(one.name), self._moved() if one.name == "moved" else _chip(one)) for one in self.filters)]

    def _moved(self) -> str:
        assert self.before is not None
        assert self.plan is not None
        return f"{self.before.name} → {self.plan.name}"

    @cached_property
    def standing(self) -> dict[str, Any] | None:
        """What must be said of the plan whose figures are shown: its state where it is not in force, or that there is none though some tapes have theirs."""
        if self.plan is not None:
            return None if self.plan.state == Plan.APPROVED else {"plan": self.plan, "state": STATES[self.plan.state], "asked": self.asked}
        others = plans_in_force(self.scope, [tape.pk for tape in self.tapes]) if self.scope.may("plan.view") else []
        return {"others": others} if others else None

    def views(self, page: str) -> Views:
        mine = self.query(found=None)
        items = [View(ALL, f"/{page}", not mine)]
        items += [
            View(view.name, f"/{page}?{view.query}", bool(mine) and view.query == mine, f"/views/{view.pk}/remove")
            for view in views_of(self.scope, page)
        ]
        return Views(items, f"/views/{page}", query=mine)

    def bar(self) -> dict[str, Any]:
        """What the filter bar's template needs."""
        held = {one.name: one.text for one in self.filters}
        ranges = {one.name: one for one in self.filters if isinstance(one, Filter) and not one.values}
        bounds: dict[str, str] = {}
        for start, name in RANGES.items():
            one = ranges.get(name)
            for end, bound in (("from", one.low if one else None), ("to", one.high if one else None)):
                bounds[f"{start}_{end}"] = "" if bound is None else f"{bound / 100:.2f}".removesuffix(".00") if start == "balance" else str(bound)
        facets = [
            (name, field_words(name), _options(name, held.get(name, "")), held.get(name, "")) for name in FACETS if name != "route" or self.plan
        ]
        more = [(name, field_words(name), _options(name, held.get(name, "")), held.get(name, "")) for name in MORE]
        active = sum(name in held for name in (*MORE, *RANGES.values()))
        kept = [(key, value) for key, value in self.rest.items() if key in ("measure", "sort", "found")]
        kept += [("plan", str(self.plan.pk))] if self.asked and self.plan and not self.before else []
        # a range that the form's two fields cannot say goes through unchanged
        kept += [(name, text) for name, text in held.items() if name not in (*FACETS, *MORE) and not (name in ranges and name in RANGES.values())]
        return {
            "tape": "" if self.tape_id is None else str(self.tape_id),
            "tapes": tape_options(self.scope, self.plan.tapes if self.asked and self.plan else None),
            "facets": facets,
            "more": more,
            "bounds": bounds,
            "active": active,
            "kept": kept,
        }


def chosen_of(request: HttpRequest, *, keep: Sequence[str] = ()) -> Chosen:
    """Read the address. keep: which keys besides tapes and filters belong to the page. Raises UsageInvalid, Http404."""
    return chosen_from(request.scope, request.GET, keep=keep)  # type: ignore[attr-defined]


def chosen_from(scope: Scope, query: QueryDict, *, keep: Sequence[str] = ()) -> Chosen:
    tape_id, plan_id = _key(query.get("tape", "")), _key(query.get("plan", ""))
    filters = conditions_of(query.dict())
    rest = {key: query[key][:80] for key in keep if query.get(key)}
    if query.get("moved"):
        plan, tapes, moved = moved_asked(scope, query["moved"], tape_id)
        return Chosen(scope, tape_id, tapes, [*filters, moved], plan, rest, asked=True)
    if any(one.name == "moved_from" for one in filters):
        cause = Words("没有写明是哪两个方案之间", "it is not said between which plans")
        raise UsageInvalid("FILTER_WRONG", cause, where="moved_from", remedy=Words("与 moved 一同使用", "use it together with moved"))
    if plan_id is not None:
        plan, tapes = plan_asked(scope, plan_id, tape_id)
        return Chosen(scope, tape_id, tapes, filters, plan, rest, asked=True)
    tapes = tapes_current(scope, tape_id=tape_id)
    if tape_id is not None and not tapes:
        raise Http404
    return Chosen(scope, tape_id, tapes, filters, plan_for(scope, tapes, filters, rest.get("sort", "")), rest)


def respelled(query: QueryDict) -> str | None:
    """The one spelling of what the filter bar's form sent, or None where the address has it already. Raises UsageInvalid for what is no number or date."""
    halves = [f"{start}_{end}" for start in RANGES for end in ("from", "to")]
    twice = [key for key in (*BY_VALUE, "route") if len(query.getlist(key)) > 1]
    alone = "moved_from" in query and not query.get("moved")  # the two plans were taken away: then there is no "from"
    if not any(key in query for key in halves) and not twice and not alone:
        return None
    held = {key: ",".join(dict.fromkeys(part for part in query.getlist(key) if part)) for key in ORDER if query.get(key)}
    if alone:
        held.pop("moved_from", None)
    for start, name in RANGES.items():
        low, high = (_bound(start, query.get(f"{start}_{end}", "")) for end in ("from", "to"))
        if f"{start}_from" in query or f"{start}_to" in query:
            held.pop(name, None)
        if low or high:
            held[name] = f"{low}..{high}"
    return urlencode([(key, held[key]) for key in ORDER if held.get(key)])


def tape_options(scope: Scope, of_plan: Sequence[int] | None) -> Options:
    """All tapes there are: the current ones together, then each version of each series; or those of a plan."""
    found = scope.rows(Tape).filter(state=Tape.IMPORTED)
    found = found if of_plan is None else found.filter(pk__in=of_plan)
    rows = found.order_by("series", "-version").values_list("pk", "series", "version", "as_of", "current")[:500]
    out: Options = [("", Words("全部当前清单", "All current tapes") if of_plan is None else Words("方案的全部清单", "All tapes of the plan"))]
    for pk, series, version, as_of, current in rows:
        mark_zh, mark_en = ("", "") if current else ("（旧版）", " (older)")
        out.append((str(pk), Words(f"{series} 第 {version} 版 {as_of}{mark_zh}", f"{series} v{version} {as_of}{mark_en}")))
    return out


def _options(name: str, held: str) -> Options:
    """The values a filter may have; a choice of several stands as one more."""
    if name == "route":
        out = [(route, words) for route, words in ROUTE_WORDS.items()] + [(NOTHING, NO_ROUTE)]
    elif name == "written_off":
        out = [("true", value_words(name, True)), ("false", value_words(name, False))]
    else:
        values = values_of(name)
        out = [(value, value_words(name, value)) for value in values]
        if ACCOUNT[name].nullable and NOTHING not in values:
            out.append((NOTHING, value_words(name, None)))
    if "," in held:
        count = held.count(",") + 1
        out.append((held, Words(f"已选 {count} 项", f"{count} chosen")))
    return [("", ALL), *out]


def _chip(one: Condition) -> Words:
    if isinstance(one, Filter) and not one.values:
        return range_words(one.name, one.low, one.high)
    values = [value_words(one.name, value) for value in one.values]  # type: ignore[attr-defined]
    return Words("、".join(value.zh for value in values), ", ".join(value.en for value in values))


def _key(text: str) -> int | None:
    if not text:
        return None
    key = key_of(text)
    if not key:
        raise Http404
    return key


def _bound(start: str, text: str) -> str:
    """What was typed into one end of a range, in the field's unit."""
    typed = text.strip().replace(",", "").replace("，", "")
    if not typed or start != "balance":
        return typed  # days and dates are checked where filters are read
    try:
        fen = Decimal(typed) * 100
        if not fen.is_finite() or abs(fen) >= 2**62:
            raise InvalidOperation
    except InvalidOperation as error:
        cause = Words(f"“{typed[:40]}”不是金额", f'"{typed[:40]}" is no amount')
        raise UsageInvalid("FILTER_WRONG", cause, where="balance_fen", remedy=Words("以元为单位填写数字", "type a number of yuan")) from error
    return str(int(fen))
