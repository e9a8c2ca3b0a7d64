"""How many cells a row may have: a comma too many in an amount never puts money under another heading."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.intake import encodings
from panhuo.engines.intake.sources import open_tape, read_tape

HEAD = ["借据号", "姓名", "未偿本金", "未偿利息", "逾期天数", "五级分类", "备注"]
ROW = ["张三", "8000.00", "50.00", "100", "次级", ""]
EMPTY: tuple[None, ...] = (None,) * len(HEAD)
AMOUNT = st.integers(0, 10**11).map(lambda fen: f"{fen // 100:,}.{fen % 100:02}")


def tape(path: Path, rows: Sequence[Sequence[str]], *, header_trails: int = 0) -> Path:
    """As a system writes it that never quotes."""
    path.write_text("".join(",".join(row) + "\n" for row in [[*HEAD, *[""] * header_trails], *rows]))
    return path


def got(path: Path) -> list[tuple[str | None, ...]]:
    """The cells of every row under the seven headings; nulls for a row that is refused."""
    frame = read_tape(path)
    assert frame.select((pl.col("__fault").is_null()) | (pl.col("__fault") == "ROW_RAGGED")).to_series().all()
    return frame.select(HEAD).rows()


def honest(count: int, *more: str) -> list[list[str]]:
    return [[f"J{i}", *ROW, *more] for i in range(count)]


@pytest.mark.parametrize("header_trails", [0, 1, 2])
@pytest.mark.parametrize("rows_trail", [0, 1, 2])
@pytest.mark.parametrize("block", [70, 1 << 20])
@given(
    bad=st.lists(st.tuples(AMOUNT, AMOUNT, st.sampled_from(["", "核"]), st.integers(0, 3)), min_size=1, max_size=3),
    at=st.integers(0, 30),
)
@settings(max_examples=30)
def test_no_amount_cut_by_its_comma_is_read(
    header_trails: int, rows_trail: int, block: int, bad: list[tuple[str, str, str, int]], at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever header and rows end in: each amount that comes out is the one that was written. Where nothing ends in a delimiter, the bad rows may."""
    rows = honest(40, *[""] * rows_trail)
    rows[at:at] = [
        [f"X{i}", "李四", a, b, "100", "次级", note, *[""] * (rows_trail if rows_trail or header_trails else more)]
        for i, (a, b, note, more) in enumerate(bad)
    ]
    path = tape(tmp_path_factory.mktemp("t") / "t.csv", rows, header_trails=header_trails)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "BLOCK", block)
        out = got(path)
    assert len(out) == len(rows)
    for row, read in zip(rows, out, strict=True):
        assert read in (tuple(cell or None for cell in row[:7]), EMPTY)
        if row[0].startswith("J"):
            assert read != EMPTY


def test_a_thousands_comma_before_an_empty_last_column_is_a_fault(tmp_path: Path) -> None:
    rows = [*honest(50), ["J98", "李四", "812", "345.67", "50.00", "100", "次级", ""], ["J99", "李四", "1", "234.50", "50.00", "100", "次级", ""]]
    frame = read_tape(tape(tmp_path / "t.csv", rows))
    assert frame["__fault"].to_list() == [None] * 50 + ["ROW_RAGGED"] * 2
    assert frame["__raw"][50] == "J98,李四,812,345.67,50.00,100,次级,"


@pytest.mark.parametrize("header_trails", [0, 1])
def test_where_rows_end_in_a_delimiter_a_comma_too_many_in_place_of_it_is_a_fault(header_trails: int, tmp_path: Path) -> None:
    rows = [
        *honest(20, ""),
        ["J98", "李四", "812", "345.67", "50.00", "100", "次级", ""],
        ["J99", "李四", "812", "345.67", "5.00", "100", "次级", "x"],
    ]
    out = got(tape(tmp_path / "t.csv", rows, header_trails=header_trails))
    assert out[19] == ("J19", *ROW[:5], None)
    assert out[21] == EMPTY
    whole = ["J97", *ROW[:5], "核"]
    out = got(tape(tmp_path / "u.csv", [*honest(20, ""), whole, ["J98", "8000.00", "50.00", "100", "次级", "", ""]], header_trails=0))
    assert out[20:] == [tuple(whole), EMPTY]


