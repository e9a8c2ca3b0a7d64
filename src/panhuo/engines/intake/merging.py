"""Several files as one tape: whose column is whose.

Files with the same headings in any order are one table. With different headings they are one table only where a layout
binds each of them, and then a column stands under the first file's heading for the same canonical field. Two columns whose
headings state different units (元, 万元) or currencies are never put under one heading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from panhuo.engines.intake.layout import Layout
from panhuo.engines.intake.mapping import bind, heading_unit, normal_heading
from panhuo.engines.intake.money_words import marks
from panhuo.engines.intake.refusals import unusable
from panhuo.engines.intake.title_units import UNIT_WORDS
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.frames import TAPE
from panhuo.kernel.words import Words

_Key = tuple[str, str | None, tuple[tuple[str, ...], ...]]
"""What tells columns apart: the bare heading, its unit, the currencies it names."""


@dataclass(frozen=True)
class Merged:
    """``headings`` of the tape; ``renames[i]``: of file i, own heading -> the tape's."""

    headings: tuple[str, ...]
    renames: tuple[dict[str, str], ...]
    notes: tuple[Words, ...] = ()

    def conform(self, i: int, frame: pl.DataFrame) -> pl.DataFrame:
        """A frame of file ``i`` under the tape's headings, all of them."""
        frame = frame.rename(self.renames[i])
        absent = [heading for heading in self.headings if heading not in frame.columns]
        return frame.with_columns(pl.lit(None, pl.String()).alias(heading) for heading in absent) if absent else frame


def merge(files: Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]], layout: Layout | None, *, of_sheets: bool = False) -> Merged:
    """files: name, headings, duplicate headings. of_sheets: sheets of one workbook are among them, which the remedy then speaks of.

    Raises InputUnusable: DUPLICATE_HEADINGS (unless the layout uses none of them, or without one none has the name of a field), HEADINGS_DIFFER, UNITS_DIFFER, and what
    :func:`.mapping.bind` raises for files that differ.
    """
    notes = [note for name, headings, duplicates in files if duplicates for note in _duplicates(name, headings, duplicates, layout)]
    first_name, first, _ = files[0]
    keys = {_key(heading): heading for heading in first}
    if len(keys) == len(first) and all(len(headings) == len(first) and {_key(h) for h in headings} == set(keys) for _, headings, _ in files):
        renames = tuple({h: keys[_key(h)] for h in headings} for _, headings, _ in files)
        return Merged(first, renames, tuple(notes))
    if all(set(headings) == set(first) for _, headings, _ in files):
        return Merged(first, tuple({} for _ in files), tuple(notes))
    if layout is None:
        name, headings, _ = next(f for f in files if {_key(h) for h in f[1]} != set(keys))
        raise _differ(first_name, first, name, headings, of_sheets)
    return _by_layout(files, layout, notes)


def _by_layout(files: Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]], layout: Layout, notes: list[Words]) -> Merged:
    bindings = [bind(layout, headings, where=name) for name, headings, _ in files]
    for (name, _, _), binding in zip(files, bindings, strict=True):
        if binding.currency != bindings[0].currency:
            raise _currencies(files[0][0], bindings[0].currency, name, binding.currency)
    tape: list[str] = []
    of_field: dict[str, str] = {}
    unit_of: dict[str, tuple[str | None, str]] = {}
    of_key: dict[_Key, str] = {}
    renames: list[dict[str, str]] = []
    for (name, headings, _), binding in zip(files, bindings, strict=True):
        fields = {heading: to for to, heading in binding.fields.items()}
        renamed: dict[str, str] = {}
        for heading in headings:
            to = fields.get(heading)
            if to is not None:
                unit, where = unit_of.setdefault(to, (binding.units.get(to), name))
                if unit != binding.units.get(to):
                    raise _units(to, where, unit, name, binding.units.get(to))
            known = of_field.get(to) if to is not None else of_key.get(_key(heading))
            if known is None:
                known = heading if heading not in tape else f"{heading} [{name}]"
                tape.append(known)
                if to is not None:
                    of_field[to] = known
                else:
                    of_key[_key(heading)] = known
            renamed[heading] = known
        renames.append(renamed)
    note = Words(
        "各文件表头不同，已按版式对应：" + "、".join(name for name, _, _ in files),
        "the files have different headings and were matched by the layout: " + ", ".join(name for name, _, _ in files),
    )
    return Merged(tuple(tape), tuple(renames), (*notes, note))


