"""``rejects.csv``, ``findings.csv`` and the rejected rows whole, to be corrected and run again.

All are written batch by batch: a million rejects take no more memory than one batch. What the report shows is bounded: a line a
code, with one example.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from panhuo.engines.intake import Digest, digest, rejected_rows, write_rejected
from panhuo.engines.intake.rejects import inert_cells, masked
from panhuo.engines.intake.rules import CHECKS
from panhuo.kernel.findings import FINDING, REJECT, no_findings
from panhuo.kernel.words import Words
from panhuo.pipeline.report.data import FAULT
from panhuo.pipeline.tape import Intake

PRIVATE_REJECTS = "rejected_rows"
PRIVATE_TOTALS = "total_rows"
_NAMING_A_ROW = ("DUPLICATE_ROW", "DUPLICATE_DEBTOR", "DUPLICATE_ACCOUNT")
"""Faults whose message names the earlier row."""
_AS_SEEN = Words("，行号为 Excel 打开该文件所见", ", as a spreadsheet numbers its rows")
"""Beside ``row``, which counts data rows, a bare number would be taken for one."""
_OF_ALL = {
    "DUPLICATE_ROW": Words("与前面的某一行完全重复", "repeats an earlier row"),
    "DUPLICATE_DEBTOR": Words(
        "借据号与金额同前面的某一行而姓名或证件不同：像是共同借款人",
        "has the account number and figures of an earlier row under another person: a co-borrower",
    ),
    "DUPLICATE_ACCOUNT": Words("借据号与前面的某一行相同但内容不同", "has the account number of an earlier row with other figures"),
    "CLS-DERIVED": Words(
        "未提供五级分类，判断时按逾期天数或核销状态推定，原列仍留空",
        "no five-category class given; judged by the days past due or the write-off, the column stays empty",
    ),
    "CLS-DPD-": Words(
        "五级分类好于逾期天数所允许的，判断时从严，原列不改",
        "the reported class is better than the days past due allow; judged by the stricter, the column is left as it stands",
    ),
}
"""By how a code begins: what is said of all rows together, where the message of one speaks of that row alone."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What the report shows: a line a code, most frequent first. ``to_correct``: the file of whole rejected rows, if there are any."""

    rejects: pl.DataFrame
    warnings: pl.DataFrame
    to_correct: Path | None


def write_faults(intake: Intake, folder: Path, *, listed: bool = False) -> Faults:
    """Faults of rejected rows go to ``rejects.csv``, of accepted ones to ``findings.csv``; a rejected row's lesser faults with neither:
    they stand beside the row in the file to correct. ``listed``: those of accepted rows as ``findings-*.arrow`` too, to be looked through on a page."""
    total: Digest | None = None
    with (folder / "rejects.csv").open("wb") as rejects_file, (folder / "findings.csv").open("wb") as findings_file:
        for number, part in enumerate(_parts(intake)):
            findings = placed(part, intake.tape.with_sheet_rows)
            out = findings.filter(pl.col("severity") == REJECT)
            kept = findings.filter(pl.col("severity") != REJECT).join(
                out.select("file", "row"), on=["file", "row"], how="anti", maintain_order="left"
            )
            for part, file in ((out, rejects_file), (kept, findings_file)):
                shown = masked(part, intake.headings)
                inert_cells(shown).write_csv(file, include_header=number == 0, include_bom=number == 0, line_terminator="\r\n")
                if listed and file is findings_file:
                    shown.write_ipc(folder / f"findings-{number:05d}.arrow", compression="uncompressed")
            seen = digest(pl.concat([out, kept]), intake.headings, keep=1)
            total = seen if total is None else total + seen
    assert total is not None
    table = _table(total)
    rejects = table.filter(pl.col("severity") == REJECT)
    return Faults(rejects, table.filter(pl.col("severity") != REJECT), _rows_to_correct(intake, folder))


def _parts(intake: Intake) -> Iterator[pl.DataFrame]:
    """The findings part by part, at least one, so that the files have their header."""
    if not intake.findings:
        yield no_findings()
    headings = {name: heading for name, heading in intake.headings.items() if heading}
    for path in intake.findings:  # rules of the books speak of fields: said by the heading of the tape, as the cleaner's findings are
        yield pl.read_parquet(path).select(*FINDING).with_columns(pl.col("column").replace(headings))


