"""The canonical frames, as data: what every tape becomes and every engine reads.

``ACCOUNT`` carries no direct identifier of a person: those live in ``DEBTOR``, ``GUARANTOR`` and ``CONTACT``, which
reach disk only in the run's private folder (later: the vault). All amounts are integer fen at the cut-off date.
"""

from __future__ import annotations

from panhuo.kernel import codes as c
from panhuo.kernel.fields import Field, Frame

ACCOUNT = Frame(
    "account",
    "账户",
    "account",
    (
        Field("account_id", "identifier", "借据号", "account id", "The lender's number of this claim; unique in a tape", nullable=False),
        Field("debtor_id", "identifier", "债务人编号", "debtor id", "One debtor, one number, across loans and lenders", tape=False),
        Field("lender", "text", "贷款机构", "lender", "Institution that holds the claim"),
        Field("branch", "text", "经办机构", "branch", "Originating branch"),
        Field("contract_no", "identifier", "合同编号", "contract number"),
        Field("debtor_kind", "code", "债务人类型", "debtor kind", codes=c.DEBTOR_KIND, nullable=False),
        Field("product", "code", "产品类型", "product", codes=c.PRODUCT, nullable=False),
        Field("currency", "text", "币种", "currency", "ISO 4217 code; CNY where the tape is silent", nullable=False),
        Field("origination_date", "date", "放款日期", "origination date"),
        Field("maturity_date", "date", "到期日期", "maturity date", "Due date of the last instalment"),
        Field("term_months", "integer", "贷款期限", "term", unit="months"),
        Field("repayment_method", "code", "还款方式", "repayment method", codes=c.REPAYMENT_METHOD),
        Field("credit_limit_fen", "money", "授信额度", "credit limit", unit="fen"),
        Field("original_principal_fen", "money", "放款金额", "original principal", unit="fen"),
        Field("annual_rate", "rate", "执行年利率", "annual rate", unit="per year"),
        Field("instalment_fen", "money", "每期应还", "instalment", unit="fen"),
        Field("principal_fen", "money", "未偿本金", "unpaid principal", unit="fen", nullable=False),
        Field("interest_fen", "money", "未偿利息", "unpaid interest", unit="fen", nullable=False),
        Field("penalty_fen", "money", "罚息复利", "penalty and compound interest", unit="fen", nullable=False),
        Field("fees_fen", "money", "其他费用", "other fees", unit="fen", nullable=False),
        Field("balance_fen", "money", "未偿本息费合计", "balance", "principal + interest + penalty + fees", unit="fen", nullable=False),
        Field("overdue_since", "date", "逾期起始日", "overdue since", "First day of the present arrears"),
        Field("overdue_days", "integer", "逾期天数", "days past due", unit="days", nullable=False),
        Field("bucket", "bucket", "账龄", "bucket", "M0 ... M12+ from the days past due", nullable=False, tape=False),
        Field("five_class", "code", "五级分类", "five-category class", codes=c.FIVE_CLASS),
        Field("last_payment_on", "date", "最近还款日", "last payment date"),
        Field("last_payment_fen", "money", "最近还款金额", "last payment", unit="fen"),
        Field("payments_12m", "integer", "近12月还款次数", "payments in 12 months"),
        Field("paid_12m_fen", "money", "近12月还款金额", "paid in 12 months", unit="fen"),
        Field("paid_total_fen", "money", "累计还款金额", "paid in all", unit="fen"),
        Field("guarantee_kind", "code", "担保方式", "guarantee kind", codes=c.GUARANTEE_KIND),
        Field("collateral_kind", "code", "抵押物类型", "collateral kind", codes=c.COLLATERAL_KIND),
        Field("collateral_value_fen", "money", "抵押物评估价值", "collateral value", unit="fen"),
        Field("prior_claims_fen", "money", "优先受偿金额", "prior claims on the collateral", unit="fen"),
        Field("seizure_rank", "integer", "查封顺位", "seizure rank", "1 = first seizure 首封, 2 and up = waiting 轮候"),
        Field("litigation_state", "code", "诉讼状态", "litigation state", codes=c.LITIGATION_STATE),
        Field("judgment_on", "date", "判决生效日", "judgment in force since"),
        Field("arbitration_clause", "flag", "有无仲裁条款", "arbitration clause"),
        Field("eservice_agreed", "flag", "约定电子送达", "electronic service agreed"),
        Field("written_off", "flag", "是否已核销", "written off", nullable=False),
        Field("written_off_on", "date", "核销日期", "written off on"),
        Field("exclusion", "code", "转让禁止情形", "transfer exclusion", "Why this claim may not be sold in bulk", codes=c.EXCLUSION),
        Field("income_right_restricted", "flag", "收益权转让受限", "income right restricted"),
        Field("region_code", "text", "地区代码", "region code", "GB/T 2260, six digits; debtor's residence"),
        Field("province", "text", "省份", "province", "Short Chinese name of the province, from the region code", tape=False),
        Field("age", "integer", "年龄", "age", "Debtor's age at the cut-off", unit="years"),
        Field("gender", "code", "性别", "gender", codes=c.GENDER),
        Field("annual_income_fen", "money", "年收入", "annual income", unit="fen"),
        Field("contactability", "code", "可联状态", "contactability", codes=c.CONTACTABILITY),
        Field("phone_valid", "flag", "手机号有效", "has a well-formed phone", tape=False, nullable=False),
        Field("has_employer", "flag", "有单位信息", "employer known", tape=False, nullable=False),
        Field("has_address", "flag", "有地址信息", "address known", tape=False, nullable=False),
        Field("contact_count", "integer", "联系人数", "contact persons on file", tape=False, nullable=False),
        Field("guarantor_count", "integer", "担保人数", "guarantors on file", tape=False, nullable=False),
        Field("calls_90d", "integer", "近90天拨打次数", "calls in 90 days"),
        Field("connected_90d", "integer", "近90天接通次数", "connected calls in 90 days"),
        Field("promises_12m", "integer", "近12月承诺次数", "promises in 12 months"),
        Field("promises_kept_12m", "integer", "近12月履约次数", "promises kept in 12 months"),
        Field("complaints_12m", "integer", "近12月投诉次数", "complaints in 12 months"),
        Field("pursuits", "integer", "累计追索次数", "recorded pursuits", "Pursuits with a record, as write-off criteria count them"),
        Field("last_demand_on", "date", "最近有效催收日", "last effective demand", "Last event that interrupted limitation"),
        Field("agency_placements", "integer", "历史委外次数", "past agency placements"),
        Field("with_agency", "flag", "是否委外中", "now with an agency"),
        Field("disputed", "flag", "是否争议", "debt disputed"),
        Field("deceased", "flag", "是否死亡", "debtor deceased"),
        Field("bankrupt", "flag", "是否破产", "debtor bankrupt"),
        Field("hardship", "flag", "是否困难", "hardship reported"),
        Field(
            "repayment_pattern",
            "text",
            "24期还款状态",
            "24-month repayment pattern",
            "Oldest month first, one character a month as in the PBC report: N * 1-7 C",
        ),
        Field("source_file", "text", "来源文件", "source file", tape=False, nullable=False),
        Field("source_row", "integer", "来源行", "source row", tape=False, nullable=False),
    ),
)

