"""Tables, charts, forms and notices as they are rendered: exact figures, alignment, addresses, and nothing a tape could smuggle in."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from panhuo.apps.console.cells import cell_of, in_step, short, step_of, written
from panhuo.apps.console.charts import Chart, Heat, Series
from panhuo.apps.console.notices import notice_add, notice_with, notices_take
from panhuo.apps.console.tables import Chip, Column, Empty, State, Table, View, Views
from panhuo.kernel.money import format_yuan
from panhuo.kernel.words import Words

NAME = Words("名称", "Name")
EVIL = "\"><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7|add:1 }}'&"
FEN = st.integers(-(10**17), 10**17)


def rendered(source: str, path: str = "/page", lang: str = "zh", **context: Any) -> str:
    request = RequestFactory().get(path)
    request.session = {}  # type: ignore[attr-defined]
    text: str = engines["django"].from_string(source).render({"lang": lang, **context}, request)
    return text


def table_of(rows: list[dict[str, Any]], *columns: Column, **more: Any) -> Table:
    return Table("t", Words("账户", "Accounts"), columns, rows, **more)


@given(FEN)
def test_exact_money_is_exact(fen: int) -> None:
    assert Decimal(format_yuan(fen).replace(",", "")) * 100 == fen


@given(FEN, st.sampled_from(["zh", "en"]))
def test_short_money_is_the_amount_to_two_places_of_its_unit(fen: int, lang: Any) -> None:
    text = short(fen, lang)
    number, _, unit = text.partition(" ")
    size = {"": 1, "万": 10**4, "亿": 10**8, "k": 10**3, "m": 10**6, "bn": 10**9}[unit]
    assert abs(Decimal(number.replace(",", "")) * size - Decimal(fen) / 100) <= Decimal(size) * Decimal("0.00501")
    whole, _, cents = number.partition(".")
    assert len(cents) == 2
    assert re.fullmatch(r"-?\d{1,3}(,\d{3})*", whole)
    assert "10,000.00" not in text or unit in ("亿", "bn")  # 9999.995 is said in the next unit


def test_each_kind_is_written_one_way() -> None:
    def shown(kind: Any, value: Any, lang: Any = "zh", **more: Any) -> str:
        return re.sub(r"<[^>]+>", "", written(Column("v", NAME, kind, **more), value, lang))

    assert shown("count", 1234567) == "1,234,567"
    assert shown("percent", 0.2346) == "23.5%"
    assert shown("percent", 0.2345, places=2) == "23.45%"
    assert shown("number", 1234.5, places=2) == "1,234.50"
    assert shown("yuan", -123456) == "-1,234.56"
    assert shown("date", dt.date(2026, 1, 2)) == "2026-01-02"
    assert shown("moment", dt.datetime(2026, 1, 1, 20, 5, tzinfo=dt.UTC)) == "2026-01-02 04:05"  # Beijing
    assert shown("text", NAME, "en") == "Name"
    assert shown("money", 12_345_678_900) == "1.23 亿"
    assert shown("money", 12_345_678_900, "en") == "123.46 m"
    assert [shown(kind, None) for kind in ("text", "money", "count", "percent", "date", "state", "html")] == ["—"] * 7
    assert shown("count", 0) == "0"
    assert shown("money", 0) == "0.00"


@pytest.mark.parametrize("kind", ["text", "wrap", "code", "html", "state"])
def test_no_value_becomes_markup(kind: Any) -> None:
    value = State(Words(EVIL, EVIL), EVIL) if kind == "state" else EVIL  # type: ignore[arg-type]
    column = Column("v", Words(EVIL, EVIL), kind, meaning=Words(EVIL, EVIL), href=lambda row: f"/x?{EVIL}")
    html = rendered(
        "{% table table %}",
        "/page?" + "product=" + "%22%3E%3Cscript%3E",
        table=table_of(
            [{"v": value}, {"v": value}],
            Column("id", NAME, value=lambda row: EVIL),
            column,
            href=lambda row: f"/y?{EVIL}",
            chips=[Chip("product", Words(EVIL, EVIL), EVIL)],
            views=Views([View(EVIL, f"/?{EVIL}")], save="/views"),
            sort="v",
            older=EVIL,
        ),
    )
    assert "<script" not in html
    assert "<img" not in html
    assert not re.search(r"""<[^>]*["'\s]onerror=alert[^>]*""", re.sub(r'"[^"]*"', '""', html))
    assert EVIL in unescape(html)


