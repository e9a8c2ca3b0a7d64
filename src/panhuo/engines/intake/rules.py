"""Every rule of cleaning, as data: code, severity, words, what happens to the cell, and why that severity.

How severe a fault is follows from one question: *would leaving the account in change money silently?* If it would (no account
number, principal unreadable, a negative part of the balance, the same claim twice) the row is rejected and a person looks at
it. If only a fact about the debtor or the loan is lost, the account stays, the doubtful value is taken out of it and a warning
keeps the original: an analyst must not lose a claim for a mistyped telephone number. If the value can be read in only one way
(１２３, 1,234.50元, a lower-case x) it is mended and said so.

``docs/intake-cleaning.md`` carries this table (``rules_table``); a test holds the two in step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from panhuo.kernel.findings import REJECT, REPAIRED, WARN, Rule
from panhuo.kernel.words import Words

Effect = Literal["row out", "value out", "value kept", "value mended", "value derived"]
"""What is done: the row is rejected; the value becomes null; it stays as it is; it is normalised; it is worked out."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with its consequence and the reason for it."""

    rule: Rule
    effect: Effect
    why: str

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def severity(self) -> str:
        return self.rule.severity


def _check(code: str, effect: Effect, zh: str, en: str, why: str) -> tuple[str, Check]:
    severity = {"row out": REJECT, "value out": WARN, "value kept": WARN, "value mended": REPAIRED, "value derived": REPAIRED}[effect]
    return code, Check(Rule(code, severity, Words(zh, en)), effect, why)


