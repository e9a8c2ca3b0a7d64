"""The main job in ten steps, walked in a real browser on the demonstration's data by those whose work it is; each step must show what the engines themselves
come to. The README's pictures are taken on the way (``make tour``): ``PANHUO_TOUR`` names their folder and asks for the whole demonstration,
``PANHUO_TOUR_LANG=en`` walks in English.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from reading import fen
from touring import LANG, Tour
from visiting import until

from panhuo.apps.identity.scope import scope_of
from panhuo.apps.intake.models import Match, Tape
from panhuo.apps.strategy.comparing import compare
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.selecting import account_explained
from panhuo.cli.demonstration import AS_OF
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.money import format_yuan
from panhuo.pipeline import run_tape

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAN = 1_000_000
"""Fen in 万元, the unit of the messy tape."""


@pytest.fixture
def tour(browser: Any, demo: Any, tmp_path: Path, django_db_blocker: Any) -> Iterator[Tour]:
    folder = Path(os.environ["PANHUO_TOUR"]) if "PANHUO_TOUR" in os.environ else tmp_path / "tour"
    folder.mkdir(parents=True, exist_ok=True)
    with django_db_blocker.unblock():
        one = Tour(browser, demo, folder)
        yield one
        for visitor in one.visitors.values():
            visitor.close()


def say(zh: str, en: str) -> str:
    return zh if LANG == "zh" else en


def money(page: Any, selector: str) -> int:
    """The fen behind an amount: exactly what stands when it is pointed at."""
    found = page.locator(f"{selector} .money").first
    return fen((found.get_attribute("title") or found.inner_text()).split(" ")[0])


def count(page: Any, selector: str) -> int:
    return int(page.locator(selector).first.inner_text().replace(",", ""))


def cells(page: Any, row: str) -> list[str]:
    return [text.strip() for text in page.locator(f"{row} >> td").all_inner_texts()]


def test_the_main_job_in_ten_steps(tour: Tour, tmp_path: Path) -> None:
    workbook = tour.demo.workbook(tmp_path)
    page = _dropped(tour, workbook)
    tape = Tape.objects.latest("pk")
    layout = _described(tour, page)
    alone = tmp_path / "layout.yaml"
    alone.write_text(layout, encoding="utf-8")
    engines = run_tape([workbook], tmp_path / "out", layout=str(alone), as_of=AS_OF)
    _imported(tour, page, tape, engines.summary)
    mended, product = _mended(tour, page, tape, engines.summary)
    _matched(tour, page, mended)
    plan = _planned(tour, page)
    _walked_down(tour, page, mended, pl.read_parquet(engines.out / "accounts.parquet").filter(pl.col("product") != product))
    _explained(tour, page, plan)
    draft = _what_if(tour, page, plan)
    _approved(tour, page, draft)
    assert tour.taken == sorted(tour.taken)
    assert len(tour.taken) == 10
    assert [visitor.faults for visitor in tour.visitors.values()] == [[]] * len(tour.visitors)


def _dropped(tour: Tour, workbook: Path) -> Any:
    """1. The operations manager signs in and drops the messy tape."""
    page = tour.come("manager", "/tapes")
    assert "待导入的分行清单" in page.inner_text("#main")
    tour.visitors["manager"].go("/tapes/new")
    page.set_input_files("#files", workbook)
    page.fill("#series", "城东分行不良贷款")
    assert workbook.name in page.inner_text("[data-chosen]")
    tour.picture(page, "01-drop")
    page.click("form[data-upload] button[type=submit]")
    page.wait_for_selector("#preview")
    return page


def _described(tour: Tour, page: Any) -> str:
    """2. The suggested layout, mended with the first rows as they will read."""
    assert AS_OF.isoformat() in page.inner_text("#preview .toolbar")  # told by the title above the header
    heading = "年收入"
    row = f"#mapping tr:has(th:text-is('{heading}'))"
    assert page.locator(f"{row} select >> nth=1").input_value() == "wan"
    income = page.locator(f"#preview thead th:has(small:text-is('{heading}'))")
    assert income.count() == 1
    with page.expect_response("**/preview"):
        page.locator(f"{row} select >> nth=0").select_option("")
    income.wait_for(state="detached")
    with page.expect_response("**/preview"):
        page.locator(f"{row} select >> nth=0").select_option("annual_income_fen")
    income.wait_for(state="attached")
    with page.expect_response("**/preview"):
        page.locator(f"{row} select >> nth=1").select_option("wan")
    tour.picture(page, "02-layout")
    return str(page.input_value("textarea[name=layout]"))


def _imported(tour: Tour, page: Any, tape: Tape, engines: dict[str, Any]) -> None:
    """3. The import under way. 4. What came in and what became of it: the engines' own figures, to the fen."""
    page.click("button[form=describe]")
    page.wait_for_selector(".steps")
    with tour.worked("tape.import", until=0.5):
        until(page, "document.querySelector('.progress progress')?.value >= 0.5")
        tour.picture(page, "03-import")
    page.wait_for_selector(".reconciliation")
    rows, balance = cells(page, ".reconciliation tbody tr >> nth=0"), cells(page, ".reconciliation tbody tr >> nth=1")
    names = ("in", "accepted", "rejected")
    assert [int(text.replace(",", "")) for text in rows[:3]] == [engines[f"rows_{name}"] for name in names]
    assert balance[:3] == [format_yuan(engines[f"balance_{name}_fen"]) for name in names]
    assert (rows[3], balance[3]) == (say("一致", "holds"), say("一致到分", "holds to the fen"))
    assert money(page, ".tiles div >> nth=0 >> .note") == engines["balance_accepted_fen"]
    tour.picture(page, "04-reconciliation")
    tour.visitors["manager"].go(f"/tapes/{tape.pk}/quality")
    assert f"{engines['quality_score']:.1f}" in page.inner_text("#main").replace("\n", " ")


