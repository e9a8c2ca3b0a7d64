"""Who stands behind the rows: which rows are one debtor's, how late he is, and the traits that drive all he does.

Ability A and willingness W are independent N(0, 1) among all debtors; z = (A + W) / sqrt(2) drives payment (repayment.py). Given z, drawn for the age of
the arrears, A = (z + e) / sqrt(2) and W = (z - e) / sqrt(2) with e ~ N(0, 1) restores both. Income hangs on A, contact and
promises on W, payments on z: so each visible feature tells something of z, and none all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panhuo.engines.intake.synthesis.draws import Draws, Flags, Floats, Ints
from panhuo.engines.intake.synthesis.repayment import OLDEST, hazard
from panhuo.engines.intake.synthesis.tables import behaviour, products

_ROOT2 = float(np.sqrt(2.0))
# were any earlier row a candidate from the start, the debtors of the first rows would collect dozens of loans
_NEAR, _RAMP = 20_000, 500


@dataclass(frozen=True, slots=True)
class Debtors:
    """One entry a row. ``first``: the row of the chunk that brought this debtor; a debtor's traits are those of that row.

    age: months overdue, 0 = current. z_relative, willingness_relative: standardised among debtors of the same age.
    """

    first: Ints
    again: Flags
    firm: Flags
    age: Ints
    z: Floats
    ability: Floats
    willingness: Floats
    z_relative: Floats
    willingness_relative: Floats


def draw_debtors(draws: Draws) -> Debtors:
    """The debtors of a chunk. A further loan goes to the debtor of one of the ``_NEAR`` rows before it."""
    policy = behaviour()
    row = np.arange(draws.rows)
    again = draws.chance("again", policy.identity.again_share * np.minimum(row / _RAMP, 1.0))
    earlier = row - 1 - (draws.uniform("whose") * np.minimum(row, _NEAR)).astype(np.int64)
    first = _roots(np.where(again, earlier, row))
    age = draws.pick("age", _age_weights())[first]
    model = hazard()
    z = model.latent(age, draws.uniform("z")[first])
    split = draws.normal("split")[first]
    ability, willingness = (z + split) / _ROOT2, (z - split) / _ROOT2
    mean, deviation = model.mean[age], model.deviation[age]
    return Debtors(
        first=first,
        again=again,
        firm=draws.chance("firm", products().firm_share)[first],
        age=age,
        z=z,
        ability=ability,
        willingness=willingness,
        z_relative=(z - mean) / deviation,
        willingness_relative=(willingness - mean / _ROOT2) / np.sqrt(0.5 * (deviation**2 + 1.0)),
    )


def _roots(pointer: Ints) -> Ints:
    """Follow each pointer to the row that points at itself (paths are short: halved at each round)."""
    while True:
        further = pointer[pointer]
        if np.array_equal(further, pointer):
            return pointer
        pointer = further


def _age_weights() -> Floats:
    ages = behaviour().ages
    tail = ages.tail_decay ** np.arange(OLDEST - 12)
    return np.concatenate([ages.weights, ages.tail_weight * tail / tail.sum()])
