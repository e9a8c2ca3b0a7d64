"""The import of a tape: the command line's own reading, cleaning and matching, then everything into the database in one transaction.

Whatever happens before the commit (kill -9 included) leaves the tape as it was: rows in a partition nobody sees, files in a folder nobody names.
The same bytes under the same layout and cut-off are one tape: a second import of them changes nothing and says which one they are.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from django.db import transaction
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.carrying import decisions_carry
from panhuo.apps.intake.layouts import without_folder
from panhuo.apps.intake.models import Match, Tape
from panhuo.apps.intake.overlaps import shared_numbers
from panhuo.apps.intake.rejects import corrections_carry, rejects_keep, superseded_of
from panhuo.apps.intake.storing import columns_write, partition_close, partition_drop, partition_fill, partition_open
from panhuo.apps.intake.versions import MENDS, check_current, one_at_a_time
from panhuo.apps.jobs.running import Running
from panhuo.apps.privacy.files import file_seal, files_opened
from panhuo.apps.privacy.vault import people_seal, vault_close, vault_drop, vault_open
from panhuo.kernel.errors import PanhuoError, UsageInvalid
from panhuo.kernel.frames import DEBTOR
from panhuo.kernel.words import Words
from panhuo.pipeline import load_policy
from panhuo.pipeline.faults import write_faults
from panhuo.pipeline.notices import of_intake, of_unread
from panhuo.pipeline.people import Debtors, find_debtors
from panhuo.pipeline.reporting import quality_table
from panhuo.pipeline.scratch import put, take
from panhuo.pipeline.tape import NUMBERS, Intake, take_in

READING = Words("读取与清洗", "reading and cleaning")
MATCHING = Words("归并债务人", "finding debtors")
SEALING = Words("加密个人信息", "sealing personal data")
STORING = Words("写入数据库", "writing to the database")
BATCH_ROWS = 250_000
KEPT = "kept"
_PEOPLE = [field.name for field in DEBTOR.fields if field.personal]


def tape_digest(tape: Tape) -> str:
    """What makes two tapes the same: the bytes of the files, how they are read, and the cut-off."""
    told = [sorted(file["sha256"] for file in tape.files), tape.sheet, tape.layout, tape.as_of.isoformat() if tape.as_of else ""]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def work(running: Running, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The job ``tape.import``."""
    tape = running.scope.rows(Tape).filter(pk=arguments["tape"]).first()
    if tape is None:
        gone = Words("清单已被删除", "the tape was removed")
        raise UsageInvalid("TAPE_GONE", gone, where=f"tape:{arguments['tape']}", remedy=Words("重新上传", "upload it again"))
    if tape.state == Tape.IMPORTED:  # the worker died after the commit, before the queue heard of it
        result = {"tape": tape.pk}
        running.finish(result)
        return result
    Tape.objects.filter(pk=tape.pk, state__in=(Tape.UPLOADED, Tape.FAILED)).update(state=Tape.IMPORTING)  # a failed import done again
    kept = tape.folder / f"{KEPT}-{running.attempt}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(mode=0o700, parents=True)
    sealed = {file["name"]: tape.folder / f"{number}.sealed" for number, file in enumerate(tape.files)}
    with files_opened(sealed) as plain, _plainly(next(iter(plain.values())).parent):
        folder = next(iter(plain.values())).parent / "run"
        (folder / "scratch").mkdir(mode=0o700, parents=True)
        layout = folder.parent / f"{tape.layout_name or 'layout'}.yaml"
        layout.write_text(tape.layout, encoding="utf-8")
        intake = take_in(
            list(plain.values()),
            folder,
            layout=str(layout),
            as_of=tape.as_of,
            today=timezone.localdate(),
            sheet=tape.sheet or None,
            batch_rows=BATCH_ROWS,
            tell=lambda stage, share: running.tell(READING, share),
            label="",
            superseded=superseded_of(tape),
        )
        return _store(running, tape, intake, folder, kept)


@contextmanager
def _plainly(folder: Path) -> Iterator[None]:
    """Errors speak of files by the names their owner knows."""
    try:
        yield
    except PanhuoError as error:
        raise without_folder(error, folder) from None


