"""Rulebooks tried on their own worked cases, and looked over for what a rulebook must have."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from panhuo.engines.compliance.books import Book, CaseText, ClockExpected, Rule
from panhuo.engines.compliance.loading import closure
from panhuo.engines.compliance.situation import active, moments, situate
from panhuo.engines.compliance.verdicts import ask, weigh
from panhuo.engines.compliance.vocabulary import Value, check_facts, plain_accounts
from panhuo.kernel.expressions import blaming
from panhuo.kernel.words import Words

_ANY_DAY = dt.date(2026, 1, 1)
_NEEDS = {"five_class_effective": "floor", "five_class_floor": "floor", "limitation_state": "clock", "limitation_expires_on": "clock"}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A worked case and what came of it. ``outcome``: the rule's raw three-valued outcome, null = unknown."""

    rule: Rule
    case: CaseText
    got: str
    outcome: bool | None

    @property
    def expected(self) -> str:
        return _spelled(self.case.expect)

    @property
    def passed(self) -> bool:
        return self.got == self.expected


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a book that does not stop it from loading."""

    code: str
    where: str
    rule: str
    words: Words


def run_cases(book: Book, books: Sequence[Book]) -> tuple[CaseResult, ...]:
    """Every case of the book, judged with the book and those it uses, and no others."""
    world = closure(book, books)
    groups: dict[tuple[dt.date, tuple[tuple[str, Value | None], ...]], list[tuple[Rule, CaseText]]] = {}
    for rule in book.rules:
        for case in rule.text.cases:
            key = (case.as_of, tuple(sorted(check_facts(case.facts).items())))
            groups.setdefault(key, []).append((rule, case))
    found: dict[int, CaseResult] = {}
    for (as_of, facts), items in groups.items():
        for (rule, case), result in zip(items, _run(world, as_of, dict(facts), items), strict=True):
            found[id(case)] = CaseResult(rule, case, *result)
    return tuple(found[id(case)] for rule in book.rules for case in rule.text.cases)


def _run(world: Sequence[Book], as_of: dt.date, facts: dict[str, Value | None], items: list[tuple[Rule, CaseText]]) -> list[tuple[str, bool | None]]:
    accounts = plain_accounts([case.account for _, case in items])
    situation = situate(accounts, world, as_of=as_of, facts=facts)
    in_force = active(world, "route", as_of)
    # a rule that is not enforced still has its say about its own cases
    asked = list({id(r): r for r in (*in_force, *(rule for rule, _ in items if rule.text.stage == "route" and rule.text.in_force(as_of)))}.values())
    outcomes = ask(situation, asked)
    enforced = weigh(outcomes, in_force)
    views = moments(situation, active(world, "clock", as_of))
    results: list[tuple[str, bool | None]] = []
    for row, (rule, _) in enumerate(items):
        if not rule.text.in_force(as_of):
            results.append(("not_in_force", None))
            continue
        kind = rule.text.effect.kind
        if kind in ("floor", "clock"):
            outcome = _one(views.get(rule.id, situation).slice(row, 1), rule)
            results.append((_floor_or_clock(rule, situation.slice(row, 1), outcome), outcome))
            continue
        outcome = outcomes[rule.id][row]
        effects = enforced if rule.text.enforced else weigh(outcomes, [rule])
        results.append((_effect(rule, row, effects.barred, effects.warned, effects.permitted), outcome))
    return results


def _one(row: pl.DataFrame, rule: Rule) -> bool | None:
    """The rule's raw outcome on a frame of one row."""
    with blaming(row, lambda: rule.sources):
        outcome: bool | None = row.select(pl.col("account_id"), rule.outcome.alias("outcome"))["outcome"][0]
    return outcome


def _effect(rule: Rule, row: int, barred: pl.DataFrame, warned: pl.DataFrame, permitted: pl.DataFrame) -> str:
    if rule.text.effect.kind == "permits":
        return "permitted" if permitted[rule.id][row] else "not_permitted"
    if rule.id in barred.columns and barred[rule.id][row]:
        return "barred"
    return "warned" if rule.id in warned.columns and warned[rule.id][row] else "allowed"


