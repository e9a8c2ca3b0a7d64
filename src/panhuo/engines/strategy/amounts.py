"""Amounts as people say them, for whole columns: 1.23万元, CNY 12.30k.

The same words as :func:`panhuo.kernel.money.format_short`, in exact integer arithmetic: what lies half-way between two last digits is
rounded up, where that function rounds whatever the nearest binary fraction happens to say. The figures are few (a head of thousands, three digits,
decimals and unit), so a million amounts are three table look-ups and one joining of strings.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.kernel.money import in_currency
from panhuo.kernel.words import Lang

_STEPS: dict[Lang, tuple[tuple[int, str], ...]] = {
    "zh": ((100, "元"), (10**6, "万元"), (10**10, "亿元")),
    "en": ((100, ""), (10**5, "k"), (10**8, "m"), (10**11, "bn")),
}
"""Fen in one of the unit, smallest first, and how the amount ends."""
_HUNDREDS = pl.Series([str(k) for k in range(1000)] + [f",{k:03d}" for k in range(1000)])
"""The last three figures of a whole number: alone, and after others."""
_DECIMALS = ["", *(f".{k}" for k in range(10)), *(f".{k:02d}" for k in range(100))]


def short(fen: npt.NDArray[np.int64], lang: Lang, currency: str = "CNY") -> pl.Series:
    """The size of each amount in words, without its sign. Up to kernel.money.MAX_FEN. currency: what the amounts are hundredths of."""
    size = np.abs(fen)
    sizes = np.array([step[0] for step in _STEPS[lang]])
    step = np.searchsorted(sizes[1:], size, side="right")
    unit = sizes[step]
    whole = size // unit
    # two decimals below 100, one below 1,000, none above; plain yuan always two
    tens = np.where((whole < 100) | (step == 0), 100, np.where(whole < 1000, 10, 1))
    rounded = (size * tens + unit // 2) // unit
    whole, rest = rounded // tens, rounded % tens
    head, last = whole // 1000, whole % 1000
    decimals = np.where(tens == 100, 11 + rest, np.where(tens == 10, 1 + rest, 0))
    parts = pl.DataFrame(
        {
            "head": head,
            "last": _HUNDREDS[last + 1000 * (head > 0)],
            "tail": _tails(lang, currency)[step * len(_DECIMALS) + decimals],
        }
    )
    high = pl.when(pl.col("head") > 0).then(pl.col("head").cast(pl.String)).otherwise(pl.lit(""))
    if (head >= 1000).any():
        wide = pl.concat_str([(pl.col("head") // 1000).cast(pl.String), pl.lit(","), (pl.col("head") % 1000).cast(pl.String).str.zfill(3)])
        high = pl.when(pl.col("head") >= 1000).then(wide).otherwise(high)
    before = [] if lang == "zh" else [pl.lit(f"{currency} ")]
    return parts.select(pl.concat_str([*before, high, pl.col("last"), pl.col("tail")]).alias("amount"))["amount"]


@lru_cache(maxsize=64)
def _tails(lang: Lang, currency: str) -> pl.Series:
    """What follows the whole figures, by unit and decimals."""
    return pl.Series([d + in_currency(word, currency) for _, word in _STEPS[lang] for d in _DECIMALS])
