"""What a verdict promises: shapes, dates, permits, unknowns, traces, counts, and that only the account's own facts matter."""

from __future__ import annotations

import datetime as dt
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from made_accounts import AS_OF, made_accounts

from panhuo.engines.compliance import Verdicts, check_books, judge, load_books
from panhuo.engines.compliance.vocabulary import FACTS, plain_accounts
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.routes import ROUTE_NAMES

BOOKS = load_books()

NEW_BASIS = """\
book: new_basis
title: {zh: 新依据, en: New basis}
version: "1"
uses: [transfer, classification]
rules:
- id: NEW-BASIS
  title: {zh: 后续政策, en: Successor policy}
  statement: {zh: 运营方载入的后续依据。, en: The successor basis that an operator loaded.}
  condition: debtor_kind = 'person'
  effect: {permits: [batch_transfer], of: NPL-BASIS}
  unknown: bars
  reason: {zh: 后续依据有效, en: successor basis in force}
  source: {instrument: trial}
  certainty: primary
  force: normative_doc
  modality: may
  binds: [BANK]
  effective_from: 2027-01-01
  effective_to: null
  enforced: true
  cases:
  - {name: person, as_of: 2027-01-01, account: {five_class: loss}, expect: permitted}
  - {name: firm, as_of: 2027-01-01, account: {debtor_kind: firm}, expect: not_permitted}
"""


def verdicts(*accounts: dict[str, object], as_of: dt.date = AS_OF, **facts: str) -> Verdicts:
    return judge(plain_accounts(list(accounts)), BOOKS, as_of=as_of, facts=facts).data  # type: ignore[arg-type]


def open_routes(found: Verdicts, row: int = 0) -> set[str]:
    return {name for name, yes in zip(ROUTE_NAMES, found.eligible[row], strict=True) if yes}


def test_an_ordinary_consumer_loan() -> None:
    found = verdicts({"arbitration_clause": True, "contactability": "reachable", "exclusion": "none", "overdue_since": dt.date(2026, 3, 2)})
    assert open_routes(found) == {
        "in_house", "agency", "mediation", "arbitration", "litigation", "rescheduling", "batch_transfer", "income_right_transfer", "securitisation"
    }  # fmt: skip
    assert found.barring("write_off").to_list() == ["WO-GROUND"]
    assert found.barring("debt_to_equity").to_list() == ["HOUSE-EQUITY-FIRMS"]


def test_not_overdue_closes_every_route_and_says_so() -> None:
    found = verdicts({"overdue_days": 0}, {"principal_fen": 0})
    assert not found.eligible.any()
    for route in ROUTE_NAMES:
        assert found.barring(route).to_list() == ["HOUSE-NOT-OVERDUE", "HOUSE-NO-BALANCE"]
    assert not set(found.barring("agency")) - {"HOUSE-NOT-OVERDUE", "HOUSE-NO-BALANCE"}
    others = {line.rule for line in found.trace(0) if line.consequence and line.effect.startswith("bars")}
    assert {"HOUSE-NOT-OVERDUE", "ARB-PREEMPTIVE", "WO-GROUND"} <= others  # the trace keeps what the summary leaves out
    assert found.reasons("zh")["HOUSE-NOT-OVERDUE"] == "未逾期"
    assert found.reasons("en")["HOUSE-NOT-OVERDUE"] == "not overdue"


def test_a_rule_decides_only_where_no_other_closes_everything() -> None:
    found = verdicts({"overdue_days": 0, "principal_fen": 7_00}, {"principal_fen": 11_00}, {"principal_fen": 0})
    counts = {row["rule"]: row for row in found.counts().to_dicts()}
    assert (counts["WO-GROUND"]["accounts"], counts["WO-GROUND"]["decides"], counts["WO-GROUND"]["decides_fen"]) == (3, 1, 11_00)
    assert (counts["ARB-PREEMPTIVE"]["accounts"], counts["ARB-PREEMPTIVE"]["decides"]) == (1, 0)
    assert (counts["HOUSE-NOT-OVERDUE"]["decides"], counts["HOUSE-NOT-OVERDUE"]["decides_fen"]) == (1, 7_00)


