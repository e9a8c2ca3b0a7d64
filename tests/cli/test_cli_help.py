"""What the command says of itself: an example in each command's help, both languages, nothing heavy imported for it, figures as JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from panhuo.cli.main import cli

Panhuo = Callable[..., "subprocess.CompletedProcess[str]"]
HAN = re.compile(r"[\u4e00-\u9fff]")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group by its words."""
    yield path
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


ALL = list(commands(cli))  # type: ignore[arg-type]

PRINT_HELP = """
import json, os, sys
from panhuo.cli.main import cli
import click
out = {}
for words in json.loads(sys.argv[1]):
    command, context = cli, click.Context(cli, info_name="panhuo")
    for word in words:
        command = command.get_command(context, word)
        context = click.Context(command, info_name=word, parent=context)
    out[" ".join(words)] = command.get_help(context)
print(json.dumps(out))
"""


@pytest.fixture(scope="module", params=["zh", "en"])
def helps(request: pytest.FixtureRequest) -> tuple[str, dict[str, str]]:
    """The help of every command in one language, from one process."""
    environment = {**os.environ, "PANHUO_LANG": request.param, "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PRINT_HELP, json.dumps(ALL)], env=environment, check=True, capture_output=True, text=True, encoding="utf-8"
    )
    return request.param, json.loads(done.stdout)


def test_the_contracts_commands_are_there() -> None:
    promised = ["run", "layout list", "layout suggest", "layout check", "tape diff", "sample", "rules list", "rules explain", "rules check", "bench"]
    assert {tuple(words.split()) for words in promised} <= set(ALL)


@pytest.mark.parametrize("words", list(ALL), ids=[" ".join(words) or "panhuo" for words in ALL])
def test_help_has_an_example_in_the_users_language(words: tuple[str, ...], helps: tuple[str, dict[str, str]]) -> None:
    lang, texts = helps
    text = texts[" ".join(words)]
    example = text[text.index("示例" if lang == "zh" else "Example") :]
    assert " ".join(("panhuo", *words)) in " ".join(example.split()), text
    explained = text.split("\n", 2)[2]
    assert HAN.search(explained) or lang == "en"
    if lang == "en":  # the house's own name, and file names and headings in examples, may be Chinese
        prose = re.sub(r"(panhuo [^\n]*|盘活|[\w.]*\.(csv|xlsx|yaml))", "", explained)
        assert not HAN.search(prose), prose


def test_every_option_says_what_it_is(helps: tuple[str, dict[str, str]]) -> None:
    lang, texts = helps
    for words, text in texts.items():
        for line in re.findall(r"(?m)^  (-[^\n]*(?:\n {6,}[^\n]*)*)", text):
            assert len(" ".join(line.split()).partition("  ")[0]) > 8, (words, line)
            if lang == "zh" and "--help" not in line and "--version" not in line:
                assert HAN.search(line), (words, line)


def test_help_imports_nothing_heavy() -> None:
    """``panhuo --help`` has to answer at once: no Polars, NumPy or pydantic on the way there."""
    code = "import sys, panhuo.cli.main; print(sorted({m.partition('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    heavy = ["polars", "numpy", "pydantic", "numba", "scipy", "duckdb", "splink", "pyarrow", "sqlglot", "jinja2", "yaml", "vl_convert", "django"]
    assert subprocess.run([sys.executable, "-c", code, *heavy], check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_a_run_imports_no_web_application_no_database_server_and_no_trainer() -> None:
    code = "import sys, panhuo.pipeline, panhuo.cli.run; print(sorted({m.partition('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    foreign = ["django", "psycopg", "psycopg2", "lightgbm", "sklearn", "pytest", "hypothesis", "ray", "playwright", "matplotlib"]
    assert subprocess.run([sys.executable, "-c", code, *foreign], check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_the_version_and_help_end_well(panhuo: Panhuo) -> None:
    assert re.fullmatch(r"panhuo, version \d+\.\d+\.\d+\S*\n", panhuo("--version").stdout)
    assert panhuo("-h").stdout == panhuo("--help").stdout
    bare = panhuo()
    assert bare.returncode == 2
    assert "panhuo run" in bare.stdout + bare.stderr


@pytest.mark.parametrize(
    "arguments",
    [("rules", "list", "--json"), ("rules", "check", "--json"), ("layout", "list", "--json"), ("sample", "-n", "20", "-o", "s.csv", "--json")],
    ids=lambda words: words[0] + " " + words[1],
)
def test_figures_as_json_are_json_alone(arguments: tuple[str, ...], panhuo: Panhuo, within: Panhuo) -> None:
    done = (panhuo if arguments[0] == "layout" else within)(*arguments)  # of the others a process of its own is started elsewhere
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    assert done.stderr == ""


def test_run_as_json_is_the_summary(folder: Path, within: Panhuo) -> None:
    done = within("run", "good.csv", "-o", "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert done.stderr == ""


def test_run_says_in_words_what_came_of_it(folder: Path, panhuo: Panhuo) -> None:
    done = panhuo("run", "good.csv", "-o", "out", lang="en")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "read 40 · accepted 40" in done.stdout
    assert "read off the tape" in done.stdout
    assert done.stdout.rstrip().endswith("report.html")
    assert not HAN.search(done.stdout)
