"""The demonstration furnished with one of everything a page can show: a tape of two versions compared, imports and plans that are made, that failed and that
are varied, a token, a loan of an approval, a seat of the single sign-on."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone

from panhuo.apps.identity import services as people
from panhuo.apps.identity.models import User
from panhuo.apps.identity.saved_views import view_save
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.signing_in import secret_seal
from panhuo.apps.intake import services as tapes
from panhuo.apps.intake.comparing import tapes_compare
from panhuo.apps.intake.layouts import shipped_text
from panhuo.apps.intake.matching import match_decide
from panhuo.apps.intake.models import Match, Tape
from panhuo.apps.intake.rejects import rejects_page
from panhuo.apps.jobs.models import Job
from panhuo.apps.jobs.tasks import do_job
from panhuo.apps.strategy import services as plans
from panhuo.apps.strategy.models import Plan
from panhuo.cli.demonstration import AS_OF, PASSWORD
from panhuo.engines.intake.synthesis import synthesise

ROWS = 240
_HEADINGS = ("借据编号", "本金余额", "欠息", "罚息及复利", "代垫费用", "债权总额", "联系电话", "单位：万元", "未定义类别", "收文号", "摘要")
"""Of the workbook that waits: its own words, quoted by the page that describes it."""


def furnish(user: Callable[[str], Any], folder: Path) -> dict[str, Any]:
    """Values by the names that addresses give their parameters, and more; ``written``: texts that users wrote and that no language changes."""
    manager, compliance = user("manager"), user("compliance")
    scope = scope_of(manager)
    written: list[str] = []
    old, new = (_imported(scope, path, day) for path, day in _two_versions(folder, written))
    _done(tapes_compare(scope, old=old, new=new))
    main = Tape.objects.get(series="零售不良资产")
    pair = Match.objects.filter(tape=main).first()
    if pair is not None:
        match_decide(scope, pair.pk, decision="same")
    unreadable = tapes.tape_upload(scope, series="往来函件", files=[_file(folder, "函件.csv", "收文号,摘要\n1,2\n")])
    importing = _described(scope, folder / "月报.csv", "月报", AS_OF)
    tapes.tape_import(scope, importing)
    approved = Plan.objects.get(state=Plan.APPROVED)
    binding = max(approved.figures["limits"], key=lambda limit: limit["price_fen"] * limit["at_most"])
    draft = plans.plan_vary(scope, approved, name="放宽一项限额", limits={binding["name"]: binding["at_most"] * 1.5})
    _done(_job_of(draft))
    submitted = plans.plan_vary(scope, approved, name="收紧一项限额", limits={binding["name"]: binding["at_most"] * 0.5})
    _done(_job_of(submitted))
    plans.plan_submit(scope, submitted, note="请审查")
    failed = plans.plan_make(scope, name="未成的方案", tapes=[main.pk])
    Job.objects.filter(subject=failed.subject).update(
        state=Job.FAILED, attempt=3, started_at=timezone.now(), finished_at=timezone.now(),
        error={"code": "WORKER_DIED", "cause": {"zh": "处理它的工作进程多次中断", "en": "its workers died"}, "where": "worker", "remedy": {"zh": "检查内存后重试", "en": "check memory, then repeat"}},
    )  # fmt: skip
    Plan.objects.filter(pk=failed.pk).update(state=Plan.FAILED)
    making = plans.plan_make(scope, name="制定中的方案", tapes=[main.pk])
    people.token_create(scope, name="夜间对账", abilities=["tape.view", "plan.view"], days=30)
    now = timezone.now()
    people.delegation_create(scope, to=user("manager2").pk, ability="plan.approve", starts_at=now, ends_at=now + dt.timedelta(days=7))
    view_save(scope, page="portfolio", name="大额老账", query="bucket=M12%2B")
    code = User(organisation=compliance.organisation, username="code", name="口令用户", role="auditor", subject="")
    code.set_password(PASSWORD)
    code.totp_sealed = b""
    code.save()
    code.totp_sealed = secret_seal(code, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    code.save()
    User.objects.filter(username="disposal").update(subject="u-17@sso.example")
    (first, *_) = rejects_page(scope, new, code="", open_only=False, after=None, before=None).rows
    names = (
        list(User.objects.values_list("name", flat=True))
        + list(Tape.objects.values_list("series", flat=True))
        + list(Plan.objects.values_list("name", flat=True))
    )
    return {
        "tape": main.pk, "old": old.pk, "new": new.pk, "waiting": Tape.objects.get(series="待导入的分行清单").pk, "unreadable": unreadable.pk, "importing": importing.pk,
        "reject": first.number, "approved": approved.pk, "draft": draft.pk, "submitted": submitted.pk, "failed": failed.pk, "making": making.pk,
        "job": Job.objects.get(subject=failed.subject).pk, "done": Job.objects.filter(state=Job.DONE).latest("pk").pk,
        "user": user("disposal").pk, "written": [*written, *names, *_HEADINGS, "按本机构政策，限额未调整", "未发现违规处置方式", "同意", "请审查", "夜间对账", "大额老账", "早期组", "处置组"],
    }  # fmt: skip


def _two_versions(folder: Path, written: list[str]) -> list[tuple[Path, dt.date]]:
    """The second a month later: some accounts paid, some gone, some new, a column that the lender left out, another added."""
    (chunk, *_) = synthesise(ROWS, seed=9, as_of=AS_OF, dirty=0.1, null_bytes=False)
    rows = [{name: value or "" for name, value in row.items()} for row in chunk.tape.to_dicts()]
    later = [dict(row) for row in rows[20:]]
    for row in later[::7]:
        row["未偿利息"] = "0.00"
        row["未偿本息费合计"] = ""
    for row in later:
        del row["年收入"]
    for row in rows[:-15]:
        del row["工作单位"]
    made = []
    for name, some, day in (
        ("对公与个贷_9月.csv", rows[:-15], dt.date(2026, 9, 30)),
        ("对公与个贷_10月.csv", later, AS_OF),
        ("月报.csv", rows[-15:], AS_OF),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(some[0]))
            writer.writeheader()
            writer.writerows(some)
        made.append((folder / name, day))
        written.append(name)
    for row in rows:
        written += [row.get(name, "") for name in ("姓名", "居住地址", "工作单位", "贷款机构", "担保人姓名", "联系人姓名")]
    written += list(rows[-1])
    return made[:2]


def _described(scope: Any, path: Path, series: str, as_of: dt.date) -> Any:
    tape = tapes.tape_upload(scope, series=series, files=[(path.name, path)])
    return tapes.tape_describe(scope, tape, layout_name="panhuo", layout=shipped_text("panhuo"), as_of=as_of)


def _imported(scope: Any, path: Path, as_of: dt.date) -> Any:
    tape = _described(scope, path, "对公与个贷", as_of)
    _done(tapes.tape_import(scope, tape))
    return Tape.objects.get(pk=tape.pk)


def _job_of(plan: Any) -> Any:
    return Job.objects.get(subject=plan.subject)


def _done(job: Any) -> None:
    do_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.DONE, job.error


def _file(folder: Path, name: str, text: str) -> tuple[str, Path]:
    (folder / name).write_text(text, encoding="utf-8")
    return name, folder / name
