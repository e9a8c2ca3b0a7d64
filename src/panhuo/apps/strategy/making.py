"""The jobs that make plans: one assesses the accounts of some tapes and decides, one decides anew on another plan's forecasts."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.intake.layouts import without_folder
from panhuo.apps.intake.models import Tape
from panhuo.apps.jobs.running import Running
from panhuo.apps.privacy.files import working
from panhuo.apps.strategy.models import Plan
from panhuo.engines.strategy.policy import AtMost
from panhuo.kernel.errors import PanhuoError
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.kernel.words import Words
from panhuo.pipeline import Policy, load_policy
from panhuo.pipeline.planning import Kept, Planned, assess_accounts, decide_accounts
from panhuo.pipeline.policy import policy_version
from panhuo.pipeline.scratch import take

ASSESSING = Words("评估与预测", "assessing and forecasting")
DECIDING = Words("求最优方案", "finding the best plan")
STORING = Words("写入决策", "writing the decisions")
_COLUMNS = ("plan_id", "tape_id", "position", "organisation_id", "place", "route", "cash_fen", "cost_fen", "net_value_fen", "recovery_fen")
_PART = 250_000


def policy_of(plan: Plan) -> Policy:
    """The plan's policy with the limits it sets otherwise. Raises ConfigurationInvalid."""
    with tempfile.TemporaryDirectory(dir=working()) as folder:
        path = Path(folder) / f"{plan.policy_name or 'policy'}.yaml"
        path.write_text(plan.policy, encoding="utf-8")
        try:
            policy = load_policy(path)
        except PanhuoError as error:
            raise without_folder(error, folder) from None
    limits = dict(policy.strategy.limits)
    for name, amount in plan.limits.items():
        limits[name] = limits[name].model_copy(update={"at_most": AtMost(absolute=float(amount))})
    return policy.model_copy(update={"strategy": policy.strategy.model_copy(update={"limits": limits})})


def kept_of(plan: Plan) -> Kept:
    """The forecasts a plan was decided on: its own, or those of the plan it is a variant of."""
    owner = plan.basis if plan.basis_id else plan
    return Kept(owner.folder / str(owner.figures["kept"]))


def choice_of(plan: Plan) -> np.ndarray[Any, np.dtype[np.int16]]:
    """The route of each account, -1 for none."""
    choice: np.ndarray[Any, np.dtype[np.int16]] = np.load(plan.folder / str(plan.figures["kept"]) / "choice.npy", mmap_mode="r")
    return choice


