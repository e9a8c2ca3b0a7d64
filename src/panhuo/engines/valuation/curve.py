"""Published stage rates to a monthly curve an account.

The problem. The trade publishes, for each stage, the part of the balance in that stage that comes in over a month: 90 % in M1, 40 % in M2,
20 % in M3, about 5 % a month in M4-M6, 1.5 % from M7, under 1 % past M12. An account does not stay where it is: what is not recovered in
a month is one stage older in the next. The curve is that walk:

    r(k)    published rate at k months overdue; past the last published stage r(k) = r(F) (F / k) ** exponent, F = tail.from_month
    h_m   = c r / (1 + (c - 1) r),  r = r(k0 + m - 1)          c = the account's odds multiplier, k0 = months overdue now
    x_m   = h_m (1 - h_1) ... (1 - h_{m-1})                    share of today's balance expected in month m

Example: M1, c = 1: 0.9, then 0.1 x 0.4 = 0.04, then 0.06 x 0.2 = 0.012, then 0.048 x 0.05 ...

Roads not taken. *Constant 1 % a month past M12*: 30 % over three years for a debt five years dead, against market prices of 1.8 % of face; hence the tail.
*Position inside the bucket*: the published figures are for the stock of a stage, whose accounts lie anywhere in it, so every account of a
stage begins at its rate. *Multiplying the rate itself* could pass 1; the odds cannot.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from panhuo.engines.valuation.policy import LenderGroup
from panhuo.kernel.routes import Curve
from panhuo.kernel.shares import blocks, from_hazard
from panhuo.kernel.stages import OLDEST, Floats, Ints, paths


def monthly_rates(group: LenderGroup, size: int) -> Floats:
    """(size,) r(k) for k = 0 .. size - 1."""
    rates = group.monthly.table(size)
    start = group.tail.from_month
    if start < size:
        months = np.arange(start, size, dtype=np.float64)
        rates[start:] = rates[start] * (start / months) ** group.tail.exponent
    return rates


def curves(start: Ints, multiplier: npt.NDArray[np.float64], *, group: LenderGroup, horizon: int) -> Curve:
    """(n, horizon) float32. start: (n,) months overdue, 0..OLDEST. multiplier: (n,) above 0."""
    rates = monthly_rates(group, OLDEST + horizon + 1)
    odds = multiplier.astype(np.float32)[:, None]
    out = np.empty((start.size, horizon), dtype=np.float32)
    for rows in blocks(start.size):
        rate = paths(rates, start[rows], horizon)
        out[rows] = from_hazard(odds[rows] * rate / (1.0 + (odds[rows] - np.float32(1.0)) * rate))
    return out