def test_what_is_written_off_is_barred_as_such_and_not_for_want_of_a_ground() -> None:
    found = verdicts({"written_off": True}, {"written_off": True, "product": "credit_card", "bankrupt": True}, {})
    assert found.barring("write_off").to_list() == ["HOUSE-WO-TWICE", "HOUSE-WO-TWICE", "WO-GROUND"]


def test_a_lost_debtor_goes_to_ordinary_procedure() -> None:
    found = verdicts({"contactability": "lost", "arbitration_clause": True, "eservice_agreed": False, "overdue_since": dt.date(2026, 3, 2)})
    assert "litigation" in open_routes(found)
    assert found.warning("litigation").to_list() == ["CP-MISSING"]
    assert not open_routes(found) & {"mediation", "arbitration", "rescheduling"}


def test_the_pilot_lapses_and_a_new_basis_restores_it(tmp_path: Path) -> None:
    account = {"five_class": "loss", "overdue_days": 400}
    assert "batch_transfer" in open_routes(verdicts(account, as_of=dt.date(2026, 12, 31)))
    lapsed = verdicts(account, as_of=dt.date(2027, 1, 1))
    assert lapsed.barring("batch_transfer").to_list() == ["NPL-BASIS"]
    path = tmp_path / "new_basis.yaml"
    path.write_text(NEW_BASIS, encoding="utf-8")
    books = load_books([path])
    assert check_books(books) == []
    again = judge(plain_accounts([account]), books, as_of=dt.date(2027, 1, 1)).data
    assert "batch_transfer" in open_routes(again)


@pytest.mark.parametrize(
    ("kind", "barred"),
    [("city_bank", ""), ("consumer_finance", ""), ("small_loan", "NPL-SELLERS"), ("amc", "NPL-SELLERS,NPL-ONWARD")],
)
def test_who_may_sell(kind: str, barred: str) -> None:
    assert verdicts({"five_class": "loss"}, lender_kind=kind).barring("batch_transfer").to_list() == [barred]


def test_a_fact_that_does_not_exist_is_refused() -> None:
    for facts in ({"lender": "city_bank"}, {"lender_kind": "bank"}, {"lender_kind": 1}):
        with pytest.raises(ConfigurationInvalid, match="FACT_UNKNOWN"):
            judge(plain_accounts([{}]), BOOKS, as_of=AS_OF, facts=facts)  # type: ignore[arg-type]
    assert {f.name for f in FACTS} == {"lender_kind", "lender_province"}


def test_a_missing_column_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="deceased"):
        judge(plain_accounts([{}]).drop("deceased"), BOOKS, as_of=AS_OF)


def test_no_accounts_is_no_trouble() -> None:
    found = judge(ACCOUNT.empty(), BOOKS, as_of=AS_OF).data
    assert found.eligible.shape == (0, len(ROUTE_NAMES))
    assert found.barring("agency").len() == 0
    assert found.counts()["accounts"].sum() == 0


def test_no_books_is_no_bar() -> None:
    found = judge(made_accounts(20, seed=3), (), as_of=AS_OF).data
    assert found.eligible.all()
    assert found.barring("agency").to_list() == [""] * 20
    assert found.counts().height == 0
    assert found.trace(0) == ()


