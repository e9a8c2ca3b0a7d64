"""Identity numbers and bank cards out of text: the plain ones by column, the odd ones with the reason they are odd."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from panhuo.engines.intake import identifiers as ids
from panhuo.engines.intake.parse_cells import BLANK, VALUE, VERDICT, Spec, answer, is_blank, normal

_SCIENTIFIC: Final = r"^[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,3}$"
_OTHER_DOCUMENT: Final = r"^(?:[A-Z]{1,3}[0-9]{6,10}[A-Z]?|[HMT][0-9]{8,10}|[0-9]{8}|[0-9]{7}[0-9X]-?[0-9X]|[A-Z0-9]{8}-?[0-9X]|[0-9]{13}|[0-9]{15})$"
"""Passports, travel permits, military papers, organisation codes (8 + 1) and business registration numbers (13 or 15 digits)."""


def slow_identity(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Mended numbers, and what is wrong with the others. Value: String."""
    tidy = pl.DataFrame({"cell": cells}).select(
        "cell",
        normal(pl.col("cell")).str.replace(r"\.0$", "").str.replace_all(r"[\s\-_.]", "").alias("given"),
        normal(pl.col("cell")).str.replace_all(r"\s", "").str.contains(_SCIENTIFIC).alias("scientific"),
    )
    tidy = tidy.with_columns(pl.col("given").str.to_uppercase().alias("text"))
    upgraded = _upgrade(tidy["text"])
    number = tidy.select(pl.coalesce(upgraded, "text")).to_series()
    kinds = ids.identity_kinds(number)
    kind = pl.lit(pl.Series(kinds))
    matrix, at = ids.byte_matrix(number, 18)
    shaped, possible, known = (np.zeros(len(number), dtype=bool) for _ in range(3))
    if len(at):
        like_resident = (matrix[:, :17] >= 48).all(axis=1) & (matrix[:, :17] <= 57).all(axis=1)
        shaped[at] = like_resident & (np.isin(matrix[:, 17], np.frombuffer(b"0123456789X", dtype=np.uint8)))
        possible[at] = ids.birth_possible(matrix)
        known[at] = ids.province_known(matrix)
    resident, born, region = pl.lit(pl.Series(shaped)), pl.lit(pl.Series(possible)), pl.lit(pl.Series(known))
    # 18 digits that miss both date and province are a credit code gone wrong rather than a person
    resident = resident & (born | region) & ~(pl.col("text").str.contains("^9[1-3]") & ~born)
    verdict = (
        pl.when(is_blank(pl.col("given"), nan=True) | (pl.col("text") == "0"))
        .then(pl.lit(BLANK))
        .when(pl.col("scientific"))
        .then(pl.lit("ID_SCIENTIFIC"))
        .when(pl.col("text").str.contains(r"[*＊×]|X{4,}"))
        .then(pl.lit("ID_MASKED"))
        .when(pl.lit(upgraded).is_not_null() & (kind == ids.RESIDENT))
        .then(pl.lit("ID_15_UPGRADED"))
        .when((kind != ids.UNKNOWN) & (pl.col("cell") == pl.col("text")))
        .then(pl.lit(""))
        .when((kind == ids.RESIDENT) & (pl.col("cell").str.to_uppercase() == pl.col("text")))
        .then(pl.lit("ID_LOWERCASE_X"))
        .when(kind != ids.UNKNOWN)
        .then(pl.lit("ID_FORMAT"))
        .when(pl.col("text").str.contains(r"^[0-9]{15}000$"))
        .then(pl.lit("ID_ROUNDED"))
        .when(resident & ~region)
        .then(pl.lit("ID_REGION"))
        .when(resident & ~born)
        .then(pl.lit("ID_BIRTH_DATE"))
        .when(resident)
        .then(pl.lit("ID_CHECK_DIGIT"))
        .when(pl.col("text").str.contains(r"^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$"))
        .then(pl.lit("USCC_CHECK"))
        .when(pl.col("text").str.contains(_OTHER_DOCUMENT))
        .then(pl.lit("ID_OTHER_DOCUMENT"))
        .otherwise(pl.lit("ID_UNRECOGNISED"))
    )
    out = tidy.select(pl.lit(number).alias(VALUE), verdict.alias(VERDICT))
    kept = ("", "ID_15_UPGRADED", "ID_LOWERCASE_X", "ID_FORMAT", "ID_OTHER_DOCUMENT")
    return out.with_columns(pl.when(pl.col(VERDICT).is_in(kept)).then(pl.col(VALUE)).alias(VALUE))


def _upgrade(text: pl.Series) -> pl.Series:
    """15-digit numbers of before 1999 as 18 (null for all else): 19 before the two-digit year, then the check character.

    Only where that makes a possible person: an old business registration number has 15 digits too.
    """
    frame = text.alias("text").to_frame()
    longer = frame.select(
        pl.when(pl.col("text").str.contains(r"^[0-9]{15}$")).then(pl.col("text").str.slice(0, 6) + "19" + pl.col("text").str.slice(6))
    ).to_series()
    matrix, at = ids.byte_matrix(longer, 17)
    if not len(at):
        return longer
    check = pl.Series(list(ids.resident_check_character(matrix).tobytes().decode("ascii")), dtype=pl.String)
    good = ids.birth_possible(matrix) & ids.province_known(matrix)
    whole = (longer.gather(at) + check).to_frame("v").select(pl.when(pl.lit(pl.Series(good))).then("v")).to_series()
    index = np.full(len(text), len(at), dtype=np.int64)
    index[at] = np.arange(len(at))
    return pl.concat([whole, pl.Series([None], dtype=pl.String)]).gather(index)


def fast_card(cells: pl.Series, spec: Spec) -> pl.Series:
    """The card numbers that are right as they stand."""
    return where(pl.Series(ids.luhn(cells)), cells)


def slow_card(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Mended card numbers. Value: String of digits."""
    text = cells.to_frame("cell").select(normal(pl.col("cell")).str.replace(r"\.0$", "").str.replace_all(r"[\s\-_]", "")).to_series().alias("text")
    good = pl.lit(pl.Series(ids.luhn(text)))
    blank = is_blank(pl.col("text"), nan=True)
    verdict = (
        pl.when(blank)
        .then(pl.lit(BLANK))
        .when(good & (pl.col("text") == pl.col("cell")))
        .then(pl.lit(""))
        .when(good)
        .then(pl.lit("CARD_FORMAT"))
        .when(pl.col("text").str.contains("^[0-9]{13,19}$"))
        .then(pl.lit("CARD_CHECK"))
        .otherwise(pl.lit("CARD_LENGTH"))
    )
    return answer(cells, pl.when(good & ~blank).then(pl.col("text")), verdict, {"text": pl.lit(text)})


def where(good: pl.Series, cells: pl.Series) -> pl.Series:
    """The cells that are good, null for the others."""
    if good.all():
        return cells
    return pl.DataFrame({"cell": cells, "good": good}).select(pl.when("good").then("cell")).to_series()
