"""Which version of a tape counts and what it is called, changed by who may import: made current, withdrawn, renamed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from panhuo.apps.console.access import needs
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.views import tape_pages
from panhuo.apps.identity.finding import one_of, scope_of_request
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.versions import tape_make_current, tape_rename, tape_withdraw
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words


@needs("tape.import")
@require_POST
def make_current(request: HttpRequest, tape_id: int) -> HttpResponse:
    """This version counts from now on."""

    def change(scope: Scope, tape: Tape) -> Words:
        tape_make_current(scope, tape)
        return Words(f"“{tape.series}”第 {tape.version} 版现在是现行的一版", f"{tape.series}, version {tape.version}, is current now")

    return _changed(request, tape_id, change)


@needs("tape.import")
@require_POST
def withdraw(request: HttpRequest, tape_id: int) -> HttpResponse:
    """Out of the portfolio; the version before comes back where that is asked for."""

    def change(scope: Scope, tape: Tape) -> Words:
        back = tape_withdraw(scope, tape, restore=request.POST.get("restore") == "1")
        said = Words(f"“{tape.series}”第 {tape.version} 版已撤下", f"{tape.series}, version {tape.version}, is withdrawn")
        if back is None:
            return said
        return Words(f"{said.zh}，第 {back.version} 版重新成为现行", f"{said.en}; version {back.version} is current again")

    return _changed(request, tape_id, change)


@needs("tape.import")
@require_POST
def rename(request: HttpRequest, tape_id: int) -> HttpResponse:
    """This version goes by another name."""

    def change(scope: Scope, tape: Tape) -> Words:
        renamed = tape_rename(scope, tape, series=request.POST.get("series", ""), restore=request.POST.get("restore") == "1")
        said = Words(f"已改名为“{renamed.series}”第 {renamed.version} 版", f"It is {renamed.series}, version {renamed.version}, now")
        if renamed.current or not tape.current:
            return said
        return Words(
            f"{said.zh}；那里已有现行的一版，要换成它请点“设为现行”", f"{said.en}; another version is current there: make it current if it should be"
        )

    return _changed(request, tape_id, change)


def _changed(request: HttpRequest, tape_id: int, change: Callable[[Scope, Tape], Words]) -> HttpResponse:
    """The versions page after a change, with what was done or why it was refused."""
    scope = scope_of_request(request)
    tape = one_of(scope, Tape, tape_id, "created_by")
    try:
        said = change(scope, tape)
    except UsageInvalid as error:
        return tape_pages.versions_page(request, tape, error)
    notice_add(request, said, "good")
    return redirect(f"/tapes/{tape.pk}/versions")
