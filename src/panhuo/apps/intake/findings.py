"""What was noted or repaired on the accepted rows of a tape: paged by code, masked, each with its account; and as the file of all.

The findings of an import lie in parts beside its accounts, as ``panhuo run`` puts them into ``findings.csv``: nothing in them identifies a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.listing import numbers_page
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.versions import check_imported
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

PAGE = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of one accepted row. ``number``: its place among all, from 0. ``heading`` is empty where it is the row as a whole; ``value`` is masked;
    ``place``: the row as a spreadsheet numbers it. ``account_id``, ``position``: the account the row became."""

    number: int
    code: str
    heading: str
    value: str | None
    words: Words
    file: str
    place: int
    account_id: str | None
    position: int | None


@dataclass(frozen=True, slots=True)
class FindingPage:
    """``newer``, ``older``: numbers to go on from, None at either end; ``count``: how many fit."""

    rows: list[Finding]
    newer: int | None
    older: int | None
    count: int


def findings_page(scope: Scope, tape: Tape, *, code: str = "", after: int | None = None, before: int | None = None) -> FindingPage:
    """A page of findings in the order of the tape; of those with a code where asked. Raises UsageInvalid for a tape of an older release, NotAllowed."""
    scope.need("tape.view")
    whole = _whole(tape)
    numbers = whole.filter(pl.col("code") == code)["number"] if code else whole["number"]
    taken, newer, older = numbers_page(numbers, size=PAGE, after=after, before=before)
    rows = whole[taken].to_dicts()
    accounts = _accounts(tape, rows)
    found = [_finding(row, *accounts.get((row["file"], row["row"]), (None, None))) for row in rows]
    return FindingPage(found, newer, older, len(numbers))


def findings_file(scope: Scope, tape: Tape) -> Path:
    """``findings.csv`` of the import, values masked. Noted. Raises NotAllowed; UsageInvalid for what is not imported."""
    scope.need("tape.view")
    check_imported(tape)
    path = _folder(tape) / "findings.csv"
    deed_add(scope, "findings.download", tape.subject, rows=finding_count(tape))
    return path


def finding_count(tape: Tape) -> int:
    return sum(int(row["rows"]) for row in tape.figures.get("warnings", ()))


def _folder(tape: Tape) -> Path:
    return tape.folder / str(tape.figures["kept"])


def _whole(tape: Tape) -> pl.DataFrame:
    parts = sorted(_folder(tape).glob("findings-*.arrow"))
    if not parts:
        raise UsageInvalid(
            "FINDINGS_UNLISTED",
            Words("这份清单由旧版程序导入，没有逐行记下留意事项", "an older release imported this tape and kept no list of its notes"),
            where=tape.subject,
            remedy=Words("下载 findings.csv，或作为新的一版再上传", "download findings.csv, or upload it as the next version"),
        )
    return pl.concat([pl.read_ipc(part) for part in parts], rechunk=False).with_row_index("number")


def _accounts(tape: Tape, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, int], tuple[str, int]]:
    """By file and data row the account and its place on the tape."""
    if not rows:
        return {}
    parts = sorted(_folder(tape).glob("accounts-*.arrow"))
    source = pl.concat([pl.read_ipc(part, columns=["account_id", "source_file", "source_row"]) for part in parts], rechunk=False)
    wanted = pl.col("source_row").is_in([row["row"] for row in rows])
    found = source.with_row_index("position").filter(wanted).select("source_file", "source_row", "account_id", "position")
    return {(file, row): (account, position) for file, row, account, position in found.iter_rows()}


def _finding(row: dict[str, Any], account_id: str | None, position: int | None) -> Finding:
    return Finding(
        row["number"],
        row["code"],
        row["column"],
        row["value"],
        Words(row["message"], row["message_en"]),
        row["file"],
        row["row"] if row["sheet_row"] is None else row["sheet_row"],
        account_id,
        position,
    )
