"""``summary.json`` and the few lines the command line prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panhuo.kernel.money import format_short, in_currency
from panhuo.kernel.routes import ROUTES
from panhuo.kernel.words import Lang


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to: its folder and the content of ``summary.json``."""

    out: Path
    summary: dict[str, Any]


def in_words(result: RunResult, lang: Lang) -> str:
    """A screenful for the terminal: what went in, what the plan brings, where the report is."""
    s = result.summary

    def say(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    def money(fen: float) -> str:
        return in_currency(format_short(fen, lang), s["currency"])

    how = {
        "given": say("指定", "given"),
        "layout": say("版式规定", "the layout's"),
        "tape": say("由清单推得", "read off the tape"),
        "today": say("未给出，取今天", "not given: today"),
    }[s["as_of_from"]]
    lines = [
        f"{say('版式', 'layout')} {s['layout']} · {say('基准日', 'cut-off date')} {s['as_of']} ({how})",
        say("读入", "read")
        + f" {s['rows_in']:,} · "
        + say("接受", "accepted")
        + f" {s['rows_accepted']:,} ({money(s['balance_accepted_fen'])}) · "
        + say("剔除", "rejected")
        + f" {s['rows_rejected']:,} ({money(s['balance_rejected_fen'])}) · "
        + say("债务人", "debtors")
        + f" {s['debtors']:,}",
        "",
    ]
    table = [(say("处置方式", "route"), say("账户", "accounts"), say("余额", "balance"), say("预计回收", "expected"), say("净价值", "net value"))]
    for route in ROUTES:
        r = s["routes"][route.name]
        if r["accounts"]:
            table.append(
                (route.words.to(lang), f"{r['accounts']:,}", money(r["balance_fen"]), money(r["expected_recovery_fen"]), money(r["net_value_fen"]))
            )
    idle = sum(part["accounts"] for part in s["unassigned"].values())
    if idle:
        table.append((say("暂不处置", "not worked"), f"{idle:,}", money(sum(part["balance_fen"] for part in s["unassigned"].values())), "", ""))
    widths = [max(_width(row[i]) for row in table) for i in range(5)]
    for row in table:
        cells = [row[0] + " " * (widths[0] - _width(row[0]))] + [" " * (w - _width(cell)) + cell for cell, w in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    binding = [name for name, limit in s["limits"].items() if limit["price_fen"] > 0]
    lines += [
        "",
        say("净价值合计", "net value")
        + f" {money(s['objective_fen'])} · "
        + say("与可证明上限的差距", "gap to the proven bound")
        + f" {s['gap']:.4%} · "
        + say("起作用的约束", "limits that bind")
        + f" {len(binding)}",
        say("用时", "took") + f" {s['seconds']['total']:.1f} s · " + say("报告", "report") + f" {result.out / 'report.html'}",
    ]
    return "\n".join(lines)


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)
