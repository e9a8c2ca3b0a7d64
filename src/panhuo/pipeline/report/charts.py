"""The report's charts: Vega-Lite specifications drawn to SVG, once in each language.

A static SVG prints, needs no script and no network, and its text stays text. Every chart has a title, units on its axes and
its numbers in a table on the page.

Text is set in the fonts of whoever opens the page, which the host that draws need not have. So nothing here is laid out by a measured text: the room of an
axis is estimated from its characters (``room``), ticks are chosen here, and what the colours mean is said in the page itself (``Chart.legend``), which flows.
The same figures make the same drawing on any host.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

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
WIDTH = 930
"""Of a whole drawing, axes included."""
SIZE = 12
"""Of labels and titles, in pixels."""
_WIDE, _NARROW = 1.0, 0.64
"""Widths of a character, in ems: Chinese ones are square, of others DejaVu Sans has the widest digits and words in use."""
KEY_HEIGHT = 30
"""Of the two bars of a key, where they lie."""
_TICK, _TITLE, _TOP = 9, 20, 11
"""Room of an axis beside its labels, of its title, and above the drawing for half a label, in pixels."""
_CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "#444",
        "titleColor": "#444",
        "gridColor": "#e6e6e6",
        "domainColor": "#999",
        "labelFontSize": SIZE,
        "titleFontSize": SIZE,
        "titleFontWeight": "normal",
        "labelLimit": 0,
        "labelOverlap": False,
        "labelFlush": False,
        "labelAngle": 0,
    },
    "bar": {"discreteBandSize": 18},
}


class Chart(NamedTuple):
    """A drawing, and what its colours mean: colour and words."""

    svg: str
    legend: Sequence[tuple[str, str]]


def room(text: str) -> float:
    """How much width a text needs, in pixels, whatever the font: estimated from its characters."""
    return SIZE * sum(_WIDE if unicodedata.east_asian_width(sign) in "WFA" else _NARROW for sign in text)


def ticks(largest: float) -> list[float]:
    """Some five round figures from 0 to the first that is not below ``largest``."""
    if largest <= 0 or not math.isfinite(largest):
        return [0.0, 1.0]
    power = math.floor(math.log10(largest / 5))
    times = largest / 5 / 10.0**power
    lead, power = next((lead, power + up) for least, lead, up in ((50, 1, 1), (10, 5, 0), (2, 2, 0), (0, 1, 0)) if times * times >= least)
    at = [float(f"{lead * n}e{power}") for n in range(9)]
    return at[: next(n for n, tick in enumerate(at) if tick >= largest * (1 - 1e-9)) + 1]


def draw(spec: dict[str, Any], *, left: float, bottom: float, right: float = 4) -> str:
    """The SVG of a specification, ready to stand in a page: ``WIDTH`` wide, with this room for axes."""
    import vl_convert

    frame = {
        "autosize": {"type": "none"},
        "padding": {"left": round(left), "right": round(right), "top": _TOP, "bottom": round(bottom)},
        "width": WIDTH - round(left) - round(right),
    }
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG, **frame, **spec}
    svg: str = vl_convert.vegalite_to_svg(whole, vl_version="5.20")
    return svg


def warm_up() -> None:
    """Start the drawing machine and have it find its fonts: half a second that the first chart would wait for."""
    spec = {
        "data": {"values": [{"k": "盘活", "v": 1}]},
        "mark": "bar",
        "encoding": {"x": {"field": "k"}, "y": {"field": "v", "type": "quantitative"}},
    }
    draw(spec, left=_across(["1"], "元"), bottom=_down("盘活"))


def _across(labels: Sequence[str], title: str = "") -> float:
    """The room of an axis that stands."""
    return max(map(room, labels), default=0.0) + _TICK + (_TITLE if title else 0)


def _down(title: str = "") -> float:
    """The room of an axis that lies."""
    return SIZE + _TICK + (_TITLE if title else 0)


def _standing(extent: float) -> dict[str, float]:
    """An axis's title stands off by the room that its labels were given."""
    return {"minExtent": round(extent), "maxExtent": round(extent)}


def _amounts(at: Sequence[float], title: str, form: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [0, at[-1]], "nice": False},
        "axis": {"format": form, "values": list(at), **more},
    }


def scale_of(largest_fen: float, lang: Lang, currency: str) -> tuple[float, str]:
    """The unit amounts are drawn in: fen in one, and its name."""
    steps: tuple[tuple[float, str], ...]
    if lang == "zh":
        steps = ((1e10, "亿元"), (1e6, "万元"), (100.0, "元"))
    else:
        steps = ((1e11, "CNY bn"), (1e8, "CNY m"), (1e5, "CNY k"), (100.0, "CNY"))
    fen, unit = next((step for step in steps if largest_fen >= step[0]), steps[-1])
    return fen, in_currency(unit, currency).strip()


