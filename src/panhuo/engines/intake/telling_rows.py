"""How much of itself a row tells, beside its amounts, compared with what the claims of its tape tell.

A claim may lack a telephone number or have an account number of an older system; a total tells no debtor and lacks nearly everything. What a row lacks means
something only on a tape whose claims tell who owes or since when.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.clean_batch import Batch
from panhuo.kernel.frames import ACCOUNT, DEBTOR

Flags = npt.NDArray[np.bool_]
_FEWEST: Final = 2
_LACKING: Final = 0.5
"""What more rows than this lack, and more than one, is nothing that a claim must have: subtotals of pairs are a third of the rows."""
_HALF: Final = 0.5
_OFTEN: Final = 0.5
"""A form of account numbers that has this share of the rows of the commonest is one of the tape's."""
_LENGTHS: Final = 4
_STRONG: Final = ("name", "id_no", "phone", "overdue_days", "overdue_since", "origination_date", "maturity_date")
_PARTICULARS: Final = tuple(
    field.name for field in (*DEBTOR.fields, *ACCOUNT.fields) if field.kind in ("text", "date", "code", "integer", "identifier")
)
_SPEAKS: Final = r"[0-9]{5}|[^0-9].*[0-9]|[0-9].*[^0-9]"
"""Of a number that a counter or a count is not."""
_NOBODY: Final = r"^(?:全部|全体|所有|各)(?:客户|债务人|借款人|账户|贷款|户|$)|汇总|合计|总计|小计|共计|^其中|^[共计]?[0-9,]+[户笔人]|(?:支行|分行|总行|分理处|营业部|网点|办事处)$"
"""Of a cell of names that names no debtor."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Of each row: strange, its number is of a form that few have, or its branch's or debtor's name. lacking: it tells less than half of what claims do, and no debtor.
    named: it tells a debtor. crowd: it says that it is of many. counts: its number, if that may be a count of rows, else -1. forms: of the numbers. own: its number is like the others' and no mere count."""

    strange: Flags
    lacking: Flags
    named: Flags
    crowd: Flags
    counts: npt.NDArray[np.int64]
    forms: npt.NDArray[np.object_]
    own: Flags

    def of(self, rows: npt.NDArray[np.int64]) -> Telling:
        return Telling(*(getattr(self, field.name)[rows] for field in fields(self)))


def telling(batch: Batch, usable: pl.Series) -> Telling:
    """usable: rows that may be claims, by which the others are judged."""
    told = [name for name in _PARTICULARS if name != "account_id" and batch.has(name) and batch.notes.from_file(name)]
    lack = {name: int((batch.frame[name].is_null() & usable).sum()) for name in told}
    common = [name for name in told if lack[name] <= max(1.0, _LACKING * int(usable.sum()))]
    number = batch.frame["account_id"]
    forms, usual = _forms(number, usable)
    strange = ~usual
    for other in ("branch", "lender", "name"):
        if other in told:
            strange |= (number == batch.frame[other]).fill_null(value=False)
    own = ~strange & number.str.contains(_SPEAKS) & ~number.str.contains(r"\p{Han}")
    named, crowd = _named(batch, told)
    named &= number.is_not_null()
    lacking = pl.Series(np.zeros(len(number), dtype=bool))
    if any(name in common for name in _STRONG):
        filled = batch.frame.select(pl.mean_horizontal(pl.col(name).is_not_null().cast(pl.Float64) for name in common)).to_series()
        lacking = ~named & (filled < _HALF)
        if {"origination_date", "maturity_date"} <= set(told):  # no total begins and ends on a day
            lacking &= ~(batch.frame["origination_date"].is_not_null() & batch.frame["maturity_date"].is_not_null())
    counts = pl.select(pl.when(strange & number.str.contains(r"^[0-9]{1,7}$")).then(number).cast(pl.Int64).fill_null(-1)).to_series()
    return Telling(_flags(strange), _flags(lacking), _flags(named), _flags(crowd), counts.to_numpy(), forms.to_numpy(), _flags(own))


def _flags(series: pl.Series) -> Flags:
    return series.to_numpy().astype(bool)


def _named(batch: Batch, told: list[str]) -> tuple[pl.Series, pl.Series]:
    """Which rows tell a debtor, by name, identity number, telephone or customer number; and which say that they are of many."""
    nothing = pl.Series(np.zeros(batch.frame.height, dtype=bool))
    named = nothing
    for name in ("id_no", "phone", "debtor_no"):
        if name in told:
            named = named | batch.frame[name].is_not_null()
    if "name" not in told:
        return named, nothing
    cells = batch.frame["name"]
    crowd = cells.str.contains(_NOBODY).fill_null(value=False)
    place = nothing
    for other in ("branch", "lender", "account_id"):
        if other in told or other == "account_id":
            place = place | (cells == batch.frame[other]).fill_null(value=False)
    return (named | (cells.is_not_null() & ~place)) & ~crowd, crowd


def _forms(numbers: pl.Series, usable: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The form of each account number (the same run of digits, letters and other characters), and which have one that many have, and about as long."""
    form = numbers.str.replace_all(r"[0-9]+", "9").str.replace_all(r"[A-Za-z]+", "A").str.replace_all(r"\p{Han}+", "汉")
    forms = pl.DataFrame({"form": form, "size": numbers.str.len_chars().cast(pl.Int64)})
    counted = forms.filter(usable).drop_nulls().group_by("form").agg(pl.col("size").median().alias("usual"), pl.len().alias("n"))
    known = counted.filter(pl.col("n") >= _FEWEST, pl.col("n") >= _OFTEN * pl.col("n").max())
    joined = forms.join(known, on="form", how="left", maintain_order="left")
    near = (pl.col("size") - pl.col("usual")).abs() <= _LENGTHS
    return form, joined.select(near.fill_null(value=False)).to_series()
