"""What the report says in words: why routes are unused, what a limit's price means, whose currency, what the lender has not stated."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from made_runs import AS_OF, Ran, Rows, ran

from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Lang
from panhuo.pipeline.policy import load_policy
from panhuo.pipeline.report import wording
from panhuo.pipeline.report.charts import scale_of
from panhuo.pipeline.reporting import assumptions, written_out

HAN = re.compile(r"[\u4e00-\u9fff]")
TAG = re.compile(r"<[^>]+>")


def section(run: Ran, start: str, stop: str) -> str:
    body = run.report
    a = body.index(start)
    return body[a : body.index(stop, a)]


def said(html: str, lang: str) -> str:
    """The text of one language: the other's spans taken out, innermost first."""
    other = "en" if lang == "zh" else "zh"
    html = re.sub(
        rf'<span lang="{other}"[^>]*>(?:(?!<span lang=|</span>).|<span title="[^"]*">|<span translate="no">[^<]*</span>)*?</span>', "", html
    )
    return TAG.sub("", html)


def why_rows(run: Ran) -> list[list[str]]:
    table = section(run, "<table data-why>", "</table>")
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)[1:]
    return [[TAG.sub("", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows]


def test_every_route_is_accounted_for_from_the_files(sample: Ran) -> None:
    """The table of reasons, recounted from forecasts and decisions with plain comparisons."""
    rows = why_rows(sample)
    assert len(rows) == len(ROUTE_NAMES)
    accounts = sample.table("accounts").select("account_id", "overdue_days", "balance_fen", "written_off", "five_class")
    decisions = sample.table("decisions").select("account_id", pl.col("route").alias("given"), pl.col("net_value_fen").alias("given_fen"))
    bad = pl.col("five_class").cast(pl.String).is_in(["substandard", "doubtful", "loss"]).fill_null(value=False)
    worked = accounts.filter((pl.col("balance_fen") > 0) & ((pl.col("overdue_days") > 0) | pl.col("written_off") | bad)).select("account_id")
    both = sample.table("forecasts").join(decisions, on="account_id").join(worked, on="account_id")
    for name, cells in zip(ROUTE_NAMES, rows, strict=True):
        barred, _, loss, outdone, held, chosen = (cell.replace(",", "") for cell in cells[1:])
        mine = both.filter(pl.col("route") == name)
        open_ = mine.filter("eligible")
        taken = open_.filter(pl.col("given").cast(pl.String).fill_null("") == name)
        others = open_.filter(pl.col("given").cast(pl.String).fill_null("") != name)
        assert int(barred) == mine.height - open_.height
        assert int(chosen) == taken.height == sample.summary["routes"][name]["accounts"]
        assert int(loss) == others.filter(pl.col("net_value_fen") <= 0).height
        above = others.filter((pl.col("net_value_fen") > 0) & (pl.col("net_value_fen") > pl.col("given_fen"))).height
        assert abs(int(held) - above) <= 2  # whole fen in the files
        assert int(barred) + int(loss) + int(outdone) + int(held) + int(chosen) == worked.height


def test_the_reason_named_is_the_commonest(sample: Ran) -> None:
    accounts = sample.table("accounts").filter((pl.col("balance_fen") > 0) & (pl.col("overdue_days") > 0))
    barred = (
        sample.table("forecasts").filter((pl.col("route") == "arbitration") & (pl.col("barred_by") != "")).join(accounts, on="account_id", how="semi")
    )
    rules = barred["barred_by"].cast(pl.String).str.split(",").explode().value_counts(sort=True)
    row = why_rows(sample)[ROUTE_NAMES.index("arbitration")]
    shown = int(re.search(r"\(([\d,]+)\)$", row[2])[1].replace(",", ""))  # type: ignore[index]
    assert rules["barred_by"][0] == "ARB-CLAUSE"
    assert abs(shown - rules["count"][0]) <= 5  # not overdue yet non-performing: worked too
    assert "仲裁条款" in row[2]


def test_an_unused_route_has_its_sentence(sample: Ran) -> None:
    unused = [name for name in ROUTE_NAMES if not sample.summary["routes"][name]["accounts"]]
    text = section(sample, 'id="plan"', 'id="limits"')
    assert unused
    for name in unused:
        zh, en = wording.ROUTE_WORDS[name]
        assert f"未用{zh}：" in said(text, "zh")
        assert f"No {en}: " in said(text, "en")


def test_a_price_is_said_to_hold_at_the_margin(sample: Ran) -> None:
    head, limits = section(sample, "<main>", 'id="portfolio"'), section(sample, 'id="limits"', 'id="rules"')
    binding = [limit for limit in sample.summary["limits"].values() if limit["price_fen"] > 0]
    assert ("小幅放宽" in head) == ("at the margin" in head) == bool(binding)
    assert "边际价值" in limits
    assert "Marginal value" in limits


def test_the_limit_most_worth_easing_is_worth_most_in_money(sample: Ran) -> None:
    """Limits counted in cases and in yuan compare by what each as a whole is worth: price by the unit of the figures, times the ceiling."""
    limits = sample.summary["limits"]
    assert limits["floor_minutes"]["unit"] == "minute"
    assert f"{limits['floor_minutes']['at_most'] / 60:,.0f} 小时" in re.sub(
        r"(\d)\.\d+ ", r"\1 ", re.sub("<[^>]+>", "", section(sample, 'id="limits"', 'id="rules"'))
    )
    worth = {name: limit["price_fen"] * limit["at_most"] for name, limit in limits.items()}
    assert {limit["unit"] == "fen" for limit in limits.values() if limit["price_fen"] > 0} == {True, False}
    head = section(sample, "<main>", 'id="portfolio"')
    named = re.search(r"最值得放宽的约束是“([^”]+)”", said(head, "zh"))
    assert named is not None
    assert named[1] == load_policy().strategy.limits[max(worth, key=worth.__getitem__)].title.zh


def test_a_fault_of_many_rows_is_not_told_by_one_rows_figures(sample: Ran) -> None:
    text = section(sample, 'id="data"', 'id="method"')
    assert "CLS-DPD-360" in text
    assert not re.search(r"逾期 \d+ 天应不低于", text)
    assert re.search(r"CLS-DPD-360.*?五级分类</span>", text, re.DOTALL)  # under the tape's heading


def test_a_whole_file_without_classes_says_so(run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    run = run_rows([{name: value for name, value in row.items() if name != "五级分类"} for row in clean_rows])
    text = section(run, 'id="data"', 'id="method"')
    assert "CLS-DERIVED" in text
    assert "整个文件" in text
    assert "第None行" not in run.report
    assert "row None" not in run.report


def test_a_foreign_tape_is_told_that_yuan_were_taken_at_face_value(sample: Ran, run_rows: Callable[..., Ran], clean_rows: Rows) -> None:
    run = run_rows([row | {"币种": "USD"} for row in clean_rows])
    assert run.summary["currency"] == "USD"
    assert run.report.count("按面值使用") == 1  # said, and once
    assert run.report.count("at face value") == 1
    assert "at face value" not in sample.report


@pytest.mark.parametrize(
    ("fen", "lang", "currency", "unit"),
    [
        (1e10, "zh", "CNY", (1e10, "亿元")),
        (9.99e9, "zh", "USD", (1e6, "万 USD")),
        (5e5, "zh", "CNY", (100.0, "元")),
        (5e5, "zh", "USD", (100.0, "USD")),
        (2e11, "en", "CNY", (1e11, "CNY bn")),
        (2e8, "en", "HKD", (1e8, "HKD m")),
        (0.0, "en", "HKD", (100.0, "HKD")),
    ],
)
def test_charts_name_their_unit_in_the_tapes_currency(fen: float, lang: Lang, currency: str, unit: tuple[float, str]) -> None:
    assert scale_of(fen, lang, currency) == unit


def test_limits_nobody_set_are_named_at_the_top_until_somebody_does(clean_rows: Rows, run_rows: Callable[..., Ran], tmp_path: Path) -> None:
    plain = run_rows(clean_rows)
    names = {**load_policy().strategy.limits}
    top = section(plain, '<ul class="key">', 'id="portfolio"')
    assert f"等 {len(names)} 项上限取自默认政策" in TAG.sub("", top)
    policy = tmp_path / "own.yaml"
    policy.write_text("extends: default\nstrategy: {limits: {upfront_budget: {at_most: {share_of_balance: 0.0123}}}}\n", encoding="utf-8")
    own = ran([tmp_path / "tape.csv"], tmp_path / "own", as_of=AS_OF, policy=policy)
    assert f"等 {len(names) - 1} 项上限取自默认政策" in TAG.sub("", section(own, '<ul class="key">', 'id="portfolio"'))


def test_a_report_of_nothing_has_no_empty_headings_and_no_empty_limits(clean_rows: Rows, run_rows: Callable[..., Ran]) -> None:
    run = run_rows([row | {"借据号": "", "合同号": ""} for row in clean_rows])
    assert run.summary["rows_accepted"] == 0
    assert "各账龄的去向" not in run.report
    limits = section(run, 'id="limits"', 'id="rules"')
    assert "<table" not in limits
    assert "没有账户占用任何约束" in limits
    assert "取自默认政策" not in run.report


@pytest.mark.parametrize(
    ("value", "text"), [(5e6, "5,000,000"), (0.0045, "0.0045"), (36, "36"), (1234567.5, "1,234,567.5"), (1e-5, "0.00001"), (0.0, "0"), (-2e6, "-2,000,000")]
)  # fmt: skip
def test_figures_are_written_out(value: float, text: str) -> None:
    assert written_out(value) == text


def test_no_assumption_is_in_powers_of_ten() -> None:
    shown = [figure.value for figure in assumptions(load_policy())]
    assert not [text for text in shown if re.search(r"\de[+-]\d", text)]
    assert any("000,000" in text for text in shown)


def test_what_the_lender_has_not_stated_is_asked_for_and_counts_once_stated(clean_rows: Rows, run_rows: Callable[..., Ran], tmp_path: Path) -> None:
    rows = [row | {"逾期天数": "", "五级分类": "损失"} for row in clean_rows]
    plain = run_rows(rows)
    assert "lender.kind" in section(plain, 'id="rules"', 'id="rejects"')
    policy = tmp_path / "bank.yaml"
    policy.write_text("extends: default\nlender: {kind: small_loan, province: 浙江}\n", encoding="utf-8")
    stated = ran([tmp_path / "tape.csv"], tmp_path / "again", as_of=AS_OF, policy=policy)
    rules = section(stated, 'id="rules"', 'id="rejects"')
    assert "lender.kind" not in rules
    assert "NPL-SELLERS" in rules

    def barred(run: Ran) -> np.ndarray:
        sale = run.table("forecasts").filter(pl.col("route") == "batch_transfer")
        return sale["barred_by"].cast(pl.String).str.contains(r"NPL-SELLERS|HOUSE-NO").to_numpy()

    assert barred(stated).all()
    assert not barred(plain).all()


def test_no_source_of_the_shipped_policy_is_half_translated() -> None:
    for figure in assumptions(load_policy()):
        shown = str(wording.source(figure.source))
        english = re.search(r'<span lang="en">(.*?)</span>', shown)
        assert english, figure.source
        assert not HAN.search(english[1]), figure.source
    assert str(wording.source("本行核算")) == '<span translate="no">本行核算</span>'


@pytest.mark.parametrize(("key", "shown"), [("casework.minutes_per_month.firm", "100,000: 40"), ("enforcement.by_age", "1,080: 0.75")])
def test_a_line_is_shown_with_the_number_it_hangs_on(key: str, shown: str) -> None:
    found = [figure for figure in assumptions(load_policy()) if figure.key.endswith(key)]
    assert any(shown in figure.value for figure in found), [figure.value for figure in found]
