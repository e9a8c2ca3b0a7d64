"""The slow twin of the compliance engine: one account at a time, plain Python, its own three-valued logic.

It shares with the engine nothing but the rulebooks' text and the SQL grammar: conditions are read by walking sqlglot's tree,
dates are counted by hand, effects are drawn rule by rule.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp

from panhuo.engines.compliance.books import Book, Rule
from panhuo.kernel.routes import ROUTE_NAMES

Row = dict[str, Any]
CLASSES = ["pass", "special_mention", "substandard", "doubtful", "loss"]
_TREES: dict[str, exp.Expression] = {}


def holds(sql: str, row: Row, params: Row) -> Any:
    """The value of the expression on the row; None is unknown."""
    if sql not in _TREES:
        _TREES[sql] = sqlglot.parse_one(sql, dialect="postgres")
    return _value(_TREES[sql], row, params)


def _value(node: exp.Expression, row: Row, params: Row) -> Any:
    def of(part: exp.Expression) -> Any:
        return _value(part, row, params)

    if isinstance(node, exp.Literal):
        return str(node.this) if node.is_string else int(node.this)
    if isinstance(node, exp.In):
        found = of(node.this)
        return None if found is None else found in [of(e) for e in node.expressions]
    if isinstance(node, exp.Is):
        return (of(node.this) is None) != bool(node.args.get("negate"))
    if isinstance(node, exp.Coalesce):
        return next((v for v in map(of, [node.this, *node.expressions]) if v is not None), None)
    if isinstance(node, exp.Add) and isinstance(node.expression, exp.Interval):
        day, years = of(node.this), str(node.expression.this.this)
        assert str(node.expression.args["unit"]).upper().startswith("YEAR"), node
        return None if day is None else years_on(day, int(years))
    if type(node) in _LEAVES:
        return _LEAVES[type(node)](node, row, params)
    if type(node) in _ONE:
        return _ONE[type(node)](of(node.this))
    if type(node) in _TWO:
        return _TWO[type(node)](of(node.this), of(node.expression))
    raise NotImplementedError(f"the twin does not know {type(node).__name__}: teach it")


def _strict(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: None if a is None or b is None else compute(a, b)


_LEAVES: dict[type, Callable[[Any, Row, Row], Any]] = {
    exp.Column: lambda node, row, params: row[node.name],
    exp.Placeholder: lambda node, row, params: params[node.name],
    exp.Boolean: lambda node, row, params: bool(node.this),
    exp.Null: lambda node, row, params: None,
}
_ONE: dict[type, Callable[[Any], Any]] = {exp.Paren: lambda a: a, exp.Not: lambda a: None if a is None else not a}
_TWO: dict[type, Callable[[Any, Any], Any]] = {
    exp.And: lambda a, b: False if False in (a, b) else None if None in (a, b) else True,
    exp.Or: lambda a, b: True if True in (a, b) else None if None in (a, b) else False,
    exp.EQ: _strict(operator.eq),
    exp.NEQ: _strict(operator.ne),
    exp.GT: _strict(operator.gt),
    exp.GTE: _strict(operator.ge),
    exp.LT: _strict(operator.lt),
    exp.LTE: _strict(operator.le),
    exp.Sub: _strict(operator.sub),
}


def outcome(rule: Rule, row: Row) -> bool | None:
    applies = holds(rule.text.applies_when, row, rule.text.params)
    fires = holds(rule.text.condition, row, rule.text.params)
    if applies is False or fires is False:
        return False
    return None if applies is None or fires is None else True


def years_on(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 2, 28)


def judge_one(account: Row, books: tuple[Book, ...], as_of: dt.date, facts: Row) -> Row:
    """Everything the engine says of one account: classes, clock, and by route the rules that bar and that warn."""
    row: Row = {**account, "as_of": as_of, "lender_kind": facts.get("lender_kind"), "lender_province": facts.get("lender_province")}
    live = [
        r
        for b in books
        for r in b.rules
        if r.text.enforced and (r.text.effective_from or dt.date.min) <= as_of <= (r.text.effective_to or dt.date.max)
    ]
    _classify(row, [r for r in live if r.text.effect.floor])
    _run_clock(row, [r for r in live if r.text.effect.clock])
    barred: dict[str, list[str]] = {route: [] for route in ROUTE_NAMES}
    warned: dict[str, list[str]] = {route: [] for route in ROUTE_NAMES}
    for rule in live:
        effect, unknown = rule.text.effect, rule.text.unknown
        if not (effect.bars or effect.warns):
            continue
        what = outcome(rule, row)
        lifted = False
        for permit in live:
            if permit.text.effect.of == rule.id:
                granted = outcome(permit, row)
                lifted = lifted or (permit.text.unknown == "allows" if granted is None else granted)
        if lifted:
            continue
        for route in effect.bars or ():
            if what or (what is None and unknown == "bars"):
                barred[route].append(rule.id)
            elif what is None and unknown == "warns":
                warned[route].append(rule.id)
        for route in effect.warns or ():
            if what or (what is None and unknown == "warns"):
                warned[route].append(rule.id)
    everywhere = [name for name in barred[ROUTE_NAMES[0]] if any(rule.id == name and rule.text.effect.bars == ROUTE_NAMES for rule in live)]
    if everywhere:  # nothing else needs saying
        barred = dict.fromkeys(ROUTE_NAMES, everywhere)
    return {
        "barred": barred,
        "warned": warned,
        **{k: row[k] for k in ("five_class_floor", "five_class_effective", "limitation_expires_on", "limitation_state")},
    }


def _classify(row: Row, floors: list[Rule]) -> None:
    reported = row["five_class"]
    hit = [CLASSES.index(r.text.effect.floor.five_class) for r in floors if r.text.effect.floor and outcome(r, row)]
    row["five_class_floor"] = CLASSES[max(hit)] if hit else None
    if not floors:
        row["five_class_effective"] = reported
        return
    row["five_class_effective"] = CLASSES[max([*hit, CLASSES.index(reported) if reported else 0])]


def _run_clock(row: Row, clocks: list[Rule]) -> None:
    ends: dt.date | None = None
    stopped = doubted = questioned = False
    for rule in clocks:
        row["limitation_expires_on"] = ends
        if outcome(rule, row) is not True:
            continue
        clock = rule.text.effect.clock
        assert clock is not None
        if clock.mode == "stop":
            ends, stopped = None, True
        elif clock.mode == "doubt":
            doubted = True
        elif clock.mode == "question":
            questioned = True
        else:
            start = row[str(clock.start)]
            end = None if start is None else years_on(start, int(str(rule.text.params["years"])))
            if clock.mode == "replace":
                ends = end
            elif clock.mode == "cap":
                ends = min(ends, end) if ends and end else ends
            elif end is not None:
                ends = end if ends is None else max(ends, end)
    row["limitation_expires_on"] = ends
    if stopped:
        row["limitation_state"] = "open"
    elif ends is None:
        row["limitation_state"] = "unknown"
    elif row["as_of"] <= ends:
        row["limitation_state"] = "unknown" if questioned else "open"
    else:
        row["limitation_state"] = "unknown" if doubted else "expired"
