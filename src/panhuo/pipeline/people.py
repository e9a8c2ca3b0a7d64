"""Who is who on the whole tape: from the people of every partition to one debtor number an account."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from panhuo.engines.intake.identity import IdentityPolicy, link_debtors
from panhuo.pipeline.scratch import put, take
from panhuo.pipeline.tape import Intake


@dataclass(frozen=True, slots=True)
class Debtors:
    """``ids``: debtor number of each accepted account, in tape order. ``findings``: without file and row, as identity sees people only."""

    ids: pl.Series
    count: int
    linked: int
    review_pairs: int
    findings: pl.DataFrame
    report: Any


def find_debtors(intake: Intake, private: Path, *, policy: IdentityPolicy, seed: int, keep: Path | None = None) -> Debtors:
    """Link the people of all partitions; links and the grey zone go to the private folder.

    keep: a folder for what :func:`.engines.intake.identity.settle` takes a person's decisions into, members.arrow and edges.arrow: account numbers,
    weights and codes, nothing that names anybody.
    """
    if not intake.people:
        return Debtors(pl.Series("debtor_id", [], dtype=pl.String), 0, 0, 0, pl.DataFrame(), {})
    people = pl.concat([take(path) for path in intake.people])
    outcome = link_debtors(people, policy=policy, seed=seed)
    identity = outcome.data
    order = people.select("account_id")
    del people
    if keep is not None:
        put(identity.members, keep / "members.arrow")
        put(identity.edges, keep / "edges.arrow")
    members = order.join(identity.members, on="account_id", how="left", maintain_order="left")
    members.write_parquet(private / "debtor_links.parquet", compression="zstd")
    if identity.review.height:
        identity.review.write_csv(private / "debtor_review.csv", include_bom=True)
    linked = members.filter(pl.col("method") == "linked").height
    return Debtors(members["debtor_id"], members["debtor_id"].n_unique(), linked, identity.review.height, outcome.findings, identity.report)
