"""The account as the rules see it: its own columns, the facts of the portfolio, its class in effect and its limitation clock.

Classification and limitation come first because route rules read them. All verbs keep the rows and their order.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from panhuo.engines.compliance.books import Book, Rule
from panhuo.engines.compliance.vocabulary import CLASSES, FACTS, LIMITATION, Stage, Value, check_facts
from panhuo.kernel import codes
from panhuo.kernel.expressions import blaming
from panhuo.kernel.findings import FINDING, WARN, Outcome, no_findings
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.words import Words

_CLASS = pl.Enum(CLASSES)
_STATE = LIMITATION[1].dtype
_FIRST, _DAYS, _EPOCH = dt.date(1900, 1, 1), 146_097, dt.date(1970, 1, 1).toordinal()  # four centuries of days
_BELOW = Words(
    "五级分类为{}，逾期 {} 天应不低于{}；判断时从严，原列不改",
    "reported as {}, but {} days past due call for at least {}; judged by the stricter, the column is left as it stands",
)
_DERIVED = Words(
    "未提供五级分类，判断时按逾期天数或核销状态视为{}，原列仍留空",
    "no five-category class given; judged as {} from the days past due or the write-off, the column stays empty",
)
_ALL_DERIVED = Words(
    "本批 {} 户均未提供五级分类，判断时按逾期天数或核销状态推定，原列仍留空",
    "none of the {} accounts of this batch has a five-category class; judged by the days past due or the write-off, the column stays empty",
)


def active(books: Iterable[Book], stage: Stage, as_of: dt.date) -> tuple[Rule, ...]:
    """The rules of one stage that are enforced and in force on the day, in the order of the books."""
    return tuple(rule for book in books for rule in book.in_force(as_of) if rule.text.stage == stage)


def situate(
    accounts: pl.DataFrame,
    books: Sequence[Book],
    *,
    as_of: dt.date,
    facts: Mapping[str, Value | None] | None = None,
    seen: dict[str, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """The accounts with every column a route rule may read. seen: if given, receives each clock rule's own view, as in :func:`moments`.

    Raises ConfigurationInvalid for a fact that does not exist, ValueError for a canonical column that is missing.
    """
    frame = classified(_base(accounts, as_of, facts), active(books, "floor", as_of))
    return with_limitation(frame, active(books, "clock", as_of), seen)


def classify(accounts: pl.DataFrame, books: Sequence[Book], *, as_of: dt.date) -> Outcome[pl.DataFrame]:
    """The lowest class the rules allow, and the class in effect: the reported or the lowest allowed, whichever is worse.

    Columns ``five_class_floor`` (null: no floor) and ``five_class_effective``, in the order of the accounts. Findings: a
    warning for each reported class that is too good (its code is the rule's id), and for each class that had to be derived
    (one for the file where no row of the batch has a class). The accounts' own ``five_class`` is never changed: the class in effect
    serves judgement only.
    """
    rules = active(books, "floor", as_of)
    frame = classified(_base(accounts, as_of, None), rules)
    result = frame.select("five_class_floor", "five_class_effective")
    if not rules:
        return Outcome(result, no_findings())
    return Outcome(result, pl.concat([_below_floor(frame, rules), _derived(frame)]))


def limitation(accounts: pl.DataFrame, books: Sequence[Book], *, as_of: dt.date) -> pl.DataFrame:
    """``limitation_expires_on`` (last day, null if not known or not running), ``limitation_state`` (open, expired, unknown) and
    ``limitation_basis`` (the rule that set them), in the order of the accounts. Source: Civil Code arts. 188-195 as the
    limitation book has them.
    """
    frame = situate(accounts, books, as_of=as_of)
    return frame.select("limitation_expires_on", "limitation_state", "limitation_basis")


def classified(frame: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Adds the floor and the class in effect. With no floor rules in force the reported class stands as it is."""
    if not rules:
        return frame.with_columns(pl.lit(None, dtype=_CLASS).alias("five_class_floor"), pl.col("five_class").alias("five_class_effective"))
    floors = [
        pl.when(rule.outcome.fill_null(False)).then(pl.lit(CLASSES.index(rule.text.effect.floor.five_class), dtype=pl.UInt8))
        for rule in rules
        if rule.text.effect.floor is not None
    ]
    names = pl.lit(pl.Series(CLASSES, dtype=_CLASS))
    floor = pl.max_horizontal(floors)
    worse = pl.max_horizontal(pl.col("five_class").to_physical(), floor, pl.lit(0, dtype=pl.UInt8))
    with blaming(frame, lambda: (source for rule in rules for source in rule.sources)):
        return frame.with_columns(names.gather(floor).alias("five_class_floor"), names.gather(worse).alias("five_class_effective"))


def with_limitation(frame: pl.DataFrame, rules: Sequence[Rule], seen: dict[str, pl.DataFrame] | None = None) -> pl.DataFrame:
    """Adds the clock: each rule in turn moves it, reading where those before it left it.

    seen: if given, receives each rule's own view, the frame as it stood when the rule's turn came.
    """
    frame = frame.with_columns(
        pl.lit(None, dtype=pl.Date).alias("limitation_expires_on"),
        pl.lit(False).alias("_stopped"),
        pl.lit(False).alias("_doubted"),
        pl.lit(False).alias("_questioned"),
        pl.lit(None, dtype=pl.UInt16).alias("_basis"),
    )
    for number, rule in enumerate(rules):
        if seen is not None:
            seen[rule.id] = frame
        with blaming(frame, lambda rule=rule: rule.sources):  # type: ignore[misc]
            frame = _moved(frame, rule, number)
    ends, as_of = pl.col("limitation_expires_on"), pl.col("as_of")
    state = (
        pl.when(pl.col("_stopped") | ((as_of <= ends) & ~pl.col("_questioned")))
        .then(pl.lit("open", dtype=_STATE))
        .when(ends.is_null() | pl.when(as_of <= ends).then(pl.col("_questioned")).otherwise(pl.col("_doubted")))
        .then(pl.lit("unknown", dtype=_STATE))
        .otherwise(pl.lit("expired", dtype=_STATE))
    )
    names = pl.lit(pl.Series([rule.id for rule in rules], dtype=pl.String))
    return frame.with_columns(state.alias("limitation_state"), names.gather(pl.col("_basis")).alias("limitation_basis")).drop(
        "_stopped", "_doubted", "_questioned", "_basis"
    )


def moments(situation: pl.DataFrame, rules: Sequence[Rule]) -> dict[str, pl.DataFrame]:
    """Each clock rule's own view of accounts already situated, by rule id: what :func:`with_limitation` showed it."""
    seen: dict[str, pl.DataFrame] = {}
    with_limitation(situation, rules, seen)
    return seen


def _moved(frame: pl.DataFrame, rule: Rule, number: int) -> pl.DataFrame:
    clock = rule.text.effect.clock
    if clock is None:
        raise ValueError(f"{rule.id} is no clock rule")
    fires = rule.outcome.fill_null(False)
    ends, basis = pl.col("limitation_expires_on"), pl.col("_basis")
    name = pl.lit(number, dtype=pl.UInt16)
    if clock.mode == "doubt":
        return frame.with_columns(_doubted=pl.col("_doubted") | fires)
    if clock.mode == "question":
        return frame.with_columns(_questioned=pl.col("_questioned") | fires)
    if clock.mode == "stop" or rule.start is None:
        nothing = pl.lit(None, dtype=pl.Date)
        return frame.with_columns(
            _stopped=pl.col("_stopped") | fires,
            limitation_expires_on=pl.when(fires).then(nothing).otherwise(ends),
            _basis=pl.when(fires).then(name).otherwise(basis),
        )
    end = years_later(rule.start, int(str(rule.text.params["years"])))
    if clock.mode == "replace":
        moves = fires
    elif clock.mode == "cap":
        moves = (fires & (end < ends)).fill_null(False)
    else:
        moves = fires & end.is_not_null() & (ends.is_null() | (end > ends))
    return frame.with_columns(limitation_expires_on=pl.when(moves).then(end).otherwise(ends), _basis=pl.when(moves).then(name).otherwise(basis))


def years_later(day: pl.Expr, years: int) -> pl.Expr:
    """The same calendar day ``years`` later (29 February: the 28th), null beyond the calendar below.

    Read from a table of days: calendar arithmetic on every row costs twenty times as much.
    """
    index = day.to_physical() - _FIRST.toordinal() + _EPOCH
    inside = (index >= 0) & (index < _DAYS)
    return pl.lit(_calendar(years)).gather(pl.when(inside).then(index))


@functools.cache
def _calendar(years: int) -> pl.Series:
    return pl.date_range(_FIRST, _FIRST + dt.timedelta(days=_DAYS - 1), eager=True).dt.offset_by(f"{years}y")


def _base(accounts: pl.DataFrame, as_of: dt.date, facts: Mapping[str, Value | None] | None) -> pl.DataFrame:
    missing = [name for name in ACCOUNT.names if name not in accounts.columns]
    if missing:
        raise ValueError(f"accounts lack the canonical column(s) {missing}")
    given = check_facts(facts or {})
    constants = [pl.lit(as_of, dtype=pl.Date).alias("as_of")]
    constants += [pl.lit(given[f.name], dtype=f.dtype).alias(f.name) for f in FACTS]
    return accounts.select(ACCOUNT.names).with_columns(constants)


def _below_floor(frame: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    low = frame.filter(pl.col("five_class").to_physical() < pl.col("five_class_floor").to_physical())
    if not low.height:
        return no_findings()
    code = pl.lit(None, dtype=pl.String)
    for rule in sorted(rules, key=lambda r: CLASSES.index(r.text.effect.floor.five_class) if r.text.effect.floor else 0):
        code = pl.when(rule.outcome.fill_null(False)).then(pl.lit(rule.id)).otherwise(code)
    return _findings(low, code, WARN, _BELOW, ("five_class", "overdue_days", "five_class_floor"), _named("five_class", "zh"))


def _derived(frame: pl.DataFrame) -> pl.DataFrame:
    without = frame.filter(pl.col("five_class").is_null())
    if not without.height:
        return no_findings()
    code = pl.lit("CLS-DERIVED")
    if without.height < frame.height:
        return _findings(without, code, WARN, _DERIVED, ("five_class_effective",), pl.lit(None, dtype=pl.String))
    files = without.group_by("source_file", maintain_order=True).agg(
        pl.len().cast(pl.String).alias("n"), pl.lit(None, dtype=pl.Int32).alias("source_row")
    )
    return _findings(files, code, WARN, _ALL_DERIVED, ("n",), pl.lit(None, dtype=pl.String))


def _named(column: str, lang: str) -> pl.Expr:
    """A column as text, five-category classes by their name in the language."""
    if not column.startswith("five_class"):
        return pl.col(column).cast(pl.String)
    return pl.col(column).cast(pl.String).replace({c.code: getattr(c, lang) for c in codes.FIVE_CLASS})


def _findings(frame: pl.DataFrame, code: pl.Expr, severity: str, words: Words, slots: tuple[str, ...], value: pl.Expr) -> pl.DataFrame:
    return frame.select(
        pl.col("source_row").cast(pl.Int64).alias("row"),
        pl.col("source_file").alias("file"),
        pl.lit("five_class").alias("column"),
        code.alias("code"),
        pl.lit(severity).alias("severity"),
        pl.format(words.zh, *(_named(s, "zh") for s in slots)).alias("message"),
        pl.format(words.en, *(_named(s, "en") for s in slots)).alias("message_en"),
        value.alias("value"),
    ).select(pl.col(name).cast(dtype) for name, dtype in FINDING.items())
