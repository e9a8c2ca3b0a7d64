"""Rulebooks from files to compiled books, refused with file and line where anything is wrong."""

from __future__ import annotations

import collections
import functools
import hashlib
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from panhuo.engines.compliance.books import Book, BookText, Rule, RuleText, columns_read
from panhuo.engines.compliance.vocabulary import COLUMNS, schema
from panhuo.kernel.documents import check, read
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.expressions import compile_sql
from panhuo.kernel.words import Words


def shipped_paths() -> tuple[Path, ...]:
    """The rulebooks that come with Panhuo (the folders beside them hold fees and policy, not rules)."""
    folder = Path(str(files("panhuo") / "rulebooks"))
    return tuple(sorted(folder.glob("*.yaml")))


def load_books(paths: Iterable[Path] | None = None) -> tuple[Book, ...]:
    """The shipped books and those of ``paths``; a file whose ``book`` has a shipped book's name takes its place.

    Raises ConfigurationInvalid: not YAML, unknown key, bad expression, an unconfirmed rule enforced, the same rule id twice at
    one time, a permit or a used book that does not exist.
    """
    books = {book.name: book for book in _shipped()}
    given = [load_book(path) for path in paths or ()]
    for number, book in enumerate(given):
        if book.name in {other.name for other in given[:number]}:
            raise _invalid("RULEBOOK_TWICE", book.where, f"手册 {book.name} 给了两次", f"book {book.name} is given twice")
        books[book.name] = book
    return assemble(tuple(books.values()))


@functools.cache
def _shipped() -> tuple[Book, ...]:
    """Read once a process: the package's own files do not change under it."""
    return tuple(load_book(path) for path in shipped_paths())


def load_book(path: Path) -> Book:
    """One file, checked and compiled on its own."""
    data = read(path)
    raw = path.read_bytes()
    text = raw.decode("utf-8")
    written = check(data, BookText, where=str(path), text=text)
    lines = _rule_lines(text, written.rules)
    rules = tuple(compile_rule(rule, written.book, str(path), text, number, lines[number]) for number, rule in enumerate(written.rules))
    return Book(written.book, written.title, written.version, written.uses, rules, str(path), hashlib.sha256(raw).hexdigest())


def assemble(books: Sequence[Book]) -> tuple[Book, ...]:
    """The books as one body of rules: used books present, ids unlike at any one time, permits tied to a bar."""
    names = {book.name for book in books}
    rules = [rule for book in books for rule in book.rules]
    for book in books:
        for used in book.uses:
            if used not in names:
                raise _invalid("RULEBOOK_MISSING", f"{book.where}: uses", f"没有名为 {used} 的手册", f"there is no book called {used}")
    by_id: dict[str, list[Rule]] = {}
    for rule in rules:
        for other in by_id.setdefault(rule.id, []):
            if other.book != rule.book:
                raise _invalid("RULE_TWICE", rule.where, f"编号 {rule.id} 已用于 {other.where}", f"the id {rule.id} is already used at {other.where}")
            if _overlap(rule.text, other.text):
                raise _invalid(
                    "RULE_OVERLAP",
                    rule.where,
                    f"{rule.id} 的两个版本有效期重叠（另见 {other.where}）",
                    f"two versions of {rule.id} are in force at once (see {other.where})",
                )
        by_id[rule.id].append(rule)
    for rule in rules:
        if rule.text.effect.of is not None:
            _check_permit(rule, by_id.get(rule.text.effect.of, []), {b.name: b for b in books})
    return tuple(books)


def versions(books: Iterable[Book]) -> dict[str, str]:
    """Book name to version and hash, for ``summary.json``: what it takes to judge again in the same way."""
    return {book.name: f"{book.version}+{book.sha256[:12]}" for book in sorted(books, key=lambda b: b.name)}


def closure(book: Book, books: Iterable[Book]) -> tuple[Book, ...]:
    """The book with all that it uses, in the order of ``books``: the world its worked cases live in."""
    by_name = {b.name: b for b in books}
    wanted, queue = {book.name}, [book]
    while queue:
        for used in queue.pop().uses:
            if used not in wanted:
                wanted.add(used)
                queue.append(by_name[used])
    return tuple(b for b in by_name.values() if b.name in wanted)


def _overlap(a: RuleText, b: RuleText) -> bool:
    starts_before_end = a.effective_from is None or b.effective_to is None or a.effective_from <= b.effective_to
    ends_after_start = a.effective_to is None or b.effective_from is None or b.effective_from <= a.effective_to
    return starts_before_end and ends_after_start


