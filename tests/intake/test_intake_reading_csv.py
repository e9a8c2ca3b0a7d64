"""Delimited text against a slow twin: Python's csv module, on tables made by hypothesis in every encoding and delimiter."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.intake import encodings
from panhuo.engines.intake.archives import ReadLimits
from panhuo.engines.intake.delimited import Rows
from panhuo.engines.intake.dialect import sniff
from panhuo.engines.intake.sources import open_tape, read_tape
from panhuo.kernel.errors import InputUnusable
from sheets import rows as cells

HEADINGS = ("借据号", "姓名", "未偿本金", "备注")
CHARS = st.sampled_from([*"abc12.,;|\t\"'\n 张欧陽元￥é", "\u3000", "\r\n", '""', "1,234.50", "=A1"])
CELL = st.lists(CHARS, max_size=6).map("".join)


def write(rows: list[list[str]], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL, eol: str = "\r\n") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=eol).writerows(rows)
    return out.getvalue()


def twin(text: str, delimiter: str) -> list[tuple[str | None, ...]]:
    """What the csv module reads, empty cells as None."""
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    return [tuple(cell or None for cell in row) for row in rows[1:] if row]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "^", "~"])
@given(
    body=st.lists(st.tuples(st.integers(1, 10**9).map(str), CELL, CELL, CELL), min_size=1, max_size=12),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    eol=st.sampled_from(["\n", "\r\n"]),
    tail=st.booleans(),
)
@settings(max_examples=60)
def test_reads_what_the_csv_module_reads(
    delimiter: str, body: list[tuple[str, ...]], encoding: str, quoting: int, eol: str, tail: bool, tmp_path: Path
) -> None:
    text = write([list(HEADINGS), *map(list, body)], delimiter, quoting, eol)
    if not tail:
        text = text.removesuffix(eol)
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    got = read_tape(path)
    assert cells(got) == twin(text, delimiter)
    assert got["__fault"].null_count() == got.height == len(body)
    assert got["__row"].to_list() == list(range(1, len(body) + 1))


@given(
    body=st.lists(st.lists(CELL, min_size=1, max_size=6), min_size=1, max_size=10),
    block=st.sampled_from([40, 90, 400, 10_000]),
)
@settings(max_examples=300)
def test_ragged_rows_are_faults_and_no_other_row_moves(body: list[list[str]], block: int, tmp_path: Path) -> None:
    """Rows of any width, read in blocks of any size: each of the header's width comes out as itself, each other as one fault, empty cells at its end or not."""
    rows = [[str(i), *row] for i, row in enumerate([["张", "1", "x"]] * 11 + body)]
    text = write([list(HEADINGS), *rows])
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "BLOCK", block)
        got = read_tape(path)
    assert got.height == len(rows)
    for row, values, fault, raw in zip(rows, cells(got), got["__fault"], got["__raw"], strict=True):
        if len(row) == 4:
            assert fault is None
            assert values == tuple(cell or None for cell in row[:4])
        else:
            assert fault == "ROW_RAGGED"
            assert values == (None,) * 4
            assert next(csv.reader(io.StringIO(raw, newline=""))) == row


@given(
    good=st.lists(st.tuples(CELL, CELL), min_size=3, max_size=12),
    at=st.integers(0, 11),
    bad=st.sampled_from(['X,"never closed,b,c', 'X,a"b,c,"d', '"X,a,b,c', 'X,a,b,"c', 'X,"a"b,c,d', 'X,"a" ,"b" "c",d']),
    block=st.sampled_from([60, 300, 10_000]),
)
@settings(max_examples=300)
def test_a_stray_quotation_mark_costs_its_own_line_only(good: list[tuple[str, str]], at: int, bad: str, block: int, tmp_path: Path) -> None:
    rows = [[str(i), a, "1", b] for i, (a, b) in enumerate(good)]
    at = min(at, len(rows))
    text = write([list(HEADINGS), *rows[:at]]) + bad + "\r\n" + write(rows[at:])
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "BLOCK", block)
        got = read_tape(path)
    kept = [row for row, fault in zip(cells(got), got["__fault"], strict=True) if not fault and row[0] != "X"]
    wanted = [tuple(cell or None for cell in row) for row in rows]
    if not any('"' in cell or "\n" in cell or "\r" in cell for row in rows for cell in row):  # nothing for the stray mark to pair with
        assert kept == wanted
        assert got.height == len(rows) + 1
    joined = "".join(got.select(pl.concat_str(pl.all().cast(pl.String).fill_null(""))).to_series())
    assert all(row[0] in joined for row in rows)


