"""``docs/settings.md``, made from the settings themselves; a test holds the two equal."""

from __future__ import annotations

from panhuo.config.environment import SETTINGS

_HEAD = """# Settings

All settings are environment variables. A value that cannot be used stops the start and says why. This page is made from
`panhuo/config/environment.py`.

| variable | default | meaning | 含义 |
|---|---|---|---|
"""


def page() -> str:
    """The page's text."""
    rows = (f"| `{s.name}` | {f'`{s.default}`' if s.default else ''} | {s.words.en} | {s.words.zh} |\n" for s in SETTINGS)
    return _HEAD + "".join(rows)
