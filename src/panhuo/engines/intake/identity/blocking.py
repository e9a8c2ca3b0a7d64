"""Which pairs are compared at all: those that share a key, as long as not too many share it.

Comparing everyone with everyone is 5e11 pairs on a million rows. Two records of one debtor nearly always share something
exactly: a phone, a birth date, a name in one district, a house. Only pairs with at least one record that has no identity
number are of interest (two records with numbers are settled by the numbers), so a rule's cost is what those records ask for:
with b bare records and a others under one key, b(b-1)/2 + ba pairs. A key that asks for more than ``max_block_pairs`` is
passed over (the name 张伟 alone says nothing; with a birth date or a district it is another, smaller key), and a rule that
would still ask for more than its part of ``max_pairs`` loses its commonest keys first. Loose rules (a part of the name and a
district) get a quarter of the one and, of the other, one pair for every two bare records: on a million
rows the rest found one debtor in two hundred thousand. What was passed over is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from panhuo.kernel.words import Words


@dataclass(frozen=True, slots=True)
class BlockingRule:
    """Records agreeing on all ``columns`` are compared. Two columns have any number of values: ``phones`` and ``words`` (surname and
    given name, or the words of a Latin name); a rule has at most one of them.

    ``loose``: the key says little (a surname and a district), so fewer pairs are spent on it.
    """

    name: str
    columns: tuple[str, ...]
    words: Words
    loose: bool = False


RULES: tuple[BlockingRule, ...] = (
    BlockingRule("phone", ("phones",), Words("任一电话相同", "any phone")),
    BlockingRule("email", ("email",), Words("邮箱相同", "e-mail")),
    BlockingRule("card", ("card",), Words("卡号相同", "card")),
    BlockingRule("customer", ("customer",), Words("客户号相同", "customer number")),
    BlockingRule("birth_word", ("words", "birth"), Words("出生日期与姓或名相同", "birth date and a part of the name")),
    BlockingRule("sound_birth_year", ("sound", "birth_year"), Words("读音与出生年相同", "sound of name and birth year")),
    BlockingRule("sound_district", ("sound", "district"), Words("读音与区县相同", "sound of name and district")),
    BlockingRule("sound_city", ("sound", "city"), Words("读音与城市相同", "sound of name and city")),
    BlockingRule("sound_employer", ("sound", "employer"), Words("读音与单位相同", "sound of name and employer")),
    BlockingRule("sound_phone_head", ("sound", "phone_head"), Words("读音与号码前七位相同", "sound of name and first seven digits")),
    BlockingRule("name", ("name",), Words("姓名相同", "name"), loose=True),
    BlockingRule("birth", ("birth",), Words("出生日期相同", "birth date"), loose=True),
    BlockingRule("word_phone_tail", ("words", "phone_tail"), Words("姓或名与号码后四位相同", "a part of the name and last four digits")),
    BlockingRule("word_birth_month", ("words", "birth_month"), Words("姓或名与出生年月相同", "a part of the name and month of birth"), loose=True),
    BlockingRule("word_birth_day", ("words", "birth_day"), Words("姓或名与出生月日相同", "a part of the name and day of birth"), loose=True),
    BlockingRule("word_birth_year", ("words", "birth_year"), Words("姓或名与出生年相同", "a part of the name and year of birth"), loose=True),
    BlockingRule("word_door", ("words", "door"), Words("姓或名与门牌相同", "a part of the name and house"), loose=True),
    BlockingRule("word_district", ("words", "district"), Words("姓或名与区县相同", "a part of the name and district"), loose=True),
    BlockingRule("word_employer", ("words", "employer"), Words("姓或名与单位相同", "a part of the name and employer"), loose=True),
    BlockingRule("door_district", ("door", "district"), Words("门牌与区县相同", "house and district"), loose=True),
    BlockingRule("address", ("address",), Words("地址相同", "address"), loose=True),
    BlockingRule("word", ("words",), Words("姓或名相同", "a part of the name"), loose=True),
)


@dataclass(frozen=True, slots=True)
class Blocks:
    """``pairs``: ``l`` and ``r`` row numbers, each pair once, l < r. ``report``: one row a rule."""

    pairs: pl.DataFrame
    report: pl.DataFrame


LOOSE_PAIRS = 20_000


def block(cards: pl.DataFrame, *, max_pairs: int, max_block_pairs: int) -> Blocks:
    """Pairs to compare among ``cards`` (row ``n``, ``bare`` true where there is no identity number, and the key columns)."""
    found, rows, left = [], [], max_pairs
    parts, numbers = _parts(cards), cards["n"]
    few = min(max_pairs // 16, max(LOOSE_PAIRS, int(cards["bare"].sum()) // 2))
    for rule in RULES:
        share, cap = (few, max_block_pairs // 4) if rule.loose else (max_pairs // 4, max_block_pairs)
        pairs, record = _apply(rule, _keys(rule, parts, cards["bare"]), budget=min(left, share), cap=cap)
        left -= pairs.height
        found.append(pairs)
        rows.append(record)
    report = pl.DataFrame(
        rows, schema={"rule": pl.String, "pairs": pl.Int64, "passed_over": pl.Int64, "pairs_passed_over": pl.Int64, "cap": pl.Int64}
    )
    pairs = pl.concat(found).unique().sort("l", "r")  # positions ascend as row numbers do
    return Blocks(pl.DataFrame({side: numbers.gather(pairs[side]) for side in ("l", "r")}), report)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Key columns as hashes. ``single``: one a card, null where it has none. ``several``: frames of ``i`` (position of the card) and ``h``.

    A seed for each column lets the hashes of two columns be joined by XOR.
    """

    single: pl.DataFrame
    several: dict[str, pl.DataFrame]


