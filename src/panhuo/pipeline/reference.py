"""Reference pages made from the schemas, so that they cannot drift: ``python -m panhuo.pipeline.reference docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from panhuo.kernel.fields import Field, Frame
from panhuo.kernel.frames import TABLES, TAPE_REQUIRED


def schema_page() -> str:
    """``docs/schema.md``: every canonical frame, field by field, and every code list."""
    parts = [
        "# The canonical schema\n",
        "Made from `kernel/frames.py` by `python -m panhuo.pipeline.reference docs`; a test holds it in step. Amounts are integer fen at the cut-off",
        "date, rates yearly decimals, flags true/false. *Computed* fields are never read from a tape. A field marked *personal* is an identifier",
        "of a person: it stays in the private tables and is masked wherever it is quoted.\n",
    ]
    for frame in TABLES:
        parts += [f"## {frame.name} {frame.zh}\n", "| field | 中文 | kind | notes |", "|---|---|---|---|"]
        parts += [f"| `{f.name}` | {f.zh} | {_kind(f)} | {_notes(f, frame)} |" for f in frame.fields]
        parts.append("")
    parts.append("## Code lists\n")
    seen: set[str] = set()
    for frame in TABLES:
        for field in frame.fields:
            if field.codes and field.name not in seen:
                seen.add(field.name)
                parts += [f"### `{field.name}` {field.zh}\n", "| code | 中文 | English | also read |", "|---|---|---|---|"]
                parts += [f"| `{c.code}` | {c.zh} | {c.en} | {'、'.join(c.also)} |" for c in field.codes]
                parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _kind(field: Field) -> str:
    return f"{field.kind} ({field.unit})" if field.unit and field.unit != "fen" else field.kind


def _notes(field: Field, frame: Frame) -> str:
    notes = []
    if field.name in TAPE_REQUIRED and frame.name == "account":
        notes.append("**required of a tape**")
    if not field.tape:
        notes.append("*computed*")
    if field.personal:
        notes.append("*personal*")
    if field.nullable:
        notes.append("may be null")
    if field.meaning:
        notes.append(field.meaning)
    return "; ".join(notes)


if __name__ == "__main__":
    (Path(sys.argv[1]) / "schema.md").write_text(schema_page(), encoding="utf-8")
