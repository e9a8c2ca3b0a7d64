"""The fast pass over telephones, cards and identity numbers in machine code; see :mod:`.parse_kernels`."""

# mypy: disable-error-code="assignment"
# (numba infers its own types; NumPy scalars and Python numbers meet in one variable)
from __future__ import annotations

from typing import Any

import numpy as np

from panhuo.engines.intake.parse_kernels import NO_DAY, NULL, ODD, SURE, address_of, bytes_at, days_of, is_null
from panhuo.kernel.compiling import compiled


@compiled
def phone(cells: Any, state: Any) -> Any:
    """Sure: a mainland mobile, 11 digits from 13 to 19."""
    views, buffers, valid, offset = cells
    odd = 0
    for i in range(views.shape[0]):
        if is_null(valid, offset, i):
            state[i] = NULL
            continue
        p = bytes_at(address_of(views, i, buffers))
        good = views[i, 0] == 11 and p[0] == 49 and p[1] >= 51
        k = 1
        while good and k < 11:
            good = 48 <= p[k] <= 57
            k += 1
        state[i] = SURE if good else ODD
        odd += not good
    return odd


@compiled
def card(cells: Any, state: Any) -> Any:
    """Sure: 13 to 19 digits with a right Luhn digit."""
    views, buffers, valid, offset = cells
    odd = 0
    for i in range(views.shape[0]):
        if is_null(valid, offset, i):
            state[i] = NULL
            continue
        length = np.int64(views[i, 0])
        good: Any = 13 <= length <= 19
        total = 0
        if good:
            p = bytes_at(address_of(views, i, buffers))
            twice = (length & 1) == 0
            for k in range(length):
                d = np.int64(p[k]) - 48
                good = good and 0 <= d <= 9
                total += (2 * d - 9 if d > 4 else 2 * d) if twice else d
                twice = not twice
        good = good and total % 10 == 0
        state[i] = SURE if good else ODD
        odd += not good
    return odd


@compiled
def identity(  # noqa: C901 two kinds of document in one pass
    cells: Any,
    provinces: Any,
    weights: Any,
    credit_values: Any,
    credit_weights: Any,
    organisation: Any,
    kinds: Any,
    births: Any,
    written: Any,
    males: Any,
    places: Any,
) -> Any:
    """What each number is (0 unknown, 1 resident, 2 social credit), and of residents the birth date (in days, and as the
    number yyyymmdd) whether male, and the
    first two digits.

    The same tests as ``identifiers.identity_kinds``; a null is 0.
    """
    views, buffers, valid, offset = cells
    for i in range(views.shape[0]):
        kinds[i] = 0
        if views[i, 0] != 18 or is_null(valid, offset, i):
            continue
        p = bytes_at(address_of(views, i, buffers))
        total = 0
        resident = True
        for k in range(17):
            d = np.int64(p[k]) - 48
            if d < 0 or d > 9:
                resident = False
                break
            total += d * weights[k]
        if resident:
            last = np.int64(p[17])
            check = 10 if last == 88 else last - 48 if 48 <= last <= 57 else 99
            eight = np.int64(0)
            for k in range(6, 14):
                eight = eight * 10 + (p[k] - 48)
            days = days_of(eight // 10000, eight // 100 % 100, eight % 100)
            prefix = (np.int64(p[0]) - 48) * 10 + (p[1] - 48)
            if check <= 10 and (total + check) % 11 == 1 and provinces[prefix] and days != NO_DAY and eight < 21_000_000:
                kinds[i] = 1
                births[i] = days
                written[i] = eight
                males[i] = (p[16] - 48) % 2
                places[i] = prefix
                continue
        if resident:  # digits alone: a credit code only under the conditions of identifiers.mistyped_resident
            inner = np.int64(0)
            for k in range(8):
                inner += (np.int64(p[k + 8]) - 48) * organisation[k]
            if (provinces[prefix] and days != NO_DAY and eight < 21_000_000) or (inner + p[16] - 48) % 11 != 0:
                continue
            if p[0] != 49 and p[0] != 53 and p[0] != 57:
                continue
        total = 0
        legal = True
        for k in range(18):
            v = credit_values[p[k]]
            if v == 255 or (2 <= k < 8 and v > 9):
                legal = False
                break
            total += np.int64(v) * (credit_weights[k] if k < 17 else 1)
        if legal and total % 31 == 0:
            kinds[i] = 2
