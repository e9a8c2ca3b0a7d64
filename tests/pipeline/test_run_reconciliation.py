"""Nothing is lost: the run's books against a slow reader that knows nothing of Panhuo, and every fault put in meets its fate."""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

import polars as pl
import pytest
from made_runs import ROWS, Ran

PARTS = ("未偿本金", "未偿利息", "罚息复利", "其他费用")
BEYOND_REASON = 10**13  # fen: docs/intake.md, AMOUNT_ABSURD


def read_slowly(tape: Path) -> list[dict[str, str]]:
    with tape.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fen(cell: str) -> int | None:
    """Fen of an amount as people write it; None for what is no amount, 0 for nothing."""
    text = unicodedata.normalize("NFKC", cell).strip().replace(",", "").removeprefix("￥").removeprefix("¥").removesuffix("元")
    if not text:
        return 0
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    try:
        amount = (Decimal(text) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP) if abs(Decimal(text)) < 10**20 else None
    except InvalidOperation:
        return None
    return None if amount is None or abs(amount) > BEYOND_REASON else int(amount)


def balance(row: dict[str, str]) -> int:
    """What the row says is owed, as far as it can be read."""
    return sum(fen(row[part] or "") or 0 for part in PARTS)


def test_rows_and_fen_add_up_to_what_a_slow_reader_finds(sample: Ran) -> None:
    rows = read_slowly(sample.tape)
    s = sample.summary
    assert s["rows_in"] == len(rows) == ROWS
    assert s["rows_accepted"] + s["rows_rejected"] == s["rows_in"]
    rejected = {int(line["row"]) for line in sample.csv("rejects")}
    assert len(rejected) == s["rows_rejected"]
    by_hand = [balance(row) for row in rows]
    assert s["balance_in_fen"] == sum(by_hand)
    assert s["balance_rejected_fen"] == sum(by_hand[row - 1] for row in rejected)
    assert s["balance_accepted_fen"] == sum(fen for row, fen in enumerate(by_hand, 1) if row not in rejected)


def test_the_balance_of_every_accepted_row_is_the_slow_readers(sample: Ran) -> None:
    by_hand = [balance(row) for row in read_slowly(sample.tape)]
    accounts = sample.table("accounts")
    assert accounts["balance_fen"].to_list() == [by_hand[row - 1] for row in accounts["source_row"]]


def test_rows_whose_balance_could_not_be_read_are_counted(sample: Ran) -> None:
    rows = read_slowly(sample.tape)
    rejected = {int(line["row"]) for line in sample.csv("rejects")}
    unread = [row for row in rejected if any(fen(rows[row - 1][part]) is None for part in PARTS) or not rows[row - 1]["未偿本金"]]
    assert sample.summary["balance_unreadable_rows"] == len(unread) > 0


def test_each_row_is_an_account_or_a_reject_once(sample: Ran) -> None:
    accepted = sample.table("accounts")["source_row"].to_list()
    rejected = {int(line["row"]) for line in sample.csv("rejects")}
    assert len(set(accepted)) == len(accepted)
    assert not rejected & set(accepted)
    assert rejected | set(accepted) == set(range(1, ROWS + 1))
    assert accepted == sorted(accepted)  # tape order
    assert set(sample.table("accounts")["source_file"]) == {sample.tape.name}


def test_a_reject_is_listed_once_a_fault(sample: Ran) -> None:
    lines = Counter((line["row"], line["code"], line["column"]) for line in sample.csv("rejects"))
    assert set(lines.values()) == {1}


def test_every_injected_fault_meets_its_fate(sample: Ran) -> None:
    """The sample says what must become of each fault it put in; the run never saw that list."""
    faults = pl.read_parquet(sample.tape.with_name(f"{sample.tape.stem}.truth-faults.parquet"))
    assert faults.height > 80
    rejects = {int(line["row"]) for line in sample.csv("rejects")}
    found = {(int(line["row"]), line["column"]) for line in sample.csv("findings")}
    out = {row for row, expected in faults.select("row", "expected").iter_rows() if expected == "reject"}
    missed = [
        fault
        for fault in faults.to_dicts()
        if not (fault["row"] in rejects if fault["expected"] == "reject" else fault["row"] in out or (fault["row"], fault["column"]) in found)
    ]
    assert missed == []
    assert rejects == out  # and no row was thrown out that had no fault worth it


def test_repaired_values_are_the_clean_ones(sample: Ran) -> None:
    """A repair that gives another value than stood there before the spoiling would be a forgery."""
    faults = pl.read_parquet(sample.tape.with_name(f"{sample.tape.stem}.truth-faults.parquet")).filter(pl.col("expected") == "repaired")
    accounts = {row["source_row"]: row for row in sample.table("accounts").to_dicts()}
    people = pl.read_parquet(sample.out / "private" / "debtors.parquet")
    by_account = {row["account_id"]: row for row in people.to_dicts()}
    checked = 0
    for fault in faults.to_dicts():
        account = accounts[fault["row"]]
        value = account.get(fault["field"], by_account[account["account_id"]].get(fault["field"]))
        original = fault["original"]
        if fault["field"].endswith("_fen"):
            expected: object = fen(original)
        elif fault["field"] == "annual_rate":
            expected, value = pytest.approx(float(original), abs=1e-4), value
        elif value is not None and hasattr(value, "isoformat"):
            expected, value = original, value.isoformat()
        else:
            expected = original
        assert value == expected, fault
        checked += 1
    assert checked > 20
