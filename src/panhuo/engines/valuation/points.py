"""A scorecard over whole columns: the bin of every characteristic, the sum of points, and the three that weighed most."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.valuation.features import COLUMNS, with_features
from panhuo.engines.valuation.scorecard import Characteristic, Scorecard
from panhuo.kernel.expressions import Source, blaming, compile_sql
from panhuo.kernel.words import Words

Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]

MISSING = Words("缺失", "not known")
NONE = Words("与同账龄公布水平持平", "as published for its stage")
TOP = 3

_WHICH = 0xFFFF  # the low bits of a key: which bin of which characteristic; the high bits are its weight


def _which(number: int, index: int) -> int:
    """Never 0, and larger for an earlier characteristic, so that ties go to the one the card lists first."""
    return ((127 - number) << 9) | index


@dataclass(frozen=True, slots=True)
class Scores:
    """score: (n,) points with the base. multiplier: (n,) on the odds of the monthly rate. reasons: the frame's five reason columns."""

    score: Int32s
    multiplier: Floats
    reasons: pl.DataFrame


def score(accounts: pl.DataFrame, card: Scorecard, *, as_of: dt.date, explain: bool = True) -> Scores:
    """Score every account. Without ``explain`` the reasons are an empty frame."""
    names = list(card.characteristics)
    n = accounts.height
    total = np.zeros(n, dtype=np.int32)
    top = [np.zeros(n, dtype=np.int32) for _ in range(TOP)]
    if names and n:
        frame = with_features(accounts, as_of)
        with blaming(frame, lambda: _sources(card)):
            bins = frame.select(_built(card).bins).collect()
        for number, name in enumerate(names):
            characteristic = card.characteristics[name]
            points = np.array([*(b.points for b in characteristic.bins), characteristic.missing], dtype=np.int32)
            index = bins[name].to_numpy()
            total += points[index]
            if explain:
                which = np.array([_which(number, i) for i in range(points.size)], dtype=np.int32)
                keys: Int32s = np.where(points == 0, 0, (np.abs(points) << 16) | which).astype(np.int32)
                _keep_largest(top, keys[index])
    exponent = np.clip(total / card.points_to_double_odds, -60.0, 60.0)
    multiplier = np.clip(np.exp2(exponent), card.multiplier_min, card.multiplier_max)
    reasons = _reasons(top, _built(card).vocabulary) if explain else pl.DataFrame()
    return Scores(total + np.int32(card.base_points), multiplier, reasons)


@dataclass(frozen=True, slots=True)
class _Built:
    """What is made of a card once, though it is asked for every batch, or every account: the bins' expressions and the words of the reasons."""

    card: Scorecard
    bins: tuple[pl.Expr, ...]
    vocabulary: pl.DataFrame


_BUILT: dict[int, _Built] = {}


def _built(card: Scorecard) -> _Built:
    kept = _BUILT.get(id(card))
    if kept is None or kept.card is not card:
        if len(_BUILT) >= 8:
            _BUILT.clear()
        bins = tuple(bin_index(characteristic).alias(name) for name, characteristic in card.characteristics.items())
        kept = _BUILT[id(card)] = _Built(card, bins, _vocabulary(list(card.characteristics), card))
    return kept


def bin_index(characteristic: Characteristic) -> pl.Expr:
    """The position of the bin an account falls in; the number of bins where the value is null and no ``rest`` takes it."""
    bins = characteristic.bins
    missing = pl.lit(len(bins), dtype=pl.Int16)
    rest = pl.lit(len(bins) - 1, dtype=pl.Int16)
    if characteristic.kind == "when":
        conditions = [compile_sql(b.when or "", COLUMNS, where="value", boolean=True) for b in bins[:-1]]
        return _first_true(conditions, rest)
    value = compile_sql(characteristic.value or "", COLUMNS, where="value")
    if characteristic.kind == "range":
        value = value.cast(pl.Float64).fill_nan(None)
        conditions = [pl.lit(True) if b.max is None else value < b.max for b in bins]
    else:
        # one comparison a value: on an Enum that compares integers, where is_in would first make text of it
        conditions = [reduce(or_, (value == v for v in b.values)) for b in bins if b.values]
    found = _first_true(conditions, rest if bins[-1].rest else missing)
    return pl.when(value.is_null()).then(missing).otherwise(found)


def _sources(card: Scorecard) -> Iterator[Source]:
    """Every expression of the card with its place in the policy file."""
    for characteristic in card.characteristics.values():
        if characteristic.value is not None:
            yield Source(compile_sql(characteristic.value, COLUMNS, where="value"), characteristic.place("value"), characteristic.value)
        for number, b in enumerate(characteristic.bins):
            if b.when is not None:
                yield Source(compile_sql(b.when, COLUMNS, where="value", boolean=True), characteristic.place("bins", number, "when"), b.when)


def _first_true(conditions: list[pl.Expr], otherwise: pl.Expr) -> pl.Expr:
    numbered = list(enumerate(conditions))
    return reduce(lambda later, item: pl.when(item[1]).then(pl.lit(item[0], dtype=pl.Int16)).otherwise(later), reversed(numbered), otherwise)


def _keep_largest(top: list[Int32s], keys: Int32s) -> None:
    """Insert each account's key into its descending list of the largest so far."""
    for place in range(TOP):
        larger = np.maximum(top[place], keys)
        keys = np.minimum(top[place], keys)
        top[place] = larger


def _reasons(top: list[Int32s], vocabulary: pl.DataFrame) -> pl.DataFrame:
    """Codes and sentences: worded once for each combination that occurs, then spread over the accounts."""
    places = [f"reason_{place + 1}" for place in range(TOP)]
    which = [(keys & _WHICH).astype(np.int64) for keys in top]
    packed = pl.DataFrame({"packed": (which[0] << 32) | (which[1] << 16) | which[2]})
    worded = packed.hstack([pl.Series(place, keys) for place, keys in zip(places, which, strict=True)]).unique("packed")
    for place in places:
        worded = worded.join(vocabulary.select(pl.all().name.prefix(f"{place}_")), left_on=place, right_on=f"{place}_key", how="left")
    sentences = [
        pl.concat_str([f"{place}_{lang}" for place in places], separator=comma, ignore_nulls=True).alias(name)
        for name, lang, comma in (("reasons", "zh", "；"), ("reasons_en", "en", "; "))
    ]
    worded = worded.select("packed", *(pl.col(f"{place}_code").alias(place) for place in places), *sentences).with_columns(
        pl.when(pl.col(name) == "").then(pl.lit(none)).otherwise(pl.col(name)).alias(name)
        for name, none in (("reasons", NONE.zh), ("reasons_en", NONE.en))
    )
    return packed.join(worded, on="packed", how="left", maintain_order="left").drop("packed")


def _vocabulary(names: list[str], card: Scorecard) -> pl.DataFrame:
    """One row a bin of the card: its key, code and words with the points."""
    rows = []
    for number, name in enumerate(names):
        characteristic = card.characteristics[name]
        unknown = (Words(f"{characteristic.zh}{MISSING.zh}", f"{characteristic.en} {MISSING.en}"), characteristic.missing)
        for index, (words, points) in enumerate([*((Words(b.zh, b.en), b.points) for b in characteristic.bins), unknown]):
            code = characteristic.bins[index].code if index < len(characteristic.bins) else "missing"
            rows.append((_which(number, index), f"{name}.{code}", f"{words.zh}（{points:+d}）", f"{words.en} ({points:+d})"))
    return pl.DataFrame(rows, schema={"key": pl.Int64, "code": pl.String, "zh": pl.String, "en": pl.String}, orient="row")