def _mended(tour: Tour, page: Any, tape: Tape, engines: dict[str, Any]) -> tuple[Tape, str]:
    """5. A rejected row put right on the screen and taken in with the rest, as the next version. Also its product."""
    tape.refresh_from_db()
    held = {fault["code"] for fault in tape.figures["rejects"]}
    code = next(one for one in ("PRINCIPAL_MISSING", "NEGATIVE_PRINCIPAL", "AMOUNT_UNREADABLE") if one in held)
    tour.visitors["manager"].go(f"/tapes/{tape.pk}/rejects?code={code}")
    page.locator("#rejects tbody a[data-row]").first.click()
    page.wait_for_selector(".field.faulty")
    at = {
        heading: f"#c{n}"
        for n, heading in page.eval_on_selector_all("input[type=hidden][name^=h]", "all => all.map(one => [one.name.slice(1), one.value])")
    }
    others = [page.input_value(at[name]) for name in ("欠息", "罚息及复利", "代垫费用")]
    principal = float(page.input_value(at["债权总额"])) - sum(float(text or 0) for text in others)
    page.fill(at["本金余额"], f"{principal:.6f}")
    product = page.input_value(at["产品类型"])
    tour.picture(page, "05-rejects")
    page.click("form.stack button.first")
    page.wait_for_selector("#rejects")
    page.locator("form[action$='/rejects/again'] button").first.click()
    page.click("#ask-yes")
    page.wait_for_selector(".steps")
    with tour.worked("tape.import"):
        page.wait_for_selector(".reconciliation")
    mended = Tape.objects.latest("pk")
    assert (mended.series, mended.version, mended.current) == (tape.series, 2, True)
    assert mended.rows == engines["rows_accepted"] + 1
    assert mended.balance_fen - engines["balance_accepted_fen"] == round((principal + sum(float(text or 0) for text in others)) * WAN)
    return mended, next(code.code for code in ACCOUNT["product"].codes if code.zh == product)


def _matched(tour: Tour, page: Any, tape: Tape) -> None:
    """6. A pair whose evidence did not suffice, joined by hand; it can be taken back."""
    of = Tape.objects.filter(state=Tape.IMPORTED, pk__in=Match.objects.values("tape")).order_by("pk").first()
    assert of is not None
    waiting = Match.objects.filter(tape=of, decision="").count()
    tour.visitors["manager"].go(f"/tapes/{of.pk}/matches")
    assert count(page, "[data-pairs] .count b") == waiting
    tour.picture(page, "06-matches")
    pair = page.locator("[data-pair]").first
    pair.locator("[data-key=s]").click()
    pair.locator("[data-key=u]").wait_for()
    decided = Match.objects.get(tape=of, decision="same")
    assert (decided.decided_by.username, Match.objects.filter(tape=of, decision="").count()) == ("manager", waiting - 1)


def _made(tour: Tour, page: Any, button: str) -> Plan:
    """The plan that the button asks for, made and on the screen."""
    page.click(button)
    page.wait_for_selector("#plan-progress")
    with tour.worked("plan.make"):
        page.wait_for_selector("#limits")
    return Plan.objects.latest("pk")


def _planned(tour: Tour, page: Any) -> Plan:
    """A plan over both tapes."""
    tour.visitors["manager"].go("/plans/new")
    page.fill("#name", say("2026 年四季度处置方案（含城东分行）", "Plan of the fourth quarter with the new branch"))
    plan = _made(tour, page, "main form button.first")
    assert len(plan.tapes) == 2
    assert plan.figures["accounts"] == sum(Tape.objects.filter(pk__in=plan.tapes).values_list("rows", flat=True))
    return plan


