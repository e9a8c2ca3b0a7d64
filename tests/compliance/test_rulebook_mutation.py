"""The worked cases must be able to fail: change any comparison, constant, code or connective of any rule, and one goes red."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
import sqlglot
from sqlglot import exp

from panhuo.engines.compliance import load_books
from panhuo.engines.compliance.books import Book, Rule
from panhuo.engines.compliance.cases import run_cases
from panhuo.engines.compliance.loading import compile_rule

BOOKS = load_books()
RULES = [(book, number) for book in BOOKS for number in range(len(book.rules))]
_FLIPS: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.And: exp.Or,
    exp.Or: exp.And,
}


def mutants(sql: str) -> Iterator[str]:
    """Every text that differs from ``sql`` by one operator, one code of a list, or one negation."""
    size = len(list(sqlglot.parse_one(sql, dialect="postgres").walk()))
    for at in range(size):
        for change in ("flip", "drop", "negate"):
            tree = sqlglot.parse_one(sql, dialect="postgres")
            node = list(tree.walk())[at]
            if change == "flip" and type(node) in _FLIPS:
                new: exp.Expression = _FLIPS[type(node)](this=node.this.copy(), expression=node.expression.copy())
                if isinstance(node, exp.And | exp.Or):
                    new = exp.Paren(this=new)
            elif change == "negate" and isinstance(node, exp.Is | exp.In):
                new = exp.Paren(this=exp.Not(this=node.copy()))
            elif change == "drop" and isinstance(node, exp.In) and len(node.expressions) > 1:
                for gone in range(len(node.expressions)):
                    kept = [e.copy() for i, e in enumerate(node.expressions) if i != gone]
                    yield _with(sql, at, exp.In(this=node.this.copy(), expressions=kept))
                continue
            else:
                continue
            yield _with(sql, at, new)


def _with(sql: str, at: int, new: exp.Expression) -> str:
    tree = sqlglot.parse_one(sql, dialect="postgres")
    node = list(tree.walk())[at]
    if node is tree:
        return new.sql(dialect="postgres")
    node.replace(new)
    return tree.sql(dialect="postgres")


def changed(book: Book, number: int, **update: object) -> Book:
    """The book with one rule changed, and only that rule's cases kept."""
    rules: list[Rule] = []
    for place, rule in enumerate(book.rules):
        if place == number:
            rules.append(compile_rule(rule.text.model_copy(update=update), book.name, "mutant", "", place, 0))
        else:
            rules.append(dataclasses.replace(rule, text=rule.text.model_copy(update={"cases": ()})))
    return dataclasses.replace(book, rules=tuple(rules))


def red(book: Book, number: int, **update: object) -> bool:
    mutant = changed(book, number, **update)
    others = tuple(mutant if b.name == book.name else b for b in BOOKS)
    return any(not r.passed for r in run_cases(mutant, others))


@pytest.mark.slow
@pytest.mark.parametrize(("book", "number"), RULES, ids=lambda v: v.name if isinstance(v, Book) else str(v))
def test_every_mutant_is_caught(book: Book, number: int) -> None:
    rule = book.rules[number]
    assert not red(book, number), "the rule as it stands"
    missed = []
    for key in ("condition", "applies_when"):
        missed += [f"{key}: {sql}" for sql in mutants(getattr(rule.text, key)) if not red(book, number, **{key: sql})]
    for name, value in rule.text.params.items():
        for step in (-1, 1):
            used = f":{name}" in rule.text.condition or name == "years"
            if used and isinstance(value, int) and not red(book, number, params={**rule.text.params, name: value + step}):
                missed.append(f"{name} = {value + step}")
    assert not missed, f"{rule.id}: no worked case notices\n" + "\n".join(missed)


@pytest.mark.parametrize("limit", [90, 270, 360])
def test_flipping_a_floor_turns_it_red(limit: int) -> None:
    book = next(b for b in BOOKS if b.name == "classification")
    number = next(i for i, r in enumerate(book.rules) if r.id == f"CLS-DPD-{limit}")
    assert red(book, number, condition="overdue_days >= :days")
    assert red(book, number, condition="overdue_days < :days")
    assert red(book, number, params={"days": limit + 1})
