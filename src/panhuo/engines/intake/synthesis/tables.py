"""The data behind a synthetic tape: names, places, products, behaviour and faults, read strictly from the YAML files beside this one."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal, TypeVar

import pydantic

from panhuo.kernel.documents import Document, load

Weights = dict[str, float]
Pair = tuple[float, float]
D = TypeVar("D", bound=Document)


class GivenNames(Document):
    single_share: float = pydantic.Field(ge=0.0, le=1.0)
    single: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]


class Generation(Document):
    until: int
    male: GivenNames
    female: GivenNames


class Names(Document):
    surnames: Weights
    generations: tuple[Generation, ...]
    homophones: tuple[tuple[str, ...], ...]


class City(Document):
    """``code``: prefecture-level, so that no resident ID carries it. ``name``: empty for a municipality under the central government."""

    code: str = pydantic.Field(pattern=r"^\d{4}00$")
    name: str
    districts: tuple[str, ...] = pydantic.Field(min_length=1)


class Province(Document):
    name: str
    short: str
    weight: float = pydantic.Field(gt=0.0)
    cities: tuple[City, ...] = pydantic.Field(min_length=1)


class Regions(Document):
    provinces: tuple[Province, ...]


class AddressForm(Document):
    weight: float
    province: Literal["full", "short", "none"]
    building: str
    flat: str


class WordLists(Document):
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    roads: tuple[str, ...]
    estates: tuple[str, ...]
    trades: tuple[str, ...]
    forms: Weights
    own_account: tuple[str, ...]
    own_account_share: float
    address_forms: tuple[AddressForm, ...]


class Product(Document):
    weight: float
    firm_weight: float = 0.0
    tilt: float
    principal: Pair
    rate: Pair
    step: float
    form: Literal["amortising", "bullet", "revolving"]
    terms: dict[int, float]
    age: Pair
    clause: float
    guarantee: Weights
    collateral: Weights = pydantic.Field(default_factory=dict)
    pledge: Weights = pydantic.Field(default_factory=dict)
    loan_to_value: Pair = (0.5, 0.5)


class Lender(Document):
    name: str
    code: str = pydantic.Field(pattern=r"^[A-Z]{2}$")
    products: Weights


class Products(Document):
    products: dict[str, Product]
    firm_share: float
    lenders: tuple[Lender, ...]


class Stage(Document):
    through: int
    recovery: float = pydantic.Field(gt=0.0, lt=1.0)
    whole: float = pydantic.Field(ge=0.0, le=1.0)
    spread: float
    source: str
    certainty: str = "house"


class Ages(Document):
    weights: tuple[float, ...] = pydantic.Field(min_length=13, max_length=13)
    tail_weight: float
    tail_decay: float


class Lost(Document):
    shares: tuple[float, ...] = pydantic.Field(min_length=13, max_length=13)
    past_12: float
    on_willingness: float = pydantic.Field(ge=0.0, lt=1.0)


class IdentityNoise(Document):
    again_share: float
    id_missing: float
    id_missing_again: float
    homophone: float
    phone_changed: float
    address_moved: float
    address_rewritten: float
    employer_changed: float
    phone_missing: float
    address_missing: float
    employer_missing: float
    income_missing: float
    household: float
    household_phone: float
    id_mistyped: float


class Exclusions(Document):
    person: Weights
    firm: Weights


class Behaviour(Document):
    stages: tuple[Stage, ...]
    part_paid: Pair
    ages: Ages
    lost: Lost
    third_party_share: float
    unknown_share: float
    identity: IdentityNoise
    exclusions: Exclusions


class Fault(Document):
    """One kind of dirt: where it may fall and what cleaning must at least do about it."""

    columns: tuple[str, ...] = pydantic.Field(min_length=1)
    expected: Literal["reject", "warn", "repaired"]
    weight: float = pydantic.Field(ge=0.0)
    zh: str


class Faults(Document):
    faults: dict[str, Fault]


def _read(name: str, model: type[D]) -> D:
    with resources.as_file(resources.files(__package__) / "data" / name) as path:
        return load(path, model)


@cache
def names() -> Names:
    return _read("names.yaml", Names)


@cache
def regions() -> Regions:
    return _read("regions.yaml", Regions)


@cache
def word_lists() -> WordLists:
    return _read("words.yaml", WordLists)


@cache
def products() -> Products:
    return _read("products.yaml", Products)


@cache
def behaviour() -> Behaviour:
    return _read("behaviour.yaml", Behaviour)


@cache
def faults() -> dict[str, Fault]:
    return _read("faults.yaml", Faults).faults
