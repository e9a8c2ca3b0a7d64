"""What was noted or repaired on accepted rows: listed with its account, the same rows as ``panhuo run`` writes, and nobody named in them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desk_ground import AS_OF, Rows, Seat, csv_of, text_of
from panhuo.apps.identity.models import Deed, Organisation
from panhuo.apps.intake import findings
from panhuo.apps.intake.models import Account
from panhuo.pipeline import run_tape

pytestmark = pytest.mark.django_db


def walked(scope: Any, tape: Any, code: str = "") -> list[findings.Finding]:
    """Every page from the first on, and back again: each finding once, in one order."""
    rows: list[findings.Finding] = []
    after: int | None = None
    while True:
        page = findings.findings_page(scope, tape, code=code, after=after)
        rows += page.rows
        assert page.count >= len(rows)
        if page.older is None:
            break
        after = page.older
    back: list[findings.Finding] = []
    last = page
    while last.newer is not None:
        last = findings.findings_page(scope, tape, code=code, before=last.newer)
        back = last.rows + back
    assert back + page.rows == rows
    assert page.count == len(rows)
    return rows


def test_the_findings_are_those_of_a_run_and_lead_to_their_accounts(ops: Seat, dirty_tape: Path, tmp_path: Path) -> None:
    tape = ops.imported(dirty_tape)
    run_tape([dirty_tape], tmp_path / "out", as_of=AS_OF)
    with (tmp_path / "out" / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        told = [row for row in csv.DictReader(file) if "-" not in row["code"]]  # the rulebooks judge where a plan is made
    rows = walked(ops.scope, tape)
    assert len(rows) > 2 * findings.PAGE

    def plain(text: str | None) -> str:
        return (text or "").removeprefix("'")

    listed = Counter((row.file, row.place, row.code, row.heading, plain(row.value), row.words.zh) for row in rows)
    assert listed == Counter((r["file"], int(r["sheet_row"]), r["code"], r["column"], plain(r["value"]), r["message"]) for r in told)
    accounts = dict(Account.objects.filter(tape=tape).values_list("position", "account_id"))
    with dirty_tape.open(encoding="utf-8-sig", newline="") as source:
        numbers = [row["借据号"].strip() for row in csv.DictReader(source)]
    for row in rows:
        assert row.position is not None
        assert accounts[row.position] == row.account_id == numbers[row.place - 2]
    for figure in tape.figures["warnings"]:
        assert len(walked(ops.scope, tape, figure["code"])) == figure["rows"]


def spoiled(rows: Rows) -> Rows:
    """A telephone that is none, one that is repaired, and a class that goes with no arrears."""
    out = [dict(row) for row in rows]
    out[3]["手机号码"] = "12345"
    out[7]["未偿本金"] = "１０００．００"
    return out


def test_the_page_shows_them_masked_and_the_file_is_on_record(ops: Seat, sit: Callable[..., Seat], clean_rows: Rows) -> None:
    rows = spoiled(clean_rows)
    tape = ops.imported(("t.csv", csv_of(rows)))
    codes = {row["code"] for row in tape.figures["warnings"]}
    assert codes
    for seat in (ops, sit("auditor")):
        page = text_of(seat.get(f"/tapes/{tape.pk}/findings"))
        assert rows[3]["借据号"] in page
        assert "12345" not in page
        for code in codes:
            one = text_of(seat.get(f"/tapes/{tape.pk}/findings?code={code}"))
            assert all((found.account_id in one) for found in walked(ops.scope, tape, code))
            assert f"/tapes/{tape.pk}/findings?code={code}" in text_of(seat.get(f"/tapes/{tape.pk}"))
    assert ops.get(f"/tapes/{tape.pk}/findings?code=%00'&after=x&before=-1").status_code == 200
    answer = ops.post(f"/tapes/{tape.pk}/findings/download")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert Counter(line["code"] for line in lines) == Counter(found.code for found in walked(ops.scope, tape))
    (deed,) = Deed.objects.filter(verb="findings.download", subject=tape.subject)
    assert deed.details == {"rows": len(lines)}
    assert ops.client.get(f"/tapes/{tape.pk}/findings/download").status_code == 405


def test_they_are_nobody_elses(ops: Seat, sit: Callable[..., Seat], clean_rows: Rows) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled(clean_rows))))
    stranger = sit(of=Organisation.objects.create(kind="lender", name="乙银行"))
    assert stranger.get(f"/tapes/{tape.pk}/findings").status_code == 404
    assert stranger.post(f"/tapes/{tape.pk}/findings/download").status_code == 404


def test_a_notice_leads_to_the_rows_it_names(ops: Seat, clean_rows: Rows) -> None:
    rows = [{**row, "未偿本息费合计": "1.00"} for row in clean_rows]
    tape = ops.imported(("t.csv", csv_of(rows)))
    page = text_of(ops.get(f"/tapes/{tape.pk}"))
    (notice,) = re.findall(r"<p>[^<]*BALANCE_MISMATCH.*?</p>", page)
    assert f'href="/tapes/{tape.pk}/findings?code=BALANCE_MISMATCH"' in notice
    assert findings.findings_page(ops.scope, tape, code="BALANCE_MISMATCH").count == tape.rows


def test_a_tape_without_a_list_is_told_so(ops: Seat, clean_rows: Rows) -> None:
    tape = ops.imported(("t.csv", csv_of(spoiled(clean_rows))))
    for part in (tape.folder / tape.figures["kept"]).glob("findings-*.arrow"):
        part.unlink()
    answer = ops.get(f"/tapes/{tape.pk}/findings")
    assert answer.status_code == 422
    assert "FINDINGS_UNLISTED" in text_of(answer)
    assert b"".join(ops.post(f"/tapes/{tape.pk}/findings/download").streaming_content).count(b"\r\n") > 1
