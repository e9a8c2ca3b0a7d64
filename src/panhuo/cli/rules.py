"""``panhuo rules``: what the rulebooks say, where it comes from, and whether their worked cases still hold."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panhuo.cli.clock import today
from panhuo.cli.output import emit_json, language, say
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Lang, Words

if TYPE_CHECKING:
    from panhuo.engines.compliance.books import Book, Rule
    from panhuo.engines.compliance.cases import CaseResult

_EXTRA = click.option(
    "--rules",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=say("另载入的手册；与内置手册同名者取代之", "a further rulebook; one with a shipped book's name takes its place"),
)
_JSON = click.option("--json", "as_json", is_flag=True, help=say("输出 JSON", "print JSON"))
_DAY = click.option(
    "--as-of",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    metavar="DATE",
    help=say("在该日是否有效（默认今天）", "in force on that day (default: today)"),
)


@click.group(
    help=say(
        "规则手册：列出、解释、检验。\n\n示例：\n\n  panhuo rules explain NPL-ASSET-IN-CLASS",
        "Rulebooks.\n\nExample:\n\n  panhuo rules explain NPL-ASSET-IN-CLASS",
    )
)
def command() -> None:
    pass


@command.command(
    "list", help=say("列出规则。\n\n示例：panhuo rules list --book transfer", "List the rules.\n\nExample: panhuo rules list --book transfer")
)
@click.option("--book", metavar="BOOK", help=say("只列一本手册", "one book only"))
@_DAY
@_EXTRA
@_JSON
def list_rules(book: str | None, as_of: dt.datetime | None, files: tuple[Path, ...], as_json: bool) -> None:
    from panhuo.engines.compliance import load_books

    books = load_books(files)
    if book is not None and book not in {b.name for b in books}:
        names = ", ".join(b.name for b in books)
        raise UsageInvalid(
            "RULEBOOK_UNKNOWN",
            Words(f"没有名为 {book} 的手册", f"there is no book called {book}"),
            where="--book",
            remedy=Words(f"可用的手册：{names}", f"the books are {names}"),
        )
    day, lang = _day(as_of), language()
    chosen = [b for b in books if book in (None, b.name)]
    if as_json:
        emit_json([_row(rule, day, lang) for b in chosen for rule in b.rules])
        return
    for b in chosen:
        click.echo(f"{b.name}  {b.title.to(lang)}  {b.version}+{b.sha256[:12]}")
        width = max((len(rule.id) for rule in b.rules), default=0)
        for rule in b.rules:
            row = _row(rule, day, lang)
            click.echo(f"  {rule.id:<{width}}  {row['status_words']}  [{rule.text.certainty}]  {row['title']}")


@command.command(
    "explain",
    help=say(
        "说明一条规则：内容、出处、条件与案例。\n\n示例：panhuo rules explain CLS-DPD-90",
        "One rule: what it says, whence, its condition and its cases.\n\nExample: panhuo rules explain CLS-DPD-90",
    ),
)
@click.argument("rule")
@_DAY
@_EXTRA
@_JSON
def explain(rule: str, as_of: dt.datetime | None, files: tuple[Path, ...], as_json: bool) -> None:
    from panhuo.engines.compliance import load_books
    from panhuo.engines.compliance.cases import run_cases

    books = load_books(files)
    found = [(b, r) for b in books for r in b.rules if r.id == rule.upper()]
    if not found:
        raise _no_rule(rule, [r.id for b in books for r in b.rules])
    results = run_cases(found[0][0], books)
    day, lang = _day(as_of), language()
    if as_json:
        emit_json([_detail(r, day, lang, results) for _, r in found])
        return
    for number, (book, one) in enumerate(found):
        if number:
            click.echo()
        _print(book, one, day, lang, [r for r in results if r.rule is one])


@command.command(
    "check",
    help=say(
        "运行全部案例并检查手册；给出文件则检查这些文件（连同内置手册载入）。\n\n示例：panhuo rules check my_house.yaml",
        "Run every worked case and look the books over; given files, check those (loaded with the shipped books).\n\n"
        "Example: panhuo rules check my_house.yaml",
    ),
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@_JSON
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...], as_json: bool) -> None:
    from panhuo.engines.compliance import check_books, load_books
    from panhuo.engines.compliance.cases import run_cases

    books = load_books(files)
    given = {str(f) for f in files}
    chosen = [b for b in books if not given or b.where in given]
    problems = check_books(books, only=[b.name for b in chosen])
    counts = [(b.name, len(b.rules), len(run_cases(b, books))) for b in chosen]
    lang = language()
    if as_json:
        emit_json(
            {
                "books": [{"book": name, "rules": rules, "cases": cases} for name, rules, cases in counts],
                "problems": [{"code": p.code, "where": p.where, "rule": p.rule, "message": p.words.to(lang)} for p in problems],
            }
        )
    else:
        for problem in problems:
            click.echo(f"{problem.where}: {problem.rule}: {problem.words.to(lang)} [{problem.code}]")
        for name, rules, cases in counts:
            click.echo(say(f"{name}：{rules} 条规则，{cases} 个案例", f"{name}: {rules} rules, {cases} cases"))
        click.echo(say(f"问题 {len(problems)} 个", f"{len(problems)} problem(s)"))
    if problems:
        ctx.exit(1)


def _day(given: dt.datetime | None) -> dt.date:
    # the one place where these commands look at the clock
    return given.date() if given is not None else today()


def _status(rule: Rule, day: dt.date) -> tuple[str, Words]:
    if not rule.text.enforced:
        return "not_enforced", Words("不执行", "not enforced")
    if rule.text.in_force(day):
        return "in_force", Words("有效", "in force")
    if rule.text.effective_from is not None and day < rule.text.effective_from:
        return "not_yet", Words("未生效", "not yet")
    return "lapsed", Words("已失效", "lapsed")


def _row(rule: Rule, day: dt.date, lang: Lang) -> dict[str, Any]:
    status, words = _status(rule, day)
    return {
        "rule": rule.id,
        "book": rule.book,
        "title": rule.text.title.to(lang),
        "status": status,
        "status_words": words.to(lang),
        "certainty": rule.text.certainty,
        "force": rule.text.force,
        "effective_from": rule.text.effective_from,
        "effective_to": rule.text.effective_to,
        "where": rule.where,
    }


def _detail(rule: Rule, day: dt.date, lang: Lang, results: tuple[CaseResult, ...]) -> dict[str, Any]:
    from panhuo.engines.compliance.verdicts import effect_words, source_words

    text = rule.text
    return _row(rule, day, lang) | {
        "statement": text.statement.to(lang),
        "effect": effect_words(rule).to(lang),
        "reason": text.reason.to(lang),
        "applies_when": text.applies_when,
        "condition": text.condition,
        "params": dict(text.params),
        "unknown": text.unknown,
        "source": source_words(rule),
        "modality": text.modality,
        "binds": list(text.binds),
        "note": text.note.to(lang) if text.note else None,
        "cases": [
            {
                "name": r.case.name,
                "as_of": r.case.as_of,
                "account": dict(r.case.account),
                "facts": dict(r.case.facts),
                "expect": r.expected,
                "got": r.got,
            }
            for r in results
            if r.rule is rule
        ],
    }


def _print(book: Book, rule: Rule, day: dt.date, lang: Lang, results: list[CaseResult]) -> None:
    from panhuo.cli import rule_words as words
    from panhuo.pipeline.report.wording import certainty_words, force_words

    detail = _detail(rule, day, lang, tuple(results))
    comma = say("，", ", ")
    always = say("不限", "open")
    params = ", ".join(f":{k} = {v}" for k, v in detail["params"].items())
    clock = rule.text.effect.clock
    lines = [
        (say("手册", "book"), f"{book.name} {book.version}  ({rule.where})"),
        (say("内容", "statement"), detail["statement"]),
        (say("效力", "effect"), detail["effect"] + (f" ({rule.text.effect.of})" if rule.text.effect.of else "")),
        (say("理由", "reason"), detail["reason"]),
        (say("适用", "applies when"), detail["applies_when"] if detail["applies_when"] != "TRUE" else ""),
        (say("条件", "condition"), detail["condition"]),
        (say("起算", "runs from"), clock.start if clock else ""),
        (say("参数", "params"), params),
        (say("不明时", "if unknown"), words.UNKNOWN[detail["unknown"]].to(lang)),
        (say("出处", "source"), detail["source"]),
        (say("确信度", "certainty"), f"{certainty_words(detail['certainty']).to(lang)} ({detail['certainty']})"),
        (say("效力层级", "force"), f"{force_words(detail['force']).to(lang)}{comma}{words.MODALITY[detail['modality']].to(lang)}"),
        (say("约束对象", "binds"), comma.join(words.BINDS[name].to(lang) for name in detail["binds"])),
        (say("有效期", "in force"), f"{detail['effective_from'] or always} .. {detail['effective_to'] or always}  ({detail['status_words']} {day})"),
        (say("说明", "note"), detail["note"]),
    ]
    click.echo(f"{rule.id}  {detail['title']}")
    for label, value in lines:
        if value:
            click.echo(f"  {label}: {value}")
    click.echo(f"  {say('案例', 'cases')}:")
    for result in results:
        given = ", ".join(f"{k}={v}" for k, v in {**result.case.facts, **result.case.account}.items())
        expected = words.EXPECTED.get(str(result.expected), result.expected) if lang == "zh" else result.expected
        mark = "✓" if result.passed else "✗"
        got = "" if result.passed else say(f"，实为 {result.got}", f", got {result.got}")
        click.echo(f"    {mark} {result.case.name} ({result.case.as_of}{'; ' + given if given else ''}): {expected}{got}")


def _no_rule(name: str, known: list[str]) -> UsageInvalid:
    import difflib

    near = difflib.get_close_matches(name.upper(), known, n=3)
    hint = ", ".join(near)
    remedy = (
        Words(f"是否指 {hint}？", f"did you mean {hint}?") if near else Words("panhuo rules list 列出全部编号", "panhuo rules list shows every id")
    )
    return UsageInvalid("RULE_UNKNOWN", Words(f"没有编号为 {name} 的规则", f"there is no rule {name}"), where="RULE", remedy=remedy)
