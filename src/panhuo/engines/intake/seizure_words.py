"""The rank of a seizure in the words of courts and lists: 首封 is 1; 轮候第2位, whoever waits second, is 3; 轮候 alone says only that another is first: 2, the least.

第2顺位 is the second of all, not of those who wait. 首封轮候 and whatever else says two things stays unread.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from panhuo.engines.intake.arrears_words import numerals
from panhuo.engines.intake.parse_cells import normal

SEIZURE: Final = "seizure_rank"

_FIGURES: Final = {word: str(n) for word, n in sorted(numerals().items(), key=lambda item: -len(item[0])) if n < 100}
_IDLE: Final = r"查封|冻结|扣押|保全|处置权|法院|顺位|顺序|状态|本案|我行|本行|申请人|已|为|系|属|位|第|次|名|号|手|中|[\s()\[\]【】:,.、\-]"
"""Said beside the rank without changing it."""


def ranks(cells: pl.Series) -> pl.Series:
    """The rank each cell states in words, 0 where it says that nothing is seized, null where it is a figure or cannot be told."""
    core = normal(pl.col("cell")).str.replace_many(list(_FIGURES), list(_FIGURES.values()), leftmost=True).str.replace_all(_IDLE, "")
    text = pl.col("core")
    waiting = pl.coalesce(text.str.extract(r"^(?:轮候|候封)([1-9][0-9]?)$", 1), text.str.extract(r"^([1-9][0-9]?)(?:轮候|候封)$", 1))
    said = pl.col("cell").str.contains(r"\p{Han}")
    return (
        cells.to_frame("cell")
        .with_columns(core=core)
        .select(
            pl.when(~said)
            .then(None)
            .when(text.is_in(["首", "首封", "首轮", "首先", "首封封", "首家", "头封"]))
            .then(1)
            .when(text.is_in(["轮候", "候封", "首轮候", "首轮候封"]))
            .then(2)
            .when(waiting.is_not_null())
            .then(waiting.cast(pl.Int32, strict=False) + 1)
            .when(text.str.contains(r"^[1-9][0-9]?[封轮]?$"))
            .then(text.str.extract(r"^([0-9]+)").cast(pl.Int32, strict=False))
            .when(text.is_in(["未", "无", "没有", "未办理", "未采取", "不涉及", "未封", "无封"]))
            .then(0)
            .cast(pl.Int32)
            .alias("rank")
        )
        .to_series()
    )
