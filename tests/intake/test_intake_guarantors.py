"""Guarantors: cells that name nobody, cells that name several, and what is neither."""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest
from cleaning_rows import AS_OF, GOOD, cleaned, codes
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake import clean
from panhuo.engines.intake.parse_native import MIN_ROWS
from panhuo.engines.intake.several_names import NOBODY
from panhuo.kernel.codes import GUARANTEE_KIND

NAMES = ("王伟明", "李芳", "张建国", "欧阳娜娜", "吴保", "申无忌", "阿迪力·买买提", "云山县金湖贸易有限公司")
IDS = ("11010019900307004X", "110100199003070015", "110100198003070011")
"""Made up, as all in these tests; the last one fails its check character."""


def counted(*cells: dict[str, str | None]) -> list[int]:
    return cleaned(*cells).data.accounts["guarantor_count"].to_list()


@pytest.mark.parametrize(
    "nobody",
    [
        "无",
        "/",
        "暂无",
        "无保证人",
        "没有",
        "未提供",
        "无担保",
        "信用",
        "0",
        "不适用",
        " 无 担保人 ",
        "无。",
        "N/A",
        "免担保",
        "没有担保人",
        "无共同借款人",
        "抵押",
        "No",
    ],
)
def test_a_cell_that_names_nobody_is_no_guarantor_and_no_fault(nobody: str) -> None:
    out = cleaned({"担保人姓名": nobody}, {"联系人姓名": nobody})
    assert out.data.accounts["guarantor_count"].to_list() == [0, 0]
    assert out.data.accounts["contact_count"].to_list() == [0, 0]
    assert out.data.tables["guarantor"].is_empty()
    assert codes(out) == []


@pytest.mark.parametrize("word", ["没有", "信用", "无保证人", "免担保"])
def test_the_words_that_name_nobody_are_asked_of_guarantors_only(word: str) -> None:
    assert cleaned({"姓名": word}).data.tables["debtor"]["name"].to_list() == [word]


@pytest.mark.parametrize("name", [*NAMES, "信用社联合有限公司", "无锡市云湖担保有限公司", "免渡河林业局", "费无极", "吴信用"])
def test_a_name_that_only_resembles_them_stays(name: str) -> None:
    out = cleaned({"担保人姓名": name})
    assert out.data.tables["guarantor"]["guarantor_name"].to_list() == [name]
    assert counted({"担保人姓名": name}) == [1]


def test_every_spelling_of_an_unsecured_claim_names_nobody() -> None:
    words = next([code.zh, code.en, *code.also] for code in GUARANTEE_KIND if code.code == "credit")
    assert counted(*({"担保人姓名": word} for word in words)) == [0] * len(words)


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4), st.sampled_from(["、", "；", ";", "/", "|", "\n", " 、 "]))
def test_each_name_between_marks_counts(names: list[str], between: str) -> None:
    out = cleaned({"担保人姓名": between.join(names)}, {})
    assert out.data.accounts["guarantor_count"].to_list() == [len(names), 0]
    assert out.data.tables["guarantor"]["guarantor_name"].to_list() == names
    assert [code for _, code in codes(out)] == ["NAME_SEVERAL"] * (len(names) > 1)


@pytest.mark.parametrize("between", [",", "，", ", ", " ", "　"])
def test_names_between_commas_or_spaces_count_where_each_is_a_name(between: str) -> None:
    assert counted({"担保人姓名": between.join(["王伟明", "李芳"])}, {"担保人姓名": between.join(["王伟", "李芳", "张建国"])}) == [2, 3]


@pytest.mark.parametrize(
    "one",
    [
        "云山县金湖贸易有限公司，重庆分公司",
        "云山县金湖贸易有限公司，江苏",
        "金湖合伙企业（普通合伙、云山）",
        "金湖商贸（云山，金湖）有限公司",
        "Golden Lake Trading Co., Ltd",
        "Smith, John",
        "John Smith",
        "张 三",
        "王 小 明",
        "欧阳 娜娜",
        "云山县 金湖贸易有限公司",
        "王伟等3人",
    ],
)
def test_one_name_is_not_divided(one: str) -> None:
    assert counted({"担保人姓名": one}) == [1]


@pytest.mark.parametrize(
    "two",
    [
        "云山县金湖贸易有限公司，王伟明",
        "云山县金湖贸易有限公司、云山县银湖实业（集团）有限公司",
        "王伟（配偶）、李芳（母亲）",
        "John Smith; Mary Jones",
    ],
)
def test_firms_and_persons_may_share_a_cell(two: str) -> None:
    assert counted({"担保人姓名": two}) == [2]


