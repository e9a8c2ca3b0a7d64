"""Which layout a tape has, when nobody says: the shipped one whose headings it carries."""

from __future__ import annotations

from collections.abc import Sequence

from panhuo.engines.intake import Layout, bind, load_layout, shipped_layouts
from panhuo.engines.intake.mapping import known_headings, normal_heading
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

ENOUGH = 0.5
"""A layout fits by itself when it explains at least this share of the tape's headings, or finds this share of its own columns there."""


def choose_layout(headings: Sequence[str], *, where: str) -> Layout:
    """The shipped layout that binds and explains most headings.

    Raises InputUnusable when none explains half of them; where the one that explains most lacks a required heading, its own error, which names it.
    """
    best: tuple[float, str] | None = None
    failed: tuple[float, InputUnusable] | None = None
    for name in shipped_layouts():
        layout = load_layout(name)
        known = known_headings(layout)
        explained = sum(normal_heading(heading) in known for heading in headings)
        share = max(explained / max(1, len(headings)), min(1.0, explained / len(layout.columns)))
        try:
            bind(layout, headings, where=where)
        except InputUnusable as error:
            if failed is None or share > failed[0]:
                failed = (share, error)
            continue
        if best is None or share > best[0]:
            best = (share, name)
    if failed and failed[0] >= ENOUGH and (best is None or failed[0] > best[0]):
        raise failed[1]
    if best is None or best[0] < ENOUGH:
        raise InputUnusable(
            "LAYOUT_NOT_FOUND",
            Words("没有自带版式与这些表头相符", "no shipped layout fits these headings")
            if best is None
            else Words(
                f"最接近的版式 {best[1]} 只认得 {best[0]:.0%} 的表头",
                f"the nearest shipped layout, {best[1]}, knows only {best[0]:.0%} of the headings",
            ),
            where=where,
            remedy=Words(
                f"{f'确是它就加 --layout {best[1]}；否则' if best else ''}先运行 panhuo layout suggest {where} -o 我的版式.yaml，过目后用 --layout 我的版式.yaml",
                f"{f'if it is that one, add --layout {best[1]}; else ' if best else ''}run: panhuo layout suggest {where} -o mine.yaml, "
                "look it through, then use --layout mine.yaml",
            ),
        )
    return load_layout(best[1])
