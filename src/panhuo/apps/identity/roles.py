"""The ten roles of the product and what each may do: one table, read by views, the API, the menu and the test of every address.

An ability is ``noun.verb``. Who administers an organisation's users is a mark on the user, beside the role: it gives no business ability.
What a role may do holds inside its own organisation alone; which rows that is, is :mod:`.scope`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass

from panhuo.kernel.words import Words

ABILITIES: dict[str, Words] = {
    "tape.view": Words("查看清单", "see tapes"),
    "tape.import": Words("导入清单", "import tapes"),
    "tape.mend": Words("更正退回行", "correct rejected rows"),
    "match.review": Words("复核债务人归并", "review debtor matches"),
    "portfolio.view": Words("查看资产组合", "see the portfolio"),
    "account.view": Words("查看账户", "see accounts"),
    "account.export": Words("导出账户（脱敏）", "export accounts (masked)"),
    "plan.view": Words("查看处置方案", "see plans"),
    "plan.make": Words("制定方案、试算", "make plans and what-ifs"),
    "plan.submit": Words("提交方案审批", "submit plans for approval"),
    "plan.review": Words("合规审查方案", "review plans for compliance"),
    "plan.approve": Words("审批方案", "approve plans"),
    "policy.view": Words("查看政策与版式", "see policies and layouts"),
    "rules.view": Words("查看规则手册", "see rulebooks"),
    "jobs.view": Words("查看任务", "see jobs"),
    "audit.view": Words("查看操作记录", "see the record of actions"),
    "users.manage": Words("管理用户与团队", "manage users and teams"),
    "organisations.manage": Words("管理机构", "manage organisations"),
}


ANYONE, SIGNED_IN = "anyone", "signed in"
"""What an address may ask instead of an ability."""


@dataclass(frozen=True, slots=True)
class Role:
    """``kinds``: the kinds of organisation in which the role exists."""

    name: str
    words: Words
    abilities: frozenset[str]
    kinds: tuple[str, ...]


def _role(name: str, zh: str, en: str, abilities: str, kinds: str) -> Role:
    return Role(name, Words(zh, en), frozenset(abilities.split()), tuple(kinds.split()))


_READS = "tape.view portfolio.view account.view plan.view policy.view rules.view"

ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        _role(
            "operations_manager",
            "贷后运营经理",
            "post-loan operations manager",
            f"{_READS} tape.import tape.mend match.review account.export plan.make plan.submit plan.approve jobs.view",
            "lender operator",
        ),
        _role("collector", "催收员", "collector", "rules.view", "lender agency"),
        _role("agency_manager", "机构经理", "agency manager", "rules.view", "agency"),
        _role("compliance_officer", "合规与质检", "compliance and quality officer", f"{_READS} plan.review jobs.view audit.view", "lender operator"),
        _role("lawyer", "律师、法务与调解员", "lawyer, legal clerk, mediator", "rules.view", "lender law_firm"),
        _role("disposal_manager", "资产处置经理", "asset disposal manager", f"{_READS} account.export plan.make", "lender operator"),
        _role("investor", "投资人", "investor", "rules.view", "investor"),
        _role("debtor", "债务人", "debtor", "", "lender"),
        _role("modeller", "风险建模与分析", "risk modeller, analyst", f"{_READS} plan.make jobs.view", "lender operator"),
        _role("auditor", "审计与监管", "auditor, regulator", f"{_READS} jobs.view audit.view", "lender operator"),
    )
}

KINDS: dict[str, Words] = {
    "lender": Words("贷款机构", "lender"),
    "agency": Words("催收机构", "collection agency"),
    "law_firm": Words("律师事务所", "law firm"),
    "investor": Words("投资人", "investor"),
    "operator": Words("平台运营方", "operator"),
}

SEES_THE_CONSOLE = frozenset(name for name in ROLES if name != "debtor")
"""The debtor has a portal of his own and never a seat at the console."""


def abilities_of(role: str, *, administrator: bool, kind: str) -> frozenset[str]:
    """What a user of ``role`` may do; administrators manage users, the operator's also organisations."""
    extra = {"users.manage"} if administrator else set()
    if administrator and kind == "operator":
        extra.add("organisations.manage")
    return ROLES[role].abilities | extra
