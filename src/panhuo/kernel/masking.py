"""What of an identifier may be shown: enough to find the row again, not enough to know the person.

Patterns follow the common practice recorded for JR/T 0171-2020 annex A (informative): name keeps its first character,
a mobile keeps 3 + 4, an identity number keeps its first and last character, a card its last four, an address its first six
characters (province and city), no digit among them.
"""

from __future__ import annotations

import polars as pl


def name(column: pl.Expr) -> pl.Expr:
    return pl.when(column.str.len_chars() > 0).then(column.str.slice(0, 1) + "**").otherwise(column)


def identity_number(column: pl.Expr) -> pl.Expr:
    return _keep(column, 1, 1)


def phone(column: pl.Expr) -> pl.Expr:
    return pl.when(column.str.len_chars() >= 11).then(_keep(column, 3, 4)).otherwise(_keep(column, 0, 2))


def card(column: pl.Expr) -> pl.Expr:
    return _keep(column, 0, 4)


def address(column: pl.Expr) -> pl.Expr:
    return _keep(column.str.replace_all("[0-9０-９]", "*"), 6, 0)  # a short address has its house number among the first six


def other(column: pl.Expr) -> pl.Expr:
    return _keep(column, 1, 0)


MASKS = {"name": name, "identity_number": identity_number, "phone": phone, "card": card, "address": address, "other": other}
"""By the ``personal`` mark of a :class:`panhuo.kernel.fields.Field`."""


def _keep(column: pl.Expr, head: int, tail: int) -> pl.Expr:
    length = column.str.len_chars()
    kept = column.str.slice(0, head) + "****" + (column.str.slice(length.cast(pl.Int64) - tail, tail) if tail else "")
    return pl.when(length > head + tail).then(kept).when(length > 0).then(pl.lit("****")).otherwise(column)
