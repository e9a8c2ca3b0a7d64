"""What is printed of debtors: names, identity numbers, phones, addresses, employers, guarantors; and how a second loan misprints them.

A further loan of a debtor repeats what the first one says, with the noise of real files: ID left out, a sound-alike character in the
name, a new phone, the address moved or written another way, another employer. All of it is valid cell by cell, so a clean tape stays clean, and
only the truth says which rows are one person's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from panhuo.engines.intake.synthesis import digits
from panhuo.engines.intake.synthesis.debtors import Debtors
from panhuo.engines.intake.synthesis.draws import Draws, Flags, Floats, Ints, gather, keep, place
from panhuo.engines.intake.synthesis.loans import GUARANTEES, Days, Loans
from panhuo.engines.intake.synthesis.tables import GivenNames, behaviour, names, regions, word_lists
from panhuo.kernel.randomness import stream

_SLOTS, _SLOTS_PER_CHUNK = 500, 10
_PHONES = 100_000_000


@dataclass(frozen=True, slots=True)
class People:
    """Text columns, one entry a row; null where the tape is silent."""

    name: pl.Series
    id_no: pl.Series
    phone: pl.Series
    address: pl.Series
    employer: pl.Series
    guarantor_name: pl.Series


def draw_people(draws: Draws, debtors: Debtors, loans: Loans) -> People:
    noise = behaviour().identity
    first, again = debtors.first, debtors.again
    male = draws.chance("male", 0.62)[first]
    home = draws.pick("city", _city_weights())[first]
    moved = again & draws.chance("address moved", noise.address_moved)
    household = draws.chance("household", noise.household) & (np.arange(draws.rows) > 0)
    neighbour = np.where(household, (draws.uniform("with whom") * np.arange(draws.rows)).astype(np.int64), np.arange(draws.rows))
    door = np.where(moved, np.arange(draws.rows), neighbour[first])
    home = np.where(debtors.firm, home, home[neighbour[first]])
    company = _companies(draws, home)
    renamed = again & draws.chance("homophone", noise.homophone)
    person = _person_names(draws, "name", male, loans.birth, first, renamed)
    has_id = ~draws.chance("id missing", np.where(again, noise.id_missing_again, noise.id_missing))
    ids = _resident_ids(draws, debtors, home, male, loans.birth)
    credit = digits.credit_codes(_city_codes()[home] // 10_000, 1 + first % 99, _scramble(draws, first, "firm"))
    firm = pl.Series(debtors.firm)
    return People(
        name=pl.select(pl.when(firm).then(company.gather(first)).otherwise(person)).to_series(),
        id_no=keep(pl.select(pl.when(firm).then(credit).otherwise(ids)).to_series(), has_id | debtors.firm),
        phone=_phones(draws, debtors, household, neighbour),
        address=_addresses(draws, home, door, again),
        employer=_employers(draws, debtors, company),
        guarantor_name=_guarantors(draws, loans),
    )


@cache
def _cities() -> pl.DataFrame:
    rows = [
        (province.name, province.short, city.name, int(city.code), province.weight * (3.0 if k == 0 else 1.0) / (len(province.cities) + 2.0))
        for province in regions().provinces
        for k, city in enumerate(province.cities)
    ]
    return pl.DataFrame(rows, schema=["province", "short", "city", "code", "weight"], orient="row")


@cache
def _city_codes() -> Ints:
    return _cities()["code"].to_numpy().astype(np.int64)


@cache
def _city_weights() -> Floats:
    weights: Floats = _cities()["weight"].to_numpy()
    return weights


@cache
def _districts() -> tuple[pl.Series, Ints, Ints]:
    """All districts in one column; for each city where its own begin and how many there are."""
    lists = [city.districts for province in regions().provinces for city in province.cities]
    counts = np.array([len(one) for one in lists], dtype=np.int64)
    return pl.Series([name for one in lists for name in one]), np.cumsum(counts) - counts, counts


@cache
def _given_names() -> tuple[pl.Series, pl.Series, Floats, Ints]:
    """Every given name, its sound-alike (or itself), cumulative chance within its group, and where the groups begin.

    Groups: generation x gender (female, male).
    """
    alike = {one: group[(k + 1) % len(group)] for group in names().homophones for k, one in enumerate(group)}
    given: list[str] = []
    chances: list[Floats] = []
    starts = [0]
    for generation in names().generations:
        for source in (generation.female, generation.male):
            words, weights = _combined(source)
            given.extend(words)
            chances.append(weights / weights.sum())
            starts.append(len(given))
    variants = [_with_homophone(name, alike) for name in given]
    # one rising column for all groups: group g occupies (g, g + 1]
    edges = np.concatenate([np.minimum(np.cumsum(c), 1.0) + g for g, c in enumerate(chances)])
    return pl.Series(given), pl.Series(variants), edges, np.array(starts, dtype=np.int64)


def _combined(source: GivenNames) -> tuple[list[str], Floats]:
    def falling(size: int) -> Floats:
        weights = 1.0 / (3.0 + np.arange(size))
        falls: Floats = weights / weights.sum()
        return falls

    single = falling(len(source.single)) * source.single_share
    double = np.outer(falling(len(source.first)), falling(len(source.second))) * (1.0 - source.single_share)
    words = [*source.single, *(a + b for a in source.first for b in source.second)]
    return words, np.concatenate([single, double.ravel()])


def _with_homophone(name: str, alike: dict[str, str]) -> str:
    for k in range(len(name) - 1, -1, -1):
        if name[k] in alike:
            return name[:k] + alike[name[k]] + name[k + 1 :]
    return name


def _person_names(draws: Draws, what: str, male: Flags, birth: Days, first: Ints, renamed: Flags) -> pl.Series:
    """Surname and given name of each row's debtor, with the sound-alike given name where ``renamed``."""
    surnames = names().surnames
    given, variants, edges, starts = _given_names()
    year = birth.astype("datetime64[Y]").astype(np.int64) + 1970
    generation = np.searchsorted([g.until for g in names().generations[:-1]], year, side="left")
    group = 2 * generation + male
    position = np.searchsorted(edges, group + draws.uniform(f"{what} given")[first], side="right")
    position = np.minimum(position, starts[group + 1] - 1)
    both = pl.concat([given, variants])
    return gather(list(surnames), place(draws.uniform(f"{what} surname")[first], list(surnames.values()))) + gather(
        both, position + np.where(renamed, len(given), 0)
    )


