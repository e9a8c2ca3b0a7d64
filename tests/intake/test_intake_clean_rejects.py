"""What leaves the machine about faulty rows, and the file in which they are corrected."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import polars as pl
import pytest
from cleaning_rows import AS_OF, batch, cleaned
from hypothesis import given
from hypothesis import strategies as st

from panhuo.engines.intake import rejects
from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.rejects import PLACE, PROBLEM, RAW_LINE, digest, inert, rejected_rows, shareable, write_rejected
from panhuo.engines.intake.sources import read_tape
from panhuo.kernel.errors import OutputUnwritable
from panhuo.kernel.findings import FINDING

PEOPLE: dict[str, str | None] = {
    "姓名": "欧阳=修远1",
    "证件号码": "110100199003070041",
    "手机号码": "1791234567",
    "还款卡号": "4111111111111112",
    "联系人姓名": "司马光2",
    "联系人电话": "179123456789",
    "居住地址": "=北京市海淀区某某路99号",
    "电子邮箱": "someone at example",
    "出生日期": "1990-02-31",
}


def test_nobody_can_be_known_from_what_is_written() -> None:
    strays: dict[str, str | None] = {
        **PEOPLE,
        "未偿利息": "欧阳修远",
        "放款日期": "17912345678",
        "罚息复利": "110100199003070041欠",
        "执行年利率": "卡4111111111111112",
    }
    outcome = cleaned(strays)
    text = shareable(outcome.findings, outcome.data.headings).write_csv()
    assert outcome.findings.height >= 11
    for secret in (
        "110100199003070041",
        "1791234567",
        "17912345678",
        "4111111111111112",
        "修远",
        "光2",
        "海淀区某某路",
        "someone",
        "179123456789",
        "1990-02-31",
    ):
        assert secret not in text, secret


def test_a_row_that_is_no_row_shows_figures_and_first_letters() -> None:
    raw = '张三,110100199003070015,"17912345678,12.00'
    outcome = cleaned({"__fault": "ROW_RAGGED", "__raw": raw, "未偿本金": None})
    shown = shareable(outcome.findings, outcome.data.headings)["value"].item()
    assert shown == '张**,110****15,"179****78,12.00'


@given(st.text(max_size=30))
def test_nothing_runs_in_a_spreadsheet(text: str) -> None:
    shown = pl.DataFrame({"c": [text]}).select(inert(pl.col("c"))).item()
    assert not re.match(r"[=+\-@\t\r＝＋－＠]", shown)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", shown)
    if not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
        assert shown.removeprefix("'") == text.removeprefix("'")


def test_formulas_in_names_headings_and_files() -> None:
    finding = {"row": 1, "file": "=a.csv", "column": "@col", "code": "X", "severity": "warn", "message": "m", "message_en": "m", "value": "=1+1"}
    shown = shareable(pl.DataFrame([finding], schema=FINDING), {}).row(0, named=True)
    assert (shown["file"], shown["column"], shown["value"]) == ("'=a.csv", "'@col", "'=1+1")
    assert list(shown) == ["row", "file", "column", "code", "message", "value", "message_en", "sheet_row"]


def test_order_and_length_are_kept() -> None:
    outcome = cleaned(*({"手机号码": "1" * (k + 1), "居住地址": "=" + "长" * 500} for k in range(6)))
    shown = shareable(outcome.findings, outcome.data.headings)
    assert shown["row"].to_list() == outcome.findings["row"].to_list()
    assert shown["value"].str.len_chars().max() <= rejects.VALUE_CHARS + 1


def test_a_digest_is_bounded_and_adds_up() -> None:
    parts = [cleaned(*({"手机号码": "1", "未偿本金": "x"} for _ in range(n))) for n in (5, 70)]
    total = sum((digest(p.findings, p.data.headings) for p in parts[1:]), digest(parts[0].findings, parts[0].data.headings))
    assert sorted(total.counts.select("code", "rows").rows()) == [("AMOUNT_UNREADABLE", 75), ("PHONE_INVALID", 75)]
    assert total.examples.height == 6
    assert total.examples["value"].to_list() == ["****"] * 3 + ["x"] * 3 or set(total.examples["value"]) == {"****", "x"}


def whole(path: Path) -> pl.DataFrame:
    """The file of rejected rows as a person sees it, Panhuo's own columns with it, which reading it as a tape leaves out."""
    if path.suffix == ".csv":
        return pl.read_csv(path, infer_schema=False)
    import fastexcel

    return fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_polars()


def write(outcome_raw: pl.DataFrame, folder: Path) -> Path:
    outcome = clean(outcome_raw, as_of=AS_OF)
    frame = rejected_rows(outcome.data.rejected, outcome.findings)
    return write_rejected([frame], frame.columns, folder / "rejected", rows=frame.height)


MIXED = [
    {"借据号": "000123", "未偿本金": "(5)", "姓名": "=1+1", "手机号码": "1"},
    {},
    {"借据号": "123456789012345678901", "未偿本金": "1e308", "居住地址": 'a "b",\nc'},
    {"借据号": None},
    {"__fault": "ROW_ENCODING", "__raw": "x,y", "未偿本金": None},
]