def _store(running: Running, tape: Tape, intake: Intake, folder: Path, kept: Path) -> dict[str, Any]:
    policy = load_policy()
    scope = running.scope
    with ThreadPoolExecutor(1) as beside, transaction.atomic():
        found = beside.submit(find_debtors, intake, folder / "private", policy=policy.identity, seed=0, keep=kept)
        running.tell(SEALING)
        vault_open(tape.pk)
        _seal_people(running, tape, intake, folder / "private")
        running.tell(MATCHING)
        debtors = found.result()
        partition_open(tape.pk)
        _fill(running, tape, intake, debtors, kept)
        partition_close(tape.pk)
        vault_close(tape.pk)
        faults = write_faults(intake, kept_private(folder, kept), listed=True)
        if faults.to_correct is not None:
            file_seal(faults.to_correct, kept / f"{faults.to_correct.name}.sealed")
        shutil.rmtree(kept / "private", ignore_errors=True)
        rejects_keep(intake, kept)
        numbers = folder / "private" / NUMBERS
        if numbers.exists():  # account numbers that were a person's own, behind the tokens that stand for them
            file_seal(numbers, kept / f"{NUMBERS}.sealed")
        _matches(tape, folder / "private")
        figures = _figures(intake, debtors, faults_listed=faults.rejects, warnings=faults.warnings)
        figures |= {"kept": kept.name, "to_correct": faults.to_correct.name if faults.to_correct else ""}
        running.tell(STORING, 1.0)
        return _commit(running, scope, tape, intake, figures)


def kept_private(folder: Path, kept: Path) -> Path:
    """Where :func:`write_faults` may write: beside what is kept; its private part is sealed and removed at once."""
    (kept / "private").mkdir(mode=0o700, exist_ok=True)
    return kept


def _seal_people(running: Running, tape: Tape, intake: Intake, private: Path) -> None:
    start = 0
    places: list[pl.DataFrame] = []
    for path in intake.people:
        part = take(path)
        place = pl.int_range(start, start + part.height, eager=True).alias("position")
        people_seal(tape.organisation_id, batch=tape.pk, about="debtor", people=part.select(place, *(c for c in _PEOPLE if c in part.columns)))
        places.append(part.select("account_id", place))
        start += part.height
        running.tell(SEALING, start / max(1, intake.reconciliation.rows_accepted))
    if not places:
        return
    where = pl.concat(places)
    for about in ("guarantor", "contact", "collateral"):
        path = private / ("collateral.parquet" if about == "collateral" else f"{about}s.parquet")
        if not path.exists():
            continue
        named = pl.read_parquet(path)
        columns = [c for c in named.columns if c != "account_id" and named.schema[c] == pl.String]
        if named.height and columns:
            people = named.join(where, on="account_id").sort("position").select("position", *columns)
            people_seal(tape.organisation_id, batch=tape.pk, about=about, people=_one_record(people))


def _one_record(people: pl.DataFrame) -> pl.DataFrame:
    """One row an account, as the vault keeps it: several guarantors stand beside each other in it, as they did in the cell."""
    if not people["position"].is_duplicated().any():
        return people
    named = [c for c in people.columns if c != "position"]
    joined = (pl.when(pl.col(c).count() > 0).then(pl.col(c).drop_nulls().str.join("、")).alias(c) for c in named)
    return people.group_by("position", maintain_order=True).agg(joined)


def _fill(running: Running, tape: Tape, intake: Intake, debtors: Debtors, kept: Path) -> None:
    start = 0
    parts: list[pl.DataFrame] = []
    for number, (path, people) in enumerate(zip(intake.accounts, intake.people, strict=True)):
        accounts = take(path)
        accounts = accounts.with_columns(debtors.ids.slice(start, accounts.height).alias("debtor_id"))
        partition_fill(tape.pk, tape.organisation_id, accounts, take(people), start=start)
        put(accounts, kept / f"accounts-{number:05d}.arrow")
        parts.append(accounts)
        start += accounts.height
        running.tell(STORING, start / max(1, intake.reconciliation.rows_accepted))
    columns_write(parts, kept / "columns.arrow")


def _matches(tape: Tape, private: Path) -> None:
    """The grey zone for people to decide; its values are masked already."""
    path = private / "debtor_review.csv"
    Match.objects.filter(tape=tape).delete()
    if not path.exists():
        return
    review = pl.read_csv(path, infer_schema=False)
    shown = [c for c in review.columns if c not in ("account_id_l", "account_id_r", "weight", "probability", "reason")]
    Match.objects.bulk_create(
        (
            Match(
                organisation_id=tape.organisation_id,
                tape=tape,
                left=row["account_id_l"],
                right=row["account_id_r"],
                weight=float(row["weight"]) if row["weight"] else None,
                probability=float(row["probability"]) if row["probability"] else None,
                reason=row["reason"],
                shown={name: row[name] for name in shown if row[name]},
            )
            for row in review.iter_rows(named=True)
        ),
        batch_size=2_000,
    )


