"""The portfolio desk: what there is, how old it is, what it is expected to bring and by which routes; every figure leads to the accounts behind it."""

from __future__ import annotations

from typing import Any

import polars as pl
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from panhuo.apps.console.access import needs
from panhuo.apps.console.cash_charts import cash_charts
from panhuo.apps.console.charts import Chart, Heat, Series
from panhuo.apps.console.filtering import Chosen, chosen_from, chosen_of, respelled
from panhuo.apps.console.names import QUANTITIES, group_words
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.plan_words import STATES
from panhuo.apps.console.tables import Column, Table
from panhuo.apps.console.views.portfolio_cash import by_plan
from panhuo.apps.identity.finding import scope_of_request
from panhuo.apps.identity.saved_views import view_remove, view_save
from panhuo.apps.intake.filters import Filter, group_filter
from panhuo.apps.intake.overlaps import shared_numbers
from panhuo.apps.intake.portfolio import Totals
from panhuo.apps.strategy.decided import RouteFilter
from panhuo.apps.strategy.selecting import cash_expected, portfolio_figures, routes_of
from panhuo.kernel.calendar import BUCKETS
from panhuo.kernel.words import Words

MEASURES = {"balance": ("balance_fen", "fen", Words("余额", "Balance")), "accounts": ("accounts", "count", Words("户数", "Accounts"))}
OVERDUE = Filter("overdue_days", low=1)
PAGES = {"portfolio": ("measure",), "accounts": ("sort",)}
"""Pages whose views may be saved, and the keys of their addresses besides tapes and filters."""
_ROUTED = ("accounts", "balance_fen", "cash_fen", "net_value_fen")


@needs("portfolio.view")
@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    spelled = respelled(request.GET)
    if spelled is not None:
        return redirect(f"/portfolio?{spelled}" if spelled else "/portfolio")
    chosen = chosen_of(request, keep=PAGES["portfolio"])
    if not chosen.tapes:
        return render(request, "console/portfolio/empty.html")
    return render(request, "console/portfolio/portfolio.html", _page(chosen))


def _page(chosen: Chosen) -> dict[str, Any]:
    figures = portfolio_figures(
        chosen.scope, chosen.plan, chosen.tapes, chosen.filters, ("product bucket", "age", "vintage", "province", "five_class")
    )
    whole, groups = figures.whole, figures.groups
    measure = chosen.rest.get("measure", "balance") if chosen.rest.get("measure") in MEASURES else "balance"
    context: dict[str, Any] = {
        "chosen": chosen,
        "bar": chosen.bar(),
        "views": chosen.views("portfolio"),
        "totals": whole,
        "here": chosen.accounts(),
        "overdue": _overdue(groups["age"]),
        "overdue_href": chosen.accounts(OVERDUE),
        "measures": [(words, f"/portfolio?{chosen.query(measure=name)}#heat", name == measure) for name, (_, _, words) in MEASURES.items()],
        "heat": _heat(chosen, groups["product bucket"], measure),
        "ageing": _bars(chosen, "age", groups["age"], measure, Words("逾期天数", "Days past due")),
        "vintage": _bars(chosen, "vintage", groups["vintage"], measure, Words("放款年份", "Year of origination")),
        "regions": _shares(chosen, "province", groups["province"], whole, Words("地区", "Region")),
        "classes": _shares(chosen, "five_class", groups["five_class"], whole, Words("五级分类", "Five-category class")),
        "as_of": sorted({tape.as_of for tape in chosen.tapes if tape.as_of}),
        "shared": shared_numbers(chosen.tapes),
        "currencies": sorted({str(tape.figures.get("currency", "CNY")) for tape in chosen.tapes}),
    }
    if chosen.plan is not None:
        cash = cash_expected(chosen.scope, chosen.plan, chosen.tapes, chosen.filters)
        context |= {
            "plan": chosen.plan,
            "plan_state": STATES[chosen.plan.state],
            "share": whole.sums["recovery_fen"] / whole.sums["balance_fen"] if whole.sums["balance_fen"] else None,
            **cash_charts(cash),
            "routes": _routes(chosen, routes_of(chosen.scope, chosen.plan, chosen.tapes, chosen.filters)),
        }
    elif chosen.standing:
        context |= by_plan(chosen)
    return context


def _overdue(ages: pl.DataFrame) -> Totals:
    late = ages.filter(pl.col("age") != "..0")
    return Totals(int(late["accounts"].sum()), {"balance_fen": int(late["balance_fen"].sum())})


