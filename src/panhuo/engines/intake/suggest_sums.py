"""Amounts that a tape splits over several columns (表内欠息 and 表外欠息; 律师费, 公告费, 诉讼费), of which a one-to-one match would keep one.

Interest, penalty and fees add up, and so do the parts of a principal that say so (正常本金 and 逾期本金), so headings that compete for one of them are
parts of a sum, unless one is the total of the others: to add a total to its parts would double the debt. The cells decide where there are some, else the name does (利息 beside 表内欠息 is the total).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from panhuo.engines.intake.amount_parts import PRINCIPAL, part_of
from panhuo.engines.intake.mapping import heading_unit, normal_heading
from panhuo.engines.intake.suggest_names import says_not_owed, says_outstanding
from panhuo.engines.intake.suggest_values import Profile

ADDITIVE: Final = ("interest_fen", "penalty_fen", "fees_fen")
_TOTAL: Final = re.compile(r"合计|总计|小计|总额|^总|表内外|罚息.*复利|罚复息|罚息复利")
OF_IT: Final = re.compile(r"^(?:其中|内含|内:|of which|thereof)[:：\s]*", re.IGNORECASE)
_STATED: Final = re.compile(r"应[收还付计]|未[还收偿付]|拖欠|尚欠|结欠|剩余|代垫|已?垫付|垫支|实现|(?<!表内)(?<!表外)欠(?=罚|利|复)|的|余额|金额|用$")
"""What two names of one amount may differ in."""
_PRINCIPAL: Final = re.compile(r"本金|余额|principal|balance")
_NOT_ALL: Final = re.compile(r"累计|本期|当期|近\d|预计|预估")
_ENOUGH_CJK: Final = 0.5
_SEVERAL: Final = 2
_ENOUGH: Final = 0.9
_ROWS: Final = 0.9
_SLACK: Final = 0.011
"""A fen and the noise of a float."""


@dataclass(frozen=True)
class Group:
    """Columns, by number, that are one ``field``: added, or the one total (then ``contained`` are its parts). certain: by heading or cells."""

    field: str
    columns: tuple[int, ...]
    contained: tuple[int, ...] = ()
    certain: bool = True


def groups(
    headings: Sequence[str], scores: Sequence[Mapping[str, float]], seen: Sequence[Profile | None], sample: pl.DataFrame | None
) -> list[Group]:
    """The additive fields for which several headings compete; ``scores``: of each heading by field."""
    out = []
    for field in ADDITIVE:
        rivals = [i for i, heading in enumerate(headings) if _competes(heading, field, scores[i], seen[i])]
        if len(rivals) > 1 and len({normal_heading(headings[i]) for i in rivals}) == len(rivals):
            out.append(_group(field, rivals, headings, scores, seen, sample))
    out += _of_principal(headings, scores, seen, sample)
    return out


def of_all(headings: Sequence[str], scores: Sequence[Mapping[str, float]], seen: Sequence[Profile | None], sample: pl.DataFrame | None) -> int | None:
    """The column named like the principal that is principal and interest together: 贷款余额 beside 本金 and 利息, where the cells add up to it."""
    named = [i for i, row in enumerate(scores) if row[PRINCIPAL] >= _ENOUGH_CJK and row[PRINCIPAL] >= max(row.values())]
    if len(named) < _SEVERAL:
        return None
    cells = {i: amounts_of(headings[i], seen[i], sample) for i in range(len(headings))}
    of = [[i for i, row in enumerate(scores) if row[field] >= _ENOUGH_CJK and row[field] >= max(row.values())] for field in ADDITIVE]
    added = [[i for some in of[:k] for i in some] for k in range(1, len(ADDITIVE) + 1) if of[k - 1]]
    for total in named:
        for part in named:
            if part != total and any(holds(cells[total], [cells[part], *(cells[i] for i in others)], equal=True) for others in added):
                return total
    return None


def _of_principal(
    headings: Sequence[str], scores: Sequence[Mapping[str, float]], seen: Sequence[Profile | None], sample: pl.DataFrame | None
) -> list[Group]:
    """Parts that say so: their total, where the cells show one; their sum, where no heading is the principal itself (逾期本金 beside 本金余额 is contained in it)."""
    parts = [i for i, heading in enumerate(headings) if part_of(heading) == PRINCIPAL and _competes(heading, PRINCIPAL, scores[i], seen[i])]
    if len(parts) < _SEVERAL:
        return []
    cells = [amounts_of(headings[i], seen[i], sample) for i in parts]
    for i, heading in enumerate(headings):
        if i not in parts and _PRINCIPAL.search(heading.casefold()) and holds(amounts_of(heading, seen[i], sample), cells, equal=True):
            return [Group(PRINCIPAL, (i,), tuple(parts))]
    whole = [i for i, row in enumerate(scores) if i not in parts and row[PRINCIPAL] >= _ENOUGH_CJK and row[PRINCIPAL] >= max(row.values())]
    if whole:
        return []
    kept = _once_each(PRINCIPAL, parts, headings, dict(zip(parts, cells, strict=True)))
    return [Group(PRINCIPAL, tuple(kept), tuple(i for i in parts if i not in kept), certain=len(kept) == len(parts))]


def _competes(heading: str, field: str, scores: Mapping[str, float], seen: Profile | None) -> bool:
    if says_not_owed(heading) or _NOT_ALL.search(heading):
        return False
    if seen is not None and seen.filled >= 3 and seen.share("number") < 0.6:
        return False
    part = part_of(heading)
    if part is not None:  # 应收罚息 is like 应收利息, and no interest
        return part == field
    score = scores[field]
    return score >= (_ENOUGH if heading.isascii() else _ENOUGH_CJK) and score >= max(scores.values())


def _group(
    field: str,
    rivals: list[int],
    headings: Sequence[str],
    scores: Sequence[Mapping[str, float]],
    seen: Sequence[Profile | None],
    sample: pl.DataFrame | None,
) -> Group:
    cells = {i: amounts_of(headings[i], seen[i], sample) for i in rivals}
    for i in rivals:
        others = tuple(j for j in rivals if j != i)
        if holds(cells[i], [cells[j] for j in others], equal=True):
            return Group(field, (i,), others)
    every, rivals = rivals, _once_each(field, rivals, headings, cells)
    twice = tuple(i for i in every if i not in rivals)
    if twice:
        rest = _group(field, rivals, headings, scores, seen, sample) if len(rivals) > 1 else Group(field, tuple(rivals))
        return Group(field, rest.columns, (*rest.contained, *twice), certain=False)
    left = [i for i in rivals if says_outstanding(headings[i])]
    due = [i for i in rivals if i not in left]
    if len(left) == 1 and due and all(_before(headings[i], headings[left[0]]) and holds(cells[i], [cells[left[0]]], equal=False) for i in due):
        return Group(field, (left[0],), tuple(due), certain=False)
    said = [i for i in rivals if _TOTAL.search(normal_heading(headings[i]))]
    named = said or [i for i in rivals if part_of(headings[i]) != field]  # 利息 beside 表内欠息
    if not named:
        return Group(field, tuple(rivals))
    if len(named) == len(rivals) and not said:  # 欠息 and 应收利息: neither says that it holds the other
        return Group(field, tuple(rivals), certain=False)
    best = max(named, key=lambda i: scores[i][field])
    others = tuple(j for j in rivals if j != best)
    parts = [cells[j] for j in others if j not in named]
    if holds(cells[best], parts, equal=False) is False:
        return Group(field, tuple(rivals), certain=False)
    return Group(field, (best,), others, certain=False)


def _once_each(field: str, rivals: Sequence[int], headings: Sequence[str], cells: Mapping[int, pl.Series | None]) -> list[int]:
    """One column for each thing: of 应收罚息 and 未还罚息 what is left, of 欠息 and 其中：表内欠息 the first, of 诉讼费 and 垫付诉讼费 the greater."""
    kept: dict[str, int] = {}
    for i in rivals:
        text = normal_heading(headings[i])
        if OF_IT.match(text) and any(j < i and not OF_IT.match(normal_heading(headings[j])) for j in rivals):
            continue
        stem = _STATED.sub("", OF_IT.sub("", text))
        if field == "penalty_fen":
            stem = stem.removeprefix("逾期")
        held = kept.setdefault(stem, i)
        if held != i and _rank(headings[i], cells[i]) > _rank(headings[held], cells[held]):
            kept[stem] = i
    return sorted(kept.values())


def _rank(heading: str, amounts: pl.Series | None) -> tuple[bool, float]:
    return says_outstanding(heading), float(amounts.sum()) if amounts is not None else 0.0


def _before(due: str, left: str) -> bool:
    """Whether one heading is the other less what says that it is left: 应还利息 and 剩余应还利息."""
    return normal_heading(due) in normal_heading(left)


def amounts_of(heading: str, seen: Profile | None, sample: pl.DataFrame | None) -> pl.Series | None:
    """The column's figures, an empty cell as 0; None without cells, and where a unit stands in the way of comparing them."""
    if sample is None or heading not in sample.columns or seen is None or not seen.filled:
        return None
    unit = heading_unit(heading)
    plain = sample[heading].cast(pl.String).str.replace_all(r"[,，¥$￥元\s']", "").cast(pl.Float64, strict=False)
    return plain.fill_null(0.0).rename(unit or "yuan")  # columns in different units are not compared


def holds(total: pl.Series | None, parts: Sequence[pl.Series | None], *, equal: bool) -> bool | None:
    """Whether the total is the sum of the parts (equal), or at least no less, in nearly all rows; None where the cells cannot tell."""
    known = [part for part in parts if part is not None]
    if total is None or not known or len(known) < len(parts) or {total.name} != {part.name for part in known}:
        return None
    together = sum(known[1:], known[0])
    rows = together.abs() > 0
    if equal and (int(rows.sum()) < 3 or not any(int((part != total).sum()) for part in known)):
        return None
    if not rows.any():
        return None
    gap = (total - together).filter(rows)
    return float(((gap.abs() if equal else -gap) <= _SLACK * max(1, len(known))).mean() or 0.0) >= _ROWS  # type: ignore[arg-type]
