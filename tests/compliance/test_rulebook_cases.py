"""Every worked case of every shipped book, one test each; and what a shipped book must have."""

from __future__ import annotations

import datetime as dt

import pytest

from panhuo.engines.compliance import check_books, load_books
from panhuo.engines.compliance.books import NOT_ENFORCEABLE
from panhuo.engines.compliance.cases import CaseResult, run_cases
from panhuo.kernel.frames import ACCOUNT

BOOKS = load_books()
RESULTS = [result for book in BOOKS for result in run_cases(book, BOOKS)]


@pytest.mark.parametrize("result", RESULTS, ids=lambda r: f"{r.rule.id}: {r.case.name}")
def test_worked_case(result: CaseResult) -> None:
    assert result.got == result.expected


def test_the_shipped_books_have_no_problem() -> None:
    assert check_books(BOOKS) == []


def test_the_first_books_are_there() -> None:
    assert {b.name for b in BOOKS} >= {"classification", "transfer", "write_off", "arbitration", "limitation"}
    assert all(rule.text.cases for book in BOOKS for rule in book.rules)


def test_nothing_unconfirmed_is_enforced() -> None:
    assert not [r.id for b in BOOKS for r in b.rules if r.text.enforced and r.text.certainty in NOT_ENFORCEABLE]
    unenforced = {r.id for b in BOOKS for r in b.rules if not r.text.enforced}
    assert {"WO-CARD-C11", "NPL-SELLERS-PROVINCE"} <= unenforced


def test_house_rules_say_so() -> None:
    for book in BOOKS:
        for rule in book.rules:
            assert (rule.text.certainty == "house") == (rule.text.force == "house_policy") == rule.id.startswith(("HOUSE-", "NPL-ASSET-IN-RECLASS"))


def test_both_languages_are_written() -> None:
    for book in BOOKS:
        for rule in book.rules:
            for words in (rule.text.title, rule.text.statement, rule.text.reason):
                assert any("一" <= c <= "鿿" for c in words.zh), rule.id
                assert not any("一" <= c <= "鿿" for c in words.en), rule.id


def test_what_the_facts_forbid_to_encode_is_nowhere() -> None:
    text = "".join(rule.text.model_dump_json() for book in BOOKS for rule in book.rules)
    for invented in ("银保监发〔2024〕35号", "财金〔2023〕12号", "五条红线"):
        assert invented not in text
    c11 = next(r for b in BOOKS for r in b.rules if r.id == "WO-CARD-C11")
    assert c11.text.certainty == "conflict"


def test_rules_read_only_columns_that_can_be_named() -> None:
    made = {"as_of", "lender_kind", "lender_province", "five_class_floor", "five_class_effective", "limitation_expires_on", "limitation_state"}
    for book in BOOKS:
        for rule in book.rules:
            assert set(rule.columns) <= made | set(ACCOUNT.names)


def test_the_pilot_is_in_force_today_and_not_next_year() -> None:
    terms = [r for b in BOOKS for r in b.rules if r.id == "NPL-PILOT-TERM"]
    assert sum(r.text.in_force(dt.date(2026, 12, 31)) for r in terms) == 1
    assert not any(r.text.in_force(dt.date(2027, 1, 1)) for r in terms)
    for day in range((dt.date(2026, 12, 31) - dt.date(2021, 1, 7)).days + 1):
        assert sum(r.text.in_force(dt.date(2021, 1, 7) + dt.timedelta(days=day)) for r in terms) == 1
