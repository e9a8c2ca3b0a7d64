"""Workbooks: real .xlsx from xlsxwriter, and a real .xls and an encrypted one written byte by byte."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from panhuo.engines.intake.archives import ReadLimits
from panhuo.engines.intake.layout import load_layout
from panhuo.engines.intake.sources import open_apart, open_tape, read_tape
from panhuo.kernel.errors import InputUnusable
from sheets import rows, sheets_of, workbook


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file (the container of .xls and of encrypted .xlsx), each stream padded to the 4096 bytes that keep it simple."""
    bodies = {name: data.ljust(4096, b"\0") for name, data in streams.items()}
    chains, sectors, start = [], [], {}
    for name, data in bodies.items():
        count = -(-len(data) // 512)
        first = 2 + len(sectors)  # sectors 0 and 1 are the allocation table and the directory
        start[name] = first
        chains += [*range(first + 1, first + count), 0xFFFFFFFE]
        sectors += [data[i * 512 : (i + 1) * 512].ljust(512, b"\0") for i in range(count)]
    table = struct.pack("<128I", *([0xFFFFFFFD, 0xFFFFFFFE, *chains] + [0xFFFFFFFF] * (126 - len(chains))))
    entries = [("Root Entry", 5, 1 if len(bodies) else 0xFFFFFFFF, 0xFFFFFFFE, 0)]
    entries += [(name, 2, 0xFFFFFFFF, start[name], len(data)) for name, data in bodies.items()]
    directory = b""
    for i, (name, kind, child, first, size) in enumerate(entries):
        text = name.encode("utf-16-le") + b"\0\0"
        right = i + 1 if 0 < i < len(entries) - 1 else 0xFFFFFFFF
        directory += text.ljust(64, b"\0") + struct.pack("<HBBIII16sIQQIQ", len(text), kind, 1, 0xFFFFFFFF, right, child, b"", 0, 0, 0, first, size)
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    )
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return head + table + directory.ljust(512, b"\0") + b"".join(sectors)


def xls(table: list[list[str | float]]) -> bytes:
    """An Excel 97 workbook with one sheet."""

    def record(code: int, data: bytes) -> bytes:
        return struct.pack("<HH", code, len(data)) + data

    def text(value: str) -> bytes:
        return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")

    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    name = "清单".encode("utf-16-le")
    length = 4 + len(begin) + 4 + 8 + len(name) + 4
    book = record(0x0809, begin) + record(0x0085, struct.pack("<IHBB", length, 0, 2, 1) + name) + record(0x000A, b"")
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    sheet += record(0x0200, struct.pack("<IIHHH", 0, len(table), 0, len(table[0]), 0))
    for r, row in enumerate(table):
        for c, value in enumerate(row):
            if isinstance(value, str):
                sheet += record(0x0204, struct.pack("<HHH", r, c, 0) + text(value))
            else:
                sheet += record(0x0203, struct.pack("<HHHd", r, c, 0, value))
    return compound({"Workbook": book + sheet + record(0x000A, b"")})


def plain(book: Any) -> None:
    sheet = book.add_worksheet("清单")
    sheet.write_row(0, 0, ["借据号", "未偿本金"])
    sheet.write_row(1, 0, ["A1", 100.5])


