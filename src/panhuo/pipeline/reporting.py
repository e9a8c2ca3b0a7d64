"""From a run's sums to the report's data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from panhuo.engines.compliance.vocabulary import FACTS
from panhuo.engines.intake import Quality
from panhuo.engines.strategy import Allocation, Limit
from panhuo.kernel.documents import Document, Sourced
from panhuo.kernel.frames import TAPE
from panhuo.kernel.tables import Knots
from panhuo.kernel.words import Words
from panhuo.pipeline.deciding import Sums
from panhuo.pipeline.faults import Faults
from panhuo.pipeline.obstacles import obstacles
from panhuo.pipeline.policy import COMMON, Policy, load_policy
from panhuo.pipeline.portfolio import Portfolio
from panhuo.pipeline.report import ReportData
from panhuo.pipeline.report.data import QUALITY, RULE, Assumption, LimitLine, Unstated
from panhuo.pipeline.tape import Intake

WHY_NOT = {
    "not_overdue": Words("未逾期或无余额", "not overdue, or nothing owed"),
    "barred": Words("规则不允许任何途径", "the rules bar every route"),
    "does_not_pay": Words("可走的途径都入不敷出或已满额", "every open route costs more than it brings, or is full"),
}
ONE = Words("单位", "unit")


def report_data(
    summary: dict[str, Any],
    intake: Intake,
    portfolio: Portfolio,
    sums: Sums,
    largest: pl.DataFrame,
    faults: Faults,
    policy: Policy,
    plan: Allocation,
    limits: Sequence[Limit],
) -> ReportData:
    """Everything the page shows."""
    totals = sums.breakdowns.totals()
    return ReportData(
        summary=summary,
        portfolio={name: totals[name] for name in ("bucket", "product", "province")},
        cash=sums.cash,
        mix=totals["mix"],
        limits=[_line(limit, float(used), float(price)) for limit, used, price in zip(limits, plan.used, plan.prices, strict=True)],
        rules=rules_table(portfolio),
        warned=rules_table(portfolio, "warns"),
        unstated=unstated(portfolio, policy),
        obstacles=obstacles(portfolio, plan.choice),
        rejects=faults.rejects,
        warnings=faults.warnings,
        quality=quality_table(intake.quality),
        quality_score=intake.quality.score / 100.0,
        largest=largest,
        assumptions=stated_once(assumptions(policy)),
        files=summary["files"],
        to_correct=faults.to_correct.name if faults.to_correct else "",
        unassigned=[(WHY_NOT[name], part["accounts"], part["balance_fen"]) for name, part in summary["unassigned"].items() if part["accounts"]],
        currency=summary["currency"],
        house_limits=house_limits(policy, plan, limits),
    )


def _line(limit: Limit, used: float, price: float) -> LimitLine:
    """A limit as the page has it: money in fen, all else in the unit people speak in."""
    money = limit.counted_in == "fen"
    size = 1.0 if money else limit.unit_size
    return LimitLine(
        limit.name,
        limit.called,
        limit.unit or ONE,
        used / size,
        float(limit.at_most) / size,
        price * limit.unit_size,
        worth_fen=worth_of(limit, price),
        money=money,
    )


def unstated(portfolio: Portfolio, policy: Policy) -> list[Unstated]:
    """The lender's facts that rules asked for and the policy does not give."""
    out = []
    for fact in FACTS:
        if policy.lender.facts[fact.name] is not None or not portfolio.verdicts:
            continue
        asked: dict[str, int] = {}
        for verdicts in portfolio.verdicts:
            for rule, accounts in verdicts.asking((fact.name,)).items():
                asked[rule] = asked.get(rule, 0) + accounts
        titles = {rule.id: rule.text.title for rule in portfolio.verdicts[0].rules}
        if asked:
            key = "lender." + fact.name.removeprefix("lender_")
            out.append(Unstated(key, Words(fact.zh, fact.en), [(rule, titles[rule]) for rule in asked], max(asked.values())))
    return out


