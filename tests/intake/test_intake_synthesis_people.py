"""Nobody's identifiers, and one debtor under several loans. Oracles: python-stdnum, phonenumbers, GB 11714 by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import phonenumbers
import polars as pl
import pytest
from stdnum import numdb
from stdnum.cn import ric, uscc

from panhuo.engines.intake.synthesis import Chunk, synthesise
from panhuo.engines.intake.synthesis.draws import Draws
from panhuo.engines.intake.synthesis.people import _scramble
from panhuo.engines.intake.synthesis.tables import names, regions

AS_OF = dt.date(2026, 10, 31)
CITIES = {city.code: (province, city) for province in regions().provinces for city in province.cities}


@pytest.fixture(scope="module")
def clean() -> Chunk:
    return next(iter(synthesise(40_000, seed=11, as_of=AS_OF, dirty=0.0)))


@pytest.fixture(scope="module")
def persons(clean: Chunk) -> pl.DataFrame:
    return clean.tape.with_columns(clean.truth["debtor"]).filter(pl.col("债务人类型") == "个人")


def test_every_resident_id_is_valid_for_a_validator_that_looks_codes_up(persons: pl.DataFrame) -> None:
    numbers = persons["证件号码"].drop_nulls().unique(maintain_order=True).head(6000)
    assert [number for number in numbers if not ric.is_valid(number)] == []


def test_no_resident_id_can_be_a_persons(persons: pl.DataFrame) -> None:
    """The first six digits are a city's own code; people carry the code of a district or county."""
    codes = persons["证件号码"].drop_nulls().str.slice(0, 6)
    assert codes.str.ends_with("00").all()
    assert set(codes.unique()) <= set(CITIES)


def test_the_cities_are_real_and_have_districts_of_their_own() -> None:
    assert len(CITIES) == sum(len(province.cities) for province in regions().provinces), "two cities with one code"
    known = {prefix: {code: q.get("county", "") for _, code, _, q, _ in children} for _, prefix, _, _, children in numdb.get("cn/loc").prefixes}
    for code, (province, city) in CITIES.items():
        inside = {rest: name for rest, name in known[code[:2]].items() if rest[:2] == code[2:4] and rest[2:] != "00"}
        standing = {name for rest, name in inside.items() if not name.split(",")[-1].startswith("[") or "-]" in name.split(",")[-1]}
        assert len(standing) >= 2, f"{code}: people of a city without districts carry its own code"
        assert known[code[:2]][code[2:]] == (city.name or "市辖区")
        for district in city.districts:
            assert any(name.endswith(district) for name in standing), (code, district)
        assert numdb.get("cn/loc").info(code)[0][1]["province"] == province.name


