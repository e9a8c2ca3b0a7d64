"""Debtor identity against labelled truth: public data sets (Latin names), invented debtors, the synthetic tape. Floors stand a little below what was measured.

The figures themselves: ``pytest tests/intake/test_intake_identity_measured.py -rP``.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import polars as pl
import pytest
from identity_people import people

from panhuo.engines.intake.identity import IdentityPolicy, link_debtors
from panhuo.engines.intake.synthesis import HEADINGS, synthesise


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    where = root.parent / "shared" / "data" / "record_linkage"
    if not where.is_dir():
        pytest.skip("the public record-linkage data sets are not beside this checkout")
    return where


def measured(frame: pl.DataFrame, policy: IdentityPolicy) -> tuple[float, float]:
    """Pairwise precision and recall over the pairs that a shared number does not settle already."""
    identity = link_debtors(frame.drop("truth"), policy=policy, seed=1).data
    bare = pl.col("id_no").is_null() if "id_no" in frame.columns else pl.lit(True)
    joined = identity.members.join(frame.select("account_id", "truth", bare=bare), on="account_id")

    def pairs(*keys: str) -> int:
        def count(rows: pl.DataFrame) -> int:
            size = rows.group_by(keys).len()["len"].cast(pl.Int64)
            return int((size * (size - 1) // 2).sum())

        return count(joined) - count(joined.filter(~pl.col("bare")))

    right, said, true = pairs("debtor_id", "truth"), pairs("debtor_id"), pairs("truth")
    sys.stdout.write(
        f"{frame.height} rows: precision {right / said:.4f} ({right} of {said}), recall {right / true:.4f} (of {true}), review {identity.review.height}\n"
    )
    return right / said, right / true


def febrl(folder: Path, *files: str) -> pl.DataFrame:
    frame = pl.concat([pl.read_csv(folder / f"febrl_dataset{f}.csv", infer_schema=False) for f in files])
    frame = frame.rename({c: c.strip() for c in frame.columns}).with_columns(pl.all().str.strip_chars().replace("", None))
    return frame.select(
        account_id="rec_id",
        name=pl.concat_str("given_name", "surname", separator=" ", ignore_nulls=True),
        birth_date=pl.col("date_of_birth").str.to_date("%Y%m%d", strict=False),
        address=pl.concat_str("street_number", "address_1", "address_2", "suburb", "postcode", "state", separator=" ", ignore_nulls=True),
        truth=pl.col("rec_id").str.extract(r"rec-(\d+)-", 1),
    )


def rldata(folder: Path) -> pl.DataFrame:
    frame = pl.read_csv(folder / "RLdata500.csv", infer_schema=False, null_values=["", "NA"]).with_row_index("i")
    day = pl.concat_str("by", pl.col("bm").str.zfill(2), pl.col("bd").str.zfill(2), separator="-")
    return frame.select(
        account_id=pl.format("r{}", pl.col("i").cast(pl.String).str.zfill(4)),
        name=pl.concat_str("fname_c1", "fname_c2", "lname_c1", "lname_c2", separator=" ", ignore_nulls=True),
        birth_date=day.str.to_date("%Y-%m-%d", strict=False),
        truth="identity",
    )


def fake(folder: Path) -> pl.DataFrame:
    frame = pl.read_csv(folder / "fake_1000.csv", infer_schema=False)
    return frame.select(
        account_id=pl.format("f{}", pl.col("unique_id").str.zfill(5)),
        name=pl.concat_str("first_name", "surname", separator=" ", ignore_nulls=True),
        birth_date=pl.col("dob").str.to_date(strict=False),
        address="city",
        email="email",
        truth="cluster",
    )


@pytest.mark.parametrize(
    ("name", "files", "recall"),
    [
        ("febrl 1", ("1",), 0.94),
        pytest.param("febrl 2", ("2",), 0.94, marks=pytest.mark.slow),
        pytest.param("febrl 3", ("3",), 0.935, marks=pytest.mark.slow),
        pytest.param("febrl 4", ("4a", "4b"), 0.94, marks=pytest.mark.slow),
    ],
)
def test_febrl(name: str, files: tuple[str, ...], recall: float, folder: Path, policy: IdentityPolicy) -> None:
    precision, found = measured(febrl(folder, *files), policy)
    assert precision >= 0.999, name
    assert found >= recall, name


def test_rldata500(folder: Path, policy: IdentityPolicy) -> None:
    """Names and birth dates alone: little to go by, so little may be joined by itself."""
    precision, found = measured(rldata(folder), policy)
    assert precision == 1.0
    assert found >= 0.86


def test_fake_1000(folder: Path, policy: IdentityPolicy) -> None:
    precision, found = measured(fake(folder), policy)
    assert precision >= 0.995
    assert found >= 0.78


@pytest.mark.parametrize(
    ("debtors", "missing", "with_birth", "seed", "recall"),
    [
        pytest.param(4000, 0.1, 0.0, 7, 0.92, marks=pytest.mark.slow),
        pytest.param(4000, 0.5, 0.3, 8, 0.93, marks=pytest.mark.slow),
        pytest.param(4000, 1.0, 0.3, 9, 0.91, marks=pytest.mark.slow),
        (300, 0.3, 0.5, 10, 0.93),
    ],
)
def test_invented_chinese_debtors(debtors: int, missing: float, with_birth: float, seed: int, recall: float, policy: IdentityPolicy) -> None:
    precision, found = measured(people(debtors, seed=seed, missing_id=missing, with_birth=with_birth), policy)
    assert precision >= 0.997
    assert found >= recall


@pytest.mark.slow
def test_the_synthetic_tape(policy: IdentityPolicy) -> None:
    """``panhuo sample`` without dirt: what its further loans misprint must not hide a debtor."""
    parts = []
    for chunk in synthesise(40_000, seed=3, as_of=dt.date(2026, 10, 31), dirty=0.0):
        named = {
            field: heading
            for field, heading in HEADINGS.items()
            if field in ("account_id", "debtor_kind", "name", "id_no", "phone", "address", "employer")
        }
        kind = pl.when(pl.col(HEADINGS["debtor_kind"]) == "企业").then(pl.lit("firm")).otherwise(pl.lit("person"))
        columns = {field: pl.col(heading) for field, heading in named.items()} | {"debtor_kind": kind}
        parts.append(chunk.tape.select(**columns).with_columns(truth=chunk.truth["debtor"]))
    precision, found = measured(pl.concat(parts), policy)
    assert precision >= 0.999
    assert found >= 0.965
