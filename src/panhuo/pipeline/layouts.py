"""Which layout a tape has, when nobody says: the shipped one whose headings it carries."""

from __future__ import annotations

from collections.abc import Sequence

from panhuo.engines.intake import Layout, bind, load_layout, shipped_layouts
from panhuo.kernel.errors import InputUnusable
from panhuo.kernel.words import Words

ENOUGH = 0.5
"""A layout fits by itself when it explains at least this share of the tape's headings."""


def choose_layout(headings: Sequence[str], *, where: str) -> Layout:
    """The shipped layout that binds and explains most headings. Raises InputUnusable when none explains half of them."""
    best: tuple[float, str] | None = None
    for name in shipped_layouts():
        layout = load_layout(name)
        try:
            binding = bind(layout, headings, where=where)
        except InputUnusable:
            continue
        share = 1.0 - len(binding.unmapped) / max(1, len(headings))
        if best is None or share > best[0]:
            best = (share, name)
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
                f"先运行 panhuo layout suggest {where} -o 我的版式.yaml，过目后用 --layout 我的版式.yaml",
                f"run: panhuo layout suggest {where} -o mine.yaml, look it through, then use --layout mine.yaml",
            ),
        )
    return load_layout(best[1])
