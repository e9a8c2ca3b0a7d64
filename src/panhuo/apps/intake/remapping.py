"""A layout changed by choosing fields for headings: YAML in, YAML out, so that the table on the screen and the text behind it are one thing.

What the table does not speak of (code lists, defaults, constants, derived fields, columns this tape lacks) stays as it was; only a field that
a heading is now given leaves its former source. Comments are lost where anything changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from panhuo.apps.intake.layouts import Look, layout_check
from panhuo.engines.intake import Layout
from panhuo.engines.intake.layout import MONEY_UNITS, OVERDUE, PERIODS, RATE_UNITS, TIME_UNITS
from panhuo.engines.intake.mapping import heading_unit, normal_heading
from panhuo.kernel.documents import Loader
from panhuo.kernel.errors import PanhuoError
from panhuo.kernel.frames import TAPE, TAPE_REQUIRED
from panhuo.kernel.words import Words


@dataclass(frozen=True, slots=True)
class Choice:
    """What a heading is to become: a canonical field, a working column's ``_name``, or nothing; unit and date form where they matter, empty for the default."""

    to: str = ""
    unit: str = ""
    dates: str = ""


@dataclass(frozen=True, slots=True)
class Remapped:
    """``text``: the layout as it reads now; ``faults``: by heading, what could not be done."""

    text: str
    faults: dict[str, Words]


def choices_of(layout: Layout, look: Look) -> dict[str, Choice]:
    """What each heading is under a layout, in the order of the headings; headings it does not read are nothing."""
    out = dict.fromkeys(look.headings, Choice())
    for headings in _tables(look):
        normal: dict[str, str] = {}
        for heading in headings:
            normal.setdefault(normal_heading(heading), heading)
        for column in layout.columns:
            found = next(
                (alt if alt in headings else normal[normal_heading(alt)] for alt in column.from_ if alt in headings or normal_heading(alt) in normal),
                None,
            )
            if found is not None and not out[found].to:
                dates = "" if column.dates == ("auto",) else ",".join(column.dates)
                out[found] = Choice(column.to, column.unit or "", dates)
    return out


def binds(text: str, look: Look, *, name: str) -> bool:
    """Whether a layout reads the required fields from every file of an upload."""
    from panhuo.engines.intake import bind

    try:
        layout = layout_check(text, name=name)
        for headings in _tables(look):
            bind(layout, headings)
    except PanhuoError:
        return False
    return True


def units_for(heading: str, field: str) -> tuple[str, ...]:
    """The units a person may choose for a heading read as a field; none where the heading states it, or the field has none."""
    kind = TAPE[field].kind if field in TAPE else ""
    if kind == "money":
        return () if heading_unit(heading) in MONEY_UNITS else tuple(MONEY_UNITS)
    if kind == "rate":
        return () if heading_unit(heading) in RATE_UNITS else tuple(RATE_UNITS)
    times = tuple(unit for unit in TIME_UNITS if unit != PERIODS or field == OVERDUE)
    return times if kind == "integer" and TAPE[field].unit in TIME_UNITS else ()


def remap(text: str, choices: Mapping[str, Choice], look: Look, *, name: str) -> Remapped:
    """``text`` with the choices taken in; a required field without a column in it may get one. Raises ConfigurationInvalid where ``text`` itself is no layout."""
    try:
        layout, whole = layout_check(text, name=name), text
    except PanhuoError as error:
        whole = _completed(text)
        try:
            layout = layout_check(whole, name=name)
        except PanhuoError:
            raise error from None  # its lines are those of the text
    before = choices_of(layout, look)
    changed = {heading: choice for heading, choice in choices.items() if heading in before and choice != before[heading]}
    if not changed:
        return Remapped(text, {})
    document: dict[str, Any] = yaml.load(whole, Loader=Loader)  # noqa: S506 a SafeLoader; the text has passed the strict one
    faults = _twice(choices, look, set(changed))
    wanted = {heading: choice for heading, choice in changed.items() if heading not in faults}
    left = {before[heading].to for heading, choice in wanted.items() if before[heading].to and choice.to != before[heading].to}
    columns = [
        column
        for column in document["columns"]
        if column["from"] != _STAND_IN and (column["to"] not in left or _still(column["to"], choices, faults))
    ]
    for heading, choice in wanted.items():
        if choice.to:
            _give(document, columns, heading, choice)
    document["columns"] = columns
    return Remapped(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=150, default_flow_style=None), faults)


_STAND_IN = "\ue000"
"""A heading that no file has."""


def _completed(text: str) -> str:
    """A layout with a column for each required field that has none: whoever clears a heading in the table is about to choose another. Otherwise as it is."""
    try:
        document = yaml.load(text, Loader=Loader)  # noqa: S506 a SafeLoader
        sources = [*(column["to"] for column in document["columns"]), *(document.get("constants") or ()), *(document.get("derived") or ())]
        document["columns"] += [{"from": _STAND_IN, "to": field} for field in TAPE_REQUIRED if field not in sources]
    except (yaml.YAMLError, TypeError, KeyError, AttributeError, ValueError):
        return text
    return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))


def _still(field: str, choices: Mapping[str, Choice], faults: Mapping[str, Words]) -> bool:
    """Whether some other heading still gives the field: then its column stays, with its codes and defaults, and changes its heading."""
    return any(choice.to == field for heading, choice in choices.items() if heading not in faults)


def _give(document: dict[str, Any], columns: list[dict[str, Any]], heading: str, choice: Choice) -> None:
    for section in ("constants", "derived"):
        if choice.to in (document.get(section) or {}):
            del document[section][choice.to]
            if not document[section]:
                del document[section]
    column = next((column for column in columns if column["to"] == choice.to), None)
    if column is None:
        column = {"from": heading, "to": choice.to}
        columns.append(column)
    alternatives = [column["from"]] if isinstance(column["from"], str) else list(column["from"])
    if heading not in alternatives:
        same = [alternative for alternative in alternatives if normal_heading(str(alternative)) != normal_heading(heading)]
        column["from"] = [heading, *same] if same else heading
    for key, value in (("unit", choice.unit), ("dates", choice.dates.split(",") if choice.dates else None)):
        if value:
            column[key] = value
        else:
            column.pop(key, None)
    ignored = document.get("ignore")
    if isinstance(ignored, list) and heading in ignored:
        ignored.remove(heading)


def _twice(choices: Mapping[str, Choice], look: Look, changed: set[str]) -> dict[str, Words]:
    """Two headings of one file given one field: the one that was changed is at fault."""
    faults: dict[str, Words] = {}
    for headings in _tables(look):
        first: dict[str, str] = {}
        for heading in sorted(headings, key=lambda heading: heading in changed):
            to = choices.get(heading, Choice()).to
            if to and first.setdefault(to, heading) != heading:
                zh, en = (TAPE[to].zh, TAPE[to].en) if to in TAPE else (to, to)
                faults[heading] = Words(
                    f"“{first[to]}”已对应{zh}，一个字段只能取自一列", f"“{first[to]}” is the {en} already; a field has one column"
                )
    return faults


def _tables(look: Look) -> list[tuple[str, ...]]:
    return [file.headings for file in look.files] if look.differ else [look.headings]
