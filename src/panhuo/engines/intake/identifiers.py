"""Check digits of whole columns: resident identity numbers, unified social credit codes, bank cards.

The text of a column is looked at as a matrix of bytes, so that a check digit is one matrix product: about 30 ns a row. The tests
hold each against python-stdnum, which does one number at a time.

* Resident identity number, GB 11643-1999: 17 digits (6 region, 8 birth date, 3 order; odd = male) and a check character, ISO 7064
  MOD 11-2: the sum of digit_i * 2^(17-i) plus the check value is 1 modulo 11; X stands for ten. Permits of residents from Hong Kong,
  Macau and Taiwan (81, 82, 83) and permanent residence cards of foreigners (first digit 9) are made alike.
* Unified social credit code, GB 32100-2015: 18 of 31 characters (no I, O, S, V, Z), weights 3^i modulo 31.
* Bank card: 13 to 19 digits with a Luhn digit, ISO/IEC 7812-1.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.identifiers_region import PROVINCE_CODES

RESIDENT, SOCIAL_CREDIT, UNKNOWN = 1, 2, 0
"""What :func:`identity_kinds` makes of a number."""

RESIDENT_CHECK: Final = "10X98765432"
"""Check character by the weighted sum modulo 11."""
USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"

RESIDENT_WEIGHTS: Final = np.array([pow(2, 17 - i, 11) for i in range(17)], dtype=np.int64)
USCC_WEIGHTS: Final = np.array([pow(3, i, 31) for i in range(17)], dtype=np.int64)
ORGANISATION_WEIGHTS: Final = np.array([3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
"""GB 11714: with check value 11 standing as 0 and 10 as X."""

_FAR: Final = 255

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def _table(alphabet: str) -> Bytes:
    table = np.full(256, _FAR, dtype=np.uint8)
    for value, character in enumerate(alphabet):
        table[ord(character)] = value
    return table


_RESIDENT_FLOAT: Final = RESIDENT_WEIGHTS.astype(np.float32)
_USCC_FLOAT: Final = USCC_WEIGHTS.astype(np.float32)
_RESIDENT_VALUE: Final = _table("0123456789X")
USCC_VALUE: Final = _table(USCC_ALPHABET)
PREFIXES: Final = np.isin(np.arange(100), np.array([*sorted(PROVINCE_CODES), *range(90, 100)])).astype(np.uint8)
"""By the first two digits of an identity number: whether they are a province, or a permit's (9x: a foreigner's permanent residence)."""
_LUHN_DOUBLED: Final = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], dtype=np.uint8)


def byte_matrix(cells: pl.Series, width: int) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """The cells of exactly ``width`` bytes as rows of a matrix, and their positions."""
    fits = cells.str.len_bytes() == width
    whole = fits.all(ignore_nulls=False)
    at = np.arange(len(cells)) if whole else fits.fill_null(value=False).arg_true().to_numpy().astype(np.int64)
    chosen = cells if whole else cells.gather(at)
    buffer = chosen.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()[2]
    if buffer is None or not len(at):
        return np.zeros((0, width), dtype=np.uint8), at[:0]
    return np.frombuffer(buffer, dtype=np.uint8, count=len(at) * width).reshape(-1, width), at


class People(NamedTuple):
    """What a column of identity numbers says, row by row.

    kinds: ``RESIDENT``, ``SOCIAL_CREDIT`` or ``UNKNOWN``. Of residents (0 for all others): births, the birth date in days since 1970,
    written, the same as the number yyyymmdd, males, 1 or 0, and places, the first two digits.
    """

    kinds: npt.NDArray[np.uint8]
    births: npt.NDArray[np.int32]
    written: npt.NDArray[np.int32]
    males: npt.NDArray[np.uint8]
    places: npt.NDArray[np.uint8]

    def patched(self, at: npt.NDArray[np.int64], other: People) -> People:
        """With the rows at ``at`` replaced."""
        out = People(self.kinds.copy(), self.births.copy(), self.written.copy(), self.males.copy(), self.places.copy())
        out.kinds[at], out.births[at], out.written[at], out.males[at], out.places[at] = other
        return out


def nobody(n: int) -> People:
    """``n`` rows that say nothing."""
    return People(np.zeros(n, np.uint8), np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.uint8), np.zeros(n, np.uint8))


def people(numbers: pl.Series) -> People:
    """Kind, birth and sex by identity number."""
    out = nobody(len(numbers))
    out.kinds[:] = identity_kinds(numbers)
    matrix, at = byte_matrix(numbers, 18)
    resident = out.kinds[at] == RESIDENT
    matrix, at = matrix[resident], at[resident]
    if len(at):
        digits = matrix.astype(np.int32) - 48
        out.written[at] = digits[:, 6:14] @ (10 ** np.arange(7, -1, -1, dtype=np.int32))
        out.males[at] = digits[:, 16] % 2
        out.places[at] = digits[:, 0] * 10 + digits[:, 1]
        days = pl.Series(out.written[at]).cast(pl.String).str.to_date("%Y%m%d").to_physical()
        out.births[at] = days.to_numpy()
    return out


def identity_kinds(cells: pl.Series) -> npt.NDArray[np.uint8]:
    """For each cell ``RESIDENT`` or ``SOCIAL_CREDIT`` where it is a correct number in standard form, else ``UNKNOWN``.

    A resident number needs the check character, a province or permit prefix and a possible birth date.
    """
    kinds = np.zeros(len(cells), dtype=np.uint8)
    matrix, at = byte_matrix(cells, 18)
    if not len(at):
        return kinds
    resident = resident_check(matrix) & province_known(matrix) & birth_possible(matrix)
    kinds[at[resident]] = RESIDENT
    rest = np.flatnonzero(~resident)
    if len(rest):
        others = matrix[rest]
        kinds[at[rest[social_credit_check(others) & ~mistyped_resident(others)]]] = SOCIAL_CREDIT
    return kinds


def mistyped_resident(matrix: Bytes) -> Mask:
    """Whether a number that passes as a credit code is more likely a person's with a slip.

    One in 31 of those does by chance. So digits alone are a credit code only if they do not read as province and birth date, begin with a
    registering department (1 staffing office, 5 civil affairs, 9 market regulation), and hold an organisation code with its own right check
    character (GB 11714, characters 9 to 17).
    """
    digits = matrix[:, :17].astype(np.int64) - 48
    plain = ((digits >= 0) & (digits <= 9)).all(axis=1)
    department = np.isin(digits[:, 0], (1, 5, 9))
    organisation = (digits[:, 8:16] @ ORGANISATION_WEIGHTS + digits[:, 16]) % 11 == 0
    return np.asarray(plain & (province_known(matrix) & birth_possible(matrix) | ~department | ~organisation), dtype=np.bool_)


def resident_check(matrix: Bytes) -> Mask:
    """(n, 18) bytes -> whether digits and check character are right."""
    values = _RESIDENT_VALUE[matrix]
    digits = (values[:, :17] <= 9).all(axis=1) & (values[:, 17] <= 10)
    total = values[:, :17].astype(np.float32) @ _RESIDENT_FLOAT + values[:, 17]
    return np.asarray(digits & (total % 11 == 1), dtype=np.bool_)


def resident_check_character(matrix: Bytes) -> Bytes:
    """(n, 17) bytes of digits -> the check character's byte."""
    total = (matrix[:, :17] - 48).astype(np.float32) @ _RESIDENT_FLOAT
    return np.frombuffer(RESIDENT_CHECK.encode(), dtype=np.uint8)[(total % 11).astype(np.int64)]


