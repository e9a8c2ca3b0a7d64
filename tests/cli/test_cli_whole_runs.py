"""Whole runs through the command: tapes with damaged rows, odd shapes and names, and public data sets as a user would give them."""

from __future__ import annotations

import csv
import gzip
import json
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

Panhuo = Callable[..., "subprocess.CompletedProcess[str]"]
pytestmark = pytest.mark.slow


def rejects(out: Path) -> list[dict[str, str]]:
    with (out / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def ran(command: Panhuo, folder: Path, *arguments: str) -> dict[str, Any]:
    done = command("run", *arguments, "-o", "out")
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert done.stderr.splitlines() == [f"注意 [{notice['code']}] {notice['message']}" for notice in summary["notices"]]
    assert summary["rows_accepted"] + summary["rows_rejected"] == summary["rows_in"]
    assert summary["balance_accepted_fen"] + summary["balance_rejected_fen"] == summary["balance_in_fen"]
    return summary


def test_rows_in_another_encoding_are_rejected_and_the_rest_goes_on(folder: Path, tape_text: str, panhuo: Panhuo) -> None:
    lines = tape_text.splitlines()
    (folder / "mixed.csv").write_bytes(b"\n".join(line.encode("gb18030" if k in (20, 21, 40) else "utf-8") for k, line in enumerate(lines)))
    summary = ran(panhuo, folder, "mixed.csv")
    assert (summary["rows_in"], summary["rows_rejected"]) == (40, 3)
    assert [(line["row"], line["code"]) for line in rejects(folder / "out")] == [(str(k), "ROW_ENCODING") for k in (20, 21, 40)]


def test_a_ten_megabyte_cell_and_a_null_byte_cost_their_rows_only(folder: Path, tape_text: str, within: Panhuo) -> None:
    rows = list(csv.reader(tape_text.splitlines()))
    rows[5][4] = "大" * 3_500_000
    rows[9][7] = "某\0地"
    with (folder / "big.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    summary = ran(within, folder, "big.csv")
    assert (summary["rows_in"], summary["rows_rejected"]) == (40, 2)
    assert [(line["row"], line["code"]) for line in rejects(folder / "out")] == [("5", "CELL_TOO_LONG"), ("9", "ROW_NUL")]
    assert (folder / "out" / "rejects.csv").stat().st_size < 20_000  # the cell is cut, not copied
    assert (folder / "out" / "report.html").stat().st_size < 2_000_000


def test_three_hundred_columns_of_which_a_layout_knows_forty(folder: Path, tape_text: str, within: Panhuo) -> None:
    head, *rows = tape_text.splitlines()
    text = "\n".join([head + "".join(f",x{k}" for k in range(260)), *(row + ",1" * 260 for row in rows)])
    (folder / "wide.csv.gz").write_bytes(gzip.compress(text.encode()))
    summary = ran(within, folder, "wide.csv.gz")
    assert [notice["code"] for notice in summary["notices"]] == ["LAYOUT_PARTIAL"]
    assert (summary["rows_in"], summary["rows_accepted"]) == (40, 40)


def test_names_with_spaces_dashes_and_chinese(folder: Path, tape_text: str, panhuo: Panhuo) -> None:
    deep = folder / "二〇二六 年" / "-清单 (1)"
    deep.mkdir(parents=True)
    (deep / "对公 & 零售;$(x).csv").write_text(tape_text, encoding="utf-8")
    done = panhuo("run", str(deep / "对公 & 零售;$(x).csv"), "-o", str(deep / "结果 100%"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"][0]["name"] == "对公 & 零售;$(x).csv"
    assert (deep / "结果 100%" / "report.html").exists()


def test_a_result_is_replaced_whole_by_the_next(folder: Path, tape_text: str, within: Panhuo) -> None:
    spoiled = tape_text.replace(tape_text.splitlines()[3].split(",")[0], "")
    (folder / "spoiled.csv").write_text(spoiled, encoding="utf-8")
    assert ran(within, folder, "spoiled.csv")["rows_rejected"] == 1
    assert (folder / "out" / "private" / "rejected_rows.xlsx").exists()
    assert ran(within, folder, "good.csv")["rows_rejected"] == 0
    assert not (folder / "out" / "private" / "rejected_rows.xlsx").exists()  # nothing of the earlier result remains
    assert sorted(path.name for path in folder.iterdir()) == ["good.csv", "out", "spoiled.csv"]


def test_unpacking_onto_a_full_disk_is_said_so(folder: Path, tape_text: str, panhuo: Panhuo) -> None:
    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    head, *rows = tape_text.splitlines()
    (folder / "x.csv.gz").write_bytes(gzip.compress("\n".join([head, *rows * 100]).encode()))
    done = panhuo("run", "x.csv.gz", "-o", "out", lang="en", env={"PYTHONDONTWRITEBYTECODE": "1"}, preexec_fn=small_disk)
    assert done.returncode == 3, done.stderr
    assert "[DISK_FULL]" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["good.csv", "x.csv.gz"]


REAL = {
    "lendingclub": (("lendingclub_samples", "lc_2000_random.csv.gz"), ("--layout", "lendingclub")),
    "lendingclub, stratified": (
        ("lendingclub_samples", "lc_1000_stratified_2016snapshot.csv.gz"),
        ("--layout", "lendingclub", "--as-of", "2016-01-31"),
    ),
    "sba": (("sba_7a", "SBAnational_first22427.csv.gz"), ()),
}


@pytest.mark.parametrize("name", REAL)
def test_public_loan_data_every_row_accounted_for_and_a_proven_gap(name: str, real_data: Path, folder: Path, within: Panhuo) -> None:
    place, options = REAL[name]
    tape = real_data.joinpath(*place)
    if not tape.exists():
        pytest.skip(f"{tape.name} is not beside this checkout")
    with gzip.open(tape, "rt", encoding="utf-8", newline="") as file:
        rows = sum(1 for row in csv.reader(file) if row) - 1
    summary = ran(within, folder, str(tape), *options)
    assert summary["rows_in"] == rows
    accounts = pl.read_parquet(folder / "out" / "accounts.parquet")
    out = {int(line["row"]) for line in rejects(folder / "out")}
    assert out | set(accounts["source_row"]) == set(range(1, rows + 1))
    assert not out & set(accounts["source_row"])
    assert 0 <= summary["gap"] <= 1e-3
    assert summary["objective_fen"] <= summary["upper_bound_fen"]
    assert summary["objective_fen"] > 0
    assert summary["currency"] == "USD"
    for limit in summary["limits"].values():
        assert limit["used"] <= limit["at_most"] * (1 + 1e-9)
    assert "USD" in (folder / "out" / "report.html").read_text(encoding="utf-8")