def _key(heading: str) -> _Key:
    return normal_heading(heading), heading_unit(heading), tuple(marks(heading))


def _duplicates(name: str, headings: tuple[str, ...], duplicates: tuple[str, ...], layout: Layout | None) -> list[Words]:
    listed = ", ".join(repr(heading) for heading in duplicates)
    if layout is not None:
        used = frozenset(normal_heading(heading) for column in layout.columns for heading in column.from_)
    else:  # a column of no known name, such as 备注, is not what a layout will want
        from panhuo.engines.intake.suggest_names import synonyms

        used = frozenset(normal_heading(heading) for listed in synonyms().values() for heading in listed)
    if any(normal_heading(heading) in used for heading in duplicates):
        raise unusable(
            "DUPLICATE_HEADINGS",
            name,
            f"表头重复：{listed}",
            f"these headings occur more than once: {listed}",
            "给重复的列改名或删去多余的列",
            "rename the columns or delete those that are too many",
        )
    return [Words(f"{name}：表头重复但未使用：{listed}", f"{name}: headings repeated, and not used: {listed}")]


def _differ(first_name: str, first: Sequence[str], name: str, headings: Sequence[str], of_sheets: bool) -> InputUnusable:
    mine, theirs = {_key(h): h for h in first}, {_key(h): h for h in headings}
    lacking = [mine[k] for k in mine if k not in theirs][:8]
    extra = [theirs[k] for k in theirs if k not in mine][:8]
    return unusable(
        "HEADINGS_DIFFER",
        name,
        f"表头与 {first_name} 不同：缺少 {'、'.join(lacking) or '无'}；多出 {'、'.join(extra) or '无'}",
        f"its headings differ from those of {first_name}: lacking {', '.join(lacking) or 'none'}; extra {', '.join(extra) or 'none'}",
        "用 --sheet 指定要读的一个工作表，或把表头改成一致，或用 --layout 指定能对应各表的版式"
        if of_sheets
        else "分开处理，或用 --layout 指定能对应两者的版式",
        "name the one sheet to read with --sheet, make the headings equal, or name a layout that binds them all with --layout"
        if of_sheets
        else "read them apart, or name a layout that binds both with --layout",
    )


def _units(to: str, first_name: str, unit: str | None, name: str, other: str | None) -> InputUnusable:
    return unusable(
        "UNITS_DIFFER",
        name,
        f"“{TAPE[to].zh if to in TAPE else to}”的单位是{_said(other).zh}，而 {first_name} 中是{_said(unit).zh}",
        f"{TAPE[to].en if to in TAPE else to} ({to}) is in {_said(other).en} here and in {_said(unit).en} in {first_name}",
        "统一单位后再合并，或分开处理",
        "bring them to one unit, or read them apart",
    )


def _said(unit: str | None) -> Words:
    return UNIT_WORDS.get(unit or "", Words(unit or "没有写明的单位", unit or "an unstated unit"))


def _currencies(first_name: str, codes: tuple[str, ...], name: str, others: tuple[str, ...]) -> InputUnusable:
    zh = [one[0] if one else "没有写" for one in (others, codes)]
    en = [one[0] if one else "not stated" for one in (others, codes)]
    return unusable(
        "UNITS_DIFFER",
        name,
        f"表头的币种与 {first_name} 不同：此处 {zh[0]}，彼处 {zh[1]}",
        f"the currency in its headings differs from that of {first_name}: {en[0]} here, {en[1]} there",
        "分开处理，或统一币种后再合并",
        "read them apart, or bring them to one currency",
    )
