"""How an upload is to be read: the mapping as a table and as text, the first rows as they will read, and the word to import it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from panhuo.apps.console.access import needs
from panhuo.apps.console.views import job_parts
from panhuo.apps.console.views.tape_parts import DATES, STEPS, UNITS, job_of, size_words, state_of, value_words
from panhuo.apps.console.words import REMEDIES
from panhuo.apps.identity.finding import one_of, scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.layouts import SUGGESTED, Beginning, Look, beginnings, layout_check, series_like, tape_look
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.overlaps import kin_of
from panhuo.apps.intake.preview import Preview, preview_of
from panhuo.apps.intake.remapping import Choice, choices_of, remap, units_for
from panhuo.apps.intake.services import tape_describe, tape_import
from panhuo.engines.intake import Layout, shipped_layouts
from panhuo.engines.intake.rejects import Fields, shown_cells
from panhuo.engines.intake.suggestion import Guess
from panhuo.kernel.errors import InputUnusable, PanhuoError, UsageInvalid
from panhuo.kernel.frames import TABLES, TAPE, TAPE_REQUIRED
from panhuo.kernel.words import Words

_PLACE = re.compile(r"^[^:]*?\.ya?ml(?::(\d+))?(?::\s*(.*))?$")
_SURE, _LIKELY = 0.8, 0.6


@dataclass(frozen=True, slots=True)
class Line:
    """A heading in the table of the mapping."""

    number: int
    heading: str
    choice: Choice
    units: tuple[tuple[str, Words], ...]
    dates: tuple[tuple[str, Words], ...]
    samples: tuple[str, ...]
    guess: Guess | None
    agrees: bool
    confidence: tuple[Words, str]
    fault: Words | None = None


@dataclass
class Draft:
    """What stands in the form: the text, the table's choices if they were sent, and the rest of the description."""

    text: str
    name: str
    series: str
    as_of: str
    sheet: str
    choices: dict[str, Choice] | None = None
    synced: str = ""
    faults: dict[str, Words] | None = None


def page(request: HttpRequest, tape: Tape, *, draft: Draft | None = None, error: PanhuoError | None = None) -> HttpResponse:
    """The page of an upload that is not imported."""
    scope = scope_of_request(request)
    sheet = draft.sheet if draft else request.GET.get("sheet", tape.sheet)[:80]
    context: dict[str, Any] = {
        "tape": tape,
        "state": state_of(tape),
        "steps": STEPS,
        "sheet": sheet,
        "files": [(f["name"], size_words(f["bytes"])) for f in tape.files],
    }
    context["failed"] = job_parts.error_of(job) if tape.state == Tape.FAILED and error is None and (job := job_of(scope, tape)) else None
    context["known"] = scope.rows(Tape).filter(files__0__sha256=tape.files[0]["sha256"], state=Tape.IMPORTED).first() if tape.files else None
    try:
        look = tape_look(scope, tape, sheet=sheet)
    except InputUnusable as refused:
        return render(request, "console/tapes/unreadable.html", context | {"error": refused}, status=200 if error is None else 422)
    choices = beginnings(scope, tape, look)
    draft = draft or _first_draft(scope, tape, look, choices, request.GET.get("from", ""), sheet)
    begun = request.GET.get("from", "" if tape.layout else choices[0].key)
    words = next((one.words for one in choices if one.key == begun), Words("上次在这里确认的", "as confirmed here before"))
    context |= {"look": look, "beginnings": choices, "from": begun, "from_words": words}
    context["series_known"] = scope.rows(Tape).filter(current=True).order_by("series").values_list("series", flat=True)[:200]
    context |= _described(scope, tape, look, draft)
    guess = series_like(scope, look, next((one for one in choices if one.key == begun), choices[0]))
    context |= _named(scope, draft, context["owed"], guess=guess)
    return render(request, "console/tapes/describe.html", context | {"error": _told(error)}, status=200 if error is None else 422)


