"""``panhuo run``: a loan tape in, a disposal plan out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from panhuo.cli.clock import today
from panhuo.cli.output import emit_json, language, progress, say
from panhuo.cli.signals import leaving


@click.command(
    name="run",
    help=say(
        "读入资产清单，写出处置方案到 OUT：清洗后的账户、剔除明细、评估、各途径预测、决策与理由、报告。\n\n"
        "示例：\n\n  panhuo run 清单.csv -o out --as-of 2026-10-31\n\n  panhuo run 一部.xlsx 二部.xlsx -o out --layout 我的版式.yaml",
        "Read a loan tape and write the disposal plan into OUT: cleaned accounts, rejects, assessments, forecasts of every route, decisions "
        "with reasons, a report.\n\nExamples:\n\n  panhuo run tape.csv -o out --as-of 2026-10-31\n\n  panhuo run a.xlsx b.xlsx -o out --layout mine.yaml",
    ),
)
@click.argument("tapes", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="TAPE...")
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help=say("输出目录（此前的结果会被整体替换）", "result folder (an earlier result is replaced whole)"),
)
@click.option(
    "--layout", help=say("版式名或 .yaml 文件；不给则在自带版式中选合适的", "layout name or .yaml file; without it the shipped one that fits")
)
@click.option("--as-of", "as_of", metavar="DATE", help=say("基准日，如 2026-10-31", "cut-off date, such as 2026-10-31"))
@click.option("--policy", type=click.Path(path_type=Path), help=say("政策文件；不给则用自带的", "policy file; without it the shipped one"))
@click.option(
    "--rules",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=say(
        "另加的规则手册，可多次给出；与内置手册同名则取而代之", "a rulebook to add, may be given several times; one of a shipped name takes its place"
    ),
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help=say("在本机或 Ray 集群上运行", "on this machine or on a Ray cluster"),
)
@click.option("--seed", type=int, default=0, show_default=True, help=say("随机种子", "random seed"))
@click.option("--sheet", help=say("Excel 工作表名", "worksheet of a workbook"))
@click.option(
    "--batch-rows",
    type=click.IntRange(1_000, 5_000_000),
    default=250_000,
    show_default=True,
    help=say("每批行数；内存紧张时调小", "rows a batch; fewer when memory is short"),
)
@click.option("--json", "as_json", is_flag=True, help=say("以 JSON 打印 summary", "print the summary as JSON"))
def command(
    tapes: tuple[Path, ...],
    out: Path,
    layout: str | None,
    as_of: str | None,
    policy: Path | None,
    rules: tuple[Path, ...],
    engine: str,
    seed: int,
    sheet: str | None,
    batch_rows: int,
    as_json: bool,
) -> None:
    if not str(out).strip() or str(out) == ".":
        raise click.BadParameter(say("请给出一个目录名", "name a folder"), param_hint="-o")
    from panhuo.pipeline import run_tape
    from panhuo.pipeline.workspace import abandon

    with leaving(lambda: abandon(out)), progress(enabled=not as_json) as tell:
        result = run_tape(
            tapes,
            out,
            layout=layout,
            as_of=parse_date(as_of) if as_of else None,
            today=today(),
            policy=policy,
            rules=rules,
            engine=engine,
            seed=seed,
            sheet=sheet,
            batch_rows=batch_rows,
            lang=language(),
            tell=tell,
        )
    for notice in result.summary["notices"]:
        click.echo(f"{say('注意', 'note')} [{notice['code']}] {say(notice['message'], notice['message_en'])}", err=True)
    if as_json:
        emit_json(result.summary)
        return
    from panhuo.pipeline.summary import in_words

    click.echo(in_words(result, language()))


def parse_date(text: str) -> dt.date:
    """A cut-off date as people type it: 2026-10-31, 2026/10/31 or 20261031."""
    from panhuo.kernel.calendar import FIRST_CUT_OFF, LAST_CUT_OFF

    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"):
        try:
            day = dt.datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 a calendar date has no zone
        except ValueError:
            continue
        if not FIRST_CUT_OFF <= day <= LAST_CUT_OFF:
            raise click.BadParameter(
                say(
                    f"基准日须在 {FIRST_CUT_OFF} 至 {LAST_CUT_OFF} 之间，现为 {day}",
                    f"the cut-off date must be from {FIRST_CUT_OFF} to {LAST_CUT_OFF}, not {day}",
                ),
                param_hint="--as-of",
            )
        return day
    raise click.BadParameter(say(f"{text!r} 不是日期，请写成 2026-10-31", f"{text!r} is not a date; write 2026-10-31"), param_hint="--as-of")
