"""Rows to clean, for the tests of cleaning: one good row, and batches of variations on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.clean_result import Cleaned
from panhuo.engines.intake.layout import Layout, load_layout
from panhuo.kernel.findings import Outcome

AS_OF = dt.date(2026, 6, 30)
FILE = "tape.csv"

# every number here is made up: 110100 is a city's own code, which no person's number carries, 179... is no mobile network
GOOD: dict[str, str | None] = {
    "借据号": "JJ0001",
    "产品类型": "个人消费贷款",
    "姓名": "张伟明",
    "证件号码": "110100199003070015",
    "手机号码": "17912345678",
    "放款日期": "2021-03-05",
    "到期日期": "2025-07-05",
    "放款金额": "50000.00",
    "执行年利率": "0.18",
    "未偿本金": "12345.67",
    "未偿利息": "1000.00",
    "罚息复利": "200.30",
    "其他费用": "0",
    "未偿本息费合计": "13545.97",
    "逾期起始日": "2025-06-30",
    "逾期天数": "365",
    "五级分类": "可疑",
}
GOOD_FEN = 1_354_597


def batch(rows: Sequence[Mapping[str, str | None]], *, columns: Sequence[str] = (), first: int = 1) -> pl.DataFrame:
    """Rows as a raw batch, each ``GOOD`` with the given cells over it; account numbers are made different unless given."""
    names = list(dict.fromkeys([*GOOD, *columns, *(name for row in rows for name in row)]))
    whole = [{**GOOD, "借据号": f"JJ{i:06d}", **row} for i, row in enumerate(rows)]
    frame = pl.DataFrame({name: pl.Series([row.get(name) for row in whole], dtype=pl.String) for name in names if not name.startswith("__")})
    marks = {"__fault": [row.get("__fault") for row in whole], "__raw": [row.get("__raw") for row in whole]}
    return frame.with_columns(
        pl.lit(FILE).alias("__file"),
        pl.int_range(first, first + pl.len(), dtype=pl.Int32).alias("__row"),
        *(pl.Series(name, values, dtype=pl.String) for name, values in marks.items()),
    )


def cleaned(*rows: Mapping[str, str | None], layout: Layout | str = "panhuo", as_of: dt.date = AS_OF) -> Outcome[Cleaned]:
    return clean(batch(rows), layout=layout, as_of=as_of)


def codes(outcome: Outcome[Cleaned]) -> list[tuple[str, str]]:
    """(column, code) of every finding."""
    return outcome.findings.select("column", "code").rows()


def layout_with(**parts: object) -> Layout:
    """A small layout over the good row's headings: every key of ``parts`` replaces that of the base."""
    base = load_layout("panhuo").model_dump(by_alias=True, exclude_unset=True)
    return Layout.model_validate({**base, **parts})


__all__ = ["AS_OF", "FILE", "GOOD", "GOOD_FEN", "batch", "cleaned", "codes", "layout_with"]
