"""The engines and ``panhuo run`` need neither a web framework, a database server, a trainer nor a test tool: shown in an environment without them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
FOREIGN = ("django", "psycopg", "psycopg2", "lightgbm", "sklearn", "torch", "ray", "pytest", "hypothesis", "playwright", "ruff", "mypy")
UNREACHABLE = ("No matching distribution found", "Could not find a version", "Connection", "Temporary failure", "Network is unreachable")
RUN = """
import json, sys
from importlib.metadata import distributions
import panhuo.cli.main as command
for words in (["sample", "-n", "50", "-o", "tape.csv"], ["run", "tape.csv", "-o", "out"], ["rules", "check"], ["layout", "list"]):
    sys.argv = ["panhuo", *words]
    try:
        command.main()
    except SystemExit as end:
        assert end.code == 0, (words, end.code)
names = sorted({module.partition(".")[0] for module in sys.modules})
print(json.dumps({"modules": names, "installed": sorted(d.metadata["Name"].lower() for d in distributions()), "where": command.__file__}))
"""


def pip(*arguments: str, python: Path | None = None) -> None:
    which = ["--python", str(python)] if python else []
    done = subprocess.run([sys.executable, "-m", "pip", *which, *arguments, "--quiet"], capture_output=True, text=True)
    if done.returncode and any(word in done.stderr for word in UNREACHABLE):
        pytest.skip(f"no package index within reach: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built from a copy so that nothing is left in it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, source)
    shutil.copytree(root / "src" / "panhuo", source / "src" / "panhuo", ignore=shutil.ignore_patterns("__pycache__"))
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(source))
    (built,) = folder.glob("panhuo-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(root: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that has the wheel and what it depends on, nothing else."""
    folder = tmp_path_factory.mktemp("minimal") / "venv"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    # what is imported is compiled when it is; the rest of a hundred megabytes need not be
    pip("install", "--no-compile", "-c", str(root / "requirements" / "lock.txt"), str(wheel), python=python)
    return python


def test_everything_that_is_read_at_run_time_is_in_the_wheel(root: Path, wheel: Path) -> None:
    package = root / "src"
    data = {str(path.relative_to(package)) for path in package.joinpath("panhuo").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("panhuo/")}
    assert sorted(data - packed) == []
    assert {Path(name).suffix for name in packed} >= {".py", ".yaml", ".j2", ".css"}


def test_the_command_works_with_nothing_but_its_dependencies(installed: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))} | {"PANHUO_LANG": "en"}
    done = subprocess.run([str(installed), "-c", RUN], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert Path(seen["where"]).is_relative_to(installed.parents[1])
    assert not set(seen["modules"]) & set(FOREIGN)
    assert not [name for name in seen["installed"] if name.replace("-binary", "").replace("_", "-") in FOREIGN]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["rows_in"] == 50
    assert (tmp_path / "out" / "report.html").stat().st_size > 50_000


def test_training_says_what_it_wants(installed: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))} | {"PANHUO_LANG": "en"}
    history = tmp_path / "history.csv"
    history.write_text(
        "upb_total_mn,wavg_overdue_days,start_price_mn\n" + "".join(f"{100 + k},{200 + 37 * k},{9 - k / 5}\n" for k in range(20)), encoding="utf-8"
    )
    words = [str(installed.with_name("panhuo")), "models", "train", "package-price", "--data", str(history), "-o", str(tmp_path / "m")]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 3
    assert "MODELS_MISSING" in done.stderr
    assert "panhuo[models]" in done.stderr
    assert not (tmp_path / "m").exists()


def test_the_script_is_on_the_path_and_answers(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run([str(installed.with_name("panhuo")), "--version"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("panhuo, version ")
