"""The demonstration's data: a lender with four products, its partners, a user of each role, an approved plan, and a messy tape that waits.

Everything goes through the same services and jobs as a user's own work. Names of people and firms are invented; identity and phone numbers are
well formed and nobody's.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from panhuo.kernel.words import Words

PASSWORD = "panhuo-demo-2026"  # noqa: S105 printed with the logins, and served on this machine alone
AS_OF = dt.date(2026, 10, 31)
ACCOUNTS, WAITING = 20_000, 1_500
PRODUCTS = ("credit_card", "consumer_loan", "business_loan", "housing_mortgage")
Tell = Callable[[Words], None]

LENDER = "示例消费金融公司"
_ORGANISATIONS = (
    ("lender", LENDER),
    ("agency", "示例催收服务公司"),
    ("law_firm", "示例律师事务所"),
    ("investor", "示例资产投资公司"),
    ("operator", "盘活平台运营方"),
)
SEATS: tuple[tuple[str, str, str, str, bool], ...] = (
    ("manager", "operations_manager", LENDER, "贷后经理", True),
    ("manager2", "operations_manager", LENDER, "贷后副经理", False),
    ("collector", "collector", LENDER, "催收员", False),
    ("compliance", "compliance_officer", LENDER, "合规专员", False),
    ("disposal", "disposal_manager", LENDER, "资产处置经理", False),
    ("modeller", "modeller", LENDER, "风险分析师", False),
    ("auditor", "auditor", LENDER, "内部审计", False),
    ("agency", "agency_manager", "示例催收服务公司", "机构经理", True),
    ("lawyer", "lawyer", "示例律师事务所", "律师", True),
    ("investor", "investor", "示例资产投资公司", "投资人", True),
    ("operator", "auditor", "盘活平台运营方", "平台管理员", True),
)
"""User name, role, organisation, name, whether he administers it. The debtor's seat comes with his portal."""


def loaded() -> bool:
    """Whether the demonstration is there already."""
    from panhuo.apps.identity.models import Organisation
    from panhuo.apps.strategy.models import Plan

    return bool(Plan.objects.filter(organisation__in=Organisation.objects.filter(name=LENDER), state=Plan.APPROVED).exists())


def load(tell: Tell) -> None:
    """Make what of the demonstration is not there yet. May be interrupted and called again."""
    from panhuo.apps.identity.scope import fenced

    users = _seats()
    manager = users["manager"]
    with fenced(manager.organisation_id):
        tape = _tape(manager, tell)
        _messy(manager, tell)
        _plan(users, tape, tell)


def _seats() -> dict[str, Any]:
    from panhuo.apps.identity.models import Membership, Organisation, Team, User

    organisations = {name: Organisation.objects.get_or_create(name=name, defaults={"kind": kind})[0] for kind, name in _ORGANISATIONS}
    users = {}
    for username, role, organisation, name, administrator in SEATS:
        found = User.objects.filter(username=username).first()
        if found is None:
            found = User(organisation=organisations[organisation], username=username, name=name, role=role, administrator=administrator)
            found.set_password(PASSWORD)
            found.save()
        users[username] = found
    for name, specialities, members in (("早期组", ["early_stage", "hardship"], ["collector"]), ("处置组", ["collateral", "packages"], ["disposal"])):
        team, _ = Team.objects.get_or_create(organisation=organisations[LENDER], name=name, defaults={"specialities": specialities})
        for member in members:
            Membership.objects.get_or_create(team=team, user=users[member], defaults={"organisation": organisations[LENDER]})
    return users


def _tape(manager: Any, tell: Tell) -> Any:
    from panhuo.apps.identity.scope import scope_of
    from panhuo.apps.intake.layouts import shipped_text
    from panhuo.apps.intake.models import Tape
    from panhuo.apps.intake.services import tape_describe, tape_import, tape_upload
    from panhuo.apps.jobs.tasks import job_here

    scope = scope_of(manager)
    series = "零售不良资产"
    done = scope.rows(Tape).filter(series=series, state=Tape.IMPORTED).first()
    if done is not None:
        return done
    tell(Words("生成并导入 2 万户清单", "making and importing a tape of 20,000 accounts"))
    for left in scope.rows(Tape).filter(series=series):
        Tape.objects.filter(pk=left.pk).update(state=Tape.FAILED)
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder), "零售不良资产_202610.csv", ACCOUNTS, seed=20261031, dirty=0.02)
        tape = tape_upload(scope, series=series, files=[(path.name, path)])
    tape = tape_describe(scope, tape, layout_name="panhuo", layout=shipped_text("panhuo"), as_of=AS_OF)
    job_here(tape_import(scope, tape))
    return scope.rows(Tape).get(pk=tape.pk)


