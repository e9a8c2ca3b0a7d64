"""What people do with tapes: upload, describe, import, give up."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.importing import same_tape, tape_digest
from panhuo.apps.intake.models import Tape
from panhuo.apps.jobs.models import Job
from panhuo.apps.jobs.services import job_start
from panhuo.apps.privacy.files import file_seal
from panhuo.kernel.errors import InputUnusable, UsageInvalid
from panhuo.kernel.words import Words

_NAME = 120


def tape_upload(scope: Scope, *, series: str, files: Iterable[tuple[str, Path]]) -> Tape:
    """Keep uploaded files, sealed, as a new tape. files: (name as the user knows it, where the plain bytes lie); the caller removes those.

    Raises InputUnusable for no file, an empty one, or the same one twice.
    """
    scope.need("tape.import")
    given = [(_named(name), path) for name, path in files]
    if not given:
        raise InputUnusable(
            "UPLOAD_EMPTY", Words("没有选择文件", "no file was chosen"), where="files", remedy=Words("选择清单文件", "choose the tape's file")
        )
    described = [file_described(name, path) for name, path in given]
    if len({file["sha256"] for file in described}) < len(described) or len({file["name"] for file in described}) < len(described):
        raise InputUnusable(
            "INPUT_TWICE",
            Words("同一文件或文件名给了两次", "a file, or a name, is given twice"),
            where=given[-1][0],
            remedy=Words("只选一次", "choose it once"),
        )
    with transaction.atomic():
        tape = Tape.objects.create(
            organisation_id=scope.organisation_id,
            series=series.strip()[:80] or Path(given[0][0]).name.partition(".")[0][:80],
            files=described,
            created_by_id=scope.user_id,
            created_at=timezone.now(),
        )
        shutil.rmtree(tape.folder, ignore_errors=True)  # left by a database that was put back to an earlier day: it belongs to no tape
        tape.folder.mkdir(mode=0o700, parents=True)
        try:
            for number, (_, path) in enumerate(given):
                file_seal(path, tape.folder / f"{number}.sealed")
        except BaseException:
            shutil.rmtree(tape.folder, ignore_errors=True)
            raise
        deed_add(scope, "tape.upload", tape.subject, files=len(described), bytes=sum(int(str(f["bytes"])) for f in described))
    return tape


def file_described(name: str, path: Path) -> dict[str, object]:
    """What is noted of an uploaded file. Raises InputUnusable for an empty one."""
    size = path.stat().st_size
    if not size:
        raise InputUnusable(
            "UPLOAD_EMPTY", Words("文件是空的", "the file is empty"), where=_named(name), remedy=Words("重新导出后上传", "export it again")
        )
    return {"name": _named(name), "bytes": size, "sha256": _sha256(path)}


def tape_describe(
    scope: Scope, tape: Tape, *, layout_name: str, layout: str, as_of: dt.date | None, sheet: str = "", series: str | None = None
) -> Tape:
    """Set how the tape is read: a checked layout, the cut-off, the sheet, the series it belongs to. Raises ConfigurationInvalid, UsageInvalid."""
    scope.need("tape.import")
    from panhuo.apps.intake.layouts import layout_check

    layout_check(layout, name=layout_name)
    with transaction.atomic():
        locked = _open(scope, tape.pk)
        locked.layout_name, locked.layout, locked.as_of, locked.sheet = layout_name[:80], layout, as_of, sheet[:80]
        if series is not None and series.strip():
            locked.series = series.strip()[:80]
        locked.digest = tape_digest(locked)
        locked.state = Tape.UPLOADED
        locked.save()
    return locked


def tape_import(scope: Scope, tape: Tape) -> Job:
    """Ask for the import. Raises UsageInvalid if the same tape is imported already, or an import of it is under way."""
    with transaction.atomic():
        locked = _open(scope, tape.pk)
        if not locked.layout:
            raise UsageInvalid(
                "TAPE_UNDESCRIBED",
                Words("还没有确认版式", "its layout is not confirmed yet"),
                where=locked.subject,
                remedy=Words("先确认版式", "confirm the layout first"),
            )
        same = scope.rows(Tape).filter(digest=locked.digest, state=Tape.IMPORTED).first()
        if same is not None:
            raise same_tape(same)
        locked.state = Tape.IMPORTING
        locked.save(update_fields=["state"])
        return job_start(scope, kind="tape.import", subject=locked.subject, arguments={"tape": locked.pk})


def tape_discard(scope: Scope, tape: Tape) -> None:
    """Remove an upload that was not imported. Raises UsageInvalid for one that was, or is being."""
    scope.need("tape.import")
    with transaction.atomic():
        locked = _open(scope, tape.pk)
        deed_add(scope, "tape.discard", locked.subject)
        folder = locked.folder
        locked.delete()
    shutil.rmtree(folder, ignore_errors=True)


def _open(scope: Scope, tape_id: int) -> Tape:
    tape = scope.rows(Tape).select_for_update().get(pk=tape_id)
    if tape.state in (Tape.IMPORTING, Tape.IMPORTED):
        cause = Words("清单已导入或正在导入", "the tape is imported, or being imported")
        raise UsageInvalid("TAPE_CLOSED", cause, where=tape.subject, remedy=Words("上传新版本", "upload a new version"))
    return tape


def _named(name: str) -> str:
    """The last part of the name, without what a file system or a reader stumbles over."""
    last = os.path.basename(name.replace("\\", "/"))
    kept = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*').strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return kept if len(kept) <= _NAME else f"{stem[: _NAME - len(ending) - 1]}{dot}{ending}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
