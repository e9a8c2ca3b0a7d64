"""Names, codes, flags, regions and telephones in their ways of being written."""

from __future__ import annotations

import polars as pl
import pytest

from panhuo.engines.intake.identifiers_phone import second_number, slow_phone
from panhuo.engines.intake.identifiers_region import NAMES, province, slow_region
from panhuo.engines.intake.parse_cells import BLANK, VALUE, Spec
from panhuo.engines.intake.parse_codes import fast_code, slow_code
from panhuo.engines.intake.parse_text import slow_email, slow_text
from panhuo.kernel.codes import PROVINCES
from panhuo.kernel.frames import TAPE


def spec(name: str, **more: object) -> Spec:
    return Spec(name, name, TAPE[name].kind, field=TAPE[name], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "text", "verdict"),
    [
        ("张　三", "张三", "TEXT_SPACES"),
        (" 张 三 ", "张三", "TEXT_SPACES"),
        ("张三\x00", "张三", "TEXT_CONTROL"),
        ("\ufeff张三", "张三", "TEXT_CONTROL"),
        ("ＡＢ贸易有限公司", "AB贸易有限公司", "TEXT_FULLWIDTH"),
        ("3M中国有限公司", "3M中国有限公司", ""),
        ("买买提·吐尔逊", "买买提·吐尔逊", ""),
        ("John Smith", "John Smith", ""),
        ("O'Neil", "O'Neil", ""),
        ("王", "王", "NAME_ODD"),
        ("张**", "张**", "NAME_ODD"),
        ("测试用户", "测试用户", "NAME_ODD"),
        ("Test", "Test", "NAME_ODD"),
        ("=1+1", "=1+1", "TEXT_FORMULA"),
        ("'=1+1", "=1+1", "TEXT_FORMULA"),
        ("@SUM(A1)", "@SUM(A1)", "TEXT_FORMULA"),
        ("+cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "TEXT_FORMULA"),
        ("无", None, BLANK),
        ("NaN", None, BLANK),
        ("　", None, BLANK),
    ],
)
def test_names(cell: str, text: str | None, verdict: str) -> None:
    assert slow_text(pl.Series([cell]), spec("name")).rows() == [(text, verdict)]


def test_chinese_punctuation_stays() -> None:
    assert slow_text(pl.Series(["甲公司（深圳）"]), spec("employer")).rows() == [("甲公司（深圳）", "")]


def test_numbers_keep_their_zeros() -> None:
    assert slow_text(pl.Series(["'000123", "000123"]), spec("account_id"))[VALUE].to_list() == ["000123", "000123"]


@pytest.mark.parametrize(
    ("cell", "number", "verdict"),
    [
        ("+86 179 1234 5678", "17912345678", "PHONE_FORMAT"),
        ("0086-17912345678", "17912345678", "PHONE_FORMAT"),
        ("86 17912345678", "17912345678", "PHONE_FORMAT"),
        ("１７９１２３４５６７８", "17912345678", "PHONE_FORMAT"),
        ("017912345678", "17912345678", "PHONE_FORMAT"),
        ("17912345678.0", "17912345678", "PHONE_FORMAT"),
        ("17912345678、17900000000", "17912345678", "PHONE_SEVERAL"),
        ("0755-23456789", "0755-23456789", "PHONE_IS_LANDLINE"),
        ("(010) 6234 5678", "010-62345678", "PHONE_IS_LANDLINE"),
        ("075523456789转123", "0755-23456789-123", "PHONE_IS_LANDLINE"),
        ("86-755-23456789", "0755-23456789", "PHONE_IS_LANDLINE"),
        ("+1 202 456 1111", "+12024561111", "PHONE_FOREIGN"),
        ("400-800-1234", "4008001234", "PHONE_FORMAT"),
        ("179****5678", None, "PHONE_MASKED"),
        ("62345678", None, "PHONE_INVALID"),
        ("00000000000", None, "PHONE_INVALID"),
        ("1.79E+10", None, "PHONE_INVALID"),
        ("+999 123", None, "PHONE_INVALID"),
        ("-", None, BLANK),
    ],
)
def test_phones(cell: str, number: str | None, verdict: str) -> None:
    assert slow_phone(pl.Series([cell]), spec("phone")).rows() == [(number, verdict)]


def test_a_landline_in_its_own_column_needs_no_word() -> None:
    assert slow_phone(pl.Series(["0755-23456789", "075523456789"]), spec("landline")).rows() == [("0755-23456789", "")] * 2


def test_the_second_number_of_a_cell() -> None:
    assert second_number(pl.Series(["17912345678/17900000000", "17912345678", "17912345678 17900000001", "17912345678/1"])).to_list() == [
        *("17900000000", None, "17900000001", None)
    ]


@pytest.mark.parametrize("name", [name for name, field in TAPE.items() if field.kind == "code"])
def test_every_spelling_of_every_code(name: str) -> None:
    codes = TAPE[name].codes
    taken: dict[str, str] = {}
    for code in codes:
        for text in (code.code, code.zh, code.en):
            taken.setdefault(text, code.code)
    for code in codes:
        for text in code.also:
            taken.setdefault(text, code.code)
    cells = pl.Series("c", list(taken))
    assert cells.to_frame().select(fast_code(pl.col("c"), spec(name))).to_series().cast(pl.String).to_list() == list(taken.values())
    odd = pl.Series([f" {text.upper()}　" for text in taken])
    assert slow_code(odd, spec(name))[VALUE].cast(pl.String).to_list() == list(taken.values())


def test_the_layouts_codes_come_first_and_nothing_is_a_code() -> None:
    own = spec("product", codes={"A1": "auto_loan", "信用卡": "other"})
    assert slow_code(pl.Series(["a1", "信用卡", "N/A", "??"]), own).rows() == [
        ("auto_loan", ""),
        ("other", ""),
        (None, BLANK),
        (None, "CODE_UNKNOWN"),
    ]
    assert slow_code(pl.Series(["无"]), spec("collateral_kind")).rows() == [("none", "")]


def test_flags_and_currencies() -> None:
    assert slow_code(pl.Series(["是", "Ｙ", "TRUE", "1", "有", "否", "n", "0", "无", "也许"]), spec("written_off"))[VALUE].to_list() == [
        *([True] * 5), *([False] * 4), None
    ]  # fmt: skip
    assert slow_code(pl.Series(["人民币", "rmb", "usd", "sek", "元", "贝壳"]), spec("currency"))[VALUE].to_list() == [
        *("CNY", "CNY", "USD", "SEK", "CNY", None)
    ]


def test_emails() -> None:
    assert slow_email(pl.Series(["a.b@c.cn", "a@b", "a b@c.cn", "无"]), spec("email"))[VALUE].to_list() == ["a.b@c.cn", None, "ab@c.cn", None]


def test_provinces_by_code_and_by_name() -> None:
    assert len(PROVINCES) == 34
    for code, short in PROVINCES.items():
        assert NAMES[short] == f"{code}0000"
    cells = pl.Series(
        ["44", "4403", "440305", "440305001001", "广东", "广东省", "内蒙古自治区", "新疆维吾尔自治区", "北京市", "990000", "44030", "无"]
    )
    codes = slow_region(cells, spec("region_code"))[VALUE]
    assert codes.to_list() == ["440000", "440300", "440305", "440305", "440000", "440000", "150000", "650000", "110000", None, None, None]
    assert codes.to_frame("c").select(province(pl.col("c"))).to_series().drop_nulls().to_list() == ["广东"] * 6 + ["内蒙古", "新疆", "北京"]
