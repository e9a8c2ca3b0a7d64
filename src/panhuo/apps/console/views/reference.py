"""What everybody may look up: rulebooks with their sources and cases, the house's policy, layouts; and the record of deeds."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from panhuo.apps.console.access import needs
from panhuo.apps.console.deed_details import details_said
from panhuo.apps.console.tables import Column, State, Table
from panhuo.apps.console.views.paging import page_of
from panhuo.apps.console.views.rule_parts import about_rule
from panhuo.apps.console.words import DEEDS
from panhuo.apps.identity.finding import scope_of_request
from panhuo.apps.identity.models import Deed
from panhuo.engines.compliance import Book, load_books
from panhuo.engines.compliance.verdicts import effect_words, source_words
from panhuo.engines.intake import load_layout, shipped_layouts
from panhuo.kernel.frames import TAPE
from panhuo.kernel.words import Words
from panhuo.pipeline import Policy, load_policy
from panhuo.pipeline.policy import DEFAULT_POLICY, policy_version
from panhuo.pipeline.report.wording import certainty_words
from panhuo.pipeline.reporting import assumptions

_DEEDS_SHOWN = 100


@lru_cache(maxsize=1)
def _books() -> tuple[Book, ...]:
    return tuple(load_books())


@lru_cache(maxsize=1)
def _policy() -> Policy:
    return load_policy()


@needs("rules.view")
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule of every book: what it does, on what ground, how sure."""
    wanted = request.GET.get("book", "")
    rows = [(book, rule) for book in _books() for rule in book.rules if wanted in ("", book.name)]
    table = Table(
        "rules",
        Words("规则", "Rules"),
        (
            Column("id", Words("编号", "Id"), "code", value=lambda row: row[1].id),
            Column("title", Words("规则", "Rule"), "wrap", value=lambda row: row[1].text.title),
            Column("effect", Words("效果", "Effect"), "wrap", value=lambda row: effect_words(row[1])),
            Column("source", Words("依据", "Source"), "wrap", value=lambda row: source_words(row[1])),
            Column("certainty", Words("确信程度", "Certainty"), value=lambda row: certainty_words(row[1].text.certainty)),
            Column("state", Words("状态", "State"), "state", value=lambda row: _ON if row[1].text.enforced else _OFF),
        ),
        rows,
        href=lambda row: f"/rules/{row[1].id}",
        drawer=True,
    )
    return render(request, "console/reference/rules.html", {"table": table, "books": _books(), "wanted": wanted})


_ON, _OFF = State(Words("执行", "enforced"), "good"), State(Words("未执行", "not enforced"), "")


@needs("rules.view")
@require_GET
def rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """One rule: its condition, its reason in words, its worked cases."""
    page = "console/reference/rule_fragment.html" if request.headers.get("HX-Request") else "console/reference/rule.html"
    return render(request, page, about_rule(_books(), rule_id) | {"id": rule_id})


@needs("policy.view")
@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    """The house's policy with the ground of every assumption, and the layouts."""
    policy = _policy()
    layouts = [load_layout(name) for name in shipped_layouts()]
    context: dict[str, Any] = {
        "version": policy_version(policy),
        "title": Words(*policy.title.split(" / ")) if policy.title.count(" / ") == 1 else policy.title,
        "assumptions": [(line, certainty_words(line.certainty)) for line in assumptions(policy)],
        "text": DEFAULT_POLICY.read_text(encoding="utf-8"),
        "layouts": [(layout, len(layout.columns)) for layout in layouts],
    }
    return render(request, "console/reference/policies.html", context)


@needs("policy.view")
@require_GET
def layout(request: HttpRequest, name: str) -> HttpResponse:
    """One layout: heading to field."""
    if name not in shipped_layouts():
        raise Http404
    found = load_layout(name)
    rows = [
        {
            "from": " / ".join(column.from_),
            "to": column.to,
            "words": Words(TAPE[column.to].zh, TAPE[column.to].en) if column.to in TAPE else "",
            "unit": column.unit or "",
        }
        for column in found.columns
    ]
    table = Table(
        "layout",
        Words("列", "Columns"),
        (
            Column("from", Words("源表头", "Heading"), "wrap"),
            Column("words", Words("字段", "Field")),
            Column("to", Words("代码", "Code"), "code"),
            Column("unit", Words("单位", "Unit"), "code"),
        ),
        rows,
        chooser=False,
    )
    return render(request, "console/reference/layout.html", {"layout": found, "table": table})


@needs("audit.view")
@require_GET
def record(request: HttpRequest) -> HttpResponse:
    """What was done, by whom, to what: latest first, a page at a time by key."""
    scope = scope_of_request(request)
    rows = scope.rows(Deed).select_related("user")
    verb = request.GET.get("verb", "")
    if verb in DEEDS:
        rows = rows.filter(verb=verb)
    page = page_of(request, rows, _DEEDS_SHOWN)
    table = Table(
        "record",
        Words("操作记录", "Record"),
        (
            Column("at", Words("时间", "When"), "moment"),
            Column("user", Words("用户", "User"), value=lambda deed: f"{deed.user.name} ({deed.user.username})" if deed.user else "—"),
            Column("verb", Words("操作", "What"), value=lambda deed: DEEDS.get(deed.verb, deed.verb)),
            Column("subject", Words("对象", "To what"), "code"),
            Column("details", Words("细节", "Details"), "wrap", value=lambda deed: details_said(deed.details, scope.lang)),
            Column("trace_id", Words("跟踪号", "Trace"), "code", hidden=True),
        ),
        page.rows,
        older=page.older,
        newer=page.newer,
    )
    return render(request, "console/reference/record.html", {"table": table, "verbs": DEEDS, "verb": verb})
