"""What a user should know about a run as a whole: no fault of a row, yet nothing to pass over in silence.

Notices stand in ``summary.json`` (``notices``: code, message, message_en), on the report's first page and on stderr.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from panhuo.engines.intake import Quality, Reconciliation
from panhuo.engines.intake.clean_result import ABOVE, LARGE_FEN, SMALL_FEN, SMALL_FIRM_FEN
from panhuo.kernel.frames import TAPE
from panhuo.kernel.money import format_short, in_currency
from panhuo.kernel.words import Words
from panhuo.pipeline.unread import STAGELESS, Unread

READING, PARTIAL, TITLE_UNIT, FOREIGN, MIXED = "READING_NOTE", "LAYOUT_PARTIAL", "TITLE_UNIT", "CURRENCY_NOT_CNY", "CURRENCIES_MIXED"

TOTALS, MONEY_UNREAD, AS_OF_TODAY, AS_OF_AHEAD, NOTHING = "TOTAL_ROWS", "MONEY_UNREAD", "AS_OF_TODAY", "AS_OF_AHEAD", "NOTHING_ACCEPTED"
AS_OF_TITLE, BALANCES_APART, BALANCES_SMALL, BALANCES_LARGE = "AS_OF_TITLE", "BALANCES_APART", "BALANCES_SMALL", "BALANCES_LARGE"
CODES_UNREAD, STAGE_UNKNOWN = "CODES_UNREAD", "LITIGATION_STAGE_UNKNOWN"
ARREARS_UNKNOWN, ARREARS_DOUBTED, ARREARS_APART = "ARREARS_UNKNOWN", "ARREARS_DOUBTED", "ARREARS_APART"
PARTS_ABOVE, ACCOUNTS_REPEATED = "PARTS_ABOVE_PRINCIPAL", "ACCOUNTS_REPEATED"
ROWS_ADD_UP, CO_DEBTORS, NAMELESS = "ROWS_ADD_UP", "CO_DEBTORS_APART", "ROWS_NAMELESS"

_A_FEW = 3
DOUBTED_SHARE = 1_000
"""One in so many accounts, or of what they owe: fewer in doubt are no notice of the run. findings.csv has them all."""


APART_SHARE = 5
"""One in so many accounts, or rows: more that contradict themselves, or repeat an account, are no slips of single rows."""
UNREAD_SHARE = 20
"""One in so many filled cells of a coded column: more of them unread are a notice."""
_VALUES = 6
_MEANS = {
    "litigation_state": ("，即按未诉", ", that is as not sued"),
    "written_off": ("，没有核销日期的即按未核销", ", that is as not written off where there is no date of it"),
    "guarantee_kind": ("，即担保方式不明", ", that is as of unknown security"),
    "product": ("，即归入其他（企业归入对公贷款）", ", that is as other (firms: corporate loan)"),
}
"""What not stated comes to, where it is more than not known."""


class Notice(NamedTuple):
    """code: stable, for scripts."""

    code: str
    words: Words

    def as_figures(self) -> dict[str, str]:
        return {"code": self.code, "message": self.words.zh, "message_en": self.words.en}


def of_today(day: dt.date) -> Words:
    """The cut-off date is the day of the run, for want of another."""
    return Words(
        f"清单没有写明基准日，按运行当日 {day} 计算：账龄、逾期天数与估值都以它为准。用 --as-of 或版式的 as_of 给出真正的基准日",
        f"the tape states no cut-off date: the day of the run, {day}, was taken, and ages, days past due and values go by it. Give the true one with --as-of or as "
        "as_of in the layout",
    )


def of_ahead(day: dt.date, today: dt.date) -> Words:
    """The cut-off date lies ahead of the day of the run."""
    return Words(
        f"基准日 {day} 在运行当日（{today}）之后：逾期天数、诉讼时效等都按这一天计算。若非有意，请用 --as-of 更正",
        f"the cut-off date {day} lies after the day of the run ({today}): days past due, limitation and the rest go by it. If that is not meant, correct it with --as-of",
    )


def of_another_title(day: dt.date, titled: dt.date) -> Words:
    """What the rows' arrears come to is another cut-off date than the one stated."""
    return Words(
        f"标题行或数据日期列写的基准日是 {titled}，各行的逾期起始日加逾期天数却是 {day}，按后者计算。若应以前者为准，请用 --as-of {titled}",
        f"the title, or a column of the data's date, states {titled} as cut-off date; first day of arrears plus days past due come to {day}, which is used. If the former is right, "
        f"give --as-of {titled}",
    )


