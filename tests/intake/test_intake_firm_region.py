"""Where a firm has its seat, by its unified social credit code: characters 3 to 8 are the registering authority's region (GB 32100)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from cleaning_rows import cleaned
from stdnum.cn import uscc

from panhuo.engines.intake import clean
from panhuo.engines.intake.synthesis import synthesise
from panhuo.engines.intake.synthesis.digits import credit_codes
from panhuo.kernel.codes import PROVINCES

AS_OF = dt.date(2026, 10, 31)


def code(province: int, register: int = 31, number: int = 12_345_678) -> str:
    made: str = credit_codes(np.array([province]), np.array([register]), np.array([number])).item()
    assert uscc.is_valid(made)
    return made


def test_a_firms_region_is_its_authoritys() -> None:
    rows = [{"姓名": "某某有限公司", "证件号码": code(province)} for province in PROVINCES]
    accounts = cleaned(*rows).data.accounts
    assert accounts["debtor_kind"].to_list() == ["firm"] * len(rows)
    assert accounts["province"].to_list() == list(PROVINCES.values())
    assert accounts["region_code"].to_list() == [f"{province}9931" for province in PROVINCES]


@pytest.mark.parametrize("province", [10, 0, 66, 99])
def test_the_state_administration_and_unknown_regions_say_nothing(province: int) -> None:
    account = cleaned({"姓名": "某某有限公司", "证件号码": code(province)}).data.accounts.row(0, named=True)
    assert account["debtor_kind"] == "firm"
    assert (account["region_code"], account["province"]) == (None, None)


def test_a_stated_region_wins_and_people_are_as_before() -> None:
    rows = [
        {"姓名": "某某有限公司", "证件号码": code(44), "地区代码": "320500"},
        {"姓名": "某某有限公司", "证件号码": code(44), "地区代码": None},
        {"地区代码": None},
        {"证件号码": None, "地区代码": None},
    ]
    accounts = cleaned(*rows).data.accounts
    assert accounts["province"].to_list() == ["江苏", "广东", "北京", None]
    assert accounts["region_code"].to_list() == ["320500", "449931", "110100", None]


def test_a_code_with_a_wrong_check_character_says_nothing() -> None:
    good = code(44)
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert cleaned({"姓名": "某某有限公司", "证件号码": wrong}).data.accounts["province"].to_list() == [None]


def test_every_firm_of_a_large_batch_against_its_own_code() -> None:
    """In batches this large the numbers are read by compiled code."""
    (chunk,) = synthesise(6_000, seed=1, as_of=AS_OF, dirty=0.02)
    data = clean(chunk.tape, as_of=AS_OF).data
    firms = data.accounts.join(data.tables["debtor"].select("account_id", "id_no"), on="account_id").filter(pl.col("debtor_kind") == "firm")
    known = firms.filter(pl.col("id_no").is_not_null())
    assert known.height > 50
    assert known["region_code"].to_list() == [number[2:8] for number in known["id_no"]]
    assert known["province"].to_list() == [PROVINCES[int(number[2:4])] for number in known["id_no"]]
