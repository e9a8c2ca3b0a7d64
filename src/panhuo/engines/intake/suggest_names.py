"""How alike a heading and a canonical field's names are.

Chinese headings carry decorations (截至基准日…, 借款人…), English ones abbreviations and camel case (LoanNr, out_prncp); both are
taken off before names are compared. Whose the column is decides more than any likeness: 担保人手机 is no 手机.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from panhuo.engines.intake.layout import shipped_layouts
from panhuo.engines.intake.mapping import normal_heading, stated_in, without_unit
from panhuo.engines.intake.money_words import BRACKETS
from panhuo.kernel import documents
from panhuo.kernel.frames import DEBTOR, TAPE

_ABBREVIATIONS: Final = {
    "nr": "number", "no": "number", "num": "number", "nbr": "number", "amt": "amount", "amnt": "amount", "dt": "date", "d": "date", "dte": "date",
    "int": "interest", "prin": "principal", "prncp": "principal", "princ": "principal", "bal": "balance", "cust": "customer", "acct": "account",
    "acc": "account", "orig": "original", "addr": "address", "tel": "phone", "mob": "mobile", "pymnt": "payment", "pmt": "payment", "pmnt": "payment",
    "disb": "disbursement", "chgoff": "charge off", "chargeoff": "charge off", "inc": "income", "coll": "collateral", "val": "value", "cnt": "count",
    "cur": "current", "curr": "current", "out": "outstanding", "os": "outstanding", "ovd": "overdue", "ccy": "currency", "mat": "maturity",
    "freq": "frequency", "pct": "percent", "inst": "instalment", "installment": "instalment", "judgement": "judgment", "ttl": "total", "tot": "total",
    "mth": "month", "mths": "months", "yr": "year", "guar": "guarantor", "bnk": "bank", "br": "branch", "ln": "loan", "appl": "applicant",
}  # fmt: skip
_DECORATIONS: Final = re.compile(
    r"^(?:其中[:：]?|截[至止到]?(?:(?:[0-9]{4}[年./-]?)?[0-9]{1,2}[月./-]?[0-9]{1,2}日?|基准日|日|目前|当前|今)的?|截[至止]的?|基准日|本?[月期季年]末|当前|目前|最新|本行|我行|该笔|单笔|主借款?人|借款人|借款企业|债务人|客户|持卡人|贷款人|贷款|借款|账户|本人|个人|授信|信贷)"
)
_TAILS: Final = re.compile(r"(?:[(\[【].*[)\]】]|[0-9一二]|信息|情况|字段)$")
_ROLES: Final = (
    (
        "guarantor",
        re.compile(
            r"担保人|保证人|共同?(?:借款?|债务|还款|偿债)人|共[借债]人|从债务人|[次副]借款人|第[二三]借款人|联保|连带|guarantor|surety|co[ -]?borrower|co[ -]?applicant|co[ -]?debtor|^sec ?app|joint"
        ),
    ),
    (
        "contact",
        re.compile(
            r"联系人|联络人|关系人|紧急联[系络]|亲属|直系|第[一二三]联系|contact(?:'s)? (?:person|name|phone|relation)|emergency|reference|relative|relation"
        ),
    ),
    ("staff", re.compile(r"客户经理|管户(?:人|经理|员)|信贷员|催收员|业务员|经办人|主办人|account manager|loan officer")),
    ("collateral", re.compile(r"抵押物|抵质押|押品|抵押品|质押物|房产|房屋|collateral|property|protection")),
)
_ANOTHER: Final = re.compile(
    r"配偶|法定代表|法人代表|法代|法人(?=姓名|名字|身份证|证件|手机|电话|联系|住址|家庭|性别|出生|$)|负责人|企业主|经营者|抵押人|出质人|质押人|推荐人|介绍人|实际控制|实控人|股东|合伙人|"
    r"同住|兄弟|姐妹|哥哥|弟弟|姐姐|妹妹|邻居|邻里|同学|村委|居委|村民|物业|中介|"
    r"继承人|受益人|收款人|法官|律师|催收人|同事|朋友|家属|家人|亲友|亲戚|老[公婆]|妻子|丈夫|爱人|父亲|母亲|父母|子女|监护人|代理人|单位(?:电话|座机|固话)|附属卡|"
    r"spouse|husband|wife\b|\bkin\b|legal rep|representative|mortgagor|pledgor|referr|introducer|shareholder|director|partner|colleague|friend|\bowner\b|\bubo\b|\brm\b|"
    r"beneficiary|payee|controller|guardian|attorney"
)
"""People who are not the debtor, nor any that a tape has fields for."""
_SOMEBODY: Final = re.compile(r"[\u4e00-\u9fff]{1,6}?[人者](?=.*(?:姓名|名字|手机|电话|座机|证件|身份证|住址|地址|单位))")
_DEBTOR_HIMSELF: Final = re.compile(
    r"(?:借款|主借|借贷|债务|持卡|贷款|申请|欠款|主贷|当事|执行|承租|购车|义务|用款|授信|还款|付款|自然|[本个法])人$|[被]告人$|^主体人$|消费者$|经营者$"
)
_OWN: Final = re.compile(
    r"^主?借款(?:人|企业|单位)|^债务人|^客户(?!经理)|^持卡人|^户[名主]|^(?:企业|单位|公司)名称|^家庭(?:住址|地址)|^居住地址|^本人"
)
_BRACKETED: Final = re.compile(r"[(\[【].*?[)\]】]")
_BOTH: Final = re.compile(r"(?<=人|户|位|业|司|称|名)[/及和与、].*$")
_DEBTORS: Final = frozenset(field.name for field in DEBTOR.fields if field.personal)
_SAME_ROLE: Final = {"guarantor": "guarantor_", "contact": "contact_", "staff": "staff_", "collateral": "collateral_"}
_COUNTERS: Final = frozenset(
    {"序号", "行号", "行次", "项次", "顺序号", "no", "no.", "#", "rownumber", "rowno", "row", "seq", "sequence", "lineno", "linenumber"}
)
_ROLELESS: Final = ("prior_claims_fen", "seizure_rank", "guarantee_kind", "contactability")


@functools.cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """Every name of every canonical field: its own, and those of ``headings.yaml``."""
    with resources.as_file(resources.files(__package__) / "headings.yaml") as path:
        listed = documents.read(Path(path))
    own = {field.name: (field.zh, field.en, field.name, field.name.removesuffix("_fen")) for field in TAPE.values()}
    return {name: (*own[name], *map(str, listed.get(name, ()))) for name in TAPE}


@functools.cache
def all_known_headings() -> frozenset[str]:
    """Normal forms of every heading anyone here knows: what a header row is recognised by when no layout is given."""
    known = {heading for headings in synonyms().values() for heading in headings}
    for name in shipped_layouts():  # read, not loaded: compiling their expressions would take longer than reading a small tape
        with resources.as_file(resources.files(__package__) / "layouts" / f"{name}.yaml") as path:
            plan = documents.read(path)
        for headings in (plan.get("ignore", ()), *(column["from"] for column in plan["columns"])):
            known |= {headings} if isinstance(headings, str) else set(headings)
    return frozenset(map(normal_heading, known))


_ALIKE: Final = 0.85
"""What a likeness is worth of which something else than a filler differs."""
_FILLERS: Final = {
    "money": frozenset("剩余未偿还欠应收付拖待尚截至止目的总合计小金额款项贷借户账元为数逾期末表内外归清结所现缴"),
    "date": frozenset("日期时间年月天的之为起始开实际投贷借款放发账户合同约本次首当前现"),
    "integer": frozenset("天数日的为共计已达期本次贷借款账户个当前现"),
    "rate": frozenset("执行的年化贷借款合同利率当前现"),
}
"""Characters that may differ between two names of one thing. One character in four changes the meaning otherwise: 已还利息 and 未还利息, 起诉日期 and 起始日期,
月利率 and 年利率."""
_OWED: Final = frozenset({"principal_fen", "interest_fen", "penalty_fen", "fees_fen", "balance_fen"})
_NOT_OWED: Final = re.compile(
    r"已[还收付偿缴扣]|(?<!未)实[还收付]|(?<![未待应能])(?:[收追]回|回收)|清收|(?<!未)结清(?!金额)|(?<!未)减免(?!后)|免除|豁免|可用|授信(?!.*(?:本金|息))|额度(?!.*(?:本金|息))|率|"
    r"客户.*(?:总|合计|全部)|上[个一]?[月期季年]|去年|[月期季年]初|名下|(?<![准止期截销让0-9])日[罚利]息|(?<!not )\b(?:paid|received|recovered|waived)\b|\b(?:available|rate)\b"
)
"""What is no debt of this account now: paid, waived, to be drawn, a rate, of all the accounts of a customer, or of an earlier day."""


def says_the_same(heading: str, name: str, kind: str) -> bool:
    """Whether a heading and a name of a field differ in nothing but fillers; English ones are told apart by their words.

    >>> says_the_same("剩余未还利息", "未还利息", "money"), says_the_same("已还利息", "未还利息", "money"), says_the_same("月利率", "年利率", "rate")
    (True, False, False)
    """
    fillers = _FILLERS.get(kind)
    if fillers is None or heading.isascii():
        return True
    mine, other = (Counter(c for c in text if not c.isascii()) for text in (heading, plain(name)))  # 未偿本金 USD
    return fillers >= ((mine - other) | (other - mine)).keys()


def says_not_owed(heading: str) -> bool:
    """Whether a heading says that its amount is not what this account owes.

    >>> says_not_owed("已还利息"), says_not_owed("客户总欠款"), says_not_owed("未还利息")
    (True, True, False)
    """
    return bool(_NOT_OWED.search(unicodedata.normalize("NFKC", heading).casefold().replace("_", " ")))


def likeness(headings: Sequence[str]) -> list[dict[str, tuple[float, str]]]:
    """For each heading: field -> (likeness 0 to 1, the name it is like). Fields that are nothing like it are left out."""
    from rapidfuzz import fuzz, process

    names = [(field, name, plain(name)) for field, listed in synonyms().items() for name in listed]
    exact: dict[str, list[tuple[str, str]]] = {}
    for field, name, form in names:
        exact.setdefault(form, []).append((field, name))
    forms = [form for _, _, form in names]
    out: list[dict[str, tuple[float, str]]] = []
    for heading in headings:
        found: dict[str, tuple[float, str]] = {}
        words = _words(heading)
        for variant, worth in _variants(heading):
            for field, name in exact.get(variant, []):
                _keep(found, field, worth, name)
            scores = process.cdist([variant], forms, scorer=fuzz.ratio, score_cutoff=60)[0]
            for at in scores.nonzero()[0]:
                field, name, _ = names[at]
                same = 1.0 if says_the_same(variant, name, TAPE[field].kind) else _ALIKE
                _keep(found, field, 0.9 * worth * _tempered(float(scores[at]) / 100, words, name) ** 2 * same, name)
        if says_not_owed(heading):
            found = {field: kept for field, kept in found.items() if field not in _OWED}
        out.append({field: (score * _role(heading, field), name) for field, (score, name) in found.items()})
    return out


def _tempered(alike: float, words: frozenset[str], name: str) -> float:
    """English names share letters easily (approval date, appraisal date): how many whole words they share counts as much."""
    others = _words(name)
    return (alike + len(words & others) / len(words | others)) / 2 if words and others else alike


@functools.cache
def _words(heading: str) -> frozenset[str]:
    text = _unitless(heading)
    if not text.isascii():
        return frozenset()
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", text)
    return frozenset(" ".join(_ABBREVIATIONS.get(word.lower(), word.lower()) for word in words).split())


def counter_heading(heading: str) -> bool:
    """Whether the heading says that its column counts the rows.

    >>> counter_heading("序号"), counter_heading("No."), counter_heading("借据序号")
    (True, True, False)
    """
    return normal_heading(heading) in _COUNTERS


def names_an_account(heading: str) -> bool:
    """Whether the heading is a known name of the account number that says whose number it is: 借据编号, not 流水号 or id, which head any counter.

    >>> names_an_account("借据编号"), names_an_account("Loan ID"), names_an_account("流水号"), names_an_account("借据序号")
    (True, True, False, False)
    """
    bare = normal_heading(heading)
    return bool(_WHOSE.search(bare)) and "序" not in bare and bare in {normal_heading(name) for name in synonyms()["account_id"]}


_WHOSE: Final = re.compile(r"借据|贷款|账户|债权|资产|案件|loan|account|acct|facility|instrument|asset|claim|case|iou|jjh")
_OUTSTANDING: Final = re.compile(r"剩余|未偿|未还|余额|[尚结所现]欠|待还|在贷|未归还|未清偿|outstanding|unpaid|remaining|balance")


_STAGED: Final = re.compile(r"[账帐]龄|区间|阶段|期数|月份?数|bucket|stage")
_PERIODS: Final = re.compile(r"期数|月份?数")


def says_stage(heading: str) -> bool:
    """Whether arrears are said to stand as a stage or in instalments, which 逾期天数 beside it says better.

    >>> says_stage("账龄"), says_stage("逾期期数"), says_stage("逾期天数")
    (True, True, False)
    """
    return bool(_STAGED.search(normal_heading(heading)))


def counts_periods(heading: str) -> bool:
    """Whether bare numbers under the heading are instalments or months missed."""
    return bool(_PERIODS.search(normal_heading(heading)))


def says_outstanding(heading: str) -> bool:
    """Whether an amount is said to be what is left: of 本金 and 剩余本金 the second is the debt.

    >>> says_outstanding("剩余本金"), says_outstanding("本金"), says_outstanding("逾期本金")
    (True, False, False)
    """
    return bool(_OUTSTANDING.search(normal_heading(heading)))


def plain(heading: str) -> str:
    """A heading without width, case, separators and abbreviations: ``LoanNr_ChkDgt`` -> ``loannumberchkdgt``.

    >>> plain("out_prncp"), plain("IssueDt"), plain("未偿本金（元）"), plain("INT_BAL(分)")
    ('outstandingprincipal', 'issuedate', '未偿本金', 'interestbalance')
    """
    text = _unitless(heading)
    if text.isascii():
        words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", text)
        return "".join(_ABBREVIATIONS.get(word.lower(), word.lower()) for word in words).replace(" ", "") or normal_heading(text)
    return normal_heading(text)


def _unitless(heading: str) -> str:
    """In half width, without a unit it states: INT_BAL(分) is as English as INT_BAL."""
    text = unicodedata.normalize("NFKC", heading).strip()
    text = BRACKETS.sub(lambda found: "" if stated_in(found[1]) is not None else found[0], text).strip() or text
    text = re.sub(r"(?<=.)_fen$", "", text, flags=re.IGNORECASE)
    at = text.casefold().find(bare := without_unit(text.casefold())[0])
    return text[at : at + len(bare)] if at >= 0 else text


def only_alike(heading: str, name: str, kind: str) -> bool:
    """Whether none of the heading's forms is the name, but for fillers."""
    return not any(says_the_same(form, name, kind) for form, _ in _variants(heading))


