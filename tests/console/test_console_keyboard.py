"""What is done a hundred times a day is done by keys; and a table keeps what its reader chose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from panhuo.apps.console.menu import DESKS

pytestmark = pytest.mark.browser

FOCUS = "document.activeElement.textContent.trim()"
FIRST = "#design-accounts tbody tr >> nth=0"


@pytest.fixture
def visitor(visit: Callable[..., Any]) -> Any:
    one = visit("en", "light", "desk", "/design")
    one.page.wait_for_selector("[data-drawn]")
    return one


@pytest.fixture
def page(visitor: Any) -> Any:
    return visitor.page


def accounts(page: Any) -> list[str]:
    ids: list[str] = page.eval_on_selector_all("#design-accounts tbody th", "cells => cells.map(cell => cell.innerText)")
    return ids


def test_the_palette_finds_desks_in_both_languages_and_goes_there(page: Any) -> None:
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "palette-query"
    page.keyboard.type("资产组合")
    assert page.locator("#palette-list [role=option]:visible").all_inner_texts() == ["Portfolio\ng p"]
    page.fill("#palette-query", "portf")
    assert page.get_attribute("#palette-query", "aria-activedescendant") == "go-p"
    with page.expect_request("**/portfolio"):
        page.keyboard.press("Enter")


def test_the_palette_says_when_it_finds_nothing_and_closes(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("zzzz")
    assert page.is_visible("#palette-nothing")
    page.keyboard.press("Escape")
    assert not page.is_visible("#palette")
    page.keyboard.press("Control+k")
    assert page.input_value("#palette-query") == ""


def test_the_palette_offers_what_the_page_can_do(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("try a notice")
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice[data-tone=good]")
    assert "keeps nothing" in page.inner_text("#notices")


def test_the_palette_moves_with_the_arrows_around_its_ends(page: Any) -> None:
    page.keyboard.press("Control+k")
    ids = page.eval_on_selector_all("#palette-list [role=option]", "all => all.map(one => one.id)")
    page.keyboard.press("ArrowUp")
    assert page.get_attribute("#palette-query", "aria-activedescendant") == ids[-1]
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#palette-query", "aria-activedescendant") == ids[0]


def test_help_lists_every_desk_of_the_menu(page: Any) -> None:
    page.keyboard.press("?")
    said = page.inner_text("#keys")
    shown = page.locator(".nav li .name").all_inner_texts()
    assert len(shown) >= 8
    assert all(name in said for name in shown)
    page.keyboard.press("Escape")
    assert not page.is_visible("#keys")


def test_g_and_a_letter_go_to_a_desk(page: Any) -> None:
    for desk in DESKS:
        if not page.locator(f".nav [data-key={desk.key}]").count():
            continue
        page.keyboard.press("g")
        page.keyboard.press(desk.key)
        page.wait_for_url(f"**{desk.path}*")


def test_no_two_desks_share_a_key() -> None:
    assert len({desk.key for desk in DESKS}) == len(DESKS)


def test_keys_are_letters_while_one_writes(page: Any) -> None:
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("gt?jk[n")
    assert page.input_value("input[type=search]") == "gt?jk[n"
    assert not page.is_visible("#keys")
    assert page.url.endswith("/design")


def test_rows_are_walked_and_opened_by_keys(page: Any) -> None:
    ids = accounts(page)
    page.keyboard.press("j")
    assert page.evaluate(FOCUS) == ids[0]
    for _ in range(25):
        page.keyboard.press("j")
    assert page.evaluate(FOCUS) == ids[25]
    top, bottom, row_top, row_bottom = page.evaluate(
        """() => { const t = document.querySelector("#design-accounts table"), r = document.activeElement.closest("tr").getBoundingClientRect();
        return [t.tHead.rows[0].cells[0].getBoundingClientRect().bottom, t.tFoot.rows[0].cells[0].getBoundingClientRect().top, r.top, r.bottom]; }"""
    )
    assert top - 1 <= row_top  # neither behind the head that sticks
    assert row_bottom <= bottom + 1  # nor behind the sums
    page.keyboard.press("k")
    assert page.evaluate(FOCUS) == ids[24]
    page.keyboard.press("Enter")
    page.wait_for_selector("#drawer .facts")
    assert page.inner_text("#drawer-title") == ids[24]


def test_the_drawer_holds_the_focus_and_gives_it_back(page: Any) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#drawer .facts")
    stops = page.locator("#drawer :is(a, button)").count()
    at = "[...document.querySelectorAll('#drawer :is(a, button)')].indexOf(document.activeElement)"
    first = page.evaluate(at)
    for key, by in (("Tab", 1), ("Shift+Tab", -1)):
        for step in range(1, stops + 2):  # once around, and on
            page.keyboard.press(key)
            assert page.evaluate(at) == (first + by * step) % stops
        first = page.evaluate(at)
    page.keyboard.press("j")  # speaks to no table while the drawer is open
    assert page.evaluate("document.activeElement.closest('dialog')?.id") == "drawer"
    page.keyboard.press("Escape")
    assert not page.is_visible("#drawer")
    assert page.evaluate("document.activeElement.matches('#design-accounts a[data-row]')")


def test_a_press_beside_the_drawer_closes_it(page: Any) -> None:
    page.locator(FIRST).locator("td >> nth=1").click()  # anywhere in the row
    page.wait_for_selector("#drawer .facts")
    page.mouse.click(100, 400)
    assert not page.is_visible("#drawer")


def test_a_question_is_answered_no_by_escape_and_yes_by_choice(page: Any) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.click("[data-confirm]")
    assert page.evaluate(FOCUS) == "Cancel"
    page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    assert "POST" not in sent
    page.click("[data-confirm]")
    page.click("#ask-yes")
    page.wait_for_selector(".notice")
    assert sent.count("POST") == 1


def test_sorting_paging_and_filters_are_in_the_address(page: Any) -> None:
    marked = "document.getElementById('main').dataset.same"
    page.evaluate(f"{marked} = 1")
    page.click("#design-accounts-by-share")
    page.wait_for_url("**/design?sort=-share")
    page.wait_for_selector("th[data-col=share][aria-sort=descending]")
    shares = [float(text.rstrip("%")) for text in page.locator("#design-accounts tbody [data-col=share]").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    first = accounts(page)
    page.keyboard.press("n")
    page.wait_for_url("**after=40*")
    page.wait_for_selector("#design-accounts-newer")
    second = accounts(page)
    assert not set(first) & set(second)
    assert page.evaluate(marked) == "1"  # the table alone was brought anew
    page.keyboard.press("p")
    page.wait_for_url("**before=40*")
    page.wait_for_selector("#design-accounts-newer", state="detached")
    assert accounts(page) == first
    page.go_back()
    page.wait_for_selector("#design-accounts-newer")
    assert accounts(page) == second
    page.select_option("select[name=product]", "mortgage")
    page.wait_for_url("**product=mortgage*")
    assert "q=" not in page.url
    page.click(".chip a")
    page.wait_for_selector(".chip", state="detached")
    assert "product" not in page.url


def test_nothing_of_a_row_stays_in_the_browser(page: Any) -> None:
    ids = accounts(page)
    page.click("#design-accounts-by-share")
    page.wait_for_selector("th[data-col=share][aria-sort]")
    page.keyboard.press("n")
    page.wait_for_selector("#design-accounts-newer")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not [one for one in ids if one in kept]


def test_sums_are_of_all_rows_and_stay_in_sight(page: Any) -> None:
    assert page.inner_text("#design-accounts tfoot th") == "All rows"
    whole = page.inner_text("#design-accounts tfoot [data-col=balance_fen]")
    page.keyboard.press("n")
    page.wait_for_selector("#design-accounts-newer")
    assert page.inner_text("#design-accounts tfoot [data-col=balance_fen]") == whole
    foot, pane = page.evaluate(
        "['#design-accounts tfoot th', '#design-accounts .scroll'].map(s => document.querySelector(s).getBoundingClientRect().bottom)"
    )
    assert abs(foot - pane) < 20


def test_columns_and_density_are_remembered(visitor: Any) -> None:
    page = visitor.page
    assert not page.is_visible("#design-accounts thead [data-col=principal_fen]")  # hidden until asked for
    page.click("#design-accounts summary:has-text('Columns')")
    page.click("#design-accounts label:has-text('Region')")
    page.click("#design-accounts label:has-text('Principal')")
    page.keyboard.press("Escape")
    page.click("#design-accounts [data-density-toggle]")
    page.wait_for_selector(":root[data-density=compact]")
    height = page.evaluate("document.querySelector('#design-accounts tbody tr').offsetHeight")
    for again, sign in ((lambda: page.reload(), "[data-drawn]"), (lambda: page.click("#design-accounts-by-id"), "th[data-col=id][aria-sort]")):
        again()
        page.wait_for_selector(sign)
        assert not page.is_visible("#design-accounts tbody [data-col=city] >> nth=0")
        assert page.is_visible("#design-accounts thead [data-col=principal_fen]")
        assert page.evaluate("document.documentElement.dataset.density") == "compact"
        page.wait_for_selector("#design-accounts [data-columns] input[value=city]:not(:checked)", state="attached")
    assert height < 30
    page.click("#design-accounts summary:has-text('Columns')")
    page.click("[data-columns-reset]")
    assert page.is_visible("#design-accounts tbody [data-col=city] >> nth=0")
    assert visitor.faults == []


def test_head_first_column_and_sums_stick(page: Any) -> None:
    page.evaluate("(p => { p.scrollTop = 300; p.scrollLeft = 200; })(document.querySelector('#design-accounts .scroll'))")
    pane, head, first = page.evaluate(
        """['#design-accounts .scroll', '#design-accounts thead th', '#design-accounts tbody tr:nth-child(15) th']
        .map(s => document.querySelector(s).getBoundingClientRect()).map(b => [b.left, b.top])"""
    )
    assert abs(head[1] - pane[1]) <= 2
    assert abs(first[0] - pane[0]) <= 2


def test_on_a_phone_the_menu_opens_over_the_page(visit: Callable[..., Any]) -> None:
    page = visit("zh", "light", "phone", "/design").page
    assert not page.is_visible(".nav a >> nth=0")
    page.click(".menu-button")
    page.wait_for_selector(".nav a >> nth=0", state="visible")
    page.keyboard.press("Escape")
    page.wait_for_selector(".nav a >> nth=0", state="hidden")


def test_a_fault_behind_a_part_of_the_page_is_said_in_place(visitor: Any) -> None:
    page = visitor.page
    page.evaluate("htmx.ajax('GET', '/nothing', {target: '#panel-1', swap: 'innerHTML'})")
    page.wait_for_selector("#notices .notice[data-tone=bad]")
    assert "NOT_FOUND" in page.inner_text("#notices")
    assert page.locator("#panel-1 button").count() > 2  # what was there stays
    page.click("[data-dismiss]")
    assert page.locator("#notices .notice").count() == 0


def test_progress_moves_by_itself_until_done(page: Any) -> None:
    page.wait_for_selector("#states .progress .number:has-text('57%')", timeout=15_000)