def _messy(manager: Any, tell: Tell) -> None:
    """A tape as lenders send them: a workbook with titles above the heading, amounts in 万元, one row in eight at fault."""
    from panhuo.apps.identity.scope import scope_of
    from panhuo.apps.intake.models import Tape
    from panhuo.apps.intake.services import tape_upload

    scope = scope_of(manager)
    if scope.rows(Tape).filter(series="待导入的分行清单").exists():
        return
    tell(Words("准备一份待导入的杂乱清单", "leaving a messy tape to be imported"))
    with tempfile.TemporaryDirectory() as folder:
        clean = _written(Path(folder), "样本.csv", WAITING, seed=77, dirty=0.12)
        path = Path(folder) / "分行不良贷款明细表（10月）.xlsx"
        _as_lenders_write(clean, path)
        tape_upload(scope, series="待导入的分行清单", files=[(path.name, path)])


def _plan(users: dict[str, Any], tape: Any, tell: Tell) -> None:
    from panhuo.apps.identity.scope import scope_of
    from panhuo.apps.jobs.models import Job
    from panhuo.apps.jobs.tasks import job_here
    from panhuo.apps.strategy import services
    from panhuo.apps.strategy.models import Plan

    manager = scope_of(users["manager"])
    if manager.rows(Plan).filter(state=Plan.APPROVED).exists():
        return
    tell(Words("制定并审批处置方案", "making a plan and having it approved"))
    plan = services.plan_make(manager, name="2026 年四季度处置方案", tapes=[tape.pk])
    job_here(Job.objects.get(subject=plan.subject, state=Job.WAITING))
    services.plan_submit(manager, plan, note="按本机构政策，限额未调整")
    services.plan_review(scope_of(users["compliance"]), plan, approve=True, note="未发现违规处置方式")
    services.plan_approve(scope_of(users["manager2"]), plan, approve=True, note="同意")


def _written(folder: Path, name: str, rows: int, *, seed: int, dirty: float) -> Path:
    """A synthetic tape of the four products, about ``rows`` rows."""
    import polars as pl

    from panhuo.engines.intake.synthesis import synthesise, write_sample
    from panhuo.kernel.frames import ACCOUNT

    sample = synthesise(round(rows * 1.75), seed=seed, as_of=AS_OF, dirty=dirty, null_bytes=False)
    whole = folder / "all.csv"
    write_sample(sample, whole, encoding="utf-8")
    frame = pl.read_csv(whole, infer_schema=False)
    words = [code.zh for code in ACCOUNT["product"].codes if code.code in PRODUCTS]
    path = folder / name
    frame.filter(pl.col("产品类型").is_in(words)).head(rows).write_csv(path, include_bom=True)
    return path


def _as_lenders_write(clean: Path, path: Path) -> None:
    import polars as pl
    import xlsxwriter

    headings = {
        "借据号": "借据编号",
        "未偿本金": "本金余额",
        "未偿利息": "欠息",
        "罚息复利": "罚息及复利",
        "其他费用": "代垫费用",
        "未偿本息费合计": "债权总额",
        "手机号码": "联系电话",
    }
    money = ("未偿本金", "未偿利息", "罚息复利", "其他费用", "未偿本息费合计", "放款金额", "抵押物评估价值", "年收入")
    frame = pl.read_csv(clean, infer_schema=False)
    text = {name: frame[name].to_list() for name in frame.columns}
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("明细")
        sheet.merge_range(0, 0, 0, 9, "不良贷款明细表")
        sheet.write_string(1, 0, "单位：万元")
        sheet.write_string(1, 4, "数据日期：2026年10月31日")
        for column, name in enumerate(frame.columns):
            sheet.write_string(2, column, headings.get(name, name))
            for row, value in enumerate(text[name], 3):
                if value is None:
                    continue
                number = _in_wan(value) if name in money else None
                if number is None:
                    sheet.write_string(row, column, value)
                else:
                    sheet.write_number(row, column, number)


def _in_wan(value: str) -> float | None:
    try:
        return round(float(value) / 10_000, 6)
    except ValueError:
        return None