@needs("tape.import")
@require_POST
def preview(request: HttpRequest, tape_id: int) -> HttpResponse:
    """The first rows again after a change: of the table (then the text follows) or of the text (then the table does)."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id)
    draft = _sent(request, tape)
    look = tape_look(scope, tape, sheet=draft.sheet)
    by_text = request.POST.get("by") == "text"
    if not by_text:
        draft = _by_table(draft, look)
    context = {"tape": tape, "look": look, **_described(scope, tape, look, draft)}
    context |= _named(scope, draft, context["owed"], guess=request.POST.get("guess", "")[:80])
    return render(request, "console/tapes/mapping.html" if by_text else "console/tapes/preview_and_text.html", context)


@needs("tape.import")
@require_POST
def take_in(request: HttpRequest, tape_id: int) -> HttpResponse:
    """Keep the description and ask for the import; what is wrong with it is said beside it, and nothing that was typed is lost."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id, "created_by")
    draft = _sent(request, tape)
    if tape.state not in (Tape.UPLOADED, Tape.FAILED):
        return redirect(f"/tapes/{tape.pk}")
    try:
        look = tape_look(scope, tape, sheet=draft.sheet)
        draft = _one_of_two(draft, look)
        if draft.faults:
            heading, words = next(iter(draft.faults.items()))
            raise UsageInvalid("MAPPING_WRONG", words, where=heading, remedy=Words("改正对应表中标出的行", "put right the rows that are marked"))
        as_of = _day(draft.as_of)
        layout = layout_check(draft.text, name=draft.name)
        preview_of(look, layout, as_of=as_of, today=timezone.localdate())  # what does not fit is said here, not by a job a minute later
        described = tape_describe(scope, tape, layout_name=draft.name, layout=draft.text, as_of=as_of, sheet=draft.sheet, series=draft.series)
        tape_import(scope, described)
    except PanhuoError as error:
        tape.refresh_from_db()
        if tape.state not in (Tape.UPLOADED, Tape.FAILED):
            return redirect(f"/tapes/{tape.pk}")
        return page(request, tape, draft=draft, error=error)
    return redirect(f"/tapes/{tape.pk}")


def _first_draft(scope: Scope, tape: Tape, look: Look, choices: list[Beginning], wanted: str, sheet: str) -> Draft:
    """As it was described before, else from the layout asked for, else from the likeliest; under the name it was uploaded with."""
    if tape.layout and not wanted:
        return Draft(tape.layout, tape.layout_name, tape.series, tape.as_of.isoformat() if tape.as_of else "", sheet)
    begun = next((one for one in choices if one.key == wanted), choices[0])
    return Draft(begun.text, begun.name, tape.series, "", sheet)


def _sent(request: HttpRequest, tape: Tape) -> Draft:
    post = request.POST
    choices = {}
    for number in range(min(len(post), 2_500)):
        heading = post.get(f"h{number}")
        if heading is None:
            break
        choices[heading] = Choice(post.get(f"f{number}", "")[:80], post.get(f"u{number}", "")[:20], post.get(f"d{number}", "")[:80])
    text, synced = (post.get(name, "").replace("\r\n", "\n").strip() + "\n" for name in ("layout", "synced"))
    return Draft(
        text, post.get("layout_name", "").strip()[:80] or "layout", post.get("series", "").strip()[:80] or tape.series, post.get("as_of", "").strip()[:20],
        post.get("sheet", "")[:80], choices, synced,
    )  # fmt: skip


def _by_table(draft: Draft, look: Look) -> Draft:
    """The text brought after the table. A text that is no layout stays as it is: the preview says what is wrong with it."""
    if not draft.choices:
        return draft
    try:
        made = remap(draft.text, draft.choices, look, name=draft.name)
    except PanhuoError:
        return draft
    if made.text != draft.text:
        draft.name = draft.name if draft.name not in (*shipped_layouts(), SUGGESTED) else f"{draft.name}_mended"
    draft.text, draft.faults = made.text, made.faults
    return draft


