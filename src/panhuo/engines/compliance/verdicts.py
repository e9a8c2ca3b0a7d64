"""The verdict: which routes each account may take, which rules bar the others, and what each rule saw.

Every route rule is one Boolean column; the columns are packed into 63-bit words, and the few thousand distinct words that a
portfolio of millions has are what is turned into sets of routes and lists of rules. No step runs account by account.

Logic is three-valued, as in SQL. A rule whose outcome is unknown does what it says under ``unknown``: bars, warns or allows.
A barring rule that permits refer to is lifted where at least one of them is true.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.compliance.books import Book, Rule
from panhuo.engines.compliance.situation import active, moments, situate
from panhuo.engines.compliance.vocabulary import Value
from panhuo.kernel.codes import FIVE_CLASS
from panhuo.kernel.expressions import blaming
from panhuo.kernel.findings import Outcome, no_findings
from panhuo.kernel.routes import ROUTE_NAMES, ROUTES
from panhuo.kernel.words import Lang, Words

_FEW = 100
"""Of so many accounts what each clock rule saw is kept for the trace: to run the clocks again costs as much as the first time."""
_BITS = 63  # of an Int64, the sign left alone
Bools = npt.NDArray[np.bool_]
RuleState = Literal["fired", "clear", "unknown", "not_in_force", "not_enforced"]


def judge(accounts: pl.DataFrame, books: Sequence[Book], *, as_of: dt.date, facts: Mapping[str, Value | None] | None = None) -> Outcome[Verdicts]:
    """Put every route rule in force on ``as_of`` to every account.

    accounts: the canonical frame, any number of rows. facts: what holds for the whole portfolio (vocabulary.FACTS); one not
    given is unknown. Raises ConfigurationInvalid for a fact that does not exist.
    """
    views: dict[str, pl.DataFrame] | None = {} if accounts.height <= _FEW else None
    situation = situate(accounts, books, as_of=as_of, facts=facts, seen=views)
    rules = active(books, "route", as_of)
    outcomes = ask(situation, rules)
    effects = weigh(outcomes, rules)
    barred, warned = _pack(effects.barred), _pack(effects.warned)
    tally = _tally(rules, situation["balance_fen"], outcomes, effects, barred)
    return Outcome(Verdicts(tuple(books), as_of, rules, barred, warned, tally, Seen(situation, effects, views)), no_findings())


def ask(situation: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """One nullable Boolean column a rule, named by its id: what applies_when AND condition came to."""
    if not rules:
        return pl.DataFrame(height=situation.height)
    with blaming(situation, lambda: (source for rule in rules for source in rule.sources)):
        return situation.with_columns(rule.outcome.alias(rule.id) for rule in rules).select(rule.id for rule in rules)


@dataclass(frozen=True, slots=True)
class Effects:
    """What the outcomes come to: one Boolean column for each rule that may bar, warn or permit."""

    barred: pl.DataFrame
    warned: pl.DataFrame
    permitted: pl.DataFrame

    def of(self, kind: str) -> pl.DataFrame:
        return {"bars": self.barred, "warns": self.warned, "permits": self.permitted}[kind]


def weigh(outcomes: pl.DataFrame, rules: Sequence[Rule]) -> Effects:
    """Outcomes to effects: the unknown resolved as each rule says, barring rules lifted by their permits."""
    permits: dict[str, list[pl.Expr]] = {}
    barred, warned, permitted = [], [], []
    for rule in rules:
        if rule.text.effect.kind == "permits":
            column = pl.col(rule.id).fill_null(rule.text.unknown == "allows")
            permitted.append(column)
            permits.setdefault(str(rule.text.effect.of), []).append(column)
    for rule in rules:
        kind, unknown = rule.text.effect.kind, rule.text.unknown
        column = pl.col(rule.id)
        if kind == "bars":
            lifted = pl.any_horizontal(permits[rule.id]) if rule.id in permits else pl.lit(False)
            barred.append((column.fill_null(unknown == "bars") & ~lifted).alias(rule.id))
            if unknown == "warns":
                warned.append((column.is_null() & ~lifted).alias(rule.id))
        elif kind == "warns":
            warned.append(column.fill_null(unknown == "warns").alias(rule.id))
    return Effects(*(outcomes.select(columns) if columns else pl.DataFrame(height=outcomes.height) for columns in (barred, warned, permitted)))


@dataclass(frozen=True, slots=True)
class Patterns:
    """The distinct combinations of fired rules. rules: ids by bit. of: (n,) each account's pattern. bits: (k, rules)."""

    rules: tuple[str, ...]
    of: npt.NDArray[np.int32]
    bits: Bools


