"""Litigation 诉讼: sue, win, enforce. What it brings depends first on how far the case has come already.

**Stages.** ``litigation_state`` says what is still ahead: an account not sued pays for and waits through filing, trial and
enforcement; one in suit has paid its fee and stands half-way through the trial; a judged or mediated one goes straight to
enforcement; one whose enforcement round has ended (终本) can only be revived when assets turn up.

**Procedure.** A debtor who cannot be served in person or electronically is served by publication, which neither small-claims nor
summary procedure allows: ordinary procedure, full fee, the announcement's cost and months more. Whether that happens is a
probability by contactability; agreed electronic service lowers it. Others go by amount: small claims, summary, ordinary. Summary (and with it
small-claims) cases pay half the acceptance fee, as do those settled or withdrawn, but never a quarter.

**Cash.** With s the chance of a settlement before judgment, w of winning, q of finding assets, f the share of the title that these cover:

    settled     s B (1 - discount) kept                        over the instalments
    enforced    (1 - s) w q min(f (supported B + fee), B)      over the months of enforcement; the loser bears the fee
    otherwise   (1 - s) (1 - w q f) fallback x standard curve  some pay on their own, sued or not

An enforcement fee is the debtor's to bear (Art. 38); ``fee_from_proceeds`` is the share of cases in which the court takes it
out of what it collected. The judgment's enforcement period is two years; an older judgment that nobody enforced keeps ``lapsed``.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.legal.enforcement import EnforcementPolicy, chance_of_assets
from panhuo.engines.legal.fees import FeeBook, court_fees
from panhuo.kernel.calendar import add_months
from panhuo.kernel.documents import Document
from panhuo.kernel.flows import add_curve, add_evenly, add_profiles, between, forecast_of, row_sums, two_outcomes
from panhuo.kernel.routes import Curve, Floats, Forecast
from panhuo.kernel.tables import Count, Fen, FenTable, Ladder, Quantity, Share, ShareFlags, ShareTable, Table, amount, code_index, codes

SMALL, SUMMARY, ORDINARY, PUBLICATION = range(4)
_BEFORE_JUDGMENT = ("none", "filed")


class TrialPolicy(Document):
    """Procedure, service and the time they take, in months."""

    small_claim_most_fen: Fen
    summary_most_fen: Fen
    publication: ShareTable
    publication_if_eservice: Share
    publication_fen: Fen
    publication_months: Quantity
    filing_months: Quantity
    small_months: Quantity
    summary_months: Quantity
    ordinary_months: Quantity
    effect_months: Quantity
    elapsed: Share
    revive_months: Quantity


class SettlementPolicy(Document):
    """Settlement between filing and judgment."""

    chance: ShareTable
    discount: Share
    kept: Share
    start_months: Quantity
    months: Quantity


class LitigationPolicy(Document):
    """The ``litigation`` section of the policy file."""

    fees: FeeBook
    staff_minute_fen: Quantity
    trial: TrialPolicy
    settlement: SettlementPolicy
    enforcement: EnforcementPolicy
    won: Share
    supported: Share
    by_state: Table
    lapsed: Share
    enforcement_limit_months: Count
    preservation: Share
    lawyer_fen: FenTable
    lawyer_contingency: Ladder
    fee_from_proceeds: Share
    fallback: Share
    voluntary_flags: ShareFlags
    minutes: Table
    minutes_months: Count
    complaints: Quantity


def forecast(accounts: pl.DataFrame, curve: Curve, *, policy: LitigationPolicy, as_of: dt.date) -> Forecast:
    """Cash, cost and interval of suing (or carrying on) with each account. See the module's head for the formula."""
    horizon = curve.shape[1]
    balance = amount(accounts, "balance_fen")
    open_case, unsued = _ahead(accounts)
    path = procedure(balance, policy.trial)
    published = np.where(open_case, chance_of_publication(accounts, policy.trial), 0.0)

    settle = np.where(open_case, policy.settlement.chance.of(accounts) * policy.voluntary_flags.of(accounts), 0.0)
    fee = acceptance_fee(balance, path, published, settle, policy=policy, as_of=as_of) * unsued
    win = np.where(open_case, policy.won.value, 1.0)
    found = win * np.minimum(chance_of_assets(accounts, policy.enforcement) * state_factor(accounts, policy=policy, as_of=as_of), 1.0)
    title = balance * np.where(open_case, policy.supported.value, 1.0) + fee
    if_found = np.minimum(policy.enforcement.found_share.value * title, balance)
    if policy.fee_from_proceeds.value > 0:
        charge = court_fees("enforcement", if_found, fees=policy.fees.at(as_of).court)
        if_found = np.maximum(if_found - policy.fee_from_proceeds.value * charge, 0.0)
    settled = balance * (1.0 - policy.settlement.discount.value) * policy.settlement.kept.value

    cash = np.zeros((accounts.height, horizon), dtype=np.float32)
    settling, enforcing = _profiles(policy, horizon)
    group = code_index(accounts, "litigation_state") * 4
    enforced = (1.0 - settle) * found * if_found
    add_profiles(cash, enforced * (1.0 - published), enforcing, group + path)
    if published.any():
        add_profiles(cash, enforced * published, enforcing, group + PUBLICATION)
    if settle.any():
        add_profiles(cash, settle * settled, settling, group + path)
    running = cash * _contingency_rate(if_found, policy.lawyer_contingency)[:, None]
    free = policy.fallback.value * policy.voluntary_flags.of(accounts)
    add_curve(cash, (1.0 - settle) * (balance - found * if_found) * free, curve)

    minutes = np.where(balance > 0, policy.minutes.of(accounts), 0.0)
    add_evenly(running, minutes * policy.staff_minute_fen.value, policy.minutes_months.value)
    upfront = fee + policy.lawyer_fen.of(accounts) + published * unsued * policy.trial.publication_fen.value
    upfront += unsued * policy.preservation.value * court_fees("preservation", balance, fees=policy.fees.at(as_of).court)
    upfront = np.where(balance > 0, upfront, 0.0)

    chance = settle + (1.0 - settle) * found
    either = np.where(settle > 0, np.minimum(settled, if_found), if_found), np.where(settle > 0, np.maximum(settled, if_found), if_found)
    low, high = two_outcomes(chance, either, (np.zeros_like(balance), free * balance * row_sums(curve)))
    complaints = np.where(balance > 0, policy.complaints.value, 0.0)
    return forecast_of(cash, upfront=upfront, running=running, minutes=minutes, complaints=complaints, low=low, high=high, cap=balance)


