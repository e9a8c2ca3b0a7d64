"""What each kind of fault makes of a clean cell: whole columns of cells in, the same cells dirty out.

``SMUDGES`` has one entry for each kind of ``faults.yaml`` that changes a single cell without looking at another row. A kind's ``fits`` says
which cells it can spoil (an ID that does not end in X cannot get a lower-case x).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from panhuo.engines.intake.synthesis import digits
from panhuo.engines.intake.synthesis.draws import Floats, gather


@dataclass(frozen=True, slots=True)
class Cells:
    """Clean cells of one column to spoil: ``value``; ``other(field)`` gives another column of the same rows; ``luck`` in [0, 1) a cell."""

    value: pl.Series
    other: Callable[[str], pl.Series]
    luck: Floats
    as_of: dt.date


Smudge = Callable[[Cells], pl.Series]
Fits = Callable[[Cells], pl.Series]


def _apply(value: pl.Series, expression: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    return pl.select(expression(pl.lit(value))).to_series() if len(value) else value


def _all(value: str | None) -> Smudge:
    return lambda cells: pl.Series([value], dtype=pl.String).new_from_index(0, len(cells.value))


def _by(expression: Callable[[pl.Expr], pl.Expr]) -> Smudge:
    return lambda cells: _apply(cells.value, expression)


_FULL_WIDTH = {**{str(k): chr(0xFF10 + k) for k in range(10)}, "X": "Ｘ", ".": "．"}


def _full_width(value: pl.Expr) -> pl.Expr:
    return value.str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values()))


def _fen(value: pl.Expr) -> pl.Expr:
    return value.str.replace(".", "", literal=True).cast(pl.Int64)


def _thousands(value: pl.Expr) -> pl.Expr:
    """1234567.80 → 1,234,567.80 (amounts of the sample stay below 10 to the 15th yuan). zfill pads the leading group only: it comes first."""
    yuan = _fen(value) // 100
    text = (yuan % 1000).cast(pl.String)
    for power in range(3, 15, 3):
        head = yuan // 10**power
        text = pl.when(head > 0).then((head % 1000).cast(pl.String) + "," + text.str.zfill(3 + 4 * (power // 3 - 1))).otherwise(text)
    return text + value.str.slice(-3)


def _balance_off(cells: Cells) -> pl.Series:
    fen = _apply(cells.value, _fen).to_numpy()
    wrong = fen + 100_00 + np.rint(0.2 * cells.luck * fen).astype(np.int64)
    return _apply(pl.Series(wrong), lambda e: (e // 100).cast(pl.String) + "." + (e % 100).cast(pl.String).str.zfill(2))


def _rate_percent(cells: Cells) -> pl.Series:
    points = np.rint(cells.value.cast(pl.Float64).to_numpy() * 10_000).astype(np.int64)
    return gather([f"{k / 100:g}%" for k in range(10_001)], points)


def _days(value: pl.Series) -> pl.Series:
    return value.str.to_date("%Y-%m-%d")


def _as_written(form: str) -> Smudge:
    return lambda cells: _days(cells.value).dt.to_string(form)


def _serial(cells: Cells) -> pl.Series:
    """Days since 30 December 1899, as Excel counts."""
    return (_days(cells.value).cast(pl.Int32) + 25_569).cast(pl.String)


def _after_cut_off(cells: Cells) -> pl.Series:
    days = np.datetime64(cells.as_of, "D") + 1 + (cells.luck * 300).astype(np.int64)
    return pl.Series(days).cast(pl.Date).dt.to_string("%F")


def _ancient(cells: Cells) -> pl.Series:
    # leap years, so that 29 February stays a day
    return gather(["1908", "1912", "1920", "1928", "1936", "1944"], (cells.luck * 6).astype(np.int64)) + cells.value.str.slice(4)


def _reversed(cells: Cells) -> pl.Series:
    days = _days(cells.other("origination_date")).cast(pl.Int32) - 30 - pl.Series((cells.luck * 300).astype(np.int32))
    return days.cast(pl.Date).dt.to_string("%F")


def _contradict(cells: Cells) -> pl.Series:
    return (cells.value.cast(pl.Int64) + 45 + pl.Series((cells.luck * 300).astype(np.int64))).cast(pl.String)


def _digit_up(position: int) -> Smudge:
    """One digit raised by one (9 → 0): MOD 11-2 notices every single substitution."""

    def smudge(cells: Cells) -> pl.Series:
        up = {**{str(k): str((k + 1) % 10) for k in range(10)}, "X": "0"}
        digit = cells.value.str.slice(position, 1).replace_strict(up, return_dtype=pl.String)
        rest = cells.value.str.slice(position + 1) if position != -1 else _all("")(cells)
        head = cells.value.str.slice(0, position if position >= 0 else 17)
        return head + digit + rest

    return smudge


def _impossible_birth(cells: Cells) -> pl.Series:
    """Born on 31 February, with the check digit that belongs to it."""
    body = cells.value.str.slice(0, 10) + _all("0231")(cells) + cells.value.str.slice(14, 3)
    matrix = np.frombuffer("".join(body.to_list()).encode(), dtype=np.uint8).reshape(-1, 17)
    return body + digits.text(digits.ric_check(matrix).reshape(-1, 1))


def _present(cells: Cells) -> pl.Series:
    return cells.value.is_not_null()


def _person(cells: Cells) -> pl.Series:
    return cells.value.is_not_null() & (cells.other("debtor_kind") == "个人")


def _person_x(cells: Cells) -> pl.Series:
    return (_person(cells) & cells.value.str.ends_with("X")).fill_null(value=False)


def _late(cells: Cells) -> pl.Series:
    return cells.value.is_not_null() & cells.other("overdue_since").is_not_null()


SMUDGES: dict[str, tuple[Smudge, Fits]] = {
    "account_missing": (_all(None), _present),
    "principal_missing": (_all(None), _present),
    "amount_words": (_all("待核实"), _present),
    "amount_negative": (_by(lambda v: "-" + v), _present),
    "amount_bracketed": (_by(lambda v: "(" + v + ")"), _present),
    "amount_absurd": (_all("999999999999999999.00"), _present),
    "amount_overflow": (_all("1E+308"), _present),
    "amount_yuan": (_by(lambda v: _thousands(v) + "元"), _present),
    "amount_sign": (_by(lambda v: "￥" + _thousands(v)), _present),
    "amount_full_width": (_by(_full_width), _present),
    "balance_off": (_balance_off, _present),
    "rate_percent": (_rate_percent, _present),
    "rate_absurd": (_all("9999"), _present),
    "date_impossible": (_by(lambda v: v.str.slice(0, 4) + "-02-31"), _present),
    "date_chinese": (_as_written("%Y年%-m月%-d日"), _present),
    "date_compact": (_as_written("%Y%m%d"), _present),
    "date_slashed": (_as_written("%Y/%-m/%-d"), _present),
    "date_serial": (_serial, _present),
    "date_future": (_after_cut_off, _present),
    "date_ancient": (_ancient, _present),
    "date_reversed": (_reversed, _present),
    "days_contradict": (_contradict, _late),
    "id_check_digit": (_digit_up(-1), _person),
    "id_mistyped": (_digit_up(15), _person),
    "id_truncated": (_by(lambda v: v.str.slice(0, 17)), _person),
    "id_birth_impossible": (_impossible_birth, _person),
    "id_lowercase_x": (_by(lambda v: v.str.to_lowercase()), _person_x),
    "id_full_width": (_by(_full_width), _person),
    "id_spaced": (_by(lambda v: v.str.slice(0, 6) + " " + v.str.slice(6, 8) + " " + v.str.slice(14)), _person),
    "phone_spaced": (_by(lambda v: v.str.slice(0, 3) + " " + v.str.slice(3, 4) + " " + v.str.slice(7)), _present),
    "phone_dashed": (_by(lambda v: v.str.slice(0, 3) + "-" + v.str.slice(3, 4) + "-" + v.str.slice(7)), _present),
    "phone_country": (_by(lambda v: "+86" + v), _present),
    "phone_full_width": (_by(_full_width), _present),
    "phone_short": (_by(lambda v: v.str.slice(0, 10)), _present),
    "phone_zeros": (_all("00000000000"), _present),
    "name_missing": (_all(None), _present),
    "name_digits": (_by(lambda v: v + "3"), _person),
    "name_formula": (_by(lambda v: '=HYPERLINK("http://example.com/","' + v + '")'), _present),
    "name_null_byte": (_by(lambda v: v.str.slice(0, 1) + "\x00" + v.str.slice(1)), _present),
    "name_spaced": (_by(lambda v: v.str.slice(0, 1) + " " + v.str.slice(1)), _present),
    "code_unknown": (_all("未定义类别"), _present),
    "flag_unknown": (_all("也许"), _present),
}
