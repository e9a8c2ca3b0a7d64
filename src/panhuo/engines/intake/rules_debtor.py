"""Who owes: kind, birth, age, gender and region from the identity number, and what contradicts it; telephones in their place.

An identity number that passed its check digit is the surest thing on a tape, so it wins over stated birth date, age and gender. The
stated kind of debtor stays even so: a sole trader may be filed as a person or as a firm, and that choice is the lender's.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from panhuo.engines.intake import identifiers as ids
from panhuo.engines.intake import identifiers_phone
from panhuo.engines.intake.clean_batch import Batch, put
from panhuo.engines.intake.identifiers_region import SHORT_NAMES, province
from panhuo.engines.intake.parse_text import is_company_name, is_firm_name, is_test_name
from panhuo.kernel.frames import ACCOUNT

AGE_TOLERANCE: Final = 1
AGE_LOW, AGE_HIGH = 16, 100
_NO_EMPLOYER: Final = ("无业", "待业", "失业", "离职", "自由职业", "无单位", "无固定职业", "退休")
_KINDS: Final = pl.Series(["person", "firm"], dtype=ACCOUNT["debtor_kind"].dtype)
_SEXES: Final = pl.Series(["female", "male"], dtype=ACCOUNT["gender"].dtype)


def check_debtor(batch: Batch) -> None:
    """Completes and checks the debtor's fields. Needs typed columns; leaves ``debtor_kind`` without nulls."""
    _kind(batch)
    _names_of_firms(batch)
    _birth_and_gender(batch)
    _region(batch)
    _phones(batch)
    if batch.has("name"):
        missing = batch.frame["name"].is_null()
        if missing.any():
            batch.notes.add_where("NAME_MISSING", "name", missing)


def has_employer(batch: Batch) -> pl.Expr:
    return (batch.col("employer").is_not_null() & ~batch.col("employer").is_in(_NO_EMPLOYER)).fill_null(value=False)


def _kind(batch: Batch) -> None:
    kinds = batch.debtors.kinds if batch.debtors is not None else np.zeros(batch.frame.height, dtype=np.uint8)
    resident, social = kinds == ids.RESIDENT, kinds == ids.SOCIAL_CREDIT
    stated = batch.col("debtor_kind")
    if batch.has("debtor_kind"):
        if batch.debtors is not None:
            clash = (pl.lit(pl.Series(resident)) & (stated == "firm")) | (pl.lit(pl.Series(social)) & (stated == "person"))
            batch.note("KIND_ID_MISMATCH", "debtor_kind", clash)
        if not batch.frame["debtor_kind"].null_count():
            return
    firm = social
    if not (resident | social).all():
        corporate = (batch.col("product") == "corporate_loan").fill_null(value=False)
        named = is_firm_name(batch.col("name")).fill_null(value=False)
        unknown = pl.lit(pl.Series(~(resident | social)))
        firm = social | batch.frame.select((unknown & (corporate | named)).alias("firm")).to_series().to_numpy()
    if batch.has("name") and resident.any():  # its legal representative's number, say
        company = batch.frame.select(
            (stated.is_null() & pl.lit(pl.Series(resident)) & is_company_name(pl.col("name"))).fill_null(value=False)
        ).to_series()
        batch.notes.add_where("KIND_ID_MISMATCH", "name", company)
        firm = firm | company.to_numpy()
    inferred = _KINDS.gather(pl.Series(firm).cast(pl.UInt8))
    batch.set(debtor_kind=pl.coalesce(stated, pl.lit(inferred)) if batch.has("debtor_kind") else pl.lit(inferred))


def _names_of_firms(batch: Batch) -> None:
    """Digits and signs are odd in a person's name only: LANDMARK BAR & GRILLE (THE) is a good name for a firm."""
    at = batch.notes.codes("name").get("NAME_ODD")
    if at is not None:
        odd = batch.frame.select("debtor_kind", "name")[at]
        fine = odd.select((pl.col("debtor_kind") == "firm") & ~is_test_name(pl.col("name"))).to_series().fill_null(value=False)
        batch.notes.take_back("NAME_ODD", "name", at[fine.to_numpy()])


