"""Personal data in account numbers and in the columns of lender, branch and contract: out of the accounts, and nothing else with it."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from cleaning_rows import batch, cleaned, codes, layout_with
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from panhuo.engines.intake import clean, find_duplicates, keys, load_layout
from panhuo.engines.intake.person_forms import has_number
from panhuo.engines.intake.strays import ORIGINALS

BORN_1990, BORN_2003 = "110100199003070015", "110100200303070039"
AS_OF = dt.date(2026, 6, 30)


def held(text: str) -> bool:
    return bool(has_number(pl.Series([text]))[0])


def test_the_numbers_made_up_here_are_sound() -> None:
    made = BORN_2003[:17] + ric.calc_check_digit(BORN_2003)
    assert held(made)
    assert not held(BORN_2003[:17] + ("1" if made[-1] != "1" else "2"))


@given(st.dates(min_value=dt.date(1930, 1, 1), max_value=dt.date(2012, 12, 31)), st.integers(0, 999))
def test_every_identity_number_is_found_wherever_it_stands(born: dt.date, order: int) -> None:
    first = f"110100{born:%Y%m%d}{order:03}"
    number = first + ric.calc_check_digit(first + "0")
    for text in (number, number.lower(), f"张三{number}", f"{number},李四", f"{number[:6]} {number[6:14]} {number[14:]}"):
        assert held(text)


@given(st.integers(0, 10**8 - 1), st.sampled_from(["{}", "+86 {}", "+86-{}", "电话{}", "{}欧阳", "({})", " {} "]))
def test_every_mobile_is_found(rest: int, form: str) -> None:
    number = f"179{rest:08}"
    assert held(form.format(number))
    assert held(form.format(f"{number[:3]} {number[3:7]} {number[7:]}"))


@given(st.integers(0, 10**13 - 1), st.sampled_from(["622", "625", "621"]), st.booleans())
def test_every_bank_card_is_found(rest: int, issuer: str, long: bool) -> None:
    assert held(f"{issuer}{rest:013}" + ("017" if long else ""))
    first = f"4{rest:013}0"
    assert held(first + luhn.calc_check_digit(first))


@pytest.mark.parametrize(
    "number",
    ["JJ20240001234567", "JJ17912345678", "LN-17912345678", "2024017912345678", "330102202401150001", "33010220150115000123", "310000240115001", "HT_17912345678",
     "0017912345678", "（2024）沪银借字第0001号", "620100202401150001", "6.22848E+18", "A-1", "20240115000123", "3301022015011500012"],
)  # fmt: skip
def test_numbers_as_lenders_make_them_stay(number: str) -> None:
    outcome = cleaned({"借据号": number, "合同编号": number})
    assert [code for _, code in codes(outcome) if code.startswith("PERSONAL")] == []
    assert outcome.data.accounts.select("account_id", "contract_no").row(0) == (number, number)
    assert outcome.data.originals.is_empty()


@given(st.integers(2014, 2026), st.integers(1, 12), st.integers(1, 28), st.integers(0, 9999), st.sampled_from(["110101", "330102", "510104"]))
def test_branch_date_and_serial_are_no_identity_number(year: int, month: int, day: int, serial: int, office: str) -> None:
    number = f"{office}{year}{month:02}{day:02}{serial:04}"
    assert held(number) == (year < 2020 and ric.is_valid(number))  # one in eleven has a right check character by chance


@pytest.mark.parametrize(
    "branch",
    ["海淀支行", "某某银行北京分行营业部", "王府井", "石家庄", "宁波", "张家港", "连云港支行", "中关村大街1号支行", "零售部", "华夏", "马上消费"],
)
def test_branches_stay(branch: str) -> None:
    outcome = cleaned({"经办机构": branch, "贷款机构": branch})
    assert codes(outcome) == []
    assert outcome.data.accounts.select("lender", "branch").row(0) == (branch, branch)


@pytest.mark.parametrize(
    "stray", [BORN_1990, "17912345678", "李明 17912345678", "幸福大道八十八号院三单元", "幸福路88号3室", "6222021234567890123", "欧阳震天", "王晓敏"]
)
@pytest.mark.parametrize("column", ["贷款机构", "经办机构", "合同编号"])
def test_what_is_personal_is_taken_out_and_said(column: str, stray: str) -> None:
    field = {"贷款机构": "lender", "经办机构": "branch", "合同编号": "contract_no"}[column]
    outcome = cleaned({column: stray}, {column: "某某银行一分行" if column != "合同编号" else "HT1"})
    assert codes(outcome) == [(column, "PERSONAL_TEXT")]
    assert outcome.data.accounts[field].null_count() == 1
    assert outcome.data.reconciliation.holds


def test_the_debtors_own_name_is_no_branch_however_short() -> None:
    outcome = cleaned({"姓名": "宁波", "经办机构": "宁波"}, {"经办机构": "宁波"})
    assert outcome.data.accounts["branch"].to_list() == [None, "宁波"]


def test_a_token_stands_for_the_account_number_and_can_be_undone() -> None:
    outcome = cleaned({"借据号": BORN_1990}, {"借据号": "JJ1"}, {"借据号": "17912345678"})
    first, second, third = outcome.data.accounts["account_id"]
    assert (first[:6], second, third[:6]) == ("ROW-1-", "JJ1", "ROW-3-")
    assert outcome.data.tables["debtor"]["account_id"].to_list() == [first, second, third]
    assert outcome.data.originals.schema == ORIGINALS
    assert outcome.data.originals.rows() == [(first, BORN_1990), (third, "17912345678")]
    assert keys(outcome.data)["account_id"].to_list() == [BORN_1990, "JJ1", "17912345678"]
    assert [code for _, code in codes(outcome)] == ["PERSONAL_ACCOUNT_ID"] * 2


def test_tokens_of_files_differ_and_repeats_across_batches_are_found() -> None:
    one = batch([{"借据号": BORN_1990}])
    other = one.with_columns(pl.lit("other.csv").alias("__file"))
    first, second = (clean(raw, as_of=AS_OF).data for raw in (one, other))
    assert first.accounts["account_id"][0] != second.accounts["account_id"][0]
    assert find_duplicates(keys(second), earlier=keys(first)).data["code"].to_list() == ["DUPLICATE_ROW"]


def test_a_layout_may_say_that_the_numbers_are_the_lenders_own() -> None:
    base = load_layout("panhuo").model_dump(by_alias=True, exclude_unset=True)["columns"]
    own = layout_with(columns=[{**column, "own_number": True} if column["to"] in ("account_id", "contract_no") else column for column in base])
    outcome = cleaned({"借据号": "17912345678", "合同编号": "17912345678"}, layout=own)
    assert codes(outcome) == []
    assert outcome.data.accounts.select("account_id", "contract_no").row(0) == ("17912345678", "17912345678")
    with pytest.raises(ValueError, match="only for account_id"):
        layout_with(columns=[{**column, "own_number": True} if column["to"] == "lender" else column for column in base])
