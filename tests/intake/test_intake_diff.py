"""Two versions of a tape: the bridge adds up to the fen, and every change is found; the command says so in both forms."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from cleaning_rows import AS_OF, GOOD, batch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from panhuo.cli.tape import command
from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.diff import TapeDiff, Version, as_figures, compare
from panhuo.kernel.errors import PanhuoError

AMOUNT = st.integers(0, 10**9).map(lambda fen: f"{fen // 100}.{fen % 100:02d}")
ACCOUNT = st.fixed_dictionaries({"未偿本金": AMOUNT, "未偿利息": AMOUNT, "罚息复利": AMOUNT, "其他费用": AMOUNT, "未偿本息费合计": st.none()})
TAPE = st.dictionaries(st.sampled_from([f"A{k}" for k in range(9)]), ACCOUNT, max_size=9)


def version(rows: list[dict[str, str | None]], as_of: dt.date = AS_OF) -> Version:
    done = clean(batch(rows) if rows else batch([{}]).clear(), as_of=as_of).data
    return Version(done.accounts, done.tables["debtor"], as_of, done.reconciliation)


@settings(max_examples=60)
@given(TAPE, TAPE)
def test_the_bridge_adds_up(old: dict[str, dict[str, str | None]], new: dict[str, dict[str, str | None]]) -> None:
    before, after = (version([{"借据号": name, **cells} for name, cells in tape.items()]) for tape in (old, new))
    result = compare(before, after)
    lines = dict(result.bridge)
    assert next(iter(lines)) == "old"
    assert sum(fen for name, fen in result.bridge if name != "new") == lines["new"] == after.accounts["balance_fen"].sum()
    both = old.keys() & new.keys()
    assert (result.added, result.removed) == (len(new.keys() - old.keys()), len(old.keys() - new.keys()))
    assert (result.changed, result.unchanged) == (sum(old[k] != new[k] for k in both), sum(old[k] == new[k] for k in both))
    assert lines["interest_fen"] == sum(_fen(new[k]["未偿利息"]) - _fen(old[k]["未偿利息"]) for k in both)
    assert result.same == (old == new)


def _fen(text: str | None) -> int:
    return int((text or "0").replace(".", ""))


def test_fields_sums_and_masked_examples() -> None:
    old = version([{"借据号": "A"}, {"借据号": "B", "手机号码": None}, {"借据号": "C"}])
    new = version([{"借据号": "A", "未偿利息": "1100.00", "未偿本息费合计": "13645.97", "姓名": "李小龙"}, {"借据号": "B"}, {"借据号": "D"}])
    result = compare(old, new)
    changes = {change.field.name: change for change in result.fields}
    assert set(changes) == {"interest_fen", "balance_fen", "name", "phone", "phone_valid"}
    interest = changes["interest_fen"]
    assert (interest.accounts, interest.before_fen, interest.after_fen) == (1, 100_000, 110_000)
    assert [(e.account_id, e.before, e.after) for e in changes["name"].examples] == [("A", "张**", "李**")]
    assert (changes["phone"].filled, changes["phone"].emptied) == (1, 0)
    assert changes["phone"].examples[0].after == "179****5678"
    assert (result.added_examples, result.removed_examples) == (("D",), ("C",))
    assert "17912345678" not in json.dumps(as_figures(result), ensure_ascii=False)


def test_a_column_that_only_one_version_has_changes_no_account() -> None:
    """Else every account of the tape would count as changed, and what did change be lost among them."""
    old = version([{"借据号": "A", "手机号码": None}, {"借据号": "B", "手机号码": None}])
    new = version([{"借据号": "A"}, {"借据号": "B", "未偿利息": "1100.00", "未偿本息费合计": "13645.97"}])
    result = compare(old, new)
    assert (result.changed, result.unchanged) == (1, 1)
    assert [[field.name for field in fields] for fields in result.absent] == [["phone"], []]
    assert not result.same
    assert as_figures(result)["absent"] == {"old": ["phone"], "new": []}
    assert not compare(version([{"借据号": "A"}]), version([{"借据号": "A", "手机号码": None}])).same
    known = {"工作单位": "某某公司", "居住地址": "南京市某路1号"}  # whether there is one follows
    result = compare(version([{"借据号": "A", **dict.fromkeys(known)}]), version([{"借据号": "A", **known}]))
    assert (result.changed, [field.name for field in result.absent[0]]) == (0, ["address", "employer"])


LATER = dt.date(2026, 7, 31)


def fields_of(result: TapeDiff) -> dict[str, tuple[int, int]]:
    return {change.field.name: (change.accounts, change.by_time) for change in result.fields}


def test_what_only_the_date_changed_is_told_apart() -> None:
    """A later cut-off makes every account older; what happened to a few must not be lost among them. B paid an instalment, so that its first day past
    due moved as far as the cut-off did; C got another interest."""
    rows: list[dict[str, str | None]] = [
        {"借据号": name, "逾期天数": None, "逾期起始日": "2026-05-31", "证件号码": "110100199007150039"} for name in "ABC"
    ]
    later = [rows[0], rows[1] | {"逾期起始日": "2026-07-01"}, rows[2] | {"未偿利息": "1100.00", "未偿本息费合计": "13645.97"}]
    result = compare(version(rows), version(later, LATER))
    assert (result.changed, result.by_time, result.unchanged, result.same) == (2, 1, 0, False)
    assert fields_of(result) == {
        "interest_fen": (1, 0), "balance_fen": (1, 0), "overdue_since": (1, 0), "overdue_days": (2, 2), "bucket": (2, 2), "age": (3, 3),
    }  # fmt: skip
    assert [change.field.name for change in result.fields][3:] == ["age", "overdue_days", "bucket"]  # what happened comes first
    assert next(e.account_id for change in result.fields if change.field.name == "overdue_since" for e in change.examples) == "B"
    figures = as_figures(result)
    assert figures["changed_by_time_only"] == 1
    assert {field["field"]: field["by_time"] for field in figures["fields"]}["overdue_days"] == 2
    back = compare(version(later, LATER), version(rows))  # the earlier one given last
    assert (back.changed, back.by_time) == (2, 1)


def test_days_that_stand_still_are_an_event() -> None:
    """Who was 30 days late a month ago and is so today has paid an instalment, or nobody counted: not the cut-off's doing."""
    rows: list[dict[str, str | None]] = [{"借据号": name, "逾期天数": "30", "逾期起始日": None} for name in "AB"]
    result = compare(version(rows), version([rows[0], rows[1] | {"逾期天数": "61"}], LATER))
    assert (result.changed, result.by_time, result.unchanged) == (1, 1, 0)
    assert fields_of(result)["overdue_days"] == (1, 1)
    assert fields_of(result)["overdue_since"] == (1, 0)


