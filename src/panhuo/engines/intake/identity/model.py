"""The figures of the linkage model: how likely each level is among matches (m) and among chance pairs (u), and how rare a match is.

Fellegi and Sunter (1969): a pair's evidence is the sum over comparisons of log2(m/u) of the level it falls in; with log2 of the
prior odds of a match added it is the log2 odds that the two records are one debtor. u comes from random pairs, m from pairs
known to be one debtor (same identity number) where the tape has them, and from all compared pairs by expectation-maximisation
where it has not. Both start from the policy's figures, which count as so many observed pairs: a tape of ten rows changes
nothing, one of a million speaks for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from panhuo.engines.intake.identity.comparisons import COMPARISONS, Comparison
from panhuo.engines.intake.identity.policy import IdentityPolicy

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Model:
    """``m``, ``u``: by comparison, one figure a level, best level first. ``match``: probability that a random pair is a match."""

    comparisons: tuple[Comparison, ...]
    m: Mapping[str, Floats]
    u: Mapping[str, Floats]
    match: float

    def evidence(self, levels: Mapping[str, Codes]) -> Floats:
        """Sum of log2(m/u) of the levels of each pair (0 = best, -1 = silent), without frequency adjustment."""
        total: Floats = np.zeros(len(next(iter(levels.values()))) if levels else 0)
        for c in self.comparisons:
            total += np.append(np.log2(self.m[c.name]) - np.log2(self.u[c.name]), 0.0)[levels[c.name]]
        return total

    @property
    def prior_weight(self) -> float:
        """log2 odds of a match before anything is compared."""
        return float(np.log2(self.match) - np.log2(1.0 - self.match))


def prior_model(policy: IdentityPolicy, *, used: tuple[Comparison, ...] = COMPARISONS, match: float = 0.5) -> Model:
    """The policy's figures."""

    def side(name: str) -> dict[str, Floats]:
        out = {}
        for c in used:
            values = np.array([getattr(policy.comparisons[c.name].levels[code], name) for code in c.codes])
            out[c.name] = values / values.sum()
        return out

    return Model(used, side("m"), side("u"), match)


def blend(counts: Floats, prior: Floats, *, prior_count: float, share: float = 1.0) -> Floats:
    """Observed counts of levels and the prior together; what was observed gets at most ``share`` of the weight."""
    seen = float(counts.sum())
    if seen <= 0:
        return prior
    weight = min(share, seen / (seen + prior_count))
    mixed: Floats = weight * counts / seen + (1.0 - weight) * prior
    return mixed


def with_chance(model: Model, exact: Mapping[str, float]) -> Model:
    """The model with u of the exact levels set to the chance worked out from value counts (too rare for a sample to show)."""
    u = dict(model.u)
    for c in model.comparisons:
        if c.levels[0].frequency in exact:
            rest = u[c.name][1:]
            first = min(exact[c.levels[0].frequency], 0.5)
            u[c.name] = np.concatenate([[first], rest / rest.sum() * (1.0 - first)])
    return replace(model, u=u)


def expectation_maximisation(
    model: Model, prior: Model, levels: Mapping[str, Codes], tf: Floats, teaches: Flags, *, pairs: float, learn_m: bool, policy: IdentityPolicy
) -> tuple[Model, float]:
    """m (where ``learn_m``) and the match rate that make the compared pairs most likely, u held fixed; and the matches expected.

    levels: by comparison, the level of each compared pair (0 = best, -1 = silent). tf: (n,) each pair's frequency adjustment
    in log2. teaches: (n,) pairs to learn from: two relatives share a house and a phone without being one, and would teach that names
    of one debtor differ. pairs: how many pairs there are in all, compared or not; those not compared share no key and are taken not to match.
    """
    expected, before = 0.0, -1.0
    for _ in range(ROUNDS):
        probability = teaches / (1.0 + np.exp2(-np.clip(tf + model.evidence(levels) + model.prior_weight, -500, 500)))
        before, expected = expected, float(probability.sum())
        m = {}
        for c in model.comparisons:
            seen = levels[c.name] >= 0
            counts = np.bincount(levels[c.name][seen], weights=probability[seen], minlength=len(c.levels)).astype(np.float64)
            m[c.name] = blend(counts, prior.m[c.name], prior_count=policy.prior_matches, share=policy.tape_share)
        so_many = policy.prior_rate_matches / prior.match  # pairs among which the prior rate would show that many matches
        match = (expected + policy.prior_rate_matches) / (pairs + so_many)
        model = replace(model, m=m if learn_m else model.m, match=min(max(match, 1e-12), 0.5))
        if abs(expected - before) <= 1e-5 * max(expected, 1.0):
            break
    return model, expected