DEBTOR = Frame(
    "debtor",
    "债务人",
    "debtor",
    (
        Field("account_id", "identifier", "借据号", "account id", nullable=False),
        Field("debtor_id", "identifier", "债务人编号", "debtor id", tape=False),
        Field("debtor_no", "identifier", "客户号", "the lender's customer number", personal="other"),
        Field("name", "text", "姓名", "name", personal="name"),
        Field("id_no", "text", "证件号码", "identity number", "Resident ID or unified social credit code", personal="identity_number"),
        Field("birth_date", "date", "出生日期", "birth date", personal="other"),
        Field("phone", "text", "手机号码", "mobile phone", personal="phone"),
        Field("phone2", "text", "备用电话", "second phone", personal="phone"),
        Field("landline", "text", "固定电话", "landline", personal="phone"),
        Field("email", "text", "电子邮箱", "e-mail", personal="other"),
        Field("address", "text", "居住地址", "address", personal="address"),
        Field("employer", "text", "工作单位", "employer", personal="other"),
        Field("bank_card", "text", "还款卡号", "repayment card", personal="card"),
        Field("industry", "text", "行业", "industry"),
    ),
)

GUARANTOR = Frame(
    "guarantor",
    "担保人",
    "guarantor",
    (
        Field("account_id", "identifier", "借据号", "account id", nullable=False),
        Field("guarantor_name", "text", "担保人姓名", "guarantor's name", personal="name"),
        Field("guarantor_id_no", "text", "担保人证件号码", "guarantor's identity number", personal="identity_number"),
        Field("guarantor_phone", "text", "担保人电话", "guarantor's phone", personal="phone"),
    ),
)

CONTACT = Frame(
    "contact",
    "联系人",
    "contact person",
    (
        Field("account_id", "identifier", "借据号", "account id", nullable=False),
        Field("contact_name", "text", "联系人姓名", "contact's name", personal="name"),
        Field("contact_relation", "code", "联系人关系", "contact's relation", codes=c.RELATION),
        Field("contact_phone", "text", "联系人电话", "contact's phone", personal="phone"),
    ),
)

COLLATERAL = Frame(
    "collateral",
    "抵质押物",
    "collateral",
    (
        Field("account_id", "identifier", "借据号", "account id", nullable=False),
        Field("collateral_kind", "code", "抵押物类型", "collateral kind", codes=c.COLLATERAL_KIND),
        Field("collateral_value_fen", "money", "抵押物评估价值", "collateral value", unit="fen"),
        Field("collateral_valued_on", "date", "评估日期", "valued on"),
        Field("collateral_address", "text", "抵押物地址", "collateral address", personal="address"),
        Field("collateral_area_m2", "number", "抵押物面积", "collateral area", unit="m2"),
        Field("prior_claims_fen", "money", "优先受偿金额", "prior claims", unit="fen"),
        Field("seizure_rank", "integer", "查封顺位", "seizure rank"),
    ),
)

HISTORY = Frame(
    "history",
    "还款历史",
    "history",
    (
        Field("account_id", "identifier", "借据号", "account id", nullable=False),
        Field("month", "date", "月份", "month", "First day of the month", nullable=False),
        Field("status", "text", "状态", "status", "N paid, * none due, 1-7 buckets late, C closed", nullable=False),
    ),
)

TABLES: tuple[Frame, ...] = (ACCOUNT, DEBTOR, GUARANTOR, CONTACT, COLLATERAL, HISTORY)


def _tape_fields() -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for frame in TABLES[:-1]:  # history is unpacked from repayment_pattern, never read as such
        for field in frame.fields:
            if field.tape:
                fields.setdefault(field.name, field)
    return fields


TAPE: dict[str, Field] = _tape_fields()
"""Every field a tape may carry, by canonical name: one wide row becomes rows of the frames above."""

TAPE_REQUIRED = ("account_id", "principal_fen")
"""Without a heading for these a tape cannot be read. All else has a default, a derivation or may be null."""
