"""Policy tables: what they give for known, unlisted and null values, and what they refuse."""

import numpy as np
import polars as pl
import pytest

from panhuo.kernel.documents import check
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.frames import ACCOUNT
from panhuo.kernel.tables import Flags, Interval, Knots, Ladder, ShareFlags, ShareKnots, ShareTable, Table, amount, flag

SOURCE = {"source": "test", "certainty": "house"}


def frame(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(name, values, dtype=ACCOUNT.schema[name]) for name, values in columns.items()})


def test_table_by_code_unlisted_and_null() -> None:
    table = check({"by": "contactability", "values": {"reachable": 0.4, "lost": 0.1}, "other": 0.2, **SOURCE}, ShareTable, where="t")
    rows = frame(contactability=["lost", "reachable", "unknown", None])
    assert table.of(rows).tolist() == [0.1, 0.4, 0.2, 0.2]


def test_table_by_bucket() -> None:
    table = Table(by="bucket", values={"M1": 3.0, "M12+": 9.0}, other=1.0, source="test")
    assert table.of(frame(bucket=["M12+", "M1", "M0"])).tolist() == [9.0, 3.0, 1.0]


def test_knots_interpolate_level_off_and_take_unknown() -> None:
    knots = Knots(by="age", at=(20, 40), values=(1.0, 3.0), unknown=9.0, source="test")
    assert knots.of(frame(age=[10, 20, 25, 40, 99, None])).tolist() == [1.0, 1.0, 1.5, 3.0, 3.0, 9.0]


def test_flags_multiply_and_null_is_not_set() -> None:
    flags = Flags(factors={"deceased": 0.1, "hardship": 0.5}, source="test")
    rows = frame(deceased=[True, False, None, True], hardship=[True, True, None, None])
    np.testing.assert_allclose(flags.of(rows), [0.05, 0.5, 1.0, 0.1])


def test_amount_and_flag_never_null_or_negative() -> None:
    rows = frame(collateral_value_fen=[5, None, -3], disputed=[True, None, False])
    assert amount(rows, "collateral_value_fen").tolist() == [5.0, 0.0, 0.0]
    assert flag(rows, "disputed").tolist() == [True, False, False]


def test_ladder_charges_by_bracket() -> None:
    ladder = check({"steps": [{"above_fen": 0, "rate": 0.1}, {"above_fen": 100, "rate": 0.2, "flat_fen": 5}], **SOURCE}, Ladder, where="l")
    assert ladder.of(np.array([0.0, 50.0, 100.0, 200.0])).tolist() == [0.0, 5.0, 10.0, 35.0]


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        (Table, {"by": "contactability", "values": {"reachabel": 1.0}, "other": 0}, "did you mean reachable"),
        (Table, {"by": "contactabilty", "values": {}, "other": 0}, "no coded column"),
        (Table, {"by": "age", "values": {}, "other": 0}, "no coded column"),
        (Table, {"by": "bucket", "values": {"M1": float("nan")}, "other": 0}, "out of range"),
        (ShareTable, {"by": "bucket", "values": {"M1": 1.2}, "other": 0}, "out of range"),
        (ShareTable, {"by": "bucket", "values": {}, "other": -0.1}, "out of range"),
        (Knots, {"by": "product", "at": [1], "values": [1], "unknown": 0}, "no numeric column"),
        (Knots, {"by": "age", "at": [1, 2], "values": [1], "unknown": 0}, "differ in length"),
        (Knots, {"by": "age", "at": [2, 2], "values": [1, 1], "unknown": 0}, "rise strictly"),
        (ShareKnots, {"by": "age", "at": [2], "values": [1.5], "unknown": 0}, "out of range"),
        (Flags, {"factors": {"dead": 0}}, "no flag"),
        (Flags, {"factors": {"deceased": float("inf")}}, "out of range"),
        (ShareFlags, {"factors": {"hardship": 1.2}}, "out of range"),
        (Ladder, {"steps": [{"above_fen": 5, "rate": 0.1}, {"above_fen": 5, "rate": 0.1}]}, "rise strictly"),
        (Interval, {"low": 1.1, "high": 1.2}, "not valid"),
        (Interval, {"low": 0.5, "high": 0.9}, "not valid"),
    ],
)
def test_refusals_name_the_fault(model: type, data: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=said):
        check({**data, **SOURCE}, model, where="policy.yaml")
