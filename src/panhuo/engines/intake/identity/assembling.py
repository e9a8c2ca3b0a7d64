"""From links to the answer: clusters, members, edges, and what a person should look at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from panhuo.engines.intake.identity.clustering import partition
from panhuo.engines.intake.identity.comparisons import COMPARISONS
from panhuo.engines.intake.identity.policy import IdentityPolicy
from panhuo.kernel import masking
from panhuo.kernel.findings import FINDING, WARN, Outcome, Rule, no_findings
from panhuo.kernel.frames import DEBTOR
from panhuo.kernel.words import Words

METHODS = ("exact_id", "linked", "alone")
JOINED, REFUSED, APART, OPEN = "joined", "refused", "apart", "open"

REASONS = {
    "uncertain": Words("证据不足以自动合并", "not certain enough to join"),
    "relative": Words("姓名不同，可能是亲属", "names differ: may be a relative"),
    "name_only": Words("只有姓名相同，没有其他佐证，可能是同名", "the same name and nothing beside it: may be a namesake"),
    "refused": Words("合并会使两个不同证件号归为一人", "joining would bring two identity numbers or a contradiction together"),
    "name_conflict": Words("证件号相同但姓名不符", "same identity number, different names"),
    "ambiguous": Words("同名企业对应多个统一社会信用代码", "several registered firms have this name"),
    "short_name": Words("企业名称过短，不足以认定", "the firm's name is too short to be unique"),
    "elsewhere": Words("企业名称相同但所在城市不同", "same firm name in another city"),
}

NAME_CONFLICT = Rule(
    "IDENTITY_NAME_CONFLICT", WARN, Words("证件号相同但姓名不符，已列入人工复核", "same identity number, different names: listed for review")
)
LINK_REFUSED = Rule(
    "IDENTITY_LINK_REFUSED",
    WARN,
    Words(
        "疑似同一债务人但与证件号或其他信息冲突，未合并，已列入人工复核",
        "likely the same debtor, but it would conflict: not joined, listed for review",
    ),
)

_SHOWN = ("name", "id_no", "birth_date", "phone", "address", "employer")
_COMPARED = {"birth_date": "birth", "phone": "phone", "address": "address", "employer": "employer"}
"""What of it may be equal unsaid where an identity number or a name alone raised the question: column to comparison."""


@dataclass(frozen=True, slots=True)
class Links:
    """``joins``: rows l, r, weight, reason (empty: joins by itself), agreed, differed. ``apart``: pairs that contradict each other.
    ``name_conflicts``: pairs with one identity number and names that do not fit."""

    joins: pl.DataFrame
    apart: pl.DataFrame
    name_conflicts: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is who.

    members: one row an account: ``account_id``, ``debtor_id``, ``method`` (exact_id, linked, alone), ``match_weight`` (log2 odds of the
        strongest link that holds it; null unless linked), ``match_probability``, ``id_group`` (smallest account with the same valid
        identity number; null without one).
    edges: every link considered: ``account_id_l``, ``account_id_r``, ``weight``, ``probability``, ``agreed``, ``differed``, ``status`` (joined; refused:
        strong enough but in conflict; apart: contradict each other within what would have been one cluster; open: for review).
    review: what a person should look at, strongest first: ``account_id_l``, ``account_id_r``, ``weight``, ``probability``, ``reason``, its words in
        Chinese and English, ``agreed``, ``differed`` (codes comparison:level), and masked values of both sides.
    report: counts, parameters, blocking and thresholds, plain data.
    """

    members: pl.DataFrame
    edges: pl.DataFrame
    review: pl.DataFrame
    report: dict[str, Any]


def weight_of(probability: float) -> float:
    """log2 odds of a probability."""
    return math.log2(probability / (1.0 - probability))


def probability_of(weight: pl.Expr) -> pl.Expr:
    """Probability of log2 odds."""
    return 1.0 / (1.0 + pl.lit(2.0).pow(-weight.clip(-1000, 1000)))


