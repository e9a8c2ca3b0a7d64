"""The rules of the house that no tool enforces by itself."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

SOURCE_SUFFIXES = {".py", ".yaml", ".j2", ".js", ".css", ".html"}
FILE_BUDGET = 600
KERNEL_BUDGET = 2_320
"""Was 2,100 until casts in expressions gave null and a place instead of failing, for layouts, policies and rulebooks alike; 2,300 until true and false
were refused as numbers in all of them."""
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "stuff", "tools"}
CLOCK_AND_CHANCE = re.compile(
    r"\b(datetime\.now|date\.today|time\.time\(|utcnow|random\.(random|choice|randint|seed)|np\.random\.(rand|seed|default_rng\(\)))"
)
FORBIDDEN_WORDS = re.compile(r"(/work/|/root/|/farm/|pypi\.org|registry\.npmjs|deb\.debian\.org|@author)")


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    names = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    return [root / name for name in names if (root / name).is_file()]


def python_files(root: Path, *parts: str) -> list[Path]:
    return sorted((root / "src" / "panhuo").joinpath(*parts).rglob("*.py"))


def test_no_file_exceeds_the_budget(tracked: list[Path]) -> None:
    long = {str(p): n for p in tracked if p.suffix == ".py" and (n := len(p.read_text(encoding="utf-8").splitlines())) > FILE_BUDGET}
    assert not long


def test_the_kernel_stays_small(root: Path) -> None:
    assert sum(len(p.read_text(encoding="utf-8").splitlines()) for p in python_files(root, "kernel")) <= KERNEL_BUDGET


def test_no_module_has_a_vague_name(root: Path) -> None:
    assert not [p for p in python_files(root) if p.stem in VAGUE_NAMES]


def test_no_empty_rooms(root: Path) -> None:
    """A folder appears when its first real code does."""
    packages = [p.parent for p in python_files(root) if p.name == "__init__.py" and p.parent.parent.name == "engines"]
    assert packages
    assert not [p for p in packages if len(list(p.glob("*.py"))) < 2]


def test_a_front_door_only_re_exports(root: Path) -> None:
    for init in (root / "src/panhuo/engines").glob("*/__init__.py"):
        body = ast.parse(init.read_text(encoding="utf-8")).body
        for node in body:
            allowed = isinstance(node, ast.ImportFrom | ast.Expr) or (
                isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
            )
            assert allowed, f"{init}: line {node.lineno}: a front door holds imports and __all__ only"
        assert any(isinstance(node, ast.Assign) for node in body), f"{init} has no __all__"


def test_every_department_has_its_page(root: Path) -> None:
    nouns = {p.name for p in (root / "src/panhuo/engines").iterdir() if (p / "__init__.py").is_file()}
    pages = {p.stem for p in (root / "docs").glob("*.md")}
    assert not nouns - pages


def test_neither_clock_nor_chance_in_arithmetic(root: Path) -> None:
    found = [
        f"{p}:{i}"
        for part in ("kernel", "engines")
        for p in python_files(root, part)
        for i, line in enumerate(p.read_text(encoding="utf-8").splitlines(), 1)
        if CLOCK_AND_CHANCE.search(line)
    ]
    assert not found


def test_every_module_says_what_it_is(root: Path) -> None:
    silent = [str(p) for p in python_files(root) if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert not silent


def test_no_machine_path_or_registry_host_is_tracked(tracked: list[Path]) -> None:
    here = Path(__file__).resolve()
    found = []
    for path in tracked:
        if path == here or path.suffix not in {*SOURCE_SUFFIXES, ".md", ".toml", ".txt", ".cfg", ""} or path.name == "LICENSE":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if FORBIDDEN_WORDS.search(line):
                found.append(f"{path}:{number}: {line.strip()[:100]}")
    assert not found


def test_no_heavy_file_is_tracked(tracked: list[Path]) -> None:
    assert not {str(p): p.stat().st_size for p in tracked if p.stat().st_size > 512 * 1024}


def test_the_import_contracts_hold(root: Path) -> None:
    run = subprocess.run([str(root / ".venv/bin/lint-imports")], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_fence_is_left_by_few(root: Path) -> None:
    """``unfenced`` steps out of row-level security: each caller is here on purpose."""
    callers = {
        str(p.relative_to(root / "src/panhuo"))
        for p in python_files(root, "apps") + python_files(root, "cli")
        if "with unfenced()" in p.read_text(encoding="utf-8")
    }
    assert callers == {
        "apps/console/views/people.py",  # organisations, for the operator
        "apps/identity/services.py",  # the same
        "apps/jobs/services.py",  # the queue
        "apps/jobs/tasks.py",  # a job done in place
    }


def test_the_settings_page_is_made_from_the_settings(root: Path) -> None:
    from panhuo.config.settings_page import page

    assert (root / "docs/settings.md").read_text(encoding="utf-8") == page()


def test_every_department_that_remembers_has_its_page(root: Path) -> None:
    nouns = {p.name for p in (root / "src/panhuo/apps").iterdir() if (p / "__init__.py").is_file()}
    assert not nouns - {p.stem for p in (root / "docs").glob("*.md")}
