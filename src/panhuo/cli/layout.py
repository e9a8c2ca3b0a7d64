"""``panhuo layout``: which layouts there are, what an unknown tape's columns may be, and whether a layout fits a tape."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panhuo.cli.clock import today
from panhuo.cli.output import emit_json, language, say
from panhuo.cli.outputs import refuse_foreign_layout, refuse_input
from panhuo.kernel.errors import InputUnusable, OutputUnwritable, PanhuoError
from panhuo.kernel.frames import TABLES, TAPE
from panhuo.kernel.money import format_yuan
from panhuo.kernel.words import Words

if TYPE_CHECKING:
    import polars as pl

    from panhuo.engines.intake import Binding, Layout, Tape
    from panhuo.engines.intake.suggestion import Guess, Suggestion

SAMPLE_ROWS = 1_000
_SHOWN = 2
_HARDLY = 10
"""A layout by which less than one sample row in so many is accepted does not fit."""
_JSON = click.option("--json", "as_json", is_flag=True, help=say("输出 JSON", "print JSON"))
_SHEET = click.option("--sheet", metavar="NAME", help=say("工作表名或序号", "name or number of the sheet"))


@click.group(
    help=say(
        "清单版式：源表头与规范字段的对应。\n\n示例：\n\n  panhuo layout suggest 清单.xlsx -o 我的版式.yaml",
        "Layouts: which heading is which field.\n\nExample:\n\n  panhuo layout suggest tape.xlsx -o mine.yaml",
    )
)
def command() -> None:
    pass


@command.command("list", help=say("列出自带的版式。\n\n示例：panhuo layout list", "List the shipped layouts.\n\nExample: panhuo layout list"))
@_JSON
def list_layouts(as_json: bool) -> None:
    from panhuo.engines.intake import load_layout, shipped_layouts

    layouts = [load_layout(name) for name in shipped_layouts()]
    if as_json:
        emit_json(
            [{"name": x.name, "title": x.title.model_dump(), "version": x.version, "columns": len(x.columns), "as_of": x.as_of} for x in layouts]
        )
        return
    width = max(len(x.name) for x in layouts)
    for x in layouts:
        title = Words(x.title.zh, x.title.en).to(language())
        click.echo(f"{x.name:<{width}}  {title}  {say(f'{len(x.columns)} 列', f'{len(x.columns)} columns')}")


@command.command(
    "suggest",
    help=say(
        "为未知清单建议版式，每列附置信度，供人确认。\n\n示例：panhuo layout suggest 清单.csv -o 我的版式.yaml",
        "Suggest a layout for an unknown tape, with a confidence a column, for a person to confirm.\n\n"
        "Example: panhuo layout suggest tape.csv -o mine.yaml",
    ),
)
@click.argument("tape", type=click.Path(path_type=Path))
@click.option("-o", "output", type=click.Path(path_type=Path), help=say("写入文件（默认打印）", "write to a file (default: print)"))
@_SHEET
@_JSON
def suggest(tape: Path, output: Path | None, sheet: str | None, as_json: bool) -> None:
    from panhuo.engines.intake import open_tape
    from panhuo.engines.intake.suggest import suggest_layout

    if output is not None:
        refuse_input(output, tape)
        refuse_foreign_layout(output)
    opened = open_tape(tape, sheet=sheet)
    suggestion = suggest_layout(opened.headings, _sample(opened), titles=[title for file in opened.files for title in file.titles])
    text = suggestion.to_yaml(output.stem if output else "suggested")
    if output is not None:
        _write(output, text)
    if as_json:
        emit_json({"fits": dict(suggestion.fits), "lacking": suggestion.lacking, "guesses": [_guess(g) for g in suggestion.guesses], "layout": text})
        return
    if output is None:
        click.echo(text, nl=False)
        return
    _tell(opened, suggestion)
    click.echo(
        say(
            f"已写入 {output}；请逐行核对，再用 panhuo layout check {output} {tape}",
            f"Wrote {output}; check it line by line, then panhuo layout check {output} {tape}",
        )
    )


@command.command(
    "check",
    help=say(
        "检查版式是否适合清单：表头对应、缺失与多余的列、样行的读法。不适合时退出码为 1。\n\n示例：panhuo layout check lendingclub loans.csv.gz",
        "Whether a layout fits a tape: what binds, what is missing or unread, how sample rows read. Exit status 1 where it does not.\n\n"
        "Example: panhuo layout check lendingclub loans.csv.gz",
    ),
)
@click.argument("layout")
@click.argument("tape", type=click.Path(path_type=Path))
@click.option("--as-of", type=click.DateTime(formats=["%Y-%m-%d"]), metavar="DATE", help=say("基准日", "cut-off date"))
@_SHEET
@_JSON
@click.pass_context
def check(ctx: click.Context, layout: str, tape: Path, as_of: dt.datetime | None, sheet: str | None, as_json: bool) -> None:
    from panhuo.engines.intake import bind, load_layout, open_tape

    plan = load_layout(layout)
    opened = open_tape(tape, layout=plan, sheet=sheet)
    try:
        bind(plan, opened.headings, where=opened.files[0].name)
        plan, told = opened.fitted(plan)
        opened.notes = (*opened.notes, *told)
        binding = bind(plan, opened.headings, where=opened.files[0].name)
    except InputUnusable as error:
        if as_json:
            emit_json({"fits": False, "code": error.code, "message": error.cause._asdict(), "remedy": error.remedy._asdict()})
        else:
            click.echo(error.describe(language()))
        ctx.exit(1)
    sample = _sample(opened)
    read, trial = _trial(sample, plan, as_of.date() if as_of else None, opened.stated_as_of)
    fits = trial.pop("fits")
    if as_json:
        emit_json(_report(opened, plan, binding, read, trial) | {"fits": fits})
    else:
        _print(opened, plan, binding, read, trial, fits=fits)
    if not fits:
        ctx.exit(1)


def _sample(tape: Tape) -> pl.DataFrame:
    return next(iter(tape.batches(SAMPLE_ROWS)))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputUnwritable(
            "LAYOUT_UNWRITABLE",
            Words(f"无法写入（{error.strerror}）", f"cannot be written ({error.strerror})"),
            where=str(path),
            remedy=Words("检查目录与权限", "check the folder and its permissions"),
        ) from error


def _guess(guess: Guess) -> dict[str, Any]:
    shown = asdict(guess)
    return {**shown, "reason": guess.reason._asdict(), "doubts": [d._asdict() for d in guess.doubts]}


def _tell(tape: Tape, suggestion: Suggestion) -> None:
    sure, unsure, unknown = len(suggestion.certain), len(suggestion.to_confirm), len(suggestion.unknown)
    click.echo(
        say(
            f"{len(tape.headings)} 列：{sure} 列已对应，{unsure} 列待确认，{unknown} 列未识别。",
            f"{len(tape.headings)} columns: {sure} mapped, {unsure} to be confirmed, {unknown} not recognised.",
        )
    )
    if suggestion.lacking:
        from panhuo.engines.intake.suggestion import how_to_proceed

        for field in suggestion.lacking:
            click.echo(f"{say('注意', 'note')} {how_to_proceed(field).to(language())}")
    for name, count in suggestion.fits:
        click.echo(say(f"已有版式 {name} 可读此清单（{count} 列）。", f"The shipped layout {name} reads this tape ({count} columns)."))


def _trial(sample: pl.DataFrame, plan: Layout, as_of: dt.date | None, titled: dt.date | None) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Sample rows cleaned: a few values a field as they are read, identifiers masked; how many rows pass, and whether these are enough (``fits``)."""
    import polars as pl

    from panhuo.engines.intake.clean import clean, infer_as_of
    from panhuo.kernel.findings import REJECT

    day = as_of or plan.as_of or infer_as_of(sample, layout=plan) or titled or today()
    try:
        outcome = clean(sample, layout=plan, as_of=day)
    except PanhuoError as error:
        return {}, {"rows": sample.height, "error": error.describe(language()), "fits": False}
    counts = outcome.data.reconciliation
    rejects = outcome.findings.filter(severity=REJECT)
    rest = outcome.findings.filter(pl.col("severity") != REJECT).join(rejects.select("file", "row"), on=["file", "row"], how="anti")
    codes = pl.concat([rejects, rest]).group_by("code", "severity").len().sort("len", "code", descending=[True, False]).head(8)
    return _values(outcome.data.tables), {
        "as_of": day,
        "rows": counts.rows_in,
        "accepted": counts.rows_accepted,
        "rejected": counts.rows_rejected,
        "fits": counts.rows_accepted * _HARDLY >= counts.rows_in,
        "findings": [{"code": code, "severity": severity, "count": count} for code, severity, count in codes.rows()],
    }


