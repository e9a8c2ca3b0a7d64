"""How tapes are said on every page of the desk: states, files, tabs, steps, the words of a preview's cells."""

from __future__ import annotations

import datetime as dt
from typing import Any

from panhuo.apps.console.tables import State
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.findings import finding_count
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.rejects import correction_count
from panhuo.apps.intake.versions import version_current
from panhuo.apps.jobs.models import Job
from panhuo.kernel.money import format_yuan
from panhuo.kernel.words import Words

STATES = {
    Tape.UPLOADED: State(Words("待确认版式", "To be confirmed"), "info"),
    Tape.IMPORTING: State(Words("导入中", "Importing"), "busy"),
    Tape.IMPORTED: State(Words("已导入", "Imported"), "good"),
    Tape.FAILED: State(Words("导入失败", "Failed"), "bad"),
}
SEVERITY = {
    "reject": State(Words("退回", "rejected"), "bad"),
    "warn": State(Words("留意", "note"), "warn"),
    "repaired": State(Words("已修正", "mended"), "good"),
}
STEPS = (Words("上传文件", "Upload"), Words("确认版式", "Layout"), Words("导入", "Import"), Words("核对结果", "Result"))
UNITS = {
    "fen": Words("分", "fen"), "yuan": Words("元", "yuan"), "qian": Words("千元", "thousands"), "wan": Words("万元", "ten thousands"),
    "million": Words("百万元", "millions"), "yi": Words("亿元", "hundred millions"), "auto": Words("自动", "auto"), "percent": Words("百分数", "percent"),
    "fraction": Words("小数", "fraction"), "permille": Words("千分数", "permille"), "days": Words("天", "days"), "weeks": Words("周", "weeks"), "periods": Words("期（逾期期数）", "instalments missed"),
    "months": Words("月", "months"), "years": Words("年", "years"), "m2": Words("平方米", "m²"), "mu": Words("亩", "mu"),
}  # fmt: skip
DATES = {"us": Words("月/日/年（美式）", "month/day/year"), "eu": Words("日/月/年（欧式）", "day/month/year")}
_FLAG = {True: Words("是", "yes"), False: Words("否", "no")}


def state_of(tape: Tape) -> State:
    return STATES[tape.state]


def size_words(size: int) -> str:
    for unit, step in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if size >= step:
            return f"{size / step:,.1f} {unit}"
    return f"{size} B"


def files_words(tape: Tape) -> Words | str:
    names = [str(file["name"]) for file in tape.files]
    return names[0] if len(names) == 1 else Words(f"{names[0]} 等 {len(names)} 个", f"{names[0]} and {len(names) - 1} more")


def value_words(value: Any, kind: str) -> Words | str:
    """A typed value as a person reads it."""
    if value is None or value == "":
        return ""
    if isinstance(value, Words):
        return value
    if isinstance(value, bool):
        return _FLAG[value]
    if kind == "money":
        return format_yuan(int(value))
    if kind == "rate":
        return f"{value * 100:.4f}".rstrip("0").rstrip(".") + "%"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)


def job_of(scope: Scope, tape: Tape, kind: str = "tape.import") -> Job | None:
    """The tape's latest job of a kind."""
    return scope.rows(Job).filter(subject=tape.subject, kind=kind).select_related("requested_by").order_by("-pk").first()


def tabs_of(scope: Scope, tape: Tape, current: str) -> list[tuple[str, Words, str, int | None, bool]]:
    """The pages of an imported tape: name, words, address, how many, whether it is the present one."""
    versions = scope.rows(Tape).filter(series=tape.series, state=Tape.IMPORTED).count()
    pages: tuple[tuple[str, Words, int | None], ...] = (
        ("", Words("概览", "Summary"), None),
        ("quality", Words("质量", "Quality"), None),
        ("rejects", Words("退回行", "Rejects"), tape.figures.get("rows_rejected", 0)),
        ("findings", Words("留意与修正", "Notes and repairs"), finding_count(tape)),
        ("matches", Words("债务人复核", "Debtor matches"), open_pairs(tape)),
        ("versions", Words("版本与差异", "Versions"), versions),
        ("files", Words("文件与版式", "Files and layout"), None),
    )
    return [(name, words, f"/tapes/{tape.pk}/{name}".rstrip("/"), count, name == current) for name, words, count in pages]


def open_pairs(tape: Tape) -> int:
    """Pairs of debtors that nobody has decided."""
    return tape.matches.filter(decision="").count()


def page_context(scope: Scope, tape: Tape, current: str) -> dict[str, Any]:
    """What every page of an imported tape shows around its own."""
    return {
        "tape": tape,
        "current": tape if tape.current else version_current(scope, tape),
        "figures": tape.figures,
        "tabs": tabs_of(scope, tape, current),
        "state": state_of(tape),
        "may_mend": scope.may("tape.mend"),
        "may_review": scope.may("match.review"),
        "corrections": correction_count(tape) if scope.may("tape.mend") else 0,
    }
