"""A configuration file is read strictly: every slip is named with its file, line, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pydantic
import pytest

from panhuo.kernel.documents import Document, Sourced, load, refuse
from panhuo.kernel.errors import ConfigurationInvalid


class Inner(Document):
    rate: Sourced
    name: str = "x"


class Outer(Document):
    version: str
    parts: list[Inner]
    table: dict[str, Inner] = pydantic.Field(default_factory=dict)

    @pydantic.field_validator("version")
    @classmethod
    def _version(cls, value: str) -> str:
        if not value[:1].isdigit():
            raise refuse("版本须以数字开头", "a version starts with a digit")
        return value


GOOD = "version: '1'\nparts:\n- rate: {value: 0.1, source: s}\n"


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "doc.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_good_document_is_frozen(tmp_path: Path) -> None:
    document = load(write(tmp_path, GOOD), Outer)
    assert document.parts[0].rate.value == 0.1
    with pytest.raises(pydantic.ValidationError):
        document.version = "2"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        (GOOD.replace("source: s", "source: s, sorce: t"), "CONFIG_UNKNOWN_KEY", "doc.yaml:3: parts.0.rate.sorce", "did you mean source"),
        (GOOD + "tabular: 3\n", "CONFIG_UNKNOWN_KEY", "doc.yaml:4: tabular", "remove it or correct its spelling"),
        (GOOD + "verzion: 3\n", "CONFIG_UNKNOWN_KEY", "doc.yaml:4: verzion", "did you mean version"),
        (GOOD.replace("value: 0.1", "value: lots"), "CONFIG_VALUE", "doc.yaml:3: parts.0.rate.value", "valid number"),
        (GOOD.replace("value: 0.1", "value: yes"), "CONFIG_VALUE", "doc.yaml:3: parts.0.rate.value", "should be a number"),
        (GOOD + "table:\n  a: {rate: {value: true, source: s}}\n", "CONFIG_VALUE", "doc.yaml:5: table.a.rate.value", "should be a number"),
        (GOOD.replace("version: '1'", "version: x"), "CONFIG_VALUE", "doc.yaml:1: version", "starts with a digit"),
        ("parts: []\n", "CONFIG_MISSING_KEY", "version", "missing"),
        (GOOD + "version: '2'\n", "CONFIG_NOT_YAML", "doc.yaml:4", "duplicate key"),
        ("version: [\n", "CONFIG_NOT_YAML", "doc.yaml:2", "YAML"),
        ("- 1\n", "CONFIG_SHAPE", "doc.yaml", "mapping"),
        ("", "CONFIG_SHAPE", "doc.yaml", "mapping"),
        ("version: '1'\nparts: &a\n- *a\n", "CONFIG_CYCLE", "doc.yaml", "refers to itself"),
        (b"version: \xff\xfe\n", "CONFIG_NOT_UTF8", "doc.yaml", "UTF-8"),
        ("version: !!python/object/apply:os.system ['true']\nparts: []\n", "CONFIG_NOT_YAML", "doc.yaml:1", "constructor"),
        ("[" * 5000, "CONFIG_NOT_YAML", "doc.yaml", "YAML"),
        (b"x: '" + b"a" * 5_000_000 + b"'", "CONFIG_TOO_LARGE", "doc.yaml", "too large"),
    ],
)
def test_every_slip_is_named(tmp_path: Path, text: str | bytes, code: str, place: str, words: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        load(write(tmp_path, text), Outer)
    assert caught.value.code == code
    assert place in caught.value.where
    assert words in caught.value.describe("en")
    assert caught.value.exit_status == 3
    assert "处理办法" in caught.value.describe("zh")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"no\.yaml"):
        load(tmp_path / "no.yaml", Outer)
