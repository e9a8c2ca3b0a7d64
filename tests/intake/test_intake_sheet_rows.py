"""Row numbers as a person sees them who opens the file in a spreadsheet: titles, header and blank rows counted."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xlsxwriter

from panhuo.engines.intake import Tape, open_tape
from panhuo.engines.intake.sheet_rows import SheetRows
from panhuo.kernel.randomness import stream

HEAD = ["借据号", "姓名", "未偿本金"]


def shown(tape: Tape, rows: int = 250_000) -> dict[str, int]:
    """Account number -> row of the sheet, by reading all."""
    frame = pl.concat(list(tape.batches(rows))).select(pl.col("__file").alias("file"), pl.col("__row").alias("row"), "借据号")
    return dict(tape.with_sheet_rows(frame).select("借据号", "sheet_row").iter_rows())


def as_excel_counts(text: str) -> dict[str, int]:
    """The record's number when a spreadsheet opens the file: every record is a row, blank ones too."""
    return {row[0]: number for number, row in enumerate(csv.reader(io.StringIO(text)), 1) if row and row[0].startswith("J")}


@pytest.mark.parametrize("blanks", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("titles", [0, 3])
def test_text_rows_against_a_plain_count(tmp_path: Path, blanks: float, titles: int) -> None:
    draw = stream(17, "sheet rows")
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for i in range(titles):
        out.write(f"第{i}行标题\n\n")
    writer.writerow(HEAD)
    for i in range(3_000):
        while draw.random() < blanks:
            out.write("\n")
        name = "张\n三" if draw.random() < 0.1 else "李四"
        writer.writerow([f"J{i}", name, "1"])
    text = out.getvalue()
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    tape = open_tape(tmp_path / "t.csv")
    assert shown(tape) == as_excel_counts(text)
    assert shown(tape, rows=700) == as_excel_counts(text)  # again, in other batches


@pytest.mark.parametrize("above", [0, 2])
def test_workbook_rows_are_where_they_were_written(tmp_path: Path, above: int) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "t.xlsx"))
    expected = {}
    for s, start in enumerate((above, above + 4)):
        sheet = book.add_worksheet(f"表{s}")
        sheet.write_string(start, 0, "不良贷款清单")
        for j, name in enumerate(HEAD):
            sheet.write_string(start + 2, j, name)
        at = start + 3
        for i in range(20):
            at += i % 3  # one row after another, with none, one or two blank ones between
            for j, cell in enumerate([f"J{s}-{i}", "张三", "1"]):
                sheet.write_string(at, j, cell)
            expected[f"J{s}-{i}"] = at + 1
            at += 1
    book.close()
    tape = open_tape(tmp_path / "t.xlsx")
    assert len(tape.files) == 2
    assert shown(tape) == expected
    blank = sum(i % 3 for i in range(20))
    assert [file.blank_rows for file in tape.files] == [blank, blank]


def test_parquet_has_no_rows_of_a_sheet(tmp_path: Path) -> None:
    pl.DataFrame({"借据号": ["J1"], "姓名": ["张三"], "未偿本金": ["1"]}).write_parquet(tmp_path / "t.parquet")
    assert shown(open_tape(tmp_path / "t.parquet")) == {"J1": None}


def test_several_files_keep_their_own_count(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("借据号,姓名,未偿本金\nA1,张三,1\n\nA2,张三,1\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("清单\n\n借据号,姓名,未偿本金\nB1,张三,1\n", encoding="utf-8")
    assert shown(open_tape([tmp_path / "a.csv", tmp_path / "b.csv"])) == {"A1": 2, "A2": 4, "B1": 4}


def test_numbers_of_a_sheet_come_back_whatever_the_gaps() -> None:
    draw = np.random.default_rng(3)
    for density in (0.1, 0.5, 0.99):
        numbers = np.flatnonzero(draw.random(2_000) < density) + 7
        places = SheetRows.of_sheet(numbers)
        assert np.array_equal(places(np.arange(1, len(numbers) + 1)), numbers)