def _variants(heading: str) -> list[tuple[str, float]]:
    """The heading's plain form and what is left without its decorations, each with what a match of it is worth."""
    form = plain(heading)
    variants = [(form, 0.97)]
    bare, worth = form, 0.97
    for _ in range(3):
        shorter = _TAILS.sub("", _DECORATIONS.sub("", bare))
        if shorter == bare or len(shorter) < 2:
            break
        bare, worth = shorter, worth - 0.06
        variants.append((bare, worth))
    return variants


def _keep(found: dict[str, tuple[float, str]], field: str, score: float, name: str) -> None:
    if score > found.get(field, (0.0, ""))[0]:
        found[field] = score, name


def anothers(heading: str, field: str) -> bool:
    """Whether the heading says that its column is of somebody else than the debtor, whose ``field`` is: nobody is to be pursued under his wife's number.

    >>> anothers("配偶手机号", "phone"), anothers("法定代表人身份证号", "id_no"), anothers("担保人手机", "phone"), anothers("法人客户名称", "name")
    (True, True, True, False)
    """
    if field not in _DEBTORS:
        return False
    whose = _whose(heading)
    somebody = _SOMEBODY.search(whose)
    unknown = somebody is not None and not _DEBTOR_HIMSELF.search(somebody[0])
    return unknown or bool(_ANOTHER.search(whose)) or _role(heading, field) < 1.0


def _whose(heading: str) -> str:
    """What of a heading says whose the column is: 借款人姓名（联系人） is the borrower's, and what is the borrower's and his wife's is first of all his."""
    text = unicodedata.normalize("NFKC", heading).casefold().replace("_", " ")
    outside = _BRACKETED.sub("", text)
    return _BOTH.sub("", outside) if _OWN.search(outside) else text


def _role(heading: str, field: str) -> float:
    """Takes away from a field whose column belongs to somebody or something else."""
    text = _whose(heading)
    for role, pattern in _ROLES:
        stated = bool(pattern.search(text))
        wanted = field.startswith(_SAME_ROLE[role])
        if stated and not wanted and field not in _ROLELESS:
            return 0.35
        if wanted and not stated and role != "collateral":
            return 0.35
    return 1.0