def of_nothing(r: Reconciliation) -> list[Notice]:
    """Every row was rejected."""
    if r.rows_accepted or not r.rows_in:
        return []
    return [
        Notice(
            NOTHING,
            Words(
                f"{r.rows_in:,} 行全部被剔除，没有一户进入方案。各行的原因见 rejects.csv：ROW_RAGGED 是行的格数与表头不符（行末多出的逗号、金额中未加引号的逗号）；余额为负是借方记账；公式没有算过要在 Excel 中打开再存一次；其余多半是版式读错了列或单位（panhuo layout suggest）",
                f"all {r.rows_in:,} row(s) were rejected and no account is in the plan. rejects.csv says why of each: ROW_RAGGED is a row with more or fewer cells than the headings (commas at the "
                "end of rows, unquoted commas in amounts); negative balances are booked as debits; formulas never worked out want the workbook opened in Excel and saved; otherwise the "
                "layout more often than not reads the wrong column or unit (panhuo layout suggest)",
            ),
        )
    ]


def of_totals(rows: int, fen: int, currency: str) -> list[Notice]:
    """Total rows (合计) among the rejected: their balance, named in ``currency``, repeats that of other rows."""
    if not rows:
        return []
    zh, en = _amount(fen, currency)
    return [
        Notice(
            TOTALS,
            Words(
                f"剔除的行中有 {rows:,} 行是合计行（余额 {zh}）：它们是其他行的加总，剔除它们不是损失，看剔除余额时应扣除。请在 rejects.csv 中按 TOTAL_ROW 过目：若其中有真债权，补上借据号与客户信息后重跑",
                f"{rows:,} of the rejected rows are total rows (balance {en}): they add up other rows, so leaving them out loses nothing; "
                "take them off when you look at the rejected balance. Look them over under TOTAL_ROW in rejects.csv: if one is a claim, fill in its account number and whose it is, and "
                "run again",
            ),
        )
    ]


def of_intake(r: Reconciliation, currencies: Mapping[str, int], currency: str) -> list[Notice]:
    """What the figures of the intake call for: nothing accepted, total rows among the rejected, balances that do not add up, arrears unknown or in doubt, foreign money."""
    totals = of_totals(r.total_rows, r.balance_total_rows_fen, currency)
    return [
        *of_nothing(r),
        *totals,
        *of_balances(r),
        *(of_small(r, currency) or of_small_firms(r, currency)),
        *of_large(r, currency),
        *of_sums(r, currency),
        *of_co_debtors(r),
        *of_nameless(r),
        *of_parts(r),
        *of_repeated(r),
        *of_arrears(r, currency),
        *of_currencies(currencies),
    ]


def _of_most(rows: int, r: Reconciliation) -> bool:
    """Whether it holds of more than half of the accounts, and these are more than a few."""
    return 2 * rows > r.rows_accepted >= _A_FEW


def of_balances(r: Reconciliation) -> list[Notice]:
    """In most rows the stated balance is not the sum of its parts: a row may be wrong, all of them are read wrongly."""
    if not _of_most(r.balances_apart_rows, r):
        return []
    return [
        Notice(
            BALANCES_APART,
            Words(
                f"{r.rows_accepted:,} 户中有 {r.balances_apart_rows:,} 户的合计余额不等于本金、利息、罚息、费用之和，按各部分之和计：多半是某一部分没有读、读错了列或单位。"
                "请核对版式（panhuo layout check）；明细见 findings.csv 的 BALANCE_MISMATCH",
                f"for {r.balances_apart_rows:,} of {r.rows_accepted:,} account(s) the stated balance is not the sum of principal, interest, penalty and fees, and the sum is used: more often "
                "than not a part is unread, or read from the wrong column or in the wrong unit. Check the layout (panhuo layout check); they are BALANCE_MISMATCH in findings.csv",
            ),
        )
    ]


def of_small(r: Reconciliation, currency: str) -> list[Notice]:
    """Most accounts owe next to nothing: a unit was passed over more likely than such loans were listed."""
    if not _of_most(r.balances_small_rows, r):
        return []
    zh, en = _amount(SMALL_FEN, currency)
    return [
        Notice(
            BALANCES_SMALL,
            Words(
                f"{r.rows_accepted:,} 户中有 {r.balances_small_rows:,} 户的余额不足 {zh}：金额的单位可能是万元、千元而没有写明。请核对，必要时在版式中写 unit: wan；确是小额债权则不必理会",
                f"{r.balances_small_rows:,} of {r.rows_accepted:,} account(s) owe less than {en}: the amounts may be in ten thousands or thousands without saying so. Check, and write "
                "unit: wan in the layout if they are; pay no heed if the claims are that small",
            ),
        )
    ]


