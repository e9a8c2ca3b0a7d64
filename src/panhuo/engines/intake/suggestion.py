"""What is guessed of an unknown tape's headings, and the layout file that says so, for a person to confirm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import yaml

from panhuo.engines.intake.layout import OVERDUE
from panhuo.kernel.frames import TAPE, TAPE_REQUIRED
from panhuo.kernel.words import Words

SURE: Final = 0.60
"""From here on a guess becomes a line of the layout; below it a comment."""
SURE_OF_MONEY: Final = 0.50
"""From here on for an amount: one that is left out is a debt that vanishes. What may be another amount never comes so far (_ONLY_ALIKE)."""
CERTAIN: Final = 0.80
"""Below it a guess counts as to be confirmed, whether it is a line or a comment."""
WORTH_SAYING: Final = 0.40
_NO_PRINCIPAL: Final = re.compile(r"利息|欠息|罚息|复[利息]|费|interest|penalty|fee", re.IGNORECASE)
"""What is no principal, though the layout lack one."""


@dataclass(frozen=True)
class Guess:
    """One heading's best field. ``field`` is None where nothing is like it. unit, dates: as in a layout, None where the default fits."""

    heading: str
    field: str | None
    confidence: float
    reason: Words
    unit: str | None = None
    dates: tuple[str, ...] = ()
    doubts: tuple[Words, ...] = ()
    part: int = 0
    """Of a field that is the sum of several columns: which of them this is, from 1 on."""
    greatest: bool = False
    """The parts are no sum: the greatest of them counts."""
    within: str = ""
    """The heading of the column that holds this amount already."""


@dataclass(frozen=True)
class Suggestion:
    """Guesses in the order of the headings; ``fits``: shipped layouts that bind the tape, with the columns they read. currency: of the amounts, where
    titles, headings or cells name one; doubts: about it."""

    guesses: tuple[Guess, ...]
    fits: tuple[tuple[str, int], ...] = ()
    currency: str | None = None
    doubts: tuple[Words, ...] = ()

    @property
    def sure(self) -> list[Guess]:
        return [g for g in self.guesses if g.field and g.confidence >= bar_of(g.field)]

    @property
    def unsure(self) -> list[Guess]:
        return [g for g in self.guesses if g.field and g.confidence < bar_of(g.field)]

    @property
    def certain(self) -> list[Guess]:
        """What needs no second look."""
        return [g for g in self.guesses if g.field and g.confidence >= CERTAIN]

    @property
    def to_confirm(self) -> list[Guess]:
        """Lines and comments alike that a person has to look at."""
        return [g for g in self.guesses if g.field and g.confidence < CERTAIN]

    @property
    def unknown(self) -> list[Guess]:
        return [g for g in self.guesses if g.field is None]

    @property
    def lacking(self) -> list[str]:
        """Required fields that no heading is like."""
        found = {g.field for g in self.guesses}
        return [field for field in TAPE_REQUIRED if field not in found]

    def to_yaml(self, name: str = "suggested") -> str:
        """The layout file, valid as it stands: a required field that was not found is named as a heading still to be filled in."""
        return _yaml(self, name)


def bar_of(field: str) -> float:
    return SURE_OF_MONEY if TAPE[field].kind == "money" else SURE