def _pack(fired: pl.DataFrame) -> Patterns:
    names = tuple(fired.columns)
    if not names or not fired.height:
        return Patterns(names, np.zeros(fired.height, dtype=np.int32), np.zeros((1, len(names)), dtype=bool))
    words = fired.select(
        pl.sum_horizontal(pl.col(name).cast(pl.Int64) * (1 << bit) for bit, name in enumerate(names[start : start + _BITS])).alias(f"w{start}")
        for start in range(0, len(names), _BITS)
    )
    distinct = words.unique().sort(words.columns).with_row_index("pattern")
    of = words.join(distinct, on=words.columns, how="left", maintain_order="left")["pattern"].to_numpy().astype(np.int32)
    bits = np.column_stack(
        [(distinct[f"w{(i // _BITS) * _BITS}"].to_numpy() >> np.int64(i % _BITS)) & 1 for i in range(len(names))],
    ).astype(bool)
    return Patterns(names, of, bits)


def _decisive(patterns: Patterns, rules: Sequence[Rule]) -> Bools:
    """(k, rules) the rules to name: where one bars every route, it alone: no other tells a reader anything more."""
    closes_all = {rule.id for rule in rules if rule.text.effect.routes == ROUTE_NAMES}
    total = np.array([name in closes_all for name in patterns.rules], dtype=bool)
    settled = (patterns.bits & total).any(axis=1)
    out: Bools = patterns.bits & (total | ~settled[:, None])
    return out


def _tally(rules: Sequence[Rule], balance: pl.Series, outcomes: pl.DataFrame, effects: Effects, barred: Patterns) -> pl.DataFrame:
    named = _decisive(barred, rules)
    k = named.shape[0]
    each, owed = np.bincount(barred.of, minlength=k), np.bincount(barred.of, weights=balance.to_numpy(), minlength=k)
    decides = {name: (int(each[named[:, bit]].sum()), round(float(owed[named[:, bit]].sum()))) for bit, name in enumerate(barred.rules)}
    rows = []
    for rule in rules:
        hit = effects.of(rule.text.effect.kind)[rule.id]
        rows.append(
            {
                "rule": rule.id,
                "book": rule.book,
                "effect": rule.text.effect.kind,
                "routes": ",".join(rule.text.effect.routes),
                "accounts": int(hit.sum()),
                "balance_fen": int(balance.filter(hit).sum()),
                "decides": decides.get(rule.id, (0, 0))[0],
                "decides_fen": decides.get(rule.id, (0, 0))[1],
                "unknown": outcomes[rule.id].null_count(),
                "certainty": rule.text.certainty,
                "force": rule.text.force,
            }
        )
    numbers = ("accounts", "balance_fen", "decides", "decides_fen", "unknown")
    kinds = dict.fromkeys(numbers, pl.Int64)
    names = ("rule", "book", "effect", "routes", *numbers, "certainty", "force")
    return pl.DataFrame(rows, schema={name: kinds.get(name, pl.String) for name in names})


