"""Cells merged downwards over data rows: against a slow twin that walks cell by cell, in real .xlsx files."""

from __future__ import annotations

import datetime as dt
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.intake import clean, load_layout, open_tape, read_tape
from panhuo.engines.intake.merged_cells import merged_down

ACCOUNT, NAME, PHONE, PRINCIPAL, DAYS, GRANTED, BORN, PRODUCT, STRANGE = range(9)
HEADINGS = ("借据号", "姓名", "手机号码", "未偿本金", "逾期天数", "放款日期", "出生日期", "产品类型", "经办小组")
SHARED = {NAME, PHONE, BORN, PRODUCT}
Span = tuple[int, int, int]
PANHUO = load_layout("panhuo")


def value(column: int, row: int) -> str:
    if column == STRANGE:
        return (f"第{row}组甲", f"{row}.5", f"2022-01-{row + 10}", f"{row} 万")[row % 4]
    return (
        f"K{row}",
        f"王小{'甲乙丙丁戊己庚辛壬癸子丑'[row]}",
        str(16300000000 + row),
        f"{1000 + row}",
        f"{100 + row}",
        "2022-01-05",
        "1980-02-03",
        "消费贷",
    )[column]


def write(path: Path, cells: dict[tuple[int, int], str], spans: list[Span], *, down: int = 0, right: int = 0) -> Path:
    """cells, spans: in rows and columns of the data; the file has them below the headings, ``down`` and ``right`` of A1."""
    book = xlsxwriter.Workbook(str(path))
    sheet: Any = book.add_worksheet("甲&乙 <清单>")
    sheet.write_row(down, right, HEADINGS)
    for column, first, last in spans:
        sheet.merge_range(down + 1 + first, right + column, down + 1 + last, right + column, "")
    for (row, column), text in cells.items():
        figure = column in (PRINCIPAL, DAYS)
        (sheet.write_number if figure else sheet.write_string)(down + 1 + row, right + column, float(text) if figure else text)
    book.close()
    return path


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, dict[tuple[int, int], str], list[Span]]:
    height = draw(st.integers(2, 12))
    cells, spans = {}, []
    for column in range(len(HEADINGS)):
        row = 0
        while row < height:
            last = min(height - 1, row + draw(st.sampled_from([0, 0, 0, 1, 2, 5])))
            if last > row:
                spans.append((column, row, last))
            if draw(st.integers(0, 5)):
                cells[row, column] = value(column, row)
            row = last + 1
    cells[0, ACCOUNT] = "K0"
    return height, cells, spans


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_what_describes_is_said_of_every_row_and_what_counts_of_the_first(
    table: tuple[int, dict[tuple[int, int], str], list[Span]], down: int, right: int, bound: bool
) -> None:
    height, cells, spans = table
    twin, filled, left = dict(cells), dict.fromkeys(HEADINGS, 0), dict.fromkeys(HEADINGS, 0)
    for column, first, last in spans:
        for row in range(first + 1, last + 1):
            if (first, column) in cells and any(r == row for r, _ in cells):
                if column in SHARED or (column == STRANGE and first % 4 == 0):
                    twin[row, column] = cells[first, column]
                    filled[HEADINGS[column]] += 1
                else:
                    left[HEADINGS[column]] += 1
    wanted = [tuple(twin.get((row, column)) for column in range(len(HEADINGS))) for row in range(height)]
    with tempfile.TemporaryDirectory() as folder:
        tape = open_tape(write(Path(folder) / "t.xlsx", cells, spans, down=down, right=right), layout=PANHUO if bound else None)
        for _ in range(2):  # a tape may be read twice
            got = pl.concat(list(tape.batches())).select(pl.exclude("__file", "__row", "__fault", "__raw"))
            assert got.columns == list(HEADINGS)
            assert got.rows() == [row for row in wanted if any(row)]
    said = [note for note in tape.notes if "合并单元格" in note.zh]
    assert len(said) == bool(sum(filled.values()) or sum(left.values()))
    for words in said:
        first_part, _, second = words.zh.partition("金额、数量、日期")
        for part, counts in ((first_part, filled), (second, left)):
            for heading in HEADINGS:
                assert (f"{heading} {counts[heading]} 格" in part) == bool(counts[heading])
                assert (f"{heading} ({counts[heading]} cells)" in words.en) or not counts[heading]