def test_cells_come_as_a_person_sees_them(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("清单")
        date, chinese = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        sheet.write_row(0, 0, ["借据号", "证件号码", "未偿本金", "放款日期", "执行年利率", "是否已核销", "未偿利息", "其他费用", "备注", "到期日期"])
        sheet.write_number(1, 0, 123456789012345)
        sheet.write_string(1, 1, "110101199001011234")
        sheet.write_number(1, 2, 1234567.89)
        sheet.write_datetime(1, 3, dt.date(2024, 3, 5), date)
        sheet.write_number(1, 4, 0.18, book.add_format({"num_format": "0.00%"}))
        sheet.write_boolean(1, 5, True)
        sheet.write_formula(1, 6, "=C2*0.01", None, 12345.6789)
        sheet.write_formula(1, 7, "=NA()", None, "#N/A")
        sheet.write_string(1, 8, "=1+1")
        sheet.write_datetime(1, 9, dt.date(2026, 3, 5), chinese)

    got = read_tape(workbook(tmp_path / "t.xlsx", fill))
    assert rows(got) == [
        ("123456789012345", "110101199001011234", "1234567.89", "2024-03-05", "0.18", "true", "12345.6789", "#N/A", "=1+1", "2026-03-05")
    ]


def test_numbers_have_neither_point_zero_nor_exponent(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["借据号", "未偿本金"])
        for i, value in enumerate([1.0, 1e15, 110101199001011200.0, 0.1, 1e-7, -500.0]):
            sheet.write_row(i + 1, 0, [f"A{i}", value])

    got = read_tape(workbook(tmp_path / "t.xlsx", fill))["未偿本金"].to_list()
    assert got == ["1", "1000000000000000", "110101199001011200", "0.1", "0.0000001", "-500"]


def test_the_sheet_that_fits_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        notes = book.add_worksheet("填表说明")
        for i in range(200):
            notes.write_row(i, 0, [f"第 {i} 条", "说明文字"])
        plain(book)
        book.add_worksheet("空表")

    path = workbook(tmp_path / "t.xlsx", fill)
    tape = open_tape(path)
    assert tape.files[0].sheet == "清单"
    assert "填表说明" in tape.notes[0].zh
    assert rows(read_tape(path)) == [("A1", "100.5")]
    assert read_tape(path, sheet="填表说明").height == 199
    assert read_tape(path, sheet="2").height == 1
    with pytest.raises(InputUnusable, match="SHEET_MISSING") as caught:
        open_tape(path, sheet="没有")
    assert "填表说明" in caught.value.cause.zh
    with pytest.raises(InputUnusable, match="INPUT_EMPTY"):
        open_tape(path, sheet="空表")


def test_a_list_that_goes_on_in_the_next_sheet_is_read_whole(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        for k in range(3):
            sheet = book.add_worksheet(f"S{k}")
            sheet.write_row(0, 0, ["借据号", "未偿本金"] if k != 1 else ["未偿本金", "借据号"])
            sheet.write_row(1, 0, [f"A{k}", k] if k != 1 else [k, f"A{k}"])

    got = read_tape(workbook(tmp_path / "t.xlsx", fill))
    assert rows(got) == [("A0", "0"), ("A1", "1"), ("A2", "2")]
    assert got["__file"].to_list() == ["t.xlsx[S0]", "t.xlsx[S1]", "t.xlsx[S2]"]


ACCOUNTS = [["借据号", "姓名", "未偿本金", "逾期天数"], ["A1", "甲", 5, 100]]
MORE = [["借据号", "姓名", "未偿本金", "逾期天数", "新列"], ["G1", "乙", 7, 100, "x"]]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (MORE, "多出 新列"),
        ([["借据编号", "客户", "贷款余额"], ["G1", "乙", 7]], "缺少 借据号"),  # other names of the required fields
        ([["借据", "姓名", "未偿本金", "客户"], ["G1", "乙", 7, "丙"]], None),
    ],
)
def test_a_sheet_of_accounts_with_other_headings_is_refused_as_files_are(other: list[list[Any]], told: str | None, tmp_path: Path) -> None:
    path = sheets_of(tmp_path / "t.xlsx", 一=ACCOUNTS, 二=[ACCOUNTS[0], ["A2", "丙", 6, 100]], 三=other)
    if told is None:  # no account number and half the headings: no list of accounts as far as can be told, but its rows are
        assert "三（1 行）" in open_tape(path).notes[0].zh
        return
    with pytest.raises(InputUnusable, match="HEADINGS_DIFFER") as caught:
        open_tape(path)
    assert caught.value.where == "t.xlsx[三]"
    assert told in caught.value.cause.zh
    assert "t.xlsx[一]" in caught.value.cause.zh
    assert "--sheet" in caught.value.remedy.zh
    assert "--sheet" in caught.value.remedy.en
    assert read_tape(path, sheet="三").height == 1


def test_sheets_with_other_headings_are_one_tape_under_a_layout_that_binds_them(tmp_path: Path) -> None:
    path = sheets_of(tmp_path / "t.xlsx", 一=ACCOUNTS, 二=ACCOUNTS[:1], 三=MORE, 说明=[["本表由系统导出"], ["联系人"]])
    tape = open_tape(path, layout=load_layout("panhuo"))
    assert [frame["借据号"].to_list() for frame in tape.batches()] == [["A1", "G1"]]
    assert any("各文件表头不同" in note.zh for note in tape.notes)
    assert [len(one.headings) for one in open_apart(path)] == [4, 5]


