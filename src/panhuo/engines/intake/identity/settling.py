"""A person's decisions on the review list, taken into an identity: the links are kept, so the clusters can be made anew."""

from __future__ import annotations

from typing import Any

import polars as pl

from panhuo.engines.intake.identity.assembling import APART, JOINED, REFUSED, Identity, counts, edges_of, ends, members_of
from panhuo.engines.intake.identity.clustering import partition
from panhuo.engines.intake.identity.policy import IdentityPolicy

DECIDED = 1000.0
"""Weight, in log2 odds, of what a person has decided."""


def settle(identity: Identity, decisions: pl.DataFrame, *, policy: IdentityPolicy) -> Identity:
    """The identity with a person's decisions taken in: ``account_id_l``, ``account_id_r``, ``same`` (Boolean).

    ``same`` true joins the two unless their identity numbers differ (then it is refused and stays in review); false keeps them apart,
    whatever else links them. Clusters are made anew from the edges kept. Raises ValueError for an unknown account.
    """
    members = identity.members.sort("account_id").with_row_index("n")
    number = dict(zip(members["account_id"].to_list(), range(members.height), strict=True))
    unknown = sorted({*decisions["account_id_l"], *decisions["account_id_r"]} - set(number))
    if unknown:
        raise ValueError(f"decisions name unknown accounts: {unknown[:5]}")
    index = members.select("account_id", "n")
    edges = _numbered(identity.edges, index)
    said = _numbered(decisions, index).select("l", "r", "same").unique(["l", "r"], keep="last", maintain_order=True)
    edges = edges.join(said, on=["l", "r"], how="left")
    usable = pl.col("status").is_in([JOINED, REFUSED])
    kept = edges.filter(usable & pl.col("same").is_null()).select("l", "r", "weight")
    joined = said.filter("same").select("l", "r", weight=pl.lit(DECIDED))
    links = pl.concat([kept, joined])
    apart = pl.concat(
        [edges.filter((pl.col("status") == APART) & pl.col("same").is_null()).select("l", "r"), said.filter(~pl.col("same")).select("l", "r")]
    )
    group = members.join(index.rename({"account_id": "id_group", "n": "anchor"}), on="id_group", how="left", maintain_order="left")
    anchor = group["anchor"].cast(pl.Int64).fill_null(-1).to_numpy()
    made = partition(anchor, *ends(links), links["weight"].to_numpy(), *ends(apart))
    links = links.with_columns(status=pl.when(pl.Series(made.refused)).then(pl.lit(REFUSED)).otherwise(pl.lit(JOINED)))
    rows = group.select("n", "account_id", "anchor")
    new_members = members_of(rows, made.label, links.filter(pl.col("status") == JOINED))
    decided = said.with_columns(
        status=pl.when("same").then(pl.lit(JOINED)).otherwise(pl.lit(APART)), weight=pl.when("same").then(DECIDED).otherwise(-DECIDED)
    )
    plain = edges.filter(pl.col("same").is_null()).drop("same").join(links.select("l", "r", now="status"), on=["l", "r"], how="left")
    plain = plain.with_columns(status=pl.coalesce("now", "status")).select("l", "r", "weight", "agreed", "differed", "status")
    judged = decided.join(edges.select("l", "r", "agreed", "differed"), on=["l", "r"], how="left").join(
        links.select("l", "r", now="status"), on=["l", "r"], how="left"
    )
    judged = judged.select("l", "r", "weight", pl.col("agreed", "differed").fill_null("decided"), status=pl.coalesce("now", "status"))
    table = edges_of(pl.concat([plain, judged]), members["account_id"])
    label = pl.DataFrame({"account_id": members["account_id"], "label": made.label})
    review = _still_open(identity.review, label, decisions, made.label, number)
    report = identity.report | counts(new_members, table, review, policy) | {"decisions": said.height}
    return Identity(new_members, table, review, report)


def _still_open(review: pl.DataFrame, label: pl.DataFrame, decisions: pl.DataFrame, labels: Any, number: dict[str, int]) -> pl.DataFrame:
    """Review without what was decided and what has come together since."""
    both = pl.concat([decisions.select("account_id_l", "account_id_r"), decisions.select(account_id_l="account_id_r", account_id_r="account_id_l")])
    rest = review.join(both, on=["account_id_l", "account_id_r"], how="anti", maintain_order="left")
    together = (
        rest.select("account_id_l", "account_id_r")
        .join(label, left_on="account_id_l", right_on="account_id", how="left", maintain_order="left")
        .join(label, left_on="account_id_r", right_on="account_id", how="left", maintain_order="left", suffix="_r")
    )
    same = (together["label"] == together["label_r"]) & (rest["reason"] != "name_conflict")
    return rest.filter(~same)


def _numbered(frame: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Account ids replaced by row numbers l < r."""
    out = frame.join(index.rename({"account_id": "account_id_l", "n": "a"}), on="account_id_l", how="left", maintain_order="left")
    out = out.join(index.rename({"account_id": "account_id_r", "n": "b"}), on="account_id_r", how="left", maintain_order="left")
    return out.with_columns(l=pl.min_horizontal("a", "b"), r=pl.max_horizontal("a", "b")).drop("a", "b", "account_id_l", "account_id_r")
