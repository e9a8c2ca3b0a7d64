"""The chunk as a tape shows it: 40 columns of text under Panhuo's own Chinese headings, clean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from panhuo.engines.intake.synthesis import digits
from panhuo.engines.intake.synthesis.debtors import Debtors
from panhuo.engines.intake.synthesis.draws import Draws, Flags, Floats, Ints, gather, keep
from panhuo.engines.intake.synthesis.histories import Histories
from panhuo.engines.intake.synthesis.loans import PRODUCTS, Days, Loans
from panhuo.engines.intake.synthesis.people import People
from panhuo.engines.intake.synthesis.tables import products
from panhuo.kernel.codes import Codes
from panhuo.kernel.frames import TAPE

COLUMNS: tuple[str, ...] = (
    "account_id",
    "lender",
    "debtor_kind",
    "product",
    "name",
    "id_no",
    "phone",
    "address",
    "employer",
    "annual_income_fen",
    "origination_date",
    "maturity_date",
    "original_principal_fen",
    "annual_rate",
    "principal_fen",
    "interest_fen",
    "penalty_fen",
    "fees_fen",
    "balance_fen",
    "overdue_since",
    "overdue_days",
    "five_class",
    "last_payment_on",
    "payments_12m",
    "repayment_pattern",
    "guarantee_kind",
    "guarantor_name",
    "collateral_kind",
    "collateral_value_fen",
    "litigation_state",
    "arbitration_clause",
    "written_off",
    "exclusion",
    "contactability",
    "connected_90d",
    "promises_12m",
    "promises_kept_12m",
    "complaints_12m",
    "pursuits",
    "last_demand_on",
)
"""The canonical fields of the sample, in the order of its columns."""

HEADINGS: dict[str, str] = {name: TAPE[name].zh for name in COLUMNS}
"""The heading of each: the field's Chinese name."""


def tape_text(draws: Draws, debtors: Debtors, loans: Loans, histories: Histories, people: People) -> pl.DataFrame:
    """(rows, 40) all text: money in yuan with two decimals, dates YYYY-MM-DD, 是/否, codes by their Chinese names, rates as fractions."""
    always = np.ones(draws.rows, dtype=np.bool_)
    product = np.array([[code.code for code in TAPE["product"].codes].index(name) for name in PRODUCTS])[loans.product]
    columns: dict[str, Callable[[], pl.Series]] = {
        "account_id": lambda: account_ids(draws, loans),
        "lender": lambda: gather([lender.name for lender in products().lenders], loans.lender),
        "debtor_kind": lambda: _code(TAPE["debtor_kind"].codes, debtors.firm.astype(np.int64)),
        "product": lambda: _code(TAPE["product"].codes, product),
        "name": lambda: people.name,
        "id_no": lambda: people.id_no,
        "phone": lambda: people.phone,
        "address": lambda: people.address,
        "employer": lambda: people.employer,
        "annual_income_fen": lambda: _yuan(histories.income_fen, histories.income_fen > 0),
        "origination_date": lambda: _date(loans.origination),
        "maturity_date": lambda: _date(loans.maturity),
        "original_principal_fen": lambda: _yuan(loans.original_fen, always),
        "annual_rate": lambda: _rate(loans.rate),
        "principal_fen": lambda: _yuan(loans.principal_fen, always),
        "interest_fen": lambda: _yuan(loans.interest_fen, always),
        "penalty_fen": lambda: _yuan(loans.penalty_fen, always),
        "fees_fen": lambda: _yuan(loans.fees_fen, always),
        "balance_fen": lambda: _yuan(loans.balance_fen, always),
        "overdue_since": lambda: _date(loans.overdue_since),
        "overdue_days": lambda: _count(loans.overdue_days),
        "five_class": lambda: _code(TAPE["five_class"].codes, histories.five_class),
        "last_payment_on": lambda: _date(histories.last_payment),
        "payments_12m": lambda: _count(histories.payments_12m),
        "repayment_pattern": lambda: digits.text(histories.pattern),
        "guarantee_kind": lambda: _code(TAPE["guarantee_kind"].codes, loans.guarantee),
        "guarantor_name": lambda: people.guarantor_name,
        "collateral_kind": lambda: _code(TAPE["collateral_kind"].codes, loans.collateral),
        "collateral_value_fen": lambda: _yuan(loans.collateral_fen, loans.collateral_fen > 0),
        "litigation_state": lambda: _code(TAPE["litigation_state"].codes, loans.litigation),
        "arbitration_clause": lambda: _flag(loans.clause),
        "written_off": lambda: _flag(histories.written_off),
        "exclusion": lambda: _code(TAPE["exclusion"].codes, histories.exclusion),
        "contactability": lambda: _code(TAPE["contactability"].codes, histories.contact),
        "connected_90d": lambda: _count(histories.connected_90d),
        "promises_12m": lambda: _count(histories.promises),
        "promises_kept_12m": lambda: _count(histories.promises_kept),
        "complaints_12m": lambda: _count(histories.complaints),
        "pursuits": lambda: _count(histories.pursuits),
        "last_demand_on": lambda: _date(histories.last_demand),
    }
    return pl.DataFrame([columns[name]().rename(HEADINGS[name]) for name in COLUMNS])


def account_ids(draws: Draws, loans: Loans) -> pl.Series:
    """Lender's letters, year and month of origination, running number of the row: unique in the tape."""
    matrix = np.empty((draws.rows, 17), dtype=np.uint8)
    letters = np.array([list(lender.code.encode()) for lender in products().lenders], dtype=np.uint8)
    matrix[:, :2] = letters[loans.lender]
    month = loans.origination.astype("datetime64[M]").astype(np.int64)
    digits.put(matrix, 2, 6, (1970 + month // 12) * 100 + month % 12 + 1)
    digits.put(matrix, 8, 9, draws.start + 1 + np.arange(draws.rows))
    return digits.text(matrix)


def _yuan(fen: Ints, known: Flags) -> pl.Series:
    cents = pl.Series([f".{k:02d}" for k in range(100)])
    text = pl.Series(fen // 100).cast(pl.String) + gather(cents, fen % 100)
    return text if known.all() else keep(text, known)


def _rate(rate: Floats) -> pl.Series:
    """A yearly fraction of at most four decimals: 0.1825."""
    points = np.rint(rate * 10_000).astype(np.int64)
    return gather([f"{k / 10_000:g}" for k in range(10_001)], points)


def _date(days: Days) -> pl.Series:
    return pl.Series(days.astype("datetime64[D]")).cast(pl.Date).dt.to_string("%F")


def _count(numbers: Ints) -> pl.Series:
    return pl.Series(numbers).cast(pl.String)


def _code(codes: Codes, positions: Ints) -> pl.Series:
    return gather([code.zh for code in codes], positions)


def _flag(flags: Flags) -> pl.Series:
    return gather(["否", "是"], flags.astype(np.int64))