def assemble(rows: pl.DataFrame, links: Links, *, policy: IdentityPolicy, report: dict[str, Any]) -> Outcome[Identity]:
    """Clusters of ``rows`` (as records.gather gives them) under ``links``."""
    joins = links.joins.with_columns(status=pl.when(pl.col("reason") == "").then(pl.lit(JOINED)).otherwise(pl.lit(OPEN)))
    firm = joins.filter(pl.col("status") == JOINED)
    anchor = rows["anchor"].cast(pl.Int64).fill_null(-1).to_numpy()
    apart = _within_reach(anchor, firm, links.apart)
    made = partition(anchor, *ends(firm), firm["weight"].to_numpy(), *ends(apart))
    firm = firm.with_columns(status=pl.when(pl.Series(made.refused)).then(pl.lit(REFUSED)).otherwise(pl.lit(JOINED)))
    open_ = joins.filter(pl.col("status") == OPEN)
    label = made.label
    between = pl.Series(label[open_["l"].to_numpy()] != label[open_["r"].to_numpy()])
    edges = pl.concat(
        [
            firm.drop("reason"),
            open_.drop("reason"),
            apart.select("l", "r", "weight", agreed=pl.lit(""), differed=pl.lit(""), status=pl.lit(APART)),
        ]
    )
    members = members_of(rows, label, firm.filter(pl.col("status") == JOINED))
    questions = pl.concat(
        [
            open_.filter(between).select("l", "r", "weight", "reason", "agreed", "differed"),
            firm.filter(pl.col("status") == REFUSED).select("l", "r", "weight", pl.lit("refused").alias("reason"), "agreed", "differed"),
            links.name_conflicts.select(
                "l",
                "r",
                weight=pl.lit(None, dtype=pl.Float64),
                reason=pl.lit("name_conflict"),
                agreed=pl.lit("id_no:exact"),
                differed=pl.lit("name:other"),
            ),
        ]
    )
    review = _review(rows, questions)
    edge_table = edges_of(edges, rows["account_id"])
    full = counts(members, edge_table, review, policy) | report
    return Outcome(Identity(members, edge_table, review, full), _findings(review))


def ends(frame: pl.DataFrame) -> tuple[Any, Any]:
    """Columns l and r as arrays."""
    return frame["l"].cast(pl.Int64).to_numpy(), frame["r"].cast(pl.Int64).to_numpy()


def _within_reach(anchor: Any, joins: pl.DataFrame, apart: pl.DataFrame) -> pl.DataFrame:
    """Of the contradicting pairs those that the joins would otherwise bring into one cluster."""
    if not apart.height or not joins.height:
        return apart.clear()
    none = np.zeros(0, dtype=np.int64)
    alone = np.where(anchor >= 0, anchor, np.arange(len(anchor)))
    free = np.full(len(anchor), -1, dtype=np.int64)  # without numbers nothing is refused: the reach of the links
    left, right = (alone[end] for end in ends(joins))
    label = partition(free, left, right, joins["weight"].to_numpy(), none, none).label
    a, b = (alone[end] for end in ends(apart))
    return apart.filter(pl.Series(label[a] == label[b]))


def edges_of(edges: pl.DataFrame, accounts: pl.Series) -> pl.DataFrame:
    """The edges table from rows l, r, weight, agreed, differed, status."""
    return edges.select(
        account_id_l=accounts.gather(edges["l"]),
        account_id_r=accounts.gather(edges["r"]),
        weight="weight",
        probability=probability_of(pl.col("weight")),
        agreed="agreed",
        differed="differed",
        status="status",
    ).sort("account_id_l", "account_id_r", "status")


def members_of(rows: pl.DataFrame, label: Any, joined: pl.DataFrame) -> pl.DataFrame:
    """The members table: rows in account order."""
    frame = rows.select("n", "account_id", "anchor").with_columns(pl.Series("label", label).cast(pl.UInt32))
    numbered = _debtor_ids(frame.filter(pl.col("n") == pl.col("label")).select("account_id", "label"))
    best = pl.concat([joined.select(n="l", weight="weight"), joined.select(n="r", weight="weight")]).group_by("n").agg(pl.col("weight").max())
    # a link to one row of an identity number holds all of them
    strongest = (
        best.join(frame.select("n", "anchor"), on="n")
        .group_by(node=pl.coalesce(pl.col("anchor").cast(pl.UInt32), pl.col("n")))
        .agg(pl.col("weight").max())
    )
    frame = frame.with_columns(node=pl.coalesce(pl.col("anchor").cast(pl.UInt32), pl.col("n")))
    frame = frame.join(numbered, on="label", how="left", maintain_order="left").join(strongest, on="node", how="left", maintain_order="left")
    exact = pl.col("anchor").is_not_null() & (pl.len().over("anchor") > 1)
    alone = pl.len().over("label") == 1
    method = pl.when(alone).then(pl.lit("alone")).when(exact).then(pl.lit("exact_id")).otherwise(pl.lit("linked"))
    frame = frame.with_columns(method=method.cast(pl.Enum(METHODS)))
    weight = pl.when(pl.col("method") == "linked").then(pl.col("weight"))
    return frame.select(
        "account_id",
        "debtor_id",
        "method",
        match_weight=weight,
        match_probability=probability_of(weight),
        id_group=pl.lit(rows["account_id"]).gather(pl.col("anchor")),
    )


