"""The scorecard as data: characteristics, their bins, and the points of each.

Points scale the odds of the stage's published recovery:

    multiplier = 2 ** (sum of points / points_to_double_odds), kept within [multiplier_min, multiplier_max]

so that no points at all leaves the published rate as it is, and score = base_points + sum of points is only for people to read.
Everything that can be wrong with a card is refused when the policy is read: a bin that overlaps another or leaves a gap, a value no
bin covers, an expression that does not compile or has the wrong type.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import polars as pl
import pydantic

from panhuo.engines.valuation.features import COLUMNS
from panhuo.kernel.documents import Document, Traced, refuse
from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.expressions import compile_sql

Points = Annotated[int, pydantic.Field(strict=True, ge=-1000, le=1000)]
Edge = Annotated[float, pydantic.Field(ge=-1e20, le=1e20)]
Scalar = pydantic.StrictBool | pydantic.StrictInt | pydantic.StrictStr
BinKind = Literal["range", "values", "when", "rest"]


class Bin(Document):
    """One row of a characteristic. Exactly one way of saying what falls in it:

    ``min``/``max``: min <= x < max, an absent end is open. ``values``: any of these. ``when``: a SQL condition, the first true one of
    the characteristic wins. ``rest: true``: whatever no other bin took, last.
    """

    code: str = pydantic.Field(pattern=r"^[a-z0-9_]{1,40}$")
    zh: str
    en: str
    points: Points
    min: Edge | None = None
    max: Edge | None = None
    values: tuple[Scalar, ...] = ()
    when: str | None = None
    rest: bool = False

    @property
    def kind(self) -> BinKind:
        if self.rest:
            return "rest"
        if self.when is not None:
            return "when"
        return "values" if self.values else "range"

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> Bin:
        ranged = self.min is not None or self.max is not None
        ways = sum([ranged, bool(self.values), self.when is not None, self.rest])
        if ways != 1:
            raise refuse(
                f"分箱 {self.code} 须且只须用 min/max、values、when、rest 之一",
                f"bin {self.code} must use exactly one of min/max, values, when, rest",
            )
        if ranged:
            low, high = self.min if self.min is not None else -math.inf, self.max if self.max is not None else math.inf
            if math.isnan(low) or math.isnan(high) or low >= high:
                raise refuse(f"分箱 {self.code} 的 min 须小于 max", f"bin {self.code}: min must be below max")
        return self


class Characteristic(Traced):
    """One question about an account. ``value``: a column or SQL expression, absent where every bin is a ``when``.

    ``missing``: the points of a null value. ``source`` and ``certainty`` say where the points come from.
    """

    zh: str
    en: str
    value: str | None = None
    bins: tuple[Bin, ...] = pydantic.Field(min_length=1, max_length=250)
    missing: Points = 0
    source: str
    certainty: str = "house"

    @property
    def kind(self) -> BinKind:
        return self.bins[0].kind

    @pydantic.model_validator(mode="after")
    def _sound(self) -> Characteristic:
        codes = [b.code for b in self.bins]
        if twice := next((c for c in codes if codes.count(c) > 1 or c == "missing"), None):
            raise refuse(f"分箱代码 {twice} 重复或为保留字", f"bin code {twice} is used twice or reserved")
        kinds = {b.kind for b in self.bins[:-1]} | ({self.bins[-1].kind} - {"rest"})
        if len(kinds) != 1 or "rest" in kinds:
            raise refuse("各分箱须为同一种写法，rest 只能是最后一箱", "all bins must be of one kind, with rest only as the last")
        if (self.value is None) != (self.kind == "when"):
            raise refuse("when 分箱不写 value，其他分箱必须写 value", "give value, except where the bins are conditions (when)")
        try:
            if self.kind == "when":
                self._check_conditions()
            elif self.kind == "range":
                self._check_ranges()
            else:
                self._check_values()
        except ConfigurationInvalid as error:
            raise refuse(error.cause.zh, error.cause.en) from None
        return self

    def _check_conditions(self) -> None:
        if self.bins[-1].kind != "rest":
            raise refuse("when 分箱的最后一箱须为 rest: true，否则留有空档", "conditions must end with rest: true, or they leave a gap")
        if self.missing:
            raise refuse("when 分箱没有缺失值，不写 missing", "conditions have no missing value: leave out missing")
        for b in self.bins[:-1]:
            _by_row(b.when or "", boolean=True)

    def _check_ranges(self) -> None:
        dtype = self._type()
        if not dtype.is_numeric():
            raise refuse(f"min/max 分箱要求数值，{self.value} 是 {dtype}", f"min/max bins need a number, {self.value} is {dtype}")
        if self.bins[-1].kind == "rest":
            raise refuse("min/max 分箱不用 rest，须首尾相接", "min/max bins take no rest: they must join end to end")
        if self.bins[0].min is not None or self.bins[-1].max is not None:
            raise refuse("首箱不写 min，末箱不写 max，否则两端留有空档", "the first bin has no min and the last no max, or the ends are left open")
        for left, right in zip(self.bins, self.bins[1:], strict=False):
            if left.max is None or right.min is None or left.max > right.min:
                raise refuse(f"分箱 {left.code} 与 {right.code} 重叠", f"bins {left.code} and {right.code} overlap")
            if left.max < right.min:
                raise refuse(f"分箱 {left.code} 与 {right.code} 之间有空档", f"there is a gap between bins {left.code} and {right.code}")

    def _check_values(self) -> None:
        dtype, has_rest = self._type(), self.bins[-1].kind == "rest"
        taken: dict[Scalar, str] = {}
        for b in self.bins:
            for value in b.values:
                if value in taken:
                    raise refuse(f"分箱 {taken[value]} 与 {b.code} 重叠：{value}", f"bins {taken[value]} and {b.code} overlap at {value}")
                taken[value] = b.code
        if isinstance(dtype, pl.Enum):
            known: set[Scalar] = set(dtype.categories.to_list())
        elif dtype == pl.Boolean():
            known = {True, False}
        elif dtype == pl.String():
            if not has_rest:
                raise refuse("文本取值无法列尽，最后一箱须为 rest: true", "text cannot be listed in full: end with rest: true")
            if odd := [v for v in taken if not isinstance(v, str)]:
                raise refuse(f"{odd[0]} 不是文本", f"{odd[0]} is not text")
            return
        else:
            raise refuse(f"values 分箱要求代码、是否或文本，{self.value} 是 {dtype}", f"values need a code, flag or text; {self.value} is {dtype}")
        if alien := [v for v in taken if v not in known or isinstance(v, bool) != (dtype == pl.Boolean())]:
            raise refuse(f"{self.value} 没有取值 {alien[0]}", f"{self.value} has no value {alien[0]}")
        if not has_rest and (left := sorted(map(str, known - set(taken)))):
            raise refuse(f"没有分箱覆盖取值：{'、'.join(left)}", f"no bin covers: {', '.join(left)}")

    def _type(self) -> pl.DataType:
        return _by_row(self.value or "")


def _by_row(sql: str, *, boolean: bool = False) -> pl.DataType:
    """The type of an expression that answers for each account by itself: what looks at other rows, or at none, is refused."""
    answer = pl.DataFrame(schema=COLUMNS).select(compile_sql(sql, COLUMNS, where="value", boolean=boolean).alias("x"))
    if answer.height:  # a constant or an aggregate gives a row even where there are none
        raise refuse(f"须逐户计算，不能用汇总或常数：{sql!r}", f"must be worked out account by account, no total and no constant: {sql!r}")
    return answer.schema["x"]


class Scorecard(Document):
    """All characteristics by name. Points of all of them add up; see the module's head for what the sum does."""

    base_points: Points
    points_to_double_odds: float = pydantic.Field(ge=0.1, le=10_000)
    multiplier_min: float = pydantic.Field(ge=1e-6, le=1)
    multiplier_max: float = pydantic.Field(ge=1, le=1000)
    characteristics: dict[Annotated[str, pydantic.Field(pattern=r"^[a-z0-9_]{1,40}$")], Characteristic] = pydantic.Field(max_length=120)