def procedure(balance: Floats, trial: TrialPolicy) -> npt.NDArray[np.intp]:
    """(n,) SMALL, SUMMARY or ORDINARY by amount, for a debtor who can be served."""
    small = balance <= trial.small_claim_most_fen.value
    summary = balance <= trial.summary_most_fen.value
    return np.where(small, SMALL, np.where(summary, SUMMARY, ORDINARY)).astype(np.intp)


def chance_of_publication(accounts: pl.DataFrame, trial: TrialPolicy) -> Floats:
    """(n,) probability that the debtor must be served by publication; agreed electronic service is another way to serve."""
    factor = np.where(accounts["eservice_agreed"].fill_null(False).to_numpy(), trial.publication_if_eservice.value, 1.0)
    chance: Floats = trial.publication.of(accounts) * factor
    return chance


def acceptance_fee(
    balance: Floats, path: npt.NDArray[np.intp], published: Floats, settle: Floats, *, policy: LitigationPolicy, as_of: dt.date
) -> Floats:
    """(n,) expected acceptance fee in fen of a case filed now: half in summary procedure and for the settled part of the others."""
    court = policy.fees.at(as_of).court
    full, half = court_fees("acceptance", balance, fees=court), court_fees("acceptance_half", balance, fees=court)
    ordinary = np.where(path == ORDINARY, 1.0, published)
    fee: Floats = half + ordinary * (1.0 - settle) * (full - half)
    return fee


def state_factor(accounts: pl.DataFrame, *, policy: LitigationPolicy, as_of: dt.date) -> Floats:
    """(n,) factor on the chance of finding assets: by litigation state, and for a judgment whose enforcement period has run out."""
    factor = policy.by_state.of(accounts)
    edge = add_months(as_of, -policy.enforcement_limit_months.value)
    lapsed = ((accounts["litigation_state"] == "judged") & (accounts["judgment_on"] < edge)).fill_null(False).to_numpy()
    return np.where(lapsed, factor * policy.lapsed.value, factor)


def months_to_enforcement(state: str, path: int, policy: LitigationPolicy) -> float:
    """Months from the cut-off until enforcement starts to pay, for a litigation state and procedure."""
    trial, apply = policy.trial, policy.enforcement.application_months.value
    if state == "enforcing":
        return 0.0
    if state in ("mediated", "judged"):
        return apply
    if state in ("enforcement_suspended", "enforcement_closed"):
        return trial.revive_months.value
    length = (trial.small_months, trial.summary_months, trial.ordinary_months, trial.ordinary_months)[path].value
    if path == PUBLICATION:
        length += trial.publication_months.value
    behind = trial.elapsed.value * length if state == "filed" else -trial.filing_months.value
    return length - behind + trial.effect_months.value + apply


def _profiles(policy: LitigationPolicy, horizon: int) -> tuple[Floats, Floats]:
    """(states x 4 procedures, horizon): months of settlement cash, and of enforcement cash."""
    states = (*codes("litigation_state"), "none")  # null: nothing known, so not sued
    settling, enforcing = np.zeros((len(states) * 4, horizon)), np.zeros((len(states) * 4, horizon))
    for number, state in enumerate(states):
        for path in range(4):
            start = months_to_enforcement(state, path, policy)
            enforcing[number * 4 + path] = between(start, start + policy.enforcement.months.value, horizon)
            opened = policy.settlement.start_months.value + (policy.trial.filing_months.value if state == "none" else 0.0)
            settling[number * 4 + path] = between(opened, opened + policy.settlement.months.value, horizon)
    return settling, enforcing


def _ahead(accounts: pl.DataFrame) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(n,) judgment still to come; (n,) not sued yet."""
    state = accounts["litigation_state"].fill_null("none")
    return state.is_in(list(_BEFORE_JUDGMENT)).to_numpy(), (state == "none").to_numpy()


def _contingency_rate(won: Floats, ladder: Ladder) -> npt.NDArray[np.float32]:
    """(n,) the lawyer's share of what a won case brings."""
    rate = np.divide(ladder.of(won), won, out=np.zeros_like(won), where=won > 0)
    return np.minimum(rate, 1.0).astype(np.float32)