def of_small_firms(r: Reconciliation, currency: str) -> list[Notice]:
    """Most accounts are of firms that owe less than firms do: 万元 read as yuan, more likely than not."""
    if not _of_most(r.balances_small_firms_rows, r):
        return []
    zh, en = _amount(SMALL_FIRM_FEN, currency)
    return [
        Notice(
            BALANCES_SMALL,
            Words(
                f"{r.rows_accepted:,} 户中有 {r.balances_small_firms_rows:,} 户是企业而余额不足 {zh}：金额的单位可能是万元而没有写明。请核对，必要时在版式中写 unit: wan；确是小额债权则不必理会",
                f"{r.balances_small_firms_rows:,} of {r.rows_accepted:,} account(s) are of firms that owe less than {en}: the amounts may be in ten thousands without saying so. Check, and "
                "write unit: wan in the layout if they are; pay no heed if the claims are that small",
            ),
        )
    ]


def of_sums(r: Reconciliation, currency: str) -> list[Notice]:
    """Rows that add up others, or are like rows that do, and stay accounts: a person should look at each, as the balance hangs on it."""
    if not r.adds_up_rows:
        return []
    zh, en = _amount(r.balance_adds_up_fen, currency)
    return [
        Notice(
            ROWS_ADD_UP,
            Words(
                f"有 {r.adds_up_rows:,} 行（余额 {zh}）像合计行而按账户计入：各项金额恰为上面各行之和却有自己的借据号与资料（ROW_ADDS_UP），或几乎没有账户的资料却与各行合不上（ROW_LIKE_TOTAL）。若是合计行，组合就被重复计算：请在 findings.csv 中按这两个代码核对，是合计就从清单中删去",
                f"{r.adds_up_rows:,} row(s) (balance {en}) look like totals and count as accounts: in every amount the sum of those above, but with a number and particulars of their own "
                "(ROW_ADDS_UP), or with hardly a particular, but adding up nothing (ROW_LIKE_TOTAL). If they are totals the portfolio is counted twice: look them up in findings.csv under "
                "these codes and remove from the tape those that are",
            ),
        )
    ]


def of_co_debtors(r: Reconciliation) -> list[Notice]:
    """Co-borrowers in rows of their own."""
    if not r.co_debtor_rows:
        return []
    return [
        Notice(
            CO_DEBTORS,
            Words(
                f"剔除的行中有 {r.co_debtor_rows:,} 行与前面的行借据号、金额相同而姓名或证件不同（DUPLICATE_DEBTOR）：像是共同借款人另起一行。同一笔债只计一次，剔除不是损失；"
                "要把他们列为共同责任人，请写进主借款人那一行的“担保人姓名”等列",
                f"{r.co_debtor_rows:,} of the rejected rows have the account number and figures of an earlier row under another person (DUPLICATE_DEBTOR): co-borrowers in rows of their own, more "
                "likely than not. The debt counts once and nothing is lost; to have them as liable too, put them into the first row's guarantor columns",
            ),
        )
    ]


def of_nameless(r: Reconciliation) -> list[Notice]:
    """Rows that do not say who owes among rows that do: loans of the customer named once above them, for one."""
    if r.nameless_rows < _A_FEW:
        return []
    return [
        Notice(
            NAMELESS,
            Words(
                f"{r.rows_accepted:,} 户中有 {r.nameless_rows:,} 户没有姓名（名称）、证件号码和客户号，各按一个单独的债务人计。若清单只在同一客户的第一笔写客户信息，请向下填满后重跑；若其中有小计行，请删去",
                f"{r.nameless_rows:,} of {r.rows_accepted:,} account(s) have no name, identity or customer number and count as a debtor each. Where the tape names a customer on the first of "
                "several loans only, fill the cells down and run again; where some are subtotals, remove them",
            ),
        )
    ]


def of_large(r: Reconciliation, currency: str) -> list[Notice]:
    """Most accounts are of persons who owe more than persons do: read in too large a unit, more likely than not. Not where a yuan is little money."""
    if currency != "CNY" or not _of_most(r.balances_large_rows, r):
        return []
    zh, en = _amount(LARGE_FEN, currency)
    return [
        Notice(
            BALANCES_LARGE,
            Words(
                f"{r.rows_accepted:,} 户中有 {r.balances_large_rows:,} 户是个人而余额超过 {zh}：多半是把元读成了万元。请核对版式里各金额列的 unit（panhuo layout check）；确是大额债权则不必理会",
                f"{r.balances_large_rows:,} of {r.rows_accepted:,} account(s) are of persons who owe more than {en}: yuan were read as ten thousands, more often than not. Check the unit of "
                "each amount in the layout (panhuo layout check); pay no heed if the claims are that large",
            ),
        )
    ]