def placed(findings: pl.DataFrame, numbered: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """With the rows as a spreadsheet numbers them, in messages that name another row too. numbered: adds ``sheet_row`` to a frame of ``file`` and ``row``."""
    out = numbered(findings)
    for code in _NAMING_A_ROW:
        if not (out["code"] == code).any():
            continue
        rule = CHECKS[code].rule.message
        where = out.select(
            pl.col("message").str.extract(_pattern(rule.zh, "row")).cast(pl.Int64, strict=False).alias("row"),
            pl.col("message").str.extract(_pattern(rule.zh, "file")).alias("file"),
        )
        other = numbered(where)
        known = (out["code"] == code) & other["sheet_row"].is_not_null()
        if not known.any():
            continue
        told = other.select(
            (pl.format(text.replace("{row}", "{}").replace("{file}", "{}"), "sheet_row", "file") + as_seen).alias(name)
            for name, text, as_seen in (("message", rule.zh, _AS_SEEN.zh), ("message_en", rule.en, _AS_SEEN.en))
        )
        out = out.with_columns(pl.when(known).then(told[name]).otherwise(pl.col(name)).alias(name) for name in told.columns)
    return out


def _pattern(text: str, part: str) -> str:
    """A regular expression whose one group is ``part`` of a message made from ``text``."""
    escaped = re.escape(text.replace("{row}", "\0").replace("{file}", "\1"))
    row, file = ("([0-9]+)", ".*") if part == "row" else ("[0-9]+", "(.*)")
    return "^" + escaped.replace("\0", row).replace("\1", file) + "$"


def _table(total: Digest) -> pl.DataFrame:
    """A line a code: how often, and the first example."""
    by = ["severity", "code", "column"]
    first = total.examples.with_columns(row=pl.coalesce("sheet_row", "row")).group_by(by, maintain_order=True).first()
    lines = total.counts.join(first, on=by, how="left", maintain_order="left")
    for code, words in _OF_ALL.items():
        same = pl.col("code").str.starts_with(code)
        lines = lines.with_columns(
            pl.when(same).then(pl.lit(words.zh)).otherwise("message").alias("message"),
            pl.when(same).then(pl.lit(words.en)).otherwise("message_en").alias("message_en"),
        )
    return (
        lines.group_by("severity", "code", maintain_order=True)
        .agg(pl.col("message", "message_en").first(), pl.col("rows").sum(), pl.col("file", "row", "column", "value").first())
        .sort("rows", "code", descending=[True, False])
        .select(*FAULT)
    )


def _rows_to_correct(intake: Intake, folder: Path) -> Path | None:
    if not intake.rejected:
        return None

    totals = intake.reconciliation.total_rows
    if totals:
        _write_rows(intake, folder / "private" / PRIVATE_TOTALS, totals, totals=True)
    rest = intake.reconciliation.rows_rejected - totals
    return _write_rows(intake, folder / "private" / PRIVATE_REJECTS, rest, totals=False) if rest else None


def _write_rows(intake: Intake, stem: Path, rows: int, *, totals: bool) -> Path:
    """Totals are known by the rows they add up: among rows to correct they would come back alone, and as claims."""

    def frames() -> Iterator[pl.DataFrame]:
        for rejected, findings in _rejected(intake):
            added = findings.filter(pl.col("code") == "TOTAL_ROW").select(
                pl.col("file").alias("__file"), pl.col("row").cast(rejected.schema["__row"]).alias("__row")
            )
            some = rejected.join(added.unique(), on=["__file", "__row"], how="semi" if totals else "anti", maintain_order="left")
            yield rejected_rows(some, findings)

    longest = max(_longest(path) for path in intake.rejected)
    written = write_rejected(
        frames(),
        list(intake.tape.headings),
        stem,
        rows=rows,
        longest=longest,
        title=intake.tape.title(intake.layout),
        sheet=intake.sheet,
    )
    written.chmod(0o600)
    return written


def _rejected(intake: Intake) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The rejected rows part by part with their findings, both with the rows as a spreadsheet numbers them."""
    for path in intake.rejected:
        rows = intake.tape.with_sheet_rows(pl.read_parquet(path), file="__file", row="__row", name="__sheet_row")
        yield rows, placed(pl.read_parquet(path.with_name(path.name.replace("rejected-", "findings-"))), intake.tape.with_sheet_rows)


def rejects_told(intake: Intake) -> Iterator[pl.DataFrame]:
    """The rejected rows as a screen shows them, part by part, in the order of the tape: the cells as they stood under the source's headings;
    ``__file``, ``__row`` (the data row), ``__place`` (the row as a spreadsheet numbers it), ``__raw`` (of a row that is no row), and ``__faults``, a list of code, column,
    severity, message and message_en, those that put the row out first."""
    for rows, findings in _rejected(intake):
        told = (
            findings.with_columns(__order=(pl.col("severity") != REJECT).cast(pl.UInt8))
            .sort("__order", maintain_order=True)
            .group_by("file", "row", maintain_order=True)
            .agg(pl.struct("code", "column", "severity", "message", "message_en").alias("__faults"))
            .select(pl.col("file").alias("__file"), pl.col("row").alias("__row"), "__faults")
        )
        marked = rows.with_columns(pl.col("__row").cast(pl.Int64), pl.col("__file").cast(pl.String))
        yield marked.join(told, on=["__file", "__row"], how="left", maintain_order="left").select(
            *(pl.col(heading).cast(pl.String) for heading in intake.tape.headings),
            "__file",
            pl.col("__row").cast(pl.Int32),
            pl.coalesce("__sheet_row", "__row").cast(pl.Int64).alias("__place"),
            "__raw",
            "__faults",
        )


def _longest(path: Path) -> int:
    text = pl.read_parquet(path).select(pl.col(pl.String).str.len_chars().max())
    return int(max((value or 0 for value in text.row(0)), default=0))
