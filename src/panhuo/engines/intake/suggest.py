"""placeholder while the reader is tried"""

from __future__ import annotations
from importlib import resources
import functools
from panhuo.engines.intake.layout import load_layout, shipped_layouts
from panhuo.engines.intake.mapping import known_headings, normal_heading
from panhuo.kernel import documents
from pathlib import Path


@functools.cache
def synonyms() -> dict[str, tuple[str, ...]]:
    with resources.as_file(resources.files(__package__) / "headings.yaml") as p:
        d = documents.read(Path(p))
    return {k: tuple(v) for k, v in d.items()}


@functools.cache
def all_known_headings() -> frozenset[str]:
    known = {normal_heading(h) for hs in synonyms().values() for h in hs}
    for n in shipped_layouts():
        known |= known_headings(load_layout(n))
    return frozenset(known)
