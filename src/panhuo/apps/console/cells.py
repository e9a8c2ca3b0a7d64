"""How a value is written in a table's cell, in one place: alignment, separators, exactness, the dash for nothing."""

from __future__ import annotations

import datetime as dt
from statistics import median
from typing import Any

from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from panhuo.apps.console.charts import Heat, said
from panhuo.apps.console.tables import Column, Kind, Table
from panhuo.kernel.money import format_yuan
from panhuo.kernel.words import Lang, Words

Step = tuple[float, str]
NONE = mark_safe('<span class="none">—</span>')
_ALIGNED = {"date": "date", "moment": "date", "wrap": "wrap", "text": "text", "code": "nowrap", "state": "nowrap"}

_OWN = ("text", "wrap", "code")
"""A text that is no ``Words`` is somebody's own: a name, a heading of a file, a number. It is the same in every language, and marked so."""


def cell_of(
    column: Column,
    row: Any,
    lang: Lang,
    *,
    first: bool = False,
    row_href: str | None = None,
    drawer: bool = False,
    plain: bool = False,
    step: Step | None = None,
) -> SafeString:
    """One ``td``, or ``th`` for the first column. ``plain``: the value alone, without the column's own way to find it or link it.
    ``step``: the unit in which all of a money column stands."""
    value = row[column.key] if plain else column.of(row)
    text = in_step(value, step, lang) if step and value is not None else written(column, value, lang)
    href = None if plain else column.href(row) if column.href else None
    if first and row_href:
        text = format_html('<a href="{}" data-row{}>{}</a>', row_href, mark_safe(" data-drawer") if drawer else "", text)
    elif href:
        text = format_html('<a href="{}">{}</a>', href, text)
    kind = "n" if column.numeric else _ALIGNED.get(column.kind, "")
    hint = format_html(' title="{}"', value) if column.kind == "text" and isinstance(value, str) and len(value) > 24 else ""
    own = mark_safe(' translate="no"') if isinstance(value, str) and column.kind in _OWN else ""
    shape = '<th scope="row" class="{}" data-col="{}"{}{}>{}</th>' if first else '<td class="{}" data-col="{}"{}{}>{}</td>'
    return format_html(shape, kind, column.key, hint, own, text)


def written(column: Column, value: Any, lang: Lang) -> SafeString:
    """The value as it is read."""
    if value is None or value == "":
        return NONE
    match column.kind:
        case "money":
            return money_span(value, lang)
        case "yuan":
            return escape(format_yuan(value))
        case "count":
            return escape(f"{value:,}")
        case "number":
            return escape(f"{value:,.{column.places}f}")
        case "percent":
            return escape(f"{value:.{column.places}%}")
        case "date":
            return escape(f"{value:%Y-%m-%d}")
        case "moment":
            return escape(f"{timezone.localtime(value) if isinstance(value, dt.datetime) and value.tzinfo else value:%Y-%m-%d %H:%M}")
        case "state":
            return format_html('<span class="badge" data-tone="{}">{}</span>', value.tone, value.words.to(lang))
        case "code":
            return format_html("<code>{}</code>", value)
        case "html":
            return mark_safe(value) if isinstance(value, SafeString) else escape(value)  # noqa: S308 - safe already
        case _:
            return escape(said(value, lang) if isinstance(value, Words | str) else value)


def step_of(table: Table, column: Column, lang: Lang) -> Step | None:
    """The unit of a money column: that of the average where sums are known (the same on every page), else of the page's middle amount.
    Numbers that stand under one another in one unit are compared at a glance."""
    if column.kind != "money" or column.unit is not None:
        return None
    if column.like:
        return step_of(table, next(one for one in table.columns if one.key == column.like), lang)
    if table.count and table.totals and table.totals.get(column.key) is not None:
        usual = abs(table.totals[column.key]) / table.count
    else:
        usual = median(abs(v) for row in table.rows if (v := column.of(row))) if any(column.of(row) for row in table.rows) else 0
    steps = ((1e10, "亿元"), (1e6, "万元")) if lang == "zh" else ((1e11, "CNY bn"), (1e8, "CNY m"), (1e5, "CNY k"))
    return next((step for step in steps if usual >= step[0]), (1e2, "元" if lang == "zh" else "CNY"))


def in_step(fen: float, step: Step, lang: Lang) -> SafeString:
    """An amount in the column's unit, exact when pointed at."""
    return format_html('<span class="money" title="{}">{}</span>', f"{format_yuan(fen)} {'元' if lang == 'zh' else 'yuan'}", f"{fen / step[0]:,.2f}")


def money_span(fen: float, lang: Lang) -> SafeString:
    """In 元, 万, 亿 (k, m, bn); the exact amount when pointed at."""
    return format_html('<span class="money" title="{}">{}</span>', f"{format_yuan(fen)} {'元' if lang == 'zh' else 'yuan'}", short(fen, lang))


def short(fen: float, lang: Lang) -> str:
    yuan = fen / 100
    steps = ((1e8, "亿"), (1e4, "万")) if lang == "zh" else ((1e9, "bn"), (1e6, "m"), (1e3, "k"))
    for size, name in steps:
        if abs(yuan) >= size * 0.99995:
            return f"{yuan / size:,.2f} {name}"
    return f"{yuan:,.2f}"


def heat_of(heat: Heat, lang: Lang) -> dict[str, Any]:
    """What the heat map's template needs: each cell's words, level and goal. Amounts all in one unit, named once, so that many columns find room."""
    largest = max((abs(v) for row in heat.cells for v in row if v), default=0.0)
    by, unit = next(((size, words) for size, words in _HEAT_UNITS if largest >= size * 10), _HEAT_UNITS[-1])
    kind: Kind = "percent" if heat.unit == "share" else "count"
    column = Column("v", Words("", ""), kind)

    def text(value: float | None) -> SafeString:
        if not value:
            return NONE
        if heat.unit != "fen":
            return written(column, value, lang)
        shown = value / by
        return format_html(
            '<span class="money" title="{}">{}</span>',
            f"{format_yuan(value)} {'元' if lang == 'zh' else 'yuan'}",
            f"{shown:,.0f}" if abs(shown) >= 10 else f"{shown:,.1f}",
        )

    rows = []
    levels, sums = heat.levels(), heat.row_sums()
    for i, label in enumerate(heat.rows):
        cells = [(text(v), levels[i][j], heat.hrefs[i][j] if heat.hrefs and v else "") for j, v in enumerate(heat.cells[i])]
        rows.append((said(label, lang), heat.row_hrefs[i] if heat.row_hrefs else "", cells, text(sums[i])))
    heads = [(said(label, lang), heat.column_hrefs[j] if heat.column_hrefs else "") for j, label in enumerate(heat.columns)]
    below = [(text(v), heads[j][1]) for j, v in enumerate(heat.column_sums())]
    return {"rows": rows, "heads": heads, "sums": below, "whole": text(sum(sums)), "unit": unit if heat.unit == "fen" else None}


_HEAT_UNITS = ((1e6, Words("万元", "CNY 10k")), (1e2, Words("元", "CNY")))
