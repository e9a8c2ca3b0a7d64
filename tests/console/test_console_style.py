"""What holds for every template and style sheet, read from the files: both languages, no inline anything, one source of colours, contrast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import panhuo.apps.console as console

FOLDER = Path(console.__file__).parent
APPS = FOLDER.parent
TEMPLATES = sorted(APPS.rglob("templates/**/*.html"))
STYLES = sorted((FOLDER / "static/console").glob("*.css"))
MODULES = sorted((FOLDER / "static/console").glob("*.js"))
HAN = re.compile(r"[\u4e00-\u9fff]")
PAIR = re.compile(r"""\{%\s*t\s+("[^"]*"|'[^']*')\s+("[^"]*"|'[^']*')""")
GIVEN = re.compile(r"\{%\s*t\s+[\w.]*zh\s+[\w.]*en\b")  # a pair of the view's
COUNTER = re.compile(r"[\u4e00-\u9fff]{0,2}")  # 第 3 版 is version 3: a measure word may have nothing over against it
CALLED = re.compile(r"\{%\s*t\s")
INLINE = re.compile(r"""\sstyle\s*=|\son[a-z]+\s*=|hx-on|<script(?![^>]*\bsrc=)|<style|javascript:|hx-vals\s*=\s*['"]js:|hx-vars""", re.IGNORECASE)
TEXT_ON = {"ink": 4.5, "ink-2": 4.5, "ink-3": 4.5, "accent": 4.5, "good": 4.5, "warn": 4.5, "bad": 4.5}
GROUNDS = ("ground", "surface", "raised")
PAIRS = [(f"{tone}", f"{tone}-soft") for tone in ("good", "warn", "bad", "info", "mute")] + [
    ("on-accent", "accent"),
    ("ink", "accent-soft"),
    ("ink-2", "accent-soft"),
    ("accent", "accent-soft"),
    ("ink", "hover"),
    ("accent", "hover"),
    ("ink-2", "hover"),
    ("ink", "bad-soft"),
    ("surface", "bad"),
    ("heat-ink-5", "heat-5"),
    *((f"heat-ink{'-deep' if level > 5 else ''}", f"heat-{level}") for level in (1, 2, 3, 4, 6, 7)),
]


def blocks() -> dict[str, dict[str, str]]:
    text = (FOLDER / "static/console/tokens.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    found = {}
    for selector, body in re.findall(r"(:root[^{]*)\{([^{}]*)\}", text):
        found[selector.strip()] = dict(re.findall(r"--([\w-]+):\s*([^;]+);", body))
    return found


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def looks() -> Iterator[tuple[str, dict[str, str]]]:
    light = blocks()[":root"]
    yield "light", light
    yield "dark", light | blocks()[':root[data-theme="dark"]']


def test_contrast_is_measured_as_published() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(("name", "tokens"), looks(), ids=["light", "dark"])
def test_text_can_be_read(name: str, tokens: dict[str, str]) -> None:
    weak = {f"{ink} on {ground}": ratio for ink in TEXT_ON for ground in GROUNDS if (ratio := contrast(tokens[ink], tokens[ground])) < 4.5}
    weak |= {f"{ink} on {ground}": ratio for ink, ground in PAIRS if (ratio := contrast(tokens[ink], tokens[ground])) < 4.5}
    assert not weak


@pytest.mark.parametrize(("name", "tokens"), looks(), ids=["light", "dark"])
def test_controls_and_marks_can_be_seen(name: str, tokens: dict[str, str]) -> None:
    marks = ["edge-control", "focus", *(f"chart-{n}" for n in range(1, 9))]
    assert not {mark: ratio for mark in marks if (ratio := contrast(tokens[mark], tokens["surface"])) < 3}


def test_dark_is_the_same_chosen_or_by_the_system() -> None:
    found = blocks()
    assert found[':root[data-theme="dark"]'] == found[':root:not([data-theme="light"], [data-theme="dark"])']


def test_only_the_tokens_name_colours() -> None:
    colour = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", re.IGNORECASE)
    found = []
    for sheet in STYLES:
        if sheet.name in ("tokens.css", "print.css"):
            continue
        for number, line in enumerate(sheet.read_text(encoding="utf-8").splitlines(), 1):
            if colour.search(re.sub(r"box-shadow:[^;]*", "", line)):
                found.append(f"{sheet.name}:{number}: {line.strip()}")
    assert not found


def test_every_token_used_exists() -> None:
    known = {name for block in blocks().values() for name in block} | {"cell-ground"}
    used = {name for sheet in STYLES for name in re.findall(r"var\(--([\w-]+)", sheet.read_text(encoding="utf-8"))}
    assert not used - known


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parts[-4]}/{path.name}")
def test_a_template_speaks_both_languages_and_holds_nothing_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    pairs = PAIR.findall(text)
    assert len(pairs) + len(GIVEN.findall(text)) == len(CALLED.findall(text)), "each {% t %} has two sentences"
    for zh, en in ((a[1:-1], b[1:-1]) for a, b in pairs):
        assert zh.strip(), f"{en!r} has no Chinese"
        assert en.strip() or COUNTER.fullmatch(zh.strip()), f"{zh!r} has no English"
        assert HAN.search(en) is None or HAN.search(zh) is None, f"{en!r} is Chinese"  # 'English' and '中文' name each other
    assert not INLINE.findall(text)
    text = re.sub(r"""\{% if lang == "zh" %\}.*?\{% (?:else|endif) %\}""", "", text)  # where the order of words differs
    bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<!--.*?-->", "", text, flags=re.DOTALL)
    bare = re.sub(r'(?:data-words|title_zh)="[^"]*"', "", bare)  # what the palette is searched by, in both languages
    assert not HAN.findall(bare), "words stand in {% t %}"


def test_every_sign_used_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (FOLDER / "static/console/icons.svg").read_text(encoding="utf-8")))
    used = {name for path in TEMPLATES for name in re.findall(r'\{%\s*icon\s+"([\w-]+)"', path.read_text(encoding="utf-8"))}
    from panhuo.apps.console.menu import DESKS

    assert not (used | {desk.icon for desk in DESKS}) - sprite


def test_modules_hand_no_text_to_the_parser() -> None:
    """Nothing made of strings becomes markup or code in the browser."""
    forbidden = re.compile(r"\.innerHTML|\.outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"(?:style|on)")
    assert not [f"{path.name}: {found}" for path in MODULES for found in forbidden.findall(path.read_text(encoding="utf-8"))]


def test_nothing_is_asked_from_elsewhere() -> None:
    address = re.compile(r"(?:https?:)?//(?!www\.w3\.org/(?:2000/svg|1999/xlink))[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)
    files = [*TEMPLATES, *STYLES, *MODULES, *(FOLDER / "static/console").glob("*.svg")]
    assert not [f"{path.name}: {found}" for path in files for found in address.findall(path.read_text(encoding="utf-8"))]


def test_every_deed_has_words(root: Path) -> None:
    """The record says what was done in the reader's language."""
    from panhuo.apps.console.words import DEEDS

    calls = [call for path in (root / "src/panhuo/apps").rglob("*.py") for call in path.read_text(encoding="utf-8").split("deed_add(")[1:]]
    verbs = {verb for call in calls for verb in re.findall(r'"([a-z_]+\.[a-z_]+)"', call[:160])}
    assert len(verbs) > 20
    assert verbs <= set(DEEDS)
