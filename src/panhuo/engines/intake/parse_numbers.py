"""Amounts, rates, counts and measures out of text.

Amounts become integer fen exactly. A decimal text parsed as a float64, times the fen in a unit, rounds to the right integer as
long as the result stays below ``FAST_FEN``: the parse errs by at most 2**-53 of the value and so does the product, together
below 0.03 fen there. Whatever is larger, finer than a fen, or written in any odd way goes through the slow reading, which works
on the digits themselves. Halves of a fen round away from zero, as :func:`panhuo.kernel.money.yuan` does.

What is read: 1234.5 · 1,234.50 · １，２３４.５ · ￥1234.50元 · (500.00) · 500.00- · －123 · 1.2万元 · 3亿 · 1.5e5 · 18% · 36期 · US$5 · 5万美元.
What is not guessed at: 1,23 or 1.234,50 (a decimal comma or a lost digit), 100 200 (two amounts?), nan, inf, words.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.engines.intake.layout import MONEY_UNITS, OVERDUE, PERIODS
from panhuo.engines.intake.money_words import SIGNS
from panhuo.engines.intake.parse_bands import arrears
from panhuo.engines.intake.parse_cells import BLANK, OTHER_FORM, Spec, answer, divided, is_blank, normal
from panhuo.engines.intake.rules import BALANCE_PARTS
from panhuo.engines.intake.seizure_words import SEIZURE, ranks
from panhuo.kernel.money import MAX_FEN

FAST_FEN: Final = 1e14
RATE_UNIT: Final = {"percent": 100.0, "permille": 1000.0, "fraction": 1.0}
MU_IN_M2: Final = 10_000 / 15

POWER: Final = {1: 0, 100: 2, 100_000: 5, 1_000_000: 6, 100_000_000: 8, 10_000_000_000: 10}
_SUFFIX_POWER: Final = {"百": 4, "千": 5, "万": 6, "百万": 8, "千万": 9, "亿": 10}  # fen: powers of ten in that many yuan
_PLAIN: Final = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_GROUPED: Final = r"^[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?$"
_DIGITS: Final = r"^([0-9]*)\.?([0-9]*)$"
_EXPONENT: Final = r"^(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]{1,3}$"
_MONEY_WORDS: Final = rf"(?i){SIGNS}"  # whose currency it is: rules_currency

# months or days in one unit of time
_MONTHS: Final = {"days": 1 / 30, "weeks": 7 / 30, "months": 1.0, "years": 12.0}
_DAYS: Final = {"days": 1.0, "weeks": 7.0, "months": 30.0, "years": 365.0, PERIODS: 30.0}
_YEARS: Final = {"days": 1 / 365, "weeks": 7 / 365, "months": 1 / 12, "years": 1.0}
_TIMES: Final = {"months": _MONTHS, "days": _DAYS, "years": _YEARS}
_TIME_WORDS: Final = {
    **dict.fromkeys(("期", "个月", "月", "mon", "month", "months", "m"), "months"),
    **dict.fromkeys(("天", "日", "d", "day", "days"), "days"),
    **dict.fromkeys(("年", "岁", "周岁", "y", "yr", "yrs", "year", "years"), "years"),
    **dict.fromkeys(("周", "week", "weeks"), "weeks"),
}
_COUNT_WORDS: Final = ("次", "人", "笔", "个", "户", "件", "通")


def fast_float(column: pl.Expr, spec: Spec) -> pl.Expr:
    """First step of the fast reading of money, rates and numbers: the float in the cell's own unit, fen for money."""
    value = column.cast(pl.Float64, strict=False)
    if spec.kind == "money":
        return value * float(MONEY_UNITS[spec.unit or "yuan"])
    if spec.kind == "rate" and spec.unit in RATE_UNIT and spec.unit != "fraction":
        return divided(value, RATE_UNIT[spec.unit])
    return value * MU_IN_M2 if spec.unit == "mu" else value