@pytest.mark.parametrize("form", [".xlsx", ".csv"])
def test_rejected_rows_come_back_as_they_stood(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if form == ".csv":
        monkeypatch.setattr(rejects, "XLSX_ROWS", 0)
    raw = batch(MIXED)
    path = write(raw, tmp_path)
    assert path.suffix == form
    seen = whole(path)
    assert seen.columns[:3] == [PROBLEM, PLACE, RAW_LINE]
    assert seen[PLACE].to_list() == [f"tape.csv 第{n}行" for n in (1, 3, 4, 5)]
    assert [raw or None for raw in seen[RAW_LINE]] == [None, None, None, "x,y"]
    assert "未偿本金为负" in seen[PROBLEM][0]
    assert "PHONE_INVALID" in seen[PROBLEM][0]
    back = read_tape(path)
    assert not {PROBLEM, PLACE, RAW_LINE} & set(back.columns)
    stood = clean(raw, as_of=AS_OF).data.rejected
    for name in stood.columns:
        if not name.startswith("__"):
            cells = back[name].str.replace("^'", "") if form == ".csv" else back[name]
            assert cells.to_list() == stood[name].to_list(), name
    again = clean(back.with_columns(pl.lit(None, dtype=pl.String).alias("__fault")), as_of=AS_OF)
    first = clean(raw, as_of=AS_OF)
    assert again.data.reconciliation.balance_rejected_fen == first.data.reconciliation.balance_rejected_fen


def test_corrected_rows_are_accepted_on_the_next_run(tmp_path: Path) -> None:
    back = read_tape(write(batch(MIXED), tmp_path))
    mended = back.with_columns(
        pl.lit("88.00").alias("未偿本金"), pl.lit(None, dtype=pl.String).alias("未偿本息费合计"), pl.col("借据号").fill_null("NEW")
    )
    outcome = clean(mended, as_of=AS_OF)
    assert outcome.data.reconciliation.rows_accepted == 4
    assert outcome.data.accounts["account_id"].to_list() == ["000123", "123456789012345678901", "NEW", "JJ000004"]
    again = rejected_rows(clean(back, as_of=AS_OF).data.rejected, clean(back, as_of=AS_OF).findings)
    assert again.columns.count(PROBLEM) == 1


def test_columns_of_that_name_in_somebodys_tape_are_theirs(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("借据号,未偿本金,问题,位置\nJ1,5.00,无,北京\n", encoding="utf-8")
    assert read_tape(tmp_path / "t.csv").select(PROBLEM, PLACE).rows() == [("无", "北京")]


def test_long_numbers_and_formulas_are_text_in_the_workbook(tmp_path: Path) -> None:
    import fastexcel

    sheet = fastexcel.read_excel(write(batch(MIXED), tmp_path)).load_sheet(0).to_polars()
    assert sheet["借据号"].to_list()[:2] == ["000123", "123456789012345678901"]
    assert sheet["姓名"][0] == "=1+1"
    assert sheet["未偿本金"].dtype == pl.String


def test_the_csv_cannot_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejects, "XLSX_ROWS", 0)
    text = write(batch([{**row, "=col": "@x"} for row in MIXED]), tmp_path).read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    for row in csv.reader(io.StringIO(text.decode("utf-8-sig"))):
        assert not [cell for cell in row if cell[:1] in tuple("=+-@")]


def test_frames_with_fewer_headings_find_their_columns(tmp_path: Path) -> None:
    one = pl.DataFrame({PROBLEM: ["p"], PLACE: ["a"], "x": ["1"]})
    two = pl.DataFrame({PROBLEM: ["q"], PLACE: ["b"], "y": ["2"], "x": ["3"]})
    for most, suffix in ((10, ".xlsx"), (0, ".csv")):
        rejects_rows, rejects.XLSX_ROWS = rejects.XLSX_ROWS, most  # type: ignore[misc]
        try:
            path = write_rejected([one, two], ["x", "y"], tmp_path / "r", rows=2)
        finally:
            rejects.XLSX_ROWS = rejects_rows  # type: ignore[misc]
        assert path.suffix == suffix
        back = read_tape(path)
        assert back.select("x", "y").rows() == [("1", None), ("3", "2")]


def test_a_place_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    frame = pl.DataFrame({PROBLEM: ["p"], PLACE: ["a"], "x": ["1"]})
    with pytest.raises(OutputUnwritable, match="REJECTS_UNWRITABLE"):
        write_rejected([frame], ["x"], tmp_path / "missing" / "r", rows=rejects.XLSX_ROWS + 1)
    with pytest.raises(OutputUnwritable, match="REJECTS_UNWRITABLE"):
        write_rejected([frame], ["x"], tmp_path / "missing" / "r", rows=1)


def test_a_page_shows_the_value_itself_and_a_spreadsheet_text() -> None:
    outcome = cleaned({"未偿本金": "-73803.51"})
    assert shareable(outcome.findings, outcome.data.headings)["value"].item() == "'-73803.51"
    assert digest(outcome.findings, outcome.data.headings).examples["value"].item() == "-73803.51"
