"""One tape's pages: its import under way; and of an imported one the summary, quality, versions, files."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from panhuo.apps.console.access import needs
from panhuo.apps.console.tables import Column, State, Table
from panhuo.apps.console.views import job_parts
from panhuo.apps.console.views.tape_parts import SEVERITY, STEPS, job_of, open_pairs, page_context, size_words, state_of
from panhuo.apps.console.words import DEEDS, on_page
from panhuo.apps.identity.deeds import deeds_of
from panhuo.apps.identity.finding import key_of, one_of, scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.comparing import comparison_of, tapes_compare, versions_of
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.overlaps import shared_numbers
from panhuo.apps.intake.portfolio import tapes_current
from panhuo.apps.intake.versions import version_before
from panhuo.apps.jobs.models import Job
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.frames import ACCOUNT, DEBTOR, TAPE, TAPE_REQUIRED, Field
from panhuo.kernel.money import format_yuan
from panhuo.kernel.words import Words

_QUALITY = (
    Column("field", Words("字段", "Field"), value=lambda row: Words(TAPE[row["field"]].zh, TAPE[row["field"]].en)),
    Column("heading", Words("表头", "Heading")),
    Column("filled", Words("填写率", "Filled"), "percent"),
    Column(
        "valid", Words("有效率", "Valid"), "percent", meaning=Words("已填写的单元格中没有问题的比例", "share of the filled cells without a fault")
    ),
    Column(
        "score",
        Words("得分", "Score"),
        "percent",
        meaning=Words("填写率 × 有效率；可以为空的字段只看有效率", "filled × valid; of fields that may well be empty, valid alone"),
    ),
    Column("state", Words("判断", "Verdict"), "state", value=lambda row: _verdict(row)),
)
_FAULTS = (
    Column("severity", Words("结果", "Outcome"), "state", value=lambda row: SEVERITY[row["severity"]]),
    Column("code", Words("代码", "Code"), "code"),
    Column("words", Words("说明", "Meaning"), "wrap", value=lambda row: on_page(Words(row["message"], row["message_en"]))),
    Column("column", Words("列", "Column")),
    Column("rows", Words("行数", "Rows"), "count"),
    Column(
        "first",
        Words("首例", "First"),
        value=lambda row: Words(f"{row['file']} 第 {row['row']} 行", f"{row['file']} row {row['row']}") if row["row"] else None,
    ),
)
LINES = {
    "old": Words("旧版余额", "old balance"),
    "removed": Words("减少的账户", "accounts removed"),
    "added": Words("新增的账户", "accounts added"),
    "principal_fen": Words("本金变动", "change of principal"),
    "interest_fen": Words("利息变动", "change of interest"),
    "penalty_fen": Words("罚息变动", "change of penalty"),
    "fees_fen": Words("费用变动", "change of fees"),
    "new": Words("新版余额", "new balance"),
}


def waiting(request: HttpRequest, tape: Tape) -> HttpResponse:
    """An upload that is not imported, for who may only look."""
    return render(request, "console/tapes/waiting.html", {"tape": tape, "state": state_of(tape)})


def importing(request: HttpRequest, tape: Tape) -> HttpResponse:
    """The import under way."""
    scope = scope_of_request(request)
    return render(
        request,
        "console/tapes/importing.html",
        _importing(request, tape) | {"state": state_of(tape), "steps": STEPS, "may": scope.may("tape.import")},
    )


@needs("tape.view")
@require_safe
def progress(request: HttpRequest, tape_id: int) -> HttpResponse:
    """What stands in the progress bar's place; when the import is over the tape's page is shown anew."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id)
    return job_parts.progress_page(request, job_of(scope, tape), live=tape.state == Tape.IMPORTING)


