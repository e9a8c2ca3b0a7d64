"""A corrected row takes its original's place: what came in stays what the lender sent, round after round, and nobody's corrections are lost."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from desk_ground import Rows, Seat, csv_of, seen, text_of, work_off
from panhuo.apps.intake import rejects
from panhuo.apps.intake.models import Account, Tape
from panhuo.apps.jobs.models import Job

pytestmark = pytest.mark.django_db
BAD = (2, 5, 9, 14)
Sheet = list[list[str]]


@pytest.fixture
def spoiled(clean_rows: Rows) -> Rows:
    rows = [dict(row) for row in clean_rows]
    for n in BAD:
        rows[n]["未偿本金"] = "待核实"
    return rows


@pytest.fixture
def tape(ops: Seat, spoiled: Rows) -> Any:
    return ops.imported(("t.csv", csv_of(spoiled)), series="甲")


def downloaded(seat: Seat, tape: Any) -> Sheet:
    answer = seat.post(f"/tapes/{tape.pk}/rejects/download")
    assert answer.status_code == 200, seen(answer)
    data = b"".join(answer.streaming_content)
    frame = pl.read_excel(io.BytesIO(data), has_header=False, infer_schema_length=0)
    return [[cell or "" for cell in row] for row in frame.rows()]


def sent(seat: Seat, tape: Any, rows: Sheet) -> Any:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("rejected")
    for i, row in enumerate(rows):
        sheet.write_row(i, 0, row)
    book.close()
    buffer.name = "rejected_rows.xlsx"
    buffer.seek(0)
    return seat.post(f"/tapes/{tape.pk}/rejects/again", {"upload": "1", "files": buffer})


def corrected(rows: Sheet, numbers: dict[str, str]) -> Sheet:
    """account number -> principal, written into a copy."""
    at, number = rows[0].index("未偿本金"), rows[0].index("借据号")
    out = [list(row) for row in rows]
    for row in out[1:]:
        row[at] = numbers.get(row[number], row[at])
    return out


def made_by(answer: Any) -> Any:
    assert answer.status_code == 302, seen(answer)
    job = work_off()
    assert job.state == Job.DONE, job.error
    return Tape.objects.get(pk=int(answer["Location"].rpartition("/")[2]))


def on_screen(seat: Seat, tape: Any, number: int, value: str) -> Any:
    return seat.post(f"/tapes/{tape.pk}/rejects/{number}", {"h0": "未偿本金", "c0": value})


def test_a_file_sent_back_as_it_was_downloaded_is_refused(ops: Seat, tape: Any) -> None:
    answer = sent(ops, tape, downloaded(ops, tape))
    assert answer.status_code == 422
    assert "没有更正：4 行都与下载时相同" in seen(answer)
    assert Tape.objects.count() == 1


def test_rows_in_stay_what_the_lender_sent_through_every_round(ops: Seat, tape: Any, spoiled: Rows, clean_rows: Rows) -> None:
    right = {spoiled[n]["借据号"]: clean_rows[n]["未偿本金"] for n in BAD}
    first, second, third, fourth = right
    two = made_by(sent(ops, tape, corrected(downloaded(ops, tape), {first: right[first], second: "又写错了"})))
    assert (two.rows, two.figures["rows_in"], two.figures["rows_rejected"]) == (37, 40, 3)
    on_screen(ops, two, 0, right[third])
    three = made_by(ops.post(f"/tapes/{two.pk}/rejects/again"))
    assert (three.rows, three.figures["rows_in"], three.figures["rows_rejected"]) == (38, 40, 2)
    four = made_by(sent(ops, three, corrected(downloaded(ops, three), right)))  # the one corrected amiss has its own place now
    assert (four.rows, four.figures["rows_in"], four.figures["rows_rejected"]) == (40, 40, 0)
    whole = sum(round(float(row["未偿本息费合计"]) * 100) for row in clean_rows)
    assert four.balance_fen == four.figures["balance_in_fen"] == whole
    assert Account.objects.filter(tape=four, account_id=fourth).count() == 1
    ops.post(f"/tapes/{four.pk}/compare", {"old": tape.pk})
    work_off()
    page = seen(ops.get(f"/tapes/{four.pk}/versions?with={tape.pk}"))
    assert "4 → 0" in page  # rejected rows, counted by the comparison that reads the files again


def test_rows_left_out_of_the_file_stay_rejected(ops: Seat, tape: Any, spoiled: Rows, clean_rows: Rows) -> None:
    rows = corrected(downloaded(ops, tape), {spoiled[2]["借据号"]: clean_rows[2]["未偿本金"]})
    new = made_by(sent(ops, tape, rows[:2]))
    assert (new.rows, new.figures["rows_in"], new.figures["rows_rejected"]) == (37, 40, 3)


@pytest.mark.parametrize("how", ["no first columns", "no heading", "a row of one's own", "a row twice"])
def test_what_is_not_this_tapes_file_of_rejected_rows_is_refused(ops: Seat, tape: Any, spoiled: Rows, how: str) -> None:
    rows = corrected(downloaded(ops, tape), {spoiled[2]["借据号"]: "12"})
    if how == "no first columns":
        rows = [row[3:] for row in rows]
    elif how == "no heading":
        at = rows[0].index("姓名")
        rows = [[*row[:at], *row[at + 1 :]] for row in rows]
    elif how == "a row of one's own":
        rows.append(["", "t.csv 第999行", *rows[1][2:]])
    else:
        rows.append(rows[1])
    answer = sent(ops, tape, rows)
    assert answer.status_code == 422
    assert "REJECTS_FOREIGN" in text_of(answer)
    assert Tape.objects.count() == 1


def test_an_old_version_is_not_mended_and_leads_to_the_current_one(ops: Seat, tape: Any, clean_rows: Rows) -> None:
    on_screen(ops, tape, 0, clean_rows[2]["未偿本金"])
    rows = downloaded(ops, tape)
    new = made_by(ops.post(f"/tapes/{tape.pk}/rejects/again"))
    page = text_of(ops.get(f"/tapes/{tape.pk}/rejects"))
    assert f'href="/tapes/{new.pk}/rejects"' in page
    assert "/rejects/again" not in page
    assert "/rejects/download" not in page
    assert "保存更正" not in seen(ops.get(f"/tapes/{tape.pk}/rejects/1"))
    versions = seen(ops.get(f"/tapes/{tape.pk}/versions"))
    assert "这是最早的一版" in versions
    assert "只有一版" not in versions
    for answer in (
        on_screen(ops, tape, 1, "5"),
        sent(ops, tape, rows),
        ops.post(f"/tapes/{tape.pk}/rejects/again"),
        ops.post(f"/tapes/{tape.pk}/rejects/download"),
    ):
        assert answer.status_code == 422
        assert "VERSION_OVERTAKEN" in text_of(answer)
        assert f'href="/tapes/{new.pk}/rejects"' in text_of(answer)
    assert rejects.correction_count(tape) == 1
    assert Tape.objects.count() == 2


def test_two_people_mend_one_tape_and_neither_loses_a_row(ops: Seat, sit: Callable[..., Seat], tape: Any, spoiled: Rows, clean_rows: Rows) -> None:
    other = sit()
    right = {spoiled[n]["借据号"]: clean_rows[n]["未偿本金"] for n in BAD}
    ids = list(right)
    rows = downloaded(other, tape)
    on_screen(ops, tape, 0, right[ids[0]])
    answer = sent(other, tape, corrected(rows, {ids[1]: right[ids[1]]}))
    assert ops.post(f"/tapes/{tape.pk}/rejects/again").status_code == 422  # while the other's is being imported
    assert on_screen(ops, tape, 2, right[ids[2]]).status_code == 302
    new = made_by(answer)
    assert (new.rows, new.figures["rows_rejected"]) == (37, 3)
    assert [cells for _, cells in sorted(rejects.corrections_of(new).items())] == [{"未偿本金": right[ids[0]]}, {"未偿本金": right[ids[2]]}]
    newer = made_by(ops.post(f"/tapes/{new.pk}/rejects/again"))
    assert (newer.rows, newer.figures["rows_in"], newer.figures["rows_rejected"]) == (39, 40, 1)
    stale = sent(other, newer, corrected(rows, right))  # the workbook of the first version: three of its rows are corrected by now
    assert stale.status_code == 422
    assert "在第 1 版之后已被更正" in seen(stale) or "在第 2 版之后已被更正" in seen(stale)
    last = made_by(sent(other, newer, corrected(rows, {ids[3]: right[ids[3]]})))  # as downloaded, they say nothing
    assert (last.rows, last.figures["rows_in"], last.figures["rows_rejected"]) == (40, 40, 0)


def test_a_mend_that_was_overtaken_while_it_was_read_is_not_imported(ops: Seat, tape: Any, clean_rows: Rows) -> None:
    on_screen(ops, tape, 0, clean_rows[2]["未偿本金"])
    assert ops.post(f"/tapes/{tape.pk}/rejects/again").status_code == 302
    Tape.objects.filter(pk=tape.pk).update(current=False)
    job = work_off()
    assert job.state == Job.FAILED
    assert job.error["code"] == "TAPE_WITHDRAWN"
    assert Tape.objects.filter(state=Tape.IMPORTED).count() == 1
