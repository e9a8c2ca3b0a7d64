"""The review queue of debtor matches: pairs side by side, masked; same or different, by button or key, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from panhuo.apps.console.access import needs
from panhuo.apps.console.notices import notice_add, notice_with
from panhuo.apps.console.tables import Empty
from panhuo.apps.console.views.paging import page_of
from panhuo.apps.console.views.tape_parts import page_context
from panhuo.apps.identity.finding import one_of, scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.matching import SAME, match_decide, matches_of, positions_of
from panhuo.apps.intake.models import Match, Tape
from panhuo.engines.intake.identity.assembling import REASONS
from panhuo.engines.intake.identity.comparisons import COMPARISONS
from panhuo.kernel.frames import DEBTOR
from panhuo.kernel.words import Words

PAGE = 20
_SHOWN = ("name", "id_no", "birth_date", "phone", "address", "employer")
_COLUMNS = {"birth": "birth_date"}
"""By comparison, where its name is not that of the field."""
_LEVELS = {(c.name, level.code): (c.words, level.words) for c in COMPARISONS for level in c.levels}
_LEVELS |= {
    ("id_no", "exact"): (Words("证件号码", "identity number"), Words("相同", "same")),
    ("name", "other"): (Words("姓名", "name"), Words("不同", "different")),
}
_DONE = Empty(
    Words("没有待复核的归并", "Nothing to review"),
    Words(
        "能自动判断的都已判断，您的决定在“已决定”中可随时撤销",
        "What could be told by itself was; your decisions are under “Decided” and can be taken back",
    ),
    icon="check",
)


@needs("tape.view")
@require_safe
def matches(request: HttpRequest, tape_id: int) -> HttpResponse:
    """Open pairs, likeliest first; or those decided, latest first."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id)
    if tape.state != Tape.IMPORTED:
        return redirect(f"/tapes/{tape.pk}")
    decided = request.GET.get("decided") == "1"
    rows = matches_of(scope, tape, decided=decided)
    count = rows.count()
    if decided:
        found = page_of(request, rows, PAGE)
        page, older = found.rows, found.older or ""
    else:
        page, older = list(rows[:PAGE]), ""  # what is decided leaves the queue, so its beginning is always what comes next
    context = page_context(scope, tape, "matches") | {
        "pairs": pairs_of(scope, tape, page),
        "decided": decided,
        "count": count,
        "older": older,
        "empty": _DONE,
    }
    return render(request, "console/tapes/matches.html", context)


@needs("match.review")
@require_POST
def decide(request: HttpRequest, tape_id: int, match_id: int) -> HttpResponse:
    """Decide a pair or take its decision back; for HTMX the pair is answered as it stands now."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id)
    one_of(scope, Match, match_id)
    match = match_decide(scope, match_id, decision=request.POST.get("decision", ""))
    words = (
        Words("已撤销决定", "Taken back")
        if not match.decision
        else Words("已归为同一债务人", "Joined as one debtor")
        if match.decision == SAME
        else Words("已分为不同债务人", "Kept apart")
    )
    if request.headers.get("HX-Request"):
        response = render(request, "console/tapes/pair.html", {"tape": tape, "pair": pairs_of(scope, tape, [match])[0], "may_review": True})
        return notice_with(response, request, words, "good" if match.decision else "info")
    notice_add(request, words)
    return redirect(f"/tapes/{tape.pk}/matches")


def pairs_of(scope: Scope, tape: Tape, matches: Sequence[Match]) -> list[dict[str, Any]]:
    """Pairs as the template shows them: a line a field, what agreed and what differed, and where the two accounts are."""
    positions = positions_of(scope, tape, matches) if scope.may("account.view") else {}
    return [
        _pair(match) | {side: (number, positions.get(number)) for side, number in (("left", match.left), ("right", match.right))} for match in matches
    ]


def _pair(match: Match) -> dict[str, Any]:
    shown = match.shown
    agreed, differed = _levels(shown.get("agreed")), _levels(shown.get("differed"))
    lines = []
    for name in _SHOWN:
        left, right = shown.get(f"{name}_l"), shown.get(f"{name}_r")
        if left is None and right is None:
            continue
        tone, words = ("differ", differed[name]) if name in differed else ("agree", agreed[name]) if name in agreed else ("", None)
        lines.append((Words(DEBTOR[name].zh, DEBTOR[name].en), left, right, tone, words))
    others = [(tone, said) for tone, levels in (("good", agreed), ("bad", differed)) for name, said in levels.items() if name not in _SHOWN]
    return {
        "match": match,
        "lines": lines,
        "others": others,
        "reason": REASONS.get(match.reason, Words(match.reason, match.reason)),
    }


def _levels(text: str | None) -> dict[str, Words]:
    """``name:exact;phone:cross`` as words, by comparison."""
    out = {}
    for part in (text or "").split(";"):
        name, _, code = part.partition(":")
        known = _LEVELS.get((name, code))
        if known is not None:
            out[_COLUMNS.get(name, name)] = Words(f"{known[0].zh}：{known[1].zh}", f"{known[0].en}: {known[1].en}")
        elif name:
            out[name] = Words(part, part)
    return out
