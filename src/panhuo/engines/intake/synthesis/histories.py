"""What happened so far: class, write-off, contact, calls, promises, complaints, payments, the 24-month pattern.

All of it is drawn given the debtor's traits and the age of the arrears, so each column tells something of what he will pay.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from panhuo.engines.intake.synthesis.debtors import Debtors
from panhuo.engines.intake.synthesis.draws import Draws, Flags, Floats, Ints, place_by, weight_table
from panhuo.engines.intake.synthesis.loans import Days, Loans
from panhuo.engines.intake.synthesis.repayment import hazard
from panhuo.engines.intake.synthesis.tables import behaviour
from panhuo.kernel import codes as c

CONTACT = tuple(code.code for code in c.CONTACTABILITY)
EXCLUSIONS = tuple(code.code for code in c.EXCLUSION)
REACHABLE, THIRD_PARTY, LOST, UNKNOWN = (CONTACT.index(code) for code in ("reachable", "third_party_only", "lost", "unknown"))
PATTERN_MONTHS = 24
_CLASS_STARTS = (1, 91, 271, 361)  # days past due from which a loan is special mention, substandard, doubtful, loss
_WRITTEN_OFF = np.array([0.0, 0.15, 0.45, 0.70])  # by months overdue: to 12, to 18, to 36, more


@dataclass(frozen=True, slots=True)
class Histories:
    """One entry a row; codes are positions in the code lists of the kernel. ``pattern``: (rows, 24) ASCII characters."""

    five_class: Ints
    written_off: Flags
    exclusion: Ints
    contact: Ints
    connected_90d: Ints
    promises: Ints
    promises_kept: Ints
    complaints: Ints
    pursuits: Ints
    last_demand: Days
    payments_12m: Ints
    last_payment: Days
    income_fen: Ints
    pattern: npt.NDArray[np.uint8]


def draw_histories(draws: Draws, debtors: Debtors, loans: Loans, as_of: dt.date) -> Histories:
    """The past of the loans of a chunk, as the lender's system shows it at the cut-off."""
    today = np.datetime64(as_of, "D")
    contact = _contact(draws, debtors)
    connected = draws.poisson("connected", np.array([4.0, 1.2, 0.12, 0.8])[contact] * np.exp(0.25 * np.clip(debtors.willingness_relative, -3, 3)))
    connected = np.where(debtors.age > 0, connected, 0)
    worked = np.minimum(debtors.age, 12)
    promise_mean = np.array([0.34, 0.08, 0.03, 0.08])[contact] * worked * np.exp(0.3 * np.clip(debtors.willingness_relative, -3, 3))
    promises = np.minimum(draws.poisson("promises", promise_mean), 20)
    kept_share = 1.0 / (1.0 + np.exp(1.0 - 1.0 * debtors.z_relative + 0.06 * worked))
    payments, last_payment = _payments(draws, debtors, loans, today)
    return Histories(
        five_class=_five_class(draws, loans.overdue_days),
        written_off=draws.chance("written off", _WRITTEN_OFF[np.searchsorted([13, 19, 37], debtors.age, side="right")]),
        exclusion=_exclusion(draws, debtors.firm),
        contact=contact,
        connected_90d=connected,
        promises=promises,
        promises_kept=draws.binomial("kept", promises, kept_share),
        # able but unwilling: those who complain to delay
        complaints=draws.poisson("complaints", np.exp(-3.9 + 0.5 * np.clip(debtors.ability - debtors.willingness, -3.0, 3.0)) * (debtors.age > 0)),
        pursuits=draws.poisson("pursuits", 2.2 * np.minimum(debtors.age, 40) ** 0.7 * (debtors.age > 0)),
        last_demand=_last_demand(draws, contact, loans, today),
        payments_12m=payments,
        last_payment=last_payment,
        income_fen=_income(draws, debtors),
        pattern=_pattern(draws, debtors, loans),
    )


@cache
def _lost_threshold() -> Floats:
    """By months overdue 0 ... 13: where a standard normal is cut so that the published share has lost contact."""
    lost = behaviour().lost
    return np.array([NormalDist().inv_cdf(share) for share in (*lost.shares, lost.past_12)])


def _contact(draws: Draws, debtors: Debtors) -> Ints:
    policy = behaviour()
    weight = policy.lost.on_willingness
    score = weight * debtors.willingness_relative + np.sqrt(1.0 - weight**2) * draws.normal("contact")[debtors.first]
    stage = np.minimum(debtors.age, 13)
    lost = score < _lost_threshold()[stage]
    share_lost = np.array([*policy.lost.shares, policy.lost.past_12])[stage]
    third = draws.chance("third party", policy.third_party_share * np.sqrt(share_lost))
    found = np.where(draws.chance("contact unknown", policy.unknown_share), UNKNOWN, np.where(third, THIRD_PARTY, REACHABLE))
    return np.where(lost, LOST, found)