def test_those_named_beside_nobody_count() -> None:
    assert counted({"担保人姓名": "无、没有"}, {"担保人姓名": "王伟明、李芳、无"}) in ([1, 2], [0, 2])


def test_numbers_beside_the_names_go_with_them_where_there_are_as_many() -> None:
    cells: list[dict[str, str | None]] = [
        {"担保人姓名": "王伟明、李芳", "担保人证件号码": f"{IDS[0]}、{IDS[1]}", "担保人电话": "17912345678/17987654321"},
        {"担保人姓名": "王伟明、李芳", "担保人证件号码": IDS[0], "担保人电话": "17912345678"},
        {"担保人姓名": "王伟明、李芳", "担保人证件号码": f"{IDS[0]}；{IDS[2]}"},
        {"担保人姓名": "张建国", "担保人证件号码": IDS[1]},
        {},
    ]
    out = cleaned(*cells)
    ids = out.data.accounts["account_id"].to_list()
    table = out.data.tables["guarantor"]
    assert table.rows() == [
        (ids[0], "王伟明", IDS[0], "17912345678"),
        (ids[0], "李芳", IDS[1], "17987654321"),
        (ids[1], "王伟明", IDS[0], "17912345678"),
        (ids[1], "李芳", None, None),
        (ids[2], "王伟明", IDS[0], None),
        (ids[2], "李芳", None, None),
        (ids[3], "张建国", IDS[1], None),
    ]
    assert out.data.accounts["guarantor_count"].to_list() == [2, 2, 2, 1, 0]
    assert sorted(codes(out)) == [("担保人姓名", "NAME_SEVERAL")] * 3 + [("担保人证件号码", "ID_CHECK_DIGIT")]


@given(st.lists(st.sampled_from(["", "王伟明", "王伟明、李芳", "无保证人"]), min_size=1, max_size=8), st.data())
def test_the_table_has_as_many_rows_as_are_counted_whatever_is_rejected(cells: list[str], data: st.DataObject) -> None:
    bad = data.draw(st.sets(st.integers(0, len(cells) - 1)))
    out = cleaned(*({"担保人姓名": cell or None} | ({"未偿本金": "-1"} if k in bad else {}) for k, cell in enumerate(cells)))
    table = out.data.tables["guarantor"].group_by("account_id").len("rows")
    both = (
        out.data.accounts.select("account_id", "guarantor_count").join(table, on="account_id", how="left").with_columns(pl.col("rows").fill_null(0))
    )
    assert both["guarantor_count"].to_list() == both["rows"].to_list()
    assert table.height == both.filter(pl.col("rows") > 0).height


def test_a_large_batch_reads_them_alike() -> None:
    cells = ["王伟明、李芳", "无保证人", "信用", "吴保", None, "张建国"]
    small = counted(*({"担保人姓名": cell} for cell in cells))
    rows = MIN_ROWS + 2
    raw = pl.DataFrame({name: [value] * rows for name, value in GOOD.items()}).with_columns(
        借据号=pl.format("JJ{}", pl.int_range(rows)), 担保人姓名=pl.Series([cells[k % 6] for k in range(rows)])
    )
    large = clean(raw, layout="panhuo", as_of=AS_OF).data.accounts["guarantor_count"]
    assert small == [2, 0, 0, 1, 0, 1]
    assert large.to_list() == [small[k % 6] for k in range(rows)]


def test_nobody_is_no_beginning_of_a_surname() -> None:
    assert not {given for given, family in product(NOBODY, "王李张刘陈吴") if given.startswith(family)}


@pytest.mark.parametrize("between", ["和", "及", "与"])
def test_names_joined_by_a_word_count_each(between: str) -> None:
    out = cleaned({"担保人姓名": f"王伟{between}李芳"})
    assert out.data.tables["guarantor"]["guarantor_name"].to_list() == ["王伟", "李芳"]
    assert counted({"担保人姓名": f"王{between}平"}, {"担保人姓名": f"李{between}建国"}) == [1, 1]


@pytest.mark.parametrize("cell", ["陈静、", "陈静、无", "陈静；", "无、陈静"])
def test_a_mark_beside_nobody_is_no_part_of_a_name(cell: str) -> None:
    out = cleaned({"担保人姓名": cell})
    assert out.data.tables["guarantor"]["guarantor_name"].to_list() == ["陈静"]
    assert counted({"担保人姓名": cell}) == [1]