def _debtor_ids(heads: pl.DataFrame) -> pl.DataFrame:
    """``label`` and ``debtor_id``: D and 80 bits of SHA-256 of the cluster's smallest account id. An identity number has too few
    digits to hide behind a hash, so it has no part in it."""
    import duckdb

    connection = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "temp_directory": ""}
    )
    try:
        connection.register("heads", heads.to_arrow())
        out = pl.from_arrow(connection.sql("select label, 'D' || upper(substr(sha256(account_id), 1, 20)) as debtor_id from heads").to_arrow_table())
    finally:
        connection.close()
    assert isinstance(out, pl.DataFrame)
    return out


def _review(rows: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """The questions with account ids, words and masked values, strongest first."""
    columns = [c for c in _SHOWN if c in rows.columns]
    masks = {c: masking.MASKS[DEBTOR[c].personal] for c in columns}
    wanted = pl.concat([questions["l"], questions["r"]]).unique()
    asked = rows.join(wanted.alias("n").to_frame(), on="n", how="semi")
    shown = asked.select("n", "account_id", *(masks[c](pl.col(c).cast(pl.String)).alias(c) for c in columns))
    out = _equal_too(questions, asked).join(
        shown.rename({"n": "l", **{c: f"{c}_l" for c in ("account_id", *columns)}}), on="l", how="left", maintain_order="left"
    )
    out = out.join(shown.rename({"n": "r", **{c: f"{c}_r" for c in ("account_id", *columns)}}), on="r", how="left", maintain_order="left")
    values = [f"{c}_{side}" for c in columns for side in ("l", "r")]
    return out.sort(["weight", "account_id_l", "account_id_r"], descending=[True, False, False], nulls_last=False).select(
        "account_id_l",
        "account_id_r",
        "weight",
        probability_of(pl.col("weight")).alias("probability"),
        "reason",
        reason_zh=pl.col("reason").replace_strict({k: w.zh for k, w in REASONS.items()}, return_dtype=pl.String),
        reason_en=pl.col("reason").replace_strict({k: w.en for k, w in REASONS.items()}, return_dtype=pl.String),
        agreed="agreed",
        differed="differed",
        **{value: value for value in values},
    )


def _equal_too(questions: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The questions, with what is equal to the letter among what nothing compared: masked values do not tell."""
    compared = {column: name for column, name in _COMPARED.items() if column in rows.columns}
    sides = [rows.select(pl.col("n").alias(side), pl.col(list(compared)).name.suffix(f"_{side}")) for side in ("l", "r")]
    both = questions.select("l", "r", "agreed", "differed")
    for side, values in zip(("l", "r"), sides, strict=True):
        both = both.join(values, on=side, how="left", maintain_order="left")
    agreed = pl.col("agreed")
    for column, name in compared.items():
        told = pl.concat_str(pl.lit(";"), "agreed", pl.lit(";"), "differed").str.contains(f";{name}:", literal=True)
        equal = (pl.col(f"{column}_l") == pl.col(f"{column}_r")).fill_null(value=False)
        agreed = pl.when(equal & ~told).then(agreed + f";{name}:exact").otherwise(agreed)
    return questions.with_columns(both.select(agreed.str.strip_chars_start(";").alias("agreed")).to_series())


def _findings(review: pl.DataFrame) -> pl.DataFrame:
    """A warning for each account that a person must look at because the tape contradicts itself."""
    parts = []
    for reason, rule in (("name_conflict", NAME_CONFLICT), ("refused", LINK_REFUSED)):
        accounts = review.filter(pl.col("reason") == reason)["account_id_r"].unique().sort()
        parts.append(
            pl.DataFrame({"value": accounts}).select(
                row=pl.lit(None, dtype=pl.Int64),
                file=pl.lit(None, dtype=pl.String),
                column=pl.lit("id_no"),
                code=pl.lit(rule.code),
                severity=pl.lit(rule.severity),
                message=pl.lit(rule.message.zh),
                message_en=pl.lit(rule.message.en),
                value="value",
            )
        )
    return pl.concat([no_findings(), *parts]).select(*FINDING)


def counts(members: pl.DataFrame, edges: pl.DataFrame, review: pl.DataFrame, policy: IdentityPolicy) -> dict[str, Any]:
    """The report's counts."""
    sizes = members.group_by("debtor_id").len()["len"]
    return {
        "accounts": members.height,
        "debtors": sizes.len(),
        "largest_cluster": sizes.max() or 0,
        "by_method": {m: int((members["method"] == m).sum()) for m in METHODS},
        "links": {s: int((edges["status"] == s).sum()) for s in (JOINED, REFUSED, APART, OPEN)},
        "review": {reason: int((review["reason"] == reason).sum()) for reason in REASONS},
        "accept_probability": policy.accept_probability,
        "review_probability": policy.review_probability,
        "levels": {c.name: {level.code: {"zh": level.words.zh, "en": level.words.en} for level in c.levels} for c in COMPARISONS},
    }
