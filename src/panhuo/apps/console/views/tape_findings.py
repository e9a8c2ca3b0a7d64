"""What was noted or repaired on a tape's accepted rows: listed with the accounts, and as a file."""

from __future__ import annotations

from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from panhuo.apps.console.access import needs
from panhuo.apps.console.tables import Chip, Column, Empty, Table
from panhuo.apps.console.views.paging import key_text
from panhuo.apps.console.views.tape_parts import SEVERITY, page_context
from panhuo.apps.console.words import on_page
from panhuo.apps.identity.finding import key_of, one_of, scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.findings import Finding, findings_file, findings_page
from panhuo.apps.intake.models import Tape
from panhuo.engines.intake.rules import CHECKS
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

_NONE = Empty(Words("没有留意或修正", "Nothing was noted or repaired"), Words("接受的行都没有问题", "No accepted row has a fault"), icon="check")


@needs("tape.view")
@require_safe
def findings(request: HttpRequest, tape_id: int) -> HttpResponse:
    """A page at a time, masked; of one code where asked."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id, "created_by")
    if tape.state != Tape.IMPORTED:
        return redirect(f"/tapes/{tape.pk}")
    code = request.GET.get("code", "") if request.GET.get("code", "") in CHECKS else ""
    context = page_context(scope, tape, "findings") | {
        "code": code,
        "codes": [
            (row["code"], on_page(Words(f"{row['message']}（{row['rows']:,}）", f"{row['message_en']} ({row['rows']:,})")))
            for row in tape.figures.get("warnings", ())
        ],
    }
    try:
        found = findings_page(scope, tape, code=code, after=key_of(request.GET.get("after")), before=key_of(request.GET.get("before")))
    except UsageInvalid as error:
        refusal = {"code": error.code, "cause": error.cause, "remedy": error.remedy}
        return render(request, "console/tapes/findings.html", context | {"error": refusal}, status=422)
    chips = [Chip("code", Words("问题", "Fault"), on_page(CHECKS[code].rule.message))] if code else []
    table = Table(
        "findings", Words("留意与修正", "Notes and repairs"), _columns(scope, tape), found.rows, count=found.count, count_words=Words("项", "findings"), chips=chips,
        older=key_text(found.older), newer=key_text(found.newer), **({} if chips else {"empty": _NONE}),
    )  # type: ignore[arg-type]  # fmt: skip
    return render(request, "console/tapes/findings.html", context | {"table": table})


@needs("tape.view")
@require_POST
def download(request: HttpRequest, tape_id: int) -> HttpResponseBase:
    """``findings.csv``, masked, as ``panhuo run`` writes it. On record."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id)
    path = findings_file(scope, tape)
    response = FileResponse(path.open("rb"), content_type="text/csv; charset=utf-8")
    called = quote(f"{tape.series}-v{tape.version}-留意与修正.csv")
    response["Content-Disposition"] = f"attachment; filename=\"findings-{tape.pk}.csv\"; filename*=UTF-8''{called}"
    return response


def _columns(scope: Scope, tape: Tape) -> list[Column]:
    return [
        Column("account_id", Words("账号", "Account"), href=(lambda row: _account(tape, row)) if scope.may("account.view") else None),
        Column(
            "severity", Words("结果", "Outcome"), "state", value=lambda row: SEVERITY[CHECKS[row.code].rule.severity] if row.code in CHECKS else None
        ),
        Column("words", Words("说明", "Meaning"), "wrap", value=lambda row: on_page(row.words)),
        Column("heading", Words("列", "Column")),
        Column("value", Words("原值（脱敏）", "Value (masked)")),
        Column("place", Words("位置", "Place"), value=lambda row: Words(f"{row.file} 第 {row.place} 行", f"{row.file} row {row.place}")),
        Column("code", Words("代码", "Code"), "code", hidden=True),
    ]


def _account(tape: Tape, row: Finding) -> str | None:
    return None if row.position is None else f"/accounts/{tape.pk}/{row.position}"
