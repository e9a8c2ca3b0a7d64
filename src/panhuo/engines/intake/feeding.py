"""Which columns a layout's expressions turn into the balance.

A working column that ``interest_fen: COALESCE(_a, 0) + COALESCE(_b, 0)`` reads is a part of the balance as much as one mapped to
``interest_fen`` itself: read as nothing where it cannot be read, it would change the debt. So it is judged as a part is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from panhuo.engines.intake.layout import OVERDUE, Layout, columns_of
from panhuo.engines.intake.rules import BALANCE_PARTS

TARGETS: Final = (*BALANCE_PARTS, "balance_fen")


def sources(layout: Layout) -> Mapping[str, frozenset[str]]:
    """Derived field of the balance -> every column, canonical or working, that its expression reads, itself or through others."""
    return _sources(tuple(layout.derived.items()))


def feeds(layout: Layout) -> frozenset[str]:
    """The money columns that come into the balance only through an expression: a part of it under another name."""
    read = frozenset[str]().union(*sources(layout).values())
    return frozenset(column.to for column in layout.columns if column.to in read and column.to.startswith("_") and column.resolved_kind == "money")


def stages(layout: Layout) -> frozenset[str]:
    """Working columns of whole numbers that ``overdue_days: COALESCE(_days, _stage)`` reads: they state arrears, as a count or a band."""
    read: set[str] = set()
    left = [OVERDUE]
    while left:
        found = set(columns_of(layout.derived.get(left.pop(), ""))) - read
        read |= found
        left += found
    return frozenset(column.to for column in layout.columns if column.to in read and column.to.startswith("_") and column.resolved_kind == "integer")


def may_be_negative(layout: Layout) -> frozenset[str]:
    """Columns whose sign every expression that reads them deals with: ``-_a``, ``0 - _a``, ``ABS(_a)``, ``GREATEST(_a, 0)``, in a CASE."""
    return _signed(tuple(layout.derived.items()))


@lru_cache(maxsize=256)
def _sources(derived: tuple[tuple[str, str], ...]) -> Mapping[str, frozenset[str]]:
    uses = {name: columns_of(sql) for name, sql in derived}

    def below(name: str) -> frozenset[str]:  # a layout with a cycle is refused when it is read
        return frozenset(uses[name]).union(*(below(used) for used in uses[name] if used in uses))

    return {name: below(name) for name in uses if name in TARGETS}


@lru_cache(maxsize=256)
def _signed(derived: tuple[tuple[str, str], ...]) -> frozenset[str]:
    import sqlglot
    from sqlglot import exp

    dealt: set[str] = set()
    bare: set[str] = set()
    for _, sql in derived:
        for column in sqlglot.parse_one(sql, dialect="postgres").find_all(exp.Column):
            met = False
            child: exp.Expr = column
            above = column.parent
            while above is not None and not met:
                zero_less = isinstance(above, exp.Sub) and above.expression is child and above.this.sql() == "0"
                met = zero_less or isinstance(above, exp.Neg | exp.Abs | exp.Sign | exp.Greatest | exp.Least | exp.Case)
                child, above = above, above.parent
            (dealt if met else bare).add(column.name)
    return frozenset(dealt - bare)
