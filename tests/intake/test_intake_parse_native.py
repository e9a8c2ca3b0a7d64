"""The compiled fast pass: wherever it is sure, the slow reading gives the same value and has nothing to say; and whole batches clean alike."""

from __future__ import annotations

import polars as pl
import pytest
from cleaning_rows import AS_OF, batch
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from panhuo.engines.intake import parse_columns, parse_native, parse_settle
from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.clean_notes import Notes
from panhuo.engines.intake.parse_cells import VALUE, VERDICT, Spec
from panhuo.kernel.frames import TAPE

ODD = st.sampled_from([
    *("", " ", "-", "无", "暂无", "——", "NA", "null", "nan", "=1+1", "'1", "１２", "a\u3000b", "a b", "a ", "\u00a0x", "张三", "王", "测试人", "不详", "某某", "未知"),
    *("x\u200by", "\ufeffx", "（", "1.2E+18", "+1", "@x", "\x00", "é", "𠮷田", "张·三", "John Smith", "O'Neil", "3M公司", "末尾\u2028", "“引号”", "a\tb"),
])  # fmt: skip
NUMERIC = st.one_of(
    st.text("0123456789.-+eE,( )万元%", max_size=20),
    st.integers(-(10**16), 10**16).map(str),
    st.decimals(-(10**12), 10**12, places=3, allow_nan=False).map(lambda d: format(d, "f")),
    st.floats(allow_nan=True).map(str),
)
DATED = st.one_of(st.text("0123456789-/年月日 ", max_size=16), st.dates().map(str), st.dates().map(lambda d: f"{d.year}/{d.month}/{d.day}"),
                  st.dates().map(lambda d: f"{d:%Y%m%d}"), st.dates().map(lambda d: f"{d.year}年{d.month}月{d.day}日"))  # fmt: skip
PHONES = st.one_of(st.integers(10**10, 2 * 10**10).map(str), st.text("0123456789+- ", max_size=14))
CARDS = st.text("0123456789 ", min_size=12, max_size=20)
TEXTS = st.one_of(ODD, st.text(max_size=12), st.text("张王李测某未不待一二三·a 1", max_size=6))

COLUMNS = [
    ("principal_fen", NUMERIC, {"unit": "yuan"}),
    ("principal_fen", NUMERIC, {"unit": "wan"}),
    ("principal_fen", NUMERIC, {"unit": "fen"}),
    ("annual_rate", NUMERIC, {"unit": "auto"}),
    ("annual_rate", NUMERIC, {"unit": "percent"}),
    ("collateral_area_m2", NUMERIC, {"unit": "mu"}),
    ("calls_90d", NUMERIC, {}),
    ("term_months", NUMERIC, {"unit": "years"}),
    *(("origination_date", DATED, {"dates": (form,), "form": form}) for form in ("iso", "slashed", "compact", "chinese", "us", "eu", "excel")),
    ("name", TEXTS, {}),
    ("address", TEXTS, {}),
    ("account_id", TEXTS, {}),
    ("phone", PHONES, {}),
    ("bank_card", CARDS, {}),
]


@pytest.mark.parametrize(("name", "cells", "more"), COLUMNS, ids=[f"{n}-{m.get('unit', m.get('form', ''))}" for n, _, m in COLUMNS])
@settings(max_examples=60)
@given(data=st.data())
def test_sure_means_sure(name: str, cells: st.SearchStrategy[str], more: dict[str, object], data: st.DataObject) -> None:
    series = pl.Series("c", data.draw(st.lists(st.one_of(st.none(), cells, ODD), min_size=1, max_size=40)), dtype=pl.String)
    spec = Spec(name, "c", TAPE[name].kind, field=TAPE[name], **more)  # type: ignore[arg-type]
    kind = parse_columns.reader(spec)
    slow = parse_settle.SLOW[kind](series.fill_null("x"), spec)
    native = parse_native.fast_column(series, spec, kind)
    frame = series.to_frame()
    plain = parse_columns._expressions(frame, [spec], {name: kind})[name] if kind != "card" else native
    for cell, quick, expressed, value, verdict in zip(series, native, plain, slow[VALUE], slow[VERDICT], strict=True):
        for sure in (quick, expressed):
            assert sure is None or (cell is not None and sure == value and verdict == ""), (cell, sure, value, verdict)


@settings(max_examples=40)
@given(st.data())
def test_both_fast_passes_lead_to_the_same_batch(data: st.DataObject) -> None:
    rows = data.draw(
        st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "借据号": TEXTS, "姓名": TEXTS, "未偿本金": NUMERIC, "未偿利息": NUMERIC, "执行年利率": NUMERIC, "放款日期": DATED, "手机号码": PHONES,
                    "还款卡号": CARDS, "证件号码": st.one_of(PHONES, st.text("0123456789Xx", min_size=18, max_size=18)), "逾期天数": NUMERIC, "居住地址": TEXTS,
                },
            ),
            min_size=1,
            max_size=12,
        )
    )  # fmt: skip
    raw = batch(rows)
    small = clean(raw, as_of=AS_OF)
    threshold, parse_native.MIN_ROWS = parse_native.MIN_ROWS, 0
    try:
        large = clean(raw, as_of=AS_OF)
    finally:
        parse_native.MIN_ROWS = threshold
    assert_frame_equal(small.findings, large.findings)
    assert small.data.reconciliation == large.data.reconciliation
    for name in small.data.tables:
        assert_frame_equal(small.data.tables[name], large.data.tables[name])


def test_views_of_slices_and_chunks() -> None:
    """Offsets, validity bits, long texts in several buffers: the views are read where they lie."""
    one = pl.Series("c", ["12.5", None, "100000000.25", "7"])
    long = pl.Series("c", ["x" * 100, "1.0", None])
    chunked = pl.concat([one, long, one, pl.Series("c", ["y" * 5000 + ".1"])], rechunk=False)
    spec = Spec("principal_fen", "c", "money", "yuan", field=TAPE["principal_fen"])
    whole = parse_native.fast_column(chunked, spec, "money").to_list()
    assert whole == [1250, None, 10_000_000_025, 700, None, 100, None, 1250, None, 10_000_000_025, 700, None]
    for start in range(12):
        for stop in range(start, 12):
            assert parse_native.fast_column(chunked[start:stop], spec, "money").to_list() == whole[start:stop]


def test_the_table_of_odd_bytes_knows_every_word_for_nothing() -> None:
    spec = Spec("address", "c", "text", field=TAPE["address"])
    words = pl.Series("c", [word for word in parse_native.BLANKS if word])
    assert parse_native.fast_column(words, spec, "text").null_count() == len(words)


def test_an_empty_column() -> None:
    empty = pl.DataFrame({"未偿本金": [], "借据号": []}, schema={"未偿本金": pl.String, "借据号": pl.String})
    for name, heading in (("principal_fen", "未偿本金"), ("account_id", "借据号")):
        spec = Spec(name, heading, TAPE[name].kind, field=TAPE[name])
        assert parse_native.fast_column(empty[heading], spec, parse_columns.reader(spec)).len() == 0
    assert Notes(empty.with_columns(__file=pl.lit(""), __row=pl.lit(1)), {}).frame(pl.Series([], dtype=pl.Boolean).to_numpy()).height == 0
