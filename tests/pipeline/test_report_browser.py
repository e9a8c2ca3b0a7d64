"""The report in a real browser: offline, silent, bilingual, with the numbers behind every chart, on a desk, a phone and paper."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_runs import Ran, Rows

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

HAN = re.compile(r"[\u4e00-\u9fff]")
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
UNITS = {"元": 1.0, "万元": 1e4, "亿元": 1e8}

VISIBLE_TEXTS = """() => {
  const out = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement;
    if (!node.data.trim() || holder.closest('script, style, [translate="no"]')) continue;
    if (holder.checkVisibility({visibilityProperty: true})) out.push(node.data.trim());
  }
  return out;
}"""
WIDEST = "() => [document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]"
BARS = """name => [...document.querySelectorAll(`.chart[data-chart="${name}"] [lang="zh"] [aria-roledescription="bar"]`)].map(bar => bar.getAttribute("aria-label"))"""
TABLE = """name => [...document.querySelectorAll(`table[data-chart="${name}"] tbody tr`)].map(row => [...row.cells].map(cell => {
  const exact = cell.querySelector("span[title]");
  return {text: cell.textContent.trim(), zh: cell.querySelector('[lang="zh"]')?.textContent ?? "", exact: exact ? exact.title : null};
}))"""
HEADS = (
    """name => [...document.querySelectorAll(`table[data-chart="${name}"] thead th`)].map(cell => cell.querySelector('[lang="zh"]').textContent)"""
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    named = os.environ.get("PANHUO_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), None)
    if not path:
        pytest.skip("no Chromium here: scripts/browser installs one, or set PANHUO_CHROMIUM")
    with playwright.sync_playwright() as running:
        one = running.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield one
        one.close()


class Watched:
    """A page, everything it complained of, and everything it asked for."""

    def __init__(self, browser: Any, report: Path, *, size: dict[str, int] = DESK, hash_: str = "") -> None:
        self.page = browser.new_page(viewport=size)
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(report.as_uri() + hash_)


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Watched]]:
    pages: list[Watched] = []

    def open_(report: Path, **more: Any) -> Watched:
        pages.append(Watched(browser, report, **more))
        return pages[-1]

    yield open_
    for watched in pages:
        watched.page.close()


@pytest.fixture
def page(sample: Ran, opened: Callable[..., Watched]) -> Any:
    return opened(sample.out / "report.html").page


def test_it_is_silent_and_asks_for_nothing(sample: Ran, opened: Callable[..., Watched]) -> None:
    watched = opened(sample.out / "report.html")
    for details in watched.page.query_selector_all("summary"):
        details.click()
    watched.page.click("#language")
    watched.page.wait_for_timeout(200)
    assert watched.faults == []
    assert watched.requests == [(sample.out / "report.html").as_uri()]


def test_the_button_turns_every_visible_text(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    chinese = page.evaluate(VISIBLE_TEXTS)
    assert sum(bool(HAN.search(text)) for text in chinese) > 300
    page.focus("#language")
    page.keyboard.press("Enter")
    other = page.evaluate(VISIBLE_TEXTS)
    # what stays Chinese is the tape's own and marked so: file names, headings, values, account numbers, sources of the policy
    assert [text for text in other if HAN.search(text)] == []
    assert page.get_attribute("html", "lang") == "en"
    assert not HAN.search(page.title())
    page.click("#language")
    assert page.evaluate(VISIBLE_TEXTS) == chinese
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert HAN.search(page.title())


def test_nothing_is_said_twice(page: Any) -> None:
    for _ in range(2):
        lang = page.get_attribute("html", "data-lang")
        wrong = "en" if lang == "zh" else "zh"
        seen = page.evaluate(f"""[...document.querySelectorAll('body [lang="{wrong}"]')].filter(e => e.checkVisibility()).length""")
        assert seen == 0
        page.click("#language")


def test_the_address_may_name_the_language(sample: Ran, opened: Callable[..., Watched]) -> None:
    assert opened(sample.out / "report.html", hash_="#en").page.inner_text("h1") == "Disposal plan"
    assert opened(sample.out / "report.html", hash_="#limits").page.inner_text("h1") == "不良资产处置方案"


def exact(cell: dict[str, str | None]) -> float:
    return float(str(cell["exact"]).replace(",", ""))


def parts(label: str) -> dict[str, str]:
    return dict(part.split(": ", 1) for part in label.split("; "))


def amount(bar: dict[str, str]) -> float:
    ((unit, value),) = [(key, value) for key, value in bar.items() if key in UNITS]
    return float(value.replace(",", "")) * UNITS[unit]


def near(drawn: float, tabled: float) -> bool:
    return abs(drawn - tabled) <= 1e-5 * abs(tabled) + 0.01


@pytest.mark.parametrize("name", ["bucket", "product", "province"])
def test_breakdown_charts_show_their_tables_numbers(page: Any, name: str) -> None:
    bars = {(bar["k"], bar["s"]): amount(bar) for bar in map(parts, page.evaluate(BARS, name))}
    rows = page.evaluate(TABLE, name)
    assert len(bars) == 2 * len(rows) > 2
    for row in rows:
        key = row[0]["zh"].split(" 未逾期")[0]
        assert near(bars[key, "余额"], exact(row[2]))
        assert near(bars[key, "预计回收"], exact(row[4]))


def test_the_cash_chart_shows_its_tables_numbers(page: Any) -> None:
    bars = {(int(bar["基准日后第几个月"]), bar["r"]): amount(bar) for bar in map(parts, page.evaluate(BARS, "cash"))}
    heads, rows = page.evaluate(HEADS, "cash"), page.evaluate(TABLE, "cash")
    assert len(rows) == 36
    for month, row in enumerate(rows, 1):
        for head, cell in zip(heads[1:-1], row[1:-1], strict=True):
            assert near(bars.get((month, head), 0.0), exact(cell)), (month, head)
        assert near(sum(value for (m, _), value in bars.items() if m == month), exact(row[-1]))
    assert {route for _, route in bars} <= set(heads)


def test_the_mix_chart_shows_its_tables_shares(page: Any) -> None:
    bars = {(bar["b"], bar["r"]): float(bar["占余额"].rstrip("%")) for bar in map(parts, page.evaluate(BARS, "mix"))}
    heads, rows = page.evaluate(HEADS, "mix"), page.evaluate(TABLE, "mix")
    found = 0
    for row in rows:
        for head, cell in zip(heads[1:-1], row[1:-1], strict=True):
            share = re.search(r"([\d.]+)%$", cell["text"])
            assert bool(share) == ((row[0]["zh"].split(" 未逾期")[0], head) in bars)
            if share:
                assert abs(bars[row[0]["zh"].split(" 未逾期")[0], head] - float(share[1])) <= 0.56
                found += 1
    assert found == len(bars) > 20


def test_every_chart_has_a_heading_a_title_and_its_table(page: Any) -> None:
    charts = page.query_selector_all(".chart")
    assert len(charts) == 5
    for chart in charts:
        heading = chart.evaluate("e => e.previousElementSibling.tagName + '|' + e.previousElementSibling.querySelector('[lang=\"zh\"]').textContent")
        tag, title = heading.split("|")
        assert tag == "H3"
        assert chart.evaluate("e => e.querySelector('[lang=\"zh\"] svg').getAttribute('aria-label')") == title
        assert chart.evaluate("e => e.nextElementSibling.querySelector('table') !== null")
        assert chart.evaluate("e => [...e.querySelectorAll('svg text')].length") > 5


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_label_of_a_chart_is_cut_or_runs_into_another(sample: Ran, opened: Callable[..., Watched], size: dict[str, int], lang: str) -> None:
    page = opened(sample.out / "report.html", size=size, hash_=f"#{lang}").page
    out = """() => [...document.querySelectorAll('.chart svg.marks')].filter(e => e.checkVisibility()).flatMap(svg => {
      const [edge, all] = [svg.getBoundingClientRect(), [...svg.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()])];
      const cut = all.filter(([, b]) => b.left < edge.left - 1 || b.right > edge.right + 1 || b.top < edge.top - 1 || b.bottom > edge.bottom + 1);
      const met = all.filter(([, b], n) => all.some(([, o], m) => m > n && b.left < o.right - 1 && o.left < b.right - 1 && b.top < o.bottom - 3 && o.top < b.bottom - 3));
      return [...cut, ...met].map(([text]) => text);
    })"""
    assert page.evaluate(out) == []
    words = "n => [...document.querySelectorAll(`.chart[data-chart='${n}'] .legend > span`)].filter(e => e.checkVisibility()).map(e => e.textContent)"
    assert page.evaluate(words, "product") == (["余额", "预计回收"] if lang == "zh" else ["balance", "expected recovery"])
    assert len(page.evaluate(words, "mix")) > 3


def test_the_sums_of_the_tables_are_the_summarys(page: Any, sample: Ran) -> None:
    for name in ("bucket", "product", "province"):
        rows = page.evaluate(TABLE, name)
        assert sum(round(exact(row[2]) * 100) for row in rows) == sample.summary["balance_accepted_fen"]
        assert sum(int(row[1]["text"].replace(",", "")) for row in rows) == sample.summary["rows_accepted"]
        assert sum(exact(row[4]) for row in rows) * 100 == pytest.approx(sample.summary["expected_recovery_fen"], rel=1e-6)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_never_scrolls_sideways(sample: Ran, opened: Callable[..., Watched], size: dict[str, int], lang: str) -> None:
    page = opened(sample.out / "report.html", size=size, hash_=f"#{lang}").page
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    whole, body, inner = page.evaluate(WIDEST)
    assert max(whole, body) <= inner
    # no column of words is squeezed until it is read from top to bottom
    narrow = page.evaluate(
        "[...document.querySelectorAll('td.text')].filter(e => e.checkVisibility() && e.innerText.length > 20 && e.clientWidth < 100).length"
    )
    assert narrow == 0
    lettering = page.evaluate(
        "Math.min(...[...document.querySelectorAll('.chart svg text')].filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height))"
    )
    assert lettering > 7


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_table_is_cut_on_a_desk(sample: Ran, opened: Callable[..., Watched], lang: str) -> None:
    page = opened(sample.out / "report.html", hash_=f"#{lang}").page
    page.evaluate("document.querySelectorAll('details:not(.screen)').forEach(d => { d.open = true; })")
    cut = "[...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.innerText.slice(0, 40))"
    assert page.evaluate(cut) == []
    # the limits' headings stand in one line each
    assert page.evaluate("Math.max(...[...document.querySelectorAll('#limits + .scroll th')].map(e => e.clientHeight))") < 40


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_says_where_to_swipe_and_reads_reasons_without(sample: Ran, opened: Callable[..., Watched], lang: str) -> None:
    page = opened(sample.out / "report.html", size=PHONE, hash_=f"#{lang}").page
    hints = page.evaluate("[...document.querySelectorAll('.chart')].map(e => getComputedStyle(e, '::before').content)")
    assert len(hints) == 5
    assert all(("滑动" in hint) if lang == "zh" else ("swipe" in hint) for hint in hints)
    wide = "[...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)"
    shades = page.evaluate(f"{wide}.map(e => getComputedStyle(e).backgroundImage.split('linear-gradient').length - 1)")
    assert shades
    assert set(shades) == {4}
    right = page.evaluate("Math.max(...[...document.querySelectorAll('table.cards td')].map(e => e.getBoundingClientRect().right))")
    assert right <= PHONE["width"]
    # no hole among the tiles: each row of them reaches both edges
    tiles = page.evaluate("[...document.querySelectorAll('.tiles > div')].map(e => [e.offsetTop, e.offsetWidth])")
    rows = {top: sum(width for at, width in tiles if at == top) for top, _ in tiles}
    assert max(rows.values()) - min(rows.values()) <= 2


def test_codes_break_at_underscores_only_on_a_phone(sample: Ran, opened: Callable[..., Watched]) -> None:
    """Each piece of a code between its underscores stands on one line."""
    page = opened(sample.out / "report.html", size=PHONE).page
    torn = page.evaluate(
        """() => [...document.querySelectorAll('#rejects ~ .scroll td:first-child > code')].flatMap(code => [...code.childNodes]).filter(node => {
          if (node.nodeType !== 3 || node.data.includes('-')) return false;
          const range = document.createRange(); range.selectNodeContents(node);
          return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1;
        }).map(node => node.data)"""
    )
    assert torn == []
    assert page.locator("#rejects ~ .scroll td:first-child > code wbr").count() > 0


def test_long_words_of_a_tape_do_not_widen_the_page(run_rows: Callable[..., Ran], clean_rows: Rows, opened: Callable[..., Watched]) -> None:
    long = "L" * 200
    rows = [
        row | {"借据号": f"{long}{number}", "产品类型": long} | ({"未偿本金": long} if number == 3 else {}) for number, row in enumerate(clean_rows)
    ]
    run = run_rows(rows, name=f"{'n' * 120}.csv", lang="en")
    watched = opened(run.out / "report.html", size=PHONE)
    assert watched.page.inner_text("h1") == "Disposal plan"  # opens in the language of the run
    whole, body, inner = watched.page.evaluate(WIDEST)
    assert max(whole, body) <= inner
    assert watched.faults == []


def test_hostile_text_runs_nothing(run_rows: Callable[..., Ran], clean_rows: Rows, opened: Callable[..., Watched]) -> None:
    evil = '"><img src=x onerror="document.title=1"><script>document.title=2</script>'
    run = run_rows([row | {"借据号": f"{evil}{number}", "贷款机构": evil, "诉讼状态": evil} for number, row in enumerate(clean_rows)])
    watched = opened(run.out / "report.html")
    watched.page.wait_for_timeout(200)
    assert watched.faults == []
    assert watched.requests == [(run.out / "report.html").as_uri()]
    assert run.summary["as_of"] in watched.page.title()
    assert evil in watched.page.inner_text("main")


def test_it_prints_on_paper_with_everything_open(sample: Ran, opened: Callable[..., Watched], tmp_path: Path) -> None:
    page = opened(sample.out / "report.html").page
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") > 0
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    printed = (tmp_path / "report.pdf").read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 5 <= pages <= 40
    assert b"/MediaBox [0 0 59" in printed  # A4 is 595 points wide
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") == 0
    page.emulate_media(media="print")
    assert not page.is_visible("#language")
    assert not page.is_visible("nav")
    page.set_viewport_size({"width": 703, "height": 1000})  # the breadth between A4's margins
    cut = page.evaluate(
        "[...document.querySelectorAll('table')].filter(t => t.getBoundingClientRect().right > innerWidth + 1).map(t => t.innerText.slice(0, 60))"
    )
    assert cut == []
    broken = page.evaluate("[...document.querySelectorAll('td:first-child code')].filter(e => e.getClientRects().length > 1).map(e => e.innerText)")
    assert broken == []  # no code is broken within a word
    # nor is a short Chinese heading set one character a line
    tall = page.evaluate(
        "[...document.querySelectorAll('th')].filter(e => e.innerText.trim().length < 5 && e.clientHeight > 0).filter("
        "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect().height > 24; }).map(e => e.innerText)"
    )
    assert tall == []
