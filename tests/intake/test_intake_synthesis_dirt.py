"""Every injected fault stands in the file and nowhere else differs a cell. Oracle: the clean tape of the same seed, and what each fault is."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable

import polars as pl
import pytest
from stdnum.cn import ric

from panhuo.engines.intake.synthesis import COLUMNS, HEADINGS, Chunk, synthesise
from panhuo.engines.intake.synthesis.tables import faults
from panhuo.kernel.findings import SEVERITIES

AS_OF = dt.date(2026, 10, 31)
ROWS = 20_000


def tape(share: float, *, rows: int = ROWS, null_bytes: bool = True) -> Chunk:
    return next(iter(synthesise(rows, seed=31, as_of=AS_OF, dirty=share, null_bytes=null_bytes)))


@pytest.fixture(scope="module")
def clean() -> pl.DataFrame:
    return tape(0.0).tape


@pytest.fixture(scope="module")
def dirtied() -> Chunk:
    return tape(0.5)


def test_the_list_matches_the_file_cell_by_cell(clean: pl.DataFrame, dirtied: Chunk) -> None:
    listed = dirtied.faults
    copies = dict(listed.filter(pl.col("fault") == "row_repeated").select("row", "dirty").iter_rows())
    source = {account: row for row, account in enumerate(clean["借据号"])}
    wanted = clean.with_row_index("row", offset=1)
    origin = wanted.with_columns(pl.col("row").replace_strict({row: source[account] + 1 for row, account in copies.items()}, default=pl.col("row")))
    expected = clean[(origin["row"] - 1).to_list()]
    cells = {
        (row, column): (was, now)
        for row, column, was, now, fault in listed.select("row", "column", "original", "dirty", "fault").iter_rows()
        if fault != "row_repeated"
    }
    assert len(cells) == listed.height - len(copies), "one fault a cell"
    differ = 0
    for column in clean.columns:
        rows = (expected[column].ne_missing(dirtied.tape[column])).arg_true()
        for row in rows:
            was, now = cells[row + 1, column]
            assert (expected[column][row], dirtied.tape[column][row]) == (was, now)
        differ += len(rows)
    assert differ == len(cells)


def test_a_repeated_row_repeats_an_earlier_clean_one(clean: pl.DataFrame, dirtied: Chunk) -> None:
    listed = dirtied.faults
    faulty = set(listed["row"])
    where = {account: row for row, account in enumerate(clean["借据号"], 1)}
    for fault in ("row_repeated", "account_repeated"):
        hits = listed.filter(pl.col("fault") == fault)
        assert hits.height > 50
        for row, was, now in hits.select("row", "original", "dirty").iter_rows():
            assert was == clean["借据号"][row - 1]
            assert where[now] < row
            assert where[now] not in faulty
            assert (dirtied.tape.row(row - 1) == clean.row(where[now] - 1)) == (fault == "row_repeated")
            assert dirtied.truth["account_id"][row - 1] == (now if fault == "row_repeated" else was)


def test_a_repeated_row_recovers_nothing_of_its_own(dirtied: Chunk) -> None:
    rows = dirtied.faults.filter(pl.col("fault") == "row_repeated")["row"]
    truth = dirtied.truth.filter(pl.col("row").is_in(rows.implode()))
    assert truth.select(pl.sum_horizontal("expected_recovery_fen", "m01", "m02", "m36").sum()).item() == 0
    first = dirtied.truth.filter(pl.col("account_id").is_in(truth["account_id"].implode())).group_by("account_id").agg(pl.col("debtor").n_unique())
    assert first["debtor"].max() == 1


def test_the_truth_names_the_faults_of_each_row(dirtied: Chunk) -> None:
    told = dirtied.truth.filter(pl.col("faults").list.len() > 0).select("row", pl.col("faults").list.sort())
    listed = dirtied.faults.group_by("row").agg(pl.col("fault").sort().alias("faults")).sort("row")
    assert told.equals(listed)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 1.0])
def test_the_share_of_dirty_rows(share: float) -> None:
    chunk = tape(share)
    found = chunk.faults["row"].n_unique() / ROWS
    assert abs(found - share) <= 4.0 * math.sqrt(share * (1.0 - share) / ROWS)
    if share == 0.0:
        assert chunk.faults.is_empty()
        assert (chunk.truth["faults"].list.len() == 0).all()


def test_every_kind_occurs_with_its_expected_end(dirtied: Chunk) -> None:
    kinds = dirtied.faults.group_by("fault").agg(pl.col("expected").unique(), pl.col("field").unique())
    assert set(kinds["fault"]) == set(faults())
    for fault, expected, fields in kinds.iter_rows():
        assert expected == [faults()[fault].expected]
        assert expected[0] in SEVERITIES
        assert set(fields) == set(faults()[fault].columns)
        assert set(fields) <= set(COLUMNS)
    assert (dirtied.faults["column"] == dirtied.faults["field"].replace_strict(HEADINGS)).all()


def test_a_spreadsheet_gets_no_null_byte() -> None:
    chunk = tape(0.5, null_bytes=False)
    assert "name_null_byte" not in set(chunk.faults["fault"])
    assert not any(chunk.tape[name].str.contains("\x00", literal=True).any() for name in chunk.tape.columns)


def money(text: str) -> int:
    """Fen, read as a person would."""
    bare = re.sub("[,元￥]", "", unicodedata.normalize("NFKC", text)).replace("¥", "")
    assert re.fullmatch(r"\d+\.\d\d", bare), text
    return int(bare.replace(".", ""))


def id_of(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "")


def day(text: str) -> dt.date:
    if re.fullmatch(r"\d{5}", text):
        return dt.date(1899, 12, 30) + dt.timedelta(int(text))
    return dt.date(*(int(part) for part in (re.findall(r"\d+", text) if not re.fullmatch(r"\d{8}", text) else (text[:4], text[4:6], text[6:]))))


def no_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return True
    return False


Row = dict[str, str]
SAME_MONEY: Callable[[str, str, Row], bool] = lambda was, now, _: money(was) == money(now) and was != now  # noqa: E731
SAME_DAY: Callable[[str, str, Row], bool] = lambda was, now, _: day(was) == day(now) and was != now  # noqa: E731
SAME_ID: Callable[[str, str, Row], bool] = lambda was, now, _: was != now and id_of(now) == was and ric.is_valid(was)  # noqa: E731
BAD_ID: Callable[[str, str, Row], bool] = lambda was, now, _: ric.is_valid(was) and not ric.is_valid(now)  # noqa: E731
SAME_PHONE: Callable[[str, str, Row], bool] = lambda was, now, _: re.sub(r"^\+86|[ -]", "", unicodedata.normalize("NFKC", now)) == was != now  # noqa: E731
EMPTY: Callable[[str, str, Row], bool] = lambda _was, now, _: now is None  # noqa: E731

IS_SO: dict[str, Callable[[str, str, Row], bool]] = {
    "account_missing": EMPTY,
    "principal_missing": EMPTY,
    "name_missing": EMPTY,
    "amount_words": lambda _was, now, _: not re.search(r"\d", now),
    "amount_negative": lambda was, now, _: float(now) == -float(was) < 0,
    "amount_bracketed": lambda was, now, _: now == f"({was})",
    "amount_absurd": lambda _was, now, _: float(now) > 1e15,
    "amount_overflow": lambda _was, now, _: float(now) == 1e308,
    "amount_yuan": lambda was, now, _: now == f"{float(was):,.2f}元",
    "amount_sign": lambda was, now, _: now == f"￥{float(was):,.2f}",
    "amount_full_width": SAME_MONEY,
    "balance_off": lambda was, now, _: money(now) - money(was) >= 100_00,
    "rate_percent": lambda was, now, _: now.endswith("%") and math.isclose(float(now[:-1]) / 100, float(was)),
    "rate_absurd": lambda _was, now, _: float(now) > 100,
    "date_impossible": lambda was, now, _: no_day(now) and not no_day(was),
    "date_chinese": lambda was, now, _: SAME_DAY(was, now, {}) and "年" in now,
    "date_compact": SAME_DAY,
    "date_slashed": lambda was, now, _: SAME_DAY(was, now, {}) and "/" in now,
    "date_serial": SAME_DAY,
    "date_future": lambda _was, now, _: day(now) > AS_OF,
    "date_ancient": lambda _was, now, _: day(now).year < 1949,
    "date_reversed": lambda _was, now, row: day(now) < day(row["放款日期"]),
    "days_contradict": lambda _was, now, row: abs(int(now) - (AS_OF - day(row["逾期起始日"])).days) > 30,
    "id_check_digit": BAD_ID,
    "id_mistyped": lambda was, now, _: BAD_ID(was, now, {}) and sum(a != b for a, b in zip(was, now, strict=True)) == 1,
    "id_truncated": lambda was, now, _: now == was[:17],
    "id_birth_impossible": lambda _was, now, _: no_day(f"{now[6:10]}-{now[10:12]}-{now[12:14]}") and ric.calc_check_digit(now) == now[-1],
    "id_lowercase_x": lambda was, now, _: SAME_ID(was, now.upper(), {}) or (now[-1] == "x" and now[:17] == was[:17]),
    "id_full_width": SAME_ID,
    "id_spaced": SAME_ID,
    "phone_spaced": SAME_PHONE,
    "phone_dashed": SAME_PHONE,
    "phone_country": SAME_PHONE,
    "phone_full_width": SAME_PHONE,
    "phone_short": lambda was, now, _: len(now) == 10 and was.startswith(now),
    "phone_zeros": lambda _was, now, _: set(now) == {"0"},
    "name_digits": lambda was, now, _: now.startswith(was) and bool(re.search(r"\d", now)),
    "name_formula": lambda was, now, _: now.startswith("=") and was in now,
    "name_null_byte": lambda was, now, _: now.replace("\x00", "") == was != now,
    "name_spaced": lambda was, now, _: now.replace(" ", "") == was != now,
    "code_unknown": lambda _was, now, _: now == "未定义类别",
    "flag_unknown": lambda _was, now, _: now not in ("是", "否"),
}


@pytest.mark.parametrize("kind", sorted(set(faults()) - {"row_repeated", "account_repeated"}))
def test_each_fault_is_what_its_name_says(kind: str, clean: pl.DataFrame, dirtied: Chunk) -> None:
    hits = dirtied.faults.filter(pl.col("fault") == kind)
    for row, was, now in hits.select("row", "original", "dirty").iter_rows():
        assert IS_SO[kind](was, now, clean.row(row - 1, named=True)), (was, now)
