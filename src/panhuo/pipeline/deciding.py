"""The second half of a run: the plan back onto each partition, with reasons, sums and the cash it brings month by month."""

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


@dataclass(slots=True)
class Decided:
    """What the decisions add up to."""

    limits: dict[str, dict[str, Any]]
    breakdowns: Breakdowns = field(default_factory=Breakdowns)
    cash: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CASH))
    largest: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LARGEST))


def decide_parts(
    intake: Intake, debtor_ids: pl.Series, portfolio: Portfolio, plan: Allocation, limits: Sequence[Limit], folder: Path, *, policy: Policy
) -> Decided:
    """Writes ``accounts.parquet`` and ``decisions.parquet``; adds up the breakdowns and the plan's cash by month."""
    decided = Decided(
        {
            limit.name: {
                "used": float(used),
                "at_most": float(limit.at_most),
                "price_fen": float(price),
                "unit": "fen" if limit.unit_size != 1 else _unit(limit),
            }
            for limit, used, price in zip(limits, plan.used, plan.prices, strict=True)
        }
    )
    cash = np.zeros((len(ROUTE_NAMES), policy.horizon_months))
    best: list[pl.DataFrame] = []
    with (
        PartWriter(folder / "accounts.parquet", repeated=_REPEATED) as accounts_file,
        PartWriter(folder / "decisions.parquet", repeated=("limit",)) as file,
    ):
        for number, (path, rows, verdicts) in enumerate(zip(intake.accounts, portfolio.slices(), portfolio.verdicts, strict=True)):
            accounts = take(path).with_columns(debtor_ids.slice(rows.start, rows.stop - rows.start).alias("debtor_id"))
            accounts_file.write(accounts)
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
            route = decisions["route"].cast(pl.String).fill_null(NONE)
            decided.breakdowns.add(
                accounts,
                route=route,
                recovery=portfolio.of_choice(portfolio.cash, plan.choice, rows),
                net_value=portfolio.of_choice(portfolio.net_value, plan.choice, rows),
            )
            curve = np.load(folder / "scratch" / f"curve-{number:05d}.npy", mmap_mode="r")
            cash += cash_by_month(accounts, curve, plan.choice[rows], policy=policy, as_of=intake.as_of)
            chosen = decisions.filter(pl.col("route").is_not_null()).top_k(LARGEST_SHOWN, by="net_value_fen")
            best.append(
                chosen.join(accounts.select("account_id", "balance_fen"), on="account_id", how="left").select(
                    "account_id", pl.col("route").cast(pl.String), "balance_fen", "net_value_fen", "reason", "reason_en"
                )
            )
        if not intake.accounts:
            accounts_file.write(ACCOUNT.empty())
            file.write(DECISION.empty())
    decided.cash = pl.DataFrame(
        [(month + 1, name, float(cash[j, month])) for j, name in enumerate(ROUTE_NAMES) for month in range(cash.shape[1]) if cash[j].sum() > 0],
        schema=CASH,
        orient="row",
    )
    if best:
        decided.largest = pl.concat(best).sort("net_value_fen", "account_id", descending=[True, False]).head(LARGEST_SHOWN)
    return decided


def _unit(limit: Limit) -> str:
    return limit.unit.en if limit.unit else ""