def _parts(cards: pl.DataFrame) -> _Parts:
    born, phone = pl.col("birth"), pl.col("phone")
    mobile = pl.when(phone.str.len_chars() == 11).then(phone)
    columns = {c: pl.col(c) for c in ("email", "card", "customer", "birth", "sound", "name", "district", "city", "employer", "door", "address")}
    columns |= {
        "birth_year": born.str.slice(0, 4),
        "birth_month": born.str.slice(0, 6),
        "birth_day": born.str.slice(4),
        "phone_head": mobile.str.slice(0, 7),
        "phone_tail": mobile.str.slice(7),
    }
    single = cards.select(pl.when(column.is_not_null()).then(column.hash(seed=100 + k)).alias(c) for k, (c, column) in enumerate(columns.items()))
    han = pl.col("han").fill_null(False)
    latin = _valued(cards, pl.when(~han).then("name")).select("i", pl.col("v").str.split(" ").list.unique()).explode("v")
    # each value once a card, or its key would seem to have more cards than it has
    given = pl.when(han & pl.col("given").ne_missing(pl.col("surname"))).then("given")
    phone2 = pl.when(pl.col("phone2").ne_missing(pl.col("phone"))).then("phone2")
    landline = pl.when(pl.col("landline").ne_missing(pl.col("phone")) & pl.col("landline").ne_missing(pl.col("phone2"))).then("landline")
    listed = {
        "phones": pl.concat([_valued(cards, column) for column in (pl.col("phone"), phone2, landline)]),
        "words": pl.concat([_valued(cards, pl.when(han).then("surname")), _valued(cards, given), latin]),
    }
    return _Parts(single, {c: frame.select("i", h=pl.col("v").hash(seed=k)) for k, (c, frame) in enumerate(listed.items())})


def _valued(cards: pl.DataFrame, column: pl.Expr) -> pl.DataFrame:
    return cards.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("i"), column.alias("v")).drop_nulls()


def _keys(rule: BlockingRule, parts: _Parts, bare: pl.Series) -> pl.DataFrame:
    """``i``, ``bare`` and ``key`` of the cards whose key some card without a number has."""
    columns = [parts.single[c] for c in rule.columns if c in parts.single.columns]
    if rule.columns[0] in parts.several:
        several = parts.several[rule.columns[0]]
        columns = [column.gather(several["i"]) for column in columns] + [several["h"]]
        position, known = several["i"], bare.gather(several["i"])
    else:
        position, known = pl.Series("i", range(len(bare)), dtype=pl.UInt32), bare
    key = columns[0]
    for column in columns[1:]:
        key = key ^ column
    wanted = key.filter(known).drop_nulls().unique()
    return pl.DataFrame({"i": position, "key": key, "bare": known}).filter(pl.col("key").is_in(wanted.implode()))


def _apply(rule: BlockingRule, keys: pl.DataFrame, *, budget: int, cap: int) -> tuple[pl.DataFrame, dict[str, object]]:
    b, a = pl.col("bare").sum().cast(pl.Int64), pl.len().cast(pl.Int64) - pl.col("bare").sum().cast(pl.Int64)
    sizes = keys.group_by("key").agg((b * (b - 1) // 2 + b * a).alias("cost")).filter(pl.col("cost") > 0)
    # the keys kept are those of least cost; ties at the limit fall together, so that the choice does not depend on order
    costs = sizes.group_by("cost").agg(pl.col("cost").sum().alias("together")).sort("cost").with_columns(pl.col("together").cum_sum())
    within = costs.filter((pl.col("cost") <= cap) & (pl.col("together") <= budget))
    limit = max(within["cost"].to_list(), default=0)
    over = sizes.filter(pl.col("cost") > limit)
    chosen = keys.join(sizes.filter(pl.col("cost") <= limit).select("key"), on="key", how="semi")
    left = chosen.filter("bare").select("key", x="i")
    joined = left.join(chosen.select("key", "bare", y="i"), on="key").filter(
        (pl.col("x") < pl.col("y")) | ((pl.col("x") != pl.col("y")) & ~pl.col("bare"))
    )
    pairs = joined.select(l=pl.min_horizontal("x", "y"), r=pl.max_horizontal("x", "y")).unique()
    record = {
        "rule": rule.name,
        "pairs": pairs.height,
        "passed_over": over.height,
        "pairs_passed_over": int(over["cost"].sum()),
        "cap": limit if over.height else cap,
    }
    return pairs, record
