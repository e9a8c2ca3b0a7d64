"""``panhuo tape``: two versions of a tape compared."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panhuo.cli.clock import today
from panhuo.cli.output import emit_json, language, progress, say
from panhuo.cli.signals import end_once
from panhuo.kernel.money import format_yuan

if TYPE_CHECKING:
    from panhuo.engines.intake.diff import FieldChange, TapeDiff

_FILE = click.Path(path_type=Path)
_LINES = {
    "old": ("旧版余额", "old balance"),
    "removed": ("减少的账户", "accounts removed"),
    "added": ("新增的账户", "accounts added"),
    "principal_fen": ("本金变动", "change of principal"),
    "interest_fen": ("利息变动", "change of interest"),
    "penalty_fen": ("罚息变动", "change of penalty"),
    "fees_fen": ("费用变动", "change of fees"),
    "new": ("新版余额", "new balance"),
}


@click.group(
    help=say(
        "清单：比较两个版本。\n\n示例：\n\n  panhuo tape diff 六月.csv 九月.xlsx",
        "Tapes: compare two versions.\n\nExample:\n\n  panhuo tape diff june.csv september.xlsx",
    )
)
def command() -> None:
    pass


@command.command(
    "diff",
    help=say(
        "比较同一清单的两个版本：新增、减少、变动的账户，逐字段，以及合到分的余额桥。\n\n示例：\n\n  panhuo tape diff 六月.csv 九月.xlsx --json",
        "Compare two versions of a tape: accounts added, removed, changed, field by field, and a balance bridge that adds up to the fen."
        "\n\nExample:\n\n  panhuo tape diff june.csv september.xlsx --json",
    ),
)
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option(
    "--layout", default=None, metavar="NAME|FILE", help=say("版式名或文件；不给则自动选择", "layout name or file; chosen by headings if left out")
)
@click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help=say("两个版本共同的基准日；不给则各自推断", "cut-off date of both; inferred from each if left out"),
)
@click.option("--examples", default=3, show_default=True, type=click.IntRange(0, 100), help=say("每个字段举几例", "examples per field"))
@click.option("--json", "as_json", is_flag=True, help=say("输出 JSON", "print JSON"))
@click.option("--fail-on-change", is_flag=True, help=say("有差异时以状态 1 结束", "end with status 1 if they differ"))
def diff(old: Path, new: Path, layout: str | None, as_of: dt.datetime | None, examples: int, as_json: bool, fail_on_change: bool) -> int:
    from panhuo.engines.intake import load_layout
    from panhuo.engines.intake.diff import as_figures, compare
    from panhuo.pipeline.versions import read_version

    chosen = load_layout(layout) if layout is not None else None
    day = as_of.date() if as_of is not None else None
    end_once()
    with progress() as tell:
        tell(say("读取旧版", "reading the old version"), None)
        before = read_version([old], layout=chosen, as_of=day, today=today())
        tell(say("读取新版", "reading the new version"), None)
        after = read_version([new], layout=chosen, as_of=day, today=today())
        tell(say("比较", "comparing"), None)
        result = compare(before, after, examples=examples)
    for name, notices in zip((old.name, new.name), result.notices, strict=True):
        for notice in notices:
            click.echo(f"{say('注意', 'note')} [{name}] {notice.to(language())}", err=True)
    if as_json:
        emit_json(as_figures(result))
    else:
        _show(result)
    return 1 if fail_on_change and not result.same else 0


def _show(result: TapeDiff) -> None:
    lang = language()
    if result.same:
        click.echo(say("两个版本的账户与数据完全相同。", "The two versions have the same accounts and data."))
    click.echo(say(f"基准日 {result.as_of[0]} → {result.as_of[1]}", f"cut-off {result.as_of[0]} -> {result.as_of[1]}"))
    click.echo(
        say(
            f"账户 {result.accounts[0]:,} → {result.accounts[1]:,}：新增 {result.added:,}，减少 {result.removed:,}，变动 {result.changed:,}，"
            f"只随基准日推移 {result.by_time:,}，未变 {result.unchanged:,}",
            f"accounts {result.accounts[0]:,} -> {result.accounts[1]:,}: {result.added:,} added, {result.removed:,} removed, {result.changed:,} changed, "
            f"{result.by_time:,} by the cut-off's move alone, {result.unchanged:,} unchanged",
        )
    )
    for name, which in ((say("旧版", "old"), result.rejected[0]), (say("新版", "new"), result.rejected[1])):
        if which.rows_rejected:
            sum_out = format_yuan(which.balance_rejected_fen)
            click.echo(
                say(
                    f"{name}另有 {which.rows_rejected:,} 行被拒（{sum_out} 元），不在比较之内",
                    f"{name}: {which.rows_rejected:,} rejected rows ({sum_out} yuan) are not compared",
                )
            )
    for side, fields in zip((say("旧版", "the old version"), say("新版", "the new version")), result.absent, strict=True):
        if fields:
            names = say("、".join(f.zh for f in fields), ", ".join(f.en for f in fields))
            click.echo(say(f"{side}没有的字段（不算变动）：{names}", f"fields that {side} does not have (no change counted): {names}"))
    click.echo("")
    for line, fen in result.bridge:
        sign = "" if line in ("old", "new") else "+" if fen >= 0 else ""
        click.echo(f"  {_LINES[line][0 if lang == 'zh' else 1]:<24}{sign + format_yuan(fen):>24}")
    happened = [change for change in result.fields if change.accounts > change.by_time]
    if happened:
        click.echo("\n" + say("变动的字段：", "fields changed:"))
    for change in happened:
        _show_field(change, lang)
    aged = ", ".join(f"{_title(change, lang)} {change.by_time:,}" for change in result.fields if change.by_time)
    if aged:
        click.echo("\n" + say(f"只随基准日推移而变的字段：{aged}", f"fields changed by the cut-off's move alone: {aged}"))
    for title, ids in ((say("新增", "added"), result.added_examples), (say("减少", "removed"), result.removed_examples)):
        if ids:
            click.echo(f"{title}: {', '.join(ids)}" + (" …" if len(ids) < (result.added if ids is result.added_examples else result.removed) else ""))


def _show_field(change: FieldChange, lang: str) -> None:
    sums = f"  {format_yuan(change.before_fen)} → {format_yuan(change.after_fen or 0)}" if change.before_fen is not None else ""
    click.echo(f"  {_title(change, lang)} ({change.field.name}): {change.accounts - change.by_time:,}{sums}")
    for example in change.examples:
        before, after = (_cell(change, text) for text in (example.before, example.after))
        click.echo(f"      {example.account_id}: {before} → {after}")


def _title(change: FieldChange, lang: str) -> str:
    return change.field.zh if lang == "zh" else change.field.en


def _cell(change: FieldChange, text: str | None) -> str:
    if text is None:
        return say("（空）", "(empty)")
    return format_yuan(int(text)) if change.field.kind == "money" else text