def test_numbers_stand_right_and_rows_lead_somewhere() -> None:
    columns = (Column("id", NAME), Column("n", NAME, "count"), Column("m", NAME, "money"), Column("d", NAME, "date"))
    rows = [{"id": "A1", "n": 7, "m": 12_000_000, "d": dt.date(2026, 5, 1)}]
    html = rendered("{% table table %}", table=table_of(rows, *columns, href=lambda row: f"/accounts/{row['id']}", totals={"m": 12_000_000}, count=1))
    assert '<a href="/accounts/A1" data-row>A1</a>' in html
    assert re.search(r'<td class="n" data-col="n">7</td>', html)
    assert 'title="120,000.00 元"' in html
    assert '<span class="unit">万元</span>' in html
    assert html.count("12.00") == 2  # the row and the sum
    assert html.count("<th ") == 4 + 1 + 1  # heads, the row, the sums


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=30), st.sampled_from(["zh", "en"]))
def test_a_money_column_stands_in_one_unit_that_fits_its_average(amounts: list[int], lang: Any) -> None:
    column = Column("m", NAME, "money")
    table = table_of([{"m": amount} for amount in amounts], column, totals={"m": sum(amounts)}, count=len(amounts))
    step = step_of(table, column, lang)
    assert step is not None
    size, unit = step
    mean = sum(amounts) / len(amounts)
    assert mean >= size or size == 100
    for amount in amounts:
        text = re.sub(r"<[^>]+>", "", in_step(amount, step, lang)).replace(",", "")
        assert abs(Decimal(text) * int(size) - amount) <= Decimal("0.00501") * int(size)
    assert unit in {"元", "万元", "亿元", "CNY", "CNY k", "CNY m", "CNY bn"}


def test_a_money_columns_unit_does_not_change_from_page_to_page() -> None:
    column = Column("m", NAME, "money")
    pages = ([{"m": 50_00}], [{"m": 9 * 10**12}])
    assert len({step_of(table_of(page, column, totals={"m": 10**12}, count=1000), column, "zh") for page in pages}) == 1
    assert step_of(table_of([{"m": None}, {"m": 3 * 10**6}, {"m": 4 * 10**6}], column), column, "zh") == (1e6, "万元")
    assert step_of(table_of([{"m": None}], column), column, "zh") == (1e2, "元")


def test_a_heading_sorts_one_way_and_then_the_other() -> None:
    number, word, day = Column("n", NAME, "count"), Column("w", NAME), Column("d", NAME, "date")
    assert [table_of([], number, sort=now).next_sort(number) for now in ("", "-n", "n", "w")] == ["-n", "n", "-n", "-n"]
    assert [table_of([], word, sort=now).next_sort(word) for now in ("", "w", "-w")] == ["w", "-w", "w"]
    assert table_of([], day).next_sort(day) == "-d"
    assert [table_of([], number, sort=now).sorted_by(number) for now in ("n", "-n", "nn", "")] == ["ascending", "descending", "", ""]


def addresses(html: str) -> list[str]:
    return [unescape(href) for href in re.findall(r'href="(\?[^"]*)"', html)]


def test_sorting_and_filters_begin_on_the_first_page_and_keep_the_rest() -> None:
    columns = (Column("id", NAME), Column("n", NAME, "count", sort=True))
    chips = [Chip("product", NAME, "卡", "card"), Chip("product", NAME, "贷", "loan"), Chip("q", NAME, "x")]
    html = rendered(
        "{% table table %}",
        "/page?product=card&product=loan&q=x&sort=id&after=17",
        table=table_of([{"id": 1, "n": 2}], *columns, sort="id", chips=chips, older="99", newer="3"),
    )
    assert addresses(html) == [
        "?product=loan&q=x&sort=id",
        "?product=card&q=x&sort=id",
        "?product=card&product=loan&sort=id",
        "?product=card&product=loan&q=x&sort=-n",
        "?product=card&product=loan&q=x&sort=id&before=3",
        "?product=card&product=loan&q=x&sort=id&after=99",
    ]


def test_an_empty_table_says_what_to_do() -> None:
    html = rendered(
        "{% table table %}", table=table_of([], Column("id", NAME), empty=Empty(Words("没有", "None"), Words("去导入", "Import"), NAME, "/in"))
    )
    assert "没有" in html
    assert "去导入" in html
    assert 'href="/in"' in html
    assert "<table" not in html