def test_every_amount_cut_is_no_habit_of_the_file(tmp_path: Path) -> None:
    """All rows of one length with an empty last cell: they end in a delimiter, or each has a comma in its amount."""
    cut = [[f"J{i}", "张三", str(i + 1), "345.67", "50.00", "100", "次级", ""] for i in range(30)]
    assert got(tape(tmp_path / "a.csv", cut)) == [EMPTY] * 30
    assert got(tape(tmp_path / "b.csv", [*cut, *honest(9)]))[30:] == [(f"J{i}", *ROW[:5], None) for i in range(9)]


def test_a_note_under_no_heading_does_not_cost_its_row(tmp_path: Path) -> None:
    rows = honest(400, "")
    rows[350][-1] = "见附件"
    path = tape(tmp_path / "t.csv", rows, header_trails=1)
    opened = open_tape(path)
    frame = pl.concat(opened.batches())
    assert frame["__fault"].null_count() == 400
    assert frame["column 8"][350] == "见附件"
    assert opened.files[0].slow_blocks == 0


def test_codes_side_by_side_are_no_amount(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("借据号,分行号,支行号,未偿本金\n" + "".join(f"J{i},320,{100 + i},5000.00,\n" for i in range(30)))
    frame = read_tape(path)
    assert frame["__fault"].null_count() == 30
    assert frame["支行号"][0] == "100"


PLAIN = ["借据号", "姓名", "未偿本金", "未偿利息", "逾期天数", "备注"]


def read(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[tuple[str | None, str | None]]:
    """Principal and fault of each row."""
    path.write_text("".join(",".join(row) + "\n" for row in [header, *rows]))
    return read_tape(path).select("未偿本金", "__fault").rows()


@pytest.mark.parametrize(("pieces", "interest"), [(["13", "000"], "100"), (["13", "345.67"], "100.50"), (["1", "234", "567.00"], "8.00")])
@pytest.mark.parametrize("cut", [30, 39])
def test_a_header_that_ends_in_a_comma_lends_no_room_to_a_cut_amount(pieces: list[str], interest: str, cut: int, tmp_path: Path) -> None:
    """Most rows are cut, and are then as long as the header: the others stay, these go."""
    rows = [[f"J{i}", "王芳", *(pieces if i < cut else ["812.00"]), interest, "31", ""] for i in range(40)]
    assert read(tmp_path / "t.csv", [*PLAIN, *[""] * (len(pieces) - 1)], rows) == [(None, "ROW_RAGGED")] * cut + [("812.00", None)] * (40 - cut)


@pytest.mark.parametrize("trailing", [1, 2])
@pytest.mark.parametrize(
    ("header", "row"),
    [
        (["借据号", "姓名", "未偿利息", "逾期天数", "未偿本金", "五级分类"], ["120", "365", "5000", "次级"]),
        (["借据号", "姓名", "未偿本金", "逾期天数", "未偿利息", "五级分类"], ["120", "365", "3.5", "次级"]),
        (["借据号", "姓名", "未偿利息", "逾期天数", "未偿本金", "备注"], ["50", "110", "5000.00", ""]),
        (["借据号", "姓名", "未偿本金", "未偿利息", "逾期天数", "备注"], ["100", "200", "30", ""]),
    ],
)
def test_small_figures_side_by_side_in_rows_that_end_in_commas_are_read(header: list[str], row: list[str], trailing: int, tmp_path: Path) -> None:
    rows = [[f"J{i}", "王芳", *row, *[""] * trailing] for i in range(30)]
    assert read(tmp_path / "t.csv", header, rows) == [(row[header.index("未偿本金") - 2], None)] * 30


def test_blocks_of_rows_that_end_in_a_comma_and_blocks_that_do_not(tmp_path: Path) -> None:
    """As Excel writes them, sixteen rows at a time; a row in which a comma cut an amount is none of them."""
    rows = [[f"J{i}", "王芳", "5000.00", "100.50", "30", "", *[""] * (i // 16 % 2)] for i in range(64)]
    assert read(tmp_path / "a.csv", PLAIN, rows) == [("5000.00", None)] * 64
    assert read(tmp_path / "b.csv", [*PLAIN, ""], rows) == [("5000.00", None)] * 64
    bad = ["X", "王芳", "812", "345.67", "50.00", "100", ""]
    assert read(tmp_path / "c.csv", PLAIN, [*rows, bad])[-1] == (None, "ROW_RAGGED")
    moved = ["X", "王", "芳", "812.00", "50.00", "100", ""]
    assert read(tmp_path / "d.csv", PLAIN, [*rows, moved])[-1] == (None, "ROW_RAGGED")
