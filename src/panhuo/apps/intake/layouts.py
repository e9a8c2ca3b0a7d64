"""Layouts as the desk handles them: shipped ones, suggestions for an unknown tape, and the check of what a person wrote."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import polars as pl

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.models import Tape
from panhuo.apps.privacy.files import files_opened, working
from panhuo.engines.intake import Layout, bind, load_layout, open_tape
from panhuo.engines.intake import Tape as OpenTape
from panhuo.engines.intake.suggest import Suggestion, suggest_layout
from panhuo.kernel.errors import InputUnusable
from panhuo.pipeline.layouts import choose_layout

SAMPLE_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Look:
    """A first look into an upload: its headings, what each may be, and the layout to begin with (``chosen``: a shipped one's name, or none fits)."""

    headings: tuple[str, ...]
    titles: tuple[str, ...]
    suggestion: Suggestion
    chosen: str
    yaml: str
    sheets: tuple[str, ...]


def layout_check(text: str, *, name: str) -> Layout:
    """The layout a person wrote. Raises ConfigurationInvalid that names line and key."""
    with tempfile.TemporaryDirectory(dir=working()) as folder:
        path = Path(folder) / f"{name or 'layout'}.yaml"
        path.write_text(text, encoding="utf-8")
        return load_layout(path)


def shipped_text(name: str) -> str:
    """The YAML of a shipped layout."""
    return (resources.files("panhuo.engines.intake") / "layouts" / f"{name}.yaml").read_text(encoding="utf-8")


def tape_look(scope: Scope, tape: Tape, *, sheet: str = "") -> Look:
    """Read an upload's head. Raises InputUnusable for what is no tape."""
    scope.need("tape.import")
    sealed = {file["name"]: tape.folder / f"{number}.sealed" for number, file in enumerate(tape.files)}
    with files_opened(sealed) as plain, tempfile.TemporaryDirectory(dir=working()) as workdir:
        opened = open_tape(list(plain.values()), sheet=sheet or None, workdir=Path(workdir))
        sample = _sample(opened)
        titles = tuple(title for file in opened.files for title in file.titles)
        suggestion = suggest_layout(opened.headings, sample, titles=titles)
        try:
            chosen = choose_layout(opened.headings, where=tape.files[0]["name"]).name
            yaml = shipped_text(chosen)
        except InputUnusable:
            chosen, yaml = "", suggestion.to_yaml("suggested")
        return Look(tuple(opened.headings), titles, suggestion, chosen, yaml, ())


def _sample(opened: OpenTape) -> pl.DataFrame:
    return next(iter(opened.batches(SAMPLE_ROWS)), pl.DataFrame())


def fields_of(layout: Layout, headings: tuple[str, ...]) -> dict[str, str]:
    """Heading to canonical field, as the layout binds them. Raises InputUnusable where it does not."""
    binding = bind(layout, headings, where="layout")
    return {heading: field for field, heading in binding.fields.items()} if hasattr(binding, "fields") else {}
