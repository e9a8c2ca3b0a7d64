"""Why a route gets the accounts it gets: of the accounts that want one, how many it is closed to, and what the others do instead.

For each route the accounts that want a route fall into five heaps, which add up to all of them:

- barred: a rule closes the route; the rule met most often is named;
- chosen: the plan sends them there;
- at a loss: it would cost more than it brings;
- outdone: the route they are given (or none, where nothing pays) brings at least as much;
- held back: it would bring more than what they are given, but the limits it needs are full or dear.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from panhuo.kernel.money import HALF_FEN
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Words
from panhuo.pipeline.portfolio import Portfolio
from panhuo.pipeline.report.data import Obstacles


def obstacles(portfolio: Portfolio, choice: npt.NDArray[np.int16]) -> list[Obstacles]:
    """One a route, in the order of ROUTES."""
    worked = portfolio.worked
    every = slice(0, portfolio.rows)
    given = portfolio.of_choice(portfolio.net_value, choice, every)
    named: dict[str, int] = {}
    for verdicts, rows in zip(portfolio.verdicts, portfolio.slices(), strict=True):
        for rule, accounts in verdicts.naming(worked[rows]).items():
            named[rule] = named.get(rule, 0) + accounts
    closes = {rule.id: rule.text.effect.routes for verdicts in portfolio.verdicts[:1] for rule in verdicts.rules}
    words = {rule.id: rule.text.reason for verdicts in portfolio.verdicts[:1] for rule in verdicts.rules}
    out = []
    for j, route in enumerate(ROUTE_NAMES):
        value = portfolio.net_value[:, j]
        may = portfolio.eligible[:, j] & worked
        others = may & (choice != j)
        loss = others & (value < HALF_FEN)
        held = others & ~loss & (value > given + HALF_FEN)
        first = max((rule for rule in named if named[rule] and route in closes[rule]), key=lambda rule: named[rule], default="")
        out.append(
            Obstacles(
                route,
                barred=int((worked & ~may).sum()),
                chosen=int((may & (choice == j)).sum()),
                at_a_loss=int(loss.sum()),
                outdone=int((others & ~loss & ~held).sum()),
                held_back=int(held.sum()),
                rule=first,
                why=words.get(first, Words("", "")),
                rule_accounts=named.get(first, 0),
            )
        )
    return out