def test_a_stray_mark_among_quoted_neighbours_costs_its_own_line(tmp_path: Path) -> None:
    rows = [[str(i), f'巷 "{i}" 号, 东', "1", "line\nbreak"] for i in range(50)]
    lines = write(rows[:20]) + '20,"巷,1,x\r\n' + write(rows[21:])
    path = tmp_path / "t.csv"
    path.write_bytes((write([list(HEADINGS)]) + lines).encode())
    got = read_tape(path)
    assert got.filter(pl.col("__fault").is_not_null())["__raw"].to_list() == ['20,"巷,1,x']
    assert [row for row in cells(got) if row[0]] == [tuple(row) for i, row in enumerate(rows) if i != 20]


def test_short_rows_are_found_where_polars_fills_them_silently(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("借据号,姓名,未偿本金\n1,张,10\n2,李\n3,王,30\n4\n,,\n")
    got = read_tape(path)
    assert got["__fault"].to_list() == [None, "ROW_RAGGED", None, "ROW_RAGGED", None]
    assert got["__raw"].to_list() == [None, "2,李", None, "4", None]
    assert got["借据号"].to_list() == ["1", None, "3", None, None]


def test_one_short_and_one_long_row_do_not_cancel(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("借据号,姓名,未偿本金\n1,张\n2,李,20,x\n3,王,30\n")
    assert read_tape(path)["__fault"].to_list() == ["ROW_RAGGED", "ROW_RAGGED", None]


def test_blank_lines_are_no_rows_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("借据号,姓名,未偿本金\n\n1,张,10\n   \n\r\n2,李,20\n\n\n")
    tape = open_tape(path)
    frame = pl.concat(tape.batches())
    assert frame["__row"].to_list() == [1, 2]
    assert frame["__fault"].null_count() == 2
    assert tape.files[0].blank_rows == 5


@pytest.mark.parametrize("header_trails", [True, False])
@pytest.mark.parametrize("rows_trail", [True, False])
def test_a_trailing_delimiter_is_no_column(header_trails: bool, rows_trail: bool, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("".join(["借据号,姓名", "," * header_trails, "\n", *(f"{i},张{',' * rows_trail}\n" for i in range(5))]))
    tape = open_tape(path)
    frame = pl.concat(tape.batches())
    assert frame["__fault"].null_count() == 5
    assert frame["借据号"].to_list() == list("01234")
    assert tape.files[0].slow_blocks == 0


@pytest.mark.parametrize("delimiter", ["\t", ";", "|", "\x01"])
def test_commas_in_amounts_do_not_make_a_comma_file(delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    rows = [["借据号", "本金", "利息", "罚息"], *([f"J{i}", f"1,{i:03}.50", "2,000,000.00", "0"] for i in range(50))]
    path.write_text("\n".join(delimiter.join(row) for row in rows), encoding="gb18030")
    tape = open_tape(path)
    assert (tape.files[0].delimiter, tape.files[0].encoding) == (delimiter, "gb18030")
    assert next(tape.batches())["本金"].to_list()[:2] == ["1,000.50", "1,001.50"]


@pytest.mark.parametrize("delimiter", ["@", "#", "!", "|@|", "@|@", "||", "|+|", "，", "!^"])
@pytest.mark.parametrize("block", [64, 1 << 20])
def test_odd_and_long_delimiters_are_found(delimiter: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "BLOCK", block)
    path = tmp_path / "t.txt"
    rows = [["借据号", "姓名", "本金", "备注"], *([f"J{i}", "张", "1,000.50", 'a@b.cn "甲" | #2' if len(delimiter) > 1 else ""] for i in range(50))]
    text = "\n".join(delimiter.join(row) for row in rows)
    path.write_text(text + f"\nJ50{delimiter}短", encoding="utf-8")
    tape = open_tape(path)
    frame = pl.concat(tape.batches(), how="diagonal")
    assert tape.files[0].delimiter == delimiter
    assert frame.head(50).select("借据号", "姓名", "本金", "备注").fill_null("").rows() == [tuple(row) for row in rows[1:]]
    assert frame["__fault"].to_list()[-1] == "ROW_RAGGED"
    assert frame["__raw"].to_list()[-1] == f"J50{delimiter}短"


def test_blank_cells_between_bars_are_no_long_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("借据号|姓名|本金|利息\n" + "".join(f"J{i}||{i}|1\n" for i in range(50)))
    tape = open_tape(path)
    assert (tape.files[0].delimiter, tape.headings) == ("|", ("借据号", "姓名", "本金", "利息"))


def test_decimal_commas_do_not_make_a_comma_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("ref;saldo;zins\n" + "".join(f"K{i};{i},50;2,5\n" for i in range(9)))
    assert open_tape(path).files[0].delimiter == ";"


def test_hive_text_never_quotes(tmp_path: Path) -> None:
    path = tmp_path / "000000_0"
    path.write_bytes('借据号\x01姓名\x01备注\n1\x01张"三\x01"x\n2\x01李\x01y"\n'.encode())
    assert cells(read_tape(path)) == [("1", '张"三', '"x'), ("2", "李", 'y"')]


def test_title_lines_above_the_header_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("某银行不良资产清单\n基准日：2024-06-30,,\n\n借据号,姓名,未偿本金\n1,张,10\n2,李,20\n", encoding="utf-8")
    tape = open_tape(path)
    assert tape.headings == ("借据号", "姓名", "未偿本金")
    assert next(tape.batches())["__row"].to_list() == [1, 2]


def test_a_quoted_header_with_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes('"借据号","未偿本金\n（万元）"\r\n1,10\r\n'.encode())
    tape = open_tape(path)
    assert tape.headings == ("借据号", "未偿本金\n（万元）")
    assert cells(next(tape.batches())) == [("1", "10")]


def test_old_macintosh_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("借据号,姓名\r1,张\r2,李\r".encode())
    assert cells(read_tape(path)) == [("1", "张"), ("2", "李")]


def test_batches_have_the_asked_size_and_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("借据号,未偿本金\n" + "".join(f"J{i},{i}\n" for i in range(1000)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "BLOCK", 700)
        tape = open_tape(path)
        batches = list(tape.batches(300))
    assert [b.height for b in batches] == [300, 300, 300, 100]
    assert pl.concat(batches).equals(read_tape(path))
    assert all(dict(b.schema) == tape.schema for b in batches)
    assert list(tape.batches(300))[3].equals(batches[3])  # it can be read again


def test_three_hundred_columns_and_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",".join(f"c{i}" for i in range(300)) + "\n" + ",".join(map(str, range(300))) + "\n")
    assert cells(read_tape(path)) == [tuple(map(str, range(300)))]
    path.write_text(",".join(f"c{i}" for i in range(2001)) + "\n" + ",".join(map(str, range(2001))) + "\n")
    with pytest.raises(InputUnusable, match="TOO_MANY_COLUMNS"):
        open_tape(path)


def test_a_ten_megabyte_cell_faults_its_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    long, tall = "x" * 10_000_000, "y\n" * 1_000_000
    path.write_text(f'借据号,姓名\n1,张\n2,{long}\n3,王\n4,"{tall}"\n5,赵\n')
    got = read_tape(path)
    assert got["__fault"].to_list() == [None, "CELL_TOO_LONG", None, "CELL_TOO_LONG", None]
    assert got["借据号"].to_list() == list("12345")
    assert got["姓名"].to_list() == ["张", None, "王", None, "赵"]
    assert all(len(raw or "") < 70_000 for raw in got["__raw"])


def test_null_characters_fault_their_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("借据号,姓名,未偿本金\n1,张,10\n2,李\0\0,20\n3,王,30\n".encode())
    got = read_tape(path)
    assert got["__fault"].to_list() == [None, "ROW_NUL", None]
    assert got["姓名"].to_list() == ["张", "李", "王"]


def test_an_unclosed_quotation_mark_does_not_eat_the_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('借据号,姓名\n1,"张\n' + "".join(f"{i},李\n" for i in range(2, 5000)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "BLOCK", 4096)
        got = pl.concat(open_tape(path, limits=ReadLimits(row_bytes=20_000)).batches())
    assert got["__fault"].to_list() == ["ROW_RAGGED"] + [None] * 4998
    assert got["借据号"].to_list()[1:] == [str(i) for i in range(2, 5000)]


@pytest.mark.parametrize("block", [30, 75, 200, 100_000])
def test_odd_marks_do_not_break_honest_line_breaks_across_blocks(block: int, tmp_path: Path) -> None:
    rows = [[str(i), f"line {i}\nbreak", "1", "东, 西"] for i in range(40)]
    lines = write(rows[:10]) + '10,5" pipe,1,x\r\n' + write(rows[11:20]) + '20,a"b,c,"d\r\n' + write(rows[21:])
    path = tmp_path / "t.csv"
    path.write_bytes((write([list(HEADINGS)]) + lines).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "BLOCK", block)
        got = read_tape(path)
    wanted: list[tuple[str | None, ...]] = [tuple(row) for row in rows]
    wanted[10], wanted[20] = ("10", '5" pipe', "1", "x"), (None,) * 4
    assert cells(got) == wanted
    assert got["__fault"].to_list() == ["ROW_RAGGED" if i == 20 else None for i in range(40)]


def test_an_extra_cell_that_is_not_empty_is_a_fault_even_where_rows_end_in_a_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("借据号,姓名\n" + "".join(f"{i},张,{'x' if i == 700 else ''}\n" for i in range(900)))
    got = read_tape(path)
    assert got.filter(pl.col("__fault").is_not_null()).select("__row", "__fault", "__raw").rows() == [(701, "ROW_RAGGED", "700,张,x")]


def test_an_unclosed_quotation_mark_holds_back_a_bounded_part(tmp_path: Path) -> None:
    dialect = sniff("借据号,姓名\n1,张\n", frozenset(), "t", ReadLimits())
    reader = Rows(dialect, ReadLimits(row_bytes=3_000))
    block = "".join(f"{i},李\n" for i in range(100)).encode()
    height = sum(frame.height for frame in reader.feed(b'0,"x\n' + block, final=False))
    for _ in range(30):
        height += sum(frame.height for frame in reader.feed(block, final=False))
        assert len(reader._carry) < 3_000 + 2 * len(block)
    height += sum(frame.height for frame in reader.feed(b"", final=True))
    assert height == 1 + 31 * 100


@given(
    body=st.lists(st.tuples(st.lists(st.sampled_from([*'ab"\n,张', "\0"]), max_size=5).map("".join), CELL), min_size=1, max_size=12),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_null_characters_fault_their_rows_and_no_others(body: list[tuple[str, str]], quoting: int, tmp_path: Path) -> None:
    rows = [[str(i), a, "1", b] for i, (a, b) in enumerate(body)]
    path = tmp_path / "t.csv"
    path.write_bytes(write([list(HEADINGS), *rows], quoting=quoting).encode())
    got = read_tape(path)
    assert got["__fault"].to_list() == ["ROW_NUL" if "\0" in row[1] else None for row in rows]
    assert cells(got) == [tuple(cell.replace("\0", "") or None for cell in row) for row in rows]
    for row, raw in zip(rows, got["__raw"], strict=True):
        assert ("\0" in row[1]) == (raw is not None)
        assert raw is None or next(csv.reader(io.StringIO(raw, newline=""))) == row
