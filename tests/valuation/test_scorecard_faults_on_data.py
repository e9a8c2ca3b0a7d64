"""A scorecard's condition that meets data it cannot read: not true for a cast, the line of the policy named for anything else."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
import yaml

from panhuo.engines.compliance.vocabulary import plain_accounts
from panhuo.engines.valuation import points
from panhuo.engines.valuation.scorecard import Scorecard
from panhuo.kernel.documents import check
from panhuo.kernel.errors import ConfigurationInvalid

AS_OF = dt.date(2026, 10, 31)
CARD = """\
base_points: 500
points_to_double_odds: 20
multiplier_min: 0.1
multiplier_max: 10
characteristics:
  thing:
    zh: 试
    en: trial
    source: trial
    bins:
    - {code: three, when: CAST(repayment_pattern AS INT) = 3, points: 7, zh: 三, en: three}
    - {code: other, rest: true, points: 0, zh: 其他, en: other}
"""
ACCOUNTS = plain_accounts([{"repayment_pattern": cell} for cell in ("3", "NN1", None)])


def card() -> Scorecard:
    return check(yaml.safe_load(CARD), Scorecard, where="policy.yaml", text=CARD)


def test_a_cast_of_no_figure_does_not_hold() -> None:
    assert points.score(ACCOUNTS, card(), as_of=AS_OF).score.tolist() == [507, 500, 500]


def test_a_condition_that_fails_on_data_is_named_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = pl.col("repayment_pattern").cast(pl.Int32) == 3
    monkeypatch.setattr(points, "compile_sql", lambda *_, **__: strict)
    with pytest.raises(ConfigurationInvalid) as caught:
        points.score(ACCOUNTS, card(), as_of=AS_OF)
    assert caught.value.where == "policy.yaml:11: characteristics.thing.bins.0.when"
    assert "CAST(repayment_pattern AS INT) = 3" in caught.value.describe("zh")
