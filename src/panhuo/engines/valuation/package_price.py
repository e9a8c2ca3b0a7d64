"""What a buyer can pay for a package of accounts: the cash its curves bring, less what collecting costs, at the return it asks.

    price = sum over m of  cash_m (1 - servicing) / (1 + required return) ^ ((m - 0.5) / 12),  divided by (1 + costs of buying)

The interval has two parts: chance among the accounts, at most that of shares that are nothing or everything (so it falls with their number), and what holds for all of
them alike, which no number of accounts removes (``uncertainty``, the standard deviation of the logarithm). Segments' prices add up to the whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.routes import Curve
from panhuo.kernel.words import Words

Vector = npt.NDArray[np.float64]
_BLOCK = 200_000
_RETURNS = (-0.10, -0.05, 0.0, 0.05, 0.10)
_RECOVERIES = (0.7, 0.85, 1.0, 1.15, 1.3)


@dataclass(frozen=True, slots=True)
class Buyer:
    """servicing: share of the cash that collecting it takes. required_return: a year. buying: costs of buying, as a share of the price. uncertainty: standard deviation of the
    logarithm of what all accounts together bring, chance among them aside."""

    required_return: float = 0.15
    servicing: float = 0.35
    buying: float = 0.0
    uncertainty: float = 0.35

    def check(self) -> None:
        """Raises InputUnusable for shares outside their bounds."""
        if not (-0.5 < self.required_return <= 5 and 0 <= self.servicing < 1 and 0 <= self.buying < 1 and 0 <= self.uncertainty <= 2):
            raise InputUnusable(
                "BUYER_WRONG",
                Words("买方的回报率、费用或不确定性超出范围", "the buyer's return, costs or uncertainty are out of bounds"),
                where="buyer",
                remedy=Words("回报率如 15%，费用在 0 与 100% 之间", "a return such as 15 %, costs between 0 and 100 %"),
            )


@dataclass(frozen=True, slots=True)
class PackagePrice:
    """price, low, high (90 %), face, recovery: fen. ratio: price over face. cash: a row a month with ``cash_fen``, ``servicing_fen``, ``net_fen``, ``present_fen``. segments: ``accounts``, ``face_fen``,
    ``price_fen``, ``ratio``, ``share`` of the price. sensitivity: price at other required returns (columns) and recoveries (rows)."""

    price: int
    low: int
    high: int
    face: int
    recovery: int
    accounts: int
    cash: pl.DataFrame
    segments: pl.DataFrame
    sensitivity: pl.DataFrame

    @property
    def ratio(self) -> float:
        return self.price / self.face if self.face else 0.0


def package_price(curve: Curve, balance_fen: Vector, *, buyer: Buyer, segments: Sequence[str] | None = None, level: float = 0.9) -> PackagePrice:
    """curve: (n, months), share of the balance expected in each month. balance_fen: (n,), negative ones count as nothing. segments: (n,) names. Raises InputUnusable."""
    buyer.check()
    if len(curve) != len(balance_fen) or not len(curve):
        raise InputUnusable(
            "PACKAGE_EMPTY",
            Words("资产包里没有账户", "there are no accounts in the package"),
            where="package",
            remedy=Words("检查筛选条件", "check the filters"),
        )
    owed = np.clip(balance_fen.astype(np.float64), 0.0, None)
    months = curve.shape[1]
    factors = _factors(buyer.required_return, months)
    cash, present, spread = np.zeros(months), np.empty(len(owed)), 0.0
    for first in range(0, len(owed), _BLOCK):
        rows = slice(first, first + _BLOCK)
        shares = curve[rows].astype(np.float64)
        cash += owed[rows] @ shares
        present[rows] = owed[rows] * (shares @ factors)
        total = np.clip(shares.sum(axis=1), 0.0, 1.0)
        spread += float((owed[rows] ** 2 * total * (1 - total)).sum())
    kept = (1 - buyer.servicing) / (1 + buyer.buying)
    price = float(present.sum()) * kept
    recovered = float(cash.sum())
    by_chance = math.sqrt(spread) / recovered if recovered > 0 else 0.0
    deviation = math.sqrt(math.log1p(by_chance**2) + buyer.uncertainty**2)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    return PackagePrice(
        round(price), round(price * math.exp(-z * deviation)), round(price * math.exp(z * deviation)), round(float(owed.sum())), round(recovered), len(owed),
        _cash(cash, factors, buyer), _segments(owed, present * kept, segments), _sensitivity(cash, buyer),
    )  # fmt: skip


def return_at(cash: Vector, price: float, *, servicing: float, buying: float = 0.0) -> float:
    """The yearly return a buyer has at ``price``; -1 where nothing comes in, infinite at no price. cash: (months,) fen."""
    net = cash * (1 - servicing)
    cost = price * (1 + buying)
    if cost <= 0:
        return math.inf
    if net.sum() <= 0:
        return -1.0
    low, high = -0.9999, 1e6
    for _ in range(200):
        middle = (low + high) / 2 if high < 10 else math.sqrt((low + 1) * (high + 1)) - 1
        low, high = (middle, high) if float(net @ _factors(middle, len(net))) > cost else (low, middle)
    return (low + high) / 2


def _factors(required_return: float, months: int) -> Vector:
    found: Vector = (1 + required_return) ** (-(np.arange(1, months + 1) - 0.5) / 12)
    return found


def _cash(cash: Vector, factors: Vector, buyer: Buyer) -> pl.DataFrame:
    net = cash * (1 - buyer.servicing)
    named = {"cash_fen": cash, "servicing_fen": cash - net, "net_fen": net, "present_fen": net * factors}
    return pl.DataFrame({"month": np.arange(1, len(cash) + 1), **{name: np.rint(values).astype(np.int64) for name, values in named.items()}})


def _segments(owed: Vector, price: Vector, segments: Sequence[str] | None) -> pl.DataFrame:
    frame = pl.DataFrame(
        {"segment": pl.Series(segments if segments is not None else [""] * len(owed), dtype=pl.String).fill_null(""), "face": owed, "price": price}
    )
    total = float(price.sum())
    return (
        frame.group_by("segment")
        .agg(pl.len().cast(pl.Int64).alias("accounts"), pl.col("face").sum(), pl.col("price").sum())
        .with_columns(
            face_fen=pl.col("face").round().cast(pl.Int64),
            price_fen=pl.col("price").round().cast(pl.Int64),
            ratio=pl.when(pl.col("face") > 0).then(pl.col("price") / pl.col("face")).otherwise(0.0),
            share=pl.col("price") / total if total > 0 else pl.lit(0.0),
        )
        .sort("price", "segment", descending=[True, False])
        .select("segment", "accounts", "face_fen", "price_fen", "ratio", "share")
    )


def _sensitivity(cash: Vector, buyer: Buyer) -> pl.DataFrame:
    """Whole at once: a recovery that is higher is higher in every month alike."""
    columns: dict[str, list[float]] = {"recovery": list(_RECOVERIES)}
    for step in _RETURNS:
        other = replace(buyer, required_return=max(buyer.required_return + step, -0.4))
        at = float(cash @ _factors(other.required_return, len(cash))) * (1 - buyer.servicing) / (1 + buyer.buying)
        columns[f"{other.required_return:.1%}"] = [round(at * times) for times in _RECOVERIES]
    return pl.DataFrame(columns)