def of_parts(r: Reconciliation) -> list[Notice]:
    """Most accounts owe many times their principal beside it: interest read in another unit than the principal, more likely than not."""
    if not _of_most(r.parts_above_rows, r):
        return []
    return [
        Notice(
            PARTS_ABOVE,
            Words(
                f"{r.rows_accepted:,} 户中有 {r.parts_above_rows:,} 户的利息、罚息、费用合计超过本金的 {ABOVE} 倍：多半是这些列与本金的单位不同，或读错了列。请核对版式（panhuo layout check）",
                f"{r.parts_above_rows:,} of {r.rows_accepted:,} account(s) owe more than {ABOVE} times their principal in interest, penalty and fees: more often than not these are read in "
                "another unit than the principal, or from the wrong column. Check the layout (panhuo layout check)",
            ),
        )
    ]


def of_repeated(r: Reconciliation) -> list[Notice]:
    """Many rows repeat an account with other figures: several month ends, an instalment a row, numbers that Excel rounded."""
    if r.repeated_rows < _A_FEW or r.repeated_rows * APART_SHARE <= r.rows_in:
        return []
    return [
        Notice(
            ACCOUNTS_REPEATED,
            Words(
                f"{r.rows_in:,} 行中有 {r.repeated_rows:,} 行的借据号在前面出现过而金额或日期不同，只取了第一行，其余剔除（DUPLICATE_ACCOUNT）。"
                "几个月末的数据放在一起：只给最近一期（多个工作表用 --sheet）；每期还款一行：先按借据汇总；长编号末尾变成 0：在 Excel 中以文本保存编号后重新导出",
                f"{r.repeated_rows:,} of {r.rows_in:,} row(s) repeat an account number with other figures; the first row of each was taken, the others are rejected (DUPLICATE_ACCOUNT). "
                "Several month ends together: give the latest alone (of several sheets, --sheet); a row for each instalment: add them up by account first; long numbers that end in "
                "zeros: keep them as text in Excel and export again",
            ),
        )
    ]


def of_arrears(r: Reconciliation, currency: str) -> list[Notice]:
    """Accounts that stay out of the plan because the tape does not say, or contradicts itself on, how long they are overdue."""
    out = []
    if r.arrears_apart_rows >= _A_FEW and r.arrears_apart_rows * APART_SHARE > r.rows_accepted:
        out.append(
            Notice(
                ARREARS_APART,
                Words(
                    f"{r.rows_accepted:,} 户中有 {r.arrears_apart_rows:,} 户的逾期天数与逾期起始日对不上，按起始日计。这么多户不符，多半是其中一列不是当前逾期（首次逾期日期、累计逾期天数），"
                    "或基准日不对（--as-of）。请在版式中去掉不对的一列后重跑；明细见 findings.csv 的 OVERDUE_CONTRADICTION",
                    f"for {r.arrears_apart_rows:,} of {r.rows_accepted:,} account(s) the days past due are not those since the first day of arrears, and the date is used. So many are no "
                    "slips: one column is not of the present arrears (first arrears ever, days in all), or the cut-off date is wrong (--as-of). Take the wrong column out of the "
                    "layout and run again; they are OVERDUE_CONTRADICTION in findings.csv",
                ),
            )
        )
    if r.arrears_unknown_rows:
        zh, en = _amount(r.balance_arrears_unknown_fen, currency)
        out.append(
            Notice(
                ARREARS_UNKNOWN,
                Words(
                    f"{r.arrears_unknown_rows:,} 户（余额 {zh}）无从得知是否逾期：没有（或读不出）逾期天数、逾期起始日、账龄，到期日与五级分类也没有显示逾期，暂按未逾期处理，不进入方案。"
                    "清单有这一列而版式没有读它：在版式中指定（panhuo layout suggest）；有列却读不出（findings.csv 的 NUMBER_UNREADABLE）：把写法改成天数、账龄 M3 或区间 31-60天",
                    f"nothing says whether {r.arrears_unknown_rows:,} account(s) (balance {en}) are overdue: no days past due, date of first arrears or stage that "
                    "could be read, and neither maturity nor class shows arrears. They count as not overdue and stay out of the plan. Where the tape has such a column that the "
                    "layout does not read, name it there (panhuo layout suggest); where its cells cannot be read (NUMBER_UNREADABLE in findings.csv), write days, a stage as M3 or a range "
                    "as 31-60天",
                ),
            )
        )
    many = DOUBTED_SHARE * r.arrears_doubted_rows >= r.rows_accepted or DOUBTED_SHARE * r.balance_arrears_doubted_fen >= r.balance_accepted_fen
    if r.arrears_doubted_rows and many:
        zh, en = _amount(r.balance_arrears_doubted_fen, currency)
        out.append(
            Notice(
                ARREARS_DOUBTED,
                Words(
                    f"{r.arrears_doubted_rows:,} 户（余额 {zh}）的逾期天数与到期日或五级分类矛盾（到期未还或已列可疑、损失，逾期天数却更少或为 0），按清单的逾期天数计。"
                    "请核实后重跑；明细见 findings.csv 的 MATURITY_PASSED 与 CLASS_WITHOUT_ARREARS",
                    f"the days past due of {r.arrears_doubted_rows:,} account(s) (balance {en}) contradict their maturity or class (past maturity and unpaid, or doubtful or loss, "
                    "yet fewer or no days). The tape's days are used. Check them and run again; they are MATURITY_PASSED and CLASS_WITHOUT_ARREARS in findings.csv",
                ),
            )
        )
    return out