def summary(request: HttpRequest, tape: Tape) -> HttpResponse:
    """What came in and what became of it, to the fen; what is worth knowing; what was found."""
    scope = scope_of_request(request)
    figures = tape.figures
    checks = {
        "rows": figures["rows_accepted"] + figures["rows_rejected"] == figures["rows_in"],
        "balance": figures["balance_accepted_fen"] + figures["balance_rejected_fen"] == figures["balance_in_fen"],
    }
    faults = [row for name in ("rejects", "warnings") for row in figures.get(name, ())]
    context = page_context(scope, tape, "") | {
        "checks": checks,
        "open_pairs": open_pairs(tape),
        "elsewhere": _elsewhere(scope, tape),
        "notices": [(on_page(Words(notice["message"], notice["message_en"])), _listed(tape, notice)) for notice in figures.get("notices", ())],
        "faults": Table(
            "tape-faults",
            Words("发现的问题", "Found"),
            _FAULTS,
            faults,
            href=lambda row: _of_code(tape, row),
            count=len(faults),
            count_words=Words("种", "kinds"),
            chooser=False,
        ),
        "log": [(deed, DEEDS.get(deed.verb, Words(deed.verb, deed.verb))) for deed in deeds_of(scope, tape.subject)[:20]]
        if scope.may("tape.import")
        else (),
        "lacking": sum(1 for row in figures.get("quality", ()) if row["score"] < _POOR),
    }
    return render(request, "console/tapes/summary.html", context)


def _elsewhere(scope: Scope, tape: Tape) -> dict[str, Any] | None:
    """The accounts of a current tape whose numbers stand on other current tapes too."""
    if not tape.current:
        return None
    tapes = tapes_current(scope)
    numbers, fen, others = shared_numbers(tapes).of(tape.pk)
    return {"numbers": numbers, "fen": fen, "tapes": [other for other in tapes if other.pk in others]} if numbers else None


@needs("tape.view")
@require_safe
def quality(request: HttpRequest, tape_id: int) -> HttpResponse:
    """Quality by field."""
    tape = _imported(request, tape_id)
    if tape is None:
        return redirect(f"/tapes/{tape_id}")
    headings = tape.figures.get("headings", {})
    rows = [row | {"heading": headings.get(row["field"])} for row in tape.figures.get("quality", ()) if row["field"] in TAPE]
    table = Table(
        "tape-quality", Words("字段质量", "Quality by field"), _QUALITY, rows, count=len(rows), count_words=Words("个字段", "fields"), chooser=False
    )
    return render(request, "console/tapes/quality.html", page_context(scope_of_request(request), tape, "quality") | {"table": table})


@needs("tape.view")
@require_safe
def versions(request: HttpRequest, tape_id: int) -> HttpResponse:
    """The versions of the series, and what differs between this one and another."""
    tape = _imported(request, tape_id)
    if tape is None:
        return redirect(f"/tapes/{tape_id}")
    return versions_page(request, tape)


def versions_page(request: HttpRequest, tape: Tape, error: UsageInvalid | None = None) -> HttpResponse:
    """The page; with what was wrong with a change of the version, beside it."""
    scope = scope_of_request(request)
    everything = versions_of(scope, tape)
    wanted = key_of(request.GET.get("with"))
    others = [version for version in everything if version.pk != tape.pk]
    before = next((version for version in others if version.version < tape.version), None)
    other = next((version for version in others if version.pk == wanted), before)
    context = page_context(scope, tape, "versions") | {"versions": everything, "others": others, "other": other}
    context |= {
        "may_import": scope.may("tape.import"),
        "before": version_before(scope, tape),
        "series_known": scope.rows(Tape).filter(current=True).exclude(series=tape.series).order_by("series").values_list("series", flat=True)[:200],
        "typed": request.POST.get("series", "")[:80],
        "refusal": {"code": error.code, "cause": error.cause, "remedy": error.remedy, "href": job_parts.href_of(error.where)} if error else None,
    }
    if other is not None:
        old, new = (other, tape) if other.version < tape.version else (tape, other)
        found = comparison_of(scope, old=old, new=new)
        job = job_of(scope, new, "tape.compare")
        running = job if job is not None and job.state in Job.LIVE else None
        failed = job if job is not None and job.state == Job.FAILED and job.arguments.get("old") == old.pk and found is None else None
        context |= {"old": old, "new": new, "found": _difference(found) if found else None, "error": job_parts.error_of(failed) if failed else None}
        if running is not None:
            context |= {"job": running, "words": job_parts.words_of(running), "url": f"/tapes/{new.pk}/comparing"}
    return render(request, "console/tapes/versions.html", context, status=200 if error is None else 422)


@needs("tape.view")
@require_POST
def compare(request: HttpRequest, tape_id: int) -> HttpResponse:
    """Ask for the comparison with another version."""
    scope = scope_of_request(request)
    new, old = one_of(scope, Tape, tape_id), one_of(scope, Tape, key_of(request.POST.get("old")) or 0)
    tapes_compare(scope, old=old, new=new)
    return redirect(f"/tapes/{new.pk}/versions?with={old.pk}")


