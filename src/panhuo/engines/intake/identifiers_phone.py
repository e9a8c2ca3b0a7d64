"""Telephones: mobiles by column, everything else on distinct odd values only.

A mainland mobile is 11 digits beginning 13-19. A landline is 0, an area code and 7 or 8 digits; without the area code it cannot be
dialled from elsewhere and is not accepted. What is neither, but could be a number of another country, is put to the phonenumbers
library, at most ``FOREIGN_CAP`` distinct values of a batch: a column with more is no telephone column.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.engines.intake.parse_cells import BLANK, VALUE, VERDICT, Spec, is_blank, normal

FOREIGN_CAP: Final = 5_000
MOBILE: Final = r"^1[3-9][0-9]{9}$"
_LANDLINE: Final = r"^(0(?:10|2[0-9]|[3-9][0-9]{2}))([2-8][0-9]{6,7})$"
_EXTENSION: Final = r"(?:转|ext\.?|#|x)([0-9]{1,6})$"
_SERVICE: Final = r"^(?:400|800)[0-9]{7}$"
_SEPARATORS: Final = r"[/、;,|]|\s或\s|或"


def fast_phone(column: pl.Expr, spec: Spec) -> pl.Expr:
    """Plain mobiles; for a landline column nothing is plain (it is short of distinct values or short of rows)."""
    number = column.cast(pl.Int64, strict=False)
    return pl.when(number.is_between(13_000_000_000, 19_999_999_999) & (column.str.len_bytes() == 11)).then(column)


def slow_phone(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Mended numbers. Value: a mobile as 11 digits, a landline as 0755-12345678, a foreign number as +85212345678."""
    text, first, number = pl.col("text"), pl.col("first"), pl.col("number")
    mobile = number.str.contains(MOBILE)
    landline = number.str.contains(_LANDLINE)
    service = number.str.contains(_SERVICE)
    several = pl.col("count") > 1
    moved = landline & pl.lit(spec.name in ("phone", "phone2"))
    value = (
        pl.when(mobile)
        .then(number)
        .when(landline)
        .then(number.str.extract(_LANDLINE, 1) + "-" + number.str.extract(_LANDLINE, 2) + pl.col("extension"))
        .when(service)
        .then(number)
        .otherwise(pl.col("foreign"))
    )
    verdict = (
        pl.when(is_blank(text, nan=True) | (text == "0"))
        .then(pl.lit(BLANK))
        .when(text.str.contains(r"[0-9][*＊xX]{2,}"))
        .then(pl.lit("PHONE_MASKED"))
        .when(pl.col("value_").is_null())
        .then(pl.lit("PHONE_INVALID"))
        .when(pl.col("foreign").is_not_null())
        .then(pl.lit("PHONE_FOREIGN"))
        .when(moved)
        .then(pl.lit("PHONE_IS_LANDLINE"))
        .when(several)
        .then(pl.lit("PHONE_SEVERAL"))
        .when((pl.col("value_") == pl.col("cell")) | (landline & pl.col("cell").str.contains("^[0-9-]+$")))
        .then(pl.lit(""))
        .otherwise(pl.lit("PHONE_FORMAT"))
    )
    frame = cells.alias("cell").to_frame().with_columns(text=normal(pl.col("cell")).str.replace(r"\.0$", ""))
    frame = frame.with_columns(_parts(text).alias("parts"))
    frame = frame.with_columns(first=pl.col("parts").list.first(), count=pl.col("parts").list.len())
    frame = frame.with_columns(extension=first.str.to_lowercase().str.extract(_EXTENSION, 1))
    frame = frame.with_columns(
        number=_digits(first), extension=pl.when(pl.col("extension").is_not_null()).then("-" + pl.col("extension")).otherwise(pl.lit(""))
    )
    odd = frame.filter(~(mobile | landline | service), first.str.contains(r"^\+?[0-9()\s.-]{7,24}$"))
    frame = frame.with_columns(foreign=first.replace_strict(_foreign(odd["first"].unique()), default=None, return_dtype=pl.String))
    frame = frame.with_columns(value_=value).with_columns(verdict.alias(VERDICT))
    kept = pl.col(VERDICT).is_in([BLANK, "PHONE_MASKED", "PHONE_INVALID"]).not_()
    return frame.select(pl.when(kept).then("value_").alias(VALUE), VERDICT)


def second_number(cells: pl.Series) -> pl.Series:
    """The second mobile of cells that hold several; null where it is none."""
    number = _digits(_parts(normal(pl.col("cell"))).list.get(1, null_on_oob=True))
    return cells.alias("cell").to_frame().select(pl.when(number.str.contains(MOBILE)).then(number)).to_series()


def _parts(text: pl.Expr) -> pl.Expr:
    """The numbers of a cell that may hold several, without empty ones."""
    marked = text.str.replace_all(_SEPARATORS, "\u0001").str.replace_all(r"([0-9]{11})\s+(\+?[0-9])", "${1}\u0001${2}")
    return marked.str.split("\u0001").list.eval(pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != ""))


def _digits(text: pl.Expr) -> pl.Expr:
    """Without extension, signs and the country's prefix."""
    bare = text.str.to_lowercase().str.replace(_EXTENSION, "").str.replace_all(r"[\s()._\-–—]", "")
    local = bare.str.replace(r"^(?:\+|00)?86(0?[1-9][0-9]{8,11})$", "${1}")
    area = local.str.replace(r"^((?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7})$", "0${1}")
    # only where the country's prefix went was an area code without its 0 certain
    return (
        pl.when(local != bare)
        .then(pl.when(local.str.contains(MOBILE)).then(local).otherwise(area))
        .otherwise(local)
        .str.replace(r"^0(1[3-9][0-9]{9})$", "${1}")
    )


def _foreign(values: pl.Series) -> dict[str, str]:
    """E.164 form of well-formed numbers of other countries (they state it: +852..., 00852...)."""
    out: dict[str, str] = {}
    wanted = [v for v in values.drop_nulls().head(FOREIGN_CAP) if v.lstrip("(").startswith(("+", "00"))]
    if not wanted:
        return out
    import phonenumbers

    for text in wanted:
        spelled = "+" + text.lstrip("(")[2:] if text.lstrip("(").startswith("00") else text
        try:
            number = phonenumbers.parse(spelled, None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and number.country_code != 86:
            out[text] = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return out