def of_unread(unread: Unread, quality: Quality, headings: Mapping[str, str]) -> list[Notice]:
    """Coded columns and flags of which more than a few cells were not read: plans are made on what they say."""
    filled = dict(quality.counts.select("field", "filled").iter_rows())
    out = []
    for (field, code), cells in sorted(unread.cells.items(), key=lambda item: (-item[1], item[0])):
        if cells < _A_FEW or cells * UNREAD_SHARE <= filled.get(field, 0):
            continue
        values = "、".join(f"{value}×{count:,}" for value, count in unread.values[field, code].most_common(_VALUES))
        heading, known, whole = headings[field], TAPE[field], max(cells, filled.get(field, 0))
        where = "" if heading == known.zh else f"（{known.zh}）"
        if code == STAGELESS:
            words = Words(
                f"“{heading}”{where}有 {cells:,} 户只写明已诉（{values}），没有写阶段：按诉讼中计。已判决、已调解或在执行的，请在清单中写明阶段后重跑",
                f"for {cells:,} account(s) {heading} ({known.en}) says only that there is a suit ({values}), not its stage: they count as in suit. Where there is a judgment, "
                "a settlement or enforcement, say so on the tape and run again",
            )
            out.append(Notice(STAGE_UNKNOWN, words))
            continue
        zh, en = _MEANS.get(field, ("", ""))
        words = Words(
            f"“{heading}”{where}的 {whole:,} 个单元格中有 {cells:,} 个读不出（{values}），按没有填写处理{zh}。请在版式该列的 codes 中对应后重跑；明细见 findings.csv 的 {code}",
            f"{cells:,} of {whole:,} cell(s) of {heading} ({known.en}) cannot be read ({values}) and count as not stated{en}. Map them under codes of the layout's column and run "
            f"again; they are {code} in findings.csv",
        )
        out.append(Notice(CODES_UNREAD, words))
    return out


def _amount(fen: int, currency: str) -> tuple[str, str]:
    return in_currency(format_short(fen, "zh"), currency), in_currency(format_short(fen, "en"), currency)


def of_currencies(accounts: Mapping[str, int]) -> list[Notice]:
    """accounts: how many, by currency. The policy's amounts (costs, fees, limits) are yuan and nothing converts them."""
    foreign = {name: count for name, count in sorted(accounts.items(), key=lambda item: (-item[1], item[0])) if name != "CNY"}
    if not foreign:
        return []
    listed = "、".join(f"{name} {count:,} 户" for name, count in foreign.items())
    listed_en = ", ".join(f"{name} {count:,} account(s)" for name, count in foreign.items())
    out = [
        Notice(
            FOREIGN,
            Words(
                f"清单不是人民币（{listed}）：政策中的成本、费用与限额是人民币，未作折算，按面值使用。请换用该币种的政策（--policy），或折算后重跑",
                f"the tape is not in yuan ({listed_en}): the policy's costs, fees and limits are yuan and are used at face value, unconverted. "
                "Use a policy in that currency (--policy), or convert the tape and run again",
            ),
        )
    ]
    if len(accounts) > 1:
        out.append(
            Notice(
                MIXED,
                Words(
                    "清单有多种币种，各项合计把面值直接相加，没有按汇率折算。请按币种分开运行",
                    "the tape mixes currencies and every total adds them at face value, without any exchange rate. Run each currency apart",
                ),
            )
        )
    return out
