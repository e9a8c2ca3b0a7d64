"""Rescheduling 重组展期: an instalment plan the debtor can carry, at most five years for cards (Art. 70).

**Offer.** The sum rescheduled is B (1 - waived). The term is the shortest at which an instalment stays within ``affordable``
of the monthly income; where the income is not known, ``term_if_unknown``. It lies between ``least_months`` and ``most_months``. With a
plan rate r a year the instalment is the annuity

    I = A i / (1 - (1 + i)^-T),  i = r / 12;   A / T when r = 0

**Cash.** Take-up t = by stage x by contact x by age x flags. Instalment k of T falls in month ``start_months`` + k and is paid if
the plan still stands: t I (1 - h)^k, h the monthly redefault hazard by stage. Unpaid parts go back to ordinary work:

    t (1 - paid share of the plan) redefault_fallback x standard curve    late by half the term
    (1 - t) fallback x standard curve                                     late by ``start_months``

A plan longer than the horizon is cut there: what would come later is not counted, and ``docs/restructuring.md`` says so.
A debtor who keeps the plan is not dunned, so the running cost is a few minutes a month.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import model_validator

from panhuo.kernel.documents import Document, refuse
from panhuo.kernel.flows import add_curve, add_evenly, add_profiles, forecast_of, row_sums, two_outcomes
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import Count, Flags, Knots, Quantity, Share, ShareTable, amount, code_index


class ReschedulingPolicy(Document):
    """The ``rescheduling`` section of the policy file."""

    staff_minute_fen: Quantity
    waived: ShareTable
    plan_rate: Share
    affordable: Share
    least_months: Count
    most_months: Count
    term_if_unknown: Count
    start_months: Count
    take_up: ShareTable
    by_contact: ShareTable
    by_age: Knots
    flags: Flags
    redefault: ShareTable
    fallback: Share
    redefault_fallback: Share
    minutes: Quantity
    minutes_a_month: Quantity
    complaints: Quantity

    @model_validator(mode="after")
    def _terms(self) -> ReschedulingPolicy:
        if not 1 <= self.least_months.value <= self.term_if_unknown.value <= self.most_months.value:
            raise refuse(
                "应有 1 ≤ least_months ≤ term_if_unknown ≤ most_months",
                "must have 1 <= least_months <= term_if_unknown <= most_months",
            )
        return self


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: ReschedulingPolicy, as_of: dt.date) -> Forecast:
    """Cash, cost and interval of offering each account a plan. See the module's head for the formula."""
    n, horizon = accounts.height, curve.shape[1]
    balance = amount(accounts, "balance_fen")
    live = balance > 0
    agreed = balance * (1.0 - policy.waived.of(accounts))
    months = term(accounts, agreed, policy)
    taken = take_up(accounts, policy)

    shortest = policy.least_months.value
    hazards = policy.redefault.lookup()
    group = (months - shortest) * len(hazards) + code_index(accounts, policy.redefault.by)
    profiles, kept = plan_profiles(policy, hazards, horizon)
    cash = np.zeros((n, horizon), dtype=np.float32)
    add_profiles(cash, taken * agreed, profiles, group)
    add_curve(cash, (1.0 - taken) * policy.fallback.value * balance, curve, delay=policy.start_months.value)
    broken = taken * (1.0 - kept.take(group)) * policy.redefault_fallback.value
    add_curve(cash, broken * agreed, curve, delay=policy.term_if_unknown.value // 2)

    minutes = np.where(live, policy.minutes.value + taken * months * policy.minutes_a_month.value, 0.0)
    running = np.zeros((n, horizon), dtype=np.float32)
    add_evenly(running, minutes * policy.staff_minute_fen.value, policy.term_if_unknown.value)
    seen = np.minimum(max(horizon - policy.start_months.value, 0), months)  # instalments that fall within the horizon
    instalment = agreed * _instalment(policy.plan_rate.value, months)
    promised = instalment * seen
    won = instalment * np.minimum(_paid_in_a_bad_case(hazards).take(code_index(accounts, policy.redefault.by)), seen), promised
    low, high = two_outcomes(taken, won, (np.zeros(n), policy.fallback.value * balance * row_sums(curve)))
    return forecast_of(
        cash,
        upfront=np.zeros(n),
        running=running,
        minutes=minutes,
        complaints=np.where(live, policy.complaints.value, 0.0),
        low=low,
        high=high,
        cap=np.maximum(balance, promised),
    )


def term(accounts: pl.DataFrame, agreed: Floats, policy: ReschedulingPolicy) -> npt.NDArray[np.intp]:
    """(n,) months of the plan: the shortest at which the instalment is affordable, within the policy's bounds."""
    income = accounts["annual_income_fen"].cast(pl.Float64).fill_null(0.0).to_numpy()
    capacity = np.maximum(income, 0.0) / 12.0 * policy.affordable.value
    known = capacity > 0
    rate = policy.plan_rate.value / 12.0
    if rate == 0.0:
        need = np.divide(agreed, capacity, out=np.full_like(agreed, np.inf), where=known)
    else:
        # I >= A i / (1 - (1 + i)^-T)  <=>  T >= -log(1 - A i / I) / log(1 + i); no T is long enough once A i >= I
        burden = np.divide(agreed * rate, capacity, out=np.ones_like(agreed), where=known)
        need = np.divide(-np.log1p(-np.minimum(burden, 1.0 - 1e-12)), np.log1p(rate))
    longest = float(policy.most_months.value)
    need = np.where(known, np.ceil(np.minimum(need, longest) - 1e-9), policy.term_if_unknown.value)
    return np.clip(need, policy.least_months.value, longest).astype(np.intp)


def take_up(accounts: pl.DataFrame, policy: ReschedulingPolicy) -> Floats:
    """(n,) probability that the debtor signs a plan."""
    chance = policy.take_up.of(accounts) * policy.by_contact.of(accounts) * policy.by_age.of(accounts) * policy.flags.of(accounts)
    return np.minimum(chance, 1.0)


def plan_profiles(policy: ReschedulingPolicy, hazards: Floats, horizon: int) -> tuple[Floats, Floats]:
    """For each term and hazard: (k, horizon) expected cash by month for each fen rescheduled, and (k,) kept share of the whole plan.

    Row (T - least_months) x len(hazards) + hazard's index.
    """
    start, longest = policy.start_months.value, policy.most_months.value
    terms = np.arange(policy.least_months.value, longest + 1)
    payment = np.arange(1, longest + 1)
    standing = (1.0 - hazards)[:, None] ** payment  # (hazards, payments)
    due = payment <= terms[:, None]  # (terms, payments)
    stream = due[:, None, :] * standing[None, :, :]
    kept = stream.sum(axis=2) / terms[:, None]
    stream = stream * _instalment(policy.plan_rate.value, terms)[:, None, None]
    profiles = np.zeros((len(terms), len(hazards), horizon))
    fits = max(min(longest, horizon - start), 0)
    profiles[:, :, start : start + fits] = stream[:, :, :fits]
    return profiles.reshape(-1, horizon), kept.reshape(-1)


def _paid_in_a_bad_case(hazards: Floats) -> Floats:
    """Instalments paid before redefault in the worst tenth of plans: the largest k with 1 - (1 - h)^k <= 10 %."""
    out = np.full(len(hazards), np.inf)
    np.divide(np.log(0.9), np.log1p(-np.minimum(hazards, 1.0 - 1e-12)), out=out, where=hazards > 0)
    whole: Floats = np.floor(out)
    return whole


def _instalment(plan_rate: float, months: npt.NDArray[np.intp]) -> Floats:
    """The monthly instalment for each fen rescheduled over ``months``."""
    if plan_rate == 0.0:
        return 1.0 / months
    rate = plan_rate / 12.0
    instalment: Floats = rate / -np.expm1(-months * np.log1p(rate))
    return instalment