@dataclass(frozen=True, slots=True)
class Seen:
    """The accounts as the rules saw them, and each rule's effect on them: what a trace is told from. views: what each clock rule saw, of a few accounts."""

    situation: pl.DataFrame
    effects: Effects
    views: Mapping[str, pl.DataFrame] | None


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One rule's word on one account. ``values``: what its condition read. ``state`` unknown: a fact was missing."""

    rule: str
    book: str
    title: Words
    state: RuleState
    effect: str
    consequence: bool
    values: dict[str, Value | None]
    reason: Words
    certainty: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """What :func:`judge` found for n accounts, in their order."""

    books: tuple[Book, ...]
    as_of: dt.date
    rules: tuple[Rule, ...]
    barred: Patterns
    warned: Patterns
    tally: pl.DataFrame
    seen: Seen | None

    @property
    def eligible(self) -> Bools:
        """(n, 12) in the order of kernel.routes.ROUTES: may the account take the route?"""
        closed = np.zeros((self.barred.bits.shape[0], len(ROUTE_NAMES)), dtype=bool)
        routes = {rule.id: rule.text.effect.routes for rule in self.rules}
        for bit, name in enumerate(self.barred.rules):
            for route in routes[name]:
                closed[:, ROUTE_NAMES.index(route)] |= self.barred.bits[:, bit]
        open_: Bools = ~closed[self.barred.of]
        return open_

    def barring(self, route: str) -> pl.Series:
        """The ids of the rules that bar the route, comma-joined in the order of the books; "" where none does.

        Where a rule bars every route ("not overdue"), it alone is named; :meth:`trace` tells of the others too.
        """
        return self._listed(dataclasses.replace(self.barred, bits=_decisive(self.barred, self.rules)), route).alias("barred_by")

    def warning(self, route: str) -> pl.Series:
        """The ids of the rules that warn about the route, as :meth:`barring` has them."""
        return self._listed(self.warned, route).alias("warned_by")

    def reasons(self, lang: Lang) -> dict[str, str]:
        """Rule id to its words for a manager, for every route rule in force."""
        return {rule.id: rule.text.reason.to(lang) for rule in self.rules}

    def certainties(self) -> dict[str, str]:
        """Rule id to how sure its source is (primary, confirmed:N, single, seed, house, derived)."""
        return {rule.id: rule.text.certainty for rule in self.rules}

    def counts(self) -> pl.DataFrame:
        """Per route rule: accounts and balance it barred, warned about or permitted, and accounts it could not tell for want of a fact.

        Sums of batches are the counts of the whole. ``decides``, ``decides_fen``: accounts and balance where a barring rule is among those
        that :meth:`barring` names. Columns: rule, book, effect, routes, accounts, balance_fen, decides, decides_fen, unknown, certainty, force.
        """
        return self.tally

    def naming(self, rows: Bools) -> dict[str, int]:
        """Rule id to accounts among ``rows`` (n,) for which :meth:`barring` names it."""
        counts = np.bincount(self.barred.of[rows], minlength=self.barred.bits.shape[0]) @ _decisive(self.barred, self.rules)
        return {name: int(count) for name, count in zip(self.barred.rules, counts, strict=True)}

    def asking(self, columns: Container[str]) -> dict[str, int]:
        """Rule id to accounts it could not tell, for the rules in force that read one of ``columns`` and could not tell of some."""
        unknown = dict(self.tally.select("rule", "unknown").iter_rows())
        return {rule.id: unknown[rule.id] for rule in self.rules if unknown[rule.id] and any(name in columns for name in rule.columns)}

    def slim(self) -> Verdicts:
        """The same without the accounts it judged: all but :meth:`trace`, at a few bytes an account. To keep many batches."""
        return dataclasses.replace(self, seen=None)

    def trace(self, row_index: int) -> tuple[TraceLine, ...]:
        """Every rule of every book put to one account (0-based row): what it saw and what came of it.

        ``consequence``: the rule's effect did fall on the account (after permits, and with the unknown resolved).
        """
        if self.seen is None:
            raise ValueError("slim verdicts keep no accounts to trace: judge the account again")
        one = self.seen.situation.slice(row_index, 1)
        if row_index < 0 or not one.height:
            raise IndexError(f"there is no row {row_index}")
        if self.seen.views is None:
            views = moments(one, active(self.books, "clock", self.as_of))
        else:
            views = {rule: view.slice(row_index, 1) for rule, view in self.seen.views.items()}
        rules = [rule for book in self.books for rule in book.rules]
        plain = [rule for rule in rules if rule.id not in views]  # put at once: each by itself costs as much as all together
        with blaming(one, lambda: (source for rule in plain for source in rule.sources)):
            known = iter(one.select(rule.outcome.alias(str(at)) for at, rule in enumerate(plain)).row(0) if plain else ())
        lines = []
        for rule in rules:
            view = views.get(rule.id)
            if view is None:
                outcome = next(known)
            else:
                with blaming(view, lambda rule=rule: rule.sources):  # type: ignore[misc]
                    outcome = view.select(rule.outcome.alias("outcome"))["outcome"][0]
            lines.append(self._line(rule, one if view is None else view, outcome, self.seen.effects, row_index))
        return tuple(lines)

    def _line(self, rule: Rule, view: pl.DataFrame, outcome: bool | None, effects: Effects, row: int) -> TraceLine:
        text = rule.text
        state: RuleState = "unknown" if outcome is None else "fired" if outcome else "clear"
        if not text.in_force(self.as_of):
            state = "not_in_force"
        elif not text.enforced:
            state = "not_enforced"
        values = {name: view[name][0] for name in rule.columns}
        consequence = False
        if state in ("fired", "clear", "unknown"):
            kind = text.effect.kind
            consequence = state == "fired"
            if kind in ("bars", "warns", "permits"):
                consequence = bool(effects.of(kind)[rule.id][row])
        return TraceLine(
            rule.id, rule.book, text.title, state, effect_words(rule).en, consequence, values, text.reason, text.certainty, source_words(rule)
        )

    def _listed(self, patterns: Patterns, route: str) -> pl.Series:
        if route not in ROUTE_NAMES:
            raise ValueError(f"there is no route {route!r}")
        routes = {rule.id: rule.text.effect.routes for rule in self.rules}
        mine = [bit for bit, name in enumerate(patterns.rules) if route in routes[name]]
        texts = [",".join(patterns.rules[bit] for bit in mine if row[bit]) for row in patterns.bits]
        return pl.Series(texts, dtype=pl.String)[patterns.of]