def test_credit_codes_are_valid_and_of_no_region(clean: Chunk) -> None:
    firms = clean.tape.filter(pl.col("债务人类型") == "企业")
    assert 0.008 < firms.height / clean.tape.height < 0.025
    assert (firms["产品类型"] == "对公贷款").all()
    for code in firms["证件号码"]:
        assert uscc.is_valid(code)
        assert code[4:6] == "99"
        check = (11 - sum(int(d) * w for d, w in zip(code[8:16], (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11) % 11
        assert code[16] == "0123456789X"[check]


def test_phones_have_the_form_of_mobiles_and_reach_nobody(clean: Chunk) -> None:
    phones = clean.tape["手机号码"].drop_nulls()
    assert phones.str.contains(r"^1[3-9]\d{9}$").all()
    assert phones.str.starts_with("163").all()
    for number in phones.head(200):
        parsed = phonenumbers.parse(number, "CN")
        assert str(parsed.national_number) == number
        assert phonenumbers.is_possible_number(parsed)
        assert not phonenumbers.is_valid_number(parsed)


def test_no_two_rows_of_the_largest_tape_share_a_number() -> None:
    """Rows a divisor of 100 million apart would be the first to meet, were the factor not prime to it."""
    rows = np.array([0, *(100_000_000 // divisor for divisor in (2, 4, 5, 10, 20, 25, 1000, 3125)), 99_999_999])
    for seed in range(20):
        assert np.unique(_scramble(Draws(seed, 0, 1), rows, "phone")).size == rows.size


def test_birth_dates_gender_and_names_fit(persons: pl.DataFrame) -> None:
    frame = persons.drop_nulls("证件号码").select(
        "姓名",
        pl.col("证件号码").str.slice(6, 8).str.to_date("%Y%m%d").alias("birth"),
        (pl.col("证件号码").str.slice(16, 1).cast(pl.Int32) % 2 == 1).alias("male"),
        pl.col("放款日期").str.to_date().alias("lent"),
    )
    age = (frame["lent"] - frame["birth"]).dt.total_days() / 365.25
    assert 18.0 <= age.min() < age.max() < 66.0  # type: ignore[operator]
    men = set("".join(c for g in names().generations for c in g.male.second))
    women = set("".join(c for g in names().generations for c in g.female.second))
    endings = frame.select(pl.col("姓名").str.slice(-1).alias("end"), "male").to_dict(as_series=False)
    only_women, only_men = women - men, men - women
    odd = sum((end in only_women and male) or (end in only_men and not male) for end, male in zip(endings["end"], endings["male"], strict=True))
    assert odd / frame.height < 0.02  # sound-alike characters move a few across
    surnames = frame["姓名"].str.slice(0, 1).value_counts().sort("count", descending=True)
    assert surnames["姓名"].head(3).sort().to_list() == sorted("王李张")


def test_some_debtors_have_several_loans_with_several_lenders(clean: Chunk) -> None:
    loans = clean.tape.with_columns(clean.truth["debtor"]).group_by("debtor").agg(pl.len(), pl.col("贷款机构").n_unique().alias("lenders"))
    several = loans.filter(pl.col("len") > 1)
    assert 0.12 < several.height / loans.height < 0.18
    assert loans["len"].max() < 30  # type: ignore[operator]
    traits = clean.truth.group_by("debtor").agg(pl.col("ability").n_unique(), pl.col("willingness").n_unique().alias("will"))
    assert traits.select(pl.max_horizontal("ability", "will").max()).item() == 1, "one debtor, one character"
    assert (several["lenders"] > 1).mean() > 0.5  # type: ignore[operator]


def test_an_id_belongs_to_one_debtor_and_a_debtor_to_one_id(persons: pl.DataFrame) -> None:
    known = persons.drop_nulls("证件号码")
    assert known.group_by("证件号码").agg(pl.col("debtor").n_unique())["debtor"].max() == 1
    assert known.group_by("debtor").agg(pl.col("证件号码").n_unique())["证件号码"].max() == 1


def test_second_loans_are_told_in_other_words(persons: pl.DataFrame) -> None:
    first = persons.group_by("debtor", maintain_order=True).first()
    pairs = (
        persons.filter(pl.col("debtor").is_duplicated()).join(first, on="debtor", suffix="_first").filter(pl.col("借据号") != pl.col("借据号_first"))
    )
    assert pairs.height > 4000

    def differs(name: str) -> float:
        known = pairs.drop_nulls([name, f"{name}_first"])
        return float((known[name] != known[f"{name}_first"]).mean())  # type: ignore[arg-type]

    assert 0.09 < pairs["证件号码"].is_null().mean() < 0.15  # type: ignore[operator]
    assert 0.02 < differs("姓名") < 0.06
    assert 0.20 < differs("手机号码") < 0.30
    assert 0.30 < differs("居住地址") < 0.60
    renamed = pairs.filter(pl.col("姓名") != pl.col("姓名_first"))
    assert (renamed["姓名"].str.slice(0, 1) == renamed["姓名_first"].str.slice(0, 1)).all(), "the surname stays"
    # a place written another way still has its road and number
    road = r"([^区县市旗]{2,}?\d+号)"
    same = (
        pairs.drop_nulls(["居住地址", "居住地址_first"])
        .select((pl.col("居住地址").str.extract(road) == pl.col("居住地址_first").str.extract(road)).mean())
        .item()
    )
    assert same > 0.75


def test_a_few_households_share_a_door_and_some_a_phone(persons: pl.DataFrame) -> None:
    first = (
        persons.group_by("debtor", maintain_order=True)
        .first()
        .with_columns(pl.col("居住地址").str.extract(r"(\p{Han}{2}\D{0,2}路?\d+号\D+\d+)").alias("door"))
    )
    by_phone = first.drop_nulls("手机号码").group_by("手机号码").agg(pl.col("debtor").n_unique(), pl.col("姓名").n_unique())
    shared = by_phone.filter(pl.col("debtor") > 1)
    assert 0.001 < shared.height / first.height < 0.006
    assert (shared["姓名"] > 1).mean() > 0.9  # type: ignore[operator]
    doors = first.drop_nulls("居住地址").group_by("居住地址").agg(pl.len())
    assert (doors["len"] > 1).sum() / first.height > 0.002
