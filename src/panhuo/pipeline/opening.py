"""A tape opened under the layout it is read by, its cut-off date, and what a user should know of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from panhuo.engines.intake import Layout, Tape, clean, column_day, infer_as_of, open_tape
from panhuo.pipeline.layouts import choose_layout, money_unread, unread
from panhuo.pipeline.notices import (
    AS_OF_AHEAD,
    AS_OF_TITLE,
    AS_OF_TODAY,
    MONEY_UNREAD,
    PARTIAL,
    READING,
    TITLE_UNIT,
    Notice,
    of_ahead,
    of_another_title,
    of_today,
)

ONE_DAY = dt.timedelta(days=1)
AsOfFrom = Literal["given", "layout", "tape", "today"]


class Opened(NamedTuple):
    """layout: with what the tape's titles say. notices: of the reading, so far."""

    tape: Tape
    layout: Layout
    notices: list[Notice]


class Begun(NamedTuple):
    """What the first batch adds."""

    as_of: dt.date
    as_of_from: AsOfFrom
    notices: list[Notice]


def open_fitted(tapes: Sequence[Path], *, layout: Layout | None, sheet: str | None, workdir: Path | None) -> Opened:
    """layout: chosen by the headings if left out. Raises InputUnusable, UsageInvalid."""
    tape = open_tape(tapes, layout=layout, sheet=sheet, workdir=workdir)
    partial = None
    if layout is None:
        layout = choose_layout(tape.headings, where=str(tapes[0]))
        tape = open_tape(tapes, layout=layout, sheet=sheet, workdir=workdir)
        partial = unread(layout, tape.headings)
    layout, told = tape.fitted(layout)
    notices = [Notice(READING, note) for note in tape.notes] + [Notice(TITLE_UNIT, note) for note in told]
    return Opened(tape, layout, notices + ([Notice(PARTIAL, partial)] if partial is not None else []))


def begin(opened: Opened, first: pl.DataFrame, *, as_of: dt.date | None, today: dt.date | None) -> Begun:
    """first: the first batch. The cut-off is what is given, the layout's, what rows or titles say, else ``today``. Raises UsageInvalid AS_OF_MISSING."""
    day, source = cut_off(first, opened.layout, as_of, opened.tape.stated_as_of, today)
    notices = [Notice(AS_OF_TODAY, of_today(day))] if source == "today" else []
    titled = opened.tape.stated_as_of or column_day(first)
    if source == "tape" and titled is not None and titled != day:
        notices.append(Notice(AS_OF_TITLE, of_another_title(day, titled)))
    if today is not None and day > today:
        notices.append(Notice(AS_OF_AHEAD, of_ahead(day, today)))
    unread_money = money_unread(opened.layout, first, opened.tape.headings)
    return Begun(day, source, notices + ([Notice(MONEY_UNREAD, unread_money)] if unread_money else []))


def cut_off(raw: pl.DataFrame, layout: Layout, given: dt.date | None, titled: dt.date | None, today: dt.date | None) -> tuple[dt.date, AsOfFrom]:
    """titled: what the titles say. Raises UsageInvalid AS_OF_MISSING where nothing does and there is no ``today``."""
    if given is not None:
        return given, "given"
    if layout.as_of is not None:
        return layout.as_of, "layout"
    counted = infer_as_of(raw, layout=layout)
    if counted is not None and titled is not None and abs(counted - titled) <= ONE_DAY:
        counted = titled  # who counts the first day of arrears in is a day ahead
    said = counted or titled  # dates of the rows are the system's, a title may be left over from last quarter's file
    if said is not None:
        return said, "tape"
    if today is not None:
        return today, "today"
    clean(raw.head(1), layout=layout, as_of=None)  # words the refusal; nothing here knows the date either
    raise AssertionError("clean() found a cut-off date that infer_as_of() did not")