def _yaml(suggestion: Suggestion, name: str) -> str:
    lines = [
        "# 由 panhuo layout suggest 生成，使用前请逐行核对。Made by `panhuo layout suggest`: check each line before use.",
        "# 行末为置信度与理由。The figure at the end of a line is the confidence.",
    ]
    lines += [
        f"# 已有版式 {layout} 可读此清单（{n} 列）。The shipped layout {layout} reads this tape ({n} columns)." for layout, n in suggestion.fits
    ]
    lines += [f"name: {_scalar(name)}", "title: {zh: 待确认的版式, en: layout to be confirmed}", "version: 1"]
    lines += [f"# ↓ {doubt.zh} {doubt.en}" for doubt in suggestion.doubts]
    lines += [f"currency: {suggestion.currency}"] if suggestion.currency else []
    lines.append("columns:")
    sure = suggestion.sure
    lines += [line for guess in sure for line in _column(guess, "  ")]
    given = {guess.field for guess in sure}
    for field in TAPE_REQUIRED:
        if field in given:
            continue
        best = next((g for g in suggestion.unsure if g.field == field and not (field == "principal_fen" and _NO_PRINCIPAL.search(g.heading))), None)
        if best is not None:
            lines += _column(best, "  ")
        else:
            lines += [f"  # ↓ {words}" for words in how_to_proceed(field)]
            lines.append(f"  - {{from: {_scalar(TAPE[field].zh)}, to: {field}}}  # 未找到，请填写表头 NOT FOUND: put the heading here")
        given.add(field)
    unsure = [g for g in suggestion.unsure if g.field not in given and not g.within]
    if unsure:
        lines.append("  # 以下置信度低，确认后去掉行首的 #。Less certain: uncomment what is right.")
        lines += [line for guess in unsure for line in _column(guess, "  # ")]
    lines += _sums(sure)
    if held := [g for g in suggestion.unsure if g.within]:
        lines.append(
            "# 已含在另一列中，不另计，也不提示；若并不包含，请删去并在 columns 中对应。Held by another column, not added and not asked about again:"
        )
        lines.append("ignore:")
        lines += [f"  - {_scalar(g.heading)}  # ⊂ {_scalar(g.within)}" for g in held]
    if suggestion.unknown:
        listed = [_scalar(g.heading) for g in suggestion.unknown]
        lines.append("# 未识别的表头，不读取。Headings like no field, left unread:")
        lines += [f"#   {', '.join(listed[i : i + 8])}" for i in range(0, len(listed), 8)]
    return "\n".join(lines) + "\n"


def _sums(sure: Sequence[Guess]) -> list[str]:
    """The fields that several columns add up to; empty cells count as nothing, a row where all are empty has no amount."""
    of: dict[str, list[str]] = {}
    for guess in sure:
        if guess.part and guess.field:
            of.setdefault(guess.field, []).append(_working(guess))
    out = []
    for field, names in of.items():
        if field == OVERDUE:
            taken = "GREATEST" if any(guess.greatest for guess in sure if guess.part and guess.field == field) else "COALESCE"
            out.append(f"  {field}: {taken}({', '.join(sorted(names))})")
            continue
        some = " OR ".join(f"{name} IS NOT NULL" for name in names)
        out.append(f"  {field}: CASE WHEN {some} THEN {' + '.join(f'COALESCE({name}, 0)' for name in names)} END")
    return ["derived:", *out] if out else []


def _working(guess: Guess) -> str:
    return f"_{str(guess.field).removesuffix('_fen')}_{guess.part}"


def how_to_proceed(field: str) -> Words:
    """What to do about a required field that no heading is like."""
    zh, en = TAPE[field].zh, TAPE[field].en
    if field == "account_id":
        return Words(
            f"没有一列像{zh}（序号只是行号，换一份清单就变，不能代替）：在清单中加一列每笔唯一且不变的编号，表头写“{zh}”；已有这样的列就把它的表头填在 from",
            f"no column is like the {en} (a row counter is none: it changes from list to list): add a column with a lasting number of each claim "
            f"under the heading {zh}, or put the heading of such a column under from",
        )
    return Words(
        f"没有一列像{zh}：在清单中加上这一列，或把它的表头填在 from", f"no column is like the {en}: add it to the tape, or put its heading under from"
    )


def _column(guess: Guess, indent: str) -> list[str]:
    parts = [
        f"from: {_scalar(guess.heading)}",
        *(
            [f"to: {_working(guess)}", "kind: integer, unit: days" if guess.field == OVERDUE else "kind: money"]
            if guess.part
            else [f"to: {guess.field}"]
        ),
    ]
    if guess.unit:
        parts.append(f"unit: {guess.unit}")
    if guess.dates:
        parts.append(f"dates: [{', '.join(guess.dates)}]")
    head = f"{indent}- {{{', '.join(parts)}}}  # {guess.confidence:.2f} {guess.reason.zh} {guess.reason.en}"
    above = [f"{indent.replace('# ', '')}# ↓ {doubt.zh} {doubt.en}".replace("\n", " ") for doubt in guess.doubts]
    return [*above, head.replace("\n", " ")]


def _scalar(text: str) -> str:
    """A YAML scalar on one line, quoted so that nothing in a heading can end it."""
    return (
        yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10**9).strip()
        if not text.isidentifier() or text.lower() in _YAML_WORDS
        else text
    )


_YAML_WORDS: Final = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
