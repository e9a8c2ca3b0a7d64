"""Roll rates against a slow count by hand, a chain whose truth is known, closed forms and SciPy's intervals."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from panhuo.engines.valuation.rollrates import ends, forward, forward_loss, roll_rates
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.randomness import stream

LADDER = ("C", "0", "1", "2", "L")
TRUE = np.array([[1, 0, 0, 0, 0], [0.1, 0.8, 0.1, 0, 0], [0.1, 0.3, 0.2, 0.4, 0], [0.05, 0.05, 0.1, 0.3, 0.5], [0, 0, 0, 0, 1]])
NAMES: dict[str, Any] = {"entity": "id", "month": "month", "status": "status", "ladder": LADDER}

records = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 7), st.sampled_from(LADDER), st.sampled_from("AB"), st.integers(0, 1000)), min_size=2, max_size=60
)


def frame(rows: list[tuple[int, int, str, str, int]]) -> pl.DataFrame:
    once = {(who, month): (who, month, status, product, owed) for who, month, status, product, owed in rows}
    return pl.DataFrame(list(once.values()), schema=["id", "month", "status", "product", "owed"], orient="row")


@settings(max_examples=80)
@given(records, st.sampled_from([(), ("C",), ("C", "L")]))
def test_the_counts_are_those_counted_by_hand(rows: list[tuple[int, int, str, str, int]], absorbing: tuple[str, ...]) -> None:
    panel = frame(rows)
    at = {(who, month): (status, product, owed) for who, month, status, product, owed in panel.iter_rows()}
    counts: Counter[tuple[str, str, str]] = Counter()
    money: dict[tuple[str, str, str], float] = defaultdict(float)
    gaps = 0
    for (who, month), (status, product, owed) in at.items():
        if status in absorbing:
            continue
        if (who, month + 1) in at:
            key = (product, status, at[who, month + 1][0])
            counts[key] += 1
            money[key] += owed
        elif month < max(panel["month"]):
            gaps += 1
    if not counts:
        with pytest.raises(InputUnusable):
            roll_rates(panel, **NAMES, absorbing=absorbing, by=["product"], balance="owed")
        return
    found = roll_rates(panel, **NAMES, absorbing=absorbing, by=["product"], balance="owed")
    assert {tuple(row[:3]): row[3] for row in found.table.select("product", "status", "next", "count").iter_rows()} == dict(counts)
    assert {tuple(row[:3]): row[3] for row in found.table.select("product", "status", "next", "exposure").iter_rows()} == pytest.approx(dict(money))
    assert (found.gaps, found.outside) == (gaps, 0)
    for product in "AB":
        matrix = found.matrix({"product": product})
        assert matrix.sum(axis=1) == pytest.approx(np.ones(len(LADDER)))
        for status in absorbing:
            assert matrix[LADDER.index(status), LADDER.index(status)] == 1.0


def chain(people: int, months: int) -> pl.DataFrame:
    draw = stream(4, "chain")
    state = draw.integers(0, 4, people)
    parts = []
    for month in range(months):
        parts.append(pl.DataFrame({"id": np.arange(people), "month": month, "status": [LADDER[k] for k in state]}))
        state = (TRUE[state].cumsum(axis=1) < draw.random((people, 1))).sum(axis=1)
    return pl.concat(parts)


def test_a_long_panel_tells_the_chain_it_came_from() -> None:
    found = roll_rates(chain(4000, 12), **NAMES, absorbing=("C", "L"))
    assert np.abs(found.matrix() - TRUE).max() < 0.02
    inside = [
        low <= TRUE[LADDER.index(status), LADDER.index(later)] <= high
        for status, later, low, high in found.table.select("status", "next", "low", "high").iter_rows()
    ]
    assert np.mean(inside) >= 0.8
    assert found.gaps == 0


def test_intervals_are_wilsons() -> None:
    found = roll_rates(chain(300, 6), **NAMES, absorbing=("C", "L"))
    totals = found.table.group_by("status").agg(pl.col("count").sum().alias("n"))
    for count, n, low, high in found.table.join(totals, on="status").select("count", "n", "low", "high").iter_rows():
        expected = binomtest(count, n).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_where_it_leads_is_where_a_long_walk_ends() -> None:
    found = ends(TRUE, [0, 4])
    for k in range(5):
        assert found[k] == pytest.approx(forward(TRUE, np.eye(5)[k], 2000)[-1][[0, 4]], abs=1e-9)
    assert found.sum(axis=1) == pytest.approx(np.ones(5))


def test_a_status_that_never_ends_has_no_chance_of_an_end() -> None:
    stuck = np.array([[1, 0, 0], [0.5, 0.3, 0.2], [0, 0, 1.0]])
    assert ends(stuck, [0])[:, 0] == pytest.approx([1, 0.5 / 0.7, 0])


def test_forward_loss_adds_up_to_what_stands_there_in_the_end() -> None:
    owed = np.array([0.0, 1000, 500, 200, 50])
    by_month = forward_loss(TRUE, owed, lost=4, months=600)
    assert by_month[0] == pytest.approx(200 * 0.5)
    assert by_month.sum() == pytest.approx(float(owed @ ends(TRUE, [0, 4])[:, 1]) - 50, rel=1e-9)
    assert (by_month >= 0).all()


@pytest.mark.parametrize(
    ("panel", "changes"),
    [
        (pl.DataFrame({"id": [1, 1], "month": [1, 2]}), {}),
        (pl.DataFrame({"id": [1, 1], "month": ["x", "y"], "status": ["0", "1"]}), {}),
        (pl.DataFrame({"id": [1, 1], "month": [1, 1], "status": ["0", "1"]}), {}),
        (pl.DataFrame({"id": [1, 2], "month": [1, 2], "status": ["0", "1"]}), {}),
        (pl.DataFrame({"id": [1, 1], "month": [1, 2], "status": ["0", "1"]}), {"ladder": ("0",)}),
        (pl.DataFrame({"id": [1, 1], "month": [1, 2], "status": ["0", "1"]}), {"absorbing": ("Z",)}),
    ],
)
def test_what_cannot_be_counted_is_said(panel: pl.DataFrame, changes: dict[str, Any]) -> None:
    with pytest.raises(InputUnusable):
        roll_rates(panel, **(NAMES | changes))


def test_statuses_off_the_ladder_are_told_and_not_counted() -> None:
    panel = pl.DataFrame({"id": [1, 1, 1, 2, 2], "month": [1, 2, 3, 1, 2], "status": ["0", "?", "1", "0", "0"]})
    found = roll_rates(panel, **NAMES)
    assert (found.outside, found.gaps, found.table["count"].sum()) == (1, 2, 1)  # off the ladder a month later, and no record a month later
