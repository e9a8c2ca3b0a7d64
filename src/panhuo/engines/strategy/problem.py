"""The allocation problem as arrays: checked once, and with the structure of every limit's usage kept instead of spread out.

A limit's usage may be one number, a number a route, a number an account, or a full matrix; several limits often read the same
matrix on different routes (staff minutes in house, staff minutes in court). Spreading all of it to n x r x K would cost 1.9 GB for
a million accounts, twelve routes and twenty limits. Kept here instead: ``fixed`` (K, r) for what is the same on every account,
and one :class:`Table` a distinct array, with the weight each limit gives each of its columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from panhuo.engines.strategy.arrays import Flags, Floats, Ints, Reals
from panhuo.engines.strategy.limits import Limit
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

COMPACT_BELOW = 0.3
"""A matrix with fewer varying columns than this share of the routes is copied without the others; beyond it is read in place."""


@dataclass(frozen=True, slots=True)
class Table:
    """One array of usage. ``data`` (n, c), C order, float32 or float64 as it came. ``columns`` (c,): the route of each column; ``shared``: c = 1 and the one
    column serves every route. ``weights`` (K, c), or (K, r) if shared: 1 where the limit counts that column. ``largest``: no entry is
    larger in size; ``negative``: whether any is below 0."""

    data: Reals
    columns: Ints
    shared: bool
    weights: Floats
    largest: float
    negative: bool

    def take(self, rows: Ints) -> Table:
        return replace(self, data=self.data[rows])


@dataclass(frozen=True, slots=True)
class Problem:
    """Maximise the sum of value over one route an account, every limit kept. Only limits with a finite ``at_most`` stand here.

    value: (n, r), -inf where the account may not take the route. idle: an account may also be left without a route, at value 0.
    largest: no finite value is larger in size.
    slack: (K,) how far above ``at_most`` the rounding of a float sum may carry a limit that is in truth just kept.
    """

    value: Floats
    at_most: Floats
    fixed: Floats
    tables: tuple[Table, ...]
    idle: bool
    largest: float
    slack: Floats
    block: int

    @property
    def accounts(self) -> int:
        return int(self.value.shape[0])

    @property
    def routes(self) -> int:
        return int(self.value.shape[1])

    @property
    def limits(self) -> int:
        return int(self.at_most.shape[0])

    def take(self, rows: Ints, at_most: Floats, block: int) -> Problem:
        """The same problem on some of the accounts."""
        return replace(self, value=self.value[rows], at_most=at_most, tables=tuple(t.take(rows) for t in self.tables), block=block)

    def reading(self, k: int) -> tuple[Reals, Ints, Floats, Floats]:
        """How to read limit k: data (n, c), the column of each route or -1 (r,), the weight of each column (c,), the fixed part (r,)."""
        position = np.full(self.routes, -1, dtype=np.int64)
        for table in self.tables:
            if table.weights[k].any():  # a limit reads one array, so at most one table
                if table.shared:
                    position[table.weights[k] != 0] = 0
                    return table.data, position, np.ones(1), self.fixed[k]
                position[table.columns] = np.arange(table.columns.size)
                return table.data, position, np.ascontiguousarray(table.weights[k]), self.fixed[k]
        return np.zeros((self.accounts, 0)), position, np.zeros(0), self.fixed[k]

    def largest_use(self, k: int) -> float:
        """No account uses more of limit k on any route."""
        varying = [table.largest for table in self.tables if table.weights[k].any()]
        return float(self.fixed[k].max(initial=0.0)) + max([0.0, *varying])

    def usage(self, rows: Ints) -> Floats:
        """(m, r, K): what each of ``rows`` would use of every limit on every route, spread out. For small m only."""
        out = np.empty((rows.size, self.routes, self.limits))
        out[:] = self.fixed.T[None, :, :]
        for table in self.tables:
            data = table.data[rows]
            if table.shared:
                out += data[:, :, None] * table.weights.T[None, :, :]
            else:
                out[:, table.columns, :] += data[:, :, None] * table.weights.T[None, :, :]
        return out

    def used(self, choice: npt.NDArray[np.int16]) -> Floats:
        """(K,): what a choice uses of every limit. Summed pairwise, as ``numpy`` sums."""
        total = np.zeros(self.limits)
        placed = np.flatnonzero(choice >= 0)
        at = choice[placed].astype(np.int64)
        total += self.fixed @ np.bincount(at, minlength=self.routes).astype(np.float64)
        for table in self.tables:
            if table.shared:
                got = table.data[placed, 0].astype(np.float64)
                weights = table.weights
                route = at
            else:
                position = np.full(self.routes, -1, dtype=np.int64)
                position[table.columns] = np.arange(table.columns.size)
                route = position[at]
                inside = route >= 0
                route = route[inside]
                got = table.data[placed[inside], route].astype(np.float64)
                weights = table.weights
            for k in np.flatnonzero(weights.any(axis=1)):
                total[k] += float(np.sum(got * weights[k, route]))
        return total


def build(value: npt.ArrayLike, limits: Sequence[Limit], eligible: npt.ArrayLike | None, idle: bool) -> tuple[Problem, Ints]:
    """The checked problem, and which of ``limits`` (positions) it holds. Raises UsageInvalid."""
    worth, may = _value(value, eligible)
    n, r = worth.shape
    finite = [k for k, limit in enumerate(limits) if _at_most(limit) != np.inf]
    fixed = np.zeros((len(finite), r))
    pending: dict[object, tuple[npt.NDArray[np.generic], bool, Floats]] = {}
    for row, k in enumerate(finite):
        limit = limits[k]
        array, mask = _usage(limit, n, r)
        by_account = array.ndim == 2 and array.shape[0] == n and n > 1 and array.strides[0] != 0
        by_route = array.ndim >= 1 and array.shape[-1] == r and r > 1 and array.strides[-1] != 0
        if not by_account:
            line = np.broadcast_to(array if array.size else 0.0, (max(n, 1), r))[0].astype(np.float64)
            _finite(line[None, :], mask, may, limit.name)
            fixed[row] = np.where(mask & np.isfinite(line), line, 0.0)
            continue
        key = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)
        kept, _, weights = pending.setdefault(key, (array, not by_route, np.zeros((len(finite), r))))
        _finite(kept if by_route else kept[:, :1], mask, may, limit.name)
        weights[row] = mask
    tables = tuple(t for array, shared, weights in pending.values() for t in _table(array, shared, weights, fixed, may))
    at_most = np.array([_at_most(limits[k]) for k in finite], dtype=np.float64)
    largest = max(float(worth.max(initial=0.0)), -float(worth.min(initial=0.0, where=True if may is None else may)))
    problem = Problem(worth, at_most, fixed, tables, idle, largest, _slack(at_most, fixed, tables, n), _block(n))
    return problem, np.array(finite, dtype=np.int64)


def _block(accounts: int) -> int:
    """Rows a block: at least a dozen blocks where there are enough accounts, none larger than the cache."""
    return int(np.clip(accounts // 16, 64, 4096))


def _slack(at_most: Floats, fixed: Floats, tables: tuple[Table, ...], accounts: int) -> Floats:
    """1e-12 of the limit; where usage of both signs cancels, of the sums that cancel."""
    slack = np.abs(at_most)
    low, high = fixed.min(axis=1, initial=0.0), np.abs(fixed).max(axis=1, initial=0.0)
    for table in tables:
        if table.negative:
            touched = table.weights.any(axis=1)
            low = np.where(touched, -1.0, low)
            high = np.where(touched, np.maximum(high, table.largest), high)
    out: Floats = 1e-12 * (slack + np.where(low < 0.0, accounts * high, 0.0))
    return out


def _table(array: npt.NDArray[np.generic], shared: bool, weights: Floats, fixed: Floats, may: Flags | None) -> list[Table]:
    """The varying columns of one array; those that are the same on every account go into ``fixed``."""
    if shared:
        data = np.ascontiguousarray(array[:, :1], dtype=_real(array))
        if not np.isfinite(data).all():
            data = np.where(np.isfinite(data), data, data.dtype.type(0))
        least, most = float(data.min()), float(data.max())
        return [Table(data, np.zeros(1, dtype=np.int64), True, weights, max(most, -least), least < 0.0)]
    low, high = array.min(axis=0).astype(np.float64), array.max(axis=0).astype(np.float64)
    same = low == high
    fixed += np.where(same & np.isfinite(low), low, 0.0)[None, :] * weights
    wanted = np.flatnonzero(~same & weights.any(axis=0))
    if not wanted.size:
        return []
    if wanted.size <= COMPACT_BELOW * array.shape[1]:
        data = np.ascontiguousarray(array[:, wanted], dtype=_real(array))
    else:
        wanted = np.arange(array.shape[1])
        data = np.ascontiguousarray(array, dtype=_real(array))
    if not np.isfinite(data).all():  # only where nobody may go, or ``build`` would have refused: must not become nan * 0
        data = np.where(np.isfinite(data), data, data.dtype.type(0))
    least, most = float(data.min()), float(data.max())
    counted = np.ascontiguousarray((weights * ~same)[:, wanted])
    return [Table(data, wanted.astype(np.int64), False, counted, max(most, -least), least < 0.0)]


def _real(array: npt.NDArray[np.generic]) -> type[np.floating]:
    return np.float32 if array.dtype == np.float32 else np.float64


def _value(value: npt.ArrayLike, eligible: npt.ArrayLike | None) -> tuple[Floats, Flags | None]:
    worth = _array(value, "value")
    if worth.ndim != 2:
        raise _bad("VALUE_SHAPE", "value", f"须为二维 (账户, 方式)，现为 {worth.shape}", f"must be (accounts, routes), is {worth.shape}")
    if worth.shape[1] > np.iinfo(np.int16).max:
        raise _bad("TOO_MANY_ROUTES", "value", f"方式过多：{worth.shape[1]}", f"too many routes: {worth.shape[1]}")
    out = np.ascontiguousarray(worth, dtype=np.float64)
    may: Flags | None = None
    if eligible is not None:
        may = np.asarray(eligible)
        if may.dtype != np.bool_ or may.shape != out.shape:
            raise _bad(
                "ELIGIBLE_SHAPE",
                "eligible",
                f"须为布尔矩阵 {out.shape}，现为 {may.dtype} {may.shape}",
                f"must be a bool matrix {out.shape}, is {may.dtype} {may.shape}",
            )
        out = np.where(may, out, -np.inf)
    wrong = np.isnan(out) | (out == np.inf)
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        raise _bad(
            "VALUE_NOT_FINITE",
            f"value[{i}, {j}]",
            f"可选方式的净值不是有限数（共 {int(wrong.sum())} 处）",
            f"the value of an eligible pair is not a finite number ({int(wrong.sum())} in all)",
        )
    if (out == -np.inf).any():
        may = out != -np.inf
    return out, may


def _usage(limit: Limit, n: int, r: int) -> tuple[npt.NDArray[np.generic], Flags]:
    array = _array(limit.usage, f"limit {limit.name}")
    try:
        np.broadcast_to(array, (n, r))
    except ValueError:
        hint_zh, hint_en = ("；每户一个数请写成 usage[:, None]", "; for one figure an account pass usage[:, None]") if array.ndim == 1 else ("", "")
        raise _bad(
            "USAGE_SHAPE",
            f"limit {limit.name}",
            f"用量形状 {array.shape} 不能扩展为 {(n, r)}{hint_zh}",
            f"usage of shape {array.shape} does not broadcast to {(n, r)}{hint_en}",
        ) from None
    if limit.routes is None:
        return array, np.ones(r, dtype=np.bool_)
    mask = np.asarray(limit.routes)
    if mask.dtype != np.bool_ or mask.shape != (r,):
        raise _bad("LIMIT_ROUTES", f"limit {limit.name}", f"routes 须为长度 {r} 的布尔数组", f"routes must be a bool array of length {r}")
    return array, mask


def _at_most(limit: Limit) -> float:
    try:
        bound = float(limit.at_most)
    except (TypeError, ValueError):
        bound = np.nan
    if np.isnan(bound) or bound == -np.inf:
        raise _bad("LIMIT_AT_MOST", f"limit {limit.name}", f"上限不是数：{limit.at_most!r}", f"at_most is not a number: {limit.at_most!r}")
    return bound


def _finite(array: npt.NDArray[np.generic], mask: Flags, may: Flags | None, name: str) -> None:
    """Refuse usage that is not finite where an account may go. ``array``: (n or 1, r or 1)."""
    good = np.isfinite(array)
    if good.all():
        return
    wrong = ~good & mask[None, :]
    if may is not None:
        wrong = wrong & may
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        raise _bad(
            "USAGE_NOT_FINITE", f"limit {name}, usage[{i}, {j}]", "可选方式的用量不是有限数", "the usage of an eligible pair is not a finite number"
        )


def _array(data: npt.ArrayLike, where: str) -> npt.NDArray[np.generic]:
    try:
        array = np.asarray(data)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        raise _bad("NOT_NUMBERS", where, f"须为数值数组，现为 {array.dtype}", f"must be an array of numbers, is {array.dtype}")
    return array


def _bad(code: str, where: str, zh: str, en: str) -> UsageInvalid:
    return UsageInvalid(
        code, Words(zh, en), where=f"allocate: {where}", remedy=Words("更正传入的数组或限额", "correct the array or the limit that was passed")
    )