def province_known(matrix: Bytes) -> Mask:
    """Whether the first two digits are a province of GB/T 2260 or a permit's prefix (9x: foreigner's permanent residence)."""
    prefix = (matrix[:, 0].astype(np.int16) - 48) * 10 + (matrix[:, 1].astype(np.int16) - 48)
    return np.asarray((PREFIXES[np.clip(prefix, 0, 99)] == 1) & (prefix >= 0) & (prefix <= 99), dtype=np.bool_)


def birth_possible(matrix: Bytes) -> Mask:
    """Whether bytes 6-13 are a calendar day from 1900 to 2099."""
    d = matrix[:, 6:14].astype(np.int32) - 48
    year = d[:, 0] * 1000 + d[:, 1] * 100 + d[:, 2] * 10 + d[:, 3]
    month = d[:, 4] * 10 + d[:, 5]
    day = d[:, 6] * 10 + d[:, 7]
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int32)
    last = lengths[np.clip(month, 0, 12)] + (leap & (month == 2))
    return np.asarray((year >= 1900) & (year < 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= last), dtype=np.bool_)


def social_credit_check(matrix: Bytes) -> Mask:
    """(n, 18) bytes -> whether a unified social credit code, its check character included. Characters 3-8 are digits."""
    values = USCC_VALUE[matrix]
    legal = (values != _FAR).all(axis=1) & (values[:, 2:8] <= 9).all(axis=1)
    total = values[:, :17].astype(np.float32) @ _USCC_FLOAT + values[:, 17]
    return np.asarray(legal & (total % 31 == 0), dtype=np.bool_)


def luhn(cells: pl.Series) -> Mask:
    """Whether each cell is 13 to 19 digits with a right Luhn digit."""
    good = np.zeros(len(cells), dtype=np.bool_)
    for width in range(13, 20):
        matrix, at = byte_matrix(cells, width)
        if not len(at):
            continue
        digits = matrix - 48  # wraps below '0', so that anything but a digit is above 9
        legal = (digits <= 9).all(axis=1)
        at, digits = at[legal], digits[legal]
        doubled = _LUHN_DOUBLED[digits[:, width % 2 :: 2]]
        total = doubled.sum(axis=1, dtype=np.int32) + digits[:, 1 - width % 2 :: 2].sum(axis=1, dtype=np.int32)
        good[at[total % 10 == 0]] = True
    return good
