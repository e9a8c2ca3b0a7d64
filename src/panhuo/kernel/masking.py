"""What of an identifier may be shown: enough to find the row again, not enough to know the person.

Patterns follow the common practice recorded for JR/T 0171-2020 annex A (informative): name keeps its first character,
a mobile keeps 3 + 4, an identity number keeps its first and last character, a card its last four, an address what of its first six
characters ends in a place (province and city, or a road), no figure among them. What has not the form of its column (a name where a phone should
stand) keeps nothing but its first character, or nothing at all: the mask of a phone would show the name behind it.
"""

from __future__ import annotations

import polars as pl

_NO_NUMBER = r"[\p{L}--[XxEe]]"
_PLACE = r"^([\p{Han}*]{1,5}(?:省|市|自治区|区|县|州|盟|旗|镇|乡|村|路|街|道|巷|弄))"


def name(column: pl.Expr) -> pl.Expr:
    return pl.when(column.str.len_chars() > 0).then(column.str.slice(0, 1) + "**").otherwise(column)


def identity_number(column: pl.Expr) -> pl.Expr:
    return _keep(column, 1, 1)


def phone(column: pl.Expr) -> pl.Expr:
    number = pl.when(column.str.len_chars() >= 11).then(_keep(column, 3, 4)).otherwise(_keep(column, 0, 2))
    return pl.when(~column.str.contains(_NO_NUMBER)).then(number).otherwise(_keep(column, 0, 0))


def card(column: pl.Expr) -> pl.Expr:
    return pl.when(~column.str.contains(_NO_NUMBER)).then(_keep(column, 0, 4)).otherwise(_keep(column, 0, 0))


def address(column: pl.Expr) -> pl.Expr:
    province = column.str.extract("^(四川)", 1).fill_null("")  # the one province with a figure in its name is no house number
    rest = column.str.strip_prefix(province).str.replace_all("[0-9０-９零〇一二三四五六七八九十百千]", "*")
    place = (province + rest).str.extract(_PLACE, 1) + "****"
    return (
        pl.when(column.str.contains(_PLACE) & (column.str.len_chars() > 1))
        .then(place)
        .otherwise(_keep(column.str.replace_all("[0-9０-９]", "*"), 1, 0))
    )


def other(column: pl.Expr) -> pl.Expr:
    return _keep(column, 1, 0)


MASKS = {"name": name, "identity_number": identity_number, "phone": phone, "card": card, "address": address, "other": other}
"""By the ``personal`` mark of a :class:`panhuo.kernel.fields.Field`."""


def _keep(column: pl.Expr, head: int, tail: int) -> pl.Expr:
    length = column.str.len_chars()
    kept = column.str.slice(0, head) + "****" + (column.str.slice(length.cast(pl.Int64) - tail, tail) if tail else "")
    return pl.when(length > head + tail).then(kept).when(length > 0).then(pl.lit("****")).otherwise(column)
