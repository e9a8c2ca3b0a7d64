"""Two versions of a tape compared, as ``panhuo tape diff`` does it: both read again from their sealed files, in a job; people masked in what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.layouts import layout_check
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.rejects import superseded_of
from panhuo.apps.jobs.models import Job
from panhuo.apps.jobs.running import Running
from panhuo.apps.jobs.services import job_start
from panhuo.apps.privacy.files import bytes_opened, bytes_seal, files_opened
from panhuo.engines.intake.diff import Version, as_figures, compare
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words
from panhuo.pipeline.versions import read_version

READING_OLD = Words("读取旧版", "reading the old version")
READING_NEW = Words("读取新版", "reading the new version")
COMPARING = Words("比较", "comparing")
EXAMPLES = 5


def versions_of(scope: Scope, tape: Tape) -> list[Tape]:
    """The imported versions of the tape's series, latest first."""
    scope.need("tape.view")
    return list(scope.rows(Tape).filter(series=tape.series, state=Tape.IMPORTED).select_related("created_by").order_by("-version"))


def tapes_compare(scope: Scope, *, old: Tape, new: Tape) -> Job:
    """Ask for the comparison of two imported tapes. Raises UsageInvalid for one with itself, or while one is under way."""
    scope.need("tape.view")
    if old.pk == new.pk or old.state != Tape.IMPORTED or new.state != Tape.IMPORTED:
        cause = Words("需要两个不同的已导入版本", "it takes two different versions, both imported")
        raise UsageInvalid("COMPARE_WRONG", cause, where=new.subject, remedy=Words("选择另一个版本", "choose another version"))
    with transaction.atomic():
        return job_start(scope, kind="tape.compare", subject=new.subject, arguments={"tape": new.pk, "old": old.pk})


def comparison_of(scope: Scope, *, old: Tape, new: Tape) -> dict[str, Any] | None:
    """What was found, as the command line's ``--json`` gives it; None where the two were not compared yet."""
    scope.need("tape.view")
    path = new.folder / f"diff-{old.pk}.sealed"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(bytes_opened(path))
    return found


def work(running: Running, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The job ``tape.compare``."""
    rows = running.scope.rows(Tape)
    old, new = rows.get(pk=arguments["old"]), rows.get(pk=arguments["tape"])
    before = _version(running, old, READING_OLD)
    after = _version(running, new, READING_NEW)
    running.tell(COMPARING)
    figures = as_figures(compare(before, after, examples=EXAMPLES))
    result = {"tape": new.pk, "old": old.pk} | {name: figures[name] for name in ("added", "removed", "changed")}
    with transaction.atomic():
        deed_add(running.scope, "tape.compare", new.subject, **result)
        bytes_seal(json.dumps(figures, ensure_ascii=False, default=str).encode(), new.folder / f"diff-{old.pk}.sealed")
        running.finish(result)
    return result


def _version(running: Running, tape: Tape, stage: Words) -> Version:
    running.tell(stage)
    sealed = {file["name"]: tape.folder / f"{number}.sealed" for number, file in enumerate(tape.files)}
    layout = layout_check(tape.layout, name=tape.layout_name)
    with files_opened(sealed) as plain:
        folder = next(iter(plain.values())).parent
        whole = tape.figures["rows_in"]
        return read_version(
            list(plain.values()), layout=layout, as_of=tape.as_of, today=timezone.localdate(), sheet=tape.sheet or None, workdir=folder,
            tell=lambda rows: running.tell(stage, min(1.0, rows / max(1, whole))), superseded=superseded_of(tape),
        )  # fmt: skip
