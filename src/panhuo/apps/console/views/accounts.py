"""The account desk: the list behind every figure, search by number or person, and its export."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from panhuo.apps.console.access import needs
from panhuo.apps.console.account_list import SORTS, TAPE_SORTS, columns_of, headings_of, row_said, rows_with, words_of
from panhuo.apps.console.filtering import Chosen, chosen_from, chosen_of, respelled
from panhuo.apps.console.names import value_words
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.plan_words import STATES
from panhuo.apps.console.tables import Chip, Empty, Table
from panhuo.apps.identity.finding import scope_of_request
from panhuo.apps.intake.accounts import Page, accounts_all, accounts_find, accounts_page, found_in
from panhuo.apps.intake.exporting import accounts_export, export_check
from panhuo.apps.intake.portfolio import SUMS, tapes_current, totals
from panhuo.apps.intake.searching import MOST, Found, accounts_search
from panhuo.apps.privacy.files import working
from panhuo.apps.strategy.decided import AMOUNTS
from panhuo.apps.strategy.selecting import decisions_of
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.money import format_yuan
from panhuo.kernel.words import Words

_FOUND, _KEPT_SEARCHES = "found", 5
_BY = {
    "account": Words("账户号", "account number"),
    "debtor": Words("债务人", "debtor"),
    "guarantor": Words("担保人", "guarantor"),
    "contact": Words("联系人", "contact person"),
    "collateral": Words("抵押物", "collateral"),
}
_EMPTY = Empty(
    Words("没有符合条件的账户", "No account fits"),
    Words("去掉一个筛选条件，或换一个词再查", "Remove a filter, or search for something else"),
    icon="filter",
)
_NONE = Empty(
    Words("还没有账户", "No accounts yet"),
    Words("导入第一份清单后，账户列在这里", "Import the first tape to see its accounts here"),
    Words("去导入清单", "Import a tape"),
    "/tapes",
    "tape",
)
DEFAULT_SORT = "-balance_fen"


class Places:
    """Accounts that a search met, as a condition on the list."""

    name = "found"
    text = ""

    def __init__(self, positions: list[tuple[int, int]]) -> None:
        self.positions = positions

    def polars(self) -> pl.Expr:
        return found_in(self.positions)


@needs("account.view")
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    spelled = respelled(request.GET)
    if spelled is not None:
        return redirect(f"/accounts?{spelled}" if spelled else "/accounts")
    chosen = chosen_of(request, keep=("sort", "found"))
    found = _search_held(request, chosen)
    conditions = [*chosen.filters, *([Places(found["positions"])] if found else [])]
    sort = chosen.rest.get("sort", DEFAULT_SORT)
    after, before = request.GET.get("after"), request.GET.get("before")
    page = accounts_page(chosen.scope, chosen.tapes, conditions, sort=sort, cursor=after or before, frame=chosen.frame, sorts=_sorts(chosen))
    whole = totals(chosen.tapes, conditions, frame=chosen.frame, sums=_sums(chosen))
    context = {
        "chosen": chosen,
        "bar": chosen.bar(),
        "table": _table(chosen, page, sort, whole.accounts, whole.sums, found),
        "found": found,
        "most": MOST,
    }
    return render(request, "console/accounts/accounts.html", context)


def _table(chosen: Chosen, page: Page, sort: str, count: int, sums: dict[str, int], found: dict[str, Any] | None) -> Table:
    plan, scope = chosen.plan, chosen.scope
    chips = chosen.chips()
    if found:
        said = [(words, found["by"][name]) for name, words in _BY.items() if found["by"].get(name)]
        by = Words("、".join(f"{words.zh} {n}" for words, n in said), ", ".join(f"{words.en} {n}" for words, n in said))
        chips.insert(0, Chip("found", Words("查找结果", "Found"), by if said else Words("无", "nothing")))
    query = chosen.query()
    return Table(
        "account-rows",
        Words("账户", "Accounts"),
        columns_of(plan=plan is not None, tapes=_tape_names(chosen), moved=chosen.before is not None),
        _decided(chosen, page.rows),
        href=lambda row: f"/accounts/{row['tape_id']}/{row['position']}" + (f"?plan={plan.pk}" if chosen.asked and plan else ""),
        totals=sums,
        count=count,
        count_words=Words("户", "accounts"),
        sort=sort,
        older=page.older,
        newer=page.newer,
        export=(f"/accounts/export.xlsx?{query}" if query else "/accounts/export.xlsx") if scope.may("account.export") else "",
        chips=chips,
        views=chosen.views("accounts"),
        empty=_EMPTY if chosen.tapes else _NONE,
    )


@needs("account.view")
@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Find accounts by number, or by a party's exact name, identity number or phone. What was typed is in no address: the answer leads to the places found."""
    scope = scope_of_request(request)
    chosen = chosen_from(scope, _only_tape(request))
    text = request.POST.get("q", "").strip()
    if not text:
        notice_add(request, Words("请先输入要查的内容", "Type what to look for first"), "warn")
        return redirect("/accounts")
    met = accounts_search(scope, chosen.tapes, text=text)
    if len(met.positions) == 1 and not met.cut:
        tape, position = met.positions[0]
        return redirect(f"/accounts/{tape}/{position}")
    return redirect(f"/accounts?{chosen.query(found=_search_keep(request, met))}")


