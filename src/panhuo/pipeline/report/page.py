"""The page itself: figures into the template, both languages at once, everything inside one file."""

from __future__ import annotations

import re
from collections.abc import Callable

import jinja2
from markupsafe import Markup

from panhuo.kernel.calendar import BUCKETS
from panhuo.kernel.money import format_yuan
from panhuo.kernel.words import Lang
from panhuo.pipeline.report import charts, wording
from panhuo.pipeline.report.data import ReportData
from panhuo.pipeline.report.figures import Figures, figures
from panhuo.pipeline.report.wording import NONE, ROUTE_WORDS, both, key_words

TITLES = {
    "bucket": ("按账龄：余额与方案预计回收", "By bucket: balance and what the plan expects to recover"),
    "product": ("按产品：余额与方案预计回收", "By product: balance and what the plan expects to recover"),
    "province": ("按地区：余额与方案预计回收", "By region: balance and what the plan expects to recover"),
    "cash": ("每月预计回款，按处置方式", "Expected cash by month and route"),
    "mix": ("各账龄的去向（占余额）", "Where each bucket goes (share of balance)"),
}
"""What each chart shows: its heading on the page, and what a screen reader says of it."""
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def render(data: ReportData, *, lang: Lang = "zh") -> str:
    """The whole page as HTML. ``lang`` is what it opens in; a button changes it and so does ``#en`` / ``#zh``."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("panhuo.pipeline.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "t": both,
        "w": lambda words: both(words.zh, words.en),
        "filed": wording.as_filed,
        "column": wording.column,
        "route": wording.route,
        "key_words": key_words,
        "certainty": wording.certainty_words,
        "amount_of": wording.amount_of,
        "unit_of": lambda line: wording.unit_words(line.unit, data.currency),
        "plain": lambda words: type(words)(*(text.rstrip("。. ") for text in words)),
        "source": wording.source,
        "titles": TITLES,
    }
    filters: dict[str, Callable[..., object]] = {
        "money": lambda fen: wording.money(fen, data.currency),
        "exact": lambda fen: format_yuan(fen or 0),
        "count": lambda n: f"{round(n or 0):,}",
        "share": lambda x: "—" if x is None else f"{x:.1%}",
        "number": wording.number,
        "code": wording.breakable,
    }
    environment.filters |= filters
    shown = figures(data)
    page = environment.get_template("report.html.j2").render(
        data=data, s=data.summary, lang=lang, charts=_draw(data, shown), figures=shown, no_route=NONE
    )
    # a control character of the tape is no HTML: shown as the mark for what cannot be shown
    return _CONTROLS.sub("\ufffd", page)


def _draw(data: ReportData, shown: Figures) -> dict[str, Markup]:
    drawn: dict[str, Markup] = {}
    langs: tuple[Lang, ...] = ("zh", "en")
    for lang in langs:
        names = {name: words.to(lang) for name, words in ROUTE_WORDS.items()}
        labels = ("余额", "预计回收") if lang == "zh" else ("balance", "expected recovery")
        for dimension, horizontal in (("bucket", False), ("product", True), ("province", True)):
            rows = [
                (
                    r["key"] if dimension == "bucket" else key_words(dimension, r["key"], left_out=shown.left_out).to(lang),
                    r["balance_fen"],
                    r["recovery_fen"],
                )
                for r in shown.breakdowns[dimension]
            ]
            if dimension == "bucket":
                known = {row[0]: row for row in rows}
                ages = charts.unbroken(known, BUCKETS)
                rows = [*(known.get(age, (age, 0.0, 0.0)) for age in ages), *(row for row in rows if row[0] not in ages)]
            if len(rows) > 1:
                drawn[f"{dimension}_{lang}"] = _framed(
                    dimension, lang, charts.money_by_key(rows, lang, currency=data.currency, labels=labels, horizontal=horizontal)
                )
        cash = [(r["month"], r["route"], r["cash_fen"]) for r in data.cash.to_dicts()]
        if any(fen > 0 for _, _, fen in cash):
            title = "基准日后第几个月" if lang == "zh" else "month after the cut-off date"
            drawn[f"cash_{lang}"] = _framed("cash", lang, charts.cash_by_month(cash, lang, names, currency=data.currency, month_title=title))
        mix = [(row["bucket"], route, fen) for row in shown.mix for route, fen in row["routes"].items()]
        if mix:
            colours = charts.COLOURS | {NONE: "#dddddd"}
            chart = charts.route_mix(mix, names, colours, share_title="占余额" if lang == "zh" else "share of balance", order=BUCKETS)
            drawn[f"mix_{lang}"] = _framed("mix", lang, chart)
    return drawn


def _framed(name: str, lang: Lang, chart: charts.Chart) -> Markup:
    """A drawing with its title for those who do not see it, and what its colours mean. It is ours, and texts inside were escaped by the drawing library."""
    title = Markup(' role="img" aria-label="{}"').format(TITLES[name][0 if lang == "zh" else 1])
    drawing = Markup(chart.svg.replace(' class="marks"', f' class="marks"{title}', 1))  # noqa: S704
    patch = Markup('<span><svg width="11" height="11" aria-hidden="true"><rect width="11" height="11" fill="{}"/></svg>{}</span>')
    return drawing + Markup('<span class="legend">{}</span>').format(Markup("").join(patch.format(*meaning) for meaning in chart.legend))