def _heat(chosen: Chosen, groups: pl.DataFrame, measure: str) -> Heat:
    column, unit, words = MEASURES[measure]
    products, held = groups["product"].unique(maintain_order=True).to_list(), set(groups["bucket"])
    buckets = [bucket for bucket in BUCKETS if bucket in held]
    cells = {(row["product"], row["bucket"]): row[column] for row in groups.iter_rows(named=True)}
    by = {name: {key: group_filter(name, key) for key in keys} for name, keys in (("product", products), ("bucket", buckets))}
    return Heat(
        "heat",
        Words(f"产品 × 账龄：{words.zh}", f"Product × bucket: {words.en.lower()}"),
        unit,  # type: ignore[arg-type]
        Words("产品", "Product"),
        [group_words("product", key) for key in products],
        buckets,
        [[cells.get((product, bucket)) for bucket in buckets] for product in products],
        hrefs=[[chosen.accounts(by["product"][product], by["bucket"][bucket]) for bucket in buckets] for product in products],
        row_hrefs=[chosen.accounts(by["product"][product]) for product in products],
        column_hrefs=[chosen.accounts(by["bucket"][bucket]) for bucket in buckets],
        href=chosen.accounts(),
    )


def _bars(chosen: Chosen, by: str, groups: pl.DataFrame, measure: str, words: Words) -> Chart:
    column, unit, measured = MEASURES[measure]
    keys = groups[by].to_list()
    return Chart(
        by,
        words,
        unit,  # type: ignore[arg-type]
        words,
        [group_words(by, key) for key in keys],
        (Series(measured, groups[column].to_list()),),
        hrefs=[chosen.accounts(group_filter(by, key)) for key in keys],
        unit_words=Words("户", "accounts"),
    )


def _shares(chosen: Chosen, by: str, groups: pl.DataFrame, whole: Totals, words: Words) -> Table:
    sum_fen = whole.sums["balance_fen"]
    rows = [
        {
            "label": group_words(by, row[by]),
            "href": chosen.accounts(group_filter(by, row[by])),
            "accounts": row["accounts"],
            "balance_fen": row["balance_fen"],
            "share": row["balance_fen"] / sum_fen if sum_fen else None,
        }
        for row in groups.iter_rows(named=True)
    ]
    return Table(
        by, words, (Column("label", words), *_counted()), rows, totals={"accounts": whole.accounts, "balance_fen": sum_fen, "share": 1.0 if sum_fen else None},
        href=_href, totals_href=chosen.accounts(), chooser=False,
    )  # fmt: skip


def _routes(chosen: Chosen, groups: pl.DataFrame) -> Table:
    rows = [
        {"label": group_words("route", row["route"]), "href": chosen.accounts(RouteFilter((row["route"],))), **{k: row[k] for k in _ROUTED}}
        for row in groups.iter_rows(named=True)
    ]
    words = Words("方案的处置方式", "Routes of the plan")
    columns = (
        Column("label", Words("处置方式", "Route")),
        *_counted()[:2],
        Column("cash_fen", QUANTITIES["cash_fen"], "money", href=_href),
        Column("net_value_fen", QUANTITIES["net_value_fen"], "money", href=_href),
    )
    sums = {name: int(groups[name].sum()) for name in _ROUTED}
    return Table("routes", words, columns, rows, href=_href, totals=sums, totals_href=chosen.accounts(), chooser=False)


def _counted() -> tuple[Column, ...]:
    return (
        Column("accounts", Words("户数", "Accounts"), "count", href=_href),
        Column("balance_fen", Words("余额", "Balance"), "money", href=_href),
        Column("share", Words("余额占比", "Share"), "percent"),
    )


def _href(row: Any) -> str:
    return str(row["href"])


@needs("portfolio.view")
@require_POST
def save_view(request: HttpRequest, page: str) -> HttpResponse:
    """Keep the present filters and order of a page under a name."""
    if page not in PAGES:
        raise Http404
    scope = scope_of_request(request)
    chosen = chosen_from(scope, QueryDict(request.POST.get("query", "")[:4000]), keep=PAGES[page])
    query = chosen.query()
    kept = view_save(scope, page=page, name=request.POST.get("name", ""), query=query)
    notice_add(request, Words(f"已保存视图“{kept.name}”", f'The view "{kept.name}" is saved'))
    return redirect(f"/{page}?{query}" if query else f"/{page}")


@needs("portfolio.view")
@require_POST
def remove_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget one of one's own views."""
    scope = scope_of_request(request)
    page = view_remove(scope, view_id=view_id)
    if page not in PAGES:
        raise Http404
    notice_add(request, Words("视图已删除", "The view is removed"))
    return redirect(f"/{page}")
