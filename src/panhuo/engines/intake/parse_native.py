"""Whole columns through :mod:`.parse_kernels`: the glue between Polars series and the compiled fast pass.

Only for batches of ``MIN_ROWS`` and up; below, the expressions of the parsers do the same work sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from panhuo.engines.intake import identifiers as ids
from panhuo.engines.intake import parse_dates
from panhuo.engines.intake.layout import MONEY_UNITS
from panhuo.engines.intake.parse_cells import BLANKS, Spec
from panhuo.engines.intake.parse_numbers import MU_IN_M2, POWER, RATE_UNIT, unit_factor
from panhuo.engines.intake.parse_text import PATTERN

MIN_ROWS: Final = 50_000

KINDS: Final = ("money", "rate", "number", "integer", "date", "text", "pattern", "phone", "card")
"""Readers with a kernel; identity numbers have :func:`people`."""

_FORMS: Final = ("iso", "slashed", "compact", "chinese", "us", "eu")


_SURE: Final = 1  # as in parse_kernels, which is only loaded on use


class View(NamedTuple):
    """A text column as the kernels see it: views, addresses of the text buffers, validity bits, offset into these.

    The kernels follow the addresses, so a View must be held (in a variable, not just passed on) until they are done: ``owner`` is what
    keeps the text where it is.
    """

    cells: tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64], npt.NDArray[np.uint8], int]
    owner: Any


def view(cells: pl.Series) -> View:
    """The string views of a column, without copying its text."""
    array = cells.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    valid, views, *data = array.buffers()
    words = np.frombuffer(views, dtype=np.uint32).reshape(-1, 4)[array.offset : array.offset + len(array)]
    addresses = np.array([buffer.address for buffer in data] or [0], dtype=np.uint64)
    bits = np.frombuffer(valid, dtype=np.uint8) if valid is not None else np.zeros(0, dtype=np.uint8)
    return View((words, addresses, bits, array.offset), (array, data))


def fast_columns(raw: pl.DataFrame, questions: list[tuple[Spec, str]]) -> dict[str, pl.Series]:
    """The fast reading of each column (a spec and its reader, one of ``KINDS``), null where it is odd; by name."""
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        done = pool.map(lambda q: fast_column(raw[str(q[0].heading)], *q), questions)
        return {spec.name: column for (spec, _), column in zip(questions, done, strict=True)}


def fast_column(cells: pl.Series, spec: Spec, reader: str) -> pl.Series:
    """One column."""
    return _READERS[reader](cells, spec).alias(spec.name)


def people(numbers: pl.Series) -> ids.People:
    """:func:`.identifiers.people`, compiled."""
    from panhuo.engines.intake import identifiers_kernels

    seen = view(numbers)
    out = ids.nobody(len(numbers))
    identifiers_kernels.identity(seen.cells, ids.PREFIXES, ids.RESIDENT_WEIGHTS, ids.USCC_VALUE, ids.USCC_WEIGHTS, ids.ORGANISATION_WEIGHTS, *out)
    return out


def _money(cells: pl.Series, spec: Spec) -> pl.Series:
    from panhuo.engines.intake import parse_kernels

    seen = view(cells)
    out, state = np.empty(len(cells), dtype=np.int64), np.empty(len(cells), dtype=np.uint8)
    odd = parse_kernels.money(seen.cells, POWER[MONEY_UNITS[spec.unit or "yuan"]], out, state)
    return _series(out, state, odd, cells)


def _float(cells: pl.Series, spec: Spec) -> pl.Series:
    from panhuo.engines.intake import parse_kernels

    seen = view(cells)
    out, state = np.zeros(len(cells), dtype=np.float64), np.empty(len(cells), dtype=np.uint8)
    odd = parse_kernels.decimal(seen.cells, out, state)
    if spec.kind == "rate":
        unit = RATE_UNIT.get(spec.unit or "auto")
        if unit is None:
            np.divide(out, 100, out=out, where=np.abs(out) >= 1)
        elif unit != 1:
            out /= unit
    elif spec.unit == "mu":
        out *= MU_IN_M2
    return _series(out, state, odd, cells)


def _integer(cells: pl.Series, spec: Spec) -> pl.Series:
    from panhuo.engines.intake import parse_kernels

    seen = view(cells)
    out, state = np.empty(len(cells), dtype=np.int32), np.empty(len(cells), dtype=np.uint8)
    if unit_factor(spec) != 1:
        return pl.Series([None], dtype=pl.Int32).new_from_index(0, len(cells))
    odd = parse_kernels.integer(seen.cells, out, state)
    return _series(out, state, odd, cells)


def _date(cells: pl.Series, spec: Spec) -> pl.Series:
    from panhuo.engines.intake import parse_kernels

    seen = view(cells)
    if spec.form not in _FORMS:
        return cells.to_frame("cell").select(parse_dates.fast(pl.col("cell"), spec.form)).to_series()
    out, state = np.empty(len(cells), dtype=np.int32), np.empty(len(cells), dtype=np.uint8)
    odd = parse_kernels.date(seen.cells, _FORMS.index(spec.form), out, state)
    return _series(out, state, odd, cells).cast(pl.Date)


def _text(cells: pl.Series, spec: Spec) -> pl.Series:
    from panhuo.engines.intake import parse_kernels

    seen = view(cells)
    name = spec.field is not None and spec.field.personal == "name"
    table = _NAME_BYTES if name else _NUMBER_BYTES if spec.kind == "identifier" else _TEXT_BYTES
    if spec.name == "repayment_pattern":
        table = _PATTERN_BYTES
    state = np.empty(len(cells), dtype=np.uint8)
    odd = parse_kernels.text(seen.cells, table, _SHORT, name, state)
    return _kept(cells, state, odd)


def _phone(cells: pl.Series, spec: Spec) -> pl.Series:
    from panhuo.engines.intake import identifiers_kernels

    seen = view(cells)
    state = np.empty(len(cells), dtype=np.uint8)
    return _kept(cells, state, identifiers_kernels.phone(seen.cells, state))


def _card(cells: pl.Series, spec: Spec) -> pl.Series:
    from panhuo.engines.intake import identifiers_kernels

    seen = view(cells)
    state = np.empty(len(cells), dtype=np.uint8)
    return _kept(cells, state, identifiers_kernels.card(seen.cells, state))


_READERS: Final[dict[str, Callable[[pl.Series, Spec], pl.Series]]] = {
    "money": _money,
    "rate": _float,
    "number": _float,
    "integer": _integer,
    "date": _date,
    "text": _text,
    "pattern": _text,
    "phone": _phone,
    "card": _card,
}


def _series(out: npt.NDArray[Any], state: npt.NDArray[np.uint8], odd: int, cells: pl.Series) -> pl.Series:
    """The values as a series on their own memory, null where the cell is not sure."""
    valid = None
    if odd or cells.null_count():
        valid = pa.py_buffer(np.packbits(state == _SURE, bitorder="little"))
    return pl.Series(pa.Array.from_buffers(pa.from_numpy_dtype(out.dtype), len(out), [valid, pa.py_buffer(out)]))


def _kept(cells: pl.Series, state: npt.NDArray[np.uint8], odd: int) -> pl.Series:
    if not odd:
        return cells
    return pl.DataFrame({"cell": cells, "sure": pl.Series(state == _SURE)}).select(pl.when("sure").then("cell")).to_series()


def _bytes(wrong: str, leads: tuple[int, ...], starts: str) -> npt.NDArray[np.uint8]:
    """The table of :func:`.parse_kernels.text`."""
    table = np.zeros(256, dtype=np.uint8)
    table[[*range(32), 127, *(ord(c) for c in wrong)]] |= 1
    table[list(leads)] |= 2
    table[[ord(c) for c in starts]] |= 4
    table[[word.encode()[0] for word in BLANKS if word and not word.isascii()]] |= 8
    table[[ord(c) for c in "nN"]] |= 16
    return table


_LEADS: Final = (0xC2, 0xE1, 0xE2, 0xE3, 0xEF)
_SIGNS: Final = " =+-@'/\\.*<(#"
_TEXT_BYTES: Final = _bytes("", _LEADS, _SIGNS)
_NUMBER_BYTES: Final = _bytes("+", _LEADS, _SIGNS)
"""A plus may be the one of 6.2E+18."""
_NAME_BYTES: Final = _bytes("".join(chr(c) for c in range(32, 127) if not chr(c).isalpha()), (*_LEADS, 0xE4, 0xE5, 0xE6), _SIGNS + "tTxXuUaA")
"""The letters begin test, xxx, unknown and abc."""
_PATTERN_BYTES: Final = _bytes("", (), "")
_PATTERN_BYTES[:] = 1
_PATTERN_BYTES[[ord(c) for c in PATTERN]] = 0


def _short_words() -> npt.NDArray[np.uint8]:
    words = [word.encode() for word in BLANKS if word and not word.isascii()]
    out = np.zeros((len(words), 16), dtype=np.uint8)
    for row, word in zip(out, words, strict=True):
        row[0] = len(word)
        row[1 : 1 + len(word)] = np.frombuffer(word, dtype=np.uint8)
    return out


_SHORT: Final = _short_words()
