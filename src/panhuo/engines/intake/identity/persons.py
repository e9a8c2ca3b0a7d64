"""Links between natural persons: from cards to weighed pairs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from panhuo.engines.intake.identity import standardise as s
from panhuo.engines.intake.identity.blocking import Blocks, block
from panhuo.engines.intake.identity.clustering import partition
from panhuo.engines.intake.identity.comparisons import BY_NAME, COMPARISONS
from panhuo.engines.intake.identity.model import Model, blend, expectation_maximisation, prior_model, with_chance
from panhuo.engines.intake.identity.policy import IdentityPolicy
from panhuo.engines.intake.identity.records import Cards, add_frequencies, strangers
from panhuo.kernel.randomness import stream

CROWDED = 1e-5
"""Match rate above which records of one debtor are so thick among all that they pass for chance agreement, and a second look is taken."""

TOO_FEW = 0.01
"""Random pairs below this share of the policy's ``prior_pairs`` would not move its figures: a tape of twenty rows is not asked."""

WEIGHED = {"l": pl.UInt32(), "r": pl.UInt32(), "evidence": pl.Float64(), "weight": pl.Float64(), "held": pl.Boolean(), "name": pl.Int8()}
"""What every table of weighed pairs has: the level of the name is read whether or not anything was compared."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """``pairs``: best pair of each two debtors compared: rows l and r, ``weight`` (log2 odds), ``held`` (may not join by itself),
    and the level of each comparison by name (0 best, -1 silent). ``report``: what was learnt and how."""

    pairs: pl.DataFrame
    report: dict[str, Any]


NOTHING_WEIGHED = Weighed(pl.DataFrame(schema=WEIGHED), {"compared": 0})


def weigh_persons(made: Cards, *, policy: IdentityPolicy, seed: int) -> Weighed:
    """Weigh the pairs of cards that share a key, at least one of the two being without an identity number."""
    table = made.table
    bare = int(table["bare"].sum())
    if not bare or table.height < 2:
        return NOTHING_WEIGHED
    blocks = block(table, max_pairs=policy.max_pairs, max_block_pairs=policy.max_block_pairs)
    if not blocks.pairs.height:
        return Weighed(pl.DataFrame(schema=WEIGHED), {"compared": 0, "blocking": blocks.report.to_dicts()})
    labelled = _draw_labelled(made, policy.labelled_pairs, seed)
    different = strangers(table)
    scored, model, learnt = _score(table, blocks, different, labelled, policy=policy, seed=seed)
    if learnt["match_rate"] > CROWDED and learnt["chance_learnt_from_pairs"]:
        different = _one_of_each(different, scored, int(table["n"][-1]) + 1)
        scored, model, learnt = _score(table, blocks, different, labelled, policy=policy, seed=seed)
    report = {
        "compared": blocks.pairs.height,
        "customer_number_purity": made.purity,
        "blocking": blocks.report.to_dicts(),
        **learnt,
        "parameters": [
            {"comparison": c.name, "level": level.code, "m": round(float(model.m[c.name][k]), 9), "u": round(float(model.u[c.name][k]), 9)}
            for c in model.comparisons
            for k, level in enumerate(c.levels)
        ],
    }
    return Weighed(_best_of_each(scored, table, policy), report)


def _score(
    table: pl.DataFrame, blocks: Blocks, different: pl.DataFrame, labelled: pl.DataFrame, *, policy: IdentityPolicy, seed: int
) -> tuple[pl.DataFrame, Model, dict[str, Any]]:
    from panhuo.engines.intake.identity.scoring import level_codes, open_scorer

    drawn = _draw(different, policy.sample_rows, seed)
    drawn_pairs = len(drawn) * (len(drawn) - 1) // 2
    if drawn_pairs < TOO_FEW * policy.prior_pairs:
        drawn, drawn_pairs = drawn.clear(), 0
    people = table.select(pl.coalesce(pl.col("anchor").cast(pl.Int64), pl.col("n").cast(pl.Int64)).n_unique()).item()
    bare = int(table["bare"].sum())
    every_pair = bare * (bare - 1) / 2 + bare * (people - bare)
    start = prior_model(policy, match=min(policy.accounts_beside / max(people - 1, 1), 0.5))
    frame, chance = _nodes(table, blocks, different, drawn, labelled, policy)
    with open_scorer(frame, policy=policy, seed=seed) as scorer:
        prior = prior_model(policy, used=scorer.used, match=start.match)
        u = dict(prior.u)
        if drawn_pairs:
            for name, counts in scorer.chance_counts(drawn).items():
                u[name] = blend(counts, prior.u[name], prior_count=policy.prior_pairs)
        m = dict(prior.m)
        learn_m = labelled.height < policy.prior_matches
        if not learn_m:
            differing = labelled.filter(pl.col("l") != pl.col("r"))
            met = scorer.match_counts(differing) if differing.height else {c.name: np.zeros(len(c.levels)) for c in scorer.used}
            same = labelled.filter(pl.col("l") == pl.col("r")).select(n="l").join(table, on="n")
            for c in scorer.used:
                if c.name == "birth":  # read off the identity number itself
                    continue
                met[c.name][0] += same.height - same[c.name].null_count()
                m[c.name] = blend(met[c.name], prior.m[c.name], prior_count=policy.prior_matches, share=policy.tape_share)
        model = with_chance(Model(scorer.used, m, u, prior.match), chance)
        scorer.threads(os.cpu_count() or 1)  # no sums from here on: more threads change nothing but the time
        scored = scorer.compare(blocks.pairs, model)
        used = scorer.used
    levels = level_codes(scored, used)
    common = scored["evidence"].to_numpy() - model.evidence(levels)
    silent = [pl.lit(-1, dtype=pl.Int8).alias(c.name) for c in COMPARISONS if c not in used]
    scored = scored.with_columns(silent)
    scored = _with_held(scored, table, policy)
    teaches = ~scored["held"].to_numpy()
    model, expected = expectation_maximisation(model, prior, levels, common, teaches, pairs=every_pair, learn_m=learn_m, policy=policy)
    evidence = common + model.evidence(levels)
    scored = scored.with_columns(pl.Series("evidence", evidence), pl.Series("weight", evidence + model.prior_weight))
    learnt = {
        "people": people,
        "without_number": bare,
        "match_rate": model.match,
        "expected_matches": round(expected, 3),
        "chance_learnt_from_pairs": drawn_pairs,
        "agreement_learnt_from": "expectation-maximisation" if learn_m else "same identity number",
        "labelled_pairs": labelled.height,
        "comparisons": [c.name for c in used],
    }
    return scored, model, learnt


def _nodes(
    table: pl.DataFrame, blocks: Blocks, different: pl.DataFrame, drawn: pl.Series, labelled: pl.DataFrame, policy: IdentityPolicy
) -> tuple[pl.DataFrame, dict[str, float]]:
    """The cards that take part in anything, with everything the comparisons read; and chance agreement by column."""
    wanted = pl.concat([blocks.pairs["l"], blocks.pairs["r"], drawn, labelled["l"], labelled["r"]]).unique()
    frame = table.join(wanted.alias("n").to_frame(), on="n", how="semi")
    called = ("phone", "phone2", "landline")
    listed = pl.concat_list(called).list.drop_nulls().list.unique(maintain_order=True)
    frame = frame.with_columns(
        phones=pl.when(pl.any_horizontal(pl.col(called).is_not_null())).then(listed),
        phone=pl.coalesce(called),
        numbers=s.numbers(frame["address"]),
        address_pairs=s.character_pairs(frame["address"]),
        employer_pairs=s.character_pairs(frame["employer"]),
    )
    prior, least = {}, {}
    for c in COMPARISONS:
        for level in c.levels:
            if level.frequency:
                prior[level.frequency] = policy.comparisons[c.name].levels[level.code].u
                least[level.frequency] = policy.comparisons[c.name].least_u
    return add_frequencies(frame, different, extra=(2.0 * policy.prior_pairs) ** 0.5, prior=prior, least=least)


def _one_of_each(different: pl.DataFrame, scored: pl.DataFrame, rows: int) -> pl.DataFrame:
    """Of people taken to differ, one for each group that the first look finds likely to be one."""
    likely = scored.filter((pl.col("weight") > 0) & ~pl.col("held")).select(pl.col("l", "r").cast(pl.Int64))
    none = np.zeros(0, dtype=np.int64)
    label = partition(np.full(rows, -1), likely["l"].to_numpy(), likely["r"].to_numpy(), np.zeros(likely.height), none, none).label
    return different.with_columns(label=pl.Series(label).gather(different["n"])).unique("label", keep="first", maintain_order=True).drop("label")


def _draw(different: pl.DataFrame, count: int, seed: int) -> pl.Series:
    """Rows of at most ``count`` people drawn from those that differ."""
    rows = different["n"]
    if len(rows) <= count:
        return rows
    return rows.gather(np.sort(stream(seed, "identity", "strangers").choice(len(rows), count, replace=False)))


def _draw_labelled(made: Cards, count: int, seed: int) -> pl.DataFrame:
    """Pairs of cards (l <= r) whose rows have the same identity number; l = r where the rows agree in everything."""
    several = made.card_of.filter(pl.col("anchor").is_duplicated())
    following = several.sort("anchor", "n").with_columns(next=pl.col("card").shift(-1).over("anchor"))
    pairs = following.filter(pl.col("next").is_not_null()).select(l=pl.min_horizontal("card", "next"), r=pl.max_horizontal("card", "next"))
    if pairs.height > count:
        rng = stream(seed, "identity", "labelled")
        pairs = pairs[np.sort(rng.choice(pairs.height, count, replace=False))]
    return pairs


def _best_of_each(scored: pl.DataFrame, table: pl.DataFrame, policy: IdentityPolicy) -> pl.DataFrame:
    """One pair for each two debtors (a number's cards are one debtor), with rivals weighed against each other."""
    anchors = table.select("n", "anchor")
    pairs = scored.join(anchors.rename({"n": "l", "anchor": "al"}), on="l").join(anchors.rename({"n": "r", "anchor": "ar"}), on="r")
    pairs = pairs.with_columns(
        x=pl.coalesce("al", "l").cast(pl.UInt32),
        y=pl.coalesce("ar", "r").cast(pl.UInt32),
    ).with_columns(x=pl.min_horizontal("x", "y"), y=pl.max_horizontal("x", "y"))
    pairs = pairs.sort(["x", "y", "weight", "l", "r"], descending=[False, False, True, False, False])
    pairs = pairs.unique(["x", "y"], keep="first", maintain_order=True)
    pairs = _weigh_rivals(pairs)
    return pairs.drop("al", "ar", "x", "y").sort("l", "r")


def _weigh_rivals(pairs: pl.DataFrame) -> pl.DataFrame:
    """A record without a number is at most one of the numbered debtors it resembles: each has the others' odds against it.

    With odds o_i of being debtor i, P(i) = o_i / (1 + sum o), so log2 odds become w_i - log2(1 + sum of the others' 2^w).
    """
    numbered = pl.col("al").is_not_null() | pl.col("ar").is_not_null()
    bare = pl.when(pl.col("al").is_null()).then("l").otherwise("r")
    rivals = pairs.filter(numbered).with_columns(who=bare, rank=pl.col("weight").rank("ordinal", descending=True).over(bare))
    top = rivals.filter(pl.col("rank") == 1).select("who", top="weight")
    second = rivals.filter(pl.col("rank") == 2).select("who", second="weight")
    rivals = rivals.join(top, on="who").join(second, on="who", how="left")
    best = pl.col("rank") == 1
    # relative to the strongest other, so that nothing overflows and the leader's own odds are never subtracted from themselves
    scale = pl.when(best).then(pl.col("second").fill_null(-1e4)).otherwise(pl.col("top"))
    odds = (pl.lit(2.0).pow((pl.col("weight") - scale).clip(-1000, 0))) * pl.when(best).then(0.0).otherwise(1.0)
    # each rival's share against the leader: the leader itself, and for the leader all that stand behind it
    behind = pl.when(~best).then(pl.lit(2.0).pow((pl.col("weight") - pl.col("second")).clip(-1000, 0))).otherwise(0.0).sum().over("who")
    against_rest = pl.lit(1.0) + behind * pl.lit(2.0).pow((pl.col("second") - pl.col("top")).clip(-1000, 0)) - odds
    others = pl.when(best).then(behind).otherwise(against_rest).clip(0.0)
    loss = pl.when(others > 0).then(_log2_one_plus(others.log(2.0) + scale)).otherwise(0.0)
    adjusted = rivals.with_columns(weight=pl.col("weight") - loss).select(pairs.columns)
    return pl.concat([adjusted, pairs.filter(~numbered)])


def _log2_one_plus(x: pl.Expr) -> pl.Expr:
    """log2(1 + 2^x) without overflow."""
    return x.clip(0.0) + (1.0 + pl.lit(2.0).pow(-x.abs().clip(0, 1000))).log(2.0)


def _with_held(scored: pl.DataFrame, table: pl.DataFrame, policy: IdentityPolicy) -> pl.DataFrame:
    """``scored`` with ``held``: whether the names could be a relative's or a namesake's and nothing else says that the two are one."""
    han = table.select("n", han=pl.col("han").fill_null(False))
    sides = [scored.select(n=side).join(han, on="n", how="left", maintain_order="left")["han"] for side in ("l", "r")]
    return scored.with_columns(han=sides[0] | sides[1]).with_columns(held=_held(policy)).drop("han")


def _held(policy: IdentityPolicy) -> pl.Expr:
    def among(name: str, codes: tuple[str, ...]) -> pl.Expr:
        order = BY_NAME[name].codes
        return pl.col(name).is_in([order.index(code) for code in codes])

    written = {"any": pl.lit(True), "chinese": pl.col("han"), "other": ~pl.col("han")}
    held = pl.lit(False)
    for k, entry in enumerate(policy.corroboration):
        weak = among("name", entry.names) | ((pl.col("name") < 0) if k == 0 else pl.lit(False))
        support = pl.any_horizontal([among(name, codes) for name, codes in entry.by.items()] or [pl.lit(False)])
        held = held | (weak & written[entry.script] & ~support)
    return held
