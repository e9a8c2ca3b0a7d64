"""What goes in and out of the API. Amounts are integer fen; words come in the caller's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ninja import Schema
from pydantic import BaseModel, Field


class Error(Schema):
    """Every error: a stable code, what is wrong, what to do, and the number under which the server's log knows it."""

    code: str
    message: str
    remedy: str
    trace_id: str
    where: str | None = None


class Me(Schema):
    user: str
    organisation: str
    role: str
    abilities: list[str]


class FileOut(Schema):
    name: str
    bytes: int
    sha256: str


class JobOut(Schema):
    id: int
    kind: str
    subject: str
    state: str
    stage: str
    share: float | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    requested_at: dt.datetime
    finished_at: dt.datetime | None


class TapeOut(Schema):
    id: int
    series: str
    version: int
    current: bool
    state: str
    as_of: dt.date | None
    layout: str
    rows: int
    balance_fen: int
    files: list[FileOut]
    figures: dict[str, Any]
    created_at: dt.datetime


class DescribeIn(BaseModel):  # as StepIn
    layout_name: str = Field(default="", max_length=80)
    layout: str = Field(default="", max_length=200_000, description="YAML; empty: the shipped layout of that name")
    as_of: dt.date | None = None
    sheet: str = Field(default="", max_length=80)
    series: str | None = Field(default=None, max_length=80)


class RestoreIn(Schema):
    restore: bool = Field(default=False, description="make the version before it current again")


class RenameIn(RestoreIn):
    series: str = Field(max_length=80)


class WithdrawnOut(Schema):
    withdrawn: TapeOut
    restored: TapeOut | None


class FaultOut(Schema):
    code: str
    heading: str = Field(description="empty: the row as a whole")
    severity: str
    message: str


class RejectOut(Schema):
    number: int = Field(description="its place among the rejected rows, from 0")
    file: str
    place: int = Field(description="the row of the file")
    cells: dict[str, str | None] = Field(description="by heading; masked in the list")
    raw: str | None = Field(description="the line, masked, where it could not be split into cells")
    faults: list[FaultOut]
    accepted: bool = Field(description="an accepted row bears its account number")
    mended: bool
    correction: dict[str, str]
    still: list[FaultOut] = Field(description="what would put the corrected row out again; told of a row that is opened")


class RejectsOut(Schema):
    rows: list[RejectOut]
    count: int
    next: int | None = Field(description="for after; null: these are the last")


class FindingOut(Schema):
    number: int = Field(description="its place among the findings, from 0")
    code: str
    severity: str
    heading: str = Field(description="empty: the row as a whole")
    value: str | None = Field(description="masked")
    message: str
    file: str
    place: int = Field(description="the row of the file")
    account_id: str | None
    position: int | None = Field(description="of the account on the tape")


class FindingsOut(Schema):
    rows: list[FindingOut]
    count: int
    next: int | None = Field(description="for after; null: these are the last")


class CellsIn(Schema):
    cells: dict[str, str]


class GuessOut(Schema):
    heading: str
    field: str | None
    confidence: float
    reason: str


class LookOut(Schema):
    headings: list[str]
    titles: list[str]
    fits: str = Field(description="the shipped layout that fits; empty: none does")
    layout: str
    guesses: list[GuessOut]


class MatchOut(Schema):
    id: int
    left: str
    right: str
    weight: float | None
    probability: float | None
    reason: str
    shown: dict[str, Any]
    decision: str


class MatchIn(Schema):
    decision: str = Field(max_length=10, description="same, different, or empty to take it back")


class FiltersIn(Schema):
    """Which accounts. A coded field: one of its values or several, by commas; a figure or date: ``low..high``, inclusive, either left out; ``none``: not given."""

    tape: int | None = Field(default=None, description="one tape; without it, the current version of every series")
    plan: int | None = Field(
        default=None,
        description="the plan whose figures are meant, over its tapes; without it, the one in force over the tapes, else, where none of them is"
        " under one in force, the latest that was put forward, or drafted on its own, or replaced: the answer names it and its state",
    )
    product: str | None = Field(default=None, description="for example credit_card,online_loan")
    bucket: str | None = Field(default=None, description="for example M3")
    five_class: str | None = None
    province: str | None = Field(default=None, description="the first two digits of the region code")
    guarantee_kind: str | None = None
    litigation_state: str | None = None
    contactability: str | None = None
    debtor_kind: str | None = None
    written_off: str | None = Field(default=None, description="true or false")
    balance_fen: str | None = Field(default=None, description="for example 100000..500000")
    principal_fen: str | None = None
    overdue_days: str | None = None
    origination_date: str | None = Field(default=None, description="for example 2024-01-01..2024-12-31")
    route: str | None = Field(default=None, description="what the plan does with the account: litigation,agency; none: no route")
    moved: str | None = Field(
        default=None,
        description="before..after: the accounts that the plan of the second number takes another way than that of the first; route: where to",
    )
    moved_from: str | None = Field(default=None, description="with moved: the route in the first plan; none: no route")


