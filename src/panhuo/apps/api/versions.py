"""The versions of a tape: which counts, what it is called, how two of them differ."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router

from panhuo.apps.api.access import Token
from panhuo.apps.api.jobs import job_out
from panhuo.apps.api.shapes import JobOut, RenameIn, RestoreIn, TapeOut, WithdrawnOut
from panhuo.apps.api.tapes import tape_of, tape_out
from panhuo.apps.identity.finding import scope_of_request
from panhuo.apps.intake.comparing import comparison_of, tapes_compare, versions_of
from panhuo.apps.intake.versions import tape_make_current, tape_rename, tape_withdraw

router = Router(tags=["tape versions"])


@router.get("/{key:tape_id}/versions", response=list[TapeOut], auth=Token("tape.view"))
def versions_list(request: HttpRequest, tape_id: int) -> Any:
    """The imported versions of the tape's series, latest first."""
    scope = scope_of_request(request)
    return [tape_out(tape) for tape in versions_of(scope, tape_of(scope, tape_id))]


@router.post("/{key:tape_id}/current", response=TapeOut, auth=Token("tape.import"))
def version_make_current(request: HttpRequest, tape_id: int) -> Any:
    """This version counts from now on, in place of the one that does."""
    scope = scope_of_request(request)
    return tape_out(tape_make_current(scope, tape_of(scope, tape_id)))


@router.post("/{key:tape_id}/withdraw", response=WithdrawnOut, auth=Token("tape.import"))
def version_withdraw(request: HttpRequest, tape_id: int, body: RestoreIn) -> Any:
    """Take the current version out of the portfolio. Nothing is removed."""
    scope = scope_of_request(request)
    back = tape_withdraw(scope, tape_of(scope, tape_id), restore=body.restore)
    return {"withdrawn": tape_out(tape_of(scope, tape_id)), "restored": tape_out(back) if back else None}


@router.post("/{key:tape_id}/rename", response=TapeOut, auth=Token("tape.import"))
def version_rename(request: HttpRequest, tape_id: int, body: RenameIn) -> Any:
    """Give this version another name: it becomes the latest version of that series."""
    scope = scope_of_request(request)
    return tape_out(tape_rename(scope, tape_of(scope, tape_id), series=body.series, restore=body.restore))


@router.get("/{key:tape_id}/differences/{key:old_id}", response=dict[str, Any], auth=Token("tape.view"))
def differences_read(request: HttpRequest, tape_id: int, old_id: int) -> Any:
    """What changed from tape ``old_id`` to this one, as ``panhuo tape diff --json`` says it; 404 until the two are compared."""
    scope = scope_of_request(request)
    found = comparison_of(scope, old=tape_of(scope, old_id), new=tape_of(scope, tape_id))
    if found is None:
        raise Http404
    return found


@router.post("/{key:tape_id}/differences/{key:old_id}", response={202: JobOut}, auth=Token("tape.view"))
def differences_ask(request: HttpRequest, tape_id: int, old_id: int) -> Any:
    """Compare two imported tapes; the answer is the job to watch."""
    scope = scope_of_request(request)
    return 202, job_out(tapes_compare(scope, old=tape_of(scope, old_id), new=tape_of(scope, tape_id)), scope.lang)
