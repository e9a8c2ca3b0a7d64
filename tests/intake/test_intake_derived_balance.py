"""A column that comes into the balance through an expression is a part of it: judged as it would be if it were mapped straight."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from panhuo.cli.main import cli
from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.clean_result import Cleaned
from panhuo.engines.intake.layout import Layout, load_layout
from panhuo.kernel.documents import check
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.findings import REJECT, Outcome

AS_OF = dt.date(2026, 6, 30)
FIXED = [{"from": "号", "to": "account_id"}, {"from": "名", "to": "name"}, {"from": "日", "to": "overdue_days"}]
PRINCIPAL = {"from": "本", "to": "principal_fen"}


def layout(columns: list[dict[str, object]], derived: dict[str, str] | None = None) -> Layout:
    data = {"name": "x", "title": {"zh": "x", "en": "x"}, "columns": [*FIXED, *columns], "derived": derived or {}}
    return check(data, Layout, where="x.yaml", text=yaml.safe_dump(data, allow_unicode=True))


def tape(a: list[str | None], b: str = "1", p: str = "100") -> pl.DataFrame:
    n = len(a)
    cells = {"号": [f"D{i}" for i in range(n)], "名": ["王伟"] * n, "日": ["200"] * n, "本": [p] * n, "甲": a, "乙": [b] * n}
    return pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))


def result(plan: Layout, raw: pl.DataFrame) -> Outcome[Cleaned]:
    return clean(raw, layout=plan, as_of=AS_OF)


def rejected(outcome: Outcome[Cleaned], column: str) -> set[tuple[int, str]]:
    found = outcome.findings.filter((pl.col("severity") == REJECT) & (pl.col("column") == column))
    return set(found.select("row", "code").rows())


WORKING = layout(
    [PRINCIPAL, {"from": "甲", "to": "_a", "kind": "money"}, {"from": "乙", "to": "_b", "kind": "money"}],
    {"interest_fen": "COALESCE(_a, 0) + COALESCE(_b, 0)"},
)
THROUGH = layout(
    [PRINCIPAL, {"from": "甲", "to": "_a", "kind": "money"}, {"from": "乙", "to": "_b", "kind": "money"}],
    {"_sum": "COALESCE(_a, 0) + COALESCE(_b, 0)", "interest_fen": "_sum"},
)
STRAIGHT = layout([PRINCIPAL, {"from": "甲", "to": "interest_fen"}, {"from": "乙", "to": "penalty_fen"}])
ODD = ["坏", "1e308", "-50", "5", "", None, "1e13", "$5", "1,23", "nan", "１２.5", "0", "99999999999"]


@given(st.lists(st.sampled_from(ODD), min_size=1, max_size=8))
def test_a_working_column_is_judged_as_one_mapped_straight(cells: list[str | None]) -> None:
    raw = tape(cells)
    straight = result(STRAIGHT, raw)
    for plan in (WORKING, THROUGH):
        working = result(plan, raw)
        assert rejected(working, "甲") == rejected(straight, "甲")
        assert working.data.rejected["号"].to_list() == straight.data.rejected["号"].to_list()
        ours, theirs = working.data.reconciliation, straight.data.reconciliation
        assert ours.balance_unreadable_rows == theirs.balance_unreadable_rows
        assert ours.balance_accepted_fen == theirs.balance_accepted_fen


def test_a_principal_of_two_parts_is_not_lessened_by_a_negative_one() -> None:
    plan = layout(
        [{"from": "本", "to": "_p", "kind": "money"}, {"from": "甲", "to": "_a", "kind": "money"}],
        {"principal_fen": "_p + _a"},
    )
    outcome = result(plan, tape(["-50", "5", "坏"]))
    assert outcome.data.reconciliation.rows_accepted == 1
    assert outcome.data.reconciliation.balance_unreadable_rows == 1
    assert rejected(outcome, "甲") == {(1, "NEGATIVE_PART"), (3, "AMOUNT_UNREADABLE")}
    assert rejected(outcome, "principal_fen") == set()


@pytest.mark.parametrize("sql", ["-_a", "0 - _a", "ABS(_a)", "GREATEST(_a, 0)", "CASE WHEN _a < 0 THEN -_a ELSE _a END"])
def test_a_sign_that_the_expression_deals_with_is_no_fault(sql: str) -> None:
    plan = layout([PRINCIPAL, {"from": "甲", "to": "_a", "kind": "money"}], {"interest_fen": sql})
    assert result(plan, tape(["-50"])).data.reconciliation.rows_accepted == 1


def test_a_working_column_outside_the_balance_stays_a_lesser_matter() -> None:
    plan = layout([PRINCIPAL, {"from": "甲", "to": "_a", "kind": "money"}], {"original_principal_fen": "_a"})
    outcome = result(plan, tape(["坏", "-50"]))
    assert outcome.data.reconciliation.rows_accepted == 2
    assert "OPTIONAL_AMOUNT_UNREADABLE" in outcome.findings["code"].to_list()


@pytest.mark.parametrize(
    ("column", "sql", "bad"),
    [
        ({"kind": "text"}, "CAST(_a AS DOUBLE) * 100", "坏"),
        ({"kind": "text"}, "COALESCE(CAST(_a AS DOUBLE) * 100, 0)", "坏"),
        ({"kind": "number"}, "COALESCE(_a, 0) * 100", "坏"),
        ({"kind": "rate"}, "COALESCE(principal_fen * _a, 0)", "基准上浮"),
        ({"kind": "text"}, "principal_fen / (CAST(_a AS INT) - CAST(_a AS INT))", "7"),
        ({"kind": "text"}, "principal_fen / 0 - principal_fen / 0", "7"),
    ],
)
def test_what_a_part_of_the_balance_is_made_of_has_to_be_read(column: dict[str, object], sql: str, bad: str) -> None:
    plan = layout([PRINCIPAL, {"from": "甲", "to": "_a", **column}], {"interest_fen": sql})
    outcome = result(plan, tape([bad]))
    assert rejected(outcome, "interest_fen") == {(1, "AMOUNT_UNREADABLE")}
    assert outcome.data.reconciliation.balance_unreadable_rows == 1
    assert outcome.findings.filter(pl.col("column") == "interest_fen")["value"].to_list() == [None]


@pytest.mark.parametrize(("sql", "code"), [("principal_fen * 1e300", "AMOUNT_ABSURD"), ("principal_fen * 1e10", "AMOUNT_ABSURD")])
def test_a_part_that_comes_out_beyond_reason_rejects_its_row(sql: str, code: str) -> None:
    assert rejected(result(layout([PRINCIPAL], {"interest_fen": sql}), tape(["1"])), "interest_fen") == {(1, code)}


def test_a_cell_no_cast_can_read_is_a_finding_of_its_field() -> None:
    for name, sql, code in (
        ("overdue_since", "CAST(_a AS DATE)", "DATE_UNREADABLE"),
        ("overdue_since", "STRPTIME(_a, '%Y%m%d')", "DATE_UNREADABLE"),
        ("term_months", "TRY_CAST(_a AS INT)", "NUMBER_UNREADABLE"),
        ("original_principal_fen", "CAST(_a AS DOUBLE) * 100", "OPTIONAL_AMOUNT_UNREADABLE"),
    ):
        outcome = result(layout([PRINCIPAL, {"from": "甲", "to": "_a", "kind": "text"}], {name: sql}), tape(["20200230", "坏", ""][1:]))
        assert outcome.findings.filter(pl.col("column") == name).select("row", "code").rows() == [(1, code)], name


def test_an_expression_that_fails_on_data_names_file_line_and_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    from panhuo.engines.intake import clean_derived
    from panhuo.kernel.expressions import Cells

    strict = Cells(pl.col("_a").cast(pl.Int64), None)
    monkeypatch.setattr(clean_derived, "derivations", lambda *_: [("interest_fen", strict)])
    plan = layout([PRINCIPAL, {"from": "甲", "to": "_a", "kind": "text"}], {"interest_fen": "CAST(_a AS BIGINT)"})
    with pytest.raises(ConfigurationInvalid) as caught:
        result(plan, tape(["坏"]))
    assert caught.value.where.startswith("x.yaml:")
    assert caught.value.where.endswith("derived.interest_fen")
    assert "CAST(_a AS BIGINT)" in caught.value.describe("en")


def test_layout_check_ends_without_a_traceback(tmp_path: Path) -> None:
    plan, csv = tmp_path / "x.yaml", tmp_path / "x.csv"
    data = {
        "name": "x",
        "title": {"zh": "x", "en": "x"},
        "columns": [*FIXED, PRINCIPAL, {"from": "甲", "to": "_a", "kind": "text"}],
        "derived": {"interest_fen": "CAST(_a AS DOUBLE) * 100"},
    }
    plan.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    csv.write_text("号,名,日,本,甲\nD1,王伟,200,100,坏\nD2,王伟,200,100,5\n", encoding="utf-8")
    done = CliRunner().invoke(cli, ["layout", "check", str(plan), str(csv)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "AMOUNT_UNREADABLE" in done.output
    assert load_layout(plan).place("derived", "interest_fen").endswith("derived.interest_fen")