@needs("account.view")
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """For the command palette: accounts whose number begins with ``q``. Numbers alone: this text stands in an address."""
    scope = scope_of_request(request)
    text = "".join(c for c in request.GET.get("q", "")[:64] if c.isprintable()).strip()
    tapes = tapes_current(scope)
    places = accounts_find(scope, tapes, text, limit=8) if len(text) > 1 else []
    by_place = {(row["tape_id"], row["position"]): row for row in accounts_page(scope, tapes, (), positions=places, size=8).rows} if places else {}
    rows = [by_place[place] for place in places if place in by_place]
    out = [
        {
            "words": row["account_id"],
            "note": f"{row['name_shown'] or ''} {value_words('product', row['product']).to(scope.lang)} {row['bucket']}".strip(),
            "href": f"/accounts/{row['tape_id']}/{row['position']}",
            "icon": "account",
        }
        for row in rows
    ]
    return JsonResponse(out, safe=False, json_dumps_params={"ensure_ascii": False})


@needs("account.export")
@require_safe
def export(request: HttpRequest) -> FileResponse:
    """The filtered list as a workbook."""
    chosen = chosen_of(request, keep=("sort", "found"))
    scope, lang = chosen.scope, chosen.scope.lang
    found = _search_held(request, chosen)
    conditions = [*chosen.filters, *([Places(found["positions"])] if found else [])]
    sort = chosen.rest.get("sort", DEFAULT_SORT)
    whole = totals(chosen.tapes, conditions, frame=chosen.frame, sums=_sums(chosen))
    export_check(scope, whole.accounts)
    tapes = _tape_names(chosen)

    def parts() -> Any:
        for rows in accounts_all(scope, chosen.tapes, conditions, sort=sort, frame=chosen.frame, sorts=_sorts(chosen)):
            yield [row_said(row, tapes=tapes, lang=lang) for row in _decided(chosen, rows)]

    headings = headings_of(plan=chosen.plan is not None, lang=lang, moved=chosen.before is not None)
    facts = _facts(request, chosen, whole.accounts, whole.sums)
    titles = ("账户", "说明") if lang == "zh" else ("accounts", "about")
    handle: BinaryIO = tempfile.NamedTemporaryFile(dir=working(), suffix=".xlsx", delete=False)  # type: ignore[assignment]  # noqa: SIM115 - closed by the response
    path = Path(handle.name)
    try:
        accounts_export(scope, rows=parts(), count=whole.accounts, headings=headings, facts=facts, query=chosen.query(), titles=titles, path=path)
        handle.seek(0)
    except BaseException:
        handle.close()
        raise
    finally:
        path.unlink()  # the open handle keeps the bytes until they are sent
    name = f"{'账户' if lang == 'zh' else 'accounts'}-{timezone.localdate():%Y%m%d}.xlsx"
    return FileResponse(handle, as_attachment=True, filename=name, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def _decided(chosen: Chosen, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the table with what the plan says of each, and the plan from which they move."""
    if chosen.plan is None:
        return rows_with(rows, {})
    keys = [(row["tape_id"], row["position"]) for row in rows]
    before = decisions_of(chosen.scope, chosen.before, keys) if chosen.before else None
    return rows_with(rows, decisions_of(chosen.scope, chosen.plan, keys), before)


def _facts(request: HttpRequest, chosen: Chosen, count: int, sums: dict[str, int]) -> list[tuple[str, str]]:
    lang = chosen.scope.lang
    facts = [
        (Words("导出时间", "Exported at"), f"{timezone.localtime():%Y-%m-%d %H:%M}"),
        (Words("导出人", "Exported by"), str(request.user)),
        (Words("清单", "Tapes"), "; ".join(_tape_names(chosen).values())),
        (Words("方案", "Plan"), f"{chosen.plan.name} ({STATES[chosen.plan.state].words.to(lang)})" if chosen.plan else "—"),
        (Words("筛选", "Filters"), "; ".join(f"{chip.words.to(lang)}: {chip.value.to(lang) if isinstance(chip.value, Words) else chip.value}" for chip in chosen.chips()) or "—"),
        (Words("户数", "Accounts"), f"{count:,}"),
    ]  # fmt: skip
    facts += [(words_of(name), format_yuan(fen)) for name, fen in sums.items()]
    facts.append((Words("个人信息", "Personal data"), Words("均已脱敏", "masked throughout").to(lang)))
    return [(words.to(lang), value) for words, value in facts]


def _search_keep(request: HttpRequest, met: Found) -> str:
    """Under which key the session holds what was found: places only."""
    key = secrets.token_urlsafe(6)
    held = dict(list(request.session.get(_FOUND, {}).items())[-(_KEPT_SEARCHES - 1) :])
    held[key] = {"positions": [list(place) for place in met.positions], "by": met.by, "cut": met.cut}
    request.session[_FOUND] = held
    return key


def _search_held(request: HttpRequest, chosen: Chosen) -> dict[str, Any] | None:
    """What an earlier search of this session found. Raises UsageInvalid where the session does not know of it."""
    key = chosen.rest.get("found")
    if not key:
        return None
    held = request.session.get(_FOUND, {}).get(key)
    if held is None:
        cause = Words("这次查找的结果已不在", "the result of that search is gone")
        raise UsageInvalid("SEARCH_GONE", cause, where="found", remedy=Words("请重新查找", "search again"))
    mine = {tape.pk for tape in chosen.tapes}
    return {**held, "positions": [(tape, position) for tape, position in held["positions"] if tape in mine]}


def _only_tape(request: HttpRequest) -> Any:
    kept = request.POST.copy()
    for key in list(kept):
        if key != "tape":
            del kept[key]
    return kept


def _tape_names(chosen: Chosen) -> dict[int, str]:
    return {tape.pk: f"{tape.series} v{tape.version}" for tape in chosen.tapes}


def _sorts(chosen: Chosen) -> tuple[str, ...]:
    return SORTS if chosen.plan else TAPE_SORTS


def _sums(chosen: Chosen) -> tuple[str, ...]:
    return (*SUMS, *AMOUNTS) if chosen.plan else SUMS
