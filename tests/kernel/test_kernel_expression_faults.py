"""What an expression does to cells it cannot read: null and told for a cast, a named fault of the expression for all else, never a traceback."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.kernel import documents
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.expressions import Source, blaming, compile_cells, compile_sql

SCHEMA = {"s": pl.String(), "d": pl.Date(), "n": pl.Int64()}
CELLS = ["12", "坏", "20200229", "2020-02-29", "20200230", "1e308", "", None]
FRAME = pl.DataFrame({"s": CELLS, "d": [dt.date(2020, 1, 1)] * 8, "n": [0, 1, 2, 3, 4, 5, 6, None]}, schema=SCHEMA)


def read(sql: str, frame: pl.DataFrame = FRAME) -> list[tuple[object, bool]]:
    cells = compile_cells(sql, SCHEMA, where="t")
    assert cells.unread is not None
    return frame.select(cells.value.alias("v"), cells.unread.alias("u")).rows()


@given(st.lists(st.none() | st.text(st.sampled_from("0123456789-. 坏e"), max_size=8), min_size=1, max_size=12), st.sampled_from(["CAST", "TRY_CAST"]))
def test_a_cast_reads_a_cell_as_it_would_alone(cells: list[str | None], word: str) -> None:
    frame = pl.DataFrame({"s": cells, "d": None, "n": None}, schema=SCHEMA)
    wanted = [pl.Series([cell], dtype=pl.String).cast(pl.Int32, strict=False)[0] for cell in cells]
    assert read(f"{word}(s AS INT)", frame) == [(value, value is None and cell is not None) for value, cell in zip(wanted, cells, strict=True)]


@given(st.lists(st.tuples(*[st.none() | st.integers(-(2**62), 2**62)] * 2), min_size=1, max_size=12))
def test_a_product_beyond_sixty_four_bits_is_told_and_not_what_is_left_of_it(pairs: list[tuple[int | None, int | None]]) -> None:
    frame = pl.DataFrame(pairs, schema={"a": pl.Int64(), "b": pl.Int64()}, orient="row")
    cells = compile_cells("CASE WHEN a = 7 THEN 0 ELSE a * b + 1 END", dict(frame.schema), where="t")
    assert cells.unread is not None
    for (a, b), value, unread in zip(pairs, *frame.select(cells.value.alias("v"), cells.unread.alias("u")), strict=True):
        if a == 7:
            assert (value, unread) == (0, False)
        elif a is None or b is None:
            assert (value, unread) == (None, False)
        else:
            true = a * b
            assert (value, unread) == ((None, True) if value is None else (true + 1, False))
            assert value is not None or abs(true) > 9.1e18


@pytest.mark.parametrize(
    ("sql", "good"),
    [
        ("CAST(s AS DATE)", {"2020-02-29"}),
        ("s::date", {"2020-02-29"}),
        ("DATE(s)", {"2020-02-29"}),
        ("STRPTIME(s, '%Y%m%d')", {"20200229"}),
        ("CAST(s AS DOUBLE)", {"12", "20200229", "20200230", "1e308"}),
        ("CAST(s AS DECIMAL(18, 2))", {"12", "20200229", "20200230"}),
        ("COALESCE(CAST(s AS INT), 0)", {"12", "20200229", "20200230"}),
    ],
)
def test_the_rows_that_cannot_be_read_are_told(sql: str, good: set[str]) -> None:
    rows = read(sql)
    assert [cell for cell, (_, unread) in zip(CELLS, rows, strict=True) if not unread] == [cell for cell in CELLS if cell in good or cell is None]
    if "COALESCE" not in sql:
        assert all((value is None) == (cell not in good) for cell, (value, _) in zip(CELLS, rows, strict=True))


def test_a_date_does_not_depend_on_the_rows_beside_it() -> None:
    assert read("DATE(s)", FRAME[3:4]) == read("DATE(s)")[3:4]
    assert read("DATE(s)", FRAME[2:3]) == [(None, True)]


def test_a_branch_not_taken_reads_nothing() -> None:
    assert read("CASE WHEN s = '坏' THEN 0 ELSE CAST(s AS INT) END")[:4] == [(12, False), (0, False), (20200229, False), (None, True)]


def test_a_date_beyond_the_calendar_is_no_date() -> None:
    assert set(read("d - INTERVAL '999999999 days'")) == {(None, True)}
    with pytest.raises(ConfigurationInvalid, match="years 1 to 9999"):
        compile_sql(":day - INTERVAL '999999999 days'", SCHEMA, where="t", params={"day": dt.date(2026, 1, 1)})


@pytest.mark.parametrize("sql", ["CAST(s AS BOOLEAN)", "CAST('abc' AS INT)", "n > CAST('abc' AS INT)", "s ~ '['", "d + INTERVAL '1 eon'"])
def test_what_no_row_could_give_is_refused_before_any_is_read(sql: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"book\.yaml: x"):
        compile_sql(sql, SCHEMA, where="book.yaml: x")


def test_a_failure_on_data_names_the_expression_that_fails() -> None:
    good = Source(pl.col("n") + 1, "book.yaml:3: good", "n + 1")
    bad = Source(pl.col("s").cast(pl.Int64), "book.yaml:4: bad", "CAST(s AS BIGINT)")
    with pytest.raises(ConfigurationInvalid) as caught, blaming(FRAME, lambda: [good, bad]):
        FRAME.select(good.expression, bad.expression)
    assert caught.value.exit_status == 3
    assert caught.value.where == "book.yaml:4: bad"
    assert "CAST(s AS BIGINT)" in caught.value.describe("zh")
    assert "CAST(s AS BIGINT)" in caught.value.describe("en")
    with pytest.raises(ZeroDivisionError), blaming(FRAME, lambda: [good, bad]):
        raise ZeroDivisionError
    with pytest.raises(ValueError, match="mine"), blaming(FRAME, lambda: [good]):
        raise ValueError("mine")


class Part(documents.Traced):
    when: str


class Whole(documents.Document):
    parts: dict[str, Part]
    first: tuple[Part, ...] = pydantic.Field(alias="from", default=())


def test_a_document_knows_its_file_and_line_and_is_equal_without(tmp_path: Path) -> None:
    path = tmp_path / "whole.yaml"
    path.write_text("parts:\n  a:\n    when: x\nfrom:\n- when: y\n", encoding="utf-8")
    whole = documents.load(path, Whole)
    assert whole.parts["a"].place("when") == f"{path}:3: parts.a.when"
    assert whole.first[0].place("when") == f"{path}:5: from.0.when"
    assert whole.first[0].place("absent") == f"{path}: from.0.absent"
    assert Part(when="x").place("when") == "when"
    assert whole.parts["a"] == Part(when="x")
    assert Part(when="x") == whole.parts["a"]
