"""SQL conditions: three-valued logic as the standard has it (SQLite is the oracle), and a slip refused with the reason."""

from __future__ import annotations

import datetime as dt
import sqlite3

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.expressions import compile_sql
from panhuo.kernel.frames import ACCOUNT

SCHEMA = {"a": pl.Int64(), "b": pl.Int64(), "s": pl.String()}
CONDITIONS = [
    "a > b",
    "NOT a > b",
    "a > b OR s = 'x'",
    "a > b AND s IN ('x', 'y')",
    "a IS NULL OR b BETWEEN 0 AND 3",
    "COALESCE(a, 0) >= b",
    "CASE WHEN a > 0 THEN s = 'x' ELSE b > 0 END",
    "s LIKE 'x%'",
]
ROW = st.tuples(st.none() | st.integers(-3, 5), st.none() | st.integers(-3, 5), st.none() | st.sampled_from(["x", "y", "xy"]))


@given(st.lists(ROW, min_size=1, max_size=8), st.sampled_from(CONDITIONS))
def test_conditions_mean_what_sql_says(rows: list[tuple[int | None, int | None, str | None]], sql: str) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    ours = frame.select(compile_sql(sql, SCHEMA, where="test", boolean=True).alias("r"))["r"].to_list()
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE t (a INTEGER, b INTEGER, s TEXT)")
        base.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        theirs = [None if r is None else bool(r) for (r,) in base.execute(f"SELECT {sql} FROM t ORDER BY rowid")]
    base.close()
    assert ours == theirs


def test_parameters_are_bound_as_literals() -> None:
    frame = pl.DataFrame({"s": ["x' OR '1'='1", "x"]})
    expression = compile_sql("s = :v", {"s": pl.String()}, where="t", params={"v": "x' OR '1'='1"})
    assert frame.select(expression).to_series().to_list() == [True, False]


def test_dates_move_by_months() -> None:
    expression = compile_sql(
        "last_demand_on + INTERVAL '3 years' < :as_of", ACCOUNT.schema, where="t", params={"as_of": dt.date(2026, 11, 21)}, boolean=True
    )
    frame = pl.DataFrame({"last_demand_on": [dt.date(2023, 11, 20), dt.date(2023, 11, 21), None]})
    assert frame.select(expression).to_series().to_list() == [True, False, None]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("overdue_dayz > 3", "did you mean overdue_days"),
        ("overdue_days >", "not a valid SQL expression"),
        ("overdue_days > 3 AND AND", "not a valid SQL expression"),
        ("overdue_days > 3 extra", "one expression"),
        ("(SELECT 1) > 0", "not a query"),
        ("overdue_days > 3; DROP TABLE x", "cannot be evaluated"),
        ("read_csv('/etc/passwd') IS NULL", "read_csv"),
        ("overdue_days + 1", "must be true or false"),
        ("overdue_days > 'many'", "cannot be evaluated"),
        ("overdue_days > :n", "parameter :n is not defined"),
        ("maturity_date < CURRENT_DATE", "what day or time it is"),
        ("", "not a"),
    ],
)
def test_a_slip_is_refused_with_the_reason(sql: str, words: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        compile_sql(sql, ACCOUNT.schema, where="book.yaml: rules.R1.condition", boolean=True)
    assert words in caught.value.describe("en")
    assert "book.yaml" in caught.value.describe("zh")