def money_by_key(rows: Sequence[tuple[str, float, float]], lang: Lang, *, currency: str, labels: tuple[str, str], horizontal: bool = False) -> Chart:
    """Two bars a key: balance and what the plan expects to recover. rows: (key, balance_fen, recovery_fen)."""
    unit, word = scale_of(max((r[1] for r in rows), default=0.0), lang, currency)
    values: list[dict[str, Any]] = [
        {"k": k, "s": s, "v": v / unit} for k, balance, recovery in rows for s, v in zip(labels, (balance, recovery), strict=True)
    ]
    keys = [r[0] for r in rows]
    at = ticks(max((v["v"] for v in values), default=0.0))
    written = [f"{tick:,.12g}" for tick in at]
    category: dict[str, Any] = {"field": "k", "type": "nominal", "sort": keys, "title": None}
    offset = {"field": "s", "sort": list(labels)}
    legend = list(zip(("#b8c4d0", "#2f5d8c"), labels, strict=True))
    colour = _colours(legend)
    if horizontal:
        encoding = {"y": category, "x": {"field": "v", **_amounts(at, word, ",~r")}, "yOffset": offset, "color": colour | {"field": "s"}}
        mark = {"type": "bar", "height": {"band": 0.9}}
        size = {"left": _across(keys), "bottom": _down(word), "right": room(written[-1]) / 2}
        height = KEY_HEIGHT * len(keys)
    else:
        left = _across(written)
        encoding = {
            "x": category,
            "y": {"field": "v", **_amounts(at, word, ",~r", **_standing(left))},
            "xOffset": offset,
            "color": colour | {"field": "s"},
        }
        mark = {"type": "bar", "width": {"band": 0.9}}
        size = {"left": left + _TITLE, "bottom": _down()}
        height = 220
    return Chart(draw({"data": {"values": values}, "mark": mark, "encoding": encoding, "height": height}, **size), legend)


def cash_by_month(rows: Sequence[tuple[int, str, float]], lang: Lang, names: dict[str, str], *, currency: str, month_title: str) -> Chart:
    """Stacked bars: expected cash of the plan in each month, by route. rows: (month, route, fen)."""
    totals: dict[int, float] = {}
    for month, _, fen in rows:
        totals[month] = totals.get(month, 0.0) + fen
    unit, word = scale_of(max(totals.values(), default=0.0), lang, currency)
    present = [r.name for r in ROUTES if any(route == r.name and fen > 0 for _, route, fen in rows)]
    values: list[dict[str, Any]] = [{"m": m, "r": names[r], "o": present.index(r), "v": fen / unit} for m, r, fen in rows if r in present]
    at = ticks(max(totals.values(), default=0.0) / unit)
    left = _across([f"{tick:,.12g}" for tick in at])
    legend = [(COLOURS[r], names[r]) for r in present]
    months = sorted({v["m"] for v in values})
    every = math.ceil(len(months) * (max((room(str(m)) for m in months), default=0.0) + SIZE / 2) / (WIDTH - left - _TITLE))
    svg = draw(
        {
            "data": {"values": values},
            "mark": {"type": "bar", "width": {"band": 0.8}},
            "height": 240,
            "encoding": {
                "x": {"field": "m", "type": "ordinal", "title": month_title, "axis": {"values": months[::every]}},
                "y": {"field": "v", **_amounts(at, word, ",~r", **_standing(left))},
                "color": _colours(legend) | {"field": "r"},
                "order": {"field": "o"},
            },
        },
        left=left + _TITLE,
        bottom=_down(month_title),
    )
    return Chart(svg, legend)


def unbroken(keys: Collection[str], order: Sequence[str]) -> list[str]:
    """The keys in their order, with those between the first and the last that hold nothing: an axis of age does not skip."""
    places = [place for place, key in enumerate(order) if key in keys]
    return list(order[places[0] : places[-1] + 1]) if places else []


def route_mix(
    rows: Sequence[tuple[str, str, float]], names: dict[str, str], colours: dict[str, str], *, share_title: str, order: Sequence[str]
) -> Chart:
    """For each bucket, the share of its balance on each route. rows: (bucket, route, balance_fen). order: of all buckets."""
    present = [r for r in colours if any(route == r for _, route, _ in rows)]
    values = [{"b": b, "r": names[r], "o": present.index(r), "v": v} for b, r, v in rows]
    left = _across(["100%"])
    legend = [(colours[r], names[r]) for r in present]
    svg = draw(
        {
            "data": {"values": values},
            "mark": {"type": "bar", "width": {"band": 0.85}},
            "height": 220,
            "encoding": {
                "x": {"field": "b", "type": "nominal", "scale": {"domain": unbroken([b for b, _, _ in rows], order)}, "title": None},
                "y": {"field": "v", "stack": "normalize", **_amounts([0, 0.2, 0.4, 0.6, 0.8, 1], share_title, ".0%", **_standing(left))},
                "color": _colours(legend) | {"field": "r"},
                "order": {"field": "o"},
            },
        },
        left=left + _TITLE,
        bottom=_down(),
    )
    return Chart(svg, legend)


def _colours(legend: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Which words have which colour; they are explained beside the drawing."""
    return {"type": "nominal", "scale": {"domain": [words for _, words in legend], "range": [colour for colour, _ in legend]}, "legend": None}
