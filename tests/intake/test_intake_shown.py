"""What of a faulty cell is shown: enough to find it, nothing that tells who it is about."""

from __future__ import annotations

import datetime as dt
import re

import polars as pl
import pytest
from cleaning_rows import cleaned
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.rejects import shareable
from panhuo.engines.intake.shown import shown, shown_row
from panhuo.engines.intake.synthesis import synthesise
from panhuo.kernel.frames import TAPE


def of(field: str | None, value: str) -> str:
    out: str = pl.DataFrame({"v": [value]}).select(shown(pl.col("v"), TAPE[field] if field else None)).item()
    return out


AS_THEY_STAND = [
    ("principal_fen", "99999999999.00"),
    ("principal_fen", "-123456789012.34"),
    ("principal_fen", "￥１２,345,678.90元"),
    ("principal_fen", "1e308"),
    ("principal_fen", "(12345.67)"),
    ("principal_fen", "1234567"),
    ("principal_fen", "待核实"),
    ("interest_fen", "约一千"),
    ("interest_fen", "五万"),
    ("interest_fen", "#REF!"),
    ("annual_rate", "基准上浮30%"),
    ("annual_rate", "900%"),
    ("term_months", "三年"),
    ("origination_date", "2021-02-31"),
    ("origination_date", "20210231"),
    ("origination_date", "2021年13月5日"),
    ("origination_date", "45356123"),
    ("five_class", "关注类"),
    ("five_class", "待分类"),
    ("litigation_state", "已判未执"),
    ("litigation_state", "查封中"),
    ("litigation_state", "和解"),
    ("product", "线上消费贷"),
    ("account_id", "本页小计"),
    ("written_off", "也许"),
    ("currency", "日圆"),
    ("region_code", "990000"),
    ("region_code", "110101001001"),
    ("repayment_pattern", "NNN?1234567777777"),
    ("account_id", "6.22848E+18"),
    ("account_id", "JJ20240001234567"),
    ("branch", "某某银行北京分行营业部"),
]


@pytest.mark.parametrize(("field", "value"), AS_THEY_STAND)
def test_figures_dates_codes_and_statuses_are_shown_as_they_stand(field: str, value: str) -> None:
    assert of(field, value) == value


PEOPLES = [
    ("principal_fen", "17912345678", "12345678"),
    ("principal_fen", "+8617912345678", "12345678"),
    ("penalty_fen", "110100199003070041欠", "199003"),
    ("penalty_fen", "11010019900307004X", "199003"),
    ("annual_rate", "卡4111111111111112", "11111111"),
    ("interest_fen", "欧阳修远", "修远"),
    ("interest_fen", "张三", "三"),
    ("interest_fen", "王小明", "小明"),
    ("five_class", "李信全", "信全"),
    ("written_off", "陈一凡", "一凡"),
    ("product", "操一凡", "一凡"),
    ("product", "Zhang Weiming", "Weiming"),
    ("product", "杭州市西湖区某某新村", "西湖"),
    ("product", "17912345678", "12345678"),
    ("origination_date", "17912345678", "12345678"),
    ("term_months", "北京市海淀区某某路99号", "某某路"),
    ("branch", "someone@example.com", "someone"),
    ("industry", "联系人：王五，179 1234 5678", "1234 5678"),
    ("industry", "联系人：王五已搬走", "王五"),
    ("industry", "找张三丰先生", "三丰"),
    ("industry", "卡号 4111 1111 1111 1112", "1111 1111"),
    ("industry", "电话88886666转", "8666"),
    ("industry", "证件 110100 19900307 0041", "19900307"),
    (None, "备注 17912345678", "12345678"),
    ("name", "张三", "三"),
    ("phone", "12345", "123"),
    ("employer", "某某有限公司", "有限"),
]


@pytest.mark.parametrize(("field", "value", "secret"), PEOPLES)
def test_what_tells_who_it_is_stays_masked_wherever_it_strays(field: str | None, value: str, secret: str) -> None:
    out = of(field, value)
    assert secret not in out
    assert "*" in out
    assert out[0] == value[0] or field in ("phone",) or "@" in value


def test_remarks_are_not_hidden_whole() -> None:
    assert of("industry", "已核实，2024-03-05 还款 500.00 元，余款分期") == "已核实，2024-03-05 还款 500.00 元，余款分期"


def test_a_row_that_is_no_row_can_be_found_again() -> None:
    raw = "J0001,张三,110100199003070015,17912345678,1990-03-07,2024-03-05,12345678.90,正常,北京市海淀区某某路99号,a.b@example.com,John Smith"
    out = pl.DataFrame({"v": [raw]}).select(shown_row(pl.col("v"))).item()
    assert out == "J0001,张**,110****15,179****78,1990****,2024-03-05,12345678.90,正**,北**,****@****,J** S**"


@given(st.text(alphabet="张王李丽0123456789,.X\t-年元 ab", max_size=40))
def test_no_personal_number_passes_anywhere(text: str) -> None:
    frame = pl.DataFrame({"v": [text]})
    for out in (frame.select(shown_row(pl.col("v"))).item(), of("industry", text)):
        assert not re.search(r"(?<![0-9.,])1[3-9][0-9]{9}(?![0-9.,])", out)
        assert not re.search(r"(?<![0-9.,])[0-9]{17}[0-9X](?![0-9.,])", out)


