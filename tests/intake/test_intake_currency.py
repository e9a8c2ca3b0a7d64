"""A currency is never passed over: wherever it is named, and however, the amounts are in it or nothing is read."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest
from cleaning_rows import cleaned, codes
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake import Layout, clean, load_layout, open_tape, read_tape
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.findings import REJECT

AS_OF = dt.date(2026, 10, 31)

# written by hand from the names people use, not from the product's table
CHINESE = {
    "美元": "USD",
    "美金": "USD",
    "港元": "HKD",
    "港币": "HKD",
    "欧元": "EUR",
    "日元": "JPY",
    "英镑": "GBP",
    "澳元": "AUD",
    "新加坡元": "SGD",
    "人民币": "CNY",
}
LATIN = {
    "USD": "USD",
    "US$": "USD",
    "$": "USD",
    "HKD": "HKD",
    "HK$": "HKD",
    "EUR": "EUR",
    "€": "EUR",
    "GBP": "GBP",
    "£": "GBP",
    "RMB": "CNY",
    "CNY": "CNY",
}
CHINESE_FACTORS = {"": 100, "千": 100_000, "万": 1_000_000, "百万": 100_000_000, "亿": 10_000_000_000}
LATIN_FACTORS = {"": 100, "thousands": 100_000, "k": 100_000, "'000": 100_000, "millions": 100_000_000, "mn": 100_000_000}
NAMED = [
    *((f"{factor}{word}", code, fen) for word, code in CHINESE.items() for factor, fen in CHINESE_FACTORS.items()),
    *((f"{word} {factor}".strip(), code, fen) for word, code in LATIN.items() for factor, fen in LATIN_FACTORS.items()),
    *(
        (f"{word}{factor}元", code, fen)
        for word, code in {"美元": "USD", "人民币": "CNY"}.items()
        for factor, fen in CHINESE_FACTORS.items()
        if factor
    ),
]


def text(
    path: Path, titles: Sequence[str] = (), *, principal: str = "未偿本金", interest: str = "未偿利息", rows: Sequence[Sequence[str]] = ()
) -> Path:
    head = ["借据号", principal, interest, "逾期天数"]
    wide = max(len(row) for row in (head, *rows))
    head += ["币种"] * (wide - len(head))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*([t] for t in titles), head, *(rows or [["J1", "5", "0", "100"], ["J2", "7", "0", "100"]])])
    return path


def read(path: Path, layout: Layout | None = None) -> tuple[list[int], list[str], list[str]]:
    """Principal and currency of the accepted rows; codes of the findings."""
    layout = layout or load_layout("panhuo")
    tape = open_tape(path, layout=layout)
    plan, _ = tape.fitted(layout)
    (raw,) = tape.batches()
    outcome = clean(raw, layout=plan, as_of=AS_OF)
    accounts = outcome.data.accounts
    return accounts["principal_fen"].to_list(), accounts["currency"].to_list(), outcome.findings["code"].to_list()


@pytest.mark.parametrize(("words", "code", "fen"), NAMED)
def test_every_spelling_is_taken_in_titles_and_in_headings(tmp_path: Path, words: str, code: str, fen: int) -> None:
    expected = ([5 * fen, 7 * fen], [code, code], [])
    for titles in (["不良清单", f"单位：{words}"], [f"2026年9月不良清单（单位：{words}）"], [f"不良清单（{words}）"], ["金额单位:" + words]):
        if words in ("人民币", "RMB", "CNY", "$"):
            continue  # these alone state what is the default anyway, or are too short to be a statement of a title
        assert read(text(tmp_path / "t.csv", titles)) == expected, titles
    assert read(text(tmp_path / "t.csv", principal=f"未偿本金（{words}）")) == expected
    assert read(text(tmp_path / "t.csv", principal=f"未偿本金({words})")) == expected


@pytest.mark.parametrize(
    ("title", "code", "fen"),
    [
        ("Amounts in USD thousands", "USD", 100_000),
        ("(in thousands of US dollars)", "USD", 100_000),
        ("All amounts in HK$ millions unless noted", "HKD", 100_000_000),
        ("Balances stated in EUR", "EUR", 100),
        ("Currency: GBP", "GBP", 100),
        ("币种：美元　单位：万元", "USD", 1_000_000),
        ("金额单位：万元（港币）", "HKD", 1_000_000),
        ("以万美元为单位", "USD", 1_000_000),
        ("US$'000", "USD", 100_000),
        ("单位：美元万元", "USD", 1_000_000),
    ],
)
def test_statements_in_titles(tmp_path: Path, title: str, code: str, fen: int) -> None:
    assert read(text(tmp_path / "t.csv", ["Loan tape", title])) == ([5 * fen, 7 * fen], [code, code], [])


@given(words=st.sampled_from(NAMED), place=st.sampled_from(["title", "heading"]), other=st.sampled_from(NAMED))
def test_two_statements_agree_or_the_tape_is_refused(
    tmp_path_factory: pytest.TempPathFactory, words: tuple[str, str, int], place: str, other: tuple[str, str, int]
) -> None:
    """The oracle: equal codes are read in that code; different ones are refused, save $, which is any dollar."""
    folder = tmp_path_factory.mktemp("two")
    if place == "title":
        path = text(folder / "t.csv", [f"单位：{words[0]}"], principal=f"未偿本金（{other[0]}）")
    else:
        path = text(folder / "t.csv", principal=f"未偿本金（{words[0]}）", interest=f"未偿利息（{other[0]}）")
    dollars = {"USD", "HKD", "AUD", "SGD"}
    loose = ("$" in (words[0][:1], other[0][:1])) and {words[1], other[1]} <= dollars
    if words[1] != other[1] and not loose:
        with pytest.raises(InputUnusable, match="CURRENCIES_SEVERAL"):
            read(path)
        return
    assert set(read(path)[1]) <= {words[1], other[1]}


@pytest.mark.parametrize(
    ("titles", "principal", "interest"),
    [
        (["单位：美元"], "未偿本金", "未偿利息（元）"),
        (["单位：万元"], "未偿本金(USD)", "未偿利息"),
        ([], "未偿本金（美元）", "未偿利息（万元）"),
        (["币种：美元、人民币"], "未偿本金", "未偿利息"),
    ],
)
def test_yuan_beside_a_foreign_currency_is_refused(tmp_path: Path, titles: list[str], principal: str, interest: str) -> None:
    with pytest.raises(InputUnusable) as refused:
        read(text(tmp_path / "t.csv", titles, principal=principal, interest=interest))
    assert refused.value.code == "CURRENCIES_SEVERAL"
    assert "currency" in refused.value.remedy.en


def layout(**more: object) -> Layout:
    columns = [{"from": "借据号", "to": "account_id"}, {"from": "未偿本金", "to": "principal_fen"}, {"from": "逾期天数", "to": "overdue_days"}]
    return Layout.model_validate({"name": "mine", "title": {"zh": "我的", "en": "mine"}, "columns": columns, **more})


@pytest.mark.parametrize("stated", [{"currency": "CNY"}, {"constants": {"currency": "人民币"}}])
def test_a_layout_that_names_another_currency_is_refused(tmp_path: Path, stated: dict[str, object]) -> None:
    for path in (text(tmp_path / "t.csv", ["单位：万美元"]), text(tmp_path / "h.csv", principal="未偿本金 (USD)")):
        with pytest.raises(InputUnusable) as refused:
            read(path, layout(**stated))
        assert refused.value.code == "LAYOUT_CURRENCY_CONFLICT"
    assert read(text(tmp_path / "t.csv", ["单位：万美元"]), layout(title_unit="ignore", **stated))[:2] == ([500, 700], ["CNY"] * 2)


def test_a_layout_settles_which_dollar_and_what_a_bare_unit_is(tmp_path: Path) -> None:
    assert read(text(tmp_path / "t.csv", principal="未偿本金（$）"), layout(currency="HKD"))[1] == ["HKD"] * 2
    assert read(text(tmp_path / "t.csv", principal="未偿本金（万元）"), layout(currency="USD"))[:2] == ([5_000_000, 7_000_000], ["USD"] * 2)


def test_a_layout_names_one_currency_once() -> None:
    with pytest.raises(ValueError, match="two providers"):
        layout(currency="USD", constants={"currency": "USD"})
    with pytest.raises(ValueError, match="no currency"):
        layout(currency="dollarydoos")
    assert layout(currency="美元").currency == "USD"


def test_a_currency_column_completes_or_contradicts_what_the_tape_states(tmp_path: Path) -> None:
    rows = [["J1", "5", "0", "100", "美元"], ["J2", "7", "0", "100", ""], ["J3", "9", "0", "100", "CNY"], ["J4", "9", "0", "100", "贝壳"]]
    for path in (text(tmp_path / "t.csv", ["单位：万美元"], rows=rows), text(tmp_path / "h.csv", principal="未偿本金（万美元）", rows=rows)):
        fen, found, noted = read(path)
        assert fen == [5_000_000, 7_000_000, 9_000_000]
        assert found == ["USD"] * 3  # J3 says yuan: rejected
        assert sorted(noted) == ["CURRENCY_CONFLICT", "CURRENCY_UNKNOWN"]
    fen, found, _ = read(text(tmp_path / "n.csv", rows=rows))
    assert found == ["USD", "CNY", "CNY", "CNY"]
    fen, found, _ = read(text(tmp_path / "d.csv", principal="未偿本金（$）", rows=[["J1", "5", "0", "100", "HKD"]]))
    assert found == ["HKD"]  # a dollar, the row says which


@pytest.mark.parametrize("cell", ["$5", "US$ 5.00", "5 USD", "€5", "5美元", "0.0005万港元", "£5", "HK$5"])
def test_a_cell_marked_in_another_currency_than_its_row_is_not_read_as_yuan(cell: str) -> None:
    outcome = cleaned({"未偿本金": cell, "未偿本息费合计": None}, {})
    assert ("未偿本金", "AMOUNT_CURRENCY") in codes(outcome)
    assert outcome.findings.filter(code="AMOUNT_CURRENCY")["severity"].to_list() == [REJECT]
    assert outcome.data.reconciliation.balance_in_fen == 1_354_597 + 120_030  # the other row, and the parts of this one that could be read
    assert outcome.data.reconciliation.balance_unreadable_rows == 1
    outcome = cleaned({"放款金额": cell}, {})
    assert codes(outcome) == [("放款金额", "OPTIONAL_AMOUNT_CURRENCY")]


@pytest.mark.parametrize(
    ("cell", "currency"),
    [("$12,345.67", "USD"), ("HK$12345.67", "HKD"), ("$12345.67", "港币"), ("12345.67欧元", "EUR"), ("¥12345.67", None), ("RMB 12345.67", "CNY")],
)
def test_a_cell_marked_in_its_rows_currency_is_read(cell: str, currency: str | None) -> None:
    outcome = cleaned({"未偿本金": cell, "币种": currency})
    assert [code for _, code in codes(outcome)] == ["AMOUNT_FORMAT"]
    assert outcome.data.accounts["principal_fen"].to_list() == [1_234_567]


def test_rejected_rows_come_back_in_their_currency(tmp_path: Path) -> None:
    tape = open_tape(text(tmp_path / "t.csv", ["单位：万美元"]), layout=load_layout("panhuo"))
    again = text(tmp_path / "again.csv", [tape.title(load_layout("panhuo"))])
    assert read(again) == read(tmp_path / "t.csv")


def test_files_in_different_currencies_are_not_put_together(tmp_path: Path) -> None:
    plan = load_layout("panhuo")
    titled = [text(tmp_path / "a.csv", ["单位：万美元"]), text(tmp_path / "b.csv", ["单位：万元"])]
    headed = [text(tmp_path / "c.csv", principal="未偿本金（USD）"), text(tmp_path / "d.csv", principal="未偿本金（HKD）")]
    for paths in (titled, headed):
        with pytest.raises(InputUnusable) as refused:
            open_tape(paths, layout=plan).fitted(plan)
        assert refused.value.code == "UNITS_DIFFER"


def test_a_bare_frame_cannot_carry_a_currency_and_says_so(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="currency"):
        read_tape(text(tmp_path / "t.csv", ["单位：美元"]))


def test_unknown_units_are_told_and_unknown_money_is_refused(tmp_path: Path) -> None:
    plan = load_layout("panhuo")
    _, (told,) = open_tape(text(tmp_path / "t.csv", ["单位：斤"]), layout=plan).fitted(plan)
    assert "斤" in told.zh
    for quiet in ("单位：户", "单位：%", "报送单位：某市分行", "单位：某某银行"):
        assert open_tape(text(tmp_path / "q.csv", [quiet]), layout=plan).fitted(plan)[1] == ()
    for money in ("单位：千万元", "单位：万古元", "单位：十万元"):
        with pytest.raises(InputUnusable) as refused:
            open_tape(text(tmp_path / "m.csv", [money]), layout=plan).fitted(plan)
        assert refused.value.code == "TITLE_UNIT_UNKNOWN"
    assert read(text(tmp_path / "m.csv", ["单位：千万元"], principal="未偿本金（万元）", interest="未偿利息（万元）"))[0] == [5_000_000, 7_000_000]


@pytest.mark.parametrize(
    ("titles", "principal", "rows"),
    [
        (["单位：万美元"], "未偿本金", ()),
        ([], "未偿本金（万美元）", ()),
        ([], "未偿本金 USD", ()),
        ([], "Outstanding Principal (USD)", ()),
        ([], "未偿本金", [["J1", "$5", "0", "100"], ["J2", "$7", "0", "100"], ["J3", "$9", "0", "100"]]),
    ],
)
def test_a_suggestion_writes_the_currency_it_saw(tmp_path: Path, titles: list[str], principal: str, rows: list[list[str]]) -> None:
    path = text(tmp_path / "t.csv", titles, principal=principal, rows=rows)
    tape = open_tape(path)
    suggestion = suggest_layout(tape.headings, next(tape.batches()), titles=tape.files[0].titles)
    assert suggestion.currency == "USD"
    (tmp_path / "s.yaml").write_text(suggestion.to_yaml(), encoding="utf-8")
    saved = load_layout(tmp_path / "s.yaml")
    assert saved.currency == "USD"
    assert set(read(path, saved)[1]) == {"USD"}


@given(st.text(alphabet="单位：:万千元美港币USDk$（）()/、in人民 '0", max_size=14))
def test_no_title_is_read_as_yuan_that_names_a_foreign_currency_after_the_unit(tmp_path_factory: pytest.TempPathFactory, words: str) -> None:
    path = text(tmp_path_factory.mktemp("any") / "t.csv", [f"单位：美元{words}"])
    try:
        _, found, _ = read(path)
    except InputUnusable:
        return
    if words == "" or words.startswith(("(", "（", "/", "、")):
        assert set(found) == {"USD"}
