"""Columns of fixed-width numbers with check characters, built as byte matrices: identity numbers, credit codes, phones.

None may belong to anyone, yet all must pass for real ones:

*Resident ID* (GB 11643-1999): right check digit, real province and city, real birth date. Its first six digits are a **prefecture-level** code
(Suzhou 320500). A resident ID carries the code of the county or district of first registration (320505 ...), so no person has one that
begins with a city's own code, save in the few cities without districts, which the data leaves out. Codes of the kind xx99xx, never assigned at
all, would be as safe, but validators that look the code up (python-stdnum) refuse them.

*Unified social credit code* (GB 32100): right check characters, both its own and that of the organisation code inside (GB 11714). Its
registering region is xx99nn: GB/T 2260 uses 01-20, 51-70 for cities, 21-50 for prefectures and leagues, 90 for counties under
the province; 99 is unused.

*Mobile numbers*: eleven digits from 163. The national numbering plan (MIIT, 2017) keeps 163 for access codes of data services (dial-up Internet), so it
is no network of subscribers. It fits the form 1[3-9]xxxxxxxxx; a library that knows the allotted networks (phonenumbers) says "possible but
not valid", and must: every allotted network has subscribers. (179, kept for IP telephony, would be as safe, but phonenumbers takes it off as a
carrier's access code.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panhuo.engines.intake.synthesis.draws import Ints

Matrix = npt.NDArray[np.uint8]

_ZERO = ord("0")
_RIC_WEIGHTS = np.array([pow(2, 17 - i, 11) for i in range(17)], dtype=np.int64)
_RIC_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
_USCC_ALPHABET = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)], dtype=np.int64)
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_ORGANISATION_CHECK = np.frombuffer(b"0123456789X0", dtype=np.uint8)  # 11 stands as 0
PHONE_SEGMENT = 163
UNUSED_CITY = 99


def text(matrix: Matrix) -> pl.Series:
    """The rows of an ASCII byte matrix as a text column."""
    import pyarrow as pa

    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int64) * width
    buffers: list[Any] = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix))]
    column: pl.Series = pl.Series(values=pa.Array.from_buffers(pa.large_string(), rows, buffers))
    return column


def put(matrix: Matrix, start: int, width: int, numbers: Ints) -> None:
    """Write ``numbers`` as decimal digits, zero-filled, into columns ``start`` ... ``start + width - 1``."""
    rest = numbers.astype(np.int64)
    for column in range(start + width - 1, start - 1, -1):
        rest, digit = np.divmod(rest, 10)
        matrix[:, column] = digit.astype(np.uint8) + _ZERO


def resident_ids(city_code: Ints, birth: npt.NDArray[np.datetime64], sequence: Ints) -> pl.Series:
    """18 characters: city, birth date, sequence (odd for men), check digit of ISO 7064 MOD 11-2."""
    matrix = np.empty((city_code.size, 18), dtype=np.uint8)
    put(matrix, 0, 6, city_code)
    months = birth.astype("datetime64[M]")
    years = birth.astype("datetime64[Y]")
    put(matrix, 6, 4, years.astype(np.int64) + 1970)
    put(matrix, 10, 2, (months - years.astype("datetime64[M]")).astype(np.int64) + 1)
    put(matrix, 12, 2, (birth - months.astype("datetime64[D]")).astype(np.int64) + 1)
    put(matrix, 14, 3, sequence)
    matrix[:, 17] = ric_check(matrix)
    return text(matrix)


def ric_check(matrix: Matrix) -> npt.NDArray[np.uint8]:
    """The check character of each row of ASCII digits (17 columns are read)."""
    total = (matrix[:, :17].astype(np.int64) - _ZERO) @ _RIC_WEIGHTS
    check: npt.NDArray[np.uint8] = _RIC_CHECK[total % 11]
    return check


def credit_codes(province: Ints, register: Ints, number: Ints) -> pl.Series:
    """18 characters: 91 (firm), region ``province`` 99 ``register`` (two digits), an eight-digit organisation number, both checks."""
    matrix = np.empty((number.size, 18), dtype=np.uint8)
    put(matrix, 0, 2, np.full(number.size, 91))
    put(matrix, 2, 2, province)
    put(matrix, 4, 2, np.full(number.size, UNUSED_CITY))
    put(matrix, 6, 2, register)
    put(matrix, 8, 8, number)
    inner = (matrix[:, 8:16].astype(np.int64) - _ZERO) @ _ORGANISATION_WEIGHTS
    matrix[:, 16] = _ORGANISATION_CHECK[11 - inner % 11]
    value = np.zeros(256, dtype=np.int64)
    value[np.frombuffer(_USCC_ALPHABET, dtype=np.uint8)] = np.arange(31)
    total = value[matrix[:, :17]] @ _USCC_WEIGHTS
    matrix[:, 17] = np.frombuffer(_USCC_ALPHABET, dtype=np.uint8)[(31 - total % 31) % 31]
    return text(matrix)


def phones(number: Ints) -> pl.Series:
    """11 digits: 163 and eight of ``number``."""
    matrix = np.empty((number.size, 11), dtype=np.uint8)
    put(matrix, 0, 3, np.full(number.size, PHONE_SEGMENT))
    put(matrix, 3, 8, number)
    return text(matrix)
