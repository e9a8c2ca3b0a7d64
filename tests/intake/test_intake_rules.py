"""Every rule has a case that fires it, the severity the catalogue says, and the effect on the row; the documentation carries the table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from cleaning_rows import GOOD, GOOD_FEN, cleaned, codes

from panhuo.engines.intake.clean_result import Cleaned
from panhuo.engines.intake.rules import CHECKS, rules_table
from panhuo.kernel.findings import REJECT, REPAIRED, WARN, Outcome

ID_X = "11010019900307004X"
FIRM_ID = "911199011234567882"

NINEFOLD: dict[str, str | None] = {
    name: f"{9 * round(float(str(GOOD[name])) * 100) / 100:.2f}"
    for name in ("未偿本金", "未偿利息", "罚息复利", "其他费用", "未偿本息费合计", "放款金额")
}
TWENTYFOLD: dict[str, str | None] = dict.fromkeys(GOOD) | {name: f"{20 * round(float(str(GOOD[name])) * 100) / 100:.2f}" for name in NINEFOLD}
LAST = ("ROW_ADDS_UP", "ROW_LIKE_TOTAL")
"""Rules that look at what stands above: their case comes after the plain rows."""

# code -> (column that is blamed, cells over the good row, canonical field and its value afterwards or None to leave it unchecked)
CASES: dict[str, tuple[str, dict[str, str | None], tuple[str, object] | None]] = {
    "ROW_RAGGED": ("", {"__fault": "ROW_RAGGED", "__raw": "a,b", "未偿本金": None}, None),
    "ROW_ENCODING": ("", {"__fault": "ROW_ENCODING", "__raw": "a,b"}, None),
    "CELL_TOO_LONG": ("", {"__fault": "CELL_TOO_LONG", "__raw": "a,b"}, None),
    "ROW_NUL": ("", {"__fault": "ROW_NUL", "__raw": "a,b"}, None),
    "ROW_FAULT": ("", {"__fault": "SOMETHING_NEW", "__raw": "a,b"}, None),
    "TOTAL_ROW": ("借据号", {"借据号": "合计："}, None),
    "ROW_LIKE_TOTAL": ("借据号", TWENTYFOLD | {"借据号": "城东支行"}, ("balance_fen", 20 * GOOD_FEN)),
    "ROW_ADDS_UP": ("借据号", NINEFOLD | {"借据号": "LAST"}, ("balance_fen", 9 * GOOD_FEN)),
    "HEADER_ROW": ("", {heading: f" {heading}" for heading in GOOD}, None),
    "PRINTED_ROW": ("", dict.fromkeys(GOOD) | {"借据号": "制表人：张三", "姓名": "复核人：李四"}, None),
    "ACCOUNT_ID_MISSING": ("借据号", {"借据号": " 无 "}, None),
    "DUPLICATE_ROW": ("借据号", {"借据号": "FIRST"}, None),
    "DUPLICATE_ACCOUNT": ("借据号", {"借据号": "FIRST", "未偿利息": "1000.01", "未偿本息费合计": "13545.98"}, None),
    "DUPLICATE_DEBTOR": ("借据号", {"借据号": "FIRST", "姓名": "李小明", "手机号码": "17912345679"}, None),
    "IDENTIFIER_SCIENTIFIC": ("借据号", {"借据号": "6.22848E+18"}, ("account_id", "6.22848E+18")),
    "PERSONAL_ACCOUNT_ID": ("借据号", {"借据号": ID_X}, None),
    "PERSONAL_TEXT": ("经办机构", {"经办机构": "张伟明"}, ("branch", None)),
    "PRINCIPAL_MISSING": ("未偿本金", {"未偿本金": None}, None),
    "AMOUNT_UNREADABLE": ("未偿利息", {"未偿利息": "约一千"}, None),
    "AMOUNT_ABSURD": ("未偿本金", {"未偿本金": "1e308"}, None),
    "NEGATIVE_PRINCIPAL": ("未偿本金", {"未偿本金": "(12345.67)"}, None),
    "NEGATIVE_PART": ("罚息复利", {"罚息复利": "-200.30"}, None),
    "AMOUNT_CURRENCY": ("未偿利息", {"未偿利息": "$1,000.00"}, None),
    "CURRENCY_CONFLICT": ("币种", {"币种": "人民币", "授信额度（美元）": "50000"}, None),
    "OPTIONAL_AMOUNT_CURRENCY": ("放款金额", {"放款金额": "5万美元"}, ("original_principal_fen", None)),
    "OPTIONAL_AMOUNT_UNREADABLE": ("放款金额", {"放款金额": "五万"}, ("original_principal_fen", None)),
    "OPTIONAL_AMOUNT_ABSURD": ("放款金额", {"放款金额": "100000000000000"}, ("original_principal_fen", None)),
    "OPTIONAL_AMOUNT_NEGATIVE": ("放款金额", {"放款金额": "-5"}, ("original_principal_fen", None)),
    "AMOUNT_FORMAT": ("未偿本金", {"未偿本金": "￥１２,345.67元"}, ("principal_fen", 1_234_567)),
    "AMOUNT_ROUNDED": ("未偿本金", {"未偿本金": "12345.665"}, ("principal_fen", 1_234_567)),
    "BALANCE_MISMATCH": ("未偿本息费合计", {"未偿本息费合计": "13545.99"}, ("balance_fen", 1_354_597)),
    "BALANCE_SCALE": ("未偿本息费合计", {"未偿本金": "99999999999", "未偿本息费合计": "14311.53"}, None),
    "INTEREST_FROM_BALANCE": ("未偿利息", {"未偿利息": None, "罚息复利": "-", "其他费用": ""}, ("interest_fen", 120_030)),
    "NOTHING_OWED": (
        "未偿本金",
        {"未偿本金": "0", "未偿利息": "0", "罚息复利": "0", "其他费用": "0", "未偿本息费合计": "0"},
        ("balance_fen", 0),
    ),
    "PRINCIPAL_ABOVE_LOAN": ("未偿本金", {"放款金额": "10000"}, ("principal_fen", 1_234_567)),
    "RATE_UNREADABLE": ("执行年利率", {"执行年利率": "基准上浮"}, ("annual_rate", None)),
    "RATE_ABSURD": ("执行年利率", {"执行年利率": "900%"}, ("annual_rate", None)),
    "RATE_FORMAT": ("执行年利率", {"执行年利率": "１８％"}, ("annual_rate", 0.18)),
    "NUMBER_UNREADABLE": ("贷款期限", {"贷款期限": "三年"}, ("term_months", None)),
    "NUMBER_OUT_OF_RANGE": ("贷款期限", {"贷款期限": "-3"}, ("term_months", None)),
    "NUMBER_FORMAT": ("贷款期限", {"贷款期限": "３６"}, ("term_months", 36)),
    "DATE_UNREADABLE": ("放款日期", {"放款日期": "3/5/2021"}, ("origination_date", None)),
    "DATE_IMPOSSIBLE": ("放款日期", {"放款日期": "2021-02-31"}, ("origination_date", None)),
    "DATE_TOO_EARLY": ("放款日期", {"放款日期": "1900-01-01"}, ("origination_date", None)),
    "DATE_AFTER_CUTOFF": ("最近还款日", {"最近还款日": "2026-07-01"}, ("last_payment_on", None)),
    "DATE_TOO_LATE": ("到期日期", {"到期日期": "9999-12-31"}, ("maturity_date", None)),
    "DATE_FORMAT": ("放款日期", {"放款日期": "2021年3月5日"}, None),
    "DATE_TWO_DIGIT_YEAR": ("放款日期", {"放款日期": "21-3-5"}, None),
    "MATURITY_BEFORE_ORIGINATION": ("到期日期", {"到期日期": "2020-01-01"}, ("maturity_date", None)),
    "OVERDUE_CONTRADICTION": ("逾期天数", {"逾期天数": "30"}, ("overdue_days", 365)),
    "OVERDUE_BEFORE_ORIGINATION": ("逾期起始日", {"逾期起始日": "2020-01-01"}, ("overdue_days", 365)),
    "OVERDUE_NEGATIVE": ("逾期天数", {"逾期天数": "-5", "逾期起始日": None}, ("overdue_days", 0)),
    "OVERDUE_FROM_BAND": ("逾期天数", {"逾期天数": "M7", "逾期起始日": None}, ("overdue_days", 181)),
    "MATURITY_PASSED": ("逾期天数", {"逾期天数": "0", "逾期起始日": None, "五级分类": None}, ("overdue_days", 0)),
    "CLASS_WITHOUT_ARREARS": ("逾期天数", {"逾期天数": "0", "逾期起始日": None, "到期日期": None}, ("overdue_days", 0)),
    "OVERDUE_FROM_MATURITY": ("逾期天数", {"逾期天数": None, "逾期起始日": None}, ("overdue_days", 360)),
    "OVERDUE_FROM_WRITE_OFF": (
        "逾期天数",
        {"逾期天数": None, "逾期起始日": None, "到期日期": None, "五级分类": None, "是否已核销": "是", "核销日期": "2025-01-01"},
        ("overdue_days", 545),
    ),
    "OVERDUE_FROM_CLASS": ("逾期天数", {"逾期天数": None, "逾期起始日": None, "到期日期": "2027-01-01"}, ("overdue_days", 271)),
    "OVERDUE_UNKNOWN": ("逾期天数", {"逾期天数": None, "逾期起始日": None, "到期日期": None, "五级分类": None}, ("overdue_days", 0)),
    "DAYS_ROUNDED": ("逾期天数", {"逾期天数": "120.5", "逾期起始日": None, "五级分类": "关注", "到期日期": None}, ("overdue_days", 120)),
    "LITIGATION_STAGE_UNKNOWN": ("诉讼状态", {"诉讼状态": "是"}, ("litigation_state", "filed")),
    "PATTERN_ODD": ("24期还款状态", {"24期还款状态": "NNN?12"}, ("repayment_pattern", None)),
    "CODE_UNKNOWN": ("产品类型", {"产品类型": "神秘贷"}, ("product", "other")),
    "FLAG_UNKNOWN": ("是否已核销", {"是否已核销": "也许"}, ("written_off", False)),
    "CURRENCY_UNKNOWN": ("币种", {"币种": "贝壳"}, ("currency", "CNY")),
    "REGION_UNKNOWN": ("地区代码", {"地区代码": "990000"}, ("region_code", "110100")),
    "REGION_FORMAT": ("地区代码", {"地区代码": "广东省深圳市"}, ("province", "广东")),
    "ID_FORMAT": ("证件号码", {"证件号码": "'1101 0019 9003 0700 4X"}, ("id_no", ID_X)),
    "ID_LOWERCASE_X": ("证件号码", {"证件号码": ID_X.lower()}, ("id_no", ID_X)),
    "ID_15_UPGRADED": ("证件号码", {"证件号码": "110100900307004"}, ("id_no", ID_X)),
    "ID_CHECK_DIGIT": ("证件号码", {"证件号码": "110100199003070041"}, ("id_no", None)),
    "ID_BIRTH_DATE": ("证件号码", {"证件号码": "110100194902300010"}, ("id_no", None)),
    "ID_REGION": ("证件号码", {"证件号码": "00010019900307001X"}, ("id_no", None)),
    "ID_MASKED": ("证件号码", {"证件号码": "110100********004X"}, ("id_no", None)),
    "ID_ROUNDED": ("证件号码", {"证件号码": "110100199003070000"}, ("id_no", None)),
    "ID_SCIENTIFIC": ("证件号码", {"证件号码": "1.101E+17"}, ("id_no", None)),
    "ID_UNRECOGNISED": ("证件号码", {"证件号码": "1234"}, ("id_no", None)),
    "ID_OTHER_DOCUMENT": ("证件号码", {"证件号码": "E12345678"}, ("id_no", "E12345678")),
    "USCC_CHECK": ("证件号码", {"证件号码": "91119901MA00ABCD4R", "债务人类型": "企业", "姓名": "某某贸易有限公司"}, ("id_no", None)),
    "KIND_ID_MISMATCH": ("债务人类型", {"债务人类型": "个人", "证件号码": FIRM_ID}, ("debtor_kind", "person")),
    "BIRTH_ID_MISMATCH": ("出生日期", {"出生日期": "1991-03-07"}, ("age", 36)),
    "AGE_ID_MISMATCH": ("年龄", {"年龄": "50"}, ("age", 36)),
    "GENDER_ID_MISMATCH": ("性别", {"性别": "女"}, ("gender", "male")),
    "AGE_ODD": ("年龄", {"年龄": "12", "证件号码": None}, ("age", 12)),
    "PHONE_FORMAT": ("手机号码", {"手机号码": "+86 179-1234-5678"}, ("phone", "17912345678")),
    "PHONE_IS_LANDLINE": ("手机号码", {"手机号码": "0755-23456789"}, ("landline", "0755-23456789")),
    "PHONE_SEVERAL": ("手机号码", {"手机号码": "17912345678/17987654321"}, ("phone2", "17987654321")),
    "PHONE_FOREIGN": ("手机号码", {"手机号码": "+852 2123 4567"}, ("phone", "+85221234567")),
    "PHONE_MASKED": ("手机号码", {"手机号码": "179****5678"}, ("phone", None)),
    "PHONE_INVALID": ("手机号码", {"手机号码": "1791234567"}, ("phone_valid", False)),
    "EMAIL_INVALID": ("电子邮箱", {"电子邮箱": "a@b"}, ("email", None)),
    "CARD_FORMAT": ("还款卡号", {"还款卡号": "4111 1111 1111 1111"}, ("bank_card", "4111111111111111")),
    "CARD_CHECK": ("还款卡号", {"还款卡号": "4111111111111112"}, ("bank_card", None)),
    "CARD_LENGTH": ("还款卡号", {"还款卡号": "411111******1111"}, ("bank_card", None)),
    "NAME_MISSING": ("姓名", {"姓名": None}, ("name", None)),
    "NAME_ODD": ("姓名", {"姓名": "张3"}, ("name", "张3")),
    "NAME_SEVERAL": ("担保人姓名", {"担保人姓名": "王伟明、李芳"}, ("guarantor_count", 2)),
    "TEXT_FORMULA": ("姓名", {"姓名": "=HYPERLINK(1)"}, ("name", "=HYPERLINK(1)")),
    "TEXT_CONTROL": ("姓名", {"姓名": "张\x07伟明"}, ("name", "张伟明")),
    "TEXT_FULLWIDTH": ("居住地址", {"居住地址": "幸福路１号"}, ("address", "幸福路1号")),
    "TEXT_SPACES": ("姓名", {"姓名": "张　伟明 "}, ("name", "张伟明")),
}


def fired_by(code: str) -> tuple[Outcome[Cleaned], int]:
    """What cleaning says of the rule's case, and in which row it stands: nine plain rows beside it, as a mended form is spoken of only where the rest of the
    column is written otherwise."""
    cells, plain = CASES[code][1], [{"借据号": "FIRST"}, *({} for _ in range(8))]
    at = len(plain) if code in LAST else 1
    return cleaned(*plain[:at], cells, *plain[at:]), at + 1


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(CHECKS)


@pytest.mark.parametrize("code", CHECKS)
def test_rule_fires_with_its_severity_and_effect(code: str) -> None:
    column, _, after = CASES[code]
    outcome, row = fired_by(code)
    mine = outcome.findings.filter(row=row)
    assert (column, code) in mine.select("column", "code").rows()
    check = CHECKS[code]
    fired = mine.filter(code=code)
    assert fired["severity"].to_list() == [check.severity]
    assert fired["message"].item()
    assert fired["message_en"].item()
    rows = outcome.data.accounts["source_row"].to_list()
    assert (row not in rows) == (check.severity == REJECT)
    assert outcome.data.rejected["__row"].to_list() == ([row] if check.severity == REJECT else [])
    assert outcome.findings.filter(row=1).is_empty(), "the plain row beside it must stay clean"
    if after is not None:
        field, value = after
        table = outcome.data.tables["debtor" if field in outcome.data.tables["debtor"].columns and field != "account_id" else "account"]
        assert table[rows.index(row), field] == value


@pytest.mark.parametrize("code", CHECKS)
def test_value_stands_in_the_finding_as_it_was(code: str) -> None:
    column, cells, _ = CASES[code]
    outcome, row = fired_by(code)
    fired = outcome.findings.filter(row=row, code=code)
    expected = cells.get("__raw") if column == "" else {**GOOD, "借据号": "", **cells}.get(column)
    assert fired["value"].item() == expected


def test_a_good_row_has_no_findings() -> None:
    assert codes(cleaned({}, {})) == []


def test_messages_and_reasons_are_whole() -> None:
    for check in CHECKS.values():
        assert check.why
        assert check.rule.message.zh != check.rule.message.en
        assert check.severity in (REJECT, WARN, REPAIRED)


def test_the_documentation_carries_the_table(root: Path) -> None:
    assert rules_table() in (root / "docs" / "intake-cleaning.md").read_text(encoding="utf-8"), (
        "docs/intake-cleaning.md is out of step: run `python -m panhuo.engines.intake.rules` and paste the table"
    )


def test_several_faults_of_a_row_are_all_told() -> None:
    cells: Mapping[str, str | None] = {"未偿本金": "-1", "手机号码": "1", "姓名": "x1"}
    assert {code for _, code in codes(cleaned(cells))} == {"NEGATIVE_PRINCIPAL", "PHONE_INVALID", "NAME_ODD"}


def test_a_row_that_is_no_row_says_only_that() -> None:
    outcome = cleaned({"__fault": "ROW_ENCODING", "__raw": "bad", "未偿本金": "-1", "手机号码": "1"})
    assert codes(outcome) == [("", "ROW_ENCODING")]
    assert outcome.data.reconciliation.balance_rejected_fen == -100 + 100_000 + 20_030


def test_a_mending_that_strikes_the_whole_column_is_told_a_hundred_times() -> None:
    outcome = cleaned(*({"未偿本金": f"{k},345.67"} for k in range(10, 300)))
    assert outcome.findings.filter(code="AMOUNT_FORMAT").height == 100
    counted = outcome.data.quality.counts.filter(field="principal_fen")
    assert counted["repaired"].item() == 290


def test_a_rejected_account_is_no_line_of_the_printing() -> None:
    """However it begins: it fills more cells, or its first one is no label."""
    for cells in ({"借据号": "说明：见附件", "未偿本金": "-1"}, {**dict.fromkeys(GOOD), "借据号": "JJ-1", "姓名": "张伟明"}):
        assert {code for _, code in codes(cleaned(cells))}.isdisjoint({"HEADER_ROW", "PRINTED_ROW"})


def test_no_money_is_looked_for_in_a_repeated_heading() -> None:
    outcome = cleaned(
        {}, {heading: heading for heading in GOOD}, {**dict.fromkeys(GOOD), "借据号": "打印时间：2026-10-31 09:00"}, {"未偿本金": "约一千"}
    )
    books = outcome.data.reconciliation
    assert (books.rows_in, books.rows_accepted, books.rows_rejected, books.balance_unreadable_rows) == (4, 1, 3, 1)
