"""What all parsers share: the question put to a column, the form of the answer, and the cells that mean "nothing".

A column is read twice. *Fast*: one Polars expression over every cell that gives the typed value where the cell is written
plainly, and null where it is not sure. *Slow*: whatever is not null in the file and null after the fast pass goes, distinct
values only, through the full reading that knows every odd spelling. On a clean tape the slow pass never runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from panhuo.kernel.fields import Field, Kind

BLANK: Final = "BLANK"
"""Verdict of a cell that says "nothing here". Other verdicts: "" (read, nothing to say), ``OTHER_FORM``, and the codes of ``rules.CHECKS``."""

OTHER_FORM: Final = "OTHER_FORM"
"""Verdict of a cell that is well written, only not as most of its column: worth a word where it is the exception."""

VERDICT: Final = "verdict"
VALUE: Final = "value"

BLANKS: Final = (
    *(
        "",
        "-",
        "--",
        "---",
        "—",
        "——",
        "–",
        "/",
        "//",
        "\\",
        "\\n",
        ".",
        "*",
        "null",
        "(null)",
        "<null>",
        "none",
        "nil",
        "na",
        "n/a",
        "#n/a",
        "#null!",
    ),
    *("无", "暂无", "空", "缺失", "未填", "未提供", "无数据", "不适用"),
)
"""Cells that mean nothing, in lower case without spaces. ``nan`` and ``nat`` are added for all but numbers: in an amount nan is a failed sum."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One column to read: ``name`` canonical or working, ``heading`` in the file (None for a constant), ``form`` the date form most of it
    is written in. part: what it holds comes into the balance. arrears: days past due are derived from it."""

    name: str
    heading: str | None
    kind: Kind
    unit: str | None = None
    dates: tuple[str, ...] = ("auto",)
    codes: dict[str, str] = field(default_factory=dict)
    field: Field | None = None
    default: str | None = None
    form: str = ""
    part: bool = False
    arrears: bool = False


def normal(cells: pl.Expr) -> pl.Expr:
    """Half-width (NFKC), without quotes, invisible characters and outer spaces."""
    text = cells.str.normalize("NFKC").str.replace_all("[\\x00-\\x08\\x0e-\\x1f\\x7f\u200b-\u200f\u202a-\u202e\u2060\ufeff'\"‘’“”`]", "")
    return text.str.strip_chars()


def is_blank(cells: pl.Expr, *, nan: bool = False) -> pl.Expr:
    """Whether a normalised cell says "nothing here"."""
    tokens = [*BLANKS, "nan", "nat"] if nan else list(BLANKS)
    return cells.str.to_lowercase().str.replace_all(r"\s", "").is_in(tokens)


def divided(value: pl.Expr, by: float) -> pl.Expr:
    """Correctly rounded division: 41 / 100 is 0.41. By a scalar, Polars multiplies with the reciprocal, which gives
    0.41000000000000003; so the divisor is made a column."""
    return value / (pl.int_range(pl.len()).cast(pl.Float64) * 0 + by)


def answer(cells: pl.Series, value: pl.Expr, verdict: pl.Expr, *steps: dict[str, pl.Expr]) -> pl.DataFrame:
    """Evaluate ``steps`` one after the other over ``cell``, then the two answer columns."""
    frame = cells.alias("cell").to_frame()
    for step in steps:
        frame = frame.with_columns(**step)
    return frame.select(value.alias(VALUE), verdict.cast(pl.String).alias(VERDICT))