def test_columns_hidden_at_first_are_named_for_the_browser() -> None:
    html = rendered("{% table table %}", table=table_of([{"id": 1, "x": 2}], Column("id", NAME), Column("x", NAME, hidden=True)))
    assert 'data-hidden="x"' in html
    assert not re.search(r'value="x"\s+checked', html)


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e13)), min_size=1, max_size=12), st.sampled_from(["zh", "en"]))
def test_what_is_drawn_is_what_is_written(values: list[float | None], lang: Any) -> None:
    chart = Chart("c", NAME, "fen", NAME, [str(n) for n in range(len(values))], (Series(NAME, values),))
    by, unit = chart.scale(lang)
    drawn = chart.data(lang)["series"][0]["values"]
    assert chart.data(lang)["unit"] == unit
    for value, mark in zip(values, drawn, strict=True):
        assert (value is None) == (mark is None)
        if value is not None and mark is not None:
            assert mark * by == pytest.approx(value, rel=1e-4, abs=by * 1e-6)
    largest = max((v for v in values if v is not None), default=0)
    assert largest / by < 1e5 or unit in ("亿元", "CNY bn")
    assert largest >= by or by == 100


def test_a_charts_data_cannot_leave_its_block() -> None:
    chart = Chart("c", Words(EVIL, EVIL), "count", NAME, ["</script><script>alert(1)</script>"], (Series(Words(EVIL, EVIL), [1]),))
    html = rendered("{% chart chart %}", chart=chart)
    assert html.count("<script") == 1
    (block,) = re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)
    assert json.loads(block)["categories"] == ["</script><script>alert(1)</script>"]


@given(st.lists(st.lists(st.one_of(st.none(), st.integers(0, 10**12)), min_size=3, max_size=3), min_size=1, max_size=5))
def test_heat_grows_with_the_amount_and_sums_are_sums(cells: list[list[int | None]]) -> None:
    heat = Heat("h", NAME, "fen", NAME, ["r"] * len(cells), ["a", "b", "c"], cells)
    levels = heat.levels()
    flat = sorted((v or 0, level) for row, deep in zip(cells, levels, strict=True) for v, level in zip(row, deep, strict=True))
    assert [level for _, level in flat] == sorted(level for _, level in flat)
    assert all((level == 0) == (value == 0) for value, level in flat)
    if flat[-1][0]:
        assert flat[-1][1] == 7
    assert sum(heat.row_sums()) == sum(heat.column_sums()) == sum(v or 0 for row in cells for v in row)


class Limit(forms.Form):
    name = forms.CharField(label=NAME, help_text=Words("帮助", "Help"), max_length=3)  # type: ignore[arg-type]
    number = forms.IntegerField(label=Words("数", "Number"), required=False)  # type: ignore[arg-type]

    def clean_number(self) -> int | None:
        number: int | None = self.cleaned_data["number"]
        if number == 13:
            raise ValidationError(Words("不吉利", "unlucky"))  # type: ignore[arg-type]
        return number


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh", ["这个字段是必填项。", "不吉利", "名称", "有 2 处需要改正"]), ("en", ["This field is required.", "unlucky", "Name", "2 to put right"])],
)
def test_faults_are_said_in_the_readers_language_above_and_beside(lang: str, said: list[str]) -> None:
    form = Limit({"name": "", "number": "13"})
    html = rendered("{% faults form %}{% field form.name %}{% field form.number %}", lang=lang, form=form)
    assert [text for text in said if text not in html] == []
    assert html.count(said[1]) == 2
    control = re.search(r"<input[^>]*id=\"id_name\"[^>]*>", html)
    assert control
    assert 'aria-invalid="true"' in control[0]
    described = re.search(r'aria-describedby="([^"]+)"', control[0])
    assert described
    assert all(f'id="{one}"' in html for one in described[1].split())
    assert 'href="#id_name"' in html
    assert 'for="id_name"' in html


def test_a_form_without_faults_says_nothing() -> None:
    assert rendered("{% faults form %}", form=Limit()).strip() == ""


def test_a_notice_is_said_once() -> None:
    request = SimpleNamespace(session={}, COOKIES={}, headers={})
    notice_add(request, Words("好了", "Done"))  # type: ignore[arg-type]
    notice_add(request, Words("注意", "Mind"), "warn")  # type: ignore[arg-type]
    assert [(words.en, tone) for words, tone in notices_take(request)] == [("Done", "good"), ("Mind", "warn")]  # type: ignore[arg-type]
    assert notices_take(request) == []  # type: ignore[arg-type]


def test_a_notice_travels_beside_other_triggers() -> None:
    response = HttpResponse()
    response["HX-Trigger"] = json.dumps({"other": 1})
    notice_with(response, RequestFactory().get("/", headers={"Accept-Language": "zh"}), Words("已保存", "Saved"))
    assert response["HX-Trigger"].isascii()  # a header
    assert json.loads(response["HX-Trigger"]) == {"other": 1, "panhuo:notice": {"text": "已保存", "tone": "good"}}


def test_cells_of_objects_and_of_mappings_are_alike() -> None:
    column = Column("n", NAME, "count")
    assert cell_of(column, {"n": 5}, "zh") == cell_of(column, SimpleNamespace(n=5), "zh")
