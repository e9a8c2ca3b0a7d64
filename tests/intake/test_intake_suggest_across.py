"""What columns say of each other: one unit for a tape's amounts, the present arrears, and what is overdue the longest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.engines.intake import clean, load_layout
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.engines.intake.suggestion import CERTAIN
from panhuo.kernel.randomness import stream

AS_OF = dt.date(2026, 9, 30)
N = 40
FEN_A = {"fen": 1, "yuan": 100, "wan": 1_000_000}


def accounts_of(frame: pl.DataFrame, tmp_path: Path) -> pl.DataFrame:
    """By the layout as suggested."""
    path = tmp_path / "l.yaml"
    path.write_text(suggest_layout(frame.columns, frame).to_yaml(), encoding="utf-8")
    tape = frame.with_columns(
        __file=pl.lit("t"), __row=pl.int_range(pl.len(), dtype=pl.Int32), __fault=pl.lit(None, pl.String), __raw=pl.lit(None, pl.String)
    )
    return clean(tape, layout=load_layout(path), as_of=AS_OF).data.accounts


def written(fen: int, unit: str, decimals: int) -> str:
    """An amount in a unit, with as many decimals as an export writes."""
    return f"{fen / FEN_A[unit]:.{decimals}f}"


@pytest.mark.parametrize(
    ("unit", "decimals"),
    [
        ("fen", (0, 0, 0)),
        ("yuan", (2, 2, 2)),
        ("yuan", (2, 6, 6)),
        ("yuan", (0, 2, 4)),
        ("yuan", (6, 2, 2)),
        ("wan", (6, 6, 6)),
        ("wan", (4, 2, 2)),
        ("wan", (2, 6, 6)),
        ("wan", (2, 4, 2)),
    ],
)
def test_all_amounts_that_state_no_unit_are_in_one(unit: str, decimals: tuple[int, int, int], tmp_path: Path) -> None:
    """The truth is in fen; whatever an export writes of it comes back, to what the decimals kept."""
    draw = stream(7)
    truth = {"本金余额": [int(draw.integers(600_000, 99_999_999)) for _ in range(N)]}
    truth["利息余额"] = [fen // int(draw.integers(4, 40)) for fen in truth["本金余额"]]
    truth["罚息余额"] = [fen // int(draw.integers(3, 30)) for fen in truth["利息余额"]]
    frame = pl.DataFrame(
        {"借据号": [f"JJ{17 * i:05}" for i in range(N)], "逾期天数": [str(30 + i) for i in range(N)]}
        | {name: [written(fen, unit, places) for fen in column] for (name, column), places in zip(truth.items(), decimals, strict=True)}
    )
    read = accounts_of(frame, tmp_path)
    for (_, column), field, places in zip(truth.items(), ("principal_fen", "interest_fen", "penalty_fen"), decimals, strict=True):
        kept = max(1.0, FEN_A[unit] / 10**places)
        assert all(abs(got - fen) <= kept for got, fen in zip(read[field], column, strict=True)), field
    guesses = [guess for guess in suggest_layout(frame.columns, frame).guesses if guess.field and guess.field.endswith("_fen")]
    assert len({guess.unit for guess in guesses}) == 1
    if unit != "yuan":
        assert all(guess.doubts and guess.confidence < CERTAIN for guess in guesses)  # nobody takes a guessed unit for a stated one


@pytest.mark.parametrize("rows", [3, N])
def test_zeros_that_a_database_writes_behind_an_amount_make_no_wan_of_it(rows: int, tmp_path: Path) -> None:
    """DECIMAL(18,4): a consumer loan of 5,000.0000 is not fifty million."""
    frame = pl.DataFrame(
        {
            "借据号": [f"J{i:03}" for i in range(rows)],
            "剩余本金": [f"{3200 + 17 * i}.0000" for i in range(rows)],
            "应收利息": [f"{15 + i}.2500" for i in range(rows)],
        }
    )
    guesses = suggest_layout(frame.columns, frame).guesses
    assert [guess.unit for guess in guesses] == [None, None, None]
    assert accounts_of(frame.with_columns(逾期天数=pl.lit("30")), tmp_path)["principal_fen"].to_list() == [100 * (3200 + 17 * i) for i in range(rows)]


def test_amounts_finer_than_a_fen_that_would_be_tens_of_millions_each_stay_yuan_and_are_doubted() -> None:
    frame = pl.DataFrame({"借据号": [f"J{i:03}" for i in range(N)], "剩余本金": [f"{3200 + 17 * i}.1234" for i in range(N)]})
    principal = suggest_layout(frame.columns, frame).guesses[1]
    assert principal.unit is None
    assert principal.confidence < CERTAIN
    assert "数值像万元" in principal.doubts[0].zh


def test_figures_that_look_like_another_unit_than_the_principals_are_doubted() -> None:
    frame = pl.DataFrame(
        {"借据号": [f"J{i:03}" for i in range(N)], "本金": [f"{5000 + i}.25" for i in range(N)], "利息": [f"{9 + i}.123456" for i in range(N)]}
    )
    _, principal, interest = suggest_layout(frame.columns, frame).guesses
    assert (principal.unit, principal.doubts, interest.unit) == (None, (), None)
    assert "数值像万元，但与“本金”一致按元读" in interest.doubts[0].zh


def test_round_sums_of_firms_are_no_fen() -> None:
    """Loans of whole millions beside interest in whole yuan: what looks like fen is doubted, not read so."""
    frame = pl.DataFrame(
        {
            "借据号": [f"J{i:03}" for i in range(N)],
            "本金": [str(1_000_000 * (i + 3)) for i in range(N)],
            "利息": [str(200_077 + 1013 * i) for i in range(N)],
        }
    )
    _, principal, interest = suggest_layout(frame.columns, frame).guesses
    assert (principal.unit, interest.unit) == (None, None)
    assert interest.doubts


def test_a_unit_that_a_heading_states_is_not_guessed_over() -> None:
    frame = pl.DataFrame(
        {"借据号": [f"J{i:03}" for i in range(N)], "本金(元)": [f"{i + 1}.1234" for i in range(N)], "利息(元)": [f"0.{i + 1:04}" for i in range(N)]}
    )
    assert [guess.unit for guess in suggest_layout(frame.columns, frame).guesses] == [None, None, None]


def arrears(dates: list[str], days: list[str], *, date: str, count: str) -> pl.DataFrame:
    n = len(days)
    return pl.DataFrame({"借据号": [f"J{i:03}" for i in range(n)], "本金": [f"{5000 + i}.25" for i in range(n)], date: dates, count: days})


@pytest.mark.parametrize(("aged", "form"), [(0, "%Y-%m-%d"), (17, "%Y%m%d"), (1, "%Y年%m月%d日")])
def test_a_date_that_goes_with_the_days_is_sure(aged: int, form: str) -> None:
    """Days as of an earlier export go with it, too: they add up to one day."""
    begun = [AS_OF - dt.timedelta(days=40 + 13 * i) for i in range(N)]
    frame = arrears([d.strftime(form) for d in begun], [str((AS_OF - d).days - aged) for d in begun], date="首次逾期日期", count="逾期天数")
    guesses = {guess.field: guess for guess in suggest_layout(frame.columns, frame).guesses}
    assert guesses["overdue_since"].confidence >= CERTAIN
    assert guesses["overdue_days"].doubts == guesses["overdue_since"].doubts == ()


def test_the_first_arrears_ever_are_not_the_present_ones(tmp_path: Path) -> None:
    draw = stream(3)
    ever = [(AS_OF - dt.timedelta(days=int(draw.integers(900, 1800)))).isoformat() for _ in range(N)]
    days = [str(draw.choice([0, 15, 90, 400]).item()) for _ in range(N)]
    frame = arrears(ever, days, date="首次逾期日期", count="当前逾期天数")
    assert accounts_of(frame, tmp_path)["overdue_days"].to_list() == [int(day) for day in days]


def test_the_first_arrears_alone_are_to_be_confirmed() -> None:
    """首次逾期日期 is a name of the present arrears with some lenders and of the first ever with others."""
    dates = [(AS_OF - dt.timedelta(days=40 + 13 * i)).isoformat() for i in range(N)]
    for name, sure in (("首次逾期日期", False), ("逾期起始日", True)):
        frame = pl.DataFrame({"借据号": [f"J{i:03}" for i in range(N)], "本金": [f"{5000 + i}.25" for i in range(N)], name: dates})
        guess = suggest_layout(frame.columns, frame).guesses[2]
        assert (guess.field, guess.confidence >= CERTAIN, not guess.doubts) == ("overdue_since", sure, sure)


def test_days_and_a_plain_date_that_contradict_each_other_are_both_to_be_confirmed() -> None:
    draw = stream(3)
    dates = [(AS_OF - dt.timedelta(days=int(draw.integers(10, 1800)))).isoformat() for _ in range(N)]
    frame = arrears(dates, [str(draw.integers(1, 900).item()) for _ in range(N)], date="逾期起始日", count="逾期天数")
    doubted = [guess for guess in suggest_layout(frame.columns, frame).guesses if guess.field in ("overdue_since", "overdue_days")]
    assert len(doubted) == 2
    assert all(guess.confidence < CERTAIN and "不是同一天" in guess.doubts[0].zh for guess in doubted)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 900)), st.one_of(st.none(), st.integers(0, 900))), min_size=12, max_size=30))
def test_what_is_overdue_the_longest_counts(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int | None, int | None]]) -> None:
    rows = [*rows, (0, 15), (90, 90), (5, 400)]
    frame = pl.DataFrame(
        {
            "借据号": [f"J{i:03}" for i in range(len(rows))],
            "本金": [f"{5000 + i}.25" for i in range(len(rows))],
            "本金逾期天数": ["" if a is None else str(a) for a, _ in rows],
            "利息逾期天数": ["" if b is None else str(b) for _, b in rows],
        }
    )
    read = accounts_of(frame, tmp_path_factory.mktemp("l"))["overdue_days"].to_list()
    assert read == [max((day for day in row if day is not None), default=0) for row in rows]


def test_the_end_of_this_month_is_owed_and_not_that_of_the_last(tmp_path: Path) -> None:
    cells = {
        name: [str(1000 * k + i) + ".50" for i in range(N)]
        for k, name in enumerate(("上月末本金余额", "本月末本金余额", "上月末欠息", "本月末欠息"), 3)
    }
    days = {name: [str(k + i) for i in range(N)] for k, name in ((60, "上月末逾期天数"), (90, "本月末逾期天数"))}
    read = accounts_of(pl.DataFrame({"借据号": [f"J{i:03}" for i in range(N)]} | cells | days), tmp_path)
    assert read["principal_fen"].to_list() == [(4000 + i) * 100 + 50 for i in range(N)]
    assert read["interest_fen"].to_list() == [(6000 + i) * 100 + 50 for i in range(N)]
    assert read["overdue_days"].to_list() == [90 + i for i in range(N)]