def test_a_tape_is_the_same_as_itself_in_any_order() -> None:
    rows: list[dict[str, str | None]] = [{"借据号": f"A{k}", "未偿本金": f"{k}.5", "未偿本息费合计": None} for k in range(5)]
    assert compare(version(rows), version(rows[::-1])).same


def tape(path: Path, rows: list[dict[str, str | None]]) -> Path:
    batch(rows).select(list(GOOD)).write_csv(path)
    return path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    old = tape(tmp_path / "old.csv", [{"借据号": "A"}, {"借据号": "B"}, {"借据号": "B"}, {"借据号": "C", "未偿本金": "x"}])
    new = tape(tmp_path / "new.csv", [{"借据号": "A", "未偿本金": "12000.00", "未偿本息费合计": None}, {"借据号": "D"}])
    return old, new


def run(*arguments: object, lang: str = "en") -> tuple[int, str]:
    result = CliRunner().invoke(command, ["diff", *map(str, arguments)], env={"PANHUO_LANG": lang}, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return int(result.return_value or 0), result.output


def test_the_command_prints_figures(two: tuple[Path, Path]) -> None:
    status, out = run(*two, "--json")
    figures = json.loads(out)
    assert status == 0
    assert (figures["added"], figures["removed"], figures["changed"], figures["unchanged"]) == (1, 1, 1, 0)
    assert figures["rows_rejected"] == {"old": 2, "new": 0}
    assert figures["as_of"] == ["2026-06-30", "2026-06-30"]
    lines = {line["line"]: line["fen"] for line in figures["bridge"]}
    assert sum(fen for name, fen in lines.items() if name != "new") == lines["new"] == figures["balance_fen"]["new"]
    assert lines["principal_fen"] == -34_567


@pytest.mark.parametrize(("lang", "words"), [("en", "accounts 2 -> 2: 1 added, 1 removed, 1 changed"), ("zh", "账户 2 → 2：新增 1，减少 1，变动 1")])
def test_the_command_prints_words(two: tuple[Path, Path], lang: str, words: str) -> None:
    _, out = run(*two, lang=lang)
    assert words in out
    assert "-345.67" in out
    assert "17912345678" not in out


def test_exit_status(two: tuple[Path, Path]) -> None:
    assert run(*two, "--fail-on-change")[0] == 1
    assert run(two[0], two[0], "--fail-on-change")[0] == 0
    with pytest.raises(PanhuoError):
        run(two[0], two[0].with_name("missing.csv"))


def test_the_option_sets_the_cut_off_of_both(two: tuple[Path, Path]) -> None:
    assert json.loads(run(*two, "--json", "--as-of", "2026-07-31", "--layout", "panhuo")[1])["as_of"] == ["2026-07-31"] * 2


def test_versions_are_whole_frames() -> None:
    one = version([{}])
    assert one.accounts.height == one.debtors.height == 1
    assert isinstance(one.accounts, pl.DataFrame)
