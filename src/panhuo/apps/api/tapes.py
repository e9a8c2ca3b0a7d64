"""Tapes and their matches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest
from ninja import File, Form, Router
from ninja.files import UploadedFile

from panhuo.apps.api.access import Token
from panhuo.apps.api.jobs import job_out
from panhuo.apps.api.shapes import DescribeIn, JobOut, LookOut, MatchIn, MatchOut, TapeOut
from panhuo.apps.identity.finding import one_of, scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.layouts import shipped_text, tape_look
from panhuo.apps.intake.matching import match_decide, matches_of
from panhuo.apps.intake.models import Match, Tape
from panhuo.apps.intake.services import tape_describe, tape_discard, tape_import, tape_upload
from panhuo.engines.intake import shipped_layouts
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

router = Router(tags=["tapes"])
PAGE = 100


@router.get("", response=list[TapeOut], auth=Token("tape.view"))
def tapes_list(request: HttpRequest, before: int | None = None) -> Any:
    """Tapes, latest first, a hundred at a time; ``before`` an id goes on from there."""
    rows = scope_of_request(request).rows(Tape).order_by("-pk")
    return [tape_out(tape) for tape in (rows.filter(pk__lt=before) if before is not None else rows)[:PAGE]]


@router.post("", response={201: TapeOut}, auth=Token("tape.import"))
def tape_create(request: HttpRequest, files: File[list[UploadedFile]], series: Form[str] = "") -> Any:
    """Upload the files of a tape."""
    given = [(file.name or "tape", Path(file.temporary_file_path())) for file in files]  # type: ignore[attr-defined]
    return 201, tape_out(tape_upload(scope_of_request(request), series=series, files=given))


@router.get("/{key:tape_id}", response=TapeOut, auth=Token("tape.view"))
def tape_read(request: HttpRequest, tape_id: int) -> Any:
    return tape_out(tape_of(scope_of_request(request), tape_id))


@router.delete("/{key:tape_id}", response={204: None}, auth=Token("tape.import"))
def tape_delete(request: HttpRequest, tape_id: int) -> Any:
    """Remove an upload that was not imported."""
    scope = scope_of_request(request)
    tape_discard(scope, tape_of(scope, tape_id))
    return 204, None


@router.get("/{key:tape_id}/look", response=LookOut, auth=Token("tape.import"))
def tape_look_at(request: HttpRequest, tape_id: int, sheet: str = "") -> Any:
    """The headings of an upload, what each may be, and a layout to begin with."""
    scope = scope_of_request(request)
    look = tape_look(scope, tape_of(scope, tape_id), sheet=sheet)
    guesses = [
        {"heading": g.heading, "field": g.field, "confidence": g.confidence, "reason": g.reason.to(scope.lang)} for g in look.suggestion.guesses
    ]
    return {"headings": look.headings, "titles": look.titles, "fits": look.chosen, "layout": look.yaml, "guesses": guesses}


@router.put("/{key:tape_id}/layout", response=TapeOut, auth=Token("tape.import"))
def tape_layout(request: HttpRequest, tape_id: int, body: DescribeIn) -> Any:
    """Confirm how an upload is read."""
    scope = scope_of_request(request)
    tape = tape_of(scope, tape_id)
    text = body.layout
    if not text:
        if body.layout_name not in shipped_layouts():
            cause = Words(f"没有版式 {body.layout_name}", f"there is no layout {body.layout_name}")
            raise UsageInvalid(
                "LAYOUT_UNKNOWN",
                cause,
                where="layout_name",
                remedy=Words("给出版式正文，或自带版式的名称", "give its text, or the name of a shipped one"),
            )
        text = shipped_text(body.layout_name)
    return tape_out(
        tape_describe(scope, tape, layout_name=body.layout_name or "layout", layout=text, as_of=body.as_of, sheet=body.sheet, series=body.series)
    )


@router.post("/{key:tape_id}/import", response={202: JobOut}, auth=Token("tape.import"))
def tape_take_in(request: HttpRequest, tape_id: int) -> Any:
    """Ask for the import; the answer is the job to watch."""
    scope = scope_of_request(request)
    return 202, job_out(tape_import(scope, tape_of(scope, tape_id)), scope.lang)


@router.get("/{key:tape_id}/matches", response=list[MatchOut], auth=Token("tape.view"))
def matches_list(request: HttpRequest, tape_id: int, decided: bool | None = None) -> Any:
    """Pairs that may be one debtor, likeliest first; at most 500."""
    scope = scope_of_request(request)
    return [match_out(match) for match in matches_of(scope, tape_of(scope, tape_id), decided=decided)[:500]]


@router.put("/matches/{key:match_id}", response=MatchOut, auth=Token("match.review"))
def match_put(request: HttpRequest, match_id: int, body: MatchIn) -> Any:
    return match_out(match_decide(scope_of_request(request), match_id, decision=body.decision))


def tape_of(scope: Scope, tape_id: int) -> Tape:
    return one_of(scope, Tape, tape_id)


def tape_out(tape: Tape) -> dict[str, Any]:
    names = ("series", "version", "current", "state", "as_of", "rows", "balance_fen", "files", "created_at")
    return {"id": tape.pk, "layout": tape.layout_name, "figures": {k: v for k, v in tape.figures.items() if k != "kept"}} | {
        n: getattr(tape, n) for n in names
    }


def match_out(match: Match) -> dict[str, Any]:
    return {"id": match.pk} | {name: getattr(match, name) for name in ("left", "right", "weight", "probability", "reason", "shown", "decision")}