def _birth_and_gender(batch: Batch) -> None:
    """Birth date, sex and age by the identity number, where it says them; else as stated."""
    who = batch.debtors
    if who is not None:
        known = pl.Series(who.kinds == ids.RESIDENT)
        age = (_written(batch.as_of) - who.written) // 10_000
        said = pl.DataFrame({"born": pl.Series(who.births).cast(pl.Date), "sex": _SEXES.gather(pl.Series(who.males)), "age": age.astype(np.int32)})
        if not known.all():
            said = said.select(pl.when(known).then(pl.all()))
        if batch.has("birth_date"):
            batch.note("BIRTH_ID_MISMATCH", "birth_date", pl.col("birth_date") != pl.lit(said["born"]))
        if batch.has("gender"):
            batch.note("GENDER_ID_MISMATCH", "gender", pl.col("gender") != pl.lit(said["sex"]))
        if batch.has("age"):
            batch.note("AGE_ID_MISMATCH", "age", (pl.col("age") - pl.lit(said["age"])).abs() > AGE_TOLERANCE)
        given = batch.frame
        for name, column in (("birth_date", "born"), ("gender", "sex"), ("age", "age")):
            value = pl.lit(said[column])
            batch.set(**{name: pl.coalesce(value, pl.col(name)) if name in given.columns else value})
    if batch.has("birth_date"):
        _age_of_others(batch, known if who is not None else None)
    if batch.has("age"):
        low, high = batch.frame.select(pl.col("age").min().alias("low"), pl.col("age").max().alias("high")).row(0)
        if low is not None and (low < AGE_LOW or high > AGE_HIGH):
            mask = batch.mask((pl.col("debtor_kind") == "person") & ~pl.col("age").is_between(AGE_LOW, AGE_HIGH))
            batch.notes.add_where("AGE_ODD", "age", mask, batch.frame["age"])


def _age_of_others(batch: Batch, known: pl.Series | None) -> None:
    """The age of those whose birth date is stated and not in a number."""
    birth = pl.col("birth_date") if known is None else pl.when(~known).then(pl.col("birth_date"))
    if known is not None and batch.mask(birth).null_count() == batch.frame.height:
        return
    written = birth.dt.year() * 10_000 + birth.dt.month().cast(pl.Int32) * 100 + birth.dt.day()
    batch.set(__age=((_written(batch.as_of) - written) // 10_000).cast(pl.Int32))
    if batch.has("age"):
        batch.note("AGE_ID_MISMATCH", "age", (pl.col("age") - pl.col("__age")).abs() > AGE_TOLERANCE)
    batch.set(age=pl.coalesce("__age", batch.col("age")))
    batch.frame = batch.frame.drop("__age")


def _written(day: dt.date) -> int:
    """The day as the number yyyymmdd; the whole years between two such are their difference over 10,000."""
    return day.year * 10_000 + day.month * 100 + day.day


def _region(batch: Batch) -> None:
    """The residence's region as stated, else that of the identity number; and its province.

    Of a unified social credit code (GB 32100) characters 3 to 8 are the region of the registering authority, where a firm has its seat. The
    State Administration's own registrations (100000) and codes of no province say nothing.
    """
    who = batch.debtors
    if who is None:
        batch.set(region_code=batch.col("region_code"))
        batch.set(province=province(pl.col("region_code")))
        return
    names = SHORT_NAMES.gather(pl.Series(who.places))  # 0 for whoever is no resident: no province
    own: pl.Expr = pl.when(pl.lit(names.is_not_null())).then(pl.col("id_no").str.slice(0, 6))
    firms = who.kinds == ids.SOCIAL_CREDIT
    if firms.any():
        at = np.flatnonzero(firms)
        seats = batch.frame.select(pl.col("id_no").gather(at).str.slice(2, 6).alias("seat")).select(province(pl.col("seat")).alias("name"))["name"]
        known = np.zeros(len(firms), dtype=bool)
        known[at] = seats.is_not_null().to_numpy()
        own = pl.when(pl.lit(pl.Series(known))).then(pl.col("id_no").str.slice(2, 6)).otherwise(own)
        names = names.scatter(at[known[at]], seats.drop_nulls())
    if not batch.has("region_code"):
        batch.set(region_code=own, province=pl.lit(names))
    elif not batch.frame["region_code"].null_count():
        batch.set(province=province(pl.col("region_code")))
    else:
        batch.set(region_code=pl.coalesce("region_code", own), province=pl.coalesce(province(pl.col("region_code")), pl.lit(names)))


def _phones(batch: Batch) -> None:
    """Landlines out of the mobile columns; the second number of a cell into the spare column."""
    noted = batch.notes.codes("phone")
    if "PHONE_SEVERAL" in noted:
        at = noted["PHONE_SEVERAL"]
        second = identifiers_phone.second_number(batch.notes.cells("phone", at))
        spare = batch.frame["phone2"] if batch.has("phone2") else pl.Series("phone2", [None], dtype=pl.String).new_from_index(0, batch.frame.height)
        batch.set(phone2=pl.coalesce(spare, put(spare.clear(len(spare)).alias("x"), at, second)))
    for name in ("phone", "phone2"):
        if "PHONE_IS_LANDLINE" in batch.notes.codes(name):
            is_landline = pl.col(name).str.starts_with("0")
            batch.set(landline=pl.coalesce(batch.col("landline"), pl.when(is_landline).then(pl.col(name))))
            batch.set(**{name: pl.when(~is_landline).then(pl.col(name))})
