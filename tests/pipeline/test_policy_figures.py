"""Every figure of the policy file, set to what a slip of the finger makes of it: refused with its place, or the run finishes."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from panhuo.engines.compliance import judge, load_books
from panhuo.engines.intake.identity import link_debtors
from panhuo.engines.intake.synthesis import HEADINGS, synthesise
from panhuo.engines.strategy import allocate, build_limits
from panhuo.engines.valuation import scorecard
from panhuo.kernel.documents import read
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.routes import ROUTE_NAMES
from panhuo.pipeline import partition, run_tape
from panhuo.pipeline import policy as policies
from panhuo.pipeline.partition import assess_part
from panhuo.pipeline.policy import DEFAULT_POLICY, Policy, RoutesPolicy, load_policy

AS_OF = dt.date(2026, 10, 31)
SLIPS = (1e308, -1, 0, 1e6, 1e15)
Path_ = tuple[str | int, ...]


def leaves(data: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Where the numbers stand."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(value, (*path, key))
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield path


@dataclass(frozen=True)
class Sections:
    """The default policy taken apart: one section is checked in a hundredth of the time of the whole."""

    data: dict[str, Any]
    policy: Policy

    def paths(self) -> list[Path_]:
        return list(leaves(read(DEFAULT_POLICY)))

    def read(self, path: Path_, value: float) -> Policy | None:
        """The policy with the figure at ``path`` changed; None where its section refuses it."""
        depth = 2 if path[0] == "routes" else 1
        section = self.data
        for key in path[:depth]:
            section = section[key]
        changed: Any = copy.deepcopy({"": section})
        here, steps = changed, ["", *path[depth:]]
        for key in steps[:-1]:
            here = here[key]
        here[steps[-1]] = value
        owner = RoutesPolicy if depth == 2 else Policy
        above = self.policy.routes if depth == 2 else self.policy
        name = str(path[depth - 1])
        try:
            made = owner.__pydantic_validator__.validate_assignment(owner.model_construct(**dict(above)), name, changed[""])
        except ValidationError:
            return None
        new = getattr(made, name)
        if depth == 2:
            return self.policy.model_copy(update={"routes": self.policy.routes.model_copy(update={name: new})})
        if name not in policies.COMMON:
            return self.policy.model_copy(update={name: new})
        routes = {k: r.model_copy(update={name: new}) for k, r in dict(self.policy.routes).items() if name in type(r).model_fields}
        valuation = self.policy.valuation
        update: dict[str, Any] = {name: new, "routes": self.policy.routes.model_copy(update=routes)}
        if name in type(valuation).model_fields:
            update["valuation"] = valuation.model_copy(update={name: new})
        return self.policy.model_copy(update=update)


@pytest.fixture(scope="module")
def sections() -> Iterator[Sections]:
    """With each expression of the scorecard looked at once: a text says the same whatever the figures beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scorecard, "_by_row", functools.cache(scorecard._by_row))
        yield Sections(policies._shared(read(DEFAULT_POLICY)), load_policy())


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny") / "tape.csv"
    tape = next(iter(synthesise(12, seed=4, as_of=AS_OF, dirty=0.0))).tape
    number = HEADINGS["id_no"]
    tape.with_columns(pl.when(pl.int_range(pl.len()) % 2 == 0).then(number).alias(number)).write_csv(path)  # half without: identity has work
    return path


slow = pytest.mark.slow


@pytest.mark.parametrize("value", [1e308, pytest.param(float("inf"), marks=slow), pytest.param(float("nan"), marks=slow)])
def test_no_figure_is_without_bounds(value: float, sections: Sections) -> None:
    assert [path for path in sections.paths() if sections.read(path, value) is not None] == []


def test_a_figure_out_of_bounds_is_told_by_file_line_and_key(tmp_path: Path, tiny: Path) -> None:
    """The very file that ended in a traceback."""
    path = tmp_path / "bank.yaml"
    path.write_text("extends: default\nversion: x\nstaff_minute_fen: {value: 1e308, source: a}\n", encoding="utf-8")
    with pytest.raises(ConfigurationInvalid) as caught:
        run_tape([tiny], tmp_path / "out", as_of=AS_OF, policy=path)
    assert caught.value.exit_status == 3
    assert f"{path}:3: staff_minute_fen.value" in caught.value.describe("en")


@pytest.mark.slow
def test_whatever_figure_is_taken_the_accounts_are_forecast(sections: Sections, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_tape([tiny], tmp_path / "out", as_of=AS_OF)
    accounts, books = pl.read_parquet(tmp_path / "out" / "accounts.parquet"), load_books()
    curve = assess_part(accounts, policy=sections.policy, books=books, as_of=AS_OF).curve
    facts = sections.policy.lender.facts
    verdicts = {str(facts): judge(accounts, books, as_of=AS_OF, facts=facts)}  # the law asks the policy for nothing else
    monkeypatch.setattr(partition, "judge", lambda _accounts, _books, *, as_of, facts: verdicts[str(facts)])
    done, wrong = 0, list[str]()
    for path, value in itertools.product(sections.paths(), SLIPS):
        if path[0] in ("identity", "strategy") or (policy := sections.read(path, value)) is None:
            continue
        try:
            if path[0] == "routes":  # of the other routes it changes nothing
                summary = pl.concat(partition._summaries(accounts, curve, str(path[1]), policy=policy, as_of=AS_OF))
                none = pl.Series([None] * accounts.height, dtype=pl.String)
                partition._forecast_rows(accounts["account_id"], str(path[1]), np.ones(accounts.height, dtype=bool), none, summary)
            else:
                assess_part(accounts, policy=policy, books=books, as_of=AS_OF)
        except ConfigurationInvalid:
            pass
        except Exception as error:
            wrong.append(f"{'.'.join(map(str, path))} = {value:g}: {type(error).__name__}: {error}"[:200])
        done += 1
    assert wrong == []
    assert done > 500


@pytest.mark.slow
def test_whatever_figure_of_identity_is_taken_debtors_are_found(sections: Sections) -> None:
    names = ["张伟", "张玮", "王芳芳", "王芳芳", "李军", "张伟"]
    phones = ["13812345678", "13812345678", "13987654321", "13987654321", None, "13812345679"]
    frame = pl.DataFrame({"account_id": list("abcdef"), "debtor_kind": ["person"] * 6, "name": names, "phone": phones})
    for path, value in itertools.product(sections.paths(), SLIPS):
        if path[0] == "identity" and (policy := sections.read(path, value)) is not None:
            assert link_debtors(frame, policy=policy.identity, seed=1).data.members.height == 6, (path, value)


def test_whatever_limit_is_taken_a_plan_is_made(sections: Sections) -> None:
    rng = np.random.default_rng(1)
    value = rng.normal(0.0, 1e5, (12, len(ROUTE_NAMES)))
    measures = {name: rng.uniform(0.0, 1e4, value.shape) for name in ("cost", "staff_minutes", "upfront_cost", "complaints")}
    measures |= {"cases": np.ones((1, 1)), "balance": np.full((12, 1), 1e6)}
    for path, slip in itertools.product(sections.paths(), SLIPS):
        if path[0] == "strategy" and (policy := sections.read(path, slip)) is not None:
            limits = build_limits(policy.strategy, measures, accounts_overdue=12, balance_fen=1.2e7)
            assert allocate(value, limits, must_assign=False, gap=policy.strategy.gap.value, seed=1).feasible, (path, slip)