def _one_of_two(draft: Draft, look: Look) -> Draft:
    """Table and text, of which one was changed since they last agreed. Raises UsageInvalid where both were."""
    if not draft.choices or draft.text == draft.synced:
        return _by_table(draft, look)
    if remap(draft.synced, draft.choices, look, name=draft.name).text != draft.synced:
        cause = Words("对应表和版式文本都改过，不知以哪个为准", "both the table and the text were changed: which one holds cannot be told")
        raise UsageInvalid(
            "MAPPING_TWICE",
            cause,
            where="layout",
            remedy=Words("在“版式文本”中点“应用”，核对后再导入", "apply the text, look at the table, then import"),
        )
    draft.choices = None
    return draft


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        cause = Words("基准日不是日期", "the cut-off is no date")
        raise UsageInvalid(
            "AS_OF_WRONG", cause, where="as_of", remedy=Words("写作 2026-10-31，或留空", "write 2026-10-31, or leave it empty")
        ) from error


def _described(scope: Scope, tape: Tape, look: Look, draft: Draft) -> dict[str, Any]:
    """The table, the text and the preview of a draft, each with what is wrong with it."""
    layout: Layout | None = None
    shown: Preview | None = None
    refusal: PanhuoError | None = None
    try:
        layout = layout_check(draft.text, name=draft.name)
        if any(part is not None for part in (layout.sheet, layout.header_row, layout.encoding, layout.delimiter)):
            look = tape_look(scope, tape, sheet=draft.sheet, layout=layout)
        shown = preview_of(look, layout, as_of=_day(draft.as_of), today=timezone.localdate())
    except PanhuoError as error:
        refusal = error
    chosen = (
        draft.choices
        if draft.choices and (layout is None or draft.faults)
        else choices_of(layout, look)
        if layout
        else dict.fromkeys(look.headings, Choice())
    )
    return {
        "draft": draft,
        "lines": _lines(look, chosen, draft.faults or {}),
        "fields": _field_choices(),
        "constants": [(TAPE[name], value) for name, value in layout.constants.items()] if layout else [],
        "derived": [(TAPE[name], sql) for name, sql in layout.derived.items() if name in TAPE] if layout else [],
        "preview": _preview_rows(shown) if shown else None,
        "refusal": _told(refusal),
        "owed": shown.owed if shown else (),
    }


def _named(scope: Scope, draft: Draft, owed: Sequence[tuple[str, int]], *, guess: str) -> dict[str, Any]:
    """What the name makes of the upload: the tape it would take the place of, and others it may go on, each with the account numbers they have in common."""
    replaced, offers = kin_of(scope, owed, series=draft.series, guess=guess)
    leap = next((one for one in (replaced, *offers) if one and one.likely and one.leaps), None)
    return {"replaced": replaced, "offers": offers, "guess": guess, "leap": leap}


def _lines(look: Look, chosen: dict[str, Choice], faults: dict[str, Words]) -> list[Line]:
    guesses = {guess.heading: guess for guess in look.suggestion.guesses}
    samples = _samples(look, chosen, guesses)
    out = []
    for number, heading in enumerate(look.headings):
        choice, guess = chosen.get(heading, Choice()), guesses.get(heading)
        units = tuple((unit, UNITS[unit]) for unit in units_for(heading, choice.to))
        dated = choice.to in TAPE and TAPE[choice.to].kind == "date"
        dates = (
            tuple(DATES.items()) + (((choice.dates, Words(choice.dates, choice.dates)),) if choice.dates and choice.dates not in DATES else ())
            if dated
            else ()
        )
        agrees = guess is not None and guess.field == (choice.to or None)
        out.append(
            Line(
                number,
                heading,
                choice,
                units,
                dates,
                samples.get(heading, ()),
                guess,
                agrees,
                _confidence(guess, choice, agrees=agrees),
                faults.get(heading),
            )
        )
    return out


