"""How debtors of the sample pay: a frailty model, calibrated so that its average is the published rate of every stage.

**The problem.** Published recovery rates are averages over the accounts that are *still there*: M3 recovers 20 % of what reached
M3. If debtors differ, those who are left are ever worse payers, so one cannot give every debtor a fixed factor on the published
rate: it would be right in the first month and drift below afterwards. And what is visible of a debtor on the tape (contact, past payments,
promises) must speak of the same thing that drives his payments, or there is nothing to learn.

**The model.** Each debtor has a latent z, N(0, 1) among all who are current. In a month that starts k months overdue he pays with chance

    p_k(z) = 1 / (1 + exp(-(a_k + b_k z)))

and, if he pays, clears everything with chance ``whole_k``, else a part of what is left, uniform on ``part_paid``. So the expected
share of the balance in that month is p_k(z) m_k with m_k = whole_k + (1 - whole_k) x mean part. Who clears leaves, the others grow a
month older; the density of z among those at k + 1 is that at k times (1 - p_k(z) whole_k). a_k is set in turn, k = 1, 2, ...,
so that the average of p_k(z) m_k over the density at k is the published rate. Selection is thus inside the calibration: averages hold at
every age, and an account of the tape at age k gets its z from the density at k.

A cured account counts with its whole balance, as in published stage rates. Month 0 (not overdue): p_0 is the chance that the
instalment comes; the one who misses it is in M1 next month.

Not modelled: new interest after the cut-off, seasons, any route other than ordinary in-house work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from panhuo.engines.intake.synthesis.draws import Draws, Floats, Ints
from panhuo.engines.intake.synthesis.tables import behaviour

HORIZON = 36
OLDEST = 120
"""Months overdue beyond which behaviour no longer changes; no account of the tape is older."""

_GRID = np.linspace(-9.0, 6.0, 1501)


@dataclass(frozen=True, slots=True)
class Hazard:
    """Everything by months overdue 0 ... OLDEST. ``cumulative``: (ages, grid) distribution of z among accounts of that age."""

    intercept: Floats
    spread: Floats
    whole: Floats
    mean_share: Floats
    cumulative: Floats
    mean: Floats
    deviation: Floats

    def latent(self, age: Ints, uniform: Floats) -> Floats:
        """(n,) z of accounts of the given ages, by inverting the distribution."""
        z = np.empty(age.size)
        order = np.argsort(age, kind="stable")
        ages, starts = np.unique(age[order], return_index=True)
        for one, rows in zip(ages, np.split(order, starts[1:]), strict=True):
            z[rows] = np.interp(uniform[rows], self.cumulative[one], _GRID)
        return z

    def pays(self, age: Ints, z: Floats) -> Floats:
        """(n,) chance of any payment in the month that starts at ``age``."""
        chance: Floats = 1.0 / (1.0 + np.exp(-(self.intercept[age] + self.spread[age] * z)))
        return chance


@cache
def hazard() -> Hazard:
    """The calibrated model (some milliseconds, once)."""
    policy = behaviour()
    ages = np.arange(OLDEST + 1)
    line = np.minimum(np.searchsorted([stage.through for stage in policy.stages], ages), len(policy.stages) - 1)
    recovery = np.array([stage.recovery for stage in policy.stages])[line]
    whole = np.array([stage.whole for stage in policy.stages])[line]
    spread = np.array([stage.spread for stage in policy.stages])[line]
    mean_share = whole + (1.0 - whole) * float(np.mean(policy.part_paid))
    mean_share[0] = 1.0  # the instalment, whole
    density = np.exp(-0.5 * _GRID**2)
    density /= density.sum()
    intercept, cumulative = np.empty(OLDEST + 1), np.empty((OLDEST + 1, _GRID.size))
    mean, deviation = np.empty(OLDEST + 1), np.empty(OLDEST + 1)
    for age in ages:
        intercept[age] = _solve(density, recovery[age] / mean_share[age], spread[age])
        cumulative[age] = np.cumsum(density) - 0.5 * density
        mean[age] = density @ _GRID
        deviation[age] = np.sqrt(density @ (_GRID - mean[age]) ** 2)
        pays = 1.0 / (1.0 + np.exp(-(intercept[age] + spread[age] * _GRID)))
        density = density * (1.0 - pays * (1.0 if age == 0 else whole[age]))
        density /= density.sum()
    return Hazard(intercept, spread, whole, mean_share, cumulative, mean, deviation)


def _solve(density: Floats, target: float, spread: float) -> float:
    """The intercept at which the mean chance over ``density`` is ``target``, by bisection."""
    low, high = -40.0, 40.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        if density @ (1.0 / (1.0 + np.exp(-(middle + spread * _GRID)))) < target:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def simulate(draws: Draws, age: Ints, z: Floats, balance_fen: Ints, instalment_share: Floats) -> list[Ints]:
    """What comes in, in fen, in each of the ``HORIZON`` months after the cut-off: a list of (n,).

    instalment_share: of the balance, what a current account pays a month. The months of an account add up to its balance at most.
    """
    model = hazard()
    low, high = behaviour().part_paid
    left = balance_fen.copy()
    instalment = np.maximum((balance_fen * instalment_share).astype(np.int64), 1)
    at = age.copy()
    paid: list[Ints] = []
    for month in range(HORIZON):
        comes = draws.uniform32(f"pays {month}") < model.pays(at, z)
        luck = draws.uniform32(f"part {month}").astype(np.float64)
        whole = model.whole[at]
        # above the threshold the same draw, stretched, says how large the part is
        part = low + (high - low) * np.clip((luck - whole) / np.maximum(1.0 - whole, 1e-12), 0.0, 1.0)
        amount = np.where(luck < whole, left, np.rint(part * left).astype(np.int64))
        amount = np.where(at == 0, np.minimum(instalment, left), amount)
        amount = np.where(comes, amount, 0)
        paid.append(amount)
        left = left - amount
        at = np.where((at == 0) & comes, 0, np.minimum(at + 1, OLDEST))
    return paid


def expected(age: Ints, z: Floats, balance_fen: Ints, instalment_share: Floats) -> Floats:
    """(n,) the mean, in fen, of what :func:`simulate` brings in over the horizon, exactly (up to rounding to fen)."""
    model = hazard()
    share = np.zeros(age.size)
    late = np.flatnonzero(age > 0)
    share[late] = 1.0 - _left(model, age[late], z[late], HORIZON)
    current = np.flatnonzero(age == 0)
    if current.size:
        share[current] = _expected_current(model, z[current], instalment_share[current])
    return share * balance_fen


def _left(model: Hazard, age: Ints, z: Floats, months: int) -> Floats:
    """(n,) expected share still open after ``months``."""
    left = np.ones(age.size)
    for month in range(months):
        at = np.minimum(age + month, OLDEST)
        left *= 1.0 - model.pays(at, z) * model.mean_share[at]
    return left


def _expected_current(model: Hazard, z: Floats, instalment_share: Floats) -> Floats:
    """Sum over the month of the first missed instalment: until then instalments, from then on the path of M1."""
    zero = np.zeros(z.size, dtype=np.int64)
    pays = model.pays(zero, z)
    # open_after[j]: share of the then open balance still open j months after falling into M1
    open_after: list[npt.NDArray[np.float64]] = [np.ones(z.size)]
    for month in range(HORIZON):
        at = np.minimum(zero + 1 + month, OLDEST)
        open_after.append(open_after[-1] * (1.0 - model.pays(at, z) * model.mean_share[at]))
    still_open, reached = np.zeros(z.size), np.ones(z.size)
    balance = np.ones(z.size)
    for month in range(HORIZON):
        still_open += reached * (1.0 - pays) * balance * open_after[HORIZON - 1 - month]
        reached = reached * pays
        balance = np.maximum(balance - instalment_share, 0.0)
    return 1.0 - (still_open + reached * balance)
