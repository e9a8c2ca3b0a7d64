"""Sign-in, the living page and error pages in a real browser: accessible, silent, within the window, in one language."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from panhuo.apps.console.views import design_figures

pytestmark = pytest.mark.browser

HAN = re.compile(r"[\u4e00-\u9fff]")
AXE = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]});
  return found.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.failureSummary).join(" | "));
}"""
TEXTS = """() => {
  const out = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement;
    if (!node.data.trim() || holder.closest("script, style, template, [translate=no], [lang=zh-CN]")) continue;
    if (holder.checkVisibility({visibilityProperty: true})) out.push(node.data.trim());
  }
  for (const holder of document.querySelectorAll("[aria-label], [placeholder], [title]")) {
    if (!holder.closest("[lang=zh-CN]")) out.push(...["aria-label", "placeholder", "title"].map(name => holder.getAttribute(name) ?? ""));
  }
  return out;
}"""
PAGES = {"sign-in": "/sign-in", "code": "", "not found at the door": "/nothing", "design": "/design", "not found": "/nothing"}
INSIDE = {"design", "not found"}


@pytest.fixture(scope="module")
def axe(root: Path) -> str:
    return (root / "frontend/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def opened(visit: Callable[..., Any], page: str, lang: str, theme: str, size: str = "desk") -> Any:
    if page in INSIDE:
        visitor = visit(lang, theme, size, "/design")
        visitor.page.wait_for_selector("[data-drawn]")
        if page == "not found":
            visitor.go("/nothing")
    else:
        visitor = visit(lang, theme, size)
        if page == "code":
            visitor.sign_in("console-totp")
            visitor.page.wait_for_selector("#code")
        else:
            visitor.go(PAGES[page])
    return visitor


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_it_is_accessible_and_silent(visit: Callable[..., Any], axe: str, page: str, lang: str, theme: str) -> None:
    visitor = opened(visit, page, lang, theme)
    assert visitor.page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[lang]
    visitor.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = d.matches('.chart details'); })")
    visitor.page.evaluate(axe)
    assert visitor.page.evaluate(AXE) == []
    assert visitor.faults == []


@pytest.mark.parametrize("what", ["palette", "keys", "drawer", "ask"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_lies_above_the_page_is_accessible(visit: Callable[..., Any], axe: str, what: str, theme: str) -> None:
    visitor = opened(visit, "design", "zh", theme)
    page = visitor.page
    if what == "drawer":
        page.click("#design-accounts tbody a[data-row]")
        page.wait_for_selector("#drawer .facts")
    elif what == "ask":
        page.click("[data-confirm]")
    else:
        page.click(f"[data-open={what}] >> nth=0")
    assert page.evaluate(f"document.getElementById('{what}').open")
    page.evaluate(axe)
    assert page.evaluate(AXE) == []
    assert visitor.faults == []


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_it_never_scrolls_sideways(visit: Callable[..., Any], page: str, lang: str, size: str) -> None:
    visitor = opened(visit, page, lang, "light", size)
    whole, inner = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert whole <= inner


@pytest.mark.parametrize("page", PAGES)
def test_english_pages_speak_english_alone(visit: Callable[..., Any], page: str) -> None:
    visitor = opened(visit, page, "en", "light")
    own = {row["debtor"] for row in design_figures._ROWS} | {"林知夏", "林", "控制台测试银行", "自催 In-house", "委外 Agency"}
    said = [text for text in visitor.page.evaluate(TEXTS) if HAN.search(text) and text not in own and not text.endswith("林知夏")]
    assert said == []


def test_the_language_and_look_chosen_are_kept(visit: Callable[..., Any], people: dict[str, Any]) -> None:
    visitor = visit("zh", "light", "desk", "/design")
    page = visitor.page
    page.click("summary[aria-label=外观]")
    with page.expect_response("**/theme"):
        page.click("[data-theme-choice][value=dark]")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.click("form[action='/language'] button")
    page.wait_for_selector("html[lang=en]")
    assert page.get_attribute("html", "data-theme") == "dark"
    people["zh"].refresh_from_db()
    assert (people["zh"].language, people["zh"].theme) == ("en", "dark")
    people["zh"].language, people["zh"].theme = "zh", "system"
    people["zh"].save()


def test_charts_are_drawn_with_their_numbers_behind_them(visit: Callable[..., Any]) -> None:
    page = visit("zh", "light", "desk", "/design").page
    for number in range(3):
        page.wait_for_selector(f"[data-drawn] >> nth={number}")
    assert page.locator("figure canvas").count() == 3
    for chart in (design_figures.recovery(), design_figures.ageing(), design_figures.routes()):
        page.click(f"#{chart.id} summary")
        cells = page.eval_on_selector_all(f"#{chart.id} tbody tr", "rows => rows.map(row => [...row.cells].slice(1).map(cell => cell.innerText))")
        expected = [values for one in chart.series for values in (one.values, one.low, one.high) if values]
        shown = [[float(text.replace(",", "").rstrip("%")) for text in row] for row in cells]
        for number, row in enumerate(shown):
            for value, column in zip(row, expected, strict=True):
                by = 0.01 if chart.unit == "share" else 100
                assert value == pytest.approx(column[number] / by, abs=0.051)


def test_the_tip_is_text_and_runs_nothing(visit: Callable[..., Any]) -> None:
    visitor = visit("zh", "light", "desk", "/design")
    page = visitor.page
    page.wait_for_selector("#design-routes[data-drawn]")
    evil = '<img src=x onerror="document.title=1">'
    page.evaluate(
        """async evil => {
          const figure = document.getElementById("design-routes"), block = document.getElementById("design-routes-data");
          const data = JSON.parse(block.textContent);
          data.categories = data.categories.map(() => evil);
          data.series[0].name = evil;
          block.textContent = JSON.stringify(data);
          document.dispatchEvent(new CustomEvent("panhuo:theme"));
        }""",
        evil,
    )
    page.locator("#design-routes .picture").scroll_into_view_if_needed()
    box = page.locator("#design-routes .picture").bounding_box()
    for step in range(300):  # the picture is drawn anew meanwhile, and only a pointer that moves over the new one brings its tip
        page.mouse.move(box["x"] + box["width"] * (0.3 + step % 40 / 100), box["y"] + box["height"] / 2)
        page.wait_for_timeout(100)
        tip = page.query_selector("#design-routes .tip b")
        if tip is not None and tip.is_visible() and evil in tip.inner_text():
            break
    assert page.inner_text("#design-routes .tip b") == evil
    assert page.title() != "1"
    assert visitor.faults == []


def test_on_paper_there_is_only_the_content(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit("zh", "dark", "desk", "/design").page
    page.wait_for_selector("[data-drawn]")
    page.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").stat().st_size > 20_000
    page.emulate_media(media="print")
    for hidden in (".nav", ".bar", ".filters", ".pager", ".views"):
        assert not page.is_visible(hidden)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    whole, shown = page.evaluate("(p => [p.scrollHeight, p.clientHeight])(document.querySelector('#design-accounts .scroll'))")
    assert whole == shown  # every row is there
