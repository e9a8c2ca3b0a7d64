"""Every encoding, and what becomes of bytes that fit none."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake import encodings
from panhuo.engines.intake.layout import load_layout
from panhuo.engines.intake.sources import open_tape, read_tape
from panhuo.kernel.errors import InputUnusable

HEADER = "借据号,姓名,居住地址,未偿本金\n"
NAMES = ("张伟", "欧阳娜娜", "王芳", "赵丽颖", "陈晓东", "刘洋", "孙悦", "周杰", "吴磊", "郑爽")


def tape(count: int, start: int = 0) -> str:
    return "".join(f"J{i},{NAMES[i % 10]},四川省成都市武侯区人民南路{i}号,{i}.50\n" for i in range(start, start + count))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_each_encoding_is_told_by_itself(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes((HEADER + tape(300)).encode(encoding))
    opened = open_tape(path)
    frame = pl.concat(opened.batches())
    assert frame["姓名"].to_list() == [NAMES[i % 10] for i in range(300)]
    assert frame["__fault"].null_count() == 300
    wanted = {"utf-8-sig": "utf-8", "gbk": "gb18030", "utf-16": "utf-16-le"}.get(encoding, encoding)
    assert opened.files[0].encoding == wanted


def test_rare_characters_of_gb18030(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes((HEADER + "J1,㐂𠮷䶮,é€,1\n").encode("gb18030"))
    assert read_tape(path)["姓名"].to_list() == ["㐂𠮷䶮"]


def test_delimiters_inside_double_byte_characters_do_not_split(tmp_path: Path) -> None:
    """The second byte of these characters is | or ^ or ~ in GB18030."""
    odd = "".join(chr(c) for c in range(0x4E00, 0x9FA5) if chr(c).encode("gb18030")[1:] in (b"|", b"^", b"~", b"\\"))[:40]
    path = tmp_path / "t.txt"
    path.write_bytes(("借据号|姓名|未偿本金\n" + "".join(f"J{i}|王{c}|1\n" for i, c in enumerate(odd))).encode("gb18030"))
    assert read_tape(path)["姓名"].to_list() == [f"王{c}" for c in odd]


def test_chinese_after_a_megabyte_of_ascii(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    ascii_rows = "".join(f"J{i},name{i},street {i},{i}\n" for i in range(60_000))
    for encoding in ("gb18030", "utf-8"):
        path.write_bytes(("id,name,address,principal\n" + ascii_rows + tape(50, 60_000)).encode(encoding))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(encodings, "BLOCK", 1 << 20)
            opened = open_tape(path)
            frame = pl.concat(opened.batches())
        assert frame["name"].to_list()[60_000:60_003] == ["张伟", "欧阳娜娜", "王芳"]
        assert frame["__fault"].null_count() == 60_050
        assert opened.files[0].encoding == encoding


@pytest.mark.parametrize(("base", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_a_file_of_two_encodings_faults_the_lesser_part_only(base: str, other: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes((HEADER + tape(60)).encode(base) + tape(20, 60).encode(other) + tape(60, 80).encode(base))
    got = read_tape(path)
    assert got.height == 140
    faults = got["__fault"].to_list()
    assert faults == [None] * 60 + ["ROW_ENCODING"] * 20 + [None] * 60
    assert got["姓名"].to_list()[80:] == [NAMES[i % 10] for i in range(80, 140)]
    assert got["__raw"].to_list()[60] == tape(1, 60).strip()  # the person who mends it can read it
    assert got["未偿本金"].to_list() == [f"{i}.50" for i in range(140)]  # the cells that do decode are kept


def test_utf8_that_passes_for_gb18030_is_not_let_through_as_nonsense(tmp_path: Path) -> None:
    stray = "J7,张伟,成都武侯,7.50\n"
    assert stray.encode().decode("gb18030") != stray  # it does decode, to other characters
    path = tmp_path / "t.csv"
    path.write_bytes((HEADER + tape(7)).encode("gb18030") + stray.encode() + tape(3, 8).encode("gb18030"))
    got = read_tape(path)
    assert got["__fault"].to_list() == [None] * 7 + ["ROW_ENCODING"] + [None] * 3
    assert got["__raw"][7] == stray.strip()


def test_bytes_of_no_encoding_fault_their_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = (HEADER + tape(10)).encode().split(b"\n")
    rows[4] = b"J3,\xff\xfe\xff,x,3.50"
    path.write_bytes(b"\n".join(rows))
    got = read_tape(path)
    assert got["__fault"].to_list() == [None] * 3 + ["ROW_ENCODING"] + [None] * 6
    assert got["__raw"][3] == r"J3,\xff\xfe\xff,x,3.50"
    assert got["姓名"][3] is None


def test_a_file_mostly_of_no_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(HEADER.encode() + b"".join(b"J%d,\xff\x81\xff,\xfe\xff,1\n" % i for i in range(100)))
    with pytest.raises(InputUnusable, match="ENCODING_UNKNOWN"):
        open_tape(path)


def test_an_odd_byte_in_utf16_faults_its_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lines = [line.encode("utf-16-le") for line in (HEADER + tape(6)).splitlines(keepends=True)]
    lines[3] = "J2,".encode("utf-16-le") + b"\x00\xd8" + ",x,2.50\n".encode("utf-16-le")  # half a surrogate pair
    path.write_bytes(b"\xff\xfe" + b"".join(lines))
    got = read_tape(path)
    assert got["__fault"].to_list() == [None, None, "ROW_ENCODING", None, None, None]
    assert got["借据号"].to_list() == [f"J{i}" for i in range(6)]


def test_european_letters_are_not_taken_for_chinese(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(("id;name;city;principal\n" + "".join(f"K{i};Müller;Köln Straße {i};{i},50\n" for i in range(40))).encode("cp1252"))
    opened = open_tape(path)
    assert next(opened.batches())["city"][1] == "Köln Straße 1"
    assert opened.files[0].encoding == "cp1252"


def test_the_layout_may_state_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("account_id,name,principal_fen\nJ1,陳大文,1\n".encode("big5"))
    layout = load_layout("panhuo").model_copy(update={"encoding": "big5"})
    assert read_tape(path, layout=layout).row(0)[:3] == ("J1", "陳大文", "1")


def test_utf32_and_a_lone_bom(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes((HEADER + tape(3)).encode("utf-32"))
    with pytest.raises(InputUnusable, match="ENCODING_UNKNOWN"):
        open_tape(path)
    for bom in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        path.write_bytes(bom)
        with pytest.raises(InputUnusable, match="INPUT_EMPTY"):
            open_tape(path)


@given(
    block=st.integers(20, 200),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    names=st.lists(st.text(alphabet="张欧陽娜丽a1 ", max_size=8), min_size=1, max_size=30),
)
def test_blocks_of_any_size_give_the_same_rows(block: int, encoding: str, names: list[str], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(("借据号,姓名,未偿本金\n" + "".join(f"{i},{name},1\n" for i, name in enumerate(names))).encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "BLOCK", block)
        got = read_tape(path)
    assert got["姓名"].to_list() == [name or None for name in names]
    assert got["__row"].to_list() == list(range(1, len(names) + 1))


@pytest.mark.parametrize("header", ["utf-8", "gb18030"])
@pytest.mark.parametrize(
    "rows", [("utf-8", 10, "gb18030", 19), ("gb18030", 10, "utf-8", 19), ("utf-8", 1, "gb18030", 28), ("gb18030", 1, "utf-8", 28)]
)
def test_whatever_encodings_are_pasted_together_rows_are_right_or_refused(header: str, rows: tuple[str, int, str, int], tmp_path: Path) -> None:
    """The header in either encoding is read right; the lesser part of the rows is faulty, and no row is nonsense."""
    first, some, second, more = rows
    (tmp_path / "t.csv").write_bytes(HEADER.encode(header) + tape(some).encode(first) + tape(more, some).encode(second))
    got = read_tape(tmp_path / "t.csv")
    assert got.columns[:4] == HEADER.strip().split(",")
    assert got["__fault"].to_list() == ["ROW_ENCODING"] * some + [None] * more
    assert got.filter(pl.col("__fault").is_null())["姓名"].to_list() == [NAMES[i % 10] for i in range(some, some + more)]


def test_a_sample_cut_inside_a_character_is_still_legible(tmp_path: Path) -> None:
    """The first look takes a megabyte, wherever that ends."""
    for encoding in ("utf-8", "gb18030"):
        for odd in range(4):
            path = tmp_path / "t.csv"
            path.write_bytes((HEADER + "x" * odd + tape(25_000)).encode(encoding))
            opened = open_tape(path)
            assert opened.headings == tuple(HEADER.strip().split(","))
            assert opened.files[0].encoding == encoding
