"""Firms without a unified social credit code: matched by full registered name.

The name of a Chinese enterprise is unique within its registration authority and trade (Regulations on Enterprise Name
Registration, State Council order 734, art. 17), and carries the place: 深圳市某某科技有限公司. So the same full name is nearly
always the same firm and a similar one proves nothing. No statistics are needed, only caution: a name too short to be a
registered one (a shop sign), one that belongs to several codes, and the same name in another city go to a person.
"""

from __future__ import annotations

import polars as pl

from panhuo.engines.intake.identity import standardise as s
from panhuo.engines.intake.identity.policy import IdentityPolicy

LINK_SCHEMA = {"l": pl.UInt32(), "r": pl.UInt32(), "weight": pl.Float64(), "reason": pl.String(), "agreed": pl.String(), "differed": pl.String()}


FEW = 3


def link_firms(people: pl.DataFrame, *, policy: IdentityPolicy) -> pl.DataFrame:
    """Links (l, r, weight in log2 odds, reason) between firm rows; ``reason`` is empty for a plain link, else why a person must look."""
    rows = people.filter("firm")
    if not rows.filter(pl.col("id_no").is_null()).height:
        return pl.DataFrame(schema=LINK_SCHEMA)
    place = s.address(rows["address"])
    frame = rows.select("n", "anchor").with_columns(s.firm_name(rows["name"]).alias("name"), s.city(place).alias("city"))
    frame = frame.filter(pl.col("name").is_not_null()).with_columns(bare=pl.col("anchor").is_null())
    group = frame.group_by("name").agg(
        codes=pl.col("anchor").n_unique() - pl.col("anchor").is_null().any(),
        head=pl.coalesce(pl.col("anchor").min().cast(pl.UInt32), pl.col("n").min()),
        bearers=pl.len(),
    )
    frame = frame.join(group, on="name", how="left")
    heads = frame.select(head="n", head_city="city").unique("head")
    linked = frame.filter(pl.col("bare") & (pl.col("n") != pl.col("head"))).join(heads, on="head", how="left")
    moved = pl.col("city").is_not_null() & pl.col("head_city").is_not_null() & (pl.col("city") != pl.col("head_city"))
    short = pl.col("name").str.len_chars() < policy.firm.shortest_name
    several = pl.col("codes") > 1
    linked = linked.filter(~short | (pl.col("bearers") <= FEW))  # 小卖部 a hundred times over is no question worth asking
    shared = policy.firm.same_name_probability / pl.col("codes").clip(1, None)
    probability = pl.when(moved | short).then(pl.min_horizontal(shared, policy.firm.elsewhere_probability)).otherwise(shared)
    weight = (probability / (1.0 - probability)).log(2.0)
    return linked.select(
        l=pl.min_horizontal("n", "head"),
        r=pl.max_horizontal("n", "head"),
        weight=weight,
        reason=pl.when(several)
        .then(pl.lit("ambiguous"))
        .when(short)
        .then(pl.lit("short_name"))
        .when(moved)
        .then(pl.lit("elsewhere"))
        .otherwise(pl.lit("")),
        agreed=pl.lit("name:exact"),
        differed=pl.when(moved).then(pl.lit("address:city")).otherwise(pl.lit("")),
    ).sort("l", "r")
