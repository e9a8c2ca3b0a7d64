"""The page itself: figures into the template, both languages at once, everything inside one file."""

from __future__ import annotations

from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup, escape

from panhuo.kernel.calendar import BUCKETS
from panhuo.kernel.codes import PRODUCT
from panhuo.kernel.money import format_short, format_yuan
from panhuo.kernel.routes import ROUTES
from panhuo.kernel.words import Lang, Words
from panhuo.pipeline.report import charts
from panhuo.pipeline.report.data import ReportData

NONE = "none"
ROUTE_WORDS: dict[str, Words] = {r.name: r.words for r in ROUTES} | {NONE: Words("暂不处置", "not worked")}
_PRODUCT_WORDS = {c.code: Words(c.zh, c.en) for c in PRODUCT}
_PROVINCES_SHOWN = 15


def render(data: ReportData, *, lang: Lang = "zh") -> str:
    """The whole page as HTML. ``lang`` is what it opens in; a button changes it and so does ``#en`` / ``#zh``."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("panhuo.pipeline.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"t": both, "w": lambda words: both(words.zh, words.en), "route": _route, "key_words": key_words}
    currency = data.currency
    environment.filters |= {
        "money": lambda fen: _money(fen, currency),
        "exact": lambda fen: format_yuan(fen or 0),
        "count": lambda n: f"{round(n or 0):,}",
        "share": lambda x: "—" if x is None else f"{x:.1%}",
        "number": _number,
    }
    return environment.get_template("report.html.j2").render(
        data=data, s=data.summary, lang=lang, charts=_draw(data), figures=_figures(data), no_route=NONE
    )


def both(zh: str, en: str) -> Markup:
    """A text in both languages; the style sheet shows the chosen one."""
    return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(zh, en)


def key_words(dimension: str, key: str) -> Words:
    """A row's name in a breakdown."""
    if dimension == "product":
        return _PRODUCT_WORDS.get(key, Words(key, key))
    if dimension == "bucket" and key == "M0":
        return Words("M0 未逾期", "M0 current")
    return Words(key or "未知", key or "unknown")


def _route(name: str) -> Markup:
    return both(*ROUTE_WORDS[name])


def _money(fen: float | None, currency: str) -> Markup:
    if fen is None:
        return Markup("—")
    zh, en = format_short(fen, "zh"), format_short(fen, "en")
    if currency != "CNY":
        zh, en = zh.replace("元", f" {currency}"), en.replace("CNY", currency)
    return Markup('<span title="{}">{}</span>').format(format_yuan(fen), both(zh, en))


def _number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def _draw(data: ReportData) -> dict[str, Markup]:
    drawn: dict[str, Markup] = {}
    for lang in ("zh", "en"):
        names = {name: words.to(lang) for name, words in ROUTE_WORDS.items()}
        labels = ("余额", "预计回收") if lang == "zh" else ("balance", "expected recovery")
        for dimension, horizontal in (("bucket", False), ("product", True), ("province", True)):
            rows = [
                (key_words(dimension, r["key"]).to(lang) if dimension != "bucket" else r["key"], r["balance_fen"], r["recovery_fen"])
                for r in _rows(data, dimension)
            ]
            if rows:
                drawn[f"{dimension}_{lang}"] = _safe(charts.money_by_key(rows, lang, labels=labels, horizontal=horizontal))
        cash = [(r["month"], r["route"], r["cash_fen"]) for r in data.cash.to_dicts()]
        if any(fen > 0 for _, _, fen in cash):
            drawn[f"cash_{lang}"] = _safe(
                charts.cash_by_month(cash, lang, names, month_title="基准日后第几个月" if lang == "zh" else "month after the cut-off date")
            )
        mix = [(r["bucket"], r["route"], r["balance_fen"]) for r in data.mix.to_dicts() if r["balance_fen"] > 0]
        if mix:
            colours = charts.COLOURS | {NONE: "#dddddd"}
            drawn[f"mix_{lang}"] = _safe(
                charts.route_mix(mix, names, colours, share_title="占余额" if lang == "zh" else "share of balance", order=BUCKETS)
            )
    return drawn


def _safe(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 drawn by us from figures; texts inside were escaped by the drawing library


def _rows(data: ReportData, dimension: str) -> list[dict[str, Any]]:
    frame = data.portfolio[dimension]
    if dimension == "bucket":
        return frame.sort(pl.col("key").replace_strict(list(BUCKETS), range(len(BUCKETS)), default=99)).to_dicts()
    rows = frame.sort("balance_fen", "key", descending=[True, False]).to_dicts()
    return rows[:_PROVINCES_SHOWN] if dimension == "province" else rows


def _figures(data: ReportData) -> dict[str, Any]:
    """The few derived numbers the sentences at the top need."""
    summary = data.summary
    by_month = data.cash.group_by("month").agg(pl.col("cash_fen").sum()).sort("month")
    total = float(by_month["cash_fen"].sum())
    running = by_month["cash_fen"].cum_sum()
    half = next((int(m) for m, fen in zip(by_month["month"], running, strict=True) if fen >= total / 2), None) if total > 0 else None
    first_year = float(by_month.filter(pl.col("month") <= 12)["cash_fen"].sum())
    routes = summary["routes"]
    used = sorted((name for name in routes if routes[name]["accounts"]), key=lambda name: -routes[name]["net_value_fen"])
    binding = sorted((line for line in data.limits if line.price_fen > 0), key=lambda line: -line.price_fen * line.at_most)
    provinces = data.portfolio["province"]
    return {
        "cash_total": total,
        "half_month": half,
        "first_year": first_year,
        "routes_used": used,
        "net_value": sum(routes[name]["net_value_fen"] for name in routes),
        "cost": sum(routes[name]["cost_fen"] for name in routes),
        "plan_recovery": sum(routes[name]["expected_recovery_fen"] for name in routes),
        "binding": binding,
        "breakdowns": {dimension: _rows(data, dimension) for dimension in ("bucket", "product", "province")},
        "provinces_left": max(0, provinces.height - _PROVINCES_SHOWN),
        "quarters": _quarters(data.cash),
        "escape": escape,
    }


def _quarters(cash: pl.DataFrame) -> list[dict[str, Any]]:
    """Cash by quarter and route, for the table behind the chart."""
    if cash.is_empty():
        return []
    table = cash.with_columns(quarter=(pl.col("month") - 1) // 3 + 1).group_by("quarter", "route").agg(pl.col("cash_fen").sum())
    out = []
    for (quarter,), part in table.sort("quarter").group_by("quarter", maintain_order=True):
        out.append({"quarter": quarter, "routes": dict(zip(part["route"], part["cash_fen"], strict=True)), "total": float(part["cash_fen"].sum())})
    return out
