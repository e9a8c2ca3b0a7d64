"""The second half of a run: the plan back onto each partition, with reasons, sums and the cash it brings month by month.

Three walks over the partitions that do not wait for each other: the accounts' file asks for debtors, the sums for the plan, the decisions' file for
the plan and its prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from panhuo.engines.strategy import DECISION, Allocation, Limit, decide
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Words
from panhuo.pipeline.parquet import PartWriter
from panhuo.pipeline.partition import cash_by_month
from panhuo.pipeline.policy import Policy
from panhuo.pipeline.portfolio import NONE, Breakdowns, Portfolio
from panhuo.pipeline.report.data import CASH, LARGEST
from panhuo.pipeline.scratch import take
from panhuo.pipeline.tape import Intake

LARGEST_SHOWN = 12
_REPEATED = ("lender", "branch", "currency", "province", "region_code", "source_file")
_ROUTE_OR_NONE = pl.Series([*ROUTE_NAMES, NONE])


@dataclass(slots=True)
class Sums:
    """What the plan adds up to, by what the report breaks it down by, and its cash by month."""

    breakdowns: Breakdowns = field(default_factory=Breakdowns)
    cash: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CASH))


def write_accounts(intake: Intake, debtor_ids: pl.Series, portfolio: Portfolio, folder: Path) -> None:
    """Writes ``accounts.parquet``: the partitions with their debtors."""
    with PartWriter(folder / "accounts.parquet", repeated=_REPEATED) as file:
        for path, rows in zip(intake.accounts, portfolio.slices(), strict=True):
            file.write(take(path).with_columns(debtor_ids.slice(rows.start, rows.stop - rows.start).alias("debtor_id")))
        if not intake.accounts:
            file.write(ACCOUNT.empty())


def add_up(intake: Intake, portfolio: Portfolio, plan: Allocation, folder: Path, *, policy: Policy) -> Sums:
    """Adds up the breakdowns and the plan's cash by month."""
    sums = Sums()
    cash = np.zeros((len(ROUTE_NAMES), policy.horizon_months))
    for number, (path, rows) in enumerate(zip(intake.accounts, portfolio.slices(), strict=True)):
        accounts = take(path)
        sums.breakdowns.add(
            accounts,
            route=_ROUTE_OR_NONE.gather(np.where(plan.choice[rows] < 0, len(ROUTE_NAMES), plan.choice[rows])),
            recovery=portfolio.of_choice(portfolio.cash, plan.choice, rows),
            net_value=portfolio.of_choice(portfolio.net_value, plan.choice, rows),
        )
        curve = np.load(folder / "scratch" / f"curve-{number:05d}.npy", mmap_mode="r")
        cash += cash_by_month(accounts, curve, plan.choice[rows], policy=policy, as_of=intake.as_of)
    sums.cash = pl.DataFrame(
        [(month + 1, name, float(cash[j, month])) for j, name in enumerate(ROUTE_NAMES) for month in range(cash.shape[1]) if cash[j].sum() > 0],
        schema=CASH,
        orient="row",
    )
    return sums


def decide_parts(intake: Intake, portfolio: Portfolio, plan: Allocation, limits: Sequence[Limit], folder: Path, *, policy: Policy) -> pl.DataFrame:
    """Writes ``decisions.parquet``; gives the decisions of highest net value (``report.data.LARGEST``)."""
    best: list[pl.DataFrame] = []
    with PartWriter(folder / "decisions.parquet", repeated=("limit",)) as file:
        for path, rows, verdicts in zip(intake.accounts, portfolio.slices(), portfolio.verdicts, strict=True):
            accounts = take(path).select("account_id", "balance_fen")
            words = {rule: Words(zh, verdicts.reasons("en")[rule]) for rule, zh in verdicts.reasons("zh").items()}
            decisions = decide(
                accounts["account_id"],
                plan.rows(rows.start, rows.stop),
                portfolio.net_value[rows],
                portfolio.eligible[rows],
                {route: verdicts.barring(route) for route in ROUTE_NAMES},
                [limit.rows(rows.start, rows.stop, portfolio.rows) for limit in limits],
                rule_words=words,
                policy=policy.strategy,
                worked=portfolio.worked[rows],
                currency=intake.currency,
            ).data
            file.write(decisions)
            chosen = decisions.filter(pl.col("route").is_not_null()).top_k(LARGEST_SHOWN, by="net_value_fen")
            best.append(
                chosen.join(accounts, on="account_id", how="left").select(
                    "account_id", pl.col("route").cast(pl.String), "balance_fen", "net_value_fen", "reason", "reason_en"
                )
            )
        if not intake.accounts:
            file.write(DECISION.empty())
    if not best:
        return pl.DataFrame(schema=LARGEST)
    return pl.concat(best).sort("net_value_fen", "account_id", descending=[True, False]).head(LARGEST_SHOWN)


def limits_used(plan: Allocation, limits: Sequence[Limit]) -> dict[str, dict[str, Any]]:
    """The ``limits`` of ``summary.json``."""
    return {
        limit.name: {
            "used": float(used),
            "at_most": float(limit.at_most),
            "price_fen": float(price),
            "unit": limit.counted_in,
        }
        for limit, used, price in zip(limits, plan.used, plan.prices, strict=True)
    }