def _values(tables: Any) -> dict[str, list[Any]]:
    import polars as pl

    from panhuo.kernel.masking import MASKS

    out: dict[str, list[Any]] = {}
    for frame in TABLES[:-1]:
        for field in frame.fields:
            if field.name in out or not field.tape or field.name not in tables[frame.name].columns:
                continue
            column = tables[frame.name][field.name].drop_nulls().unique(maintain_order=True).head(_SHOWN)
            if field.personal:
                column = column.cast(pl.String).to_frame().select(MASKS[field.personal](pl.col(field.name))).to_series()
            out[field.name] = column.to_list()
    return out


def _report(tape: Tape, plan: Layout, binding: Binding, read: dict[str, list[Any]], trial: dict[str, Any]) -> dict[str, Any]:
    return {
        "layout": plan.name,
        "files": [{"name": f.name, "encoding": f.encoding, "delimiter": f.delimiter, "sheet": f.sheet} for f in tape.files],
        "fields": {to: {"heading": heading, "unit": binding.units.get(to), "read_as": read.get(to, [])} for to, heading in binding.fields.items()},
        "derived": {name: read.get(name, []) for name in plan.derived},
        "constants": dict(plan.constants),
        "missing": list(binding.missing),
        "ignored": list(binding.ignored),
        "unmapped": list(binding.unmapped),
        "notes": [note._asdict() for note in tape.notes],
        "trial": trial,
    }


