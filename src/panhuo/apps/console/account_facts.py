"""What is told of one account besides its balance, in groups; and its months as cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from panhuo.apps.console.names import field_words, value_words
from panhuo.apps.console.tables import State
from panhuo.kernel.calendar import add_months
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.words import Words

GROUPS: tuple[tuple[Words, tuple[str, ...]], ...] = (
    (
        Words("日期", "Dates"),
        ("origination_date", "maturity_date", "overdue_since", "last_payment_on", "last_demand_on", "judgment_on", "written_off_on"),
    ),
    (
        Words("贷款", "Loan"),
        ("lender", "branch", "contract_no", "currency", "original_principal_fen", "credit_limit_fen", "annual_rate", "term_months", "instalment_fen", "repayment_method"),
    ),
    (
        Words("担保与程序", "Security and procedure"),
        (
            "guarantee_kind", "collateral_kind", "collateral_value_fen", "prior_claims_fen", "seizure_rank", "litigation_state", "arbitration_clause", "eservice_agreed",
            "exclusion", "income_right_restricted",
        ),
    ),
    (
        Words("还款与联络", "Payments and contact"),
        (
            "payments_12m", "paid_12m_fen", "paid_total_fen", "last_payment_fen", "contactability", "calls_90d", "connected_90d", "promises_12m", "promises_kept_12m",
            "complaints_12m", "pursuits", "agency_placements", "with_agency",
        ),
    ),
    (
        Words("债务人概况", "About the debtor"),
        ("debtor_kind", "age", "gender", "province", "annual_income_fen", "phone_valid", "has_employer", "has_address", "contact_count", "guarantor_count"),
    ),
)  # fmt: skip
_FLAGS = {
    "written_off": State(Words("已核销", "Written off")),
    "disputed": State(Words("有争议", "Disputed"), "warn"),
    "deceased": State(Words("债务人死亡", "Debtor deceased"), "bad"),
    "bankrupt": State(Words("债务人破产", "Debtor bankrupt"), "bad"),
    "hardship": State(Words("困难", "Hardship"), "warn"),
    "with_agency": State(Words("委外中", "With an agency"), "info"),
}
_TONES = {"pass": "good", "special_mention": "warn", "substandard": "bad", "doubtful": "bad", "loss": "bad"}


@dataclass(frozen=True, slots=True)
class Fact:
    """``kind``: how the value is written: money, percent, count, date or words."""

    words: Words
    kind: str
    value: Any


def shown(row: Mapping[str, Any], names: Sequence[str]) -> list[Fact]:
    """The facts of a group that are known."""
    out = []
    for name in names:
        value, field = row[name], ACCOUNT[name]
        if value is None or value == "":
            continue
        kind = {"money": "money", "rate": "percent", "integer": "count", "date": "date"}.get(field.kind, "words")
        out.append(Fact(field_words(name), kind, value_words(name, value) if kind == "words" else value))
    return out


def flags_of(row: Mapping[str, Any]) -> list[State]:
    """The account's state in a few words: class, suit, and what stands out."""
    out = [
        State(
            Words(f"账龄 {row['bucket']}", f"Bucket {row['bucket']}"),
            "" if row["overdue_days"] <= 0 else "warn" if row["overdue_days"] <= 90 else "bad",
        )
    ]
    if row["five_class"]:
        out.append(State(value_words("five_class", row["five_class"]), _TONES[row["five_class"]]))  # type: ignore[arg-type]
    if row["litigation_state"] not in (None, "none"):
        out.append(State(value_words("litigation_state", row["litigation_state"]), "info"))
    if row["contactability"] == "lost":
        out.append(State(value_words("contactability", "lost"), "warn"))
    return out + [state for name, state in _FLAGS.items() if row[name]]


@dataclass(frozen=True, slots=True)
class Month:
    """``level``: ok, none, closed, late (with ``mark`` how many buckets) or odd."""

    month: str
    mark: str
    level: str
    words: Words


def pattern_of(pattern: str | None, as_of: dt.date | None) -> list[Month]:
    """The repayment pattern month by month, oldest first, the last being that of the cut-off."""
    marks = (pattern or "")[-24:]
    out = []
    for number, mark in enumerate(marks):
        month = f"{add_months(as_of, number - len(marks) + 1):%Y-%m}" if as_of else str(number + 1)
        if mark == "N":
            level, words = "ok", Words("正常还款", "paid")
        elif mark == "*":
            level, words = "none", Words("当月不需还款", "none due")
        elif mark == "C":
            level, words = "closed", Words("已结清", "closed")
        elif mark in "1234567":
            level, words = (
                f"late{mark}",
                Words(f"逾期 {mark} 期" + ("以上" if mark == "7" else ""), f"{mark}{' or more' if mark == '7' else ''} instalments late"),
            )
        else:
            level, words = "odd", Words("其他", "other")
        out.append(Month(month, mark, level, words))
    return out