def test_sheets_that_hold_no_accounts_are_left_out_with_their_rows_counted(tmp_path: Path) -> None:
    path = sheets_of(
        tmp_path / "t.xlsx",
        清单=ACCOUNTS,
        说明=[["本表由系统导出"], [], ["联系人"]],
        透视=[["五级分类", "户数", "本金余额"], ["次级", 3, 10], [], ["可疑", 1, 5]],
        还款=[["借据号", "还款日期", "还款金额"], ["A1", "2024-01-02", 5]],
        空=[],
        模板=MORE[:1],
    )
    tape = open_tape(path)
    assert tape.files[0].sheet == "清单"
    (note,) = tape.notes
    assert "读取工作表 清单，未读 说明（2 行）、透视（2 行）、还款（1 行）、空（0 行）、模板（0 行）" in note.zh
    assert "说明 (2 rows)" in note.en
    assert sum(frame.height for frame in tape.batches()) == 1


def test_a_hidden_sheet_is_read_only_when_named(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        plain(book)
        hidden = book.add_worksheet("旧数据")
        hidden.write_row(0, 0, ["借据号", "未偿本金"])
        hidden.write_row(1, 0, ["OLD", 1])
        hidden.hide()

    path = workbook(tmp_path / "t.xlsx", fill)
    assert read_tape(path)["借据号"].to_list() == ["A1"]
    assert read_tape(path, sheet="旧数据")["借据号"].to_list() == ["OLD"]


def test_header_row_and_sheet_of_the_layout_are_obeyed(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, ["借据号", "未偿本金"])
        sheet.write_row(1, 0, ["借据号", "未偿本金"])
        sheet.write_row(2, 0, ["A1", 7])
        other = book.add_worksheet("别的")
        other.write_row(0, 0, ["借据号", "未偿本金"])

    path = workbook(tmp_path / "t.xlsx", fill)
    layout = load_layout("panhuo").model_copy(update={"header_row": 2, "sheet": "数据"})
    assert rows(read_tape(path, layout=layout)) == [("A1", "7")]
    with pytest.raises(InputUnusable, match="HEADER_MISSING"):
        open_tape(path, layout=layout.model_copy(update={"header_row": 9}))


def test_an_xlsx_that_is_really_an_xls(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(xls([["借据号", "姓名", "未偿本金"], ["A1", "张三", 1234.5], ["A2", "李四", 110101199001011200.0]]))
    tape = open_tape(path)
    assert (tape.files[0].kind, tape.files[0].sheet) == ("xls", "清单")
    assert rows(next(tape.batches())) == [("A1", "张三", "1234.5"), ("A2", "李四", "110101199001011200")]


def test_an_open_document_spreadsheet(tmp_path: Path) -> None:
    def cell(value: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in (["借据号", "未偿本金"], ["A1", "5"]))
    spaces = " ".join(f'xmlns:{k}="urn:oasis:names:tc:opendocument:xmlns:{k}:1.0"' for k in ("office", "table", "text"))
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    path = tmp_path / "t.xls"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", mime)
        book.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="清单">{body}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
        book.writestr("META-INF/manifest.xml", "<manifest/>")
    assert rows(read_tape(path)) == [("A1", "5")]


def test_a_csv_called_xlsx_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes("借据号,未偿本金\nA1,5\n".encode("gb18030"))
    assert rows(read_tape(path)) == [("A1", "5")]


@pytest.mark.parametrize(
    "html",
    [
        "<html><body><table><tr><td>借据号</td></tr></table></body></html>",
        "\n <TABLE border=1><tr><td>a",
        "MIME-Version: 1.0\nContent-Type: multipart",
    ],
)
def test_a_web_page_called_xls_is_refused_with_a_way_out(html: str, tmp_path: Path) -> None:
    path = tmp_path / "t.xls"
    path.write_bytes(html.encode("gb18030"))
    with pytest.raises(InputUnusable, match="FILE_IS_HTML") as caught:
        open_tape(path)
    assert ".xlsx" in caught.value.remedy.zh


def test_an_encrypted_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(compound({"EncryptionInfo": b"\x04\0\x04\0", "EncryptedPackage": b"\1" * 5000}))
    with pytest.raises(InputUnusable, match="WORKBOOK_ENCRYPTED"):
        open_tape(path)


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "t.xlsx", plain).read_bytes()
    for share in (0.3, 0.7, 0.95):
        path = tmp_path / "cut.xlsx"
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputUnusable, match=r"ARCHIVE_DAMAGED|WORKBOOK_DAMAGED"):
            open_tape(path)


