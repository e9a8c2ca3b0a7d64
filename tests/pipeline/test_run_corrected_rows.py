"""Rejected rows are corrected in a spreadsheet and run again, alone or with the tape they come from."""

from __future__ import annotations

from pathlib import Path

import fastexcel
import polars as pl
import pytest
from made_runs import AS_OF, Ran, Rows, ran

from panhuo.engines.intake import rejects
from sheets import texts_of


def correct(path: Path, out: Path, cells: dict[str, dict[str, str]]) -> Path:
    """Write cells (account number -> heading -> cell) into a copy of a file of rejected rows, as a person does."""
    rows = [list(row) for row in fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars().rows()]
    top = next(i for i in (0, 1) if rows[i][0] == "问题")
    done = set()
    for row in rows[top + 1 :]:
        number = row[rows[top].index("借据号")]
        for heading, cell in cells.get(number, {}).items():
            row[rows[top].index(heading)] = cell
            done.add(number)
    assert done == set(cells)
    return texts_of(out, rejected=rows)


def titled(path: Path, rows: Rows, *titles: str) -> Path:
    path.write_text("\n".join([*titles, pl.DataFrame(rows).write_csv()]), encoding="utf-8")
    return path


@pytest.fixture(params=[".xlsx", ".csv"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == ".csv":
        monkeypatch.setattr(rejects, "XLSX_ROWS", 0)
    return str(request.param)


@pytest.mark.parametrize("arguments", [{}, {"layout": "panhuo"}])
def test_a_corrected_row_keeps_the_unit_of_the_title(tmp_path: Path, clean_rows: Rows, form: str, arguments: dict[str, str]) -> None:
    rows = [dict(row) for row in clean_rows[:12]]
    good = rows[3]["未偿本金"]
    rows[3] = {**rows[3], "未偿本金": "待核实"}
    tape = titled(tmp_path / "tape.csv", rows, "不良贷款清单", "单位：万元")
    first = ran([tape], tmp_path / "o1", as_of=AS_OF)
    assert first.summary["rows_rejected"] == 1
    path = first.out / "private" / f"rejected_rows{form}"
    mended = tmp_path / f"mended{form}"
    if form == ".csv":
        mended.write_text(path.read_text(encoding="utf-8-sig").replace("待核实", good), encoding="utf-8")
    else:
        correct(path, mended, {rows[3]["借据号"]: {"未偿本金": good}})
    wanted = round(float(good) * 10_000 * 100)
    for tapes, name in (([mended], "o2"), ([tape, mended], "o3")):
        again = ran(tapes, tmp_path / name, as_of=AS_OF, **arguments)
        accounts = again.table("accounts").filter(pl.col("account_id") == rows[3]["借据号"])
        assert accounts["principal_fen"].to_list() == [wanted]
        assert [notice["code"] for notice in again.summary["notices"]].count("TITLE_UNIT") == 1


def test_a_tape_whose_title_says_yuan_takes_its_corrected_rows_back(tmp_path: Path, clean_rows: Rows) -> None:
    rows = [{**row, "未偿本金": "待核实"} if i == 1 else dict(row) for i, row in enumerate(clean_rows[:8])]
    tape = titled(tmp_path / "tape.csv", rows, "单位：元")
    first = ran([tape], tmp_path / "o1", as_of=AS_OF)
    mended = correct(first.out / "private" / "rejected_rows.xlsx", tmp_path / "m.xlsx", {rows[1]["借据号"]: {"未偿本金": "12.50"}})
    both = ran([tape, mended], tmp_path / "o2", as_of=AS_OF)
    assert both.summary["rows_accepted"] == 8


def test_tape_and_corrected_rows_are_one_tape(sample: Ran, tmp_path: Path) -> None:
    lines = {(line["code"], line["row"]): line for line in sample.csv("rejects")}
    tape = pl.read_csv(sample.tape, infer_schema=False, truncate_ragged_lines=True).with_row_index("row", 1)
    number = dict(tape.select(pl.col("row").cast(pl.String), "借据号").rows())
    bad = [number[row] for code, row in lines if code in ("AMOUNT_UNREADABLE", "NEGATIVE_PRINCIPAL", "PRINCIPAL_MISSING")]
    counts = dict(tape["借据号"].value_counts().rows())
    bad = [account for account in bad if counts[account] == 1][:4]
    assert len(bad) >= 3
    mended = correct(
        sample.out / "private" / "rejected_rows.xlsx",
        tmp_path / "rejected_rows.xlsx",
        {account: {"未偿本金": "1234.56", "未偿利息": "0", "罚息复利": "0", "其他费用": "0", "未偿本息费合计": "1234.56"} for account in bad},
    )
    both = ran([sample.tape, mended], tmp_path / "both", as_of=AS_OF)
    rejected = sample.summary["rows_rejected"]
    assert both.summary["rows_in"] == sample.summary["rows_in"] + rejected
    accepted = set(both.table("accounts")["account_id"])
    assert set(bad) <= accepted
    assert set(sample.table("accounts")["account_id"]) <= accepted
    again = [line for line in both.csv("rejects") if line["file"] == "rejected_rows.xlsx" and line["value"] in bad]
    assert [line for line in again if line["code"].startswith("DUPLICATE")] == []
    assert sum(line["file"] == sample.tape.name for line in both.csv("rejects")) == len(sample.csv("rejects"))
    alone = ran([mended], tmp_path / "alone", as_of=AS_OF)
    assert set(bad) <= set(alone.table("accounts")["account_id"])


def test_totals_are_not_among_the_rows_to_correct(tmp_path: Path, clean_rows: Rows) -> None:
    """Known by the rows they add up, they would come back alone, and as claims: a subtotal with a count for a number under each ten loans."""
    rows: Rows = []
    for k in range(3):
        some = [dict(row) for row in clean_rows[10 * k : 10 * k + 10]]
        sums = {name: f"{sum(round(float(row[name] or 0) * 100) for row in some) / 100:.2f}" for name in ("未偿本金", "未偿利息", "罚息复利")}
        rows += [*some, {**dict.fromkeys(some[0], ""), **sums, "借据号": str(len(some))}]
    faulty = {**rows[4], "借据号": ""}
    number, rows[4] = rows[4]["借据号"], faulty
    tape = titled(tmp_path / "tape.csv", rows)
    first = ran([tape], tmp_path / "o1", as_of=AS_OF)
    assert first.summary["rows_rejected"] == 4
    private = first.out / "private"
    told = fastexcel.read_excel(private / "rejected_rows.xlsx").load_sheet(0, dtypes="string").to_polars()
    assert told.height == 1
    assert fastexcel.read_excel(private / "total_rows.xlsx").load_sheet(0, dtypes="string").to_polars().height == 3
    assert (private / "total_rows.xlsx").stat().st_mode & 0o777 == 0o600
    mended = tmp_path / "mended.xlsx"
    cells = [list(told.columns), *[["" if cell is None else cell for cell in row] for row in told.rows()]]
    cells[1][told.columns.index("借据号")] = number
    texts_of(mended, rejected=cells)
    again = ran([tape, mended], tmp_path / "o2", as_of=AS_OF)
    assert again.summary["rows_accepted"] == 30
    owed = sum(round(float(row[name] or 0) * 100) for row in clean_rows[:30] for name in ("未偿本金", "未偿利息", "罚息复利", "其他费用"))
    assert again.summary["balance_accepted_fen"] == owed
