"""Rejected rows corrected and versions changed through the API: the same rows and figures as the engines give, in the caller's hands only."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from callers import Caller
from desk import AS_OF, imported, ran, seat, written
from panhuo.apps.identity.models import Deed
from panhuo.apps.intake.models import Tape
from panhuo.pipeline import run_tape
from sheets import sheets_of

pytestmark = [pytest.mark.usefixtures("inside"), pytest.mark.slow]
BAD = (3, 17)


@pytest.fixture
def faulty(desk: Any, tmp_path: Path) -> tuple[Any, list[dict[str, str]]]:
    """A tape two of whose rows have no readable principal, and its rows as they should have been."""
    from panhuo.engines.intake import clean, load_layout

    whole = pl.DataFrame(desk.raw[100:260]).with_columns(__file=pl.lit("t"), __row=pl.int_range(pl.len(), dtype=pl.Int32), __fault=None, __raw=None)
    outcome = clean(whole.cast({"__fault": pl.String, "__raw": pl.String}), layout=load_layout("panhuo"), as_of=AS_OF)
    good = set(outcome.data.accounts["account_id"])
    rows = [row for row in desk.raw[100:260] if row["借据号"] in good][:100]
    sent = [{**row, "未偿本金": "不详"} if at in BAD else row for at, row in enumerate(rows)]
    return imported(desk.user, written(tmp_path / "t.csv", sent), series="可更正"), rows


def test_what_was_rejected_is_corrected_and_counts(desk: Any, faulty: tuple[Any, list[dict[str, str]]], tmp_path: Path) -> None:
    tape, rows = faulty
    call = Caller(desk.user)
    where = f"/tapes/{tape.pk}"
    listed = call("GET", where + "/rejects")
    assert [row["cells"]["借据号"] for row in listed["rows"]] == [rows[at]["借据号"] for at in BAD]
    assert (listed["count"], listed["next"], tape.rows) == (2, None, 98)
    assert not any(rows[at]["姓名"] in json.dumps(listed, ensure_ascii=False) for at in BAD)
    code = listed["rows"][0]["faults"][0]["code"]
    assert call("GET", where + "/rejects", code=code)["count"] == 2
    assert call("GET", where + "/rejects", status=400, code="NOPE")["where"] == "code"
    assert call("POST", where + "/rejects/import", status=400)["code"] == "REJECTS_UNMENDED"
    for number, at in enumerate(BAD):
        opened = call("GET", f"{where}/rejects/{number}")
        assert opened["cells"]["姓名"] == rows[at]["姓名"]
        again = call("PUT", f"{where}/rejects/{number}", {"cells": {"未偿本金": "仍不详"}})
        assert [fault["heading"] for fault in again["still"]] == ["未偿本金"]
        assert call("PUT", f"{where}/rejects/{number}", {"cells": {"未偿本金": rows[at]["未偿本金"]}})["still"] == []
    assert call("PUT", f"{where}/rejects/0", {"cells": {"没有的列": "1"}}, status=400)["code"] == "REJECT_HEADING"
    assert call("GET", f"{where}/rejects/2", status=400)["code"] == "REJECT_UNKNOWN"
    assert Deed.objects.filter(verb="reject.open", subject=tape.subject).count() == 2
    job = call("POST", where + "/rejects/import", status=202)
    ran("tape.import", desk.organisation)
    made = call("GET", f"/tapes/{call('GET', '/jobs/' + str(job['id']))['result']['tape']}")
    run_tape([written(tmp_path / "right.csv", rows)], layout="panhuo", out=tmp_path / "out", as_of=AS_OF)
    right = pl.read_parquet(tmp_path / "out" / "accounts.parquet")
    assert (made["rows"], made["balance_fen"], made["version"], made["current"]) == (right.height, right["balance_fen"].sum(), tape.version + 1, True)
    assert call("PUT", f"{where}/rejects/0", {"cells": {"未偿本金": "1"}}, status=400)["code"] == "VERSION_OVERTAKEN"
    assert call("GET", f"/tapes/{made['id']}/differences/{tape.pk}", status=404)["code"]
    call("POST", f"/tapes/{made['id']}/differences/{tape.pk}", status=202)
    ran("tape.compare", desk.organisation)
    assert call("GET", f"/tapes/{made['id']}/differences/{tape.pk}")["added"] == 2


def test_the_downloaded_workbook_comes_back_corrected(desk: Any, faulty: tuple[Any, list[dict[str, str]]], tmp_path: Path) -> None:
    tape, rows = faulty
    call = Caller(desk.user)
    answer = call.client.post(f"/api/v1/tapes/{tape.pk}/rejects/download")
    assert answer.status_code == 200
    sent = pl.read_excel(io.BytesIO(b"".join(answer.streaming_content)), has_header=False, infer_schema_length=0).rows()
    column = sent[0].index("未偿本金")
    right = [rows[at]["未偿本金"] for at in BAD]
    told = [[*row[:column], principal, *row[column + 1 :]] for row, principal in zip(sent[1:], right, strict=True)]
    back = io.BytesIO(sheets_of(tmp_path / "rejects.xlsx", rejected=[sent[0], *told]).read_bytes())
    back.name = "rejects.xlsx"
    answer = call.client.post(f"/api/v1/tapes/{tape.pk}/rejects/import", {"file": back})
    assert answer.status_code == 202, answer.content.decode()
    ran("tape.import", desk.organisation)
    assert Tape.objects.get(series="可更正", current=True).rows == 100


def test_versions_are_made_current_withdrawn_and_renamed(desk: Any, faulty: tuple[Any, list[dict[str, str]]], tmp_path: Path) -> None:
    old, rows = faulty
    new = imported(desk.user, written(tmp_path / "n.csv", rows[:60]), series="可更正")
    call = Caller(desk.user)
    assert [(one["id"], one["current"]) for one in call("GET", f"/tapes/{old.pk}/versions")] == [(new.pk, True), (old.pk, False)]
    assert call("POST", f"/tapes/{old.pk}/current")["current"] is True
    assert call("POST", f"/tapes/{old.pk}/current", status=400)["code"] == "VERSION_CURRENT"
    gone = call("POST", f"/tapes/{old.pk}/withdraw", {"restore": True})
    assert (gone["withdrawn"]["current"], gone["restored"]["id"], gone["restored"]["current"]) == (False, new.pk, True)
    named = call("POST", f"/tapes/{new.pk}/rename", {"series": "另一名"})
    assert (named["series"], named["version"], named["current"]) == ("另一名", 1, True)
    assert call("POST", f"/tapes/{new.pk}/rename", {"series": " "}, status=400)["code"] == "SERIES_SAME"
    verbs = ["tape.current", "tape.withdraw", "tape.current", "tape.rename"]
    assert list(Deed.objects.filter(verb__in=verbs, subject__in=(old.subject, new.subject)).order_by("pk").values_list("verb", flat=True)) == verbs


def test_others_change_nothing(desk: Any, faulty: tuple[Any, list[dict[str, str]]]) -> None:
    tape, _ = faulty
    asked = [
        ("GET", "/rejects/0", None),
        ("PUT", "/rejects/0", {"cells": {}}),
        ("POST", "/rejects/import", None),
        ("POST", "/current", None),
        ("POST", "/withdraw", {}),
        ("POST", "/rename", {"series": "x"}),
    ]
    for caller, status in ((Caller(desk.stranger), 404), (Caller(seat(desk.organisation, "looks", "auditor")), 403)):
        for method, path, body in asked:
            caller(method, f"/tapes/{tape.pk}{path}", body, status=status)
    fresh = Tape.objects.get(pk=tape.pk)
    assert (fresh.series, fresh.current, fresh.version) == (tape.series, True, tape.version)


def test_what_was_noted_of_accepted_rows_is_listed(desk: Any, tmp_path: Path) -> None:
    rows = [{**row, "手机号码": "12345"} if at % 3 else row for at, row in enumerate(desk.raw[100:260])]
    tape = imported(desk.user, written(tmp_path / "t.csv", rows), series="留意")
    call = Caller(desk.user)
    told = {row["code"]: row["rows"] for row in tape.figures["warnings"]}
    (code, count) = max(told.items(), key=lambda one: one[1])
    assert count > 50
    first = call("GET", f"/tapes/{tape.pk}/findings", code=code)
    second = call("GET", f"/tapes/{tape.pk}/findings", code=code, after=first["next"])
    assert (first["count"], len(first["rows"])) == (count, 50)
    assert {row["code"] for row in first["rows"] + second["rows"]} == {code}
    one = second["rows"][0]
    account = call("GET", f"/portfolio/accounts/{tape.pk}/{one['position']}")
    assert account["account_id"] == one["account_id"]
    assert call("GET", f"/tapes/{tape.pk}/findings")["count"] == sum(told.values())
    assert call("GET", f"/tapes/{tape.pk}/findings", status=400, code="NOPE")["where"] == "code"
    assert "12345" not in json.dumps(first)