def test_a_workbook_with_a_damaged_sheet_is_refused(tmp_path: Path) -> None:
    source, path = workbook(tmp_path / "s.xlsx", plain), tmp_path / "t.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data[: len(data) // 2] if name.startswith("xl/worksheets/") else data)
    with pytest.raises(InputUnusable, match="WORKBOOK_DAMAGED"):
        read_tape(path)


def test_a_workbook_that_is_a_bomb_is_refused_whatever_its_directory_claims(tmp_path: Path) -> None:
    source, path = workbook(tmp_path / "s.xlsx", plain), tmp_path / "t.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/media/image1.bin", bytes(100 << 20))
    raw = bytearray(path.read_bytes())
    for marker in (b"PK\x03\x04", b"PK\x01\x02"):  # the sizes in both directories are made to lie
        at = raw.rfind(marker)
        offset = 22 if marker == b"PK\x03\x04" else 24
        raw[at + offset : at + offset + 4] = struct.pack("<I", 1000)
    path.write_bytes(bytes(raw))
    with pytest.raises(InputUnusable, match="ARCHIVE_BOMB"):
        open_tape(path)


def test_too_many_columns_and_a_long_cell(tmp_path: Path) -> None:
    def wide(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [f"c{i}" for i in range(60)])
        sheet.write_row(1, 0, list(range(60)))

    def long(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["借据号", "备注"])
        sheet.write_row(1, 0, ["A1", "x" * 30_000])
        sheet.write_row(2, 0, ["A2", "y"])

    path = workbook(tmp_path / "w.xlsx", wide)
    assert read_tape(path).width == 64
    with pytest.raises(InputUnusable, match="TOO_MANY_COLUMNS"):
        open_tape(path, limits=ReadLimits(columns=50))
    got = read_tape(workbook(tmp_path / "l.xlsx", long), limits=ReadLimits(cell_bytes=10_000))
    assert got["__fault"].to_list() == ["CELL_TOO_LONG", None]
    assert rows(got) == [("A1", None), ("A2", "y")]
    assert str(got["__raw"][0]).startswith("A1\txxx")


def test_only_a_header_and_an_empty_workbook(tmp_path: Path) -> None:
    def header(book: Any) -> None:
        book.add_worksheet().write_row(0, 0, ["借据号", "未偿本金"])

    with pytest.raises(InputUnusable, match="INPUT_NO_ROWS"):
        read_tape(workbook(tmp_path / "h.xlsx", header))
    with pytest.raises(InputUnusable, match="INPUT_EMPTY"):
        read_tape(workbook(tmp_path / "e.xlsx", lambda book: book.add_worksheet()))


def test_formulas_that_were_never_calculated_are_told(tmp_path: Path) -> None:
    for value, told in (("", 1), (5, 0)):
        book = xlsxwriter.Workbook(str(tmp_path / "f.xlsx"))
        sheet = book.add_worksheet("清单")
        sheet.write_row(0, 0, ["借据号", "姓名", "未偿本金"])
        for i in range(1, 4):
            sheet.write_row(i, 0, [f"J{i}", "张三"])
            sheet.write_formula(i, 2, "=2+3", None, value)
        book.close()
        notes = open_tape(tmp_path / "f.xlsx").notes
        assert len(notes) == told
        assert all("3 个公式单元格没有存下计算结果" in note.zh and "3 cells with formulas" in note.en for note in notes)


def test_amounts_are_read_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    """A double has seventeen digits, a cell fifteen: what goes back to the lender must be what came."""
    amounts = [18335084.95, 24444858.47, 0.1 + 0.2, 123456789012.34, -18335084.95, 5.0]
    book = xlsxwriter.Workbook(str(tmp_path / "n.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["借据号", "未偿本金"])
    for at, amount in enumerate(amounts, 1):
        sheet.write_row(at, 0, [f"A{at}", amount])
    numbers = [
        "20240101.12345678901234567",
        "3301040160000123.01",
        "3301040160000123.02",
        "0001234567890.5000",
        "6228480402564.0010",
        "100.20230101000010",
    ]
    for at, number in enumerate(numbers, len(amounts) + 1):
        sheet.write_row(at, 0, [number, 1.5])
    book.close()
    raw = next(open_tape([tmp_path / "n.xlsx"]).batches())
    assert raw["借据号"].to_list()[len(amounts) :] == numbers  # text is text
    assert raw["未偿本金"].to_list() == ["18335084.95", "24444858.47", "0.3", "123456789012.34", "-18335084.95", "5", *["1.5"] * len(numbers)]
