"""The pieces pages are made of: see ``docs/console.md`` and, alive, the page ``/design``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from panhuo.apps.console.cells import Step, cell_of, heat_of, step_of
from panhuo.apps.console.charts import Chart, Heat, said
from panhuo.apps.console.notices import notices_take
from panhuo.apps.console.tables import Chip, Column, Kind, State, Table, Views
from panhuo.kernel.words import Lang, Words

register = template.Library()
THEME_COOKIE = "panhuo_theme"
KINDS: dict[str, Kind] = {"fen": "yuan", "count": "count", "share": "percent"}


def _lang(context: template.Context) -> Lang:
    return "en" if context.get("lang") == "en" else "zh"


def _inner(context: template.Context, **more: Any) -> dict[str, Any]:
    return {"lang": _lang(context), "request": context.get("request"), "scope": context.get("scope"), **more}


def _without(request: HttpRequest, chip: Chip) -> str:
    """The page's address without one filter, from the first page on."""
    parameters = request.GET.copy()
    kept = [value for value in parameters.getlist(chip.key) if chip.raw is not None and value != chip.raw]
    parameters.setlist(chip.key, kept)
    for cursor in ("after", "before"):
        parameters.pop(cursor, None)
    return "?" + parameters.urlencode()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A sign of the sprite; always beside words or in a control that has a name."""
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>', size, static("console/icons.svg"), name)


@register.simple_tag(takes_context=True)
def badge(context: template.Context, state: State | Words | str, tone: str = "") -> SafeString:
    """A state in words and colour."""
    if isinstance(state, State):
        state, tone = state.words, state.tone
    return format_html('<span class="badge" data-tone="{}">{}</span>', tone, said(state, _lang(context)))


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> str:
    """``light``, ``dark`` or ``system``: the user's choice, at the door the browser's last."""
    chosen = getattr(context.get("user"), "theme", "")
    request = context.get("request")
    if not chosen and request is not None:
        chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in ("light", "dark") else "system"


@register.inclusion_tag("console/parts/table.html", takes_context=True)
def table(context: template.Context, table: Table) -> dict[str, Any]:
    """A whole table of data with what stands around it."""
    request, lang = context["request"], _lang(context)
    steps = [step_of(table, column, lang) for column in table.columns]
    rows = [_row(table, row, lang, steps) for row in table.rows]
    totals: Any = ""
    if table.totals is not None and table.rows:
        totals = mark_safe("".join(_total(table, number, lang, step) for number, step in enumerate(steps)))  # noqa: S308 - built of escaped parts
    chips = _chips(context, table.chips)
    heads = [
        (column, table.next_sort(column), table.sorted_by(column), column.unit or (step[1] if step else ""))
        for column, step in zip(table.columns, steps, strict=True)
    ]
    keys = {key for key in request.GET if key not in ("sort", "after", "before")}
    return _inner(
        context, table=table, rows=rows, totals=totals, chips=chips, heads=heads, filtered=bool(table.chips or keys), drawer=table.drawer,
        hidden=" ".join(column.key for column in table.columns if column.hidden), query=request.GET.urlencode(),
    )  # fmt: skip


def _chips(context: template.Context, chips: Sequence[Chip]) -> list[tuple[Words, str, str]]:
    return [(chip.words, said(chip.value, _lang(context)), _without(context["request"], chip)) for chip in chips]


@register.inclusion_tag("console/parts/chips.html", takes_context=True)
def chips(context: template.Context, chips: Sequence[Chip]) -> dict[str, Any]:
    """The filters that hold, where there is no table to stand over."""
    return _inner(context, chips=_chips(context, chips))


@register.inclusion_tag("console/parts/views.html", takes_context=True)
def views(context: template.Context, views: Views, name: str) -> dict[str, Any]:
    """Saved views to choose from, the present one to keep or forget. name: of the table or page, for the fields' ids."""
    query = context["request"].GET.urlencode() if views.query is None else views.query
    return _inner(context, views=views, id=name, query=query, csrf_token=context.get("csrf_token"))


def _row(table: Table, row: Any, lang: Lang, steps: Sequence[Step | None]) -> SafeString:
    href = table.href(row) if table.href else None
    cells = [
        cell_of(column, row, lang, first=number == 0, row_href=href, drawer=table.drawer, step=steps[number])
        for number, column in enumerate(table.columns)
    ]
    return mark_safe("".join(cells))  # noqa: S308 - built of escaped parts


def _total(table: Table, number: int, lang: Lang, step: Step | None) -> SafeString:
    column, totals = table.columns[number], table.totals or {}
    if number == 0:
        return format_html('<th scope="row" data-col="{}">{}</th>', column.key, table.totals_words.to(lang))
    if column.key not in totals:
        return format_html('<td data-col="{}"></td>', column.key)
    if table.totals_href:
        column = dataclasses.replace(column, value=None, href=lambda _: table.totals_href)
    return cell_of(column, {column.key: totals[column.key]}, lang, plain=not table.totals_href, step=step)


