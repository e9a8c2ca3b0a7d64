"""Amounts that another column holds already, by what the headings or the cells say: to add them would claim a debt twice.

其中：罚息 is of the amount before it; 利息（含罚息） holds the 罚息 beside it; and of 应还利息, 已还利息 and 剩余利息 only the last is owed, where in the rows
the first is the sum of the two others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from panhuo.engines.intake.suggest_names import says_not_owed
from panhuo.engines.intake.suggest_sums import OF_IT, amounts_of, holds
from panhuo.engines.intake.suggest_values import Profile

_WITH: Final = re.compile(r"(?<![不未免无])(?:包含|包括|含|incl(?:uding|\.)?)[:：\s]*([^()（）\[\]]+)", re.IGNORECASE)
_WITHOUT: Final = re.compile(r"[，,、;；\s]*(?:(?:不|未|无)(?:包?含|包括)|excl(?:uding|\.)?)[^，,;；()（）\[\]]*", re.IGNORECASE)
_WITHIN: Final = re.compile(r"(?:包含|含|计入|并入|包括)(?:在|于)?([^()（）\[\]]+?)[之]?[中内里]")
_SPEAKS_OF: Final = {
    "principal_fen": re.compile(r"本金|principal"),
    "interest_fen": re.compile(r"利息|欠息|表[内外]息|(?<!pnlt )interest"),
    "penalty_fen": re.compile(r"罚息|复利|复息|违约金|滞纳金|penalt|late fee"),
    "fees_fen": re.compile(r"费|fees?|cost"),
}
_DUE: Final = re.compile(r"^(?:应[还收付]|到期)")
_AT_LEAST: Final = 3


def held_by(headings: Sequence[str], fields: Sequence[str | None]) -> dict[int, int]:
    """Column -> the column that says that it holds it, or before which it says that it is of it; where both would count towards the debt.

    ``fields``: of each heading, as guessed.

    >>> held_by(["欠息", "其中:罚息"], ["interest_fen", "penalty_fen"]), held_by(["利息(不含罚息)", "罚息"], ["interest_fen", "penalty_fen"])
    ({1: 0}, {})
    >>> held_by(["利息(含罚息,不含费用)", "罚息", "费用"], ["interest_fen", "penalty_fen", "fees_fen"]), held_by(["利息", "罚息(含在利息中)"], ["interest_fen", "penalty_fen"])
    ({1: 0}, {1: 0})
    """
    texts = [unicodedata.normalize("NFKC", heading).strip().casefold() for heading in headings]
    found: dict[int, int] = {}
    for i, text in enumerate(texts):
        if fields[i] not in _SPEAKS_OF:
            continue
        if OF_IT.match(text):
            whole = next((j for j in range(i - 1, -1, -1) if fields[j] and not OF_IT.match(texts[j])), None)
            if whole is not None and fields[whole] in _SPEAKS_OF and fields[whole] != fields[i]:
                found[i] = whole
        text = _WITHOUT.sub("", text)
        within = _WITHIN.search(text)
        said = within or _WITH.search(text)
        if said is None:
            continue
        for field, words in _SPEAKS_OF.items():
            others = [j for j, other in enumerate(fields) if other == field != fields[i] and words.search(said[1])]
            found |= dict.fromkeys([i] if within else others, others[0] if within else i) if others else {}
    return found


def before_payments(
    headings: Sequence[str], scores: Sequence[Mapping[str, float]], seen: Sequence[Profile | None], sample: pl.DataFrame | None, *, enough: float
) -> dict[int, tuple[int, str]]:
    """Column -> what is left of it, and the field of both: an amount that in the rows is what was paid of it and what is still owed.

    ``scores``: of each heading by field; those below ``enough`` say nothing.
    """
    cells = [amounts_of(heading, seen[i], sample) for i, heading in enumerate(headings)]
    paid = [i for i, heading in enumerate(headings) if says_not_owed(heading) and cells[i] is not None and _some(cells[i])]
    left = [i for i, heading in enumerate(headings) if not says_not_owed(heading) and cells[i] is not None]
    found: dict[int, tuple[int, str]] = {}
    for i, row in enumerate(scores):
        field = max(_SPEAKS_OF, key=lambda name: row[name])
        if row[field] < max(enough, *row.values()) or cells[i] is None or not paid:
            continue
        for j in left:
            if (
                j != i
                and _SPEAKS_OF[field].search(headings[j].casefold())
                and _some(cells[j])
                and any(k != i and holds(cells[i], [cells[k], cells[j]], equal=True) for k in paid)
            ):
                found[i] = (j, field)
                break
    return {i: (j, field) for i, (j, field) in found.items() if j not in found}


def gross(heading: str, field: str, headings: Sequence[str], seen: Sequence[Profile | None], sample: pl.DataFrame | None) -> str | None:
    """The column that says how much of a due amount is paid already, where nothing says what is left."""
    if field not in _SPEAKS_OF or not _DUE.match(heading):
        return None
    words = _SPEAKS_OF[field]
    paid = (
        other
        for i, other in enumerate(headings)
        if says_not_owed(other) and words.search(other.casefold()) and _some(amounts_of(other, seen[i], sample))
    )
    return next(paid, None)


def _some(amounts: pl.Series | None) -> bool:
    return amounts is not None and int((amounts > 0).sum()) >= _AT_LEAST
