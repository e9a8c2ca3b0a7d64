"""Rejected rows: shown masked, opened and corrected by who may, on the screen or in Excel, and read again as a new version."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import fastexcel
import pytest
import xlsxwriter

from desk_ground import Rows, Seat, csv_of, seen, text_of, work_off
from panhuo.apps.identity.models import Deed
from panhuo.apps.intake import rejects
from panhuo.apps.intake.models import Account, Tape
from panhuo.apps.jobs.models import Job

pytestmark = pytest.mark.django_db
BAD = {2: ("未偿本金", "待核实"), 5: ("未偿本金", "-100"), 9: ("未偿本金", "")}


def table_of(data: bytes) -> list[list[str | None]]:
    """The cells of a workbook's first sheet."""
    return [list(row) for row in fastexcel.read_excel(data).load_sheet(0, header_row=None, dtypes="string").to_polars().rows()]


def workbook(rows: list[list[str | None]]) -> io.BytesIO:
    """The rows as a person's spreadsheet program would send them back."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("rejected")
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            sheet.write_string(i, j, cell or "")
    book.close()
    buffer.name = "rejected_rows.xlsx"
    buffer.seek(0)
    return buffer


@pytest.fixture
def spoiled(clean_rows: Rows) -> Rows:
    rows = [dict(row) for row in clean_rows]
    for n, (heading, value) in BAD.items():
        rows[n][heading] = value
    return rows


def test_rejected_rows_are_shown_masked_and_filtered(ops: Seat, sit: Callable[..., Seat], spoiled: Rows) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled)))
    for seat in (ops, sit("auditor")):
        page = text_of(seat.get(f"/tapes/{tape.pk}/rejects"))
        for n in BAD:
            assert spoiled[n]["借据号"] in page
            for heading in ("姓名", "证件号码", "手机号码"):
                assert spoiled[n][heading] not in page
        assert "t.csv 第 4 行" in page  # as Excel numbers it
    one = text_of(ops.get(f"/tapes/{tape.pk}/rejects?code=NEGATIVE_PRINCIPAL"))
    assert spoiled[5]["借据号"] in one
    assert spoiled[2]["借据号"] not in one
    assert ops.get(f"/tapes/{tape.pk}/rejects?code=%00'&after=x&before=-1").status_code == 200


def test_pages_of_rejected_rows_hold_each_once(ops: Seat, clean_rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejects, "PAGE", 8)
    monkeypatch.setattr(rejects, "PART", 5)
    rows = [row | {"借据号": f"R{n:03d}", "未偿本金": "坏" if n % 3 else "-1"} for n, row in enumerate(clean_rows * 1)]
    tape = ops.imported(("t.csv", csv_of(rows)))
    for code, wanted in (("", range(40)), ("NEGATIVE_PRINCIPAL", range(0, 40, 3))):
        forward, after, backward = [], None, []
        while True:
            page = rejects.rejects_page(ops.scope, tape, code=code, after=after)
            forward += [row.cells["借据号"] for row in page.rows]
            assert page.count == len(wanted)
            if page.older is None:
                break
            after = page.older
        assert forward == [f"R{n:03d}" for n in wanted]
        before = page.newer
        while before is not None:
            page = rejects.rejects_page(ops.scope, tape, code=code, before=before)
            backward = [row.cells["借据号"] for row in page.rows] + backward
            before = page.newer
        assert forward[: len(backward)] == backward


def test_corrected_on_the_screen_and_read_again(ops: Seat, spoiled: Rows, clean_rows: Rows) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled)), series="甲")
    page = ops.get(f"/tapes/{tape.pk}/rejects/0")
    assert spoiled[2]["证件号码"] in text_of(page)  # in full, for who corrects it
    assert Deed.objects.filter(verb="reject.open", subject=tape.subject).count() == 1
    headings = list(spoiled[0])
    fields = {f"h{n}": heading for n, heading in enumerate(headings)} | {f"c{n}": spoiled[2][heading] for n, heading in enumerate(headings)}
    fields[f"c{headings.index('未偿本金')}"] = clean_rows[2]["未偿本金"]
    assert ops.post(f"/tapes/{tape.pk}/rejects/0", fields).status_code == 302
    assert rejects.corrections_of(tape) == {0: {"未偿本金": clean_rows[2]["未偿本金"]}}
    assert b"\x00" in b"".join(path.read_bytes() for path in (tape.folder / "corrections").iterdir())
    assert "已更正，待重新导入" in seen(ops.get(f"/tapes/{tape.pk}/rejects"))
    answer = ops.post(f"/tapes/{tape.pk}/rejects/again")
    assert work_off().state == Job.DONE
    new = Tape.objects.get(pk=int(answer["Location"].rpartition("/")[2]))
    tape.refresh_from_db()
    assert (new.series, new.version, new.current, tape.current) == ("甲", 2, True, False)
    assert (tape.rows, new.rows) == (37, 38)
    assert Account.objects.filter(tape=new, account_id=spoiled[2]["借据号"]).exists()
    assert not Account.objects.filter(tape=tape, account_id=spoiled[2]["借据号"]).exists()
    assert spoiled[2]["借据号"] not in text_of(ops.get(f"/tapes/{new.pk}/rejects"))
    assert (new.figures["rows_in"], new.figures["rows_rejected"]) == (40, 2)
    again = ops.post(f"/tapes/{tape.pk}/rejects/again")  # the same corrections once more
    assert again.status_code == 422
    assert "现行的是第 2 版" in seen(again)


def test_a_correction_put_back_is_none_and_nothing_to_correct_is_said(ops: Seat, spoiled: Rows) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled)))
    ops.post(f"/tapes/{tape.pk}/rejects/0", {"h0": "未偿本金", "c0": "12"})
    assert rejects.correction_count(tape) == 1
    ops.post(f"/tapes/{tape.pk}/rejects/0", {"h0": "未偿本金", "c0": "待核实"})
    assert rejects.correction_count(tape) == 0
    answer = ops.post(f"/tapes/{tape.pk}/rejects/again")
    assert answer.status_code == 422
    assert "还没有更正任何行" in seen(answer)
    assert Tape.objects.count() == 1


def test_a_correction_that_would_be_rejected_again_is_kept_and_said_at_once(ops: Seat, spoiled: Rows) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled)))
    for value, still in (("abc", "仍会被退回"), ("-5", "仍会被退回"), ("12.50", "")):
        page = seen(ops.post(f"/tapes/{tape.pk}/rejects/0", {"h0": "未偿本金", "c0": value, "h1": "未偿本息费合计", "c1": ""}, follow=True))
        assert rejects.corrections_of(tape)[0]["未偿本金"] == value
        assert ("照现在的更正导入，这一行仍会被退回" in page) == bool(still)
    assert "重新导入后生效" in page


@pytest.mark.parametrize("fields", [{"h0": "没有的列", "c0": "1"}, {"h0": "未偿本金", "c0": "9" * 5000}])
def test_a_correction_that_cannot_be_is_said_in_place(ops: Seat, spoiled: Rows, fields: dict[str, str]) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled)))
    assert ops.post(f"/tapes/{tape.pk}/rejects/0", fields).status_code == 422
    assert rejects.correction_count(tape) == 0
    assert ops.get(f"/tapes/{tape.pk}/rejects/99").status_code == 400


def test_round_trip_through_excel(ops: Seat, spoiled: Rows, clean_rows: Rows, tmp_path: Path) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled)))
    answer = ops.post(f"/tapes/{tape.pk}/rejects/download")
    assert answer["Content-Disposition"].startswith("attachment")
    path = tmp_path / "rejected.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))
    assert Deed.objects.filter(verb="rejects.download", subject=tape.subject).count() == 1
    rows = table_of(path.read_bytes())
    at, number = rows[0].index("未偿本金"), rows[0].index("借据号")
    right = {row["借据号"]: row["未偿本金"] for row in clean_rows}
    for row in rows[1:]:
        row[at] = right[row[number]]
    buffer = workbook(rows)
    answer = ops.post(f"/tapes/{tape.pk}/rejects/again", {"upload": "1", "files": buffer})
    assert answer.status_code == 302, seen(answer)
    assert work_off().state == Job.DONE
    new = Tape.objects.get(pk=int(answer["Location"].rpartition("/")[2]))
    assert (new.rows, new.figures["rows_in"], new.figures["rows_rejected"]) == (40, 40, 0)
    whole = sum(round(float(row["未偿本息费合计"]) * 100) for row in clean_rows)
    assert new.balance_fen == whole


def test_what_is_no_corrected_file_is_refused_and_nothing_is_made(ops: Seat, spoiled: Rows) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled)))
    same = io.BytesIO(csv_of(spoiled))
    same.name = "t.csv"
    for fields, said in (
        ({"upload": "1"}, "请选择一个"),
        ({"upload": "1", "files": same}, "已是该清单的一部分"),
    ):
        same.seek(0)
        answer = ops.post(f"/tapes/{tape.pk}/rejects/again", fields)
        assert answer.status_code == 422
        assert said in seen(answer)
    assert Tape.objects.count() == 1


def test_a_tape_read_by_its_sheet_takes_its_corrections_back(ops: Seat) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    book.add_worksheet("说明").write_row(0, 0, ("借据号", "未偿本金", "备注"))
    sheet = book.add_worksheet("明细")
    for j, cells in enumerate((("单位：万元", "", ""), ("借据号", "未偿本金", "姓名"), ("A1", "1.5", "王静"), ("A2", "待核实", "李伟"))):
        sheet.write_row(j, 0, cells)
    book.close()
    upload = ops.uploaded(("t.xlsx", buffer.getvalue()))
    form = ops.describe(upload, sheet="明细")
    ops.get(f"/tapes/{upload.pk}?sheet=明细")
    assert ops.post(f"/tapes/{upload.pk}/import", form).status_code == 302
    assert work_off().state == Job.DONE
    upload.refresh_from_db()
    assert upload.balance_fen == 15_000_00
    ops.post(f"/tapes/{upload.pk}/rejects/0", {"h0": "未偿本金", "c0": "2"})
    answer = ops.post(f"/tapes/{upload.pk}/rejects/again")
    assert answer.status_code == 302, seen(answer)
    job = work_off()
    assert job.state == Job.DONE, job.error
    assert Tape.objects.get(pk=int(answer["Location"].rpartition("/")[2])).balance_fen == 35_000_00


def test_who_may_only_look_opens_nothing(ops: Seat, sit: Callable[..., Seat], spoiled: Rows) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled)))
    reader = sit("compliance_officer")
    assert reader.get(f"/tapes/{tape.pk}/rejects/0").status_code == 403
    assert reader.post(f"/tapes/{tape.pk}/rejects/download").status_code == 403
    assert reader.post(f"/tapes/{tape.pk}/rejects/again").status_code == 403
    page = text_of(reader.get(f"/tapes/{tape.pk}/rejects"))
    assert "/rejects/download" not in page
    assert f"/tapes/{tape.pk}/rejects/0" not in page


def test_a_row_that_is_no_row_is_sent_to_excel(ops: Seat, clean_rows: Rows) -> None:
    data = csv_of(clean_rows) + b"torn,line\n"
    tape = ops.imported(("t.csv", data))
    page = seen(ops.get(f"/tapes/{tape.pk}/rejects/0"))
    assert "没能拆成列" in page
    assert ops.post(f"/tapes/{tape.pk}/rejects/0", {"h0": "未偿本金", "c0": "1"}).status_code == 422
