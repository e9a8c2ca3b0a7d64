"""Which version of a tape counts: the current one is mended, and which that is, under what name, people may change.

Nothing is removed by it: rows, files and the plans over them stay as they are. ``current`` says what the portfolio is made of, and one version of a series
at most is. Each change is a deed of the tape's record. Changes and imports of one organisation are made one after another (:func:`one_at_a_time`).
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import QuerySet

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.models import Tape
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

MENDS = "mends"
"""In ``Tape.figures``: the version whose rejected rows this one corrects."""


def one_at_a_time(organisation_id: int) -> None:
    """Imports of one organisation commit one after another, and so do changes of what is current: who comes second sees what the first has done, instead of
    running into a constraint. In the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('panhuo tape.import'), %s)", [organisation_id])


def check_imported(tape: Tape) -> None:
    """Raises UsageInvalid."""
    if tape.state != Tape.IMPORTED:
        raise _refused("TAPE_NOT_IMPORTED", "清单还没有导入", "the tape is not imported", tape, "先导入", "import it first")


def version_current(scope: Scope, tape: Tape) -> Tape | None:
    """The current version of the tape's series; None: the series is withdrawn."""
    return _series(scope, tape.series).filter(current=True).first()


def version_before(scope: Scope, tape: Tape) -> Tape | None:
    """The version that would take the tape's place if it went: of the others of its series the one with the latest cut-off, the latest of those."""
    return _series(scope, tape.series).exclude(pk=tape.pk).order_by("-as_of", "-version").first()


def check_current(scope: Scope, tape: Tape) -> None:
    """Corrections belong to the current version: made on another they would leave out what was corrected since. Raises UsageInvalid, which leads to it."""
    if tape.current:
        return
    current = version_current(scope, tape)
    if current is None:
        cause = Words("这份清单已撤下，不能更正", "the tape is withdrawn and cannot be corrected")
        raise UsageInvalid("TAPE_WITHDRAWN", cause, where=tape.subject, remedy=Words("先把它设为现行", "make it current first"))
    cause = Words(
        f"这是第 {tape.version} 版，现行的是第 {current.version} 版；在旧版上更正会丢掉后来的更正",
        f"this is version {tape.version} and version {current.version} is current; corrections made here would throw away those made since",
    )
    raise UsageInvalid("VERSION_OVERTAKEN", cause, where=current.subject, remedy=Words("在现行的一版上更正", "correct the current version"))


def mend_under_way(scope: Scope, tape: Tape) -> Tape | None:
    """The next version that is being made of the tape's corrected rows."""
    return scope.rows(Tape).filter(state=Tape.IMPORTING, series=tape.series, figures__mends=tape.pk).first()


def check_no_mend(scope: Scope, tape: Tape) -> None:
    """Raises UsageInvalid while a version with corrected rows of the tape is being imported."""
    making = mend_under_way(scope, tape)
    if making is not None:
        cause = Words("正在以更正行导入这份清单的新一版", "a new version of this tape, with corrected rows, is being imported")
        raise UsageInvalid(
            "MEND_UNDER_WAY", cause, where=making.subject, remedy=Words("等它完成，再在新的一版上做", "wait for it, then go on with that one")
        )


def tape_make_current(scope: Scope, tape: Tape) -> Tape:
    """Make an imported version the one that counts, in place of the one that does. Raises UsageInvalid (not imported, current already), NotAllowed."""
    scope.need("tape.import")
    with transaction.atomic():
        locked = _locked(scope, tape)
        if locked.current:
            raise _refused("VERSION_CURRENT", "这一版已是现行", "this version is current already", locked, "无需再设", "there is nothing to do")
        before = version_current(scope, locked)
        if before is not None:
            check_no_mend(scope, before)
        _set_current(scope, locked)
        deed_add(scope, "tape.current", locked.subject, before=before.pk if before else None)
    return locked


def tape_withdraw(scope: Scope, tape: Tape, *, restore: bool) -> Tape | None:
    """Take the current version out of the portfolio; with ``restore`` the version before it becomes current again, and is returned. Raises UsageInvalid (not
    imported, not current, corrections of it being imported), NotAllowed."""
    scope.need("tape.import")
    with transaction.atomic():
        locked = _locked(scope, tape)
        if not locked.current:
            raise _refused(
                "VERSION_OUT", "这一版不在组合里", "this version is not in the portfolio", locked, "无需撤下", "there is nothing to withdraw"
            )
        check_no_mend(scope, locked)
        back = version_before(scope, locked) if restore else None
        locked.current = False
        locked.save(update_fields=["current"])
        if back is not None:
            _set_current(scope, back)
        deed_add(scope, "tape.withdraw", locked.subject, restored=back.pk if back else None)
        if back is not None:
            deed_add(scope, "tape.current", back.subject, before=locked.pk)
    return back


def tape_rename(scope: Scope, tape: Tape, *, series: str, restore: bool) -> Tape:
    """Give an imported version another name: it leaves its series for that one, as its latest version, and is current there if it was here and nothing is
    there. With ``restore`` the version it had replaced becomes current again in the series it leaves.

    Raises UsageInvalid (not imported, no name or the same, corrections of it being imported), NotAllowed.
    """
    scope.need("tape.import")
    name = series.replace("\x00", "").strip()[:80]
    with transaction.atomic():
        locked = _locked(scope, tape)
        if not name or name == locked.series:
            raise _refused("SERIES_SAME", "没有给出新的名称", "no new name is given", locked, "填写另一个名称", "give another name")
        check_no_mend(scope, locked)
        back = version_before(scope, locked) if restore and locked.current else None
        was, number = locked.series, locked.version
        there = scope.rows(Tape).filter(series=name, version__gt=0).order_by("-version").values_list("version", flat=True).first()
        locked.current = locked.current and not _series(scope, name).filter(current=True).exists()
        locked.series, locked.version = name, (there or 0) + 1
        locked.save(update_fields=["series", "version", "current"])
        if back is not None:
            _set_current(scope, back)
            deed_add(scope, "tape.current", back.subject, before=locked.pk)
        deed_add(scope, "tape.rename", locked.subject, was=was, version=number, series=name)
    return locked


def _series(scope: Scope, series: str) -> QuerySet[Tape]:
    return scope.rows(Tape).filter(series=series, state=Tape.IMPORTED)


def _locked(scope: Scope, tape: Tape) -> Tape:
    one_at_a_time(tape.organisation_id)
    locked = scope.rows(Tape).select_for_update().get(pk=tape.pk)
    check_imported(locked)
    return locked


def _set_current(scope: Scope, tape: Tape) -> None:
    _series(scope, tape.series).filter(current=True).update(current=False)
    tape.current = True
    tape.save(update_fields=["current"])


def _refused(code: str, zh: str, en: str, tape: Tape, remedy_zh: str, remedy_en: str) -> UsageInvalid:
    return UsageInvalid(code, Words(zh, en), where=tape.subject, remedy=Words(remedy_zh, remedy_en))
