"""A list of accounts as a workbook: masked as on the screen, every text a text, noted as a deed.

A name or number that begins with ``=``, ``+``, ``-`` or ``@`` would be a formula to a careless writer; here no cell is one: numbers are written as
numbers, dates as dates, everything else as a string with the quote prefix, which keeps it a string when the cell is edited or saved as CSV.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from django.db import transaction

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

MOST = 100_000
_MONEY, _COUNT, _DATE = "#,##0.00", "#,##0", "yyyy-mm-dd"
_LONGEST = 32_767  # characters in a cell


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of the workbook: ``key`` in the rows; ``money`` is fen, written in yuan."""

    key: str
    text: str
    kind: Literal["text", "money", "count", "date"] = "text"


def export_check(scope: Scope, count: int) -> None:
    """Raises NotAllowed, and UsageInvalid for more rows than one workbook may take out of the house."""
    scope.need("account.export")
    if count > MOST:
        cause = Words(f"共 {count:,} 户，一次最多导出 {MOST:,} 户", f"there are {count:,} accounts; at most {MOST:,} go into one workbook")
        remedy = Words("加上筛选条件，分几次导出", "add filters and export in parts")
        raise UsageInvalid("EXPORT_TOO_MANY", cause, where="accounts", remedy=remedy)


def accounts_export(
    scope: Scope, *, rows: Iterable[Sequence[Mapping[str, Any]]], count: int, headings: Sequence[Heading], facts: Sequence[tuple[str, str]], query: str,
    titles: tuple[str, str], path: Path,
) -> int:  # fmt: skip
    """Write the rows, some thousand at a time, into a new workbook at ``path``; how many. facts: what the second sheet says of them; query: the filters, for the deed."""
    export_check(scope, count)
    import xlsxwriter

    written = 0
    with xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        book.set_properties({"title": titles[0], "author": "", "company": ""})
        head = book.add_format({"bold": True, "bottom": 1, "quote_prefix": True})
        formats = {
            "money": book.add_format({"num_format": _MONEY}),
            "count": book.add_format({"num_format": _COUNT}),
            "date": book.add_format({"num_format": _DATE}),
        }
        text = book.add_format({"quote_prefix": True})
        sheet = book.add_worksheet(titles[0])
        sheet.freeze_panes(1, 1)
        for number, heading in enumerate(headings):
            sheet.set_column(number, number, 18 if heading.kind == "text" else 15)
            sheet.write_string(0, number, heading.text, head)
        for some in rows:
            for row in some:
                written += 1
                for number, heading in enumerate(headings):
                    _write(sheet, written, number, heading, row.get(heading.key), formats, text)
        if count:
            sheet.autofilter(0, 0, written, len(headings) - 1)
        notes = book.add_worksheet(titles[1])
        notes.set_column(0, 0, 24)
        notes.set_column(1, 1, 90)
        for number, (name, value) in enumerate(facts):
            notes.write_string(number, 0, name, head)
            notes.write_string(number, 1, value[:_LONGEST], text)
    with transaction.atomic():
        deed_add(scope, "account.export", rows=written, filters=query[:500])
    return written


def _write(sheet: Any, row: int, column: int, heading: Heading, value: Any, formats: Mapping[str, Any], text: Any) -> None:
    if value is None or value == "":
        return
    if heading.kind == "money":
        sheet.write_number(row, column, value / 100, formats["money"])
    elif heading.kind == "count":
        sheet.write_number(row, column, value, formats["count"])
    elif heading.kind == "date":
        sheet.write_datetime(row, column, dt.datetime.combine(value, dt.time()), formats["date"])
    else:
        sheet.write_string(row, column, str(value)[:_LONGEST], text)
