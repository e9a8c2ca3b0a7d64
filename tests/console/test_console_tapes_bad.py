"""Every bad tape of the reader's tests through the browser: refused in place with a code, a place and what to do, or read with each fault told; never a fault
of the server, and the upload is never lost."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable

import polars as pl
import pytest
import xlsxwriter

from desk_ground import Rows, Seat, csv_of, seen, text_of, work_off
from panhuo.apps.intake import importing
from panhuo.apps.intake.models import Account, Tape
from panhuo.apps.jobs.models import Job

pytestmark = pytest.mark.django_db
HEAD = "借据号,未偿本金\n"


def _bomb() -> bytes:
    """40,000 rows of 2 KB: what a bomb is told by shows from 64 MiB on."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", "借据号,未偿本金,备注\n".encode() + (b"A1,1," + b"x" * 2_000 + b"\n") * 40_000)
    return out.getvalue()


def _xlsx(*rows: tuple[str, ...]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for j, cells in enumerate(rows):
        sheet.write_row(j, 0, cells)
    book.close()
    return out.getvalue()


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "header only": ("t.csv", lambda: HEAD.encode(), "INPUT_NO_ROWS"),
    "blank": ("t.csv", lambda: b"  \n\n", "INPUT_EMPTY"),
    "300 columns too many": ("t.csv", lambda: (",".join(f"c{i}" for i in range(2_500)) + "\n" + "1," * 2_499 + "1\n").encode(), "TOO_MANY_COLUMNS"),
    "truncated gz": ("t.csv.gz", lambda: gzip.compress((HEAD + "A1,100\n" * 50_000).encode())[:-200], "ARCHIVE_TRUNCATED"),
    "xlsx that is html": ("t.xlsx", lambda: b"<html><body><table><tr><td>x</td></tr></table></body></html>", "FILE_IS_HTML"),
    "duplicate headings": ("t.csv", "借据号,借据号,未偿本金\nA1,A2,100\n".encode, "DUPLICATE_HEADINGS"),
    "pdf": ("t.pdf", lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40, "FILE_TYPE_UNSUPPORTED"),
    "nothing but nulls": ("t.csv", lambda: b"\0" * 5_000, "FILE_BINARY|INPUT_EMPTY|NULL"),
    "damaged workbook": ("t.xlsx", lambda: _xlsx(("借据号", "未偿本金"), ("A1", "1"))[:-600], "WORKBOOK_DAMAGED|ARCHIVE"),
    "noise": ("t.csv", lambda: bytes((i * 7919 + 13) % 256 for i in range(30_000)), "FILE_BINARY|ENCODING_UNKNOWN|HEADER|INPUT"),
}