def work(running: Running, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The job ``plan.make``."""
    plan = running.scope.rows(Plan).select_related("basis").get(pk=arguments["plan"])
    if plan.state != Plan.MAKING:
        result = {"plan": plan.pk}
        running.finish(result)
        return result
    policy = policy_of(plan)
    folder = plan.folder / f"kept-{running.attempt}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    tapes = [running.scope.rows(Tape).get(pk=pk, state=Tape.IMPORTED) for pk in plan.tapes]
    if plan.basis is None:
        kept = assess_accounts(
            _parts(tapes), sum(t.rows for t in tapes), folder, policy=policy, books=None, tell=lambda share: running.tell(ASSESSING, share)
        )
    else:
        kept = kept_of(plan)
    running.tell(DECIDING)
    planned = decide_accounts(kept, policy=policy.strategy)
    np.save(folder / "choice.npy", planned.plan.choice)
    return _store(running, plan, tapes, kept, planned, folder.name, policy)


def _parts(tapes: list[Tape]) -> Iterator[tuple[pl.DataFrame, dt.date]]:
    for tape in tapes:
        assert tape.as_of is not None  # an imported tape has its cut-off
        for path in sorted((tape.folder / str(tape.figures["kept"])).glob("accounts-*.arrow")):
            yield take(path), tape.as_of


def _store(running: Running, plan: Plan, tapes: list[Tape], kept: Kept, planned: Planned, folder: str, policy: Policy) -> dict[str, Any]:
    with transaction.atomic():
        name = f"strategy_decision_{int(plan.pk)}"
        with connection.cursor() as cursor:
            cursor.execute(f"create table {name} (like strategy_decision including defaults including constraints)")
            with cursor.copy(f"copy {name} ({', '.join(_COLUMNS)}) from stdin (format csv)") as copy:
                for part in _rows(plan, tapes, kept, planned):
                    copy.write(part.write_csv(include_header=False).encode())
                    running.tell(STORING)
            cursor.execute(f"alter table {name} add constraint {name}_plan check (plan_id = {int(plan.pk)})")
            cursor.execute(f"alter table strategy_decision attach partition {name} for values in ({int(plan.pk)})")
            cursor.execute(f"alter table {name} drop constraint {name}_plan")
            cursor.execute(f"analyze {name}")
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        locked.state, locked.policy_version = Plan.DRAFT, policy_version(policy)
        locked.figures = planned.figures | {"kept": folder, "horizon_months": policy.horizon_months, "cash": _cash(kept, planned)}
        locked.as_of = max(tape.as_of for tape in tapes if tape.as_of)
        locked.digest = hashlib.sha256(
            json.dumps([locked.tapes, locked.policy, locked.limits, locked.figures], sort_keys=True, ensure_ascii=False).encode()
            + planned.plan.choice.tobytes()
        ).hexdigest()
        locked.decided_at = timezone.now()
        locked.save()
        result = {"plan": plan.pk, "net_value_fen": planned.figures["objective_fen"]}
        deed_add(running.scope, "plan.make", plan.subject, **result)
        running.finish(result)
    return result


def _rows(plan: Plan, tapes: list[Tape], kept: Kept, planned: Planned) -> Iterator[pl.DataFrame]:
    place = 0
    matrices = {"cash_fen": kept.array("cash"), "cost_fen": kept.array("cost"), "net_value_fen": kept.array("net_value")}
    recovery, names = kept.array("recovery_fen"), np.array([*ROUTE_NAMES, ""])
    for tape in tapes:
        for start in range(0, tape.rows, _PART):
            count = min(_PART, tape.rows - start)
            here = slice(place + start, place + start + count)
            choice = planned.plan.choice[here]
            picked = {name: np.where(choice >= 0, matrix[here][np.arange(count), np.maximum(choice, 0)], 0) for name, matrix in matrices.items()}
            yield pl.DataFrame(
                {
                    "plan_id": pl.repeat(plan.pk, count, eager=True, dtype=pl.Int64),
                    "tape_id": pl.repeat(tape.pk, count, eager=True, dtype=pl.Int64),
                    "position": pl.int_range(start, start + count, eager=True),
                    "organisation_id": pl.repeat(plan.organisation_id, count, eager=True, dtype=pl.Int64),
                    "place": pl.int_range(place + start, place + start + count, eager=True),
                    "route": pl.Series(names[choice]).replace("", None),
                    **{name: pl.Series(np.round(values).astype(np.int64)) for name, values in picked.items()},
                    "recovery_fen": pl.Series(np.asarray(recovery[here])),
                }
            )
        place += tape.rows


def _cash(kept: Kept, planned: Planned) -> dict[str, Any]:
    """What the assessment expects of all accounts month by month under ordinary work, in fen, with the sums of the accounts' low and high."""
    balance, curve = kept.array("balance_fen"), kept.array("curve")
    months = np.zeros(curve.shape[1])
    for start in range(0, len(balance), _PART):
        months += np.asarray(balance[start : start + _PART], dtype=np.float64) @ np.asarray(curve[start : start + _PART], dtype=np.float64)
    return {
        "months": [round(float(fen)) for fen in months],
        "low_fen": int(kept.array("low_fen").sum()),
        "high_fen": int(kept.array("high_fen").sum()),
    }


def ended(arguments: Mapping[str, Any], state: str) -> None:
    """A job that failed or was cancelled: the plan says so."""
    plan = Plan.objects.filter(pk=arguments["plan"], state=Plan.MAKING).first()
    if plan is not None:
        Plan.objects.filter(pk=plan.pk).update(state=Plan.FAILED)
        shutil.rmtree(plan.folder, ignore_errors=True)