def _print(tape: Tape, plan: Layout, binding: Binding, read: dict[str, list[Any]], trial: dict[str, Any], *, fits: bool) -> None:
    lang = language()
    for file in tape.files:
        about = [part for part in (file.kind, file.encoding, repr(file.delimiter) if file.delimiter else None, file.sheet) if part]
        click.echo(f"{file.name}  {' '.join(about)}")
    for note in tape.notes:
        click.echo(note.to(lang))
    click.echo(say(f"版式 {plan.name}：{len(binding.fields)} 列对应", f"Layout {plan.name}: {len(binding.fields)} columns bind"))
    for to, heading in binding.fields.items():
        click.echo(_line(heading.replace("\n", " "), to, binding.units.get(to), read.get(to, [])))
    for name in plan.derived:
        if not name.startswith("_"):
            click.echo(_line(say("（派生）", "(derived)"), name, None, read.get(name, [])))
    for zh, en, names in (
        ("文件缺少的列", "Columns the file lacks", [_name(m) for m in binding.missing if not m.startswith("_")]),
        ("未识别、不读取的列", "Columns not known, left unread", list(binding.unmapped)),
        ("有意不读取的列数", "Columns left unread on purpose", [str(len(binding.ignored))] if binding.ignored else []),
    ):
        if names:
            click.echo(f"{say(zh, en)}: {', '.join(names[:40])}{' …' if len(names) > 40 else ''}")
    if "error" in trial:
        click.echo(str(trial["error"]))
        click.echo(say("不适合：样行无法按此版式清洗。", "It does not fit: the sample rows cannot be cleaned by it."))
        return
    click.echo(
        say(
            f"前 {trial['rows']} 行（基准日 {trial['as_of']}）：接受 {trial['accepted']}，拒绝 {trial['rejected']}",
            f"First {trial['rows']} rows (cut-off {trial['as_of']}): {trial['accepted']} accepted, {trial['rejected']} rejected",
        )
    )
    for finding in trial["findings"]:
        click.echo(f"  {finding['severity']:<9}{finding['code']:<28}{finding['count']:>6}")
    if fits:
        click.echo(say("适合。", "It fits."))
    else:
        click.echo(
            say(
                "不适合：表头对得上，但几乎没有一行能接受。请核对上面各列读出的值：列、单位或公式多半不对。",
                "It does not fit: the headings bind, but hardly a row is accepted. Look at the values above: a column, a unit or a formula is wrong, more likely than not.",
            )
        )


def _line(heading: str, to: str, unit: str | None, values: list[Any]) -> str:
    stated = f" [{unit}]" if unit else ""
    return f"  {heading} → {_name(to)}{stated}" + (f"    {say('如', 'e.g.')} {' | '.join(_shown(to, v) for v in values)}" if values else "")


def _shown(to: str, value: Any) -> str:
    kind = TAPE[to].kind if to in TAPE else ""
    return format_yuan(value) if kind == "money" else f"{value:.4%}" if kind == "rate" else str(value)


def _name(to: str) -> str:
    return f"{to} {TAPE[to].zh}" if to in TAPE and language() == "zh" else to