def test_every_account_is_judged_alone() -> None:
    """Order, company and batches do not matter; counts of batches add up to the counts of the whole."""
    accounts = made_accounts(600, seed=5)
    whole = judge(accounts, BOOKS, as_of=AS_OF).data
    order = np.random.default_rng(1).permutation(600)
    mixed = judge(accounts[order.tolist()], BOOKS, as_of=AS_OF).data
    assert (whole.eligible[order] == mixed.eligible).all()
    parts = [judge(accounts[start : start + 150], BOOKS, as_of=AS_OF).data for start in range(0, 600, 150)]
    assert (np.vstack([p.eligible for p in parts]) == whole.eligible).all()
    for route in ROUTE_NAMES:
        assert pl.concat([p.barring(route) for p in parts]).to_list() == whole.barring(route).to_list()
        assert mixed.barring(route).to_list() == whole.barring(route)[order.tolist()].to_list()
    numbers = ["accounts", "balance_fen", "unknown"]
    summed = pl.concat([p.counts() for p in parts]).group_by("rule", maintain_order=True).agg(pl.col(numbers).sum())
    assert summed.equals(whole.counts().select("rule", *numbers))


def test_eligible_barring_and_counts_tell_one_story() -> None:
    accounts = made_accounts(500, seed=9)
    found = judge(accounts, BOOKS, as_of=AS_OF).data
    barring = {route: found.barring(route) for route in ROUTE_NAMES}
    for column, route in enumerate(ROUTE_NAMES):
        assert ((barring[route] == "").to_numpy() == found.eligible[:, column]).all()
    for row in found.counts().filter(pl.col("effect") == "bars").to_dicts():
        for route in row["routes"].split(","):
            named = barring[route].str.split(",").list.contains(row["rule"])
            assert named.sum() == row["decides"] <= row["accounts"]
            assert accounts["balance_fen"].filter(named).sum() == row["decides_fen"]
    assert set(found.reasons("zh")) == set(found.certainties()) == set(found.counts()["rule"])


def test_trace_shows_what_each_rule_saw() -> None:
    accounts = made_accounts(60, seed=13)
    found = judge(accounts, BOOKS, as_of=AS_OF).data
    rules = {rule.id for book in BOOKS for rule in book.rules}
    for row in range(60):
        lines = found.trace(row)
        assert {line.rule for line in lines} == rules
        bars = {line.rule for line in lines if line.consequence and line.effect.startswith("bars")}
        settled = bars & {"HOUSE-NOT-OVERDUE", "HOUSE-NO-BALANCE"}
        assert (settled or bars) == {r for route in ROUTE_NAMES for r in found.barring(route)[row].split(",") if r}
        for line in lines:
            for name, value in line.values.items():
                if name in accounts.columns:
                    assert value == accounts[name][row]
    states = {line.state for row in range(60) for line in found.trace(row)}
    assert states == {"fired", "clear", "unknown", "not_in_force", "not_enforced"}
    for row in (60, -1):
        with pytest.raises(IndexError):
            found.trace(row)


def test_trace_of_a_permit_explains_the_lifted_bar() -> None:
    found = verdicts({"product": "credit_card", "bankrupt": True})
    lines = {line.rule: line for line in found.trace(0)}
    assert lines["WO-CARD-C01"].state == "fired"
    assert lines["WO-CARD-C01"].consequence
    assert lines["WO-CARD-C01"].values == {"product": "credit_card", "guarantor_count": 0, "bankrupt": True}
    assert lines["WO-GROUND"].state == "fired"
    assert not lines["WO-GROUND"].consequence
    assert lines["WO-CARD-C11"].state == "not_enforced"
    assert lines["CLS-DPD-90"].values == {"overdue_days": 120}
    assert lines["WO-CARD-C10"].source.startswith("金融企业呆账核销管理办法")