def _confidence(guess: Guess | None, choice: Choice, *, agrees: bool) -> tuple[Words, str]:
    if not choice.to:
        if guess is None or guess.field is None or guess.field not in TAPE:
            return Words("不读取", "not read"), ""
        share = f"{guess.confidence:.0%}"
        return Words(f"可能是{TAPE[guess.field].zh} {share}", f"may be {TAPE[guess.field].en} {share}"), "info"
    if not agrees or guess is None:
        return Words("按版式", "by the layout"), ""
    if TAPE[choice.to].kind == "money" and (choice.unit or "yuan") != (guess.unit or "yuan"):
        return Words("单位与推断不同，请核对", "not the unit that was guessed: check it"), "warn"
    share = f"{guess.confidence:.0%}"
    if guess.confidence >= _SURE:
        return Words(f"确定 {share}", f"sure {share}"), "good"
    return (
        (Words(f"较可能 {share}", f"likely {share}"), "info")
        if guess.confidence >= _LIKELY
        else (Words(f"请核对 {share}", f"check it {share}"), "warn")
    )


def _samples(look: Look, chosen: dict[str, Choice], guesses: dict[str, Guess]) -> dict[str, tuple[str, ...]]:
    """The first different cells of each heading, people masked by what the heading is, or may be."""
    named = {guess.field: heading for heading, guess in guesses.items() if guess.field} | {
        choice.to: heading for heading, choice in chosen.items() if choice.to in TAPE
    }
    out: dict[str, tuple[str, ...]] = {}
    for sample in look.samples:
        headings = [name for name in sample.columns if not name.startswith("__")]
        cells = shown_cells(sample.head(60).select(headings), headings, Fields({str(field): heading for field, heading in named.items()}))
        for heading in headings:
            values = cells[heading].drop_nulls().str.strip_chars()
            out.setdefault(heading, tuple(values.filter(values != "").unique(maintain_order=True).head(3).to_list()))
    return out


def _field_choices() -> list[tuple[Words, list[tuple[str, Words]]]]:
    """Every field of a tape, by table; each once."""
    seen: set[str] = set()
    out = []
    for frame in TABLES[:-1]:
        mine = [field for field in frame.fields if field.tape and field.name not in seen]
        seen |= {field.name for field in mine}
        words = [
            (
                field.name,
                Words(
                    field.zh + ("（必需）" if field.name in TAPE_REQUIRED else ""), field.en + (" (required)" if field.name in TAPE_REQUIRED else "")
                ),
            )
            for field in mine
        ]
        out.append((Words(frame.zh, frame.en), words))
    return out


def _preview_rows(shown: Preview) -> dict[str, Any]:
    rows = []
    for row in shown.rows:
        cells = [
            (
                value_words(cell.value, cell.kind),
                isinstance(cell.value, str),
                cell.kind in ("money", "rate", "number", "integer"),
                cell.tone,
                cell.notes,
            )
            for cell in row.cells
        ]
        notes = list(dict.fromkeys([*(note for cell in row.cells for note in cell.notes), *(words for _, words in row.notes)]))
        rows.append({"place": row.place, "file": row.file, "accepted": row.accepted, "cells": cells, "notes": notes})
    from_words = {
        "given": Words("由您给出", "as given"), "layout": Words("取自版式", "from the layout"), "tape": Words("由清单推断", "told by the tape"),
        "today": Words("清单没有写明，暂按今天", "the tape does not say; today for now"),
    }  # fmt: skip
    return {
        "columns": shown.columns,
        "rows": rows,
        "sum": shown,
        "rejected": shown.rows_in - shown.accepted,
        "as_of_from": from_words[shown.as_of_from],
        "unsure_day": shown.as_of_from == "today",
    }


def _told(error: PanhuoError | None) -> dict[str, Any] | None:
    """An error with the place it names: a line and key of the layout, or a thing that has a page."""
    if error is None:
        return None
    found = _PLACE.match(error.where)
    place = {"line": found.group(1), "key": found.group(2)} if found else {}
    return {
        "code": error.code,
        "cause": error.cause,
        "remedy": REMEDIES.get(error.code, error.remedy),
        "where": error.where,
        "href": job_parts.href_of(error.where),
        **place,
    }