def fast_typed(value: pl.Expr, spec: Spec) -> pl.Expr:
    """Second step: the typed value, null where the fast reading is not sure."""
    if spec.kind == "money":
        fen = value.round()
        sure = ((value - fen).abs() <= 1e-6 + value.abs() * 2.0**-51) & (value.abs() <= FAST_FEN)
        return pl.when(sure).then(fen).cast(pl.Int64)
    finite = pl.when(value.is_finite()).then(value)
    if spec.kind == "rate" and spec.unit in (None, "auto"):
        return pl.when(finite.abs() >= 1).then(divided(finite, 100)).otherwise(finite)
    return finite


def fast_integer(column: pl.Expr, spec: Spec) -> pl.Expr:
    """Plain whole numbers, in the field's own unit; null where the unit has to be converted (then the slow reading does it)."""
    value = column.cast(pl.Int32, strict=False)
    return value if unit_factor(spec) == 1.0 else pl.repeat(None, pl.len(), dtype=pl.Int32)


def slow_money(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Every way to write an amount. Value: Int64 fen."""
    part = spec.part or spec.name in BALANCE_PARTS
    unreadable = "AMOUNT_UNREADABLE" if part else "OPTIONAL_AMOUNT_UNREADABLE"
    absurd = "AMOUNT_ABSURD" if part else "OPTIONAL_AMOUNT_ABSURD"
    power = POWER[MONEY_UNITS[spec.unit or "yuan"]]
    text, negative, suffix, digits = pl.col("text"), pl.col("negative"), pl.col("suffix"), pl.col("digits")
    whole, rest, k = pl.col("whole"), pl.col("rest"), pl.col("power")
    stated = (suffix != "").fill_null(value=False)
    scientific = digits.str.contains(_EXPONENT)
    big = pl.col("float").abs() > MAX_FEN
    fen = (
        pl.when(scientific)
        .then(pl.when(~big).then(pl.col("float")).round(mode="half_away_from_zero").cast(pl.Int64, strict=False))
        .otherwise(
            (whole + rest.str.slice(0, k)).str.strip_chars_start("0").str.pad_start(1, "0").cast(pl.Int64, strict=False)
            + (rest.str.slice(k, 1).fill_null("0") >= "5").cast(pl.Int64)
        )
    )
    finer = (
        pl.when(scientific).then((pl.col("float") - pl.col("float").round()).abs() > 1e-6).otherwise(rest.str.slice(k, None).str.contains("[1-9]"))
    )
    readable = digits.str.contains(_DIGITS) & digits.str.contains(r"[0-9]") | scientific
    verdict = (
        pl.when(is_blank(text))
        .then(pl.lit(BLANK))
        .when(~readable.fill_null(value=False))
        .then(pl.lit(unreadable))
        .when(big | (pl.col("fen").abs() > MAX_FEN) | pl.col("fen").is_null())
        .then(pl.lit(absurd))
        .when(finer)
        .then(pl.lit("AMOUNT_ROUNDED"))
        .when(pl.col("cell").str.contains(_PLAIN))
        .then(pl.lit(""))
        .otherwise(pl.lit("AMOUNT_FORMAT"))
    )
    return answer(
        cells,
        pl.when(pl.col("verdict_").is_in([BLANK, unreadable, absurd]).not_()).then(pl.when(negative).then(-pl.col("fen")).otherwise(pl.col("fen"))),
        pl.col("verdict_"),
        *_unsigned(),
        {"suffix": pl.col("body").str.extract(r"(百万|千万|百|千|万|亿)?(?:元整|圆整|元|圆|块)$|(百万|千万|百|千|万|亿)$", 0).fill_null("")},
        {"digits": _ungroup(pl.col("body").str.strip_suffix(suffix)), "scale": suffix.str.replace(r"(元整|圆整|元|圆|块)$", "")},
        {
            "power": pl.when(stated).then(pl.col("scale").replace_strict(_SUFFIX_POWER, default=2, return_dtype=pl.Int64)).otherwise(pl.lit(power)),
            "whole": digits.str.extract(_DIGITS, 1),
            "rest": digits.str.extract(_DIGITS, 2) + "0" * 12,
        },
        {"float": digits.cast(pl.Float64, strict=False) * pl.lit(10.0).pow(k)},
        {"fen": fen},
        {"verdict_": verdict},
    )


def slow_float(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Rates and measures in every way of writing. Value: Float64, rates as yearly decimals, areas in square metres."""
    what = "RATE" if spec.kind == "rate" else "NUMBER"
    sign = pl.col("body").str.extract(r"([%‰]|百分点|平方米|平米|㎡|m2|亩)$", 1).fill_null("")
    value = pl.when(pl.col("negative")).then(-pl.col("float")).otherwise(pl.col("float"))
    if spec.kind == "rate":
        unit = RATE_UNIT.get(spec.unit or "auto")
        unsigned = divided(value, unit) if unit else pl.when(value.abs() >= 1).then(divided(value, 100)).otherwise(value)
        value = (
            pl.when(pl.col("sign").is_in(["%", "百分点"]))
            .then(divided(value, 100))
            .when(pl.col("sign") == "‰")
            .then(divided(value, 1000))
            .otherwise(unsigned)
        )
    else:
        stated_mu = (pl.col("sign") == "亩") | ((pl.col("sign") == "") & pl.lit(spec.unit == "mu"))
        value = pl.when(stated_mu).then(value * MU_IN_M2).otherwise(value)
    verdict = (
        pl.when(is_blank(pl.col("text")))
        .then(pl.lit(BLANK))
        .when(~pl.col("float").is_finite().fill_null(value=False))
        .then(pl.lit(f"{what}_UNREADABLE"))
        .when(pl.col("cell").str.contains(_PLAIN))
        .then(pl.lit(""))
        .when(pl.col("cell").str.contains(r"^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*([%‰]|平方米|㎡|m2|亩)?\s*$"))
        .then(pl.lit(OTHER_FORM))
        .otherwise(pl.lit(f"{what}_FORMAT"))
    )
    return answer(
        cells,
        pl.when(pl.col("float").is_finite() & ~is_blank(pl.col("text"))).then(value),
        verdict,
        *_unsigned(),
        {"sign": sign},
        {"digits": _ungroup(pl.col("body").str.strip_suffix(pl.col("sign")))},
        {"float": _number(pl.col("digits"))},
    )


def slow_integer(cells: pl.Series, spec: Spec) -> pl.DataFrame:
    """Whole numbers in every way of writing, with their unit of time; days past due also as a band (:mod:`.parse_bands`), the rank of a seizure also in words
    (:mod:`.seizure_words`). Value: Int32."""
    words = [*sorted({*_TIME_WORDS, *_COUNT_WORDS}, key=len, reverse=True)]
    stated_days = spec.name == OVERDUE or spec.arrears
    table = _TIMES.get(_own_unit(spec), {})
    said = {word: table[unit] for word, unit in _TIME_WORDS.items() if unit in table}
    factor = pl.col("word").replace_strict(said, default=unit_factor(spec), return_dtype=pl.Float64) if said else pl.lit(unit_factor(spec))
    value = pl.when(pl.col("negative")).then(-pl.col("float")).otherwise(pl.col("float")) * pl.col("factor")
    if stated_days:  # 120.5 days past due are 120 whole ones
        value = pl.when(pl.col("factor") == 1).then(value.truncate()).otherwise(value)
    whole = (pl.col("factor") != 1) | (pl.col("float") == pl.col("float").round())
    parted = ~whole & pl.lit(stated_days)
    whole = whole | parted
    readable = pl.col("float").is_finite().fill_null(value=False) & whole.fill_null(value=False)
    fits = pl.col("value_").abs() < 2**31 - 1
    banded = pl.col("band").is_not_null()
    stated = arrears(cells.to_frame("cell").select(normal(pl.col("cell"))).to_series(), periods=spec.unit == PERIODS) if stated_days else None
    band = pl.lit(stated["band"] if stated is not None else ranks(cells) if spec.name == SEIZURE else None, dtype=pl.Int32)
    # 逾期120天 and 三个月 are plain counts, once the words are taken for what they are
    text = pl.coalesce(pl.lit(stated["plain"]), normal(pl.col("cell"))) if stated is not None else None
    verdict = (
        pl.when(is_blank(pl.col("text")) | (pl.col("band") == 0).fill_null(value=False) & pl.lit(spec.name == SEIZURE))
        .then(pl.lit(BLANK))
        .when(banded)
        .then(pl.when((pl.col("band") > 0) & pl.lit(stated_days)).then(pl.lit("OVERDUE_FROM_BAND")).otherwise(pl.lit("")))
        .when(~readable)
        .then(pl.lit("NUMBER_UNREADABLE"))
        .when(~fits)
        .then(pl.lit("NUMBER_OUT_OF_RANGE"))
        .when(parted)
        .then(pl.lit("DAYS_ROUNDED"))
        .when(pl.col("cell").str.contains(r"(?i)^\s*[+-]?[0-9]+(?:\.0*)?\s*(?:" + "|".join(words) + r")?\s*$"))
        .then(pl.lit(""))
        .otherwise(pl.lit("NUMBER_FORMAT"))
    )
    return answer(
        cells,
        pl.when(banded & ~is_blank(pl.col("text")))
        .then(pl.when((pl.col("band") > 0) | pl.lit(spec.name != SEIZURE)).then(pl.col("band")))
        .when(readable & fits & ~is_blank(pl.col("text")))
        .then(pl.col("value_").round(mode="half_away_from_zero").cast(pl.Int32, strict=False)),
        verdict,
        *_unsigned(text),
        {"body": pl.col("body").str.to_lowercase(), "band": band},
        {"word": pl.col("body").str.extract("(" + "|".join(words) + ")$", 1).fill_null("")},
        {"digits": _ungroup(pl.col("body").str.strip_suffix(pl.col("word")))},
        {"float": _number(pl.col("digits")), "factor": factor},
        {"value_": value},
    )


def unit_factor(spec: Spec) -> float:
    """What a bare number is multiplied by: the layout's unit against the field's own."""
    to = _own_unit(spec)
    return _TIMES[to][spec.unit] if to in _TIMES and spec.unit in _TIMES[to] else 1.0


def _own_unit(spec: Spec) -> str:
    """What the column's numbers are counted in once read."""
    return "days" if spec.arrears else spec.field.unit if spec.field is not None else ""


def _unsigned(normalised: pl.Expr | None = None) -> tuple[dict[str, pl.Expr], ...]:
    """Steps from the cell to ``body``, the number without sign, currency and spaces, and ``negative``. normalised: what to read instead of the cell's text."""
    text = pl.col("text")
    # "100 200" may be two amounts: a space between digits stays, as a sign that does not parse
    spaced = text.str.replace_all(_MONEY_WORDS, "").str.replace_all(r"([0-9])\s+([0-9])", "${1}_${2}")
    bare = spaced.str.replace_all(r"\s", "").str.replace(r"^[−–—]", "-")
    parted = pl.col("bare").str.contains(r"^\(.+\)(?:元|万元)?$")
    inner = pl.when(parted).then(pl.col("bare").str.replace_all(r"[()]", "")).otherwise(pl.col("bare"))
    return (
        {"text": normal(pl.col("cell")) if normalised is None else normalised},
        {"bare": bare},
        {"inner": inner, "parted": parted},
        {"trailing": pl.col("inner").str.contains(r"[0-9]-$"), "leading": pl.col("inner").str.starts_with("-")},
        {
            # two signs at once, as in -(5) or -5-, say nothing sure: the sign stays in the body, which then does not parse
            "body": pl.when(pl.sum_horizontal("trailing", "leading", "parted") > 1)
            .then(pl.lit("?"))
            .otherwise(pl.col("inner").str.replace(r"^[+-]", "").str.replace(r"([0-9])-$", "$1")),
            "negative": pl.col("trailing") | pl.col("leading") | pl.col("parted"),
        },
    )


def _ungroup(digits: pl.Expr) -> pl.Expr:
    """Without thousands separators where they stand right (in threes); else unchanged and so unreadable."""
    return pl.when(digits.str.contains(_GROUPED)).then(digits.str.replace_all(",", "")).otherwise(digits)


def _number(digits: pl.Expr) -> pl.Expr:
    plain = digits.str.contains(r"^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$")
    return pl.when(plain).then(digits).cast(pl.Float64, strict=False)