def test_two_hundred_rules_need_more_than_one_word(tmp_path: Path) -> None:
    """63 rules fit a word; nothing may change at the seams."""
    head = "book: many\ntitle: {zh: 多, en: many}\nversion: '1'\nrules:\n"
    rule = NEW_BASIS.split("rules:\n")[1]
    start = rule.index("  cases:")
    many = "".join(
        rule[:start]
        .replace("NEW-BASIS", f"MANY-{k}")
        .replace("{permits: [batch_transfer], of: NPL-BASIS}", "{bars: [agency]}")
        .replace("debtor_kind = 'person'", f"overdue_days = {k}")
        + "  cases: []\n"
        for k in range(200)
    )
    path = tmp_path / "many.yaml"
    path.write_text(head + many, encoding="utf-8")
    books = [b for b in load_books([path]) if b.name == "many"]
    days = [*range(200), 62, 63, 64, 125, 126, 127, 200]
    found = judge(plain_accounts([{"overdue_days": d} for d in days]), books, as_of=dt.date(2027, 6, 1)).data
    assert found.barring("agency").to_list() == [f"MANY-{d}" if d < 200 else "" for d in days]
    assert found.eligible[:, ROUTE_NAMES.index("agency")].tolist() == [d >= 200 for d in days]
    assert found.eligible[:, ROUTE_NAMES.index("in_house")].all()
    everything = judge(plain_accounts([{}]), [_all_true(path, books[0])], as_of=dt.date(2027, 6, 1)).data
    assert everything.barring("agency")[0].split(",") == [f"MANY-{k}" for k in range(200)]


def _all_true(path: Path, _: object) -> object:
    text = path.read_text(encoding="utf-8")
    for k in range(200):
        text = text.replace(f"overdue_days = {k}\n", "overdue_days > 0\n")
    path.write_text(text, encoding="utf-8")
    return next(b for b in load_books([path]) if b.name == "many")


def test_an_unknown_route_is_refused() -> None:
    with pytest.raises(ValueError, match="no route"):
        verdicts({}).barring("agencies")


def test_a_permit_also_silences_the_doubt_of_the_rule_it_lifts(tmp_path: Path) -> None:
    rule = NEW_BASIS.split("rules:\n")[1].split("  cases:")[0].replace("2027-01-01", "2020-01-01")
    bar = rule.replace("NEW-BASIS", "T-BAR").replace("{permits: [batch_transfer], of: NPL-BASIS}", "{bars: [batch_transfer]}")
    bar = bar.replace("debtor_kind = 'person'", "disputed").replace("unknown: bars", "unknown: warns")
    permit = rule.replace("NEW-BASIS", "T-PERMIT").replace("NPL-BASIS", "T-BAR").replace("debtor_kind = 'person'", "hardship")
    path = tmp_path / "trial.yaml"
    head = "book: trial\ntitle: {zh: 试, en: trial}\nversion: '1'\nrules:\n"
    path.write_text(head + bar + "  cases: []\n" + permit + "  cases: []\n", encoding="utf-8")
    books = [b for b in load_books([path]) if b.name == "trial"]
    given = [{"hardship": h, "disputed": d} for d in (True, None, False) for h in (True, None, False)]
    found = judge(plain_accounts(given), books, as_of=AS_OF).data  # type: ignore[arg-type]
    assert found.barring("batch_transfer").to_list() == ["", "T-BAR", "T-BAR", *[""] * 6]
    assert found.warning("batch_transfer").to_list() == ["", "", "", "", "T-BAR", "T-BAR", "", "", ""]
    assert found.counts().select("rule", "accounts", "unknown").rows() == [("T-BAR", 2, 3), ("T-PERMIT", 3, 3)]


def test_slim_verdicts_keep_all_but_the_accounts() -> None:
    found = judge(made_accounts(200, seed=17), BOOKS, as_of=AS_OF).data
    slim = pickle.loads(pickle.dumps(found.slim()))
    assert (slim.eligible == found.eligible).all()
    assert slim.counts().equals(found.counts())
    for route in ROUTE_NAMES:
        assert slim.barring(route).equals(found.barring(route))
        assert slim.warning(route).equals(found.warning(route))
    assert slim.reasons("en") == found.reasons("en")
    with pytest.raises(ValueError, match="keep no accounts"):
        slim.trace(0)
