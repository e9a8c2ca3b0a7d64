"""Layouts as the desk handles them: a first look into an upload, layouts to begin with, and the check of what a person wrote.

A first look opens the upload once and keeps its head sealed beside it (some rows, headings, titles, what each heading may be), so that a preview
that follows every change of the mapping reads a small file, never the upload again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl

from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.models import Tape
from panhuo.apps.intake.overlaps import series_of
from panhuo.apps.privacy.files import bytes_opened, bytes_seal, files_opened, working
from panhuo.engines.intake import Layout, bind, load_layout, open_tape
from panhuo.engines.intake import Tape as OpenTape
from panhuo.engines.intake.sources import open_apart
from panhuo.engines.intake.suggest import suggest_layout
from panhuo.engines.intake.suggestion import Guess, Suggestion
from panhuo.kernel.errors import InputUnusable, PanhuoError
from panhuo.kernel.words import Words
from panhuo.pipeline.layouts import choose_layout

SAMPLE_ROWS = 600
SUGGESTED = "suggested"
_OVERLOOKED = 0.1
_KNOWN_BY = 200


@dataclass(frozen=True, slots=True)
class FileSeen:
    """One file, or one sheet, as it was read."""

    name: str
    kind: str
    headings: tuple[str, ...]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """A first look into an upload: its headings, what each may be, and the layout to begin with (``chosen``: a shipped one's name, or none fits).

    ``samples``: the first rows as text, one frame where the files are one table, one a file where their headings differ (``differ``), which only
    a layout that binds each of them makes one tape.
    """

    headings: tuple[str, ...]
    titles: tuple[str, ...]
    suggestion: Suggestion
    chosen: str
    yaml: str
    sheets: tuple[str, ...]
    files: tuple[FileSeen, ...]
    notes: tuple[Words, ...]
    as_of: dt.date | None
    samples: tuple[pl.DataFrame, ...]
    differ: bool = False


def layout_check(text: str, *, name: str) -> Layout:
    """The layout a person wrote. Raises ConfigurationInvalid that names line and key."""
    with tempfile.TemporaryDirectory(dir=working()) as folder:
        path = Path(folder) / f"{_safe(name)}.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return load_layout(path)
        except PanhuoError as error:
            raise without_folder(error, folder) from None


def without_folder(error: PanhuoError, folder: str | Path) -> PanhuoError:
    """The error without the folder in which the work was done, which says nothing to a reader."""
    error.where = error.where.replace(f"{folder}/", "")
    return error


def shipped_text(name: str) -> str:
    """The YAML of a shipped layout."""
    return (resources.files("panhuo.engines.intake") / "layouts" / f"{name}.yaml").read_text(encoding="utf-8")


def tape_look(scope: Scope, tape: Tape, *, sheet: str = "", layout: Layout | None = None) -> Look:
    """An upload's head: read now, or kept from the last time it was read the same way. layout: for what it says about the reading (sheet, header row,
    encoding, delimiter). Raises InputUnusable for what is no tape."""
    scope.need("tape.import")
    asked = [sheet, *([layout.sheet, layout.header_row, layout.encoding, layout.delimiter] if layout is not None else [None] * 4)]
    key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
    path = tape.folder / f"look-{key}.sealed"
    if path.exists():
        return _unpacked(bytes_opened(path))
    reading = layout if any(part is not None for part in asked[1:]) else None
    sealed = {file["name"]: tape.folder / f"{number}.sealed" for number, file in enumerate(tape.files)}
    with files_opened(sealed) as plain, tempfile.TemporaryDirectory(dir=working()) as workdir:
        look = _read(list(plain.values()), sheet or None, reading, Path(workdir))
    bytes_seal(_packed(look), path)
    return look


def _read(paths: Sequence[Path], sheet: str | None, layout: Layout | None, workdir: Path) -> Look:
    differ = False
    try:
        tapes = [open_tape(list(paths), layout=layout, sheet=sheet, workdir=workdir)]
    except InputUnusable as error:
        if error.code != "HEADINGS_DIFFER":
            raise
        differ, tapes = True, open_apart(list(paths), layout=layout, sheet=sheet, workdir=workdir)
    samples = tuple(_sample(tape) for tape in tapes)
    headings = tuple(dict.fromkeys(heading for tape in tapes for heading in tape.headings))
    files = tuple(_seen(tape, i) for tape in tapes for i in range(len(tape.files)))
    titles = tuple(dict.fromkeys(title for tape in tapes for file in tape.files for title in file.titles))
    whole = pl.concat(samples, how="diagonal") if differ else samples[0]
    suggestion = suggest_layout(headings, whole, titles=titles)
    try:
        found: Layout | None = choose_layout(tapes[0].headings, where=files[0].name)
    except InputUnusable:
        found = None
    if found is None or _passes_over(found, suggestion):
        chosen, yaml = "", suggestion.to_yaml(SUGGESTED)
    else:
        chosen, yaml = found.name, shipped_text(found.name)
    stated = {tape.stated_as_of for tape in tapes}
    sheets = tuple(dict.fromkeys(name for tape in tapes for file in tape.files for name in file.sheets))
    notes = tuple(note for tape in tapes for note in tape.notes)
    return Look(headings, titles, suggestion, chosen, yaml, sheets, files, notes, stated.pop() if len(stated) == 1 else None, samples, differ)


def _passes_over(layout: Layout, suggestion: Suggestion) -> bool:
    """Whether a shipped layout leaves unread more than a few of the columns that the suggestion is sure of: names, say, which a registration form has none of."""
    bound = set(bind(layout, [guess.heading for guess in suggestion.guesses]).fields.values())
    sure = [guess.heading for guess in suggestion.certain]
    return sum(heading not in bound for heading in sure) > _OVERLOOKED * len(sure)


def _sample(opened: OpenTape) -> pl.DataFrame:
    batches = opened.batches(SAMPLE_ROWS)
    sample = next(batches, pl.DataFrame())
    batches.close()  # what was read so far is known from here on
    return opened.with_sheet_rows(sample, file="__file", row="__row", name="__sheet_row") if sample.height else sample


def _seen(tape: OpenTape, number: int) -> FileSeen:
    file = tape.files[number]
    return FileSeen(file.name, file.kind, file.headings, file.encoding or "", file.delimiter or "", file.sheet or "")


def _packed(look: Look) -> bytes:
    parts = []
    for sample in look.samples:
        buffer = io.BytesIO()
        sample.write_ipc(buffer)
        parts.append(buffer.getvalue())
    told: dict[str, Any] = {
        field.name: getattr(look, field.name) for field in dataclasses.fields(look) if field.name not in ("samples", "suggestion")
    }
    told["files"] = [dataclasses.asdict(file) for file in look.files]
    told["as_of"] = look.as_of.isoformat() if look.as_of else None
    told["guesses"], told["fits"] = [dataclasses.asdict(guess) for guess in look.suggestion.guesses], look.suggestion.fits
    told["lengths"] = [len(part) for part in parts]
    head = json.dumps(told, ensure_ascii=False).encode()
    return len(head).to_bytes(8, "big") + head + b"".join(parts)


def _unpacked(packed: bytes) -> Look:
    at = 8 + int.from_bytes(packed[:8], "big")
    told = json.loads(packed[8:at])
    samples = []
    for length in told.pop("lengths"):
        samples.append(pl.read_ipc(io.BytesIO(packed[at : at + length])))
        at += length
    suggestion = Suggestion(tuple(_guess(guess) for guess in told.pop("guesses")), tuple((name, count) for name, count in told.pop("fits")))
    told["files"] = tuple(FileSeen(**(file | {"headings": tuple(file["headings"])})) for file in told["files"])
    told["as_of"] = dt.date.fromisoformat(told["as_of"]) if told["as_of"] else None
    told |= {"notes": tuple(Words(*note) for note in told["notes"])}
    told |= {name: tuple(told[name]) for name in ("headings", "titles", "sheets")}
    return Look(**told, suggestion=suggestion, samples=tuple(samples))


def _guess(told: dict[str, Any]) -> Guess:
    return Guess(
        **(told | {"reason": Words(*told["reason"]), "dates": tuple(told["dates"]), "doubts": tuple(Words(*doubt) for doubt in told["doubts"])})
    )


@dataclass(frozen=True, slots=True)
class Beginning:
    """A layout to begin with. ``key`` as it stands in an address: ``shipped:panhuo``, ``tape:12``, ``suggested``."""

    key: str
    words: Words
    name: str
    text: str
    series: str = ""


def beginnings(scope: Scope, tape: Tape, look: Look) -> list[Beginning]:
    """Layouts that fit an upload's headings, the likeliest first: that of its own series' last version, those of series that have most of its accounts, what is
    shipped or suggested, and those of the organisation's other tapes: the same headings in another branch's system may stand for other units."""
    from panhuo.apps.intake.remapping import binds

    kin = series_of(scope, _numbers(look))
    earlier = list(scope.rows(Tape).filter(state=Tape.IMPORTED).exclude(pk=tape.pk).order_by("-imported_at")[:30])
    own: list[Beginning] = []
    others: list[Beginning] = []
    known: set[str] = {shipped_text(name).strip() for name, _ in look.suggestion.fits}
    for other in sorted(earlier, key=lambda one: (one.series != tape.series, -kin.get(one.series, 0))):
        text = other.layout.strip()
        if text in known or not binds(text, look, name=other.layout_name):
            continue
        known.add(text)
        words = Words(f"上次用于“{other.series}”第 {other.version} 版", f"last used for {other.series}, version {other.version}")
        mine = other.series == tape.series or other.series in kin
        (own if mine else others).append(Beginning(f"tape:{other.pk}", words, other.layout_name, other.layout, other.series))
    shipped = []
    for name in dict.fromkeys([*([look.chosen] if look.chosen else []), *(name for name, _ in look.suggestion.fits)]):
        layout = load_layout(name)
        shipped.append(Beginning(f"shipped:{name}", Words(f"自带版式：{layout.title.zh}", f"shipped: {layout.title.en}"), name, shipped_text(name)))
    suggested = Beginning(SUGGESTED, Words("按表头与内容建议", "suggested by headings and values"), SUGGESTED, look.suggestion.to_yaml(SUGGESTED))
    return [*own, *([*shipped, suggested] if look.chosen else [suggested, *shipped]), *others]


def _numbers(look: Look) -> list[str]:
    """Account numbers of the first rows, by the heading that is likeliest theirs."""
    heading = next((guess.heading for guess in look.suggestion.guesses if guess.field == "account_id"), None)
    found = [sample[heading].head(_KNOWN_BY).drop_nulls().str.strip_chars().to_list() for sample in look.samples if heading in sample.columns]
    return [number for numbers in found for number in numbers]


def series_like(scope: Scope, look: Look, beginning: Beginning) -> str:
    """The series an upload most likely goes on: that of the layout's last use, else of a tape of the organisation with the same headings."""
    if beginning.series:
        return beginning.series
    for other in scope.rows(Tape).filter(state=Tape.IMPORTED, current=True).order_by("-imported_at")[:30]:
        bound = set(other.figures.get("headings", {}).values())
        if bound and bound <= set(look.headings) and len(bound) * 2 > len(look.headings):
            return other.series
    return ""


def _safe(name: str) -> str:
    kept = "".join(c for c in name if c.isalnum() or c in "-_ ")[:40].strip()
    return kept or "layout"