def _guarantors(draws: Draws, loans: Loans) -> pl.Series:
    """A person's name where the loan is guaranteed."""
    guaranteed = np.isin(loans.guarantee, [GUARANTEES.index("guarantee"), GUARANTEES.index("mixed")])
    row = np.arange(draws.rows)
    male = draws.chance("guarantor male", 0.5)
    return keep(_person_names(draws, "guarantor", male, loans.birth, row, np.zeros(draws.rows, dtype=np.bool_)), guaranteed)


def _resident_ids(draws: Draws, debtors: Debtors, home: Ints, male: Flags, birth: Days) -> pl.Series:
    """One number a debtor, no two alike: a clash moves the later debtor's birth a day back.

    The 500 sequence numbers a city has for one gender and day are shared out among chunks, ten each, so that 50 chunks (12.5 million
    rows) cannot clash with one another.
    """
    slot = (draws.chunk % (_SLOTS // _SLOTS_PER_CHUNK)) * _SLOTS_PER_CHUNK + draws.integer("id slot", _SLOTS_PER_CHUNK)
    sequence = 2 * slot + male
    day = birth.astype("datetime64[D]").astype(np.int64)
    own = np.flatnonzero((debtors.first == np.arange(draws.rows)) & ~debtors.firm)
    cell = home[own] * 1000 + sequence[own]
    days = day[own]
    while True:
        _, kept = np.unique(cell * 100_000 + days + 50_000, return_index=True)
        clash = np.ones(own.size, dtype=np.bool_)
        clash[kept] = False
        if not clash.any():
            break
        days[clash] -= 1
    day[own] = days
    first = debtors.first
    return digits.resident_ids(_city_codes()[home], day[first].astype("datetime64[D]"), sequence[first])


def _scramble(draws: Draws, row: Ints, what: str) -> Ints:
    """A number below 100 million for each row of the tape, no two rows the same (up to 100 million rows)."""
    factor, shift = stream(draws.seed, what).integers(10_000_000, 90_000_000, size=2)
    factor = factor - factor % 10 + 3  # prime to 2 and 5, so multiplying permutes
    number: Ints = ((draws.start + row) % _PHONES * int(factor) + int(shift)) % _PHONES
    return number


def _phones(draws: Draws, debtors: Debtors, household: Flags, neighbour: Ints) -> pl.Series:
    """A debtor's number is that of his first row; a changed one that of the row itself; some households share one."""
    noise = behaviour().identity
    shared = household & draws.chance("household phone", noise.household_phone)
    owner = np.where(shared, neighbour, np.arange(draws.rows))[debtors.first]
    changed = debtors.again & draws.chance("phone changed", noise.phone_changed)
    owner = np.where(changed, np.arange(draws.rows), owner)
    return keep(digits.phones(_scramble(draws, owner, "phone")), ~draws.chance("phone missing", noise.phone_missing))


def _invented(draws: Draws, what: str) -> pl.Series:
    """An invented two-character word a row."""
    words = word_lists()
    pairs = pl.Series([head + tail for head in words.heads for tail in words.tails])
    return gather(pairs, draws.integer(what, len(pairs)))


def _companies(draws: Draws, home: Ints) -> pl.Series:
    """A firm's name a row: place, invented word, trade, legal form."""
    words = word_lists()
    places = [row["city"].removesuffix("市") or row["short"] for row in _cities().iter_rows(named=True)]
    endings = pl.Series([trade + form for trade in words.trades for form in words.forms])
    trade = draws.integer("trade", len(words.trades))
    form = draws.pick("legal form", list(words.forms.values()))
    return gather(places, home) + _invented(draws, "company") + gather(endings, trade * len(words.forms) + form)


def _employers(draws: Draws, debtors: Debtors, company: pl.Series) -> pl.Series:
    noise, words = behaviour().identity, word_lists()
    source = np.where(debtors.again & draws.chance("employer changed", noise.employer_changed), np.arange(draws.rows), debtors.first)
    own = pl.Series(draws.chance("own account", words.own_account_share)[source])
    account = gather(words.own_account, draws.integer("own account kind", len(words.own_account))[source])
    employer = pl.select(pl.when(own).then(account).otherwise(company.gather(source))).to_series()
    return keep(employer, ~draws.chance("employer missing", noise.employer_missing) & ~debtors.firm)


def _addresses(draws: Draws, home: Ints, door: Ints, again: Flags) -> pl.Series:
    """Real province, city and district; invented road and estate. ``door``: the row whose street and number count."""
    words, noise = word_lists(), behaviour().identity
    cities, (districts, starts, counts) = _cities(), _districts()
    rewritten = again & draws.chance("address rewritten", noise.address_rewritten)
    forms = [form.weight for form in words.address_forms]
    form = np.where(rewritten, draws.pick("address form again", forms), draws.pick("address form", forms)[door])
    blank = [""] * len(cities)
    prefixes = {"full": cities["province"].to_list(), "short": cities["short"].to_list(), "none": blank}
    province = pl.Series([text for one in words.address_forms for text in prefixes[one.province]])
    # a municipality is its own province: left out, the district alone would not say where
    bare = [name or province_name for name, province_name in zip(cities["city"], cities["province"], strict=True)]
    city = pl.Series([text for one in words.address_forms for text in (bare if one.province == "none" else cities["city"].to_list())])
    place_at = form * len(cities) + home
    district = starts[home] + (draws.uniform("district")[door] * counts[home]).astype(np.int64)
    roads = pl.Series([f"{road}{number}号" for road in words.roads for number in range(1, 400)])
    estates = pl.Series([f"{estate}{number}{one.building}" for one in words.address_forms for estate in words.estates for number in range(1, 41)])
    flats = pl.Series([f"{floor}{flat:02d}{one.flat}" for one in words.address_forms for floor in range(1, 33) for flat in range(1, 5)])
    building = draws.integer("building", len(words.estates) * 40)[door]
    flat = draws.integer("flat", 128)[door]
    address = (
        province.gather(place_at)
        + city.gather(place_at)
        + districts.gather(district)
        + _invented(draws, "road").gather(door)
        + roads.gather(draws.integer("road number", len(roads))[door])
        + _invented(draws, "estate").gather(door)
        + estates.gather(form * (len(words.estates) * 40) + building)
        + flats.gather(form * 128 + flat)
    )
    return keep(address, ~draws.chance("address missing", noise.address_missing))
