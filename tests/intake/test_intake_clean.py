"""Cleaning as a whole: nothing is lost whatever the cells hold, batches add up, and the bad values of real tapes end where they should."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from cleaning_rows import AS_OF, FILE, GOOD, GOOD_FEN, batch, cleaned, codes, layout_with
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.intake.clean import clean, infer_as_of
from panhuo.engines.intake.clean_duplicates import exclude, find_duplicates, keys
from panhuo.engines.intake.clean_result import Cleaned, Reconciliation
from panhuo.engines.intake.quality import no_quality
from panhuo.engines.intake.rules import CHECKS
from panhuo.kernel.errors import ConfigurationInvalid, InputUnusable, UsageInvalid
from panhuo.kernel.findings import FINDING, REJECT, Outcome
from panhuo.kernel.frames import TABLES

CELL = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-(10**18), 10**18).map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.sampled_from(
        ["1e308", "-5", "(500.00)", "1,234.50元", "nan", "inf", "9" * 40, "=1", "\x00", "12.345", "31/2/2020", "是", "个人", "100000000000000.00"]
    ),
)
HEADINGS = [*GOOD, "债务人类型", "年龄", "性别", "24期还款状态", "抵押物评估价值", "联系人姓名", "是否已核销", "地区代码", "到期日期", "备用电话"]
ROW = st.fixed_dictionaries({}, optional=dict.fromkeys(HEADINGS, CELL))


def check_whole(raw: pl.DataFrame, outcome: Outcome[Cleaned]) -> None:
    """Every row is accepted or rejected, exactly one of the two, and so is every fen."""
    done, r = outcome.data, outcome.data.reconciliation
    accepted = done.accounts.select("source_file", pl.col("source_row").cast(pl.Int64)).rows()
    rejected = done.rejected.select("__file", pl.col("__row").cast(pl.Int64)).rows()
    assert sorted(accepted + rejected) == sorted(raw.select("__file", pl.col("__row").cast(pl.Int64)).rows())
    assert (r.rows_in, r.rows_accepted, r.rows_rejected) == (raw.height, len(accepted), len(rejected))
    assert r.holds
    assert done.accounts["balance_fen"].sum() == r.balance_accepted_fen
    assert r.balance_unreadable_rows <= r.rows_rejected
    reasons = outcome.findings.filter(severity=REJECT).select("file", "row").unique().rows()
    assert sorted(reasons) == sorted(rejected), "a rejected row has a reason, an accepted one has none"
    for frame in TABLES:
        table = done.tables[frame.name]
        assert dict(table.schema) == frame.schema
        assert set(table["account_id"]) <= set(done.accounts["account_id"])
        frame.conform(table)
    assert done.accounts["account_id"].is_unique().all()
    assert dict(outcome.findings.schema) == FINDING
    assert set(outcome.findings["code"]) <= set(CHECKS)
    assert done.rejected.drop("__row", "__file").columns == raw.drop("__row", "__file").columns


@settings(max_examples=120)
@given(st.lists(ROW, min_size=1, max_size=10))
def test_nothing_is_lost_whatever_the_cells_hold(rows: list[dict[str, str | None]]) -> None:
    raw = batch(rows, columns=HEADINGS)
    check_whole(raw, clean(raw, as_of=AS_OF))


@settings(max_examples=40)
@given(st.lists(ROW, min_size=2, max_size=12), st.integers(1, 11))
def test_batches_add_up_to_the_whole(rows: list[dict[str, str | None]], cut: int) -> None:
    """Split anywhere, with duplicates looked for across batches, the same rows are accepted and the sums are the same."""
    raw = batch(rows, columns=HEADINGS)
    whole = clean(raw, as_of=AS_OF).data
    total, quality, seen, accounts = Reconciliation(), no_quality(), None, []
    for part in (raw[:cut], raw[cut:]):
        if not part.height:
            continue
        one = clean(part, as_of=AS_OF).data
        mine = keys(one)
        repeated = find_duplicates(mine, earlier=seen)
        one = exclude(one, repeated.data)
        check_rows = one.reconciliation
        assert check_rows.holds
        assert check_rows.rows_rejected == one.rejected.height
        seen = keys(one) if seen is None else pl.concat([seen, keys(one)])
        total, quality = total + one.reconciliation, quality + one.quality
        accounts.append(one.accounts)
    assert total == whole.reconciliation
    assert pl.concat(accounts)["source_row"].to_list() == whole.accounts["source_row"].to_list()
    assert dict(quality.counts.select("field", "filled").rows()) == dict(whole.quality.counts.select("field", "filled").rows())


def test_the_balance_is_what_the_rows_own_figures_say() -> None:
    """An independent reading with decimals: unreadable parts count as nothing, in whichever pile the row ends."""
    cells = ["100.00", "-3.5", "abc", None, "1e308", "2,000.10元", "12.345", "99999999999999"]
    rows = [{"未偿本金": a, "未偿利息": b, "罚息复利": None, "其他费用": None, "未偿本息费合计": None} for a in cells for b in cells]
    outcome = cleaned(*rows)
    worth = {"100.00": 10_000, "-3.5": -350, "2,000.10元": 200_010, "12.345": 1_235, "99999999999999": None}
    worth["99999999999999"] = None
    total = sum((worth.get(str(row[name])) or 0) for row in rows for name in ("未偿本金", "未偿利息"))
    r = outcome.data.reconciliation
    assert r.holds
    assert r.balance_in_fen == total
    unreadable = [
        row for row in rows if row["未偿本金"] in ("abc", None, "1e308", "99999999999999") or row["未偿利息"] in ("abc", "1e308", "99999999999999")
    ]
    assert r.balance_unreadable_rows == len(unreadable)


def test_sums_beyond_64_bits_stay_exact() -> None:
    fen = 10_000_000_000_000  # the largest amount accepted
    rows = [
        {"未偿本金": str(Decimal(fen) / 100), "未偿利息": None, "罚息复利": None, "其他费用": None, "未偿本息费合计": None, "放款金额": None}
    ] * 40
    raw = pl.concat([batch(rows, first=1 + 40 * k).with_columns((pl.col("借据号") + f"-{k}").alias("借据号")) for k in range(5)])
    assert clean(raw, as_of=AS_OF).data.reconciliation.balance_in_fen == 200 * fen
    total = sum((Reconciliation(1, 1, 0, fen * 10**6, fen * 10**6) for _ in range(3)), Reconciliation())
    assert total.balance_in_fen == 3 * fen * 10**6
    assert total.holds


@pytest.mark.parametrize(
    ("cell", "fen"),
    [("1,234.50元", 123_450), ("１２３", 12_300), ("￥1，000", 100_000), ("0.1万", 100_000), ("12.344", 1_234)],
)
def test_odd_amounts_are_mended_to_the_fen(cell: str, fen: int) -> None:
    outcome = cleaned({"未偿本金": cell, "未偿本息费合计": None})
    assert outcome.data.accounts["principal_fen"].item() == fen
    assert outcome.data.accounts["balance_fen"].item() == fen + 120_030
    assert outcome.findings["severity"].unique().to_list() == ["repaired"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("(500.00)", "NEGATIVE_PRINCIPAL"),
        ("－１２３", "NEGATIVE_PRINCIPAL"),
        ("1e308", "AMOUNT_ABSURD"),
        ("100000000000.01", "AMOUNT_ABSURD"),
        ("nan", "AMOUNT_UNREADABLE"),
        ("inf", "AMOUNT_UNREADABLE"),
        ("约五万", "AMOUNT_UNREADABLE"),
        ("", "PRINCIPAL_MISSING"),
        ("无", "PRINCIPAL_MISSING"),
    ],
)
def test_amounts_that_reject_the_row(cell: str, code: str) -> None:
    outcome = cleaned({"未偿本金": cell})
    assert ("未偿本金", code) in codes(outcome)
    assert outcome.data.accounts.is_empty()
    assert outcome.data.rejected["未偿本金"].item() == cell


@pytest.mark.parametrize("cell", ["31/2/2021", "2021-02-31", "1948-12-31", "2026-07-01", "二月三十一"])
def test_bad_dates_never_cost_the_account(cell: str) -> None:
    outcome = cleaned({"放款日期": cell})
    assert outcome.data.accounts["origination_date"].to_list() == [None]
    assert outcome.findings["severity"].to_list() == ["warn"]


def test_maturity_may_be_after_the_cut_off_and_births_before_1949() -> None:
    outcome = cleaned({"到期日期": "2040-01-01", "出生日期": "1940-05-01", "证件号码": None})
    assert codes(outcome) == []
    assert outcome.data.accounts["age"].item() == 86


def test_a_claim_stays_when_its_identity_number_goes() -> None:
    outcome = cleaned({"证件号码": "110100199003070041"})
    assert outcome.data.accounts.height == 1
    assert outcome.data.tables["debtor"]["id_no"].item() is None
    assert outcome.findings["value"].item() == "110100199003070041"


def test_a_firm_may_have_digits_and_signs_in_its_name() -> None:
    names = ["LANDMARK BAR & GRILLE (THE)", "7天", "测试1"]
    outcome = cleaned(*({"姓名": name, "债务人类型": kind, "证件号码": None} for name in names for kind in ("企业", "个人")))
    odd = outcome.findings.filter(code="NAME_ODD")["row"].to_list()
    assert odd == [2, 4, 5, 6]


def test_a_company_is_a_firm_whoevers_number_stands_beside_it() -> None:
    """Its legal representative's. A shop may be its keeper's own."""
    outcome = cleaned(*({"姓名": name, "产品类型": None, "债务人类型": None} for name in ("宁波北仑机械有限公司", "北仑小吃店", "张伟明")))
    assert outcome.data.accounts["debtor_kind"].to_list() == ["firm", "person", "person"]
    assert outcome.findings.filter(code="KIND_ID_MISMATCH")["row"].to_list() == [1]


def test_the_same_account_twice_where_nobody_is_named() -> None:
    """A tape without names, numbers or telephones: repeated rows are told as ever, and the same debt under another name is not."""
    people = dict.fromkeys(("姓名", "证件号码", "手机号码"))
    plain = batch([{"借据号": "A"}, {"借据号": "A"}, {"借据号": "B"}]).drop(people)
    assert clean(plain, as_of=AS_OF).findings.filter(severity="reject").select("row", "code").rows() == [(2, "DUPLICATE_ROW")]
    named = cleaned({"借据号": "A"}, {"借据号": "A"}, {"借据号": "A", "姓名": "李小明"})
    assert named.findings.filter(severity="reject").select("row", "code").rows() == [(2, "DUPLICATE_ROW"), (3, "DUPLICATE_DEBTOR")]
    first, second = (cleaned(row).data for row in ({"借据号": "A"}, {"借据号": "A", "姓名": "李小明"}))
    crowd = cleaned(*({"借据号": "A", "姓名": name} for name in ("李小明", "王小红", "赵小刚", "钱小芳", "孙小军")))
    rounded = cleaned({"借据号": "6222021234567890000"}, {"借据号": "6222021234567890000", "姓名": "李小明"})
    for lost in (crowd, rounded):  # claims that have lost their numbers: somebody's money
        assert set(lost.findings.filter(severity="reject")["code"]) == {"DUPLICATE_ACCOUNT"}
    assert find_duplicates(keys(second), earlier=keys(first)).data["code"].to_list() == ["DUPLICATE_DEBTOR"]


def test_the_same_account_twice() -> None:
    rows: list[dict[str, str | None]] = [
        {"借据号": "A"},
        {"借据号": "B"},
        {"借据号": "A"},
        {"借据号": "A", "未偿利息": "7", "未偿本息费合计": None},
        {"借据号": "B"},
    ]
    outcome = cleaned(*rows)
    assert outcome.data.accounts["source_row"].to_list() == [1, 2]
    found = outcome.findings.select("row", "code", "message", "message_en").rows()
    assert [(row, code) for row, code, _, _ in found] == [(3, "DUPLICATE_ROW"), (4, "DUPLICATE_ACCOUNT"), (5, "DUPLICATE_ROW")]
    assert "第 1 行" in found[0][2]
    assert f"row 1 of {FILE}" in found[1][3]
    assert "第 2 行" in found[2][2]
    check_whole(batch(rows), outcome)


def test_a_rejected_first_row_does_not_shadow_a_good_second() -> None:
    outcome = cleaned({"借据号": "A", "未偿本金": "x"}, {"借据号": "A"})
    assert outcome.data.accounts["source_row"].to_list() == [2]
    assert [code for _, code in codes(outcome)] == ["AMOUNT_UNREADABLE"]


def test_duplicates_across_batches_name_the_first_row_and_move_whole() -> None:
    first = clean(batch([{"借据号": "A", "联系人姓名": "李四"}, {"借据号": "B"}]), as_of=AS_OF).data
    second = clean(batch([{"借据号": "B"}, {"借据号": "C"}, {"借据号": "A", "未偿利息": "1", "未偿本息费合计": None}], first=3), as_of=AS_OF).data
    found = find_duplicates(keys(second), earlier=keys(first), heading="借据号")
    assert found.data.select("account_id", "source_row", "code", "first_row").rows() == [
        ("B", 3, "DUPLICATE_ROW", 2),
        ("A", 5, "DUPLICATE_ACCOUNT", 1),
    ]
    assert found.findings["column"].unique().to_list() == ["借据号"]
    left = exclude(second, found.data)
    assert left.accounts["account_id"].to_list() == ["C"]
    assert left.rejected["借据号"].to_list() == ["B", "A"]
    assert {name: table["account_id"].to_list() for name, table in left.tables.items() if table.height} == {"account": ["C"], "debtor": ["C"]}
    assert left.reconciliation == Reconciliation(3, 1, 2, 2 * GOOD_FEN + GOOD_FEN - 99_900, GOOD_FEN, 2 * GOOD_FEN - 99_900, repeated_rows=1)
    assert exclude(first, found.data) == first


def test_defaults_where_the_tape_is_silent() -> None:
    silent = {
        "产品类型": None,
        "未偿利息": None,
        "罚息复利": None,
        "其他费用": None,
        "未偿本息费合计": None,
        "姓名": "某某机械有限公司",
        "证件号码": None,
        "手机号码": None,
    }
    account = cleaned(silent).data.accounts.row(0, named=True)
    assert (account["debtor_kind"], account["product"], account["currency"], account["written_off"]) == ("firm", "corporate_loan", "CNY", False)
    assert (account["interest_fen"], account["penalty_fen"], account["fees_fen"]) == (0, 0, 0)
    assert account["balance_fen"] == account["principal_fen"] == 1_234_567
    assert (account["phone_valid"], account["contact_count"], account["guarantor_count"], account["has_address"]) == (False, 0, 0, False)


def test_days_and_date_of_arrears_give_each_other() -> None:
    account = cleaned({"逾期起始日": None}).data.accounts.row(0, named=True)
    assert account["overdue_since"] == AS_OF - dt.timedelta(days=365)
    assert account["bucket"] == "M12+"
    account = cleaned({"逾期天数": None}).data.accounts.row(0, named=True)
    assert account["overdue_days"] == 365


def test_age_is_counted_to_the_birthday() -> None:
    for day, age in ((dt.date(2026, 3, 6), 35), (dt.date(2026, 3, 7), 36)):
        outcome = cleaned({"逾期起始日": None, "逾期天数": "0"}, as_of=day)
        assert outcome.data.accounts["age"].item() == age


def test_constants_defaults_and_derived_fields_of_a_layout() -> None:
    layout = layout_with(
        name="own",
        columns=[
            {"from": "借据号", "to": "account_id"},
            {"from": "未偿本金", "to": "_left", "kind": "money", "unit": "wan"},
            {"from": "未偿利息", "to": "interest_fen", "default": "7.50"},
            {"from": "产品类型", "to": "product", "codes": {"个人消费贷款": "auto_loan"}, "default": "other"},
            {"from": "没有的列", "to": "lender", "default": "某银行"},
            {"from": "放款日期", "to": "origination_date"},
        ],
        constants={"currency": "USD", "written_off": "true", "annual_rate": "12%"},
        derived={
            "principal_fen": "_half",
            "_half": "_left * 0.5",
            "branch": "'B-' || lender",
            "litigation_state": "CASE WHEN _left > 0 THEN '诉讼中' ELSE '?' END",
        },
    )
    raw = batch([{"未偿本金": "1.23456789", "未偿利息": None}, {"未偿利息": "坏", "产品类型": "不知"}])
    outcome = clean(raw, layout=layout, as_of=AS_OF)
    account = outcome.data.accounts.row(0, named=True)
    assert account["principal_fen"] == 617_284  # 1.2345679 万 = 1,234,568 fen, halved
    assert account["interest_fen"] == 750
    assert (account["lender"], account["branch"], account["currency"], account["written_off"]) == ("某银行", "B-某银行", "USD", True)
    assert account["annual_rate"] == 0.12
    assert (account["product"], account["litigation_state"]) == ("auto_loan", "filed")
    assert outcome.data.rejected["__row"].to_list() == [2], "a default fills empty cells, not unreadable ones"
    check_whole(raw, outcome)


def test_a_default_fills_what_is_empty_and_not_what_was_refused() -> None:
    columns = [
        *({"from": heading, "to": name} for heading, name in (("借据号", "account_id"), ("未偿本金", "principal_fen"), ("逾期天数", "overdue_days")))
    ]
    layout = layout_with(columns=[*columns, {"from": "放款日期", "to": "origination_date", "default": "2020-01-01"}], derived={}, constants={})
    outcome = clean(batch([{"放款日期": None}, {"放款日期": "无"}, {"放款日期": "2021-02-31"}, {}]), layout=layout, as_of=AS_OF)
    assert outcome.data.accounts["origination_date"].to_list() == [dt.date(2020, 1, 1), dt.date(2020, 1, 1), None, dt.date(2021, 3, 5)]


def test_a_default_that_is_no_value_is_the_layouts_fault() -> None:
    layout = layout_with(
        columns=[
            {"from": "借据号", "to": "account_id"},
            {"from": "未偿本金", "to": "principal_fen"},
            {"from": "放款日期", "to": "origination_date", "default": "昨天"},
        ]
    )
    with pytest.raises(ConfigurationInvalid, match="origination_date"):
        clean(batch([{"放款日期": None}]), layout=layout, as_of=AS_OF)


def test_balances_in_wan_may_be_off_by_their_rounding() -> None:
    layout = layout_with(
        columns=[
            *(
                {"from": heading, "to": name, "unit": "wan"}
                for heading, name in (("未偿本金", "principal_fen"), ("未偿利息", "interest_fen"), ("未偿本息费合计", "balance_fen"))
            ),
            {"from": "借据号", "to": "account_id"},
            {"from": "逾期天数", "to": "overdue_days"},
        ]
    )
    near, far = ({"未偿本金": "1.23", "未偿利息": "0.12", "未偿本息费合计": total} for total in ("1.36", "1.40"))
    outcome = clean(batch([near, far]), layout=layout, as_of=AS_OF)
    assert outcome.findings.select("row", "code").rows() == [(2, "BALANCE_MISMATCH")]


@pytest.mark.parametrize(
    ("principal", "others", "total", "code"),
    [
        ("12345.67", "0", "123456700.00", "BALANCE_SCALE"),
        ("99999999999", "0", "14311.53", "BALANCE_SCALE"),
        ("12.50", None, "125000.00", "BALANCE_SCALE"),  # 万元 beside 元: the difference is no interest
        ("0", "0", "125000.00", "BALANCE_SCALE"),
        ("0", None, "125000.00", "INTEREST_FROM_BALANCE"),
        ("50.00", "0", "9000.00", "BALANCE_MISMATCH"),  # 180-fold, of small money
        ("12345.67", "0", "1234566.00", "BALANCE_MISMATCH"),  # just under a hundredfold
        ("12345.67", "0", "1234568.00", "BALANCE_SCALE"),
        ("12345.67", "0", "0", "BALANCE_MISMATCH"),  # a column of totals that nobody fills
    ],
)
def test_parts_and_total_of_another_order_are_no_rounding(principal: str, others: str | None, total: str, code: str) -> None:
    cells = {"放款金额": None, "未偿本金": principal, **dict.fromkeys(("未偿利息", "罚息复利", "其他费用"), others), "未偿本息费合计": total}
    outcome = cleaned({}, cells)
    assert codes(outcome) == [("未偿利息" if code == "INTEREST_FROM_BALANCE" else "未偿本息费合计", code)]
    assert outcome.data.reconciliation.holds
    assert outcome.data.reconciliation.rows_rejected == (code == "BALANCE_SCALE")


def test_the_cut_off_is_inferred_from_what_agrees() -> None:
    days = [{"逾期天数": str(d), "逾期起始日": str(AS_OF - dt.timedelta(days=d))} for d in (10, 40, 400)]
    assert infer_as_of(batch([*days, {"逾期天数": "1"}])) == AS_OF
    assert infer_as_of(batch([{"逾期天数": None}])) is None
    with pytest.raises(UsageInvalid, match="--as-of"):
        clean(batch([{"逾期天数": None, "逾期起始日": None}]))


def test_headings_that_do_not_fit_are_refused_whole() -> None:
    with pytest.raises(InputUnusable, match="principal_fen"):
        clean(batch([{}]).drop("未偿本金"), as_of=AS_OF)


def test_an_empty_batch() -> None:
    outcome = clean(batch([{}]).clear(), as_of=AS_OF)
    assert outcome.data.reconciliation == Reconciliation()
    assert outcome.findings.is_empty()
    assert outcome.data.quality.score == 0


def test_a_frame_without_marks_is_one_faultless_file() -> None:
    raw = batch([{}, {}]).drop("__file", "__row", "__fault", "__raw").with_columns(pl.col("逾期天数").cast(pl.Int64))
    outcome = clean(raw, as_of=AS_OF)
    assert outcome.data.accounts.select("source_file", "source_row").rows() == [("", 1), ("", 2)]
    assert codes(outcome) == []


def test_a_million_rejects_take_no_loop() -> None:
    """Every row rejected for the same reason: a finding a row, one digest line (here 60,000 rows, through the compiled pass)."""
    n = 60_000
    raw = batch([{}]).select(pl.all().gather([0] * n)).with_columns(
        pl.int_range(1, n + 1, dtype=pl.Int32).alias("__row"), pl.lit("x").alias("未偿本金"), (pl.lit("J") + pl.int_range(n).cast(pl.String)).alias("借据号")
    )  # fmt: skip
    outcome = clean(raw, as_of=AS_OF)
    assert outcome.data.reconciliation.rows_rejected == n
    assert outcome.findings.filter(severity=REJECT).height == n
    assert outcome.data.reconciliation.balance_unreadable_rows == n
    assert outcome.data.reconciliation.balance_rejected_fen == 120_030 * n