@pytest.mark.parametrize(
    ("raw", "out"),
    [
        ("J1,李\x00磊,5.00", "J1,李**,5.00"),
        ("J1,李\u200b磊,5.00", "J1,李**,5.00"),
        ("J1,李\x01磊,5.00", "J1,李**,5.00"),
        ('J1,"李"磊",5.00', 'J1,"李**",5.00'),
        ("J1,李 磊,5.00", "J1,李**,5.00"),
        ("J1,李,磊,是,5.00", "J1,*,*,是,5.00"),
        ("J1,李磊2,5.00", "J1,李**,5.00"),
        ("J1,山阴路164号23幢2703室,5.00", "J1,山**,5.00"),
        ("J1,12 Baker Street,5.00", "J1,** B** S**,5.00"),
        ("J1\x01李磊\x01北京市\x015.00", "J1\x01李**\x01北**\x015.00"),
    ],
)
def test_no_name_or_house_is_put_together_from_the_pieces_of_a_row(raw: str, out: str) -> None:
    assert pl.DataFrame({"v": [raw]}).select(shown_row(pl.col("v"))).item() == out


@pytest.mark.parametrize(
    ("field", "value", "out"),
    [
        ("address", "山阴路164号23幢", "山阴路****"),
        ("industry", "李\x00磊", "李**"),
        ("industry", "李 磊", "李**"),
        ("industry", "山阴路164号23幢2703室", "山**"),
    ],
)
def test_names_with_what_cannot_be_seen_and_houses_are_masked(field: str, value: str, out: str) -> None:
    assert of(field, value) == out


def test_no_one_of_a_sample_is_shown_in_unreadable_rows() -> None:
    (chunk,) = synthesise(300, seed=9, as_of=dt.date(2026, 10, 31), dirty=0.0)
    raw = chunk.tape.write_csv(include_header=False)
    lines = pl.DataFrame({"v": raw.splitlines()})
    out = lines.select(shown_row(pl.col("v")))["v"]
    for heading in ("姓名", "证件号码", "手机号码", "居住地址", "工作单位"):
        secrets = [value for value in chunk.tape[heading].drop_nulls() if len(value) >= 2]
        assert [hits for hits in out.str.extract_many(sorted(set(secrets))) if len(hits)] == [], heading


def test_the_value_of_a_finding_is_what_the_user_sees_in_the_cell() -> None:
    outcome = cleaned({"未偿本金": "99999999999999.00"}, {"未偿利息": "待核实"}, {"__fault": "ROW_NUL", "__raw": "J9,张三,12345678.90"})
    values = shareable(outcome.findings, outcome.data.headings)["value"].to_list()
    assert {"99999999999999.00", "待核实", "J9,张**,12345678.90"} <= set(values)


IDENTIFIERS = ["17912345678", "179 1234 5678", "+86-179-1234-5678", "11010019491231002X", "110100 19491231 002X", "6222021234567890123"]
AROUND = st.text(alphabet="欠约元张李八号路,，;:： /-()电话卡转abZ", max_size=8)


@given(before=AROUND, number=st.sampled_from(IDENTIFIERS), after=AROUND, field=st.sampled_from([*sorted(TAPE), None]))
def test_no_personal_number_is_shown_in_any_column_whatever_stands_beside_it(before: str, number: str, after: str, field: str | None) -> None:
    out = of(field, before + number + after)
    assert number not in out
    digits = re.sub("[^0-9]", "", number)
    assert digits[-8:] not in re.sub("[^0-9]", "", out)


@given(name=st.from_regex(r"[\u4e00-\u9fff]{2,4}", fullmatch=True), rest=st.sampled_from(["", "17912345678", "，电话", "123", " 11010019491231002X"]))
def test_of_unknown_chinese_words_where_a_figure_should_stand_only_the_first_character_is_shown(name: str, rest: str) -> None:
    """Whatever the name: no list of surnames is asked. Words of trade, which the catalogue has, are told by the text itself."""
    for field in ("principal_fen", "origination_date", "five_class", "written_off", "term_months", "annual_rate", "phone", "bank_card", "account_id"):
        out = of(field, name + rest)
        if name[0] not in name[1:] and (rest or out != name):
            assert name[1:] not in out, field


@pytest.mark.parametrize(
    "field", ["phone", "landline", "guarantor_phone", "bank_card", "address", "collateral_address", "id_no", "employer", "email", "name"]
)
@pytest.mark.parametrize("value", ["欧阳震天17912345678", "11010019491231002X,欧阳震天", "欧阳震天", "17912345678欧阳震天"])
def test_a_mask_does_not_show_the_name_behind_what_it_masks(field: str, value: str) -> None:
    assert "震天" not in of(field, value)


@pytest.mark.parametrize("number", ["沪银借字（2024）第 12 号", "JJ-2024/0001_a", "（2024）借0001号", "6.22848E+18", "LN000123", "20240115000123"])
def test_account_numbers_are_shown_as_they_stand(number: str) -> None:
    assert of("account_id", number) == number


@pytest.mark.parametrize(("field", "value"), [("product", "神秘贷"), ("currency", "贝壳"), ("five_class", "麦迪娜"), ("branch", "阿依古丽")])
def test_words_that_are_in_no_list_are_shown_by_their_first_character(field: str, value: str) -> None:
    assert of(field, value) == value[0] + "**"
