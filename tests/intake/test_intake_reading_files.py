"""Archives, Parquet, several files as one tape, and everything that is no tape: each refused by name, none by traceback."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import os
import struct
import tarfile
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from panhuo.engines.intake.archives import ReadLimits
from panhuo.engines.intake.layout import Layout, load_layout
from panhuo.engines.intake.sources import open_tape, read_tape
from panhuo.kernel.documents import check
from panhuo.kernel.errors import InputUnusable, UsageInvalid

CSV = "借据号,未偿本金\nA1,100\nA2,200\n".encode()


def ids(frame: pl.DataFrame) -> list[str | None]:
    return frame["借据号"].to_list()


def refused(path: Path | list[Path], code: str, **options: Any) -> InputUnusable:
    """The refusal of reading it all: with a code, a place and both languages."""
    with pytest.raises(InputUnusable) as caught:
        read_tape(path, **options)
    assert caught.value.code == code
    assert caught.value.where
    assert all((*caught.value.cause, *caught.value.remedy))
    return caught.value


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def zipped(path: Path, members: dict[str, bytes], **how: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


class TestPacked:
    def test_gzip_whatever_its_name(self, tmp_path: Path) -> None:
        path = put(tmp_path / "t.csv", gzip.compress(CSV))
        tape = open_tape(path)
        assert ids(pl.concat(tape.batches())) == ["A1", "A2"]
        assert tape.files[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_gzip_of_several_members_and_padding(self, tmp_path: Path) -> None:
        assert ids(read_tape(put(tmp_path / "t.gz", gzip.compress(CSV) + gzip.compress(b"A3,300\n") + bytes(512)))) == ["A1", "A2", "A3"]

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
    def test_truncated_gzip(self, share: float, tmp_path: Path) -> None:
        rows = b"".join(b"A%d,%d\n" % (i, i * 7919 % 10007) for i in range(400_000))
        data = gzip.compress("借据号,未偿本金\n".encode() + rows, 1)
        refused(put(tmp_path / "t.csv.gz", data[: int(len(data) * share)]), "ARCHIVE_TRUNCATED")

    def test_corrupt_gzip(self, tmp_path: Path) -> None:
        data = bytearray(gzip.compress(CSV * 1000))
        data[-6] ^= 0xFF  # the checksum
        refused(put(tmp_path / "t.gz", bytes(data)), "ARCHIVE_DAMAGED")

    def test_gzip_bomb(self, tmp_path: Path) -> None:
        bomb = gzip.compress(b"A,B\n" + b"1,2\n" * (25 << 20), 9)
        refused(put(tmp_path / "t.gz", bomb), "ARCHIVE_BOMB")

    def test_expansion_has_an_absolute_limit(self, tmp_path: Path) -> None:
        data = "借据号,未偿本金\n".encode() + b"".join(b"A%d,%d\n" % (i, i * 7919 % 10007) for i in range(100_000))
        refused(put(tmp_path / "t.gz", gzip.compress(data)), "ARCHIVE_BOMB", limits=ReadLimits(expanded_bytes=200_000))

    def test_zip_of_several_files(self, tmp_path: Path) -> None:
        path = zipped(
            tmp_path / "t.zip",
            {"a/一月.csv": CSV, "b/二月.csv": CSV.replace(b"A", b"B"), "__MACOSX/a/._x": b"junk", "a/.DS_Store": b"\0", "b/~$二月.csv": b"\x05u"},
        )
        got = read_tape(path)
        assert ids(got) == ["A1", "A2", "B1", "B2"]
        assert got["__file"].unique(maintain_order=True).to_list() == ["t.zip/a/一月.csv", "t.zip/b/二月.csv"]
        assert got["__row"].to_list() == [1, 2, 1, 2]

    @pytest.mark.parametrize(
        "letter",
        [
            "请查收附件。\n联系人见清单。\n",
            "说明",
            "一、本清单共两户，\n二、单位为元，金额以合同为准\n三、如有疑问请联系\n",
            "a,b,c\n1,2,3\n",
            "\0\0",
            "\n\n",
        ],
    )
    @pytest.mark.parametrize("first", [True, False])
    def test_a_letter_beside_the_tape_is_left_out_and_named(self, tmp_path: Path, letter: str, first: bool) -> None:
        members = {"说明.txt": letter.encode(), "清单.csv": CSV}
        path = zipped(tmp_path / "t.zip", members if first else dict(reversed(members.items())))
        for layout in (None, load_layout("panhuo")):
            tape = open_tape(path, layout=layout)
            assert [file.name for file in tape.files] == ["t.zip/清单.csv"]
            assert ["t.zip/说明.txt" in note.zh for note in tape.notes] == [True]
            assert ids(next(tape.batches())) == ids(read_tape(put(tmp_path / "t.csv", CSV)))

    def test_a_tape_in_a_txt_is_still_read(self, tmp_path: Path) -> None:
        other = CSV.replace(b"A", b"B")
        tape = open_tape(zipped(tmp_path / "t.zip", {"a.txt": CSV, "b.csv": other, "c.txt": "再见".encode()}))
        assert [file.name for file in tape.files] == ["t.zip/a.txt", "t.zip/b.csv"]
        assert [file.name for file in open_tape(zipped(tmp_path / "u.zip", {"a.txt": CSV})).files] == ["u.zip/a.txt"]
        assert [file.name for file in open_tape(zipped(tmp_path / "v.zip", {"a.txt": b"x,y\n1,2\n"})).files] == ["v.zip/a.txt"]
        refused(zipped(tmp_path / "w.zip", {"a.csv": CSV, "b.csv": b"x,y\n1,2\n"}), "HEADINGS_DIFFER")
        refused(zipped(tmp_path / "x.zip", {"a.txt": b"\0\0\0"}), "INPUT_EMPTY")

    def test_a_sheet_is_named_of_a_workbook_only(self, tmp_path: Path) -> None:
        path = put(tmp_path / "t.csv", CSV)
        with pytest.raises(UsageInvalid) as error:
            open_tape(path, sheet="x")
        assert error.value.code == "SHEET_WITHOUT_WORKBOOK"
        with pytest.raises(UsageInvalid):
            open_tape([path, zipped(tmp_path / "t.zip", {"b.csv": CSV})], sheet="1")

    def test_zip_names_written_in_gbk(self, tmp_path: Path) -> None:
        path = zipped(tmp_path / "t.zip", {"XXXXXXXX.csv": CSV})
        path.write_bytes(path.read_bytes().replace(b"XXXXXXXX", "一月清单".encode("gbk")))
        assert read_tape(path)["__file"][0] == "t.zip/一月清单.csv"

    def test_workbook_and_parquet_inside_a_zip(self, tmp_path: Path) -> None:
        memory = io.BytesIO()
        book = xlsxwriter.Workbook(memory)
        book.add_worksheet().write_row(0, 0, ["借据号", "未偿本金"])
        book.worksheets()[0].write_row(1, 0, ["X1", 5])
        book.close()
        parquet = io.BytesIO()
        pl.DataFrame({"借据号": ["P1"], "未偿本金": [7]}).write_parquet(parquet)
        path = zipped(tmp_path / "t.zip", {"a.xlsx": memory.getvalue(), "b.parquet": parquet.getvalue(), "c.csv": CSV})
        scratch = tmp_path / "work"
        scratch.mkdir()
        tape = open_tape(path, workdir=scratch)
        assert ids(pl.concat(tape.batches())) == ["X1", "P1", "A1", "A2"]
        assert not list(scratch.iterdir())  # nothing unpacked is left behind
        assert {file.sha256 for file in tape.files} == {hashlib.sha256(path.read_bytes()).hexdigest()}

    def test_nested_archives(self, tmp_path: Path) -> None:
        inner = zipped(tmp_path / "i.zip", {"a.csv": CSV}).read_bytes()
        refused(zipped(tmp_path / "t.zip", {"i.zip": inner}), "ARCHIVE_NESTED")
        refused(zipped(tmp_path / "u.zip", {"i.gz": gzip.compress(CSV)}), "ARCHIVE_NESTED")
        refused(put(tmp_path / "t.gz", gzip.compress(gzip.compress(CSV))), "ARCHIVE_NESTED")

    def test_encrypted_zip(self, tmp_path: Path) -> None:
        data = bytearray(zipped(tmp_path / "t.zip", {"a.csv": CSV}).read_bytes())
        for marker, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.find(marker) + offset] |= 1
        assert "密码" in refused(put(tmp_path / "t.zip", bytes(data)), "ARCHIVE_ENCRYPTED").cause.zh

    def test_zip_bomb_stops_while_expanding(self, tmp_path: Path) -> None:
        refused(zipped(tmp_path / "t.zip", {"a.csv": "借据号,未偿本金\n".encode() + b"1,2\n" * (30 << 20)}, compresslevel=9), "ARCHIVE_BOMB")

    def test_a_workbook_in_a_zip_does_not_fill_the_disk(self, tmp_path: Path) -> None:
        parquet = io.BytesIO()
        pl.DataFrame({"借据号": [str(i * 7919) for i in range(50_000)]}).write_parquet(parquet, compression="uncompressed")
        path = zipped(tmp_path / "t.zip", {"a.parquet": parquet.getvalue()})
        scratch = tmp_path / "work"
        scratch.mkdir()
        refused(path, "ARCHIVE_BOMB", workdir=scratch, limits=ReadLimits(workbook_bytes=100_000))
        assert not list(scratch.iterdir())

    def test_empty_cut_and_corrupt_zips(self, tmp_path: Path) -> None:
        refused(zipped(tmp_path / "e.zip", {}), "INPUT_EMPTY")
        whole = zipped(tmp_path / "t.zip", {"a.csv": CSV * 500}).read_bytes()
        refused(put(tmp_path / "c.zip", whole[:-40]), "ARCHIVE_DAMAGED")
        broken = bytearray(whole)
        broken[60] ^= 0xFF
        refused(put(tmp_path / "b.zip", bytes(broken)), "ARCHIVE_DAMAGED")


class TestNoTape:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "INPUT_EMPTY"),
            (b" \r\n\n  \n", "INPUT_EMPTY"),
            ("借据号,未偿本金\n".encode(), "INPUT_NO_ROWS"),
            ("借据号,未偿本金".encode(), "INPUT_NO_ROWS"),
            ("借据号,未偿本金\n\n\r\n".encode("gb18030"), "INPUT_NO_ROWS"),
            (b"%PDF-1.7\n...", "FILE_TYPE_UNSUPPORTED"),
            (b"\x89PNG\r\n\x1a\n" + bytes(100), "FILE_TYPE_UNSUPPORTED"),
            (b"7z\xbc\xaf\x27\x1c" + bytes(100), "FILE_TYPE_UNSUPPORTED"),
            (b"Rar!\x1a\x07\x00", "FILE_TYPE_UNSUPPORTED"),
            (b"BZh91AY&SY", "FILE_TYPE_UNSUPPORTED"),
            (b"\xfd7zXZ\x00", "FILE_TYPE_UNSUPPORTED"),
            (b"SQLite format 3\x00", "FILE_TYPE_UNSUPPORTED"),
            (b"<?xml version='1.0'?><Workbook/>", "FILE_IS_XML"),
            (bytes(range(256)) * 64, "FILE_BINARY"),
            (b"\0" * 10_000, "INPUT_EMPTY"),
            (hashlib.shake_256(b"noise").digest(50_000), "FILE_BINARY"),
            (b"PAR1" + bytes(100) + b"PAR1", "PARQUET_DAMAGED"),
            (b"PK\x03\x04 not really", "ARCHIVE_DAMAGED"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "WORKBOOK_DAMAGED"),
            (b"x" * (70 << 20), "LINE_ENDLESS"),
        ],
        ids=lambda value: value if isinstance(value, str) else value[:12].hex(),
    )
    def test_content_that_is_no_tape(self, data: bytes, code: str, tmp_path: Path) -> None:
        refused(put(tmp_path / "t.csv", data), code)

    def test_a_tar_and_a_word_document(self, tmp_path: Path) -> None:
        memory = io.BytesIO()
        with tarfile.open(fileobj=memory, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("a.csv"))
        assert "tar" in refused(put(tmp_path / "t.tar", memory.getvalue()), "FILE_TYPE_UNSUPPORTED").cause.en
        refused(put(tmp_path / "t.tgz", gzip.compress(memory.getvalue())), "FILE_TYPE_UNSUPPORTED")
        refused(zipped(tmp_path / "t.docx", {"[Content_Types].xml": b"x", "word/document.xml": b"x"}), "FILE_TYPE_UNSUPPORTED")

    def test_places_that_are_no_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        refused(tmp_path / "none.csv", "INPUT_MISSING")
        refused(tmp_path, "INPUT_IS_DIRECTORY")
        refused(tmp_path / "a\0b", "INPUT_UNREADABLE")
        os.mkfifo(tmp_path / "pipe")
        refused(tmp_path / "pipe", "INPUT_NOT_A_FILE")
        refused([], "INPUT_MISSING")
        locked = put(tmp_path / "locked.csv", CSV)

        def forbidden(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", forbidden)  # root may read anything: the refusal is the operating system's to give
        refused(locked, "INPUT_FORBIDDEN")

    def test_duplicate_headings(self, tmp_path: Path) -> None:
        path = put(tmp_path / "t.csv", "借据号,未偿本金,备注,备注\nA1,1,x,y\n".encode())
        for chosen in (load_layout("panhuo"), None):  # which has no use for it; nor would any layout suggested for the tape
            tape = open_tape(path, layout=chosen)
            assert tape.headings == ("借据号", "未偿本金", "备注", "备注 (2)")
            assert "备注" in tape.notes[0].zh
        path.write_text("借据号,未偿本金,未偿本金\nA1,1,2\n")
        for chosen in (load_layout("panhuo"), None):
            assert "未偿本金" in refused(path, "DUPLICATE_HEADINGS", layout=chosen).cause.zh


def layout(**more: Any) -> Layout:
    base = {
        "name": "two",
        "title": {"zh": "两", "en": "two"},
        "columns": [
            {"from": ["借据号", "Loan ID"], "to": "account_id"},
            {"from": ["未偿本金", "Principal"], "to": "principal_fen"},
            {"from": "姓名", "to": "name"},
        ],
    }
    return check({**base, **more}, Layout, where="test")


class TestSeveralFiles:
    def test_the_same_headings_in_any_order(self, tmp_path: Path) -> None:
        a = put(tmp_path / "a.csv", "借据号,未偿本金,姓名\nA1,1,张\n".encode())
        b = put(tmp_path / "b.csv", "姓名,借据号,未偿 本金\n李,B1,2\n".encode("gb18030"))
        tape = open_tape([a, b])
        got = pl.concat(tape.batches())
        assert tape.headings == ("借据号", "未偿本金", "姓名")
        assert got.select(tape.headings).rows() == [("A1", "1", "张"), ("B1", "2", "李")]
        assert got["__file"].to_list() == ["a.csv", "b.csv"]
        assert [f.rows for f in tape.files] == [1, 1]
        assert [f.sha256 for f in tape.files] == [hashlib.sha256(p.read_bytes()).hexdigest() for p in (a, b)]

    def test_different_headings_need_a_layout_that_binds_both(self, tmp_path: Path) -> None:
        a = put(tmp_path / "a.csv", "借据号,未偿本金,备注\nA1,1,x\n".encode())
        b = put(tmp_path / "b.csv", "Loan ID,Principal,姓名,备注\nB1,2,李,y\n".encode())
        error = refused([a, b], "HEADINGS_DIFFER")
        assert "未偿本金" in error.cause.zh
        assert "Principal" in error.cause.zh
        tape = open_tape([a, b], layout=layout())
        got = pl.concat(tape.batches())
        assert got.select(tape.headings).rows() == [("A1", "1", "x", None), ("B1", "2", "y", "李")]
        assert tape.headings == ("借据号", "未偿本金", "备注", "姓名")
        refused([a, put(tmp_path / "c.csv", b"x,y\n1,2\n")], "LAYOUT_MISSING_REQUIRED", layout=layout())

    def test_yuan_and_wan_are_never_one_column(self, tmp_path: Path) -> None:
        a = put(tmp_path / "a.csv", "借据号,未偿本金（元）\nA1,10000\n".encode())
        b = put(tmp_path / "b.csv", "借据号,未偿本金（万元）\nB1,1\n".encode())
        refused([a, b], "HEADINGS_DIFFER")
        refused([a, b], "UNITS_DIFFER", layout=layout())

    def test_files_of_one_name_keep_their_folders(self, tmp_path: Path) -> None:
        paths = []
        for folder in "xy":
            (tmp_path / folder).mkdir()
            paths.append(put(tmp_path / folder / "t.csv", CSV))
        assert open_tape(paths).files[0].name != open_tape(paths).files[1].name
        assert open_tape(paths[0]).files[0].name == "t.csv"

    def test_a_text_a_workbook_and_a_parquet_are_one_tape(self, tmp_path: Path) -> None:
        book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"))
        book.add_worksheet().write_row(0, 0, ["未偿本金", "借据号"])
        book.worksheets()[0].write_row(1, 0, [5, "B1"])
        book.close()
        pl.DataFrame({"借据号": ["C1"], "未偿本金": [Decimal("7.10")]}).write_parquet(tmp_path / "c.parquet")
        got = read_tape([put(tmp_path / "a.csv", CSV), tmp_path / "b.xlsx", tmp_path / "c.parquet"])
        assert got.select("借据号", "未偿本金").rows() == [("A1", "100"), ("A2", "200"), ("B1", "5"), ("C1", "7.10")]


class TestParquet:
    def test_each_value_in_the_spelling_that_reads_back(self, tmp_path: Path) -> None:
        frame = pl.DataFrame(
            {
                "id": [1001.0, None, 110101199001011200.0],
                "amount": [1234567.89, 0.1, -5.0],
                "big": [2**62, 0, None],
                "day": [dt.date(2024, 3, 5), None, dt.date(1999, 12, 31)],
                "time": [dt.datetime(2024, 3, 5), dt.datetime(2024, 3, 5, 12, 30, 1), None],  # noqa: DTZ001 a tape has no time zone
                "flag": [True, False, None],
                "text": ["", "001", "张"],
                "kind": pl.Series(["a", "b", None], dtype=pl.Categorical),
                "raw": [b"abc", "张".encode("gb18030"), None],
                "money": [Decimal("1.50"), Decimal("-3.25"), None],
                "list": [[1, 2], None, []],
            }
        )
        frame.write_parquet(tmp_path / "t.parquet")
        got = read_tape(tmp_path / "t.parquet").select(frame.columns)
        assert got.rows() == [
            ("1001", "1234567.89", str(2**62), "2024-03-05", "2024-03-05", "true", None, "a", "abc", "1.50", '{"list":[1,2]}'),
            (None, "0.1", "0", None, "2024-03-05 12:30:01", "false", "001", "b", "张", "-3.25", None),
            ("110101199001011200", "-5", None, "1999-12-31", None, None, "张", None, None, None, '{"list":[]}'),
        ]

    def test_batches_cross_row_groups(self, tmp_path: Path) -> None:
        pl.DataFrame({"借据号": [f"A{i}" for i in range(1000)], "未偿本金": range(1000)}).write_parquet(tmp_path / "t.parquet", row_group_size=170)
        tape = open_tape(tmp_path / "t.parquet")
        batches = list(tape.batches(300))
        assert [b.height for b in batches] == [300, 300, 300, 100]
        assert pl.concat(batches)["__row"].to_list() == list(range(1, 1001))

    def test_damage_and_null_characters(self, tmp_path: Path) -> None:
        path = tmp_path / "t.parquet"
        pl.DataFrame({"借据号": ["A1", "A\0002", "A3"], "未偿本金": ["1", "2", "3"]}).write_parquet(path)
        got = read_tape(path)
        assert got["__fault"].to_list() == [None, "ROW_NUL", None]
        assert ids(got) == ["A1", "A2", "A3"]
        whole = path.read_bytes()
        refused(put(path, whole[: len(whole) // 2]), "PARQUET_DAMAGED")
        refused(put(path, whole[:4] + bytes(40) + whole[44:]), "PARQUET_DAMAGED")
        refused(put(path, whole[:-8] + struct.pack("<I", 10**9) + b"PAR1"), "PARQUET_DAMAGED")

    def test_no_rows(self, tmp_path: Path) -> None:
        pl.DataFrame({"借据号": []}, schema={"借据号": pl.String}).write_parquet(tmp_path / "t.parquet")
        refused(tmp_path / "t.parquet", "INPUT_NO_ROWS")


def test_a_document_beside_the_tape_is_left_out_and_named(tmp_path: Path) -> None:
    tape = open_tape(zipped(tmp_path / "t.zip", {"说明.pdf": b"%PDF-1.7", "a.csv": CSV, "照片.jpg": b"\xff\xd8\xff\xe0"}))
    assert [file.name for file in tape.files] == ["t.zip/a.csv"]
    (note,) = tape.notes
    assert "t.zip/说明.pdf、t.zip/照片.jpg" in note.zh
    assert "not read" in note.en


def test_an_encrypted_workbook_is_known_wherever_its_directory_stands(tmp_path: Path) -> None:
    """The name of the encrypted stream may stand anywhere in a large file."""
    path = put(tmp_path / "t.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000_000) + "EncryptedPackage".encode("utf-16-le"))
    assert "密码" in refused(path, "WORKBOOK_ENCRYPTED").cause.zh


def test_null_bytes_are_not_called_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "n.csv.gz").write_bytes(gzip.compress(b"\0" * 10_000))
    with pytest.raises(InputUnusable) as refused:
        open_tape(tmp_path / "n.csv.gz")
    assert "空字节" in refused.value.cause.zh
    assert "null bytes" in refused.value.cause.en