def _five_class(draws: Draws, overdue_days: Ints) -> Ints:
    """By days past due; one in twenty-five a class worse (the lender knows more), one in a hundred a class late."""
    by_days = np.searchsorted(_CLASS_STARTS, overdue_days, side="right")
    luck = draws.uniform("class")
    return np.clip(by_days + (luck < 0.04) - (luck > 0.99), 0, 4)


def _exclusion(draws: Draws, firm: Flags) -> Ints:
    policy = behaviour().exclusions
    table = weight_table([policy.person, policy.firm], EXCLUSIONS)
    return place_by(draws.uniform("exclusion"), table, firm.astype(np.int64))


def _last_demand(draws: Draws, contact: Ints, loans: Loans, today: np.datetime64) -> Days:
    """Last demand that reached the debtor: weeks ago where he answers, up to the whole of the arrears where he is lost."""
    mean = np.array([18.0, 60.0, 0.0, 45.0])[contact] + (contact == LOST) * 0.35 * loans.overdue_days
    ago = np.minimum(-np.log1p(-draws.uniform("demand")) * mean, np.maximum(loans.overdue_days - 1, 0))
    demanded: Days = np.where(loans.overdue_days > 0, today - ago.astype(np.int64), np.datetime64("NaT", "D"))
    return demanded


def _payments(draws: Draws, debtors: Debtors, loans: Loans, today: np.datetime64) -> tuple[Ints, Days]:
    """Payments in the last 12 months and the day of the last one ever (NaT: never paid)."""
    late_months = np.minimum(debtors.age, 12)
    earlier = np.clip(np.minimum(loans.months_on_book, 12 - late_months) - (debtors.age > 0), 0, 12)
    on_time = draws.binomial("paid on time", earlier, 1.0 / (1.0 + np.exp(-2.6 - 0.6 * np.clip(debtors.z_relative, -3, 3))))
    model = hazard()
    middle = np.maximum((debtors.age + 1) // 2, 1)
    part_share = np.where(debtors.age > 1, model.pays(middle, debtors.z) * (1.0 - model.whole[middle]), 0.0)
    in_arrears = draws.binomial("paid in arrears", late_months, part_share)
    count = on_time + in_arrears
    luck = draws.uniform("last payment")
    recently = (luck * np.minimum(loans.overdue_days, 365)).astype(np.int64)
    # the last regular instalment came up to a month before the first that did not
    before = (
        loans.overdue_days + 1 + (luck * 29.0).astype(np.int64) + np.where((on_time == 0) & (in_arrears == 0), 365, 0) * (loans.overdue_days < 365)
    )
    day = today - np.where(in_arrears > 0, recently, before)
    ever = (count > 0) | ((loans.months_on_book > 1) & (day > loans.origination))
    return count, np.where(ever, np.maximum(day, loans.origination + 1), np.datetime64("NaT", "D"))


def _income(draws: Draws, debtors: Debtors) -> Ints:
    """Yearly income in fen of the debtor, to the hundred yuan; 0 where unknown, and for firms."""
    yuan = np.exp(11.35 + 0.42 * debtors.ability + 0.38 * draws.normal("income")[debtors.first])
    known = ~draws.chance("income missing", behaviour().identity.income_missing)[debtors.first] & ~debtors.firm
    income: Ints = np.where(known, np.rint(yuan / 100.0).astype(np.int64) * 100_00, 0)
    return income


def _pattern(draws: Draws, debtors: Debtors, loans: Loans) -> npt.NDArray[np.uint8]:
    """24 months, oldest first: * before the loan, N paid, 1-7 months late; earlier slips likelier for the less willing."""
    pattern = np.empty((draws.rows, PATTERN_MONTHS), dtype=np.uint8)
    slips = 1.0 / (1.0 + np.exp(2.9 + 0.7 * np.clip(debtors.willingness_relative, -3, 3)))
    life = loans.months_on_book + debtors.age
    slip = draws.uniform("slip")
    for ago in range(PATTERN_MONTHS):
        late = np.clip(debtors.age - ago, 0, 7)
        # one draw a row, turned by the month: cheap, and the share of slips in any month is still `slips`
        slipped = np.mod(slip + 0.618033988749895 * ago, 1.0) < slips
        paid = np.where(slipped, ord("1"), ord("N"))
        shown = np.where(late > 0, ord("0") + late, paid)
        pattern[:, PATTERN_MONTHS - 1 - ago] = np.where(ago < life, shown, ord("*"))
    return pattern