def _floor_or_clock(rule: Rule, one: pl.DataFrame, outcome: bool | None) -> str:
    if rule.text.effect.floor is not None:
        return rule.text.effect.floor.five_class if outcome else "none"
    return _spelled(ClockExpected(expires_on=one["limitation_expires_on"][0], state=one["limitation_state"][0]))


def _spelled(expect: str | ClockExpected) -> str:
    return expect if isinstance(expect, str) else f"{expect.state} until {expect.expires_on or '-'}"


def check_books(books: Sequence[Book], *, only: Iterable[str] | None = None) -> list[Problem]:
    """Everything wrong with the books: failing cases, rules without a case each way or for the unknown, gaps between the
    dated versions of a rule, conditions on classes or clocks that no used book makes. ``only``: names of books to look at.
    """
    wanted = {book.name for book in books} if only is None else set(only)
    problems: list[Problem] = []
    for book in books:
        if book.name in wanted:
            results = run_cases(book, books)
            problems += [_failed(r) for r in results if not r.passed]
            problems += _uncovered(book, closure(book, books), results)
            problems += _gaps(book)
            problems += _unfounded(book, books)
    return problems


def _failed(result: CaseResult) -> Problem:
    return Problem(
        "CASE_FAILS",
        result.rule.where,
        result.rule.id,
        Words(
            f"案例“{result.case.name}”应为 {result.expected}，实为 {result.got}",
            f"case {result.case.name!r} should give {result.expected}, gives {result.got}",
        ),
    )


def _uncovered(book: Book, world: Sequence[Book], results: tuple[CaseResult, ...]) -> list[Problem]:
    """A rule is shown by at least one case where it bites, one where it does not, and one where it cannot tell, if that can be."""
    problems = []
    blank = plain_accounts([{}])
    for rule in book.rules:
        seen = {r.outcome for r in results if r.rule is rule and r.got != "not_in_force"}
        lacking = [Words("生效", "where it bites")] if True not in seen else []
        if rule.columns and False not in seen:
            lacking.append(Words("不生效", "where it does not"))
        if None not in seen and _one(situate(blank, world, as_of=rule.text.effective_from or _ANY_DAY), rule) is None:
            lacking.append(Words("情况不明", "where it cannot tell"))
        problems += [
            Problem("CASE_LACKING", rule.where, rule.id, Words(f"缺少“{words.zh}”的案例", f"there is no worked case {words.en}")) for words in lacking
        ]
    return problems


def _gaps(book: Book) -> list[Problem]:
    problems = []
    by_id: dict[str, list[Rule]] = {}
    for rule in book.rules:
        by_id.setdefault(rule.id, []).append(rule)
    for rules in by_id.values():
        ordered = sorted(rules, key=lambda r: r.text.effective_from or dt.date.min)
        for before, after in itertools.pairwise(ordered):
            ended, began = before.text.effective_to, after.text.effective_from
            if ended and began and began - ended > dt.timedelta(days=1):
                problems.append(
                    Problem(
                        "VERSION_GAP",
                        after.where,
                        after.id,
                        Words(f"{ended} 与 {began} 之间没有有效版本", f"no version is in force between {ended} and {began}"),
                    )
                )
    return problems


def _unfounded(book: Book, books: Sequence[Book]) -> list[Problem]:
    made = {rule.text.stage for other in closure(book, books) for rule in other.rules}
    problems = []
    for rule in book.rules:
        for name in rule.columns:
            stage = _NEEDS.get(name)
            if stage is not None and stage not in made:
                words = Words(f"条件用到 {name}，但 uses 中没有产生它的手册", f"the condition reads {name}, which no book under uses makes")
                problems.append(Problem("COLUMN_UNFOUNDED", rule.where, rule.id, words))
    return problems