CHECKS: dict[str, Check] = dict(
    (
        # rows that could not be read as rows
        _check("ROW_RAGGED", "row out", "该行的列数与表头不符", "the row has another number of cells than the header", "no cell can be trusted to stand under its heading"),
        _check("ROW_ENCODING", "row out", "该行含无法解码的字节", "the row has bytes that are not in the file's encoding", "what cannot be decoded cannot be quoted to a debtor"),
        _check("CELL_TOO_LONG", "row out", "单元格过长", "a cell is far too long", "a broken quote swallowed following rows, or an attack"),
        _check("ROW_NUL", "row out", "该行含空字节", "the row has null bytes", "the file is damaged there"),
        _check("ROW_FAULT", "row out", "该行无法读取", "the row cannot be read", "the reader gave up on it"),
        _check("TOTAL_ROW", "row out", "合计行，不是账户", "a total row, not an account", "a sum of the rows above counted as a claim would double the portfolio"),
        _check("ROW_ADDS_UP", "value kept", "各项金额恰为上面各行之和，但有自己的借据号与资料，按账户计；若是合计行请删除", "every amount is the sum of the rows above, but the row has a number and particulars of its own and counts as an account; remove it if it is a total", "short lists of round loans come to that by chance"),
        _check("ROW_LIKE_TOTAL", "value kept", "借据号与别的不同，也没有姓名、证件等资料，像是合计行而与各行合不上，按账户计；若是合计行请删除", "the number is unlike the others and there is hardly a particular: like a total, but adding up nothing, so it counts as an account; remove it if it is a total", "a total of rows that the list has lost, or that was rounded, adds up nothing"),
        _check("HEADER_ROW", "row out", "重复的表头、栏次或单位行，不是账户", "the headings again, their units or the numbers of the columns: not an account", "printed lists repeat them on every page"),
        _check("PRINTED_ROW", "row out", "打印时间、制表人、页码、备注之类，不是账户", "a line of the printing (who, when, which page, a note), not an account", "no claim stands in it"),
        # identity of the claim
        _check("ACCOUNT_ID_MISSING", "row out", "缺少借据号", "the account number is missing", "a claim without a number cannot be found again"),
        _check("DUPLICATE_ROW", "row out", "与第 {row} 行完全重复（{file}）", "repeats row {row} of {file}", "counting it would double the debt"),
        _check("DUPLICATE_ACCOUNT", "row out", "借据号与第 {row} 行相同但内容不同（{file}）", "has the account number of row {row} of {file} with other figures", "which of the two is right is for the lender to say; the first stays, none is added up"),
        _check("DUPLICATE_DEBTOR", "row out", "借据号与金额同第 {row} 行而姓名或证件不同（{file}）：像是共同借款人另起一行，同一笔债只计一次", "has the account number and the figures of row {row} of {file} under another person: a co-borrower in a row of his own, more likely than not; the debt counts once", "two people who owe one debt do not owe it twice"),
        _check("IDENTIFIER_SCIENTIFIC", "value kept", "编号为科学计数法，末位数字已丢失", "the number is in scientific notation: its last digits are lost", "Excel did it; the row is still a claim"),
        _check("PERSONAL_ACCOUNT_ID", "value out", "借据号像个人信息（证件号、手机号、卡号、姓名或地址）：结果中以 ROW-行号 代替，对照表在 private/；请提供合同自身的编号，确是编号就在版式该列写 own_number: true", "the account number looks like a person's data (identity number, mobile, card, name or address): ROW- and its row stand for it, private/ has both; give the contract's own number, or write own_number: true at the layout's column if it is one", "every file carries the account number, and may travel"),
        _check("PERSONAL_TEXT", "value out", "机构或合同编号栏含个人信息（证件号、手机号、卡号、姓名或地址），已置空", "a person's data (identity number, mobile, card, name or address) stand in a column of lender, branch or contract number; left out", "accounts.parquet names nobody"),
        # amounts
        _check("PRINCIPAL_MISSING", "row out", "缺少未偿本金", "the unpaid principal is missing", "nothing to claim can be stated"),
        _check("AMOUNT_UNREADABLE", "row out", "余额组成部分无法识别为金额", "a part of the balance cannot be read as an amount", "taking it as zero would change the debt"),
        _check("AMOUNT_ABSURD", "row out", "余额组成部分超出合理范围（绝对值大于一千亿元）", "a part of the balance is beyond reason (over 100 billion yuan)", "one such slip outweighs the whole tape"),
        _check("NEGATIVE_PRINCIPAL", "row out", "未偿本金为负", "the unpaid principal is negative", "a claim cannot be negative: a sign error or an overpayment, and each needs a person"),
        _check("NEGATIVE_PART", "row out", "利息、罚息或费用为负", "interest, penalty or fees are negative", "setting it to zero would change the balance, keeping it would break the apportionment"),
        _check("AMOUNT_CURRENCY", "row out", "金额标明的币种与该行不同；请在币种列、表头或版式的 currency 中写明币种", "the amount is marked in another currency than its row; name the currency in its column, in the heading or as currency in the layout", "$5 is not five yuan"),
        _check("CURRENCY_CONFLICT", "row out", "币种列与标题、表头或版式写明的币种不同；金额已折算就去掉该列或改正，未折算就分开处理", "the currency column names another currency than title, heading or layout; drop or correct it if the amounts are converted, else run these rows apart", "nobody but the lender knows which of the two the amounts are in"),
        _check("OPTIONAL_AMOUNT_UNREADABLE", "value out", "金额无法识别，已置空", "an amount cannot be read and is left out", "not part of the balance"),
        _check("OPTIONAL_AMOUNT_CURRENCY", "value out", "金额标明的币种与该行不同，已置空", "an amount is marked in another currency than its row and is left out", "not part of the balance"),
        _check("OPTIONAL_AMOUNT_ABSURD", "value out", "金额超出合理范围，已置空", "an amount is beyond reason and is left out", "not part of the balance"),
        _check("OPTIONAL_AMOUNT_NEGATIVE", "value out", "金额不应为负，已置空", "an amount that cannot be negative is, and is left out", "not part of the balance"),
        _check("AMOUNT_FORMAT", "value mended", "金额书写不规范，已按原值识别", "the amount is written irregularly; read at its value", "the value is certain"),
        _check("AMOUNT_ROUNDED", "value mended", "金额精度超过分，已四舍五入到分", "the amount is finer than a fen; rounded half up", "at most half a fen"),
        _check("BALANCE_MISMATCH", "value kept", "合计与本金、利息、罚息、费用之和不符，以各部分之和为准", "the stated balance is not the sum of its parts; the sum is used", "the parts are what is claimed and apportioned; the total is checked against them"),
        _check("BALANCE_SCALE", "row out", "各部分之和与合计相差一百倍以上：其一单位不同或填错", "the parts' sum and the stated balance differ a hundredfold or more: one is in another unit or a slip", "whichever is taken, the claim may be wrong by a factor of 100 or 10,000"),
        _check("INTEREST_FROM_BALANCE", "value derived", "利息、罚息、费用均空，以合计减本金作为利息", "interest, penalty and fees are empty; balance less principal is taken as interest", "the tape states the total; the split alone is missing"),
        _check("NOTHING_OWED", "value kept", "未偿金额为零", "nothing is owed", "may be settled since the cut-off"),
        _check("PRINCIPAL_ABOVE_LOAN", "value kept", "未偿本金大于放款金额", "the unpaid principal exceeds the amount lent", "possible by capitalised interest, otherwise a unit or column slip"),
        # rates and numbers
        _check("RATE_UNREADABLE", "value out", "利率无法识别，已置空", "the rate cannot be read and is left out", "not part of the balance"),
        _check("RATE_ABSURD", "value out", "年利率为负或超过 500%，已置空", "the yearly rate is negative or over 500 % and is left out", "a unit slip; a wrong rate is worse than none"),
        _check("RATE_FORMAT", "value mended", "利率书写不规范，已识别", "the rate is written irregularly; read at its value", "the value is certain"),
        _check("NUMBER_UNREADABLE", "value out", "数值无法识别，已置空", "the number cannot be read and is left out", "not part of the balance"),
        _check("NUMBER_OUT_OF_RANGE", "value out", "数值超出合理范围，已置空", "the number is out of range and is left out", "a count is neither negative nor astronomical"),
        _check("NUMBER_FORMAT", "value mended", "数值书写不规范，已识别", "the number is written irregularly; read at its value", "the value is certain"),
        # dates
        _check("DATE_UNREADABLE", "value out", "日期无法识别，已置空", "the date cannot be read and is left out", "a guess at day and month order would be wrong half the time; name the form in the layout"),
        _check("DATE_IMPOSSIBLE", "value out", "日期不存在（如 2 月 31 日），已置空", "there is no such day (31 February); left out", "it cannot be said which day was meant"),
        _check("DATE_TOO_EARLY", "value out", "日期早于 1949 年（出生日期早于 1900 年），已置空", "the date is before 1949 (a birth before 1900); left out", "mostly a system's null date, 1900-01-01"),
        _check("DATE_AFTER_CUTOFF", "value out", "日期晚于基准日，已置空", "the date is after the cut-off; left out", "nothing after the cut-off can be on the tape; it would count as negative time"),
        _check("DATE_TOO_LATE", "value out", "到期日晚于 2100 年，已置空", "the maturity is after 2100; left out", "a placeholder such as 9999-12-31"),
        _check("DATE_FORMAT", "value mended", "日期写法与本列其他单元格不同，已识别", "the date is written unlike the rest of its column; read at its value", "the form is unmistakable"),
        _check("DATE_TWO_DIGIT_YEAR", "value mended", "年份为两位数，按 1949 至 2048 补全", "the year has two digits; completed within 1949-2048", "the only century a loan can have"),
        _check("MATURITY_BEFORE_ORIGINATION", "value out", "到期日早于放款日，到期日已置空", "maturity before origination; the maturity is left out", "limitation runs from maturity: better unknown than wrong"),
        # arrears
        _check("OVERDUE_CONTRADICTION", "value kept", "逾期天数与逾期起始日不符，以起始日推算为准", "days past due contradict the date of first arrears; the date is used", "a date is an event of the contract, a day count ages with every export"),
        _check("OVERDUE_BEFORE_ORIGINATION", "value out", "逾期起始日早于放款日，起始日已置空", "arrears begin before the loan; the date is left out", "the day count remains"),
        _check("OVERDUE_NEGATIVE", "value mended", "逾期天数为负（未到期），按 0 计", "negative days past due (not yet due) count as 0", "systems count down to the due date"),
        _check("DAYS_ROUNDED", "value mended", "逾期天数有小数，舍去不足一天的部分", "the days past due have a fraction, which is dropped", "a day not over is not past due"),
        _check("OVERDUE_FROM_BAND", "value derived", "逾期以区间或期数给出（如 M3、181-360天），取区间内最少的天数", "arrears stated as a band or in instalments (M3, 181-360 days); the fewest days in it are taken", "nothing is said to be older than the tape shows"),
        _check("OVERDUE_FROM_MATURITY", "value derived", "未给逾期信息，按到期日推算", "no arrears stated; counted from maturity", "money unpaid after the last due date is overdue at least since then"),
        _check("OVERDUE_FROM_WRITE_OFF", "value derived", "未给逾期信息，按核销日期推算最少天数", "no arrears stated; the fewest days are counted from the write-off", "no claim is written off before it is overdue"),
        _check("OVERDUE_FROM_CLASS", "value derived", "未给逾期信息，按五级分类的最低天数推算（已核销的按损失类）", "no arrears stated; the fewest days of the five-category class are taken (written off: of loss)", "2023 classification measures: over 90, 270 and 360 days"),
        _check("OVERDUE_UNKNOWN", "value kept", "无法得知逾期天数，按 0 天计", "days past due unknown; taken as 0", "the account stays visible as M0 with this warning"),
        _check("MATURITY_PASSED", "value kept", "到期日已过一个月以上仍未结清，逾期天数却更少，按逾期天数计；请核实是否已展期", "the loan is more than a month past maturity and unpaid, yet fewer days past due are stated; the stated days are used: check whether it was extended", "who may have been granted time must not be pursued on a guess"),
        _check("CLASS_WITHOUT_ARREARS", "value kept", "五级分类为可疑或损失，逾期天数却为 0，按未逾期计；请核实", "the class is doubtful or loss, yet no day past due is stated; it stays not overdue: check it", "a class may be bad for other reasons, and who is not in arrears must not be pursued"),
        _check("PATTERN_ODD", "value out", "还款状态含未知字符，已置空", "the repayment pattern has unknown characters; left out", "a history misread is worse than none"),
        # codes
        _check("CODE_UNKNOWN", "value out", "代码不在代码表中，已置空或取默认值；在版式该列的 codes 中补上即可，panhuo layout suggest 会列出未知的代码", "the code is not in the code list; left out or defaulted. Add it to codes of the layout's column; panhuo layout suggest lists the unknown ones", "add it to the layout's codes"),
        _check("FLAG_UNKNOWN", "value out", "是否标志无法识别，已置空", "the yes/no flag cannot be read; left out", "add it to the layout's codes"),
        _check("LITIGATION_STAGE_UNKNOWN", "value kept", "只写明已诉（是），没有写阶段，按诉讼中计", "sued, but the stage is not said; taken as in suit", "who is sued is not sued again; add a judgment or enforcement if there is one"),
        _check("CURRENCY_UNKNOWN", "value out", "币种无法识别，按清单所写币种计，没有写则人民币", "the currency cannot be read; taken as what the tape states elsewhere, else CNY", "amounts stay as stated; look before adding up"),
        _check("REGION_UNKNOWN", "value out", "地区代码不在 GB/T 2260 省级范围内，已置空", "the region code has no province in GB/T 2260; left out", "the region is then taken from the identity number"),
        _check("REGION_FORMAT", "value mended", "地区写作名称或短码，已转为六位代码", "the region is a name or a short code; made a six-digit code", "a province has one code"),
        # identity documents
        _check("ID_FORMAT", "value mended", "证件号码含空格、全角或引号，已规范", "the identity number had spaces, full-width characters or quotes", "the check digit confirms it"),
        _check("ID_LOWERCASE_X", "value mended", "证件号码末位小写 x，已改为 X", "the identity number ended in a lower-case x", "GB 11643 writes X"),
        _check("ID_15_UPGRADED", "value mended", "15 位旧身份证号已升为 18 位", "a 15-digit identity number was made one of 18", "GB 11643-1999: 19 before the year, check digit after"),
        _check("ID_CHECK_DIGIT", "value out", "身份证号校验码不符，已置空", "wrong check digit in the identity number; left out", "two people must not become one by a mistyped digit; the row keeps its claim, the finding the original"),
        _check("ID_BIRTH_DATE", "value out", "身份证号中的出生日期不合法，已置空", "the identity number holds no possible birth date; left out", "not a number ever issued"),
        _check("ID_REGION", "value out", "身份证号的省级代码不存在，已置空", "the identity number's province code does not exist; left out", "not a number ever issued"),
        _check("ID_MASKED", "value out", "证件号码已脱敏，不能用于识别", "the identity number is masked; left out", "masked numbers of strangers look alike"),
        _check("ID_SCIENTIFIC", "value out", "证件号码为科学计数法，末位数字已丢失", "the identity number is in scientific notation; its last digits are lost", "Excel keeps 15 digits"),
        _check("ID_ROUNDED", "value out", "证件号码末三位为 000 且校验不符：多半被 Excel 当作数字存储，末三位已丢失", "the identity number ends in 000 and its check digit is wrong: most likely Excel kept it as a number and lost its last three digits", "Excel keeps 15 digits; ask for the column as text"),
        _check("ID_UNRECOGNISED", "value out", "证件号码的长度或字符不合法，已置空", "length or characters fit no identity document; left out", "cannot be used to tell people apart"),
        _check("ID_OTHER_DOCUMENT", "value kept", "非居民身份证或统一社会信用代码（护照、通行证、旧注册号），未校验", "another document (passport, permit, old registration number), not checked", "lawful documents without a check digit"),
        _check("USCC_CHECK", "value out", "统一社会信用代码校验码不符，已置空", "wrong check character in the unified social credit code; left out", "GB 32100-2015"),
        _check("KIND_ID_MISMATCH", "value kept", "债务人类型与证件类型不符", "the debtor kind does not fit the document", "the stated kind stays: a sole trader may be filed either way"),
        _check("BIRTH_ID_MISMATCH", "value kept", "出生日期与身份证号不符，以身份证号为准", "the birth date contradicts the identity number, which is used", "the number carries a check digit"),
        _check("AGE_ID_MISMATCH", "value kept", "年龄与出生日期不符，以出生日期为准", "the age contradicts the birth date, which is used", "ages grow stale; one year of difference is allowed"),
        _check("GENDER_ID_MISMATCH", "value kept", "性别与身份证号不符，以身份证号为准", "the gender contradicts the identity number, which is used", "the number carries a check digit"),
        _check("AGE_ODD", "value kept", "年龄小于 16 或大于 100", "age below 16 or above 100", "a minor cannot contract; great age may mean a death not recorded"),
        # ways to reach people
        _check("PHONE_FORMAT", "value mended", "电话含区号前缀、空格或符号，已规范", "the phone had prefixes, spaces or signs", "one number remains"),
        _check("PHONE_IS_LANDLINE", "value mended", "手机栏为固定电话，已移至固定电话", "a landline stood in the mobile column; moved to the landline", "the form tells them apart"),
        _check("PHONE_SEVERAL", "value mended", "一格多个电话，取第一个，第二个移至备用电话", "several phones in a cell; the first is used, the second becomes the spare", "each is well formed"),
        _check("PHONE_FOREIGN", "value kept", "境外电话", "a foreign phone", "well formed for its country"),
        _check("PHONE_MASKED", "value out", "电话已脱敏，已置空", "the phone is masked; left out", "it cannot be dialled"),
        _check("PHONE_INVALID", "value out", "电话不合法，已置空", "not a valid phone; left out", "dialling it would reach a stranger or no one"),
        _check("EMAIL_INVALID", "value out", "电子邮箱不合法，已置空", "not a valid e-mail address; left out", "it cannot be written to"),
        _check("CARD_FORMAT", "value mended", "卡号含空格或符号，已规范", "the card number had spaces or signs", "the Luhn digit confirms it"),
        _check("CARD_CHECK", "value out", "银行卡号校验位（Luhn）不符，已置空", "the card number fails its Luhn digit; left out", "a deduction would hit another card"),
        _check("CARD_LENGTH", "value out", "银行卡号应为 13 至 19 位数字，已置空", "a card number has 13 to 19 digits; left out", "masked, cut or not a card"),
        # text
        _check("NAME_MISSING", "value kept", "缺少姓名", "the name is missing", "the claim stands; the debtor has to be found by number"),
        _check("NAME_ODD", "value kept", "姓名含数字、符号或测试字样", "the name has digits, symbols or test words", "worth a look; a name is no key"),
        _check("NAME_SEVERAL", "value mended", "一格多个担保人，已分开计", "several guarantors in a cell; each counts", "each part is a whole name; who stands surety bars a write-off and is pursued"),
        _check("TEXT_FORMULA", "value kept", "内容以 = + - @ 开头，形似公式", "the text begins with = + - @ like a formula", "kept as text; every CSV and workbook written shows it as text"),
        _check("TEXT_CONTROL", "value mended", "含不可见控制字符，已去除", "control characters were removed", "they carry no meaning"),
        _check("TEXT_FULLWIDTH", "value mended", "含全角字母数字，已转半角", "full-width letters or digits were made half-width", "the same characters"),
        _check("TEXT_SPACES", "value mended", "首尾或姓名中间有空格，已去除", "stray spaces were removed", "they carry no meaning"),
    )
)  # fmt: skip
"""By code, in the order of the table."""

ABSENCES = frozenset({"ACCOUNT_ID_MISSING", "PRINCIPAL_MISSING", "NAME_MISSING", "OVERDUE_UNKNOWN"})
"""Rules about cells that are empty: they say nothing about the validity of what is filled."""

EVERY_ROW_CAP = 100
"""Findings kept of one mending rule in one column of one batch once it touches a fifth of the column: see :class:`.clean_notes.Notes`."""

BALANCE_PARTS = ("principal_fen", "interest_fen", "penalty_fen", "fees_fen")
ABSURD_FEN = 10_000_000_000_000
"""100 billion yuan: more than any single claim on the Chinese market, far below what a slip of columns produces."""


def rules_table() -> str:
    """The catalogue as a Markdown table, for the documentation."""
    head = "| code | severity | effect | 说明 | meaning | why |\n|---|---|---|---|---|---|\n"
    rows = (f"| `{c.code}` | {c.severity} | {c.effect} | {c.rule.message.zh} | {c.rule.message.en} | {c.why} |" for c in CHECKS.values())
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(rules_table())  # noqa: T201
