"""``run_tape``: the whole of ``panhuo run``, stage by stage. See docs/map.md for the flow and docs/run.md for the files."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import panhuo
from panhuo.engines.compliance import Book, load_books
from panhuo.engines.compliance import versions as book_versions
from panhuo.engines.strategy import Allocation, Limit, allocate, build_limits
from panhuo.kernel.errors import InputUnusable, PanhuoError
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Lang, Words
from panhuo.pipeline.deciding import add_up, decide_parts, limits_used, write_accounts
from panhuo.pipeline.engine import over_parts
from panhuo.pipeline.faults import write_faults
from panhuo.pipeline.notices import of_intake, of_unread
from panhuo.pipeline.parquet import PartWriter
from panhuo.pipeline.partition import assess_part
from panhuo.pipeline.people import Debtors, find_debtors
from panhuo.pipeline.policy import Policy, load_policy, policy_version
from panhuo.pipeline.portfolio import Portfolio
from panhuo.pipeline.reporting import report_data
from panhuo.pipeline.scratch import take
from panhuo.pipeline.summary import RunResult
from panhuo.pipeline.tape import Intake, take_in
from panhuo.pipeline.warming import warm_up
from panhuo.pipeline.workspace import SUMMARY, refuse_inside, workspace

Tell = Callable[[str, float | None], None]
BATCH_ROWS = 250_000
_STAGES = {
    "intake": Words("读取与清洗", "reading and cleaning"),
    "identity": Words("归并债务人", "finding debtors"),
    "assess": Words("评估与预测", "assessing and forecasting"),
    "allocate": Words("求最优方案", "finding the best plan"),
    "decide": Words("写明理由", "writing the reasons"),
    "report": Words("写报告", "writing the report"),
}


@dataclass(slots=True)
class _Clock:
    """Seconds by stage, and what is told while they pass."""

    tell: Tell
    lang: Lang
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        self.tell(self.label(name), None)
        yield
        self.seconds[name] = round(time.perf_counter() - started, 3)

    def label(self, name: str) -> str:
        return _STAGES[name].to(self.lang)


def run_tape(
    tapes: Sequence[str | Path],
    out: str | Path,
    *,
    layout: str | None = None,
    as_of: dt.date | None = None,
    today: dt.date | None = None,
    policy: Path | None = None,
    rules: Sequence[Path] = (),
    engine: str = "local",
    seed: int = 0,
    sheet: str | None = None,
    batch_rows: int = BATCH_ROWS,
    lang: Lang = "zh",
    tell: Tell | None = None,
) -> RunResult:
    """Read a tape, write the disposal plan into ``out`` (whole or not at all), return its summary.

    as_of: the cut-off date; left out, the layout's, else what the tape says, else ``today``. rules: rulebooks beside the
    shipped ones, or in place of those whose name they have. lang: what the report opens in.
    Raises PanhuoError subclasses for whatever a user can mend; see :mod:`panhuo.kernel.errors`.
    """
    started = time.perf_counter()
    paths = [Path(tape) for tape in tapes]
    refuse_inside(Path(out), [*paths, *(Path(given) for given in (layout, policy, *rules) if given is not None)])
    house = load_policy(policy)
    clock = _Clock(tell or (lambda stage, share: None), lang)
    with workspace(Path(out)) as folder:
        with ThreadPoolExecutor(2) as beside:  # what no stage waits for, next to the stage that runs
            reading = beside.submit(load_books, rules)
            with clock.stage("intake"):
                intake = take_in(
                    paths,
                    folder,
                    layout=layout,
                    as_of=as_of,
                    today=today,
                    sheet=sheet,
                    batch_rows=batch_rows,
                    tell=clock.tell,
                    label=clock.label("intake"),
                    readable=lambda: beside.submit(warm_up),
                )
            books = reading.result()
            found = beside.submit(_identify, intake, folder, house, seed, clock)  # no forecast asks whose account it is
            with clock.stage("assess"):
                portfolio = _assess(intake, folder, house, books, engine, clock)
                debtors = found.result()
            listed = beside.submit(write_faults, intake, folder)
            placed = beside.submit(write_accounts, intake, debtors.ids, portfolio, folder)
            with clock.stage("allocate"):
                limits, plan = _allocate(portfolio, house, seed)
            added = beside.submit(add_up, intake, portfolio, plan, folder, policy=house)
            with clock.stage("decide"):
                largest = decide_parts(intake, portfolio, plan, limits, folder, policy=house)
                sums, faults = added.result(), listed.result()
                placed.result()
        with clock.stage("report"):
            summary = _summary(intake, debtors, portfolio, plan, limits, house, books)
            data = report_data(summary, intake, portfolio, sums, largest, faults, house, plan, limits)
            from panhuo.pipeline.report import render

            (folder / "report.html").write_text(render(data, lang=lang), encoding="utf-8")
        summary["seconds"] = {**clock.seconds, "total": round(time.perf_counter() - started, 3)}
        (folder / SUMMARY).write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return RunResult(Path(out), summary)


def _identify(intake: Intake, folder: Path, policy: Policy, seed: int, clock: _Clock) -> Debtors:
    with clock.stage("identity"):
        return find_debtors(intake, folder / "private", policy=policy.identity, seed=seed)


def _assess(intake: Intake, folder: Path, policy: Policy, books: Sequence[Book], engine: str, clock: _Clock) -> Portfolio:
    """Every partition through the engines, in order; writes assessments and forecasts, keeps the matrices."""
    portfolio = Portfolio(intake.reconciliation.rows_accepted)
    done = 0
    with (
        PartWriter(folder / "assessments.parquet", repeated=("model", "model_version", "reason_1", "reason_2", "reason_3")) as assessments_file,
        PartWriter(folder / "forecasts.parquet", repeated=("barred_by",)) as forecasts_file,
    ):
        parts = (take(path) for path in intake.accounts)
        for number, (accounts, result) in enumerate(over_parts(parts, assess_part, engine=engine, policy=policy, books=books, as_of=intake.as_of)):
            np.save(folder / "scratch" / f"curve-{number:05d}.npy", result.curve)
            assessments_file.write(result.assessments)
            for frame in result.forecasts:
                forecasts_file.write(frame)
            if result.findings.height:
                path = folder / "scratch" / f"findings-assess-{number:05d}.parquet"
                result.findings.write_parquet(path, compression="lz4", statistics=False)
                intake.findings.append(path)
            portfolio.add(result.assessed)
            portfolio.models = dict(result.assessments.select("model", "model_version").unique().sort("model").iter_rows())
            done += accounts.height
            clock.tell(clock.label("assess"), done / max(1, portfolio.rows))
        if not intake.accounts:  # every row was rejected: the files still stand, with their columns and no rows
            empty = assess_part(ACCOUNT.empty(), policy=policy, books=books, as_of=intake.as_of)
            assessments_file.write(empty.assessments)
            forecasts_file.write(pl.concat(empty.forecasts))
    return portfolio


def _allocate(portfolio: Portfolio, policy: Policy, seed: int) -> tuple[list[Limit], Allocation]:
    """The plan: each account at most one route, within the limits, as much net value as can be."""
    measures: dict[str, Any] = {**portfolio.measures, "cases": np.ones((1, 1)), "balance": portfolio.balance_fen[:, None].astype(np.float64)}
    worked = portfolio.worked
    limits = build_limits(policy.strategy, measures, accounts_overdue=int(worked.sum()), balance_fen=float(portfolio.balance_fen[worked].sum()))
    plan = allocate(
        portfolio.net_value, limits, eligible=portfolio.eligible & worked[:, None], must_assign=False, gap=policy.strategy.gap.value, seed=seed
    )
    if not plan.feasible:
        raise _clash(plan)
    return limits, plan


def _clash(plan: Allocation) -> PanhuoError:
    return InputUnusable(
        "LIMITS_CLASH", plan.message, where="policy: strategy.limits", remedy=Words("放宽或删除其中一项约束", "ease or remove one of these limits")
    )


def _summary(
    intake: Intake, debtors: Debtors, portfolio: Portfolio, plan: Allocation, limits: Sequence[Limit], policy: Policy, books: Sequence[Book]
) -> dict[str, Any]:
    """Everything of ``summary.json`` but the seconds."""
    r = intake.reconciliation
    routes = portfolio.by_route(plan.choice)
    return {
        "as_of": intake.as_of.isoformat(),
        "as_of_from": intake.as_of_from,
        "layout": intake.layout.name,
        "currency": intake.currency,
        "notices": [
            notice.as_figures()
            for notice in (
                *intake.notices,
                *of_intake(r, intake.currencies, intake.currency),
                *of_unread(intake.unread, intake.quality, intake.headings),
            )
        ],
        "rows_in": r.rows_in,
        "rows_accepted": r.rows_accepted,
        "rows_rejected": r.rows_rejected,
        "balance_in_fen": r.balance_in_fen,
        "balance_accepted_fen": r.balance_accepted_fen,
        "balance_rejected_fen": r.balance_rejected_fen,
        "balance_unreadable_rows": r.balance_unreadable_rows,
        "debtors": debtors.count,
        "debtors_linked_accounts": debtors.linked,
        "debtors_review_pairs": debtors.review_pairs,
        "quality_score": round(intake.quality.score, 2),
        "horizon_months": policy.horizon_months,
        "expected_recovery_fen": sum(int(routes[name]["expected_recovery_fen"]) for name in ROUTE_NAMES),
        "routes": routes,
        "unassigned": portfolio.without_route(plan.choice),
        "objective_fen": round(plan.objective),  # a sum of whole fen
        "upper_bound_fen": plan.upper_bound,
        "gap": plan.gap,
        "limits": limits_used(plan, limits),
        "versions": {"panhuo": panhuo.__version__, "models": portfolio.models, "policy": policy_version(policy), "rulebooks": book_versions(books)},
        "input_sha256": _digests(intake),
        "files": [{"name": f.name, "rows": f.rows, "bytes": f.bytes, "sha256": f.sha256, "encoding": f.encoding} for f in intake.tape.files],
    }


def _digests(intake: Intake) -> str | dict[str, str | None]:
    """The digest of the one input file; of several, by name."""
    files = intake.tape.files
    return (files[0].sha256 or "") if len(files) == 1 else {f.name: f.sha256 for f in files}