def rules_table(portfolio: Portfolio, effect: str = "bars") -> pl.DataFrame:
    """Rules that barred something (or warned), most balance first; an account that a rule takes out of everything is counted there alone."""
    counted = {"decides": "accounts", "decides_fen": "balance_fen"} if effect == "bars" else {"accounts": "accounts", "balance_fen": "balance_fen"}
    if not portfolio.verdicts:
        return pl.DataFrame(schema=RULE)
    counts = (
        pl.concat([verdicts.counts() for verdicts in portfolio.verdicts])
        .filter(pl.col("effect") == effect)
        .group_by("rule", maintain_order=True)
        .agg(pl.col("routes").first(), *(pl.col(name).sum().alias(shown) for name, shown in counted.items()))
        .filter(pl.col("accounts") > 0)
        .sort("balance_fen", "rule", descending=[True, False])
    )
    zh, en = portfolio.verdicts[0].reasons("zh"), portfolio.verdicts[0].reasons("en")
    return counts.select(
        "rule",
        pl.col("rule").replace_strict(zh, return_dtype=pl.String).alias("zh"),
        pl.col("rule").replace_strict(en, return_dtype=pl.String).alias("en"),
        pl.col("routes").str.split(","),
        "accounts",
        "balance_fen",
    ).cast(RULE)  # type: ignore[arg-type]


def quality_table(quality: Quality) -> pl.DataFrame:
    """Quality by field, with the field's names; fields that carry no weight and were not on the tape are left out."""
    rows = quality.by_field().filter((pl.col("weight") > 0) | (pl.col("filled") > 0)).filter(pl.col("field").is_in(list(TAPE)))
    return rows.select(
        "field",
        pl.col("field").replace_strict({name: field.zh for name, field in TAPE.items()}, return_dtype=pl.String).alias("zh"),
        pl.col("field").replace_strict({name: field.en for name, field in TAPE.items()}, return_dtype=pl.String).alias("en"),
        pl.col("filled_share").alias("filled"),
        pl.col("valid_share").alias("valid"),
        pl.col("score").fill_null(pl.col("valid_share")),
    ).cast(QUALITY)  # type: ignore[arg-type]


def assumptions(document: Document, prefix: str = "") -> Iterator[Assumption]:
    """Every single figure of the policy that carries its own source, by its key in the file."""
    for name in type(document).model_fields:
        value = getattr(document, name)
        key = f"{prefix}{name}"
        if isinstance(value, Sourced):
            yield Assumption(key, written_out(value.value), value.source, value.certainty)
        elif isinstance(value, Document):
            source = getattr(value, "source", None)
            values = getattr(value, "values", None)
            if isinstance(source, str) and values is not None:
                yield Assumption(
                    key, _knots(value) if isinstance(value, Knots) else _table(values), source, str(getattr(value, "certainty", "house"))
                )
            else:
                yield from assumptions(value, f"{key}.")


def written_out(value: float) -> str:
    """A figure in full, as a person writes it: 5,000,000 and 0.0045, never 5e+06."""
    return f"{Decimal(repr(value)).normalize():,f}"


def worth_of(limit: Limit, price: float) -> float:
    """What all of a limit is worth, in fen: its price for one of what it is counted in (a case, a fen), times its ceiling."""
    return float(price) * float(limit.at_most)


def house_limits(policy: Policy, plan: Allocation, limits: Sequence[Limit]) -> list[Words]:
    """The limits nobody has set for this lender: as the shipped policy has them. The one whose easing brings most comes first."""
    shipped = load_policy().strategy.limits
    worth = {limit.name: worth_of(limit, price) for limit, price in zip(limits, plan.prices, strict=True)}
    left = [limit for limit in limits if limit.name in shipped and policy.strategy.limits.get(limit.name) == shipped[limit.name]]
    return [limit.called for limit in sorted(left, key=lambda limit: -worth[limit.name])]


def stated_once(figures: Iterable[Assumption]) -> list[Assumption]:
    """Without the repeats: a shared figure stands at the top of the policy and again in every section that reads it."""
    out: list[Assumption] = []
    shared: dict[tuple[str, str, str], str] = {}
    for figure in figures:
        known = (figure.value, figure.source, figure.certainty)
        if figure.key.partition(".")[0] in COMMON:
            shared[*known] = figure.key
        elif (top := shared.get(known)) and figure.key.endswith(f".{top}"):
            continue
        out.append(figure)
    return out


def _knots(line: Knots) -> str:
    """A figure along a number, with the number it hangs on; money in yuan."""
    money = 100.0 if line.by.endswith("_fen") else 1.0
    return _table({f"{at / money:,.0f}:": value for at, value in zip(line.at, line.values, strict=True)})


def _table(values: Any) -> str:
    text = ", ".join(f"{k} {written_out(v)}" for k, v in values.items()) if isinstance(values, dict) else ", ".join(map(written_out, values))
    return text if len(text) <= 160 else text[:157] + "..."