def _figures(intake: Intake, debtors: Debtors, *, faults_listed: pl.DataFrame, warnings: pl.DataFrame) -> dict[str, Any]:
    """As in ``summary.json``, with the faults by code and the quality by field."""
    r = intake.reconciliation
    notices = (*intake.notices, *of_intake(r, intake.currencies, intake.currency), *of_unread(intake.unread, intake.quality, intake.headings))
    return {
        "as_of_from": intake.as_of_from,
        "rows_in": r.rows_in,
        "rows_accepted": r.rows_accepted,
        "rows_rejected": r.rows_rejected,
        "balance_in_fen": r.balance_in_fen,
        "balance_accepted_fen": r.balance_accepted_fen,
        "balance_rejected_fen": r.balance_rejected_fen,
        "balance_unreadable_rows": r.balance_unreadable_rows,
        "total_rows": r.total_rows,
        "balance_total_rows_fen": r.balance_total_rows_fen,
        "debtors": debtors.count,
        "debtors_linked_accounts": debtors.linked,
        "debtors_review_pairs": debtors.review_pairs,
        "currency": intake.currency,
        "quality_score": round(intake.quality.score, 2),
        "quality": quality_table(intake.quality).drop("zh", "en").to_dicts(),
        "notices": [notice.as_figures() for notice in notices],
        "rejects": faults_listed.drop("value").to_dicts(),
        "warnings": warnings.drop("value").to_dicts(),
        "headings": dict(intake.headings),
        "title": intake.tape.title(intake.layout),
    }


def _commit(running: Running, scope: Scope, tape: Tape, intake: Intake, figures: dict[str, Any]) -> dict[str, Any]:
    one_at_a_time(tape.organisation_id)
    locked = Tape.objects.select_for_update().get(pk=tape.pk)
    locked.as_of = intake.as_of
    locked.digest = tape_digest(locked)  # under the cut-off as it came out: given or found, it is the same tape
    same = Tape.objects.filter(organisation_id=tape.organisation_id, digest=locked.digest, state=Tape.IMPORTED).first()
    if same is not None:
        raise same_tape(same)
    series = Tape.objects.select_for_update().filter(organisation_id=tape.organisation_id, series=locked.series, state=Tape.IMPORTED)
    versions = list(series.order_by("pk"))
    mended = next((other for other in versions if other.pk == locked.figures.get(MENDS)), None)
    if mended is not None:
        check_current(scope, mended)  # another version became current meanwhile: this one would throw away what that one corrected
        figures |= {MENDS: mended.pk}
    newest = all(other.as_of is None or other.as_of <= intake.as_of for other in versions if other.current)
    if newest:
        series.update(current=False)
    locked.version = max((other.version for other in versions), default=0) + 1
    locked.current = newest
    locked.state, locked.imported_at = Tape.IMPORTED, timezone.now()
    locked.rows, locked.balance_fen = intake.reconciliation.rows_accepted, intake.reconciliation.balance_accepted_fen
    locked.figures = figures
    locked.save()
    if mended is not None:
        corrections_carry(mended, locked)
    if locked.current:  # asked for on the next pages anyhow: a million numbers are looked through here, not while somebody waits
        shared_numbers(list(Tape.objects.filter(organisation_id=tape.organisation_id, current=True)))
    decisions_carry(scope, locked, before=max(versions, key=lambda other: other.version, default=None))
    result = {"tape": tape.pk, "rows": locked.rows, "rejected": figures["rows_rejected"]}
    deed_add(scope, "tape.import", tape.subject, **result)
    running.finish(result)
    return result


def same_tape(same: Tape) -> UsageInvalid:
    cause = Words(f"这份清单已导入为“{same.series}”第 {same.version} 版", f'this tape is already imported as "{same.series}", version {same.version}')
    return UsageInvalid(
        "TAPE_KNOWN", cause, where=same.subject, remedy=Words("打开已有的那一版；无需再次导入", "open that version; there is nothing to import")
    )


def ended(arguments: Mapping[str, Any], state: str) -> None:
    """A job that failed or was cancelled: the tape may be mended and imported again."""
    tape = Tape.objects.filter(pk=arguments["tape"], state=Tape.IMPORTING).first()
    if tape is None:
        return
    Tape.objects.filter(pk=tape.pk).update(state=Tape.FAILED if state == "failed" else Tape.UPLOADED)
    for left in tape.folder.glob(f"{KEPT}-*"):
        shutil.rmtree(left, ignore_errors=True)


def tape_forget_rows(tape_id: int) -> None:
    """Remove a tape's rows and people, in the caller's transaction."""
    partition_drop(tape_id)
    vault_drop(tape_id)