def _check_permit(rule: Rule, barring: list[Rule], books: dict[str, Book]) -> None:
    effect = rule.text.effect
    if not barring or any(b.text.effect.kind != "bars" for b in barring):
        raise _invalid("PERMIT_LIFTS_NOTHING", rule.where, f"没有可解除的禁止规则 {effect.of}", f"there is no barring rule {effect.of} to lift")
    for bar in barring:
        if set(bar.text.effect.routes) != set(effect.routes):
            raise _invalid(
                "PERMIT_ROUTES",
                rule.where,
                f"准许的处置方式须与 {bar.id} 所禁止的一致",
                f"a permit names the same routes as the rule it lifts ({bar.id})",
            )
        if bar.book not in {b.name for b in closure(books[rule.book], books.values())}:
            raise _invalid(
                "PERMIT_BOOK",
                rule.where,
                f"{bar.id} 在手册 {bar.book} 中，请在 uses 中列出",
                f"{bar.id} stands in book {bar.book}: list it under uses",
            )


def compile_rule(rule: RuleText, book: str, file: str, text: str, number: int, line: int) -> Rule:
    """One rule with its conditions compiled. ``text``, ``number``: the file and the rule's place in it, to name a fault's line."""

    def expression(key: str, sql: str, *, boolean: bool) -> pl.Expr:
        where = f"{file}: {rule.id}.{key}"
        try:
            compiled = compile_sql(sql, schema(rule.stage), where=where, params=rule.params, boolean=boolean)
            _check_codes(sql, rule, where)
        except ConfigurationInvalid as error:
            place = f"{file}:{line_of(text, ('rules', number, *key.split('.')))}: {rule.id}.{key}"
            raise ConfigurationInvalid(error.code, error.cause, where=place, remedy=error.remedy) from None
        return compiled

    applies = expression("applies_when", rule.applies_when, boolean=True)
    fires = expression("condition", rule.condition, boolean=True)
    clock = rule.effect.clock
    start = None
    if clock is not None and clock.start is not None:
        start = expression("effect.clock.from", clock.start, boolean=False)
        found = pl.DataFrame(schema=schema("clock")).select(start.alias("start")).schema["start"]
        if found != pl.Date():
            place = f"{file}:{line_of(text, ('rules', number, 'effect', 'clock', 'from'))}: {rule.id}"
            raise _invalid("CLOCK_NOT_A_DATE", place, f"from 须为日期，现为 {found}", f"from must be a date, this is {found}")
    return Rule(rule, book, f"{file}:{line}", applies, fires, start, columns_read(rule.stage, applies, fires, start))


def _check_codes(sql: str, rule: RuleText, where: str) -> None:
    """A code that its column can never hold is a slip that would make the rule sleep for ever: refuse it."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, dialect="postgres")
    fields = COLUMNS[rule.stage]

    def literals(nodes: Iterable[Any]) -> list[str]:
        found = []
        for node in nodes:
            if isinstance(node, exp.Literal) and node.is_string:
                found.append(str(node.this))
            elif isinstance(node, exp.Placeholder) and isinstance(rule.params.get(node.name), str):
                found.append(str(rule.params[node.name]))
        return found

    def refuse_strangers(column: str, values: list[str]) -> None:
        dtype = fields[column].dtype
        allowed = list(dtype.categories) if isinstance(dtype, pl.Enum) else None
        for value in values:
            if allowed is not None and value not in allowed:
                raise _invalid(
                    "EXPRESSION_INVALID",
                    where,
                    f"{column} 没有取值 {value!r}，可用：{allowed}",
                    f"{column} is never {value!r}; it is one of {allowed}",
                )

    for listing in tree.find_all(exp.In):
        for column in listing.this.find_all(exp.Column):
            refuse_strangers(column.name, literals(listing.expressions))
    for node in tree.find_all(exp.EQ, exp.NEQ):
        sides = (node.this, node.expression)
        for this, other in (sides, sides[::-1]):
            for column in this.find_all(exp.Column):
                refuse_strangers(column.name, literals([other]))
                refuse_strangers(column.name, literals(c for call in this.find_all(exp.Coalesce) for c in call.expressions))


def _rule_lines(text: str, rules: Sequence[RuleText]) -> list[int]:
    """The line of each rule's id. Read off the text where every id stands as ``id: X``; parsing for marks costs far more."""
    at: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key, _, value = line.removeprefix("- ").partition(":")
        if key.strip() == "id":
            at.setdefault(value.split(" #")[0].strip(), []).append(number)
    counts = collections.Counter(rule.id for rule in rules)
    if all(len(at.get(name, ())) == count for name, count in counts.items()):
        return [at[rule.id].pop(0) for rule in rules]
    return [line_of(text, ("rules", number)) for number in range(len(rules))]


def line_of(text: str, path: tuple[int | str, ...]) -> int:
    """The 1-based line of ``path`` in the YAML source."""
    import yaml

    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _invalid(code: str, where: str, zh: str, en: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        code, Words(zh, en), where=where, remedy=Words("更正手册；写法见 docs/compliance.md", "correct the rulebook; docs/compliance.md shows how")
    )
