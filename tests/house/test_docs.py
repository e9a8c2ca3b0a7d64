"""Documents that can be checked are: links, the schema page, the README's commands and its library example."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from panhuo.kernel.frames import TABLES
from panhuo.pipeline.reference import schema_page

LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")


def documents(root: Path) -> list[Path]:
    return [*root.glob("*.md"), *root.glob("docs/**/*.md")]


def test_every_link_leads_somewhere(root: Path) -> None:
    broken = [
        f"{page.name} -> {target}"
        for page in documents(root)
        for target, _ in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken


def test_the_schema_page_is_in_step(root: Path) -> None:
    assert (root / "docs/schema.md").read_text(encoding="utf-8") == schema_page()


def test_every_field_says_its_name_in_both_languages() -> None:
    unnamed = [f.name for frame in TABLES for f in frame.fields if not f.zh or not f.en or f.zh.isascii()]
    assert not unnamed


def test_both_readmes_have_the_same_commands(root: Path) -> None:
    def commands(name: str) -> list[str]:
        blocks = re.findall(r"```(?:sh|python)\n(.*?)```", (root / name).read_text(encoding="utf-8"), re.DOTALL)
        lines = "\n".join(blocks).replace("清单.xlsx", "tape.xlsx").replace("我的版式.yaml", "mine.yaml").splitlines()
        return [line.split("#")[0].rstrip() for line in lines if line.strip()]

    assert commands("README.md") == commands("README.zh-CN.md")


@pytest.mark.slow
def test_the_readme_works_as_written(root: Path, tmp_path: Path, in_process: Callable[..., Any]) -> None:
    """Its commands for one's own tape, then its library example, in a folder with such a tape."""
    text = (root / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(sh|python)\n(.*?)```", text, re.DOTALL)
    shell = next(body for kind, body in blocks if kind == "sh" and "layout suggest" in body)
    python = next(body for kind, body in blocks if kind == "python")
    for kind in ("xlsx", "csv"):
        assert in_process("sample", "-n", "300", "-o", f"tape.{kind}", "--seed", "1", at=tmp_path).returncode == 0
    for line in shell.strip().splitlines():
        words = shlex.split(line.split("  #")[0])
        assert words[0] == ".venv/bin/panhuo"
        run = in_process(*words[1:], at=tmp_path)
        assert run.returncode == 0, f"{line}\n{run.stdout}\n{run.stderr}"
    example = subprocess.run([sys.executable, "-c", python], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert example.returncode == 0, example.stderr
    assert 0 <= float(example.stdout.split()[-1]) < 0.01  # 300 accounts: whole cases leave a coarser gap