@needs("tape.view")
@require_safe
def comparing(request: HttpRequest, tape_id: int) -> HttpResponse:
    """How far a comparison is."""
    scope = scope_of_request(request)
    job = job_of(scope, one_of(scope, Tape, tape_id), "tape.compare")
    return job_parts.progress_page(request, job, live=job is not None and job.state in Job.LIVE)


@needs("tape.view")
@require_safe
def files(request: HttpRequest, tape_id: int) -> HttpResponse:
    """The files a tape was made of, and the layout they were read by."""
    tape = _imported(request, tape_id)
    if tape is None:
        return redirect(f"/tapes/{tape_id}")
    headings = tape.figures.get("headings", {})
    mapped = [(Words(TAPE[name].zh, TAPE[name].en), name, heading, name in TAPE_REQUIRED) for name, heading in headings.items() if name in TAPE]
    named = [(file["name"], size_words(file["bytes"]), file["sha256"]) for file in tape.files]
    return render(request, "console/tapes/files.html", page_context(scope_of_request(request), tape, "files") | {"named": named, "mapped": mapped})


_GOOD, _POOR = 0.95, 0.6


def _verdict(row: dict[str, Any]) -> State:
    if row["filled"] == 0:
        return State(Words("清单没有", "not on the tape"), "")
    if row["score"] >= _GOOD:
        return State(Words("好", "good"), "good")
    return State(Words("一般", "fair"), "info") if row["score"] >= _POOR else State(Words("差", "poor"), "warn")


def _of_code(tape: Tape, row: dict[str, Any]) -> str:
    return f"/tapes/{tape.pk}/{'rejects' if row['severity'] == 'reject' else 'findings'}?code={row['code']}"


def _listed(tape: Tape, notice: dict[str, str]) -> list[tuple[str, str]]:
    """The findings that a notice names and the tape has: code, and where they are listed."""
    named = [row["code"] for row in tape.figures.get("warnings", ()) if row["code"] in notice["message"]]
    return [(code, f"/tapes/{tape.pk}/findings?code={code}") for code in named]


def _imported(request: HttpRequest, tape_id: int) -> Tape | None:
    tape = one_of(scope_of_request(request), Tape, tape_id, "created_by")
    return tape if tape.state == Tape.IMPORTED else None


def _importing(request: HttpRequest, tape: Tape) -> dict[str, Any]:
    job = job_of(scope_of_request(request), tape)
    live = tape.state == Tape.IMPORTING
    return {
        "tape": tape,
        "job": job,
        "words": job_parts.words_of(job) if job else Words("准备中", "Starting"),
        "url": f"/tapes/{tape.pk}/progress" if live else "",
    }


def _difference(found: dict[str, Any]) -> dict[str, Any]:
    """The command line's figures with words."""
    fields = []
    for change in found["fields"]:
        field = _FIELDS[change["field"]]
        examples = [(e["account_id"], _cell(e["before"], field), _cell(e["after"], field)) for e in change["examples"]]
        by_time = change.get("by_time", 0)
        fields.append(
            change | {"words": Words(field.zh, field.en), "examples": examples, "happened": change["accounts"] - by_time, "by_time": by_time}
        )
    absent = [TAPE[name] for which in ("old", "new") for name in found.get("absent", {}).get(which, ())]
    return found | {
        "absent": [Words(field.zh, field.en) for field in absent],
        "fields": [field for field in fields if field["happened"]],
        "by_time": [field for field in fields if field["by_time"]],
        "by_time_only": found.get("changed_by_time_only", 0),
        "bridge": [(LINES[line["line"]], line["fen"], line["line"] in ("old", "new")) for line in found["bridge"]],
    }


_FIELDS = {field.name: field for field in (*DEBTOR.fields, *ACCOUNT.fields)}
_FLAGS = {"true": Words("是", "yes"), "false": Words("否", "no")}


def _cell(text: str | None, field: Field) -> Words:
    if text is None:
        return Words("—", "—")
    if field.kind == "money":
        return Words(format_yuan(int(text)), format_yuan(int(text)))
    known = next((Words(code.zh, code.en) for code in field.codes if code.code == text), None) or _FLAGS.get(text if field.kind == "flag" else "")
    return known or Words(text, text)
