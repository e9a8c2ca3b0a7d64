"""What the portfolio is expected to bring, month by month; and by plan, where its tapes are under several plans or some under none."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, NamedTuple

from panhuo.apps.console.cash_charts import cash_charts
from panhuo.apps.console.filtering import Chosen
from panhuo.apps.console.names import QUANTITIES
from panhuo.apps.console.tables import Column, Table
from panhuo.apps.intake.models import Tape
from panhuo.apps.strategy.models import Plan
from panhuo.apps.strategy.selecting import cash_expected, portfolio_figures
from panhuo.apps.strategy.standing import plans_in_force
from panhuo.kernel.words import Words

_SUMS = ("recovery_fen", "low_fen", "high_fen", "net_value_fen")


class _Part(NamedTuple):
    """Accounts under one plan in force, or (None) under none: what an address can name."""

    plan: Plan | None
    tapes: list[Tape]

    @property
    def keys(self) -> dict[str, str | None]:
        """The address's keys for these accounts."""
        whole = self.plan is not None and len(self.tapes) == len(self.plan.tapes)
        return {"plan": str(self.plan.pk) if self.plan else None, "tape": None if whole else str(self.tapes[0].pk)}

    @property
    def words(self) -> Words:
        series = ", ".join(tape.series for tape in self.tapes)
        if self.plan is None:
            return Words(f"{series}（没有执行中的方案）", f"{series} (no plan in force)")
        return Words(f"{self.plan.name}（{series}）", f"{self.plan.name} ({series})")


def by_plan(chosen: Chosen) -> dict[str, Any]:
    """``by_plan``: a table of the plans in force over some of the tapes, and of the tapes under none; ``cash``, ``cumulative`` and ``monthly`` add up
    those plans' expectations, each counted from its own cut-off."""
    parts = _parts(chosen)
    rows, together = [], {"months": [], **dict.fromkeys(("recovery_fen", "low_fen", "high_fen"), 0)}  # type: dict[str, Any]
    for part in parts:
        whole = portfolio_figures(chosen.scope, part.plan, part.tapes, chosen.filters, ()).whole
        row = {"label": part.words, "accounts": whole.accounts, "balance_fen": whole.sums["balance_fen"]}
        query = chosen.query(measure=None, sort=None, **part.keys)
        row |= {"plan_href": f"/portfolio?{query}", "href": f"/accounts?{query}", **{name: whole.sums.get(name) for name in _SUMS}}
        rows.append(row)
        if part.plan is not None:
            cash = cash_expected(chosen.scope, part.plan, part.tapes, chosen.filters)
            together["months"] = [a + b for a, b in zip_longest(together["months"], cash["months"], fillvalue=0)]
            together |= {name: together[name] + cash[name] for name in ("recovery_fen", "low_fen", "high_fen")}
    under = [row for row, part in zip(rows, parts, strict=True) if part.plan is not None]
    sums = {name: sum(row[name] or 0 for row in rows) for name in ("accounts", "balance_fen", *_SUMS)}
    under_fen = sum(row["balance_fen"] for row in under)
    return {
        "by_plan": Table(
            "by_plan", Words("按执行中的方案", "By plan in force"), _COLUMNS, rows, href=lambda row: str(row["plan_href"]), totals=sums, chooser=False
        ),
        "cash": together | {"accounts": sum(row["accounts"] for row in under), "share": together["recovery_fen"] / under_fen if under_fen else None},
        **cash_charts(together),
    }


def _parts(chosen: Chosen) -> list[_Part]:
    left = {tape.pk: tape for tape in chosen.tapes}
    parts: list[_Part] = []
    for plan in reversed(plans_in_force(chosen.scope, left)):
        shown = [left.pop(pk) for pk in plan.tapes if pk in left]
        # an address names a plan, or one tape of it: not some of its tapes
        parts += [_Part(plan, shown)] if len(shown) == len(plan.tapes) else [_Part(plan, [tape]) for tape in shown]
    return parts + [_Part(None, [tape]) for tape in left.values()]


def _href(row: Any) -> str:
    return str(row["href"])


_COLUMNS = (
    Column("label", Words("方案（清单）", "Plan (tapes)")),
    Column("accounts", Words("户数", "Accounts"), "count", href=_href),
    Column("balance_fen", Words("余额", "Balance"), "money", href=_href),
    *(
        Column(
            name,
            QUANTITIES[name],
            "money",
            like="" if name == "recovery_fen" else "recovery_fen",
            href=lambda row: _href(row) if row["recovery_fen"] is not None else None,
        )
        for name in _SUMS
    ),
)
