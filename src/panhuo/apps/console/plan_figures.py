"""A plan's figures as its page shows them: routes, limits with their prices, and the chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from panhuo.apps.console.charts import Chart, Series
from panhuo.apps.console.names import QUANTITIES
from panhuo.apps.console.tables import Column, Table
from panhuo.apps.strategy.models import Plan
from panhuo.kernel.routes import ROUTES
from panhuo.kernel.words import Words


def routes_table(found: Plan, beside: Plan | None) -> Table:
    total = {"accounts": 0, "balance_fen": 0, "cash_fen": 0, "cost_fen": 0, "net_value_fen": 0}
    rows = []
    for route in ROUTES:
        figures = found.figures["routes"][route.name]
        figures = {**figures, "cash_fen": figures["expected_recovery_fen"]}  # one name for it
        other = beside.figures["routes"][route.name] if beside else None
        if not figures["accounts"] and not (other and other["accounts"]):
            continue
        for name in total:
            total[name] += int(figures[name])
        rows.append(
            {
                **figures,
                "href": f"/accounts?plan={found.pk}&route={route.name}",
                "words": route.words,
                "change": figures["net_value_fen"] - other["net_value_fen"] if other else None,
            }
        )
    columns = [
        Column("words", Words("处置方式", "Route"), value=lambda row: row["words"]),
        Column("accounts", Words("账户", "Accounts"), "count", href=_listed),
        Column("balance_fen", Words("余额", "Balance"), "money", href=_listed),
        Column("cash_fen", QUANTITIES["cash_fen"], "money", href=_listed),
        Column("cost_fen", QUANTITIES["cost_fen"], "money", href=_listed),
        Column("net_value_fen", QUANTITIES["net_value_fen"], "money", href=_listed),
        Column("months", Words("平均月数", "Mean months"), "number"),
    ]
    if beside is not None:
        columns.append(Column("change", Words("方案净值比对照", "Net value change"), "money"))
    return Table(
        "plan-routes",
        Words("各处置方式", "Routes"),
        columns,
        rows,
        totals=total,
        totals_href=f"/accounts?plan={found.pk}&route={','.join(route.name for route in ROUTES)}",
        count=len(rows),
        count_words=Words("种", "routes"),
        chooser=False,
    )


def _listed(row: Any) -> str:
    """The accounts behind a figure of a route."""
    return str(row["href"])


def limit_rows(found: Plan, beside: Plan | None, typed: Mapping[str, str], faults: Mapping[str, Words]) -> list[dict[str, Any]]:
    """Each limit in the unit people speak in; ``price_fen``: what one unit more would bring."""
    others = {limit["name"]: limit for limit in beside.figures["limits"]} if beside else {}
    out = []
    for limit in found.figures["limits"]:
        size, other = float(limit["unit_size"]), others.get(limit["name"])
        at_most, used = limit["at_most"] / size, limit["used"] / size
        out.append(
            {
                "name": limit["name"],
                "title": limit["title"],
                "unit": limit["unit"],
                "at_most": at_most,
                "typed": typed.get(limit["name"], amount_typed(limit)),
                "fault": faults.get(limit["name"]),
                "used": used,
                "share": min(1.0, used / at_most) if at_most > 0 else 0.0,
                "shut": _shut(limit),
                "binds": limit["price_fen"] > 0 or _shut(limit) is not None,
                "price_fen": limit["price_fen"] * size,
                "changed": other is not None and amount_typed(other) != amount_typed(limit),
                "other": other["at_most"] / size if other else None,
            }
        )
    return out


def _shut(limit: dict[str, Any]) -> Words | None:
    """Said of a limit of which nobody can use anything."""
    if limit["used"] != 0:
        return None
    if limit["at_most"] == 0:
        return Words("已关闭：上限为 0", "closed: the limit is 0")
    return Words("上限不足一户所需", "too little for any account") if limit["price_fen"] > 0 else None


def amount_typed(limit: dict[str, Any]) -> str:
    """What a limit is at most, as it is written into its field."""
    return f"{limit['at_most'] / float(limit['unit_size']):,.2f}".rstrip("0").rstrip(".")


def mix_chart(found: Plan) -> Chart:
    used = [route for route in ROUTES if found.figures["routes"][route.name]["accounts"]]
    figures = [found.figures["routes"][route.name] for route in used]
    return Chart(
        "plan-mix",
        Words("各处置方式的方案预计回收与成本", "Expected recovery and cost (plan) by route"),
        "fen",
        Words("处置方式", "Route"),
        [route.words for route in used],
        (
            Series(QUANTITIES["cash_fen"], [f["expected_recovery_fen"] for f in figures]),
            Series(QUANTITIES["cost_fen"], [f["cost_fen"] for f in figures]),
        ),
        horizontal=True,
        hrefs=[f"/accounts?plan={found.pk}&route={route.name}" for route in used],
    )
