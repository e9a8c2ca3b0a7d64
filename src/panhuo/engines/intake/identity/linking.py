"""One debtor, one number: accounts of the same person or firm joined across loans and lenders.

A valid identity number decides by itself. Rows without one are compared, on what they share, with each other and with the rows
that have one; the evidence is weighed (:mod:`.model`), joined above one probability and listed for a person above another.
Nothing that is joined is lost: every link is kept with its weight and reasons, and :func:`settle` takes a person's decisions
and makes the clusters anew.

What is feared most is a false match: it shows one person's debt to another. So two identity numbers never meet in a cluster,
a record that could be either of two numbered people is left to a person, a name that might be a relative's joins only with an
agreement no relative would share, and the same name joins only with an agreement beside it. The odds alone would not do: on a tape of
ten rows two of one name are, by any count of names, likely to be one debtor, and the next tape has two 王伟 who never met.
"""

from __future__ import annotations

import polars as pl

from panhuo.engines.intake.identity.assembling import Identity, Links, assemble, weight_of
from panhuo.engines.intake.identity.comparisons import BY_NAME, COMPARISONS, SAME_NAME
from panhuo.engines.intake.identity.firms import link_firms
from panhuo.engines.intake.identity.persons import NOTHING_WEIGHED, Weighed, weigh_persons
from panhuo.engines.intake.identity.policy import IdentityPolicy
from panhuo.engines.intake.identity.records import contradicting_names, gather, make_cards
from panhuo.kernel.findings import Outcome


def link_debtors(people: pl.DataFrame, *, policy: IdentityPolicy, seed: int) -> Outcome[Identity]:
    """Who is who on a tape.

    people: one row an account, columns of ``kernel.frames.DEBTOR`` plus ``debtor_kind``; those absent count as null. ``id_no`` is
    valid or null. The same rows in any order, with the same policy and seed, give the same identity, byte for byte.
    Findings (warn): IDENTITY_NAME_CONFLICT, IDENTITY_LINK_REFUSED. Raises ValueError for a missing or repeated account_id and
    InputUnusable when the memory the policy allows does not suffice.
    """
    rows = gather(people)
    gaps = rows.filter(~pl.col("firm") & pl.col("id_no").is_null()).height > 0
    weighed = weigh_persons(make_cards(rows, policy=policy), policy=policy, seed=seed) if gaps else NOTHING_WEIGHED
    links = Links(
        pl.concat([_joins(weighed, policy), link_firms(rows, policy=policy)]),
        weighed.pairs.filter(pl.col("evidence") <= policy.contradiction_weight).select("l", "r", "weight"),
        contradicting_names(rows),
    )
    return assemble(rows, links, policy=policy, report=weighed.report)


def _joins(weighed: Weighed, policy: IdentityPolicy) -> pl.DataFrame:
    """The pairs worth keeping, in the columns of links: ``reason`` empty for those that join by themselves."""
    kept = weighed.pairs.filter(pl.col("weight") >= weight_of(policy.review_probability))
    certain = pl.col("weight") >= weight_of(policy.accept_probability)
    namesake = pl.col("name").is_in([BY_NAME["name"].codes.index(code) for code in SAME_NAME])
    held = pl.when(namesake).then(pl.lit("name_only")).otherwise(pl.lit("relative"))
    reason = pl.when(~certain).then(pl.lit("uncertain")).when("held").then(held).otherwise(pl.lit(""))
    return kept.select("l", "r", "weight", reason=reason, agreed=_said(kept, agreeing=True), differed=_said(kept, agreeing=False))


def _said(pairs: pl.DataFrame, *, agreeing: bool) -> pl.Expr:
    """``name:exact;phone:cross`` of the comparisons that spoke: those that fell in the last level differ, the others agree."""
    parts = []
    for c in COMPARISONS:
        if c.name not in pairs.columns:
            continue
        last = len(c.levels) - 1
        spoke = (pl.col(c.name) >= 0) & ((pl.col(c.name) < last) if agreeing else (pl.col(c.name) == last))
        code = pl.col(c.name).replace_strict(list(range(last + 1)), [f"{c.name}:{code}" for code in c.codes], default=None, return_dtype=pl.String)
        parts.append(pl.when(spoke).then(code))
    return pl.concat_str(parts, separator=";", ignore_nulls=True) if parts else pl.lit("")
