"""Bad rulebooks: each fault is refused by name, with the file and the line, and never by a traceback of another kind."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from panhuo.engines.compliance import check_books, classify, judge, load_books, versions
from panhuo.engines.compliance.loading import closure, load_book
from panhuo.engines.compliance.vocabulary import plain_accounts
from panhuo.kernel.errors import ConfigurationInvalid
from trial_book import HEAD, RULE

SECOND = RULE.replace("T-ONE", "T-TWO")


def book(tmp_path: Path, text: str, name: str = "trial.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_pattern_of_these_tests_is_a_good_book(tmp_path: Path) -> None:
    books = load_books([book(tmp_path, HEAD + RULE)])
    assert check_books(books, only=["trial"]) == []
    assert {b.name for b in books} > {"trial", "classification"}


SLIPS = {
    "unknown key": (HEAD + RULE.replace("reason:", "reasons:"), "CONFIG_UNKNOWN_KEY", ":12:"),
    "missing key": (HEAD + RULE.replace("  unknown: bars\n", ""), "CONFIG_MISSING_KEY", "rules.0.unknown"),
    "key twice": (HEAD + RULE.replace("  unknown: bars\n", "  unknown: bars\n  unknown: allows\n"), "CONFIG_NOT_YAML", ":12"),
    "cycle": (HEAD + RULE.replace("params: {days: 90}", "params: &p {days: *p}"), "CONFIG_CYCLE", "trial.yaml"),
    "not a mapping": ("- 1\n- 2\n", "CONFIG_SHAPE", "trial.yaml"),
    "empty": ("", "CONFIG_SHAPE", "trial.yaml"),
    "bad grammar": (HEAD + RULE.replace("overdue_days > :days", "overdue_days >"), "EXPRESSION_INVALID", ":8: T-ONE.condition"),
    "a query": (HEAD + RULE.replace("overdue_days > :days", "overdue_days > (SELECT 1)"), "EXPRESSION_INVALID", ":8: T-ONE.condition"),
    "unknown column": (HEAD + RULE.replace("overdue_days >", "overdue_day >"), "EXPRESSION_INVALID", "did you mean overdue_days"),
    "unknown parameter": (HEAD + RULE.replace("> :days", "> :dayz"), "EXPRESSION_INVALID", ":8: T-ONE.condition"),
    "not a condition": (HEAD + RULE.replace("overdue_days > :days", "overdue_days"), "EXPRESSION_INVALID", "true or false"),
    "code of no list": (HEAD + RULE.replace("overdue_days > :days", "product = 'credit-card'"), "EXPRESSION_INVALID", "product is never"),
    "code of no list in IN": (HEAD + RULE.replace("overdue_days > :days", "five_class IN ('loss', 'lost')"), "EXPRESSION_INVALID", "five_class is never"),
    "second rule's condition": (HEAD + RULE + SECOND.replace("overdue_days >", "overdue_day >"), "EXPRESSION_INVALID", ":27: T-TWO.condition"),
    "memory enforced": (HEAD + RULE.replace("certainty: house", "certainty: memory"), "CONFIG_VALUE", "memory"),
    "conflict enforced": (HEAD + RULE.replace("certainty: house", "certainty: conflict"), "CONFIG_VALUE", "conflict"),
    "certainty of no kind": (HEAD + RULE.replace("certainty: house", "certainty: sure"), "CONFIG_VALUE", "certainty"),
    "confirmed by nobody": (HEAD + RULE.replace("certainty: house", "certainty: confirmed:0"), "CONFIG_VALUE", "certainty"),
    "no such route": (HEAD + RULE.replace("[agency]", "[agencies]"), "CONFIG_VALUE", "bars"),
    "a route twice": (HEAD + RULE.replace("[agency]", "[agency, agency]"), "CONFIG_VALUE", "bars"),
    "no route": (HEAD + RULE.replace("[agency]", "[]"), "CONFIG_VALUE", "bars"),
    "two effects": (HEAD + RULE.replace("{bars: [agency]}", "{bars: [agency], warns: [agency]}"), "CONFIG_VALUE", "exactly one"),
    "no effect": (HEAD + RULE.replace("{bars: [agency]}", "{}"), "CONFIG_VALUE", "exactly one"),
    "floor of pass": (HEAD + RULE.replace("{bars: [agency]}", "{floor: {five_class: pass}}"), "CONFIG_VALUE", "five_class"),
    "floor that bars the unknown": (HEAD + RULE.replace("{bars: [agency]}", "{floor: {five_class: loss}}"), "CONFIG_VALUE", "unknown: allows"),
    "dates the wrong way": (HEAD + RULE.replace("effective_to: null", "effective_to: 2019-12-31"), "CONFIG_VALUE", "later than"),
    "no date": (HEAD + RULE.replace("2020-01-01", "2020-02-31"), "CONFIG_NOT_YAML", "trial.yaml"),
    "id in small letters": (HEAD + RULE.replace("T-ONE", "t-one"), "CONFIG_VALUE", "capital"),
    "case with a field that is none": (HEAD + RULE.replace("overdue_days: 91", "overdue: 91"), "CONFIG_VALUE", ":22:"),
    "case with a value of the wrong type": (HEAD + RULE.replace("overdue_days: 91", "overdue_days: '91'"), "CONFIG_VALUE", "overdue_days"),
    "case with a code of no list": (HEAD + RULE.replace("overdue_days: 91", "product: card"), "CONFIG_VALUE", "product cannot be"),
    "case with null where none may be": (HEAD + RULE.replace("overdue_days: 91", "overdue_days: null"), "CONFIG_VALUE", "may not be null"),
    "case that expects what cannot be": (HEAD + RULE.replace("expect: barred", "expect: permitted"), "CONFIG_VALUE", "does not suit"),
    "same id twice at one time": (HEAD + RULE + RULE, "RULE_OVERLAP", ":24"),
    "id of a shipped book": (HEAD + RULE.replace("T-ONE", "ARB-CLAUSE"), "RULE_TWICE", ":5"),
    "book that is not there": (HEAD.replace("rules:", "uses: [nowhere]\nrules:") + RULE, "RULEBOOK_MISSING", "nowhere"),
    "permit of nothing": (HEAD + RULE.replace("{bars: [agency]}", "{permits: [agency], of: T-NONE}").replace("barred", "permitted").replace("allowed", "not_permitted"), "PERMIT_LIFTS_NOTHING", ":5"),
    "permit without of": (HEAD + RULE.replace("{bars: [agency]}", "{permits: [agency]}"), "CONFIG_VALUE", "go together"),
    "permit of other routes": (HEAD + RULE.replace("{bars: [agency]}", "{permits: [agency], of: WO-GROUND}").replace("barred", "permitted").replace("allowed", "not_permitted"), "PERMIT_ROUTES", ":5"),
    "permit of a book not used": (HEAD + RULE.replace("{bars: [agency]}", "{permits: [write_off], of: WO-GROUND}").replace("barred", "permitted").replace("allowed", "not_permitted"), "PERMIT_BOOK", ":5"),
    "clock without years": (HEAD + RULE.replace("{bars: [agency]}", "{clock: {mode: restart, from: overdue_since}}").replace("unknown: bars", "unknown: allows"), "CONFIG_VALUE", "years"),
    "clock that stops from a date": (HEAD + RULE.replace("{bars: [agency]}", "{clock: {mode: stop, from: overdue_since}}").replace("unknown: bars", "unknown: allows"), "CONFIG_VALUE", "from"),
    "a floor reading its own result": (HEAD + RULE.replace("{bars: [agency]}", "{floor: {five_class: loss}}").replace("unknown: bars", "unknown: allows").replace("overdue_days >", "five_class_effective = 'loss' AND overdue_days >").replace("barred", "loss").replace("allowed", "none"), "EXPRESSION_INVALID", "five_class_effective"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "says"), SLIPS.values(), ids=SLIPS.keys())
def test_every_slip_is_refused_by_name(tmp_path: Path, text: str, code: str, says: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        load_books([book(tmp_path, text)])
    error = caught.value
    assert error.code == code, error
    assert says in error.describe("en"), error
    assert "trial.yaml" in error.where
    assert error.describe("zh") != error.describe("en")


def test_a_clock_must_run_from_a_date(tmp_path: Path) -> None:
    clock = RULE.replace("{bars: [agency]}", "{clock: {mode: restart, from: overdue_days}}").replace("unknown: bars", "unknown: allows")
    clock = clock.replace("params: {days: 90}", "params: {days: 90, years: 3}").split("  cases:")[0] + "  cases: []\n"
    with pytest.raises(ConfigurationInvalid) as caught:
        load_books([book(tmp_path, HEAD + clock)])
    assert caught.value.code == "CLOCK_NOT_A_DATE"
    assert "must be a date" in str(caught.value)
    assert ":10: T-ONE" in caught.value.where


def test_one_name_given_twice(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        load_books([book(tmp_path, HEAD + RULE), book(tmp_path, HEAD + SECOND, "other.yaml")])
    assert caught.value.code == "RULEBOOK_TWICE"


def test_versions_may_follow_one_another_but_not_leave_a_gap(tmp_path: Path) -> None:
    first = RULE.replace("effective_to: null", "effective_to: 2022-12-31").replace("2026-01-01", "2022-01-01")
    next_day = RULE.replace("effective_from: 2020-01-01", "effective_from: 2023-01-01")
    late = RULE.replace("effective_from: 2020-01-01", "effective_from: 2023-01-02")
    assert check_books(load_books([book(tmp_path, HEAD + first + next_day)]), only=["trial"]) == []
    problems = check_books(load_books([book(tmp_path, HEAD + first + late)]), only=["trial"])
    assert [p.code for p in problems] == ["VERSION_GAP"]
    same_day = RULE.replace("effective_from: 2020-01-01", "effective_from: 2022-12-31")
    with pytest.raises(ConfigurationInvalid, match="RULE_OVERLAP"):
        load_books([book(tmp_path, HEAD + first + same_day)])


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (("expect: barred", "expect: allowed"), ["CASE_FAILS"]),
        (("overdue_days: 91", "overdue_days: 90"), ["CASE_FAILS", "CASE_LACKING"]),
        (("overdue_days > :days", "deceased"), ["CASE_FAILS", "CASE_LACKING", "CASE_LACKING"]),
        (("overdue_days > :days", "limitation_state = 'expired' AND overdue_days > :days"), ["CASE_FAILS", "CASE_LACKING", "COLUMN_UNFOUNDED"]),
    ],
)
def test_check_finds_what_is_wrong_with_a_book_that_loads(tmp_path: Path, change: tuple[str, str], codes: list[str]) -> None:
    problems = check_books(load_books([book(tmp_path, HEAD + RULE.replace(*change))]), only=["trial"])
    assert sorted({p.code for p in problems}) == sorted(set(codes))
    assert all(p.where.endswith("trial.yaml:5") and p.rule == "T-ONE" for p in problems)


def test_cases_of_a_book_see_only_what_it_uses(tmp_path: Path) -> None:
    books = load_books([book(tmp_path, HEAD + RULE)])
    names = {b.name: [c.name for c in closure(b, books)] for b in books}
    assert names["trial"] == ["trial"]
    assert names["write_off"] == ["limitation", "write_off"]


def test_a_book_of_the_same_name_takes_the_shipped_ones_place(tmp_path: Path) -> None:
    shipped = Path(next(b.where for b in load_books() if b.name == "house"))
    text = shipped.read_text(encoding="utf-8")
    start = text.index("- id: HOUSE-DISPUTED")
    edited = text[:start] + text[start:].replace("enforced: true", "enforced: false", 1)
    books = load_books([book(tmp_path, edited, "house.yaml")])
    disputed = plain_accounts([{"disputed": True}])
    assert judge(disputed, load_books(), as_of=dt.date(2026, 6, 30)).data.barring("agency").to_list() == ["HOUSE-DISPUTED"]
    assert judge(disputed, books, as_of=dt.date(2026, 6, 30)).data.barring("agency").to_list() == [""]
    assert versions(books)["house"] != versions(load_books())["house"]
    assert check_books(books) == []


def test_any_letter_changes_the_version(tmp_path: Path) -> None:
    one = load_book(book(tmp_path, HEAD + RULE))
    two = load_book(book(tmp_path, HEAD + RULE + "# note\n"))
    assert one.sha256 != two.sha256
    assert versions([one])["trial"].startswith("1+")


def test_books_without_classification_leave_classes_alone() -> None:
    accounts = plain_accounts([{"five_class": "pass", "overdue_days": 400}, {"overdue_days": 400}])
    outcome = classify(accounts, [b for b in load_books() if b.name == "arbitration"], as_of=dt.date(2026, 6, 30))
    assert outcome.data["five_class_effective"].to_list() == ["pass", None]
    assert outcome.findings.height == 0


def test_line_numbers_hold_for_every_shipped_rule() -> None:
    for one in load_books():
        lines = Path(one.where).read_text(encoding="utf-8").splitlines()
        numbers = [int(rule.where.rsplit(":", 1)[1]) for rule in one.rules]
        assert [lines[n - 1] for n in numbers] == [f"- id: {rule.id}" for rule in one.rules]
        assert pl.Series(numbers).is_sorted()


def test_a_list_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="cannot be a key"):
        load_books([book(tmp_path, HEAD + RULE + "? [a, b]\n: 1\n")])