_CLOCK_ZH = {
    "restart": "重新起算",
    "replace": "改按此起算",
    "cap": "最长不过",
    "stop": "不计算",
    "doubt": "届满的视为不明",
    "question": "未届满的视为不明",
}


def effect_words(rule: Rule) -> Words:
    """The effect in words: "bars litigation, arbitration"."""
    effect = rule.text.effect
    if effect.floor is not None:
        zh_class = {code.code: code.zh for code in FIVE_CLASS}[effect.floor.five_class]
        return Words(f"五级分类不低于{zh_class}", f"class at least {effect.floor.five_class}")
    if effect.clock is not None:
        return Words(f"时效：{_CLOCK_ZH[effect.clock.mode]}", f"limitation clock: {effect.clock.mode}")
    routes = "all" if effect.routes == ROUTE_NAMES else ", ".join(effect.routes)
    zh = {"bars": "禁止", "permits": "准许", "warns": "提示"}[effect.kind]
    routes_zh = "一切处置方式" if effect.routes == ROUTE_NAMES else "、".join(r.words.zh for r in ROUTES if r.name in effect.routes)
    return Words(f"{zh}{routes_zh}", f"{effect.kind} {routes}")


def source_words(rule: Rule) -> str:
    """Instrument and article in one line."""
    source = rule.text.source
    return f"{source.instrument} {source.article}".strip()