@register.inclusion_tag("console/parts/chart.html", takes_context=True)
def chart(context: template.Context, chart: Chart) -> dict[str, Any]:
    """A chart with title, unit and the table behind it."""
    lang = _lang(context)
    column = Column("v", Words("", ""), KINDS[chart.unit])
    rows = []
    for number, label in enumerate(chart.categories):
        href = chart.hrefs[number] if number < len(chart.hrefs) else None
        cells = [format_html('<th scope="row"><a href="{}">{}</a></th>' if href else '<th scope="row">{1}</th>', href, said(label, lang))]
        for one in chart.series:
            linked = dataclasses.replace(column, href=lambda _, href=href: href) if href else column
            cells += [cell_of(linked, {"v": values[number]}, lang, plain=not href) for values in (one.values, one.low, one.high) if values]
        rows.append(mark_safe("".join(cells)))  # noqa: S308 - built of escaped parts
    heads = [head for one in chart.series for head in _heads(one.words, banded=bool(one.low))]
    unit = {"fen": Words("元", "CNY"), "share": Words("", "")}.get(chart.unit, chart.unit_words or Words("", ""))
    return _inner(
        context, chart=chart, data_id=f"{chart.id}-data", data=chart.data(lang), unit=chart.scale(lang)[1], rows=rows, heads=heads, table_unit=unit
    )


def _heads(words: Words, *, banded: bool) -> Iterable[Words]:
    yield words
    if banded:
        yield Words(f"{words.zh}：低", f"{words.en}: low")
        yield Words(f"{words.zh}：高", f"{words.en}: high")


@register.inclusion_tag("console/parts/heat.html", takes_context=True)
def heat(context: template.Context, heat: Heat) -> dict[str, Any]:
    """A heat map: a table, coloured."""
    return _inner(context, heat=heat, **heat_of(heat, _lang(context)))


@register.inclusion_tag("console/parts/field.html", takes_context=True)
def field(context: template.Context, bound: BoundField, unit: Words | str = "") -> dict[str, Any]:
    """A form's field: label, control, unit, help, and what is wrong with it. Labels and help may be ``Words``."""
    faults = faults_of(bound.errors.as_data(), _lang(context))
    attributes = {"aria-invalid": "true"} if faults else {}
    described = [f"{bound.id_for_label}-help"] * bool(bound.help_text) + [f"{bound.id_for_label}-fault"] * bool(faults)
    if described:
        attributes["aria-describedby"] = " ".join(described)
    box = isinstance(bound.field.widget, CheckboxInput)
    return _inner(context, bound=bound, control=bound.as_widget(attrs=attributes), faults=faults, unit=unit, box=box)


@register.inclusion_tag("console/parts/faults.html", takes_context=True)
def faults(context: template.Context, form: Any, focused: bool = True) -> dict[str, Any]:
    """What is wrong with a form, above it, each line leading to its field."""
    lang = _lang(context)
    lines = [("", words) for words in faults_of(form.non_field_errors().as_data(), lang)]
    for bound in form:
        lines += [(bound, words) for words in faults_of(bound.errors.as_data(), lang)]
    return _inner(context, lines=lines, focused=focused)


def faults_of(errors: Sequence[Any], lang: Lang) -> list[str]:
    """Messages of validation errors in the reader's language: our own are Words, Django's are translated."""
    with translation.override("en" if lang == "en" else "zh-hans"):
        return [error.message.to(lang) if isinstance(error.message, Words) else str(error.messages[0]) for error in errors]


@register.inclusion_tag("console/parts/steps.html", takes_context=True)
def steps(context: template.Context, steps: Sequence[Words], current: int) -> dict[str, Any]:
    """Where one is in a piece of work; ``current`` counts from 1."""
    marked = [(number, words, "done" if number < current else "now" if number == current else "") for number, words in enumerate(steps, 1)]
    return _inner(context, steps=marked)


@register.inclusion_tag("console/parts/progress.html", takes_context=True)
def progress(context: template.Context, words: Words | str, share: float | str | None = None, url: str = "", tone: str = "") -> dict[str, Any]:
    """How far a job is. With ``url`` it asks there once a second for what to show in its place. A template gives "" for the share of a job there is not."""
    return _inner(context, words=words, share=None if share == "" else share, url=url, tone=tone)


@register.inclusion_tag("console/parts/empty.html", takes_context=True)
def empty(context: template.Context, empty: Any) -> dict[str, Any]:
    """Nothing here, and what to do next."""
    return _inner(context, empty=empty)


@register.inclusion_tag("console/parts/notices.html", takes_context=True)
def notices(context: template.Context) -> dict[str, Any]:
    """What is to be said once."""
    return _inner(context, notices=notices_take(context["request"]))


@register.simple_tag(takes_context=True)
def options(context: template.Context, choices: Iterable[tuple[str, Words | str]], chosen: str | None = "") -> SafeString:
    """The options of a ``<select>`` of a filter."""
    lang = _lang(context)
    marked = ((value, mark_safe(" selected") if value == (chosen or "") else "", said(words, lang)) for value, words in choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', marked)
