"""The report's charts: Vega-Lite specifications drawn to SVG, once in each language.

A static SVG prints, needs no script and no network, and its text stays text. Every chart has a title, units on its axes and
its numbers in a table on the page.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from panhuo.kernel.money import in_currency
from panhuo.kernel.routes import ROUTES
from panhuo.kernel.words import Lang

FONT = "'Noto Sans CJK SC','PingFang SC','Microsoft YaHei','Source Han Sans SC',sans-serif"
COLOURS = dict(
    zip(
        [r.name for r in ROUTES],
        ["#2f5d8c", "#6b9ac4", "#3a8f7b", "#86c5a6", "#8a6fb0", "#c9a227", "#7f7f7f", "#b5651d", "#c44e52", "#e39aa0", "#4c9fb5", "#a9a9a9"],
        strict=True,
    )
)
"""One colour a route on every chart: blues the phone, greens the table, purple the court, warm colours a sale."""
WIDTH = 860
_CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "#444",
        "titleColor": "#444",
        "gridColor": "#e6e6e6",
        "domainColor": "#999",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "legend": {"labelFontSize": 12, "labelColor": "#333", "title": None, "orient": "bottom", "columns": 6, "symbolType": "square"},
    "bar": {"discreteBandSize": 18},
}


def draw(spec: dict[str, Any]) -> str:
    """The SVG of a specification, ready to stand in a page."""
    import vl_convert

    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG, **spec}
    svg: str = vl_convert.vegalite_to_svg(whole, vl_version="5.20")
    return svg


def warm_up() -> None:
    """Start the drawing machine and have it find its fonts: half a second that the first chart would wait for."""
    draw({"data": {"values": [{"k": "盘活", "v": 1}]}, "mark": "bar", "encoding": {"x": {"field": "k"}, "y": {"field": "v", "type": "quantitative"}}})


def scale_of(largest_fen: float, lang: Lang, currency: str) -> tuple[float, str]:
    """The unit amounts are drawn in: fen in one, and its name."""
    steps: tuple[tuple[float, str], ...]
    if lang == "zh":
        steps = ((1e10, "亿元"), (1e6, "万元"), (100.0, "元"))
    else:
        steps = ((1e11, "CNY bn"), (1e8, "CNY m"), (1e5, "CNY k"), (100.0, "CNY"))
    fen, unit = next((step for step in steps if largest_fen >= step[0]), steps[-1])
    return fen, in_currency(unit, currency).strip()


def money_by_key(rows: Sequence[tuple[str, float, float]], lang: Lang, *, currency: str, labels: tuple[str, str], horizontal: bool = False) -> str:
    """Two bars a key: balance and what the plan expects to recover. rows: (key, balance_fen, recovery_fen)."""
    unit, word = scale_of(max((r[1] for r in rows), default=0.0), lang, currency)
    values = [{"k": k, "s": s, "v": v / unit} for k, balance, recovery in rows for s, v in zip(labels, (balance, recovery), strict=True)]
    keys = [r[0] for r in rows]
    category = {"field": "k", "type": "nominal", "sort": keys, "title": None, "axis": {"labelAngle": 0, "labelLimit": 160}}
    amount = {"field": "v", "type": "quantitative", "title": word, "axis": {"format": ",~r", "tickCount": 5}}
    offset = {"field": "s", "sort": list(labels)}
    colour = {"field": "s", "type": "nominal", "scale": {"domain": list(labels), "range": ["#b8c4d0", "#2f5d8c"]}, "legend": {}}
    encoding = (
        {"y": category, "x": amount, "yOffset": offset, "color": colour}
        if horizontal
        else {"x": category, "y": amount, "xOffset": offset, "color": colour}
    )
    size = {"width": WIDTH - 120, "height": {"step": 12}} if horizontal else {"width": WIDTH, "height": 220}
    mark = {"type": "bar", "height": {"band": 0.9}} if horizontal else {"type": "bar", "width": {"band": 0.9}}
    return draw({"data": {"values": values}, "mark": mark, "encoding": encoding, **size})


def cash_by_month(rows: Sequence[tuple[int, str, float]], lang: Lang, names: dict[str, str], *, currency: str, month_title: str) -> str:
    """Stacked bars: expected cash of the plan in each month, by route. rows: (month, route, fen)."""
    totals: dict[int, float] = {}
    for month, _, fen in rows:
        totals[month] = totals.get(month, 0.0) + fen
    unit, word = scale_of(max(totals.values(), default=0.0), lang, currency)
    present = [r.name for r in ROUTES if any(route == r.name and fen > 0 for _, route, fen in rows)]
    values = [{"m": m, "r": names[r], "o": present.index(r), "v": fen / unit} for m, r, fen in rows if r in present]
    return draw(
        {
            "data": {"values": values},
            "mark": {"type": "bar", "width": {"band": 0.8}},
            "width": WIDTH,
            "height": 240,
            "encoding": {
                "x": {"field": "m", "type": "ordinal", "title": month_title, "axis": {"labelAngle": 0, "labelOverlap": True}},
                "y": {"field": "v", "type": "quantitative", "title": word, "axis": {"format": ",~r", "tickCount": 5}},
                "color": _route_colour(present, names),
                "order": {"field": "o"},
            },
        }
    )


def unbroken(keys: Collection[str], order: Sequence[str]) -> list[str]:
    """The keys in their order, with those between the first and the last that hold nothing: an axis of age does not skip."""
    places = [place for place, key in enumerate(order) if key in keys]
    return list(order[places[0] : places[-1] + 1]) if places else []


def route_mix(
    rows: Sequence[tuple[str, str, float]], names: dict[str, str], colours: dict[str, str], *, share_title: str, order: Sequence[str]
) -> str:
    """For each bucket, the share of its balance on each route. rows: (bucket, route, balance_fen). order: of all buckets."""
    present = [r for r in colours if any(route == r for _, route, _ in rows)]
    values = [{"b": b, "r": names[r], "o": present.index(r), "v": v} for b, r, v in rows]
    return draw(
        {
            "data": {"values": values},
            "mark": {"type": "bar", "width": {"band": 0.85}},
            "width": WIDTH,
            "height": 220,
            "encoding": {
                "x": {
                    "field": "b",
                    "type": "nominal",
                    "scale": {"domain": unbroken([b for b, _, _ in rows], order)},
                    "title": None,
                    "axis": {"labelAngle": 0},
                },
                "y": {"field": "v", "type": "quantitative", "stack": "normalize", "title": share_title, "axis": {"format": ".0%", "tickCount": 5}},
                "color": {
                    "field": "r",
                    "type": "nominal",
                    "scale": {"domain": [names[r] for r in present], "range": [colours[r] for r in present]},
                    "legend": {},
                },
                "order": {"field": "o"},
            },
        }
    )


def _route_colour(present: Sequence[str], names: dict[str, str]) -> dict[str, Any]:
    return {"field": "r", "type": "nominal", "scale": {"domain": [names[r] for r in present], "range": [COLOURS[r] for r in present]}, "legend": {}}
