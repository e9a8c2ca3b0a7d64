"""The first rows of an upload as they will read under a layout: canonical values, people masked, what is wrong marked where it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from panhuo.apps.intake.layouts import Look
from panhuo.apps.intake.remapping import choices_of
from panhuo.engines.intake import Cleaned, Layout, clean
from panhuo.engines.intake.rejects import Fields, shown_cells
from panhuo.engines.intake.title_units import fit, stated_unit
from panhuo.kernel.fields import Field
from panhuo.kernel.findings import REJECT, REPAIRED
from panhuo.kernel.frames import ACCOUNT, TABLES, TAPE
from panhuo.kernel.masking import MASKS
from panhuo.kernel.words import Words
from panhuo.pipeline.faults import placed
from panhuo.pipeline.layouts import money_unread
from panhuo.pipeline.opening import cut_off

LOOKED_AT = 200
FIRST, FAULTY = 8, 6
_ALWAYS = ("balance_fen", "overdue_days", "bucket")
_FIELDS: dict[str, Field] = {field.name: field for frame in reversed(TABLES[:-1]) for field in frame.fields}


@dataclass(frozen=True, slots=True)
class Cell:
    """``value`` as read (fen, a decimal, a day, a code's words); for a rejected row what stands in the file, masked. ``tone``: bad, warn, good (mended)."""

    value: Any
    kind: str
    tone: str = ""
    notes: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """``place``: the row as a spreadsheet numbers it; where it has no such number the data row, from 1."""

    file: str
    place: int
    accepted: bool
    cells: tuple[Cell, ...]
    notes: tuple[tuple[str, Words], ...]


@dataclass(frozen=True, slots=True)
class FaultSum:
    code: str
    severity: str
    heading: str
    words: Words
    rows: int


@dataclass(frozen=True, slots=True)
class Preview:
    """``columns``: field and the heading it comes from ("" where it is worked out). ``rows_in`` of the sample, of which ``accepted``."""

    columns: tuple[tuple[Field, str], ...]
    rows: tuple[Row, ...]
    rows_in: int
    accepted: int
    balance_fen: int
    faults: tuple[FaultSum, ...]
    as_of: dt.date
    as_of_from: str
    notes: tuple[Words, ...]
    owed: tuple[tuple[str, int], ...] = ()  # account number and balance of the accepted rows of the sample; not to be shown


def preview_of(look: Look, layout: Layout, *, as_of: dt.date | None, today: dt.date) -> Preview:
    """Raises InputUnusable where the headings do not fit the layout, ConfigurationInvalid where a constant or default is no value of its field."""
    chosen = choices_of(layout, look)
    bound = [(choice.to, heading) for heading, choice in chosen.items() if choice.to in TAPE]
    names = [name for name, _ in bound]
    bound += [(name, "") for name in (*layout.constants, *layout.derived, *_ALWAYS) if name in _FIELDS and name not in names]
    columns = tuple((_FIELDS[name], heading) for name, heading in dict(reversed(bound)).items())[::-1]
    stated = stated_unit(look.titles)
    rows: list[Row] = []
    faults: dict[tuple[str, str], FaultSum] = {}
    notes: list[Words] = []
    owed: list[tuple[str, int]] = []
    day, source = as_of, "given"
    rows_in = accepted = balance = 0
    for sample in look.samples:
        if day is None:
            day, source = cut_off(sample, layout, None, look.as_of, today)
        headings = [name for name in sample.columns if not name.startswith("__")]
        plan, _ = fit(layout, headings, stated, where=str(sample["__file"][0]) if sample.height else layout.name)
        part = sample.head(LOOKED_AT)
        outcome = clean(part.drop("__sheet_row", strict=False), layout=plan, as_of=day)
        findings = placed(outcome.findings, _numbered(part))
        rows += _rows(part, outcome.data, findings, columns)
        _add_up(faults, findings)
        rows_in += outcome.data.reconciliation.rows_in
        accepted += outcome.data.reconciliation.rows_accepted
        owed += outcome.data.accounts.select(pl.col("account_id").cast(pl.String), "balance_fen").rows()
        balance += outcome.data.reconciliation.balance_accepted_fen
        unread = money_unread(plan, part, headings)
        notes += [unread] if unread else []
    assert day is not None
    worst = sorted(faults.values(), key=lambda fault: (("reject", "warn", "repaired").index(fault.severity), -fault.rows, fault.code))
    return Preview(columns, tuple(rows), rows_in, accepted, balance, tuple(worst), day, source, tuple(notes), tuple(owed))


def _numbered(part: pl.DataFrame) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """What adds to rows of the sample the numbers a spreadsheet shows them by; none where there are none (Parquet, a look kept from before)."""
    known = part.select(
        pl.col("__file").cast(pl.String).alias("file"),
        pl.col("__row").cast(pl.Int64).alias("row"),
        pl.col("__sheet_row").alias("sheet_row") if "__sheet_row" in part.columns else pl.lit(None, pl.Int64()).alias("sheet_row"),
    )
    return lambda rows: rows.join(known, on=["file", "row"], how="left", maintain_order="left")


def _rows(part: pl.DataFrame, cleaned: Cleaned, findings: pl.DataFrame, columns: tuple[tuple[Field, str], ...]) -> list[Row]:
    """The first rows, and after them the first that something is wrong with."""
    of_row: dict[int, list[dict[str, Any]]] = {}
    for finding in findings.iter_rows(named=True):
        of_row.setdefault(int(finding["row"] or 0), []).append(finding)
    places = part["__row"].to_list()
    first = places[:FIRST]
    worse = [place for place in places[FIRST:] if any(f["severity"] != REPAIRED for f in of_row.get(place, ()))]
    wanted = [*first, *sorted(worse, key=lambda place: all(f["severity"] != REJECT for f in of_row[place]))[:FAULTY]]
    values = _values(cleaned, [field for field, _ in columns])
    headings = [name for name in part.columns if not name.startswith("__")]
    raw = shown_cells(part.filter(pl.col("__row").is_in(wanted)).select("__row", *headings), headings, Fields(cleaned.headings))
    stood = {row["__row"]: row for row in raw.iter_rows(named=True)}
    shown_as = dict(zip(places, part["__sheet_row"].to_list() if "__sheet_row" in part.columns else places, strict=True))
    out = []
    for place in wanted:
        found = values.get(place)
        cells = tuple(_cell(field, heading, found, stood[place], of_row.get(place, [])) for field, heading in columns)
        shown = {note for cell in cells for note in cell.notes}
        rest = ((f["severity"], Words(f["message"], f["message_en"])) for f in of_row.get(place, []))
        out.append(
            Row(str(part["__file"][0]), shown_as[place] or place, found is not None, cells, tuple(note for note in rest if note[1] not in shown))
        )
    return out


def _values(cleaned: Cleaned, fields: list[Field]) -> dict[int, dict[str, Any]]:
    """Typed values of the accepted rows, by data row; people masked."""
    frame = cleaned.accounts.select("source_row", *(name for name in ACCOUNT.names if name != "source_row"))
    for table in ("debtor", "guarantor", "contact", "collateral"):
        more = cleaned.tables[table]
        new = [name for name in more.columns if name not in frame.columns]
        if more.height and new:
            frame = frame.join(more.select("account_id", *new).unique("account_id", keep="first"), on="account_id", how="left", maintain_order="left")
    present = [field for field in fields if field.name in frame.columns]
    frame = frame.select("source_row", *(_masked(field) for field in present if field.name != "source_row"))
    return {row["source_row"]: row for row in frame.iter_rows(named=True)}


def _masked(field: Field) -> pl.Expr:
    column = pl.col(field.name)
    return MASKS[field.personal](column.cast(pl.String)).alias(field.name) if field.personal else column


def _cell(field: Field, heading: str, values: dict[str, Any] | None, stood: dict[str, Any], findings: list[dict[str, Any]]) -> Cell:
    mine = [f for f in findings if f["column"] and f["column"] in (heading, field.name)]
    severities = {f["severity"] for f in mine}
    tone = "bad" if REJECT in severities else "warn" if "warn" in severities else "good" if severities else ""
    notes = tuple(dict.fromkeys(Words(f["message"], f["message_en"]) for f in mine))
    if values is None:
        return Cell(stood.get(heading), "text", tone, notes)
    value = values.get(field.name)
    if field.codes and value is not None:
        code = next((code for code in field.codes if code.code == value), None)
        return Cell(Words(code.zh, code.en) if code else value, "code", tone, notes)
    return Cell(value, "text" if field.personal else field.kind, tone, notes)


def _add_up(faults: dict[tuple[str, str], FaultSum], findings: pl.DataFrame) -> None:
    counts = findings.group_by("code", "column", maintain_order=True).agg(pl.col("severity", "message", "message_en").first(), pl.len().alias("rows"))
    for row in counts.iter_rows(named=True):
        key = (row["code"], row["column"])
        rows = row["rows"] + (faults[key].rows if key in faults else 0)
        faults[key] = FaultSum(row["code"], row["severity"], row["column"], Words(row["message"], row["message_en"]), rows)
