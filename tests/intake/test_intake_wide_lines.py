"""Lines of a million cells: refused at once, not looked at cell by cell while somebody waits."""

from __future__ import annotations

import collections
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake.dialect import clean_headings
from panhuo.engines.intake.sources import open_tape
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.kernel.errors import InputUnusable


def slowly(cells: list[str]) -> list[str]:
    """The same names, each looked for among all before it."""
    names = [cell.strip() or f"column {i + 1}" for i, cell in enumerate(cells)]
    used, out = set(names), list[str]()
    for name in names:
        if name in out or name.startswith("__"):
            number = next(n for n in range(2, 10_000) if f"{name.lstrip('_')} ({n})" not in used)
            name = f"{name.lstrip('_')} ({number})"
            used.add(name)
        out.append(name)
    return out


@given(st.lists(st.sampled_from(["余额", "a", "", "__x", "x", "余额 (2)", "余额 (3)", "column 3", "_", "__"]), max_size=24))
def test_headings_are_told_apart_as_a_slow_twin_does(cells: list[str]) -> None:
    headings, duplicates = clean_headings(cells)
    assert list(headings) == slowly(cells)
    assert len(set(headings)) == len(headings)
    counts = collections.Counter(cell.strip() or f"column {i + 1}" for i, cell in enumerate(cells))
    assert duplicates == tuple(name for name, count in counts.items() if count > 1)


@pytest.mark.parametrize("cell", ["0", "余额", ""])
def test_a_header_of_a_million_cells_is_refused(cell: str, tmp_path: Path) -> None:
    """By the old way, quadratic in the cells, this did not end within an hour."""
    path = tmp_path / "wide.csv"
    path.write_text("x" + f"{cell}," * 1_000_000, encoding="utf-8")
    with pytest.raises(InputUnusable, match="TOO_MANY_COLUMNS"):
        open_tape(path)


def test_one_row_of_a_million_cells_is_a_faulty_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("借据号,本金\nA1,5\n" + "0," * 300_000 + "\nA2,6\n", encoding="utf-8")
    frame = pl.concat(open_tape(path).batches())
    assert frame["__fault"].to_list() == [None, "ROW_RAGGED", None]


def test_hundreds_of_columns_hide_no_field() -> None:
    """Beyond some hundreds, only what is named like something is looked into."""
    columns = {"借据号": ["JJ001", "JJ002", "JJ003"], "本金": ["5.25", "6.25", "7.25"], "逾期天数": ["9", "10", "11"]}
    wide = pl.DataFrame(columns | {f"字段{i}": ["0"] * 3 for i in range(1_200)})
    fields = [guess.field for guess in suggest_layout(wide.columns, wide).guesses]
    assert fields[:3] == ["account_id", "principal_fen", "overdue_days"]
