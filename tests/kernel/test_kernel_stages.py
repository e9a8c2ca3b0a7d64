"""Stages: months overdue, step tables and the walk through them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panhuo.kernel.calendar import BUCKETS, bucket
from panhuo.kernel.documents import check
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.stages import LAST_BUCKET, OLDEST, ByStage, months_overdue, paths


def test_months_overdue_agree_with_the_bucket():
    days = pl.DataFrame({"overdue_days": pl.Series([-3, 0, 1, 30, 31, 330, 360, 361, 100_000], dtype=pl.Int32)})
    months = months_overdue(days)
    assert months.tolist() == [0, 0, 1, 1, 2, 11, 12, 13, OLDEST]
    names = days.select(bucket(pl.col("overdue_days")).cast(pl.String)).to_series().to_list()
    assert names == [BUCKETS[min(m, LAST_BUCKET)] for m in months]


def test_written_off_counts_as_old():
    frame = pl.DataFrame(
        {"overdue_days": pl.Series([10, 10, 900, 10], dtype=pl.Int32), "written_off": pl.Series([True, False, True, None], dtype=pl.Boolean)}
    )
    assert months_overdue(frame).tolist() == [13, 1, 30, 1]
    assert months_overdue(frame, written_off_as_old=False).tolist() == [1, 1, 30, 1]


def test_steps_hold_until_the_next():
    table = ByStage(values={"M4": 0.3, "M0": 0.1, "M12+": 0.5, "M25": 0.7}, source="test").table(30)
    assert table.tolist() == [0.1] * 4 + [0.3] * 9 + [0.5] * 12 + [0.7] * 5


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"M1": 1.0}, "M0"),
        ({"M0": 1.0, "m2": 1.0}, "m2"),
        ({"M0": 1.0, "M5+": 1.0}, "M5+"),
        ({"M0": 1.0, "M13": 1.0, "M12+": 2.0}, "same stage"),
        ({"M0": 1.0, "M999": 2.0}, "M999"),
        ({"M0": float("nan")}, "finite"),
    ],
)
def test_unreadable_stages_are_refused(values, word):
    with pytest.raises(ConfigurationInvalid) as error:
        check({"values": values, "source": "test"}, ByStage, where="policy.yaml")
    assert word in str(error.value)


@given(st.lists(st.integers(0, OLDEST), min_size=0, max_size=50), st.integers(1, 48))
def test_paths_walk_one_month_at_a_time(starts, horizon):
    table = np.arange(OLDEST + horizon + 1) * 0.5
    got = paths(table, np.array(starts, dtype=np.int64), horizon)
    assert got.shape == (len(starts), horizon)
    assert got.tolist() == [[(k + m) * 0.5 for m in range(horizon)] for k in starts]
