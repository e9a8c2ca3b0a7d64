"""From the tape's people to cards: one standardised record each, with the keys that blocking and comparing read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from panhuo.engines.intake.identity import standardise as s
from panhuo.engines.intake.identity.comparisons import FREQUENCIES
from panhuo.engines.intake.identity.policy import IdentityPolicy
from panhuo.kernel.frames import DEBTOR

COMPARED = (
    "account_id",
    "debtor_kind",
    "debtor_no",
    "name",
    "id_no",
    "birth_date",
    "phone",
    "phone2",
    "landline",
    "email",
    "address",
    "employer",
    "bank_card",
)
_VALUES = ("name", "birth", "phone", "phone2", "landline", "address", "employer", "email", "card", "customer")


def gather(people: pl.DataFrame) -> pl.DataFrame:
    """The columns of interest by account, each account once, plus ``n`` (row number), ``firm`` and ``anchor``.

    anchor: smallest row number with the same valid identity number and kind; null without a number.
    Raises ValueError for a missing or repeated account_id: that is a fault of the code that made the frame.
    """
    if "account_id" not in people.columns or people["account_id"].null_count():
        raise ValueError("people must have an account_id on every row")
    wanted = {c: DEBTOR[c].dtype if c != "debtor_kind" else pl.String() for c in COMPARED}
    given = {c: pl.col(c) if c in people.columns and people.schema[c] != pl.Null else pl.lit(None) for c in COMPARED}
    frame = people.select(given[c].cast(wanted[c]).alias(c) for c in COMPARED).sort("account_id")
    if (frame["account_id"] == frame["account_id"].shift(1)).any():
        raise ValueError("account_id must be unique in people")
    frame = frame.with_columns(_in_row_order(column) for column in frame if column.dtype == pl.String)
    firm = (pl.col("debtor_kind") == "firm").fill_null(False)
    frame = frame.with_row_index("n").with_columns(firm=firm, id_no=pl.when(pl.col("id_no") != "").then("id_no"))
    smallest = pl.col("n").first().over("id_no", "firm")  # rows stand in the order of n
    return frame.with_columns(anchor=pl.when(pl.col("id_no").is_not_null()).then(smallest))


def _in_row_order(text: pl.Series) -> pl.Series:
    """The same column, its letters laid out row by row: sorting moves what points to them only, and each later look at letters that lie
    all over memory takes three times as long."""
    return pl.Series(text.name, text.to_arrow(compat_level=pl.CompatLevel.oldest()))


@dataclass(frozen=True, slots=True)
class Cards:
    """``table``: a card each, by ``n``. ``card_of``: (rows with an identity number) ``n`` and the ``card`` that stands for it.

    purity: share of pairs with one customer number, both with identity numbers, whose identity numbers agree; null where
    the tape cannot tell.
    """

    table: pl.DataFrame
    card_of: pl.DataFrame
    purity: float | None


def make_cards(people: pl.DataFrame, *, policy: IdentityPolicy) -> Cards:
    """Cards of the natural persons among ``people`` (as :func:`gather` gives them).

    Records of one identity number that agree in everything share a card. The customer number is left out unless the rows
    with identity numbers show it to be one debtor's (``customer_number_purity``).
    """
    rows = people.filter(~pl.col("firm"))
    customer = s.plain(rows["debtor_no"])
    purity = _purity(customer, rows["id_no"])
    trusted = purity is not None and purity >= policy.customer_number_purity
    # polars lets go of the interpreter while it works, so two columns at a time keep two cores busy
    with ThreadPoolExecutor(2) as pool:
        names = pool.submit(_names, rows["name"])
        places = pool.submit(_places, rows["address"])
        employers = pool.submit(s.employer, rows["employer"])
        calls = [pool.submit(s.phone, rows[c]) for c in ("phone", "phone2", "landline")]
    frame = rows.select(
        "n",
        "anchor",
        bare=pl.col("id_no").is_null(),
        birth=s.birth(rows["birth_date"], rows["id_no"]),
        customer=customer if trusted else pl.lit(None, dtype=pl.String),
        employer=employers.result(),
        email=s.plain(rows["email"]),
        card=s.plain(rows["bank_card"]),
    ).with_columns(*names.result(), *places.result(), *(call.result() for call in calls))
    known = frame.filter(~pl.col("bare"))
    # only a number met on several rows can have rows that share a card
    several = known.filter(pl.col("anchor").is_duplicated())
    several = several.select("n", card=pl.col("n").first().over(pl.struct("anchor", *_VALUES).hash(seed=3)))
    again = several.filter(pl.col("n") != pl.col("card"))
    card_of = (
        known.select("n", "anchor").join(several, on="n", how="left", maintain_order="left").with_columns(pl.coalesce("card", "n").alias("card"))
    )
    table = frame.filter(~pl.col("n").is_in(again["n"].implode()))
    return Cards(table, card_of, purity)


def contradicting_names(people: pl.DataFrame) -> pl.DataFrame:
    """Pairs of rows (l, r) with one identity number and names that no slip of ear or pen explains."""
    written = people.filter(~pl.col("firm") & pl.col("anchor").is_not_null() & pl.col("name").is_not_null()).select("n", "anchor", "name")
    written = written.filter(pl.col("anchor").is_duplicated()).filter(pl.col("name").n_unique().over("anchor") > 1)
    several = written.drop("name").with_columns(_names(written["name"])).filter(pl.col("name").is_not_null())
    several = several.unique(["anchor", "name"], keep="first", maintain_order=True)
    first = several.unique("anchor", keep="first", maintain_order=True)
    pairs = several.join(first, on="anchor", suffix="_first").filter(pl.col("n") != pl.col("n_first"))
    length = pl.col("name").str.len_chars()
    places = pl.sum_horizontal(*((pl.col("name").str.slice(k, 1) == pl.col("name_first").str.slice(k, 1)) & (length > k) for k in range(4)))
    one_differs = (length >= 3) & (length == pl.col("name_first").str.len_chars()) & (places >= length.cast(pl.Int64) - 1)
    dropped = (pl.col("surname") == pl.col("surname_first")) & (
        pl.col("given").str.contains(pl.col("given_first"), literal=True) | pl.col("given_first").str.contains(pl.col("given"), literal=True)
    )
    explained = (pl.col("sound") == pl.col("sound_first")) | one_differs | dropped
    return pairs.filter(~explained.fill_null(False)).select(l="n_first", r="n").sort("l", "r")


def _names(names: pl.Series) -> pl.DataFrame:
    """Columns name, surname, given, pinyin, sound and han; worked out once for each distinct name."""
    distinct = names.unique().drop_nulls()
    name = s.person_name(distinct)
    spelt = s.pinyin(name)
    table = pl.DataFrame(
        {
            "raw": distinct,
            "name": name,
            "surname": s.surname(name),
            "given": s.given(name),
            "pinyin": spelt,
            "sound": s.sound(spelt),
            "han": s.is_han(name),
        }
    )
    return names.alias("raw").to_frame().join(table, on="raw", how="left", maintain_order="left").drop("raw")


def _places(addresses: pl.Series) -> pl.DataFrame:
    """Columns address, district, city and door."""
    place = s.address(addresses)
    return pl.DataFrame({"address": place, "district": s.district(place), "city": s.city(place), "door": s.door(place)})


def _purity(customer: pl.Series, id_no: pl.Series) -> float | None:
    """Share of pairs with the same customer number, both with identity numbers, whose identity numbers agree."""
    frame = pl.DataFrame({"customer": customer, "id_no": id_no}).drop_nulls()
    within = frame.group_by("customer", "id_no").len()
    pairs = pl.col("len").cast(pl.Int64) * (pl.col("len").cast(pl.Int64) - 1) // 2
    agreeing = within.select(pairs.sum()).item()
    every = within.group_by("customer").agg(pl.col("len").sum()).select(pairs.sum()).item()
    return float(agreeing) / float(every) if every and every >= 50 else None


def strangers(table: pl.DataFrame) -> pl.DataFrame:
    """Cards of people who are, as far as the eye can see, all different: one a number, and of records without one those that sound
    the same and have the same birth date or phone as another count once."""
    one_each = table.filter(pl.col("bare") | (pl.col("n") == pl.col("anchor")))  # the first row of a number always has a card of its own
    for key in ("birth", "phone"):
        known = pl.col("sound").is_not_null() & pl.col(key).is_not_null()
        look = one_each.select("n", "bare", look=pl.when(known).then(pl.struct("sound", key).hash(seed=5))).drop_nulls()
        bare = look.filter("bare")
        numbered = look.filter(~pl.col("bare"))["look"].unique().implode()
        again = bare.filter(pl.col("look").is_in(numbered) | ~pl.col("look").is_first_distinct())
        one_each = one_each.join(again, on="n", how="anti", maintain_order="left")
    return one_each


def add_frequencies(
    subset: pl.DataFrame, everyone: pl.DataFrame, *, extra: float, prior: dict[str, float], least: dict[str, float]
) -> tuple[pl.DataFrame, dict[str, float]]:
    """``subset`` with ``tf_<column>``: how common each of its values is among ``everyone`` (people that differ); and the chance, by column,
    that two people agree exactly.

    The two records that agree are left out of the count: how common the value is must be told by the others. What the prior says of
    chance agreement is added as if ``extra`` people more had been seen: on a tape of ten rows a name met twice is not "one name in
    five". A value that nobody else has is as rare as one not yet met: of those there are about N1^2 / (2 N2), with N1 / N of the mass
    (Chao 1984; Good 1953), so none is taken to be rarer than 2 N2 / (N N1).
    """
    chance: dict[str, float] = {}
    for column in FREQUENCIES:
        counted = everyone.select(h=pl.col(column).drop_nulls().hash(seed=9)).group_by("h").agg(c=pl.len().cast(pl.Float64))
        people = float(counted["c"].sum() or 0.0)
        once, twice = float((counted["c"] == 1).sum()), float((counted["c"] == 2).sum())
        unseen = 2.0 * twice / (people * once) if once and people > extra else 0.0
        tf = (((pl.col("c").fill_null(0.0) - 2.0).clip(0.0) + extra * prior[column]) / (people + extra)).clip(max(least[column], unseen), 1.0)
        joined = subset.with_columns(h=pl.col(column).hash(seed=9)).join(counted, on="h", how="left", maintain_order="left")
        subset = joined.with_columns(pl.when(pl.col(column).is_not_null()).then(tf).alias(f"tf_{column}")).drop("h", "c")
        pairs = extra * extra / 2
        agreeing = float((counted["c"] * (counted["c"] - 1) / 2).sum() or 0.0)
        chance[column] = (agreeing + pairs * prior[column]) / (people * max(people - 1, 0) / 2 + pairs)
    return subset, chance
