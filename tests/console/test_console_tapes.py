"""A tape through the browser: uploaded, described with a preview, imported, looked at; and whatever goes wrong said in place, nothing lost."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from desk_ground import AS_OF, Rows, Seat, csv_of, seen, text_of, work_off
from panhuo.apps.identity.models import Deed, Organisation
from panhuo.apps.intake.models import Account, Tape
from panhuo.apps.jobs.models import Job

pytestmark = pytest.mark.django_db


def test_from_upload_to_the_reconciliation(ops: Seat, clean_rows: Rows) -> None:
    rows = [dict(row) for row in clean_rows]
    rows[3]["未偿本金"] = "待核实"
    tape = ops.uploaded(("十月.csv", csv_of(rows)))
    page = seen(ops.get(f"/tapes/{tape.pk}"))
    assert "未偿本金" in page
    assert "前几行将这样读入" in page
    assert "余额组成部分无法识别为金额" in page  # marked in the preview already
    answer = ops.take_in(tape, series="十月清单")
    assert answer.status_code == 302
    assert "正在导入" in seen(ops.get(f"/tapes/{tape.pk}"))
    assert work_off().state == Job.DONE
    tape.refresh_from_db()
    f = tape.figures
    assert (f["rows_in"], f["rows_accepted"], f["rows_rejected"]) == (40, 39, 1)
    assert f["balance_accepted_fen"] + f["balance_rejected_fen"] == f["balance_in_fen"]
    summary = seen(ops.get(f"/tapes/{tape.pk}"))
    assert "一致到分" in summary
    assert f"{f['balance_in_fen'] / 100:,.2f}" in summary
    assert "十月清单" in seen(ops.get("/tapes"))
    for name in ("quality", "rejects", "matches", "versions", "files"):
        assert ops.get(f"/tapes/{tape.pk}/{name}").status_code == 200
    english = ops.client
    english.post("/language", {"lang": "en"})
    assert "holds to the fen" in seen(english.get(f"/tapes/{tape.pk}"))


def test_the_preview_follows_the_table_and_the_text_follows_too(ops: Seat, clean_rows: Rows) -> None:
    tape = ops.uploaded(("t.csv", csv_of(clean_rows)))
    form = ops.describe(tape)
    before = text_of(ops.post(f"/tapes/{tape.pk}/preview", form))
    assert ">姓名<" in before
    without = text_of(ops.post(f"/tapes/{tape.pk}/preview", ops.describe(tape, read={"姓名": ""})))
    assert ">姓名<" not in without
    assert "to: name" not in without
    assert "to: name" in before
    in_wan = text_of(ops.post(f"/tapes/{tape.pk}/preview", ops.describe(tape, units={"年收入": "wan"})))
    assert "unit: wan" in in_wan
    income = next(row["年收入"] for row in clean_rows if row["年收入"])
    assert f"{float(income):,.2f}" in before
    assert f"{float(income) * 10_000:,.2f}" in in_wan
    assert "相差一百倍以上" in text_of(ops.post(f"/tapes/{tape.pk}/preview", ops.describe(tape, units={"未偿本金": "wan"})))
    twice = text_of(ops.post(f"/tapes/{tape.pk}/preview", ops.describe(tape, read={"工作单位": "name"})))
    assert "一个字段只能取自一列" in twice


def test_text_that_is_no_layout_is_said_with_line_and_key_and_kept(ops: Seat, clean_rows: Rows) -> None:
    tape = ops.uploaded(("t.csv", csv_of(clean_rows)))
    form = ops.describe(tape)
    wrong = form["layout"].replace("to: principal_fen", "to: principle_fen")
    line = next(n for n, text in enumerate(wrong.splitlines(), 1) if "principle_fen" in text)
    for path, sent in (("preview", {"layout": wrong, "by": "text"}), ("import", {"layout": wrong})):
        answer = ops.post(f"/tapes/{tape.pk}/{path}", form | sent)
        page = text_of(answer)
        assert f"第 {line} 行" in page
        assert "principal_fen" in page  # the nearest that exists
        assert "to: principle_fen" in page  # what was typed is still there
    assert answer.status_code == 422
    tape.refresh_from_db()
    assert tape.state == Tape.UPLOADED
    assert not Job.objects.exists()


def test_table_and_text_both_changed_is_not_guessed_at(ops: Seat, clean_rows: Rows) -> None:
    tape = ops.uploaded(("t.csv", csv_of(clean_rows)))
    form = ops.describe(tape, read={"姓名": ""})
    answer = ops.post(f"/tapes/{tape.pk}/import", form | {"layout": form["layout"] + "\nignore: [备注]\n"})
    assert answer.status_code == 422
    assert "不知以哪个为准" in seen(answer)
    text_alone = ops.describe(tape)
    assert ops.post(f"/tapes/{tape.pk}/import", text_alone | {"layout": text_alone["layout"] + "\nignore: [备注]\n"}).status_code == 302
    tape.refresh_from_db()
    assert tape.layout.endswith("ignore: [备注]\n")


@pytest.mark.parametrize(("change", "said"), [({"as_of": "2026-13-45"}, "基准日不是日期"), ({"read": {"借据号": ""}}, "缺少必需字段|没有来源")])
def test_what_is_wrong_with_the_description_is_said_beside_it(ops: Seat, clean_rows: Rows, change: dict[str, Any], said: str) -> None:
    tape = ops.uploaded(("t.csv", csv_of(clean_rows)))
    answer = ops.take_in(tape, series="改过的名称", **change)
    assert answer.status_code == 422
    page = seen(answer)
    assert any(part in page for part in said.split("|"))
    assert 'value="改过的名称"' in text_of(answer)
    assert not Job.objects.exists()


def test_the_same_tape_again_changes_nothing_and_says_which_it_is(ops: Seat, clean_rows: Rows) -> None:
    first = ops.imported(("t.csv", csv_of(clean_rows)), series="甲")
    again = ops.uploaded(("另名.csv", csv_of(clean_rows)))
    page = seen(ops.get(f"/tapes/{again.pk}"))
    assert "同样的文件已导入过" in page
    answer = ops.take_in(again, as_of=AS_OF.isoformat())
    assert answer.status_code == 422
    assert "这份清单已导入为“甲”第 1 版" in seen(answer)
    assert f'href="/tapes/{first.pk}"' in text_of(answer)
    assert Tape.objects.filter(state=Tape.IMPORTED).count() == 1
    assert Account.objects.count() == 40


def test_two_people_importing_one_tape_one_wins_and_the_other_is_told(ops: Seat, sit: Callable[..., Seat], clean_rows: Rows) -> None:
    other = sit()
    mine, theirs = ops.uploaded(("a.csv", csv_of(clean_rows))), other.uploaded(("a.csv", csv_of(clean_rows)))
    assert ops.take_in(mine).status_code == other.take_in(theirs).status_code == 302
    assert work_off().state == Job.DONE
    lost = work_off()
    assert lost.state == Job.FAILED
    assert lost.error["code"] == "TAPE_KNOWN"
    theirs.refresh_from_db()
    assert theirs.state == Tape.FAILED
    assert not Account.objects.filter(tape=theirs).exists()
    page = text_of(other.get(f"/tapes/{theirs.pk}"))
    assert f'href="/tapes/{mine.pk}"' in page
    assert "已导入为" in page


def test_a_second_import_of_one_tape_is_refused_while_the_first_runs(ops: Seat, clean_rows: Rows) -> None:
    tape = ops.uploaded(("a.csv", csv_of(clean_rows)))
    form = ops.describe(tape)
    assert ops.post(f"/tapes/{tape.pk}/import", form).status_code == 302
    assert ops.post(f"/tapes/{tape.pk}/import", form).status_code == 302  # to the same page: nothing is asked for twice
    assert Job.objects.count() == 1


def test_an_upload_beyond_the_limit_is_refused_before_it_is_read(ops: Seat, settings: Any) -> None:
    class Unread(io.RawIOBase):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

    for path, size in (("/tapes/new", settings.PANHUO_UPLOAD_LIMIT + (9 << 20)), ("/sign-in", 9 << 20)):
        answer = ops.client.generic(
            "POST", path, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(size), **{"wsgi.input": Unread()}
        )
        assert answer.status_code == 413
        assert "上传内容超过上限" in seen(answer)
    assert not Tape.objects.exists()


def test_a_full_disk_is_said_before_the_upload(ops: Seat, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 10_000_000))  # type: ignore[attr-defined]
    answer = ops.client.generic("POST", "/tapes/new", b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(20 << 20))
    assert answer.status_code == 507


@pytest.mark.parametrize("names", [(), ("a.csv", "a.csv")])
def test_no_file_and_one_file_twice_are_said_on_the_form(ops: Seat, clean_rows: Rows, names: tuple[str, ...]) -> None:
    answer = ops.upload(*((name, csv_of(clean_rows)) for name in names))
    assert answer.status_code == 422
    assert ("没有选择文件" if not names else "给了两次") in seen(answer)
    assert not Tape.objects.exists()


def test_two_files_with_other_headings_become_one_tape_by_mapping(ops: Seat) -> None:
    one = csv_of([{"借据号": f"A{n}", "未偿本金": "100", "姓名": "王静"} for n in range(5)])
    two = csv_of([{"合同借据": f"B{n}", "剩余本金": "200", "客户": "李伟"} for n in range(5)])
    tape = ops.uploaded(("一.csv", one), ("二.csv", two))
    answer = ops.take_in(
        tape,
        read={
            "借据号": "account_id",
            "未偿本金": "principal_fen",
            "姓名": "name",
            "合同借据": "account_id",
            "剩余本金": "principal_fen",
            "客户": "name",
        },
    )
    assert answer.status_code == 302, seen(answer)
    assert work_off().state == Job.DONE
    tape.refresh_from_db()
    assert (tape.rows, tape.balance_fen) == (10, 5 * 100_00 + 5 * 200_00)


def test_a_sheet_can_be_chosen(ops: Seat) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    for name, amount in (("一月", "100"), ("二月", "300")):
        sheet = book.add_worksheet(name)
        for j, cells in enumerate((("借据号", "未偿本金", f"备注{name}"), ("A1", amount, "x"), ("A2", amount, "y"))):
            sheet.write_row(j, 0, cells)
    book.close()
    tape = ops.uploaded(("两月.xlsx", buffer.getvalue()))
    page = text_of(ops.get(f"/tapes/{tape.pk}"))
    assert "sheet=%E4%BA%8C%E6%9C%88" in page
    assert "备注二月" in text_of(ops.get(f"/tapes/{tape.pk}?sheet=二月"))
    assert "没有工作表" in seen(ops.get(f"/tapes/{tape.pk}?sheet=三月"))


def test_only_those_who_import_may_upload_and_others_see_what_there_is(ops: Seat, sit: Callable[..., Seat], clean_rows: Rows) -> None:
    tape = ops.uploaded(("t.csv", csv_of(clean_rows)))
    reader, collector = sit("disposal_manager"), sit("collector")
    assert "还没有导入" in seen(reader.get(f"/tapes/{tape.pk}"))
    assert (
        reader.get("/tapes/new").status_code
        == reader.post(f"/tapes/{tape.pk}/import").status_code
        == reader.post(f"/tapes/{tape.pk}/discard").status_code
        == 403
    )
    assert collector.get("/tapes").status_code == 403


def test_another_organisations_tape_is_no_page_at_all(ops: Seat, sit: Callable[..., Seat], clean_rows: Rows) -> None:
    tape = ops.uploaded(("t.csv", csv_of(clean_rows)))
    stranger = sit(of=Organisation.objects.create(kind="lender", name="乙银行"))
    for path in ("", "/quality", "/rejects", "/matches", "/versions", "/files", "/progress", "/comparing", "/rejects/0"):
        assert stranger.get(f"/tapes/{tape.pk}{path}").status_code == 404
    for path in ("/import", "/preview", "/discard", "/compare", "/rejects/again", "/rejects/download", "/matches/1"):
        assert stranger.post(f"/tapes/{tape.pk}{path}").status_code == 404
    assert ops.get("/tapes/99999999999999999999999").status_code == 404


def test_an_upload_can_be_removed_an_imported_tape_cannot(ops: Seat, clean_rows: Rows) -> None:
    tape = ops.uploaded(("t.csv", csv_of(clean_rows)))
    folder = tape.folder
    assert ops.post(f"/tapes/{tape.pk}/discard").status_code == 302
    assert not folder.exists()
    kept = ops.imported(("t.csv", csv_of(clean_rows)))
    assert ops.post(f"/tapes/{kept.pk}/discard").status_code == 400
    assert kept.folder.exists()


def test_a_cancelled_import_can_be_begun_again(ops: Seat, clean_rows: Rows) -> None:
    tape = ops.uploaded(("t.csv", csv_of(clean_rows)))
    ops.take_in(tape)
    job = Job.objects.get()
    assert ops.post(f"/jobs/{job.pk}/cancel", {"back": "subject"})["Location"] == f"/tapes/{tape.pk}"
    tape.refresh_from_db()
    assert tape.state == Tape.UPLOADED
    assert ops.take_in(tape).status_code == 302
    assert work_off().state == Job.DONE


def test_nothing_on_a_tape_is_ever_markup(ops: Seat) -> None:
    evil = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
    row = {"借据号": evil, "未偿本金": "100", "姓名": evil, evil: evil, "产品类型": evil, "居住地址": evil, "五级分类": evil}
    rows = [row | {"借据号": f"{evil}{n}", "未偿本金": "100" if n else evil} for n in range(3)]
    tape = ops.imported((f"{evil[:40]}.csv", csv_of(rows)), series=evil[:80])
    pages = [f"/tapes/{tape.pk}{path}" for path in ("", "/quality", "/rejects", "/rejects/0", "/matches", "/versions", "/files")] + [
        "/tapes",
        "/jobs",
    ]
    upload = ops.uploaded(("x.csv", csv_of(rows)))
    for path in [*pages, f"/tapes/{upload.pk}"]:
        answer = ops.get(path)
        assert answer.status_code == 200, path
        page = text_of(answer)
        assert "<img src=x" not in page, path
        assert "<script>alert" not in page, path


def test_what_is_done_to_a_tape_is_on_record(ops: Seat, clean_rows: Rows) -> None:
    tape = ops.imported(("t.csv", csv_of(clean_rows)))
    assert set(Deed.objects.filter(subject=tape.subject).values_list("verb", flat=True)) == {"tape.upload", "job.start", "tape.import"}