def _walked_down(tour: Tour, page: Any, tape: Tape, accounts: pl.DataFrame) -> None:
    """7. From the heat map to the accounts behind a number. ``accounts``: as the engines alone cleaned the tape, without the product of the row put right."""
    with page.expect_navigation():  # a draft is not in force: its figures are asked for on its own page
        page.click("main a[href^='/portfolio?plan=']")
    both = Tape.objects.filter(current=True)
    assert count(page, "#totals [data-figure=accounts]") == sum(one.rows for one in both)
    assert money(page, "#totals [data-figure=balance_fen]") == sum(one.balance_fen for one in both)
    tour.picture(page, "07-portfolio")
    page.select_option("select[name=tape]", str(tape.pk))
    page.wait_for_url("**tape=*")
    cell = accounts.group_by("product", "bucket").agg(pl.len().alias("accounts"), pl.col("balance_fen").sum()).sort("balance_fen", descending=True)
    product, bucket, behind, balance = cell.row(0)
    link = page.locator(f"#heat td a[href*='product={product}'][href*='bucket={bucket.replace('+', '%2B')}']")
    with page.expect_navigation():
        link.click()
    assert count(page, ".sheet .count b") == behind
    assert fen(page.inner_text("tfoot [data-col=balance_fen]")) == balance


def _explained(tour: Tour, page: Any, plan: Plan) -> None:
    """8. One account of them: its balances, every route with its numbers, why this one, what would change it."""
    with page.expect_navigation():
        page.locator("tbody a[data-row]").first.click()
    tape_id, position = (int(part) for part in page.url.partition("?")[0].split("/")[-2:])
    scope = scope_of(tour.demo.user("manager"))
    found = account_explained(scope, plan, tape_id=tape_id, position=position)
    assert found is not None
    assert found.agrees
    said = page.inner_text("#main")
    assert found.reason.to(LANG) in said
    assert say("已按保存的数据重算，与方案一致", "Recomputed from what is stored: the same") in said
    assert page.locator("table.options tbody tr").count() == 12
    tour.picture(page, "08-account")


def _what_if(tour: Tour, page: Any, plan: Plan) -> Plan:
    """9. One limit eased by a half: what it brings beside the plan, and who moves. It cannot bring more than the limit's price says."""
    limit = next(one for one in plan.figures["limits"] if one["name"] == "court_filings")
    assert limit["price_fen"] > 0
    tour.visitors["manager"].go(f"/plans/{plan.pk}")
    eased = round(limit["at_most"] / limit["unit_size"] * 1.5)
    page.fill(f"[name=limit-{limit['name']}]", str(eased))
    page.fill("#limits [name=name]", say("放宽一项限额", "One limit eased"))
    draft = _made(tour, page, "#limits button.first")
    assert (draft.basis_id, list(draft.limits)) == (plan.pk, [limit["name"]])  # and no other limit
    tour.visitors["manager"].go(f"/plans/{draft.pk}?with={plan.pk}")
    compared = compare(scope_of(tour.demo.user("manager")), draft, plan)
    assert money(page, ".tiles div >> nth=0 >> .value") == draft.figures["objective_fen"]
    assert count(page, ".tiles div >> nth=4 >> .value") == compared.moving > 0
    gain = draft.figures["objective_fen"] - plan.figures["objective_fen"]
    assert (
        0
        < gain
        <= limit["price_fen"] * (eased * limit["unit_size"] - limit["at_most"]) + plan.figures["upper_bound_fen"] - plan.figures["objective_fen"] + 1
    )
    tour.picture(page, "09-what-if", "#moves")
    return draft


def _approved(tour: Tour, page: Any, plan: Plan) -> None:
    """10. Submitted by its maker, reviewed by compliance, approved by a second person: then it is in force, and the last one no more."""
    address = f"/plans/{plan.pk}"
    before = Plan.objects.get(state=Plan.APPROVED)
    page.click("[data-open=submit]")
    page.fill("#submit-note", say("放宽限额，法院已确认", "Eased; the court agreed"))
    page.click("#submit button.first")
    page.wait_for_selector("[data-open=submit]", state="detached")
    assert page.locator("[data-open=review], [data-open=approve]").count() == 0  # not one's own
    for name, what in (("compliance", "review"), ("manager2", "approve")):
        other = tour.come(name, address)
        other.click(f"[data-open={what}]")
        other.fill(f"#{what}-note", say("未发现违规", "Nothing against the rules") if what == "review" else say("同意", "Agreed"))
        if what == "approve":
            tour.picture(other, "10-approval")
        other.click(f"#{what} [value=approve]")
        other.wait_for_selector(f"[data-open={what}]", state="detached")
    plan.refresh_from_db()
    before.refresh_from_db()
    assert (plan.state, before.state) == (Plan.APPROVED, "replaced")
    tour.visitors["manager"].go(address)
    assert say("执行中", "in force") in page.inner_text("h1")