SUMS = (
    "fen, by name: balance_fen and its parts; where there is a plan, recovery_fen with low_fen and high_fen (expected under ordinary in-house work), and"
    " cash_fen, cost_fen, net_value_fen (expected recovery, cost and net value on the plan's routes)"
)


class OfPlan(Schema):
    """Whose figures are told of routes and expectations; null where there is no plan."""

    plan: int | None
    plan_state: str | None = Field(description="approved: in force; whatever else is not")


class TotalsOut(OfPlan):
    accounts: int
    sums: dict[str, int] = Field(description=SUMS)


class GroupOut(Schema):
    key: list[str | None]
    accounts: int
    balance_fen: int
    principal_fen: int


class CashOut(OfPlan):
    months: list[int] = Field(description="fen in each month, under ordinary in-house work")
    recovery_fen: int = Field(description="expected recovery (in-house)")
    low_fen: int
    high_fen: int


class AccountsOut(OfPlan):
    rows: list[dict[str, Any]]
    newer: str | None
    older: str | None


class OptionOut(Schema):
    route: str
    eligible: bool
    bars: list[str]
    shut: list[str] = Field(description="limits of which there is 0, or less than this account alone would need: no plan can take it there")
    cash_fen: int = Field(description="expected recovery on this route; of the chosen one the plan's")
    cost_fen: int
    net_value_fen: int
    low_fen: int
    high_fen: int
    hours: float
    months: float | None
    price_fen: float
    after_fen: float


class ExplainedOut(OfPlan):
    chosen: str | None
    reason: str
    agrees: bool
    months: list[float]
    options: list[OptionOut]


_LIMITS = "the most of each limit by name, in the `unit` that figures.limits names: minute (not hour), fen (not yuan), case, complaint"


class PlanIn(Schema):
    name: str = Field(min_length=1, max_length=80)
    tapes: list[int] = Field(min_length=1, max_length=50)
    policy: str | None = Field(default=None, max_length=500_000)
    policy_name: str = Field(default="house", max_length=80)
    limits: dict[str, float] = Field(default_factory=dict, description=_LIMITS)


class VaryIn(Schema):
    name: str = Field(min_length=1, max_length=80)
    limits: dict[str, float] = Field(description=_LIMITS)


class StepIn(BaseModel):  # not a Schema: that takes any value for an object whose fields may all be left out, `true` for one
    approve: bool = True
    note: str = Field(default="", max_length=2000)


class LeftOut(Schema):
    tape: int
    accounts: int


class ReplacingOut(Schema):
    """What an approval would do to other plans, as things stand."""

    plans: list[int] = Field(description="in force now, and replaced by it")
    left: list[LeftOut] = Field(description="tapes whose accounts would then be under no plan in force")


class PlanOut(Schema):
    id: int
    name: str
    state: str
    tapes: list[int]
    basis: int | None
    policy_name: str
    policy_version: str
    limits: dict[str, float] = Field(description=_LIMITS)
    figures: dict[str, Any] = Field(
        description="fen: objective_fen is the sum of the accounts' net_value_fen, expected_recovery_fen that of their cash_fen (not of recovery_fen, which is"
        " expected under ordinary in-house work); routes has the same by route; limits: used, at_most and price_fen (of one more) in each limit's `unit`"
    )
    as_of: dt.date | None
    created_at: dt.datetime


class TokenIn(Schema):
    name: str = Field(min_length=1, max_length=64)
    abilities: list[str]
    days: int = Field(ge=1, le=365)


class TokenOut(Schema):
    id: int
    name: str
    start: str
    abilities: list[str]
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    used_at: dt.datetime | None