READ: dict[str, tuple[str, Callable[[], bytes]]] = {
    "gb18030": ("t.csv", lambda: (HEAD + "A1,100\n").encode("gb18030")),
    "utf-16": ("t.csv", lambda: (HEAD + "A1,100\n").encode("utf-16")),
    "mixed encodings": (
        "t.csv",
        lambda: (
            ("借据号,未偿本金,姓名\n" + "A1,100,王静\n" * 1).encode()
            + "A2,200,李伟\n".encode("gb18030")
            + "".join(f"B{n},1,张敏\n" for n in range(20)).encode()
        ),
    ),
    "300 columns": (
        "t.csv",
        lambda: ("借据号,未偿本金," + ",".join(f"c{i}" for i in range(300)) + "\nA1,100," + ",".join("x" for _ in range(300)) + "\n").encode(),
    ),
    "10 MB cell": ("t.csv", lambda: ("借据号,未偿本金,备注\nA1,100,ok\nA2,200," + "长" * 3_500_000 + "\n").encode()),
    "xlsx called xls": ("t.xls", lambda: _xlsx(("借据号", "未偿本金"), ("A1", "100"))),
    "negative and absurd": ("t.csv", lambda: (HEAD + "A1,-5\nA2,1e308\nA3,99999999999999999999\nA4,1\n").encode()),
    "odd amounts": ("t.csv", lambda: ('借据号,未偿本金\nA1,"1,234.50元"\nA2,(500.00)\nA3,－１２３\nA4,¥10\n').encode()),
    "impossible dates": ("t.csv", lambda: "借据号,未偿本金,放款日期\nA1,1,2024-02-31\nA2,1,1901-01-01\nA3,1,2099-01-01\n".encode()),
    "wrong and lower-case ids": (
        "t.csv",
        lambda: "借据号,未偿本金,证件号码\nA1,1,11010519491231002X\nA2,1,110105194912310021\nA3,1,11010519491231002x\n".encode(),
    ),
    "the same account twice": ("t.csv", lambda: (HEAD + "A1,100\nA1,100\nA1,200\n").encode()),
    "formula in a name": ("t.csv", lambda: "借据号,未偿本金,姓名\nA1,100,\"=cmd|'/c calc'!A1\"\n".encode()),
    "null bytes": ("t.csv", lambda: (HEAD + "A1,1\0\0\nA2,2\n").encode()),
    "ragged rows": ("t.csv", lambda: (HEAD + "A1,1,2,3\nA2\nA3,3\n").encode()),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_tape_is_refused_in_place_and_kept(ops: Seat, name: str) -> None:
    file, data, codes = REFUSED[name]
    tape = ops.uploaded((file, data()))
    for _ in range(2):  # the second time from what was kept, or read again
        answer = ops.get(f"/tapes/{tape.pk}")
        assert answer.status_code == 200
        page = text_of(answer)
        assert any(f"{code}" in page for code in codes.split("|")), name
        assert "/working/" not in page
    assert ops.post(f"/tapes/{tape.pk}/import", {"layout": "x", "h0": "a", "f0": ""}).status_code == 422
    assert not Job.objects.exists()
    assert (tape.folder / "0.sealed").exists()
    ops.client.post("/language", {"lang": "en"})
    assert "What is read" not in text_of(ops.get(f"/tapes/{tape.pk}"))


def test_an_empty_file_is_refused_on_the_form(ops: Seat) -> None:
    answer = ops.upload(("t.csv", b""))
    assert answer.status_code == 422
    assert "文件是空的" in seen(answer)
    assert not Tape.objects.exists()


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_read_and_every_row_accounted_for(ops: Seat, name: str) -> None:
    file, data = READ[name]
    tape = ops.uploaded((file, data()))
    answer = ops.take_in(tape, as_of="2026-10-31")
    assert answer.status_code == 302, seen(answer)
    job = work_off()
    assert job.state == Job.DONE, job.error
    tape.refresh_from_db()
    f = tape.figures
    assert f["rows_accepted"] + f["rows_rejected"] == f["rows_in"] > 0
    assert f["balance_accepted_fen"] + f["balance_rejected_fen"] == f["balance_in_fen"]
    assert Account.objects.filter(tape=tape).count() == f["rows_accepted"] == tape.rows
    for path in ("", "/quality", "/rejects", "/matches", "/versions", "/files"):
        assert ops.get(f"/tapes/{tape.pk}{path}").status_code == 200


def test_two_tapes_with_other_headings_say_what_is_lacking(ops: Seat) -> None:
    tape = ops.uploaded(("一.csv", (HEAD + "A1,100\n").encode()), ("二.csv", "编号,金额\nB1,200\n".encode()))
    answer = ops.take_in(tape, read={"编号": "", "金额": ""})
    assert answer.status_code == 422
    assert "二.csv" in seen(answer)
    assert not Job.objects.exists()


def test_a_tape_without_a_required_field_says_which(ops: Seat) -> None:
    tape = ops.uploaded(("t.csv", "姓名,手机号码\n王静,16300001234\n".encode()))
    page = seen(ops.get(f"/tapes/{tape.pk}"))
    assert "借据号" in page
    answer = ops.take_in(tape)
    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_a_tape_that_turns_out_damaged_in_the_job_fails_whole_and_says_so(ops: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head and the first batches read well; what is wrong shows further on."""
    monkeypatch.setattr(importing, "BATCH_ROWS", 10_000)
    file, code = "t.zip", "ARCHIVE_BOMB"
    tape = ops.uploaded((file, _bomb()))
    assert ops.take_in(tape, as_of="2026-10-31").status_code == 302
    job = work_off()
    assert job.state == Job.FAILED
    assert job.error["code"] == code
    assert "/" not in job.error["where"].replace(f"{file}/", "")  # the file as its owner knows it, no folder of the server's
    tape.refresh_from_db()
    assert tape.state == Tape.FAILED
    assert code in text_of(ops.get(f"/tapes/{tape.pk}"))
    assert code in text_of(ops.get(f"/jobs/{job.pk}"))
    assert not Account.objects.filter(tape=tape).exists()
    assert [path.name for path in tape.folder.iterdir() if path.is_dir()] == []


def test_a_thousand_faults_make_a_bounded_page(ops: Seat) -> None:
    rows: Rows = [{"借据号": f"A{n}", "未偿本金": "坏"} for n in range(3_000)] + [{"借据号": "B", "未偿本金": "1"}]
    tape = ops.imported(("t.csv", csv_of(rows)), as_of="2026-10-31")
    assert tape.figures["rows_rejected"] == 3_000
    assert len(text_of(ops.get(f"/tapes/{tape.pk}/rejects"))) < 200_000
    assert len(text_of(ops.get(f"/tapes/{tape.pk}"))) < 100_000


def test_a_tape_of_nothing_but_rejects_is_imported_and_says_so(ops: Seat) -> None:
    tape = ops.imported(("t.csv", (HEAD + "A1,坏\nA2,坏\n").encode()), as_of="2026-10-31")
    assert (tape.rows, tape.figures["rows_rejected"]) == (0, 2)
    assert ops.get(f"/tapes/{tape.pk}").status_code == 200


def test_parquet_with_types_is_read(ops: Seat) -> None:
    out = io.BytesIO()
    pl.DataFrame({"借据号": ["A1", "A2"], "未偿本金": [100.5, None]}).write_parquet(out)
    tape = ops.imported(("t.parquet", out.getvalue()), as_of="2026-10-31")
    assert (tape.rows, tape.balance_fen) == (1, 100_50)


def test_what_to_do_is_said_in_terms_of_the_page(ops: Seat, clean_rows: Rows) -> None:
    """Options of the command line help nobody here."""
    unlike = [{"甲": "1", "乙": "2", "丙": "3"}] * 3
    for files in ([("a.csv", csv_of(clean_rows)), ("b.csv", csv_of(unlike))], [("b.csv", csv_of(unlike))]):
        tape = ops.uploaded(*files)
        answers = [text_of(ops.get(f"/tapes/{tape.pk}")), text_of(ops.post(f"/tapes/{tape.pk}/import", ops.describe(tape)))]
        assert any("分开上传" in page for page in answers)
        for page in answers:
            assert "panhuo layout" not in re.sub(r"<textarea.*?</textarea>|<[^>]+>", "", page, flags=re.DOTALL)
