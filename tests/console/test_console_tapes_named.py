"""Under what name a tape comes in, which version of it counts, and account numbers that stand on several tapes: said before and after, and put right again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from desk_ground import Rows, Seat, csv_of, form_fields, seen, text_of, work_off
from panhuo.apps.identity.models import Deed, Organisation
from panhuo.apps.intake.models import Account, Tape
from panhuo.apps.intake.overlaps import shared_numbers
from panhuo.apps.intake.portfolio import tapes_current

pytestmark = pytest.mark.django_db


def numbered(rows: Rows, prefix: str) -> Rows:
    """The same rows under account numbers of another branch."""
    return [row | {"借据号": f"{prefix}{n:04d}"} for n, row in enumerate(rows)]


def held(seat: Seat) -> list[tuple[str, int, bool]]:
    return [(tape.series, tape.version, tape.current) for tape in seat.scope.rows(Tape).filter(state="imported").order_by("pk")]


def test_a_typed_name_is_kept_and_a_tape_with_the_same_headings_only_offered(ops: Seat, clean_rows: Rows) -> None:
    ops.imported(("a.csv", csv_of(numbered(clean_rows, "A"))), series="城北分行")
    upload = ops.uploaded(("c.csv", csv_of(numbered(clean_rows, "C"))), series="南城分行")
    page = ops.get(f"/tapes/{upload.pk}")
    assert form_fields(text_of(page))["series"] == "南城分行"
    assert 'data-fill="series" data-value="城北分行"' in text_of(page)
    assert "现行第 1 版 · 40 户" in seen(page)
    assert "抽看的 40 户中 0 户账号相同" in seen(page)
    assert ops.take_in(upload).status_code == 302
    work_off()
    assert held(ops) == [("城北分行", 1, True), ("南城分行", 1, True)]
    unnamed = ops.uploaded(("东城.csv", csv_of(numbered(clean_rows, "D"))))
    assert form_fields(text_of(ops.get(f"/tapes/{unnamed.pk}")))["series"] == "东城"


def test_what_a_name_replaces_is_said_with_the_numbers_in_common(ops: Seat, clean_rows: Rows) -> None:
    ops.imported(("a.csv", csv_of(numbered(clean_rows, "A"))), series="甲")
    ops.imported(("b.csv", csv_of(numbered(clean_rows, "B"))), series="乙")
    later = [row | {"未偿利息": "0"} for row in numbered(clean_rows, "A")[:30]] + numbered(clean_rows, "N")[:10]
    upload = ops.uploaded(("x.csv", csv_of(later)), series="乙")
    page = ops.get(f"/tapes/{upload.pk}")
    assert "导入后取代现行的 乙 第 1 版" in seen(page)
    assert "抽看的 40 户中 0 户的账号在其中" in seen(page)
    assert "请换一个名称" in seen(page)
    assert 'data-value="甲"' in text_of(page)  # the likelier one, though the last with these headings was 乙
    form = form_fields(text_of(page)) | {"series": "甲"}
    told = ops.post(f"/tapes/{upload.pk}/preview", form)
    assert 'id="series-told"' in text_of(told)
    assert "抽看的 40 户中 30 户的账号在其中" in seen(told)
    assert "请换一个名称" not in seen(told)
    assert 'data-value="甲"' not in text_of(told)


def test_a_tape_under_the_wrong_name_is_renamed_and_the_one_it_replaced_comes_back(ops: Seat, clean_rows: Rows) -> None:
    first = ops.imported(("a.csv", csv_of(numbered(clean_rows, "A"))), series="甲")
    wrong = ops.imported(("b.csv", csv_of(numbered(clean_rows[:30], "B"))), series="甲")
    assert held(ops) == [("甲", 1, False), ("甲", 2, True)]
    page = seen(ops.get(f"/tapes/{wrong.pk}/versions"))
    assert "“甲”的第 1 版重新成为现行" in page
    answer = ops.post(f"/tapes/{wrong.pk}/rename", {"series": "乙", "restore": "1"}, follow=True)
    assert "已改名为“乙”第 1 版" in seen(answer)
    assert held(ops) == [("甲", 1, True), ("乙", 1, True)]
    assert Deed.objects.get(verb="tape.rename").details == {"was": "甲", "version": 2, "series": "乙"}
    assert "改名" in seen(ops.get(f"/tapes/{wrong.pk}"))
    assert Account.objects.filter(tape=wrong).count() == 30
    third = ops.imported(("c.csv", csv_of(numbered(clean_rows[:20], "C"))), series="甲")
    assert (third.version, third.current) == (2, True)
    ops.post(f"/tapes/{third.pk}/rename", {"series": "乙"})  # there is a current one: it is not pushed out
    assert held(ops) == [("甲", 1, False), ("乙", 1, True), ("乙", 2, False)]
    assert first.folder.exists()


def test_withdrawn_and_made_current_again_and_nothing_is_removed(ops: Seat, clean_rows: Rows) -> None:
    one = ops.imported(("a.csv", csv_of(numbered(clean_rows, "A"))), series="甲")
    two = ops.imported(("b.csv", csv_of(numbered(clean_rows[:30], "B"))), series="甲")
    ops.post(f"/tapes/{two.pk}/withdraw", {"restore": "1"})
    assert held(ops) == [("甲", 1, True), ("甲", 2, False)]
    ops.post(f"/tapes/{one.pk}/withdraw")
    assert held(ops) == [("甲", 1, False), ("甲", 2, False)]
    assert tapes_current(ops.scope) == []
    page = seen(ops.get(f"/tapes/{one.pk}"))
    assert "已撤下" in page
    assert "这份清单已撤下" not in page
    ops.post(f"/tapes/{two.pk}/current")
    assert held(ops) == [("甲", 1, False), ("甲", 2, True)]
    ops.post(f"/tapes/{one.pk}/current")
    assert held(ops) == [("甲", 1, True), ("甲", 2, False)]
    done = Deed.objects.filter(subject=one.subject, verb__in=("tape.current", "tape.withdraw")).order_by("pk")
    assert [deed.verb for deed in done] == ["tape.current", "tape.withdraw", "tape.current"]
    assert Account.objects.count() == 70
    for path, fields, code in (
        ("current", {}, "VERSION_CURRENT"),
        ("rename", {"series": " 甲 "}, "SERIES_SAME"),
        ("rename", {"series": ""}, "SERIES_SAME"),
    ):
        answer = ops.post(f"/tapes/{one.pk}/{path}", fields)
        assert answer.status_code == 422
        assert code in text_of(answer)
    assert "VERSION_OUT" in text_of(ops.post(f"/tapes/{two.pk}/withdraw"))
    fresh = ops.imported(("c.csv", csv_of(numbered(clean_rows[:20], "C"))), series="甲")
    assert (fresh.version, fresh.current) == (3, True)


def test_who_may_not_import_changes_no_version_nor_does_another_organisation(ops: Seat, sit: Callable[..., Seat], clean_rows: Rows) -> None:
    tape = ops.imported(("a.csv", csv_of(clean_rows)), series="甲")
    stranger = sit(of=Organisation.objects.create(kind="lender", name="乙银行"))
    for seat, status in ((sit("auditor"), 403), (stranger, 404)):
        for path in ("withdraw", "current", "rename"):
            assert seat.post(f"/tapes/{tape.pk}/{path}", {"series": "乙"}).status_code == status
    assert "/withdraw" not in text_of(sit("auditor").get(f"/tapes/{tape.pk}/versions"))
    assert held(ops) == [("甲", 1, True)]


def test_a_tape_whose_corrected_rows_are_being_imported_is_left_alone(ops: Seat, clean_rows: Rows) -> None:
    rows = [dict(row) for row in clean_rows]
    rows[0]["未偿本金"] = "待核实"
    tape = ops.imported(("a.csv", csv_of(rows)), series="甲")
    ops.post(f"/tapes/{tape.pk}/rejects/0", {"h0": "未偿本金", "c0": "12"})
    assert ops.post(f"/tapes/{tape.pk}/rejects/again").status_code == 302
    for path in ("withdraw", "rename"):
        assert "MEND_UNDER_WAY" in text_of(ops.post(f"/tapes/{tape.pk}/{path}", {"series": "乙"}))
    work_off()
    assert held(ops) == [("甲", 1, False), ("甲", 2, True)]


def test_numbers_on_several_current_tapes_are_told_wherever_they_count_twice(ops: Seat, clean_rows: Rows) -> None:
    rows = numbered(clean_rows, "A")
    fen = [round(float(row["未偿本息费合计"]) * 100) for row in rows]
    one = ops.imported(("a.csv", csv_of(rows[:30])), series="甲")
    assert "也在其他现行清单上" not in seen(ops.get(f"/tapes/{one.pk}"))
    assert "重复" not in seen(ops.get("/portfolio"))
    two = ops.imported(("b.csv", csv_of(rows[20:])), series="乙")
    three = ops.imported(("c.csv", csv_of([*rows[25:28], *numbered(clean_rows[:5], "C")])), series="丙")
    shared = shared_numbers(tapes_current(ops.scope))
    # the slow twin: count every number over the rows of all three
    assert shared.numbers == 10
    assert shared.accounts_beyond == 13
    assert shared.fen_beyond == sum(fen[20:30]) + sum(fen[25:28])
    assert shared.of(two.pk) == (10, sum(fen[20:30]), {one.pk, three.pk})
    assert shared.of(three.pk) == (3, sum(fen[25:28]), {one.pk, two.pk})
    page = seen(ops.get(f"/tapes/{two.pk}"))
    assert "10 个账号也在其他现行清单上" in page
    for path in ("/portfolio", "/plans/new"):
        page = seen(ops.get(path))
        assert "10 个账号同时在多份清单上" in page
        assert "合计多算了 13 户" in page
    assert "同时在多份" not in seen(ops.get(f"/portfolio?tape={one.pk}"))
    with CaptureQueriesContext(connection) as caught:
        shared_numbers(tapes_current(ops.scope))
    assert len(caught) == 1  # the tapes; what they share is known
    ops.post(f"/tapes/{three.pk}/withdraw")
    assert shared_numbers(tapes_current(ops.scope)).accounts_beyond == 10
    ops.post(f"/tapes/{two.pk}/withdraw")
    assert "同时在多份" not in seen(ops.get("/portfolio"))


def test_what_tapes_share_is_asked_in_one_query(ops: Seat, clean_rows: Rows) -> None:
    tapes: list[Any] = [ops.imported((f"{name}.csv", csv_of(clean_rows[:n])), series=name) for n, name in ((20, "甲"), (30, "乙"), (40, "丙"))]
    for path in tapes[-1].folder.rglob("shared-*.json"):
        path.unlink()
    with CaptureQueriesContext(connection) as caught:
        assert shared_numbers(tapes).numbers == 30
    assert len(caught) == 1


def test_the_preview_numbers_rows_as_a_spreadsheet_does(ops: Seat, clean_rows: Rows) -> None:
    rows = [dict(row) for row in clean_rows]
    rows[20]["未偿本金"] = "待核实"
    rows[30] |= {"借据号": rows[3]["借据号"]}
    lines = csv_of(rows).decode().splitlines()
    text = "\n".join(["不良贷款清单", "", *lines[:10], "", *lines[10:]]) + "\n"  # two lines above the header, a blank one among the rows
    at = {n: text.splitlines().index(lines[n + 1]) + 1 for n in (3, 20, 30)}
    upload = ops.uploaded(("t.csv", text.encode()))
    page = seen(ops.get(f"/tapes/{upload.pk}"))
    assert f" {at[20]} 退回" in page
    assert f"第 {at[3]} 行" in page or f"{at[3]} 行" in page
    assert ops.take_in(upload).status_code == 302
    work_off()
    after = text_of(ops.get(f"/tapes/{upload.pk}/rejects"))
    assert f"t.csv 第 {at[20]} 行" in after
    assert f"t.csv 第 {at[30]} 行" in after


def in_wan(rows: Rows) -> Rows:
    amounts = ("放款金额", "未偿本金", "未偿利息", "罚息复利", "其他费用", "未偿本息费合计")
    return [row | {name: f"{float(row[name]) / 10_000:.6f}" for name in amounts if row.get(name)} for row in rows]


def unlike(rows: Rows) -> Rows:
    """Under headings that no shipped layout knows."""
    names = {"借据号": "借据编号", "未偿本金": "贷款余额", "未偿利息": "欠息", "罚息复利": "罚息"}
    return [{names.get(name, name): cell for name, cell in row.items()} for row in rows]


def begun_with(page: str) -> str:
    return re.search(r"版式从哪来.*?<summary>(.*?)</summary>", page, re.S)[1]  # type: ignore[index]


def test_an_upload_begins_with_its_own_series_layout_and_never_with_a_strangers(ops: Seat, clean_rows: Rows) -> None:
    """The same headings in another branch stand for another unit: its amounts would be ten thousand times what is owed."""
    yuan, wan = unlike(numbered(clean_rows, "A")), unlike(in_wan(numbered(clean_rows, "B")))
    ops.imported(("a.csv", csv_of(yuan)), series="甲")
    other = ops.uploaded(("b.csv", csv_of(wan)), series="乙")
    page = text_of(ops.get(f"/tapes/{other.pk}"))
    assert "按表头与内容建议" in begun_with(page)
    plain = r"(to: principal_fen)(?![^}\n]*unit:)"
    text = re.sub(plain, r"\1, unit: wan", form_fields(page)["layout"])
    assert "unit: wan" in text
    told = ops.post(f"/tapes/{other.pk}/preview", form_fields(page) | {"layout": text, "by": "text"})
    answer = ops.post(f"/tapes/{other.pk}/import", form_fields(page) | form_fields(text_of(told)) | {"series": "乙"})
    assert answer.status_code == 302, seen(answer)[:900]
    work_off()
    assert held(ops)[1:] == [("乙", 1, True)]
    again = ops.uploaded(("c.csv", csv_of(yuan)), series="甲")
    assert "unit: wan" not in form_fields(text_of(ops.get(f"/tapes/{again.pk}")))["layout"]
    unnamed = ops.uploaded(("新表.csv", csv_of(wan)))  # by its account numbers the next of 乙
    page = text_of(ops.get(f"/tapes/{unnamed.pk}"))
    assert "上次用于“乙”第 1 版" in begun_with(page)
    assert "unit: wan" in form_fields(page)["layout"]


def test_amounts_read_in_another_unit_than_before_are_told_before_they_come_in(ops: Seat, clean_rows: Rows) -> None:
    rows = numbered(clean_rows, "A")
    ops.imported(("a.csv", csv_of(rows)), series="甲")
    upload = ops.uploaded(("b.csv", csv_of(in_wan(rows))), series="甲")
    page = seen(ops.get(f"/tapes/{upload.pk}"))
    assert "金额的单位多半不对" in page
    assert "单位与推断不同，请核对" in page  # yuan by the layout, which names no unit; ten thousands by the figures
    other = ops.uploaded(("b.csv", csv_of(in_wan(rows))), series="别名")
    page = seen(ops.get(f"/tapes/{other.pk}"))
    assert "金额的单位多半不对" in page
    assert "“甲”现行版合计" in page
    same = ops.uploaded(("c.csv", csv_of(rows[:30])), series="甲")
    assert "金额的单位多半不对" not in seen(ops.get(f"/tapes/{same.pk}"))
