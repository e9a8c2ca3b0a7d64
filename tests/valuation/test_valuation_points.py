"""Scoring: against DuckDB run on the same card, a naive sum, and cards that must be refused."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from panhuo.engines.valuation.features import COLUMNS, with_features
from panhuo.engines.valuation.points import bin_index, score
from panhuo.engines.valuation.scorecard import Characteristic, Scorecard
from panhuo.kernel.documents import check, read
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.pipeline.policy import DEFAULT_POLICY, load_policy

AS_OF = dt.date(2026, 10, 31)
CARD = load_policy().valuation.scorecard


def duckdb_case(characteristic: Characteristic) -> str:
    """The same characteristic as one SQL CASE, for another engine to run."""
    bins, value = characteristic.bins, characteristic.value
    arms = [] if characteristic.kind == "when" else [f"WHEN ({value}) IS NULL THEN {len(bins)}"]
    for index, b in enumerate(bins):
        if b.when is not None:
            arms.append(f"WHEN {b.when} THEN {index}")
        elif b.values:
            listed = ", ".join(f"'{v}'" if isinstance(v, str) else str(v) for v in b.values)
            arms.append(f"WHEN ({value}) IN ({listed}) THEN {index}")
        elif not b.rest:
            bounds = [f"({value}) >= {b.min}" if b.min is not None else "TRUE", f"({value}) < {b.max}" if b.max is not None else "TRUE"]
            arms.append(f"WHEN {' AND '.join(bounds)} THEN {index}")
    return f"CASE {' '.join(arms)} ELSE {len(bins) - 1 if bins[-1].rest else len(bins)} END"


def test_every_bin_against_duckdb(random_accounts):
    accounts = random_accounts(4000, seed=11)
    features = with_features(accounts, AS_OF).collect()
    plain = features.with_columns(pl.col(pl.Enum).cast(pl.String))
    with duckdb.connect() as other:
        other.register("accounts", plain.to_arrow())
        for name, characteristic in CARD.characteristics.items():
            ours = features.select(bin_index(characteristic).alias("bin"))["bin"].to_list()
            theirs = [row[0] for row in other.execute(f"SELECT {duckdb_case(characteristic)} FROM accounts").fetchall()]
            assert ours == theirs, name
            assert len(set(ours)) > 1, f"{name}: the random accounts all fall in one bin"


def test_sum_multiplier_and_reasons_against_a_naive_loop(random_accounts):
    accounts = random_accounts(600, seed=5)
    got = score(accounts, CARD, as_of=AS_OF)
    names = list(CARD.characteristics)
    bins = with_features(accounts, AS_OF).select([bin_index(c).alias(n) for n, c in CARD.characteristics.items()]).collect().to_dicts()
    for row, scored, multiplier, reasons in zip(bins, got.score, got.multiplier, got.reasons.to_dicts(), strict=True):
        points = {}
        for name in names:
            characteristic = CARD.characteristics[name]
            chosen = characteristic.bins[row[name]] if row[name] < len(characteristic.bins) else None
            points[name] = (chosen.points if chosen else characteristic.missing, chosen)
        total = sum(p for p, _ in points.values())
        assert scored == 500 + total
        assert multiplier == pytest.approx(min(max(2 ** (total / 20), 1 / 32), 16.0))
        weighty = sorted((n for n in names if points[n][0]), key=lambda n: (-abs(points[n][0]), names.index(n)))[:3]
        codes = [f"{n}.{points[n][1].code if points[n][1] else 'missing'}" for n in weighty]
        assert [reasons[f"reason_{i}"] for i in (1, 2, 3)] == codes + [None] * (3 - len(codes))
        if weighty:
            assert reasons["reasons"] == "；".join(f"{points[n][1].zh}（{points[n][0]:+d}）" for n in weighty)
            assert reasons["reasons_en"] == "; ".join(f"{points[n][1].en} ({points[n][0]:+d})" for n in weighty)


def test_nothing_known_is_neutral_and_says_so():
    frame = pl.DataFrame(
        {"account_id": ["A"], "balance_fen": pl.Series([2_000_000], dtype=pl.Int64), "overdue_days": pl.Series([200], dtype=pl.Int32)}
    )
    got = score(frame, CARD, as_of=AS_OF)
    assert got.score.tolist() == [500]
    assert got.multiplier.tolist() == [1.0]
    assert got.reasons.to_dicts() == [
        {"reason_1": None, "reason_2": None, "reason_3": None, "reasons": "与同账龄公布水平持平", "reasons_en": "as published for its stage"}
    ]


def card(**characteristics: dict[str, Any]) -> Scorecard:
    data = {
        "base_points": 0,
        "points_to_double_odds": 10,
        "multiplier_min": 0.01,
        "multiplier_max": 100,
        "characteristics": {name: {"zh": name, "en": name, "source": "test", **body} for name, body in characteristics.items()},
    }
    return check(data, Scorecard, where="card.yaml")


def words(code: str, points: int, **rule: Any) -> dict[str, Any]:
    return {"code": code, "zh": code, "en": code, "points": points, **rule}


def test_missing_points_edges_and_rest():
    small = card(
        age={"value": "age", "missing": -3, "bins": [words("young", 10, max=30), words("old", 20, min=30)]},
        place={"value": "province", "missing": 7, "bins": [words("near", 1, values=["北京", "上海"]), words("far", 2, rest=True)]},
        sure={"bins": [words("yes", 100, when="disputed"), words("no", 0, rest=True)]},
    )
    frame = pl.DataFrame(
        {
            "account_id": list("abcde"),
            "balance_fen": pl.Series([1] * 5, dtype=pl.Int64),
            "overdue_days": pl.Series([0] * 5, dtype=pl.Int32),
            "age": pl.Series([29, 30, None, 31, None], dtype=pl.Int32),
            "province": ["北京", "甘肃", None, "上海", "上海"],
            "disputed": [True, False, None, None, True],
        }
    )
    got = score(frame, small, as_of=AS_OF)
    assert got.score.tolist() == [10 + 1 + 100, 20 + 2, -3 + 7, 20 + 1, -3 + 1 + 100]
    assert got.reasons["reason_1"].to_list() == ["sure.yes", "age.old", "place.missing", "age.old", "sure.yes"]
    assert got.reasons["reason_2"].to_list() == ["age.young", "place.far", "age.missing", "place.near", "age.missing"]
    assert got.reasons["reasons_en"].to_list()[2] == "place not known (+7); age not known (-3)"
    assert got.multiplier[0] == 100.0  # 2 ** 11.1, held at the most the card allows


def test_dates_after_the_cut_off_and_empty_ratios_do_no_harm():
    frame = pl.DataFrame(
        {
            "account_id": ["a", "b"],
            "balance_fen": pl.Series([0, 100], dtype=pl.Int64),
            "overdue_days": pl.Series([100, 100], dtype=pl.Int32),
            "last_payment_on": [AS_OF + dt.timedelta(days=9), None],
            "promises_12m": pl.Series([0, None], dtype=pl.Int32),
            "promises_kept_12m": pl.Series([3, 1], dtype=pl.Int32),
            "annual_income_fen": pl.Series([0, -5], dtype=pl.Int64),
        }
    )
    features = with_features(frame, AS_OF).collect()
    assert features["months_since_payment"].to_list() == [0.0, None]
    assert features["promise_kept_ratio"].to_list() == [None, None]
    assert features["debt_to_income"].to_list() == [None, None]
    assert features["charges_share"].null_count() == 1  # no balance to share in
    assert set(features.columns) == set(COLUMNS)


RANGE = {"value": "age", "bins": [words("a", 1, max=30), words("b", 2, min=30)]}


@pytest.mark.parametrize(
    ("characteristic", "word"),
    [
        ({**RANGE, "bins": [words("a", 1, max=40), words("b", 2, min=30)]}, "overlap"),
        ({**RANGE, "bins": [words("a", 1, max=20), words("b", 2, min=30)]}, "gap"),
        ({**RANGE, "bins": [words("a", 1, min=0, max=30), words("b", 2, min=30)]}, "left open"),
        ({**RANGE, "bins": [words("a", 1, max=30), words("b", 2, min=30, max=60)]}, "left open"),
        ({**RANGE, "bins": [words("a", 1, max=30), words("b", 2, rest=True)]}, "end to end"),
        ({**RANGE, "bins": [words("a", 1, min=30, max=20)]}, "min must be below max"),
        ({**RANGE, "bins": [words("a", 1, max=float("nan")), words("b", 2, min=30)]}, "less than or equal"),
        ({**RANGE, "bins": [words("a", 1, max=30), words("a", 2, min=30)]}, "used twice"),
        ({**RANGE, "bins": [words("missing", 1, max=30), words("b", 2, min=30)]}, "reserved"),
        ({**RANGE, "bins": [words("a", 1, max=30, values=["x"]), words("b", 2, min=30)]}, "exactly one"),
        ({**RANGE, "bins": [words("a", 1)]}, "exactly one"),
        ({**RANGE, "bins": [words("a", 1.5, max=30), words("b", 2, min=30)]}, "integer"),
        ({**RANGE, "bins": [words("a", 5000, max=30), words("b", 2, min=30)]}, "1000"),
        ({**RANGE, "bins": []}, "at least 1"),
        ({**RANGE, "value": "product"}, "need a number"),
        ({**RANGE, "value": "agee"}, "did you mean age"),
        ({**RANGE, "value": "age +"}, "not a valid SQL expression"),
        ({**RANGE, "value": "SELECT age FROM account"}, "not a query"),
        ({**RANGE, "value": "age - AVG(age)"}, "row by row"),
        ({**RANGE, "value": "1"}, "account by account"),
        ({"bins": RANGE["bins"]}, "give value"),
        ({"value": "product", "bins": [words("a", 1, values=["credit_card"])]}, "no bin covers"),
        ({"value": "product", "bins": [words("a", 1, values=["creditcard"]), words("b", 0, rest=True)]}, "no value creditcard"),
        ({"value": "product", "bins": [words("a", 1, values=["other"]), words("b", 2, values=["other"]), words("c", 0, rest=True)]}, "overlap"),
        ({"value": "product", "bins": [words("a", 1, rest=True), words("b", 2, values=["other"])]}, "one kind"),
        ({"value": "hardship", "bins": [words("a", 1, values=[True])]}, "no bin covers: False"),
        ({"value": "hardship", "bins": [words("a", 1, values=[1]), words("b", 2, values=[0])]}, "no value 1"),
        ({"value": "age", "bins": [words("a", 1, values=[30]), words("b", 2, rest=True)]}, "need a code"),
        ({"value": "province", "bins": [words("a", 1, values=["北京"])]}, "end with rest"),
        ({"value": "province", "bins": [words("a", 1, values=[3]), words("b", 0, rest=True)]}, "not text"),
        ({"bins": [words("a", 1, when="age > 30")]}, "end with rest"),
        ({"bins": [words("a", 1, when="age"), words("b", 0, rest=True)]}, "true or false"),
        ({"bins": [words("a", 1, when="TRUE"), words("b", 0, rest=True)]}, "account by account"),
        ({"missing": 3, "bins": [words("a", 1, when="disputed"), words("b", 0, rest=True)]}, "leave out missing"),
        ({"value": "age", "bins": [words("a", 1, when="disputed"), words("b", 0, rest=True)]}, "give value"),
        ({**RANGE, "weight": 3}, "unknown key"),
    ],
)
def test_a_card_that_cannot_be_meant_is_refused(characteristic, word):
    with pytest.raises(ConfigurationInvalid) as error:
        card(thing=characteristic)
    assert word in error.value.describe("en")
    assert "card.yaml: characteristics.thing" in error.value.where


@pytest.mark.parametrize(("key", "value"), [("points_to_double_odds", 0), ("multiplier_min", 0), ("multiplier_min", 2), ("multiplier_max", 0.5)])
def test_limits_of_the_card(key, value):
    data = copy.deepcopy(read(DEFAULT_POLICY)["valuation"]["scorecard"])
    data[key] = value
    with pytest.raises(ConfigurationInvalid, match=key):
        check(data, Scorecard, where="card.yaml")


def test_extreme_points_stay_within_the_limits(random_accounts):
    wild = card(**{f"c{i}": {"bins": [words("a", 1000, when="overdue_days >= 0"), words("b", 0, rest=True)]} for i in range(110)})
    got = score(random_accounts(50), wild, as_of=AS_OF)
    assert got.score.tolist() == [110_000] * 50
    assert np.all(got.multiplier == 100.0)
    assert got.reasons["reason_3"].unique().to_list() == ["c2.a"]
