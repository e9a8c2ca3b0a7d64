"""What the cells of a column look like: evidence for or against calling it a certain canonical field.

Names lie as often as file suffixes do (余额 may be a credit limit, 编号 anything), but values are hard to mistake: a resident ID
number has a check digit, a five-category class has five words. Evidence is a support between -1 (cannot be) and 1 (looks just
like it), and its weight: how few other fields would look the same.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from panhuo.engines.intake.mapping import normal_heading
from panhuo.engines.intake.parse_bands import says_arrears
from panhuo.engines.intake.parse_cells import Spec, normal
from panhuo.engines.intake.parse_codes import spellings
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import TAPE

_DATES: Final = {
    "iso": r"^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}.*)?$",
    "slashed": r"^\d{4}[/.]\d{1,2}[/.]\d{1,2}([ T]\d{1,2}:\d{2}.*)?$",
    "compact": r"^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$",
    "chinese": r"^\d{4}年\d{1,2}月\d{1,2}[日号]?$",
    "month_year": r"(?i)^(\d{1,2}[- ])?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[- ,']*\d{2,4}$",
    "year_month": r"^((?:19|20)\d{2}[-/.年](?:0?[1-9]|1[0-2])月?)$",
    "numbers": r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{4}$",
}
_UNITS: Final = r"(?i)(个?月|期|天|日|年|岁|元|次|months?|days?|years?|yrs?)"
_NUMBER: Final = rf"^\s*[-+(]?[¥$￥]?\s*\d[\d,]*(\.\d+)?\s*[)%]?{_UNITS}?\s*$"
_SHAPES: Final = {
    "number": _NUMBER,
    "percent": r"%\s*$",
    "id18": r"^\d{17}[\dXx]$",
    "id15": r"^\d{15}$",
    "uscc": r"^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$",
    "mobile": r"^(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}$",
    "landline": r"^(0\d{2,3}[- ]?)?[2-9]\d{6,7}$",
    "email": r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$",
    "card": r"^\d{16,19}$",
    "person": r"^[\x{4e00}-\x{9fff}·]{2,4}$",
    "firm": r"(?i)公司|厂$|合作社|事务所|中心$|集团|经营部|商行| inc\b| llc|\bco\b|\bltd|corp",
    "address": r"(?i)(省|市|区|县|路|街|村|镇).*(号|室|单元|组|路|街|村)|^\d+ .*(street|st|road|rd|avenue|ave)\b",
    "region": r"^([1-8]\d{5}|[\x{4e00}-\x{9fff}]{2,8}(省|市|自治区|区|县)?)$",
    "pattern": r"^[N*C#1-7A-Z/]{12,60}$",
    "bank": r"(?i)银行|信用社|消费金融|小额贷款|小贷|财务公司|bank",
}
_WORKING = 1_000
_BANDED: Final = 0.6
_MOST = 0.8


@dataclass(frozen=True)
class Profile:
    """Shares (0 to 1) of the filled cells that have each shape, and what numbers there are."""

    filled: int
    distinct: float
    shapes: dict[str, float]
    date_form: str | None
    numbers: pl.Series
    values: tuple[str, ...]
    """The commonest, at most 40."""
    counts: tuple[int, ...]
    whole: float
    fine: float
    """Share of the numbers with a last decimal of their third to sixth: finer than a fen, coarser than a float's noise. Zeros at the end are a database's way of
    writing (DECIMAL(18,4)) and say nothing."""
    bands: frozenset[str] = frozenset()
    """Of the commonest values those that say in words how long something is overdue: M3, 31-60天."""

    def share(self, shape: str) -> float:
        return self.shapes.get(shape, 0.0)

    def known(self, spelling: Callable[[str], bool]) -> float:
        """Share of the cells whose value is a spelling that is known."""
        return sum(count for value, count in zip(self.values, self.counts, strict=True) if spelling(value)) / self.filled


def profile(column: pl.Series) -> Profile:
    """Look at a sample column of text."""
    (seen,) = profiles_of([column])
    return seen


def profiles_of(columns: Sequence[pl.Series]) -> list[Profile]:
    """Look at sample columns of text; the words of all of them are read for arrears in one go."""
    seen = [_profile(column) for column in columns]
    words = pl.Series(sorted({value for found in seen for value in found.values}), dtype=pl.String).to_frame("cell")
    words = words.filter(~pl.col("cell").str.contains(_NUMBER))
    read = frozenset(words["cell"].filter(says_arrears(words.select(normal(pl.col("cell"))).to_series())).to_list()) if words.height else frozenset()
    return [replace(found, bands=read.intersection(found.values)) for found in seen]


def _profile(column: pl.Series) -> Profile:
    cells = column.drop_nulls().str.strip_chars(" \t'=\"")
    cells = cells.filter(cells.str.len_chars() > 0)
    count = cells.len()
    if not count:
        return Profile(0, 0.0, {}, None, pl.Series(dtype=pl.Float64), (), (), 0.0, 0.0)
    plain = cells.str.replace_all(r"[,¥$￥%\s]", "").str.replace(rf"{_UNITS}$", "").str.replace(r"^\((.*)\)$", "-$1")
    shares = _shares(cells, plain)
    shapes = {name: shares[name] for name in _SHAPES}
    dates = {name: shares[f"date {name}"] for name in _DATES}
    form = max(dates, key=lambda name: dates[name])
    shapes["date"] = dates[form]
    shapes["id18"] *= _checked(cells) if shapes["id18"] else 1.0
    numbers = plain.cast(pl.Float64, strict=False).drop_nulls()
    common = cells.value_counts(sort=True).head(40)
    return Profile(
        count,
        cells.n_unique() / count,
        shapes,
        form if dates[form] > 0.5 else None,
        numbers,
        tuple(common.to_series(0).to_list()),
        tuple(common.to_series(1).to_list()),
        shares["whole"],
        shares["fine"],
    )


def evidence(field: Field, seen: Profile) -> tuple[float, float]:
    """Support for and weight of calling the column ``field``; (0, 0) where the values say nothing."""
    if seen.filled < 3:
        return 0.0, 0.0
    special = _SPECIAL.get(field.name)
    if special:
        return special(seen)
    return _BY_KIND[field.kind](field, seen) if field.kind in _BY_KIND else (0.0, 0.0)


def money_unit(seen: Profile) -> str | None:
    """万元 where many amounts are finer than a fen, 分 where all are large whole numbers not ending in 00; None: nothing odd."""
    if seen.filled < 3 or not seen.numbers.len():
        return None
    if seen.fine > 0.3 and (seen.numbers.abs().median() or 0) < 10_000:  # type: ignore[operator]
        return "wan"
    positive = seen.numbers.filter(seen.numbers > 0)
    if positive.len() > 10 and seen.whole > 0.99 and (positive.median() or 0) > 200_000 and (positive % 100 == 0).mean() < 0.2:  # type: ignore[operator]
        return "fen"
    return None


def rate_unit(seen: Profile) -> str | None:
    """percent or fraction, where all values say so."""
    if seen.share("percent") > 0.5 or not seen.numbers.len():
        return None
    positive = seen.numbers.filter(seen.numbers > 0)
    if not positive.len():
        return None
    if (positive < 1).all():
        return "fraction"
    return "percent" if (positive > 1).mean() > 0.9 else None  # type: ignore[operator]


def date_forms(column: pl.Series, seen: Profile) -> tuple[tuple[str, ...], bool]:
    """The forms to write into a layout (empty: ``auto`` reads it), and whether the order of day and month is certain."""
    if seen.date_form != "numbers":
        return (), True
    parts = column.drop_nulls().str.extract_groups(r"^\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}").struct.unnest()
    first, second = (int(parts.to_series(i).cast(pl.Int32, strict=False).max() or 0) for i in (0, 1))  # type: ignore[arg-type]
    if first > 12:
        return ("eu",), True
    return ("us",), second > 12


def unknown_codes(field: Field, heading: str, seen: Profile, limit: int = 12) -> list[str]:
    """Values that are no code of the field under such a heading, commonest first."""
    known = _spellings(field.name) | {normal_heading(text) for text in spellings(Spec(field.name, heading, "code", field=field))}
    return [value for value in seen.values if normal_heading(value) not in known][:limit]


def _shares(cells: pl.Series, plain: pl.Series) -> dict[str, float]:
    """Of the cells, and of what is left of them as bare numbers: how many have each shape. All in one go: a tape may have hundreds of columns."""
    asked = [
        *((name, "cell", pattern) for name, pattern in _SHAPES.items()),
        *((f"date {name}", "cell", pattern) for name, pattern in _DATES.items()),
        ("whole", "plain", r"^-?\d+(\.0+)?$"),
        ("fine", "plain", r"^-?\d+\.\d{2,5}[1-9]0{0,4}$"),
    ]
    both = pl.DataFrame({"cell": cells, "plain": plain})
    return both.select(pl.col(column).str.contains(pattern).mean().fill_null(0.0).alias(name) for name, column, pattern in asked).row(0, named=True)


def _checked(cells: pl.Series) -> float:
    """Of the texts shaped like a resident ID, the share with a right check digit, forgiving a few slips."""
    shaped = cells.filter(cells.str.contains(r"^\d{17}[\dXx]$")).head(_WORKING)
    if not shaped.len():
        return 0.0
    weights = [2 ** (17 - i) % 11 for i in range(17)]
    good = sum("10X98765432"[sum(int(d) * w for d, w in zip(cell, weights, strict=False)) % 11] == cell[17].upper() for cell in shaped)
    return 1.0 if good / shaped.len() > 0.5 else 0.3


@functools.cache
def _spellings(name: str) -> frozenset[str]:
    return frozenset(normal_heading(text) for code in TAPE[name].codes for text in (code.code, code.zh, code.en, *code.also))


@functools.cache
def _answers(name: str) -> frozenset[str]:
    return frozenset(normal_heading(text) for text in spellings(Spec(name, None, "flag", field=TAPE[name])))


def _signed(share: float, weight: float, *, must: float = 0.5) -> tuple[float, float]:
    """Support by a share that should be high."""
    return (share, weight) if share >= must else (-1.0 + share, 1.0)


def _money(_: Field, seen: Profile) -> tuple[float, float]:
    longish = seen.share("id18") + seen.share("mobile") + seen.share("card")
    if longish > 0.5 or seen.share("date") > 0.7:
        return -1.0, 1.0
    return _signed(seen.share("number"), 0.05, must=0.6)


def _rate(_: Field, seen: Profile) -> tuple[float, float]:
    if seen.share("number") < 0.6 or not seen.numbers.len():
        return -1.0, 1.0
    inside = float(((seen.numbers >= 0) & (seen.numbers <= 60)).mean() or 0.0)  # type: ignore[arg-type]
    return (0.8, 0.3 if seen.share("percent") < 0.5 else 0.6) if inside > 0.9 else (-0.9, 1.0)


def _integer(field: Field, seen: Profile) -> tuple[float, float]:
    low, high = {"age": (10, 110), "term_months": (1, 600), "overdue_days": (-400, 15_000), "seizure_rank": (0, 30)}.get(field.name, (0, 5_000))
    if seen.share("number") < 0.6 or seen.whole < 0.9 or not seen.numbers.len():
        return -1.0, 1.0
    inside = float(((seen.numbers >= low) & (seen.numbers <= high)).mean() or 0.0)  # type: ignore[arg-type]
    return (0.7, 0.2) if inside > 0.9 else (-0.9, 1.0)


def _overdue(seen: Profile) -> tuple[float, float]:
    """Days, or bands among them: 0, 3, 7期以上."""
    if seen.bands and seen.known(lambda value: value in seen.bands) + seen.share("number") > _BANDED:
        return 0.8, 0.4
    return _integer(TAPE["overdue_days"], seen)


def _number(_: Field, seen: Profile) -> tuple[float, float]:
    return _signed(seen.share("number"), 0.1)


def _date(_: Field, seen: Profile) -> tuple[float, float]:
    serial = seen.share("number") > 0.9 and seen.whole > 0.9 and bool(((seen.numbers > 15_000) & (seen.numbers < 60_000)).mean() > 0.9)  # type: ignore[operator]
    return (0.5, 0.2) if serial else _signed(seen.share("date"), 0.25)


_FLAGS: Final = re.compile(r"^(是|否|有|无|y|n|yes|no|true|false|t|f|0|1|√|×)$")


def _flag(field: Field, seen: Profile) -> tuple[float, float]:
    own = _answers(field.name)
    return _signed(seen.known(lambda value: bool(_FLAGS.match(value.lower())) or normal_heading(value) in own), 0.2, must=0.7)


def _code(field: Field, seen: Profile) -> tuple[float, float]:
    if seen.distinct > 0.5 and seen.filled > 20:
        return -0.9, 1.0
    known = _spellings(field.name)
    hits = seen.known(lambda value: normal_heading(value) in known)
    digits = all(value.isdigit() for value in seen.values)
    if hits >= 0.5 and not digits:
        return hits, 0.75
    return (0.0, 0.0) if len(seen.values) <= 30 else (-0.8, 1.0)


def _identifier(field: Field, seen: Profile) -> tuple[float, float]:
    if seen.share("date") > 0.7 or seen.fine > 0.1 or (seen.distinct < 0.3 and seen.filled > 50):
        return -0.9, 1.0
    if field.name == "account_id":
        return (0.8, 0.3) if seen.distinct > 0.98 else (-0.7, 1.0)
    return 0.2, 0.1


def counts_rows(seen: Profile) -> bool:
    """1, 2, 3 ...: whole numbers from 0 or 1 on that go up by one, but for a few (a total row, a row left out, a list that begins anew)."""
    numbers = seen.numbers.drop_nulls()
    if seen.filled < 3 or numbers.len() < _MOST * seen.filled or seen.whole < _MOST:
        return False
    steps = numbers.diff().drop_nulls()
    return float(numbers.min()) in (0.0, 1.0) and float((steps == 1).mean() or 0.0) >= _MOST  # type: ignore[arg-type]


def _shaped(*shapes: str, weight: float, against: float = 0.3) -> Callable[[Profile], tuple[float, float]]:
    def judge(seen: Profile) -> tuple[float, float]:
        best = max(seen.share(shape) for shape in shapes)
        return (best, weight) if best >= 0.5 else (-0.6, 1.0) if best < against and seen.share("number") > 0.8 else (0.0, 0.0)

    return judge


def _id_no(seen: Profile) -> tuple[float, float]:
    best = max(seen.share("id18"), seen.share("uscc") if seen.share("number") < 0.9 else 0.0, seen.share("id15"))
    other = max(seen.share("mobile"), seen.share("person"), seen.share("number") if best < 0.1 else 0.0)
    return (best, 0.8) if best >= 0.5 else (-0.7, 1.0) if other > 0.7 else (0.0, 0.0)


def _name(seen: Profile) -> tuple[float, float]:
    best = max(seen.share("person"), seen.share("firm"))
    if best >= 0.5 and seen.distinct > 0.05:
        return best, 0.5
    return (-0.7, 1.0) if seen.share("number") > 0.5 or seen.share("date") > 0.5 else (0.0, 0.0)


def _phone(seen: Profile) -> tuple[float, float]:
    best = seen.share("mobile")
    other = max(seen.share("person"), seen.share("id18"), seen.share("number") if best < 0.1 > seen.share("landline") else 0.0)
    return (best, 0.7) if best >= 0.5 else (-0.7, 1.0) if other > 0.7 else (0.0, 0.0)


def _text(seen: Profile) -> tuple[float, float]:
    return (-0.6, 1.0) if seen.share("number") > 0.8 and seen.fine > 0.1 else (0.0, 0.0)


_SPECIAL: Final[dict[str, Callable[[Profile], tuple[float, float]]]] = {
    **dict.fromkeys(("id_no", "guarantor_id_no"), _id_no),
    **dict.fromkeys(("name", "guarantor_name", "contact_name"), _name),
    **dict.fromkeys(("phone", "phone2", "guarantor_phone", "contact_phone"), _phone),
    "overdue_days": _overdue,
    "landline": _shaped("landline", weight=0.4),
    "email": _shaped("email", weight=0.9, against=0.5),
    "bank_card": _shaped("card", weight=0.6),
    "address": _shaped("address", weight=0.5),
    "collateral_address": _shaped("address", weight=0.3),
    "employer": _shaped("firm", weight=0.5),
    "lender": _shaped("bank", weight=0.5),
    "branch": _shaped("bank", weight=0.3),
    "region_code": _shaped("region", weight=0.2),
    "repayment_pattern": _shaped("pattern", weight=0.6, against=0.5),
    "industry": _text,
    "currency": _text,
}
_BY_KIND: Final[dict[str, Callable[[Field, Profile], tuple[float, float]]]] = {
    "money": _money,
    "rate": _rate,
    "integer": _integer,
    "number": _number,
    "date": _date,
    "flag": _flag,
    "code": _code,
    "identifier": _identifier,
}
assert set(_SPECIAL) <= set(TAPE)