def test_the_loans_below_have_their_debtor_and_no_second_balance(tmp_path: Path) -> None:
    cells = {(row, column): value(column, row) for row in range(6) for column in range(8) if column not in (NAME, PHONE) or row % 3 == 0}
    del cells[1, PRINCIPAL], cells[2, PRINCIPAL]
    spans = [(NAME, 0, 2), (NAME, 3, 5), (PHONE, 0, 2), (PHONE, 3, 5), (PRINCIPAL, 0, 2)]
    tape = open_tape(write(tmp_path / "t.xlsx", cells, spans), layout=PANHUO)
    cleaned = clean(pl.concat(list(tape.batches())), layout=PANHUO, as_of=dt.date(2026, 9, 30)).data
    assert cleaned.tables["debtor"].select("account_id", "name", "phone").rows() == [
        (f"K{row}", value(NAME, row // 3 * 3), value(PHONE, row // 3 * 3)) for row in (0, 3, 4, 5)
    ]
    assert cleaned.accounts["principal_fen"].to_list() == [100_000, 100_300, 100_400, 100_500]
    assert cleaned.rejected.height == 2  # without a balance of their own, and told
    assert "未偿本金 2 格" in tape.notes[0].zh


def test_a_layout_says_what_a_column_is(tmp_path: Path) -> None:
    """经办小组 as a number, bound by a layout of one's own as text and as an amount."""
    own = "name: own\ntitle: {zh: 自有, en: own}\ncolumns:\n  - {from: 借据号, to: account_id}\n  - {from: 未偿本金, to: principal_fen}\n  - {from: 经办小组, to: _x, kind: %s}\n"
    cells = {(0, ACCOUNT): "K0", (1, ACCOUNT): "K1", (0, STRANGE): "007"}
    path = write(tmp_path / "t.xlsx", cells, [(STRANGE, 0, 1)])
    for kind, below in (("text", "007"), ("money", None), ("date", None), ("flag", "007")):
        (tmp_path / "own.yaml").write_text(own % kind, encoding="utf-8")
        assert read_tape(path, layout=load_layout(str(tmp_path / "own.yaml")))["经办小组"].to_list() == ["007", below], kind


@pytest.mark.parametrize("ref", ["B2:B1048576", "B2:C4", "$B$2:$B$4"])
def test_ranges_as_other_programs_write_them(tmp_path: Path, ref: str) -> None:
    cells = {(row, ACCOUNT): f"K{row}" for row in range(3)} | {(0, NAME): "王小甲"}
    path, other = write(tmp_path / "t.xlsx", cells, [(NAME, 0, 2)]), tmp_path / "other.xlsx"
    with zipfile.ZipFile(path) as book, zipfile.ZipFile(other, "w") as out:
        for part in book.namelist():
            out.writestr(part, book.read(part).replace(b'<mergeCell ref="B2:B4"', f"<mergeCell  ref='{ref}'".encode()))
    assert read_tape(other)["姓名"].to_list() == ["王小甲"] * 3


def test_overlapping_ranges_and_titles_do_no_harm(tmp_path: Path) -> None:
    """Ranges that overlap, begin above the data, lie beside it or beyond it; a hundred thousand of them over the whole height."""
    cells = {(row, ACCOUNT): f"K{row}" for row in range(5)} | {(0, NAME): "王小甲", (2, NAME): "王小丙"}
    path, other = write(tmp_path / "t.xlsx", cells, [(NAME, 0, 1)]), tmp_path / "other.xlsx"
    refs = ["B2:B9", "B2:B3", "B4:B1048576", "A1:A4", "ZZ2:ZZ9", *(f"B{row}:B1048576" for row in range(7, 100_000))]
    with zipfile.ZipFile(path) as book, zipfile.ZipFile(other, "w") as out:
        for part in book.namelist():
            out.writestr(part, book.read(part).replace(b'<mergeCell ref="B2:B3"/>', "".join(f'<mergeCell ref="{ref}"/>' for ref in refs).encode()))
    assert read_tape(other)["姓名"].to_list() == ["王小甲"] * 2 + ["王小丙"] * 3


def test_ranges_are_found_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = {(row, column): value(column, row) for row in range(10) for column in range(9)}
    path = write(tmp_path / "t.xlsx", cells, [(NAME, 0, 2), (PHONE, 3, 9), (BORN, 4, 5)], down=2, right=2)
    wanted = [[1, 3, 5], [2, 6, 12], [6, 7, 8]]
    for block in (1 << 20, 700, 97):
        monkeypatch.setattr("panhuo.engines.intake.merged_cells._BLOCK", block)
        assert merged_down(path, "甲&乙 <清单>").tolist() == wanted, block
    assert merged_down(path, "没有").tolist() == []
